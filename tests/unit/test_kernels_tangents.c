/* Tangents of kernels that work on rows or elements, in every set against double formulas; splits, threads and places
 * bit for bit; the sets with a fused multiply-add agree with the reference set in every bit. */
#include <lorac/lrt_scratch.h>
#include "tests/unit/kernel_fixture.h"

enum { FUSED_FROM = 2 }; /* of kernel_sets: those before it are compared with the formulas alone */

struct size {
    int64_t n, d;
};
static const struct size sizes[] = {{1, 1}, {7, 5}, {300, 67}, {33, 576}, {70, 1000}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* ---- RMS norm ---- */

static void norm_double(struct size s, const float *x_dot, const float *x, const float *w, float offset, double *y) {
    for (int64_t r = 0; r < s.n; r++, x += s.d, x_dot += s.d, y += s.d) {
        double square = 0, mean = 0;
        for (int64_t i = 0; i < s.d; i++) square += (double)x[i] * (double)x[i] / (double)s.d;
        for (int64_t i = 0; i < s.d; i++) mean += (double)x[i] * (double)x_dot[i] / (double)s.d;
        const double rstd = 1 / sqrt(square + 1e-5);
        for (int64_t i = 0; i < s.d; i++)
            y[i] = ((double)w[i] + (double)offset) * rstd * ((double)x_dot[i] - (double)x[i] * rstd * rstd * mean);
    }
}

static void norms(struct fixture *f, struct size s, const float *expected) {
    const int64_t all = s.n * s.d;
    const float offset = s.n % 2 ? 1.0f : 0.0f;
    float *x = fixture_floats(all, 1, 2), *w = fixture_floats(s.d, 2, 1), *x_dot = fixture_floats(all, 3, 1);
    float *y = malloc((size_t)all * sizeof *y), *z = fixture_copy(x_dot, all), *in_x = fixture_copy(x, all);
    double *wanted = malloc((size_t)all * sizeof *wanted);
    struct lrt *c = &f->run;
    lrt_rms_norm_tangent(c, y, x_dot, x, lrt_floats(w), s.n, s.d, 1e-5f, offset);
    if (expected) assert_same_bits(y, expected, all, "rms_norm_tangent of the reference set");
    norm_double(s, x_dot, x, w, offset, wanted);
    assert_near(y, wanted, all, 4e-6, "rms_norm_tangent");
    lrt_rms_norm_tangent(c, z, z, x, lrt_floats(w), s.n, s.d, 1e-5f, offset);
    assert_same_bits(z, y, all, "in place of x_dot");
    lrt_rms_norm_tangent(c, in_x, x_dot, in_x, lrt_floats(w), s.n, s.d, 1e-5f, offset);
    assert_same_bits(in_x, y, all, "in place of x");
    memset(z, 0, (size_t)all * sizeof *z);
    for (int64_t r = 0; r < s.n; r++)
        lrt_rms_norm_tangent(c, z + r * s.d, x_dot + r * s.d, x + r * s.d, lrt_floats(w), 1, s.d, 1e-5f, offset);
    assert_same_bits(z, y, all, "row by row");
    float *floats[] = {x, w, x_dot, y, z, in_x};
    for (int i = 0; i < 6; i++) free(floats[i]);
    free(wanted);
}

/* Of one size, by the reference set. */
static float *norm_expected(struct fixture *reference, struct size s) {
    const int64_t all = s.n * s.d;
    float *x = fixture_floats(all, 1, 2), *w = fixture_floats(s.d, 2, 1), *x_dot = fixture_floats(all, 3, 1);
    lrt_rms_norm_tangent(&reference->run, x_dot, x_dot, x, lrt_floats(w), s.n, s.d, 1e-5f, s.n % 2 ? 1.0f : 0.0f);
    free(x);
    free(w);
    return x_dot;
}

static void norms_are_the_formula(void **state) {
    (void)state;
    struct fixture *reference = fixture_start("reference", 1);
    for (int i = 0; i < SIZES; i++) {
        float *expected = norm_expected(reference, sizes[i]);
        for (int set = 0; set < KERNEL_SETS; set++)
            for (int threads = 1; threads <= 3; threads++) {
                struct fixture *f = fixture_start(kernel_sets[set], threads);
                if (!f) continue;
                norms(f, sizes[i], set >= FUSED_FROM ? expected : NULL);
                fixture_stop(f);
            }
        free(expected);
    }
    fixture_stop(reference);
}

/* A weight of another type is the same as its floats. */
static void norm_weights_of_a_file(void **state) {
    (void)state;
    enum { N = 3, D = 64 };
    struct fixture *f = fixture_start(NULL, 1);
    float *x = fixture_floats(N * D, 1, 1), *x_dot = fixture_floats(N * D, 2, 1), *w = fixture_floats(D, 3, 1);
    unsigned char row[D * 4];
    lrt_quantise(row, w, LRT_BF16, D);
    lrt_dequantise(&f->run, w, row, LRT_BF16, 0, D);
    float y[N * D], z[N * D];
    lrt_rms_norm_tangent(&f->run, y, x_dot, x, (struct lrt_tensor){.data = row, .type = LRT_BF16}, N, D, 1e-5f, 0);
    lrt_rms_norm_tangent(&f->run, z, x_dot, x, lrt_floats(w), N, D, 1e-5f, 0);
    assert_same_bits(y, z, N * D, "rms_norm_tangent");
    free(x);
    free(x_dot);
    free(w);
    fixture_stop(f);
}

/* ---- SwiGLU ---- */

enum { GATES = 5003 };

static void swiglu_double(const float *g, const float *u, const float *g_dot, const float *u_dot, double *y) {
    for (int64_t i = 0; i < GATES; i++) {
        const double x = (double)g[i], s = 1 / (1 + exp(-x));
        y[i] = g_dot ? s * (1 + x * (1 - s)) * (double)u[i] * (double)g_dot[i] : 0;
        y[i] += u_dot ? x * s * (double)u_dot[i] : 0;
    }
}

/* dots: 1 g_dot, 2 u_dot, 3 both */
static void swiglu(struct fixture *f, struct fixture *reference, int dots) {
    float *x[4]; /* g, u, g_dot, u_dot */
    for (int i = 0; i < 4; i++) x[i] = fixture_floats(GATES, (uint64_t)i + 1, i ? 1 : 6);
    const float *g_dot = dots & 1 ? x[2] : NULL, *u_dot = dots & 2 ? x[3] : NULL;
    float *y = malloc(GATES * sizeof *y), *z = malloc(GATES * sizeof *z);
    double *wanted = malloc(GATES * sizeof *wanted);
    lrt_silu_mul_tangent(&f->run, y, x[0], x[1], g_dot, u_dot, GATES);
    swiglu_double(x[0], x[1], g_dot, u_dot, wanted);
    assert_near(y, wanted, GATES, 2e-6, "silu_mul_tangent");
    if (reference) {
        lrt_silu_mul_tangent(&reference->run, z, x[0], x[1], g_dot, u_dot, GATES);
        assert_same_bits(y, z, GATES, "silu_mul_tangent of the reference set");
    }
    for (int64_t i = 0, length = 1; i < GATES; i += length, length = length % 41 + 1) {
        const int64_t n = i + length < GATES ? length : GATES - i;
        lrt_silu_mul_tangent(&f->run, z + i, x[0] + i, x[1] + i, g_dot ? g_dot + i : NULL, u_dot ? u_dot + i : NULL, n);
    }
    assert_same_bits(z, y, GATES, "in pieces");
    for (int place = 0; place < 4; place++) {
        if (place > 1 && !(dots >> (place - 2) & 1)) continue;
        memcpy(z, x[place], GATES * sizeof *z);
        const float *a[4] = {x[0], x[1], g_dot, u_dot};
        a[place] = z;
        lrt_silu_mul_tangent(&f->run, z, a[0], a[1], a[2], a[3], GATES);
        assert_same_bits(z, y, GATES, "in place of an argument");
    }
    for (int i = 0; i < 4; i++) free(x[i]);
    free(y);
    free(z);
    free(wanted);
}

static void swiglu_is_the_formula(void **state) {
    (void)state;
    struct fixture *reference = fixture_start("reference", 1);
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= 3; threads++) {
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            for (int dots = 1; dots <= 3; dots++) swiglu(f, set >= FUSED_FROM ? reference : NULL, dots);
            fixture_stop(f);
        }
    fixture_stop(reference);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norms_are_the_formula),
        cmocka_unit_test(norm_weights_of_a_file),
        cmocka_unit_test(swiglu_is_the_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
