/* Optimizers against double formulas over ten steps, the norm of gradients, and random numbers against the vectors that
 * Philox was published with, against the moments of their distributions, and against themselves at any place. */
#include "runtime/core/rng.h"
#include "tests/unit/kernel_fixture.h"

enum { N = 1003, STEPS = 10, LARGE = 3000001 };

struct adamw_reference {
    double p, m, v;
};
static void adamw_reference(struct adamw_reference *x, double g, int step) {
    const double lr = 1e-2, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 0.01;
    x->p -= lr * decay * x->p;
    x->m = beta1 * x->m + (1 - beta1) * g;
    x->v = beta2 * x->v + (1 - beta2) * g * g;
    const double mhat = x->m / (1 - pow(beta1, step)), vhat = x->v / (1 - pow(beta2, step));
    x->p -= lr * mhat / (sqrt(vhat) + eps);
}
static void adamw_is_the_formula(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        if (!f) continue;
        float *p = fixture_floats(N, 1, 0.5f), *m = calloc(N, sizeof *m), *v = calloc(N, sizeof *v);
        struct adamw_reference *wanted = calloc(N, sizeof *wanted);
        for (int i = 0; i < N; i++) wanted[i].p = (double)p[i];
        for (int step = 1; step <= STEPS; step++) {
            float *g = fixture_floats(N, (uint64_t)(10 + step), 0.1f);
            lrt_adamw(&f->run, p, lrt_floats(g), m, v, N, 1e-2, 0.9, 0.999, 1e-8, 0.01, step, 0.5);
            for (int i = 0; i < N; i++) adamw_reference(wanted + i, 0.5 * (double)g[i], step);
            free(g);
        }
        for (int i = 0; i < N; i++) assert_true(fabs((double)p[i] - wanted[i].p) < 1e-6);
        free(p);
        free(m);
        free(v);
        free(wanted);
        fixture_stop(f);
    }
}

static void sgd_is_the_formula(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int momentum = 0; momentum < 2; momentum++) {
            struct fixture *f = fixture_start(kernel_sets[set], 1);
            if (!f) continue;
            float *p = fixture_floats(N, 1, 0.5f), *buf = fixture_floats(N, 2, 1); /* first step overwrites garbage */
            double wanted[N], moved[N];
            for (int i = 0; i < N; i++) wanted[i] = (double)p[i];
            for (int step = 1; step <= STEPS; step++) {
                float *g = fixture_floats(N, (uint64_t)(10 + step), 0.1f);
                lrt_sgd(&f->run, p, lrt_floats(g), momentum ? buf : NULL, N, 0.05, 0.9, 0.02, step, 2.0);
                for (int i = 0; i < N; i++) {
                    const double d = 2.0 * (double)g[i] + 0.02 * wanted[i];
                    moved[i] = momentum && step > 1 ? 0.9 * moved[i] + d : d;
                    wanted[i] -= 0.05 * moved[i];
                }
                free(g);
            }
            for (int i = 0; i < N; i++) assert_true(fabs((double)p[i] - wanted[i]) < 1e-6);
            free(p);
            free(buf);
            fixture_stop(f);
        }
}

static void updates_do_not_notice_threads_or_sets(void **state) {
    (void)state;
    float *g = fixture_floats(LARGE, 1, 1), *start = fixture_floats(LARGE, 2, 1);
    struct fixture *reference = fixture_start("reference", 1);
    float *p = fixture_copy(start, LARGE), *m = calloc(LARGE, sizeof *m), *v = calloc(LARGE, sizeof *v);
    double norm = 1, exact = 1;
    lrt_adamw(&reference->run, p, lrt_floats(g), m, v, LARGE, 1e-3, 0.9, 0.99, 1e-8, 0.1, 1, 1.0);
    lrt_sum_squares(&reference->run, &norm, lrt_floats(g), LARGE);
    for (int i = 0; i < LARGE; i++) exact += (double)g[i] * (double)g[i];
    assert_true(fabs(norm - exact) < 1e-12 * exact);
    for (int set = 1; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= 3; threads++) {
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            float *q = fixture_copy(start, LARGE);
            double sum = 1;
            memset(m, 0, LARGE * sizeof *m);
            memset(v, 0, LARGE * sizeof *v);
            lrt_adamw(&f->run, q, lrt_floats(g), m, v, LARGE, 1e-3, 0.9, 0.99, 1e-8, 0.1, 1, 1.0);
            lrt_sum_squares(&f->run, &sum, lrt_floats(g), LARGE);
            assert_same_bits(q, p, LARGE, kernel_sets[set]);
            assert_true(sum == norm);
            free(q);
            fixture_stop(f);
        }
    fixture_stop(reference);
    free(g);
    free(start);
    free(p);
    free(m);
    free(v);
}

static void philox_is_the_published_one(void **state) {
    (void)state;
    static const struct {
        struct lrt_philox counter;
        uint32_t key[2];
        struct lrt_philox wanted;
    } known[] = {
        {{{0, 0, 0, 0}}, {0, 0}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
        {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
         {0xffffffff, 0xffffffff},
         {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
        {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
         {0xa4093822, 0x299f31d0},
         {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct lrt_philox got = lrt_philox(known[i].counter, known[i].key[0], known[i].key[1]);
        for (int j = 0; j < 4; j++) assert_int_equal(got.word[j], known[i].wanted.word[j]);
    }
}

/* The Box-Muller formula in double, from the same words. */
static void normals_are_box_muller(void **state) {
    (void)state;
    enum { DRAWN = 20000 };
    static float y[DRAWN];
    lrt_random_normal(y, DRAWN, 0x123456789abcdefu, 77, 0);
    for (uint32_t i = 0; i < DRAWN; i += 2) {
        const struct lrt_philox x = lrt_philox((struct lrt_philox){{i / 4, 0, 77, 0}}, 0x89abcdef, 0x1234567);
        const double u = ((double)x.word[i % 4] + 0.5) / 4294967296.0,
                     iteration = (double)x.word[i % 4 + 1] / 4294967296.0;
        const double r = sqrt(-2 * log(u)), angle = 2 * acos(-1) * iteration;
        assert_true(fabs((double)y[i] - r * cos(angle)) < 4e-6);
        assert_true(fabs((double)y[i + 1] - r * sin(angle)) < 4e-6);
    }
}

static void moments_are_right(void **state) {
    (void)state;
    enum { DRAWN = 400000 };
    float *y = malloc(DRAWN * sizeof *y);
    double moment[4] = {0};
    lrt_random_normal(y, DRAWN, 1, 2, 3);
    for (int i = 0; i < DRAWN; i++)
        for (int k = 0; k < 4; k++) moment[k] += pow((double)y[i], k + 1) / DRAWN;
    assert_true(fabs(moment[0]) < 0.008 && fabs(moment[1] - 1) < 0.012);
    assert_true(fabs(moment[2]) < 0.03 && fabs(moment[3] - 3) < 0.08);
    double mean = 0, square = 0;
    lrt_random_uniform(y, DRAWN, -2, 6, 1, 2, 3);
    for (int i = 0; i < DRAWN; i++) {
        assert_true(y[i] >= -2 && y[i] < 6);
        mean += (double)y[i] / DRAWN;
        square += (double)y[i] * (double)y[i] / DRAWN;
    }
    assert_true(fabs(mean - 2) < 0.02 && fabs(square - mean * mean - 64.0 / 12) < 0.05);
    free(y);
}

static void any_place_can_be_drawn_alone(void **state) {
    (void)state;
    float all[300], some[300];
    for (int kind = 0; kind < 2; kind++) {
        const uint64_t base = 0xfffffff0u * 4ull; /* the block counter passes 32 bits */
        if (kind)
            lrt_random_uniform(all, 300, 0, 1, 5, 6, base);
        else
            lrt_random_normal(all, 300, 5, 6, base);
        for (int first = 0; first < 150; first += 7)
            for (int n = 0; n < 140; n += 13) {
                if (kind)
                    lrt_random_uniform(some, n, 0, 1, 5, 6, base + (uint64_t)first);
                else
                    lrt_random_normal(some, n, 5, 6, base + (uint64_t)first);
                assert_same_bits(some, all + first, n, "random numbers");
            }
        lrt_random_normal(some, 300, 5, 7, base);
        assert_true(memcmp(some, all, sizeof all) != 0);
        lrt_random_normal(some, 300, 6, 6, base);
        assert_true(memcmp(some, all, sizeof all) != 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adamw_is_the_formula),
        cmocka_unit_test(sgd_is_the_formula),
        cmocka_unit_test(updates_do_not_notice_threads_or_sets),
        cmocka_unit_test(philox_is_the_published_one),
        cmocka_unit_test(normals_are_box_muller),
        cmocka_unit_test(moments_are_right),
        cmocka_unit_test(any_place_can_be_drawn_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
