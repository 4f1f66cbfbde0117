// RMS norm: y = x rstd (w + offset), rstd = 1/sqrt(mean(x^2) + eps) (arXiv 1910.07467), and its gradients; of a row, or
// of each of its heads. It is cheap:
// a row's statistics are recomputed, not kept.
#include "compiler/op/op_common.h"

static const struct op_attr attrs[] = {{"eps", ATTR_OPTIONAL, 1e-5, NULL, NULL},
                                       {"offset", ATTR_OPTIONAL, 0, NULL, NULL},
                                       {"heads", ATTR_SHAPING, 1, NULL, NULL},
                                       {0}};

// Columns of `x` are `heads` vectors as long as `w`, each with a norm of its own.
static bool want_heads(struct shape_check *c, size_t x, size_t w) {
    const double heads = shape_attr(c, "heads");
    return shape_want_attr(c, "heads", heads >= 1 && heads == floor(heads), "must be a whole number from 1") &&
           shape_want_columns_of(c, x, w, 0, (int64_t)heads);
}

static bool shape(struct shape_check *c) {
    if (!shape_want_floats(c, 0) || !shape_want_rank(c, 0, 1, 3) || !shape_want_rank(c, 1, 1, 1)) return false;
    c->result[0] = c->arg[0].shape;
    return want_heads(c, 0, 1) && shape_want_attr(c, "eps", shape_attr(c, "eps") >= 0, "must not be negative");
}

static void vjp(struct vjp *v) {
    value_id g = v->cotangent[0];
    if (v->wants[1]) {
        value_id args[] = {vjp_accumulator(v, 1), g, v->arg[0]};
        vjp_give(v, 1, vjp_emit(v, 1, &op_rms_norm_dw, args, 3, NULL, 0));
    }
    if (v->wants[0]) {
        value_id args[] = {g, v->arg[0], v->arg[1], vjp_take(v, 0)};
        vjp_give(v, 0, vjp_emit(v, 0, &op_rms_norm_dx, args, 4, NULL, 0));
    }
}

static void jvp(struct jvp *j) {
    value_id moved[] = {j->tangent[0], j->arg[0], j->arg[1]}, weighed[] = {j->arg[0], j->tangent[1]};
    const struct attr plain[] = {
        j->attrs[0], {.name = "offset", .number = 0}, j->attrs[2]}; // eps may come from a table
    if (moved[0].id) j->out[0] = jvp_emit(j, &op_rms_norm_tangent, moved, 3, NULL, 0);
    if (weighed[1].id) j->out[0] = jvp_add(j, j->out[0], jvp_emit(j, &op_rms_norm, weighed, 2, plain, 3));
}

static double row_rstd(const double *x, int64_t d, double eps) {
    double squares = 0;
    for (int64_t j = 0; j < d; j++) squares += x[j] * x[j];
    return 1 / sqrt(squares / (double)d + eps);
}

static void reference(const struct reference_call *c) {
    int64_t heads = (int64_t)reference_attr(c, "heads"), d = operand_columns(&c->arg[0]) / heads;
    double offset = reference_attr(c, "offset");
    for (int64_t t = 0; t < operand_rows(&c->arg[0]) * heads; t++) {
        const double *x = c->arg[0].data + t * d;
        double rstd = row_rstd(x, d, reference_attr(c, "eps"));
        for (int64_t j = 0; j < d; j++) c->result[0].data[t * d + j] = x[j] * rstd * (c->arg[1].data[j] + offset);
    }
}

static const struct op_sample samples[] = {
    {"plain", {FLOATS_3(2, 3, 7), FLOATS_1(7)}, 2, {{"eps", 1e-2, NULL}}, 1},
    {"offset", {FLOATS_2(3, 5), FLOATS_1(5)}, 2, {{"offset", 1, NULL}}, 1},
    {"heads", {FLOATS_3(2, 3, 35), FLOATS_1(7)}, 2, {{"eps", 1e-2, NULL}, {"heads", 5, NULL}}, 2},
};

const struct op op_rms_norm = {
    .name = "rms_norm",
    .scratch = scratch_vector,
    .in_language = true,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .weight_args = BIT_1,
    .attrs = attrs,
    .shape = shape,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 4,
    .cheap = true,
    .in_place = {BIT_0},
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(rms_norm, rms_norm, OUT(rms_norm, y, 0), IN(rms_norm, x, 0), IN(rms_norm, w, 1), ATTR(rms_norm, eps, "eps"),
           ATTR(rms_norm, offset, "offset"), ATTR(rms_norm, heads, "heads")),
    SAMPLES(samples),
};

// dy, x [.., d], w [d], acc [.., d] or absent
static bool shape_dx(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_equal(c, 0, 1) && want_heads(c, 0, 2) && (!c->arg[3].present || shape_want_equal(c, 0, 3));
}

static void reference_dx(const struct reference_call *c) {
    int64_t heads = (int64_t)reference_attr(c, "heads"), d = operand_columns(&c->arg[0]) / heads;
    const double *w = c->arg[2].data;
    double offset = reference_attr(c, "offset");
    for (int64_t t = 0; t < operand_rows(&c->arg[0]) * heads; t++) {
        const double *dy = c->arg[0].data + t * d, *x = c->arg[1].data + t * d;
        double rstd = row_rstd(x, d, reference_attr(c, "eps")), dot = 0;
        for (int64_t j = 0; j < d; j++) dot += dy[j] * (w[j] + offset) * x[j];
        for (int64_t j = 0; j < d; j++)
            c->result[0].data[t * d + j] = (c->arg[3].data ? c->arg[3].data[t * d + j] : 0) +
                                           rstd * (w[j] + offset) * dy[j] - x[j] * rstd * rstd * rstd * dot / (double)d;
    }
}

static const struct op_sample samples_dx[] = {
    {"plain", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7), FLOATS_1(7)}, 3, {{"eps", 1e-2, NULL}}, 1},
    {"added", {FLOATS_2(3, 5), FLOATS_2(3, 5), FLOATS_1(5), FLOATS_2(3, 5)}, 4, {{"offset", 1, NULL}}, 1},
    {"heads", {FLOATS_3(2, 3, 35), FLOATS_3(2, 3, 35), FLOATS_1(7)}, 3, {{"eps", 1e-2, NULL}, {"heads", 5, NULL}}, 2},
};

const struct op op_rms_norm_dx = {
    .name = "rms_norm_dx",
    .scratch = scratch_vector,
    .weight_args = BIT_2,
    .min_args = 3,
    .max_args = 4,
    .n_results = 1,
    .attrs = attrs,
    .shape = shape_dx,
    .reference = reference_dx,
    .cost = cost_elementwise,
    .flops_each = 11,
    .in_place = {BIT_0 | BIT_3},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(rms_norm_dx, rms_norm, OUT(rms_norm, dx, 0), IN(rms_norm, x, 1), IN(rms_norm, w, 2), IN(rms_norm, acc, 3),
           IN(rms_norm, dy, 0), ATTR(rms_norm, eps, "eps"), ATTR(rms_norm, offset, "offset"),
           ATTR(rms_norm, heads, "heads")),
    SAMPLES(samples_dx),
};

// acc [d], dy, x [.., d]
static bool shape_dw(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_rank(c, 0, 1, 1) && shape_want_equal(c, 1, 2) && want_heads(c, 1, 0);
}

static void reference_dw(const struct reference_call *c) {
    int64_t heads = (int64_t)reference_attr(c, "heads"), d = operand_columns(&c->arg[1]) / heads;
    for (int64_t j = 0; j < d; j++) c->result[0].data[j] = c->arg[0].data[j];
    for (int64_t t = 0; t < operand_rows(&c->arg[1]) * heads; t++) {
        const double *x = c->arg[2].data + t * d;
        double rstd = row_rstd(x, d, reference_attr(c, "eps"));
        for (int64_t j = 0; j < d; j++) c->result[0].data[j] += c->arg[1].data[t * d + j] * x[j] * rstd;
    }
}

static struct op_cost cost_dw(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, 5 * (double)shape_count(node_arg_shape(g, n, 1)));
}

static const struct op_sample samples_dw[] = {
    {"plain", {FLOATS_1(7), FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 3, {{"eps", 1e-2, NULL}}, 1},
    {"heads", {FLOATS_1(7), FLOATS_3(2, 3, 35), FLOATS_3(2, 3, 35)}, 3, {{"eps", 1e-2, NULL}, {"heads", 5, NULL}}, 2},
};

const struct op op_rms_norm_dw = {
    .name = "rms_norm_dw",
    .scratch = scratch_row_sums,
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .attrs = attrs,
    .shape = shape_dw,
    .reference = reference_dw,
    .cost = cost_dw,
    .in_place = {BIT_0},
    .accumulates = {1},
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(rms_norm_dw, rms_norm, OUT(rms_norm, dw, 0), IN(rms_norm, x, 2), IN(rms_norm, dy, 1),
           ATTR(rms_norm, eps, "eps"), ATTR(rms_norm, heads, "heads")),
    SAMPLES(samples_dw),
};
