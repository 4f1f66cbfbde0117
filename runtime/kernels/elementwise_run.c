/* Elementwise kernels: cuts the elements into one share a thread, at multiples of sixteen. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/vector_tensor.h"
#include "runtime/core/threads.h"

typedef void unary_kernel(float *y, const float *x, int64_t n);
typedef void binary_kernel(float *y, const float *a, const float *b, int64_t n);

struct elementwise_job {
    unary_kernel *unary; /* or */
    binary_kernel *binary;
    float *y;
    const float *a, *b;
    int64_t n;
};

/* Multiply-adds that an element costs, roughly: what a share must be worth. */
enum { COST_OF_MOVING = 2, COST_OF_EXP = 8 };

static void elementwise_share(void *arg, int part, int parts) {
    const struct elementwise_job *job = arg;
    const struct lrt_share s = lrt_share(job->n, 16, part, parts);
    if (job->unary)
        job->unary(job->y + s.first, job->a + s.first, s.last - s.first);
    else
        job->binary(job->y + s.first, job->a + s.first, job->b + s.first, s.last - s.first);
}
static void run_unary(struct lrt *c, unary_kernel *kernel, float *y, const float *x, int64_t n, int cost) {
    struct elementwise_job job = {.unary = kernel, .y = y, .a = x, .n = n};
    lrt_parallel(c, lrt_parts(c, n, (double)n * cost), elementwise_share, &job);
}
static void run_binary(struct lrt *c, binary_kernel *kernel, float *y, const float *a, const float *b, int64_t n,
                       int cost) {
    struct elementwise_job job = {.binary = kernel, .y = y, .a = a, .b = b, .n = n};
    lrt_parallel(c, lrt_parts(c, n, (double)n * cost), elementwise_share, &job);
}

void lrt_silu(struct lrt *c, float *y, const float *x, int64_t n) {
    run_unary(c, c->kernels->silu, y, x, n, COST_OF_EXP);
}
void lrt_gelu(struct lrt *c, float *y, const float *x, int64_t n) {
    run_unary(c, c->kernels->gelu, y, x, n, COST_OF_EXP);
}
void lrt_gelu_tanh(struct lrt *c, float *y, const float *x, int64_t n) {
    run_unary(c, c->kernels->gelu_tanh, y, x, n, COST_OF_EXP);
}
void lrt_relu(struct lrt *c, float *y, const float *x, int64_t n) {
    run_unary(c, c->kernels->relu, y, x, n, COST_OF_MOVING);
}
void lrt_tanh(struct lrt *c, float *y, const float *x, int64_t n) {
    run_unary(c, c->kernels->tanh, y, x, n, COST_OF_EXP);
}
void lrt_silu_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n) {
    run_binary(c, c->kernels->silu_dx, dx, dy, x, n, COST_OF_EXP);
}
void lrt_gelu_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n) {
    run_binary(c, c->kernels->gelu_dx, dx, dy, x, n, COST_OF_EXP);
}
void lrt_gelu_tanh_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n) {
    run_binary(c, c->kernels->gelu_tanh_dx, dx, dy, x, n, COST_OF_EXP);
}
void lrt_relu_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n) {
    run_binary(c, c->kernels->relu_dx, dx, dy, x, n, COST_OF_MOVING);
}
void lrt_tanh_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n) {
    run_binary(c, c->kernels->tanh_dx, dx, dy, x, n, COST_OF_EXP);
}
void lrt_silu_mul(struct lrt *c, float *y, const float *g, const float *u, int64_t n) {
    run_binary(c, c->kernels->silu_mul, y, g, u, n, COST_OF_EXP);
}
void lrt_add(struct lrt *c, float *y, const float *a, const float *b, int64_t n) {
    run_binary(c, c->kernels->add, y, a, b, n, COST_OF_MOVING);
}
void lrt_sub(struct lrt *c, float *y, const float *a, const float *b, int64_t n) {
    run_binary(c, c->kernels->sub, y, a, b, n, COST_OF_MOVING);
}
void lrt_mul(struct lrt *c, float *y, const float *a, const float *b, int64_t n) {
    run_binary(c, c->kernels->mul, y, a, b, n, COST_OF_MOVING);
}

struct swiglu_job {
    const struct lrt_kernel_set *kernels;
    float *dg, *du;
    const float *dy, *g, *u;
    int64_t n;
};
static void swiglu_share(void *arg, int part, int parts) {
    const struct swiglu_job *job = arg;
    const struct lrt_share s = lrt_share(job->n, 16, part, parts);
    job->kernels->silu_mul_dx(job->dg ? job->dg + s.first : NULL, job->du ? job->du + s.first : NULL, job->dy + s.first,
                              job->g + s.first, job->u + s.first, s.last - s.first);
}
void lrt_silu_mul_dx(struct lrt *c, float *dg, float *du, const float *dy, const float *g, const float *u, int64_t n) {
    struct swiglu_job job = {c->kernels, dg, du, dy, g, u, n};
    lrt_parallel(c, lrt_parts(c, n, (double)n * COST_OF_EXP), swiglu_share, &job);
}

struct swiglu_tangent_job {
    const struct lrt_kernel_set *kernels;
    float *y_dot;
    const float *g, *u, *g_dot, *u_dot;
    int64_t n;
};
static void swiglu_tangent_share(void *arg, int part, int parts) {
    const struct swiglu_tangent_job *job = arg;
    const struct lrt_share s = lrt_share(job->n, 16, part, parts);
    const float *g_dot = job->g_dot ? job->g_dot + s.first : NULL, *u_dot = job->u_dot ? job->u_dot + s.first : NULL;
    job->kernels->silu_mul_tangent(job->y_dot + s.first, job->g + s.first, job->u + s.first, g_dot, u_dot,
                                   s.last - s.first);
}
void lrt_silu_mul_tangent(struct lrt *c, float *y_dot, const float *g, const float *u, const float *g_dot,
                          const float *u_dot, int64_t n) {
    struct swiglu_tangent_job job = {c->kernels, y_dot, g, u, g_dot, u_dot, n};
    lrt_parallel(c, lrt_parts(c, n, (double)n * COST_OF_EXP), swiglu_tangent_share, &job);
}

struct scale_job {
    const struct lrt_kernel_set *kernels;
    float *y;
    const float *a;
    float factor, offset;
    int64_t n;
};
static void scale_share(void *arg, int part, int parts) {
    const struct scale_job *job = arg;
    const struct lrt_share s = lrt_share(job->n, 16, part, parts);
    job->kernels->scale(job->y + s.first, job->a + s.first, job->factor, job->offset, s.last - s.first);
}
void lrt_scale(struct lrt *c, float *y, const float *a, float factor, float offset, int64_t n) {
    struct scale_job job = {c->kernels, y, a, factor, offset, n};
    lrt_parallel(c, lrt_parts(c, n, (double)n * COST_OF_MOVING), scale_share, &job);
}

/* A vector for all rows: shares are rows. */
struct broadcast_job {
    binary_kernel *kernel;
    float *y;
    const float *a, *b;
    int64_t n, d;
};
static void broadcast_share(void *arg, int part, int parts) {
    const struct broadcast_job *job = arg;
    const struct lrt_share s = lrt_share(job->n, 1, part, parts);
    for (int64_t r = s.first; r < s.last; r++) job->kernel(job->y + r * job->d, job->a + r * job->d, job->b, job->d);
}
static void run_broadcast(struct lrt *c, binary_kernel *kernel, float *y, const float *a, struct lrt_tensor b,
                          int64_t n, int64_t d) {
    struct broadcast_job job = {kernel, y, a, lrt_vector_floats(c, b, d), n, d};
    lrt_parallel(c, lrt_parts(c, n, (double)(n * d) * COST_OF_MOVING), broadcast_share, &job);
}
void lrt_add_vector(struct lrt *c, float *y, const float *a, struct lrt_tensor b, int64_t n, int64_t d) {
    run_broadcast(c, c->kernels->add, y, a, b, n, d);
}
void lrt_mul_vector(struct lrt *c, float *y, const float *a, struct lrt_tensor b, int64_t n, int64_t d) {
    run_broadcast(c, c->kernels->mul, y, a, b, n, d);
}

/* db grows row by row; shares are columns. */
static void column_share(void *arg, int part, int parts) {
    const struct broadcast_job *job = arg;
    const struct lrt_share s = lrt_share(job->d, 16, part, parts);
    for (int64_t r = 0; r < job->n; r++)
        job->kernel(job->y + s.first, job->a + r * job->d + s.first, job->b + r * job->d + s.first, s.last - s.first);
}
void lrt_mul_vector_db(struct lrt *c, float *db, const float *dy, const float *a, int64_t n, int64_t d) {
    struct broadcast_job job = {c->kernels->mul_acc, db, dy, a, n, d};
    lrt_parallel(c, lrt_parts(c, d / 16, (double)(n * d) * COST_OF_MOVING), column_share, &job);
}
static void sum_share(void *arg, int part, int parts) {
    const struct broadcast_job *job = arg;
    const struct lrt_share s = lrt_share(job->d, 16, part, parts);
    float *sum = job->y + s.first;
    for (int64_t r = 0; r < job->n; r++) job->kernel(sum, sum, job->a + r * job->d + s.first, s.last - s.first);
}
void lrt_sum_rows_acc(struct lrt *c, float *db, const float *g, int64_t n, int64_t p) {
    struct broadcast_job job = {c->kernels->add, db, g, NULL, n, p};
    lrt_parallel(c, lrt_parts(c, p / 16, (double)(n * p) * COST_OF_MOVING), sum_share, &job);
}

void lrt_copy(struct lrt *c, float *y, const float *x, int64_t n) {
    (void)c;
    if (y != x && n > 0) memcpy(y, x, (size_t)n * sizeof *y);
}
void lrt_fill(struct lrt *c, float *y, float value, int64_t n) {
    (void)c;
    for (int64_t i = 0; i < n; i++) y[i] = value;
}
