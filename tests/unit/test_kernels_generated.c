/* Every kernel that reads tensors, given generated ones: the bits are those for the same numbers as plain floats. This
 * holds in every kernel set, for one thread and two, for 1 to 40 rows and odd sizes. It also holds where the noise does
 * not change the tensor, or its tangent is zero. Scratch has exactly the declared size. */
#include <lorac/lrt_scratch.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/kernel_fixture.h"
#include "tests/unit/tensors.h"

enum { ROLES = 3, LEFTS = 4, CHUNK = 256 };

struct sizes {
    int64_t n, in, out, rank;
};

struct call {
    struct lrt *c;
    struct sizes s;
    struct lrt_tensor t[ROLES];
    const float *x[LEFTS]; /* enough for every role */
    const int32_t *ids;
};

struct reader { /* one kernel */
    const char *name;
    int roles, every; /* tests only every n-th size: losses are large */
    int64_t (*elements)(struct sizes s, int role);
    int64_t (*outputs)(struct sizes s);
    int64_t (*scratch)(struct sizes s, int threads);
    void (*run)(const struct call *k, float *y);
};

static struct lrt_tensor sized(const struct lrt_tensor *t, int64_t rows, int64_t columns) {
    struct lrt_tensor with = *t;
    with.rows = rows;
    with.columns = with.stride = columns;
    return with;
}

static int64_t of_outputs(struct sizes s) { return s.n * s.out; }
static int64_t of_inputs(struct sizes s) { return s.n * s.in; }
static int64_t vector_scratch(struct sizes s, int threads) {
    (void)threads;
    return lrt_vector_scratch(LRT_PERTURBED, s.in);
}

static int64_t linear_elements(struct sizes s, int role) {
    return role == 0 ? s.out * s.in : role == 1 ? s.out : s.out * s.rank;
}
static int64_t linear_scratch(struct sizes s, int threads) { return lrt_linear_scratch(s.n, s.in, s.rank, threads); }
static void linear(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w = sized(&k->t[0], s.out, s.in), bias = sized(&k->t[1], 1, s.out),
                            b = sized(&k->t[2], s.out, s.rank);
    const struct lrt_linear_args args = {.y = F32(y, s.n, s.out),
                                         .x = F32(k->x[0], s.n, s.in),
                                         .w = &w,
                                         .bias = &bias,
                                         .h = F32(k->x[1], s.n, s.rank),
                                         .b = &b,
                                         .scale = 1.75f};
    lrt_linear(k->c, &args);
}
static void linear_alone(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w = sized(&k->t[0], s.out, s.in);
    lrt_linear(k->c, &(struct lrt_linear_args){.y = F32(y, s.n, s.out), .x = F32(k->x[0], s.n, s.in), .w = &w});
}

static int64_t linear_dx_scratch(struct sizes s, int threads) {
    return lrt_linear_dx_scratch(s.n, s.out, s.rank, threads);
}
static void linear_dx(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w = sized(&k->t[0], s.out, s.in);
    const struct lrt_linear_dx_args args = {.dx = F32(y, s.n, s.in),
                                            .acc = F32(k->x[0], s.n, s.in),
                                            .dy = F32(k->x[1], s.n, s.out),
                                            .w = &w,
                                            .dh = F32(k->x[2], s.n, s.rank),
                                            .a = F32(k->x[3], s.rank, s.in),
                                            .scale = 0.5f};
    lrt_linear_dx(k->c, &args);
}
static void linear_dx_alone(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w = sized(&k->t[0], s.out, s.in);
    const struct lrt_linear_dx_args args = {
        .dx = F32(y, s.n, s.in), .dy = F32(k->x[1], s.n, s.out), .w = &w, .scale = 1};
    lrt_linear_dx(k->c, &args);
}

static int64_t tangent_elements(struct sizes s, int role) { return role == 0 ? s.out * s.in : s.out * s.rank; }
static int64_t tangent_scratch(struct sizes s, int threads) {
    return lrt_linear_tangent_scratch(s.n, s.in, s.rank, s.rank, threads);
}
static void linear_tangent(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w0 = sized(&k->t[0], s.out, s.in), w1 = sized(&k->t[1], s.out, s.rank),
                            w2 = sized(&k->t[2], s.out, s.rank);
    const struct lrt_linear_tangent_args args = {.y = F32(y, s.n, s.out),
                                                 .x0 = F32(k->x[0], s.n, s.in),
                                                 .w0 = &w0,
                                                 .x1 = F32(k->x[1], s.n, s.rank),
                                                 .w1 = &w1,
                                                 .x2 = F32(k->x[2], s.n, s.rank),
                                                 .w2 = &w2,
                                                 .scale = 1.75f};
    lrt_linear_tangent(k->c, &args);
}
/* As low_rank is differentiated: few outputs, long sums. */
static int64_t low_elements(struct sizes s, int role) {
    (void)role;
    return s.rank * s.in;
}
static int64_t low_outputs(struct sizes s) { return s.n * s.rank; }
static int64_t low_scratch(struct sizes s, int threads) {
    return lrt_linear_tangent_scratch(s.n, s.in, s.in, 0, threads);
}
static void low_rank_tangent(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w0 = sized(&k->t[0], s.rank, s.in), w1 = sized(&k->t[1], s.rank, s.in);
    const struct lrt_linear_tangent_args args = {.y = F32(y, s.n, s.rank),
                                                 .x0 = F32(k->x[0], s.n, s.in),
                                                 .w0 = &w0,
                                                 .x1 = F32(k->x[1], s.n, s.in),
                                                 .w1 = &w1,
                                                 .scale = 1};
    lrt_linear_tangent(k->c, &args);
}
static void low_rank(const struct call *k, float *y) {
    const struct sizes s = k->s;
    const struct lrt_tensor w = sized(&k->t[0], s.rank, s.in);
    lrt_linear(k->c, &(struct lrt_linear_args){.y = F32(y, s.n, s.rank), .x = F32(k->x[0], s.n, s.in), .w = &w});
}

static int64_t loss_vocab(struct sizes s) { return s.out + 300; }
static int64_t loss_elements(struct sizes s, int role) { return role == 0 ? loss_vocab(s) * s.in : loss_vocab(s); }
static int64_t loss_outputs(struct sizes s) { return of_inputs(s) + 2; }
static int64_t loss_scratch(struct sizes s, int threads) {
    return lrt_linear_cross_entropy_scratch(s.n, s.in, CHUNK, threads);
}
static void loss(const struct call *k, float *y) {
    const struct sizes s = k->s;
    float *logits = malloc((size_t)(s.n * CHUNK) * sizeof *logits);
    double *sums = malloc((size_t)(s.n * 3) * sizeof *sums), sum = 0;
    const struct lrt_tensor w = sized(&k->t[0], loss_vocab(s), s.in), bias = sized(&k->t[1], 1, loss_vocab(s));
    const struct lrt_linear_cross_entropy_args args = {.loss = F64(&sum, 1),
                                                       .dx = F32(y, s.n, s.in),
                                                       .acc = F32(k->x[1], s.n, s.in),
                                                       .logits = F32(logits, s.n, CHUNK),
                                                       .sums = TENSOR(sums, LRT_F64, s.n, 3),
                                                       .x = F32(k->x[0], s.n, s.in),
                                                       .w = &w,
                                                       .bias = &bias,
                                                       .targets = I32(k->ids, s.n),
                                                       .weight = 0.5f};
    lrt_linear_cross_entropy(k->c, &args);
    memcpy(y + of_inputs(s), &sum, sizeof sum);
    free(logits);
    free(sums);
}

static int64_t two_sums(struct sizes s) {
    (void)s;
    return 4;
}
static void loss_tangent(const struct call *k, float *y) {
    const struct sizes s = k->s;
    float *logits = malloc((size_t)(2 * s.n * CHUNK) * sizeof *logits);
    double *sums = malloc((size_t)(s.n * 5) * sizeof *sums), both[2] = {0, 0};
    const struct lrt_tensor w = sized(&k->t[0], loss_vocab(s), s.in), bias = sized(&k->t[1], 1, loss_vocab(s));
    const struct lrt_linear_cross_entropy_args args = {.loss = F64(&both[0], 1),
                                                       .loss_dot = F64(&both[1], 1),
                                                       .logits = F32(logits, s.n, 2 * CHUNK),
                                                       .sums = TENSOR(sums, LRT_F64, s.n, 5),
                                                       .x = F32(k->x[0], s.n, s.in),
                                                       .x_dot = F32(k->x[1], s.n, s.in),
                                                       .w = &w,
                                                       .bias = &bias,
                                                       .targets = I32(k->ids, s.n)};
    lrt_linear_cross_entropy_tangent(k->c, &args);
    memcpy(y, both, sizeof both);
    free(logits);
    free(sums);
}

static int64_t vector_elements(struct sizes s, int role) {
    (void)role;
    return s.in;
}
static void norm(const struct call *k, float *y) {
    const struct lrt_tensor w = sized(&k->t[0], 1, k->s.in), x = lrt_f32(k->x[0], k->s.n, k->s.in);
    const struct lrt_rms_norm_args args = {.y = F32(y, k->s.n, k->s.in), .x = &x, .w = &w, .eps = 1e-5f, .offset = 1};
    lrt_rms_norm(k->c, &args);
}
static void norm_dx(const struct call *k, float *y) {
    const int64_t n = k->s.n, d = k->s.in;
    const struct lrt_tensor w = sized(&k->t[0], 1, d);
    const struct lrt_rms_norm_args args = {.dx = F32(y, n, d),
                                           .x = F32(k->x[0], n, d),
                                           .w = &w,
                                           .acc = F32(k->x[1], n, d),
                                           .dy = F32(k->x[2], n, d),
                                           .eps = 1e-5f};
    lrt_rms_norm_dx(k->c, &args);
}
static void norm_tangent(const struct call *k, float *y) {
    const int64_t n = k->s.n, d = k->s.in;
    const struct lrt_tensor w = sized(&k->t[0], 1, d);
    const struct lrt_rms_norm_args args = {
        .y_dot = F32(y, n, d), .x = F32(k->x[0], n, d), .w = &w, .x_dot = F32(k->x[1], n, d), .eps = 1e-5f};
    lrt_rms_norm_tangent(k->c, &args);
}
static void add_vector(const struct call *k, float *y) {
    const struct lrt_tensor b = sized(&k->t[0], 1, k->s.in);
    const struct lrt_binary_args args = {.y = F32(y, k->s.n, k->s.in), .a = F32(k->x[0], k->s.n, k->s.in), .b = &b};
    lrt_add_vector(k->c, &args);
}
static void mul_vector(const struct call *k, float *y) {
    const struct lrt_tensor b = sized(&k->t[0], 1, k->s.in);
    const struct lrt_binary_args args = {.y = F32(y, k->s.n, k->s.in), .a = F32(k->x[0], k->s.n, k->s.in), .b = &b};
    lrt_mul_vector(k->c, &args);
}

static int64_t rows_elements(struct sizes s, int role) {
    (void)role;
    return 7 * s.in;
}
static int64_t no_scratch(struct sizes s, int threads) {
    (void)s;
    (void)threads;
    return 0;
}
static void embedding(const struct call *k, float *y) {
    const struct lrt_tensor w = sized(&k->t[0], 7, k->s.in);
    const struct lrt_embedding_args args = {.y = F32(y, k->s.n, k->s.in), .ids = I32(k->ids, k->s.n), .w = &w};
    lrt_embedding(k->c, &args);
}

static const struct reader readers[] = {
    {"linear", 3, 1, linear_elements, of_outputs, linear_scratch, linear},
    {"linear alone", 1, 1, linear_elements, of_outputs, linear_scratch, linear_alone},
    {"linear_dx", 1, 1, linear_elements, of_inputs, linear_dx_scratch, linear_dx},
    {"linear_dx alone", 1, 1, linear_elements, of_inputs, linear_dx_scratch, linear_dx_alone},
    {"linear_tangent", 3, 1, tangent_elements, of_outputs, tangent_scratch, linear_tangent},
    {"low_rank tangent", 2, 1, low_elements, low_outputs, low_scratch, low_rank_tangent},
    {"low_rank", 1, 1, low_elements, low_outputs, low_scratch, low_rank},
    {"linear_cross_entropy", 2, 4, loss_elements, loss_outputs, loss_scratch, loss},
    {"linear_cross_entropy_tangent", 2, 4, loss_elements, two_sums, loss_scratch, loss_tangent},
    {"rms_norm", 1, 1, vector_elements, of_inputs, vector_scratch, norm},
    {"rms_norm_dx", 1, 1, vector_elements, of_inputs, vector_scratch, norm_dx},
    {"rms_norm_tangent", 1, 1, vector_elements, of_inputs, vector_scratch, norm_tangent},
    {"add_vector", 1, 1, vector_elements, of_inputs, vector_scratch, add_vector},
    {"mul_vector", 1, 1, vector_elements, of_inputs, vector_scratch, mul_vector},
    {"embedding", 1, 1, rows_elements, of_inputs, no_scratch, embedding},
};

/* Tensor numbers of pairs 1 and 0: the first is this shard's. */
static const struct lrt_noise working = {.seed = 9, .step = 5, .shard = 2, .shards = 3, .scale = 0.3f};
enum kind { PERTURBED, TANGENT, PERTURBED_BY_NONE, PERTURBED_ELSEWHERE, TANGENT_ELSEWHERE, KINDS };
static struct lrt_tensor generated_of(enum kind kind, const float *base, int role) {
    const int elsewhere = kind == PERTURBED_ELSEWHERE || kind == TANGENT_ELSEWHERE;
    const uint32_t number = (uint32_t)role % 2 + (elsewhere ? 0 : 2) + (role == 2 ? 6 : 0);
    if (kind == TANGENT || kind == TANGENT_ELSEWHERE) return lrt_tangent((uint32_t)role, number, 0, 0);
    return lrt_perturbed(base, number, 0, 0);
}

struct bench {
    struct fixture *f;
    const struct reader *r;
    struct sizes s;
    float *base[ROLES], *plain[ROLES], *left[LEFTS], *y, *want;
    int32_t ids[320];
};

static void bench_fill(struct bench *b) {
    const struct sizes s = b->s;
    int64_t widest = s.in > s.out ? s.in : s.out;
    if (widest < s.rank) widest = s.rank;
    for (int i = 0; i < LEFTS; i++)
        b->left[i] = fixture_floats((s.n > s.rank ? s.n : s.rank) * widest, 50 + (uint64_t)i, 1);
    for (int i = 0; i < b->r->roles; i++) {
        const int64_t n = b->r->elements(s, i);
        b->base[i] = fixture_floats(n, 60 + (uint64_t)i, 0.5f);
        b->plain[i] = malloc((size_t)(n + 1) * sizeof(float));
    }
    b->y = malloc((size_t)(b->r->outputs(s) + 1) * sizeof(float));
    b->want = malloc((size_t)(b->r->outputs(s) + 1) * sizeof(float));
    for (int i = 0; i < 320; i++) b->ids[i] = i * 5 % 7;
}
static void bench_empty(struct bench *b) {
    for (int i = 0; i < LEFTS; i++) free(b->left[i]);
    for (int i = 0; i < b->r->roles; i++) {
        free(b->base[i]);
        free(b->plain[i]);
    }
    free(b->y);
    free(b->want);
}

/* The roles in `mask` are generated, the others floats; then all are floats. */
static void check(struct bench *b, enum kind kind, int mask) {
    struct call k = {.c = &b->f->run, .s = b->s, .ids = b->ids};
    struct call plain;
    const int64_t outputs = b->r->outputs(b->s);
    char what[80];
    for (int i = 0; i < LEFTS; i++) k.x[i] = b->left[i];
    k.c->noise = working;
    if (kind == PERTURBED_BY_NONE) k.c->noise.scale = 0;
    plain = k;
    for (int i = 0; i < b->r->roles; i++) {
        const struct lrt_tensor generated = generated_of(kind, b->base[i], i);
        lrt_generated_floats(&k.c->noise, b->plain[i], &generated, 0, b->r->elements(b->s, i));
        plain.t[i] = lrt_floats(mask >> i & 1 ? b->plain[i] : b->base[i]);
        k.t[i] = mask >> i & 1 ? generated : plain.t[i];
    }
    b->y[outputs] = b->want[outputs] = 77;
    b->r->run(&plain, b->want);
    b->r->run(&k, b->y);
    snprintf(what, sizeof what, "%s, kind %d, mask %d, %d x %d x %d, rank %d", b->r->name, (int)kind, mask, (int)b->s.n,
             (int)b->s.in, (int)b->s.out, (int)b->s.rank);
    assert_same_bits(b->y, b->want, outputs, what);
    assert_true(b->y[outputs] == 77);
    /* The generated numbers differ from their base, so the comparison is not between two equal calls. */
    if (kind == PERTURBED) assert_true(memcmp(b->plain[0], b->base[0], sizeof(float)) != 0);
}

static void check_reader(struct fixture *f, const struct reader *r, struct sizes s) {
    struct bench b = {.f = f, .r = r, .s = s};
    void *scratch = f->run.scratch;
    const int64_t bytes = (r->scratch(s, f->run.threads) + LRT_ALIGNMENT - 1) / LRT_ALIGNMENT * LRT_ALIGNMENT;
    void *exact = aligned_alloc(LRT_ALIGNMENT, (size_t)(bytes + (bytes == 0 ? LRT_ALIGNMENT : 0)));
    memset(exact, 0x7f, (size_t)bytes);
    f->run.scratch = exact;
    bench_fill(&b);
    for (int mask = 1; mask < 1 << r->roles; mask++)
        for (int kind = 0; kind < (mask + 1 == 1 << r->roles ? KINDS : PERTURBED_BY_NONE); kind++)
            check(&b, (enum kind)kind, mask);
    bench_empty(&b);
    f->run.scratch = scratch;
    free(exact);
}

/* Every number of rows up to 40, each with its own odd sizes, then some larger ones. */
static struct sizes sizes_of(int64_t i) {
    static const int64_t in[] = {1, 5, 8, 32, 33, 64, 65, 100, 257, 300}, out[] = {1, 7, 16, 31, 33, 64, 70, 8, 32};
    static const int64_t rank[] = {1, 2, 3, 8, 16, 33, 70};
    static const struct sizes large[] = {{271, 48, 37, 4}, {300, 300, 40, 8}, {40, 520, 70, 8}, {64, 96, 160, 8}};
    if (i >= 40) return large[i - 40];
    return (struct sizes){i + 1, in[i * 3 % 10], out[i * 5 % 9], rank[i * 2 % 7]};
}
enum { SIZES = 44 };

static void generated_tensors_are_read_as_floats(void **state) {
    static const int64_t stride[] = {11, 4, 3, 1}; /* the portable sets are slower */
    (void)state;
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= (set == 0 ? 1 : 2); threads++) {
            struct fixture *f = fixture_start(kernel_sets[set], threads);
            if (!f) continue;
            for (int64_t i = 0; i < SIZES; i += stride[set])
                for (size_t r = 0; r < sizeof readers / sizeof *readers; r++)
                    if (i % readers[r].every == 0) check_reader(f, &readers[r], sizes_of(i));
            fixture_stop(f);
        }
}

static void absent_products_are_left_out(void **state) {
    (void)state;
    enum { N = 3, IN = 5, OUT = 33 };
    const struct lrt_tensor zero = lrt_tangent(0, 0, OUT, IN);
    float *numbers = fixture_floats(N * IN, 1, 1), *bias = fixture_floats(OUT, 2, 1), y[N * OUT];
    struct fixture *f = fixture_start("portable", 1);
    f->run.noise = working;
    numbers[0] = NAN; /* a factor of zeros gives the same; it is not read */
    const struct lrt_tensor *x = F32(numbers, N, IN), *all = F32(y, N, OUT), *dy = F32(numbers, 1, IN);
    const struct lrt_tensor tangent = lrt_tangent(0, 0, IN, OUT);
    const struct lrt_linear_args low = {.y = all, .x = x, .w = &zero, .bias = F32(bias, 1, OUT), .h = x, .b = &zero};
    lrt_linear(&f->run, &low);
    for (int r = 0; r < N; r++) assert_same_bits(y + r * OUT, bias, OUT, "linear of nothing");
    lrt_linear(&f->run, &(struct lrt_linear_args){.y = all, .x = x, .w = &zero});
    for (int i = 0; i < N * OUT; i++) assert_true(y[i] == 0);
    memset(y, 0x7f, sizeof y);
    lrt_linear_tangent(&f->run,
                       &(struct lrt_linear_tangent_args){.y = all, .x0 = x, .w0 = &zero, .x2 = x, .w2 = &zero});
    for (int i = 0; i < N * OUT; i++) assert_true(y[i] == 0);
    memset(y, 0x7f, sizeof y);
    const struct lrt_linear_dx_args alone = {.dx = F32(y, 1, OUT), .dy = dy, .w = &tangent, .scale = 2};
    lrt_linear_dx(&f->run, &alone);
    for (int i = 0; i < OUT; i++) assert_true(y[i] == 0);
    const struct lrt_linear_dx_args added = {
        .dx = F32(y, 1, OUT), .acc = F32(bias, 1, OUT), .dy = dy, .w = &tangent, .scale = 2};
    lrt_linear_dx(&f->run, &added);
    assert_same_bits(y, bias, OUT, "linear_dx of nothing");
    fixture_stop(f);
    free(numbers);
    free(bias);
}

/* Pairs of every file type, some absent, against sums in double. */
static void three_products_are_added(void **state) {
    (void)state;
    enum { N = 37, IN = 64, LOW = 32, OUT = 45 };
    static const uint32_t types[] = {LRT_F32, LRT_F16, LRT_BF16, LRT_Q8_0, LRT_Q4_0, LRT_Q4_1};
    const int64_t in[] = {IN, LOW, LOW};
    float *x[3], *w[3], *y = malloc(N * OUT * sizeof *y);
    for (int i = 0; i < 3; i++) x[i] = fixture_floats(N * in[i], (uint64_t)i, 1);
    for (int i = 0; i < 3; i++) w[i] = fixture_floats(OUT * in[i], 10 + (uint64_t)i, 1);
    for (int set = 0; set < KERNEL_SETS; set++) {
        struct fixture *f = fixture_start(kernel_sets[set], 2);
        for (size_t t = 0; f && t < sizeof types / sizeof *types; t++)
            for (int mask = 0; mask < 8; mask++) {
                struct lrt_tensor tensor[3];
                void *packed[3] = {NULL};
                for (int i = 0; i < 3; i++) {
                    const uint32_t type = types[(t + (size_t)i) % 6];
                    const size_t row = lrt_row_bytes(type, (size_t)in[i]);
                    packed[i] = malloc(row * OUT);
                    for (int64_t o = 0; o < OUT; o++) {
                        char *at = (char *)packed[i] + (size_t)o * row;
                        lrt_quantise(at, w[i] + o * in[i], type, in[i]);
                        lrt_dequantise(&f->run, w[i] + o * in[i], at, type, 0, in[i]);
                    }
                    tensor[i] = lrt_matrix(packed[i], type, OUT, in[i]);
                }
                const struct lrt_linear_tangent_args args = {.y = F32(y, N, OUT),
                                                             .x0 = F32(x[0], N, IN),
                                                             .w0 = mask & 1 ? &tensor[0] : NULL,
                                                             .x1 = F32(x[1], N, LOW),
                                                             .w1 = mask & 2 ? &tensor[1] : NULL,
                                                             .x2 = mask & 4 ? F32(x[2], N, LOW) : NULL,
                                                             .w2 = mask & 4 ? &tensor[2] : NULL,
                                                             .scale = -1.5f};
                lrt_linear_tangent(&f->run, &args);
                for (int64_t r = 0; r < N * OUT; r++) {
                    double sum = 0;
                    for (int i = 0; i < 3; i++)
                        for (int64_t k = 0; (mask >> i & 1) && k < in[i]; k++)
                            sum += (i ? -1.5 : 1.0) * (double)x[i][r / OUT * in[i] + k] *
                                   (double)w[i][r % OUT * in[i] + k];
                    assert_true(fabs((double)y[r] - sum) < 1e-4);
                }
                for (int i = 0; i < 3; i++) free(packed[i]);
            }
        if (f) fixture_stop(f);
    }
    for (int i = 0; i < 3; i++) free(x[i]);
    for (int i = 0; i < 3; i++) free(w[i]);
    free(y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_tensors_are_read_as_floats),
        cmocka_unit_test(absent_products_are_left_out),
        cmocka_unit_test(three_products_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
