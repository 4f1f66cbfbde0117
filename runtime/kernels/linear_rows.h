/* Products with some rows of a weight: for kernels that make their logits a part of the vocabulary at a time. w [*, in]
 * and bias [*] are the whole tensors, which may be made; the rows are `first` .. first + rows - 1 of w. */
#ifndef LRT_LINEAR_ROWS_H
#define LRT_LINEAR_ROWS_H
#include <lorac/lrt.h>

/* y [n, rows] = x [n, in] w^T + bias; bias may be absent */
void lrt_linear_rows(struct lrt *c, float *y, const float *x, struct lrt_tensor w, struct lrt_tensor bias,
                     int64_t first, int64_t n, int64_t in, int64_t rows);
/* dx [n, in] = acc [n, in] + dy [n, rows] w; acc null: 0; acc == dx ok */
void lrt_linear_dx_rows(struct lrt *c, float *dx, const float *acc, const float *dy, struct lrt_tensor w, int64_t first,
                        int64_t n, int64_t in, int64_t rows);
#endif
