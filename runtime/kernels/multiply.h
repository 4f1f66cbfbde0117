/* Multiply: every matrix product of the runtime in one form. An output element (row, column) is one chain of fused
 * multiply-adds that begins with its start value and takes the products of each factor in ascending order of k:
 *
 *     y = start
 *     of each factor, for k = 0..depth-1: y = fma(left_scale * left[row, k], right_scale * right[column, k], y)
 *
 * Nothing else decides its bits: the chain is stored and taken up again between blocks of k, and threads split rows
 * and columns. */
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
    struct lrt_tensor right;   /* resolved (generated.h), not absent */
    struct lrt_generator made; /* right, when it is generated */
    int64_t right_length;      /* elements of a row of `right` */
    int right_by_column;       /* 1: right [columns, depth]; 0: right [depth, columns] */
    float right_scale;
    int64_t depth;
};

struct lrt_product {
    struct lrt_factor factor[3];
    int n_factors; /* W, what an adapter adds, and both ways that can change; 0: y becomes its start */
    int64_t rows, columns;
    struct lrt_tensor bias; /* start of every row, [columns], resolved; absent: none */
    struct lrt_generator generated_bias;
    const float *start; /* start, laid out as y; NULL: 0 */
    float *y;
    int64_t y_row, y_column; /* floats from one row, or column, of y and start to the next */
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
/* Numbers that have to be generated for one pass over the right factors. */
static inline int64_t lrt_product_generated(const struct lrt_product *p) {
    int64_t sum = 0;
    for (int i = 0; i < p->n_factors; i++)
        if (lrt_is_generated(&p->factor[i].right)) sum += p->factor[i].depth * p->columns;
    return sum;
}

/* A factor that can be read where it lies. */
static inline int lrt_factor_is_floats(const struct lrt_factor *f) {
    return f->right.type == LRT_F32 && f->right_scale == 1 && (uintptr_t)f->right.data % sizeof(float) == 0;
}
/* Whether the product takes the small-M path, LRT_SMALL_M rows at a time with operands swapped inside the kernel:
 * - the right factor lies by column, so that packing would have to transpose it, and there are few rows, or it can be
 *   read where it lies (and need not be generated again for every LRT_SMALL_M rows);
 * - or y has its rows side by side and the sum is short, so that most of the work is y. */
enum { LRT_SHORT_SUM = 64 };
static inline int lrt_product_is_small_m(const struct lrt_product *p) {
    const struct lrt_factor *f = &p->factor[0];
    int small = p->rows <= LRT_SMALL_M, floats = lrt_factor_is_floats(f);
    if (f->right_by_column) return small || (floats && lrt_product_generated(p) == 0);
    return small && floats && p->y_row == 1 && p->y_column != 1 && p->n_factors == 1 && f->depth <= LRT_SHORT_SUM;
}
#endif
