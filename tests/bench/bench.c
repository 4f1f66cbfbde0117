/* Bench: speed of the products at the shapes of two models, beside OpenBLAS and this processor's ceilings of the same
 * run.
 *
 *     bench [--threads N] [--tokens N] [--kernels NAME] [--rounds N]
 *
 * Every line is the median of interleaved rounds (ours, OpenBLAS, peak, ours, ...), so that a noisy machine disturbs
 * all alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef HAVE_OPENBLAS
#include <cblas.h>
void openblas_set_num_threads(int threads);
#endif

#include "runtime/formats/blocks.h"
#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>
#include "tests/bench/ceilings.h"

enum { MAX_ROUNDS = 99, RANK = 8 };

struct options {
    int threads, rounds;
    int64_t tokens;
    const char *kernels;
};

enum product { FORWARD, BACKWARD, DOWN, GRADIENT_A, GRADIENT_B };
static const char *const product_names[] = {"linear", "linear_dx", "x A^T", "dA +=", "dB +="};

struct line {
    enum product product;
    uint32_t type;
    int64_t n, in, out;
};

struct bench {
    struct lrt c;
    struct options options;
    float *x, *y, *a, *b, *h;
    void *weights;
};

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, ascending);
    return values[n / 2];
}

/* With one thread, processor time. */
static double now(const struct bench *b) { return b->options.threads == 1 ? processor_seconds_now() : seconds_now(); }

static double flops(const struct line *l) {
    double n = (double)l->n, in = (double)l->in, out = (double)l->out;
    switch (l->product) {
    case FORWARD:
    case BACKWARD: return 2 * n * in * out;
    case DOWN:
    case GRADIENT_A: return 2 * n * in * RANK;
    default: return 2 * n * out * RANK;
    }
}

static void run_ours(struct bench *b, const struct line *l) {
    const struct lrt_tensor w = lrt_matrix(b->weights, l->type, l->out, l->in);
    const struct lrt_tensor x = lrt_f32(b->x, l->n, l->in), y = lrt_f32(b->y, l->n, l->out);
    const struct lrt_tensor h = lrt_f32(b->h, l->n, RANK), da = lrt_f32(b->a, RANK, l->in),
                            db = lrt_f32(b->b, l->out, RANK);
    switch (l->product) {
    case FORWARD: lrt_linear(&b->c, &(struct lrt_linear_args){.y = &y, .x = &x, .w = &w}); break;
    case BACKWARD: lrt_linear_dx(&b->c, &(struct lrt_linear_dx_args){.dx = &x, .dy = &y, .w = &w, .scale = 1}); break;
    case DOWN: lrt_linear(&b->c, &(struct lrt_linear_args){.y = &h, .x = &x, .w = &da}); break;
    case GRADIENT_A: lrt_outer_acc(&b->c, &(struct lrt_outer_args){.dw = &da, .g = &h, .x = &x, .scale = 1e-3f}); break;
    case GRADIENT_B: lrt_outer_acc(&b->c, &(struct lrt_outer_args){.dw = &db, .g = &y, .x = &h, .scale = 1e-3f}); break;
    }
}

/* The same product by OpenBLAS on floats; 0 when it is not there. */
static double time_blas(struct bench *b, const struct line *l) {
#ifdef HAVE_OPENBLAS
    int n = (int)l->n, in = (int)l->in, out = (int)l->out;
    const float *w = b->weights;
    double start = now(b);
    switch (l->product) {
    case FORWARD:
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, out, in, 1, b->x, in, w, in, 0, b->y, out);
        break;
    case BACKWARD:
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, in, out, 1, b->y, out, w, in, 0, b->x, in);
        break;
    case DOWN:
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, RANK, in, 1, b->x, in, b->a, in, 0, b->h, RANK);
        break;
    case GRADIENT_A:
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, RANK, in, n, 1e-3f, b->h, RANK, b->x, in, 1, b->a, in);
        break;
    case GRADIENT_B:
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, RANK, n, 1e-3f, b->y, out, b->h, RANK, 1, b->b, RANK);
        break;
    }
    return now(b) - start;
#else
    (void)b;
    (void)l;
    return 0;
#endif
}

static void fill(float *x, int64_t n) {
    uint32_t state = 1;
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = ((float)(state >> 8) / (float)(1 << 23) - 1) * 0.1f;
    }
}

static void fill_weights(struct bench *b, const struct line *l) {
    size_t bytes = lrt_row_bytes(l->type, (size_t)l->in);
    fill(b->x, l->in);
    for (int64_t r = 0; r < l->out; r++) lrt_quantise((char *)b->weights + (size_t)r * bytes, b->x, l->type, l->in);
}

/* OpenBLAS' threads wait for more work with a busy processor, some 20 ms; ours would share it with them. */
static void let_threads_sleep(void) { nanosleep(&(struct timespec){0, 60 * 1000 * 1000}, NULL); }

static void measure(struct bench *b, const struct line *l) {
    double ours[MAX_ROUNDS], blas[MAX_ROUNDS], peak[MAX_ROUNDS];
    fill_weights(b, l);
    int with_blas = l->type == LRT_F32; /* other bytes are not numbers to it */
    for (int r = 0; r < b->options.rounds; r++) {
        fill(b->x, l->n * l->in);
        fill(b->y, l->n * l->out);
        fill(b->h, l->n * RANK);
        double start = now(b);
        run_ours(b, l);
        ours[r] = now(b) - start;
        fill(b->x, l->n * l->in);
        fill(b->y, l->n * l->out);
        blas[r] = with_blas ? time_blas(b, l) : 0;
        if (with_blas) let_threads_sleep();
        peak[r] = measure_fma_peak() * b->options.threads;
    }
    double work = flops(l), seconds = median(ours, b->options.rounds), other = median(blas, b->options.rounds);
    double top = median(peak, b->options.rounds), rate = work / seconds;
    printf("%-9s %5lld x %5lld %7lld  %-5s %9.1f", product_names[l->product], (long long)l->n, (long long)l->in,
           (long long)l->out, l->product <= BACKWARD ? lrt_type_name(l->type) : "", rate * 1e-9);
    if (other > 0)
        printf(" %9.1f %6.2f", work / other * 1e-9, other / seconds);
    else
        printf(" %9s %6s", "-", "-");
    printf(" %8.1f %5.0f %%\n", top * 1e-9, 100 * rate / top);
    fflush(stdout);
}

static const struct {
    const char *model;
    int64_t shapes[5][2]; /* [out, in] */
} models[] = {
    {"SmolLM2-135M", {{576, 576}, {192, 576}, {1536, 576}, {576, 1536}, {0, 0}}},
    {"Qwen2.5-0.5B", {{896, 896}, {128, 896}, {4864, 896}, {896, 4864}, {0, 0}}},
};

static void heading(void) {
    printf("%-9s %5s   %5s %7s  %-5s %9s %9s %6s %8s %7s\n", "product", "n", "in", "out", "type", "GFLOP/s", "OpenBLAS",
           "ratio", "peak", "of peak");
}

static void run_model(struct bench *b, size_t m) {
    static const uint32_t types[] = {
#define FORMAT(TYPE, ...) LRT_##TYPE,
#include "runtime/formats/formats.def"
#undef FORMAT
    };
    printf("\n%s, %lld tokens, %d thread%s, %s kernels\n", models[m].model, (long long)b->options.tokens,
           b->options.threads, b->options.threads == 1 ? "" : "s", lrt_kernels_name(&b->c));
    heading();
    int64_t n = b->options.tokens;
    for (int s = 0; models[m].shapes[s][0] != 0; s++)
        for (int p = FORWARD; p <= GRADIENT_B; p++)
            measure(b, &(struct line){(enum product)p, LRT_F32, n, models[m].shapes[s][1], models[m].shapes[s][0]});
    int64_t out = models[m].shapes[2][0], in = models[m].shapes[2][1];
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        const int64_t blocks = (int64_t)lrt_type_block(types[t]).elements;
        const int64_t columns = (in + blocks - 1) / blocks * blocks;
        measure(b, &(struct line){FORWARD, types[t], n, columns, out});
        measure(b, &(struct line){BACKWARD, types[t], n, columns, out});
    }
}

/* One row, as when text is generated: the weights are read once, so bytes a second count. */
static void run_single_row(struct bench *b) {
    static const uint32_t types[] = {LRT_F32, LRT_F16, LRT_Q8_0, LRT_Q5_0, LRT_Q4_0, LRT_Q4_K, LRT_Q6_K};
    int64_t in = 768, out = 32768;
    printf("\none row of %lld by %lld weights\n%-5s %9s %9s %9s %9s\n", (long long)in, (long long)out, "type", "GB/s",
           "GFLOP/s", "read GB/s", "of read");
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        struct line l = {FORWARD, types[t], 1, in, out};
        double ours[MAX_ROUNDS], reads[MAX_ROUNDS];
        size_t bytes = lrt_row_bytes(l.type, (size_t)in) * (size_t)out;
        fill_weights(b, &l);
        for (int r = 0; r < b->options.rounds; r++) {
            double start = now(b);
            run_ours(b, &l);
            ours[r] = now(b) - start;
            reads[r] = measure_read(b->weights, bytes);
        }
        double seconds = median(ours, b->options.rounds), read = median(reads, b->options.rounds) * b->options.threads;
        printf("%-5s %9.2f %9.2f %9.2f %7.0f %%\n", lrt_type_name(l.type), (double)bytes / seconds * 1e-9,
               flops(&l) / seconds * 1e-9, read * 1e-9, 100 * (double)bytes / seconds / read);
    }
}

static int usage(const char *wrong) {
    fprintf(stderr, "bench: %s\nusage: bench [--threads N] [--tokens N] [--kernels NAME] [--rounds N]\n", wrong);
    return 2;
}

static int read_options(struct options *o, int count, char **words) {
    *o = (struct options){.threads = 2, .rounds = 9, .tokens = 256, .kernels = NULL};
    for (int i = 1; i < count; i += 2) {
        if (i + 1 == count) return usage("an option has no value");
        const char *name = words[i], *value = words[i + 1];
        long number = strtol(value, NULL, 10);
        if (strcmp(name, "--kernels") == 0)
            o->kernels = value;
        else if (number < 1)
            return usage("a number must be 1 or more");
        else if (strcmp(name, "--threads") == 0 && number <= LRT_MAX_THREADS)
            o->threads = (int)number;
        else if (strcmp(name, "--tokens") == 0 && number <= 65536)
            o->tokens = number;
        else if (strcmp(name, "--rounds") == 0 && number <= MAX_ROUNDS)
            o->rounds = (int)number;
        else
            return usage(name);
    }
    return 0;
}

static void *memory(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    if (p == NULL) {
        fprintf(stderr, "bench: out of memory\n");
        exit(1);
    }
    memset(p, 0, bytes);
    return p;
}

int main(int count, char **words) {
    struct bench b = {.options = {0}};
    int wrong = read_options(&b.options, count, words);
    if (wrong) return wrong;
    int64_t n = b.options.tokens, widest = 4864 + 256, scratch = lrt_linear_scratch(n, widest, RANK, b.options.threads);
    int status = lrt_start(&b.c, b.options.threads, memory(lrt_pool_bytes(b.options.threads)), memory((size_t)scratch),
                           (size_t)scratch);
    if (status == LRT_OK && b.options.kernels != NULL) status = lrt_choose_kernels(&b.c, b.options.kernels);
    if (status != LRT_OK) {
        fprintf(stderr, "bench: %s\n", lrt_error(&b.c));
        return 1;
    }
    size_t activations = (size_t)(n * widest) * sizeof(float);
    b.x = memory(activations);
    b.y = memory(activations + 32768 * sizeof(float));
    b.a = memory((size_t)(RANK * widest) * sizeof(float));
    b.b = memory((size_t)(RANK * widest) * sizeof(float));
    b.h = memory((size_t)(RANK * n) * sizeof(float));
    b.weights = memory(32768 * 768 * sizeof(float));
#ifdef HAVE_OPENBLAS
    openblas_set_num_threads(b.options.threads);
#endif
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) run_model(&b, m);
    run_single_row(&b);
    lrt_stop(&b.c);
    return 0;
}
