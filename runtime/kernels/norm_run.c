/* RMS norm over threads: threads divide the vectors that have a norm, rows or heads of rows. In the gradient of the
 * weights they divide the columns and sum over all vectors. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include "runtime/kernels/vector_tensor.h"
#include "runtime/core/threads.h"
#include <lorac/lrt_scratch.h>

struct norm_job {
    const struct lrt_kernel_set *kernels;
    const struct lrt_rms_norm_args *args;
    const float *w; /* [d] */
    int64_t n, d;   /* vectors, and numbers in each */
};

static int64_t heads_of(const struct lrt_rms_norm_args *a) { return a->heads > 0 ? a->heads : 1; }

static void norm_task(void *arg, int task, int tasks) {
    const struct norm_job *j = arg;
    const struct lrt_rms_norm_args *a = j->args;
    const struct lrt_range s = lrt_task_range(j->n, 1, task, tasks);
    const int64_t at = s.first * j->d;
    j->kernels->rms_norm(lrt_out(a->y) + at, lrt_in(a->x) + at, j->w, s.last - s.first, j->d, a->eps, a->offset);
}
static void dx_task(void *arg, int task, int tasks) {
    const struct norm_job *j = arg;
    const struct lrt_rms_norm_args *a = j->args;
    const struct lrt_range s = lrt_task_range(j->n, 1, task, tasks);
    const int64_t at = s.first * j->d;
    j->kernels->rms_norm_dx(lrt_out(a->dx) + at, a->acc ? lrt_in(a->acc) + at : NULL, lrt_in(a->dy) + at,
                            lrt_in(a->x) + at, j->w, s.last - s.first, j->d, a->eps, a->offset);
}
static void tangent_task(void *arg, int task, int tasks) {
    const struct norm_job *j = arg;
    const struct lrt_rms_norm_args *a = j->args;
    const struct lrt_range s = lrt_task_range(j->n, 1, task, tasks);
    const int64_t at = s.first * j->d;
    j->kernels->rms_norm_tangent(lrt_out(a->y_dot) + at, lrt_in(a->x_dot) + at, lrt_in(a->x) + at, j->w,
                                 s.last - s.first, j->d, a->eps, a->offset);
}

static void run(struct lrt *c, const struct lrt_rms_norm_args *a, lrt_job *task, double work) {
    const int64_t n = a->x->rows * heads_of(a), d = a->x->columns / heads_of(a);
    struct norm_job job = {c->kernels, a, lrt_vector_floats(c, a->w, d), n, d};
    lrt_parallel(c, lrt_tasks(c, n, work * (double)(n * d)), task, &job);
}
void lrt_rms_norm(struct lrt *c, const struct lrt_rms_norm_args *a) { run(c, a, norm_task, 3.0); }
void lrt_rms_norm_dx(struct lrt *c, const struct lrt_rms_norm_args *a) { run(c, a, dx_task, 5.0); }
void lrt_rms_norm_tangent(struct lrt *c, const struct lrt_rms_norm_args *a) { run(c, a, tangent_task, 5.0); }

struct norm_dw_job {
    const struct lrt_kernel_set *kernels;
    float *dw, *rstd;
    const float *dy, *x;
    int64_t n, d;
    float eps;
};
static void rstd_task(void *arg, int task, int tasks) {
    const struct norm_dw_job *j = arg;
    const struct lrt_range s = lrt_task_range(j->n, 1, task, tasks);
    j->kernels->rms_rstd(j->rstd + s.first, j->x + s.first * j->d, s.last - s.first, j->d, j->eps);
}
static void dw_task(void *arg, int task, int tasks) {
    const struct norm_dw_job *j = arg;
    const struct lrt_range s = lrt_task_range(j->d, 16, task, tasks);
    for (int64_t r = 0; r < j->n; r++) {
        const int64_t at = r * j->d + s.first;
        j->kernels->norm_dw_acc(j->dw + s.first, j->dy + at, j->x + at, j->rstd[r], s.last - s.first);
    }
}
void lrt_rms_norm_dw(struct lrt *c, const struct lrt_rms_norm_args *a) {
    const int64_t n = a->x->rows * heads_of(a), d = a->x->columns / heads_of(a);
    const float *dy = lrt_in(a->dy), *x = lrt_in(a->x);
    for (int64_t r = 0; r < n; r += LRT_SCRATCH_ROWS) {
        const int64_t rows = n - r < LRT_SCRATCH_ROWS ? n - r : LRT_SCRATCH_ROWS;
        struct norm_dw_job job = {c->kernels, lrt_out(a->dw), (float *)c->scratch, dy + r * d, x + r * d, rows,
                                  d,          a->eps};
        const double work = 2.0 * (double)(rows * d);
        lrt_parallel(c, lrt_tasks(c, rows, work), rstd_task, &job);
        lrt_parallel(c, lrt_tasks(c, d / 16, work), dw_task, &job);
    }
}
