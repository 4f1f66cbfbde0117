/* AdamW (arXiv 1711.05101) as in PyTorch's single-tensor code: scalars in double, elements in float. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include "runtime/optim/update.h"

struct adamw {
    float *p, *m, *v;
    struct lrt_adamw_scalars scalars;
};

static void adamw_piece(const struct lrt *c, const void *optimizer, int64_t first, const float *g, int64_t n) {
    const struct adamw *o = optimizer;
    c->kernels->adamw(o->p + first, g, o->m + first, o->v + first, n, &o->scalars);
}

void lrt_adamw(struct lrt *c, const struct lrt_adamw_args *a) {
    const struct adamw o = {
        .p = lrt_out(a->p),
        .m = lrt_out(a->m),
        .v = lrt_out(a->v),
        .scalars = {.decay = (float)(1 - a->learning_rate * a->weight_decay),
                    .rate1 = (float)(1 - a->beta1),
                    .beta2 = (float)a->beta2,
                    .rate2 = (float)(1 - a->beta2),
                    .root = (float)sqrt(1 - pow(a->beta2, (double)a->step)),
                    .epsilon = (float)a->eps,
                    .step_size = (float)(a->learning_rate / (1 - pow(a->beta1, (double)a->step))),
                    .gscale = (float)a->grad_scale},
    };
    lrt_update(c, a->g, 8.0, adamw_piece, &o);
}
