/* Losses with their tangents, from logits and from vocabulary chunks. The loss has the bits of lrt_cross_entropy. The
 * tangent has the same bits for every chunk, number of rows and threads in every kernel set, and follows the formula.
 */
#include "tests/unit/kernel_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tensors.h"

#include <lorac/lrt_scratch.h>

struct loss_case {
    int64_t n, in, vocab;
    uint32_t type;
    int bias;
    float size;
};
static const struct loss_case cases[] = {
    {5, 37, 1000, LRT_F32, 1, 1}, {1, 64, 257, LRT_F32, 0, 1},   {19, 96, 1537, LRT_Q4_0, 0, 1},
    {7, 64, 600, LRT_Q8_0, 1, 1}, {3, 256, 513, LRT_Q6_K, 0, 1}, {6, 40, 1030, LRT_F16, 1, 1},
    {300, 5, 40, LRT_F32, 0, 3},  {2, 32, 40, LRT_Q4_1, 0, 1},   {4, 48, 900, LRT_F32, 1, 300},
};
enum { CASES = sizeof cases / sizeof *cases };

struct sums {
    double loss, dot;
};

struct operands {
    const struct loss_case *k;
    float *x, *x_dot, *w, *bias, *logits, *logits_dot;
    unsigned char *packed;
    int32_t *targets;
    struct lrt_tensor matrix, vector;
};

static struct operands operands_new(const struct loss_case *k) {
    struct operands o = {.k = k};
    const size_t row = lrt_row_bytes(k->type, (size_t)k->in);
    o.x = fixture_floats(k->n * k->in, 1, k->size);
    o.x_dot = fixture_floats(k->n * k->in, 4, 1);
    o.w = fixture_floats(k->vocab * k->in, 2, 0.5f);
    o.bias = fixture_floats(k->vocab, 3, 1);
    o.logits = calloc((size_t)(k->n * k->vocab), sizeof *o.logits);
    o.logits_dot = calloc((size_t)(k->n * k->vocab), sizeof *o.logits_dot);
    o.packed = malloc(row * (size_t)k->vocab);
    o.targets = malloc((size_t)k->n * sizeof *o.targets);
    for (int64_t v = 0; v < k->vocab; v++) lrt_quantise(o.packed + (size_t)v * row, o.w + v * k->in, k->type, k->in);
    for (int64_t r = 0; r < k->n; r++) o.targets[r] = (int32_t)(r == 0 ? k->vocab - 1 : r * 271 % k->vocab);
    o.matrix = lrt_matrix(o.packed, k->type, k->vocab, k->in);
    o.vector = lrt_f32(k->bias ? o.bias : NULL, 1, k->vocab);
    return o;
}
static void operands_free(struct operands *o) {
    float *all[] = {o->x, o->x_dot, o->w, o->bias, o->logits, o->logits_dot};
    for (int i = 0; i < 6; i++) free(all[i]);
    free(o->packed);
    free(o->targets);
}

/* All logits and their tangents at once; also the loss alone. */
static struct sums whole(struct fixture *f, const struct operands *o) {
    const struct loss_case *k = o->k;
    struct sums s = {0.5, 0.25};
    double alone = 0.5;
    const struct lrt_tensor *logits = F32(o->logits, k->n, k->vocab), *dot = F32(o->logits_dot, k->n, k->vocab);
    const struct lrt_linear_args forward = {
        .y = logits, .x = F32(o->x, k->n, k->in), .w = &o->matrix, .bias = present(&o->vector)};
    const struct lrt_linear_tangent_args tangent = {.y = dot, .x0 = F32(o->x_dot, k->n, k->in), .w0 = &o->matrix};
    const struct lrt_cross_entropy_args both = {.loss = F64(&s.loss, 1),
                                                .loss_dot = F64(&s.dot, 1),
                                                .logits = logits,
                                                .logits_dot = dot,
                                                .targets = I32(o->targets, k->n)};
    const struct lrt_cross_entropy_args loss = {
        .loss = F64(&alone, 1), .logits = logits, .targets = I32(o->targets, k->n), .weight = 1};
    lrt_linear(&f->run, &forward);
    lrt_linear_tangent(&f->run, &tangent);
    lrt_cross_entropy_tangent(&f->run, &both);
    lrt_cross_entropy(&f->run, &loss);
    assert_true(alone == s.loss);
    return s;
}

/* `rows` at a time from their logits. */
static struct sums rows_apart(struct fixture *f, const struct operands *o, int64_t rows) {
    const struct loss_case *k = o->k;
    struct sums s = {0.5, 0.25};
    for (int64_t r = 0; r < k->n; r += rows) {
        const int64_t n = k->n - r < rows ? k->n - r : rows;
        const struct lrt_cross_entropy_args args = {.loss = F64(&s.loss, 1),
                                                    .loss_dot = F64(&s.dot, 1),
                                                    .logits = F32(o->logits + r * k->vocab, n, k->vocab),
                                                    .logits_dot = F32(o->logits_dot + r * k->vocab, n, k->vocab),
                                                    .targets = I32(o->targets + r, n)};
        lrt_cross_entropy_tangent(&f->run, &args);
    }
    return s;
}

/* `rows` at a time, the logits in chunks. */
static struct sums in_chunks(struct fixture *f, const struct operands *o, int64_t rows, int64_t chunk) {
    const struct loss_case *k = o->k;
    struct sums s = {0.5, 0.25};
    float *buffer = malloc((size_t)(rows * 2 * chunk) * sizeof *buffer);
    double *sums = malloc((size_t)(rows * 5) * sizeof *sums);
    memset(buffer, 0x7f, (size_t)(rows * 2 * chunk) * sizeof *buffer);
    memset(sums, 0xff, (size_t)(rows * 5) * sizeof *sums);
    for (int64_t r = 0; r < k->n; r += rows) {
        const int64_t n = k->n - r < rows ? k->n - r : rows;
        const struct lrt_linear_cross_entropy_args args = {.loss = F64(&s.loss, 1),
                                                           .loss_dot = F64(&s.dot, 1),
                                                           .logits = F32(buffer, n, 2 * chunk),
                                                           .sums = TENSOR(sums, LRT_F64, n, 5),
                                                           .x = F32(o->x + r * k->in, n, k->in),
                                                           .x_dot = F32(o->x_dot + r * k->in, n, k->in),
                                                           .w = &o->matrix,
                                                           .bias = present(&o->vector),
                                                           .targets = I32(o->targets + r, n)};
        lrt_linear_cross_entropy_tangent(&f->run, &args);
    }
    free(buffer);
    free(sums);
    return s;
}

/* From the logits in float. */
static void against_formulas(const struct operands *o, struct sums got) {
    const int64_t vocab = o->k->vocab;
    struct sums want = {0.5, 0.25};
    double size = 1;
    for (int64_t r = 0; r < o->k->n; r++) {
        const float *x = o->logits + r * vocab, *dot = o->logits_dot + r * vocab;
        double top = -INFINITY, total = 0, moved = 0;
        for (int64_t v = 0; v < vocab; v++) top = fmax(top, (double)x[v]);
        for (int64_t v = 0; v < vocab; v++) total += exp((double)x[v] - top);
        for (int64_t v = 0; v < vocab; v++) moved += exp((double)x[v] - top) / total * (double)dot[v];
        want.loss += top + log(total) - (double)x[o->targets[r]];
        want.dot += moved - (double)dot[o->targets[r]];
        size += fabs(moved) + fabs((double)dot[o->targets[r]]);
    }
    assert_true(fabs(got.loss - want.loss) < 1e-6 * (1 + fabs(want.loss)));
    assert_true(fabs(got.dot - want.dot) < 1e-6 * size);
}

static void assert_same_sums(struct sums a, struct sums b) {
    assert_true(a.loss == b.loss);
    assert_true(a.dot == b.dot);
}

/* Returns the sums, which no number of threads changes. */
static struct sums one_case(struct fixture *f, const struct loss_case *k) {
    struct operands o = operands_new(k);
    const struct { int64_t rows, chunk; } shapes[] = {{k->n, 256}, {5, 512}, {3, 768}, {k->n, 1536}};
    const struct sums s = whole(f, &o);
    against_formulas(&o, s);
    for (int64_t rows = 1; rows < 200; rows += 66) assert_same_sums(rows_apart(f, &o, rows), s);
    for (int i = 0; i < 4; i++) {
        const int64_t rows = shapes[i].rows < k->n ? shapes[i].rows : k->n;
        assert_same_sums(in_chunks(f, &o, rows, shapes[i].chunk), s);
    }
    operands_free(&o);
    return s;
}

static void parts_and_threads_change_no_bit(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct sums first[CASES];
        for (int threads = 1; threads <= (set < 2 ? 1 : 3); threads++) { /* 0, 1: slow */
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            for (int i = 0; f && i < CASES; i++) {
                const struct sums s = one_case(f, cases + i);
                if (threads == 1) first[i] = s;
                assert_same_sums(s, first[i]);
            }
            if (f) fixture_stop(f);
        }
    }
}

/* The sets with a fused multiply-add agree with the reference set. */
static void fused_sets_agree(void **state) {
    (void)state;
    struct fixture *reference = fixture_start("reference", 1);
    struct operands o = operands_new(&cases[0]);
    const struct sums wanted = whole(reference, &o);
    for (int set = 2; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        if (!f) continue;
        assert_same_sums(rows_apart(f, &o, 2), wanted);
        fixture_stop(f);
    }
    operands_free(&o);
    fixture_stop(reference);
}

/* Padded columns whose bias is minus infinity, also a whole chunk of them, first or last. */
static void columns_that_cannot_be(void **state) {
    (void)state;
    enum { N = 3, IN = 16, V = 1000 };
    const struct loss_case k = {N, IN, V, LRT_F32, 1, 1};
    struct operands o = operands_new(&k);
    for (int first = 0; first < 2; first++) {
        for (int v = 0; v < V; v++) o.bias[v] = (first ? v < 600 : v >= 400) ? -INFINITY : 0.5f;
        for (int r = 0; r < N; r++) o.targets[r] = first ? V - 1 - r : r;
        struct fixture *f = fixture_start(NULL, 1);
        const struct sums s = whole(f, &o);
        assert_true(isfinite(s.loss) && s.loss > 0 && isfinite(s.dot));
        assert_same_sums(in_chunks(f, &o, N, 256), s);
        fixture_stop(f);
    }
    operands_free(&o);
}

/* The kernels use no more scratch than they declare. */
static void scratch_is_enough(void **state) {
    (void)state;
    for (int in_chunks_too = 0; in_chunks_too < 2; in_chunks_too++) {
        struct operands o = operands_new(&cases[in_chunks_too ? 2 : 6]);
        struct fixture *f = fixture_start(NULL, 2);
        const int64_t need = in_chunks_too ? lrt_linear_scratch(o.k->n, o.k->in, 0, 2) : lrt_row_sums_scratch();
        unsigned char *beyond = (unsigned char *)f->scratch + need;
        if (in_chunks_too)
            in_chunks(f, &o, o.k->n, 256);
        else
            rows_apart(f, &o, o.k->n);
        assert_true(need > 0 && need < FIXTURE_SCRATCH);
        for (int64_t i = 0; i < FIXTURE_SCRATCH - need; i++) assert_int_equal(beyond[i], 0x7f);
        fixture_stop(f);
        operands_free(&o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_and_threads_change_no_bit),
        cmocka_unit_test(fused_sets_agree),
        cmocka_unit_test(columns_that_cannot_be),
        cmocka_unit_test(scratch_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
