// Subtract: a - b.
#include "compiler/op/op_common.h"

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

static double value(double a, double b) { return a - b; }
static void reference(const struct reference_call *c) { reference_binary(c, value); }

const struct op op_sub = {
    BINARY(sub, binary, a, b), .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 1,
};
