/* Clipping: computes the norm of all gradients from its square, and the factor by which updates multiply gradients. */
#include <math.h>

#include "runtime/kernels/operand.h"

void lrt_clip(struct lrt *c, const struct lrt_clip_args *a) {
    const double limit = c->clip != 0 ? c->clip : a->limit; /* of the run, or compiled */
    const double norm = sqrt(lrt_out_sums(a->sum)[0]), scale = limit / (norm + 1e-6);
    *a->norm = norm;
    *a->scale = limit > 0 && scale < 1 ? scale : 1;
}
