/* Cross entropy and its tangent over threads: threads divide the rows; the losses are stored and added in row order. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

struct cross_entropy_job {
    const struct lrt_kernel_set *kernels;
    double *losses;
    float *dlogits;
    const float *logits;
    const int32_t *targets;
    float weight;
    int64_t n, vocab;
};
static void cross_entropy_task(void *arg, int task, int tasks) {
    const struct cross_entropy_job *j = arg;
    const struct lrt_range s = lrt_task_range(j->n, 1, task, tasks);
    for (int64_t r = s.first; r < s.last; r++) {
        const float *logits = j->logits + r * j->vocab;
        double sums[2] = {-HUGE_VAL, 0}, wanted = (double)logits[j->targets[r]];
        j->kernels->cross_entropy_sum(sums, logits, j->vocab);
        j->losses[r] = sums[0] + log(sums[1]) - wanted;
        if (j->dlogits == NULL) continue;
        float *dlogits = j->dlogits + r * j->vocab;
        j->kernels->cross_entropy_dx(dlogits, logits, sums, j->weight, j->vocab);
        dlogits[j->targets[r]] -= j->weight;
    }
}
void lrt_cross_entropy(struct lrt *c, const struct lrt_cross_entropy_args *a) {
    const int64_t n = a->logits->rows, vocab = a->logits->columns;
    for (int64_t r = 0; r < n; r += LRT_SCRATCH_ROWS) {
        const int64_t rows = n - r < LRT_SCRATCH_ROWS ? n - r : LRT_SCRATCH_ROWS;
        struct cross_entropy_job job = {.kernels = c->kernels,
                                        .losses = c->scratch,
                                        .dlogits = a->dlogits ? lrt_out(a->dlogits) + r * vocab : NULL,
                                        .logits = lrt_in(a->logits) + r * vocab,
                                        .targets = lrt_in_ids(a->targets) + r,
                                        .weight = a->weight,
                                        .n = rows,
                                        .vocab = vocab};
        lrt_parallel(c, lrt_tasks(c, rows, 8.0 * (double)(rows * vocab)), cross_entropy_task, &job);
        for (int64_t i = 0; i < rows; i++) lrt_out_sums(a->loss)[0] += job.losses[i];
    }
}

struct tangent_job {
    const struct lrt_kernel_set *kernels;
    double (*losses)[2]; /* of a row, and its tangent */
    const float *logits, *logits_dot;
    const int32_t *targets;
    int64_t n, vocab;
};
static void tangent_task(void *arg, int task, int tasks) {
    const struct tangent_job *j = arg;
    const struct lrt_range s = lrt_task_range(j->n, 1, task, tasks);
    for (int64_t r = s.first; r < s.last; r++) {
        const float *logits = j->logits + r * j->vocab, *dot = j->logits_dot + r * j->vocab;
        double sums[3] = {-HUGE_VAL, 0, 0}, wanted = (double)logits[j->targets[r]];
        j->kernels->cross_entropy_sum_tangent(sums, logits, dot, j->vocab);
        j->losses[r][0] = sums[0] + log(sums[1]) - wanted;
        j->losses[r][1] = sums[2] / sums[1] - (double)dot[j->targets[r]];
    }
}
void lrt_cross_entropy_tangent(struct lrt *c, const struct lrt_cross_entropy_args *a) {
    enum { ROWS = LRT_SCRATCH_ROWS / 2 }; /* two sums each */
    const int64_t n = a->logits->rows, vocab = a->logits->columns;
    for (int64_t r = 0; r < n; r += ROWS) {
        const int64_t rows = n - r < ROWS ? n - r : ROWS, at = r * vocab;
        double(*losses)[2] = c->scratch;
        struct tangent_job job = {
            c->kernels, losses, lrt_in(a->logits) + at, lrt_in(a->logits_dot) + at, lrt_in_ids(a->targets) + r,
            rows,       vocab};
        lrt_parallel(c, lrt_tasks(c, rows, 9.0 * (double)(rows * vocab)), tangent_task, &job);
        for (int64_t i = 0; i < rows; i++) {
            lrt_out_sums(a->loss)[0] += losses[i][0];
            lrt_out_sums(a->loss_dot)[0] += losses[i][1];
        }
    }
}
