/* Vector: a few names over the compiler's vector extension, so one source of a kernel serves all instruction sets.
 *
 * lrt_vec holds LRT_LANES floats (16, 8 or 4, a register of this set); + - * / and comparisons work on it. Results must
 * not depend on LRT_LANES: a sum over lanes uses struct lrt_sum, which always has 16 partial sums. lrt_fma rounds once
 * where the processor has fused multiply-add, and in the reference set. Only a portable build for another processor
 * rounds twice. */
#ifndef LRT_VECTOR_H
#define LRT_VECTOR_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(LRT_SET_IS_reference)
#define LRT_LANES 4
#elif defined(__AVX512F__)
#include <immintrin.h>
#define LRT_LANES 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define LRT_LANES 8
#elif defined(__aarch64__)
#include <arm_neon.h>
#define LRT_LANES 4
#else
#define LRT_LANES 4
#endif

typedef float lrt_vec __attribute__((vector_size(LRT_LANES * 4)));
typedef int32_t lrt_ivec __attribute__((vector_size(LRT_LANES * 4)));
typedef uint32_t lrt_uvec __attribute__((vector_size(LRT_LANES * 4)));
#ifdef __SANITIZE_ADDRESS__ /* not inlined when every access is checked: compiling would take minutes */
#define LRT_INLINE static inline __attribute__((unused))
#else
#define LRT_INLINE static inline __attribute__((always_inline, unused))
#endif

LRT_INLINE lrt_vec lrt_load(const float *p) {
    lrt_vec v;
    memcpy(&v, p, sizeof v);
    return v;
}
LRT_INLINE void lrt_store(float *p, lrt_vec v) { memcpy(p, &v, sizeof v); }
LRT_INLINE lrt_vec lrt_set1(float x) {
    lrt_vec zero = {0};
    return x - zero; /* x - 0 is x, also for -0 and NaN */
}
/* Loads the first n < LRT_LANES lanes; the others become `fill`. */
LRT_INLINE lrt_vec lrt_load_partial(const float *p, int64_t n, float fill) {
    float lanes[LRT_LANES];
    for (int64_t i = 0; i < LRT_LANES; i++) lanes[i] = i < n ? p[i] : fill;
    return lrt_load(lanes);
}
LRT_INLINE void lrt_store_partial(float *p, lrt_vec v, int64_t n) {
    float lanes[LRT_LANES];
    lrt_store(lanes, v);
    for (int64_t i = 0; i < n && i < LRT_LANES; i++) p[i] = lanes[i];
}

/* a * b + c */
LRT_INLINE lrt_vec lrt_fma(lrt_vec a, lrt_vec b, lrt_vec c) {
#if defined(LRT_SET_IS_reference)
    lrt_vec r;
    for (int i = 0; i < LRT_LANES; i++) r[i] = fmaf(a[i], b[i], c[i]);
    return r;
#elif defined(__AVX512F__)
    return (lrt_vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__)
    return (lrt_vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (lrt_vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}
/* The same for one number, for tails that must have the bits of the lanes. */
LRT_INLINE float lrt_fma1(float a, float b, float c) {
#if defined(LRT_SET_IS_reference) || defined(__FMA__) || defined(__aarch64__)
    return fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* mask lanes are all ones or all zeros, as comparisons give them */
LRT_INLINE lrt_vec lrt_select(lrt_ivec mask, lrt_vec yes, lrt_vec no) {
    return (lrt_vec)(((lrt_ivec)yes & mask) | ((lrt_ivec)no & ~mask));
}
LRT_INLINE lrt_vec lrt_max(lrt_vec a, lrt_vec b) { return lrt_select((lrt_ivec)(a > b), a, b); }
LRT_INLINE lrt_vec lrt_min(lrt_vec a, lrt_vec b) { return lrt_select((lrt_ivec)(a < b), a, b); }
LRT_INLINE lrt_vec lrt_to_float(lrt_ivec v) { return __builtin_convertvector(v, lrt_vec); }
LRT_INLINE lrt_ivec lrt_truncate(lrt_vec v) { return __builtin_convertvector(v, lrt_ivec); }

/* Sixteen partial sums for every LRT_LANES: element i of a row is added to sum i % 16, and lrt_sum_total adds the sums
 * in a fixed order. */
enum { LRT_SUMS = 16, LRT_SUM_VECS = LRT_SUMS / LRT_LANES };
struct lrt_sum {
    lrt_vec lane_sums[LRT_SUM_VECS];
};
LRT_INLINE struct lrt_sum lrt_sum_zero(void) {
    struct lrt_sum s;
    for (int i = 0; i < LRT_SUM_VECS; i++) s.lane_sums[i] = lrt_set1(0);
    return s;
}
LRT_INLINE float lrt_sum_total(struct lrt_sum s) {
    float lanes[LRT_SUMS];
    for (int i = 0; i < LRT_SUM_VECS; i++) lrt_store(lanes + i * LRT_LANES, s.lane_sums[i]);
    for (int half = LRT_SUMS / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}
/* sum of a[i] * b[i], i < n */
LRT_INLINE float lrt_dot(const float *a, const float *b, int64_t n) {
    struct lrt_sum s = lrt_sum_zero();
    int64_t i = 0;
    for (; i + LRT_SUMS <= n; i += LRT_SUMS)
        for (int j = 0; j < LRT_SUM_VECS; j++)
            s.lane_sums[j] = lrt_fma(lrt_load(a + i + j * LRT_LANES), lrt_load(b + i + j * LRT_LANES), s.lane_sums[j]);
    for (int j = 0; i < n; i += LRT_LANES, j++) {
        if (n - i >= LRT_LANES)
            s.lane_sums[j] = lrt_fma(lrt_load(a + i), lrt_load(b + i), s.lane_sums[j]);
        else
            s.lane_sums[j] =
                lrt_fma(lrt_load_partial(a + i, n - i, 0), lrt_load_partial(b + i, n - i, 0), s.lane_sums[j]);
    }
    return lrt_sum_total(s);
}
#endif
