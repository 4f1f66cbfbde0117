/* Half: 16-bit floats (IEEE binary16, bfloat16) from and to floats, rounding to nearest, ties to even. */
#ifndef LRT_HALF_H
#define LRT_HALF_H
#include <stdint.h>

uint16_t lrt_to_half(float x); /* too large: infinity */
float lrt_from_half(uint16_t h);
uint16_t lrt_to_brain(float x);
#endif
