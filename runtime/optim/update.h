/* Updates: what the optimizers share. A parameter is cut into one share a thread, and a share into pieces whose gradient
 * is read where it lies, or generated on the stack. */
#ifndef LRT_UPDATE_H
#define LRT_UPDATE_H
#include <lorac/lrt.h>

/* Elements first .. first+n-1 of the parameter, with their gradient g [n]. optimizer: what the caller of lrt_update
 * gave. */
typedef void lrt_update_piece(const struct lrt *c, const void *optimizer, int64_t first, const float *g, int64_t n);

/* Runs `piece` over the whole gradient; an element costs about `work` multiply-adds. A gradient to which no term of the
 * noise adds leaves its parameter alone: nothing runs. */
void lrt_update(struct lrt *c, const struct lrt_tensor *g, double work, lrt_update_piece *piece, const void *optimizer);
#endif
