/* Attention, forward: one tile of queries with all its keys, block by block. Each row keeps its maximum and sum
 * (arXiv 2205.14135).
 *
 * Blocks begin at fixed multiples of ATTENTION_KEYS. A block in which all keys of a row are masked does not change that
 * row's bits. So a row does not depend on the other rows of its tile. */
#include "runtime/kernels/attention_rows.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"
#include "runtime/kernels/tile_product.h"

struct forward_tile {
    const struct lrt_attention_call *call;
    struct tile_rows at;
    float *queries; /* [head, rows] */
    float *scores;  /* [keys, rows] */
    float *out;     /* [rows, wide] */
    float *maximum, *sum, *rescale;
    int32_t *position; /* [rows] query of a row */
    float *padded;     /* [keys, wide] values, where head is not a multiple of 16 */
};

static struct forward_tile lay_out(const struct lrt_attention_call *c, struct tile_rows at, float *scratch) {
    struct forward_tile t = {.call = c, .at = at};
    t.queries = scratch;
    t.out = t.queries + at.rows * at.wide;
    t.scores = t.out + at.rows * at.wide;
    t.maximum = t.scores + at.rows * ATTENTION_KEYS;
    t.sum = t.maximum + at.rows;
    t.rescale = t.sum + at.rows;
    t.position = (int32_t *)(void *)(t.rescale + at.rows);
    t.padded = t.rescale + 2 * at.rows;
    return t;
}

/* Sixteen rows of the block's scores become exp(score - maximum). Also computes their sums and the factor for earlier
 * sums. */
LRT_INLINE void soften(struct forward_tile *t, int64_t row, int64_t key, int64_t keys, int masked) {
    const struct lrt_attention_call *c = t->call;
    const int64_t stride = t->at.rows;
    const struct v16_int position = v_load_int(t->position + row);
    float *scores = t->scores + row;
    const struct v16 old = v_load(t->maximum + row);
    struct v16 top = old;
    for (int64_t j = 0; j < keys; j++) {
        struct v16 s = v_load(scores + j * stride);
        if (c->softcap > 0) s = cap_score(s, c->softcap);
        if (masked) s = mask_score(s, c, key + j, position);
        v_store(scores + j * stride, s);
        top = v_max(top, s);
    }
    struct v16 sum = v_zero();
    for (int64_t j = 0; j < keys; j++) {
        const struct v16 p = v_exp_negative(v_sub(v_load(scores + j * stride), top));
        v_store(scores + j * stride, p);
        sum = v_add(sum, p);
    }
    const struct v16 rescale = v_exp_negative(v_sub(old, top));
    v_store(t->maximum + row, top);
    v_store(t->rescale + row, rescale);
    v_store(t->sum + row, v_fma(v_load(t->sum + row), rescale, sum));
}

static void rescale_out(struct forward_tile *t) {
    for (int64_t r = 0; r < t->at.used; r++) {
        if (t->rescale[r] == 1.0f) continue;
        const struct v16 f = v_set(t->rescale[r]);
        float *out = t->out + r * t->at.wide;
        for (int64_t i = 0; i < t->at.wide; i += V_LANES) v_store(out + i, v_mul(v_load(out + i), f));
    }
}

static void visit_block(struct forward_tile *t, int64_t key, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    const struct tile_rows *at = &t->at;
    const int64_t stride = c->kv_heads * c->head;
    const float *k = key_row(c, at, c->k, key), *v = key_row(c, at, c->v, key);
    memset(t->scores, 0, (size_t)(keys * at->rows) * sizeof *t->scores);
    const struct lrt_tile scores = {.a = k,
                                    .a_row = stride,
                                    .a_inner = 1,
                                    .b = t->queries,
                                    .b_inner = at->rows,
                                    .c = t->scores,
                                    .c_row = at->rows,
                                    .rows = keys,
                                    .columns = at->rows,
                                    .inner = c->head};
    tile_product(&scores);
    const int masked = needs_mask(c, at, key, keys);
    for (int64_t row = 0; row < at->rows; row += V_LANES) soften(t, row, key, keys, masked);
    rescale_out(t);
    int64_t v_stride = stride;
    if (at->wide != c->head) {
        v = pad_rows(t->padded, v, keys, c->head, stride, at->wide);
        v_stride = at->wide;
    }
    const struct lrt_tile out = {.a = t->scores,
                                 .a_row = 1,
                                 .a_inner = at->rows,
                                 .b = v,
                                 .b_inner = v_stride,
                                 .c = t->out,
                                 .c_row = at->wide,
                                 .rows = at->used,
                                 .columns = at->wide,
                                 .inner = keys};
    tile_product(&out);
}

static void store_rows(const struct forward_tile *t) {
    const struct lrt_attention_call *c = t->call;
    for (int64_t r = 0; r < t->at.used; r++) {
        const struct v16 f = v_set(1.0f / t->sum[r]);
        float *o = c->o + query_offset(c, &t->at, r);
        const float *out = t->out + r * t->at.wide;
        int64_t i = 0;
        for (; i + V_LANES <= c->head; i += V_LANES) v_store(o + i, v_mul(v_load(out + i), f));
        if (i < c->head) v_store_partial(o + i, v_mul(v_load(out + i), f), c->head - i);
    }
    if (!c->lse) return;
    for (int64_t row = 0; row < t->at.rows; row += V_LANES) {
        float lse[V_LANES];
        v_store(lse, v_add(v_load(t->maximum + row), v_log(v_load(t->sum + row))));
        for (int64_t r = row; r < row + V_LANES && r < t->at.used; r++)
            c->lse[query_offset(c, &t->at, r) / c->head] = lse[r - row];
    }
}

void LRT_KERNEL(attention)(const struct lrt_attention_call *c, const struct lrt_attention_tile *tile, float *scratch) {
    struct forward_tile t = lay_out(c, tile_rows(c, tile), scratch);
    transpose_rows(t.queries, c->q, c, &t.at, c->scale);
    row_positions(t.position, c, &t.at);
    memset(t.out, 0, (size_t)(t.at.rows * t.at.wide) * sizeof *t.out);
    for (int64_t r = 0; r < t.at.rows; r++) {
        t.maximum[r] = LEAST_SCORE;
        t.sum[r] = 0;
    }
    const struct key_range range = visible_keys(c, &t.at);
    for (int64_t key = range.first; key < range.end;) {
        int64_t end = (key / ATTENTION_KEYS + 1) * ATTENTION_KEYS;
        if (end > range.end) end = range.end;
        visit_block(&t, key, end - key);
        key = end;
    }
    store_rows(&t);
}
