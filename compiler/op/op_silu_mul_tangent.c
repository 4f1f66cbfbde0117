// SwiGLU's gate, its tangent: silu'(g) u g_dot + silu(g) u_dot in one pass. An absent tangent is zero.
#include "compiler/op/op_common.h"

enum { G, U, G_DOT, U_DOT };

static bool shape(struct shape_check *c) {
    return shape_elementwise(c) && (c->arg[G_DOT].present || c->arg[U_DOT].present);
}

static void reference(const struct reference_call *c) {
    const double *g_dot = c->arg[G_DOT].data, *u_dot = c->arg[U_DOT].data;
    for (int64_t i = 0; i < operand_count(&c->arg[G]); i++) {
        double g = c->arg[G].data[i], s = 1 / (1 + exp(-g));
        double of_gate = g_dot ? s * (1 + g * (1 - s)) * c->arg[U].data[i] * g_dot[i] : 0;
        c->result[0].data[i] = of_gate + (u_dot ? g * s * u_dot[i] : 0);
    }
}

static const struct op_sample samples[] = {
    {"both", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 4, {{0}}, 0},
    {"gate alone", {FLOATS_2(3, 7), FLOATS_2(3, 7), FLOATS_2(3, 7)}, 3, {{0}}, 0},
    {"factor alone", {FLOATS_2(5, 3), FLOATS_2(5, 3), ABSENT, FLOATS_2(5, 3)}, 4, {{0}}, 0},
};

const struct op op_silu_mul_tangent = {
    .name = "silu_mul_tangent",
    .min_args = 3,
    .max_args = 4,
    .n_results = 1,
    .shape = shape,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 17,
    .cheap = true,
    .in_place = {1 << G | 1 << U | 1 << G_DOT | 1 << U_DOT},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(silu_mul_tangent, silu_mul, OUT(silu_mul, y_dot, 0), IN(silu_mul, g, 0), IN(silu_mul, u, 1),
           IN(silu_mul, g_dot, 2), IN(silu_mul, u_dot, 3)),
    SAMPLES(samples),
};
