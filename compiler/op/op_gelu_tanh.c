// GELU by tanh (arXiv 1606.08415): x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), and its derivative.
#include "compiler/op/op_common.h"

#define PI 3.14159265358979323846

static double inner(double x) { return sqrt(2 / PI) * (x + 0.044715 * x * x * x); }
static double inner_derivative(double x) { return sqrt(2 / PI) * (1 + 3 * 0.044715 * x * x); }

static double value(double x) { return 0.5 * x * (1 + tanh(inner(x))); }
static double derivative(double x) {
    return 0.5 * (1 + tanh(inner(x))) + 0.5 * x * (1 - tanh(inner(x)) * tanh(inner(x))) * inner_derivative(x);
}

static void vjp(struct vjp *v) { vjp_pointwise(v, &op_gelu_tanh_dx); }

static void jvp(struct jvp *j) { jvp_pointwise(j, &op_gelu_tanh_dx); }
static void reference(const struct reference_call *c) { reference_pointwise(c, value); }
static void reference_dx(const struct reference_call *c) { reference_pointwise_dx(c, derivative); }

const struct op op_gelu_tanh = {POINTWISE(gelu_tanh), .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 18};

const struct op op_gelu_tanh_dx = {POINTWISE_DX(gelu_tanh_dx), .reference = reference_dx, .flops_each = 28};
