/* Kernels on rows, in cases that the op table's samples do not cover: vectors and embeddings of file types, ropes whose
 * rows are in llama GGUF order, logits whose exponentials overflow. */
#include "tests/unit/kernel_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/tensors.h"

/* A vector of a file type is its dequantised floats. */
static void vectors_of(struct fixture *f, uint32_t type) {
    enum { N = 5, D = 64 };
    float *w = fixture_floats(D, 1, 1), *x = fixture_floats(N * D, 2, 1), *dot = fixture_floats(N * D, 3, 1);
    float floats[D], y[N * D], z[N * D];
    unsigned char row[D * 4];
    const int32_t id = 0;
    lrt_quantise(row, w, type, D);
    lrt_dequantise(&f->run, floats, row, type, 0, D);
    const struct lrt_tensor *in = F32(x, N, D), *x_dot = F32(dot, N, D), *out[] = {F32(y, N, D), F32(z, N, D)};
    const struct lrt_tensor *vector[] = {TENSOR(row, type, 1, D), F32(floats, 1, D)};
    typedef void binary(struct lrt * c, const struct lrt_binary_args *a);
    binary *const binaries[] = {lrt_add_vector, lrt_mul_vector};
    for (int b = 0; b < 2; b++) {
        for (int i = 0; i < 2; i++)
            binaries[b](&f->run, &(struct lrt_binary_args){.y = out[i], .a = in, .b = vector[i]});
        assert_same_bits(y, z, N * D, "a vector for all rows");
    }
    for (int i = 0; i < 2; i++)
        lrt_rms_norm(&f->run, &(struct lrt_rms_norm_args){.y = out[i], .x = in, .w = vector[i], .eps = 1e-6f});
    assert_same_bits(y, z, N * D, "rms_norm");
    for (int i = 0; i < 2; i++)
        lrt_rms_norm_tangent(&f->run, &(struct lrt_rms_norm_args){
                                          .y_dot = out[i], .x = in, .w = vector[i], .x_dot = x_dot, .eps = 1e-5f});
    assert_same_bits(y, z, N * D, "rms_norm_tangent");
    lrt_embedding(&f->run, &(struct lrt_embedding_args){.y = F32(y, 1, D), .ids = I32(&id, 1), .w = vector[0]});
    assert_same_bits(y, floats, D, "embedding");
    free(w);
    free(x);
    free(dot);
}

static void file_types_are_their_floats(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        if (!f) continue;
        vectors_of(f, LRT_F16);
        vectors_of(f, LRT_BF16);
        vectors_of(f, LRT_Q8_0);
        fixture_stop(f);
    }
}

/* With weights in llama GGUF order the pairs are at other positions: (2j, 2j+1) for (j, j + head/2). */
static void ropes(struct fixture *f, int64_t head) {
    enum { SEQ = 11, N = 2 * SEQ, HEADS = 3 };
    const int64_t all = N * HEADS * head;
    float *table = malloc((size_t)(SEQ * head) * sizeof *table), *x = fixture_floats(all, 2, 1),
          *gguf = malloc((size_t)all * sizeof *gguf), *y = malloc((size_t)all * sizeof *y),
          *z = malloc((size_t)all * sizeof *z);
    for (int64_t i = 0; i < all; i++) {
        const int64_t at = i % head, pair = at % (head / 2), second = at / (head / 2);
        gguf[i / head * head + 2 * pair + second] = x[i];
    }
    const struct lrt_tensor *angles = F32(table, SEQ, head);
    lrt_rope_table(&f->run, &(struct lrt_rope_table_args){.table = angles, .theta = 1e4f, .factor = 1});
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        struct lrt_rope_args args = {.y = F32(y, N, HEADS * head), .x = F32(x, N, HEADS * head), .table = angles};
        f->run.rope_interleaved = interleaved;
        args.interleaved = interleaved; /* both say the same: halves, as x has them */
        lrt_rope(&f->run, &args);
        f->run.rope_interleaved = !interleaved;
        args.y = F32(z, N, HEADS * head);
        args.x = F32(gguf, N, HEADS * head);
        lrt_rope(&f->run, &args);
        for (int64_t i = 0; i < all; i++) {
            const int64_t at = i % head, pair = at % (head / 2), second = at / (head / 2);
            assert_same_bits(y + i, z + i / head * head + 2 * pair + second, 1, "a rope in GGUF order");
        }
    }
    f->run.rope_interleaved = 0;
    float *floats[] = {table, x, gguf, y, z};
    for (int i = 0; i < 5; i++) free(floats[i]);
}
static void gguf_order_is_the_same_rope(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 2);
        if (!f) continue;
        const int64_t heads[] = {2, 8, 64, 128, 90};
        for (int i = 0; i < 5; i++) ropes(f, heads[i]);
        fixture_stop(f);
    }
}

/* exp of the logits themselves would overflow. */
static void large_logits(void **state) {
    (void)state;
    enum { N = 2, VOCAB = 4096 };
    float *x = fixture_floats(N * VOCAB, 1, 3000), *dx = malloc(N * VOCAB * sizeof *dx);
    const int32_t targets[] = {37, VOCAB - 1};
    double exact = 0.5;
    for (int r = 0; r < N; r++) {
        double top = -INFINITY, sum = 0;
        for (int i = 0; i < VOCAB; i++) top = fmax(top, (double)x[r * VOCAB + i]);
        for (int i = 0; i < VOCAB; i++) sum += exp((double)x[r * VOCAB + i] - top);
        exact += top + log(sum) - (double)x[r * VOCAB + targets[r]];
    }
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        if (!f) continue;
        double loss = 0.5;
        const struct lrt_cross_entropy_args args = {.loss = F64(&loss, 1),
                                                    .dlogits = F32(dx, N, VOCAB),
                                                    .logits = F32(x, N, VOCAB),
                                                    .targets = I32(targets, N),
                                                    .weight = 0.25f};
        lrt_cross_entropy(&f->run, &args);
        assert_true(fabs(loss - exact) < 1e-6 * (1 + fabs(exact)));
        for (int i = 0; i < N * VOCAB; i++) assert_true(isfinite(dx[i]) && fabs((double)dx[i]) <= 0.25);
        fixture_stop(f);
    }
    free(x);
    free(dx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_types_are_their_floats),
        cmocka_unit_test(gguf_order_is_the_same_rope),
        cmocka_unit_test(large_logits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
