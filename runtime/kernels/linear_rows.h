/* Products with some rows of a weight: for kernels that generate their logits a chunk of the vocabulary at a time. w and
 * bias are the whole tensors, which may be generated; the rows are those from `first` on, as many as y or dy has columns.
 */
#ifndef LRT_LINEAR_ROWS_H
#define LRT_LINEAR_ROWS_H
#include <lorac/lrt.h>

/* y [n, rows] = x [n, in] w^T + bias; bias may be NULL */
void lrt_linear_rows(struct lrt *c, const struct lrt_tensor *y, const struct lrt_tensor *x, const struct lrt_tensor *w,
                     const struct lrt_tensor *bias, int64_t first);
/* dx [n, in] = acc [n, in] + dy [n, rows] w; acc NULL: 0; acc == dx ok */
void lrt_linear_dx_rows(struct lrt *c, const struct lrt_tensor *dx, const struct lrt_tensor *acc,
                        const struct lrt_tensor *dy, const struct lrt_tensor *w, int64_t first);
#endif
