/* Products with some rows of a weight, for kernels that compute their logits a vocabulary chunk at a time. w and bias
 * are the whole tensors, which may be generated. The rows begin at `first`; y or dy has a column for each. */
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
