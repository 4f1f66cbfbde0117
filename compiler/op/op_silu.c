// SiLU: x sigmoid(x), and its derivative.
#include "compiler/op/op_common.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static double value(double x) { return x * sigmoid(x); }
static double derivative(double x) { return (1 + x * (1 - sigmoid(x))) * sigmoid(x); }

static void vjp(struct vjp *v) { vjp_pointwise(v, &op_silu_dx); }

static void jvp(struct jvp *j) { jvp_pointwise(j, &op_silu_dx); }
static void reference(const struct reference_call *c) { reference_pointwise(c, value); }
static void reference_dx(const struct reference_call *c) { reference_pointwise_dx(c, derivative); }

const struct op op_silu = {POINTWISE(silu), .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 12};

const struct op op_silu_dx = {POINTWISE_DX(silu_dx), .reference = reference_dx, .flops_each = 15};
