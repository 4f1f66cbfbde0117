// gguf_metadata: typed views of metadata entries, found by binary search over the sorted keys.
#include <string.h>

#include "runtime/weights/weight_file.h"

enum { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 };

static const struct gguf_entry *find_entry(const struct lrt_weight_file *file, const char *key) {
    size_t low = 0, high = file->n_entries, length = strlen(key);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gguf_entry *e = &file->entries[file->entry_by_key[middle]];
        size_t n = length < e->key_length ? length : e->key_length;
        int order = n ? memcmp(key, e->key, n) : 0;
        if (order == 0 && length == e->key_length) return e;
        if (order < 0 || (order == 0 && length < e->key_length))
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int load_integer(uint32_t type, const uint8_t *data, uint64_t index, int64_t *out) {
    int8_t i8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    switch (type) {
    case U8: *out = data[index]; return 1;
    case BOOL: *out = data[index] != 0; return 1;
    case I8:
        memcpy(&i8, data + index, 1);
        *out = i8;
        return 1;
    case U16:
        memcpy(&u16, data + 2 * index, 2);
        *out = u16;
        return 1;
    case I16:
        memcpy(&i16, data + 2 * index, 2);
        *out = i16;
        return 1;
    case U32:
        memcpy(&u32, data + 4 * index, 4);
        *out = u32;
        return 1;
    case I32:
        memcpy(&i32, data + 4 * index, 4);
        *out = i32;
        return 1;
    case I64: memcpy(out, data + 8 * index, 8); return 1;
    case U64:
        memcpy(&u64, data + 8 * index, 8);
        if (u64 > INT64_MAX) return 0;
        *out = (int64_t)u64;
        return 1;
    default: return 0;
    }
}

static int load_number(uint32_t type, const uint8_t *data, uint64_t index, double *out) {
    float f32;
    int64_t integer;
    if (type == F64) {
        memcpy(out, data + 8 * index, 8);
        return 1;
    }
    if (type == F32) {
        memcpy(&f32, data + 4 * index, 4);
        *out = (double)f32;
        return 1;
    }
    if (!load_integer(type, data, index, &integer)) return 0;
    *out = (double)integer;
    return 1;
}

int lrt_gguf_has(const struct lrt_weight_file *file, const char *key) { return find_entry(file, key) != NULL; }

int lrt_gguf_integer(const struct lrt_weight_file *file, const char *key, int64_t *out) {
    const struct gguf_entry *e = find_entry(file, key);
    return e && load_integer(e->type, e->data, 0, out);
}

int lrt_gguf_number(const struct lrt_weight_file *file, const char *key, double *out) {
    const struct gguf_entry *e = find_entry(file, key);
    return e && load_number(e->type, e->data, 0, out);
}

int lrt_gguf_string(const struct lrt_weight_file *file, const char *key, struct lrt_bytes *out) {
    const struct gguf_entry *e = find_entry(file, key);
    if (!e || e->type != STRING) return 0;
    out->bytes = (const char *)e->data;
    out->length = (size_t)e->count;
    return 1;
}

int lrt_gguf_string_is(const struct lrt_weight_file *file, const char *key, const char *value) {
    struct lrt_bytes found;
    size_t length = strlen(value);
    return lrt_gguf_string(file, key, &found) && found.length == length && memcmp(found.bytes, value, length) == 0;
}

int lrt_gguf_find_array(const struct lrt_weight_file *file, const char *key, struct lrt_gguf_array *out) {
    const struct gguf_entry *e = find_entry(file, key);
    if (!e || e->type != ARRAY) return 0;
    *out = (struct lrt_gguf_array){.type = e->element_type,
                                   .count = e->count,
                                   .data = e->data,
                                   .next = e->data,
                                   .left = e->element_type == STRING ? e->count : 0};
    return 1;
}

int lrt_gguf_next_string(struct lrt_gguf_array *array, struct lrt_bytes *out) {
    if (array->type != STRING || array->left == 0) return 0;
    uint64_t length;
    memcpy(&length, array->next, 8); // lengths were checked when the file was opened
    out->bytes = (const char *)array->next + 8;
    out->length = (size_t)length;
    array->next += 8 + length;
    array->left--;
    return 1;
}

double lrt_gguf_array_number(const struct lrt_gguf_array *array, uint64_t index) {
    double value = 0;
    return index < array->count && load_number(array->type, array->data, index, &value) ? value : 0;
}

int64_t lrt_gguf_array_integer(const struct lrt_gguf_array *array, uint64_t index) {
    int64_t value = 0;
    return index < array->count && load_integer(array->type, array->data, index, &value) ? value : 0;
}
