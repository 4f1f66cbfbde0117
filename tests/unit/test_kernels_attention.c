/* Attention against a plain double computation that stores the whole matrix of scores, and its gradients against
 * central differences of it; then the promises: threads, in place, batches and tiles change no bit. */
#include "runtime/kernels/kernel_set.h"
#include <lorac/lrt_scratch.h>
#include "tests/unit/kernel_fixture.h"

struct shape {
    int64_t batch, seq, heads, kv_heads, head, causal, window;
    float softcap, size; /* size: of the numbers in q and k */
};

static const struct shape shapes[] = {
    {1, 1, 1, 1, 8, 1, 0, 0, 1},       {2, 7, 3, 1, 5, 1, 0, 0, 1},    {1, 37, 4, 2, 8, 1, 0, 0, 1},
    {1, 70, 6, 2, 64, 1, 0, 0, 1},     {1, 131, 2, 1, 16, 0, 0, 0, 1}, {1, 150, 3, 3, 24, 1, 20, 0, 1},
    {1, 140, 4, 1, 128, 1, 65, 30, 1}, {2, 33, 7, 1, 17, 0, 9, 5, 1},  {1, 90, 2, 2, 33, 1, 1, 0, 1},
    {1, 66, 2, 1, 64, 1, 0, 0, 60},    {1, 65, 64, 1, 8, 1, 0, 0, 1},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

struct problem {
    struct shape s;
    int64_t n, nq, nk; /* tokens, numbers of q and of k */
    float scale;
    float *q, *k, *v, *dout;
};

static struct problem problem_new(struct shape s) {
    struct problem p = {.s = s, .n = s.batch * s.seq};
    p.nq = p.n * s.heads * s.head;
    p.nk = p.n * s.kv_heads * s.head;
    p.scale = 1.0f / sqrtf((float)s.head);
    p.q = fixture_floats(p.nq, 1, s.size);
    p.k = fixture_floats(p.nk, 2, s.size);
    p.v = fixture_floats(p.nk, 3, 1);
    p.dout = fixture_floats(p.nq, 4, 1);
    return p;
}
static void problem_free(struct problem *p) {
    free(p->q);
    free(p->k);
    free(p->v);
    free(p->dout);
}

/* Weights of one query over all keys; returns the log of the sum. raw: scores before the softmax, after the cap. */
static double softmax_row(const struct problem *p, const double *q, const double *k, int64_t b, int64_t t, int64_t h,
                          double *weight, double *raw) {
    const struct shape *s = &p->s;
    const int64_t kv = h / (s->heads / s->kv_heads);
    double top = -INFINITY, sum = 0;
    for (int64_t j = 0; j < s->seq; j++) {
        double score = 0;
        for (int64_t i = 0; i < s->head; i++)
            score += q[((b * s->seq + t) * s->heads + h) * s->head + i] *
                     k[((b * s->seq + j) * s->kv_heads + kv) * s->head + i];
        score *= (double)p->scale;
        if (s->softcap > 0) score = (double)s->softcap * tanh(score / (double)s->softcap);
        const int hidden = (s->causal && j > t) || (s->window > 0 && t - j >= s->window);
        raw[j] = hidden ? -INFINITY : score;
        if (raw[j] > top) top = raw[j];
    }
    for (int64_t j = 0; j < s->seq; j++) sum += weight[j] = exp(raw[j] - top);
    for (int64_t j = 0; j < s->seq; j++) weight[j] /= sum;
    return top + log(sum);
}

static void forward(const struct problem *p, const double *q, const double *k, const double *v, double *o,
                    double *lse) {
    const struct shape *s = &p->s;
    double *weight = malloc((size_t)s->seq * sizeof *weight), *raw = malloc((size_t)s->seq * sizeof *raw);
    for (int64_t b = 0; b < s->batch; b++)
        for (int64_t t = 0; t < s->seq; t++)
            for (int64_t h = 0; h < s->heads; h++) {
                const int64_t row = (b * s->seq + t) * s->heads + h, kv = h / (s->heads / s->kv_heads);
                lse[row] = softmax_row(p, q, k, b, t, h, weight, raw);
                for (int64_t i = 0; i < s->head; i++) {
                    o[row * s->head + i] = 0;
                    for (int64_t j = 0; j < s->seq; j++)
                        o[row * s->head + i] += weight[j] * v[((b * s->seq + j) * s->kv_heads + kv) * s->head + i];
                }
            }
    free(weight);
    free(raw);
}

/* dq, dk, dv by the chain rule over the stored row of weights. */
static void backward(const struct problem *p, const double *q, const double *k, const double *v, double *dq, double *dk,
                     double *dv) {
    const struct shape *s = &p->s;
    double *weight = malloc((size_t)s->seq * sizeof *weight), *raw = malloc((size_t)s->seq * sizeof *raw);
    memset(dq, 0, (size_t)p->nq * sizeof *dq);
    memset(dk, 0, (size_t)p->nk * sizeof *dk);
    memset(dv, 0, (size_t)p->nk * sizeof *dv);
    for (int64_t row = 0; row < p->n * s->heads; row++) {
        const int64_t h = row % s->heads, t = row / s->heads % s->seq, b = row / s->heads / s->seq;
        const int64_t kv = h / (s->heads / s->kv_heads);
        softmax_row(p, q, k, b, t, h, weight, raw);
        double mean = 0;
        for (int pass = 0; pass < 2; pass++) /* first the mean of the weights' gradients, then what depends on it */
            for (int64_t j = 0; j < s->seq; j++) {
                if (weight[j] == 0) continue;
                const int64_t key = ((b * s->seq + j) * s->kv_heads + kv) * s->head;
                double dweight = 0;
                for (int64_t i = 0; i < s->head; i++) dweight += (double)p->dout[row * s->head + i] * v[key + i];
                if (pass == 0) {
                    mean += weight[j] * dweight;
                    continue;
                }
                double ds = weight[j] * (dweight - mean) * (double)p->scale;
                if (s->softcap > 0) ds *= 1 - raw[j] / (double)s->softcap * (raw[j] / (double)s->softcap);
                for (int64_t i = 0; i < s->head; i++) {
                    dq[row * s->head + i] += ds * k[key + i];
                    dk[key + i] += ds * q[row * s->head + i];
                    dv[key + i] += weight[j] * (double)p->dout[row * s->head + i];
                }
            }
    }
    free(weight);
    free(raw);
}

static double *widen(const float *x, int64_t n) {
    double *y = malloc((size_t)(n + 1) * sizeof *y);
    for (int64_t i = 0; i < n; i++) y[i] = (double)x[i];
    return y;
}
static void run_forward(struct fixture *f, const struct problem *p, const float *q, float *o, float *lse) {
    const struct shape *s = &p->s;
    const int64_t need = lrt_attention_scratch(s->seq, s->head, s->heads, s->kv_heads, f->run.threads);
    assert_true(need <= FIXTURE_SCRATCH - 64);
    memset((char *)f->scratch + need, 0x5a, 64);
    lrt_attention(&f->run, o, lse, q, p->k, p->v, p->n, 0, s->seq, s->heads, s->kv_heads, s->head, p->scale, s->causal,
                  s->window, s->softcap);
    for (int i = 0; i < 64; i++) assert_int_equal(((unsigned char *)f->scratch)[need + i], 0x5a);
}
static void run_backward(struct fixture *f, const struct problem *p, const float *q, const float *dout, const float *o,
                         const float *lse, float *dq, float *dk, float *dv) {
    const struct shape *s = &p->s;
    const int64_t need = lrt_attention_backward_scratch(s->seq, s->head, s->heads, s->kv_heads, f->run.threads);
    assert_true(need <= FIXTURE_SCRATCH - 64);
    memset((char *)f->scratch + need, 0x5a, 64);
    memset(dk, 0, (size_t)p->nk * sizeof *dk);
    memset(dv, 0, (size_t)p->nk * sizeof *dv);
    lrt_attention_backward(&f->run, dq, dk, dv, dout, q, p->k, p->v, o, lse, p->n, 0, s->seq, s->heads, s->kv_heads,
                           s->head, p->scale, s->causal, s->window, s->softcap);
    for (int i = 0; i < 64; i++) assert_int_equal(((unsigned char *)f->scratch)[need + i], 0x5a);
}

struct result {
    float *o, *lse, *dq, *dk, *dv;
};
static struct result result_of(struct fixture *f, const struct problem *p) {
    struct result r = {fixture_floats(p->nq, 9, 1), fixture_floats(p->n * p->s.heads, 9, 1),
                       fixture_floats(p->nq, 9, 1), fixture_floats(p->nk, 9, 1), fixture_floats(p->nk, 9, 1)};
    run_forward(f, p, p->q, r.o, r.lse);
    run_backward(f, p, p->q, p->dout, r.o, r.lse, r.dq, r.dk, r.dv);
    return r;
}
static void result_free(struct result *r) {
    free(r->o);
    free(r->lse);
    free(r->dq);
    free(r->dk);
    free(r->dv);
}
static void assert_same_results(const struct problem *p, const struct result *a, const struct result *b) {
    assert_same_bits(a->o, b->o, p->nq, "o");
    assert_same_bits(a->lse, b->lse, p->n * p->s.heads, "lse");
    assert_same_bits(a->dq, b->dq, p->nq, "dq");
    assert_same_bits(a->dk, b->dk, p->nk, "dk");
    assert_same_bits(a->dv, b->dv, p->nk, "dv");
}

static void near_double(struct fixture *f, const struct problem *p) {
    double *q = widen(p->q, p->nq), *k = widen(p->k, p->nk), *v = widen(p->v, p->nk);
    double *o = widen(p->q, p->nq), *lse = widen(p->q, p->nq), *dq = widen(p->q, p->nq), *dk = widen(p->k, p->nk),
           *dv = widen(p->k, p->nk);
    const int large = p->s.size > 1; /* scores of thousands: their own rounding moves the weights */
    struct result r = result_of(f, p);
    forward(p, q, k, v, o, lse);
    backward(p, q, k, v, dq, dk, dv);
    assert_near(r.o, o, p->nq, large ? 2e-2 : 3e-6, "o");
    assert_near(r.lse, lse, p->n * p->s.heads, 2e-6, "lse");
    assert_near(r.dv, dv, p->nk, large ? 5e-2 : 1e-5, "dv");
    assert_near(r.dq, dq, p->nq, large ? 3e-1 : 1e-5, "dq");
    assert_near(r.dk, dk, p->nk, large ? 3e-1 : 1e-5, "dk");
    result_free(&r);
    double *all[] = {q, k, v, o, lse, dq, dk, dv};
    for (int i = 0; i < 8; i++) free(all[i]);
}
static void attention_is_the_plain_formula(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 1);
        for (int i = 0; f && i < SHAPES; i++) {
            struct problem p = problem_new(shapes[i]);
            near_double(f, &p);
            problem_free(&p);
        }
        if (f) fixture_stop(f);
    }
}

/* The double gradient that the kernels are compared with is itself compared with differences of the double forward
 * pass. */
static void gradient_is_the_slope(void **state) {
    (void)state;
    const struct shape shape = {1, 9, 4, 2, 5, 1, 6, 2, 1};
    struct problem p = problem_new(shape);
    double *x[3] = {widen(p.q, p.nq), widen(p.k, p.nk), widen(p.v, p.nk)};
    double *gradient[3] = {widen(p.q, p.nq), widen(p.k, p.nk), widen(p.v, p.nk)};
    const int64_t length[3] = {p.nq, p.nk, p.nk};
    double *o = widen(p.q, p.nq), *lse = widen(p.q, p.nq);
    backward(&p, x[0], x[1], x[2], gradient[0], gradient[1], gradient[2]);
    for (int which = 0; which < 3; which++)
        for (int64_t i = 0; i < length[which]; i += 3) {
            double value[2];
            for (int side = 0; side < 2; side++) {
                const double step = side ? 1e-5 : -1e-5;
                x[which][i] += step;
                forward(&p, x[0], x[1], x[2], o, lse);
                x[which][i] -= step;
                value[side] = 0;
                for (int64_t j = 0; j < p.nq; j++) value[side] += (double)p.dout[j] * o[j];
            }
            const double slope = (value[1] - value[0]) / 2e-5;
            assert_true(fabs(slope - gradient[which][i]) < 1e-7 * (1 + fabs(slope)));
        }
    for (int i = 0; i < 3; i++) {
        free(x[i]);
        free(gradient[i]);
    }
    free(o);
    free(lse);
    problem_free(&p);
}

#ifdef __SANITIZE_ADDRESS__
enum { THREADS_LEAST = 3, THREADS_MOST = 3 }; /* checked accesses are slow; the plain build tries all */
#else
enum { THREADS_LEAST = 2, THREADS_MOST = 4 };
#endif

static void threads_and_places_change_no_bit(void **state) {
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int i = 0; i < SHAPES; i++) {
            struct fixture *one = fixture_start(kernel_sets[set], 1);
            if (!one) break;
            struct problem p = problem_new(shapes[i]);
            struct result wanted = result_of(one, &p);
            for (int threads = THREADS_LEAST; threads <= THREADS_MOST; threads++) {
                struct fixture *f = fixture_start(kernel_sets[set], threads);
                struct result r = result_of(f, &p);
                assert_same_results(&p, &r, &wanted);
                float *o = fixture_copy(p.q, p.nq), *dq = fixture_copy(p.q, p.nq), *dout = fixture_copy(p.dout, p.nq);
                run_forward(f, &p, o, o, NULL);
                assert_same_bits(o, wanted.o, p.nq, "o in the place of q");
                run_backward(f, &p, dq, p.dout, wanted.o, wanted.lse, dq, r.dk, r.dv);
                assert_same_bits(dq, wanted.dq, p.nq, "dq in the place of q");
                assert_same_bits(r.dk, wanted.dk, p.nk, "dk beside it");
                run_backward(f, &p, p.q, dout, wanted.o, wanted.lse, dout, r.dk, r.dv);
                assert_same_bits(dout, wanted.dq, p.nq, "dq in the place of dout");
                assert_same_bits(r.dk, wanted.dk, p.nk, "dk beside it");
                free(o);
                free(dq);
                free(dout);
                result_free(&r);
                fixture_stop(f);
            }
            result_free(&wanted);
            problem_free(&p);
            fixture_stop(one);
        }
}

/* Bodies called for tiles of every height, in row order, give the bits of the whole call. */
static void tiles_of_any_height_agree(void **state) {
    (void)state;
    const struct shape shape = {1, 83, 6, 2, 24, 1, 41, 0, 1};
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int64_t height = 1; height <= 16; height += 5) {
            struct fixture *f = fixture_start(kernel_sets[set], 1);
            if (!f) break;
            struct problem p = problem_new(shape);
            struct result wanted = result_of(f, &p), r = result_of(f, &p);
            memset(r.o, 0, (size_t)p.nq * sizeof(float));
            memset(r.dq, 0, (size_t)p.nq * sizeof(float));
            memset(r.dk, 0, (size_t)p.nk * sizeof(float));
            memset(r.dv, 0, (size_t)p.nk * sizeof(float));
            struct lrt_attention_call call = {.q = p.q,
                                              .k = p.k,
                                              .v = p.v,
                                              .seq = 83,
                                              .heads = 6,
                                              .kv_heads = 2,
                                              .head = 24,
                                              .causal = 1,
                                              .window = 41,
                                              .scale = p.scale};
            struct lrt_attention_call back = call;
            call.o = r.o;
            call.lse = r.lse;
            back.in_o = wanted.o;
            back.in_lse = wanted.lse;
            back.dout = p.dout;
            back.dq = r.dq;
            back.dk = r.dk;
            back.dv = r.dv;
            for (int64_t first = 0; first < 83; first += height)
                for (int64_t kv = 0; kv < 2; kv++) {
                    const struct lrt_attention_part part = {
                        .kv_head = kv, .first = first, .end = first + height < 83 ? first + height : 83, .key_end = 83};
                    f->run.kernels->attention(&call, &part, f->scratch);
                    f->run.kernels->attention_backward(&back, &part, f->scratch);
                }
            assert_same_results(&p, &r, &wanted);
            result_free(&wanted);
            result_free(&r);
            problem_free(&p);
            fixture_stop(f);
        }
}

/* Queries that come in parts, also across the end of a sequence, each part in buffers of its own. */
static void in_parts(struct fixture *f, const struct problem *p, const struct result *wanted, int64_t height) {
    const struct shape *s = &p->s;
    const int64_t width = s->heads * s->head;
    struct result r = {calloc((size_t)p->nq, sizeof(float)), calloc((size_t)(p->n * s->heads), sizeof(float)),
                       calloc((size_t)p->nq, sizeof(float)), calloc((size_t)p->nk, sizeof(float)),
                       calloc((size_t)p->nk, sizeof(float))};
    for (int64_t t = 0; t < p->n; t += height) {
        const int64_t n = t + height < p->n ? height : p->n - t, at = t * width;
        float *q = fixture_copy(p->q + at, n * width), *dout = fixture_copy(p->dout + at, n * width);
        lrt_attention(&f->run, r.o + at, r.lse + t * s->heads, q, p->k, p->v, n, t, s->seq, s->heads, s->kv_heads,
                      s->head, p->scale, s->causal, s->window, s->softcap);
        lrt_attention_backward(&f->run, r.dq + at, r.dk, r.dv, dout, q, p->k, p->v, r.o + at, r.lse + t * s->heads, n,
                               t, s->seq, s->heads, s->kv_heads, s->head, p->scale, s->causal, s->window, s->softcap);
        free(q);
        free(dout);
    }
    assert_same_results(p, &r, wanted);
    result_free(&r);
}
static void queries_in_parts_agree(void **state) {
    (void)state;
    static const int64_t heights[] = {1, 5, 16, 32, 50};
    for (int threads = 1; threads < 4; threads++) {
        struct fixture *f = fixture_start(kernel_sets[threads], threads);
        for (int i = 0; f && i < SHAPES; i++) {
            struct problem p = problem_new(shapes[i]);
            struct result wanted = result_of(f, &p);
            for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) in_parts(f, &p, &wanted, heights[h]);
            result_free(&wanted);
            problem_free(&p);
        }
        if (f) fixture_stop(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_is_the_plain_formula),   cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(threads_and_places_change_no_bit), cmocka_unit_test(tiles_of_any_height_agree),
        cmocka_unit_test(queries_in_parts_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
