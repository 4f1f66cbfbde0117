/* A tile of attention: a few adjacent queries in all heads that share one kv head, with blocks of keys.
 *
 * A row of the tile is a pair (query, head): row r is query first + r / group, head r % group. Queries are scaled and
 * transposed once, to [head, rows], so the scores have the layout [key, rows]. A vector holds sixteen rows, the running
 * maximum and sum are vectors, and no sum runs across lanes. */
#ifndef LRT_ATTENTION_TILE_H
#define LRT_ATTENTION_TILE_H
#include <stddef.h>
#include <stdint.h>

enum {
    ATTENTION_KEYS = 64,          /* keys of a block, which begin at multiples of it; affects the bits of results */
    ATTENTION_BACKWARD_KEYS = 32, /* does not affect bits */
    ATTENTION_TANGENT_KEYS = 32,  /* blocks begin at multiples of it; affects the bits of results */
    ATTENTION_TILE_QUERIES = 32,  /* at most; does not affect bits */
    ATTENTION_TILE_NUMBERS = 4096 /* rows x head that a tile should have */
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
