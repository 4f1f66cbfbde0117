/* Lanes: converts the small numbers of weight files (half floats, bytes, nibbles) to vectors of floats. */
#ifndef LRT_LANES_H
#define LRT_LANES_H
#include "runtime/kernels/vector.h"

typedef uint8_t lrt_bytes __attribute__((vector_size(LRT_LANES)));
typedef int8_t lrt_sbytes __attribute__((vector_size(LRT_LANES)));
typedef uint16_t lrt_shorts __attribute__((vector_size(LRT_LANES * 2)));

LRT_INLINE uint16_t lrt_load16(const void *p) {
    uint16_t x;
    memcpy(&x, p, sizeof x);
    return x;
}
LRT_INLINE lrt_bytes lrt_load_bytes(const void *p) {
    lrt_bytes v;
    memcpy(&v, p, sizeof v);
    return v;
}
LRT_INLINE lrt_uvec lrt_widen(lrt_bytes v) {
#if LRT_LANES == 16
    return (lrt_uvec)_mm512_cvtepu8_epi32((__m128i)v);
#elif LRT_LANES == 8
    return (lrt_uvec)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&v));
#elif !defined(LRT_SET_IS_reference) && defined(__aarch64__)
    uint32_t word;
    memcpy(&word, &v, sizeof word);
    return (lrt_uvec)vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(word))));
#else
    return __builtin_convertvector(v, lrt_uvec);
#endif
}
LRT_INLINE lrt_ivec lrt_widen_signed(lrt_bytes v) { return ((lrt_ivec)lrt_widen(v) << 24) >> 24; }

/* Bits of a half float to a float. A multiplication rebiases the exponent, which also handles subnormals correctly. */
LRT_INLINE float lrt_half_bits(uint32_t h) {
    uint32_t sign = (h & 0x8000u) << 16, rest = (h & 0x7fffu) << 13;
    float x;
    if (rest >= 0x7c00u << 13) {
        rest += 0x70000000u; /* infinity, NaN */
        memcpy(&x, &rest, sizeof x);
    } else {
        memcpy(&x, &rest, sizeof x);
        x *= 0x1p112f;
    }
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits |= sign;
    memcpy(&x, &bits, sizeof x);
    return x;
}
LRT_INLINE float lrt_half(const void *p) {
    uint16_t h = lrt_load16(p);
#if !defined(LRT_SET_IS_reference) && defined(__F16C__)
    return _cvtsh_ss(h);
#elif !defined(LRT_SET_IS_reference) && defined(__aarch64__)
    __fp16 x;
    memcpy(&x, &h, sizeof x);
    return x;
#else
    return lrt_half_bits(h);
#endif
}
LRT_INLINE lrt_vec lrt_load_half(const void *p) {
#if LRT_LANES == 16
    return (lrt_vec)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
#elif LRT_LANES == 8
    return (lrt_vec)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
#elif !defined(LRT_SET_IS_reference) && defined(__aarch64__)
    float16x4_t h;
    memcpy(&h, p, sizeof h);
    return (lrt_vec)vcvt_f32_f16(h);
#else
    lrt_vec v;
    for (int i = 0; i < LRT_LANES; i++) v[i] = lrt_half_bits(lrt_load16((const char *)p + 2 * i));
    return v;
#endif
}
LRT_INLINE float lrt_brain(const void *p) {
    uint32_t bits = (uint32_t)lrt_load16(p) << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
LRT_INLINE lrt_vec lrt_load_brain(const void *p) {
    lrt_shorts h;
    memcpy(&h, p, sizeof h);
#if LRT_LANES == 16
    lrt_uvec w = (lrt_uvec)_mm512_cvtepu16_epi32((__m256i)h);
#elif LRT_LANES == 8
    lrt_uvec w = (lrt_uvec)_mm256_cvtepu16_epi32((__m128i)h);
#else
    lrt_uvec w = __builtin_convertvector(h, lrt_uvec);
#endif
    return (lrt_vec)(w << 16);
}

/* Every lane's sixteen bytes at p + lane * stride, as four columns of words: column[c] has bytes 4c..4c+3. */
struct lrt_columns {
    lrt_uvec column[4];
};
#if LRT_LANES == 16
#define LRT_SHUFFLE(a, b, i, j, k, l)                                                                                  \
    __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12,  \
                            k + 12, l + 12)
#elif LRT_LANES == 8
#define LRT_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4)
#else
#define LRT_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#endif
LRT_INLINE lrt_uvec lrt_load_every_fourth(const uint8_t *p, size_t stride) {
    lrt_uvec v;
#if LRT_LANES == 16
    __m512i w = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)p));
    w = _mm512_inserti32x4(w, _mm_loadu_si128((const __m128i *)(const void *)(p + 4 * stride)), 1);
    w = _mm512_inserti32x4(w, _mm_loadu_si128((const __m128i *)(const void *)(p + 8 * stride)), 2);
    v = (lrt_uvec)_mm512_inserti32x4(w, _mm_loadu_si128((const __m128i *)(const void *)(p + 12 * stride)), 3);
#elif LRT_LANES == 8
    __m256i w = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
    v = (lrt_uvec)_mm256_inserti128_si256(w, _mm_loadu_si128((const __m128i *)(const void *)(p + 4 * stride)), 1);
#else
    uint8_t bytes[sizeof v];
    for (size_t i = 0; i < sizeof v / 16; i++) memcpy(bytes + 16 * i, p + 4 * i * stride, 16);
    memcpy(&v, bytes, sizeof v);
#endif
    return v;
}
LRT_INLINE struct lrt_columns lrt_load_columns(const uint8_t *p, size_t stride) {
    enum { N = LRT_LANES };
    lrt_uvec a = lrt_load_every_fourth(p, stride), b = lrt_load_every_fourth(p + stride, stride);
    lrt_uvec c = lrt_load_every_fourth(p + 2 * stride, stride), d = lrt_load_every_fourth(p + 3 * stride, stride);
    lrt_uvec ab_low = LRT_SHUFFLE(a, b, 0, N, 1, N + 1), ab_high = LRT_SHUFFLE(a, b, 2, N + 2, 3, N + 3);
    lrt_uvec cd_low = LRT_SHUFFLE(c, d, 0, N, 1, N + 1), cd_high = LRT_SHUFFLE(c, d, 2, N + 2, 3, N + 3);
    struct lrt_columns r;
    r.column[0] = LRT_SHUFFLE(ab_low, cd_low, 0, 1, N, N + 1);
    r.column[1] = LRT_SHUFFLE(ab_low, cd_low, 2, 3, N + 2, N + 3);
    r.column[2] = LRT_SHUFFLE(ab_high, cd_high, 0, 1, N, N + 1);
    r.column[3] = LRT_SHUFFLE(ab_high, cd_high, 2, 3, N + 2, N + 3);
    return r;
}
/* Half floats in the low 16 bits of every lane; the other bits are zero. */
LRT_INLINE lrt_vec lrt_half_lanes(lrt_uvec h) {
#if LRT_LANES == 16
    return (lrt_vec)_mm512_cvtph_ps(_mm512_cvtepi32_epi16((__m512i)h));
#elif LRT_LANES == 8
    __m256i w = _mm256_packus_epi32((__m256i)h, (__m256i)h);
    return (lrt_vec)_mm256_cvtph_ps(_mm256_castsi256_si128(_mm256_permute4x64_epi64(w, 0x08)));
#else
    lrt_vec v;
    for (int i = 0; i < LRT_LANES; i++) v[i] = lrt_half_bits(h[i]);
    return v;
#endif
}
LRT_INLINE lrt_uvec lrt_gather16(const uint8_t *p, size_t stride) {
    uint32_t words[LRT_LANES];
    for (int i = 0; i < LRT_LANES; i++) words[i] = lrt_load16(p + (size_t)i * stride);
    lrt_uvec v;
    memcpy(&v, words, sizeof v);
    return v;
}

/* Scale and minimum of sub-block s of a Q4_K block, as 6-bit numbers: packed[12] holds eight pairs. */
LRT_INLINE void lrt_q4_k_scales(const uint8_t *packed, int s, uint32_t *scale, uint32_t *minimum) {
    if (s < 4) {
        *scale = packed[s] & 63u;
        *minimum = packed[s + 4] & 63u;
    } else {
        *scale = (packed[s + 4] & 15u) | (uint32_t)(packed[s - 4] >> 6) << 4;
        *minimum = (uint32_t)(packed[s + 4] >> 4) | (uint32_t)(packed[s] >> 6) << 4;
    }
}
#endif
