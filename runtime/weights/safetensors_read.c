// safetensors_read: the JSON header of a safetensors file becomes directory entries. They must cover the data without a
// hole or an overlap, as the format demands.
#include <stdlib.h>
#include <string.h>

#include "runtime/formats/json_bounded.h"
#include "runtime/weights/weight_file.h"

enum { HEADER_LIMIT = 100 * 1000 * 1000 }; // of the format

struct dtype {
    const char *name;
    uint32_t type;
    uint8_t bytes;
};

static const struct dtype dtypes[] = {
    {"F32", LRT_F32, 4},
    {"F16", LRT_F16, 2},
    {"BF16", LRT_BF16, 2},
    {"F64", LRT_F64, 8},
    {"I8", LRT_I8, 1},
    {"I16", LRT_I16, 2},
    {"I32", LRT_I32, 4},
    {"I64", LRT_I64, 8},
    {"U8", LRT_OTHER_TYPE, 1},
    {"BOOL", LRT_OTHER_TYPE, 1},
    {"U16", LRT_OTHER_TYPE, 2},
    {"U32", LRT_OTHER_TYPE, 4},
    {"U64", LRT_OTHER_TYPE, 8},
    {"F8_E4M3", LRT_OTHER_TYPE, 1},
    {"F8_E5M2", LRT_OTHER_TYPE, 1},
};

struct reader {
    struct lrt_weight_file *file;
    const char *path;
    const uint8_t *data;
    uint64_t data_bytes;
    struct lrt_report *report;
};

static int corrupt(const struct reader *r, const char *tensor, const char *what) {
    return lrt_file_fail(r->report, LRT_ERR_FILE,
                         "%s: tensor %.200s: %s; the file is corrupt, download or write it again", r->path, tensor,
                         what);
}

static int read_shape(const struct reader *r, const char *name, const json_t *shape, struct lrt_file_tensor *t,
                      uint64_t *elements) {
    *elements = 1;
    if (!json_is_array(shape) || json_array_size(shape) > 64) return corrupt(r, name, "no usable \"shape\"");
    t->rank = (int)json_array_size(shape);
    for (int i = 0; i < t->rank; i++) {
        const json_t *dim = json_array_get(shape, (size_t)i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0) return corrupt(r, name, "a dimension is not a size");
        if (i < 4) t->shape[i] = json_integer_value(dim);
        if (__builtin_mul_overflow(*elements, (uint64_t)json_integer_value(dim), elements))
            return corrupt(r, name, "its size overflows");
    }
    return LRT_OK;
}

static int read_tensor(const struct reader *r, const char *name, const json_t *entry) {
    struct lrt_file_tensor t = {.name = name};
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype) return corrupt(r, name, "no \"dtype\"");
    const struct dtype *known = NULL;
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(dtypes[i].name, dtype) == 0) known = &dtypes[i];
    if (!known)
        return lrt_file_fail(r->report, LRT_ERR_FILE,
                             "%s: tensor %.200s: dtype %.40s is not known; save it as F32, F16 or BF16", r->path, name,
                             dtype);
    t.type = known->type;
    uint64_t elements, bytes;
    int status = read_shape(r, name, json_object_get(entry, "shape"), &t, &elements);
    if (status) return status;
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end) ||
        json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return corrupt(r, name, "no usable \"data_offsets\"");
    uint64_t from = (uint64_t)json_integer_value(begin), to = (uint64_t)json_integer_value(end);
    if (to > r->data_bytes)
        return lrt_file_fail(r->report, LRT_ERR_FILE,
                             "%s: tensor %.200s ends at byte %llu of the data, which has %llu: the file is truncated; "
                             "download or write it again",
                             r->path, name, (unsigned long long)to, (unsigned long long)r->data_bytes);
    if (__builtin_mul_overflow(elements, (uint64_t)known->bytes, &bytes) || bytes != to - from)
        return corrupt(r, name, "its shape and dtype do not make the bytes of its data_offsets");
    t.data = r->data + from;
    t.bytes = bytes;
    if (strlen(name) == 0) return corrupt(r, name, "it has no name");
    return lrt_file_add_tensor(r->file, &t, strlen(name))
               ? LRT_OK
               : lrt_file_fail(r->report, LRT_ERR_MEMORY, "%s: out of memory", r->path);
}

static int read_metadata(const struct reader *r, const json_t *metadata) {
    if (!json_is_object(metadata))
        return lrt_file_fail(r->report, LRT_ERR_FILE, "%s: __metadata__ is not an object; the file is corrupt",
                             r->path);
    struct lrt_weight_file *f = r->file;
    struct string_pair *grown = realloc(f->metadata, (f->n_metadata + json_object_size(metadata) + 1) * sizeof *grown);
    if (!grown) return lrt_file_fail(r->report, LRT_ERR_MEMORY, "%s: out of memory", r->path);
    f->metadata = grown;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value) {
        if (!json_is_string(value))
            return lrt_file_fail(r->report, LRT_ERR_FILE,
                                 "%s: __metadata__ entry %.100s is not a string; the file is corrupt", r->path, key);
        struct string_pair pair = {strdup(key), strdup(json_string_value(value))};
        grown[f->n_metadata++] = pair;
        if (!pair.key || !pair.value) return lrt_file_fail(r->report, LRT_ERR_MEMORY, "%s: out of memory", r->path);
    }
    return LRT_OK;
}

static int compare_places(const void *a, const void *b, void *tensors) {
    const struct lrt_file_tensor *t = tensors, *x = &t[*(const uint32_t *)a], *y = &t[*(const uint32_t *)b];
    const uint8_t *p = x->data, *q = y->data;
    if (p != q) return p < q ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

// Every byte of the data belongs to exactly one tensor.
static int check_cover(const struct reader *r, size_t first) {
    size_t n = r->file->n_tensors - first;
    uint32_t *order = malloc((n + 1) * sizeof *order);
    if (!order) return lrt_file_fail(r->report, LRT_ERR_MEMORY, "%s: out of memory", r->path);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    const struct lrt_file_tensor *tensors = n ? r->file->tensors + first : NULL;
    if (n) qsort_r(order, n, sizeof *order, compare_places, r->file->tensors + first);
    const uint8_t *at = r->data;
    int status = LRT_OK;
    for (size_t i = 0; i < n && !status; i++) {
        const struct lrt_file_tensor *t = &tensors[order[i]];
        if (t->data != at)
            status = corrupt(r, t->name,
                             (const uint8_t *)t->data < at ? "its data overlaps another tensor's"
                                                           : "there is a hole before its data");
        at = (const uint8_t *)t->data + t->bytes;
    }
    if (!status && at != r->data + r->data_bytes)
        status = lrt_file_fail(r->report, LRT_ERR_FILE,
                               "%s: %llu bytes after the last tensor; the file is corrupt, download or write it again",
                               r->path, (unsigned long long)(r->data + r->data_bytes - at));
    free(order);
    return status;
}

// A header is read tensor by tensor: it may have 100 MB.
static int read_header(const struct reader *r, const char *text, size_t bytes) {
    const size_t first = r->file->n_tensors;
    struct json_members members = lrt_json_members(text, bytes);
    struct json_member m;
    bool described = false;
    int status = LRT_OK;
    while (!status && lrt_json_next(&members, &m)) {
        const char *name = json_string_value(m.key);
        const bool metadata = strcmp(name, "__metadata__") == 0;
        if (metadata && described)
            status = corrupt(r, name, "it occurs twice");
        else
            status = metadata ? read_metadata(r, m.value) : read_tensor(r, name, m.value);
        described = described || metadata;
        json_decref(m.key);
        json_decref(m.value);
    }
    if (status) return status;
    if (members.error.text[0])
        return lrt_file_fail(
            r->report, LRT_ERR_FILE,
            "%s: the header is not valid: %s at byte %d; the file is corrupt, download or write it again", r->path,
            members.error.text, 8 + members.error.position);
    return check_cover(r, first);
}

int lrt_safetensors_read(struct lrt_weight_file *file, struct lrt_report *report) {
    const struct file_shard *shard = &file->shards[file->n_shards - 1];
    uint64_t length = 0;
    file->format = LRT_FORMAT_SAFETENSORS;
    if (shard->bytes >= 8) memcpy(&length, shard->base, 8);
    if (shard->bytes < 10 || length > HEADER_LIMIT || length < 2 || shard->base[8] != '{')
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: neither a GGUF nor a safetensors file, or its beginning is corrupt", shard->path);
    if (length > shard->bytes - 8)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: ends inside the header of %llu bytes: the file is truncated; download or write it again", shard->path,
            (unsigned long long)length);
    struct reader r = {file, shard->path, shard->base + 8 + length, shard->bytes - 8 - length, report};
    return read_header(&r, (const char *)shard->base + 8, (size_t)length);
}
