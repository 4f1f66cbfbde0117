// hf_folder: the index of a sharded model becomes mapped shards in one directory; config.json beside them is read.
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/weights/hf_folder.h"

enum { CONFIG_LIMIT = 1 << 20, INDEX_LIMIT = 100 * 1000 * 1000 };

static int join_path(char *path, size_t size, const char *directory, size_t directory_length, const char *name,
                     struct lrt_report *report) {
    int n = directory_length ? snprintf(path, size, "%.*s/%s", (int)directory_length, directory, name)
                             : snprintf(path, size, "%s", name);
    if (n < 0 || (size_t)n >= size)
        return lrt_file_fail(report, LRT_ERR_FILE, "%.200s...: the path is too long", directory);
    return LRT_OK;
}

// A shard is a file beside its index. A name that leads elsewhere is refused as hostile.
static bool plain_file_name(const char *name) {
    return name[0] && name[0] != '.' && !strchr(name, '/') && !strchr(name, '\\');
}

// Opens every file that the map names, once. `seen` collects their names.
static int open_shards(struct lrt_weight_file *file, const char *index_path, const json_t *map, json_t *seen,
                       struct lrt_report *report) {
    const char *slash = strrchr(index_path, '/'), *tensor;
    size_t directory_length = slash ? (size_t)(slash - index_path) : 0;
    json_t *value;
    char path[PATH_MAX];
    json_object_foreach((json_t *)(uintptr_t)map, tensor, value) {
        const char *name = json_string_value(value);
        if (!name || !plain_file_name(name))
            return lrt_file_fail(report, LRT_ERR_FILE,
                                 "%s: tensor %.200s: its file must be a plain name beside the index", index_path,
                                 tensor);
        if (json_object_get(seen, name)) continue;
        if (json_object_set_new(seen, name, json_true()) != 0)
            return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", index_path);
        int status = slash == index_path ? join_path(path, sizeof path, "", 1, name, report)
                                         : join_path(path, sizeof path, index_path, directory_length, name, report);
        if (!status) status = lrt_file_map(file, path, report);
        if (!status) status = lrt_safetensors_read(file, report);
        if (status) return status;
    }
    return LRT_OK;
}

// Every tensor of the index is in the shard it names.
static int check_index(const struct lrt_weight_file *file, const char *index_path, const json_t *map,
                       struct lrt_report *report) {
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, tensor, value) {
        const struct lrt_file_tensor *t = lrt_weight_file_find(file, tensor);
        const char *path = t ? file->shards[t->shard].path : "", *slash = strrchr(path, '/');
        if (strcmp(slash ? slash + 1 : path, json_string_value(value)) != 0)
            return lrt_file_fail(report, LRT_ERR_FILE,
                                 "%s: tensor %.200s is not in %.200s as the index says; download both again",
                                 index_path, tensor, json_string_value(value));
    }
    return LRT_OK;
}

static int open_map(struct lrt_weight_file *file, const char *path, const json_t *map, struct lrt_report *report) {
    if (json_object_size(map) == 0)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: no \"weight_map\": not the index of a sharded safetensors model", path);
    json_t *seen = json_object();
    int status = open_shards(file, path, map, seen, report);
    json_decref(seen);
    if (!status) status = lrt_file_sort_names(file, report);
    return status ? status : check_index(file, path, map, report);
}

int lrt_hf_open_index(struct lrt_weight_file *file, const char *path, struct lrt_report *report) {
    json_t *index = lrt_file_read_json(path, INDEX_LIMIT, report);
    if (!index) return LRT_ERR_FILE;
    const int status = open_map(file, path, json_object_get(index, "weight_map"), report);
    json_decref(index);
    return status;
}

int lrt_hf_read_config(struct lrt_weight_file *file, struct lrt_report *report) {
    const char *first = file->shards[0].path, *slash = strrchr(first, '/');
    const size_t length = slash ? (size_t)(slash - first) : 0;
    char path[PATH_MAX];
    const int status = slash == first ? join_path(path, sizeof path, "", 1, "config.json", report)
                                      : join_path(path, sizeof path, first, length, "config.json", report);
    if (status || access(path, F_OK) != 0) return status;
    file->config_path = strdup(path);
    if (!file->config_path) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    file->config = lrt_file_read_json(path, CONFIG_LIMIT, report);
    return file->config ? LRT_OK : LRT_ERR_FILE;
}

int lrt_hf_open_folder(struct lrt_weight_file *file, const char *directory, struct lrt_report *report) {
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/') length--;
    char path[PATH_MAX];
    int status = join_path(path, sizeof path, directory, length, "model.safetensors.index.json", report);
    if (status) return status;
    if (access(path, F_OK) == 0) return lrt_hf_open_index(file, path, report);
    status = join_path(path, sizeof path, directory, length, "model.safetensors", report);
    if (status) return status;
    if (access(path, F_OK) != 0)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: holds neither model.safetensors nor model.safetensors.index.json; give a folder as "
                             "downloaded from Hugging Face, or the weights file itself",
                             directory);
    status = lrt_file_map(file, path, report);
    return status ? status : lrt_safetensors_read(file, report);
}
