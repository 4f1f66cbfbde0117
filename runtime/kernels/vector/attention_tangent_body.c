/* Attention, its tangent: one tile of queries with all its keys. Probabilities are recomputed from lse, so partial sums
 * are never rescaled (arXiv 2205.14135, appendix B).
 *
 * With P = exp(S - lse), S_dot = scale (q_dot k^T + q k_dot^T) and m = sum P S_dot of a row:
 * o_dot = (P S_dot) v + P v_dot - m o. Blocks begin at fixed multiples of ATTENTION_TANGENT_KEYS. Keys that a row does
 * not see add exact zeros, so a row does not depend on the other rows of its tile. */
#include "runtime/kernels/attention_rows.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"
#include "runtime/kernels/tile_product.h"

struct tangent_tile {
    const struct lrt_attention_call *call;
    struct tile_rows at;
    float *queries, *queries_dot; /* times scale: [head, rows] */
    float *out;                   /* [rows, wide] */
    float *p, *dot;               /* [keys, rows]: scores, then P; S_dot, then P S_dot */
    float *lse, *mean;            /* [rows]; mean: the running sum of m */
    int32_t *position;            /* [rows] query of a row */
    float *padded;                /* [keys, wide] values, where head is not a multiple of 16 */
};

static struct tangent_tile lay_out(const struct lrt_attention_call *c, struct tile_rows at, float *scratch) {
    struct tangent_tile t = {.call = c, .at = at};
    const int64_t numbers = at.rows * at.wide;
    t.queries = scratch;
    t.queries_dot = t.queries + numbers;
    t.out = t.queries_dot + numbers;
    t.p = t.out + numbers;
    t.dot = t.p + at.rows * ATTENTION_TANGENT_KEYS;
    t.lse = t.dot + at.rows * ATTENTION_TANGENT_KEYS;
    t.mean = t.lse + at.rows;
    t.position = (int32_t *)(void *)(t.mean + at.rows);
    t.padded = t.mean + 2 * at.rows;
    return t;
}

static void load_rows(struct tangent_tile *t) {
    const struct lrt_attention_call *c = t->call;
    transpose_rows(t->queries, c->q, c, &t->at, c->scale);
    if (c->q_dot) transpose_rows(t->queries_dot, c->q_dot, c, &t->at, c->scale);
    row_positions(t->position, c, &t->at);
    memset(t->out, 0, (size_t)(t->at.rows * t->at.wide) * sizeof *t->out);
    for (int64_t r = 0; r < t->at.rows; r++) {
        t->lse[r] = r < t->at.used ? c->lse[query_offset(c, &t->at, r) / c->head] : 0;
        t->mean[r] = 0;
    }
}

/* [keys, rows] += the keys' rows of x times the tile's rows, which are given transposed */
static void add_scores(float *to, const float *x, const float *across, const struct tangent_tile *t, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
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
/* out += the transpose of weights [keys, rows] times the keys' rows of x */
static void add_values(struct tangent_tile *t, const float *weights, const float *x, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    const struct tile_rows *at = &t->at;
    int64_t stride = c->kv_heads * c->head;
    if (at->wide != c->head) {
        x = pad_rows(t->padded, x, keys, c->head, stride, at->wide);
        stride = at->wide;
    }
    const struct lrt_tile product = {.a = weights,
                                     .a_row = 1,
                                     .a_inner = at->rows,
                                     .b = x,
                                     .b_inner = stride,
                                     .c = t->out,
                                     .c_row = at->wide,
                                     .rows = at->used,
                                     .columns = at->wide,
                                     .inner = keys};
    tile_product(&product);
}

/* For sixteen rows: scores become probabilities, which weight the scores' tangents; these are summed. `moves`: there
 * are tangents. */
LRT_INLINE void weigh(struct tangent_tile *t, int64_t row, int64_t key, int64_t keys, int masked, int moves) {
    const struct lrt_attention_call *c = t->call;
    const struct v16 lse = v_load(t->lse + row);
    const struct v16_int position = v_load_int(t->position + row);
    struct v16 mean = v_load(t->mean + row);
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
        v_store(t->p + at, p);
        if (!moves) continue;
        const struct v16 moved = v_mul(p, v_load(t->dot + at)),
                         capped = c->softcap > 0 ? v_mul(moved, derivative) : moved;
        v_store(t->dot + at, capped);
        mean = v_add(mean, capped);
    }
    v_store(t->mean + row, mean);
}

static void visit_block(struct tangent_tile *t, int64_t key, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    const struct tile_rows *at = &t->at;
    const int64_t offset = key_offset(c, at, key);
    const size_t bytes = (size_t)(keys * at->rows) * sizeof *t->p;
    const int moves = c->q_dot || c->k_dot;
    memset(t->p, 0, bytes);
    add_scores(t->p, c->k + offset, t->queries, t, keys);
    if (moves) memset(t->dot, 0, bytes);
    if (c->q_dot) add_scores(t->dot, c->k + offset, t->queries_dot, t, keys);
    if (c->k_dot) add_scores(t->dot, c->k_dot + offset, t->queries, t, keys);
    const int masked = needs_mask(c, at, key, keys);
    for (int64_t row = 0; row < at->rows; row += V_LANES) weigh(t, row, key, keys, masked, moves);
    if (moves) add_values(t, t->dot, c->v + offset, keys);
    if (c->v_dot) add_values(t, t->p, c->v_dot + offset, keys);
}

/* o_dot may be q, q_dot or o: each number of these rows is read before it is overwritten. */
static void store_rows(const struct tangent_tile *t) {
    const struct lrt_attention_call *c = t->call;
    for (int64_t r = 0; r < t->at.used; r++) {
        const int64_t offset = query_offset(c, &t->at, r);
        const struct v16 mean = v_set(-t->mean[r]);
        const float *o = c->o + offset, *out = t->out + r * t->at.wide;
        float *o_dot = c->o_dot + offset;
        int64_t i = 0;
        for (; i + V_LANES <= c->head; i += V_LANES) v_store(o_dot + i, v_fma(mean, v_load(o + i), v_load(out + i)));
        const int64_t rest = c->head - i;
        if (rest) v_store_partial(o_dot + i, v_fma(mean, v_load_partial(o + i, rest), v_load(out + i)), rest);
    }
}

void LRT_KERNEL(attention_tangent)(const struct lrt_attention_call *c, const struct lrt_attention_tile *tile,
                                   float *scratch) {
    struct tangent_tile t = lay_out(c, tile_rows(c, tile), scratch);
    load_rows(&t);
    const struct key_range range = visible_keys(c, &t.at);
    for (int64_t key = range.first; key < range.end;) {
        int64_t end = (key / ATTENTION_TANGENT_KEYS + 1) * ATTENTION_TANGENT_KEYS;
        if (end > range.end) end = range.end;
        visit_block(&t, key, end - key);
        key = end;
    }
    store_rows(&t);
}
