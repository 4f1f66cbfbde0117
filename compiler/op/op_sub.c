// Subtract: a - b.
#include "compiler/op/op_row.h"

static void vjp(struct vjp *v) {
    if (v->wants[0]) vjp_add(v, 0, v->cotangent[0]);
    const struct attr minus = {.name = "factor", .number = -1};
    if (v->wants[1]) vjp_add(v, 1, vjp_emit(v, 1, &op_scale, v->cotangent, 1, &minus, 1));
}

static void jvp(struct jvp *j) {
    const struct attr minus = {.name = "factor", .number = -1};
    if (!j->tangent[1].id)
        j->out[0] = j->tangent[0];
    else if (!j->tangent[0].id)
        j->out[0] = jvp_emit(j, &op_scale, &j->tangent[1], 1, &minus, 1);
    else
        j->out[0] = jvp_emit(j, &op_sub, j->tangent, 2, NULL, 0);
}

static void reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = c->arg[0].data[i] - c->arg[1].data[i];
}

static const struct op_sample samples[] = {{"three dims", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 2, {{0}}, 0}};

const struct op op_sub = {
    .name = "sub",
    .in_language = true,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = shape_elementwise,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 1,
    .in_place = {BIT_0 | BIT_1},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(sub, binary, OUT(binary, y, 0), IN(binary, a, 0), IN(binary, b, 1)),
    SAMPLES(samples),
};
