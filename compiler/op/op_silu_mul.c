// SwiGLU's gate (arXiv 2002.05202): silu(g) * u in one pass; the backward pass computes dg and du together, over g and
// u.
#include "compiler/op/op_common.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void vjp(struct vjp *v) {
    value_id args[] = {v->cotangent[0], v->arg[0], v->arg[1]}, d[2];
    vjp_emit_all(v, 0, &op_silu_mul_dx, args, 3, d);
    for (int a = 0; a < 2; a++)
        if (v->wants[a]) vjp_add(v, a, d[a]);
}

static void jvp(struct jvp *j) {
    value_id args[] = {j->arg[0], j->arg[1], j->tangent[0], j->tangent[1]};
    j->out[0] = jvp_emit(j, &op_silu_mul_tangent, args, 4, NULL, 0);
}

static double value(double g, double u) { return g * sigmoid(g) * u; }
static void reference(const struct reference_call *c) { reference_binary(c, value); }

const struct op op_silu_mul = {BINARY(silu_mul, silu_mul, g, u), .vjp = vjp,       .jvp = jvp,
                               .reference = reference,           .flops_each = 13, .cheap = true};

// dy, g, u
static void reference_dx(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double dy = c->arg[0].data[i], g = c->arg[1].data[i], u = c->arg[2].data[i], s = sigmoid(g);
        c->result[0].data[i] = dy * u * s * (1 + g * (1 - s));
        c->result[1].data[i] = dy * g * s;
    }
}

static const struct op_sample samples_dx[] = {
    {"two dims", {FLOATS_2(3, 7), FLOATS_2(3, 7), FLOATS_2(3, 7)}, 3, {{0}}, 0}};

const struct op op_silu_mul_dx = {
    .name = "silu_mul_dx",
    .min_args = 3,
    .max_args = 3,
    .n_results = 2,
    .shape = shape_elementwise,
    .reference = reference_dx,
    .cost = cost_elementwise,
    .flops_each = 18,
    .in_place = {BIT_1, BIT_0 | BIT_2},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS, OP_TILE_ROWS},
    KERNEL(silu_mul_dx, silu_mul, OUT(silu_mul, dg, 0), OUT(silu_mul, du, 1), IN(silu_mul, g, 1), IN(silu_mul, u, 2),
           IN(silu_mul, dy, 0)),
    SAMPLES(samples_dx),
};
