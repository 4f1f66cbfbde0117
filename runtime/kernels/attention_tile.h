/* A tile of attention: a few neighbouring queries in all heads that share one kv head, against blocks of keys.
 *
 * A row of the tile is a pair (query, head), query first: row r is query first + r / group, head r % group. Queries are
 * scaled and transposed once, [head, rows], so that scores come out as [key, rows]: a vector holds sixteen rows, the
 * running maximum and sum are vectors, and no sum ever runs across lanes. */
#ifndef LRT_ATTENTION_TILE_H
#define LRT_ATTENTION_TILE_H
#include <stddef.h>
#include <stdint.h>

enum {
    ATTENTION_KEYS = 64,          /* keys of a block, at multiples of it from key 0: part of the result's bits */
    ATTENTION_BACKWARD_KEYS = 32, /* no influence on bits */
    ATTENTION_TANGENT_KEYS = 32,  /* at multiples of it from key 0: part of the result's bits */
    ATTENTION_TILE_QUERIES = 32,  /* at most; no influence on bits */
    ATTENTION_TILE_NUMBERS = 4096 /* rows x head a tile aims at */
};

static inline int64_t lrt_round_16(int64_t n) { return (n + 15) / 16 * 16; }

/* Queries of a tile: a power of two. */
static inline int64_t lrt_attention_tile_queries(int64_t head, int64_t heads, int64_t kv_heads) {
    const int64_t a_query = heads / kv_heads * lrt_round_16(head);
    int64_t queries = ATTENTION_TILE_QUERIES;
    while (queries > 1 && queries * a_query > ATTENTION_TILE_NUMBERS) queries /= 2;
    return queries;
}
static inline int64_t lrt_attention_tile_rows(int64_t head, int64_t heads, int64_t kv_heads) {
    return lrt_round_16(lrt_attention_tile_queries(head, heads, kv_heads) * (heads / kv_heads));
}
/* Floats of scratch of one thread. */
static inline int64_t lrt_attention_floats(int64_t head, int64_t heads, int64_t kv_heads) {
    const int64_t rows = lrt_attention_tile_rows(head, heads, kv_heads), wide = lrt_round_16(head);
    const int64_t padded = wide == head ? 0 : ATTENTION_KEYS * wide;
    return 2 * rows * wide + rows * ATTENTION_KEYS + 4 * rows + padded;
}
static inline int64_t lrt_attention_backward_floats(int64_t head, int64_t heads, int64_t kv_heads) {
    const int64_t rows = lrt_attention_tile_rows(head, heads, kv_heads), wide = lrt_round_16(head);
    const int64_t padded = wide == head ? 0 : ATTENTION_BACKWARD_KEYS * wide;
    return 5 * rows * wide + 2 * rows * ATTENTION_BACKWARD_KEYS + 3 * rows + padded;
}
static inline int64_t lrt_attention_tangent_floats(int64_t head, int64_t heads, int64_t kv_heads) {
    const int64_t rows = lrt_attention_tile_rows(head, heads, kv_heads), wide = lrt_round_16(head);
    const int64_t padded = wide == head ? 0 : ATTENTION_TANGENT_KEYS * wide;
    return 3 * rows * wide + 2 * rows * ATTENTION_TANGENT_KEYS + 3 * rows + padded;
}
#endif
