/* Update: the loop over a parameter and its gradient that all optimizers share. */
#include "runtime/optim/update.h"

#include "runtime/kernels/generated.h"
#include "runtime/kernels/operand.h"
#include "runtime/core/threads.h"

struct update_job {
    struct lrt *c;
    const struct lrt_tensor *g;
    lrt_update_piece *piece;
    const void *optimizer;
};

static void update_task(void *arg, int task, int tasks) {
    const struct update_job *j = arg;
    const struct lrt_range s = lrt_task_range(lrt_count(j->g), 16, task, tasks);
    float buffer[LRT_GENERATED_CHUNK];
    const int64_t step = lrt_is_generated(j->g) ? LRT_GENERATED_CHUNK : s.last - s.first;
    for (int64_t at = s.first; at < s.last; at += step) {
        const int64_t n = s.last - at < step ? s.last - at : step;
        j->piece(j->c, j->optimizer, at, lrt_floats_of(j->c->kernels, &j->c->noise, buffer, j->g, at, n), n);
    }
}

void lrt_update(struct lrt *c, const struct lrt_tensor *g, double work, lrt_update_piece *piece,
                const void *optimizer) {
    if (lrt_is_left_alone(&c->noise, g)) return;
    const int64_t n = lrt_count(g);
    struct update_job job = {c, g, piece, optimizer};
    lrt_parallel(c, lrt_tasks(c, n, work * (double)n + lrt_generated_work(&c->noise, g, n)), update_task, &job);
}
