/* Attention's tangent against a plain double computation that stores whole rows of scores; then the promises: threads,
 * places, tiles and parts change no bit. The double formula itself is held against differences in tests/table. */
#include "runtime/kernels/kernel_set.h"
#include <lorac/lrt_scratch.h>
#include "tests/unit/kernel_fixture.h"

enum { Q_DOT = 1, K_DOT = 2, V_DOT = 4, ALL = 7 };

struct shape {
    int64_t batch, seq, heads, kv_heads, head, causal, window;
    float softcap;
    int dots; /* which are there */
};
static const struct shape shapes[] = {
    {1, 1, 1, 1, 8, 1, 0, 0, ALL},       {2, 7, 3, 1, 5, 1, 0, 0, ALL},     {1, 37, 4, 2, 8, 1, 0, 0, K_DOT | V_DOT},
    {1, 70, 6, 2, 64, 1, 0, 0, ALL},     {1, 131, 2, 1, 16, 0, 0, 0, ALL},  {1, 150, 3, 3, 24, 1, 20, 0, Q_DOT | V_DOT},
    {1, 140, 4, 1, 128, 1, 65, 30, ALL}, {2, 33, 7, 1, 17, 0, 9, 5, ALL},   {1, 90, 2, 2, 33, 1, 1, 0, V_DOT},
    {1, 65, 64, 1, 8, 1, 0, 0, Q_DOT},   {1, 66, 2, 1, 40, 1, 0, 3, K_DOT},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

struct problem {
    struct shape s;
    int64_t n, nq, nk; /* tokens, numbers of q and of k */
    float scale;
    float *q, *k, *v, *q_dot, *k_dot, *v_dot; /* dots: null where there are none */
    float *o, *lse;
};

static void forward(struct problem *p) {
    const struct shape *s = &p->s;
    struct fixture *f = fixture_start(NULL, 1);
    lrt_attention(&f->run, p->o, p->lse, p->q, p->k, p->v, p->n, 0, s->seq, s->heads, s->kv_heads, s->head, p->scale,
                  s->causal, s->window, s->softcap);
    fixture_stop(f);
}

static struct problem problem_new(struct shape s) {
    struct problem p = {.s = s, .n = s.batch * s.seq};
    p.nq = p.n * s.heads * s.head;
    p.nk = p.n * s.kv_heads * s.head;
    p.scale = 1.0f / sqrtf((float)s.head);
    p.q = fixture_floats(p.nq, 1, 1);
    p.k = fixture_floats(p.nk, 2, 1);
    p.v = fixture_floats(p.nk, 3, 1);
    p.q_dot = s.dots & Q_DOT ? fixture_floats(p.nq, 4, 1) : NULL;
    p.k_dot = s.dots & K_DOT ? fixture_floats(p.nk, 5, 1) : NULL;
    p.v_dot = s.dots & V_DOT ? fixture_floats(p.nk, 6, 1) : NULL;
    p.o = fixture_floats(p.nq, 7, 1);
    p.lse = fixture_floats(p.n * s.heads, 8, 1);
    forward(&p);
    return p;
}
static void problem_free(struct problem *p) {
    float *all[] = {p->q, p->k, p->v, p->q_dot, p->k_dot, p->v_dot, p->o, p->lse};
    for (int i = 0; i < 8; i++) free(all[i]);
}

static double dot(const float *a, const float *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; a && b && i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Row (token, head): its softmax, its scores' tangents, their mean, and from these o_dot. */
static void plain_row(const struct problem *p, int64_t token, int64_t h, double *weight, double *moved, double *out) {
    const struct shape *s = &p->s;
    const int64_t t = token % s->seq, width = s->kv_heads * s->head, kv = h / (s->heads / s->kv_heads) * s->head;
    const int64_t at = (token * s->heads + h) * s->head;
    double top = -INFINITY, sum = 0, mean = 0;
    for (int64_t j = 0; j < s->seq; j++) {
        const int64_t key = (token - t + j) * width + kv;
        const int hidden = (s->causal && j > t) || (s->window > 0 && t - j >= s->window);
        weight[j] = (double)p->scale * dot(p->q + at, p->k + key, s->head);
        moved[j] = (double)p->scale * (dot(p->q_dot ? p->q_dot + at : NULL, p->k + key, s->head) +
                                       dot(p->q + at, p->k_dot ? p->k_dot + key : NULL, s->head));
        if (s->softcap > 0) {
            const double ratio = tanh(weight[j] / (double)s->softcap);
            weight[j] = (double)s->softcap * ratio;
            moved[j] *= 1 - ratio * ratio;
        }
        if (hidden) weight[j] = -INFINITY;
        top = fmax(top, weight[j]);
    }
    for (int64_t j = 0; j < s->seq; j++) sum += weight[j] = exp(weight[j] - top);
    for (int64_t j = 0; j < s->seq; j++) mean += moved[j] * (weight[j] /= sum);
    for (int64_t i = 0; i < s->head; i++) {
        out[i] = 0;
        for (int64_t j = 0; j < s->seq; j++) {
            const int64_t key = (token - t + j) * width + kv + i;
            out[i] += weight[j] * (moved[j] - mean) * (double)p->v[key];
            if (p->v_dot) out[i] += weight[j] * (double)p->v_dot[key];
        }
    }
}
static double *plain(const struct problem *p) {
    const struct shape *s = &p->s;
    double *out = malloc((size_t)p->nq * sizeof *out);
    double *weight = malloc((size_t)s->seq * sizeof *weight), *moved = malloc((size_t)s->seq * sizeof *moved);
    for (int64_t token = 0; token < p->n; token++)
        for (int64_t h = 0; h < s->heads; h++)
            plain_row(p, token, h, weight, moved, out + (token * s->heads + h) * s->head);
    free(weight);
    free(moved);
    return out;
}

/* Tokens first .. first+n-1; q, o and q_dot begin there. */
static void run_rows(struct fixture *f, const struct problem *p, float *o_dot, const float *q, const float *o,
                     const float *q_dot, int64_t first, int64_t n) {
    const struct shape *s = &p->s;
    const int64_t need = lrt_attention_tangent_scratch(s->seq, s->head, s->heads, s->kv_heads, f->run.threads);
    assert_true(need > 0 && need <= FIXTURE_SCRATCH - 64);
    memset((char *)f->scratch + need, 0x5a, 64);
    lrt_attention_tangent(&f->run, o_dot, q, p->k, p->v, o, p->lse + first * s->heads, q_dot, p->k_dot, p->v_dot, n,
                          first, s->seq, s->heads, s->kv_heads, s->head, p->scale, s->causal, s->window, s->softcap);
    for (int i = 0; i < 64; i++) assert_int_equal(((unsigned char *)f->scratch)[need + i], 0x5a);
}
static float *result_of(struct fixture *f, const struct problem *p) {
    float *o_dot = fixture_floats(p->nq, 9, 1);
    run_rows(f, p, o_dot, p->q, p->o, p->q_dot, 0, p->n);
    return o_dot;
}

static void tangent_is_the_plain_formula(void **state) {
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        struct problem p = problem_new(shapes[i]);
        double *wanted = plain(&p);
        for (int set = 0; set < KERNEL_SETS; set++) {
            struct fixture *f = fixture_start(kernel_sets[set], 1);
            if (!f) continue;
            float *o_dot = result_of(f, &p);
            assert_near(o_dot, wanted, p.nq, 5e-6, kernel_sets[set]);
            free(o_dot);
            fixture_stop(f);
        }
        free(wanted);
        problem_free(&p);
    }
}

/* Queries that come in parts, also across the end of a sequence, each part in buffers of its own. */
static void in_parts(struct fixture *f, const struct problem *p, const float *wanted, int64_t height) {
    const int64_t width = p->s.heads * p->s.head;
    float *o_dot = calloc((size_t)p->nq, sizeof *o_dot);
    for (int64_t t = 0; t < p->n; t += height) {
        const int64_t n = t + height < p->n ? height : p->n - t, at = t * width;
        float *q = fixture_copy(p->q + at, n * width), *o = fixture_copy(p->o + at, n * width);
        float *q_dot = p->q_dot ? fixture_copy(p->q_dot + at, n * width) : NULL;
        run_rows(f, p, o_dot + at, q, o, q_dot, t, n);
        free(q);
        free(o);
        free(q_dot);
    }
    assert_same_bits(o_dot, wanted, p->nq, "in parts");
    free(o_dot);
}
static void in_places(struct fixture *f, const struct problem *p, const float *wanted) {
    float *q = fixture_copy(p->q, p->nq), *o = fixture_copy(p->o, p->nq);
    run_rows(f, p, q, q, p->o, p->q_dot, 0, p->n);
    assert_same_bits(q, wanted, p->nq, "in place of q");
    run_rows(f, p, o, p->q, o, p->q_dot, 0, p->n);
    assert_same_bits(o, wanted, p->nq, "in place of o");
    if (p->q_dot) {
        float *q_dot = fixture_copy(p->q_dot, p->nq);
        run_rows(f, p, q_dot, p->q, p->o, q_dot, 0, p->n);
        assert_same_bits(q_dot, wanted, p->nq, "in place of q_dot");
        free(q_dot);
    }
    free(q);
    free(o);
}

#ifdef __SANITIZE_ADDRESS__
enum { THREADS_STEP = 2 }; /* checked accesses are slow; the plain build tries all */
static const int64_t heights[] = {5, 50};
#else
enum { THREADS_STEP = 1 };
static const int64_t heights[] = {1, 5, 16, 32, 50};
#endif

static void threads_parts_and_places_change_no_bit(void **state) {
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        struct problem p = problem_new(shapes[i]);
        for (int set = 0; set < KERNEL_SETS; set++) {
            struct fixture *one = fixture_start(kernel_sets[set], 1);
            if (!one) continue;
            float *wanted = result_of(one, &p);
            in_places(one, &p, wanted);
            for (size_t h = 0; set > 1 && h < sizeof heights / sizeof *heights; h++)
                in_parts(one, &p, wanted, heights[h]);
            for (int threads = 1 + THREADS_STEP; threads <= 4; threads += THREADS_STEP) {
                struct fixture *f = fixture_start(kernel_sets[set], threads);
                float *o_dot = result_of(f, &p);
                assert_same_bits(o_dot, wanted, p.nq, "threads");
                if (THREADS_STEP == 1) in_places(f, &p, wanted);
                if (set > 0) in_parts(f, &p, wanted, 21);
                free(o_dot);
                fixture_stop(f);
            }
            free(wanted);
            fixture_stop(one);
        }
        problem_free(&p);
    }
}

/* Bodies called for tiles of every height give the bits of the whole call. */
static void tiles_of_any_height_agree(void **state) {
    (void)state;
    const struct shape shape = {1, 83, 6, 2, 24, 1, 41, 0, ALL};
    struct problem p = problem_new(shape);
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int64_t height = 1; height <= 16; height += 5) {
            struct fixture *f = fixture_start(kernel_sets[set], 1);
            if (!f) break;
            float *wanted = result_of(f, &p), *o_dot = calloc((size_t)p.nq, sizeof *o_dot);
            const struct lrt_attention_call call = {.in_o = p.o,
                                                    .in_lse = p.lse,
                                                    .q = p.q,
                                                    .k = p.k,
                                                    .v = p.v,
                                                    .o_dot = o_dot,
                                                    .q_dot = p.q_dot,
                                                    .k_dot = p.k_dot,
                                                    .v_dot = p.v_dot,
                                                    .seq = 83,
                                                    .heads = 6,
                                                    .kv_heads = 2,
                                                    .head = 24,
                                                    .causal = 1,
                                                    .window = 41,
                                                    .scale = p.scale};
            for (int64_t first = 0; first < 83; first += height)
                for (int64_t kv = 0; kv < 2; kv++) {
                    const struct lrt_attention_part part = {
                        .kv_head = kv, .first = first, .end = first + height < 83 ? first + height : 83, .key_end = 83};
                    f->run.kernels->attention_tangent(&call, &part, f->scratch);
                }
            assert_same_bits(o_dot, wanted, p.nq, "tiles");
            free(wanted);
            free(o_dot);
            fixture_stop(f);
        }
    problem_free(&p);
}

/* A dot of zeros is the same as none. */
static void zeros_are_as_good_as_nothing(void **state) {
    (void)state;
    struct fixture *f = fixture_start(NULL, 2);
    for (int i = 0; i < SHAPES; i++) {
        struct problem p = problem_new(shapes[i]);
        float *wanted = result_of(f, &p), *zeros = calloc((size_t)p.nq, sizeof *zeros);
        struct problem full = p;
        if (!full.q_dot) full.q_dot = zeros;
        if (!full.k_dot) full.k_dot = zeros;
        if (!full.v_dot) full.v_dot = zeros;
        float *o_dot = result_of(f, &full);
        for (int64_t j = 0; j < p.nq; j++) assert_true(o_dot[j] == wanted[j]);
        free(o_dot);
        free(wanted);
        free(zeros);
        problem_free(&p);
    }
    fixture_stop(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tangent_is_the_plain_formula),
        cmocka_unit_test(threads_parts_and_places_change_no_bit),
        cmocka_unit_test(tiles_of_any_height_agree),
        cmocka_unit_test(zeros_are_as_good_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
