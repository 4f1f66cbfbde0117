// The calculations of --compare: expected cosines of random directions, angles of gradients, rows from --methods.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler/base/arena.h"
#include "compiler/compare/angle.h"
#include "compiler/compare/random_directions.h"
#include "compiler/cli/method_list.h"
#include <lorac/lrt_files.h>

static double uniform(uint64_t *state) { // in (0, 1)
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 12) + 0.5) / 4503599627370496.0;
}

static double normal(uint64_t *state) {
    const double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(2 * 3.14159265358979323846 * uniform(state));
}

// One estimate of the gradient (1, 0, 0, ...) from k directions in d dimensions.
static void estimate(int d, int k, uint64_t *state, double *cosine, double *norm) {
    double sum[64] = {0}, squares = 0;
    for (int j = 0; j < k; j++) {
        double v[64];
        for (int i = 0; i < d; i++) v[i] = normal(state);
        for (int i = 0; i < d; i++) sum[i] += v[0] * v[i] / k;
    }
    for (int i = 0; i < d; i++) squares += sum[i] * sum[i];
    *norm = sqrt(squares);
    *cosine = sum[0] / *norm;
}

static void expectations_are_what_is_drawn(void **unused) {
    (void)unused;
    const struct { int d, k; } cases[] = {{1, 1}, {2, 1}, {10, 1}, {10, 4}, {64, 1}, {64, 8}};
    enum { DRAWS = 40000 };
    uint64_t state = 7;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double cosines = 0, cosine_squares = 0, norms = 0, norm_squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double cosine, norm;
            estimate(cases[c].d, cases[c].k, &state, &cosine, &norm);
            cosines += cosine / DRAWS;
            cosine_squares += cosine * cosine / DRAWS;
            norms += norm / DRAWS;
            norm_squares += norm * norm / DRAWS;
        }
        const struct expectation e = expect_directions(cases[c].d, cases[c].k);
        assert_true(fabs(cosines - e.cosine) < 5 * e.cosine_deviation / sqrt(DRAWS) + 1e-9);
        assert_true(fabs(norms - e.norm) < 5 * e.norm_deviation / sqrt(DRAWS));
        const double cosine_deviation = sqrt(fmax(0, cosine_squares - cosines * cosines));
        assert_true(fabs(cosine_deviation - e.cosine_deviation) < 0.03 * e.cosine_deviation + 1e-6);
        assert_true(fabs(sqrt(norm_squares - norms * norms) - e.norm_deviation) < 0.03 * e.norm_deviation);
    }
}

// E cos is near sqrt(2 / (pi d)), also where the gamma function itself would overflow.
static void many_numbers_are_no_trouble(void **unused) {
    (void)unused;
    const double d = 4884480;
    assert_true(fabs(expect_directions(d, 1).cosine / sqrt(2 / (3.14159265358979323846 * d)) - 1) < 1e-6);
    assert_true(fabs(expect_directions(d, 8).cosine / sqrt(8 / d) - 0.97) < 0.01);
}

static void write_gradients(const char *path, const float *a, const float *b, const char *second) {
    const struct lrt_named_tensor tensors[] = {
        {.name = "a", .type = LRT_F32, .rank = 2, .shape = {2, 2}, .source = lrt_floats(a)},
        {.name = second, .type = LRT_F32, .rank = 1, .shape = {3}, .source = lrt_floats(b)}};
    struct lrt_report report;
    assert_int_equal(lrt_write_safetensors(path, tensors, 2, NULL, 0, &report), LRT_OK);
}

static void angles_leave_out_what_is_not_covered(void **unused) {
    (void)unused;
    const float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7}, half[] = {0.5F, 1, 1.5F, 2}, none[] = {0, 0, 0},
                other[] = {-2, 1, 0, 0};
    char x[] = "/tmp/lorac-angle-x-XXXXXX", y[] = "/tmp/lorac-angle-y-XXXXXX", why[128];
    struct angle angle;
    close(mkstemp(x));
    close(mkstemp(y));
    write_gradients(y, a, b, "b");
    write_gradients(x, a, b, "b");
    assert_true(angle_between(x, y, &angle, why, sizeof why));
    assert_true(angle.cosine == 1 && angle.norm == 1 && angle.numbers == 7);
    write_gradients(x, half, none, "b");
    assert_true(angle_between(x, y, &angle, why, sizeof why));
    assert_true(fabs(angle.cosine - 1) < 1e-15 && angle.norm == 0.5 && angle.numbers == 4);
    write_gradients(x, other, b, "b");
    assert_true(angle_between(x, y, &angle, why, sizeof why));
    assert_true(fabs(angle.cosine - 110 / sqrt(115.0 * 140)) < 1e-12 && angle.numbers == 7);
    write_gradients(x, a, b, "c");
    assert_false(angle_between(x, y, &angle, why, sizeof why));
    assert_non_null(strstr(why, "tensor c"));
    unlink(x);
    assert_false(angle_between(x, y, &angle, why, sizeof why));
    assert_non_null(strstr(why, x));
    unlink(y);
}

static void means_have_errors(void **unused) {
    (void)unused;
    const double samples[] = {1, 2, 3, 6};
    const struct report_mean m = mean_of(samples, 4), one = mean_of(samples, 1);
    assert_true(m.mean == 3 && fabs(m.error - sqrt(14.0 / 3 / 4)) < 1e-12);
    assert_true(one.mean == 1 && one.error == 0);
}

// The words of all rows, joined: "--gradient a | --gradient b --page on".
static const char *rows_of(struct arena *a, const char *text) {
    size_t n;
    const char *const **rows = method_list(a, text, &n);
    const char *joined = rows ? "" : "refused";
    for (size_t i = 0; rows && i < n; i++)
        for (size_t k = 0; rows[i][k]; k++)
            joined = arena_print(a, "%s%s%s", joined, k ? " " : i ? " | " : "", rows[i][k]);
    return joined;
}

static void methods_are_rows(void **unused) {
    (void)unused;
    struct arena a = {0};
    assert_string_equal(rows_of(&a, "reverse"), "--gradient reverse");
    assert_string_equal(rows_of(&a, " reverse ,structured(tile: 8, forwards: 2), page on,update fused, zeroth(eps: 1)"),
                        "--gradient reverse | --gradient structured(tile: 8, forwards: 2) --page on --update fused | "
                        "--gradient zeroth(eps: 1)");
    assert_string_equal(rows_of(&a, "zeroth, optimizer sgd(lr: 1e-4, momentum: 0.9), forward"),
                        "--gradient zeroth --optimizer sgd(lr: 1e-4, momentum: 0.9) | --gradient forward");
    assert_string_equal(rows_of(&a, ""), "refused");
    assert_string_equal(rows_of(&a, "reverse,"), "refused");
    assert_string_equal(rows_of(&a, "page on, reverse"), "refused");
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expectations_are_what_is_drawn),
        cmocka_unit_test(many_numbers_are_no_trouble),
        cmocka_unit_test(angles_leave_out_what_is_not_covered),
        cmocka_unit_test(means_have_errors),
        cmocka_unit_test(methods_are_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
