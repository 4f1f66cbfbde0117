/* A one-row tensor (the weights of a norm, a bias) as floats: in place when it is F32, else dequantised into
 * c->scratch. */
#ifndef LRT_VECTOR_TENSOR_H
#define LRT_VECTOR_TENSOR_H
#include "runtime/lrt.h"

static inline const float *lrt_vector_floats(struct lrt *c, struct lrt_tensor t, int64_t d) {
    if (t.type == LRT_F32) return (const float *)t.data;
    float *floats = (float *)c->scratch;
    lrt_dequantise(c, floats, t.data, t.type, 0, d);
    return floats;
}
#endif
