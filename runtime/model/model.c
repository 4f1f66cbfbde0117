/* Model: the life of a step. It runs the program's gradient for micro-batch after micro-batch, in some programs in
 * several passes, and then the update. Only the update changes what outlives a step, so a step can be dropped at any
 * time before. With update fused the backward pass makes these changes, and a step that is dropped there is counted as
 * torn. */
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/core/float_environment.h"
#include "runtime/model/model_internal.h"

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

static void complete(struct lrt_model *m) {
    lrt_estimate_complete(m);
    m->phase = LRT_PHASE_COMPLETE;
}

static int begin(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
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
    lrt_walk_start(m, &p->gradient);
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

int lrt_model_begin(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = begin(m, tokens, targets, micro_batches);
    lrt_float_leave(&was);
    return status;
}

static void end_pass(struct lrt_model *m) {
    lrt_walk_start(m, &m->program->gradient);
    if (lrt_estimate_pass(m)) return;
    m->tokens += m->program->tokens;
    m->targets += m->program->targets;
    if (++m->micro_batch == m->micro_batches) complete(m);
}

static int advance(struct lrt_model *m) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_COMPLETE) return LRT_OK;
    if (m->phase != LRT_PHASE_GRADIENT) return lrt_fail(&m->run, LRT_ERR_STATE, "advance: no step has begun");
    int again = m->pass + 1 < m->program->passes || m->micro_batch + 1 < m->micro_batches;
    int ended = lrt_walk_next(m, &m->program->gradient, again);
    if (m->page_status != LRT_OK) {
        lrt_model_drop(m);
        return m->page_status;
    }
    if (ended) end_pass(m);
    return m->phase == LRT_PHASE_COMPLETE ? LRT_OK : LRT_MORE;
}

int lrt_model_advance(struct lrt_model *m) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = advance(m);
    lrt_float_leave(&was);
    return status;
}

static int finish(struct lrt_model *m, struct lrt_step *out) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase != LRT_PHASE_COMPLETE) return lrt_fail(&m->run, LRT_ERR_STATE, "finish: the gradient is not complete");
    lrt_model_update(m, !m->counted, out);
    if (!out) return LRT_OK;
    out->loss = m->counted ? m->loss_sum / (double)m->counted : 0;
    out->counted = m->counted;
    return LRT_OK;
}

int lrt_model_finish(struct lrt_model *m, struct lrt_step *out) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = finish(m, out);
    lrt_float_leave(&was);
    return status;
}

int lrt_model_step(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches,
                   struct lrt_step *out) {
    int status = lrt_model_begin(m, tokens, targets, micro_batches);
    if (status != LRT_OK) return status;
    while ((status = lrt_model_advance(m)) == LRT_MORE) continue;
    return status == LRT_OK ? lrt_model_finish(m, out) : status;
}

/* ---- without a gradient ---- */
static int eval(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, double *loss_sum,
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
    lrt_walk_all(m, &p->eval);
    *loss_sum = lrt_model_double(m, p->eval_loss_offset);
    return LRT_OK;
}

int lrt_model_eval(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, double *loss_sum,
                   int64_t *counted) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = eval(m, tokens, targets, loss_sum, counted);
    lrt_float_leave(&was);
    return status;
}

static int logits(struct lrt_model *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
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
    lrt_walk_all(m, &p->logits);
    return LRT_OK;
}

int lrt_model_logits(struct lrt_model *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = logits(m, tokens, rows, n_rows, out);
    lrt_float_leave(&was);
    return status;
}
