/* Pack: 32 terms of 32 weight rows, of any type, become floats with the rows side by side, as the product's inner loop
 * reads them. Quantised blocks are transposed while they are bytes, a word of four at a time, and then converted to
 * floats. */
#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"

enum { WIDTH = 32 }; /* floats from one term to the next in y */

LRT_INLINE void put(float *y, int term, lrt_vec v) { lrt_store(y + term * WIDTH, v); }

LRT_INLINE void pack_f32(float *y, const uint8_t *b, size_t stride, int sub) {
    (void)sub;
    for (int k = 0; k < LRT_UNPACKED; k += 4) {
        struct lrt_columns w = lrt_load_columns(b + 4 * k, stride);
        for (int i = 0; i < 4; i++) put(y, k + i, (lrt_vec)w.column[i]);
    }
}
LRT_INLINE void pack_f16(float *y, const uint8_t *b, size_t stride, int sub) {
    (void)sub;
    for (int k = 0; k < LRT_UNPACKED; k += 8) {
        struct lrt_columns w = lrt_load_columns(b + 2 * k, stride);
        for (int i = 0; i < 4; i++) {
            put(y, k + 2 * i, lrt_half_lanes(w.column[i] & 0xffffu));
            put(y, k + 2 * i + 1, lrt_half_lanes(w.column[i] >> 16));
        }
    }
}
LRT_INLINE void pack_bf16(float *y, const uint8_t *b, size_t stride, int sub) {
    (void)sub;
    for (int k = 0; k < LRT_UNPACKED; k += 8) {
        struct lrt_columns w = lrt_load_columns(b + 2 * k, stride);
        for (int i = 0; i < 4; i++) {
            put(y, k + 2 * i, (lrt_vec)(w.column[i] << 16));
            put(y, k + 2 * i + 1, (lrt_vec)(w.column[i] & 0xffff0000u));
        }
    }
}
LRT_INLINE void pack_q8_0(float *y, const uint8_t *b, size_t stride, int sub) {
    (void)sub;
    lrt_vec d = lrt_half_lanes(lrt_gather16(b, stride));
    for (int k = 0; k < LRT_UNPACKED; k += 16) {
        struct lrt_columns w = lrt_load_columns(b + 2 + k, stride);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                put(y, k + 4 * i + j, d * lrt_to_float((lrt_ivec)(w.column[i] << (24 - 8 * j)) >> 24));
    }
}
/* The low four bits of every lane minus `offset` (0 or 8), as floats. */
LRT_INLINE lrt_vec nibble(lrt_uvec v, int offset) {
#if LRT_LANES == 16
    lrt_vec values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return (lrt_vec)_mm512_permutexvar_ps((__m512i)v, (__m512)(values - (float)offset));
#else
    return lrt_to_float((lrt_ivec)(v & 15) - offset);
#endif
}
LRT_INLINE void pack_q4_0(float *y, const uint8_t *b, size_t stride, int sub) {
    (void)sub;
    lrt_vec d = lrt_half_lanes(lrt_gather16(b, stride));
    struct lrt_columns w = lrt_load_columns(b + 2, stride);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            put(y, 4 * i + j, d * nibble(w.column[i] >> (8 * j), 8));
            put(y, 4 * i + j + 16, d * nibble(w.column[i] >> (8 * j + 4), 8));
        }
}
LRT_INLINE void pack_q4_1(float *y, const uint8_t *b, size_t stride, int sub) {
    (void)sub;
    lrt_vec d = lrt_half_lanes(lrt_gather16(b, stride)), m = lrt_half_lanes(lrt_gather16(b + 2, stride));
    struct lrt_columns w = lrt_load_columns(b + 4, stride);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            put(y, 4 * i + j, lrt_fma(d, nibble(w.column[i] >> (8 * j), 0), m));
            put(y, 4 * i + j + 16, lrt_fma(d, nibble(w.column[i] >> (8 * j + 4), 0), m));
        }
}
LRT_INLINE void pack_q4_k(float *y, const uint8_t *b, size_t stride, int sub) {
    struct lrt_columns h = lrt_load_columns(b, stride); /* after d and dmin come the packed scales */
    int t = 8 * (sub % 4);
    lrt_uvec scale, minimum;
    if (sub < 4) {
        scale = h.column[1] >> t & 63;
        minimum = h.column[2] >> t & 63;
    } else {
        scale = (h.column[3] >> t & 15) | (h.column[1] >> (t + 6) & 3) << 4;
        minimum = (h.column[3] >> (t + 4) & 15) | (h.column[2] >> (t + 6) & 3) << 4;
    }
    lrt_vec d = lrt_half_lanes(h.column[0] & 0xffffu) * lrt_to_float((lrt_ivec)scale);
    lrt_vec m = lrt_half_lanes(h.column[0] >> 16) * lrt_to_float((lrt_ivec)minimum);
    int shift = sub % 2 * 4;
    for (int k = 0; k < LRT_UNPACKED; k += 16) {
        struct lrt_columns w = lrt_load_columns(b + 16 + sub / 2 * 32 + k, stride);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                put(y, k + 4 * i + j, lrt_fma(d, nibble(w.column[i] >> (8 * j + shift), 0), -m));
    }
}
LRT_INLINE void pack_q6_k(float *y, const uint8_t *b, size_t stride, int sub) {
    int half = sub / 4, quarter = sub % 4;
    lrt_vec d = lrt_half_lanes(lrt_gather16(b + 208, stride));
    lrt_ivec scales = (lrt_ivec)lrt_gather16(b + 192 + half * 8 + quarter * 2, stride);
    for (int k = 0; k < LRT_UNPACKED; k += 16) {
        lrt_vec s = d * lrt_to_float(scales << (k == 0 ? 24 : 16) >> 24);
        struct lrt_columns l = lrt_load_columns(b + half * 64 + quarter % 2 * 32 + k, stride);
        struct lrt_columns h = lrt_load_columns(b + 128 + half * 32 + k, stride);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) {
                lrt_uvec low = l.column[i] >> (8 * j + quarter / 2 * 4) & 15;
                lrt_uvec high = h.column[i] >> (8 * j + quarter * 2) & 3;
                put(y, k + 4 * i + j, s * lrt_to_float((lrt_ivec)(low | high << 4) - 32));
            }
    }
}

/* Other types are unpacked row by row, and their floats are transposed. */
LRT_INLINE void pack_by_rows(float *y, const uint8_t *b, size_t stride, uint32_t type, int sub) {
    float rows[LRT_LANES * LRT_UNPACKED];
    LRT_KERNEL(unpack)(rows, LRT_UNPACKED, b, stride, type, sub, LRT_LANES);
    pack_f32(y, (const uint8_t *)rows, LRT_UNPACKED * sizeof *rows, 0);
}
#define BY_ROWS(suffix, TYPE)                                                                                          \
    LRT_INLINE void pack_##suffix(float *y, const uint8_t *b, size_t stride, int sub) {                                \
        pack_by_rows(y, b, stride, LRT_##TYPE, sub);                                                                   \
    }
BY_ROWS(q5_0, Q5_0)
BY_ROWS(q5_1, Q5_1)
BY_ROWS(q5_k, Q5_K)
BY_ROWS(q3_k, Q3_K)
BY_ROWS(q2_k, Q2_K)
BY_ROWS(iq4_nl, IQ4_NL)
BY_ROWS(iq4_xs, IQ4_XS)
BY_ROWS(mxfp4, MXFP4)
BY_ROWS(tq2_0, TQ2_0)

#define ALL_LANES(call)                                                                                                \
    for (int lane = 0; lane < WIDTH; lane += LRT_LANES, y += LRT_LANES, b += LRT_LANES * stride) call;                 \
    break

void LRT_KERNEL(pack)(float *y, const void *blocks, size_t stride, uint32_t type, int sub) {
    const uint8_t *b = blocks;
    switch (type) {
#define FORMAT(TYPE, suffix, ...)                                                                                      \
    case LRT_##TYPE:                                                                                                   \
        ALL_LANES(pack_##suffix(y, b, stride, sub));
#include "runtime/formats/formats.def"
#undef FORMAT
    default: break;
    }
}
