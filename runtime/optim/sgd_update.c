/* Stochastic gradient descent with optional momentum, PyTorch's form: the buffer starts as the first gradient. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/threads.h"

struct sgd_job {
    const struct lrt_kernel_set *kernels;
    float *p, *buf;
    const float *g;
    int64_t n;
    struct lrt_sgd_scalars scalars;
};
static void sgd_share(void *arg, int part, int parts) {
    const struct sgd_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 16, part, parts);
    j->kernels->sgd(j->p + s.first, j->g + s.first, j->buf ? j->buf + s.first : NULL, s.last - s.first, &j->scalars);
}
void lrt_sgd(struct lrt *c, float *p, struct lrt_tensor g, float *buf, int64_t n, double lr, double momentum,
             double weight_decay, int64_t step, double gscale) {
    struct sgd_job job = {.kernels = c->kernels, .p = p, .buf = buf, .g = g.data, .n = n};
    job.scalars = (struct lrt_sgd_scalars){.rate = (float)lr,
                                           .momentum = (float)momentum,
                                           .decay = (float)weight_decay,
                                           .gscale = (float)gscale,
                                           .first = step <= 1};
    lrt_parallel(c, lrt_parts(c, n, 3.0 * (double)n), sgd_share, &job);
}
