/* Functions that the tiles of attention share: addresses of rows, the keys that they see, masks, transposition. */
#ifndef LRT_ATTENTION_ROWS_H
#define LRT_ATTENTION_ROWS_H
#include "runtime/kernels/attention_tile.h"
#include "runtime/kernels/kernel_calls.h"
#include "runtime/kernels/sixteen_math.h"

/* The maximum of a row that has seen no key: below every score, but finite, so exp(-inf - it) is 0. */
#define LEAST_SCORE (-3.0e38f)

struct tile_rows {
    int64_t sequence, kv_head, first; /* first query */
    int64_t group;                    /* how many heads read the kv head */
    int64_t used, rows;               /* rows, and rows rounded up to 16 */
    int64_t wide;                     /* head rounded up to 16 */
};
struct key_range {
    int64_t first, end;
};

LRT_INLINE struct tile_rows tile_rows(const struct lrt_attention_call *c, const struct lrt_attention_tile *tile) {
    struct tile_rows at = {.sequence = tile->sequence, .kv_head = tile->kv_head, .first = tile->first};
    at.group = c->heads / c->kv_heads;
    at.used = (tile->end - tile->first) * at.group;
    at.rows = lrt_round_16(at.used);
    at.wide = lrt_round_16(c->head);
    return at;
}
LRT_INLINE int64_t last_query(const struct tile_rows *at) { return at->first + at->used / at->group - 1; }
/* The offset of row r in q, o and their gradients. */
LRT_INLINE int64_t query_offset(const struct lrt_attention_call *c, const struct tile_rows *at, int64_t r) {
    const int64_t row = at->sequence * c->seq + at->first + r / at->group - c->first_row;
    return (row * c->heads + at->kv_head * at->group + r % at->group) * c->head;
}
LRT_INLINE int64_t key_offset(const struct lrt_attention_call *c, const struct tile_rows *at, int64_t key) {
    return ((at->sequence * c->seq + key) * c->kv_heads + at->kv_head) * c->head;
}
LRT_INLINE const float *key_row(const struct lrt_attention_call *c, const struct tile_rows *at, const float *x,
                                int64_t key) {
    return x + key_offset(c, at, key);
}

/* The keys that at least one query of the tile sees. */
LRT_INLINE struct key_range visible_keys(const struct lrt_attention_call *c, const struct tile_rows *at) {
    struct key_range range = {0, c->causal ? last_query(at) + 1 : c->seq};
    if (c->window > 0 && at->first - c->window + 1 > 0) range.first = at->first - c->window + 1;
    return range;
}
/* Whether some query of the tile does not see all of key .. key+keys-1. */
LRT_INLINE int needs_mask(const struct lrt_attention_call *c, const struct tile_rows *at, int64_t key, int64_t keys) {
    if (c->causal && key + keys - 1 > at->first) return 1;
    return c->window > 0 && last_query(at) - key >= c->window;
}
LRT_INLINE struct v16 mask_score(struct v16 s, const struct lrt_attention_call *c, int64_t key,
                                 struct v16_int position) {
    const struct v16 hidden = v_set(-__builtin_inff());
    if (c->causal) s = v_select(v_greater_int(v_set_int((int32_t)key), position), hidden, s);
    if (c->window > 0 && c->window < c->seq)
        s = v_select(v_greater_int(position, v_set_int((int32_t)(key + c->window - 1))), hidden, s);
    return s;
}
LRT_INLINE struct v16 cap_score(struct v16 s, float cap) { return v_mul(v_set(cap), v_tanh(v_div(s, v_set(cap)))); }
LRT_INLINE void row_positions(int32_t *position, const struct lrt_attention_call *c, const struct tile_rows *at) {
    for (int64_t r = 0; r < at->rows; r++) {
        const int64_t query = at->first + r / at->group;
        position[r] = (int32_t)(query < c->seq ? query : c->seq - 1);
    }
}

typedef float quad __attribute__((vector_size(16)));

LRT_INLINE quad load_quad(const float *x, float factor) {
    quad r;
    memcpy(&r, x, sizeof r);
    return r * factor;
}
/* Transposes four rows of n numbers, times a factor, to n rows of four. */
LRT_INLINE void transpose_four(float *to, int64_t stride, const float *const from[4], int64_t n, float factor) {
    int64_t i = 0;
    for (; i + 4 <= n; i += 4, to += 4 * stride) {
        const quad a = load_quad(from[0] + i, factor), b = load_quad(from[1] + i, factor);
        const quad c = load_quad(from[2] + i, factor), d = load_quad(from[3] + i, factor);
        const quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
                   ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
                   cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
        const quad column[4] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                                __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                                __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                                __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
        for (int k = 0; k < 4; k++) memcpy(to + k * stride, &column[k], sizeof column[k]);
    }
    for (; i < n; i++, to += stride)
        for (int r = 0; r < 4; r++) to[r] = from[r][i] * factor;
}
/* The tile's rows of x, times a factor, as [head, rows]; unused rows are zero. */
LRT_INLINE void transpose_rows(float *to, const float *x, const struct lrt_attention_call *c,
                               const struct tile_rows *at, float factor) {
    int64_t r = 0;
    for (; r + 4 <= at->used; r += 4) {
        const float *const from[4] = {x + query_offset(c, at, r), x + query_offset(c, at, r + 1),
                                      x + query_offset(c, at, r + 2), x + query_offset(c, at, r + 3)};
        transpose_four(to + r, at->rows, from, c->head, factor);
    }
    for (; r < at->used; r++) {
        const float *from = x + query_offset(c, at, r);
        for (int64_t i = 0; i < c->head; i++) to[i * at->rows + r] = from[i] * factor;
    }
    for (int64_t i = 0; i < c->head; i++)
        for (r = at->used; r < at->rows; r++) to[i * at->rows + r] = 0;
}
/* The tile's rows of x, times a factor, as [used, wide], padded with zeros. */
LRT_INLINE void gather_tile(float *to, const float *x, const struct lrt_attention_call *c, const struct tile_rows *at,
                            float factor) {
    for (int64_t r = 0; r < at->used; r++, to += at->wide) {
        const float *from = x + query_offset(c, at, r);
        for (int64_t i = 0; i < c->head; i++) to[i] = from[i] * factor;
        for (int64_t i = c->head; i < at->wide; i++) to[i] = 0;
    }
}
/* Rows of `head` numbers at a stride, as [n, wide], padded with zeros. */
LRT_INLINE const float *pad_rows(float *to, const float *x, int64_t n, int64_t head, int64_t stride, int64_t wide) {
    for (int64_t r = 0; r < n; r++)
        for (int64_t i = 0; i < wide; i++) to[r * wide + i] = i < head ? x[r * stride + i] : 0.0f;
    return to;
}
#endif
