/* Model: the life of a step. It is a walk over the program's slices, micro-batch after micro-batch, in some programs
 * several times (passes), then the update. The pools that outlive a step change in the update alone, so that a step can
 * be dropped at any time before; with update fused they change in the backward pass, and a step dropped there is
 * counted. */
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/model/model_parts.h"

/* ---- a step in slices ---- */
static int check_ids(struct lrt_model *m, const char *what, const int32_t *ids, int64_t n, int64_t ignore) {
    for (int64_t i = 0; i < n; i++)
        if (ids[i] != ignore && (ids[i] < 0 || ids[i] >= m->program->info->vocab))
            return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s %lld is %d, the vocabulary has %lld", what, (long long)i,
                            (int)ids[i], (long long)m->program->info->vocab);
    return LRT_OK;
}

static int check_call(struct lrt_model *m, const char *call, const int32_t *tokens, size_t slices) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_STOPPED)
        return lrt_fail(&m->run, LRT_ERR_STATE, "%s: the model is not initialised", call);
    if (!slices) return lrt_fail(&m->run, LRT_ERR_STATE, "%s: the program was compiled without it", call);
    if (!tokens) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s: tokens are null", call);
    return LRT_OK;
}

static int64_t count_targets(const struct lrt_model *m, const int32_t *targets, int64_t n) {
    int64_t counted = 0;
    for (int64_t i = 0; i < n; i++) counted += targets[i] != m->program->info->ignore;
    return counted;
}

/* The memory of a step at work is needed for something else: advance and finish then say so. */
void lrt_model_drop(struct lrt_model *m) {
    if (m->phase != LRT_PHASE_IDLE && m->changed) m->run.torn_steps++;
    m->phase = LRT_PHASE_IDLE;
    m->changed = 0;
}

double lrt_model_rate(const struct lrt_model *m) {
    const struct lrt_program *p = m->program;
    return m->base_rate * lrt_schedule(p->schedule, m->run.step + 1, p->warmup, m->schedule_steps, p->schedule_floor);
}

static void complete(struct lrt_model *m) {
    lrt_estimate_complete(m);
    m->phase = LRT_PHASE_COMPLETE;
}

/* The first iteration from here on that runs. */
static void settle(const struct lrt_model *m, const struct lrt_part *part, size_t *slice, int64_t *iteration) {
    for (; *slice < part->count; ++*slice, *iteration = 0) {
        const struct lrt_slice *s = &part->slices[*slice];
        const int64_t first = s->from ? lrt_bound_value(m, s->from) : 0;
        const int64_t end = s->to ? lrt_bound_value(m, s->to) : s->iterations;
        if (*iteration < first) *iteration = first;
        if (*iteration < end) return;
    }
}

static void start_part(struct lrt_model *m, const struct lrt_part *part) {
    m->slice = 0;
    m->iteration = 0;
    settle(m, part, &m->slice, &m->iteration);
}

int lrt_model_begin(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    int status = check_call(m, "begin", tokens, m ? m->program ? m->program->gradient.count : 0 : 0);
    if (status != LRT_OK) return status;
    const struct lrt_program *p = m->program;
    if (!targets || micro_batches < 1)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "begin: targets are null, or less than one micro-batch");
    if (p->info->fused && micro_batches > 1)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT,
                        "begin: %lld micro-batches; the program is compiled with update fused, which changes the "
                        "adapters after each: give one, or compile with update deferred",
                        (long long)micro_batches);
    if (p->page_bytes && !m->pager)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "begin: the program was compiled with page on: init needs a pager");
    status = check_ids(m, "token", tokens, p->tokens * micro_batches, INT64_MIN);
    if (status == LRT_OK) status = check_ids(m, "target", targets, p->targets * micro_batches, p->info->ignore);
    if (status != LRT_OK) return status;
    lrt_model_drop(m);
    m->tokens = tokens;
    m->targets = targets;
    m->micro_batches = micro_batches;
    m->micro_batch = 0;
    start_part(m, &p->gradient);
    m->loss_sum = 0;
    m->counted = count_targets(m, targets, p->targets * micro_batches);
    m->loss_weight = m->counted ? (float)(1.0 / (double)m->counted) : 0.0f;
    m->grad_scale = 1;
    m->grad_norm = 0;
    m->page_status = LRT_OK;
    m->learning_rate = lrt_model_rate(m);
    memset(m->gradients, 0, p->gradient_floats * sizeof(float));
    lrt_estimate_begin(m);
    m->phase = LRT_PHASE_GRADIENT;
    if (!m->counted) complete(m);
    return LRT_OK;
}

static struct lrt_iteration iteration_at(const struct lrt_part *part, size_t slice, int64_t iteration) {
    struct lrt_iteration none = {NULL, 0}, found;
    if (slice >= part->count) return none;
    found.slice = &part->slices[slice];
    found.iteration = found.slice->first + iteration * found.slice->stride;
    return found;
}

/* The next iteration that reads weights; `again`: behind the part's last slice comes its first one. */
static struct lrt_iteration reading_iteration(const struct lrt_model *m, const struct lrt_part *part, size_t slice,
                                              int64_t iteration, int again) {
    for (settle(m, part, &slice, &iteration); slice < part->count;
         slice++, iteration = 0, settle(m, part, &slice, &iteration))
        if (part->slices[slice].n_weights) return iteration_at(part, slice, iteration);
    return again ? reading_iteration(m, part, 0, 0, 0) : iteration_at(part, slice, 0);
}

/* Runs one iteration of the part's current slice; 1 when that was the last. again: the part is run once more then. */
static int run_iteration(struct lrt_model *m, const struct lrt_part *part, int again) {
    struct lrt_iteration now = iteration_at(part, m->slice, m->iteration), next = {NULL, 0};
    size_t slice = m->slice;
    int64_t iteration = m->iteration + 1;
    settle(m, part, &slice, &iteration);
    if (m->residency) {
        next = reading_iteration(m, part, slice, iteration, again);
        lrt_residency_before(m, now, next);
    }
    now.slice->run(m, now.iteration);
    if (m->residency) lrt_residency_after(m, now, next);
    m->slice = slice;
    m->iteration = iteration;
    return slice == part->count;
}

static void run_part(struct lrt_model *m, const struct lrt_part *part) {
    start_part(m, part);
    if (part->count)
        while (!run_iteration(m, part, 0)) continue;
}

double lrt_model_double(const struct lrt_model *m, size_t offset) {
    double number;
    memcpy(&number, m->arena + offset, sizeof number);
    return number;
}

static void end_pass(struct lrt_model *m) {
    start_part(m, &m->program->gradient);
    if (lrt_estimate_pass(m)) return;
    m->tokens += m->program->tokens;
    m->targets += m->program->targets;
    if (++m->micro_batch == m->micro_batches) complete(m);
}

int lrt_model_advance(struct lrt_model *m) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_COMPLETE) return LRT_OK;
    if (m->phase != LRT_PHASE_GRADIENT) return lrt_fail(&m->run, LRT_ERR_STATE, "advance: no step has begun");
    int again = m->pass + 1 < m->program->passes || m->micro_batch + 1 < m->micro_batches;
    int ended = run_iteration(m, &m->program->gradient, again);
    if (m->page_status != LRT_OK) {
        lrt_model_drop(m);
        return m->page_status;
    }
    if (ended) end_pass(m);
    return m->phase == LRT_PHASE_COMPLETE ? LRT_OK : LRT_MORE;
}

void lrt_model_update(struct lrt_model *m, int of_nothing, struct lrt_step *out) {
    m->phase = LRT_PHASE_IDLE;
    m->changed = 0;
    if (!of_nothing) run_part(m, &m->program->update); /* sets grad_norm and grad_scale, then updates */
    m->run.noise.terms = NULL;
    m->run.noise.n_terms = 0;
    m->run.step++; /* also of nothing: the rate goes by the step's number, and a checkpoint knows no other */
    if (!out) return;
    memset(out, 0, sizeof *out);
    out->grad_norm = m->grad_norm;
    out->learning_rate = m->learning_rate;
}

int lrt_model_finish(struct lrt_model *m, struct lrt_step *out) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase != LRT_PHASE_COMPLETE) return lrt_fail(&m->run, LRT_ERR_STATE, "finish: the gradient is not complete");
    lrt_model_update(m, !m->counted, out);
    if (!out) return LRT_OK;
    out->loss = m->counted ? m->loss_sum / (double)m->counted : 0;
    out->counted = m->counted;
    return LRT_OK;
}

int lrt_model_step(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches,
                   struct lrt_step *out) {
    int status = lrt_model_begin(m, tokens, targets, micro_batches);
    if (status != LRT_OK) return status;
    while ((status = lrt_model_advance(m)) == LRT_MORE) continue;
    return status == LRT_OK ? lrt_model_finish(m, out) : status;
}

/* ---- without a gradient ---- */
int lrt_model_eval(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, double *loss_sum,
                   int64_t *counted) {
    int status = check_call(m, "eval", tokens, m && m->program ? m->program->eval.count : 0);
    if (status != LRT_OK) return status;
    const struct lrt_program *p = m->program;
    if (!targets || !loss_sum || !counted)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "eval: targets, loss_sum or counted are null");
    status = check_ids(m, "token", tokens, p->tokens, INT64_MIN);
    if (status == LRT_OK) status = check_ids(m, "target", targets, p->targets, p->info->ignore);
    if (status != LRT_OK) return status;
    lrt_model_drop(m);
    *loss_sum = 0;
    *counted = count_targets(m, targets, p->targets);
    if (!*counted) return LRT_OK;
    m->tokens = tokens;
    m->targets = targets;
    m->loss_weight = 1;
    lrt_estimate_none(m);
    run_part(m, &p->eval);
    *loss_sum = lrt_model_double(m, p->eval_loss_offset);
    return LRT_OK;
}

int lrt_model_logits(struct lrt_model *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    int status = check_call(m, "logits", tokens, m && m->program ? m->program->logits.count : 0);
    if (status != LRT_OK) return status;
    const struct lrt_program *p = m->program;
    if (!rows || !out || n_rows < 1 || n_rows > p->info->logits_rows)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "logits: rows or out are null, or not 1 to %lld rows",
                        (long long)p->info->logits_rows);
    for (int64_t i = 0; i < n_rows; i++)
        if (rows[i] < 0 || rows[i] >= p->tokens)
            return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "logits: row %d of %lld", (int)rows[i], (long long)p->tokens);
    status = check_ids(m, "token", tokens, p->tokens, INT64_MIN);
    if (status != LRT_OK) return status;
    lrt_model_drop(m);
    m->tokens = tokens;
    m->rows = rows;
    m->n_rows = (int32_t)n_rows;
    m->logits = out;
    lrt_estimate_none(m);
    run_part(m, &p->logits);
    return LRT_OK;
}
