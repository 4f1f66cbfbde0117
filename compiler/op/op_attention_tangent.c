// Attention's tangent along (q_dot, k_dot, v_dot), from o and lse of the forward pass. P = exp(s - lse). The scores'
// tangent s_dot = scale (q_dot k + q k_dot) is multiplied by the softcap's derivative 1 - (s/cap)^2. Then o_dot = sum_j
// P s_dot v + P v_dot - o sum_j P s_dot. An absent tangent is zero.
#include "compiler/op/op_attention.h"
#include <lorac/lrt_scratch.h>

enum { Q, K, V, O, LSE, Q_DOT, K_DOT, V_DOT };

static bool shape(struct shape_check *c) {
    c->result[0] = c->arg[Q].shape;
    double columns = (double)shape_columns(c->arg[Q].shape);
    shape_set_attr(c, "head", columns / shape_attr(c, "heads"));
    shape_set_attr(c, "seq", (double)c->arg[Q].shape.dim[c->arg[Q].shape.rank - 2]);
    if (isnan(shape_attr(c, "scale"))) shape_set_attr(c, "scale", 1 / sqrt(shape_attr(c, "head")));
    bool dots = true;
    for (size_t i = 0; i < 3; i++) dots &= !c->arg[Q_DOT + i].present || shape_want_equal(c, i, Q_DOT + i);
    return dots && (c->arg[Q_DOT].present || c->arg[K_DOT].present || c->arg[V_DOT].present) &&
           shape_want_equal(c, K, V) && shape_want_equal(c, Q, O) && shape_want_rows(c, Q, K) &&
           shape_want_rows(c, Q, LSE);
}

// scale (q_dot k + q k_dot) of one query and key, through the softcap at the score.
static double score_tangent(const struct attention *a, double score, const double *q, const double *k,
                            const double *q_dot, const double *k_dot) {
    double dot = 0;
    for (int64_t j = 0; j < a->head; j++) dot += (q_dot ? q_dot[j] * k[j] : 0) + (k_dot ? q[j] * k_dot[j] : 0);
    double ratio = a->softcap > 0 ? score / a->softcap : 0;
    return a->scale * dot * (1 - ratio * ratio);
}

static void one_query(const struct reference_call *c, const struct attention *a, int64_t t, int64_t h) {
    int64_t width = a->heads * a->head, kv_width = a->kv_heads * a->head, place = t * width + h * a->head;
    int64_t token = c->first_row + t, start = token / a->seq * a->seq, shift = h / (a->heads / a->kv_heads) * a->head;
    const double *q = c->arg[Q].data + place, *q_dot = c->arg[Q_DOT].data, *k_dot = c->arg[K_DOT].data;
    double lse = c->arg[LSE].data[t * a->heads + h], mean = 0, *out = c->result[0].data + place;
    for (int64_t j = 0; j < a->head; j++) out[j] = 0;
    for (int64_t s = start; s < start + a->seq; s++) {
        if (!attention_sees(a, token, s)) continue;
        int64_t at = s * kv_width + shift;
        const double *k = c->arg[K].data + at, *v_dot = c->arg[V_DOT].data;
        double score = attention_score(a, q, k), p = exp(score - lse);
        double ds = p * score_tangent(a, score, q, k, q_dot ? q_dot + place : NULL, k_dot ? k_dot + at : NULL);
        for (int64_t j = 0; j < a->head; j++) out[j] += ds * c->arg[V].data[at + j] + (v_dot ? p * v_dot[at + j] : 0);
        mean += ds;
    }
    for (int64_t j = 0; j < a->head; j++) out[j] -= mean * c->arg[O].data[place + j];
}

static void reference(const struct reference_call *c) {
    struct attention a = attention_of(c);
    for (int64_t t = 0; t < operand_rows(&c->arg[Q]); t++)
        for (int64_t h = 0; h < a.heads; h++) one_query(c, &a, t, h);
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    const struct use *args = node_args(g, n);
    int products = 1 + (args[Q_DOT].value.id != 0) + (args[K_DOT].value.id != 0) + (args[V_DOT].value.id != 0);
    if (args[Q_DOT].value.id || args[K_DOT].value.id) products++;
    return cost_flops(g, n, RATE_attention,
                      attention_pairs(g, n, Q) * (2 * products * node_number(g, n, "head", 1) + 14));
}

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    return lrt_attention_tangent_scratch((int64_t)node_number(g, n, "seq", 1), (int64_t)node_number(g, n, "head", 1),
                                         (int64_t)node_number(g, n, "heads", 1),
                                         (int64_t)node_number(g, n, "kv_heads", 1), threads);
}

static const struct op_sample samples[] = {
    {"causal, grouped",
     {FLOATS_3(2, 5, 12), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 12), FLOATS_3(2, 5, 4),
      FLOATS_3(2, 5, 12), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 6)},
     8,
     {{"heads", 4, NULL}, {"kv_heads", 2, NULL}, {"mask", 1, NULL}},
     3},
    {"full, q alone",
     {FLOATS_2(5, 6), FLOATS_2(5, 6), FLOATS_2(5, 6), FLOATS_2(5, 6), FLOATS_2(5, 2), FLOATS_2(5, 6)},
     6,
     {{"heads", 2, NULL}, {"mask", 0, NULL}},
     2},
    {"window, softcap, scale",
     {FLOATS_2(7, 6), FLOATS_2(7, 3), FLOATS_2(7, 3), FLOATS_2(7, 6), FLOATS_2(7, 2), FLOATS_2(7, 6), FLOATS_2(7, 3),
      FLOATS_2(7, 3)},
     8,
     {{"heads", 2, NULL},
      {"kv_heads", 1, NULL},
      {"mask", 1, NULL},
      {"window", 3, NULL},
      {"softcap", 2, NULL},
      {"scale", 0.7, NULL}},
     6},
    {"k alone, softcap",
     {FLOATS_2(4, 6), FLOATS_2(4, 6), FLOATS_2(4, 6), FLOATS_2(4, 6), FLOATS_2(4, 2), ABSENT, FLOATS_2(4, 6)},
     7,
     {{"heads", 2, NULL}, {"mask", 1, NULL}, {"softcap", 3, NULL}},
     3},
    {"v alone",
     {FLOATS_2(4, 6), FLOATS_2(4, 6), FLOATS_2(4, 6), FLOATS_2(4, 6), FLOATS_2(4, 2), ABSENT, ABSENT, FLOATS_2(4, 6)},
     8,
     {{"heads", 2, NULL}, {"mask", 1, NULL}},
     2},
};

const struct op op_attention_tangent = {
    .name = "attention_tangent",
    .min_args = 6,
    .max_args = 8,
    .n_results = 1,
    .attrs = attention_attrs,
    .shape = shape,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .in_place = {1 << Q | 1 << O | 1 << Q_DOT},
    .by_position = true,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE,
                  OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(attention_tangent, attention, IN(attention, o, 3), IN(attention, lse, 4), IN(attention, q, 0),
           IN(attention, k, 1), IN(attention, v, 2), OUT(attention, o_dot, 0), IN(attention, q_dot, 5),
           IN(attention, k_dot, 6), IN(attention, v_dot, 7), CONTEXT(attention, first_row, FIRST_ROW),
           ATTR(attention, seq, "seq"), ATTR(attention, heads, "heads"), ATTR(attention, window, "window"),
           ATTR(attention, scale, "scale"), ATTR(attention, softcap, "softcap"), ATTR(attention, causal, "mask")),
    SAMPLES(samples),
};
