/* Stochastic gradient descent with optional momentum, PyTorch's form: the buffer starts as the first gradient. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/generated.h"
#include "runtime/core/threads.h"

struct sgd_job {
    struct lrt *c;
    float *p, *buf;
    struct lrt_tensor g;
    int64_t n;
    struct lrt_sgd_scalars scalars;
};
static void sgd_share(void *arg, int part, int parts) {
    const struct sgd_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 16, part, parts);
    float room[LRT_MADE_CHUNK];
    const int64_t step = lrt_is_generated(j->g) ? LRT_MADE_CHUNK : s.last - s.first;
    for (int64_t at = s.first; at < s.last; at += step) {
        const int64_t n = s.last - at < step ? s.last - at : step;
        const float *g = lrt_part_of(j->c->kernels, &j->c->noise, room, j->g, at, n);
        j->c->kernels->sgd(j->p + at, g, j->buf ? j->buf + at : NULL, n, &j->scalars);
    }
}
void lrt_sgd(struct lrt *c, float *p, struct lrt_tensor g, float *buf, int64_t n, double lr, double momentum,
             double weight_decay, int64_t step, double gscale) {
    if (lrt_is_left_alone(&c->noise, g)) return;
    struct sgd_job job = {.c = c, .p = p, .buf = buf, .g = g, .n = n};
    job.scalars = (struct lrt_sgd_scalars){.rate = (float)lr,
                                           .momentum = (float)momentum,
                                           .decay = (float)weight_decay,
                                           .gscale = (float)gscale,
                                           .first = step <= 1};
    lrt_parallel(c, lrt_parts(c, n, 3.0 * (double)n + lrt_generated_work(&c->noise, g, n)), sgd_share, &job);
}
