/* Half: 16-bit floats by integer arithmetic on their bits. */
#include "runtime/formats/half.h"

#include "runtime/formats/bits.h"

/* value >> shift, to nearest, ties to even; 1 <= shift <= 31 */
static uint32_t shift_rounding(uint32_t value, unsigned shift) {
    uint32_t half = 1u << (shift - 1), rest = value & ((half << 1) - 1), result = value >> shift;
    return result + (rest > half || (rest == half && (result & 1)));
}

uint16_t lrt_to_half(float x) {
    uint32_t bits = lrt_float_bits(x), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu, h;
    if (magnitude > 0x7f800000u)
        h = 0x7e00; /* NaN */
    else if (magnitude >= 0x47800000u)
        h = 0x7c00; /* 65536 and more */
    else if (magnitude >= 0x38800000u)
        h = shift_rounding(magnitude - 0x38000000u, 13); /* normal; may round up to infinity */
    else if (magnitude >= 0x33000000u)
        h = shift_rounding((magnitude & 0x7fffffu) | 0x800000u, 126 - (magnitude >> 23)); /* subnormal */
    else
        h = 0;
    return (uint16_t)(sign | h);
}

float lrt_from_half(uint16_t h) {
    uint32_t sign = (h & 0x8000u) << 16, exponent = h >> 10 & 31u, fraction = h & 0x3ffu;
    if (exponent == 31) return lrt_bits_float(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0) return lrt_bits_float(sign | (exponent + 112) << 23 | fraction << 13);
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
}

uint16_t lrt_to_brain(float x) {
    uint32_t bits = lrt_float_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u); /* NaN stays NaN */
    return (uint16_t)shift_rounding(bits, 16);
}
