/* Noise: the kernel against lrt_random_normal in every set, generated tensors against their definition, the tensors of
 * a shard, and that directions are normal and uncorrelated. */
#include "runtime/kernels/kernel_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/kernels/generated.h"
#include "tests/unit/kernel_fixture.h"
#include "tests/unit/tensors.h"

enum { DRAWN = 700 };

static void every_set_draws_the_same(void **state) {
    (void)state;
    float z[DRAWN], base[DRAWN], y[DRAWN], want[DRAWN];
    const int64_t starts[] = {0, 1, 2, 3, 4, 61, 64, (int64_t)0xfffffff0u * 4, (int64_t)0xfffffff0u * 4 + 7};
    const int64_t counts[] = {0, 1, 3, 4, 15, 31, 32, 63, 64, 65, 127, 250, DRAWN};
    lrt_random_normal(base, DRAWN, 1, 2, 3);
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        if (!f) continue;
        for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
            for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
                const int64_t n = counts[k];
                lrt_random_normal(z, n, 0x123456789abcdefu, (uint64_t)3 << 32 | 5, (uint64_t)starts[s]);
                for (int64_t i = 0; i < n; i++) z[i] = -0.37f * z[i];
                for (int64_t i = 0; i < n; i++) want[i] = base[i] + z[i];
                y[n < DRAWN ? n : 0] = 77;
                f->run.kernels->noise(y, NULL, -0.37f, 0x123456789abcdefu, (uint64_t)3 << 32 | 5, starts[s], n);
                assert_same_bits(y, z, n, "noise");
                assert_true(n == DRAWN || y[n] == 77);
                f->run.kernels->noise(y, base, -0.37f, 0x123456789abcdefu, (uint64_t)3 << 32 | 5, starts[s], n);
                assert_same_bits(y, want, n, "noise on floats");
                memcpy(y, base, sizeof y);
                f->run.kernels->noise(y, y, -0.37f, 0x123456789abcdefu, (uint64_t)3 << 32 | 5, starts[s], n);
                assert_same_bits(y, want, n, "noise in place");
            }
        fixture_stop(f);
    }
}

/* z by its definition: the stream of (tangent + 1, tensor number) under the step's key. */
static void direction(float *z, int64_t n, uint64_t seed, int64_t step, int tangent, uint32_t number, int64_t first) {
    lrt_random_normal(z, n, lrt_noise_key(seed, step), (uint64_t)(tangent + 1) << 32 | number, (uint64_t)first);
}

static void generated_tensors_are_what_they_say(void **state) {
    (void)state;
    float base[DRAWN], z[DRAWN], y[DRAWN], zeros[DRAWN] = {0};
    const struct lrt_noise noise = {.seed = 7, .step = 3, .shard = 2, .shards = 3, .scale = 0.01f};
    struct lrt_noise still = noise, all = noise;
    still.scale = 0;
    all.shard = all.shards = 0;
    lrt_random_normal(base, DRAWN, 1, 2, 3);
    for (uint32_t number = 0; number < 13; number++) { /* pairs 1 and 4 are shard 2's */
        const int assigned = number / 2 == 1 || number / 2 == 4;
        const struct lrt_tensor perturbed = lrt_perturbed(base, number, 1, DRAWN);
        const struct lrt_tensor tangent = lrt_tangent(2, number, 1, DRAWN), resolved = lrt_resolve(&still, &perturbed);
        const struct lrt_tensor resolved_tangent = lrt_resolve(&noise, &tangent);
        const int64_t first = 5 * number, n = DRAWN - first;
        direction(z, n, 7, 3, 2, number, first);
        lrt_generated_floats(&all, y, &tangent, first, n);
        assert_same_bits(y, z, n, "a tangent of all tensors");
        lrt_generated_floats(&noise, y, &tangent, first, n);
        assert_same_bits(y, assigned ? z : zeros, n, "a tangent");
        direction(z, n, 7, 3, 0, number, first);
        for (int64_t i = 0; i < n; i++) z[i] = 0.01f * z[i];
        for (int64_t i = 0; i < n; i++) z[i] = base[first + i] + z[i];
        lrt_generated_floats(&noise, y, &perturbed, first, n);
        assert_same_bits(y, assigned ? z : base + first, n, "a perturbed tensor");
        lrt_generated_floats(&still, y, &perturbed, first, n);
        assert_same_bits(y, base + first, n, "a perturbed tensor without perturbation");
        assert_true(resolved.data == base && !lrt_is_generated(&resolved));
        assert_true(lrt_is_absent(&resolved_tangent) == !assigned);
    }
    lrt_generated_floats(&noise, y, F32(base, 1, DRAWN), 9, 80);
    assert_same_bits(y, base + 9, 80, "floats");
}

static const struct lrt_noise_term terms[] = {
    {7, 3, 0, 0, 0, 0.5f}, {7, 3, 1, 1, 2, -2}, {9, 3, 0, 2, 2, 1.5f}, {7, 4, 0, 0, 0, 3e-4f}, {7, 3, 5, 3, 4, 8}};
enum { TERMS = sizeof terms / sizeof *terms };

/* The sum of the terms in order, not starting from 0, without those whose shard does not have the tensor. */
static void estimate(float *y, int64_t n, uint32_t number, int64_t first, size_t n_terms) {
    float *z = malloc((size_t)(n + 1) * sizeof *z);
    int added = 0;
    memset(y, 0, (size_t)n * sizeof *y);
    for (size_t t = 0; t < n_terms; t++) {
        const struct lrt_noise_term *m = &terms[t];
        if (m->shards && (int32_t)(number / 2) % m->shards != m->shard - 1) continue;
        direction(z, n, m->seed, m->step, m->tangent, number, first);
        for (int64_t i = 0; i < n; i++) z[i] = m->scalar * z[i];
        for (int64_t i = 0; i < n; i++) y[i] = added ? y[i] + z[i] : z[i];
        added = 1;
    }
    free(z);
}
static void estimates_add_up_their_terms(void **state) {
    (void)state;
    enum { MANY = 5000 };
    float *y = malloc(MANY * sizeof *y), *want = malloc(MANY * sizeof *want);
    for (uint32_t number = 0; number < 9; number++)
        for (size_t n_terms = 0; n_terms <= TERMS; n_terms++) {
            const struct lrt_noise noise = {.seed = 1, .step = 1, .terms = terms, .n_terms = n_terms};
            const struct lrt_tensor t = lrt_estimated(number, 1, MANY);
            const int64_t first = 77 * number, n = MANY - (int64_t)number;
            memset(y, 0x7f, MANY * sizeof *y);
            lrt_generated_floats(&noise, y, &t, first, n);
            estimate(want, n, number, first, n_terms);
            assert_same_bits(y, want, n, "an estimate");
        }
    free(y);
    free(want);
}

/* x: parameter, anything, second moment, moment */
static void adamw(struct fixture *f, float *const x[4], const struct lrt_tensor *g, int64_t step) {
    const struct lrt_adamw_args args = {.p = F32(x[0], 1, g->columns),
                                        .g = g,
                                        .m = F32(x[3], 1, g->columns),
                                        .v = F32(x[2], 1, g->columns),
                                        .learning_rate = 1e-3,
                                        .beta1 = 0.9,
                                        .beta2 = 0.99,
                                        .eps = 1e-8,
                                        .weight_decay = 0.1,
                                        .grad_scale = 0.5,
                                        .step = step};
    lrt_adamw(&f->run, &args);
}
static void sgd(struct fixture *f, float *p, const struct lrt_tensor *g, float *buf, int64_t step) {
    const struct lrt_sgd_args args = {.p = F32(p, 1, g->columns),
                                      .g = g,
                                      .buf = buf ? F32(buf, 1, g->columns) : NULL,
                                      .learning_rate = 1e-2,
                                      .momentum = buf ? 0.9 : 0,
                                      .weight_decay = 0.01,
                                      .grad_scale = 0.5,
                                      .step = step};
    lrt_sgd(&f->run, &args);
}

static void estimate_in(struct fixture *f, int64_t n, uint32_t number) {
    float *g = malloc((size_t)n * sizeof *g), *p[4], *q[4];
    const struct lrt_tensor generated = lrt_estimated(number, 1, n), plain = lrt_f32(g, 1, n);
    double sum = 0.25, plain_sum = 0.25;
    for (int i = 0; i < 4; i++) {
        p[i] = fixture_floats(n, (uint64_t)i, i == 2 ? 0 : 1); /* parameter, momentum, second moment, moment */
        q[i] = fixture_copy(p[i], n);
    }
    f->run.noise = (struct lrt_noise){.seed = 1, .step = 1, .terms = terms, .n_terms = TERMS};
    estimate(g, n, number, 0, TERMS);
    lrt_sum_squares(&f->run, &(struct lrt_sum_squares_args){.sum = F64(&sum, 1), .g = &generated});
    lrt_sum_squares(&f->run, &(struct lrt_sum_squares_args){.sum = F64(&plain_sum, 1), .g = &plain});
    assert_true(sum == plain_sum);
    adamw(f, p, &generated, 2);
    adamw(f, q, &plain, 2);
    sgd(f, p[0], &generated, p[1], 2);
    sgd(f, q[0], &plain, q[1], 2);
    sgd(f, p[0], &generated, NULL, 3);
    sgd(f, q[0], &plain, NULL, 3);
    for (int i = 0; i < 4; i++) {
        assert_same_bits(p[i], q[i], n, "updated with an estimate");
        free(p[i]);
        free(q[i]);
    }
    free(g);
}
static void updates_take_estimates(void **state) {
    (void)state;
    const int64_t sizes[] = {1, 7, 16, 1023, 1024, 1025, 4096, 4097, 20011};
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= 2; threads++) {
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                for (uint32_t number = 0; number < 5; number += 2) estimate_in(f, sizes[i], number);
            fixture_stop(f);
        }
}

/* Neither decay nor momentum changes a tensor of another shard, or any tensor in an update without terms. */
static void tensors_without_a_term_stay_as_they_are(void **state) {
    (void)state;
    enum { N = 40 };
    static const struct lrt_noise_term first_shard = {.seed = 1, .step = 1, .shard = 1, .shards = 2, .scalar = 1};
    struct fixture *f = fixture_start("portable", 1);
    assert_non_null(f);
    for (size_t n_terms = 0; n_terms < 2; n_terms++)
        for (uint32_t number = 0; number < 6; number++) {
            const struct lrt_tensor generated = lrt_estimated(number, 1, N);
            float *p = fixture_floats(N, 1, 1), *was = fixture_copy(p, N), *m = fixture_floats(N, 2, 1),
                  *v = fixture_floats(N, 3, 0);
            f->run.noise = (struct lrt_noise){.seed = 1, .step = 1, .terms = &first_shard, .n_terms = n_terms};
            const int stays = n_terms == 0 || number / 2 % 2 == 1;
            sgd(f, p, &generated, m, 2);
            assert_int_equal(memcmp(p, was, N * sizeof *p) == 0, stays);
            adamw(f, (float *const[]){p, NULL, v, m}, &generated, 2);
            assert_int_equal(memcmp(p, was, N * sizeof *p) == 0, stays);
            free(p);
            free(was);
            free(m);
            free(v);
        }
    fixture_stop(f);
}

/* Sums over some 100000 numbers have a standard deviation of 1 / sqrt(100000) = 0.0032. */
static void directions_have_nothing_in_common(void **state) {
    (void)state;
    enum { MANY = 100000, WAYS = 7 };
    float *z[WAYS];
    for (int i = 0; i < WAYS; i++) z[i] = malloc(MANY * sizeof **z);
    direction(z[0], MANY, 7, 3, 0, 4, 0);
    direction(z[1], MANY, 7, 3, 0, 5, 0);                       /* another tensor */
    direction(z[2], MANY, 7, 3, 1, 4, 0);                       /* tangent */
    direction(z[3], MANY, 7, 4, 0, 4, 0);                       /* step */
    direction(z[4], MANY, 8, 3, 0, 4, 0);                       /* seed */
    direction(z[5], MANY, 7, 3, 0, 4, MANY);                    /* place */
    lrt_random_normal(z[6], MANY, 7, (uint64_t)1 << 32 | 4, 0); /* not a direction: the seed itself as key */
    for (int i = 0; i < WAYS; i++) {
        double mean = 0, square = 0, cube = 0, fourth = 0, next = 0;
        for (int k = 0; k < MANY; k++) {
            const double x = (double)z[i][k];
            mean += x / MANY;
            square += x * x / MANY;
            cube += x * x * x / MANY;
            fourth += x * x * x * x / MANY;
            next += x * (double)z[i][(k + 1) % MANY] / MANY;
        }
        assert_true(fabs(mean) < 0.015 && fabs(square - 1) < 0.022 && fabs(next) < 0.015);
        assert_true(fabs(cube) < 0.06 && fabs(fourth - 3) < 0.16);
        for (int j = 0; j < i; j++) {
            double both = 0, squares = 0;
            for (int k = 0; k < MANY; k++) {
                both += (double)z[i][k] * (double)z[j][k] / MANY;
                squares += ((double)z[i][k] * (double)z[i][k] - 1) * ((double)z[j][k] * (double)z[j][k] - 1) / MANY;
            }
            assert_true(fabs(both) < 0.015 && fabs(squares) < 0.03);
        }
    }
    for (int i = 0; i < WAYS; i++) free(z[i]);
}

/* A server computes a client's update from these numbers alone, so they must never change. */
static void keys_are_for_ever(void **state) {
    (void)state;
    float z[2];
    assert_true(lrt_noise_key(0, 0) != lrt_noise_key(0, 1) && lrt_noise_key(0, 1) != lrt_noise_key(1, 0));
    assert_true(lrt_noise_key(0, 1) != lrt_noise_key(0, (int64_t)1 << 32 | 1));
    direction(z, 2, 42, 1, 0, 6, 0);
    assert_true(lrt_noise_key(42, 1) == 0xab0281f9094a9a09u);
    assert_true(z[0] == -0.331324875f && z[1] == -1.68612361f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_draws_the_same),
        cmocka_unit_test(generated_tensors_are_what_they_say),
        cmocka_unit_test(estimates_add_up_their_terms),
        cmocka_unit_test(updates_take_estimates),
        cmocka_unit_test(tensors_without_a_term_stay_as_they_are),
        cmocka_unit_test(directions_have_nothing_in_common),
        cmocka_unit_test(keys_are_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
