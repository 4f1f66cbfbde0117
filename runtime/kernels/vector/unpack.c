/* Unpack: 32 elements at a time from blocks of any type to floats. The product of a block's scale and a small integer
 * is exact in a float (in Q6_K it is rounded once), so all kernel sets give the same bits. */
#include "runtime/formats/blocks.h"
#include "runtime/formats/codes.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"

#define STEP for (int j = 0; j < LRT_UNPACKED; j += LRT_LANES)

LRT_INLINE void unpack_f32(float *y, const uint8_t *b, int sub) {
    (void)sub;
    STEP {
        lrt_vec v;
        memcpy(&v, b + 4 * j, sizeof v);
        lrt_store(y + j, v);
    }
}
LRT_INLINE void unpack_f16(float *y, const uint8_t *b, int sub) {
    (void)sub;
    STEP lrt_store(y + j, lrt_load_half(b + 2 * j));
}
LRT_INLINE void unpack_bf16(float *y, const uint8_t *b, int sub) {
    (void)sub;
    STEP lrt_store(y + j, lrt_load_brain(b + 2 * j));
}

LRT_INLINE void unpack_q8_0(float *y, const uint8_t *b, int sub) {
    (void)sub;
    lrt_vec d = lrt_set1(lrt_half(b));
    STEP lrt_store(y + j, d * lrt_to_float(lrt_widen_signed(lrt_load_bytes(b + 2 + j))));
}
/* d * (the low four bits of every lane - offset); the higher bits may have any value. */
LRT_INLINE lrt_vec scaled_nibbles(lrt_uvec v, lrt_vec d, int offset) {
#if LRT_LANES == 16
    const lrt_vec values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return (lrt_vec)_mm512_permutexvar_ps((__m512i)v, (__m512)(d * (values - (float)offset)));
#else
    return d * lrt_to_float((lrt_ivec)(v & 15) - offset);
#endif
}
LRT_INLINE void unpack_q4_0(float *y, const uint8_t *b, int sub) {
    (void)sub;
    lrt_vec d = lrt_set1(lrt_half(b));
    for (int j = 0; j < 16; j += LRT_LANES) {
        lrt_uvec q = lrt_widen(lrt_load_bytes(b + 2 + j));
        lrt_store(y + j, scaled_nibbles(q, d, 8));
        lrt_store(y + j + 16, scaled_nibbles(q >> 4, d, 8));
    }
}
LRT_INLINE void unpack_q4_1(float *y, const uint8_t *b, int sub) {
    (void)sub;
    lrt_vec d = lrt_set1(lrt_half(b)), m = lrt_set1(lrt_half(b + 2));
    for (int j = 0; j < 16; j += LRT_LANES) {
        lrt_uvec q = lrt_widen(lrt_load_bytes(b + 4 + j));
        lrt_store(y + j, scaled_nibbles(q, d, 0) + m);
        lrt_store(y + j + 16, scaled_nibbles(q >> 4, d, 0) + m);
    }
}
LRT_INLINE void unpack_q4_k(float *y, const uint8_t *b, int sub) {
    uint32_t scale, minimum;
    lrt_q4_k_scales(b + 4, sub, &scale, &minimum);
    lrt_vec d = lrt_set1(lrt_half(b) * (float)scale), m = lrt_set1(lrt_half(b + 2) * (float)minimum);
    const uint8_t *q = b + 16 + sub / 2 * 32;
    int shift = sub % 2 * 4;
    STEP lrt_store(y + j, scaled_nibbles(lrt_widen(lrt_load_bytes(q + j)) >> shift, d, 0) - m);
}
LRT_INLINE void unpack_q6_k(float *y, const uint8_t *b, int sub) {
    int half = sub / 4, quarter = sub % 4;
    const uint8_t *low = b + half * 64 + quarter % 2 * 32, *high = b + 128 + half * 32;
    const int8_t *scales = (const int8_t *)b + 192 + half * 8 + quarter * 2;
    float d = lrt_half(b + 208);
    STEP {
        lrt_ivec l = (lrt_ivec)(lrt_widen(lrt_load_bytes(low + j)) >> (quarter / 2 * 4)) & 15;
        lrt_ivec h = (lrt_ivec)(lrt_widen(lrt_load_bytes(high + j)) >> (quarter * 2)) & 3;
        lrt_store(y + j, lrt_set1(d * (float)scales[j / 16]) * lrt_to_float((l | h << 4) - 32));
    }
}

/* Five-bit codes of 16 bytes and a word of high bits: v's low nibbles, and bit j + lane of `high` above them. */
LRT_INLINE lrt_vec five_bits(lrt_uvec v, lrt_uvec high, int offset) {
    return lrt_to_float((lrt_ivec)((v & 15) | (high & 1) << 4) - offset);
}
LRT_INLINE lrt_uvec lane_numbers(void) {
    lrt_uvec v;
    for (int i = 0; i < LRT_LANES; i++) v[i] = (uint32_t)i;
    return v;
}
LRT_INLINE void unpack_five(float *y, const uint8_t *bits, const uint8_t *codes, float scale, int offset) {
    const lrt_vec d = lrt_set1(scale);
    const uint32_t word = lrt_load16(bits) | (uint32_t)lrt_load16(bits + 2) << 16;
    for (int j = 0; j < 16; j += LRT_LANES) {
        lrt_uvec q = lrt_widen(lrt_load_bytes(codes + j)), low = (lrt_uvec){0} + (word >> j);
        lrt_uvec high = (lrt_uvec){0} + (word >> 16 >> j);
        lrt_store(y + j, d * five_bits(q, low >> lane_numbers(), offset));
        lrt_store(y + j + 16, d * five_bits(q >> 4, high >> lane_numbers(), offset));
    }
}
LRT_INLINE void unpack_q5_0(float *y, const uint8_t *b, int sub) {
    (void)sub;
    unpack_five(y, b + 2, b + 6, lrt_half(b), 16);
}
LRT_INLINE void unpack_q5_1(float *y, const uint8_t *b, int sub) {
    (void)sub;
    const lrt_vec m = lrt_set1(lrt_half(b + 2));
    unpack_five(y, b + 4, b + 8, lrt_half(b), 0);
    STEP lrt_store(y + j, lrt_load(y + j) + m);
}
LRT_INLINE void unpack_q5_k(float *y, const uint8_t *b, int sub) {
    uint32_t scale, minimum;
    lrt_q4_k_scales(b + 4, sub, &scale, &minimum);
    lrt_vec d = lrt_set1(lrt_half(b) * (float)scale), m = lrt_set1(lrt_half(b + 2) * (float)minimum);
    const uint8_t *high = b + 16, *q = b + 48 + sub / 2 * 32;
    int shift = sub % 2 * 4;
    STEP {
        lrt_uvec low = lrt_widen(lrt_load_bytes(q + j)) >> shift, bit = lrt_widen(lrt_load_bytes(high + j)) >> sub;
        lrt_store(y + j, d * five_bits(low, bit, 0) - m);
    }
}
/* Two bits of every element; sub-block `sub` of 32 stands in bits of 32 bytes of its half. */
LRT_INLINE lrt_uvec two_bits(const uint8_t *codes, int sub, int j) {
    return lrt_widen(lrt_load_bytes(codes + sub / 4 * 32 + j)) >> (2 * (sub % 4)) & 3;
}
LRT_INLINE void unpack_q3_k(float *y, const uint8_t *b, int sub) {
    const uint8_t *high = b, *packed = b + 96;
    const float d = lrt_half(b + 108);
    STEP {
        const int s = 2 * sub + j / 16;
        const int low = s < 8 ? packed[s] & 15 : packed[s - 8] >> 4, top = packed[8 + s % 4] >> (2 * (s / 4)) & 3;
        lrt_uvec bit = lrt_widen(lrt_load_bytes(high + j)) >> sub & 1;
        lrt_ivec q = (lrt_ivec)(two_bits(b + 32, sub, j) | bit << 2) - 4;
        lrt_store(y + j, lrt_set1(d * (float)((low | top << 4) - 32)) * lrt_to_float(q));
    }
}
LRT_INLINE void unpack_q2_k(float *y, const uint8_t *b, int sub) {
    const float d = lrt_half(b + 80), m = lrt_half(b + 82);
    STEP {
        const int scale = b[2 * sub + j / 16];
        lrt_vec q = lrt_to_float((lrt_ivec)two_bits(b + 16, sub, j));
        lrt_store(y + j, lrt_set1(d * (float)(scale & 15)) * q - lrt_set1(m * (float)(scale >> 4)));
    }
}
LRT_INLINE void unpack_tq2_0(float *y, const uint8_t *b, int sub) {
    lrt_vec d = lrt_set1(lrt_half(b + 64));
    STEP lrt_store(y + j, d * lrt_to_float((lrt_ivec)two_bits(b, sub, j) - 1));
}
/* Sixteen bytes of codes that stand for numbers of a table: low nibbles first, then high ones. */
LRT_INLINE void unpack_codes(float *y, const uint8_t *codes, float d, const int8_t *values) {
    for (int j = 0; j < 16; j++) {
        y[j] = d * (float)values[codes[j] & 15];
        y[j + 16] = d * (float)values[codes[j] >> 4];
    }
}
LRT_INLINE void unpack_iq4_nl(float *y, const uint8_t *b, int sub) {
    (void)sub;
    unpack_codes(y, b + 2, lrt_half(b), lrt_iq4_values);
}
LRT_INLINE void unpack_iq4_xs(float *y, const uint8_t *b, int sub) {
    const int low = b[4 + sub / 2] >> (sub % 2 * 4) & 15, high = lrt_load16(b + 2) >> (2 * sub) & 3;
    unpack_codes(y, b + 8 + 16 * sub, lrt_half(b) * (float)((low | high << 4) - 32), lrt_iq4_values);
}
LRT_INLINE void unpack_mxfp4(float *y, const uint8_t *b, int sub) {
    (void)sub;
    unpack_codes(y, b + 1, lrt_half_power(b[0]), lrt_mxfp4_values);
}

#define ALL_ROWS(call)                                                                                                 \
    for (int64_t r = 0; r < count; r++, y += y_stride, b += stride) call;                                              \
    break

void LRT_KERNEL(unpack)(float *y, size_t y_stride, const void *blocks, size_t stride, uint32_t type, int sub,
                        int64_t count) {
    const uint8_t *b = blocks;
    switch (type) {
#define FORMAT(TYPE, suffix, ...)                                                                                      \
    case LRT_##TYPE:                                                                                                   \
        ALL_ROWS(unpack_##suffix(y, b, sub));
#include "runtime/formats/formats.def"
#undef FORMAT
    default: break;
    }
}
