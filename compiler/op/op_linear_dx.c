// Backward products: linear_dx = acc + scale dy W + dh A, outer_acc = acc + scale g^T x, sum_rows_acc = acc + column
// sums of g. Kernels add to the accumulator, so cotangents of several uses need no buffers of their own.
#include "compiler/op/op_linear_cross_entropy.h"
#include "compiler/op/op_common.h"
#include <lorac/lrt_scratch.h>

static const struct op_attr scale_attr[] = {{"scale", ATTR_INTERNAL, 1, NULL, NULL}, {0}};

// dy [.., out], W [out, in], acc [.., in], dh [.., rank], A [rank, in]; the last three may be absent.
static bool shape_dx(struct shape_check *c) {
    if (!shape_want_rank(c, 1, 2, 2) || !shape_want_columns(c, 0, 1, 0)) return false;
    c->result[0] = shape_with_columns(c->arg[0].shape, c->arg[1].shape.dim[1]);
    if (c->arg[2].present && !shape_equal(c->arg[2].shape, c->result[0])) return false;
    return !c->arg[3].present || (shape_want_columns(c, 3, 4, 0) && shape_want_dim(c, 4, 1, c->arg[1].shape.dim[1]));
}

static void reference_dx(const struct reference_call *c) {
    const double *dy = c->arg[0].data, *w = c->arg[1].data, *acc = c->arg[2].data, *dh = c->arg[3].data,
                 *a = c->arg[4].data;
    int64_t out = operand_columns(&c->arg[0]), in = operand_columns(&c->result[0]);
    int64_t rank = dh ? operand_columns(&c->arg[3]) : 0;
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++)
        for (int64_t i = 0; i < in; i++) {
            double sum = 0, low = 0;
            for (int64_t o = 0; o < out; o++) sum += dy[t * out + o] * w[o * in + i];
            for (int64_t r = 0; r < rank; r++) low += dh[t * rank + r] * a[r * in + i];
            c->result[0].data[t * in + i] = (acc ? acc[t * in + i] : 0) + reference_attr(c, "scale") * sum + low;
        }
}

static struct op_cost cost_dx(const struct graph *g, const struct node *n) {
    double count = (double)shape_count(node_result_shape(g, n, 0));
    double inner = (double)(shape_columns(node_arg_shape(g, n, 0)) + shape_columns(node_arg_shape(g, n, 3)));
    return cost_product(g, n, 1, RATE_product_dx, RATE_far_dx, RATE_narrow_dx, 2 * count * inner);
}

static int64_t scratch_dx(const struct graph *g, const struct node *n, int threads) {
    struct shape dy = node_arg_shape(g, n, 0);
    int64_t rank = n->n_args > 3 && node_args(g, n)[3].value.id ? shape_columns(node_arg_shape(g, n, 3)) : 0;
    return lrt_linear_dx_scratch(shape_rows(dy), shape_columns(dy), rank, threads);
}

static const struct op_sample samples_dx[] = {
    {"plain", {FLOATS_3(2, 3, 7), FLOATS_2(7, 5)}, 2, {{"scale", 0.75, NULL}}, 1},
    {"added", {FLOATS_2(3, 7), FLOATS_2(7, 5), FLOATS_2(3, 5)}, 3, {{0}}, 0},
    {"low rank", {FLOATS_2(3, 7), FLOATS_2(7, 5), FLOATS_2(3, 5), FLOATS_2(3, 2), FLOATS_2(2, 5)}, 5, {{0}}, 0},
};

const struct op op_linear_dx = {
    .name = "linear_dx",
    .weight_args = BIT_1,
    .min_args = 2,
    .max_args = 5,
    .n_results = 1,
    .attrs = scale_attr,
    .shape = shape_dx,
    .reference = reference_dx,
    .cost = cost_dx,
    .scratch = scratch_dx,
    .fuse = fuse_linear_cross_entropy_grad,
    .in_place = {BIT_2},
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(linear_dx, linear_dx, OUT(linear_dx, dx, 0), IN(linear_dx, acc, 2), IN(linear_dx, dy, 0),
           IN(linear_dx, w, 1), IN(linear_dx, dh, 3), IN(linear_dx, a, 4), ATTR(linear_dx, scale, "scale")),
    SAMPLES(samples_dx),
};

// dh [.., rank], A [rank, in], acc [.., in] or absent: the part of dx from a low-rank pair. Fuses into the linear_dx
// before it.
static void reference_low(const struct reference_call *c) {
    int64_t rank = operand_columns(&c->arg[0]), in = operand_columns(&c->result[0]);
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++)
        for (int64_t i = 0; i < in; i++) {
            double sum = c->arg[2].data ? c->arg[2].data[t * in + i] : 0;
            for (int64_t r = 0; r < rank; r++) sum += c->arg[0].data[t * rank + r] * c->arg[1].data[r * in + i];
            c->result[0].data[t * in + i] = sum;
        }
}

static struct op_cost cost_low(const struct graph *g, const struct node *n) {
    double count = (double)shape_count(node_result_shape(g, n, 0));
    return cost_flops(g, n, RATE_narrow_dx, 2 * count * (double)shape_columns(node_arg_shape(g, n, 0)));
}

static bool fuse_low(struct fuse *f) {
    const struct node *n = graph_node(f->graph, f->node), *before = fuse_argument(f, 2, &op_linear_dx);
    if (!before || !f->single_use[2] || node_args(f->graph, before)[3].value.id) return false;
    struct use *own = node_args(f->graph, n), *first = node_args(f->graph, before);
    value_id args[] = {first[0].value, first[1].value, first[2].value, own[0].value, own[1].value};
    struct attr scale = *node_attr(f->graph, before, "scale");
    f->result = op_emit(f->graph, &op_linear_dx, args, 5, &scale, 1, f->name, before->span);
    return true;
}

static const struct op_sample samples_low[] = {
    {"plain", {FLOATS_3(2, 3, 7), FLOATS_2(7, 5)}, 2, {{0}}, 0},
    {"added", {FLOATS_2(3, 7), FLOATS_2(7, 5), FLOATS_2(3, 5)}, 3, {{0}}, 0},
};

const struct op op_low_rank_dx = {
    .name = "low_rank_dx",
    .weight_args = BIT_1,
    .min_args = 2,
    .max_args = 3,
    .n_results = 1,
    .shape = shape_dx,
    .reference = reference_low,
    .cost = cost_low,
    .scratch = scratch_dx,
    .fuse = fuse_low,
    .in_place = {BIT_2},
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(linear_dx, linear_dx, OUT(linear_dx, dx, 0), IN(linear_dx, acc, 2), IN(linear_dx, dy, 0),
           IN(linear_dx, w, 1), NUMBER(linear_dx, scale, 1)),
    SAMPLES(samples_low),
};

// acc [p, q], g [.., p], x [.., q]
static bool shape_outer(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_rank(c, 0, 2, 2) && shape_want_columns(c, 1, 0, 0) && shape_want_columns(c, 2, 0, 1) &&
           shape_want_rows(c, 1, 2);
}

static void reference_outer(const struct reference_call *c) {
    int64_t p = operand_columns(&c->arg[1]), q = operand_columns(&c->arg[2]), n = operand_rows(&c->arg[1]);
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < q; j++) {
            double sum = c->arg[0].data[i * q + j], scale = reference_attr(c, "scale");
            for (int64_t t = 0; t < n; t++) sum += scale * c->arg[1].data[t * p + i] * c->arg[2].data[t * q + j];
            c->result[0].data[i * q + j] = sum;
        }
}

static struct op_cost cost_outer(const struct graph *g, const struct node *n) {
    struct shape left = node_arg_shape(g, n, 1), right = node_arg_shape(g, n, 2);
    return cost_product(g, n, 0, RATE_product, RATE_product, RATE_outer,
                        2 * (double)shape_count(left) * (double)shape_columns(right));
}

static int64_t scratch_outer(const struct graph *g, const struct node *n, int threads) {
    struct shape left = node_arg_shape(g, n, 1), right = node_arg_shape(g, n, 2);
    return lrt_outer_acc_scratch(shape_rows(left), shape_columns(left), shape_columns(right), threads);
}

static const struct op_sample samples_outer[] = {
    {"scaled", {FLOATS_2(5, 3), FLOATS_3(2, 7, 5), FLOATS_3(2, 7, 3)}, 3, {{"scale", 0.75, NULL}}, 1},
};

const struct op op_outer_acc = {
    .name = "outer_acc",
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .attrs = scale_attr,
    .shape = shape_outer,
    .reference = reference_outer,
    .cost = cost_outer,
    .scratch = scratch_outer,
    .in_place = {BIT_0},
    .accumulates = {1},
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(outer_acc, outer, OUT(outer, dw, 0), IN(outer, g, 1), IN(outer, x, 2), ATTR(outer, scale, "scale")),
    SAMPLES(samples_outer),
};

// acc [p], g [.., p]
static bool shape_sum(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_rank(c, 0, 1, 1) && shape_want_columns(c, 1, 0, 0);
}

static void reference_sum(const struct reference_call *c) {
    int64_t p = operand_columns(&c->arg[1]);
    for (int64_t i = 0; i < p; i++) {
        double sum = c->arg[0].data[i];
        for (int64_t t = 0; t < operand_rows(&c->arg[1]); t++) sum += c->arg[1].data[t * p + i];
        c->result[0].data[i] = sum;
    }
}

static struct op_cost cost_sum(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, (double)shape_count(node_arg_shape(g, n, 1)));
}

static const struct op_sample samples_sum[] = {{"columns", {FLOATS_1(5), FLOATS_3(2, 7, 5)}, 2, {{0}}, 0}};

const struct op op_sum_rows_acc = {
    .name = "sum_rows_acc",
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = shape_sum,
    .reference = reference_sum,
    .cost = cost_sum,
    .in_place = {BIT_0},
    .accumulates = {1},
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(sum_rows_acc, sum_rows, OUT(sum_rows, db, 0), IN(sum_rows, g, 1)),
    SAMPLES(samples_sum),
};
