/* Estimates: programs that know their gradient only along random directions. A pass gives a number for each direction.
 * Summed over micro-batches in double and rounded to float, these are the step's scalars. Scalars and seed determine
 * the whole update, and the step's own update is computed from them alone.
 *
 * Forward mode (SPRY, arXiv 2405.15551): the derivative of the loss along each tangent, over their number. Zeroth order
 * (MeZO, arXiv 2305.17333): the difference of two losses, a step eps to both sides of the tensors, which themselves do
 * not move. */
#include <math.h>
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/core/float_environment.h"
#include "runtime/formats/bits.h"
#include "runtime/model/model_internal.h"

_Static_assert(LRT_MODEL_TERM_BYTES(1) >= sizeof(struct lrt_noise_term) + sizeof(double), "room for a step's scalars");

/* ---- a step ---- */
void lrt_estimate_begin(struct lrt_model *m) {
    struct lrt_noise *noise = &m->run.noise;
    const int tangents = m->program->info->tangents;
    noise->seed = m->run.seed;
    noise->step = m->run.step + 1;
    noise->scale = (float)m->program->info->perturbation;
    noise->terms = NULL;
    noise->n_terms = 0;
    m->pass = 0;
    if (tangents) memset(m->sums, 0, (size_t)tangents * sizeof *m->sums);
}

void lrt_estimate_none(struct lrt_model *m) { m->run.noise.scale = 0; }

int lrt_estimate_pass(struct lrt_model *m) {
    const struct lrt_program *p = m->program;
    const double loss = lrt_model_double(m, p->loss_offset);
    if (m->pass + 1 < p->passes) {
        m->pass++;
        m->pass_loss = loss;
        m->run.noise.scale = -m->run.noise.scale;
        return 1;
    }
    if (p->passes < 2) {
        m->loss_sum += loss;
        for (int k = 0; k < p->info->tangents; k++) m->sums[k] += lrt_model_double(m, p->tangent_offsets[k]);
        return 0;
    }
    m->loss_sum += 0.5 * (m->pass_loss + loss);
    m->sums[0] += m->pass_loss - loss;
    m->pass = 0;
    m->run.noise.scale = -m->run.noise.scale;
    return 0;
}

void lrt_estimate_complete(struct lrt_model *m) {
    const struct lrt_plan_info *info = m->program->info;
    struct lrt_noise *noise = &m->run.noise;
    const double steps = info->perturbation > 0 ? 2 * (double)(float)info->perturbation : (double)info->tangents;
    for (int32_t k = 0; k < info->tangents; k++) {
        struct lrt_noise_term *t = &m->terms[k];
        *t = (struct lrt_noise_term){.seed = noise->seed, .step = noise->step, .tangent = k};
        t->shard = noise->shard;
        t->shards = noise->shards;
        t->scalar = m->counted ? (float)(m->sums[k] / steps * (double)m->loss_weight) : lrt_bits_float(LRT_NO_SCALAR);
    }
    noise->scale = 0;
    noise->terms = m->terms;
    noise->n_terms = m->counted ? (size_t)info->tangents : 0;
}

/* ---- what can be asked ---- */
static int check_estimates(struct lrt_model *m, const char *call) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_STOPPED)
        return lrt_fail(&m->run, LRT_ERR_STATE, "%s: the model is not initialised", call);
    if (!m->program->info->tangents)
        return lrt_fail(
            &m->run, LRT_ERR_STATE,
            "%s: the program is compiled with an exact gradient, which has no scalars: build it with --gradient "
            "forward or zeroth",
            call);
    return LRT_OK;
}

int lrt_model_scalars(struct lrt_model *m, float *out) {
    int status = check_estimates(m, "scalars");
    if (status != LRT_OK) return status;
    if (!out) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "scalars: out is null");
    if (m->phase != LRT_PHASE_COMPLETE)
        return lrt_fail(&m->run, LRT_ERR_STATE, "scalars: the gradient is not complete");
    for (int k = 0; k < m->program->info->tangents; k++) memcpy(&out[k], &m->terms[k].scalar, sizeof *out);
    return LRT_OK;
}

static int check_term(struct lrt_model *m, const struct lrt_noise_term *t, size_t index) {
    if (lrt_float_bits(t->scalar) == LRT_NO_SCALAR)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT,
                        "apply: term %zu is of a step that counted no tokens: it is left out", index);
    if (!isfinite(t->scalar))
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "apply: term %zu: the scalar is not finite", index);
    if (t->tangent < 0 || t->tangent >= m->program->info->tangents)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "apply: term %zu: tangent %d; the program has %d, counted from 0",
                        index, (int)t->tangent, m->program->info->tangents);
    if (t->step < 1)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "apply: term %zu: step %lld; steps count from 1", index,
                        (long long)t->step);
    return lrt_check_shard(m, m->program->info, "apply", t->shard, t->shards);
}

static int apply(struct lrt_model *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    int status = check_estimates(m, "apply");
    if (status != LRT_OK) return status;
    if (!terms && n) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "apply: terms are null");
    for (size_t i = 0; i < n; i++)
        if ((status = check_term(m, &terms[i], i)) != LRT_OK) return status;
    lrt_model_drop(m);
    m->grad_scale = 1;
    m->grad_norm = 0;
    m->learning_rate = lrt_model_rate(m);
    m->run.noise.scale = 0;
    m->run.noise.terms = terms;
    m->run.noise.n_terms = n;
    lrt_model_update(m, n == 0, out);
    return LRT_OK;
}

int lrt_model_apply(struct lrt_model *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = apply(m, terms, n, out);
    lrt_float_leave(&was);
    return status;
}

/* Writes the estimate of a parameter's instances, the same elements that updates read. */
static void estimate_param(const struct lrt_model *m, const struct lrt_param_info *p, float *out) {
    for (int64_t k = 0; k < p->instances; k++) {
        const struct lrt_tensor estimated = lrt_estimated(lrt_param_noise(p, k), 1, lrt_param_floats(p));
        lrt_generated_floats(&m->run.noise, out + k * p->stride, &estimated, 0, estimated.columns);
    }
}

static int estimate(struct lrt_model *m, float *out) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase != LRT_PHASE_COMPLETE)
        return lrt_fail(&m->run, LRT_ERR_STATE, "estimate: the gradient is not complete");
    if (!out) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "estimate: out is null");
    const struct lrt_plan_info *info = m->program->info;
    if (info->fused)
        return lrt_fail(&m->run, LRT_ERR_STATE,
                        "estimate: the program is compiled with update fused: no gradient is whole");
    if (!info->tangents) {
        memcpy(out, m->gradients, m->program->gradient_floats * sizeof(float));
        return LRT_OK;
    }
    memset(out, 0, m->program->param_floats * sizeof(float));
    if (!m->counted) return LRT_OK;
    for (size_t i = 0; i < info->n_params; i++) estimate_param(m, &info->params[i], out + info->params[i].offset);
    return LRT_OK;
}

int lrt_model_estimate(struct lrt_model *m, float *out) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = estimate(m, out);
    lrt_float_leave(&was);
    return status;
}
