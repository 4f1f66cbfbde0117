/* Ceilings of this moment with N threads, for a benchmark of whole steps: `bench_ceilings [THREADS]` prints
 *     PEAK OPENBLAS
 * in GFLOP/s: independent fused multiply-adds on all threads at once, and sgemm at the products of a small model (0
 * when built without OpenBLAS). Medians. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_OPENBLAS
#include <cblas.h>
void openblas_set_num_threads(int threads);
#endif

#include "tests/bench/ceilings.h"

enum { ROUNDS = 7, MOST_THREADS = 64, TOKENS = 256 };

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, ascending);
    return values[n / 2];
}

static void *peak_of_thread(void *result) {
    *(double *)result = measure_fma_peak();
    return NULL;
}

static double peak_of_all(int threads) {
    pthread_t thread[MOST_THREADS];
    double rate[MOST_THREADS], sum = 0;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread[i], NULL, peak_of_thread, &rate[i])) return 0;
    peak_of_thread(&rate[0]);
    for (int i = 1; i < threads; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < threads; i++) sum += rate[i];
    return sum;
}

#ifdef HAVE_OPENBLAS
/* One pass over the projections of a layer of SmolLM2-135M: [out, in]. */
static double sgemm_rate(float *x, float *w, float *y) {
    static const int shapes[][2] = {{576, 576},  {192, 576},  {192, 576}, {576, 576},
                                    {1536, 576}, {1536, 576}, {576, 1536}};
    double flops = 0, start = seconds_now();
    for (int again = 0; again < 4; again++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            int out = shapes[i][0], in = shapes[i][1];
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, TOKENS, out, in, 1, x, in, w, in, 0, y, out);
            flops += 2.0 * TOKENS * out * in;
        }
    return flops / (seconds_now() - start);
}
#endif

int main(int argc, char **argv) {
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    double peak[ROUNDS], blas[ROUNDS] = {0};
    if (threads < 1 || threads > MOST_THREADS) return 2;
#ifdef HAVE_OPENBLAS
    openblas_set_num_threads(threads);
    float *x = calloc(TOKENS * 1536, sizeof *x), *w = calloc(1536 * 576, sizeof *w),
          *y = calloc(TOKENS * 1536, sizeof *y);
    if (!x || !w || !y) return 1;
    sgemm_rate(x, w, y);
#endif
    for (int i = 0; i < ROUNDS; i++) {
        peak[i] = peak_of_all(threads);
#ifdef HAVE_OPENBLAS
        blas[i] = sgemm_rate(x, w, y);
#endif
    }
#ifdef HAVE_OPENBLAS
    free(x), free(w), free(y);
#endif
    printf("%.1f %.1f\n", median(peak, ROUNDS) * 1e-9, median(blas, ROUNDS) * 1e-9);
    return 0;
}
