// structure_gguf: a GGUF is taken apart into metadata entries and tensors, one of them is changed, and the file is put
// together again with right counts, lengths and offsets. A file that cannot be taken apart is mutated as bytes.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_file.h"
#include "tests/fuzz/structure.h"

enum { ENTRIES = 64, TENSORS = 64, GGUF_STRING = 8, GGUF_ARRAY = 9, ALIGNMENT = 32, FILE_BYTES = 1 << 16 };

struct piece {
    const uint8_t *at;
    size_t n;
};
struct entry {
    struct piece key;
    uint32_t type, element; // element: of an array
    uint64_t count;         // of an array
    struct piece value;     // without type, count and a string's length
};
struct tensor {
    struct piece name;
    uint32_t rank, type;
    uint64_t dims[4], offset;
};
struct parts {
    const uint8_t *at, *end; // what is not yet taken; in the end the data
    uint32_t n_entries, n_tensors;
    struct entry entries[ENTRIES];
    struct tensor tensors[TENSORS];
    uint64_t astray; // added to the last tensor's offset
};

static uint64_t take(struct parts *p, size_t n) {
    uint64_t value = 0;
    if ((size_t)(p->end - p->at) < n) {
        p->at = p->end;
        return 0;
    }
    memcpy(&value, p->at, n);
    p->at += n;
    return value;
}

static struct piece take_piece(struct parts *p, uint64_t n) {
    const size_t left = (size_t)(p->end - p->at);
    const struct piece piece = {p->at, n < left ? (size_t)n : left};
    p->at += piece.n;
    return piece;
}

static size_t scalar_size(uint32_t type) {
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

static void take_entry(struct parts *p, struct entry *e) {
    e->key = take_piece(p, take(p, 8));
    e->type = (uint32_t)take(p, 4);
    e->element = e->type == GGUF_ARRAY ? (uint32_t)take(p, 4) : 0;
    e->count = e->type == GGUF_ARRAY ? take(p, 8) : 1;
    if (e->type == GGUF_STRING) {
        e->value = take_piece(p, take(p, 8));
    } else if (e->element == GGUF_STRING) {
        const uint8_t *from = p->at;
        for (uint64_t i = 0; i < e->count && p->at < p->end; i++) take_piece(p, take(p, 8));
        e->value = (struct piece){from, (size_t)(p->at - from)};
    } else {
        const size_t size = scalar_size(e->type == GGUF_ARRAY ? e->element : e->type);
        e->value = take_piece(p, e->count < FILE_BYTES ? e->count * size : FILE_BYTES);
    }
}

static int take_apart(struct parts *p, const uint8_t *data, size_t size) {
    *p = (struct parts){.at = data, .end = data + size};
    if (size < 24 || memcmp(data, "GGUF", 4) != 0) return 0;
    p->at += 8;
    const uint64_t tensors = take(p, 8), entries = take(p, 8);
    if (tensors > TENSORS || entries > ENTRIES) return 0;
    p->n_tensors = (uint32_t)tensors;
    p->n_entries = (uint32_t)entries;
    for (uint32_t i = 0; i < p->n_entries; i++) take_entry(p, &p->entries[i]);
    for (uint32_t i = 0; i < p->n_tensors; i++) {
        struct tensor *t = &p->tensors[i];
        t->name = take_piece(p, take(p, 8));
        t->rank = (uint32_t)take(p, 4);
        if (t->rank > 4) return 0;
        for (uint32_t d = 0; d < t->rank; d++) t->dims[d] = take(p, 8);
        t->type = (uint32_t)take(p, 4);
        t->offset = take(p, 8);
    }
    take_piece(p, (uint64_t)(-(p->at - data) & (ALIGNMENT - 1)));
    return p->at < p->end || p->n_tensors == 0;
}

// ---- putting together ----
struct output {
    uint8_t *at, *end;
    int full;
};

static void put(struct output *o, const void *bytes, size_t n) {
    if ((size_t)(o->end - o->at) < n) {
        o->full = 1;
        return;
    }
    memcpy(o->at, bytes, n);
    o->at += n;
}
static void put_number(struct output *o, uint64_t value, size_t n) { put(o, &value, n); }
static void put_piece(struct output *o, struct piece piece) {
    put_number(o, piece.n, 8);
    put(o, piece.at, piece.n);
}

static uint64_t bytes_of(const struct tensor *t) {
    int64_t shape[4] = {1, 1, 1, 1};
    uint64_t bytes = 0;
    for (uint32_t d = 0; d < t->rank; d++) shape[t->rank - 1 - d] = (int64_t)t->dims[d];
    return lrt_file_tensor_bytes(t->type, shape, (int)t->rank, &bytes) && bytes < FILE_BYTES ? bytes : 0;
}

static void put_entry(struct output *o, const struct entry *e) {
    put_piece(o, e->key);
    put_number(o, e->type, 4);
    if (e->type == GGUF_ARRAY) {
        put_number(o, e->element, 4);
        put_number(o, e->count, 8);
    }
    if (e->type == GGUF_STRING)
        put_piece(o, e->value);
    else
        put(o, e->value.at, e->value.n);
}

// The data of the file that was taken apart comes again, as often as it is needed.
static size_t put_together(const struct parts *p, uint8_t *data, size_t most) {
    struct output o = {data, data + most, 0};
    put(&o, "GGUF\3\0\0\0", 8);
    put_number(&o, p->n_tensors, 8);
    put_number(&o, p->n_entries, 8);
    for (uint32_t i = 0; i < p->n_entries; i++) put_entry(&o, &p->entries[i]);
    uint64_t at = 0;
    for (uint32_t i = 0; i < p->n_tensors; i++) {
        const struct tensor *t = &p->tensors[i];
        put_piece(&o, t->name);
        put_number(&o, t->rank, 4);
        for (uint32_t d = 0; d < t->rank; d++) put_number(&o, t->dims[d], 8);
        put_number(&o, t->type, 4);
        put_number(&o, at + (i + 1 == p->n_tensors ? p->astray : 0), 8);
        at += (bytes_of(t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    while ((o.at - data) % ALIGNMENT && !o.full) put(&o, "", 1);
    const size_t had = (size_t)(p->end - p->at);
    for (uint64_t i = 0; i < at && !o.full; i++) put(&o, had ? (const char *)p->at + i % had : "", 1);
    return o.full ? 0 : (size_t)(o.at - data);
}

// ---- changes ----
static struct piece other_piece(struct piece piece, uint8_t *room, size_t size, size_t most) {
    const size_t n = piece.n < size ? piece.n : size;
    memcpy(room, piece.at, n);
    return (struct piece){room, LLVMFuzzerMutate(room, n, n < most ? most : n)};
}

static void change_entry(struct entry *e, uint8_t *room, size_t size, uint32_t *random) {
    const int text = e->type == GGUF_STRING;
    switch (structure_random(random, 6)) {
    case 0: e->key = other_piece(e->key, room, size, e->key.n + 8); return;
    case 1: // another type, with so many bytes
        e->type = structure_random(random, 13);
        e->element = e->type == GGUF_ARRAY ? structure_random(random, 13) : 0;
        if (e->type == GGUF_ARRAY) e->count = scalar_size(e->element) ? e->value.n / scalar_size(e->element) : 0;
        if (scalar_size(e->type) && e->value.n >= scalar_size(e->type)) e->value.n = scalar_size(e->type);
        return;
    case 2:
        if (e->type == GGUF_ARRAY && e->count && scalar_size(e->element)) { // fewer elements
            e->count = structure_random(random, (uint32_t)e->count + 1);
            e->value.n = e->count * scalar_size(e->element);
            return;
        } // fall through
    default: e->value = other_piece(e->value, room, size, text ? e->value.n + 32 : e->value.n); return;
    }
}

static void change_tensor(struct tensor *t, uint8_t *room, size_t size, uint32_t *random) {
    static const uint32_t types[] = {0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 20, 24, 26, 28, 30, 99};
    switch (structure_random(random, 5)) {
    case 0: t->name = other_piece(t->name, room, size, t->name.n + 8); return;
    case 1: t->type = types[structure_random(random, sizeof types / sizeof *types)]; return;
    case 2: t->rank = structure_random(random, 5); return;
    case 3: t->dims[structure_random(random, 4)] = structure_random(random, 300); return;
    default: t->dims[structure_random(random, 4)] ^= 1ULL << structure_random(random, 64); return;
    }
}

static void change_parts(struct parts *p, uint8_t *room, size_t size, uint32_t *random) {
    const uint32_t how = structure_random(random, 16);
    if (how == 0) p->astray = structure_random(random, 2) ? 1 : UINT64_MAX << structure_random(random, 64);
    if (how == 1 && p->n_entries) p->entries[structure_random(random, p->n_entries)] = p->entries[--p->n_entries];
    if (how == 2 && p->n_tensors) p->tensors[structure_random(random, p->n_tensors)] = p->tensors[--p->n_tensors];
    if (how == 3 && p->n_tensors && p->n_tensors < TENSORS) {
        const uint32_t from = structure_random(random, p->n_tensors);
        p->tensors[p->n_tensors++] = p->tensors[from];
        p->tensors[p->n_tensors - 1].name = other_piece(p->tensors[from].name, room, size, size);
    }
    if (how < 4) return;
    if (p->n_entries && structure_random(random, 2))
        change_entry(&p->entries[structure_random(random, p->n_entries)], room, size, random);
    else if (p->n_tensors)
        change_tensor(&p->tensors[structure_random(random, p->n_tensors)], room, size, random);
}

size_t structure_gguf(uint8_t *data, size_t size, size_t most, uint32_t *random) {
    static uint8_t copy[FILE_BYTES], room[1 << 12];
    static struct parts p;
    if (size > sizeof copy || structure_random(random, 16) == 0) return LLVMFuzzerMutate(data, size, most);
    memcpy(copy, data, size);
    if (!take_apart(&p, copy, size)) return LLVMFuzzerMutate(data, size, most);
    if (p.at < p.end && structure_random(random, 4) == 0)
        LLVMFuzzerMutate(copy + (p.at - copy), (size_t)(p.end - p.at), (size_t)(p.end - p.at));
    else
        change_parts(&p, room, sizeof room, random);
    const size_t n = put_together(&p, data, most);
    if (n) return n;
    memcpy(data, copy, size);
    return LLVMFuzzerMutate(data, size, most);
}
