/* Kernel fixture: see the header. Pools and scratch are as large as lrt.h asks, and full of garbage. */
#include "tests/unit/kernel_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const kernel_sets[KERNEL_SETS] = {"reference", "portable",
#if defined(__x86_64__)
                                              "avx2", "avx512"
#elif defined(__aarch64__)
                                              "neon"
#endif
};

int kernel_set_must_run(const char *set) {
#if defined(__x86_64__)
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (strcmp(set, "avx2") == 0) return avx2;
    if (strcmp(set, "avx512") == 0) return avx512;
#endif
    (void)set;
    return 1;
}

void fixture_stop(struct fixture *f) {
    lrt_stop(&f->run);
    free(f->pool);
    free(f->scratch);
    free(f);
}

struct fixture *fixture_start(const char *set, int threads) {
    struct fixture *f = calloc(1, sizeof *f);
    const size_t pool = lrt_pool_bytes(threads);
    f->pool = aligned_alloc(LRT_ALIGNMENT, (pool + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    f->scratch = aligned_alloc(LRT_ALIGNMENT, FIXTURE_SCRATCH);
    memset(f->scratch, 0x7f, FIXTURE_SCRATCH); /* large garbage: nothing may read scratch before writing it */
    assert_int_equal(lrt_start(&f->run, threads, f->pool, f->scratch, FIXTURE_SCRATCH), LRT_OK);
    if (lrt_choose_kernels(&f->run, set) == LRT_OK) return f;
    const char *name = set ? set : "best";
    if (!set || kernel_set_must_run(set)) fail_msg("this processor runs the %s kernels, and they are not chosen", name);
    printf("[  SKIPPED ] %s kernels: this processor does not run them\n", name);
    fixture_stop(f);
    return NULL;
}

float *fixture_floats(int64_t n, uint64_t tensor, float scale) {
    float *x = malloc((size_t)(n + 1) * sizeof *x);
    lrt_random_normal(x, n, 42, tensor, 0);
    for (int64_t i = 0; i < n; i++) x[i] *= scale;
    return x;
}

float *fixture_copy(const float *x, int64_t n) {
    float *y = malloc((size_t)(n + 1) * sizeof *y);
    memcpy(y, x, (size_t)n * sizeof *y);
    return y;
}

void assert_same_bits(const void *a, const void *b, int64_t n, const char *what) {
    if (memcmp(a, b, (size_t)n * sizeof(float)) == 0) return;
    const float *x = a, *y = b;
    for (int64_t i = 0; i < n; i++)
        if (memcmp(x + i, y + i, sizeof *x) != 0)
            fail_msg("%s: element %d: %.9g and %.9g", what, (int)i, (double)x[i], (double)y[i]);
}

void assert_near(const float *x, const double *y, int64_t n, double tolerance, const char *what) {
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)x[i] - y[i]) <= tolerance * (1 + fabs(y[i]))))
            fail_msg("%s: element %d: %.9g, should be %.9g", what, (int)i, (double)x[i], y[i]);
}
