// RMS norm's tangent along x_dot: (w + offset) rstd (x_dot - x rstd^2 mean(x x_dot)), with rstd recomputed from x. The
// weights' tangent adds a norm that uses it as weights.
#include "compiler/op/op_common.h"

enum { X_DOT, X, W };

static const struct op_attr attrs[] = {{"eps", ATTR_INTERNAL, 1e-5, NULL, NULL},
                                       {"offset", ATTR_INTERNAL, 0, NULL, NULL},
                                       {"heads", ATTR_INTERNAL, 1, NULL, NULL},
                                       {0}};

// x_dot, x [.., d], w [d]
static bool shape(struct shape_check *c) {
    c->result[0] = c->arg[X].shape;
    return shape_want_floats(c, X_DOT) && shape_want_equal(c, X_DOT, X) && shape_want_rank(c, W, 1, 1) &&
           shape_want_columns_of(c, X, W, 0, (int64_t)shape_attr(c, "heads"));
}

static void reference(const struct reference_call *c) {
    int64_t heads = (int64_t)reference_attr(c, "heads"), d = operand_columns(&c->arg[X]) / heads;
    const double *w = c->arg[W].data;
    double eps = reference_attr(c, "eps"), offset = reference_attr(c, "offset");
    for (int64_t t = 0; t < operand_rows(&c->arg[X]) * heads; t++) {
        const double *x_dot = c->arg[X_DOT].data + t * d, *x = c->arg[X].data + t * d;
        double squares = 0, dot = 0;
        for (int64_t j = 0; j < d; j++) squares += x[j] * x[j], dot += x[j] * x_dot[j];
        double square = 1 / (squares / (double)d + eps), mean = dot / (double)d; // rstd^2
        for (int64_t j = 0; j < d; j++)
            c->result[0].data[t * d + j] = (w[j] + offset) * sqrt(square) * (x_dot[j] - x[j] * square * mean);
    }
}

static const struct op_sample samples[] = {
    {"plain", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7), FLOATS_1(7)}, 3, {{"eps", 1e-2, NULL}}, 1},
    {"offset", {FLOATS_2(3, 21), FLOATS_2(3, 21), FLOATS_1(21)}, 3, {{"offset", 1, NULL}}, 1},
    {"heads", {FLOATS_2(3, 35), FLOATS_2(3, 35), FLOATS_1(7)}, 3, {{"offset", 1, NULL}, {"heads", 5, NULL}}, 2},
};

const struct op op_rms_norm_tangent = {
    .name = "rms_norm_tangent",
    .scratch = scratch_vector,
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .weight_args = 1 << W,
    .attrs = attrs,
    .shape = shape,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 10,
    .cheap = true,
    .in_place = {1 << X_DOT | 1 << X},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(rms_norm_tangent, rms_norm, OUT(rms_norm, y_dot, 0), IN(rms_norm, x, 1), IN(rms_norm, w, 2),
           IN(rms_norm, x_dot, 0), ATTR(rms_norm, eps, "eps"), ATTR(rms_norm, offset, "offset"),
           ATTR(rms_norm, heads, "heads")),
    SAMPLES(samples),
};
