// weight_file: opens a path of any kind by the reader for it, and closes it.
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "runtime/weights/hf_folder.h"
#include "runtime/weights/weight_file.h"

static int open_single(struct lrt_weight_file *file, const char *path, struct lrt_report *report) {
    int status = lrt_file_map(file, path, report);
    if (status) return status;
    const struct file_shard *shard = &file->shards[0];
    if (shard->bytes >= 4 && memcmp(shard->base, "GGUF", 4) == 0) return lrt_gguf_read(file, report);
    size_t length = strlen(path);
    if (shard->base[0] == '{' && length > 5 && strcmp(path + length - 5, ".json") == 0) {
        munmap((void *)(uintptr_t)shard->base, shard->bytes);
        free(shard->path);
        file->n_shards = 0;
        return lrt_hf_open_index(file, path, report);
    }
    if (length > 5 && strcmp(path + length - 5, ".gguf") == 0)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: not a GGUF file: it does not begin with \"GGUF\"", path);
    return lrt_safetensors_read(file, report);
}

static int open_any(struct lrt_weight_file *file, const char *path, struct lrt_report *report) {
    struct stat status;
    if (stat(path, &status) != 0)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be opened: %s", path, strerror(errno));
    int result = S_ISDIR(status.st_mode) ? lrt_hf_open_folder(file, path, report) : open_single(file, path, report);
    if (!result && file->format == LRT_FORMAT_SAFETENSORS) result = lrt_hf_read_config(file, report);
    if (!result) lrt_file_find_architecture(file);
    return result || file->by_name ? result : lrt_file_sort_names(file, report);
}

int lrt_weight_file_open(struct lrt_weight_file **out, const char *path, struct lrt_report *report) {
    lrt_file_clear(report);
    *out = NULL;
    struct lrt_weight_file *file = calloc(1, sizeof *file);
    if (!file) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    int status = open_any(file, path, report);
    if (status) {
        lrt_weight_file_close(file);
        return status;
    }
#ifdef __GLIBC__
    malloc_trim(0); // what the JSON parser took must not count as the program's memory
#endif
    *out = file;
    return LRT_OK;
}

void lrt_weight_file_close(struct lrt_weight_file *file) {
    if (!file) return;
    for (size_t i = 0; i < file->n_shards; i++) {
        if (file->shards[i].base) munmap((void *)(uintptr_t)file->shards[i].base, file->shards[i].bytes);
        free(file->shards[i].path);
    }
    for (size_t i = 0; i < file->n_tensors; i++) free((void *)(uintptr_t)file->tensors[i].name);
    for (size_t i = 0; i < file->n_metadata; i++) {
        free(file->metadata[i].key);
        free(file->metadata[i].value);
    }
    for (size_t i = 0; i < file->n_copies; i++) free(file->copies[i]);
    free(file->shards);
    free(file->tensors);
    free(file->by_name);
    free(file->entries);
    free(file->entry_by_key);
    free(file->metadata);
    json_decref(file->config);
    free(file->config_path);
    free(file->copies);
    free(file);
}

enum lrt_file_format lrt_weight_file_format(const struct lrt_weight_file *file) { return file->format; }

const char *lrt_weight_file_path(const struct lrt_weight_file *file, size_t shard) {
    return shard < file->n_shards ? file->shards[shard].path : NULL;
}

uint64_t lrt_weight_file_bytes(const struct lrt_weight_file *file) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < file->n_shards; i++) bytes += file->shards[i].bytes;
    return bytes;
}

uint64_t lrt_weight_file_copied(const struct lrt_weight_file *file) { return file->copied; }

size_t lrt_weight_file_count(const struct lrt_weight_file *file) { return file->n_tensors; }

const struct lrt_file_tensor *lrt_weight_file_tensor(const struct lrt_weight_file *file, size_t index) {
    return index < file->n_tensors ? &file->tensors[index] : NULL;
}

const char *lrt_weight_file_metadata(const struct lrt_weight_file *file, const char *key) {
    for (size_t i = 0; i < file->n_metadata; i++)
        if (strcmp(file->metadata[i].key, key) == 0) return file->metadata[i].value;
    return NULL;
}
