// gguf_read: the bytes of a GGUF (version 2 or 3) become a directory of tensors and of metadata entries. One cursor
// walks the header. Every length is checked against the end of the file before it is used.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_file.h"

enum { GGUF_STRING = 8, GGUF_ARRAY = 9, GGUF_NESTING_MAX = 8, GGUF_RANK_MAX = 4 };

struct cursor {
    const uint8_t *at, *end;
    const char *path;
    struct lrt_report *report;
};

static int truncated(const struct cursor *c, const char *what) {
    return lrt_file_fail(c->report, LRT_ERR_FILE,
                         "%s: ends inside %s: the file is truncated or corrupt; download or write it again", c->path,
                         what);
}

static bool take_u32(struct cursor *c, uint32_t *out) {
    if ((size_t)(c->end - c->at) < 4) return false;
    memcpy(out, c->at, 4);
    c->at += 4;
    return true;
}

static bool take_u64(struct cursor *c, uint64_t *out) {
    if ((size_t)(c->end - c->at) < 8) return false;
    memcpy(out, c->at, 8);
    c->at += 8;
    return true;
}

static bool take_string(struct cursor *c, const char **bytes, size_t *length) {
    uint64_t n;
    if (!take_u64(c, &n) || n > (uint64_t)(c->end - c->at)) return false;
    *bytes = (const char *)c->at;
    *length = (size_t)n;
    c->at += n;
    return true;
}

static size_t scalar_bytes(uint32_t type) {
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

// Skips `count` values of a type; false when they do not fit or the type is unknown.
static bool skip_values(struct cursor *c, uint32_t type, uint64_t count, int depth) {
    size_t size = scalar_bytes(type);
    if (size) {
        if (count > (uint64_t)(c->end - c->at) / size) return false;
        c->at += count * size;
        return true;
    }
    if ((type != GGUF_STRING && type != GGUF_ARRAY) || depth > GGUF_NESTING_MAX) return false;
    if (count > (uint64_t)(c->end - c->at) / 8) return false;
    for (uint64_t i = 0; i < count; i++) {
        const char *bytes;
        size_t length;
        uint32_t inner;
        uint64_t inner_count;
        bool ok = type == GGUF_STRING ? take_string(c, &bytes, &length)
                                      : take_u32(c, &inner) && take_u64(c, &inner_count) &&
                                            skip_values(c, inner, inner_count, depth + 1);
        if (!ok) return false;
    }
    return true;
}

static int read_entry(struct cursor *c, struct gguf_entry *e) {
    if (!take_string(c, &e->key, &e->key_length) || !take_u32(c, &e->type)) return truncated(c, "the metadata");
    int shown = e->key_length < 100 ? (int)e->key_length : 100;
    e->count = 1;
    if (e->type == GGUF_STRING) {
        const char *bytes;
        size_t length;
        if (!take_string(c, &bytes, &length)) return truncated(c, "a metadata string");
        e->data = (const uint8_t *)bytes;
        e->count = e->bytes = length;
        return LRT_OK;
    }
    uint32_t value_type = e->type;
    if (e->type == GGUF_ARRAY) {
        if (!take_u32(c, &e->element_type) || !take_u64(c, &e->count)) return truncated(c, "a metadata array");
        value_type = e->element_type;
    }
    e->data = c->at;
    if (value_type != GGUF_STRING && value_type != GGUF_ARRAY && !scalar_bytes(value_type))
        return lrt_file_fail(c->report, LRT_ERR_FILE,
                             "%s: metadata key %.*s has the unknown value type %u; the file is corrupt", c->path, shown,
                             e->key, value_type);
    if (!skip_values(c, value_type, e->count, 0))
        return lrt_file_fail(c->report, LRT_ERR_FILE,
                             "%s: the value of metadata key %.*s does not fit into the file: truncated or corrupt",
                             c->path, shown, e->key);
    e->bytes = (size_t)(c->at - e->data);
    return LRT_OK;
}

static int compare_keys(const void *a, const void *b, void *entries) {
    const struct gguf_entry *all = entries, *x = &all[*(const uint32_t *)a], *y = &all[*(const uint32_t *)b];
    size_t n = x->key_length < y->key_length ? x->key_length : y->key_length;
    int order = n ? memcmp(x->key, y->key, n) : 0;
    if (order) return order;
    return x->key_length < y->key_length ? -1 : x->key_length > y->key_length;
}

static int read_metadata(struct lrt_weight_file *file, struct cursor *c, uint64_t count) {
    if (count > (uint64_t)(c->end - c->at) / 13) // key length, type and one byte
        return lrt_file_fail(c->report, LRT_ERR_FILE,
                             "%s: says it has %llu metadata entries, more than fit into the file", c->path,
                             (unsigned long long)count);
    file->entries = calloc(count + 1, sizeof *file->entries);
    file->entry_by_key = calloc(count + 1, sizeof *file->entry_by_key);
    if (!file->entries || !file->entry_by_key)
        return lrt_file_fail(c->report, LRT_ERR_MEMORY, "%s: out of memory", c->path);
    for (uint64_t i = 0; i < count; i++) {
        int status = read_entry(c, &file->entries[i]);
        if (status) return status;
        file->entry_by_key[i] = (uint32_t)i;
        file->n_entries = i + 1;
    }
    qsort_r(file->entry_by_key, file->n_entries, sizeof *file->entry_by_key, compare_keys, file->entries);
    for (size_t i = 1; i < file->n_entries; i++)
        if (compare_keys(&file->entry_by_key[i - 1], &file->entry_by_key[i], file->entries) == 0) {
            const struct gguf_entry *e = &file->entries[file->entry_by_key[i]];
            return lrt_file_fail(c->report, LRT_ERR_FILE, "%s: metadata key %.*s occurs twice; the file is corrupt",
                                 c->path, e->key_length < 100 ? (int)e->key_length : 100, e->key);
        }
    return LRT_OK;
}

// A name that can be shown and compared as a C string.
static bool plain_name(const char *name, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20) return false;
    return length > 0;
}

static int read_tensor(struct lrt_weight_file *file, struct cursor *c) {
    struct lrt_file_tensor t = {0};
    size_t length;
    uint32_t rank;
    if (!take_string(c, &t.name, &length) || !take_u32(c, &rank)) return truncated(c, "the list of tensors");
    if (!plain_name(t.name, length) || length > 1024)
        return lrt_file_fail(c->report, LRT_ERR_FILE, "%s: tensor %zu has no usable name; the file is corrupt", c->path,
                             file->n_tensors);
    int shown = length < 100 ? (int)length : 100;
    if (rank > GGUF_RANK_MAX)
        return lrt_file_fail(c->report, LRT_ERR_FILE,
                             "%s: tensor %.*s has %u dimensions, GGUF allows 4; the file is corrupt", c->path, shown,
                             t.name, rank);
    t.rank = (int)rank;
    for (uint32_t i = 0; i < rank; i++) {
        uint64_t n;
        if (!take_u64(c, &n)) return truncated(c, "the list of tensors");
        if (n == 0 || n > INT64_MAX)
            return lrt_file_fail(c->report, LRT_ERR_FILE,
                                 "%s: tensor %.*s has an impossible dimension %llu; the file is corrupt", c->path,
                                 shown, t.name, (unsigned long long)n);
        t.shape[rank - 1 - i] = (int64_t)n;
    }
    uint64_t offset;
    if (!take_u32(c, &t.type) || !take_u64(c, &offset)) return truncated(c, "the list of tensors");
    t.bytes = offset; // until the start of the data is known
    if (!lrt_file_add_tensor(file, &t, length))
        return lrt_file_fail(c->report, LRT_ERR_MEMORY, "%s: out of memory", c->path);
    return LRT_OK;
}

// Iterations offsets into pointers, once the header's end is known.
static int place_tensors(struct lrt_weight_file *file, const struct cursor *c, size_t first, const uint8_t *base,
                         uint64_t alignment) {
    uint64_t start = (uint64_t)(c->at - base), size = (uint64_t)(c->end - base);
    start = (start + alignment - 1) / alignment * alignment;
    for (size_t i = first; i < file->n_tensors; i++) {
        struct lrt_file_tensor *t = &file->tensors[i];
        uint64_t offset = t->bytes, bytes = 0;
        size_t block, block_bytes;
        if (offset % alignment)
            return lrt_file_fail(
                c->report, LRT_ERR_FILE,
                "%s: tensor %s begins at offset %llu, not a multiple of the alignment %llu; the file is corrupt",
                c->path, t->name, (unsigned long long)offset, (unsigned long long)alignment);
        bool known = lrt_file_type_block(t->type, &block, &block_bytes);
        if (known && !lrt_file_tensor_bytes(t->type, t->shape, t->rank, &bytes))
            return lrt_file_fail(
                c->report, LRT_ERR_FILE,
                "%s: tensor %s: its dimensions do not make whole %s blocks or overflow; the file is corrupt", c->path,
                t->name, lrt_file_type_name(t->type));
        if (start > size || offset > size - start || bytes > size - start - offset)
            return lrt_file_fail(
                c->report, LRT_ERR_FILE,
                "%s: tensor %s needs bytes %llu..%llu but the file has %llu: it is truncated; download or "
                "write it again",
                c->path, t->name, (unsigned long long)(start + offset), (unsigned long long)(start + offset + bytes),
                (unsigned long long)size);
        t->data = base + start + offset;
        t->bytes = bytes;
    }
    return LRT_OK;
}

static int compare_offsets(const void *a, const void *b, void *tensors) {
    const struct lrt_file_tensor *t = tensors;
    const uint8_t *x = t[*(const uint32_t *)a].data, *y = t[*(const uint32_t *)b].data;
    return x < y ? -1 : x > y;
}

// No byte belongs to two tensors.
static int check_apart(const struct lrt_weight_file *file, const struct cursor *c, size_t first) {
    const size_t n = file->n_tensors - first;
    struct lrt_file_tensor *tensors = file->tensors + first;
    uint32_t *order = malloc((n + 1) * sizeof *order);
    if (!order) return lrt_file_fail(c->report, LRT_ERR_MEMORY, "%s: out of memory", c->path);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    if (n) qsort_r(order, n, sizeof *order, compare_offsets, tensors);
    int status = LRT_OK;
    for (size_t i = 1; i < n && !status; i++) {
        const struct lrt_file_tensor *a = &tensors[order[i - 1]], *b = &tensors[order[i]];
        if ((const uint8_t *)a->data + a->bytes > (const uint8_t *)b->data || a->data == b->data)
            status = lrt_file_fail(c->report, LRT_ERR_FILE,
                                   "%s: tensors %s and %s share bytes; the file is corrupt, download or write it again",
                                   c->path, a->name, b->name);
    }
    free(order);
    return status;
}

static int read_alignment(const struct lrt_weight_file *file, const struct cursor *c, uint64_t *alignment) {
    int64_t value = 32;
    if (lrt_gguf_has(file, "general.alignment") &&
        (!lrt_gguf_integer(file, "general.alignment", &value) || value < 1 || value > 1 << 20 || (value & (value - 1))))
        return lrt_file_fail(c->report, LRT_ERR_FILE,
                             "%s: general.alignment is not a power of two up to 2^20; the file is corrupt", c->path);
    *alignment = (uint64_t)value;
    return LRT_OK;
}

int lrt_gguf_read_tensors(struct lrt_weight_file *file, struct lrt_report *report) {
    const struct file_shard *shard = &file->shards[file->n_shards - 1];
    struct cursor c = {.at = shard->base + 4, .end = shard->base + shard->bytes, .path = shard->path, .report = report};
    uint32_t version;
    uint64_t n_tensors, n_entries, alignment = 1;
    file->format = LRT_FORMAT_GGUF;
    if (!take_u32(&c, &version)) return truncated(&c, "the header");
    if (version == 0x02000000 || version == 0x03000000)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: a big-endian GGUF; convert it to little-endian", c.path);
    if (version != 2 && version != 3)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: GGUF version %u; versions 2 and 3 are read: convert the model again", c.path,
                             version);
    if (!take_u64(&c, &n_tensors) || !take_u64(&c, &n_entries)) return truncated(&c, "the header");
    int status = read_metadata(file, &c, n_entries);
    if (!status && n_tensors > (uint64_t)(c.end - c.at) / 24)
        status = lrt_file_fail(report, LRT_ERR_FILE, "%s: says it has %llu tensors, more than fit into the file",
                               c.path, (unsigned long long)n_tensors);
    const size_t first = file->n_tensors;
    if (!status && !lrt_file_reserve(file, (size_t)n_tensors))
        status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", c.path);
    for (uint64_t i = 0; !status && i < n_tensors; i++) status = read_tensor(file, &c);
    if (!status) status = read_alignment(file, &c, &alignment);
    if (!status) status = place_tensors(file, &c, first, shard->base, alignment);
    return status ? status : check_apart(file, &c, first);
}
