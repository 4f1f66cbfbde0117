// Copy and zeros: built by passes where a value needs a second place or a sum starts.
#include "compiler/op/op_common.h"

static void copy_vjp(struct vjp *v) {
    if (v->wants[0]) vjp_add(v, 0, v->cotangent[0]);
}

static void copy_reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) c->result[0].data[i] = c->arg[0].data[i];
}

static const struct op_sample copy_samples[] = {{"three dims", {FLOATS_3(2, 3, 7)}, 1, {{0}}, 0}};

const struct op op_copy = {
    .name = "copy",
    .is_copy = true,
    .min_args = 1,
    .max_args = 1,
    .n_results = 1,
    .shape = shape_elementwise,
    .vjp = copy_vjp,
    .jvp = jvp_linear,
    .reference = copy_reference,
    .cost = cost_elementwise,
    .cheap = true,
    .tile_args = {OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(copy, unary, OUT(unary, y, 0), IN(unary, x, 0)),
    SAMPLES(copy_samples),
};

static const struct op_attr zeros_attrs[] = {
    {"rank", ATTR_INTERNAL, 1, NULL, NULL}, {"dim0", ATTR_INTERNAL, 1, NULL, NULL},
    {"dim1", ATTR_INTERNAL, 1, NULL, NULL}, {"dim2", ATTR_INTERNAL, 1, NULL, NULL},
    {"dim3", ATTR_INTERNAL, 1, NULL, NULL}, {0},
};

static void emit_zeros(struct graph *g, struct shape s, const struct op_call *call, value_id *result) {
    struct attr attrs[1 + SHAPE_RANK_MAX] = {{.name = "rank", .number = s.rank}};
    for (int i = 0; i < SHAPE_RANK_MAX; i++)
        attrs[1 + i] = (struct attr){.name = zeros_attrs[1 + i].name, .number = i < s.rank ? (double)s.dim[i] : 1};
    struct op_call with = *call;
    with.op = &op_zeros;
    with.attrs = attrs;
    with.n_attrs = 1 + SHAPE_RANK_MAX;
    op_append(g, &with, result);
}

value_id op_emit_zeros(struct graph *g, struct shape s, const char *name, struct span at) {
    value_id result;
    emit_zeros(g, s, &(struct op_call){.name = name, .at = at}, &result);
    return result;
}

void op_emit_zeros_into(struct graph *g, value_id v, struct span at) {
    struct use into = {v, ACCESS_WHOLE};
    emit_zeros(g, graph_value(g, v)->shape, &(struct op_call){.into = &into, .at = at}, NULL);
}

static bool zeros_shape(struct shape_check *c) {
    struct shape s = {.rank = (int)shape_attr(c, "rank")};
    for (int i = 0; i < s.rank; i++) s.dim[i] = (int64_t)shape_attr(c, zeros_attrs[1 + i].name);
    c->result[0] = s;
    return true;
}

static void zeros_reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->result[0]); i++) c->result[0].data[i] = 0;
}

static const struct op_sample zeros_samples[] = {
    {"matrix", {ABSENT}, 0, {{"rank", 2, NULL}, {"dim0", 3, NULL}, {"dim1", 5, NULL}}, 3},
};

const struct op op_zeros = {
    .name = "zeros",
    .fresh = true,
    .min_args = 0,
    .max_args = 0,
    .n_results = 1,
    .attrs = zeros_attrs,
    .shape = zeros_shape,
    .reference = zeros_reference,
    .cost = cost_elementwise,
    KERNEL(fill, fill, OUT(fill, y, 0), NUMBER(fill, value, 0)),
    SAMPLES(zeros_samples),
};

static bool sum_shape(struct shape_check *c) {
    c->result[0] = (struct shape){0};
    c->dtype[0] = DTYPE_F64;
    return true;
}

static const struct op_sample sum_samples[] = {{"scalar", {ABSENT}, 0, {{0}}, 0}};

const struct op op_zero_sum = {
    .name = "zero_sum",
    .fresh = true,
    .min_args = 0,
    .max_args = 0,
    .n_results = 1,
    .shape = sum_shape,
    .reference = zeros_reference,
    .cost = cost_elementwise,
    KERNEL(fill, fill, OUT(fill, y, 0), NUMBER(fill, value, 0)),
    SAMPLES(sum_samples),
};
