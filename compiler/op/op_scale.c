// Scale: factor * a + offset, for `x * 2`, `x + 1`, `-x` and `x / 8`.
#include "compiler/op/op_common.h"

static const struct op_attr attrs[] = {
    {"factor", ATTR_OPTIONAL, 1, NULL, NULL}, {"offset", ATTR_OPTIONAL, 0, NULL, NULL}, {0}};

static void vjp(struct vjp *v) {
    if (v->wants[0]) vjp_add(v, 0, vjp_emit(v, 0, &op_scale, v->cotangent, 1, &v->attrs[0], 1));
}

static void jvp(struct jvp *j) { j->out[0] = jvp_emit(j, &op_scale, j->tangent, 1, &j->attrs[0], 1); }

static void reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = reference_attr(c, "factor") * c->arg[0].data[i] + reference_attr(c, "offset");
}

static const struct op_sample samples[] = {
    {"three dims", {FLOATS_3(2, 3, 7)}, 1, {{"factor", 1.5, NULL}, {"offset", -0.5, NULL}}, 2},
};

const struct op op_scale = {
    .name = "scale",
    .in_language = true,
    .min_args = 1,
    .max_args = 1,
    .n_results = 1,
    .attrs = attrs,
    .shape = shape_elementwise,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 2,
    .cheap = true,
    .in_place = {BIT_0},
    .tile_args = {OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(scale, scale, OUT(scale, y, 0), IN(scale, a, 0), ATTR(scale, factor, "factor"),
           ATTR(scale, offset, "offset")),
    SAMPLES(samples),
};
