/* Products: values against a plain sum in double. The kernel set, the number of threads, the number of rows in a call
 * and the addresses must not change bits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <lorac/lrt.h>
#include "tests/unit/tensors.h"
#include <lorac/lrt_scratch.h>

static const uint32_t all_types[] = {
#define FORMAT(TYPE, ...) LRT_##TYPE,
#include "runtime/formats/formats.def"
#undef FORMAT
};
enum { N_TYPES = sizeof all_types / sizeof all_types[0], GUARD = 3 };

/* A context with its own memory. Scratch has exactly the declared size, so a sanitizer detects accesses beyond it. */
struct bench {
    struct lrt c;
    void *pool, *scratch;
};
static void bench_start(struct bench *b, int threads, int64_t scratch_bytes) {
    size_t bytes = ((size_t)scratch_bytes + 63) / 64 * 64;
    b->pool = threads > 1 ? aligned_alloc(64, (lrt_pool_bytes(threads) + 63) / 64 * 64) : NULL;
    b->scratch = aligned_alloc(64, bytes + 64);
    assert_int_equal(lrt_start(&b->c, threads, b->pool, b->scratch, bytes), LRT_OK);
}
static void bench_stop(struct bench *b) {
    lrt_stop(&b->c);
    free(b->pool);
    free(b->scratch);
}

static float random_float(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1 << 23) - 1;
}
static float *random_floats(int64_t n, uint32_t seed) {
    float *x = malloc((size_t)(n + GUARD) * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = random_float(&seed);
    for (int i = 0; i < GUARD; i++) x[n + i] = 77;
    return x;
}
static void assert_guarded(const float *x, int64_t n) {
    for (int i = 0; i < GUARD; i++) assert_true(x[n + i] == 77);
}

/* rows x columns weights of a type at an odd address, and their values as floats. */
struct weights {
    struct lrt_tensor tensor;
    void *memory;
    float *values;
};
static struct weights random_weights(struct lrt *c, uint32_t type, int64_t rows, int64_t columns, uint32_t seed) {
    struct weights w;
    size_t bytes = lrt_row_bytes(type, (size_t)columns);
    assert_true(bytes > 0);
    w.memory = malloc((size_t)rows * bytes + 1);
    char *data = (char *)w.memory + 1;
    w.values = random_floats(rows * columns, seed);
    for (int64_t r = 0; r < rows; r++) {
        lrt_quantise(data + (size_t)r * bytes, w.values + r * columns, type, columns);
        lrt_dequantise(c, w.values + r * columns, data + (size_t)r * bytes, type, 0, columns);
    }
    w.tensor = lrt_matrix(data, type, rows, columns);
    return w;
}
static void free_weights(struct weights *w) {
    free(w->memory);
    free(w->values);
}

struct sizes {
    int64_t n, in, out, rank;
};
/* Odd sizes for floats; quantised rows need whole blocks. */
static const struct sizes float_sizes[] = {
    {1, 1, 1, 0},     {3, 5, 7, 2},     {13, 33, 31, 8},  {29, 70, 65, 5},  {5, 300, 40, 3},   {40, 257, 33, 8},
    {271, 48, 37, 4}, {2, 9, 130, 1},   {45, 290, 9, 0},  {61, 13, 270, 0}, {28, 1400, 43, 8}, {32, 1024, 34, 0},
    {31, 1300, 8, 0}, {28, 8, 1400, 0}, {24, 600, 16, 0}, {20, 16, 90, 3},  {7, 64, 200, 8},   {3, 1291, 3, 0}};
static const struct sizes block_sizes[] = {{1, 256, 33, 0},  {7, 512, 45, 8},   {37, 768, 64, 3},
                                           {3, 1024, 96, 0}, {28, 1536, 43, 8}, {24, 256, 70, 0}};

static const struct sizes *sizes_for(uint32_t type, size_t *count) {
    int floats = type == LRT_F32 || type == LRT_F16 || type == LRT_BF16;
    *count = floats ? sizeof float_sizes / sizeof *float_sizes : sizeof block_sizes / sizeof *block_sizes;
    return floats ? float_sizes : block_sizes;
}

struct problem {
    struct sizes s;
    struct weights w, bias;
    float *x, *h, *b, *dy, *dh, *a, *acc;
    float scale;
};
static struct problem problem_new(struct lrt *c, uint32_t type, struct sizes s) {
    struct problem p = {.s = s, .scale = 1.75f};
    p.w = random_weights(c, type, s.out, s.in, 1);
    p.bias = random_weights(c, type == LRT_F16 ? LRT_F16 : LRT_F32, 1, s.out, 2);
    if (s.rank == 0) { /* no bias either */
        p.bias.tensor.data = NULL;
        memset(p.bias.values, 0, (size_t)s.out * sizeof(float));
    }
    p.x = random_floats(s.n * s.in, 3);
    p.h = random_floats(s.n * s.rank, 4);
    p.b = random_floats(s.out * s.rank, 5);
    p.dy = random_floats(s.n * s.out, 6);
    p.dh = random_floats(s.n * s.rank, 7);
    p.a = random_floats(s.rank * s.in, 8);
    p.acc = random_floats(s.n * s.in, 9);
    return p;
}
static void problem_free(struct problem *p) {
    float *all[] = {p->x, p->h, p->b, p->dy, p->dh, p->a, p->acc};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
    free_weights(&p->w);
    free_weights(&p->bias);
}

static int64_t scratch_for(struct sizes s, int threads) {
    int64_t forward = lrt_linear_scratch(s.n, s.in, s.rank, threads);
    int64_t backward = lrt_linear_dx_scratch(s.n, s.out, s.rank, threads);
    int64_t outer = lrt_outer_acc_scratch(s.n, s.out, s.in, threads);
    int64_t most = forward > backward ? forward : backward;
    return most > outer ? most : outer;
}

/* The three products of rows [first, last), each into its part of the whole result. */
struct results {
    float *y, *dx, *dw;
};
static struct results results_new(const struct problem *p) {
    struct results r = {random_floats(p->s.n * p->s.out, 20), random_floats(p->s.n * p->s.in, 21),
                        random_floats(p->s.out * p->s.in, 22)};
    return r;
}
static void results_free(struct results *r) {
    free(r->y);
    free(r->dx);
    free(r->dw);
}
static void run_rows(struct lrt *c, const struct problem *p, struct results *r, int64_t first, int64_t last) {
    struct sizes s = p->s;
    int64_t n = last - first;
    const struct lrt_tensor *x = F32(p->x + first * s.in, n, s.in), *dy = F32(p->dy + first * s.out, n, s.out);
    const struct lrt_tensor *h = F32(p->h + first * s.rank, n, s.rank), *b = F32(p->b, s.out, s.rank);
    const struct lrt_tensor *dh = F32(p->dh + first * s.rank, n, s.rank), *a = F32(p->a, s.rank, s.in);
    const struct lrt_linear_args forward = {.y = F32(r->y + first * s.out, n, s.out),
                                            .x = x,
                                            .w = &p->w.tensor,
                                            .bias = present(&p->bias.tensor),
                                            .h = h,
                                            .b = b,
                                            .scale = p->scale};
    const struct lrt_linear_dx_args backward = {.dx = F32(r->dx + first * s.in, n, s.in),
                                                .acc = F32(p->acc + first * s.in, n, s.in),
                                                .dy = dy,
                                                .w = &p->w.tensor,
                                                .dh = dh,
                                                .a = a,
                                                .scale = p->scale};
    const struct lrt_outer_args outer = {.dw = F32(r->dw, s.out, s.in), .g = dy, .x = x, .scale = p->scale};
    lrt_linear(c, &forward);
    lrt_linear_dx(c, &backward);
    lrt_outer_acc(c, &outer);
}
static void assert_same_bits(const struct problem *p, const struct results *a, const struct results *b) {
    assert_memory_equal(a->y, b->y, (size_t)(p->s.n * p->s.out) * sizeof(float));
    assert_memory_equal(a->dx, b->dx, (size_t)(p->s.n * p->s.in) * sizeof(float));
    assert_memory_equal(a->dw, b->dw, (size_t)(p->s.out * p->s.in) * sizeof(float));
    assert_guarded(a->y, p->s.n * p->s.out);
    assert_guarded(a->dx, p->s.n * p->s.in);
    assert_guarded(a->dw, p->s.out * p->s.in);
}

/* |value - sum| <= 1e-6 * sum of magnitudes, a bound on the rounding of some thousand terms that a wrong term exceeds
 */
static void assert_close(const char *what, uint32_t type, struct sizes s, float value, double sum, double magnitude) {
    if (!(fabs((double)value - sum) <= 2e-6 * magnitude + 1e-30))
        fail_msg("%s %s n %d in %d out %d rank %d: %.9g, expected %.9g", what, lrt_type_name(type), (int)s.n, (int)s.in,
                 (int)s.out, (int)s.rank, (double)value, sum);
}
struct sum {
    double value, magnitude;
};
static void add(struct sum *s, double term) {
    s->value += term;
    s->magnitude += fabs(term);
}
static void check_values(uint32_t type, const struct problem *p, const struct results *r, const float *dw_before) {
    struct sizes s = p->s;
    for (int64_t t = 0; t < s.n; t++) {
        for (int64_t o = 0; o < s.out; o++) {
            struct sum y = {0, 0};
            add(&y, (double)p->bias.values[o]);
            for (int64_t k = 0; k < s.in; k++) add(&y, (double)p->x[t * s.in + k] * (double)p->w.values[o * s.in + k]);
            for (int64_t k = 0; k < s.rank; k++)
                add(&y, (double)p->scale * (double)p->h[t * s.rank + k] * (double)p->b[o * s.rank + k]);
            assert_close("linear", type, s, r->y[t * s.out + o], y.value, y.magnitude);
        }
        for (int64_t i = 0; i < s.in; i++) {
            struct sum dx = {0, 0};
            add(&dx, (double)p->acc[t * s.in + i]);
            for (int64_t k = 0; k < s.out; k++)
                add(&dx, (double)p->scale * (double)p->dy[t * s.out + k] * (double)p->w.values[k * s.in + i]);
            for (int64_t k = 0; k < s.rank; k++) add(&dx, (double)p->dh[t * s.rank + k] * (double)p->a[k * s.in + i]);
            assert_close("linear_dx", type, s, r->dx[t * s.in + i], dx.value, dx.magnitude);
        }
    }
    for (int64_t o = 0; o < s.out; o++)
        for (int64_t i = 0; i < s.in; i++) {
            struct sum dw = {0, 0};
            add(&dw, (double)dw_before[o * s.in + i]);
            for (int64_t t = 0; t < s.n; t++)
                add(&dw, (double)p->scale * (double)p->dy[t * s.out + o] * (double)p->x[t * s.in + i]);
            assert_close("outer_acc", type, s, r->dw[o * s.in + i], dw.value, dw.magnitude);
        }
}

/* Runs `check` for every type at every size, with the results of the reference kernels. */
typedef void problem_check(const struct problem *p, const struct results *expected, uint32_t type);
static void for_each_problem(problem_check *check) {
    for (int t = 0; t < N_TYPES; t++) {
        size_t count;
        const struct sizes *sizes = sizes_for(all_types[t], &count);
        for (size_t i = 0; i < count; i++) {
            struct bench b;
            bench_start(&b, 1, scratch_for(sizes[i], 1));
            struct problem p = problem_new(&b.c, all_types[t], sizes[i]);
            struct results expected = results_new(&p);
            assert_int_equal(lrt_choose_kernels(&b.c, "reference"), LRT_OK);
            run_rows(&b.c, &p, &expected, 0, p.s.n);
            check(&p, &expected, all_types[t]);
            results_free(&expected);
            problem_free(&p);
            bench_stop(&b);
        }
    }
}

static void check_reference(const struct problem *p, const struct results *expected, uint32_t type) {
    struct results before = results_new(p);
    check_values(type, p, expected, before.dw);
    results_free(&before);
}
static void the_reference_sums_what_it_should(void **state) {
    (void)state;
    for_each_problem(check_reference);
}

static void check_sets(const struct problem *p, const struct results *expected, uint32_t type) {
    static const char *const sets[] = {"portable", "avx2", "avx512", "neon"};
    struct bench b;
    bench_start(&b, 1, scratch_for(p->s, 1));
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if (lrt_choose_kernels(&b.c, sets[i]) != LRT_OK) continue;
        struct results r = results_new(p), before = results_new(p);
        run_rows(&b.c, p, &r, 0, p->s.n);
        check_values(type, p, &r, before.dw);
#ifdef __x86_64__
        if (i > 0) assert_same_bits(p, expected, &r); /* portable has no fused multiply-add here */
#else
        assert_same_bits(p, expected, &r);
#endif
        results_free(&before);
        results_free(&r);
    }
    bench_stop(&b);
}
static void every_set_equals_the_reference(void **state) {
    (void)state;
    for_each_problem(check_sets);
}

static void check_tiles(const struct problem *p, const struct results *expected, uint32_t type) {
    (void)type;
    static const int64_t heights[] = {1, 2, 3, 8, 17, 28, 32};
    struct bench b;
    bench_start(&b, 1, scratch_for(p->s, 1));
    int fused = strcmp(lrt_kernels_name(&b.c), "portable") != 0;
    for (size_t i = 0; fused && i < sizeof heights / sizeof heights[0]; i++) {
        struct results r = results_new(p);
        for (int64_t row = 0; row < p->s.n; row += heights[i]) {
            int64_t end = row + heights[i] < p->s.n ? row + heights[i] : p->s.n;
            run_rows(&b.c, p, &r, row, end);
        }
        assert_same_bits(p, expected, &r);
        results_free(&r);
    }
    bench_stop(&b);
}
static void rows_may_be_given_in_any_tiles(void **state) {
    (void)state;
    for_each_problem(check_tiles);
}

/* Sizes large enough to wake threads, for each way to divide the work. */
static void threads_change_no_bit(void **state) {
    (void)state;
    static const struct sizes sizes[] = {{150, 256, 33, 8}, {33, 256, 288, 8}, {260, 512, 40, 0}, {4, 512, 1000, 4},
                                         {28, 576, 200, 8}, {32, 1500, 16, 0}, {30, 8, 3000, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bench one;
        bench_start(&one, 1, scratch_for(sizes[i], 1));
        struct problem p = problem_new(&one.c, i % 2 == 0 ? LRT_F32 : LRT_BF16, sizes[i]);
        struct results expected = results_new(&p);
        run_rows(&one.c, &p, &expected, 0, p.s.n);
        for (int threads = 2; threads <= 5; threads++) {
            struct bench b;
            bench_start(&b, threads, scratch_for(sizes[i], threads));
            struct results r = results_new(&p);
            run_rows(&b.c, &p, &r, 0, p.s.n);
            assert_same_bits(&p, &expected, &r);
            results_free(&r);
            bench_stop(&b);
        }
        results_free(&expected);
        problem_free(&p);
        bench_stop(&one);
    }
}

/* Operands inside wider matrices give the bits of contiguous ones, and nothing is written outside the columns. */
static void rows_may_be_strided(void **state) {
    (void)state;
    enum { N = 19, IN = 96, OUT = 70, WIDE = 130 };
    struct bench b;
    struct sizes s = {N, IN, OUT, 0};
    bench_start(&b, 1, scratch_for(s, 1));
    struct problem p = problem_new(&b.c, LRT_F32, s);
    float *wide[2] = {random_floats(N * WIDE, 40), random_floats(N * WIDE, 41)}, *y = random_floats(N * OUT, 42);
    for (int r = 0; r < N; r++) memcpy(wide[0] + r * WIDE + 3, p.x + r * IN, IN * sizeof(float));
    struct lrt_tensor x = lrt_f32(wide[0] + 3, N, IN), out = lrt_f32(wide[1] + 5, N, OUT);
    x.stride = out.stride = WIDE;
    lrt_linear(&b.c, &(struct lrt_linear_args){.y = F32(y, N, OUT), .x = F32(p.x, N, IN), .w = &p.w.tensor});
    lrt_linear(&b.c, &(struct lrt_linear_args){.y = &out, .x = &x, .w = &p.w.tensor});
    float *untouched = random_floats(N * WIDE, 41);
    for (int r = 0; r < N; r++) {
        assert_memory_equal(wide[1] + r * WIDE + 5, y + r * OUT, OUT * sizeof(float));
        assert_memory_equal(wide[1] + r * WIDE, untouched + r * WIDE, 5 * sizeof(float));
        assert_memory_equal(wide[1] + r * WIDE + 5 + OUT, untouched + r * WIDE + 5 + OUT,
                            (WIDE - 5 - OUT) * sizeof(float));
    }
    float *all[] = {wide[0], wide[1], y, untouched};
    for (int i = 0; i < 4; i++) free(all[i]);
    problem_free(&p);
    bench_stop(&b);
}

struct marks {
    int seen[8], tasks;
};
static void mark(void *arg, int task, int tasks) {
    struct marks *m = arg;
    m->seen[task]++;
    m->tasks = tasks;
}
static void every_task_of_a_job_runs_once(void **state) {
    (void)state;
    struct bench b;
    bench_start(&b, 4, 64);
    for (int round = 0; round < 500; round++) {
        for (int tasks = 1; tasks <= 4; tasks++) {
            struct marks m = {{0}, 0};
            lrt_parallel(&b.c, tasks, mark, &m);
            for (int i = 0; i < 8; i++) assert_int_equal(m.seen[i], i < tasks);
            assert_int_equal(m.tasks, tasks);
        }
    }
    bench_stop(&b);
    lrt_stop(&b.c); /* twice is allowed */
}

static void starting_reports_what_is_wrong(void **state) {
    (void)state;
    struct lrt c;
    assert_int_equal(lrt_start(&c, 0, NULL, NULL, 0), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(lrt_error(&c), "0 threads"));
    assert_int_equal(lrt_start(&c, LRT_MAX_THREADS + 1, NULL, NULL, 0), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_start(&c, 2, NULL, NULL, 0), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_start(&c, 1, NULL, NULL, 0), LRT_OK);
    assert_int_equal(lrt_choose_kernels(&c, "abacus"), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(lrt_error(&c), "abacus"));
    assert_int_equal(lrt_pool_bytes(1), 0);
    assert_true(lrt_pool_bytes(3) > lrt_pool_bytes(2));
    struct lrt zeroed;
    memset(&zeroed, 0, sizeof zeroed);
    lrt_stop(&zeroed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_sums_what_it_should),
        cmocka_unit_test(every_set_equals_the_reference),
        cmocka_unit_test(rows_may_be_given_in_any_tiles),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(rows_may_be_strided),
        cmocka_unit_test(every_task_of_a_job_runs_once),
        cmocka_unit_test(starting_reports_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
