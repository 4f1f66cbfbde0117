/* Bits: a float's or double's bit pattern as an integer, and back. */
#ifndef LRT_BITS_H
#define LRT_BITS_H
#include <stdint.h>
#include <string.h>

static inline uint32_t lrt_float_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline float lrt_bits_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline uint64_t lrt_double_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline double lrt_bits_double(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
#endif
