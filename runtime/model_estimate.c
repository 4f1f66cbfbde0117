/* Estimates: what a model can be asked about its gradient beside its update. */
#include <string.h>

#include "runtime/lrt.h"

static int check_estimates(struct lrt_model *m, const char *call) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_STOPPED)
        return lrt_fail(&m->run, LRT_ERR_STATE, "%s: the model is not initialised", call);
    if (!m->program->info->tangents)
        return lrt_fail(&m->run, LRT_ERR_STATE,
                        "%s: the program was compiled with an exact gradient, which has no scalars", call);
    return LRT_OK;
}

int lrt_model_scalars(struct lrt_model *m, float *out) {
    int status = check_estimates(m, "scalars");
    if (status != LRT_OK) return status;
    if (!out) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "scalars: out is null");
    if (m->phase != LRT_PHASE_COMPLETE)
        return lrt_fail(&m->run, LRT_ERR_STATE, "scalars: the gradient is not complete");
    for (int k = 0; k < m->program->info->tangents; k++) out[k] = m->terms[k].scalar;
    return LRT_OK;
}

int lrt_model_apply(struct lrt_model *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    (void)out;
    int status = check_estimates(m, "apply");
    if (status != LRT_OK) return status;
    if (!terms && n) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "apply: terms are null");
    return lrt_fail(&m->run, LRT_ERR_STATE, "apply: no step has begun");
}

int lrt_model_estimate(struct lrt_model *m, float *out) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase != LRT_PHASE_COMPLETE)
        return lrt_fail(&m->run, LRT_ERR_STATE, "estimate: the gradient is not complete");
    if (!out) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "estimate: out is null");
    if (m->program->info->fused)
        return lrt_fail(&m->run, LRT_ERR_STATE,
                        "estimate: the program is compiled with update fused: no gradient is whole");
    memcpy(out, m->gradients, m->program->gradient_floats * sizeof(float));
    return LRT_OK;
}

int lrt_model_shard_get(struct lrt_model *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    (void)out;
    (void)floats;
    (void)shard;
    (void)shards;
    return check_estimates(m, "shard_get");
}

int lrt_model_shard_set(struct lrt_model *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    (void)in;
    (void)floats;
    (void)shard;
    (void)shards;
    return check_estimates(m, "shard_set");
}
