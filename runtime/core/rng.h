/* The generator under lrt_random_uniform and lrt_random_normal, for those who need its words. */
#ifndef LRT_RNG_H
#define LRT_RNG_H
#include <stdint.h>

struct lrt_philox {
    uint32_t word[4];
};
/* Philox4x32-10 of a counter under a key (Salmon et al., SC'11). */
struct lrt_philox lrt_philox(struct lrt_philox counter, uint32_t key0, uint32_t key1);
#endif
