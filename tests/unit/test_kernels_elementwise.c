/* Activations of every set against double formulas, at extreme arguments and all positions in a vector; and the errors
 * of their polynomials, in units of the last place. */
#include "runtime/kernels/kernel_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/op/reference.h"
#include "runtime/kernels/sixteen_math.h"
#include "tests/unit/kernel_fixture.h"
#include "tests/unit/tensors.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double cdf(double x) { return 0.5 * (1 + erf(x / sqrt(2.0))); }
static double inner(double x) { return sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x); }

static double silu(double x) { return x * sigmoid(x); }
static double silu_derivative(double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }
static double gelu(double x) { return x * cdf(x); }
static double gelu_derivative(double x) { return cdf(x) + x * exp(-x * x / 2) / sqrt(2 * acos(-1)); }
static double gelu_tanh(double x) { return 0.5 * x * (1 + tanh(inner(x))); }
static double gelu_tanh_derivative(double x) {
    const double t = tanh(inner(x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * sqrt(2 / acos(-1)) * (1 + 3 * 0.044715 * x * x);
}
static double relu(double x) { return x > 0 ? x : 0; }
static double relu_derivative(double x) { return x > 0 ? 1 : 0; }
static double tanh_derivative(double x) { return 1 - tanh(x) * tanh(x); }

typedef void unary(struct lrt *c, const struct lrt_unary_args *a);
typedef void unary_dx(struct lrt *c, const struct lrt_unary_dx_args *a);
static const struct {
    const char *name;
    unary *value;
    unary_dx *derivative;
    double (*exact)(double), (*exact_derivative)(double);
} activations[] = {
    {"silu", lrt_silu, lrt_silu_dx, silu, silu_derivative},
    {"gelu", lrt_gelu, lrt_gelu_dx, gelu, gelu_derivative},
    {"gelu_tanh", lrt_gelu_tanh, lrt_gelu_tanh_dx, gelu_tanh, gelu_tanh_derivative},
    {"relu", lrt_relu, lrt_relu_dx, relu, relu_derivative},
    {"tanh", lrt_tanh, lrt_tanh_dx, tanh, tanh_derivative},
};
enum { ACTIVATIONS = sizeof activations / sizeof *activations, N = 5003 };

static void value(struct fixture *f, int activation, float *y, const float *x, int64_t n) {
    activations[activation].value(&f->run, &(struct lrt_unary_args){.y = F32(y, 1, n), .x = F32(x, 1, n)});
}
static void derivative_dx(struct fixture *f, int activation, float *dx, const float *dy, const float *x, int64_t n) {
    const struct lrt_unary_dx_args args = {.dx = F32(dx, 1, n), .dy = F32(dy, 1, n), .x = F32(x, 1, n)};
    activations[activation].derivative(&f->run, &args);
}

/* x from -40 to 40, denser in the middle, and a few extreme ones */
static float *abscissae(int64_t n) {
    float *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) {
        const double u = 2.0 * (double)i / (double)n - 1;
        x[i] = (float)(40 * u * u * u);
    }
    const float extreme[] = {0.0f, -0.0f, 1e-30f, -1e-30f, 88.0f, -88.0f, 104.0f, -104.0f, 3e4f, -3e4f, 1e18f, -1e18f};
    memcpy(x, extreme, sizeof extreme);
    return x;
}

static void activations_are_the_formulas(void **state) {
    (void)state;
    float *x = abscissae(N), *y = malloc(N * sizeof *y), *dy = fixture_floats(N, 5, 1);
    double *wanted = malloc(N * sizeof *wanted);
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        for (int a = 0; f && a < ACTIVATIONS; a++) {
            value(f, a, y, x, N);
            for (int i = 0; i < N; i++) wanted[i] = activations[a].exact((double)x[i]);
            assert_near(y, wanted, N, 3e-7, activations[a].name);
            derivative_dx(f, a, y, dy, x, 8);
            derivative_dx(f, a, y + 12, dy + 12, x + 12, N - 12);
            for (int i = 0; i < N; i++) wanted[i] = (double)dy[i] * activations[a].exact_derivative((double)x[i]);
            assert_near(y, wanted, 8, 2e-6, activations[a].name);
            assert_near(y + 12, wanted + 12, N - 12, 2e-6, activations[a].name);
        }
        if (f) fixture_stop(f);
    }
    free(x);
    free(y);
    free(dy);
    free(wanted);
}

static void not_a_number_is_kept(void **state) {
    (void)state;
    float x[19], y[19];
    for (int i = 0; i < 19; i++) x[i] = i % 2 ? NAN : 1.0f;
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        for (int a = 0; f && a < ACTIVATIONS; a++) {
            value(f, a, y, x, 19);
            for (int i = 0; i < 19; i++) assert_int_equal(isnan(y[i]) != 0, i % 2);
        }
        if (f) fixture_stop(f);
    }
}

/* One call, calls of every small length from every position, and calls in place give the same bits. */
/* Where two slopes meet the reference of the op says 0 too, as PyTorch does, for both zeros. */
static void relu_has_no_slope_at_zero(void **state) {
    (void)state;
    double x[4] = {0.0, -0.0, 1e-30, -1e-30}, dy[4] = {3, 3, 3, 3}, dx[4];
    const struct shape four = {1, {4}};
    const struct reference_call call = {.op = &op_relu_dx, .arg = {{dy, four}, {x, four}}, .result = {{dx, four}}};
    op_relu_dx.reference(&call);
    for (int i = 0; i < 4; i++) assert_true(dx[i] == (i == 2 ? 3 : 0));
}

static void places_change_no_bit(void **state) {
    (void)state;
    float *x = fixture_floats(97, 1, 3), *dy = fixture_floats(97, 2, 1);
    float whole[97], parts[97], derivative[97], derivative_pieces[97];
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        for (int a = 0; f && a < ACTIVATIONS; a++) {
            value(f, a, whole, x, 97);
            derivative_dx(f, a, derivative, dy, x, 97);
            for (int length = 1; length < 40; length++) {
                memcpy(parts, x, sizeof parts);
                memcpy(derivative_pieces, length % 2 ? x : dy, sizeof derivative_pieces);
                for (int i = 0; i < 97; i += length) {
                    const int n = i + length < 97 ? length : 97 - i;
                    value(f, a, parts + i, parts + i, n);
                    derivative_dx(f, a, derivative_pieces + i, length % 2 ? dy + i : derivative_pieces + i,
                                  length % 2 ? derivative_pieces + i : x + i, n);
                }
                assert_same_bits(parts, whole, 97, activations[a].name);
                assert_same_bits(derivative_pieces, derivative, 97, activations[a].name);
            }
        }
        if (f) fixture_stop(f);
    }
    free(x);
    free(dy);
}

/* All sets with a fused multiply-add, including the reference, agree in every bit. */
static void fused_sets_agree(void **state) {
    (void)state;
    float *x = abscissae(N), *wanted = malloc(N * sizeof *wanted), *y = malloc(N * sizeof *y);
    struct fixture *reference = fixture_start("reference", 1);
    for (int set = 2; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        for (int a = 0; f && a < ACTIVATIONS; a++) {
            value(reference, a, wanted, x, N);
            value(f, a, y, x, N);
            assert_same_bits(y, wanted, N, activations[a].name);
            derivative_dx(reference, a, wanted, x + 12, x + 12, N - 12);
            derivative_dx(f, a, y, x + 12, x + 12, N - 12);
            assert_same_bits(y, wanted, N - 12, activations[a].name);
        }
        if (f) fixture_stop(f);
    }
    fixture_stop(reference);
    free(x);
    free(wanted);
    free(y);
}

/* The error in units in the last place of the exact value, where that is a normal float. */
static double error_in_units(float got, double exact) {
    int exponent;
    frexp(exact, &exponent);
    return fabs((double)got - exact) / ldexp(1, exponent - 24);
}
static void polynomials_are_near(void **state) {
    (void)state;
    double worst[4] = {0};
    for (int i = 0; i < 400000; i += V_LANES) {
        float x[V_LANES], positive[V_LANES], y[4][V_LANES];
        for (int j = 0; j < V_LANES; j++) {
            const double u = (i + j) / 200000.0 - 1;
            x[j] = (float)(87 * u);
            positive[j] = (float)exp(80 * u);
        }
        v_store(y[0], v_exp(v_load(x)));
        struct v16 scaled = v_mul(v_load(x), v_set(0.07f));
        v_store(y[1], v_tanh(scaled));
        v_store(y[2], v_erf(scaled));
        v_store(y[3], v_log(v_load(positive)));
        v_store(x, v_load(x));
        float s[V_LANES];
        v_store(s, scaled);
        for (int j = 0; j < V_LANES; j++) {
            const double exact[4] = {exp((double)x[j]), tanh((double)s[j]), erf((double)s[j]),
                                     log((double)positive[j])};
            for (int k = 0; k < 4; k++)
                if (fabs(exact[k]) > 1e-37 && error_in_units(y[k][j], exact[k]) > worst[k])
                    worst[k] = error_in_units(y[k][j], exact[k]);
        }
    }
    print_message("units in the last place: exp %.2f tanh %.2f erf %.2f log %.2f\n", worst[0], worst[1], worst[2],
                  worst[3]);
    assert_true(worst[0] < 2);
    assert_true(worst[1] < 3.5);
    assert_true(worst[2] < 3.5);
    assert_true(worst[3] < 2.5);
    float one[V_LANES];
    v_store(one, v_exp(v_zero()));
    assert_true(one[0] == 1.0f);
    v_store(one, v_exp_negative(v_zero()));
    assert_true(one[0] == 1.0f);
    v_store(one, v_exp(v_set(-INFINITY)));
    assert_true(one[0] == 0.0f);
    v_store(one, v_exp(v_set(89.0f)));
    assert_true(isinf(one[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polynomials_are_near), cmocka_unit_test(activations_are_the_formulas),
        cmocka_unit_test(not_a_number_is_kept), cmocka_unit_test(relu_has_no_slope_at_zero),
        cmocka_unit_test(places_change_no_bit), cmocka_unit_test(fused_sets_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
