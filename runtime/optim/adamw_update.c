/* AdamW (arXiv 1711.05101) in the form of PyTorch's single-tensor code: scalars in double, elements in float. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/threads.h"

struct adamw_job {
    const struct lrt_kernel_set *kernels;
    float *p, *m, *v;
    const float *g;
    int64_t n;
    struct lrt_adamw_scalars scalars;
};
static void adamw_share(void *arg, int part, int parts) {
    const struct adamw_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 16, part, parts);
    j->kernels->adamw(j->p + s.first, j->g + s.first, j->m + s.first, j->v + s.first, s.last - s.first, &j->scalars);
}
void lrt_adamw(struct lrt *c, float *p, struct lrt_tensor g, float *m, float *v, int64_t n, double lr, double beta1,
               double beta2, double eps, double weight_decay, int64_t step, double gscale) {
    struct adamw_job job = {.kernels = c->kernels, .p = p, .m = m, .v = v, .g = g.data, .n = n};
    job.scalars = (struct lrt_adamw_scalars){
        .decay = (float)(1 - lr * weight_decay),
        .rate1 = (float)(1 - beta1),
        .beta2 = (float)beta2,
        .rate2 = (float)(1 - beta2),
        .root = (float)sqrt(1 - pow(beta2, (double)step)),
        .epsilon = (float)eps,
        .step_size = (float)(lr / (1 - pow(beta1, (double)step))),
        .gscale = (float)gscale,
    };
    lrt_parallel(c, lrt_parts(c, n, 8.0 * (double)n), adamw_share, &job);
}
