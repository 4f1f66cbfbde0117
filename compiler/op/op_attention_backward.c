// Attention backward: dq, dk, dv from dout and the forward pass's o and lse. P = exp(s - lse), D = sum_j dout_j o_j, dv
// += P^T dout, ds = P (dout v^T - D). ds goes through the softcap's derivative 1 - (s/cap)^2 and the scale to dq and
// dk.
#include "compiler/op/op_attention.h"
#include <lorac/lrt_scratch.h>

// dout, q, k, v, o, lse, accumulators of dk and dv
static bool shape(struct shape_check *c) {
    c->result[0] = c->arg[1].shape;
    c->result[1] = c->arg[2].shape;
    c->result[2] = c->arg[3].shape;
    double columns = (double)shape_columns(c->arg[1].shape);
    shape_set_attr(c, "head", columns / shape_attr(c, "heads"));
    shape_set_attr(c, "seq", (double)c->arg[1].shape.dim[c->arg[1].shape.rank - 2]);
    if (isnan(shape_attr(c, "scale"))) shape_set_attr(c, "scale", 1 / sqrt(shape_attr(c, "head")));
    return shape_want_equal(c, 0, 1) && shape_want_equal(c, 0, 4) && shape_want_equal(c, 2, 3) &&
           shape_want_equal(c, 2, 6) && shape_want_equal(c, 3, 7) && shape_want_rows(c, 0, 5);
}

static void one_query(const struct reference_call *c, const struct attention *a, int64_t t, int64_t h) {
    int64_t width = a->heads * a->head, kv_width = a->kv_heads * a->head, place = t * width + h * a->head;
    int64_t token = c->first_row + t, start = token / a->seq * a->seq, shift = h / (a->heads / a->kv_heads) * a->head;
    const double *dout = c->arg[0].data + place, *q = c->arg[1].data + place, *o = c->arg[4].data + place;
    double lse = c->arg[5].data[t * a->heads + h], d = 0;
    for (int64_t j = 0; j < a->head; j++) d += dout[j] * o[j];
    for (int64_t s = start; s < start + a->seq; s++) {
        if (!attention_sees(a, token, s)) continue;
        const double *k = c->arg[2].data + s * kv_width + shift, *v = c->arg[3].data + s * kv_width + shift;
        double score = attention_score(a, q, k), p = exp(score - lse), dp = 0;
        for (int64_t j = 0; j < a->head; j++) dp += dout[j] * v[j];
        double ds = p * (dp - d) * a->scale;
        if (a->softcap > 0) ds *= 1 - (score / a->softcap) * (score / a->softcap);
        for (int64_t j = 0; j < a->head; j++) {
            c->result[0].data[place + j] += ds * k[j];
            c->result[1].data[s * kv_width + shift + j] += ds * q[j];
            c->result[2].data[s * kv_width + shift + j] += p * dout[j];
        }
    }
}

static void reference(const struct reference_call *c) {
    struct attention a = attention_of(c);
    for (int r = 0; r < 3; r++)
        for (int64_t i = 0; i < operand_count(&c->result[r]); i++) c->result[r].data[i] = r ? c->arg[5 + r].data[i] : 0;
    for (int64_t t = 0; t < operand_rows(&c->arg[1]); t++)
        for (int64_t h = 0; h < a.heads; h++) one_query(c, &a, t, h);
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_attention_dx, attention_pairs(g, n, 1) * (10 * node_number(g, n, "head", 1) + 15));
}

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    return lrt_attention_backward_scratch((int64_t)node_number(g, n, "seq", 1), (int64_t)node_number(g, n, "head", 1),
                                          (int64_t)node_number(g, n, "heads", 1),
                                          (int64_t)node_number(g, n, "kv_heads", 1), threads);
}

static const struct op_sample samples[] = {
    {"causal, grouped",
     {FLOATS_3(2, 5, 12), FLOATS_3(2, 5, 12), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 12),
      FLOATS_3(2, 5, 4), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 6)},
     8,
     {{"heads", 4, NULL}, {"kv_heads", 2, NULL}, {"mask", 1, NULL}},
     3},
};

const struct op op_attention_backward = {
    .name = "attention_backward",
    .min_args = 8,
    .max_args = 8,
    .n_results = 3,
    .attrs = attention_attrs,
    .shape = shape,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .in_place = {BIT_0 | BIT_1, 1 << 6, 1 << 7},
    .accumulates = {0, 7, 8},
    .by_position = true,
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE,
                  OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS, OP_TILE_ACCUMULATED, OP_TILE_ACCUMULATED},
    KERNEL(attention_backward, attention, IN(attention, o, 4), IN(attention, lse, 5), IN(attention, q, 1),
           IN(attention, k, 2), IN(attention, v, 3), IN(attention, dout, 0), OUT(attention, dq, 0),
           OUT(attention, dk, 1), OUT(attention, dv, 2), CONTEXT(attention, first_row, FIRST_ROW),
           ATTR(attention, seq, "seq"), ATTR(attention, heads, "heads"), ATTR(attention, window, "window"),
           ATTR(attention, scale, "scale"), ATTR(attention, softcap, "softcap"), ATTR(attention, causal, "mask")),
    SAMPLES(samples),
};
