/* Several steps of optimizers; the norm of large gradients; and random numbers against the published test vectors of
 * Philox, the moments of their distributions, and themselves from any position on. */
#include "runtime/core/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/kernel_fixture.h"
#include "tests/unit/tensors.h"

enum { LARGE = 3000001 };

/* The first step overwrites the momentum buffer. */
static void momentum_begins_as_the_gradient(void **state) {
    (void)state;
    enum { N = 37 };
    float *g = fixture_floats(N, 1, 1), *p = fixture_floats(N, 2, 1), *buf = fixture_floats(N, 3, 1);
    struct fixture *f = fixture_start(NULL, 1);
    struct lrt_sgd_args args = {.p = F32(p, 1, N), .g = F32(g, 1, N), .buf = F32(buf, 1, N)};
    args.momentum = 0.9;
    args.grad_scale = 1;
    args.step = 1;
    lrt_sgd(&f->run, &args);
    assert_same_bits(buf, g, N, "the first step");
    args.step = 2;
    lrt_sgd(&f->run, &args);
    for (int i = 0; i < N; i++) assert_true(fabs((double)buf[i] - 1.9 * (double)g[i]) < 1e-6);
    fixture_stop(f);
    free(g);
    free(p);
    free(buf);
}

/* More blocks than scratch has sums. */
static void large_sums_do_not_notice_threads_or_sets(void **state) {
    (void)state;
    float *g = fixture_floats(LARGE, 1, 1);
    double norm = 0, exact = 1;
    for (int i = 0; i < LARGE; i++) exact += (double)g[i] * (double)g[i];
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= 3; threads++) {
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            double sum = 1;
            lrt_sum_squares(&f->run, &(struct lrt_sum_squares_args){.sum = F64(&sum, 1), .g = F32(g, 1, LARGE)});
            if (norm == 0) norm = sum;
            assert_true(sum == norm && fabs(sum - exact) < 1e-12 * exact);
            fixture_stop(f);
        }
    free(g);
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
        const double u = ((double)x.word[i % 4] + 0.5) / 4294967296.0, turn = (double)x.word[i % 4 + 1] / 4294967296.0;
        const double r = sqrt(-2 * log(u)), angle = 2 * acos(-1) * turn;
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
        cmocka_unit_test(momentum_begins_as_the_gradient),
        cmocka_unit_test(large_sums_do_not_notice_threads_or_sets),
        cmocka_unit_test(philox_is_the_published_one),
        cmocka_unit_test(normals_are_box_muller),
        cmocka_unit_test(moments_are_right),
        cmocka_unit_test(any_place_can_be_drawn_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
