// Attention: o = softmax(mask(softcap(scale q k^T))) v per head, with grouped heads. lse is the log-sum-exp of each row
// of scores. The backward pass needs only o and lse (arXiv 2205.14135).
#include "compiler/op/op_attention.h"
#include <lorac/lrt_scratch.h>

static const struct op_keyword masks[] = {{"full", 0}, {"causal", 1}, {0}};

const struct op_attr attention_attrs[] = {
    {"heads", ATTR_SHAPING_REQUIRED, 0, NULL, NULL},
    {"kv_heads", ATTR_SHAPING, 0, "heads", NULL},
    {"mask", ATTR_REQUIRED, 0, NULL, masks},
    {"window", ATTR_OPTIONAL, 0, NULL, NULL},
    {"softcap", ATTR_OPTIONAL, 0, NULL, NULL},
    {"scale", ATTR_OPTIONAL, NAN, NULL, NULL},
    {"seq", ATTR_INTERNAL, 0, NULL, NULL},
    {"head", ATTR_INTERNAL, 0, NULL, NULL},
    {0},
};

static bool shape(struct shape_check *c) {
    for (size_t i = 0; i < 3; i++)
        if (!shape_want_floats(c, i) || !shape_want_rank(c, i, 2, 3)) return false;
    double heads = shape_attr(c, "heads"), kv_heads = shape_attr(c, "kv_heads");
    if (!shape_want_attr(c, "heads", heads >= 1 && heads == floor(heads), "must be a whole number from 1"))
        return false;
    if (!shape_want_attr(c, "kv_heads", kv_heads >= 1 && fmod(heads, kv_heads) == 0, "must divide heads")) return false;
    if (!shape_want_attr(c, "window", shape_attr(c, "window") >= 0, "must not be negative")) return false;
    if (!shape_want_attr(c, "softcap", shape_attr(c, "softcap") >= 0, "must not be negative")) return false;
    int64_t columns = shape_columns(c->arg[0].shape), head = columns / (int64_t)heads;
    if (head * (int64_t)heads != columns)
        return shape_mistake(c, DIAG_E0203, "query has %lld columns, which %lld heads do not divide",
                             (long long)columns, (long long)heads);
    if (shape_columns(c->arg[1].shape) != head * (int64_t)kv_heads)
        return shape_mistake(c, DIAG_E0203, "key has %lld columns, %lld heads of %lld numbers take %lld",
                             (long long)shape_columns(c->arg[1].shape), (long long)kv_heads, (long long)head,
                             (long long)(head * (int64_t)kv_heads));
    if (!shape_want_equal(c, 1, 2) || !shape_want_rows(c, 0, 1)) return false;
    if (isnan(shape_attr(c, "scale"))) shape_set_attr(c, "scale", 1 / sqrt((double)head));
    shape_set_attr(c, "head", (double)head);
    shape_set_attr(c, "seq", (double)c->arg[0].shape.dim[c->arg[0].shape.rank - 2]);
    c->result[0] = c->arg[0].shape;
    c->result[1] = shape_with_columns(c->arg[0].shape, (int64_t)heads);
    return true;
}

static void vjp(struct vjp *v) {
    value_id args[8] = {v->cotangent[0], v->arg[0], v->arg[1], v->arg[2], v->result[0], v->result[1]};
    if (!v->cotangent[0].id) return;
    struct span at = graph_node(v->graph, v->node)->span;
    for (int i = 1; i < 3; i++)
        args[5 + i] = op_emit_zeros(v->graph, graph_value(v->graph, v->arg[i])->shape, "zeros", at);
    value_id d[3];
    vjp_emit_all(v, 0, &op_attention_backward, args, 8, d);
    for (int i = 0; i < 3; i++)
        if (v->wants[i]) vjp_add(v, i, d[i]);
}

// o and lse of the primal give the weight of every key.
static void jvp(struct jvp *j) {
    const value_id *results = jvp_results(j);
    value_id args[] = {j->arg[0],  j->arg[1],     j->arg[2],     results[0],
                       results[1], j->tangent[0], j->tangent[1], j->tangent[2]};
    j->out[0] = jvp_emit(j, &op_attention_tangent, args, 8, NULL, 0);
}

struct attention attention_of(const struct reference_call *c) {
    return (struct attention){.seq = (int64_t)reference_attr(c, "seq"),
                              .heads = (int64_t)reference_attr(c, "heads"),
                              .kv_heads = (int64_t)reference_attr(c, "kv_heads"),
                              .head = (int64_t)reference_attr(c, "head"),
                              .scale = reference_attr(c, "scale"),
                              .causal = reference_attr(c, "mask") != 0,
                              .window = (int64_t)reference_attr(c, "window"),
                              .softcap = reference_attr(c, "softcap")};
}

bool attention_sees(const struct attention *a, int64_t query, int64_t key) {
    return (!a->causal || key <= query) && (a->window <= 0 || query - key < a->window);
}

double attention_score(const struct attention *a, const double *q, const double *k) {
    double dot = 0;
    for (int64_t j = 0; j < a->head; j++) dot += q[j] * k[j];
    return a->softcap > 0 ? a->softcap * tanh(a->scale * dot / a->softcap) : a->scale * dot;
}

static void reference(const struct reference_call *c) {
    struct attention a = attention_of(c);
    int64_t width = a.heads * a.head, kv_width = a.kv_heads * a.head;
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++)
        for (int64_t h = 0; h < a.heads; h++) {
            int64_t token = c->first_row + t, start = token / a.seq * a.seq,
                    shift = h / (a.heads / a.kv_heads) * a.head;
            const double *q = c->arg[0].data + t * width + h * a.head;
            double *o = c->result[0].data + t * width + h * a.head, most = -INFINITY, sum = 0;
            for (int64_t s = start; s < start + a.seq; s++)
                if (attention_sees(&a, token, s))
                    most = fmax(most, attention_score(&a, q, c->arg[1].data + s * kv_width + shift));
            for (int64_t s = start; s < start + a.seq; s++)
                if (attention_sees(&a, token, s))
                    sum += exp(attention_score(&a, q, c->arg[1].data + s * kv_width + shift) - most);
            double lse = most + log(sum);
            for (int64_t j = 0; j < a.head; j++) o[j] = 0;
            for (int64_t s = start; s < start + a.seq; s++) {
                if (!attention_sees(&a, token, s)) continue;
                double p = exp(attention_score(&a, q, c->arg[1].data + s * kv_width + shift) - lse);
                for (int64_t j = 0; j < a.head; j++) o[j] += p * c->arg[2].data[s * kv_width + shift + j];
            }
            c->result[1].data[t * a.heads + h] = lse;
        }
}

// The number of (query, key) pairs that attend, over all sequences and heads.
double attention_pairs(const struct graph *g, const struct node *n, uint32_t query) {
    double rows = (double)shape_rows(node_arg_shape(g, n, query)), seq = node_number(g, n, "seq", 1), keys = seq;
    double window = node_number(g, n, "window", 0);
    if (node_number(g, n, "mask", 0) != 0) keys = (seq + 1) / 2;
    if (window > 0 && window < keys) keys = window;
    return rows * keys * node_number(g, n, "heads", 1);
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_attention, attention_pairs(g, n, 0) * (4 * node_number(g, n, "head", 1) + 12));
}

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    return lrt_attention_scratch((int64_t)node_number(g, n, "seq", 1), (int64_t)node_number(g, n, "head", 1),
                                 (int64_t)node_number(g, n, "heads", 1), (int64_t)node_number(g, n, "kv_heads", 1),
                                 threads);
}

static const struct op_sample samples[] = {
    {"causal, grouped",
     {FLOATS_3(2, 5, 12), FLOATS_3(2, 5, 6), FLOATS_3(2, 5, 6)},
     3,
     {{"heads", 4, NULL}, {"kv_heads", 2, NULL}, {"mask", 1, NULL}},
     3},
    {"full", {FLOATS_2(5, 6), FLOATS_2(5, 6), FLOATS_2(5, 6)}, 3, {{"heads", 2, NULL}, {"mask", 0, NULL}}, 2},
    {"window, softcap, scale",
     {FLOATS_2(7, 6), FLOATS_2(7, 3), FLOATS_2(7, 3)},
     3,
     {{"heads", 2, NULL},
      {"kv_heads", 1, NULL},
      {"mask", 1, NULL},
      {"window", 3, NULL},
      {"softcap", 2, NULL},
      {"scale", 0.7, NULL}},
     6},
};

const struct op op_attention = {
    .name = "attention",
    .in_language = true,
    .min_args = 3,
    .max_args = 3,
    .n_results = 2,
    .result_suffix = {NULL, "lse"},
    .attrs = attention_attrs,
    .shape = shape,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .in_place = {BIT_0},
    .by_position = true,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS, OP_TILE_ROWS},
    KERNEL(attention, attention, OUT(attention, o, 0), OUT(attention, lse, 1), IN(attention, q, 0), IN(attention, k, 1),
           IN(attention, v, 2), CONTEXT(attention, first_row, FIRST_ROW), ATTR(attention, seq, "seq"),
           ATTR(attention, heads, "heads"), ATTR(attention, window, "window"), ATTR(attention, scale, "scale"),
           ATTR(attention, softcap, "softcap"), ATTR(attention, causal, "mask")),
    SAMPLES(samples),
};
