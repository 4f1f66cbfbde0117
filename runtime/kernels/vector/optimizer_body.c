/* Updates, elementwise. Every operation of PyTorch's formulas is rounded as there, and nothing is fused, so all kernel
 * sets give the same bits. The norm does too: the product of two floats is exact in double. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen.h"

void LRT_KERNEL(sum_squares)(double *sum, const float *g, int64_t n) {
    double lane[V_LANES] = {0};
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES)
        for (int j = 0; j < V_LANES; j++) lane[j] += (double)g[i + j] * (double)g[i + j];
    for (int j = 0; i < n; i++, j++) lane[j] += (double)g[i] * (double)g[i];
    for (int half = V_LANES / 2; half; half /= 2)
        for (int j = 0; j < half; j++) lane[j] += lane[j + half];
    *sum = lane[0];
}

struct moments {
    struct v16 p, m, v;
};
LRT_INLINE struct moments adamw_step(struct moments old, struct v16 g, const struct lrt_adamw_scalars *s) {
    struct moments t;
    g = v_mul(g, v_set(s->gscale));
    t.m = v_add(old.m, v_mul(v_set(s->rate1), v_sub(g, old.m)));
    t.v = v_add(v_mul(old.v, v_set(s->beta2)), v_mul(v_mul(v_set(s->rate2), g), g));
    const struct v16 root = v_add(v_div(v_sqrt(t.v), v_set(s->root)), v_set(s->epsilon));
    t.p = v_sub(v_mul(old.p, v_set(s->decay)), v_div(v_mul(v_set(s->step_size), t.m), root));
    return t;
}
void LRT_KERNEL(adamw)(float *p, const float *g, float *m, float *v, int64_t n, const struct lrt_adamw_scalars *s) {
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) {
        const struct moments old = {v_load(p + i), v_load(m + i), v_load(v + i)};
        const struct moments t = adamw_step(old, v_load(g + i), s);
        v_store(p + i, t.p);
        v_store(m + i, t.m);
        v_store(v + i, t.v);
    }
    const int64_t rest = n - i;
    if (rest == 0) return;
    const struct moments old = {v_load_partial(p + i, rest), v_load_partial(m + i, rest), v_load_partial(v + i, rest)};
    const struct moments t = adamw_step(old, v_load_partial(g + i, rest), s);
    v_store_partial(p + i, t.p, rest);
    v_store_partial(m + i, t.m, rest);
    v_store_partial(v + i, t.v, rest);
}

void LRT_KERNEL(sgd)(float *p, const float *g, float *buf, int64_t n, const struct lrt_sgd_scalars *s) {
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] * s->gscale;
        if (s->decay != 0) d = d + s->decay * p[i];
        if (buf) {
            if (!s->first) d = s->momentum * buf[i] + d;
            buf[i] = d;
        }
        p[i] = p[i] - s->rate * d;
    }
}
