// weight_directory: mapped shards, and the tensors in them under one list of names, sorted and without duplicates.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <lorac/lrt_foreign.h>
#include "runtime/weights/weight_file.h"

static int map_descriptor(struct file_shard *shard, int descriptor, size_t bytes, struct lrt_report *report) {
    if (bytes == 0)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: the file is empty; download or write it again", shard->path);
    void *base = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (base == MAP_FAILED)
        return lrt_file_fail(report, LRT_ERR_SYSTEM, "%s: cannot be mapped: %s", shard->path, strerror(errno));
    shard->base = base;
    shard->bytes = bytes;
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
    const char *why = NULL;
    size_t bytes = 0;
    const int descriptor = lrt_open_regular(path, &bytes, &why);
    if (descriptor < 0) return lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be opened: %s", path, why);
    const int status = map_descriptor(shard, descriptor, bytes, report);
    close(descriptor);
    return status;
}

bool lrt_file_reserve(struct lrt_weight_file *file, size_t tensors) {
    if (tensors > SIZE_MAX / sizeof *file->tensors - file->n_tensors) return false;
    struct lrt_file_tensor *room = realloc(file->tensors, (file->n_tensors + tensors + 1) * sizeof *room);
    if (!room) return false;
    file->tensors = room;
    file->tensor_capacity = file->n_tensors + tensors + 1;
    return true;
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

int lrt_file_sort_names(struct lrt_weight_file *file, struct lrt_report *report) {
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
