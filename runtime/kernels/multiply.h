/* Multiply: every matrix product of the runtime in one form. An output element (row, column) is one chain of fused
 * multiply-adds. It begins with the start value and adds the products of each factor in ascending order of k:
 *
 *     y = start
 *     for each factor, for k = 0..depth-1: y = fma(left_scale * left[row, k], right_scale * right[column, k], y)
 *
 * Nothing else affects the bits: between blocks of k the chain's value is stored and loaded again, and threads split
 * only rows and columns. */
#ifndef LRT_MULTIPLY_H
#define LRT_MULTIPLY_H
#include "runtime/kernels/generated.h"
#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

struct lrt_factor {
    const float *left;
    int64_t left_row, left_k; /* floats from one row, or k, to the next */
    float left_scale;
    struct lrt_tensor right;        /* resolved (generated.h), not absent */
    struct lrt_generator generator; /* right, when it is generated */
    int64_t right_length;           /* elements of a row of `right` */
    int right_by_column;            /* 1: right [columns, depth]; 0: right [depth, columns] */
    float right_scale;
    int64_t depth;
};

struct lrt_product {
    struct lrt_factor factor[3];
    int n_factors; /* a weight and an adapter, or the three pairs of lrt_linear_tangent; 0: y = start */
    int64_t rows, columns;
    struct lrt_tensor bias; /* start value of every row, [columns], resolved; absent: none */
    struct lrt_generator generated_bias;
    const float *start; /* start values, laid out as y; NULL: 0 */
    float *y;
    int64_t y_row, y_column; /* floats from one row, or column, to the next, in y and start */
};

static inline int64_t lrt_product_depth(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++) sum += p->factor[i].depth;
    return sum;
}
static inline int64_t lrt_product_k_blocks(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++) sum += lrt_k_blocks(p->factor[i].depth);
    return sum;
}
/* How many numbers one pass over the right factors has to generate. */
static inline int64_t lrt_product_generated(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++)
        if (lrt_is_generated(&p->factor[i].right)) sum += p->factor[i].depth * p->columns;
    return sum;
}

/* Whether the right factor can be read in place. */
static inline int lrt_factor_is_floats(const struct lrt_factor *f) {
    return f->right.type == LRT_F32 && f->right_scale == 1 && (uintptr_t)f->right.data % sizeof(float) == 0;
}
/* Whether the product takes the small-M path: LRT_SMALL_M rows at a time, with operands swapped inside the kernel.
 * - The right factor lies by column, so packing would have to transpose it. And there are few rows, or it can be read
 * in place (and is not generated again for every LRT_SMALL_M rows).
 * - Or the rows of y are adjacent in memory and the sum is short, so most of the work is reading and writing y. */
enum { LRT_SHORT_SUM = 64 };
static inline int lrt_product_is_small_m(const struct lrt_product *p) {
    const struct lrt_factor *f = &p->factor[0];
    int small = p->rows <= LRT_SMALL_M, floats = lrt_factor_is_floats(f);
    if (f->right_by_column) return small || (floats && lrt_product_generated(p) == 0);
    return small && floats && p->y_row == 1 && p->y_column != 1 && p->n_factors == 1 && f->depth <= LRT_SHORT_SUM;
}
#endif
