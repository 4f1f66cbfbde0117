/* The loss that computes its own logits, a vocabulary chunk at a time, against lrt_linear, lrt_cross_entropy and
 * lrt_linear_dx: the same bits for every chunk, number of rows, thread count and file type in every kernel set. Also
 * against the formulas. */
#include "tests/unit/kernel_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tensors.h"

#include <lorac/lrt_scratch.h>

struct loss_case {
    int64_t n, in, vocab;
    uint32_t type;
    int bias, added;
    float size;
};
static const struct loss_case cases[] = {
    {5, 37, 1000, LRT_F32, 1, 0, 1},  {1, 64, 257, LRT_F32, 0, 1, 1},   {19, 96, 1537, LRT_Q4_0, 0, 0, 1},
    {7, 64, 600, LRT_Q8_0, 1, 1, 1},  {3, 256, 513, LRT_Q6_K, 0, 0, 1}, {4, 256, 800, LRT_Q4_K, 0, 1, 1},
    {6, 40, 1030, LRT_F16, 1, 0, 1},  {70, 32, 530, LRT_BF16, 0, 0, 1}, {2, 32, 40, LRT_Q4_1, 0, 0, 1},
    {4, 48, 900, LRT_F32, 1, 1, 300},
};

struct operands {
    const struct loss_case *k;
    float *x, *w, *bias, *acc;
    unsigned char *packed;
    int32_t *targets;
    struct lrt_tensor matrix, vector;
};

static struct operands operands_new(const struct loss_case *k) {
    struct operands o = {.k = k};
    const size_t row = lrt_row_bytes(k->type, (size_t)k->in);
    o.x = fixture_floats(k->n * k->in, 1, k->size);
    o.w = fixture_floats(k->vocab * k->in, 2, 0.5f);
    o.bias = fixture_floats(k->vocab, 3, 1);
    o.acc = fixture_floats(k->n * k->in, 4, 1);
    o.packed = malloc(row * (size_t)k->vocab);
    o.targets = malloc((size_t)k->n * sizeof *o.targets);
    for (int64_t v = 0; v < k->vocab; v++) lrt_quantise(o.packed + (size_t)v * row, o.w + v * k->in, k->type, k->in);
    for (int64_t r = 0; r < k->n; r++) o.targets[r] = (int32_t)(r == 0 ? k->vocab - 1 : r * 271 % k->vocab);
    o.matrix = lrt_matrix(o.packed, k->type, k->vocab, k->in);
    if (k->bias) o.vector = lrt_f32(o.bias, 1, k->vocab);
    return o;
}
static void operands_free(struct operands *o) {
    float *all[] = {o->x, o->w, o->bias, o->acc};
    for (int i = 0; i < 4; i++) free(all[i]);
    free(o->packed);
    free(o->targets);
}

/* Rows first .. first+n-1 with all their logits at once. */
static void whole(struct fixture *f, const struct operands *o, double *loss, float *dx, float *logits) {
    const struct loss_case *k = o->k;
    const struct lrt_tensor *x = F32(o->x, k->n, k->in), *all = F32(logits, k->n, k->vocab);
    const struct lrt_linear_args forward = {.y = all, .x = x, .w = &o->matrix, .bias = present(&o->vector)};
    const struct lrt_cross_entropy_args entropy = {
        .loss = F64(loss, 1), .dlogits = all, .logits = all, .targets = I32(o->targets, k->n), .weight = 0.25f};
    const struct lrt_linear_dx_args backward = {.dx = F32(dx, k->n, k->in),
                                                .acc = k->added ? F32(o->acc, k->n, k->in) : NULL,
                                                .dy = all,
                                                .w = &o->matrix,
                                                .scale = 1};
    lrt_linear(&f->run, &forward);
    lrt_cross_entropy(&f->run, &entropy);
    lrt_linear_dx(&f->run, &backward);
}

/* The same, `rows` at a time, in chunks. */
static void in_chunks(struct fixture *f, const struct operands *o, double *loss, float *dx, int64_t rows,
                      int64_t chunk) {
    const struct loss_case *k = o->k;
    float *logits = malloc((size_t)(rows * chunk) * sizeof *logits);
    double *sums = malloc((size_t)(rows * 3) * sizeof *sums);
    memset(logits, 0x7f, (size_t)(rows * chunk) * sizeof *logits);
    memset(sums, 0x7f, (size_t)(rows * 3) * sizeof *sums);
    for (int64_t r = 0; r < k->n; r += rows) {
        const int64_t here = k->n - r < rows ? k->n - r : rows, at = r * k->in;
        const float *acc = k->added ? (rows % 2 ? o->acc + at : dx + at) : NULL;
        if (dx && acc == dx + at) memcpy(dx + at, o->acc + at, (size_t)(here * k->in) * sizeof *dx);
        const struct lrt_linear_cross_entropy_args args = {
            .loss = F64(loss, 1),
            .dx = dx ? F32(dx + at, here, k->in) : NULL,
            .acc = dx && acc ? F32(acc, here, k->in) : NULL,
            .logits = F32(logits, here, chunk),
            .sums = TENSOR(sums, LRT_F64, here, 3),
            .x = F32(o->x + at, here, k->in),
            .w = &o->matrix,
            .bias = present(&o->vector),
            .targets = I32(o->targets + r, here),
            .weight = 0.25f,
        };
        lrt_linear_cross_entropy(&f->run, &args);
    }
    free(logits);
    free(sums);
}

/* Double precision, from the dequantised weights. */
static void against_formulas(struct fixture *f, const struct operands *o, double loss, const float *dx) {
    const struct loss_case *k = o->k;
    const size_t row = lrt_row_bytes(k->type, (size_t)k->in);
    double *x = malloc((size_t)k->vocab * sizeof *x), *want = calloc((size_t)k->in, sizeof *want), sum = 0.5;
    for (int64_t v = 0; v < k->vocab; v++)
        lrt_dequantise(&f->run, o->w + v * k->in, o->packed + (size_t)v * row, k->type, 0, k->in);
    for (int64_t r = 0; r < k->n; r++) {
        double top = -INFINITY, total = 0;
        for (int64_t v = 0; v < k->vocab; v++) {
            x[v] = o->vector.data ? (double)o->bias[v] : 0;
            for (int64_t i = 0; i < k->in; i++) x[v] += (double)o->x[r * k->in + i] * (double)o->w[v * k->in + i];
            top = fmax(top, x[v]);
        }
        for (int64_t v = 0; v < k->vocab; v++) total += exp(x[v] - top);
        sum += top + log(total) - x[o->targets[r]];
        for (int64_t i = 0; i < k->in; i++) want[i] = k->added ? (double)o->acc[r * k->in + i] : 0;
        for (int64_t v = 0; v < k->vocab; v++) {
            const double d = 0.25 * (exp(x[v] - top) / total - (v == o->targets[r]));
            for (int64_t i = 0; i < k->in; i++) want[i] += d * (double)o->w[v * k->in + i];
        }
        assert_near(dx + r * k->in, want, k->in, k->size > 1 ? 2e-3 : 1e-5, "dx");
    }
    assert_true(fabs(loss - sum) < 1e-5 * (1 + fabs(sum)));
    free(x);
    free(want);
}

static void one_case(struct fixture *f, const struct loss_case *k) {
    struct operands o = operands_new(k);
    const int64_t all = k->n * k->in;
    const struct { int64_t rows, chunk; } shapes[] = {{k->n, 256}, {5, 512}, {3, 768}, {k->n, 1536}};
    float *logits = malloc((size_t)(k->n * k->vocab) * sizeof *logits);
    float *dx = calloc((size_t)all, sizeof *dx), *other = calloc((size_t)all, sizeof *other);
    double loss = 0.5;
    whole(f, &o, &loss, dx, logits);
    against_formulas(f, &o, loss, dx);
    for (int i = 0; i < 4; i++) {
        double same = 0.5, alone = 0.5;
        const int64_t rows = shapes[i].rows < k->n ? shapes[i].rows : k->n;
        in_chunks(f, &o, &same, other, rows, shapes[i].chunk);
        assert_true(same == loss);
        assert_same_bits(other, dx, all, "dx in chunks");
        if (i == 0) in_chunks(f, &o, &alone, NULL, rows, shapes[i].chunk);
        assert_true(i > 0 || alone == loss);
    }
    free(logits);
    free(dx);
    free(other);
    operands_free(&o);
}

static void parts_change_no_bit(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= (set < 2 ? 1 : 3); threads += 2) { /* 0, 1: slow */
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) one_case(f, cases + i);
            fixture_stop(f);
        }
}

/* Padded columns whose bias is minus infinity, also a whole chunk of them, first or last. */
static void columns_that_cannot_be(void **state) {
    (void)state;
    enum { N = 3, IN = 16, V = 1000 };
    struct loss_case k = {N, IN, V, LRT_F32, 1, 0, 1};
    struct operands o = operands_new(&k);
    for (int first = 0; first < 2; first++) {
        for (int v = 0; v < V; v++) o.bias[v] = (first ? v < 600 : v >= 400) ? -INFINITY : 0.5f;
        for (int r = 0; r < N; r++) o.targets[r] = first ? V - 1 - r : r;
        struct fixture *f = fixture_start(NULL, 1);
        float *logits = malloc(N * V * sizeof *logits), dx[N * IN], other[N * IN];
        double loss = 0, same = 0;
        whole(f, &o, &loss, dx, logits);
        in_chunks(f, &o, &same, other, N, 256);
        assert_true(isfinite(loss) && loss > 0 && same == loss);
        for (int i = 0; i < N * IN; i++) assert_true(isfinite(dx[i]));
        assert_same_bits(other, dx, N * IN, "dx in chunks");
        free(logits);
        fixture_stop(f);
    }
    operands_free(&o);
}

/* The kernel uses no more scratch than it declares. */
static void scratch_is_enough(void **state) {
    (void)state;
    struct operands o = operands_new(&cases[2]);
    struct fixture *f = fixture_start(NULL, 2);
    const int64_t need = lrt_linear_cross_entropy_scratch(o.k->n, o.k->in, 256, 2);
    unsigned char *beyond = (unsigned char *)f->scratch + need;
    float *dx = calloc((size_t)(o.k->n * o.k->in), sizeof *dx);
    double loss = 0;
    in_chunks(f, &o, &loss, dx, o.k->n, 256);
    assert_true(need > 0 && need < FIXTURE_SCRATCH);
    for (int64_t i = 0; i < FIXTURE_SCRATCH - need; i++) assert_int_equal(beyond[i], 0x7f);
    free(dx);
    fixture_stop(f);
    operands_free(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_change_no_bit),
        cmocka_unit_test(columns_that_cannot_be),
        cmocka_unit_test(scratch_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
