/* Multiply: every matrix product of the runtime in one form. An output element (row, lane) is one chain of fused
 * multiply-adds that begins with its start value and takes the terms of each factor in ascending order:
 *
 *     y = start
 *     of each factor, for k = 0..terms-1: y = fma(left_scale * left[row, k], right_scale * right[lane, k], y)
 *
 * Nothing else decides its bits: the chain is stored and taken up again between slabs of terms, and threads split rows
 * and lanes. Lanes are what stands side by side in a vector register. */
#ifndef LRT_MULTIPLY_H
#define LRT_MULTIPLY_H
#include "runtime/kernels/generated.h"
#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

struct lrt_factor {
    const float *left;
    int64_t left_row, left_term; /* floats from one row, or term, to the next */
    float left_scale;
    struct lrt_tensor right;   /* resolved (made.h), not absent */
    struct lrt_generator made; /* right, when it is made */
    int64_t right_length;      /* elements of a row of `right` */
    int right_by_lane;         /* 1: right [lanes, terms]; 0: right [terms, lanes] */
    float right_scale;
    int64_t terms;
};

struct lrt_product {
    struct lrt_factor factor[3];
    int n_factors; /* W, what an adapter adds, and both ways that can change; 0: y becomes its start */
    int64_t rows, lanes;
    struct lrt_tensor bias; /* start of every row, [lanes], resolved; absent: none */
    struct lrt_generator generated_bias;
    const float *start; /* start, laid out as y; NULL: 0 */
    float *y;
    int64_t y_row, y_lane; /* floats from one row, or lane, of y and start to the next */
};

static inline int64_t lrt_product_terms(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++) sum += p->factor[i].terms;
    return sum;
}
static inline int64_t lrt_product_slabs(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++) sum += lrt_slab_count(p->factor[i].terms);
    return sum;
}
/* Numbers that have to be made for one pass over the right factors. */
static inline int64_t lrt_product_generated(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++)
        if (lrt_is_generated(&p->factor[i].right)) sum += p->factor[i].terms * p->lanes;
    return sum;
}

/* A factor that can be read where it lies. */
static inline int lrt_factor_is_floats(const struct lrt_factor *f) {
    return f->right.type == LRT_F32 && f->right_scale == 1 && (uintptr_t)f->right.data % sizeof(float) == 0;
}
/* Whether rows and lanes change places inside the kernel, LRT_FEW_ROWS rows at a time: where a factor lies by lane, so
 * that lanes side by side would have to be transposed, for few rows or when it is read where it lies (and none has to
 * be made, again for every LRT_FEW_ROWS rows); and where y has its rows side by side and the sum is short, so that most
 * of the work is y. */
enum { LRT_SHORT_SUM = 64 };
static inline int lrt_product_is_few(const struct lrt_product *p) {
    const struct lrt_factor *f = &p->factor[0];
    int few = p->rows <= LRT_FEW_ROWS, floats = lrt_factor_is_floats(f);
    if (f->right_by_lane) return few || (floats && lrt_product_generated(p) == 0);
    return few && floats && p->y_row == 1 && p->y_lane != 1 && p->n_factors == 1 && f->terms <= LRT_SHORT_SUM;
}
#endif
