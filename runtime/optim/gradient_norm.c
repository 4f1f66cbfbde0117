/* The sum of squares of a gradient, in double. Each block of a fixed size is summed in a fixed tree; the sums of the
 * blocks are added in order. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/generated.h"
#include "runtime/kernels/operand.h"
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

enum { BLOCK = 4096 };

struct squares_job {
    struct lrt *c;
    double *sums;
    const struct lrt_tensor *g;
    int64_t first, n, blocks; /* n elements of g from `first` on */
};
static void squares_task(void *arg, int task, int tasks) {
    const struct squares_job *j = arg;
    const struct lrt_range s = lrt_task_range(j->blocks, 1, task, tasks);
    float buffer[BLOCK]; /* a block is summed in one tree, so it is generated as a whole */
    for (int64_t b = s.first; b < s.last; b++) {
        const int64_t left = j->n - b * BLOCK;
        const int64_t n = left < BLOCK ? left : BLOCK;
        const float *g = lrt_floats_of(j->c->kernels, &j->c->noise, buffer, j->g, j->first + b * BLOCK, n);
        j->c->kernels->sum_squares(j->sums + b, g, n);
    }
}
void lrt_sum_squares(struct lrt *c, const struct lrt_sum_squares_args *a) {
    const int64_t round = (int64_t)BLOCK * LRT_SCRATCH_ROWS, n = lrt_count(a->g);
    for (int64_t i = 0; i < n; i += round) {
        struct squares_job job = {c, c->scratch, a->g, i, n - i < round ? n - i : round, 0};
        job.blocks = (job.n + BLOCK - 1) / BLOCK;
        const double work = (double)job.n + lrt_generated_work(&c->noise, a->g, job.n);
        lrt_parallel(c, lrt_tasks(c, job.blocks, work), squares_task, &job);
        for (int64_t b = 0; b < job.blocks; b++) lrt_out_sums(a->sum)[0] += job.sums[b];
    }
}
