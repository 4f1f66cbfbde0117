/* Sixteen floats as one value on every processor: one AVX-512 register, two of AVX2, four of NEON or SSE2.
 *
 * All kernels except products with weights work on this unit. An element's bits depend neither on the register's width
 * nor on the element's place: the last few elements of a row use the same lanes, partly filled. A horizontal sum is one
 * fixed tree over the sixteen lanes. */
#ifndef LRT_SIXTEEN_H
#define LRT_SIXTEEN_H
#include "runtime/kernels/vector.h"
#if LRT_LANES == 4 && defined(__SSE2__) && !defined(LRT_SET_IS_reference)
#define LRT_SIXTEEN_SSE
#include <emmintrin.h>
#endif

enum { V_LANES = 16, V_VECTORS = V_LANES / LRT_LANES };

struct v16 {
    lrt_vec p[V_VECTORS];
};
/* Lanes of integers, or masks: all bits set where true. */
struct v16_int {
    lrt_ivec p[V_VECTORS];
};

#define V_EACH(i) for (int i = 0; i < V_VECTORS; i++)

LRT_INLINE struct v16 v_set(float x) {
    struct v16 r;
    V_EACH(i) r.p[i] = x - (lrt_vec){0};
    return r;
}
LRT_INLINE struct v16_int v_set_int(int32_t x) {
    struct v16_int r;
    V_EACH(i) r.p[i] = x - (lrt_ivec){0};
    return r;
}
LRT_INLINE struct v16 v_zero(void) {
    struct v16 r;
    V_EACH(i) r.p[i] = (lrt_vec){0};
    return r;
}
LRT_INLINE struct v16 v_load(const float *x) {
    struct v16 r;
    V_EACH(i) r.p[i] = lrt_load(x + LRT_LANES * i);
    return r;
}
LRT_INLINE void v_store(float *y, struct v16 a) { V_EACH(i) lrt_store(y + LRT_LANES * i, a.p[i]); }
LRT_INLINE struct v16_int v_load_int(const int32_t *x) {
    struct v16_int r;
    memcpy(&r, x, sizeof r);
    return r;
}
/* Loads the first n lanes, 0 <= n <= 16. The others get `rest`, and their memory is not read. */
LRT_INLINE struct v16 v_load_partial_or(const float *x, int64_t n, float rest) {
    struct v16 r = v_set(rest);
#if LRT_LANES == 16
    r.p[0] = (lrt_vec)_mm512_mask_loadu_ps((__m512)r.p[0], (__mmask16)((1u << n) - 1u), x);
    return r;
#else
    float t[V_LANES];
    v_store(t, r);
    memcpy(t, x, (size_t)n * sizeof *t);
    return v_load(t);
#endif
}
LRT_INLINE struct v16 v_load_partial(const float *x, int64_t n) { return v_load_partial_or(x, n, 0.0f); }
LRT_INLINE void v_store_partial(float *y, struct v16 a, int64_t n) {
#if LRT_LANES == 16
    _mm512_mask_storeu_ps(y, (__mmask16)((1u << n) - 1u), (__m512)a.p[0]);
#else
    float t[V_LANES];
    v_store(t, a);
    memcpy(y, t, (size_t)n * sizeof *t);
#endif
}

LRT_INLINE struct v16 v_add(struct v16 a, struct v16 b) {
    V_EACH(i) a.p[i] += b.p[i];
    return a;
}
LRT_INLINE struct v16 v_sub(struct v16 a, struct v16 b) {
    V_EACH(i) a.p[i] -= b.p[i];
    return a;
}
LRT_INLINE struct v16 v_mul(struct v16 a, struct v16 b) {
    V_EACH(i) a.p[i] *= b.p[i];
    return a;
}
LRT_INLINE struct v16 v_div(struct v16 a, struct v16 b) {
    V_EACH(i) a.p[i] /= b.p[i];
    return a;
}
/* a * b + c */
LRT_INLINE struct v16 v_fma(struct v16 a, struct v16 b, struct v16 c) {
    V_EACH(i) c.p[i] = lrt_fma(a.p[i], b.p[i], c.p[i]);
    return c;
}
LRT_INLINE struct v16 v_sqrt(struct v16 a) {
#if LRT_LANES == 16
    V_EACH(i) a.p[i] = (lrt_vec)_mm512_sqrt_ps((__m512)a.p[i]);
#elif LRT_LANES == 8
    V_EACH(i) a.p[i] = (lrt_vec)_mm256_sqrt_ps((__m256)a.p[i]);
#elif defined(LRT_SIXTEEN_SSE)
    V_EACH(i) a.p[i] = (lrt_vec)_mm_sqrt_ps((__m128)a.p[i]);
#elif defined(__aarch64__) && !defined(LRT_SET_IS_reference)
    V_EACH(i) a.p[i] = (lrt_vec)vsqrtq_f32((float32x4_t)a.p[i]);
#else
    V_EACH(i) for (int j = 0; j < LRT_LANES; j++) a.p[i][j] = sqrtf(a.p[i][j]);
#endif
    return a;
}

LRT_INLINE struct v16_int v_greater(struct v16 a, struct v16 b) {
    struct v16_int r;
    V_EACH(i) r.p[i] = (lrt_ivec)(a.p[i] > b.p[i]);
    return r;
}
LRT_INLINE struct v16_int v_greater_int(struct v16_int a, struct v16_int b) {
    struct v16_int r;
    V_EACH(i) r.p[i] = a.p[i] > b.p[i];
    return r;
}
/* mask ? a : b */
LRT_INLINE struct v16 v_select(struct v16_int mask, struct v16 a, struct v16 b) {
    V_EACH(i)
    a.p[i] = (lrt_vec)((mask.p[i] & (lrt_ivec)a.p[i]) | (~mask.p[i] & (lrt_ivec)b.p[i]));
    return a;
}
/* a > b ? a : b, which is b where either is NaN */
LRT_INLINE struct v16 v_max(struct v16 a, struct v16 b) {
#if LRT_LANES == 16
    V_EACH(i) a.p[i] = (lrt_vec)_mm512_max_ps((__m512)a.p[i], (__m512)b.p[i]);
    return a;
#elif LRT_LANES == 8
    V_EACH(i) a.p[i] = (lrt_vec)_mm256_max_ps((__m256)a.p[i], (__m256)b.p[i]);
    return a;
#elif defined(LRT_SIXTEEN_SSE)
    V_EACH(i) a.p[i] = (lrt_vec)_mm_max_ps((__m128)a.p[i], (__m128)b.p[i]);
    return a;
#else
    return v_select(v_greater(a, b), a, b);
#endif
}
/* a < b ? a : b */
LRT_INLINE struct v16 v_min(struct v16 a, struct v16 b) {
#if LRT_LANES == 16
    V_EACH(i) a.p[i] = (lrt_vec)_mm512_min_ps((__m512)a.p[i], (__m512)b.p[i]);
    return a;
#elif LRT_LANES == 8
    V_EACH(i) a.p[i] = (lrt_vec)_mm256_min_ps((__m256)a.p[i], (__m256)b.p[i]);
    return a;
#elif defined(LRT_SIXTEEN_SSE)
    V_EACH(i) a.p[i] = (lrt_vec)_mm_min_ps((__m128)a.p[i], (__m128)b.p[i]);
    return a;
#else
    return v_select(v_greater(b, a), a, b);
#endif
}
LRT_INLINE struct v16 v_abs(struct v16 a) {
    V_EACH(i) a.p[i] = (lrt_vec)((lrt_ivec)a.p[i] & 0x7fffffff);
    return a;
}
/* the magnitude of a with the sign of b */
LRT_INLINE struct v16 v_copy_sign(struct v16 a, struct v16 b) {
    V_EACH(i)
    a.p[i] = (lrt_vec)(((lrt_ivec)a.p[i] & 0x7fffffff) | ((lrt_ivec)b.p[i] & INT32_MIN));
    return a;
}

/* The tree: lane j with j+8, then j+4, j+2, j+1. */
LRT_INLINE float v_sum(struct v16 a) {
    float t[V_LANES];
    v_store(t, a);
    for (int half = V_LANES / 2; half; half /= 2)
        for (int j = 0; j < half; j++) t[j] += t[j + half];
    return t[0];
}
LRT_INLINE float v_greatest(struct v16 a) {
    float t[V_LANES];
    v_store(t, a);
    for (int half = V_LANES / 2; half; half /= 2)
        for (int j = 0; j < half; j++) t[j] = t[j] > t[j + half] ? t[j] : t[j + half];
    return t[0];
}

/* Separates the lanes of a, then b: even gets a0 a2 .. b14, odd gets a1 a3 .. b15. v_interleave is the inverse. */
LRT_INLINE void v_deinterleave(struct v16 a, struct v16 b, struct v16 *even, struct v16 *odd) {
    lrt_vec s[2 * V_VECTORS];
    V_EACH(i) {
        s[i] = a.p[i];
        s[i + V_VECTORS] = b.p[i];
    }
    V_EACH(i) {
#if LRT_LANES == 16
        even->p[i] =
            __builtin_shufflevector(s[2 * i], s[2 * i + 1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        odd->p[i] =
            __builtin_shufflevector(s[2 * i], s[2 * i + 1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif LRT_LANES == 8
        even->p[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 0, 2, 4, 6, 8, 10, 12, 14);
        odd->p[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 1, 3, 5, 7, 9, 11, 13, 15);
#else
        even->p[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 0, 2, 4, 6);
        odd->p[i] = __builtin_shufflevector(s[2 * i], s[2 * i + 1], 1, 3, 5, 7);
#endif
    }
}
LRT_INLINE void v_interleave(struct v16 even, struct v16 odd, struct v16 *a, struct v16 *b) {
    lrt_vec s[2 * V_VECTORS];
    V_EACH(i) {
#if LRT_LANES == 16
        s[2 * i] = __builtin_shufflevector(even.p[i], odd.p[i], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        s[2 * i + 1] =
            __builtin_shufflevector(even.p[i], odd.p[i], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LRT_LANES == 8
        s[2 * i] = __builtin_shufflevector(even.p[i], odd.p[i], 0, 8, 1, 9, 2, 10, 3, 11);
        s[2 * i + 1] = __builtin_shufflevector(even.p[i], odd.p[i], 4, 12, 5, 13, 6, 14, 7, 15);
#else
        s[2 * i] = __builtin_shufflevector(even.p[i], odd.p[i], 0, 4, 1, 5);
        s[2 * i + 1] = __builtin_shufflevector(even.p[i], odd.p[i], 2, 6, 3, 7);
#endif
    }
    V_EACH(i) {
        a->p[i] = s[i];
        b->p[i] = s[i + V_VECTORS];
    }
}
#endif
