/* Products of small tiles inside one head of attention: C [rows, columns] += A B, with four rows of C in registers.
 *
 * Every element of C is one chain of fused multiply-adds in the order of the inner dimension, starting from the stored
 * value. So the way in which calls divide rows, columns or the inner dimension changes no bits. A is read through two
 * strides, so a transposed tile needs no copy. B must be readable up to the next multiple of sixteen columns; nothing
 * is written beyond the columns of C. */
#ifndef LRT_TILE_PRODUCT_H
#define LRT_TILE_PRODUCT_H
#include "runtime/kernels/sixteen.h"

struct lrt_tile {
    const float *a; /* element (row, k) at a[row * a_row + k * a_inner] */
    int64_t a_row, a_inner;
    const float *b; /* element (k, column) at b[k * b_inner + column] */
    int64_t b_inner;
    float *c; /* element (row, column) at c[row * c_row + column] */
    int64_t c_row;
    int64_t rows, columns, inner;
};

enum {
    TILE_ROWS = 4,
    TILE_VECTORS =
        LRT_LANES == 16 ? 4 : 1 /* registers: 4 x 4 of AVX-512's 32, 4 x 2 of AVX2's 16, 4 x 4 of NEON's 32 */
};

/* `rows` and `vectors` are constants at every call, so the arrays become registers. last: lanes of the last vector. */
LRT_INLINE void tile_step(const struct lrt_tile *t, int64_t row, int64_t column, const int rows, const int vectors,
                          int64_t last) {
    const float *a = t->a + row * t->a_row, *b = t->b + column;
    float *c = t->c + row * t->c_row + column;
    struct v16 sum[TILE_ROWS][TILE_VECTORS];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < vectors; j++) {
            const float *from = c + i * t->c_row + j * V_LANES;
            sum[i][j] = j == vectors - 1 && last < V_LANES ? v_load_partial(from, last) : v_load(from);
        }
    for (int64_t k = 0; k < t->inner; k++) {
        struct v16 line[TILE_VECTORS];
        for (int j = 0; j < vectors; j++) line[j] = v_load(b + k * t->b_inner + j * V_LANES);
        for (int i = 0; i < rows; i++) {
            const struct v16 x = v_set(a[i * t->a_row + k * t->a_inner]);
            for (int j = 0; j < vectors; j++) sum[i][j] = v_fma(x, line[j], sum[i][j]);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < vectors; j++) {
            float *to = c + i * t->c_row + j * V_LANES;
            if (j == vectors - 1 && last < V_LANES)
                v_store_partial(to, sum[i][j], last);
            else
                v_store(to, sum[i][j]);
        }
}

LRT_INLINE void tile_columns(const struct lrt_tile *t, int64_t column, const int vectors, int64_t last) {
    int64_t row = 0;
    for (; row + TILE_ROWS <= t->rows; row += TILE_ROWS) tile_step(t, row, column, TILE_ROWS, vectors, last);
    for (; row < t->rows; row++) tile_step(t, row, column, 1, vectors, last);
}

static inline void tile_product(const struct lrt_tile *t) {
    for (int64_t column = 0; column < t->columns;) {
        const int64_t left = t->columns - column;
        int64_t vectors = (left + V_LANES - 1) / V_LANES;
        if (vectors > TILE_VECTORS) vectors = TILE_VECTORS;
        const int64_t last = left >= vectors * V_LANES ? V_LANES : left - (vectors - 1) * V_LANES;
#if LRT_LANES == 16
        if (vectors == 4)
            tile_columns(t, column, 4, last);
        else if (vectors == 3)
            tile_columns(t, column, 3, last);
        else if (vectors == 2)
            tile_columns(t, column, 2, last);
        else
#endif
            tile_columns(t, column, 1, last);
        column += vectors * V_LANES;
    }
}
#endif
