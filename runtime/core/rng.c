/* Random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11). Element i of tensor t under a seed is
 * a function of (seed, t, i): word i % 4 of counter block i / 4.
 *
 * Normal numbers are Box-Muller pairs (elements 2j, 2j+1) computed with our own polynomials. No C library function is
 * called and no operation is fused, so that phones and servers draw the same bits. */
#include <lorac/lrt.h>
#include "runtime/formats/bits.h"
#include "runtime/core/rng.h"

struct lrt_philox lrt_philox(struct lrt_philox counter, uint32_t key0, uint32_t key1) {
    uint32_t x0 = counter.word[0], x1 = counter.word[1], x2 = counter.word[2], x3 = counter.word[3];
    for (int round = 0; round < 10; round++) {
        const uint64_t a = (uint64_t)x0 * 0xd2511f53u, b = (uint64_t)x2 * 0xcd9e8d57u;
        const uint32_t y0 = (uint32_t)(b >> 32) ^ x1 ^ key0, y2 = (uint32_t)(a >> 32) ^ x3 ^ key1;
        x1 = (uint32_t)b;
        x3 = (uint32_t)a;
        x0 = y0;
        x2 = y2;
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
    return (struct lrt_philox){{x0, x1, x2, x3}};
}

enum { BATCH_BLOCKS = 32, BATCH = 4 * BATCH_BLOCKS };

/* Words of BATCH_BLOCKS counters side by side: word w of block i is word[w][i]. The compiler vectorises loops over i.
 */
struct batch {
    uint32_t word[4][BATCH_BLOCKS];
};

static void philox_round(struct batch *b, uint32_t key0, uint32_t key1) {
    for (int i = 0; i < BATCH_BLOCKS; i++) {
        const uint64_t a = (uint64_t)b->word[0][i] * 0xd2511f53u, c = (uint64_t)b->word[2][i] * 0xcd9e8d57u;
        b->word[0][i] = (uint32_t)(c >> 32) ^ b->word[1][i] ^ key0;
        b->word[2][i] = (uint32_t)(a >> 32) ^ b->word[3][i] ^ key1;
        b->word[1][i] = (uint32_t)c;
        b->word[3][i] = (uint32_t)a;
    }
}
/* Counters block .. block + BATCH_BLOCKS - 1. */
static void draw(struct batch *b, uint64_t seed, uint64_t tensor, uint64_t block) {
    for (uint32_t i = 0; i < BATCH_BLOCKS; i++) {
        b->word[0][i] = (uint32_t)(block + i);
        b->word[1][i] = (uint32_t)((block + i) >> 32);
        b->word[2][i] = (uint32_t)tensor;
        b->word[3][i] = (uint32_t)(tensor >> 32);
    }
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u) philox_round(b, key0, key1);
}

/* -2 log((w + 1/2) / 2^32), between 0 and 45.7; the logarithm as in v_log, but rounded step by step */
static inline float radius_squared(uint32_t w) {
    const float u = ((float)(int32_t)(w >> 8) * 256.0f + ((float)(int32_t)(w & 255u) + 0.5f)) * 0x1p-32f;
    const int32_t bits = (int32_t)lrt_float_bits(u), e = (bits - 0x3f3504f3) >> 23;
    const float f = lrt_bits_float((uint32_t)(bits - e * 0x800000)) - 1.0f, n = (float)e, f2 = f * f;
    float p = 0.0697161183f;
    p = p * f + -0.114797339f;
    p = p * f + 0.116854198f;
    p = p * f + -0.124256872f;
    p = p * f + 0.142490581f;
    p = p * f + -0.166678026f;
    p = p * f + 0.200007156f;
    p = p * f + -0.24999997f;
    p = p * f + 0.333333313f;
    p = p * f * f2 - 0.5f * f2;
    const float square = -2.0f * (n * 0.693359375f + (f + (n * -2.12194440e-4f + p)));
    return square > 0.0f ? square : 0.0f;
}

/* The root of at least a small normal number, so that the compiler needs no library call for errors. */
static inline float root_of(float x) {
    const float least = 1e-30f;
    return __builtin_sqrtf(x > least ? x : least);
}

/* cos and sin of 2 pi w / 2^32: the top bits give the quarter of the circle, a polynomial the rest, within pi/4 of zero
 */
static inline void direction(uint32_t w, float *cosine, float *sine) {
    const uint32_t quarter = (w + 0x20000000u) >> 30, swapped = 0u - (quarter & 1u);
    const float a = (float)(int32_t)(w << 2) * (0x1p-32f * 1.57079637f), z = a * a;
    const float s = a + a * z * (-0.166666642f + z * (0.00833274797f + z * -0.000195878907f));
    const float c = 1.0f + z * (-0.5f + z * (0.0416666642f + z * (-0.00138883025f + z * 2.45479423e-05f)));
    const uint32_t s_bits = lrt_float_bits(s), c_bits = lrt_float_bits(c);
    /* quarters 1 and 2 turn the cosine's sign, 2 and 3 the sine's */
    const uint32_t c_sign = ((quarter + 1) & 2u) << 30, s_sign = (quarter & 2u) << 30;
    *cosine = lrt_bits_float(((s_bits & swapped) | (c_bits & ~swapped)) ^ c_sign);
    *sine = lrt_bits_float(((c_bits & swapped) | (s_bits & ~swapped)) ^ s_sign);
}

void lrt_random_uniform(float *y, int64_t n, float low, float high, uint64_t seed, uint64_t tensor, uint64_t first) {
    const float range = high - low;
    const uint64_t end = first + (uint64_t)n;
    for (uint64_t at = first; at < end;) {
        struct batch b;
        const uint64_t base = at / 4 * 4, stop = end - base < BATCH ? end : base + BATCH;
        draw(&b, seed, tensor, base / 4);
        for (; at < stop; at++) {
            const uint32_t w = b.word[(at - base) % 4][(at - base) / 4];
            *y++ = low + range * ((float)(int32_t)(w >> 8) * 0x1p-24f);
        }
    }
}

void lrt_random_normal(float *y, int64_t n, uint64_t seed, uint64_t tensor, uint64_t first) {
    const uint64_t end = first + (uint64_t)n;
    for (uint64_t at = first; at < end;) {
        struct batch b;
        float normal[4][BATCH_BLOCKS];
        const uint64_t base = at / 4 * 4, stop = end - base < BATCH ? end : base + BATCH;
        draw(&b, seed, tensor, base / 4);
        for (int pair = 0; pair < 4; pair += 2)
            for (int i = 0; i < BATCH_BLOCKS; i++) {
                float cosine, sine;
                const float r = root_of(radius_squared(b.word[pair][i]));
                direction(b.word[pair + 1][i], &cosine, &sine);
                normal[pair][i] = r * cosine;
                normal[pair + 1][i] = r * sine;
            }
        for (; at < stop; at++) *y++ = normal[(at - base) % 4][(at - base) / 4];
    }
}
