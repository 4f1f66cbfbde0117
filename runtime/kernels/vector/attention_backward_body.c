/* Attention, backward: one tile of queries with a range of keys. Scores and their softmax are recomputed from lse,
 * never stored for the whole sequence (arXiv 2205.14135, appendix B).
 *
 * With P = exp(S - lse), D = sum do o:  dv += P^T do,  dS = P (do v^T - D),  dq = scale dS k,  dk += scale dS^T q.
 * dk and dv are summed in the order of the tile's rows: the heads of a query, then the next query. This is also the
 * order of the whole sequence. */
#include "runtime/kernels/attention_rows.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"
#include "runtime/kernels/tile_product.h"

struct backward_tile {
    const struct lrt_attention_call *call;
    struct tile_rows at;
    float *queries, *queries_across; /* times scale: [used, wide] and [head, rows] */
    float *dout, *dout_across;
    float *dq;             /* [used, wide] */
    float *p, *ds;         /* [keys, rows] */
    float *lse, *row_term; /* [rows]; row_term is D */
    int32_t *position;
    float *padded; /* [keys, wide] */
};

static struct backward_tile lay_out(const struct lrt_attention_call *c, struct tile_rows at, float *scratch) {
    struct backward_tile t = {.call = c, .at = at};
    const int64_t numbers = at.rows * at.wide;
    t.queries = scratch;
    t.queries_across = t.queries + numbers;
    t.dout = t.queries_across + numbers;
    t.dout_across = t.dout + numbers;
    t.dq = t.dout_across + numbers;
    t.p = t.dq + numbers;
    t.ds = t.p + at.rows * ATTENTION_BACKWARD_KEYS;
    t.lse = t.ds + at.rows * ATTENTION_BACKWARD_KEYS;
    t.row_term = t.lse + at.rows;
    t.position = (int32_t *)(void *)(t.row_term + at.rows);
    t.padded = t.row_term + 2 * at.rows;
    return t;
}

static void load_rows(struct backward_tile *t) {
    const struct lrt_attention_call *c = t->call;
    transpose_rows(t->queries_across, c->q, c, &t->at, c->scale);
    transpose_rows(t->dout_across, c->dout, c, &t->at, 1.0f);
    gather_tile(t->queries, c->q, c, &t->at, c->scale);
    gather_tile(t->dout, c->dout, c, &t->at, 1.0f);
    row_positions(t->position, c, &t->at);
    memset(t->dq, 0, (size_t)(t->at.rows * t->at.wide) * sizeof *t->dq);
    for (int64_t r = 0; r < t->at.rows; r++) {
        t->lse[r] = t->row_term[r] = 0;
        if (r >= t->at.used) continue;
        const int64_t offset = query_offset(c, &t->at, r);
        t->lse[r] = c->lse[offset / c->head];
        t->row_term[r] = lrt_dot(t->dout + r * t->at.wide, c->o + offset, c->head);
    }
}

/* For sixteen rows: scores in p become probabilities, products in ds (do v^T) become the gradients of the scores. */
LRT_INLINE void differentiate(struct backward_tile *t, int64_t row, int64_t key, int64_t keys, int masked) {
    const struct lrt_attention_call *c = t->call;
    const struct v16 lse = v_load(t->lse + row), term = v_load(t->row_term + row);
    const struct v16_int position = v_load_int(t->position + row);
    for (int64_t j = 0; j < keys; j++) {
        const int64_t at = j * t->at.rows + row;
        struct v16 s = v_load(t->p + at), derivative = v_set(1.0f);
        if (c->softcap > 0) {
            s = cap_score(s, c->softcap);
            const struct v16 ratio = v_div(s, v_set(c->softcap));
            derivative = v_sub(derivative, v_mul(ratio, ratio));
        }
        if (masked) s = mask_score(s, c, key + j, position);
        const struct v16 p = v_exp(v_sub(s, lse));
        const struct v16 ds = v_mul(p, v_sub(v_load(t->ds + at), term));
        v_store(t->p + at, p);
        v_store(t->ds + at, c->softcap > 0 ? v_mul(ds, derivative) : ds);
    }
}

/* [keys, rows] = the keys' rows of x times the tile's rows, which are given transposed */
static void scores_of(float *to, const float *x, const float *across, const struct backward_tile *t, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    memset(to, 0, (size_t)(keys * t->at.rows) * sizeof *to);
    const struct lrt_tile product = {.a = x,
                                     .a_row = c->kv_heads * c->head,
                                     .a_inner = 1,
                                     .b = across,
                                     .b_inner = t->at.rows,
                                     .c = to,
                                     .c_row = t->at.rows,
                                     .rows = keys,
                                     .columns = t->at.rows,
                                     .inner = c->head};
    tile_product(&product);
}
/* the keys' rows of the gradient += [keys, rows] times the tile's rows */
static void grow_keys(float *gradient, const float *weights, const float *rows, const struct backward_tile *t,
                      int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    const struct lrt_tile product = {.a = weights,
                                     .a_row = t->at.rows,
                                     .a_inner = 1,
                                     .b = rows,
                                     .b_inner = t->at.wide,
                                     .c = gradient,
                                     .c_row = c->kv_heads * c->head,
                                     .rows = keys,
                                     .columns = c->head,
                                     .inner = t->at.used};
    tile_product(&product);
}

static void visit_block(struct backward_tile *t, int64_t key, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    const struct tile_rows *at = &t->at;
    const int64_t offset = key_offset(c, at, key);
    scores_of(t->p, c->k + offset, t->queries_across, t, keys);
    scores_of(t->ds, c->v + offset, t->dout_across, t, keys);
    const int masked = needs_mask(c, at, key, keys);
    for (int64_t row = 0; row < at->rows; row += V_LANES) differentiate(t, row, key, keys, masked);
    if (c->dk) {
        grow_keys(c->dv + offset, t->p, t->dout, t, keys);
        grow_keys(c->dk + offset, t->ds, t->queries, t, keys);
    }
    if (!c->dq) return;
    const float *k = c->k + offset;
    int64_t stride = c->kv_heads * c->head;
    if (at->wide != c->head) {
        k = pad_rows(t->padded, k, keys, c->head, stride, at->wide);
        stride = at->wide;
    }
    const struct lrt_tile product = {.a = t->ds,
                                     .a_row = 1,
                                     .a_inner = at->rows,
                                     .b = k,
                                     .b_inner = stride,
                                     .c = t->dq,
                                     .c_row = at->wide,
                                     .rows = at->used,
                                     .columns = at->wide,
                                     .inner = keys};
    tile_product(&product);
}

void LRT_KERNEL(attention_backward)(const struct lrt_attention_call *c, const struct lrt_attention_tile *tile,
                                    float *scratch) {
    struct backward_tile t = lay_out(c, tile_rows(c, tile), scratch);
    struct key_range range = visible_keys(c, &t.at);
    if (range.first < tile->key_first) range.first = tile->key_first;
    if (range.end > tile->key_end) range.end = tile->key_end;
    if (range.first >= range.end && !c->dq) return;
    load_rows(&t);
    for (int64_t key = range.first; key < range.end; key += ATTENTION_BACKWARD_KEYS) {
        const int64_t left = range.end - key;
        visit_block(&t, key, left < ATTENTION_BACKWARD_KEYS ? left : ATTENTION_BACKWARD_KEYS);
    }
    if (!c->dq) return;
    for (int64_t r = 0; r < t.at.used; r++) {
        float *to = c->dq + query_offset(c, &t.at, r);
        for (int64_t i = 0; i < c->head; i++) to[i] = t.dq[r * t.at.wide + i] * c->scale;
    }
}
