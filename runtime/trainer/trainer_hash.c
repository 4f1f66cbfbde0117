// Trainer hash: see the header.
#include "runtime/trainer/trainer_hash.h"

#include <string.h>

#include "runtime/formats/bits.h"

enum { PRIME_LOW = 0x1b3 };
#define PRIME ((UINT64_C(1) << 40) + PRIME_LOW)

uint64_t lrt_trainer_hash_bytes(uint64_t h, const void *data, size_t n) {
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * PRIME;
    return h;
}

uint64_t lrt_trainer_hash_block(uint64_t h, const void *data, size_t n) {
    const unsigned char *p = data, *end = p + n;
    uint64_t lanes[4] = {h, h + 1, h + 2, h + 3}, words[4];
    for (; (size_t)(end - p) >= sizeof words; p += sizeof words) {
        memcpy(words, p, sizeof words);
        for (int k = 0; k < 4; k++) {
            lanes[k] = (lanes[k] ^ words[k]) * PRIME;
            lanes[k] ^= lanes[k] >> 32; // a product carries upwards only
        }
    }
    h = lrt_trainer_hash_bytes(h, p, (size_t)(end - p));
    return lrt_trainer_hash_bytes(h, lanes, sizeof lanes);
}

uint64_t lrt_trainer_hash_text(uint64_t h, const char *text) {
    return lrt_trainer_hash_bytes(h, text ? text : "", text ? strlen(text) + 1 : 1);
}

uint64_t lrt_trainer_hash_number(uint64_t h, int64_t n) {
    for (int i = 0; i < 8; i++, n >>= 8) {
        const unsigned char byte = (unsigned char)(n & 0xff);
        h = lrt_trainer_hash_bytes(h, &byte, 1);
    }
    return h;
}

uint64_t lrt_trainer_hash_floats(uint64_t h, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) h = (h ^ lrt_float_bits(x[i])) * PRIME;
    return h;
}
