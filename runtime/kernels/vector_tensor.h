/* A one-row tensor (the weights of a norm, a bias) as floats: in place when it is F32, else dequantised or generated
 * into c->scratch. */
#ifndef LRT_VECTOR_TENSOR_H
#define LRT_VECTOR_TENSOR_H
#include "runtime/kernels/generated.h"
#include <lorac/lrt.h>

static inline const float *lrt_vector_floats(struct lrt *c, const struct lrt_tensor *vector, int64_t d) {
    const struct lrt_tensor t = lrt_resolve(&c->noise, vector);
    if (t.type == LRT_F32 && t.data != NULL) return (const float *)t.data;
    float *floats = (float *)c->scratch;
    if (t.data == NULL || lrt_is_generated(&t))
        lrt_generate(c->kernels, &c->noise, floats, &t, 0, d);
    else
        lrt_dequantise(c, floats, t.data, t.type, 0, d);
    return floats;
}
#endif
