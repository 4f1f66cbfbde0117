/* Threads: how kernels divide their work. Threads split outputs, never sums, so shares change no bit of a result. */
#ifndef LRT_THREADS_H
#define LRT_THREADS_H
#include <lorac/lrt.h>

/* pool_memory: lrt_pool_bytes(c->threads). Sets c->pool. On failure nothing is left running. */
int lrt_pool_start(struct lrt *c, void *pool_memory);
void lrt_pool_stop(struct lrt_pool *pool);

/* How many parts to cut `items` into, so that each is worth waking a thread for; 1 when there is little work. work:
 * numbers that the whole call touches. */
int lrt_parts(const struct lrt *c, int64_t items, double work);

/* Part `part` of `parts` equal shares of 0..items: [first, last), borders at multiples of `multiple`. */
struct lrt_share {
    int64_t first, last;
};
static inline struct lrt_share lrt_share(int64_t items, int64_t multiple, int part, int parts) {
    int64_t groups = (items + multiple - 1) / multiple;
    struct lrt_share s;
    s.first = groups * part / parts * multiple;
    s.last = groups * (part + 1) / parts * multiple;
    if (s.first > items) s.first = items;
    if (s.last > items) s.last = items;
    return s;
}

/* The scratch of one part, where every part has `bytes` (a multiple of LRT_ALIGNMENT) of c->scratch. */
static inline void *lrt_scratch_of(const struct lrt *c, size_t bytes, int part) {
    return (char *)c->scratch + bytes * (size_t)part;
}
#endif
