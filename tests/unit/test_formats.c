/* Formats: every block type against a plain implementation of its definition in double, in every kernel set; and the
 * error of quantisation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/formats/blocks.h"
#include "runtime/formats/half.h"
#include "runtime/weights/finite.h"
#include <lorac/lrt.h>

static const uint32_t all_types[] = {
#define FORMAT(TYPE, ...) LRT_##TYPE,
#include "runtime/formats/formats.def"
#undef FORMAT
};
enum { N_TYPES = sizeof all_types / sizeof all_types[0] };
static const char *const all_sets[] = {"reference", "portable", "avx2", "avx512", "neon"};
enum { N_SETS = sizeof all_sets / sizeof all_sets[0] };

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* The value of a half float, from the definition of binary16. */
static double half_value(const uint8_t *p) {
    int bits = p[0] | p[1] << 8, exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) magnitude = fraction ? NAN : INFINITY;
    return bits & 0x8000 ? -magnitude : magnitude;
}

static double value_q4_k(const uint8_t *b, int i) {
    const uint8_t *S = b + 4;
    int s = i / 32, sc, m;
    if (s < 4) {
        sc = S[s] & 63;
        m = S[s + 4] & 63;
    } else {
        sc = (S[s + 4] & 15) | ((S[s - 4] >> 6) << 4);
        m = (S[s + 4] >> 4) | ((S[s] >> 6) << 4);
    }
    uint8_t q = b[16 + s / 2 * 32 + i % 32];
    return half_value(b) * sc * (s % 2 ? q >> 4 : q & 15) - half_value(b + 2) * m;
}

static double value_q6_k(const uint8_t *b, int i) {
    const uint8_t *ql = b + i / 128 * 64, *qh = b + 128 + i / 128 * 32;
    const int8_t *sc = (const int8_t *)b + 192 + i / 128 * 8;
    int l = i % 32, is = l / 16, q;
    switch (i % 128 / 32) {
    case 0: return half_value(b + 208) * sc[is] * (((ql[l] & 15) | (qh[l] & 3) << 4) - 32);
    case 1: q = (ql[l + 32] & 15) | (qh[l] >> 2 & 3) << 4; return half_value(b + 208) * sc[is + 2] * (q - 32);
    case 2: q = ql[l] >> 4 | (qh[l] >> 4 & 3) << 4; return half_value(b + 208) * sc[is + 4] * (q - 32);
    default: q = ql[l + 32] >> 4 | (qh[l] >> 6) << 4; return half_value(b + 208) * sc[is + 6] * (q - 32);
    }
}

static int bit(const uint8_t *bits, int i) { return bits[i / 8] >> (i % 8) & 1; }

static int nibble(const uint8_t *codes, int i) { return i % 32 < 16 ? codes[i % 16] & 15 : codes[i % 16] >> 4; }

/* Q2_K, Q3_K and TQ2_0: two bits of element i of 256. */
static int crumb(const uint8_t *codes, int i) { return codes[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3; }

static double value_q5_k(const uint8_t *b, int i) {
    const uint8_t *S = b + 4;
    int s = i / 32, sc = S[s] & 63, m = S[(s + 4) % 12] & 63;
    if (s >= 4) {
        sc = (S[s + 4] & 15) | (S[s - 4] >> 6) << 4;
        m = S[s + 4] >> 4 | (S[s] >> 6) << 4;
    }
    const uint8_t code = b[48 + s / 2 * 32 + i % 32];
    const int q = (s % 2 ? code >> 4 : code & 15) + 16 * (b[16 + i % 32] >> s & 1);
    return half_value(b) * sc * q - half_value(b + 2) * m;
}

static double value_q3_k(const uint8_t *b, int i) {
    const uint8_t *S = b + 96;
    const int s = i / 16, low = s < 8 ? S[s] & 15 : S[s - 8] >> 4, high = S[8 + s % 4] >> (s / 4 * 2) & 3;
    const int q = crumb(b + 32, i) - (b[i % 32] >> (i / 32) & 1 ? 0 : 4);
    return half_value(b + 108) * ((low | high << 4) - 32) * q;
}

static double value_q2_k(const uint8_t *b, int i) {
    const int scale = b[i / 16];
    return half_value(b + 80) * (scale & 15) * crumb(b + 16, i) - half_value(b + 82) * (scale >> 4);
}

static double value_iq4(double d, int code) {
    static const int values[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    return d * values[code];
}

static double value_iq4_xs(const uint8_t *b, int i) {
    const int s = i / 32, high = (b[2] | b[3] << 8) >> (2 * s) & 3, low = b[4 + s / 2] >> (s % 2 * 4) & 15;
    return value_iq4(half_value(b) * ((low | high << 4) - 32), nibble(b + 8 + 16 * s, i));
}

static double value_mxfp4(const uint8_t *b, int i) {
    static const double values[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    const int code = nibble(b + 1, i);
    return ldexp(code & 8 ? -values[code & 7] : values[code & 7], b[0] - 127);
}

/* Element i of a row, as the formats define it. */
static double value_of(uint32_t type, const uint8_t *row, int i) {
    const uint8_t *b;
    uint32_t bits;
    float f;
    switch (type) {
    case LRT_F32: memcpy(&f, row + 4 * i, 4); return f;
    case LRT_F16: return half_value(row + 2 * i);
    case LRT_BF16:
        bits = (uint32_t)(row[2 * i] | row[2 * i + 1] << 8) << 16;
        memcpy(&f, &bits, 4);
        return f;
    case LRT_Q8_0: b = row + i / 32 * 34; return half_value(b) * (int8_t)b[2 + i % 32];
    case LRT_Q4_0:
        b = row + i / 32 * 18;
        return half_value(b) * ((i % 32 < 16 ? b[2 + i % 16] & 15 : b[2 + i % 16] >> 4) - 8);
    case LRT_Q4_1:
        b = row + i / 32 * 20;
        return half_value(b) * (i % 32 < 16 ? b[4 + i % 16] & 15 : b[4 + i % 16] >> 4) + half_value(b + 2);
    case LRT_Q5_0: b = row + i / 32 * 22; return half_value(b) * (nibble(b + 6, i) + 16 * bit(b + 2, i % 32) - 16);
    case LRT_Q5_1:
        b = row + i / 32 * 24;
        return half_value(b) * (nibble(b + 8, i) + 16 * bit(b + 4, i % 32)) + half_value(b + 2);
    case LRT_Q6_K: return value_q6_k(row + i / 256 * 210, i % 256);
    case LRT_Q5_K: return value_q5_k(row + i / 256 * 176, i % 256);
    case LRT_Q4_K: return value_q4_k(row + i / 256 * 144, i % 256);
    case LRT_Q3_K: return value_q3_k(row + i / 256 * 110, i % 256);
    case LRT_Q2_K: return value_q2_k(row + i / 256 * 84, i % 256);
    case LRT_IQ4_NL: b = row + i / 32 * 18; return value_iq4(half_value(b), nibble(b + 2, i));
    case LRT_IQ4_XS: return value_iq4_xs(row + i / 256 * 136, i % 256);
    case LRT_MXFP4: return value_mxfp4(row + i / 32 * 17, i % 32);
    case LRT_TQ2_0: b = row + i / 256 * 66; return half_value(b + 64) * (crumb(b, i % 256) - 1);
    default: fail_msg("%s has no definition here", lrt_type_name(type)); return 0;
    }
}

/* Random bytes; exponents that would make infinities are broken up. */
static void random_row(uint8_t *row, uint32_t type, size_t n, uint32_t seed) {
    size_t bytes = lrt_row_bytes(type, n);
    for (size_t i = 0; i < bytes; i++) row[i] = (uint8_t)next_random(&seed);
    if (type == LRT_F32)
        for (size_t i = 3; i < bytes; i += 4) row[i] &= 0xbf;
    if (type == LRT_F16 || type == LRT_BF16)
        for (size_t i = 1; i < bytes; i += 2) row[i] &= 0xbf;
    const struct lrt_block block = lrt_type_block(type);
    for (size_t b = 0; b < bytes; b += block.bytes) {
        for (int k = 0; k < 2; k++)
            if (block.scales[k] >= 0) row[b + (size_t)block.scales[k] + 1] &= 0xbf;
        if (type == LRT_MXFP4) row[b] = (uint8_t)(row[b] % 64 + 96);
    }
}

static void start(struct lrt *c) { assert_int_equal(lrt_start(c, 1, NULL, NULL, 0), LRT_OK); }

static void every_set_dequantises_by_definition(void **state) {
    (void)state;
    enum { N = 1024 };
    uint8_t buffer[4 * N + 1], *row = buffer + 1; /* files do not align */
    struct lrt c;
    start(&c);
    int runs = 0;
    for (int s = 0; s < N_SETS; s++) {
        if (lrt_choose_kernels(&c, all_sets[s]) != LRT_OK) continue;
        for (int t = 0; t < N_TYPES; t++) {
            float y[N];
            random_row(row, all_types[t], N, (uint32_t)t + 7);
            lrt_dequantise(&c, y, row, all_types[t], 0, N);
            for (int i = 0; i < N; i++) {
                float expected = (float)value_of(all_types[t], row, i);
                if (y[i] != expected)
                    fail_msg("%s %s[%d]: %.9g, expected %.9g", all_sets[s], lrt_type_name(all_types[t]), i,
                             (double)y[i], (double)expected);
            }
            runs++;
        }
    }
    assert_true(runs >= 2 * N_TYPES);
}

static void pieces_of_a_row_equal_the_row(void **state) {
    (void)state;
    enum { N = 1024 };
    static const int pieces[][2] = {{0, 32}, {32, 32}, {224, 64}, {256, 256}, {480, 544}, {992, 32}, {64, 960}};
    uint8_t row[4 * N];
    struct lrt c;
    start(&c);
    for (int t = 0; t < N_TYPES; t++) {
        float whole[N], piece[N + 1];
        random_row(row, all_types[t], N, 99);
        lrt_dequantise(&c, whole, row, all_types[t], 0, N);
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            int first = pieces[p][0], n = pieces[p][1];
            piece[n] = 12345;
            lrt_dequantise(&c, piece, row, all_types[t], first, n);
            assert_memory_equal(piece, whole + first, (size_t)n * sizeof(float));
            assert_true(piece[n] == 12345);
        }
    }
}

static void float_rows_may_end_anywhere(void **state) {
    (void)state;
    static const uint32_t types[] = {LRT_F32, LRT_F16, LRT_BF16};
    struct lrt c;
    start(&c);
    for (size_t t = 0; t < 3; t++) {
        for (size_t n = 1; n < 70; n += 3) {
            size_t bytes = lrt_row_bytes(types[t], n);
            uint8_t *row = malloc(bytes); /* exact: a sanitizer sees a read beyond it */
            float *y = malloc(n * sizeof *y);
            random_row(row, types[t], n, (uint32_t)n);
            lrt_dequantise(&c, y, row, types[t], 0, (int64_t)n);
            for (size_t i = 0; i < n; i++) assert_true(y[i] == (float)value_of(types[t], row, (int)i));
            free(y);
            free(row);
        }
    }
}

/* The error of a round trip against the bound from the format's number of levels (and half of the least half float). */
static void quantising_loses_no_more_than_the_format_must(void **state) {
    (void)state;
    enum { N = 512 };
    static const double bounds[N_TYPES] = {0,        1.0 / 2048, 1.0 / 256, 1.02 / 254, 1.03 / 16, 1.05 / 31,
                                           1.03 / 8, 1.05 / 15,  0.05,      0.07,       0.14,      0.28,
                                           0.45,     0.12,       0.14,      0.26,       0.51};
    struct lrt c;
    start(&c);
    for (int shape = 0; shape < 4; shape++) {
        float x[N], y[N];
        uint32_t seed = 5;
        for (int i = 0; i < N; i++) {
            float u = (float)next_random(&seed) / (float)(1 << 23) - 1;
            x[i] = shape == 0 ? u : shape == 1 ? u * u * u * 30 : shape == 2 ? 0 : 1 + 0.25f * u;
        }
        for (int t = 0; t < N_TYPES; t++) {
            uint8_t row[4 * N];
            lrt_quantise(row, x, all_types[t], N);
            lrt_dequantise(&c, y, row, all_types[t], 0, N);
            for (int i = 0; i < N; i++) {
                float most = 0;
                int size = (int)lrt_type_block(all_types[t]).elements;
                for (int k = i / size * size; k < (i / size + 1) * size; k++) most = fmaxf(most, fabsf(x[k]));
                if (fabs((double)y[i] - (double)x[i]) > bounds[t] * (double)most + 0x1p-25)
                    fail_msg("%s, shape %d, element %d: %.9g became %.9g (largest of its block %.9g)",
                             lrt_type_name(all_types[t]), shape, i, (double)x[i], (double)y[i], (double)most);
            }
        }
    }
}

/* Values that a block can represent do not change. */
static void representable_values_survive(void **state) {
    (void)state;
    float x[256], y[256];
    uint8_t row[1024];
    struct lrt c;
    start(&c);
    static const uint32_t types[] = {LRT_F32, LRT_F16, LRT_BF16, LRT_Q5_0, LRT_Q4_0, LRT_Q4_1};
    for (int i = 0; i < 256; i++) x[i] = 0.25f * (float)(i % 16 - 8);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        lrt_quantise(row, x, types[t], 256);
        lrt_dequantise(&c, y, row, types[t], 0, 256);
        assert_memory_equal(x, y, sizeof x);
    }
}

static void half_floats_round_to_nearest_even(void **state) {
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        uint8_t bytes[2] = {(uint8_t)h, (uint8_t)(h >> 8)};
        float x = lrt_from_half((uint16_t)h);
        double expected = half_value(bytes);
        if (isnan(expected)) {
            assert_true(isnan(x) && (lrt_to_half(x) & 0x7c00) == 0x7c00 && (lrt_to_half(x) & 0x3ff) != 0);
            continue;
        }
        assert_true((double)x == expected);
        assert_int_equal(lrt_to_half(x), h);
        if ((h & 0x7fff) >= 0x7bff) continue;
        float above = lrt_from_half((uint16_t)(h + 1)), middle = (x + above) / 2; /* exact */
        assert_int_equal(lrt_to_half(middle), h % 2 == 0 ? h : h + 1);
        assert_int_equal(lrt_to_half(nextafterf(middle, x)), h);
        assert_int_equal(lrt_to_half(nextafterf(middle, above)), h + 1);
    }
    assert_int_equal(lrt_to_half(65519.0f), 0x7bff);
    assert_int_equal(lrt_to_half(65520.0f), 0x7c00);
    assert_int_equal(lrt_to_half(-1e30f), 0xfc00);
    assert_int_equal(lrt_to_brain(1.0f), 0x3f80);
    assert_int_equal(lrt_to_brain(1.00390625f), 0x3f80); /* a tie, to even */
    assert_int_equal(lrt_to_brain(1.01171875f), 0x3f82);
    assert_int_equal(lrt_to_brain(nextafterf(1.00390625f, 2)), 0x3f81);
    const uint32_t nans[] = {0x7fc00000, 0x7f800001, 0x7fffffff, 0xff800001,
                             0xffffffff}; /* rounding must not end them */
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) {
        float nan;
        memcpy(&nan, &nans[i], sizeof nan);
        assert_true((lrt_to_brain(nan) & 0x7fff) > 0x7f80);
    }
}

static void rows_know_their_bytes(void **state) {
    (void)state;
    static const size_t bytes[N_TYPES] = {2048, 1024, 1024, 544, 352, 384, 288, 320, 420,
                                          352,  288,  220,  168, 288, 272, 272, 132};
    for (int t = 0; t < N_TYPES; t++) assert_int_equal(lrt_row_bytes(all_types[t], 512), bytes[t]);
    assert_int_equal(lrt_row_bytes(LRT_Q4_0, 33), 0);
    assert_int_equal(lrt_row_bytes(LRT_Q4_K, 128), 0);
    assert_int_equal(lrt_row_bytes(LRT_F32, SIZE_MAX / 2), 0);
    assert_int_equal(lrt_row_bytes(9, 32), 0);
    assert_string_equal(lrt_type_name(LRT_Q4_K), "q4_K");
    assert_null(lrt_type_name(9));
}

static void what_is_not_finite_is_found(void **state) {
    (void)state;
    enum { N = 4099, ODD = 3 }; /* more than a block; elements may be unaligned */
    static unsigned char room[4 * N + ODD];
    static const struct {
        uint32_t type, size, finite, bad[3]; /* the largest number; an infinity, a NaN, a negative NaN */
    } types[] = {{LRT_F32, 4, 0x7f7fffff, {0x7f800000, 0x7f800001, 0xffc00000}},
                 {LRT_F16, 2, 0x7bff, {0x7c00, 0x7c01, 0xfe00}},
                 {LRT_BF16, 2, 0x7f7f, {0x7f80, 0x7f81, 0xffc0}}};
    static const size_t places[] = {0, 1, 4095, 4096, N - 1};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < N; i++) memcpy(room + ODD + i * types[t].size, &types[t].finite, types[t].size);
        assert_int_equal(lrt_find_not_finite(room + ODD, types[t].type, N), N);
        for (size_t p = 0; p < sizeof places / sizeof *places; p++)
            for (size_t k = 0; k < 3; k++) {
                unsigned char *at = room + ODD + places[p] * types[t].size;
                memcpy(at, &types[t].bad[k], types[t].size);
                assert_int_equal(lrt_find_not_finite(room + ODD, types[t].type, N), places[p]);
                memcpy(at, &types[t].finite, types[t].size);
            }
    }
    memset(room, 0xff, sizeof room);
    for (int t = 3; t < N_TYPES; t++) { /* of blocks, what scales them or is added to them */
        const struct lrt_block block = lrt_type_block(all_types[t]);
        if (block.exponent >= 0) {
            random_row(room, all_types[t], 1024, 3);
            assert_int_equal(lrt_find_not_finite(room, all_types[t], 1024), 1024);
            room[2 * block.bytes + (size_t)block.exponent] = 253;
            assert_int_equal(lrt_find_not_finite(room, all_types[t], 1024), 2 * block.elements);
        }
        for (int k = 0; k < 2; k++) {
            if (block.scales[k] < 0) continue;
            random_row(room, all_types[t], 1024, 3);
            assert_int_equal(lrt_find_not_finite(room, all_types[t], 1024), 1024);
            memset(room + 2 * block.bytes + block.scales[k], 0xff, 2);
            assert_int_equal(lrt_find_not_finite(room, all_types[t], 1024), 2 * block.elements);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_dequantises_by_definition),
        cmocka_unit_test(pieces_of_a_row_equal_the_row),
        cmocka_unit_test(float_rows_may_end_anywhere),
        cmocka_unit_test(quantising_loses_no_more_than_the_format_must),
        cmocka_unit_test(representable_values_survive),
        cmocka_unit_test(half_floats_round_to_nearest_even),
        cmocka_unit_test(rows_know_their_bytes),
        cmocka_unit_test(what_is_not_finite_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
