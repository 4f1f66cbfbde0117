// Linear: y = x W^T + bias + scale (h B^T), with the low-rank part fused. low_rank: h = x A^T, cheap enough to
// recompute. Arguments x [.., in], W [out, in], bias [out], h [.., rank], B [out, rank]; the last three may be absent.
#include "compiler/op/op_common.h"
#include <lorac/lrt_scratch.h>

static const struct op_attr attrs[] = {{"scale", ATTR_INTERNAL, 1, NULL, NULL}, {0}};

static bool shape(struct shape_check *c) {
    if (!shape_want_floats(c, 0) || !shape_want_rank(c, 0, 1, 3) || !shape_want_rank(c, 1, 2, 2)) return false;
    if (!shape_want_columns(c, 0, 1, 1)) return false;
    int64_t out = c->arg[1].shape.dim[0];
    if (c->arg[2].present && !(shape_want_rank(c, 2, 1, 1) && shape_want_dim(c, 2, 0, out))) return false;
    if (c->arg[3].present) {
        if (!shape_want_rows(c, 0, 3) || !shape_want_rank(c, 4, 2, 2)) return false;
        if (!shape_want_columns(c, 3, 4, 1) || !shape_want_dim(c, 4, 0, out)) return false;
    }
    c->result[0] = shape_with_columns(c->arg[0].shape, out);
    return true;
}

static void vjp(struct vjp *v) {
    enum { X, W, BIAS, H, B };
    value_id g = v->cotangent[0];
    const struct attr scale = {.name = "scale", .number = v->arg[H].id ? vjp_attr(v, "scale") : 1};
    const struct attr one = {.name = "scale", .number = 1};
    if (v->wants[B]) {
        value_id args[] = {vjp_accumulator(v, B), g, v->arg[H]};
        vjp_give(v, B, vjp_emit(v, B, &op_outer_acc, args, 3, &scale, 1));
    }
    if (v->wants[W]) {
        value_id args[] = {vjp_accumulator(v, W), g, v->arg[X]};
        vjp_give(v, W, vjp_emit(v, W, &op_outer_acc, args, 3, &one, 1));
    }
    if (v->wants[BIAS]) {
        value_id args[] = {vjp_accumulator(v, BIAS), g};
        vjp_give(v, BIAS, vjp_emit(v, BIAS, &op_sum_rows_acc, args, 2, NULL, 0));
    }
    if (v->wants[X]) {
        value_id args[] = {g, v->arg[W], vjp_take(v, X)};
        vjp_give(v, X, vjp_emit(v, X, &op_linear_dx, args, 3, &one, 1));
    }
    if (v->wants[H]) {
        value_id args[] = {g, v->arg[B], vjp_take(v, H)};
        vjp_give(v, H, vjp_emit(v, H, &op_linear_dx, args, 3, &scale, 1));
    }
}

static void set_pair(value_id *args, size_t pair, value_id x, value_id w) {
    if (x.id && w.id) args[2 * pair] = x, args[2 * pair + 1] = w;
}

// x_dot W + scale (h_dot B + h B_dot) + x W_dot; the last term has its own node beside a low-rank part.
static void jvp(struct jvp *j) {
    enum { X, W, BIAS, H, B };
    const value_id *dot = j->tangent, *arg = j->arg;
    const struct attr scale = {.name = "scale", .number = arg[H].id ? jvp_attr(j, "scale") : 1};
    const struct attr one = {.name = "scale", .number = 1};
    value_id args[6] = {{0}}, trained[2] = {{0}};
    set_pair(args, 0, dot[X], arg[W]);
    set_pair(args, 1, dot[H], arg[B]);
    set_pair(args, 2, arg[H], dot[B]);
    set_pair(arg[H].id ? trained : args, arg[H].id ? 0 : 2, arg[X], dot[W]);
    if (args[0].id || args[2].id || args[4].id) j->out[0] = jvp_emit(j, &op_linear_tangent, args, 6, &scale, 1);
    if (trained[0].id) j->out[0] = jvp_add(j, j->out[0], jvp_emit(j, &op_linear_tangent, trained, 2, &one, 1));
    if (!dot[BIAS].id) return;
    struct shape s = graph_value(j->graph, arg[X])->shape;
    s.dim[s.rank - 1] = graph_value(j->graph, arg[W])->shape.dim[0];
    value_id sum[] = {j->out[0].id ? j->out[0] : op_emit_zeros(j->graph, s, j->name, j->at), dot[BIAS]};
    j->out[0] = jvp_emit(j, &op_add_vector, sum, 2, NULL, 0);
}

static void reference(const struct reference_call *c) {
    const double *x = c->arg[0].data, *w = c->arg[1].data, *bias = c->arg[2].data, *h = c->arg[3].data,
                 *b = c->arg[4].data;
    int64_t in = operand_columns(&c->arg[0]), out = operand_columns(&c->result[0]);
    int64_t rank = h ? operand_columns(&c->arg[3]) : 0;
    double scale = reference_attr(c, "scale");
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++)
        for (int64_t o = 0; o < out; o++) {
            double sum = bias ? bias[o] : 0, low = 0;
            for (int64_t i = 0; i < in; i++) sum += x[t * in + i] * w[o * in + i];
            for (int64_t r = 0; r < rank; r++) low += h[t * rank + r] * b[o * rank + r];
            c->result[0].data[t * out + o] = sum + scale * low;
        }
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    double out = (double)shape_count(node_result_shape(g, n, 0));
    double inner = (double)shape_columns(node_arg_shape(g, n, 0));
    if (n->n_args > 3) inner += (double)shape_columns(node_arg_shape(g, n, 3));
    return cost_product(g, n, 1, RATE_product, RATE_far, RATE_narrow, 2 * out * inner);
}

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    struct shape x = node_arg_shape(g, n, 0);
    int64_t rank = n->n_args > 3 && node_args(g, n)[3].value.id ? shape_columns(node_arg_shape(g, n, 3)) : 0;
    return lrt_linear_scratch(shape_rows(x), shape_columns(x), rank, threads);
}

static const struct op_sample samples[] = {
    {"plain", {FLOATS_3(2, 3, 7), FLOATS_2(5, 7)}, 2, {{0}}, 0},
    {"bias", {FLOATS_2(3, 7), FLOATS_2(5, 7), FLOATS_1(5)}, 3, {{0}}, 0},
    {"low rank",
     {FLOATS_2(3, 7), FLOATS_2(5, 7), ABSENT, FLOATS_2(3, 2), FLOATS_2(5, 2)},
     5,
     {{"scale", 1.5, NULL}},
     1},
    {"all",
     {FLOATS_2(3, 7), FLOATS_2(5, 7), FLOATS_1(5), FLOATS_2(3, 1), FLOATS_2(5, 1)},
     5,
     {{"scale", 0.5, NULL}},
     1},
};

const struct op op_linear = {
    .name = "linear",
    .in_language = true,
    .min_args = 2,
    .max_args = 5,
    .n_results = 1,
    .weight_args = BIT_1 | BIT_2 | BIT_4,
    .added_vectors = BIT_2,
    .language_args = 3,
    .attrs = attrs,
    .shape = shape,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(linear, linear, OUT(linear, y, 0), IN(linear, x, 0), IN(linear, w, 1), IN(linear, bias, 2), IN(linear, h, 3),
           IN(linear, b, 4), ATTR(linear, scale, "scale")),
    SAMPLES(samples),
};

static bool low_rank_shape(struct shape_check *c) {
    if (!shape_want_rank(c, 1, 2, 2) || !shape_want_columns(c, 0, 1, 1)) return false;
    c->result[0] = shape_with_columns(c->arg[0].shape, c->arg[1].shape.dim[0]);
    return true;
}

static void low_rank_vjp(struct vjp *v) {
    value_id g = v->cotangent[0];
    if (v->wants[1]) {
        value_id args[] = {vjp_accumulator(v, 1), g, v->arg[0]};
        vjp_give(v, 1, vjp_emit(v, 1, &op_outer_acc, args, 3, NULL, 0));
    }
    if (v->wants[0]) {
        value_id args[] = {g, v->arg[1], vjp_take(v, 0)};
        vjp_give(v, 0, vjp_emit(v, 0, &op_low_rank_dx, args, 3, NULL, 0));
    }
}

static void low_rank_jvp(struct jvp *j) {
    value_id args[4] = {{0}};
    set_pair(args, 0, j->tangent[0], j->arg[1]);
    set_pair(args, 1, j->arg[0], j->tangent[1]);
    j->out[0] = jvp_emit(j, &op_linear_tangent, args, 4, NULL, 0);
}

static void low_rank_reference(const struct reference_call *c) {
    int64_t in = operand_columns(&c->arg[0]), rank = operand_columns(&c->result[0]);
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++)
        for (int64_t r = 0; r < rank; r++) {
            double sum = 0;
            for (int64_t i = 0; i < in; i++) sum += c->arg[0].data[t * in + i] * c->arg[1].data[r * in + i];
            c->result[0].data[t * rank + r] = sum;
        }
}

static const struct op_sample low_rank_samples[] = {
    {"rank 2", {FLOATS_3(2, 3, 7), FLOATS_2(5, 7)}, 2, {{0}}, 0},
};

const struct op op_low_rank = {
    .name = "low_rank",
    .weight_args = BIT_1,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = low_rank_shape,
    .vjp = low_rank_vjp,
    .jvp = low_rank_jvp,
    .reference = low_rank_reference,
    .cost = cost,
    .scratch = scratch,
    .cheap = true,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(linear, linear, OUT(linear, y, 0), IN(linear, x, 0), IN(linear, w, 1), NUMBER(linear, scale, 1)),
    SAMPLES(low_rank_samples),
};
