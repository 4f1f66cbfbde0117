/* Unpack: 32 elements at a time from blocks of any type to floats. The product of a block's scale and a small integer
 * is exact in a float (in Q6_K it is rounded once), so all kernel sets give the same bits. */
#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"

#define STEP for (int j = 0; j < LRT_UNPACKED; j += LRT_LANES)

LRT_INLINE void unpack_f32(float *y, const uint8_t *b) {
    STEP {
        lrt_vec v;
        memcpy(&v, b + 4 * j, sizeof v);
        lrt_store(y + j, v);
    }
}
LRT_INLINE void unpack_f16(float *y, const uint8_t *b) { STEP lrt_store(y + j, lrt_load_half(b + 2 * j)); }
LRT_INLINE void unpack_bf16(float *y, const uint8_t *b) { STEP lrt_store(y + j, lrt_load_brain(b + 2 * j)); }

LRT_INLINE void unpack_q8_0(float *y, const uint8_t *b) {
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
LRT_INLINE void unpack_q4_0(float *y, const uint8_t *b) {
    lrt_vec d = lrt_set1(lrt_half(b));
    for (int j = 0; j < 16; j += LRT_LANES) {
        lrt_uvec q = lrt_widen(lrt_load_bytes(b + 2 + j));
        lrt_store(y + j, scaled_nibbles(q, d, 8));
        lrt_store(y + j + 16, scaled_nibbles(q >> 4, d, 8));
    }
}
LRT_INLINE void unpack_q4_1(float *y, const uint8_t *b) {
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

#define ALL_ROWS(call)                                                                                                 \
    for (int64_t r = 0; r < count; r++, y += y_stride, b += stride) call;                                              \
    break

void LRT_KERNEL(unpack)(float *y, size_t y_stride, const void *blocks, size_t stride, uint32_t type, int sub,
                        int64_t count) {
    const uint8_t *b = blocks;
    switch (type) {
    case LRT_F32: ALL_ROWS(unpack_f32(y, b));
    case LRT_F16: ALL_ROWS(unpack_f16(y, b));
    case LRT_BF16: ALL_ROWS(unpack_bf16(y, b));
    case LRT_Q8_0: ALL_ROWS(unpack_q8_0(y, b));
    case LRT_Q4_0: ALL_ROWS(unpack_q4_0(y, b));
    case LRT_Q4_1: ALL_ROWS(unpack_q4_1(y, b));
    case LRT_Q4_K: ALL_ROWS(unpack_q4_k(y, b, sub));
    case LRT_Q6_K: ALL_ROWS(unpack_q6_k(y, b, sub));
    default: break;
    }
}
