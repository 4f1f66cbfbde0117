// Tanh, and its derivative 1 - tanh(x)^2.
#include "compiler/op/op_common.h"

static double value(double x) { return tanh(x); }
static double derivative(double x) { return 1 - tanh(x) * tanh(x); }

static void vjp(struct vjp *v) { vjp_pointwise(v, &op_tanh_dx); }

static void jvp(struct jvp *j) { jvp_pointwise(j, &op_tanh_dx); }
static void reference(const struct reference_call *c) { reference_pointwise(c, value); }
static void reference_dx(const struct reference_call *c) { reference_pointwise_dx(c, derivative); }

const struct op op_tanh = {POINTWISE(tanh), .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 10};

const struct op op_tanh_dx = {POINTWISE_DX(tanh_dx), .reference = reference_dx, .flops_each = 12};
