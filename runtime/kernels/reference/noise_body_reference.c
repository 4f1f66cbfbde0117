/* Noise, the definition: the base plus the numbers of lrt_random_normal times a scale. */
#include "runtime/kernels/kernel_set.h"

enum { SOME = 64 };

void lrt_noise_reference(float *y, const float *base, float scale, uint64_t key, uint64_t tensor, int64_t first,
                         int64_t n) {
    for (int64_t i = 0; i < n; i += SOME) {
        float z[SOME];
        const int64_t count = n - i < SOME ? n - i : SOME;
        lrt_random_normal(z, count, key, tensor, (uint64_t)(first + i));
        for (int64_t j = 0; j < count; j++) z[j] = scale * z[j];
        for (int64_t j = 0; j < count; j++) y[i + j] = base != NULL ? base[i + j] + z[j] : z[j];
    }
}
