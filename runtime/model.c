/* Model: the life of a generated model. One block of memory is cut into pools; a step is a walk over the program's
 * slices, micro-batch after micro-batch, then the update. The pools that outlive a step change in the update alone, so
 * that a step can be dropped at any time before; with update fused they change in the backward pass, and a step dropped
 * there is counted. */
#include <math.h>
#include <string.h>

#include "runtime/lrt.h"

static unsigned char *take(unsigned char **at, size_t bytes) {
    unsigned char *here = *at;
    *at += LRT_MODEL_ALIGN(bytes);
    return here;
}

/* ---- beginning ---- */
static void initial_lora_a(struct lrt_model *m, const struct lrt_param_info *p, uint64_t tensor, float *a) {
    int64_t in = p->shape[p->rank - 1];
    float bound = (float)(1.0 / sqrt((double)in));
    lrt_random_uniform(a, p->shape[0] * in, -bound, bound, m->run.seed, tensor, 0);
}

static int64_t shape_floats(const struct lrt_param_info *p) {
    int64_t n = 1;
    for (int d = 0; d < p->rank; d++) n *= p->shape[d];
    return n;
}

/* Norms are vectors; a bias is one too, told by its name. */
static void initial_random(struct lrt_model *m, const struct lrt_param_info *p, uint64_t tensor, float *w) {
    int64_t n = shape_floats(p);
    const char *name = p->name;
    size_t length = strlen(name);
    int bias = strstr(name, "bias") != NULL || (length > 2 && strcmp(name + length - 2, "_b") == 0);
    if (p->rank > 1) lrt_random_normal(w, n, m->run.seed, tensor, 0);
    for (int64_t k = 0; k < n; k++) w[k] = p->rank > 1 ? 0.02f * w[k] : bias ? 0.0f : 1.0f;
}

static int initial_from_file(struct lrt_model *m, const struct lrt_param_info *p, int64_t instance, float *w) {
    const struct lrt_weight_info *info = &m->program->info->weights[p->weight];
    int64_t width = p->shape[p->rank - 1], rows = shape_floats(p) / width;
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
    uint64_t full = strcmp(p->role, "full") == 0;
    return (uint64_t)p->weight << 32 | (uint64_t)(p->first + instance) << 1 | full;
}

static int initial_params(struct lrt_model *m, int random) {
    const struct lrt_plan_info *info = m->program->info;
    for (size_t i = 0; i < info->n_params; i++) {
        const struct lrt_param_info *p = &info->params[i];
        for (int64_t k = 0; k < p->instances; k++) {
            float *w = m->adapters + p->offset + k * p->stride;
            uint64_t tensor = tensor_key(p, k);
            int status = LRT_OK;
            if (strcmp(p->role, "lora_a") == 0)
                initial_lora_a(m, p, tensor, w);
            else if (strcmp(p->role, "full") == 0 && random)
                initial_random(m, p, tensor, w);
            else if (strcmp(p->role, "full") == 0)
                status = initial_from_file(m, p, k, w);
            if (status != LRT_OK) return status;
        }
    }
    return LRT_OK;
}

static int check_init(struct lrt_model *m, const struct lrt_program *p, const void *memory, size_t bytes,
                      const struct lrt_weights *w, int threads) {
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
    if (lrt_pool_bytes(threads) > LRT_MODEL_POOL_BYTES(p->info->max_threads))
        return lrt_fail(&m->run, LRT_ERR_SYSTEM, "the thread pool needs %zu bytes, more than the program reserves",
                        lrt_pool_bytes(threads));
    return LRT_OK;
}

int lrt_model_init(struct lrt_model *m, const struct lrt_program *p, void *memory, size_t bytes,
                   const struct lrt_weights *w, const struct lrt_options *o) {
    if (!m) return LRT_ERR_ARGUMENT;
    memset(m, 0, sizeof *m);
    int threads = o && o->threads ? o->threads : 1;
    int status = check_init(m, p, memory, bytes, w, threads);
    if (status != LRT_OK) return status;
    unsigned char *at = (unsigned char *)memory;
    unsigned char *arena = take(&at, p->arena_bytes);
    unsigned char *adapters = take(&at, p->param_floats * sizeof(float));
    unsigned char *gradients = take(&at, p->gradient_floats * sizeof(float));
    unsigned char *optimizer = take(&at, p->state_floats * sizeof(float));
    unsigned char *scratch = take(&at, p->scratch_bytes), *pool = take(&at, LRT_MODEL_POOL_BYTES(threads));
    status = lrt_start(&m->run, threads, pool, scratch, p->scratch_bytes);
    if (status != LRT_OK) return status;
    m->program = p;
    m->arena = arena;
    m->adapters = (float *)(void *)adapters;
    m->gradients = (float *)(void *)gradients;
    m->optimizer = (float *)(void *)optimizer;
    m->weights = w->slots;
    m->run.rope_interleaved = w->rope_interleaved;
    m->run.seed = o ? o->seed : 0;
    m->residency = o ? o->residency : NULL;
    m->residency_context = o ? o->residency_context : NULL;
    m->pager = o ? o->pager : NULL;
    m->base_rate = o && o->learning_rate > 0 ? o->learning_rate : p->info->learning_rate;
    m->schedule_steps = o && o->schedule_steps > 0 ? o->schedule_steps : p->schedule_steps;
    if (m->schedule_steps <= 0 && o) m->schedule_steps = o->run_steps;
    m->phase = LRT_PHASE_IDLE;
    memset(adapters, 0, (size_t)(scratch - adapters));
    status = initial_params(m, o && o->random_init);
    if (status != LRT_OK) {
        lrt_stop(&m->run);
        m->phase = LRT_PHASE_STOPPED;
    }
    return status;
}

void lrt_model_stop(struct lrt_model *m) {
    if (!m) return;
    lrt_stop(&m->run);
    m->phase = LRT_PHASE_STOPPED;
}

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
static void drop_step(struct lrt_model *m) {
    if (m->phase != LRT_PHASE_IDLE && m->changed) m->run.torn_steps++;
    m->phase = LRT_PHASE_IDLE;
    m->changed = 0;
}

static double rate_of_step(const struct lrt_model *m) {
    const struct lrt_program *p = m->program;
    return m->base_rate * lrt_schedule(p->schedule, m->run.step + 1, p->warmup, m->schedule_steps, p->schedule_floor);
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
    drop_step(m);
    m->tokens = tokens;
    m->targets = targets;
    m->micro_batches = micro_batches;
    m->micro_batch = 0;
    m->slice = 0;
    m->turn = 0;
    m->loss_sum = 0;
    m->counted = count_targets(m, targets, p->targets * micro_batches);
    m->loss_weight = m->counted ? (float)(1.0 / (double)m->counted) : 0.0f;
    m->grad_scale = 1;
    m->grad_norm = 0;
    m->page_status = LRT_OK;
    m->learning_rate = rate_of_step(m);
    memset(m->gradients, 0, p->gradient_floats * sizeof(float));
    m->phase = m->counted ? LRT_PHASE_GRADIENT : LRT_PHASE_COMPLETE;
    return LRT_OK;
}

static struct lrt_turn turn_at(const struct lrt_part *part, size_t slice, int64_t turn) {
    struct lrt_turn none = {NULL, 0}, found;
    if (slice >= part->count) return none;
    found.slice = &part->slices[slice];
    found.iteration = found.slice->first + turn * found.slice->stride;
    return found;
}

/* The next turn that reads weights; `again`: behind the part's last slice comes its first one. */
static struct lrt_turn reading_turn(const struct lrt_part *part, size_t slice, int64_t turn, int again) {
    for (; slice < part->count; slice++, turn = 0)
        if (part->slices[slice].n_weights) return turn_at(part, slice, turn);
    return again ? reading_turn(part, 0, 0, 0) : turn_at(part, slice, 0);
}

/* Runs one turn of the part's current slice; 1 when that was the last. again: the part is run once more then. */
static int run_turn(struct lrt_model *m, const struct lrt_part *part, int again) {
    struct lrt_turn now = turn_at(part, m->slice, m->turn), next = {NULL, 0};
    size_t slice = m->slice;
    int64_t turn = m->turn + 1;
    if (turn == now.slice->turns) {
        turn = 0;
        slice++;
    }
    if (m->residency) {
        next = reading_turn(part, slice, turn, again);
        lrt_residency_before(m, now, next);
    }
    now.slice->run(m, now.iteration);
    if (m->residency) lrt_residency_after(m, now, next);
    m->slice = slice;
    m->turn = turn;
    return slice == part->count;
}

static void run_part(struct lrt_model *m, const struct lrt_part *part) {
    m->slice = 0;
    m->turn = 0;
    if (part->count)
        while (!run_turn(m, part, 0)) continue;
}

static double loss_at(const struct lrt_model *m, size_t offset) {
    double loss;
    memcpy(&loss, m->arena + offset, sizeof loss);
    return loss;
}

static void end_micro_batch(struct lrt_model *m) {
    m->loss_sum += loss_at(m, m->program->loss_offset);
    m->tokens += m->program->tokens;
    m->targets += m->program->targets;
    m->slice = 0;
    m->turn = 0;
    if (++m->micro_batch == m->micro_batches) m->phase = LRT_PHASE_COMPLETE;
}

int lrt_model_advance(struct lrt_model *m) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase == LRT_PHASE_COMPLETE) return LRT_OK;
    if (m->phase != LRT_PHASE_GRADIENT) return lrt_fail(&m->run, LRT_ERR_STATE, "advance: no step has begun");
    int complete = run_turn(m, &m->program->gradient, m->micro_batch + 1 < m->micro_batches);
    if (m->page_status != LRT_OK) {
        drop_step(m);
        return m->page_status;
    }
    if (complete) end_micro_batch(m);
    return m->phase == LRT_PHASE_COMPLETE ? LRT_OK : LRT_MORE;
}

int lrt_model_finish(struct lrt_model *m, struct lrt_step *out) {
    if (!m) return LRT_ERR_ARGUMENT;
    if (m->phase != LRT_PHASE_COMPLETE) return lrt_fail(&m->run, LRT_ERR_STATE, "finish: the gradient is not complete");
    const struct lrt_program *p = m->program;
    m->phase = LRT_PHASE_IDLE;
    m->changed = 0;
    if (m->counted) run_part(m, &p->update); /* sets grad_norm and grad_scale, then updates */
    m->run.step++; /* also of nothing: the rate goes by the step's number, and a checkpoint knows no other */
    if (out) {
        out->loss = m->counted ? m->loss_sum / (double)m->counted : 0;
        out->counted = m->counted;
        out->grad_norm = m->grad_norm;
        out->learning_rate = m->learning_rate;
    }
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
    drop_step(m);
    *loss_sum = 0;
    *counted = count_targets(m, targets, p->targets);
    if (!*counted) return LRT_OK;
    m->tokens = tokens;
    m->targets = targets;
    m->loss_weight = 1;
    run_part(m, &p->eval);
    *loss_sum = loss_at(m, p->eval_loss_offset);
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
    drop_step(m);
    m->tokens = tokens;
    m->rows = rows;
    m->n_rows = (int32_t)n_rows;
    m->logits = out;
    run_part(m, &p->logits);
    return LRT_OK;
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
