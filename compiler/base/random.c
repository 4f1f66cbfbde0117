// Random: xorshift64*, after Vigna, https://arxiv.org/abs/1402.6246.
#include "compiler/base/random.h"

uint64_t random_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}
