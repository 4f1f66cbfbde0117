/* lrt_sha256: SHA-256 (FIPS 180-4), for what strangers must not be able to exchange: models, bases, data, adapters. */
#ifndef LRT_SHA256_H
#define LRT_SHA256_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { LRT_SHA256_BYTES = 32, LRT_SHA256_TEXT = 65 };

struct lrt_sha256 {
    uint32_t state[8];
    uint64_t bytes; /* so far */
    uint8_t block[64];
};
void lrt_sha256_begin(struct lrt_sha256 *h);
void lrt_sha256_add(struct lrt_sha256 *h, const void *data, size_t n);
/* 64 lower-case hexadecimal digits and a NUL. h is used up. */
void lrt_sha256_end(struct lrt_sha256 *h, char text[LRT_SHA256_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
