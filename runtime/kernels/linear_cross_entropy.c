/* Linear and cross entropy in one: the logits are made a part of the vocabulary at a time, for all rows, and never
 * stand together. A first pass sums their exponentials, a second makes them again, turns them into dlogits and adds
 * what they give to dx. A product is a chain an output, in ascending order: parts of its outputs are the same numbers,
 * and parts of its terms go on from what is in dx. The tangent needs one pass: what the exponentials weigh of the
 * logits' tangents is summed beside them. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/linear_rows.h"
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

enum { TOP, TOTAL, WANTED, SUMS };                          /* of a row */
enum { MOVED = 2, WANTED_LOGIT, WANTED_DOT, TANGENT_SUMS }; /* of a row with its tangent, after TOP and TOTAL */

struct head {
    struct lrt *c;
    float *logits;     /* [n, columns] */
    float *logits_dot; /* the same of the tangent alone */
    double *sums;      /* [n, SUMS] or [n, TANGENT_SUMS] */
    const float *x;
    struct lrt_tensor w, bias;
    const int32_t *targets;
    float weight;
    int64_t n, in, first, columns; /* the part of the vocabulary */
};

static void make_logits(const struct head *h) {
    lrt_linear_rows(h->c, h->logits, h->x, h->w, h->bias, h->first, h->n, h->in, h->columns);
}

/* Where the row's target is in this part; negative or past it when it is not. */
static int64_t target_of(const struct head *h, int64_t row) { return (int64_t)h->targets[row] - h->first; }

static void sum_share(void *arg, int part, int parts) {
    const struct head *h = arg;
    const struct lrt_share s = lrt_share(h->n, 1, part, parts);
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

static void jvp_share(void *arg, int part, int parts) {
    const struct head *h = arg;
    const struct lrt_share s = lrt_share(h->n, 1, part, parts);
    for (int64_t r = s.first; r < s.last; r++) {
        float *logits = h->logits + r * h->columns;
        const int64_t target = target_of(h, r);
        h->c->kernels->cross_entropy_dx(logits, logits, h->sums + r * SUMS, h->weight, h->columns);
        if (target >= 0 && target < h->columns) logits[target] -= h->weight;
    }
}

static void over_rows(struct head *h, lrt_job *share) {
    lrt_parallel(h->c, lrt_parts(h->c, h->n, 4.0 * (double)(h->n * h->columns)), share, h);
}

void lrt_linear_cross_entropy(struct lrt *c, double *loss, float *dx, const float *acc, float *logits, double *sums,
                              const float *x, struct lrt_tensor w, struct lrt_tensor bias, const int32_t *targets,
                              float weight, int64_t n, int64_t in, int64_t vocab, int64_t part) {
    struct head h = {.c = c,
                     .logits = logits,
                     .sums = sums,
                     .x = x,
                     .w = w,
                     .bias = bias,
                     .targets = targets,
                     .weight = weight,
                     .n = n,
                     .in = in};
    for (h.first = 0; h.first < vocab; h.first += part) {
        h.columns = vocab - h.first < part ? vocab - h.first : part;
        make_logits(&h);
        over_rows(&h, sum_share);
    }
    for (int64_t r = 0; r < n; r++)
        loss[0] += sums[r * SUMS + TOP] + log(sums[r * SUMS + TOTAL]) - sums[r * SUMS + WANTED];
    for (h.first = 0; dx != NULL && h.first < vocab; h.first += part) {
        h.columns = vocab - h.first < part ? vocab - h.first : part;
        make_logits(&h);
        over_rows(&h, jvp_share);
        lrt_linear_dx_rows(c, dx, h.first == 0 ? acc : dx, logits, w, h.first, n, in, h.columns);
    }
}

static void tangent_share(void *arg, int part, int parts) {
    const struct head *h = arg;
    const struct lrt_share s = lrt_share(h->n, 1, part, parts);
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

void lrt_linear_cross_entropy_tangent(struct lrt *c, double *loss, double *loss_dot, float *logits, double *sums,
                                      const float *x, const float *x_dot, struct lrt_tensor w, struct lrt_tensor bias,
                                      const int32_t *targets, int64_t n, int64_t in, int64_t vocab, int64_t part) {
    struct head h = {.c = c,
                     .logits = logits,
                     .logits_dot = logits + n * part,
                     .sums = sums,
                     .x = x,
                     .w = w,
                     .bias = bias,
                     .targets = targets,
                     .n = n,
                     .in = in};
    for (h.first = 0; h.first < vocab; h.first += part) {
        h.columns = vocab - h.first < part ? vocab - h.first : part;
        make_logits(&h);
        lrt_linear_rows(c, h.logits_dot, x_dot, w, lrt_floats(NULL), h.first, n, in, h.columns);
        over_rows(&h, tangent_share);
    }
    for (int64_t r = 0; r < n; r++) {
        const double *s = sums + r * TANGENT_SUMS;
        loss[0] += s[TOP] + log(s[TOTAL]) - s[WANTED_LOGIT];
        loss_dot[0] += s[MOVED] / s[TOTAL] - s[WANTED_DOT];
    }
}
