/* Quantise: a row of floats becomes blocks of any type. A block's largest value decides its scale. The format defines
 * how blocks are read back; how near they come to the input is this file's choice. */
#include <math.h>
#include <string.h>

#include "runtime/formats/blocks.h"
#include "runtime/formats/codes.h"
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

/* The fifth bits of 32 codes stand in a word before their low halves. */
static void put_five(uint8_t *bits, const uint8_t *codes) {
    memset(bits, 0, 4);
    for (int i = 0; i < 32; i++) bits[i / 8] |= (uint8_t)(codes[i] >> 4 << (i % 8));
    for (int i = 0; i < 16; i++) bits[4 + i] = (uint8_t)((codes[i] & 15) | (codes[i + 16] & 15) << 4);
}

static void quantise_q5_0(uint8_t *block, const float *x) {
    uint8_t codes[32];
    float scale = inverse(put_scale(block, range_of(x, 32).farthest / -16));
    for (int i = 0; i < 32; i++) codes[i] = (uint8_t)(nearest(x[i] * scale, -16, 15) + 16);
    put_five(block + 2, codes);
}

static void quantise_q5_1(uint8_t *block, const float *x) {
    uint8_t codes[32];
    struct range r = range_of(x, 32);
    float minimum = put_scale(block + 2, r.low);
    float scale = inverse(put_scale(block, (r.high - minimum) / 31));
    for (int i = 0; i < 32; i++) codes[i] = (uint8_t)nearest((x[i] - minimum) * scale, 0, 31);
    put_five(block + 4, codes);
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

/* Codes of the eight sub-blocks of a Q4_K or Q5_K block. A sub-block stands for scale * (0..most) - minimum with both
 * >= 0: its range is stretched to reach 0. Writes the scales. */
static void quantise_eight(uint8_t *block, const float *x, int most, uint8_t *codes) {
    float scale[8], minimum[8], scale_most = 0, minimum_most = 0;
    for (int s = 0; s < 8; s++) {
        struct range r = range_of(x + 32 * s, 32);
        minimum[s] = r.low < 0 ? -r.low : 0;
        scale[s] = (r.high + minimum[s]) / (float)most;
        if (!(scale[s] > 0)) scale[s] = 0; /* all values are one negative number: the minimum alone says it */
        scale_most = fmaxf(scale_most, scale[s]);
        minimum_most = fmaxf(minimum_most, minimum[s]);
    }
    float d = put_scale(block, scale_most / 63), d_minimum = put_scale(block + 2, minimum_most / 63);
    int scale_code[8], minimum_code[8];
    for (int s = 0; s < 8; s++) {
        scale_code[s] = nearest(scale[s] * inverse(d), 0, 63);
        minimum_code[s] = nearest(minimum[s] * inverse(d_minimum), 0, 63);
        float step = inverse(d * (float)scale_code[s]), offset = d_minimum * (float)minimum_code[s];
        for (int i = 32 * s; i < 32 * s + 32; i++) codes[i] = (uint8_t)nearest((x[i] + offset) * step, 0, most);
    }
    put_q4_k_scales(block + 4, scale_code, minimum_code);
}

static void quantise_q4_k(uint8_t *block, const float *x) {
    uint8_t codes[256];
    quantise_eight(block, x, 15, codes);
    for (int i = 0; i < 128; i++) {
        const int at = i / 32 * 64 + i % 32;
        block[16 + i] = (uint8_t)(codes[at] | codes[at + 32] << 4);
    }
}

static void quantise_q5_k(uint8_t *block, const float *x) {
    uint8_t codes[256];
    quantise_eight(block, x, 31, codes);
    memset(block + 16, 0, 32);
    for (int i = 0; i < 256; i++) block[16 + i % 32] |= (uint8_t)(codes[i] >> 4 << (i / 32));
    for (int i = 0; i < 128; i++) {
        const int at = i / 32 * 64 + i % 32;
        block[48 + i] = (uint8_t)((codes[at] & 15) | (codes[at + 32] & 15) << 4);
    }
}

/* Sixteen sub-blocks of sixteen; scale and minimum have four bits, a code has two. */
static void quantise_q2_k(uint8_t *block, const float *x) {
    float scale[16], minimum[16], scale_most = 0, minimum_most = 0;
    for (int s = 0; s < 16; s++) {
        struct range r = range_of(x + 16 * s, 16);
        minimum[s] = r.low < 0 ? -r.low : 0;
        scale[s] = fmaxf((r.high + minimum[s]) / 3, 0);
        scale_most = fmaxf(scale_most, scale[s]);
        minimum_most = fmaxf(minimum_most, minimum[s]);
    }
    float d = put_scale(block + 80, scale_most / 15), d_minimum = put_scale(block + 82, minimum_most / 15);
    memset(block + 16, 0, 64);
    for (int s = 0; s < 16; s++) {
        int scale_code = nearest(scale[s] * inverse(d), 0, 15), low = nearest(minimum[s] * inverse(d_minimum), 0, 15);
        float step = inverse(d * (float)scale_code), offset = d_minimum * (float)low;
        block[s] = (uint8_t)(scale_code | low << 4);
        for (int i = 16 * s; i < 16 * s + 16; i++)
            block[16 + i / 128 * 32 + i % 32] |= (uint8_t)(nearest((x[i] + offset) * step, 0, 3) << (i % 128 / 32 * 2));
    }
}

/* Signed scales of the sixteen sub-blocks of a Q3_K or Q6_K block: the farthest value of each gets the code `least`.
 * Returns the block's own scale; the largest of them gets `code_least`. */
static float signed_scales(const float *x, float least, float code_least, int code_most, uint8_t *d_at, int *codes) {
    float scale[16], most = 0;
    for (int s = 0; s < 16; s++) {
        scale[s] = range_of(x + 16 * s, 16).farthest / least;
        if (fabsf(scale[s]) > fabsf(most)) most = scale[s];
    }
    float d = put_scale(d_at, most / code_least);
    for (int s = 0; s < 16; s++) codes[s] = nearest(scale[s] * inverse(d), (int)code_least, code_most);
    return d;
}

static void quantise_q3_k(uint8_t *block, const float *x) {
    int scale[16];
    float d = signed_scales(x, -4, -32, 31, block + 108, scale);
    memset(block, 0, 108);
    for (int s = 0; s < 16; s++) {
        unsigned code = (unsigned)(scale[s] + 32);
        block[96 + s % 8] |= (uint8_t)((code & 15) << (s / 8 * 4));
        block[104 + s % 4] |= (uint8_t)(code >> 4 << (s / 4 * 2));
        float step = inverse(d * (float)scale[s]);
        for (int i = 16 * s; i < 16 * s + 16; i++) {
            unsigned q = (unsigned)(nearest(x[i] * step, -4, 3) + 4);
            block[i % 32] |= (uint8_t)(q >> 2 << (i / 32));
            block[32 + i / 128 * 32 + i % 32] |= (uint8_t)((q & 3) << (i % 128 / 32 * 2));
        }
    }
}

static void quantise_q6_k(uint8_t *block, const float *x) {
    int scale[16];
    float d = signed_scales(x, -32, -128, 127, block + 208, scale);
    memset(block, 0, 192);
    for (int s = 0; s < 16; s++) {
        block[192 + s] = (uint8_t)(int8_t)scale[s];
        float step = inverse(d * (float)scale[s]);
        for (int i = 0; i < 16; i++) {
            int at = 16 * s + i, half = at / 128, quarter = at % 128 / 32, l = at % 32;
            unsigned q = (unsigned)(nearest(x[at] * step, -32, 31) + 32);
            block[half * 64 + quarter % 2 * 32 + l] |= (uint8_t)((q & 15) << (quarter / 2 * 4));
            block[128 + half * 32 + l] |= (uint8_t)(q >> 4 << (quarter * 2));
        }
    }
}

/* Codes 0..2 stand for -1, 0 and 1 times the scale. */
static void quantise_tq2_0(uint8_t *block, const float *x) {
    float scale = inverse(put_scale(block + 64, fabsf(range_of(x, 256).farthest)));
    memset(block, 0, 64);
    for (int i = 0; i < 256; i++)
        block[i / 128 * 32 + i % 32] |= (uint8_t)((nearest(x[i] * scale, -1, 1) + 1) << (i % 128 / 32 * 2));
}

static unsigned nearest_code(float x, const int8_t *values) {
    unsigned best = 0;
    for (unsigned i = 1; i < 16; i++)
        if (fabsf(x - (float)values[i]) < fabsf(x - (float)values[best])) best = i;
    return best;
}

static void put_codes(uint8_t *codes, const float *x, float step, const int8_t *values) {
    for (int i = 0; i < 16; i++)
        codes[i] = (uint8_t)(nearest_code(x[i] * step, values) | nearest_code(x[i + 16] * step, values) << 4);
}

static void quantise_iq4_nl(uint8_t *block, const float *x) {
    float scale = put_scale(block, range_of(x, 32).farthest / -127);
    put_codes(block + 2, x, inverse(scale), lrt_iq4_values);
}

static void quantise_iq4_xs(uint8_t *block, const float *x) {
    float scale[8], most = 0;
    for (int s = 0; s < 8; s++) {
        scale[s] = range_of(x + 32 * s, 32).farthest / -127;
        if (fabsf(scale[s]) > fabsf(most)) most = scale[s];
    }
    float d = put_scale(block, most / -32);
    memset(block + 2, 0, 6);
    for (int s = 0; s < 8; s++) {
        int code = nearest(scale[s] * inverse(d), -32, 31);
        unsigned bits = (unsigned)(code + 32);
        block[2 + s / 4] |= (uint8_t)(bits >> 4 << (s % 4 * 2));
        block[4 + s / 2] |= (uint8_t)((bits & 15) << (s % 2 * 4));
        put_codes(block + 8 + 16 * s, x + 32 * s, inverse(d * (float)code), lrt_iq4_values);
    }
}

/* The power of two under which the farthest value lies within 6, the largest number of e2m1. */
static void quantise_mxfp4(uint8_t *block, const float *x) {
    int exponent;
    const float farthest = fabsf(range_of(x, 32).farthest);
    frexpf(nextafterf(farthest / 12, 0), &exponent);
    block[0] = (uint8_t)(farthest > 0 ? nearest((float)(exponent + 128), 0, 254) : 0);
    put_codes(block + 1, x, inverse(lrt_half_power(block[0])), lrt_mxfp4_values);
}

static void quantise_f16(uint8_t *block, const float *x) { put16(block, lrt_to_half(*x)); }
static void quantise_bf16(uint8_t *block, const float *x) { put16(block, lrt_to_brain(*x)); }
static void quantise_f32(uint8_t *block, const float *x) { memcpy(block, x, sizeof *x); }

void lrt_quantise(void *row, const float *x, uint32_t type, int64_t n) {
    static const struct {
        uint32_t type;
        void (*quantise)(uint8_t *block, const float *x);
    } types[] = {
#define FORMAT(TYPE, suffix, ...) {LRT_##TYPE, quantise_##suffix},
#include "runtime/formats/formats.def"
#undef FORMAT
    };
    struct lrt_block block = lrt_type_block(type);
    uint8_t *at = row;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        if (types[t].type != type) continue;
        for (int64_t i = 0; i < n; i += (int64_t)block.elements, at += block.bytes) types[t].quantise(at, x + i);
    }
}
