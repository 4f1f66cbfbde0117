/* Attention, backward: one tile of queries with a range of keys. Scores and their softmax are recomputed from lse,
 * never stored for the whole sequence (arXiv 2205.14135, appendix B).
 *
 * With P = exp(S - lse), D = sum do o:  dv += P^T do,  dS = P (do v^T - D),  dq = scale dS k,  dk += scale dS^T q.
 * dk and dv are summed in the order of the tile's rows: the heads of a query, then the next query. This is also the
 * order of the whole sequence. */
#include "runtime/kernels/attention_scores.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"

struct backward_tile {
    const struct lrt_attention_call *call;
    struct tile_rows at;
    float *queries, *queries_across; /* times scale: [used, wide] and [head, rows] */
    float *dout, *dout_across;
    float *dq; /* [used, wide] */
    struct tile_scores scores;
};

static struct backward_tile lay_out(const struct lrt_attention_call *c, struct tile_rows at, float *scratch) {
    struct backward_tile t = {.call = c, .at = at};
    const int64_t numbers = at.rows * at.wide;
    t.queries = scratch;
    t.queries_across = t.queries + numbers;
    t.dout = t.queries_across + numbers;
    t.dout_across = t.dout + numbers;
    t.dq = t.dout_across + numbers;
    t.scores = lay_out_scores(&t.at, ATTENTION_BACKWARD_KEYS, t.dq + numbers);
    return t;
}

static void load_rows(struct backward_tile *t) {
    const struct lrt_attention_call *c = t->call;
    transpose_rows(t->queries_across, c->q, c, &t->at, c->scale);
    transpose_rows(t->dout_across, c->dout, c, &t->at, 1.0f);
    gather_tile(t->queries, c->q, c, &t->at, c->scale);
    gather_tile(t->dout, c->dout, c, &t->at, 1.0f);
    row_positions(t->scores.position, c, &t->at);
    memset(t->dq, 0, (size_t)(t->at.rows * t->at.wide) * sizeof *t->dq);
    for (int64_t r = 0; r < t->at.rows; r++) {
        t->scores.lse[r] = t->scores.term[r] = 0;
        if (r >= t->at.used) continue;
        const int64_t offset = query_offset(c, &t->at, r);
        t->scores.lse[r] = c->lse[offset / c->head];
        t->scores.term[r] = lrt_dot(t->dout + r * t->at.wide, c->o + offset, c->head);
    }
}

/* For sixteen rows: scores in p become probabilities, products in ds (do v^T) become the gradients of the scores. */
LRT_INLINE void differentiate(struct backward_tile *t, int64_t row, int64_t key, int64_t keys, int masked) {
    const struct lrt_attention_call *c = t->call;
    const struct v16 lse = v_load(t->scores.lse + row), term = v_load(t->scores.term + row);
    const struct v16_int position = v_load_int(t->scores.position + row);
    for (int64_t j = 0; j < keys; j++) {
        const int64_t at = j * t->at.rows + row;
        struct v16 s = v_load(t->scores.p + at), derivative = v_set(1.0f);
        if (c->softcap > 0) {
            s = cap_score(s, c->softcap);
            const struct v16 ratio = v_div(s, v_set(c->softcap));
            derivative = v_sub(derivative, v_mul(ratio, ratio));
        }
        if (masked) s = mask_score(s, c, key + j, position);
        const struct v16 p = v_exp(v_sub(s, lse));
        const struct v16 ds = v_mul(p, v_sub(v_load(t->scores.ds + at), term));
        v_store(t->scores.p + at, p);
        v_store(t->scores.ds + at, c->softcap > 0 ? v_mul(ds, derivative) : ds);
    }
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
    const struct tile_scores *s = &t->scores;
    const int64_t offset = key_offset(c, at, key);
    const size_t bytes = (size_t)(keys * at->rows) * sizeof *s->p;
    memset(s->p, 0, bytes);
    memset(s->ds, 0, bytes);
    add_scores(s->p, c->k + offset, t->queries_across, c, at, keys);
    add_scores(s->ds, c->v + offset, t->dout_across, c, at, keys);
    const int masked = needs_mask(c, at, key, keys);
    for (int64_t row = 0; row < at->rows; row += V_LANES) differentiate(t, row, key, keys, masked);
    if (c->dk) {
        grow_keys(c->dv + offset, s->p, t->dout, t, keys);
        grow_keys(c->dk + offset, s->ds, t->queries, t, keys);
    }
    if (c->dq) add_values(t->dq, s->ds, c->k + offset, s->padded, c, at, keys);
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
