/* Context: starts and stops the run-time context of a generated program. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include <lorac/lrt.h>
#include "runtime/core/threads.h"

int lrt_start(struct lrt *c, int threads, void *pool_memory, void *scratch, size_t scratch_bytes) {
    memset(c, 0, sizeof *c);
    if (threads < 1 || threads > LRT_MAX_THREADS)
        return lrt_fail(c, LRT_ERR_ARGUMENT, "%d threads asked for; 1 to %d are possible", threads, LRT_MAX_THREADS);
    if (threads > 1 && pool_memory == NULL) return lrt_fail(c, LRT_ERR_ARGUMENT, "no memory for the thread pool");
    c->threads = threads;
    c->scratch = scratch;
    c->scratch_bytes = scratch_bytes;
    int status = lrt_choose_kernels(c, NULL);
    if (status != LRT_OK || threads == 1) return status;
    return lrt_pool_start(c, pool_memory);
}

void lrt_stop(struct lrt *c) {
    if (c->pool != NULL) lrt_pool_stop(c->pool);
    c->pool = NULL;
    c->threads = 1;
}
