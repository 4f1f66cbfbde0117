/* Stochastic gradient descent with optional momentum, as in PyTorch: the buffer starts as the first gradient. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include "runtime/optim/update.h"

struct sgd {
    float *p, *buf;
    struct lrt_sgd_scalars scalars;
};

static void sgd_piece(const struct lrt *c, const void *optimizer, int64_t first, const float *g, int64_t n) {
    const struct sgd *o = optimizer;
    c->kernels->sgd(o->p + first, g, o->buf ? o->buf + first : NULL, n, &o->scalars);
}

void lrt_sgd(struct lrt *c, const struct lrt_sgd_args *a) {
    const struct sgd o = {
        .p = lrt_out(a->p),
        .buf = lrt_out(a->buf),
        .scalars = {.rate = (float)a->learning_rate,
                    .momentum = (float)a->momentum,
                    .decay = (float)a->weight_decay,
                    .gscale = (float)a->grad_scale,
                    .first = a->step <= 1},
    };
    lrt_update(c, a->g, 3.0, sgd_piece, &o);
}
