/* Multiply, the definition: every chain as multiply.h defines it, element by element. */
#include <math.h>

#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"

/* Element i of row `row` of a tensor whose rows have `length` elements. */
static float element(struct lrt_tensor t, const struct lrt_generator *m, int64_t length, int64_t row, int64_t i) {
    if (lrt_is_generated(&t)) {
        float generated;
        const int64_t k = row * length + i;
        lrt_noise_reference(&generated, m->base != NULL ? m->base + k : NULL, m->scale, m->key, m->tensor, m->first + k,
                            1);
        return generated;
    }
    struct lrt_block block = lrt_type_block(t.type);
    const uint8_t *at = (const uint8_t *)t.data + (size_t)row * ((size_t)length / block.elements * block.bytes);
    float value = 0;
    if (block.elements == 1) {
        at += (size_t)i * block.bytes;
        if (t.type == LRT_F32) memcpy(&value, at, sizeof value);
        return t.type == LRT_F32 ? value : t.type == LRT_F16 ? lrt_half(at) : lrt_brain(at);
    }
    float values[LRT_UNPACKED];
    at += (size_t)i / block.elements * block.bytes;
    lrt_unpack_reference(values, 0, at, 0, t.type, (int)((size_t)i % block.elements / LRT_UNPACKED), 1);
    return values[i % LRT_UNPACKED];
}

static void add_factor(const struct lrt_product *p, const struct lrt_factor *f, struct lrt_range rows, int64_t column) {
    for (int64_t k = 0; k < f->depth; k++) {
        float right = f->right_by_column ? element(f->right, &f->generator, f->right_length, column, k)
                                         : element(f->right, &f->generator, f->right_length, k, column);
        right *= f->right_scale;
        for (int64_t row = rows.first; row < rows.last; row++) {
            float left = f->left_scale * f->left[row * f->left_row + k * f->left_k];
            float *y = p->y + row * p->y_row + column * p->y_column;
            *y = fmaf(left, right, *y);
        }
    }
}

void lrt_multiply_reference(const struct lrt_product *p, struct lrt_range rows, struct lrt_range columns,
                            void *scratch) {
    (void)scratch;
    for (int64_t column = columns.first; column < columns.last; column++) {
        float bias = lrt_is_absent(&p->bias) ? 0 : element(p->bias, &p->generated_bias, p->columns, 0, column);
        for (int64_t row = rows.first; row < rows.last; row++) {
            int64_t at = row * p->y_row + column * p->y_column;
            p->y[at] = p->start != NULL ? p->start[at] : bias;
        }
        for (int f = 0; f < p->n_factors; f++) add_factor(p, &p->factor[f], rows, column);
    }
}
