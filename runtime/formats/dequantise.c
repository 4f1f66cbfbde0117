/* Dequantise: a piece of a row of any type becomes floats. The kernel set does 32 elements at a time, the scalar code
 * the row's odd end. */
#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include <lorac/lrt.h>

/* Only F32, F16 and BF16 rows can end within 32 elements: the end goes through a whole step of a copy. */
static void last_elements(struct lrt *c, float *y, const char *row, uint32_t type, size_t bytes, int64_t n) {
    char block[LRT_UNPACKED * sizeof(float)] = {0};
    float values[LRT_UNPACKED];
    for (size_t i = 0; i < bytes * (size_t)n; i++) block[i] = row[i];
    c->kernels->unpack(values, LRT_UNPACKED, block, 0, type, 0, 1);
    for (int64_t i = 0; i < n; i++) y[i] = values[i];
}

void lrt_dequantise(struct lrt *c, float *y, const void *row, uint32_t type, int64_t first, int64_t n) {
    struct lrt_block block = lrt_type_block(type);
    int64_t step = (int64_t)block.elements > LRT_UNPACKED ? (int64_t)block.elements : LRT_UNPACKED;
    size_t step_bytes = (size_t)step / block.elements * block.bytes;
    while (n > 0) {
        const char *at = (const char *)row + (size_t)(first / step) * step_bytes;
        int sub = (int)(first % step / LRT_UNPACKED);
        if (n < LRT_UNPACKED) {
            last_elements(c, y, at, type, block.bytes, n);
            return;
        }
        int64_t steps = 1; /* a K block is unpacked part by part, everything else in one go */
        if (step == LRT_UNPACKED) steps = n / LRT_UNPACKED;
        c->kernels->unpack(y, LRT_UNPACKED, at, step_bytes, type, sub, steps);
        y += steps * LRT_UNPACKED;
        first += steps * LRT_UNPACKED;
        n -= steps * LRT_UNPACKED;
    }
}
