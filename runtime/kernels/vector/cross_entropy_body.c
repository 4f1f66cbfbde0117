/* Cross entropy of one row of logits: the greatest, then exponentials summed block by block, then the gradient. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"

enum { VOCABULARY_BLOCK = 2048 }; /* each block's sum is sixteen lanes of float, blocks are added in double */

static float greatest(const float *x, int64_t n) {
    struct v16 a = v_set(-__builtin_inff()), b = a;
    int64_t i = 0;
    for (; i + 2 * V_LANES <= n; i += 2 * V_LANES) {
        a = v_max(a, v_load(x + i));
        b = v_max(b, v_load(x + i + V_LANES));
    }
    for (; i < n; i += V_LANES)
        a = v_max(a, v_load_part_or(x + i, n - i < V_LANES ? n - i : V_LANES, -__builtin_inff()));
    return v_greatest(v_max(a, b));
}

/* Sum of exp(x - top) over a block; e gets the terms unless it is null. */
LRT_INLINE float block_sum(float *e, const float *x, float top, int64_t n) {
    const struct v16 shift = v_set(top);
    struct v16 sum = v_zero();
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) {
        const struct v16 t = v_exp_negative(v_sub(v_load(x + i), shift));
        if (e) v_store(e + i, t);
        sum = v_add(sum, t);
    }
    if (i < n) {
        const struct v16 t = v_exp_negative(v_sub(v_load_part_or(x + i, n - i, -__builtin_inff()), shift));
        if (e) v_store_part(e + i, t, n - i);
        sum = v_add(sum, t);
    }
    return v_sum(sum);
}

void LRT_KERNEL(cross_entropy)(double *loss, float *dlogits, const float *logits, int32_t target, float weight,
                               int64_t vocab) {
    const float top = greatest(logits, vocab), wanted = logits[target];
    double total = 0;
    for (int64_t i = 0; i < vocab; i += VOCABULARY_BLOCK) {
        const int64_t n = vocab - i < VOCABULARY_BLOCK ? vocab - i : VOCABULARY_BLOCK;
        total += (double)(dlogits ? block_sum(dlogits + i, logits + i, top, n) : block_sum(0, logits + i, top, n));
    }
    *loss = (double)top + log(total) - (double)wanted;
    if (!dlogits) return;
    const struct v16 factor = v_set((float)((double)weight / total));
    int64_t i = 0;
    for (; i + V_LANES <= vocab; i += V_LANES) v_store(dlogits + i, v_mul(v_load(dlogits + i), factor));
    if (i < vocab) v_store_part(dlogits + i, v_mul(v_load_part(dlogits + i, vocab - i), factor), vocab - i);
    dlogits[target] -= weight;
}
