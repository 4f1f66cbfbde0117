/* AdamW (arXiv 1711.05101) in the form of PyTorch's single-tensor code: scalars in double, elements in float. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/generated.h"
#include "runtime/core/threads.h"

struct adamw_job {
    struct lrt *c;
    float *p, *m, *v;
    struct lrt_tensor g;
    int64_t n;
    struct lrt_adamw_scalars scalars;
};
static void adamw_share(void *arg, int part, int parts) {
    const struct adamw_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 16, part, parts);
    float room[LRT_MADE_CHUNK];
    const int64_t step = lrt_is_generated(j->g) ? LRT_MADE_CHUNK : s.last - s.first;
    for (int64_t at = s.first; at < s.last; at += step) {
        const int64_t n = s.last - at < step ? s.last - at : step;
        const float *g = lrt_part_of(j->c->kernels, &j->c->noise, room, j->g, at, n);
        j->c->kernels->adamw(j->p + at, g, j->m + at, j->v + at, n, &j->scalars);
    }
}
void lrt_adamw(struct lrt *c, float *p, struct lrt_tensor g, float *m, float *v, int64_t n, double lr, double beta1,
               double beta2, double eps, double weight_decay, int64_t step, double gscale) {
    if (lrt_is_left_alone(&c->noise, g)) return;
    struct adamw_job job = {.c = c, .p = p, .m = m, .v = v, .g = g, .n = n};
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
    lrt_parallel(c, lrt_parts(c, n, 8.0 * (double)n + lrt_generated_work(&c->noise, g, n)), adamw_share, &job);
}
