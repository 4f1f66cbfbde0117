/* Updates: the loop that the optimizers share. A parameter is divided into one task per thread, and a task into
 * pieces. The gradient of a piece is read in place or generated on the stack. */
#ifndef LRT_UPDATE_H
#define LRT_UPDATE_H
#include <lorac/lrt.h>

/* Updates elements first .. first+n-1 of the parameter with their gradient g [n]. optimizer: the argument of
 * lrt_update. */
typedef void lrt_update_piece(const struct lrt *c, const void *optimizer, int64_t first, const float *g, int64_t n);

/* Runs `piece` over the whole gradient; an element costs about `work` multiply-adds. A gradient to which no term of the
 * noise adds does not change its parameter: nothing runs. */
void lrt_update(struct lrt *c, const struct lrt_tensor *g, double work, lrt_update_piece *piece, const void *optimizer);
#endif
