/* RMS norm over threads: rows are shared out, but the gradient of the weights shares columns and runs through all rows.
 */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/vector_tensor.h"
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

struct norm_job {
    const struct lrt_kernel_set *kernels;
    float *y;
    const float *acc, *dy, *x_dot, *x, *w; /* dy: the gradient; x_dot: the tangent */
    int64_t n, d;
    float eps, offset;
};

static void norm_share(void *arg, int part, int parts) {
    const struct norm_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 1, part, parts);
    const int64_t at = s.first * j->d, rows = s.last - s.first;
    if (j->dy)
        j->kernels->rms_norm_dx(j->y + at, j->acc ? j->acc + at : NULL, j->dy + at, j->x + at, j->w, rows, j->d, j->eps,
                                j->offset);
    else if (j->x_dot)
        j->kernels->rms_norm_tangent(j->y + at, j->x_dot + at, j->x + at, j->w, rows, j->d, j->eps, j->offset);
    else
        j->kernels->rms_norm(j->y + at, j->x + at, j->w, rows, j->d, j->eps, j->offset);
}
void lrt_rms_norm(struct lrt *c, float *y, const float *x, struct lrt_tensor w, int64_t n, int64_t d, float eps,
                  float offset) {
    struct norm_job job = {c->kernels, y, NULL, NULL, NULL, x, lrt_vector_floats(c, w, d), n, d, eps, offset};
    lrt_parallel(c, lrt_parts(c, n, 3.0 * (double)(n * d)), norm_share, &job);
}
void lrt_rms_norm_dx(struct lrt *c, float *dx, const float *acc, const float *dy, const float *x, struct lrt_tensor w,
                     int64_t n, int64_t d, float eps, float offset) {
    struct norm_job job = {c->kernels, dx, acc, dy, NULL, x, lrt_vector_floats(c, w, d), n, d, eps, offset};
    lrt_parallel(c, lrt_parts(c, n, 5.0 * (double)(n * d)), norm_share, &job);
}
void lrt_rms_norm_tangent(struct lrt *c, float *y_dot, const float *x_dot, const float *x, struct lrt_tensor w,
                          int64_t n, int64_t d, float eps, float offset) {
    struct norm_job job = {c->kernels, y_dot, NULL, NULL, x_dot, x, lrt_vector_floats(c, w, d), n, d, eps, offset};
    lrt_parallel(c, lrt_parts(c, n, 5.0 * (double)(n * d)), norm_share, &job);
}

struct norm_dw_job {
    const struct lrt_kernel_set *kernels;
    float *dw, *rstd;
    const float *dy, *x;
    int64_t n, d;
    float eps;
};
static void rstd_share(void *arg, int part, int parts) {
    const struct norm_dw_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 1, part, parts);
    j->kernels->rms_rstd(j->rstd + s.first, j->x + s.first * j->d, s.last - s.first, j->d, j->eps);
}
static void dw_share(void *arg, int part, int parts) {
    const struct norm_dw_job *j = arg;
    const struct lrt_share s = lrt_share(j->d, 16, part, parts);
    for (int64_t r = 0; r < j->n; r++) {
        const int64_t at = r * j->d + s.first;
        j->kernels->norm_dw_acc(j->dw + s.first, j->dy + at, j->x + at, j->rstd[r], s.last - s.first);
    }
}
void lrt_rms_norm_dw(struct lrt *c, float *dw, const float *dy, const float *x, int64_t n, int64_t d, float eps) {
    for (int64_t r = 0; r < n; r += LRT_SCRATCH_ROWS) {
        const int64_t rows = n - r < LRT_SCRATCH_ROWS ? n - r : LRT_SCRATCH_ROWS;
        struct norm_dw_job job = {c->kernels, dw, (float *)c->scratch, dy + r * d, x + r * d, rows, d, eps};
        const double work = 2.0 * (double)(rows * d);
        lrt_parallel(c, lrt_parts(c, rows, work), rstd_share, &job);
        lrt_parallel(c, lrt_parts(c, d / 16, work), dw_share, &job);
    }
}
