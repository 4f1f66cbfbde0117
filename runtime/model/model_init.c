/* Model: how a generated model begins and ends. One block of memory is cut into pools; trained tensors get their first
 * values. */
#include <math.h>
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/core/float_environment.h"
#include "runtime/model/model_internal.h"

static unsigned char *take(unsigned char **at, size_t bytes) {
    unsigned char *here = *at;
    *at += LRT_MODEL_ALIGN(bytes);
    return here;
}

/* ---- beginning ---- */
static void initial_values(struct lrt_model *m, const struct lrt_param_info *p, enum lrt_initial initial,
                           uint64_t tensor, float *w) {
    const int64_t n = lrt_param_floats(p);
    const float bound = (float)(1.0 / sqrt((double)p->shape[p->rank - 1]));
    if (initial == LRT_INITIAL_UNIFORM) lrt_random_uniform(w, n, -bound, bound, m->run.seed, tensor, 0);
    if (initial == LRT_INITIAL_NORMAL) lrt_random_normal(w, n, m->run.seed, tensor, 0);
    for (int64_t k = 0; k < n && initial == LRT_INITIAL_NORMAL; k++) w[k] = 0.02f * w[k];
    for (int64_t k = 0; k < n && initial == LRT_INITIAL_ONES; k++) w[k] = 1.0f;
}

static int initial_from_file(struct lrt_model *m, const struct lrt_param_info *p, int64_t instance, float *w) {
    const struct lrt_weight_info *info = &m->program->info->weights[p->weight];
    int64_t width = p->shape[p->rank - 1], rows = lrt_param_floats(p) / width;
    size_t slot = info->first_slot + (size_t)(p->first - info->first + instance) * info->slot_stride;
    const struct lrt_tensor *t = &m->weights[slot];
    size_t row_bytes = lrt_row_bytes(t->type, (size_t)width);
    if (!t->data || !row_bytes)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s: no weights to start from, or of an unknown type", p->name);
    for (int64_t r = 0; r < rows; r++)
        lrt_dequantise(&m->run, w + r * width, (const unsigned char *)t->data + (size_t)r * row_bytes, t->type, 0,
                       width);
    return LRT_OK;
}

/* The stream of random numbers of a parameter: by the weight it adapts, the layer and its role. Never by its place
 * among the params, which follows the program's methods: a program that only evaluates starts as the one that trains.
 */
static uint64_t tensor_key(const struct lrt_param_info *p, int64_t instance) {
    uint64_t whole = lrt_role_info(p->role)->initial == LRT_INITIAL_BASE;
    return (uint64_t)p->weight << 32 | (uint64_t)(p->first + instance) << 1 | whole;
}

static int initial_params(struct lrt_model *m, int random) {
    const struct lrt_plan_info *info = m->program->info;
    for (size_t i = 0; i < info->n_params; i++) {
        const struct lrt_param_info *p = &info->params[i];
        enum lrt_initial initial = lrt_role_info(p->role)->initial;
        if (initial == LRT_INITIAL_BASE && random) initial = info->weights[p->weight].initial;
        for (int64_t k = 0; k < p->instances; k++) {
            float *w = m->adapters + p->offset + k * p->stride;
            const int status = initial == LRT_INITIAL_BASE ? initial_from_file(m, p, k, w) : LRT_OK;
            if (status != LRT_OK) return status;
            initial_values(m, p, initial, tensor_key(p, k), w);
        }
    }
    return LRT_OK;
}

/* Whether the layer's weight is trained whole from random values: nothing is read of it. */
static int is_replaced(const struct lrt_plan_info *info, size_t weight, int64_t layer, int random) {
    for (size_t i = 0; random && i < info->n_params; i++) {
        const struct lrt_param_info *p = &info->params[i];
        if (p->weight == weight && p->role == LRT_ROLE_FULL && layer >= p->first && layer < p->first + p->instances)
            return 1;
    }
    return 0;
}

static int check_weights(struct lrt_model *m, const struct lrt_plan_info *info, const struct lrt_weights *w,
                         int random) {
    for (size_t i = 0; i < info->n_weights; i++) {
        const struct lrt_weight_info *of = &info->weights[i];
        for (int64_t k = 0; k < of->instances; k++) {
            const struct lrt_tensor *t = &w->slots[of->first_slot + (size_t)k * of->slot_stride];
            if (is_replaced(info, i, of->first + k, random)) continue;
            if (!t->data)
                return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%s of instance %lld: its data is null", of->name,
                                (long long)(of->first + k));
            if (!lrt_row_bytes(t->type, (size_t)of->shape[of->rank - 1]))
                return lrt_fail(&m->run, LRT_ERR_ARGUMENT,
                                "%s of instance %lld: type %u is unknown, or has no rows of "
                                "%lld",
                                of->name, (long long)(of->first + k), (unsigned)t->type,
                                (long long)of->shape[of->rank - 1]);
        }
    }
    return LRT_OK;
}

static int check_options(struct lrt_model *m, const struct lrt_plan_info *info, const struct lrt_options *o) {
    if (!(o->learning_rate >= 0) || !isfinite(o->learning_rate))
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "the learning rate is %g; 0 is the compiled one", o->learning_rate);
    if (o->schedule_steps < 0 || o->run_steps < 0)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "a schedule of %lld steps, a run of %lld",
                        (long long)o->schedule_steps, (long long)o->run_steps);
    const struct lrt_rate_schedule *s = o->schedule;
    if (s && (s->kind < LRT_SCHEDULE_CONSTANT || s->kind > LRT_SCHEDULE_COSINE || s->warmup < 0 || s->steps < 0 ||
              !(s->floor >= 0) || !(s->floor <= 1)))
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "schedule %d with warmup %lld, steps %lld and floor %g", s->kind,
                        (long long)s->warmup, (long long)s->steps, s->floor);
    if (isnan(o->clip) || isinf(o->clip)) return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "clip is not finite");
    if (o->clip > 0 && info->fused)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT,
                        "clip %g asked for; the program is compiled with update fused, which changes parameters before "
                        "the norm is known: build it with update deferred",
                        o->clip);
    return LRT_OK;
}

static int check_init(struct lrt_model *m, const struct lrt_program *p, const void *memory, size_t bytes,
                      const struct lrt_weights *w, const struct lrt_options *o, int threads) {
    if (!memory || (uintptr_t)memory % LRT_ALIGNMENT)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "the memory is null or not aligned to %d bytes", LRT_ALIGNMENT);
    if (bytes < p->memory_bytes)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%zu bytes of memory given, %zu needed", bytes, p->memory_bytes);
    if (!w || (!w->slots && p->info->n_slots) || w->count != p->info->n_slots)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%zu weights given, the model has %zu", w ? w->count : (size_t)0,
                        p->info->n_slots);
    if (threads < 1 || threads > p->info->max_threads)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT, "%d threads asked for; the model is compiled for 1 to %d", threads,
                        p->info->max_threads);
    if (o && check_options(m, p->info, o) != LRT_OK) return LRT_ERR_ARGUMENT;
    if (check_weights(m, p->info, w, o && o->random_init) != LRT_OK) return LRT_ERR_ARGUMENT;
    if (o && lrt_check_shard(m, p->info, "init", o->shard, o->shards) != LRT_OK) return LRT_ERR_ARGUMENT;
    if (o && o->shards && !p->info->tangents)
        return lrt_fail(&m->run, LRT_ERR_ARGUMENT,
                        "shard %d of %d asked for; the program is compiled with an exact gradient, "
                        "of all trained tensors: build it with --gradient forward or zeroth",
                        (int)o->shard, (int)o->shards);
    if (lrt_pool_bytes(threads) > LRT_MODEL_POOL_BYTES(p->info->max_threads))
        return lrt_fail(&m->run, LRT_ERR_SYSTEM, "the thread pool needs %zu bytes, more than the program reserves",
                        lrt_pool_bytes(threads));
    return LRT_OK;
}

static int init(struct lrt_model *m, const struct lrt_program *p, void *memory, size_t bytes,
                const struct lrt_weights *w, const struct lrt_options *o) {
    if (!m) return LRT_ERR_ARGUMENT;
    memset(m, 0, sizeof *m);
    int threads = o && o->threads ? o->threads : 1;
    int status = check_init(m, p, memory, bytes, w, o, threads);
    if (status != LRT_OK) return status;
    unsigned char *at = (unsigned char *)memory;
    unsigned char *arena = take(&at, p->arena_bytes);
    unsigned char *adapters = take(&at, p->param_floats * sizeof(float));
    unsigned char *gradients = take(&at, p->gradient_floats * sizeof(float));
    unsigned char *optimizer = take(&at, p->state_floats * sizeof(float));
    unsigned char *scratch = take(&at, p->scratch_bytes), *pool = take(&at, LRT_MODEL_POOL_BYTES(threads));
    unsigned char *terms = take(&at, LRT_MODEL_TERM_BYTES(p->info->tangents));
    status = lrt_start(&m->run, threads, pool, scratch, p->scratch_bytes);
    if (status != LRT_OK) return status;
    m->program = p;
    m->arena = arena;
    m->adapters = (float *)(void *)adapters;
    m->gradients = (float *)(void *)gradients;
    m->optimizer = (float *)(void *)optimizer;
    m->weights = w->slots;
    m->terms = (struct lrt_noise_term *)(void *)terms;
    m->sums = (double *)(void *)(m->terms + p->info->tangents);
    m->run.rope_interleaved = w->rope_interleaved;
    m->run.seed = o ? o->seed : 0;
    m->run.noise.shard = o ? o->shard : 0;
    m->run.noise.shards = o ? o->shards : 0;
    m->residency = o ? o->residency : NULL;
    m->residency_context = o ? o->residency_context : NULL;
    m->pager = o ? o->pager : NULL;
    m->base_rate = o && o->learning_rate > 0 ? o->learning_rate : p->info->learning_rate;
    m->schedule = o && o->schedule ? *o->schedule : p->info->schedule;
    if (o && o->schedule_steps > 0) m->schedule.steps = o->schedule_steps;
    if (m->schedule.steps <= 0) m->schedule.steps = o ? o->run_steps : 0;
    m->run.clip = o ? o->clip : 0;
    m->phase = LRT_PHASE_IDLE;
    memset(adapters, 0, (size_t)(scratch - adapters));
    status = initial_params(m, o && o->random_init);
    if (status != LRT_OK) {
        lrt_stop(&m->run);
        m->phase = LRT_PHASE_STOPPED;
    }
    return status;
}

int lrt_model_init(struct lrt_model *m, const struct lrt_program *p, void *memory, size_t bytes,
                   const struct lrt_weights *w, const struct lrt_options *o) {
    const struct lrt_float_environment was = lrt_float_enter();
    const int status = init(m, p, memory, bytes, w, o);
    lrt_float_leave(&was);
    return status;
}

void lrt_model_stop(struct lrt_model *m) {
    if (!m) return;
    lrt_stop(&m->run);
    m->phase = LRT_PHASE_STOPPED;
}

/* ---- views ---- */
static float *view(struct lrt_model *m, float *pool, size_t n, size_t *floats) {
    if (floats) *floats = m && m->phase != LRT_PHASE_STOPPED ? n : 0;
    return m && m->phase != LRT_PHASE_STOPPED ? pool : NULL;
}

float *lrt_model_adapter(struct lrt_model *m, size_t *floats) {
    return m && m->program ? view(m, m->adapters, m->program->param_floats, floats) : view(NULL, NULL, 0, floats);
}

float *lrt_model_gradient(struct lrt_model *m, size_t *floats) {
    return m && m->program ? view(m, m->gradients, m->program->gradient_floats, floats) : view(NULL, NULL, 0, floats);
}

float *lrt_model_state(struct lrt_model *m, size_t *floats) {
    return m && m->program ? view(m, m->optimizer, m->program->state_floats, floats) : view(NULL, NULL, 0, floats);
}

void lrt_debug_poison(void *place, size_t bytes) {
    static const uint32_t signalling = UINT32_C(0x7fb5a5a5);
    for (size_t i = 0; i + sizeof signalling <= bytes; i += sizeof signalling)
        memcpy((unsigned char *)place + i, &signalling, sizeof signalling);
}
