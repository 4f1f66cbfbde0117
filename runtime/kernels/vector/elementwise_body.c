/* Elementwise kernels, sixteen elements at a time. The last few use the same arithmetic in a partly filled vector, so
 * an element's bits do not depend on its position. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen_math.h"

typedef struct v16 unary(struct v16 x);
typedef struct v16 binary(struct v16 a, struct v16 b);

LRT_INLINE void map_unary(float *y, const float *x, int64_t n, unary *f) {
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) v_store(y + i, f(v_load(x + i)));
    if (i < n) v_store_partial(y + i, f(v_load_partial(x + i, n - i)), n - i);
}
LRT_INLINE void map_binary(float *y, const float *a, const float *b, int64_t n, binary *f) {
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) v_store(y + i, f(v_load(a + i), v_load(b + i)));
    if (i < n) v_store_partial(y + i, f(v_load_partial(a + i, n - i), v_load_partial(b + i, n - i)), n - i);
}

LRT_INLINE struct v16 silu(struct v16 x) { return v_mul(x, v_sigmoid(x)); }
LRT_INLINE struct v16 silu_derivative(struct v16 x) {
    const struct v16 s = v_sigmoid(x), one = v_set(1.0f);
    return v_mul(s, v_fma(x, v_sub(one, s), one));
}
LRT_INLINE struct v16 silu_dx(struct v16 dy, struct v16 x) { return v_mul(dy, silu_derivative(x)); }

LRT_INLINE struct v16 normal_cdf(struct v16 x) {
    return v_fma(v_set(0.5f), v_erf(v_mul(x, v_set(0.707106781f))), v_set(0.5f));
}
LRT_INLINE struct v16 gelu(struct v16 x) { return v_mul(x, normal_cdf(x)); }
LRT_INLINE struct v16 gelu_dx(struct v16 dy, struct v16 x) {
    const struct v16 density = v_mul(v_set(0.398942280f), v_exp(v_mul(v_mul(x, x), v_set(-0.5f))));
    return v_mul(dy, v_fma(x, density, normal_cdf(x)));
}

/* x (1 + tanh z) / 2, z = sqrt(2/pi) (x + 0.044715 x^3) */
LRT_INLINE struct v16 gelu_tanh_inner(struct v16 x) {
    const struct v16 x2 = v_mul(x, x);
    return v_mul(v_mul(x, v_set(0.797884561f)), v_fma(x2, v_set(0.044715f), v_set(1.0f)));
}
LRT_INLINE struct v16 gelu_tanh(struct v16 x) {
    const struct v16 half = v_set(0.5f);
    return v_mul(x, v_fma(half, v_tanh(gelu_tanh_inner(x)), half));
}
LRT_INLINE struct v16 gelu_tanh_dx(struct v16 dy, struct v16 x) {
    const struct v16 half = v_set(0.5f), one = v_set(1.0f), t = v_tanh(gelu_tanh_inner(x));
    const struct v16 dz = v_mul(v_set(0.797884561f), v_fma(v_mul(x, x), v_set(0.134145f), one));
    const struct v16 derivative = v_mul(v_mul(half, v_sub(one, v_mul(t, t))), dz);
    return v_mul(dy, v_fma(x, derivative, v_fma(half, t, half)));
}

LRT_INLINE struct v16 relu(struct v16 x) { return v_select(v_greater(v_zero(), x), v_zero(), x); }
LRT_INLINE struct v16 relu_dx(struct v16 dy, struct v16 x) { return v_select(v_greater(x, v_zero()), dy, v_zero()); }
LRT_INLINE struct v16 hyperbolic(struct v16 x) { return v_tanh(x); }
LRT_INLINE struct v16 tanh_dx(struct v16 dy, struct v16 x) {
    const struct v16 t = v_tanh(x);
    return v_mul(dy, v_sub(v_set(1.0f), v_mul(t, t)));
}
LRT_INLINE struct v16 silu_mul(struct v16 g, struct v16 u) { return v_mul(silu(g), u); }
LRT_INLINE struct v16 sum_of(struct v16 a, struct v16 b) { return v_add(a, b); }
LRT_INLINE struct v16 difference(struct v16 a, struct v16 b) { return v_sub(a, b); }
LRT_INLINE struct v16 product(struct v16 a, struct v16 b) { return v_mul(a, b); }

void LRT_KERNEL(silu)(float *y, const float *x, int64_t n) { map_unary(y, x, n, silu); }
void LRT_KERNEL(gelu)(float *y, const float *x, int64_t n) { map_unary(y, x, n, gelu); }
void LRT_KERNEL(gelu_tanh)(float *y, const float *x, int64_t n) { map_unary(y, x, n, gelu_tanh); }
void LRT_KERNEL(relu)(float *y, const float *x, int64_t n) { map_unary(y, x, n, relu); }
void LRT_KERNEL(tanh)(float *y, const float *x, int64_t n) { map_unary(y, x, n, hyperbolic); }
void LRT_KERNEL(silu_dx)(float *dx, const float *dy, const float *x, int64_t n) { map_binary(dx, dy, x, n, silu_dx); }
void LRT_KERNEL(gelu_dx)(float *dx, const float *dy, const float *x, int64_t n) { map_binary(dx, dy, x, n, gelu_dx); }
void LRT_KERNEL(gelu_tanh_dx)(float *dx, const float *dy, const float *x, int64_t n) {
    map_binary(dx, dy, x, n, gelu_tanh_dx);
}
void LRT_KERNEL(relu_dx)(float *dx, const float *dy, const float *x, int64_t n) { map_binary(dx, dy, x, n, relu_dx); }
void LRT_KERNEL(tanh_dx)(float *dx, const float *dy, const float *x, int64_t n) { map_binary(dx, dy, x, n, tanh_dx); }
void LRT_KERNEL(silu_mul)(float *y, const float *g, const float *u, int64_t n) { map_binary(y, g, u, n, silu_mul); }
void LRT_KERNEL(add)(float *y, const float *a, const float *b, int64_t n) { map_binary(y, a, b, n, sum_of); }
void LRT_KERNEL(sub)(float *y, const float *a, const float *b, int64_t n) { map_binary(y, a, b, n, difference); }
void LRT_KERNEL(mul)(float *y, const float *a, const float *b, int64_t n) { map_binary(y, a, b, n, product); }

LRT_INLINE void silu_mul_dx_lanes(float *dg, float *du, struct v16 dy, struct v16 g, struct v16 u, int64_t lanes) {
    const struct v16 s = v_sigmoid(g), one = v_set(1.0f);
    const struct v16 derivative = v_mul(s, v_fma(g, v_sub(one, s), one));
    v_store_partial(dg, v_mul(v_mul(dy, u), derivative), lanes);
    v_store_partial(du, v_mul(dy, v_mul(g, s)), lanes);
}
void LRT_KERNEL(silu_mul_dx)(float *dg, float *du, const float *dy, const float *g, const float *u, int64_t n) {
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES)
        silu_mul_dx_lanes(dg + i, du + i, v_load(dy + i), v_load(g + i), v_load(u + i), V_LANES);
    if (i < n)
        silu_mul_dx_lanes(dg + i, du + i, v_load_partial(dy + i, n - i), v_load_partial(g + i, n - i),
                          v_load_partial(u + i, n - i), n - i);
}

/* s (u g_dot (1 + g (1 - s)) + g u_dot), s = sigmoid(g) */
LRT_INLINE struct v16 silu_mul_tangent(struct v16 g, struct v16 u, struct v16 g_dot, struct v16 u_dot) {
    const struct v16 s = v_sigmoid(g), one = v_set(1.0f);
    return v_mul(s, v_fma(v_mul(u, g_dot), v_fma(g, v_sub(one, s), one), v_mul(g, u_dot)));
}
void LRT_KERNEL(silu_mul_tangent)(float *y_dot, const float *g, const float *u, const float *g_dot, const float *u_dot,
                                  int64_t n) {
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) {
        const struct v16 along_g = g_dot ? v_load(g_dot + i) : v_zero(), along_u = u_dot ? v_load(u_dot + i) : v_zero();
        v_store(y_dot + i, silu_mul_tangent(v_load(g + i), v_load(u + i), along_g, along_u));
    }
    if (i == n) return;
    const int64_t rest = n - i;
    const struct v16 along_g = g_dot ? v_load_partial(g_dot + i, rest) : v_zero();
    const struct v16 along_u = u_dot ? v_load_partial(u_dot + i, rest) : v_zero();
    const struct v16 y = silu_mul_tangent(v_load_partial(g + i, rest), v_load_partial(u + i, rest), along_g, along_u);
    v_store_partial(y_dot + i, y, rest);
}

void LRT_KERNEL(scale)(float *y, const float *a, float factor, float offset, int64_t n) {
    const struct v16 f = v_set(factor), o = v_set(offset);
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) v_store(y + i, v_fma(v_load(a + i), f, o));
    if (i < n) v_store_partial(y + i, v_fma(v_load_partial(a + i, n - i), f, o), n - i);
}

void LRT_KERNEL(mul_acc)(float *y, const float *a, const float *b, int64_t n) {
    int64_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) v_store(y + i, v_fma(v_load(a + i), v_load(b + i), v_load(y + i)));
    if (i < n) {
        const struct v16 t =
            v_fma(v_load_partial(a + i, n - i), v_load_partial(b + i, n - i), v_load_partial(y + i, n - i));
        v_store_partial(y + i, t, n - i);
    }
}
