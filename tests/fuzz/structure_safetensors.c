// structure_safetensors: one name, type, shape or value of a safetensors file becomes another. Then its tensors lie one
// after another again, as their shapes say, and the header has its length.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/structure.h"

enum { TEXT = 1 << 15, MOST_BYTES = 1 << 14 };

struct named_bytes {
    const char *name;
    size_t bytes;
};
static const struct named_bytes types[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8},     {"I8", 1},
                                           {"I32", 4}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"I64", 8}};
enum { TYPES = sizeof types / sizeof *types };

static size_t size_of(const char *type) {
    for (size_t i = 0; type && i < TYPES; i++)
        if (strcmp(types[i].name, type) == 0) return types[i].bytes;
    return 1;
}

// A string out of this one by libFuzzer's mutations; the same where that is no text.
static json_t *other_text(const char *text) {
    uint8_t bytes[256];
    const size_t n = strnlen(text ? text : "", 200);
    memcpy(bytes, text ? text : "", n);
    json_t *other = json_stringn((const char *)bytes, LLVMFuzzerMutate(bytes, n, sizeof bytes));
    return other ? other : json_string(text ? text : "");
}

static const char *nth_key(json_t *object, uint32_t n) {
    void *at = json_object_iter(object);
    while (n-- && json_object_iter_next(object, at)) at = json_object_iter_next(object, at);
    return at ? json_object_iter_key(at) : NULL;
}

static void change_value(json_t *object, const char *key, uint32_t *random) {
    json_t *value = json_object_get(object, key);
    if (json_is_string(value)) {
        json_object_set_new(object, key, other_text(json_string_value(value)));
        return;
    }
    if (!json_is_object(value)) return;
    json_t *shape = json_object_get(value, "shape");
    const uint32_t at = structure_random(random, (uint32_t)json_array_size(shape) + 1);
    switch (structure_random(random, 5)) {
    case 0: json_object_set_new(value, "dtype", json_string(types[structure_random(random, TYPES)].name)); break;
    case 1: json_array_set_new(shape, at, json_integer(structure_random(random, 20))); break;
    case 2: json_array_insert_new(shape, at, json_integer(1 + structure_random(random, 3))); break;
    case 3: json_array_remove(shape, at); break;
    default: json_object_set_new(value, "dtype", other_text(json_string_value(json_object_get(value, "dtype")))); break;
    }
}

// A header member gets another name, leaves, or changes in itself.
static void change_member(json_t *header, uint32_t *random) {
    const char *key = nth_key(header, structure_random(random, (uint32_t)json_object_size(header) + 1));
    if (!key) return;
    json_t *value = json_object_get(header, key);
    if (strcmp(key, "__metadata__") == 0 && json_object_size(value)) {
        change_value(value, nth_key(value, structure_random(random, (uint32_t)json_object_size(value))), random);
        return;
    }
    const uint32_t how = structure_random(random, 4);
    if (how > 1) {
        change_value(header, key, random);
        return;
    }
    json_t *name = other_text(key), *kept = json_deep_copy(value);
    if (how) json_object_del(header, key);
    json_object_set_new(header, json_string_value(name), kept);
    json_decref(name);
}

// Puts the tensors one after another; returns the bytes of all.
static size_t lay_out(json_t *header) {
    const char *key;
    json_t *value, *dim;
    size_t at = 0, i;
    json_object_foreach(header, key, value) {
        if (strcmp(key, "__metadata__") == 0 || !json_is_object(value)) continue;
        uint64_t bytes = size_of(json_string_value(json_object_get(value, "dtype")));
        json_array_foreach(json_object_get(value, "shape"), i, dim) bytes =
            bytes * (uint64_t)json_integer_value(dim) % (MOST_BYTES + 1);
        json_object_set_new(value, "data_offsets", json_pack("[I, I]", (json_int_t)at, (json_int_t)(at + bytes)));
        at += bytes;
    }
    return at;
}

// Writes header and data; `had` bytes of data stand at `old`, and what is new repeats them.
static size_t put_file(uint8_t *data, size_t most, const char *text, size_t length, const uint8_t *old, size_t had,
                       size_t bytes) {
    static uint8_t kept[1 << 16];
    const uint64_t n = length;
    if (8 + length + bytes > most || bytes > sizeof kept) return 0;
    for (size_t i = 0; i < bytes; i++) kept[i] = had ? old[i % had] : 0;
    memcpy(data, &n, 8);
    memcpy(data + 8, text, length);
    memcpy(data + 8 + length, kept, bytes);
    return 8 + length + bytes;
}

static size_t mutate_header(uint8_t *data, size_t size, size_t most, uint64_t length, uint32_t *random) {
    static uint8_t text[TEXT];
    const uint8_t *old = data + 8 + length;
    const size_t had = size - 8 - (size_t)length;
    if (length < TEXT && structure_random(random, 4) == 0) { // any text, of a right length
        memcpy(text, data + 8, length);
        const size_t n = LLVMFuzzerMutate(text, (size_t)length, TEXT);
        return put_file(data, most, (const char *)text, n, old, had, had);
    }
    json_t *header = json_loadb((const char *)data + 8, (size_t)length, 0, NULL);
    if (!json_is_object(header)) {
        json_decref(header);
        return 0;
    }
    change_member(header, random);
    const size_t bytes = structure_random(random, 8) ? lay_out(header) : had;
    char *dumped = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    size = dumped ? put_file(data, most, dumped, strlen(dumped), old, had, bytes) : 0;
    free(dumped);
    return size;
}

size_t structure_safetensors(uint8_t *data, size_t size, size_t most, uint32_t *random) {
    uint64_t length = 0;
    if (size >= 8) memcpy(&length, data, 8);
    if (size < 10 || length > size - 8 || structure_random(random, 16) == 0) return LLVMFuzzerMutate(data, size, most);
    uint8_t *values = data + 8 + length;
    const size_t n = size - 8 - (size_t)length;
    if (n && structure_random(random, 4) == 0) { // other values, as many
        LLVMFuzzerMutate(values, n, n);
        return size;
    }
    const size_t mutated = mutate_header(data, size, most, length, random);
    return mutated ? mutated : LLVMFuzzerMutate(data, size, most);
}
