/* Cross entropy of one row of logits, in any number of pieces. It sums the exponentials block by block with a running
 * maximum, for the tangent also weighted with the logits' tangents; then it computes the gradient. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"
#include <lorac/lrt_scratch.h>

static float greatest(const float *x, int64_t n) {
    struct v16 a = v_set(-__builtin_inff()), b = a;
    int64_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        a = v_max(a, v_load(x + i));
        b = v_max(b, v_load(x + i + V_LANES));
    }
    for (; i < n; i += V_LANES)
        a = v_max(a, v_load_partial_or(x + i, n - i < V_LANES ? n - i : V_LANES, -__builtin_inff()));
    return v_greatest(v_max(a, b));
}

/* The sum of exp(x - top) over a block, in sixteen lanes of float. */
LRT_INLINE float block_sum(const float *x, float top, int64_t n) {
    const struct v16 shift = v_set(top);
    struct v16 sum = v_zero();
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) sum = v_add(sum, v_exp_negative(v_sub(v_load(x + i), shift)));
    if (i < n) sum = v_add(sum, v_exp_negative(v_sub(v_load_partial_or(x + i, n - i, -__builtin_inff()), shift)));
    return v_sum(sum);
}

/* Blocks are added in double; a new maximum rescales the earlier sum. Leading blocks of logits that are all minus
 * infinity add nothing. */
void LRT_KERNEL(cross_entropy_sum)(double *sums, const float *logits, int64_t n) {
    for (int64_t i = 0; i < n; i += LRT_VOCABULARY_BLOCK) {
        const int64_t here = n - i < LRT_VOCABULARY_BLOCK ? n - i : LRT_VOCABULARY_BLOCK;
        const double top = (double)greatest(logits + i, here);
        if (top > sums[0]) {
            sums[1] *= exp(sums[0] - top);
            sums[0] = top;
        }
        if (sums[0] > -HUGE_VAL) sums[1] += (double)block_sum(logits + i, (float)sums[0], here);
    }
}

/* The sums over a block of exp(x - top), with the bits of block_sum, and of exp(x - top) dot. */
LRT_INLINE float block_sum_tangent(float *moved, const float *x, const float *dot, float top, int64_t n) {
    const struct v16 shift = v_set(top);
    struct v16 sum = v_zero(), along = v_zero();
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) {
        const struct v16 e = v_exp_negative(v_sub(v_load(x + i), shift));
        sum = v_add(sum, e);
        along = v_fma(e, v_load(dot + i), along);
    }
    if (i < n) {
        const struct v16 e = v_exp_negative(v_sub(v_load_partial_or(x + i, n - i, -__builtin_inff()), shift));
        sum = v_add(sum, e);
        along = v_fma(e, v_load_partial(dot + i, n - i), along);
    }
    *moved = v_sum(along);
    return v_sum(sum);
}

void LRT_KERNEL(cross_entropy_sum_tangent)(double *sums, const float *logits, const float *logits_dot, int64_t n) {
    for (int64_t i = 0; i < n; i += LRT_VOCABULARY_BLOCK) {
        const int64_t here = n - i < LRT_VOCABULARY_BLOCK ? n - i : LRT_VOCABULARY_BLOCK;
        const double top = (double)greatest(logits + i, here);
        if (top > sums[0]) {
            const double rescale = exp(sums[0] - top);
            sums[1] *= rescale;
            sums[2] *= rescale;
            sums[0] = top;
        }
        if (!(sums[0] > -HUGE_VAL)) continue;
        float moved;
        sums[1] += (double)block_sum_tangent(&moved, logits + i, logits_dot + i, (float)sums[0], here);
        sums[2] += (double)moved;
    }
}

LRT_INLINE struct v16 derivative(struct v16 x, struct v16 shift, struct v16 factor) {
    return v_mul(v_exp_negative(v_sub(x, shift)), factor);
}

void LRT_KERNEL(cross_entropy_dx)(float *dlogits, const float *logits, const double *sums, float weight, int64_t n) {
    const struct v16 shift = v_set((float)sums[0]), factor = v_set((float)((double)weight / sums[1]));
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) v_store(dlogits + i, derivative(v_load(logits + i), shift, factor));
    if (i < n) v_store_partial(dlogits + i, derivative(v_load_partial(logits + i, n - i), shift, factor), n - i);
}
