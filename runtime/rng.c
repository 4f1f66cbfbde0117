/* Random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11). Element i of tensor t under a seed is
 * a function of (seed, t, i): word i % 4 of counter block i / 4.
 *
 * Normal numbers are Box-Muller pairs (elements 2j, 2j+1) from polynomials of our own: no C library function is called
 * and no step is fused, so that phones and servers draw the same bits. */
#include "runtime/lrt.h"
#include "runtime/rng.h"

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

enum { BATCH_BLOCKS = 16, BATCH = 4 * BATCH_BLOCKS };

/* The words of elements 4 * block .. 4 * block + BATCH - 1. */
static void draw(uint32_t *words, uint64_t seed, uint64_t tensor, uint64_t block) {
    for (uint64_t i = 0; i < BATCH_BLOCKS; i++) {
        const uint64_t at = block + i;
        const struct lrt_philox counter = {
            {(uint32_t)at, (uint32_t)(at >> 32), (uint32_t)tensor, (uint32_t)(tensor >> 32)}};
        const struct lrt_philox x = lrt_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
        for (int j = 0; j < 4; j++) words[4 * i + (uint64_t)j] = x.word[j];
    }
}

/* -2 log((w + 1/2) / 2^32), between 0 and 45.7; the logarithm as in v_log, but rounded step by step */
static float radius_squared(uint32_t w) {
    union {
        float f;
        int32_t i;
    } x;
    x.f = ((float)(w >> 8) * 256.0f + ((float)(w & 255u) + 0.5f)) * 0x1p-32f;
    const int32_t e = (x.i - 0x3f3504f3) >> 23;
    x.i -= e * 0x800000;
    const float f = x.f - 1.0f, n = (float)e;
    float p = 0.0697161183f;
    p = p * f + -0.114797339f;
    p = p * f + 0.116854198f;
    p = p * f + -0.124256872f;
    p = p * f + 0.142490581f;
    p = p * f + -0.166678026f;
    p = p * f + 0.200007156f;
    p = p * f + -0.24999997f;
    p = p * f + 0.333333313f;
    p = p * f * (f * f) - 0.5f * (f * f);
    const float log = n * 0.693359375f + (f + (n * -2.12194440e-4f + p));
    return log < 0.0f ? -2.0f * log : 0.0f;
}

struct direction {
    float cosine, sine;
};
/* cos and sin of 2 pi w / 2^32: the quarter turn from the top bits, a polynomial on what is left, within pi/4 of zero
 */
static struct direction direction(uint32_t w) {
    const uint32_t quarter = (w + 0x20000000u) >> 30;
    union {
        uint32_t u;
        int32_t i;
    } rest;
    rest.u = w << 2;
    const float a = (float)rest.i * (0x1p-32f * 1.57079637f), z = a * a;
    const float s = a + a * z * (-0.166666642f + z * (0.00833274797f + z * -0.000195878907f));
    const float c = 1.0f + z * (-0.5f + z * (0.0416666642f + z * (-0.00138883025f + z * 2.45479423e-05f)));
    const int swapped = quarter & 1u;
    struct direction d = {swapped ? s : c, swapped ? c : s};
    if (quarter == 1 || quarter == 2) d.cosine = -d.cosine;
    if (quarter >= 2) d.sine = -d.sine;
    return d;
}

void lrt_random_uniform(float *y, int64_t n, float low, float high, uint64_t seed, uint64_t tensor, uint64_t first) {
    const float range = high - low;
    uint64_t at = first, end = first + (uint64_t)n;
    while (at < end) {
        uint32_t words[BATCH];
        const uint64_t base = at / 4 * 4, stop = end - base < BATCH ? end : base + BATCH;
        draw(words, seed, tensor, base / 4);
        for (; at < stop; at++) *y++ = low + range * ((float)(words[at - base] >> 8) * 0x1p-24f);
    }
}

void lrt_random_normal(float *y, int64_t n, uint64_t seed, uint64_t tensor, uint64_t first) {
    uint64_t at = first, end = first + (uint64_t)n;
    while (at < end) {
        uint32_t words[BATCH];
        float pairs[BATCH];
        const uint64_t base = at / 4 * 4, stop = end - base < BATCH ? end : base + BATCH;
        draw(words, seed, tensor, base / 4);
        for (int i = 0; i < BATCH; i += 2) {
            const float r = __builtin_sqrtf(radius_squared(words[i]));
            const struct direction d = direction(words[i + 1]);
            pairs[i] = r * d.cosine;
            pairs[i + 1] = r * d.sine;
        }
        for (; at < stop; at++) *y++ = pairs[at - base];
    }
}
