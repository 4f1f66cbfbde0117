/* Times every kernel that is not a product with weights, at the sizes of SmolLM2-135M with 256 tokens (argument:
 * another number of tokens), with one and two threads: milliseconds a call, calls a training step, milliseconds a step,
 * and GFLOP/s of attention. Medians of repeated calls. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/kernels/kernel_set.h"
#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>

enum { WIDTH = 576, FF = 1536, LAYERS = 30, HEADS = 9, KV_HEADS = 3, HEAD = 64, VOCAB = 49152, ADAPTERS = 2442240 };
enum { CHUNK = 32, REPEATS = 9, SCRATCH = 1 << 20 };

struct buffers {
    int64_t n;
    float *q, *k, *v, *o, *lse, *dq, *dk, *dv, *table;
    float *g, *u, *logits, *adapters, *gradient, *m, *moment;
    int32_t *ids;
    double sum;
};
typedef void call(struct lrt *c, struct buffers *b);

static void attention(struct lrt *c, struct buffers *b) {
    lrt_attention(c, b->o, b->lse, b->q, b->k, b->v, b->n, 0, b->n, HEADS, KV_HEADS, HEAD, 0.125f, 1, 0, 0);
}
static void attention_backward(struct lrt *c, struct buffers *b) {
    lrt_attention_backward(c, b->dq, b->dk, b->dv, b->g, b->q, b->k, b->v, b->o, b->lse, b->n, 0, b->n, HEADS, KV_HEADS,
                           HEAD, 0.125f, 1, 0, 0);
}
static void rms_norm(struct lrt *c, struct buffers *b) {
    lrt_rms_norm(c, b->o, b->q, lrt_floats(b->u), b->n, WIDTH, 1e-5f, 0);
}
static void rms_norm_dx(struct lrt *c, struct buffers *b) {
    lrt_rms_norm_dx(c, b->o, NULL, b->q, b->dq, lrt_floats(b->u), b->n, WIDTH, 1e-5f, 0);
}
static void rope_q(struct lrt *c, struct buffers *b) {
    lrt_rope(c, b->q, b->q, b->table, b->n, 0, b->n, HEADS, HEAD, 0, 0);
}
static void rope_q_neighbours(struct lrt *c, struct buffers *b) {
    lrt_rope(c, b->q, b->q, b->table, b->n, 0, b->n, HEADS, HEAD, 1, 1);
}
static void rope_k(struct lrt *c, struct buffers *b) {
    lrt_rope(c, b->k, b->k, b->table, b->n, 0, b->n, KV_HEADS, HEAD, 0, 0);
}
static void silu_mul(struct lrt *c, struct buffers *b) { lrt_silu_mul(c, b->logits, b->g, b->u, b->n * FF); }
static void silu_mul_dx(struct lrt *c, struct buffers *b) {
    lrt_silu_mul_dx(c, b->logits, b->logits + b->n * FF, b->g, b->g, b->u, b->n * FF);
}
static void gelu(struct lrt *c, struct buffers *b) { lrt_gelu(c, b->logits, b->g, b->n * FF); }
static void add(struct lrt *c, struct buffers *b) { lrt_add(c, b->o, b->q, b->g, b->n * WIDTH); }
static void embedding(struct lrt *c, struct buffers *b) {
    lrt_embedding(c, b->o, b->ids, lrt_floats(b->logits), b->n, WIDTH);
}
static void cross_entropy(struct lrt *c, struct buffers *b) {
    lrt_cross_entropy(c, &b->sum, b->logits, b->logits, b->ids, 1.0f, CHUNK, VOCAB);
}
static void sum_squares(struct lrt *c, struct buffers *b) {
    lrt_sum_squares(c, &b->sum, lrt_floats(b->gradient), ADAPTERS);
}
static void adamw(struct lrt *c, struct buffers *b) {
    lrt_adamw(c, b->adapters, lrt_floats(b->gradient), b->m, b->moment, ADAPTERS, 1e-4, 0.9, 0.999, 1e-8, 0.01, 7, 1.0);
}
static void random_normal(struct lrt *c, struct buffers *b) {
    (void)c;
    lrt_random_normal(b->gradient, ADAPTERS, 1, 2, 0);
}
static void noise(struct lrt *c, struct buffers *b) {
    c->kernels->noise(b->gradient, b->adapters, 1e-3f, 1, 2, 0, ADAPTERS);
}

/* calls: a reverse step without recomputation, per token chunk where the call covers CHUNK rows; 0: not of a step */
static const struct {
    const char *name;
    call *run;
    int calls, per_chunk;
} benches[] = {
    {"attention", attention, LAYERS, 0},
    {"attention_backward", attention_backward, LAYERS, 0},
    {"rms_norm", rms_norm, 2 * LAYERS + 1, 0},
    {"rms_norm_dx", rms_norm_dx, 2 * LAYERS + 1, 0},
    {"rope q", rope_q, 2 * LAYERS, 0},
    {"rope k", rope_k, 2 * LAYERS, 0},
    {"rope q, neighbours", rope_q_neighbours, 0, 0},
    {"silu_mul", silu_mul, LAYERS, 0},
    {"silu_mul_dx", silu_mul_dx, LAYERS, 0},
    {"gelu", gelu, 0, 0},
    {"add", add, 2 * LAYERS, 0},
    {"embedding", embedding, 1, 0},
    {"cross_entropy, 32 rows", cross_entropy, 0, 1},
    {"sum_squares", sum_squares, 1, 0},
    {"adamw", adamw, 1, 0},
    {"random_normal", random_normal, 0, 0},
    {"noise", noise, 0, 0},
};
enum { BENCHES = sizeof benches / sizeof *benches };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}
static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double milliseconds(struct lrt *c, struct buffers *b, call *run) {
    double times[REPEATS];
    run(c, b);
    for (int i = 0; i < REPEATS; i++) {
        const double start = now();
        run(c, b);
        times[i] = now() - start;
    }
    qsort(times, REPEATS, sizeof *times, ascending);
    return times[REPEATS / 2];
}

static float *floats(int64_t n, uint64_t tensor, float size) {
    float *x = malloc((size_t)n * sizeof *x);
    if (!x) exit(1);
    lrt_random_normal(x, n, 1, tensor, 0);
    for (int64_t i = 0; i < n; i++) x[i] *= size;
    return x;
}
static struct buffers buffers(int64_t n) {
    struct buffers b = {.n = n};
    float **queries[] = {&b.q, &b.o, &b.dq}, **keys[] = {&b.k, &b.v, &b.dk, &b.dv};
    for (int i = 0; i < 3; i++) *queries[i] = floats(n * HEADS * HEAD, (uint64_t)i, 1);
    for (int i = 0; i < 4; i++) *keys[i] = floats(n * KV_HEADS * HEAD, (uint64_t)(3 + i), 1);
    float **wide[] = {&b.g, &b.u}, **trained[] = {&b.adapters, &b.gradient, &b.m, &b.moment};
    for (int i = 0; i < 2; i++) *wide[i] = floats(n * FF, (uint64_t)(7 + i), 1);
    for (int i = 0; i < 4; i++) *trained[i] = floats(ADAPTERS, (uint64_t)(9 + i), 0.01f);
    for (int64_t i = 0; i < ADAPTERS; i++) b.moment[i] *= b.moment[i];
    int64_t logits = (int64_t)CHUNK * VOCAB; /* also the room of silu_mul_dx */
    if (logits < 2 * n * FF) logits = 2 * n * FF;
    b.logits = floats(logits, 13, 2);
    b.lse = floats(n * HEADS, 14, 1);
    b.table = floats(n * HEAD, 15, 1);
    b.ids = malloc((size_t)n * sizeof *b.ids);
    if (!b.ids) exit(1);
    for (int64_t i = 0; i < n; i++) b.ids[i] = (int32_t)(i * 7919 % (logits / WIDTH));
    return b;
}

static void measure(int64_t n, int threads, const char *set, double times[]) {
    struct lrt c;
    struct buffers b = buffers(n);
    void *pool = aligned_alloc(LRT_ALIGNMENT, (lrt_pool_bytes(threads) / LRT_ALIGNMENT + 1) * LRT_ALIGNMENT);
    void *scratch = aligned_alloc(LRT_ALIGNMENT, SCRATCH);
    if (lrt_start(&c, threads, pool, scratch, SCRATCH) != LRT_OK || (set && lrt_choose_kernels(&c, set) != LRT_OK)) {
        fprintf(stderr, "%s\n", lrt_error(&c));
        exit(1);
    }
    printf("kernels %s, %d thread%s, scratch of attention %lld + %lld KiB a thread\n", lrt_kernels_name(&c), threads,
           threads > 1 ? "s" : "", (long long)lrt_attention_scratch(n, HEAD, HEADS, KV_HEADS, 1) / 1024,
           (long long)lrt_attention_backward_scratch(n, HEAD, HEADS, KV_HEADS, 1) / 1024);
    lrt_rope_table(&c, b.table, n, HEAD, 1e4f, 0, 0, 0, 0, 0);
    for (int i = 0; i < BENCHES; i++) times[i] = milliseconds(&c, &b, benches[i].run);
    lrt_stop(&c);
}

int main(int argc, char **argv) {
    const int64_t n = argc > 1 ? atoll(argv[1]) : 256;
    const char *set = argc > 2 ? argv[2] : NULL;
    double one[BENCHES], two[BENCHES], step[2] = {0};
    measure(n, 1, set, one);
    measure(n, 2, set, two);
    printf("%-24s %9s %9s %6s %9s %9s\n", "ms", "1 thread", "2 threads", "calls", "step 1", "step 2");
    for (int i = 0; i < BENCHES; i++) {
        const int calls = benches[i].per_chunk ? (int)((n + CHUNK - 1) / CHUNK) : benches[i].calls;
        step[0] += calls * one[i];
        step[1] += calls * two[i];
        printf("%-24s %9.3f %9.3f %6d %9.2f %9.2f\n", benches[i].name, one[i], two[i], calls, calls * one[i],
               calls * two[i]);
    }
    printf("%-24s %9s %9s %6s %9.2f %9.2f\n", "all", "", "", "", step[0], step[1]);
    const double product =
        (double)n * (double)(n + 1) / 2 * HEADS * HEAD * 2e-6; /* MFLOP of one product under the mask */
    printf("attention GFLOP/s: forward %.1f, %.1f; backward %.1f, %.1f\n", 2 * product / one[0], 2 * product / two[0],
           5 * product / one[1], 5 * product / two[1]);
    return 0;
}
