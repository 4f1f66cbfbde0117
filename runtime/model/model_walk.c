/* Model walk: runs a program's slices, iteration by iteration, and announces which weights come and go between them.
 * The update is a list of slices too. */
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/model/model_internal.h"

/* Moves slice and iteration to the first iteration from there on that runs. */
static void skip_idle(const struct lrt_model *m, const struct lrt_slices *of, size_t *slice, int64_t *iteration) {
    for (; *slice < of->count; ++*slice, *iteration = 0) {
        const struct lrt_slice *s = &of->slices[*slice];
        const int64_t first = s->from ? lrt_bound_value(m, s->from) : 0;
        const int64_t end = s->to ? lrt_bound_value(m, s->to) : s->iterations;
        if (*iteration < first) *iteration = first;
        if (*iteration < end) return;
    }
}

void lrt_walk_start(struct lrt_model *m, const struct lrt_slices *of) {
    m->slice = 0;
    m->iteration = 0;
    skip_idle(m, of, &m->slice, &m->iteration);
}

static struct lrt_iteration iteration_at(const struct lrt_slices *of, size_t slice, int64_t iteration) {
    struct lrt_iteration none = {NULL, 0}, found;
    if (slice >= of->count) return none;
    found.slice = &of->slices[slice];
    found.iteration = found.slice->first + iteration * found.slice->stride;
    return found;
}

/* The next iteration that reads weights. again: the first slice follows the last one. */
static struct lrt_iteration reading_iteration(const struct lrt_model *m, const struct lrt_slices *of, size_t slice,
                                              int64_t iteration, int again) {
    for (skip_idle(m, of, &slice, &iteration); slice < of->count;
         slice++, iteration = 0, skip_idle(m, of, &slice, &iteration))
        if (of->slices[slice].n_weights) return iteration_at(of, slice, iteration);
    return again ? reading_iteration(m, of, 0, 0, 0) : iteration_at(of, slice, 0);
}

int lrt_walk_next(struct lrt_model *m, const struct lrt_slices *of, int again) {
    struct lrt_iteration now = iteration_at(of, m->slice, m->iteration), next = {NULL, 0};
    size_t slice = m->slice;
    int64_t iteration = m->iteration + 1;
    skip_idle(m, of, &slice, &iteration);
    if (m->residency) {
        next = reading_iteration(m, of, slice, iteration, again);
        lrt_residency_before(m, &now, &next);
    }
    now.slice->run(m, now.iteration);
    if (m->residency) lrt_residency_after(m, &now, &next);
    m->slice = slice;
    m->iteration = iteration;
    return slice == of->count;
}

void lrt_walk_all(struct lrt_model *m, const struct lrt_slices *of) {
    lrt_walk_start(m, of);
    if (of->count)
        while (!lrt_walk_next(m, of, 0)) continue;
}

void lrt_model_update(struct lrt_model *m, int of_nothing, struct lrt_step *out) {
    m->phase = LRT_PHASE_IDLE;
    m->changed = 0;
    if (!of_nothing) lrt_walk_all(m, &m->program->update); /* sets grad_norm and grad_scale, then updates */
    m->run.noise.terms = NULL;
    m->run.noise.n_terms = 0;
    m->run.step++; /* also of nothing: the rate goes by the step's number, and a checkpoint knows no other */
    if (!out) return;
    memset(out, 0, sizeof *out);
    out->grad_norm = m->grad_norm;
    out->learning_rate = m->learning_rate;
}
