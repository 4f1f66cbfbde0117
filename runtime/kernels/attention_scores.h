/* Shared by the backward pass and the tangent of attention: both compute probabilities again from lse, one block of
 * keys at a time. Their scratch and their products with a block. */
#ifndef LRT_ATTENTION_SCORES_H
#define LRT_ATTENTION_SCORES_H
#include "runtime/kernels/attention_rows.h"
#include "runtime/kernels/tile_product.h"

struct tile_scores {
    float *p, *ds;     /* [keys, rows]: scores, then P; what becomes dS, or the tangent of the scores times P */
    float *lse, *term; /* [rows]; term: of backward D, of the tangent the running sum of m */
    int32_t *position; /* [rows] query of a row */
    float *padded;     /* [keys, wide] keys or values, where head is not a multiple of 16 */
};

LRT_INLINE struct tile_scores lay_out_scores(const struct tile_rows *at, int64_t keys, float *scratch) {
    struct tile_scores s = {.p = scratch, .ds = scratch + at->rows * keys, .lse = scratch + 2 * at->rows * keys};
    s.term = s.lse + at->rows;
    s.position = (int32_t *)(void *)(s.term + at->rows);
    s.padded = s.term + 2 * at->rows;
    return s;
}

/* to [keys, rows] += the keys' rows of x times the tile's rows, which are given transposed */
LRT_INLINE void add_scores(float *to, const float *x, const float *across, const struct lrt_attention_call *c,
                           const struct tile_rows *at, int64_t keys) {
    const struct lrt_tile product = {.a = x,
                                     .a_row = c->kv_heads * c->head,
                                     .a_inner = 1,
                                     .b = across,
                                     .b_inner = at->rows,
                                     .c = to,
                                     .c_row = at->rows,
                                     .rows = keys,
                                     .columns = at->rows,
                                     .inner = c->head};
    tile_product(&product);
}

/* to [rows, wide] += the transpose of weights [keys, rows] times the keys' rows of x */
LRT_INLINE void add_values(float *to, const float *weights, const float *x, float *padded,
                           const struct lrt_attention_call *c, const struct tile_rows *at, int64_t keys) {
    int64_t stride = c->kv_heads * c->head;
    if (at->wide != c->head) {
        x = pad_rows(padded, x, keys, c->head, stride, at->wide);
        stride = at->wide;
    }
    const struct lrt_tile product = {.a = weights,
                                     .a_row = 1,
                                     .a_inner = at->rows,
                                     .b = x,
                                     .b_inner = stride,
                                     .c = to,
                                     .c_row = at->wide,
                                     .rows = at->used,
                                     .columns = at->wide,
                                     .inner = keys};
    tile_product(&product);
}
#endif
