/* Linear and cross entropy fused: the logits of all rows are computed a vocabulary chunk at a time, never all at once.
 * A first pass sums their exponentials. A second pass computes them again, converts them to dlogits and adds their
 * contribution to dx. Chunks change no bits: each logit is one sum, and dx continues its sum in ascending order. The
 * tangent needs one pass, which also sums the logits' tangents weighted with the exponentials. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/linear_rows.h"
#include "runtime/kernels/operand.h"
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

enum { TOP, TOTAL, WANTED, SUMS };                          /* of a row */
enum { MOVED = 2, WANTED_LOGIT, WANTED_DOT, TANGENT_SUMS }; /* of a row with its tangent, after TOP and TOTAL */

struct head {
    struct lrt *c;
    const struct lrt_linear_cross_entropy_args *args;
    float *logits;     /* [n, columns] */
    float *logits_dot; /* likewise, only for the tangent */
    double *sums;      /* [n, SUMS] or [n, TANGENT_SUMS] */
    const int32_t *targets;
    int64_t n, first, columns; /* the vocabulary chunk */
};

static struct head head_of(struct lrt *c, const struct lrt_linear_cross_entropy_args *a) {
    return (struct head){.c = c,
                         .args = a,
                         .logits = lrt_out(a->logits),
                         .sums = lrt_out_sums(a->sums),
                         .targets = lrt_in_ids(a->targets),
                         .n = a->x->rows};
}

/* Selects the chunk from h->first on, at most `columns` wide; false after the last one. */
static int take_chunk(struct head *h, int64_t columns) {
    h->columns = lrt_min_size(columns, h->args->w->rows - h->first);
    return h->columns > 0;
}

static void make_logits(const struct head *h) {
    const struct lrt_tensor logits = lrt_f32(h->logits, h->n, h->columns);
    lrt_linear_rows(h->c, &logits, h->args->x, h->args->w, h->args->bias, h->first);
}

/* The index of the row's target in this chunk; negative or past the end when it is in another chunk. */
static int64_t target_of(const struct head *h, int64_t row) { return (int64_t)h->targets[row] - h->first; }

static void sum_task(void *arg, int task, int tasks) {
    const struct head *h = arg;
    const struct lrt_range s = lrt_task_range(h->n, 1, task, tasks);
    for (int64_t r = s.first; r < s.last; r++) {
        const float *logits = h->logits + r * h->columns;
        double *sums = h->sums + r * SUMS;
        const int64_t target = target_of(h, r);
        if (h->first == 0) {
            sums[TOP] = -HUGE_VAL;
            sums[TOTAL] = 0;
        }
        if (target >= 0 && target < h->columns) sums[WANTED] = (double)logits[target];
        h->c->kernels->cross_entropy_sum(sums, logits, h->columns);
    }
}

static void dlogits_task(void *arg, int task, int tasks) {
    const struct head *h = arg;
    const struct lrt_range s = lrt_task_range(h->n, 1, task, tasks);
    for (int64_t r = s.first; r < s.last; r++) {
        float *logits = h->logits + r * h->columns;
        const int64_t target = target_of(h, r);
        h->c->kernels->cross_entropy_dx(logits, logits, h->sums + r * SUMS, h->args->weight, h->columns);
        if (target >= 0 && target < h->columns) logits[target] -= h->args->weight;
    }
}

static void over_rows(struct head *h, lrt_job *task) {
    lrt_parallel(h->c, lrt_tasks(h->c, h->n, 4.0 * (double)(h->n * h->columns)), task, h);
}

void lrt_linear_cross_entropy(struct lrt *c, const struct lrt_linear_cross_entropy_args *a) {
    struct head h = head_of(c, a);
    const int64_t chunk = a->logits->columns;
    for (; take_chunk(&h, chunk); h.first += chunk) {
        make_logits(&h);
        over_rows(&h, sum_task);
    }
    for (int64_t r = 0; r < h.n; r++) {
        const double *s = h.sums + r * SUMS;
        lrt_out_sums(a->loss)[0] += s[TOP] + log(s[TOTAL]) - s[WANTED];
    }
    if (a->dx == NULL) return;
    for (h.first = 0; take_chunk(&h, chunk); h.first += chunk) {
        make_logits(&h);
        over_rows(&h, dlogits_task);
        const struct lrt_tensor dlogits = lrt_f32(h.logits, h.n, h.columns);
        lrt_linear_dx_rows(c, a->dx, h.first == 0 ? a->acc : a->dx, &dlogits, a->w, h.first);
    }
}

static void tangent_task(void *arg, int task, int tasks) {
    const struct head *h = arg;
    const struct lrt_range s = lrt_task_range(h->n, 1, task, tasks);
    for (int64_t r = s.first; r < s.last; r++) {
        const float *logits = h->logits + r * h->columns, *dot = h->logits_dot + r * h->columns;
        double *sums = h->sums + r * TANGENT_SUMS;
        const int64_t target = target_of(h, r);
        if (h->first == 0) {
            sums[TOP] = -HUGE_VAL;
            sums[TOTAL] = sums[MOVED] = 0;
        }
        if (target >= 0 && target < h->columns) {
            sums[WANTED_LOGIT] = (double)logits[target];
            sums[WANTED_DOT] = (double)dot[target];
        }
        h->c->kernels->cross_entropy_sum_tangent(sums, logits, dot, h->columns);
    }
}

void lrt_linear_cross_entropy_tangent(struct lrt *c, const struct lrt_linear_cross_entropy_args *a) {
    struct head h = head_of(c, a);
    const int64_t chunk = a->logits->columns / 2;
    h.logits_dot = h.logits + h.n * chunk;
    for (; take_chunk(&h, chunk); h.first += chunk) {
        const struct lrt_tensor dot = lrt_f32(h.logits_dot, h.n, h.columns);
        make_logits(&h);
        lrt_linear_rows(c, &dot, a->x_dot, a->w, NULL, h.first);
        over_rows(&h, tangent_task);
    }
    for (int64_t r = 0; r < h.n; r++) {
        const double *s = h.sums + r * TANGENT_SUMS;
        lrt_out_sums(a->loss)[0] += s[TOP] + log(s[TOTAL]) - s[WANTED_LOGIT];
        lrt_out_sums(a->loss_dot)[0] += s[MOVED] / s[TOTAL] - s[WANTED_DOT];
    }
}
