/* Threads: how kernels divide their work. Threads split outputs, never sums, so their number changes no bit of a
 * result. */
#ifndef LRT_THREADS_H
#define LRT_THREADS_H
#include <lorac/lrt.h>

/* pool_memory: lrt_pool_bytes(c->threads). Sets c->pool. On failure nothing is left running. */
int lrt_pool_start(struct lrt *c, void *pool_memory);
void lrt_pool_stop(struct lrt_pool *pool);

/* How many tasks to cut `items` into, so that each is worth waking a thread for; 1 when there is little work. work:
 * numbers that the whole call touches. */
int lrt_tasks(const struct lrt *c, int64_t items, double work);

/* The range of task `task` of `tasks`, which divide 0..items equally: [first, last), at multiples of `multiple`. */
struct lrt_range {
    int64_t first, last;
};
static inline struct lrt_range lrt_task_range(int64_t items, int64_t multiple, int task, int tasks) {
    int64_t groups = (items + multiple - 1) / multiple;
    struct lrt_range s;
    s.first = groups * task / tasks * multiple;
    s.last = groups * (task + 1) / tasks * multiple;
    if (s.first > items) s.first = items;
    if (s.last > items) s.last = items;
    return s;
}

/* The scratch of one task, where every task has `bytes` (a multiple of LRT_ALIGNMENT) of c->scratch. */
static inline void *lrt_scratch_of(const struct lrt *c, size_t bytes, int task) {
    return (char *)c->scratch + bytes * (size_t)task;
}
#endif
