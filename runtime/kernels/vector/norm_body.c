/* RMS norm, its gradient and its tangent, a row at a time. Sums run over sixteen strided lanes, which a fixed tree then
 * adds. The last few columns are in a partly filled vector, whose empty lanes add exact zeros. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen.h"
#include <math.h>

LRT_INLINE float reciprocal_root(const float *x, int64_t d, float eps) {
    struct v16 s = v_zero();
    int64_t i = 0;
    for (; i + V_LANES <= d; i += V_LANES) s = v_fma(v_load(x + i), v_load(x + i), s);
    if (i < d) s = v_fma(v_load_partial(x + i, d - i), v_load_partial(x + i, d - i), s);
    return 1.0f / sqrtf(v_sum(s) / (float)d + eps);
}

void LRT_KERNEL(rms_rstd)(float *rstd, const float *x, int64_t rows, int64_t d, float eps) {
    for (int64_t r = 0; r < rows; r++) rstd[r] = reciprocal_root(x + r * d, d, eps);
}

void LRT_KERNEL(rms_norm)(float *y, const float *x, const float *w, int64_t rows, int64_t d, float eps, float offset) {
    const struct v16 o = v_set(offset);
    for (int64_t r = 0; r < rows; r++, x += d, y += d) {
        const struct v16 rstd = v_set(reciprocal_root(x, d, eps));
        int64_t i = 0;
        for (; i + V_LANES <= d; i += V_LANES)
            v_store(y + i, v_mul(v_mul(v_load(x + i), rstd), v_add(v_load(w + i), o)));
        if (i < d) {
            const struct v16 g = v_add(v_load_partial(w + i, d - i), o);
            v_store_partial(y + i, v_mul(v_mul(v_load_partial(x + i, d - i), rstd), g), d - i);
        }
    }
}

/* g = dy (w + offset); dx = acc + rstd (g - x k), k = rstd^2 mean(g x) */
LRT_INLINE struct v16 norm_dx_lanes(struct v16 g, struct v16 x, struct v16 rstd, struct v16 k) {
    return v_mul(rstd, v_sub(g, v_mul(x, k)));
}
LRT_INLINE void norm_dx_row(float *dx, const float *acc, const float *dy, const float *x, const float *w, int64_t d,
                            float eps, float offset) {
    const float root = reciprocal_root(x, d, eps);
    const struct v16 o = v_set(offset), rstd = v_set(root);
    struct v16 s = v_zero();
    int64_t i = 0;
    for (; i + V_LANES <= d; i += V_LANES) s = v_fma(v_mul(v_load(dy + i), v_add(v_load(w + i), o)), v_load(x + i), s);
    const int64_t rest = d - i;
    if (rest)
        s = v_fma(v_mul(v_load_partial(dy + i, rest), v_add(v_load_partial(w + i, rest), o)),
                  v_load_partial(x + i, rest), s);
    const struct v16 k = v_set(root * root * (v_sum(s) / (float)d));
    for (i = 0; i + V_LANES <= d; i += V_LANES) {
        const struct v16 g = v_mul(v_load(dy + i), v_add(v_load(w + i), o));
        const struct v16 t = norm_dx_lanes(g, v_load(x + i), rstd, k);
        v_store(dx + i, acc ? v_add(v_load(acc + i), t) : t);
    }
    if (rest) {
        const struct v16 g = v_mul(v_load_partial(dy + i, rest), v_add(v_load_partial(w + i, rest), o));
        const struct v16 t = norm_dx_lanes(g, v_load_partial(x + i, rest), rstd, k);
        v_store_partial(dx + i, acc ? v_add(v_load_partial(acc + i, rest), t) : t, rest);
    }
}
void LRT_KERNEL(rms_norm_dx)(float *dx, const float *acc, const float *dy, const float *x, const float *w, int64_t rows,
                             int64_t d, float eps, float offset) {
    for (int64_t r = 0; r < rows; r++)
        norm_dx_row(dx + r * d, acc ? acc + r * d : 0, dy + r * d, x + r * d, w, d, eps, offset);
}

/* y_dot = rstd (w + offset) (x_dot - x k), k = rstd^2 mean(x x_dot) */
LRT_INLINE struct v16 norm_tangent_lanes(struct v16 x_dot, struct v16 x, struct v16 gain, struct v16 rstd,
                                         struct v16 k) {
    return v_mul(v_mul(rstd, gain), v_sub(x_dot, v_mul(x, k)));
}
LRT_INLINE void norm_tangent_row(float *y_dot, const float *x_dot, const float *x, const float *w, int64_t d, float eps,
                                 float offset) {
    const float root = reciprocal_root(x, d, eps);
    const struct v16 o = v_set(offset), rstd = v_set(root);
    struct v16 s = v_zero();
    int64_t i = 0;
    for (; i + V_LANES <= d; i += V_LANES) s = v_fma(v_load(x_dot + i), v_load(x + i), s);
    const int64_t rest = d - i;
    if (rest) s = v_fma(v_load_partial(x_dot + i, rest), v_load_partial(x + i, rest), s);
    const struct v16 k = v_set(root * root * (v_sum(s) / (float)d));
    for (i = 0; i + V_LANES <= d; i += V_LANES) {
        const struct v16 gain = v_add(v_load(w + i), o);
        v_store(y_dot + i, norm_tangent_lanes(v_load(x_dot + i), v_load(x + i), gain, rstd, k));
    }
    if (rest) {
        const struct v16 gain = v_add(v_load_partial(w + i, rest), o), of = v_load_partial(x + i, rest);
        v_store_partial(y_dot + i, norm_tangent_lanes(v_load_partial(x_dot + i, rest), of, gain, rstd, k), rest);
    }
}
void LRT_KERNEL(rms_norm_tangent)(float *y_dot, const float *x_dot, const float *x, const float *w, int64_t rows,
                                  int64_t d, float eps, float offset) {
    for (int64_t r = 0; r < rows; r++) norm_tangent_row(y_dot + r * d, x_dot + r * d, x + r * d, w, d, eps, offset);
}

void LRT_KERNEL(norm_dw_acc)(float *dw, const float *dy, const float *x, float rstd, int64_t n) {
    const struct v16 s = v_set(rstd);
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES)
        v_store(dw + i, v_fma(v_load(dy + i), v_mul(v_load(x + i), s), v_load(dw + i)));
    if (i < n) {
        const struct v16 t = v_mul(v_load_partial(x + i, n - i), s);
        v_store_partial(dw + i, v_fma(v_load_partial(dy + i, n - i), t, v_load_partial(dw + i, n - i)), n - i);
    }
}
