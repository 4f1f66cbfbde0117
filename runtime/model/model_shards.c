/* Shards: which trained tensors belong to whom, and the tensors of one shard as flat floats. Pairs of tensors (LoRA's A
 * and B of a weight, or one that has no second alone) are dealt out one by one: shard s of S has the pairs with
 * pair % S == s - 1. */
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/kernels/generated.h"
#include "runtime/model/model_internal.h"

int64_t lrt_param_floats(const struct lrt_param_info *p) {
    int64_t n = 1;
    for (int d = 0; d < p->rank; d++) n *= p->shape[d];
    return n;
}

uint32_t lrt_param_noise(const struct lrt_param_info *p, int64_t k) {
    return p->first_noise + (uint32_t)k * p->noise_stride;
}

int lrt_check_shard(struct lrt_model *m, const struct lrt_plan_info *info, const char *call, int32_t shard,
                    int32_t shards) {
    int64_t pairs = 0, own = 0;
    if (shard == 0 && shards == 0) return LRT_OK;
    if (shards < 1 || shard < 1 || shard > shards)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s: shard %d of %d: shards count from 1", call, (int)shard,
                        (int)shards);
    for (size_t i = 0; i < info->n_params; i++)
        for (int64_t k = 0; k < info->params[i].instances; k++) {
            own += lrt_noise_has(lrt_param_noise(&info->params[i], k), shard, shards);
            pairs += !lrt_role_info(info->params[i].role)->second;
        }
    if (shards > pairs)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s: %d shards of %lld trained pairs of tensors", call, (int)shards,
                        (long long)pairs);
    if (!own)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s: shard %d of %d has no tensor", call, (int)shard, (int)shards);
    return LRT_OK;
}

int64_t lrt_bound_value(const struct lrt_model *m, const struct lrt_bound *s) {
    const struct lrt_noise *noise = &m->run.noise;
    int64_t first = noise->shards ? s->most : 0;
    for (size_t i = 0; i < s->n_params && first; i++) {
        const struct lrt_bound_param *read = &s->params[i];
        const struct lrt_param_info *p = &m->program->info->params[read->param];
        for (int64_t k = 0; k < p->instances; k++) {
            const int64_t trip = read->before + k * read->each;
            if (trip >= first || !lrt_noise_has(lrt_param_noise(p, k), noise->shard, noise->shards)) continue;
            first = trip > 0 ? trip : 0;
        }
    }
    return first;
}

/* ---- views ---- */
struct shard_walk {
    struct lrt_model *m;
    int32_t shard, shards;
    float *out;      /* NULL: none wanted */
    const float *in; /* NULL: nothing to set */
    size_t floats;   /* seen so far */
};

static void walk_shard(struct shard_walk *w) {
    const struct lrt_plan_info *info = w->m->program->info;
    w->floats = 0;
    for (size_t i = 0; i < info->n_params; i++) {
        const struct lrt_param_info *p = &info->params[i];
        const size_t n = (size_t)lrt_param_floats(p);
        for (int64_t k = 0; k < p->instances; k++) {
            float *tensor = w->m->adapters + p->offset + k * p->stride;
            if (!lrt_noise_has(lrt_param_noise(p, k), w->shard, w->shards)) continue;
            if (w->out) memcpy(w->out + w->floats, tensor, n * sizeof(float));
            if (w->in) memcpy(tensor, w->in + w->floats, n * sizeof(float));
            w->floats += n;
        }
    }
}

static int check_view(struct lrt_model *m, const char *call, int32_t shard, int32_t shards) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_STOPPED)
        return lrt_fail(&m->run, LRT_ERR_STATE, "%s: the model is not initialised", call);
    return lrt_check_shard(m, m->program->info, call, shard, shards);
}

int lrt_model_shard_get(struct lrt_model *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    int status = check_view(m, "shard_get", shard, shards);
    if (status != LRT_OK) return status;
    if (!floats) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "shard_get: floats is null");
    struct shard_walk w = {m, shard, shards, out, NULL, 0};
    walk_shard(&w);
    *floats = w.floats;
    return LRT_OK;
}

int lrt_model_shard_set(struct lrt_model *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    int status = check_view(m, "shard_set", shard, shards);
    if (status != LRT_OK) return status;
    struct shard_walk w = {m, shard, shards, NULL, NULL, 0};
    walk_shard(&w);
    if (!in || floats != w.floats)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "shard_set: %zu floats given, shard %d of %d has %zu",
                        in ? floats : (size_t)0, (int)shard, (int)shards, w.floats);
    lrt_model_drop(m);
    w.in = in;
    walk_shard(&w);
    return LRT_OK;
}
