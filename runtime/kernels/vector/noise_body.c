/* Noise: adds normal numbers times a scale to a base, as generated tensors are read. The bits are those of
 * lrt_random_normal (runtime/core/rng.c); nothing is fused. A register holds one word of LRT_LANES counters. The ten
 * rounds multiply even and odd lanes separately, so products of 64 bits need no shuffling. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"
#if LRT_LANES == 4 && defined(__SSE2__)
#include <emmintrin.h>
#endif

/* LRT_LANES / 2 numbers of 64 bits. The low halves are the generator's words; the high halves may have any value. */
typedef uint64_t lrt_wide __attribute__((vector_size(LRT_LANES * 4)));
enum { GROUP = 4 * LRT_LANES }; /* numbers from LRT_LANES counters */

LRT_INLINE lrt_wide wide_set(uint64_t x) { return x - (lrt_wide){0}; }

/* the low halves of a, times m */
LRT_INLINE lrt_wide times(lrt_wide a, uint32_t m) {
#if LRT_LANES == 16
    return (lrt_wide)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(m));
#elif LRT_LANES == 8
    return (lrt_wide)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(m));
#elif defined(__SSE2__)
    return (lrt_wide)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(m));
#elif defined(__aarch64__)
    return (lrt_wide)vmull_u32(vmovn_u64((uint64x2_t)a), vdup_n_u32(m));
#else
    return (a & 0xffffffffu) * m;
#endif
}

struct words {
    lrt_wide word[4];
};
LRT_INLINE struct words ten_rounds(lrt_wide block, uint64_t tensor, uint64_t key) {
    struct words x = {{block, block >> 32, wide_set(tensor), wide_set(tensor >> 32)}};
    uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u) {
        const lrt_wide a = times(x.word[0], 0xd2511f53u), b = times(x.word[2], 0xcd9e8d57u);
        x.word[0] = (b >> 32) ^ x.word[1] ^ wide_set(key0);
        x.word[2] = (a >> 32) ^ x.word[3] ^ wide_set(key1);
        x.word[1] = b;
        x.word[3] = a;
    }
    return x;
}

/* max(1e-30, -2 log((w + 1/2) / 2^32)) */
LRT_INLINE lrt_vec radius_squared(lrt_uvec w) {
    const lrt_vec high = lrt_to_float((lrt_ivec)(w >> 8)), low = lrt_to_float((lrt_ivec)(w & 255u));
    const lrt_vec u = (high * 256.0f + (low + 0.5f)) * 0x1p-32f;
    const lrt_ivec e = ((lrt_ivec)u - 0x3f3504f3) >> 23;
    const lrt_vec f = (lrt_vec)((lrt_uvec)u - ((lrt_uvec)e << 23)) - 1.0f, n = lrt_to_float(e), f2 = f * f;
    lrt_vec p = lrt_set1(0.0697161183f);
    p = p * f + -0.114797339f;
    p = p * f + 0.116854198f;
    p = p * f + -0.124256872f;
    p = p * f + 0.142490581f;
    p = p * f + -0.166678026f;
    p = p * f + 0.200007156f;
    p = p * f + -0.24999997f;
    p = p * f + 0.333333313f;
    p = p * f * f2 - 0.5f * f2;
    const lrt_vec square = -2.0f * (n * 0.693359375f + (f + (n * -2.12194440e-4f + p)));
    return lrt_max(square, lrt_set1(1e-30f));
}

LRT_INLINE lrt_vec root_of(lrt_vec x) {
#if LRT_LANES == 16
    return (lrt_vec)_mm512_sqrt_ps((__m512)x);
#elif LRT_LANES == 8
    return (lrt_vec)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
    return (lrt_vec)_mm_sqrt_ps((__m128)x);
#elif defined(__aarch64__)
    return (lrt_vec)vsqrtq_f32((float32x4_t)x);
#else
    for (int i = 0; i < LRT_LANES; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

/* A pair of normal numbers from two words. The top bits of `angle` select the quadrant; polynomials give the sine and
 * cosine of the remaining angle. */
LRT_INLINE void box_muller(lrt_uvec size, lrt_uvec angle, lrt_vec *cosine, lrt_vec *sine) {
    const lrt_vec r = root_of(radius_squared(size));
    const lrt_uvec quarter = (angle + 0x20000000u) >> 30, swapped = -(quarter & 1u);
    const lrt_vec a = lrt_to_float((lrt_ivec)(angle << 2)) * (0x1p-32f * 1.57079637f), z = a * a;
    const lrt_vec s = a + a * z * (-0.166666642f + z * (0.00833274797f + z * -0.000195878907f));
    const lrt_vec c = 1.0f + z * (-0.5f + z * (0.0416666642f + z * (-0.00138883025f + z * 2.45479423e-05f)));
    const lrt_uvec c_sign = ((quarter + 1u) & 2u) << 30, s_sign = (quarter & 2u) << 30;
    *cosine = r * (lrt_vec)(((lrt_uvec)lrt_select((lrt_ivec)swapped, s, c)) ^ c_sign);
    *sine = r * (lrt_vec)(((lrt_uvec)lrt_select((lrt_ivec)swapped, c, s)) ^ s_sign);
}

/* The GROUP numbers of counters block .. block + LRT_LANES - 1, in order. Lane 4 q + k works on counter
 * k * LRT_LANES / 4 + q. So 4 x 4 transpositions put the numbers into order. */
struct group {
    lrt_vec quarter[4];
};
LRT_INLINE struct group draw(uint64_t block, uint64_t tensor, uint64_t key) {
    enum { N = LRT_LANES };
#if LRT_LANES == 16
    const lrt_wide even_lanes = {0, 8, 1, 9, 2, 10, 3, 11};
#elif LRT_LANES == 8
    const lrt_wide even_lanes = {0, 4, 1, 5};
#else
    const lrt_wide even_lanes = {0, 2};
#endif
    const struct words even = ten_rounds(block + even_lanes, tensor, key);
    const struct words odd = ten_rounds(block + N / 4 + even_lanes, tensor, key);
    lrt_uvec word[4];
    for (int i = 0; i < 4; i++) word[i] = (lrt_uvec)((even.word[i] & 0xffffffffu) | odd.word[i] << 32);
    lrt_vec a, b, c, d;
    box_muller(word[0], word[1], &a, &b);
    box_muller(word[2], word[3], &c, &d);
    const lrt_vec ab_low = LRT_SHUFFLE(a, b, 0, N, 1, N + 1), ab_high = LRT_SHUFFLE(a, b, 2, N + 2, 3, N + 3);
    const lrt_vec cd_low = LRT_SHUFFLE(c, d, 0, N, 1, N + 1), cd_high = LRT_SHUFFLE(c, d, 2, N + 2, 3, N + 3);
    struct group g;
    g.quarter[0] = LRT_SHUFFLE(ab_low, cd_low, 0, 1, N, N + 1);
    g.quarter[1] = LRT_SHUFFLE(ab_low, cd_low, 2, 3, N + 2, N + 3);
    g.quarter[2] = LRT_SHUFFLE(ab_high, cd_high, 0, 1, N, N + 1);
    g.quarter[3] = LRT_SHUFFLE(ab_high, cd_high, 2, 3, N + 2, N + 3);
    return g;
}

LRT_INLINE void put_group(float *y, const float *base, float scale, struct group g) {
    for (int i = 0; i < 4; i++) {
        const lrt_vec z = scale * g.quarter[i];
        lrt_store(y + i * LRT_LANES, base != NULL ? lrt_load(base + i * LRT_LANES) + z : z);
    }
}

static void put_some(float *y, const float *base, float scale, struct group g, int64_t first, int64_t n) {
    float all[GROUP];
    for (int i = 0; i < 4; i++) lrt_store(all + i * LRT_LANES, scale * g.quarter[i]);
    for (int64_t i = 0; i < n; i++) y[i] = base != NULL ? base[i] + all[first + i] : all[first + i];
}

void LRT_KERNEL(noise)(float *y, const float *base, float scale, uint64_t key, uint64_t tensor, int64_t first,
                       int64_t n) {
    while (n > 0) {
        const int64_t skipped = first % 4, rest = GROUP - skipped, count = n < rest ? n : rest;
        const struct group g = draw((uint64_t)(first / 4), tensor, key);
        if (count == GROUP)
            put_group(y, base, scale, g);
        else
            put_some(y, base, scale, g, skipped, count);
        y += count;
        if (base != NULL) base += count;
        first += count;
        n -= count;
    }
}
