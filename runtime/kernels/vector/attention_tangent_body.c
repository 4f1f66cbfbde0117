/* Attention, its tangent: one tile of queries with all its keys. Probabilities are recomputed from lse, so partial sums
 * are never rescaled (arXiv 2205.14135, appendix B).
 *
 * With P = exp(S - lse), S_dot = scale (q_dot k^T + q k_dot^T) and m = sum P S_dot of a row:
 * o_dot = (P S_dot) v + P v_dot - m o. Blocks begin at fixed multiples of ATTENTION_TANGENT_KEYS. Keys that a row does
 * not see add exact zeros, so a row does not depend on the other rows of its tile. */
#include "runtime/kernels/attention_scores.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"

struct tangent_tile {
    const struct lrt_attention_call *call;
    struct tile_rows at;
    float *queries, *queries_dot; /* times scale: [head, rows] */
    float *out;                   /* [rows, wide] */
    struct tile_scores scores;
};

static struct tangent_tile lay_out(const struct lrt_attention_call *c, struct tile_rows at, float *scratch) {
    struct tangent_tile t = {.call = c, .at = at};
    const int64_t numbers = at.rows * at.wide;
    t.queries = scratch;
    t.queries_dot = t.queries + numbers;
    t.out = t.queries_dot + numbers;
    t.scores = lay_out_scores(&t.at, ATTENTION_TANGENT_KEYS, t.out + numbers);
    return t;
}

static void load_rows(struct tangent_tile *t) {
    const struct lrt_attention_call *c = t->call;
    transpose_rows(t->queries, c->q, c, &t->at, c->scale);
    if (c->q_dot) transpose_rows(t->queries_dot, c->q_dot, c, &t->at, c->scale);
    row_positions(t->scores.position, c, &t->at);
    memset(t->out, 0, (size_t)(t->at.rows * t->at.wide) * sizeof *t->out);
    for (int64_t r = 0; r < t->at.rows; r++) {
        t->scores.lse[r] = r < t->at.used ? c->lse[query_offset(c, &t->at, r) / c->head] : 0;
        t->scores.term[r] = 0;
    }
}

/* For sixteen rows: scores become probabilities, which weight the scores' tangents; these are summed. `moves`: there
 * are tangents. */
LRT_INLINE void weigh(struct tangent_tile *t, int64_t row, int64_t key, int64_t keys, int masked, int moves) {
    const struct lrt_attention_call *c = t->call;
    const struct v16 lse = v_load(t->scores.lse + row);
    const struct v16_int position = v_load_int(t->scores.position + row);
    struct v16 mean = v_load(t->scores.term + row);
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
        v_store(t->scores.p + at, p);
        if (!moves) continue;
        const struct v16 moved = v_mul(p, v_load(t->scores.ds + at)),
                         capped = c->softcap > 0 ? v_mul(moved, derivative) : moved;
        v_store(t->scores.ds + at, capped);
        mean = v_add(mean, capped);
    }
    v_store(t->scores.term + row, mean);
}

static void visit_block(struct tangent_tile *t, int64_t key, int64_t keys) {
    const struct lrt_attention_call *c = t->call;
    const struct tile_rows *at = &t->at;
    const struct tile_scores *s = &t->scores;
    const int64_t offset = key_offset(c, at, key);
    const size_t bytes = (size_t)(keys * at->rows) * sizeof *s->p;
    const int moves = c->q_dot || c->k_dot;
    memset(s->p, 0, bytes);
    add_scores(s->p, c->k + offset, t->queries, c, at, keys);
    if (moves) memset(s->ds, 0, bytes);
    if (c->q_dot) add_scores(s->ds, c->k + offset, t->queries_dot, c, at, keys);
    if (c->k_dot) add_scores(s->ds, c->k_dot + offset, t->queries, c, at, keys);
    const int masked = needs_mask(c, at, key, keys);
    for (int64_t row = 0; row < at->rows; row += V_LANES) weigh(t, row, key, keys, masked, moves);
    if (moves) add_values(t->out, s->ds, c->v + offset, s->padded, c, at, keys);
    if (c->v_dot) add_values(t->out, s->p, c->v_dot + offset, s->padded, c, at, keys);
}

/* o_dot may be q, q_dot or o: each number of these rows is read before it is overwritten. */
static void store_rows(const struct tangent_tile *t) {
    const struct lrt_attention_call *c = t->call;
    for (int64_t r = 0; r < t->at.used; r++) {
        const int64_t offset = query_offset(c, &t->at, r);
        const struct v16 mean = v_set(-t->scores.term[r]);
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
