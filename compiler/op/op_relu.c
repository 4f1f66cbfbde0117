// ReLU: max(x, 0), and its derivative (0 at 0).
#include "compiler/op/op_common.h"

static double value(double x) { return x > 0 ? x : 0; }
static double derivative(double x) { return x > 0 ? 1 : 0; }

static void vjp(struct vjp *v) { vjp_pointwise(v, &op_relu_dx); }

static void jvp(struct jvp *j) { jvp_pointwise(j, &op_relu_dx); }
static void reference(const struct reference_call *c) { reference_pointwise(c, value); }
static void reference_dx(const struct reference_call *c) { reference_pointwise_dx(c, derivative); }

const struct op op_relu = {POINTWISE(relu), .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 1};

const struct op op_relu_dx = {POINTWISE_DX(relu_dx), .reference = reference_dx, .flops_each = 1};
