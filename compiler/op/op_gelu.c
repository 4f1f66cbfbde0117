// GELU: x Phi(x) by the error function (arXiv 1606.08415), and its derivative Phi(x) + x phi(x).
#include "compiler/op/op_common.h"

#define PI 3.14159265358979323846

static double normal_below(double x) { return 0.5 * (1 + erf(x / sqrt(2))); }

static double value(double x) { return x * normal_below(x); }
static double derivative(double x) { return normal_below(x) + x * exp(-x * x / 2) / sqrt(2 * PI); }

static void vjp(struct vjp *v) { vjp_pointwise(v, &op_gelu_dx); }

static void jvp(struct jvp *j) { jvp_pointwise(j, &op_gelu_dx); }
static void reference(const struct reference_call *c) { reference_pointwise(c, value); }
static void reference_dx(const struct reference_call *c) { reference_pointwise_dx(c, derivative); }

const struct op op_gelu = {POINTWISE(gelu), .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 15};

const struct op op_gelu_dx = {POINTWISE_DX(gelu_dx), .reference = reference_dx, .flops_each = 25};
