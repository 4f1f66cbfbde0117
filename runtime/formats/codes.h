/* Codes: the numbers that four-bit codes stand for in IQ4_NL, IQ4_XS and MXFP4 (Open Compute MX specification 1.0, with
 * twice the e2m1 number and half the power of two), as the GGUF format defines them. */
#ifndef LRT_CODES_H
#define LRT_CODES_H
#include <stdint.h>
#include <string.h>

static const int8_t lrt_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t lrt_mxfp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/* 2^(exponent - 128), also where that is subnormal. */
static inline float lrt_half_power(uint8_t exponent) {
    const uint32_t bits = exponent < 2 ? UINT32_C(0x200000) << exponent : (uint32_t)(exponent - 1) << 23;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
#endif
