/* Quantise: a row of floats becomes blocks of any type. A block's largest value decides its scale. The format defines
 * how blocks are read back; how near they come to the input is this file's choice. */
#include <math.h>
#include <string.h>

#include "runtime/formats/blocks.h"
#include "runtime/formats/half.h"
#include <lorac/lrt.h>

static int nearest(float x, int low, int high) {
    if (!(x > (float)low)) return low; /* NaN too */
    if (x >= (float)high) return high;
    return (int)lrintf(x);
}

static void put16(uint8_t *at, uint16_t bits) { memcpy(at, &bits, sizeof bits); }

/* Writes a scale as a half float and returns the value that a reader will see. */
static float put_scale(uint8_t *at, float scale) {
    uint16_t bits = lrt_to_half(scale);
    put16(at, bits);
    return lrt_from_half(bits);
}
static float inverse(float scale) { return scale == 0 ? 0 : 1 / scale; }

struct range {
    float low, high, farthest; /* farthest: the value of largest magnitude, with its sign */
};
static struct range range_of(const float *x, int n) {
    struct range r = {x[0], x[0], x[0]};
    for (int i = 1; i < n; i++) {
        if (x[i] < r.low) r.low = x[i];
        if (x[i] > r.high) r.high = x[i];
        if (fabsf(x[i]) > fabsf(r.farthest)) r.farthest = x[i];
    }
    return r;
}

static void quantise_q8_0(uint8_t *block, const float *x) {
    float scale = inverse(put_scale(block, fabsf(range_of(x, 32).farthest) / 127));
    for (int i = 0; i < 32; i++) block[2 + i] = (uint8_t)(int8_t)nearest(x[i] * scale, -127, 127);
}

/* Codes 0..15 stand for -8..7 times the scale: the farthest value gets -8, so the scale takes the other sign. */
static void quantise_q4_0(uint8_t *block, const float *x) {
    float scale = inverse(put_scale(block, range_of(x, 32).farthest / -8));
    for (int i = 0; i < 16; i++) {
        int low = nearest(x[i] * scale, -8, 7) + 8, high = nearest(x[i + 16] * scale, -8, 7) + 8;
        block[2 + i] = (uint8_t)(low | high << 4);
    }
}

static void quantise_q4_1(uint8_t *block, const float *x) {
    struct range r = range_of(x, 32);
    float minimum = put_scale(block + 2, r.low);
    float scale = inverse(put_scale(block, (r.high - minimum) / 15));
    for (int i = 0; i < 16; i++) {
        int low = nearest((x[i] - minimum) * scale, 0, 15), high = nearest((x[i + 16] - minimum) * scale, 0, 15);
        block[4 + i] = (uint8_t)(low | high << 4);
    }
}

/* Six-bit scales and minima of the eight sub-blocks, as lanes.h reads them. */
static void put_q4_k_scales(uint8_t *packed, const int *scale, const int *minimum) {
    for (int s = 0; s < 4; s++) {
        packed[s] = (uint8_t)(scale[s] | scale[s + 4] >> 4 << 6);
        packed[s + 4] = (uint8_t)(minimum[s] | minimum[s + 4] >> 4 << 6);
        packed[s + 8] = (uint8_t)((scale[s + 4] & 15) | (minimum[s + 4] & 15) << 4);
    }
}

/* A sub-block stands for scale * (0..15) - minimum with both >= 0: its range is stretched to reach 0. */
static void quantise_q4_k(uint8_t *block, const float *x) {
    float scale[8], minimum[8], scale_most = 0, minimum_most = 0;
    for (int s = 0; s < 8; s++) {
        struct range r = range_of(x + 32 * s, 32);
        minimum[s] = r.low < 0 ? -r.low : 0;
        scale[s] = (r.high + minimum[s]) / 15;
        if (!(scale[s] > 0)) scale[s] = 0; /* all values are one negative number: the minimum alone says it */
        scale_most = fmaxf(scale_most, scale[s]);
        minimum_most = fmaxf(minimum_most, minimum[s]);
    }
    float d = put_scale(block, scale_most / 63), d_minimum = put_scale(block + 2, minimum_most / 63);
    int scale_code[8], minimum_code[8];
    for (int s = 0; s < 8; s++) {
        scale_code[s] = nearest(scale[s] * inverse(d), 0, 63);
        minimum_code[s] = nearest(minimum[s] * inverse(d_minimum), 0, 63);
    }
    put_q4_k_scales(block + 4, scale_code, minimum_code);
    for (int s = 0; s < 8; s++) {
        float step = inverse(d * (float)scale_code[s]), offset = d_minimum * (float)minimum_code[s];
        uint8_t *q = block + 16 + s / 2 * 32;
        for (int i = 0; i < 32; i++) {
            int code = nearest((x[32 * s + i] + offset) * step, 0, 15);
            q[i] = (uint8_t)(s % 2 == 0 ? code : q[i] | code << 4);
        }
    }
}

/* Sixteen values share a signed scale; code 0 (the value -32 of it) goes to the farthest of them. */
static void quantise_q6_k(uint8_t *block, const float *x) {
    float scale[16], most = 0;
    for (int s = 0; s < 16; s++) {
        scale[s] = range_of(x + 16 * s, 16).farthest / -32;
        if (fabsf(scale[s]) > fabsf(most)) most = scale[s];
    }
    float d = put_scale(block + 208, most / -128);
    memset(block, 0, 192);
    for (int s = 0; s < 16; s++) {
        int code = nearest(scale[s] * inverse(d), -128, 127);
        block[192 + s] = (uint8_t)(int8_t)code;
        float step = inverse(d * (float)code);
        for (int i = 0; i < 16; i++) {
            int at = 16 * s + i, half = at / 128, quarter = at % 128 / 32, l = at % 32;
            unsigned q = (unsigned)(nearest(x[at] * step, -32, 31) + 32);
            block[half * 64 + quarter % 2 * 32 + l] |= (uint8_t)((q & 15) << (quarter / 2 * 4));
            block[128 + half * 32 + l] |= (uint8_t)(q >> 4 << (quarter * 2));
        }
    }
}

static void quantise_f16(uint8_t *block, const float *x) { put16(block, lrt_to_half(*x)); }
static void quantise_bf16(uint8_t *block, const float *x) { put16(block, lrt_to_brain(*x)); }
static void quantise_f32(uint8_t *block, const float *x) { memcpy(block, x, sizeof *x); }

void lrt_quantise(void *row, const float *x, uint32_t type, int64_t n) {
    static const struct {
        uint32_t type;
        void (*quantise)(uint8_t *block, const float *x);
    } types[] = {
        {LRT_F32, quantise_f32},   {LRT_F16, quantise_f16},   {LRT_BF16, quantise_bf16}, {LRT_Q8_0, quantise_q8_0},
        {LRT_Q4_0, quantise_q4_0}, {LRT_Q4_1, quantise_q4_1}, {LRT_Q4_K, quantise_q4_k}, {LRT_Q6_K, quantise_q6_k},
    };
    struct lrt_block block = lrt_type_block(type);
    uint8_t *at = row;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        if (types[t].type != type) continue;
        for (int64_t i = 0; i < n; i += (int64_t)block.elements, at += block.bytes) types[t].quantise(at, x + i);
    }
}
