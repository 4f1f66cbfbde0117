// weight_file: opens a path of any kind, maps its shards, builds one directory sorted by name and refuses duplicates.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "runtime/weights/hf_folder.h"
#include "runtime/weights/weight_file.h"

static int map_descriptor(struct file_shard *shard, int descriptor, const char *path, struct lrt_report *report) {
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: not a regular file, so it cannot be mapped", path);
    if (status.st_size == 0)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: the file is empty; download or write it again", path);
    if ((uint64_t)status.st_size > SIZE_MAX)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: too large for this machine's address space", path);
    void *base = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (base == MAP_FAILED)
        return lrt_file_fail(report, LRT_ERR_SYSTEM, "%s: cannot be mapped: %s", path, strerror(errno));
    shard->base = base;
    shard->bytes = (size_t)status.st_size;
    return LRT_OK;
}

int lrt_file_map(struct lrt_weight_file *file, const char *path, struct lrt_report *report) {
    struct file_shard *shards = realloc(file->shards, (file->n_shards + 1) * sizeof *shards);
    if (!shards) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    file->shards = shards;
    struct file_shard *shard = &shards[file->n_shards];
    *shard = (struct file_shard){.path = strdup(path)};
    if (!shard->path) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    file->n_shards++;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be opened: %s", path, strerror(errno));
    int status = map_descriptor(shard, descriptor, path, report);
    close(descriptor);
    return status;
}

bool lrt_file_add_tensor(struct lrt_weight_file *file, const struct lrt_file_tensor *tensor, size_t name_length) {
    if (file->n_tensors == file->tensor_capacity) {
        size_t capacity = file->tensor_capacity ? 2 * file->tensor_capacity : 64;
        struct lrt_file_tensor *tensors = realloc(file->tensors, capacity * sizeof *tensors);
        if (!tensors) return false;
        file->tensors = tensors;
        file->tensor_capacity = capacity;
    }
    char *name = malloc(name_length + 1);
    if (!name) return false;
    memcpy(name, tensor->name, name_length);
    name[name_length] = '\0';
    struct lrt_file_tensor *added = &file->tensors[file->n_tensors++];
    *added = *tensor;
    added->name = name;
    added->shard = (uint32_t)(file->n_shards - 1);
    return true;
}

static int compare_names(const void *a, const void *b, void *tensors) {
    const struct lrt_file_tensor *t = tensors;
    return strcmp(t[*(const uint32_t *)a].name, t[*(const uint32_t *)b].name);
}

static int sort_names(struct lrt_weight_file *file, struct lrt_report *report) {
    if (file->n_tensors > UINT32_MAX)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: more than 2^32 tensors", file->shards[0].path);
    file->by_name = malloc((file->n_tensors + 1) * sizeof *file->by_name);
    if (!file->by_name) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", file->shards[0].path);
    for (uint32_t i = 0; i < file->n_tensors; i++) file->by_name[i] = i;
    qsort_r(file->by_name, file->n_tensors, sizeof *file->by_name, compare_names, file->tensors);
    for (size_t i = 1; i < file->n_tensors; i++) {
        const struct lrt_file_tensor *a = &file->tensors[file->by_name[i - 1]], *b = &file->tensors[file->by_name[i]];
        if (strcmp(a->name, b->name) == 0)
            return lrt_file_fail(
                report, LRT_ERR_FILE,
                "%s: tensor %s occurs twice (also in %s); the file is corrupt, download or write it again",
                file->shards[b->shard].path, b->name, file->shards[a->shard].path);
    }
    return LRT_OK;
}

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
    if (!result) lrt_file_find_architecture(file);
    return result ? result : sort_names(file, report);
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
    free(file->config);
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

const struct lrt_file_tensor *lrt_weight_file_find(const struct lrt_weight_file *file, const char *name) {
    size_t low = 0, high = file->n_tensors;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lrt_file_tensor *tensor = &file->tensors[file->by_name[middle]];
        int order = strcmp(name, tensor->name);
        if (order == 0) return tensor;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *lrt_weight_file_metadata(const struct lrt_weight_file *file, const char *key) {
    for (size_t i = 0; i < file->n_metadata; i++)
        if (strcmp(file->metadata[i].key, key) == 0) return file->metadata[i].value;
    return NULL;
}

char *lrt_file_read_text(const char *path, size_t limit, struct lrt_report *report) {
    FILE *stream = fopen(path, "rbe");
    if (!stream) {
        lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    char *text = NULL;
    size_t length = 0, capacity = 0;
    for (;;) {
        if (length + 1 >= capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            char *grown = capacity <= limit * 2 + 4096 ? realloc(text, capacity) : NULL;
            if (!grown) {
                lrt_file_fail(report, LRT_ERR_FILE, "%s: larger than %zu bytes", path, limit);
                break;
            }
            text = grown;
        }
        size_t got = fread(text + length, 1, capacity - length - 1, stream);
        length += got;
        if (got == 0) {
            text[length] = '\0';
            if (!ferror(stream)) {
                fclose(stream);
                return text;
            }
            lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be read: %s", path, strerror(errno));
            break;
        }
    }
    free(text);
    fclose(stream);
    return NULL;
}
