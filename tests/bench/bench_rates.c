/* Rates: how fast every kind of kernel runs on so many rows at a time, as rows of compiler/cost/rates.def.
 *
 *     bench_rates [--threads N] [--rounds N]
 *
 * A rate is the best of interleaved rounds, so that a noisy machine disturbs it little, and never falls as the rows
 * grow. Products are of Q4_0 weights, at the shapes of a small model's layer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>
#include "tests/bench/ceilings.h"

enum { WIDTH = 576, WIDE = 1536, RANK = 8, ROWS = 256, SEQ = 256, HEADS = 9, KV_HEADS = 3, HEAD = 64 };
/* a vocabulary, a chunk of it at a time; rows that are measured */
enum { FAR = 49152, FAR_CHUNK = 512, FAR_ROWS = 64 };

struct bench {
    struct lrt c;
    int threads, rounds;
    double aside; /* seconds of this round that are another kind's */
    float *x, *y, *z, *small, *table, *k, *v, *dk, *dv, *lse;
    void *weights, *far;
};

/* With one thread, processor time, which other programs disturb less. */
static double now(const struct bench *b) { return b->threads == 1 ? processor_seconds_now() : seconds_now(); }

/* Runs the kind once on n rows that begin at row `first` of a sequence; returns its work (flops, or bytes moved). */
typedef double run_kind(struct bench *b, int64_t n, int64_t first);

/* y [n, out] = x w^T, and dx [n, in] = dy w; w of this type */
static void product(struct bench *b, float *y, const float *x, const void *w, uint32_t type, int64_t n, int64_t in,
                    int64_t out) {
    const struct lrt_tensor to = lrt_f32(y, n, out), from = lrt_f32(x, n, in), matrix = lrt_matrix(w, type, out, in);
    lrt_linear(&b->c, &(struct lrt_linear_args){.y = &to, .x = &from, .w = &matrix});
}
static void product_dx(struct bench *b, float *dx, const float *dy, const void *w, uint32_t type, int64_t n, int64_t in,
                       int64_t out) {
    const struct lrt_tensor to = lrt_f32(dx, n, in), from = lrt_f32(dy, n, out), matrix = lrt_matrix(w, type, out, in);
    lrt_linear_dx(&b->c, &(struct lrt_linear_dx_args){.dx = &to, .dy = &from, .w = &matrix, .scale = 1});
}
static void outer(struct bench *b, float *dw, const float *g, const float *x, int64_t n, int64_t p, int64_t q) {
    const struct lrt_tensor to = lrt_f32(dw, p, q), left = lrt_f32(g, n, p), right = lrt_f32(x, n, q);
    lrt_outer_acc(&b->c, &(struct lrt_outer_args){.dw = &to, .g = &left, .x = &right, .scale = 1e-6f});
}

static double run_product(struct bench *b, int64_t n, int64_t first) {
    (void)first;
    product(b, b->y, b->x, b->weights, LRT_Q4_0, n, WIDTH, WIDE);
    product(b, b->z, b->y, b->weights, LRT_Q4_0, n, WIDE, WIDTH);
    return 4.0 * (double)n * WIDTH * WIDE;
}
static double run_product_dx(struct bench *b, int64_t n, int64_t first) {
    (void)first;
    product_dx(b, b->z, b->y, b->weights, LRT_Q4_0, n, WIDTH, WIDE);
    product_dx(b, b->y, b->x, b->weights, LRT_Q4_0, n, WIDE, WIDTH);
    return 4.0 * (double)n * WIDTH * WIDE;
}
static const void *chunk_of(const struct bench *b, int64_t row) {
    return (const char *)b->far + (size_t)row * lrt_row_bytes(LRT_Q4_0, WIDTH);
}
static double run_far(struct bench *b, int64_t n, int64_t first) {
    if (n < FAR_ROWS ? first >= FAR_ROWS : first > 0) return 0;
    for (int64_t v = 0; v < FAR; v += FAR_CHUNK) product(b, b->y, b->x, chunk_of(b, v), LRT_Q4_0, n, WIDTH, FAR_CHUNK);
    return 2.0 * (double)n * WIDTH * FAR;
}
static double run_far_dx(struct bench *b, int64_t n, int64_t first) {
    if (n < FAR_ROWS ? first >= FAR_ROWS : first > 0) return 0;
    for (int64_t v = 0; v < FAR; v += FAR_CHUNK)
        product_dx(b, b->z, b->y, chunk_of(b, v), LRT_Q4_0, n, WIDTH, FAR_CHUNK);
    return 2.0 * (double)n * WIDTH * FAR;
}
static double run_narrow(struct bench *b, int64_t n, int64_t first) {
    (void)first;
    product(b, b->z, b->x, b->small, LRT_F32, n, WIDTH, RANK);
    product(b, b->z, b->y, b->small, LRT_F32, n, WIDE, RANK);
    return 2.0 * (double)n * RANK * (WIDTH + WIDE);
}
static double run_narrow_dx(struct bench *b, int64_t n, int64_t first) {
    (void)first;
    product_dx(b, b->z, b->x, b->small, LRT_F32, n, RANK, WIDTH);
    product_dx(b, b->z, b->y, b->small, LRT_F32, n, RANK, WIDE);
    return 2.0 * (double)n * RANK * (WIDTH + WIDE);
}
static double run_outer(struct bench *b, int64_t n, int64_t first) {
    (void)first;
    outer(b, b->small, b->z, b->y, n, RANK, WIDE);
    outer(b, b->small, b->y, b->z, n, WIDE, RANK);
    return 4.0 * (double)n * RANK * WIDE;
}
static double pairs(int64_t n, int64_t first) {
    double sum = 0;
    for (int64_t t = first; t < first + n; t++) sum += (double)(t + 1);
    return sum * HEADS;
}
/* Forward into z; then with dq also backward, from x. */
static void attention(struct bench *b, float *dq, int64_t n, int64_t first) {
    const struct lrt_tensor q = lrt_f32(b->x, n, HEADS * HEAD), o = lrt_f32(b->z, n, HEADS * HEAD);
    const struct lrt_tensor lse = lrt_f32(b->lse, n, HEADS), d = lrt_f32(dq, n, HEADS * HEAD);
    const struct lrt_tensor k = lrt_f32(b->k, SEQ, KV_HEADS * HEAD), v = lrt_f32(b->v, SEQ, KV_HEADS * HEAD);
    const struct lrt_tensor dk = lrt_f32(b->dk, SEQ, KV_HEADS * HEAD), dv = lrt_f32(b->dv, SEQ, KV_HEADS * HEAD);
    struct lrt_attention_args args = {.o = &o,
                                      .lse = &lse,
                                      .q = &q,
                                      .k = &k,
                                      .v = &v,
                                      .first_row = first,
                                      .seq = SEQ,
                                      .heads = HEADS,
                                      .scale = 0.125f,
                                      .causal = true};
    double start = now(b);
    lrt_attention(&b->c, &args);
    if (!dq) return;
    b->aside += now(b) - start;
    args.dout = &q;
    args.dq = &d;
    args.dk = &dk;
    args.dv = &dv;
    lrt_attention_backward(&b->c, &args);
}
static double run_attention(struct bench *b, int64_t n, int64_t first) {
    attention(b, NULL, n, first);
    return pairs(n, first) * (4 * HEAD + 12);
}
static double run_attention_dx(struct bench *b, int64_t n, int64_t first) {
    attention(b, b->y, n, first);
    return pairs(n, first) * (10 * HEAD + 15);
}
static double run_elements(struct bench *b, int64_t n, int64_t first) {
    const struct lrt_tensor y = lrt_f32(b->z + first * WIDE, n, WIDE), g = lrt_f32(b->x + first * WIDE, n, WIDE),
                            u = lrt_f32(b->y + first * WIDE, n, WIDE);
    lrt_silu_mul(&b->c, &(struct lrt_silu_mul_args){.y = &y, .g = &g, .u = &u});
    return 13.0 * (double)n * WIDE;
}
static double run_stream(struct bench *b, int64_t n, int64_t first) {
    const struct lrt_tensor y = lrt_f32(b->z + first * WIDE, n, WIDE), x = lrt_f32(b->x + first * WIDE, n, WIDE),
                            z = lrt_f32(b->y + first * WIDE, n, WIDE);
    lrt_add(&b->c, &(struct lrt_binary_args){.y = &y, .a = &x, .b = &z});
    return 12.0 * (double)n * WIDE;
}

static const struct kind {
    const char *name;
    run_kind *run;
} kinds[] = {
    {"stream", run_stream},
    {"elements", run_elements},
    {"product", run_product},
    {"product_dx", run_product_dx},
    {"far", run_far},
    {"far_dx", run_far_dx},
    {"narrow", run_narrow},
    {"narrow_dx", run_narrow_dx},
    {"outer", run_outer},
    {"attention", run_attention},
    {"attention_dx", run_attention_dx},
};
enum { KINDS = sizeof kinds / sizeof *kinds, HEIGHTS = 9 }; /* of 1, 2, 4 .. ROWS rows */

static void fill(float *x, int64_t n) {
    uint32_t state = 1;
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = ((float)(state >> 8) / (float)(1 << 23) - 1) * 0.1f;
    }
}

/* Every iteration over all rows, n at a time, as a tile loop runs. */
static double rate_of(struct bench *b, const struct kind *k, int64_t n) {
    fill(b->x, ROWS * WIDE);
    fill(b->y, ROWS * WIDE);
    double work = 0, start = now(b);
    b->aside = 0;
    for (int64_t first = 0; first < ROWS; first += n) work += k->run(b, n, first);
    return work / (now(b) - start - b->aside);
}

/* Bytes a second of block inputs written to a file and read back, one after another. */
static double file_rate(struct bench *b) {
    enum { PIECES = 32 };
    const size_t piece = (size_t)ROWS * WIDTH * sizeof(float);
    FILE *file = tmpfile();
    double start = now(b);
    for (int i = 0; file && i < PIECES; i++)
        if (pwrite(fileno(file), b->x, piece, (off_t)i * (off_t)piece) != (ssize_t)piece) return 0;
    for (int i = PIECES; file && i-- > 0;)
        if (pread(fileno(file), b->y, piece, (off_t)i * (off_t)piece) != (ssize_t)piece) return 0;
    double seconds = now(b) - start;
    if (file) fclose(file);
    return file ? 2.0 * PIECES * (double)piece / seconds : 0;
}

static void *memory(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    if (p == NULL) {
        fprintf(stderr, "bench_rates: out of memory\n");
        exit(1);
    }
    memset(p, 0, bytes);
    return p;
}

static void prepare(struct bench *b) {
    const size_t wide = (size_t)ROWS * WIDE * sizeof(float), row = lrt_row_bytes(LRT_Q4_0, WIDTH);
    float **buffers[] = {&b->x, &b->y, &b->z, &b->small, &b->table, &b->k, &b->v, &b->dk, &b->dv, &b->lse};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) *buffers[i] = memory(wide);
    b->weights = memory(row * WIDE);
    fill(b->x, WIDTH);
    for (size_t r = 0; r < WIDE; r++) lrt_quantise((char *)b->weights + r * row, b->x, LRT_Q4_0, WIDTH);
    b->far = memory(row * FAR);
    for (size_t r = 0; r < FAR; r++) memcpy((char *)b->far + r * row, (char *)b->weights + r % WIDE * row, row);
    fill(b->k, SEQ * KV_HEADS * HEAD);
    fill(b->v, SEQ * KV_HEADS * HEAD);
    fill(b->small, WIDE * RANK);
}

static int read_options(struct bench *b, int count, char **words) {
    b->threads = 2;
    b->rounds = 15;
    for (int i = 1; i + 1 < count; i += 2) {
        int number = (int)strtol(words[i + 1], NULL, 10);
        if (number < 1 || number > 99) return 2;
        if (strcmp(words[i], "--threads") == 0)
            b->threads = number;
        else if (strcmp(words[i], "--rounds") == 0)
            b->rounds = number;
        else
            return 2;
    }
    return count % 2 == 1 ? 0 : 2;
}

int main(int count, char **words) {
    struct bench b = {.threads = 0};
    if (read_options(&b, count, words)) {
        fprintf(stderr, "usage: bench_rates [--threads N] [--rounds N]\n");
        return 2;
    }
    size_t scratch = (size_t)lrt_linear_scratch(ROWS, 4 * WIDE, RANK, b.threads) + (1 << 20);
    int status = lrt_start(&b.c, b.threads, memory(lrt_pool_bytes(b.threads)), memory(scratch), scratch);
    if (status != LRT_OK) {
        fprintf(stderr, "bench_rates: %s\n", lrt_error(&b.c));
        return 1;
    }
    prepare(&b);
    printf("// %s kernels, %d threads\n", lrt_kernels_name(&b.c), b.threads);
    double best[KINDS][HEIGHTS] = {{0}}, file = 0;
    for (int r = 0; r < b.rounds; r++) {
        double paged = file_rate(&b);
        if (paged > file) file = paged;
        for (int k = 0; k < KINDS; k++)
            for (int h = 0; h < HEIGHTS; h++) {
                double rate = rate_of(&b, &kinds[k], 1 << h);
                if (rate > best[k][h]) best[k][h] = rate;
            }
    }
    printf("RATE(file, 1, %.1f)\n", 1e-9 * file);
    for (int k = 0; k < KINDS; k++)
        for (int h = 0; h < HEIGHTS; h++) {
            if (h && best[k][h] < best[k][h - 1]) best[k][h] = best[k][h - 1]; /* more rows could go a few at a time */
            printf("RATE(%s, %d, %.1f)\n", kinds[k].name, 1 << h, 1e-9 * best[k][h]);
        }
    lrt_stop(&b.c);
    return 0;
}
