/* Clipping: the squared norm of all gradients becomes the norm, and what the update multiplies gradients with. */
#include <math.h>

#include <lorac/lrt.h>

double lrt_clip(double sum_squares, double limit, double *norm) {
    *norm = sqrt(sum_squares);
    const double scale = limit / (*norm + 1e-6);
    return limit > 0 && scale < 1 ? scale : 1;
}
