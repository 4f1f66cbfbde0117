/* Tokens by id and ids by bytes: texts end to end in one block, an open hash over them; and the hash of merge rules. */
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>

int lrt_grow(struct lrt *c, void **array, size_t *capacity, size_t needed, size_t element_bytes) {
    if (needed <= *capacity) return LRT_OK;
    size_t wanted = *capacity < 64 ? 64 : *capacity + *capacity / 2;
    if (wanted < needed) wanted = needed;
    if (wanted > SIZE_MAX / element_bytes)
        return lrt_fail(c, LRT_ERR_MEMORY, "text: %zu elements are too many", wanted);
    void *grown = realloc(*array, wanted * element_bytes);
    if (!grown) return lrt_fail(c, LRT_ERR_MEMORY, "text: no memory for %zu bytes", wanted * element_bytes);
    *array = grown;
    *capacity = wanted;
    return LRT_OK;
}

static uint64_t hash_bytes(const char *text, size_t bytes) {
    uint64_t h = LRT_HASH_START;
    for (size_t i = 0; i < bytes; i++) h = lrt_hash_byte(h, text[i]);
    return h;
}

int lrt_vocabulary_set(struct lrt *c, struct lrt_vocabulary *v, int64_t id, const char *text, size_t bytes, int kind) {
    if (id < 0 || id >= LRT_VOCABULARY_MAX)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: token id %lld is out of range", (long long)id);
    if (bytes > UINT32_MAX) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: token %lld is too long", (long long)id);
    const size_t at = (size_t)id;
    if (at >= v->count) {
        int status = lrt_grow(c, (void **)&v->pieces, &v->capacity, at + 1, sizeof *v->pieces);
        if (status) return status;
        memset(v->pieces + v->count, 0, (at + 1 - v->count) * sizeof *v->pieces);
        v->count = at + 1;
    }
    if (v->pieces[at].kind != LRT_PIECE_NONE)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: token id %lld is given twice", (long long)id);
    int status = lrt_grow(c, (void **)&v->text, &v->text_capacity, v->text_bytes + bytes + 1, 1);
    if (status) return status;
    if (bytes) memcpy(v->text + v->text_bytes, text, bytes);
    v->text[v->text_bytes + bytes] = 0;
    v->pieces[at] = (struct lrt_piece){.offset = v->text_bytes, .bytes = (uint32_t)bytes, .kind = (uint8_t)kind};
    v->text_bytes += bytes + 1;
    return LRT_OK;
}

static size_t find_slot(const struct lrt_vocabulary *v, const char *text, size_t bytes, uint64_t hash) {
    size_t slot = (size_t)(hash ^ hash >> 29) & v->slot_mask;
    while (v->slots[slot]) {
        const struct lrt_piece *p = &v->pieces[v->slots[slot] - 1];
        if (p->bytes == bytes && memcmp(v->text + p->offset, text, bytes) == 0) break;
        slot = (slot + 1) & v->slot_mask;
    }
    return slot;
}

int lrt_vocabulary_index(struct lrt *c, struct lrt_vocabulary *v) {
    size_t slots = 64;
    while (slots < 2 * v->count) slots *= 2;
    free(v->slots);
    v->slots = calloc(slots, sizeof *v->slots);
    if (!v->slots) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for %zu tokens", v->count);
    v->slot_mask = slots - 1;
    for (int normal = 1; normal >= 0; normal--)
        for (size_t id = 0; id < v->count; id++) {
            const struct lrt_piece *p = &v->pieces[id];
            if (p->kind == LRT_PIECE_NONE || p->bytes == 0 || (p->kind == LRT_PIECE_NORMAL) != normal) continue;
            const size_t slot = find_slot(v, v->text + p->offset, p->bytes, hash_bytes(v->text + p->offset, p->bytes));
            if (!v->slots[slot]) v->slots[slot] = (uint32_t)id + 1;
        }
    return LRT_OK;
}

int32_t lrt_vocabulary_find_hashed(const struct lrt_vocabulary *v, const char *text, size_t bytes, uint64_t hash) {
    return v->slots ? (int32_t)v->slots[find_slot(v, text, bytes, hash)] - 1 : -1;
}

int32_t lrt_vocabulary_find(const struct lrt_vocabulary *v, const char *text, size_t bytes) {
    return lrt_vocabulary_find_hashed(v, text, bytes, hash_bytes(text, bytes));
}

void lrt_vocabulary_free(struct lrt_vocabulary *v) {
    free(v->pieces);
    free(v->text);
    free(v->slots);
    memset(v, 0, sizeof *v);
}

int lrt_merges_make(struct lrt *c, struct lrt_merges *m, size_t capacity) {
    size_t slots = 64;
    while (slots / 2 < capacity) slots *= 2;
    m->slots = calloc(slots, sizeof *m->slots);
    if (!m->slots) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for %zu merges", capacity);
    for (size_t i = 0; i < slots; i++) m->slots[i].result = -1;
    m->slot_mask = slots - 1;
    m->capacity = capacity;
    return LRT_OK;
}

static size_t merge_slot(const struct lrt_merges *m, int32_t left, int32_t right) {
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    size_t slot = (size_t)(h >> 20) & m->slot_mask;
    while (m->slots[slot].result >= 0 && (m->slots[slot].left != left || m->slots[slot].right != right))
        slot = (slot + 1) & m->slot_mask;
    return slot;
}

void lrt_merges_add(struct lrt_merges *m, int32_t left, int32_t right, int32_t result, uint32_t rank) {
    struct lrt_merge *slot = &m->slots[merge_slot(m, left, right)];
    if (slot->result >= 0 || m->count == m->capacity) return;
    *slot = (struct lrt_merge){.left = left, .right = right, .result = result, .rank = rank};
    m->count++;
}

const struct lrt_merge *lrt_merges_find(const struct lrt_merges *m, int32_t left, int32_t right) {
    if (left < 0 || right < 0 || !m->slots) return NULL;
    const struct lrt_merge *slot = &m->slots[merge_slot(m, left, right)];
    return slot->result >= 0 ? slot : NULL;
}

void lrt_merges_free(struct lrt_merges *m) {
    free(m->slots);
    memset(m, 0, sizeof *m);
}
