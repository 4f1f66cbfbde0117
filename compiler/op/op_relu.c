// ReLU: max(x, 0), and its slope (0 at 0).
#include "compiler/op/op_row.h"

static void vjp(struct vjp *v) {
    value_id args[] = {v->cotangent[0], v->arg[0]};
    if (v->wants[0]) vjp_add(v, 0, vjp_emit(v, 0, &op_relu_dx, args, 2, NULL, 0));
}

static void reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double x = c->arg[0].data[i];
        c->result[0].data[i] = x > 0 ? x : 0;
    }
}

static const struct op_sample samples[] = {{"three dims", {FLOATS_3(2, 3, 7)}, 1, {{0}}, 0}};

const struct op op_relu = {
    .name = "relu",
    .in_language = true,
    .min_args = 1,
    .max_args = 1,
    .n_results = 1,
    .shape = shape_elementwise,
    .vjp = vjp,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 1,
    .cheap = true,
    .in_place = {BIT_0},
    .tile_args = {OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    .call = "lrt_relu(c, $r0, $a0, $count(a0))",
    SAMPLES(samples),
};

// dy, x
static void reference_dx(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double x = c->arg[1].data[i];
        c->result[0].data[i] = c->arg[0].data[i] * (x > 0 ? 1 : 0);
    }
}

static const struct op_sample samples_dx[] = {{"two dims", {FLOATS_2(3, 7), FLOATS_2(3, 7)}, 2, {{0}}, 0}};

const struct op op_relu_dx = {
    .name = "relu_dx",
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = shape_elementwise,
    .reference = reference_dx,
    .cost = cost_elementwise,
    .flops_each = 1,
    .in_place = {BIT_0 | BIT_1},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    .call = "lrt_relu_dx(c, $r0, $a0, $a1, $count(a0))",
    SAMPLES(samples_dx),
};
