// GELU by tanh (arXiv 1606.08415): x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), and its slope.
#include "compiler/op/op_row.h"

#define PI 3.14159265358979323846

static double inner(double x) { return sqrt(2 / PI) * (x + 0.044715 * x * x * x); }

static void vjp(struct vjp *v) {
    value_id args[] = {v->cotangent[0], v->arg[0]};
    if (v->wants[0]) vjp_add(v, 0, vjp_emit(v, 0, &op_gelu_tanh_dx, args, 2, NULL, 0));
}

static void reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double x = c->arg[0].data[i];
        c->result[0].data[i] = 0.5 * x * (1 + tanh(inner(x)));
    }
}

static const struct op_sample samples[] = {{"three dims", {FLOATS_3(2, 3, 7)}, 1, {{0}}, 0}};

const struct op op_gelu_tanh = {
    .name = "gelu_tanh",
    .in_language = true,
    .min_args = 1,
    .max_args = 1,
    .n_results = 1,
    .shape = shape_elementwise,
    .vjp = vjp,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 18,
    .cheap = true,
    .in_place = {BIT_0},
    .tile_args = {OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    .call = "lrt_gelu_tanh(c, $r0, $a0, $count(a0))",
    SAMPLES(samples),
};

// dy, x
static void reference_dx(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double x = c->arg[1].data[i];
        c->result[0].data[i] =
            c->arg[0].data[i] * (0.5 * (1 + tanh(inner(x))) + 0.5 * x * (1 - tanh(inner(x)) * tanh(inner(x))) *
                                                                  sqrt(2 / PI) * (1 + 3 * 0.044715 * x * x));
    }
}

static const struct op_sample samples_dx[] = {{"two dims", {FLOATS_2(3, 7), FLOATS_2(3, 7)}, 2, {{0}}, 0}};

const struct op op_gelu_tanh_dx = {
    .name = "gelu_tanh_dx",
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = shape_elementwise,
    .reference = reference_dx,
    .cost = cost_elementwise,
    .flops_each = 28,
    .in_place = {BIT_0 | BIT_1},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    .call = "lrt_gelu_tanh_dx(c, $r0, $a0, $a1, $count(a0))",
    SAMPLES(samples_dx),
};
