/* Elementwise kernels over threads: each task gets a range of the elements, cut at multiples of sixteen. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include "runtime/kernels/vector_tensor.h"
#include "runtime/core/threads.h"

typedef void unary_kernel(float *y, const float *x, int64_t n);
typedef void binary_kernel(float *y, const float *a, const float *b, int64_t n);

struct elementwise_job {
    unary_kernel *unary; /* one of unary and binary is set */
    binary_kernel *binary;
    float *y;
    const float *a, *b;
    int64_t n;
};

/* The approximate cost of an element in multiply-adds, for the number of tasks. */
enum { COST_OF_MOVING = 2, COST_OF_EXP = 8 };

static void elementwise_task(void *arg, int task, int tasks) {
    const struct elementwise_job *job = arg;
    const struct lrt_range s = lrt_task_range(job->n, 16, task, tasks);
    if (job->unary)
        job->unary(job->y + s.first, job->a + s.first, s.last - s.first);
    else
        job->binary(job->y + s.first, job->a + s.first, job->b + s.first, s.last - s.first);
}
static void run_unary(struct lrt *c, unary_kernel *kernel, float *y, const float *x, int64_t n, int cost) {
    struct elementwise_job job = {.unary = kernel, .y = y, .a = x, .n = n};
    lrt_parallel(c, lrt_tasks(c, n, (double)n * cost), elementwise_task, &job);
}
static void run_binary(struct lrt *c, binary_kernel *kernel, float *y, const float *a, const float *b, int64_t n,
                       int cost) {
    struct elementwise_job job = {.binary = kernel, .y = y, .a = a, .b = b, .n = n};
    lrt_parallel(c, lrt_tasks(c, n, (double)n * cost), elementwise_task, &job);
}

#define UNARY(name, cost)                                                                                              \
    void lrt_##name(struct lrt *c, const struct lrt_unary_args *a) {                                                   \
        run_unary(c, c->kernels->name, lrt_out(a->y), lrt_in(a->x), lrt_count(a->x), cost);                            \
    }
#define UNARY_DX(name, cost)                                                                                           \
    void lrt_##name(struct lrt *c, const struct lrt_unary_dx_args *a) {                                                \
        run_binary(c, c->kernels->name, lrt_out(a->dx), lrt_in(a->dy), lrt_in(a->x), lrt_count(a->dy), cost);          \
    }
#define BINARY(name, cost)                                                                                             \
    void lrt_##name(struct lrt *c, const struct lrt_binary_args *a) {                                                  \
        run_binary(c, c->kernels->name, lrt_out(a->y), lrt_in(a->a), lrt_in(a->b), lrt_count(a->a), cost);             \
    }
UNARY(silu, COST_OF_EXP)
UNARY(gelu, COST_OF_EXP)
UNARY(gelu_tanh, COST_OF_EXP)
UNARY(relu, COST_OF_MOVING)
UNARY(tanh, COST_OF_EXP)
UNARY_DX(silu_dx, COST_OF_EXP)
UNARY_DX(gelu_dx, COST_OF_EXP)
UNARY_DX(gelu_tanh_dx, COST_OF_EXP)
UNARY_DX(relu_dx, COST_OF_MOVING)
UNARY_DX(tanh_dx, COST_OF_EXP)
BINARY(add, COST_OF_MOVING)
BINARY(sub, COST_OF_MOVING)
BINARY(mul, COST_OF_MOVING)

void lrt_silu_mul(struct lrt *c, const struct lrt_silu_mul_args *a) {
    run_binary(c, c->kernels->silu_mul, lrt_out(a->y), lrt_in(a->g), lrt_in(a->u), lrt_count(a->g), COST_OF_EXP);
}

struct silu_mul_job {
    const struct lrt_kernel_set *kernels;
    const struct lrt_silu_mul_args *args;
};
static const float *from(const struct lrt_tensor *t, int64_t first) { return t ? lrt_in(t) + first : NULL; }
static float *into(const struct lrt_tensor *t, int64_t first) { return lrt_out(t) + first; }

static void silu_mul_dx_task(void *arg, int task, int tasks) {
    const struct silu_mul_job *job = arg;
    const struct lrt_silu_mul_args *a = job->args;
    const struct lrt_range s = lrt_task_range(lrt_count(a->dy), 16, task, tasks);
    job->kernels->silu_mul_dx(into(a->dg, s.first), into(a->du, s.first), from(a->dy, s.first), from(a->g, s.first),
                              from(a->u, s.first), s.last - s.first);
}
void lrt_silu_mul_dx(struct lrt *c, const struct lrt_silu_mul_args *a) {
    struct silu_mul_job job = {c->kernels, a};
    const int64_t n = lrt_count(a->dy);
    lrt_parallel(c, lrt_tasks(c, n, (double)n * COST_OF_EXP), silu_mul_dx_task, &job);
}

static void silu_mul_tangent_task(void *arg, int task, int tasks) {
    const struct silu_mul_job *job = arg;
    const struct lrt_silu_mul_args *a = job->args;
    const struct lrt_range s = lrt_task_range(lrt_count(a->g), 16, task, tasks);
    job->kernels->silu_mul_tangent(into(a->y_dot, s.first), from(a->g, s.first), from(a->u, s.first),
                                   from(a->g_dot, s.first), from(a->u_dot, s.first), s.last - s.first);
}
void lrt_silu_mul_tangent(struct lrt *c, const struct lrt_silu_mul_args *a) {
    struct silu_mul_job job = {c->kernels, a};
    const int64_t n = lrt_count(a->g);
    lrt_parallel(c, lrt_tasks(c, n, (double)n * COST_OF_EXP), silu_mul_tangent_task, &job);
}

struct scale_job {
    const struct lrt_kernel_set *kernels;
    const struct lrt_scale_args *args;
};
static void scale_task(void *arg, int task, int tasks) {
    const struct scale_job *job = arg;
    const struct lrt_scale_args *a = job->args;
    const struct lrt_range s = lrt_task_range(lrt_count(a->a), 16, task, tasks);
    job->kernels->scale(into(a->y, s.first), from(a->a, s.first), a->factor, a->offset, s.last - s.first);
}
void lrt_scale(struct lrt *c, const struct lrt_scale_args *a) {
    struct scale_job job = {c->kernels, a};
    const int64_t n = lrt_count(a->a);
    lrt_parallel(c, lrt_tasks(c, n, (double)n * COST_OF_MOVING), scale_task, &job);
}

/* The same vector for all rows. A task has a range of rows. */
struct broadcast_job {
    binary_kernel *kernel;
    float *y;
    const float *a, *b;
    int64_t n, d;
};
static void broadcast_task(void *arg, int task, int tasks) {
    const struct broadcast_job *job = arg;
    const struct lrt_range s = lrt_task_range(job->n, 1, task, tasks);
    for (int64_t r = s.first; r < s.last; r++) job->kernel(job->y + r * job->d, job->a + r * job->d, job->b, job->d);
}
static void run_broadcast(struct lrt *c, binary_kernel *kernel, const struct lrt_binary_args *a) {
    const int64_t n = a->a->rows, d = a->a->columns;
    struct broadcast_job job = {kernel, lrt_out(a->y), lrt_in(a->a), lrt_vector_floats(c, a->b, d), n, d};
    lrt_parallel(c, lrt_tasks(c, n, (double)(n * d) * COST_OF_MOVING), broadcast_task, &job);
}
void lrt_add_vector(struct lrt *c, const struct lrt_binary_args *a) { run_broadcast(c, c->kernels->add, a); }
void lrt_mul_vector(struct lrt *c, const struct lrt_binary_args *a) { run_broadcast(c, c->kernels->mul, a); }

/* db is summed in row order, so a task has a range of columns. */
static void column_task(void *arg, int task, int tasks) {
    const struct broadcast_job *job = arg;
    const struct lrt_range s = lrt_task_range(job->d, 16, task, tasks);
    for (int64_t r = 0; r < job->n; r++)
        job->kernel(job->y + s.first, job->a + r * job->d + s.first, job->b + r * job->d + s.first, s.last - s.first);
}
void lrt_mul_vector_db(struct lrt *c, const struct lrt_mul_vector_db_args *a) {
    const int64_t n = a->dy->rows, d = a->dy->columns;
    struct broadcast_job job = {c->kernels->mul_acc, lrt_out(a->db), lrt_in(a->dy), lrt_in(a->a), n, d};
    lrt_parallel(c, lrt_tasks(c, d / 16, (double)(n * d) * COST_OF_MOVING), column_task, &job);
}
static void sum_task(void *arg, int task, int tasks) {
    const struct broadcast_job *job = arg;
    const struct lrt_range s = lrt_task_range(job->d, 16, task, tasks);
    float *sum = job->y + s.first;
    for (int64_t r = 0; r < job->n; r++) job->kernel(sum, sum, job->a + r * job->d + s.first, s.last - s.first);
}
void lrt_sum_rows_acc(struct lrt *c, const struct lrt_sum_rows_args *a) {
    const int64_t n = a->g->rows, d = a->g->columns;
    struct broadcast_job job = {c->kernels->add, lrt_out(a->db), lrt_in(a->g), NULL, n, d};
    lrt_parallel(c, lrt_tasks(c, d / 16, (double)(n * d) * COST_OF_MOVING), sum_task, &job);
}

void lrt_copy(struct lrt *c, const struct lrt_unary_args *a) {
    (void)c;
    lrt_copy_floats(lrt_out(a->y), lrt_in(a->x), lrt_count(a->x));
}
void lrt_copy_floats(float *y, const float *x, int64_t n) {
    if (y != x && n > 0) memcpy(y, x, (size_t)n * sizeof *y);
}
void lrt_fill(struct lrt *c, const struct lrt_fill_args *a) {
    (void)c;
    const int64_t n = lrt_count(a->y);
    if (a->y->type == LRT_F64)
        for (int64_t i = 0; i < n; i++) lrt_out_sums(a->y)[i] = (double)a->value;
    else
        for (int64_t i = 0; i < n; i++) lrt_out(a->y)[i] = a->value;
}
