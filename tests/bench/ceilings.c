/* Ceilings: compiled for this very processor (-march=native), so that the widest registers count. */
#include "tests/bench/ceilings.h"

#include <stdint.h>
#include <time.h>

#include "runtime/kernels/vector.h"

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
double seconds_now(void) { return seconds_of(CLOCK_MONOTONIC); }
double processor_seconds_now(void) { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

enum {
    CHAINS = 12,
    ROUNDS = 400000
}; /* enough chains to hide the latency of one, in half the registers of the least set */

double measure_fma_peak(void) {
    lrt_vec sum[CHAINS], factor = lrt_set1(0.999f), term = lrt_set1(0.001f);
    for (int i = 0; i < CHAINS; i++) sum[i] = lrt_set1((float)i);
    double start = processor_seconds_now();
    for (int round = 0; round < ROUNDS; round++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) sum[i] = lrt_fma(sum[i], factor, term);
    double seconds = processor_seconds_now() - start;
    for (int i = 1; i < CHAINS; i++) sum[0] += sum[i];
    volatile float kept = sum[0][0];
    (void)kept;
    return 2.0 * CHAINS * LRT_LANES * ROUNDS / seconds;
}

double measure_read(const void *data, size_t bytes) {
    const char *p = data;
    enum { STEP = 8 * LRT_LANES * 4 };
    lrt_uvec sum[8] = {{0}};
    double start = processor_seconds_now();
    for (size_t at = 0; at + STEP <= bytes; at += STEP)
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++) {
            lrt_uvec v;
            memcpy(&v, p + at + (size_t)i * sizeof v, sizeof v);
            sum[i] ^= v;
        }
    double seconds = processor_seconds_now() - start;
    for (int i = 1; i < 8; i++) sum[0] ^= sum[i];
    volatile uint32_t kept = sum[0][0];
    (void)kept;
    return (double)bytes / seconds;
}
