/* Kernels that work on rows, in every set against double formulas: norms, rope, embeddings, broadcasts, gathering,
 * cross entropy. Row splits, threads and places bit for bit. */
#include <lorac/lrt_scratch.h>
#include "tests/unit/kernel_fixture.h"

enum { ROWS = 300 };

struct norm_case {
    int64_t n, d;
    float offset;
};
static const struct norm_case norm_cases[] = {{1, 1, 0}, {7, 5, 1}, {ROWS, 67, 0}, {33, 576, 1}, {260, 1000, 0}};

static void norm_double(const struct norm_case *k, const float *x, const float *w, const float *dy, double *y,
                        double *dx, double *dw) {
    for (int64_t r = 0; r < k->n; r++) {
        double square = 0, mean = 0;
        for (int64_t i = 0; i < k->d; i++) square += (double)x[r * k->d + i] * (double)x[r * k->d + i];
        const double rstd = 1 / sqrt(square / (double)k->d + 1e-5);
        for (int64_t i = 0; i < k->d; i++) {
            const double g = (double)w[i] + (double)k->offset, value = (double)x[r * k->d + i];
            y[r * k->d + i] = value * rstd * g;
            mean += (double)dy[r * k->d + i] * g * value / (double)k->d;
            dw[i] += (double)dy[r * k->d + i] * value * rstd;
        }
        for (int64_t i = 0; i < k->d; i++) {
            const double g = (double)w[i] + (double)k->offset, value = (double)x[r * k->d + i];
            dx[r * k->d + i] = rstd * g * (double)dy[r * k->d + i] - value * rstd * rstd * rstd * mean;
        }
    }
}

static void norms(struct fixture *f, const struct norm_case *k) {
    const int64_t n = k->n, d = k->d, all = n * d;
    float *x = fixture_floats(all, 1, 2), *w = fixture_floats(d, 2, 1), *dy = fixture_floats(all, 3, 1);
    float *acc = fixture_floats(all, 4, 1), *dw = fixture_floats(d, 5, 1), *y = fixture_copy(x, all),
          *z = fixture_copy(x, all);
    double *wanted[3] = {calloc((size_t)all, 8), calloc((size_t)all, 8), calloc((size_t)d, 8)};
    for (int64_t i = 0; i < d; i++) wanted[2][i] = (double)dw[i];
    norm_double(k, x, w, dy, wanted[0], wanted[1], wanted[2]);
    struct lrt *c = &f->run;
    lrt_rms_norm(c, y, x, lrt_floats(w), n, d, 1e-5f, k->offset);
    assert_near(y, wanted[0], all, 2e-6, "rms_norm");
    lrt_rms_norm(c, z, z, lrt_floats(w), n, d, 1e-5f, k->offset);
    assert_same_bits(z, y, all, "rms_norm in place");
    for (int64_t r = 0; r < n; r++) lrt_rms_norm(c, z + r * d, x + r * d, lrt_floats(w), 1, d, 1e-5f, k->offset);
    assert_same_bits(z, y, all, "rms_norm row by row");
    lrt_rms_norm_dx(c, y, NULL, dy, x, lrt_floats(w), n, d, 1e-5f, k->offset);
    assert_near(y, wanted[1], all, 3e-6, "rms_norm_dx");
    memcpy(z, dy, (size_t)all * sizeof *z);
    lrt_rms_norm_dx(c, z, NULL, z, x, lrt_floats(w), n, d, 1e-5f, k->offset);
    assert_same_bits(z, y, all, "dx in place of dy");
    for (int64_t i = 0; i < all; i++) y[i] += acc[i];
    lrt_rms_norm_dx(c, acc, acc, dy, x, lrt_floats(w), n, d, 1e-5f, k->offset);
    assert_same_bits(acc, y, all, "dx onto acc in place");
    float *split = fixture_copy(dw, d);
    lrt_rms_norm_dw(c, dw, dy, x, n, d, 1e-5f);
    assert_near(dw, wanted[2], d, 2e-5, "rms_norm_dw");
    const int64_t half = n / 3;
    lrt_rms_norm_dw(c, split, dy, x, half, d, 1e-5f);
    lrt_rms_norm_dw(c, split, dy + half * d, x + half * d, n - half, d, 1e-5f);
    assert_same_bits(split, dw, d, "rms_norm_dw in two calls");
    float *floats[] = {x, w, dy, acc, dw, y, z, split};
    for (int i = 0; i < 8; i++) free(floats[i]);
    for (int i = 0; i < 3; i++) free(wanted[i]);
}

static void ropes(struct fixture *f, int64_t head) {
    enum { SEQ = 11, N = 2 * SEQ, HEADS = 3 };
    const int64_t all = N * HEADS * head;
    float *table = fixture_floats(SEQ * head, 1, 1), *x = fixture_floats(all, 2, 1), *y = fixture_copy(x, all);
    double *wanted = calloc((size_t)all, sizeof *wanted);
    for (int stored = 0; stored < 2; stored++)
        for (int interleaved = 0; interleaved < 2; interleaved++) {
            f->run.rope_interleaved = stored;
            lrt_rope_table(&f->run, table, SEQ, head, 1e4f, 0, 0, 0, 0, 0);
            lrt_rope(&f->run, y, x, table, N, 0, SEQ, HEADS, head, interleaved, 0);
            for (int64_t i = 0; i < all; i++) wanted[i] = (double)x[i];
            for (int64_t r = 0; r < N * HEADS; r++)
                for (int64_t j = 0; j < head / 2; j++) {
                    const int neighbours = stored != interleaved;
                    const int64_t a = r * head + (neighbours ? 2 * j : j), b = a + (neighbours ? 1 : head / 2);
                    const double angle = (double)(r / HEADS % SEQ) * pow(1e4, -2.0 * (double)j / (double)head);
                    wanted[a] = cos(angle) * (double)x[a] - sin(angle) * (double)x[b];
                    wanted[b] = sin(angle) * (double)x[a] + cos(angle) * (double)x[b];
                }
            assert_near(y, wanted, all, 3e-7, "rope");
            float *z = fixture_copy(x, all);
            lrt_rope(&f->run, z, z, table, N, 0, SEQ, HEADS, head, interleaved, 0);
            assert_same_bits(z, y, all, "rope in place");
            memcpy(z, x, (size_t)all * sizeof *z);
            for (int64_t t = 0; t < N; t += 5)
                lrt_rope(&f->run, z + t * HEADS * head, z + t * HEADS * head, table, t + 5 < N ? 5 : N - t, t, SEQ,
                         HEADS, head, interleaved, 0);
            assert_same_bits(z, y, all, "rope in parts");
            lrt_rope(&f->run, z, x, table, N, 0, SEQ, HEADS, head, interleaved, 0);
            lrt_rope(&f->run, z, z, table, N, 0, SEQ, HEADS, head, interleaved, 1);
            for (int64_t i = 0; i < all; i++) wanted[i] = (double)x[i];
            assert_near(z, wanted, all, 5e-7, "rope and back");
            free(z);
        }
    f->run.rope_interleaved = 0;
    free(table);
    free(x);
    free(y);
    free(wanted);
}

/* Scaling kinds against their definitions at both ends: short waves stay, the longest are stretched by the factor. */
static void rope_scaling(void **state) {
    (void)state;
    enum { SEQ = 50, HEAD = 64 };
    static float plain[SEQ * HEAD], linear[SEQ * HEAD], llama[SEQ * HEAD];
    struct fixture *f = fixture_start(NULL, 1);
    lrt_rope_table(&f->run, plain, SEQ, HEAD, 5e5f, 0, 0, 0, 0, 0);
    lrt_rope_table(&f->run, linear, SEQ, HEAD, 5e5f, 1, 2, 0, 0, 0);
    lrt_rope_table(&f->run, llama, SEQ, HEAD, 5e5f, 2, 8, 1, 4, 8192);
    for (int t = 0; 2 * t < SEQ; t++) assert_same_bits(linear + 2 * t * HEAD, plain + t * HEAD, HEAD, "linear scaling");
    for (int t = 0; t < SEQ; t++) {
        assert_same_bits(llama + t * HEAD, plain + t * HEAD, 2 * 10, "short waves");
        const double slowest = pow(5e5, -62.0 / 64) / 8;
        assert_true(fabs((double)llama[t * HEAD + HEAD - 1] - sin(t * slowest)) < 1e-7);
    }
    const double frequency = pow(5e5, -2.0 * 16 / 64),
                 iterations = 8192 * frequency / (2 * acos(-1)); /* 1.84: between */
    const double smooth = (iterations - 1) / 3, mixed = (1 - smooth) * frequency / 8 + smooth * frequency;
    assert_true(iterations > 1 && iterations < 4);
    assert_true(fabs((double)llama[40 * HEAD + 2 * 16 + 1] - sin(40 * mixed)) < 1e-6);
    fixture_stop(f);
}

static void indexed_rows(struct fixture *f, int64_t d) {
    enum { N = 40, VOCAB = 9 };
    int32_t ids[N], rows[N], picked[N], count = -1;
    for (int i = 0; i < N; i++) ids[i] = (i * 7 + i / 3) % VOCAB;
    float *w = fixture_floats(VOCAB * d, 1, 1), *y = fixture_floats(N * d, 2, 1), *back = fixture_floats(N * d, 3, 1);
    lrt_embedding(&f->run, y, ids, lrt_floats(w), N, d);
    for (int i = 0; i < N; i++) assert_same_bits(y + i * d, w + ids[i] * d, d, "embedding");
    float *dw = fixture_copy(w, VOCAB * d), *split = fixture_copy(w, VOCAB * d), *plain = fixture_copy(w, VOCAB * d);
    for (int i = 0; i < N; i++)
        for (int64_t j = 0; j < d; j++) plain[ids[i] * d + j] += back[i * d + j];
    lrt_embedding_dw(&f->run, dw, ids, back, N, d);
    assert_same_bits(dw, plain, VOCAB * d, "embedding_dw");
    lrt_embedding_dw(&f->run, split, ids, back, 13, d);
    lrt_embedding_dw(&f->run, split, ids + 13, back + 13 * d, N - 13, d);
    assert_same_bits(split, plain, VOCAB * d, "embedding_dw in two calls");
    lrt_counted_rows(&f->run, rows, &count, ids, N, 3);
    int found = 0;
    for (int i = 0; i < N; i++)
        if (ids[i] != 3) assert_int_equal(rows[found++], i);
    assert_int_equal(count, found);
    lrt_gather_ids(&f->run, picked, ids, rows, count);
    lrt_gather_rows(&f->run, y, back, rows, count, d);
    float *scattered = calloc((size_t)(N * d), sizeof *scattered);
    lrt_scatter_rows(&f->run, scattered, y, rows, count, d);
    for (int i = 0; i < N; i++)
        for (int64_t j = 0; j < d; j++) assert_true(scattered[i * d + j] == (ids[i] == 3 ? 0 : back[i * d + j]));
    memcpy(scattered, back, (size_t)(N * d) * sizeof *scattered); /* in the place of the rows they come from */
    lrt_scatter_rows(&f->run, scattered, y, rows, count, d);
    lrt_clear_other_rows(&f->run, scattered, rows, count, N, d);
    for (int i = 0; i < N; i++)
        for (int64_t j = 0; j < d; j++) assert_true(scattered[i * d + j] == (ids[i] == 3 ? 0 : back[i * d + j]));
    for (int i = 0; i < count; i++) assert_int_equal(picked[i], ids[rows[i]]);
    lrt_counted_rows(&f->run, rows, &count, ids, N, INT64_MIN);
    assert_int_equal(count, N);
    float *all[] = {w, y, back, dw, split, plain, scattered};
    for (int i = 0; i < 7; i++) free(all[i]);
}

/* Half floats for a broadcast vector and an embedding: the value is the dequantised one. */
static void vectors_of_other_types(struct fixture *f) {
    enum { N = 5, D = 64 };
    float *w = fixture_floats(D, 1, 1), *x = fixture_floats(N * D, 2, 1), half[D], y[N * D], z[N * D];
    unsigned char row[D * 4];
    const uint32_t types[] = {LRT_F16, LRT_BF16, LRT_Q8_0};
    for (int i = 0; i < 3; i++) {
        lrt_quantise(row, w, types[i], D);
        lrt_dequantise(&f->run, half, row, types[i], 0, D);
        const struct lrt_tensor packed = {row, types[i], 0};
        lrt_mul_vector(&f->run, y, x, packed, N, D);
        lrt_mul_vector(&f->run, z, x, lrt_floats(half), N, D);
        assert_same_bits(y, z, N * D, "mul_vector");
        assert_true(y[D + 3] == x[D + 3] * half[3]);
        lrt_add_vector(&f->run, y, x, packed, N, D);
        assert_true(y[D + 3] == x[D + 3] + half[3]);
        lrt_rms_norm(&f->run, y, x, packed, N, D, 1e-6f, 0);
        lrt_rms_norm(&f->run, z, x, lrt_floats(half), N, D, 1e-6f, 0);
        assert_same_bits(y, z, N * D, "rms_norm");
        const int32_t id = 0;
        lrt_embedding(&f->run, y, &id, packed, 1, D);
        assert_same_bits(y, half, D, "embedding");
    }
    float db[D], split[D];
    memcpy(db, w, sizeof db);
    memcpy(split, w, sizeof split);
    lrt_mul_vector_db(&f->run, db, x, y, N, D);
    lrt_mul_vector_db(&f->run, split, x, y, 2, D);
    lrt_mul_vector_db(&f->run, split, x + 2 * D, y + 2 * D, N - 2, D);
    assert_same_bits(split, db, D, "mul_vector_db in two calls");
    double wanted = (double)w[9];
    for (int r = 0; r < N; r++) wanted += (double)x[r * D + 9] * (double)y[r * D + 9];
    assert_near(db + 9, &wanted, 1, 1e-6, "mul_vector_db");
    memcpy(db, w, sizeof db);
    memcpy(split, w, sizeof split);
    lrt_sum_rows_acc(&f->run, db, x, N, D);
    lrt_sum_rows_acc(&f->run, split, x, 2, D);
    lrt_sum_rows_acc(&f->run, split, x + 2 * D, N - 2, D);
    assert_same_bits(split, db, D, "sum_rows_acc in two calls");
    wanted = (double)w[9];
    for (int r = 0; r < N; r++) wanted += (double)x[r * D + 9];
    assert_near(db + 9, &wanted, 1, 1e-6, "sum_rows_acc");
    free(w);
    free(x);
}

static void cross_entropies(struct fixture *f, int64_t n, int64_t vocab, float size) {
    const int64_t all = n * vocab;
    float *x = fixture_floats(all, 1, size), *dx = fixture_copy(x, all), *apart = fixture_floats(all, 2, 1);
    int32_t *targets = malloc((size_t)n * sizeof *targets);
    double *wanted = malloc((size_t)all * sizeof *wanted), exact = 0.5, loss = 0.5, alone = 0.5, split = 0.5;
    for (int64_t r = 0; r < n; r++) {
        targets[r] = (int32_t)(r == n - 1 ? vocab - 1 : (r * 37) % vocab);
        double top = -INFINITY, sum = 0;
        for (int64_t i = 0; i < vocab; i++) top = fmax(top, (double)x[r * vocab + i]);
        for (int64_t i = 0; i < vocab; i++) sum += exp((double)x[r * vocab + i] - top);
        for (int64_t i = 0; i < vocab; i++)
            wanted[r * vocab + i] = 0.25 * (exp((double)x[r * vocab + i] - top) / sum - (i == targets[r]));
        exact += top + log(sum) - (double)x[r * vocab + targets[r]];
    }
    lrt_cross_entropy(&f->run, &loss, apart, x, targets, 0.25f, n, vocab);
    assert_true(fabs(loss - exact) < 1e-6 * (1 + fabs(exact)));
    assert_near(apart, wanted, all, 2e-7, "dlogits");
    lrt_cross_entropy(&f->run, &alone, NULL, x, targets, 0.25f, n, vocab);
    assert_true(alone == loss);
    for (int64_t r = 0; r < n; r++)
        lrt_cross_entropy(&f->run, &split, dx + r * vocab, dx + r * vocab, targets + r, 0.25f, 1, vocab);
    assert_true(split == loss);
    assert_same_bits(dx, apart, all, "dlogits in place, row by row");
    free(x);
    free(dx);
    free(apart);
    free(targets);
    free(wanted);
}

static void every_set_is_the_formulas(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= 3; threads++) {
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            for (size_t i = 0; i < sizeof norm_cases / sizeof *norm_cases; i++) norms(f, norm_cases + i);
            const int64_t heads[] = {2, 8, 33, 64, 128, 90};
            for (int i = 0; i < 6; i++) ropes(f, heads[i]);
            indexed_rows(f, 37);
            indexed_rows(f, 6000);
            vectors_of_other_types(f);
            cross_entropies(f, 3, 1, 1);
            cross_entropies(f, ROWS, 50, 2);
            cross_entropies(f, 5, 5003, 3);
            cross_entropies(f, 2, 4096, 3000); /* exp of the logits themselves would overflow */
            fixture_stop(f);
        }
}

/* One thread and three, all kernels whose sums run over a row or over rows. */
static void threads_change_no_bit(void **state) {
    (void)state;
    enum { N = 270, D = 777 };
    float *x = fixture_floats(N * D, 1, 1), *dy = fixture_floats(N * D, 2, 1), *w = fixture_floats(D, 3, 1);
    float *y[4][4];
    double loss[4] = {0};
    int32_t targets[N];
    for (int i = 0; i < N; i++) targets[i] = i * 2;
    for (int threads = 1; threads <= 3; threads++) {
        struct fixture *f = fixture_start(NULL, threads);
        for (int i = 0; i < 4; i++) y[threads][i] = calloc(N * D, sizeof(float));
        lrt_rms_norm(&f->run, y[threads][0], x, lrt_floats(w), N, D, 1e-5f, 0);
        lrt_rms_norm_dx(&f->run, y[threads][1], dy, dy, x, lrt_floats(w), N, D, 1e-5f, 0);
        lrt_rms_norm_dw(&f->run, y[threads][2], dy, x, N, D, 1e-5f);
        lrt_cross_entropy(&f->run, loss + threads, y[threads][3], x, targets, 1, N, D);
        for (int i = 0; i < 4; i++) assert_same_bits(y[threads][i], y[1][i], N * D, "threads");
        assert_true(loss[threads] == loss[1]);
        fixture_stop(f);
    }
    for (int threads = 1; threads <= 3; threads++)
        for (int i = 0; i < 4; i++) free(y[threads][i]);
    free(x);
    free(dy);
    free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_is_the_formulas),
        cmocka_unit_test(rope_scaling),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
