// Bigram model: see the header. The weight W is a file of the test, the adapters are the trained numbers.
#include "tests/unit/bigram_model.h"

#include <math.h>
#include <signal.h>
#include <string.h>

enum { V = BIGRAM_VOCAB, R = BIGRAM_RANK };
static const double BIGRAM_SCALE = 2.0;
const double bigram_momentum = 0.9;

static const struct lrt_dim_info bigram_dims[] = {{"batch", BIGRAM_BATCH}, {"seq", BIGRAM_SEQ}, {"vocab", V}};

const struct lrt_weight_info bigram_weights[1] = {{.name = "head",
                                                   .gguf = "output.weight",
                                                   .hf = "lm_head.weight",
                                                   .rank = 2,
                                                   .shape = {V, V},
                                                   .instances = 1,
                                                   .slot_stride = 1}};

const struct lrt_param_info bigram_params[2] = {
    {.name = "head.lora_a",
     .role = LRT_ROLE_LORA_A,
     .rank = 2,
     .shape = {R, V},
     .instances = 1,
     .stride = R * V,
     .alpha = 2.0 * R,
     .noise_stride = 2},
    {.name = "head.lora_b",
     .role = LRT_ROLE_LORA_B,
     .rank = 2,
     .shape = {V, R},
     .instances = 1,
     .offset = R * V,
     .stride = R * V,
     .alpha = 2.0 * R,
     .first_noise = 1,
     .noise_stride = 2},
};

static const struct lrt_pool_info bigram_pools[] = {{"arena", 0},
                                                    {"adapters", BIGRAM_POOL},
                                                    {"gradients", BIGRAM_POOL},
                                                    {"optimizer", BIGRAM_POOL},
                                                    {"context", sizeof(struct bigram)}};

const struct lrt_plan_info bigram_plan_info = {.model = "bigram",
                                               .version = "0",
                                               .options = "reverse, sgd",
                                               .gradient = "reverse",
                                               .optimizer = "sgd",
                                               .dims = bigram_dims,
                                               .n_dims = 3,
                                               .weights = bigram_weights,
                                               .n_weights = 1,
                                               .n_slots = 1,
                                               .params = bigram_params,
                                               .n_params = 2,
                                               .pools = bigram_pools,
                                               .n_pools = 5,
                                               .peak_at = "",
                                               .batch = BIGRAM_BATCH,
                                               .seq = BIGRAM_SEQ,
                                               .vocab = V,
                                               .ignore = BIGRAM_IGNORE,
                                               .accumulate = 1,
                                               .max_threads = 2,
                                               .n_states = 1,
                                               .learning_rate = 0.5,
                                               .logits_rows = 1,
                                               .schedule_of_run = 1};

struct bigram_control *bigram_control(void) {
    static struct bigram_control control = {.plan = &bigram_plan_info};
    return &control;
}

void bigram_count_call(void) {
    struct bigram_control *control = bigram_control();
    control->calls++;
    if (control->interrupt_call > 0 && --control->interrupt_call == 0) raise(SIGINT);
}

static const struct lrt_plan_info *bigram_plan(void) { return bigram_control()->plan; }

int bigram_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    struct bigram *b = m;
    *b = (struct bigram){
        .run = {.threads = o->threads, .seed = o->seed}, .adapters = memory, .schedule_steps = o->run_steps};
    if (bytes < 3 * (size_t)BIGRAM_POOL) return lrt_fail(&b->run, LRT_ERR_ARGUMENT, "memory too small");
    if (w->count != 1 || w->slots[0].type != LRT_F32) return lrt_fail(&b->run, LRT_ERR_FILE, "one f32 weight wanted");
    b->gradients = b->adapters + BIGRAM_PARAMS;
    b->momentum = b->gradients + BIGRAM_PARAMS;
    b->w = w->slots[0].data;
    b->learning_rate = o->learning_rate > 0 ? o->learning_rate : bigram_plan_info.learning_rate;
    memset(memory, 0, 3 * (size_t)BIGRAM_POOL);
    uint64_t x = o->seed * UINT64_C(6364136223846793005) + 1;
    for (int i = 0; i < R * V; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        b->adapters[i] = ((float)(x >> 40) / 16777216.0F - 0.5F) * 0.6F;
    }
    return LRT_OK;
}

static void bigram_stop(void *m) { ((struct bigram *)m)->next = 0; }

void bigram_logits_of(const float *w, const float *adapters, int token, double y[V]) {
    for (int j = 0; j < V; j++) {
        y[j] = (double)w[j * V + token];
        if (!adapters) continue;
        for (int r = 0; r < R; r++)
            y[j] += BIGRAM_SCALE * (double)adapters[R * V + j * R + r] * (double)adapters[r * V + token];
    }
}

double bigram_softmax_loss(double y[V], int target) {
    double top = y[0], sum = 0;
    for (int j = 1; j < V; j++) top = fmax(top, y[j]);
    for (int j = 0; j < V; j++) sum += y[j] = exp(y[j] - top);
    for (int j = 0; j < V; j++) y[j] /= sum;
    return -log(y[target]);
}

double bigram_loss(const float *w, const float *adapters, const int *tokens, const int *targets, int n) {
    double sum = 0, y[V];
    int counted = 0;
    for (int i = 0; i < n; i++) {
        if (targets[i] == BIGRAM_IGNORE) continue;
        bigram_logits_of(w, adapters, tokens[i], y);
        sum += bigram_softmax_loss(y, targets[i]);
        counted++;
    }
    return sum / counted;
}

static int bigram_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    struct bigram *b = m;
    b->tokens = tokens;
    b->targets = targets;
    b->micro_batches = micro_batches;
    b->next = b->counted = 0;
    b->loss = 0;
    for (int64_t i = 0; i < micro_batches * BIGRAM_ROWS; i++) b->counted += targets[i] != BIGRAM_IGNORE;
    memset(b->gradients, 0, BIGRAM_POOL);
    return LRT_OK;
}

static void bigram_add_gradient(struct bigram *b, int token, int target) {
    double y[V];
    bigram_logits_of(b->w, b->adapters, token, y);
    b->loss += bigram_softmax_loss(y, target);
    for (int j = 0; j < V; j++) {
        const double dy = (y[j] - (j == target)) / (double)b->counted * BIGRAM_SCALE;
        for (int r = 0; r < R; r++) {
            float *da = &b->gradients[r * V + token], *db = &b->gradients[R * V + j * R + r];
            *da += (float)(dy * (double)b->adapters[R * V + j * R + r]);
            *db += (float)(dy * (double)b->adapters[r * V + token]);
        }
    }
}

static int bigram_advance(void *m) { // one micro-batch per slice
    struct bigram *b = m;
    const int64_t end = (b->next + 1) * BIGRAM_ROWS;
    for (int64_t i = b->next * BIGRAM_ROWS; i < end; i++)
        if (b->targets[i] != BIGRAM_IGNORE) bigram_add_gradient(b, b->tokens[i], b->targets[i]);
    return ++b->next < b->micro_batches ? LRT_MORE : LRT_OK;
}

static int bigram_finish(void *m, struct lrt_step *out) {
    struct bigram *b = m;
    const double left = b->schedule_steps > 0 ? fmax(0, 1 - (double)b->run.step / (double)b->schedule_steps) : 1;
    double norm = 0;
    for (int i = 0; i < BIGRAM_PARAMS; i++) norm += (double)b->gradients[i] * (double)b->gradients[i];
    *out = (struct lrt_step){.loss = b->loss / (double)b->counted,
                             .counted = b->counted,
                             .grad_norm = sqrt(norm),
                             .learning_rate = b->learning_rate * left};
    for (int i = 0; i < BIGRAM_PARAMS; i++) {
        b->momentum[i] = (float)(bigram_momentum * (double)b->momentum[i] + (double)b->gradients[i]);
        b->adapters[i] -= (float)(out->learning_rate * (double)b->momentum[i]);
    }
    if (++b->run.step == bigram_control()->interrupt_step) raise(SIGINT);
    return LRT_OK;
}

static int bigram_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches,
                       struct lrt_step *out) {
    int status = bigram_begin(m, tokens, targets, micro_batches);
    do status = bigram_advance(m);
    while (status == LRT_MORE);
    return status == LRT_OK ? bigram_finish(m, out) : status;
}

static int bigram_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    struct bigram *b = m;
    double y[V];
    bigram_count_call();
    *loss_sum = 0;
    *counted = 0;
    for (int i = 0; i < BIGRAM_ROWS; i++) {
        if (targets[i] == BIGRAM_IGNORE) continue;
        bigram_logits_of(b->w, b->adapters, tokens[i], y);
        *loss_sum += bigram_softmax_loss(y, targets[i]);
        ++*counted;
    }
    return LRT_OK;
}

static int bigram_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    struct bigram *b = m;
    double y[V];
    bigram_count_call();
    for (int64_t i = 0; i < n_rows; i++) {
        bigram_logits_of(b->w, b->adapters, tokens[rows[i]], y);
        for (int j = 0; j < V; j++) out[i * V + j] = (float)y[j];
    }
    return LRT_OK;
}

static float *bigram_view(float *pool, size_t *floats) {
    *floats = BIGRAM_PARAMS;
    return pool;
}

static float *bigram_adapter(void *m, size_t *floats) { return bigram_view(((struct bigram *)m)->adapters, floats); }

static float *bigram_gradient(void *m, size_t *floats) { return bigram_view(((struct bigram *)m)->gradients, floats); }

static float *bigram_state(void *m, size_t *floats) { return bigram_view(((struct bigram *)m)->momentum, floats); }

static struct lrt *bigram_run(void *m) { return &((struct bigram *)m)->run; }

const struct lrt_interface *bigram_interface(void) {
    static const struct lrt_interface interface = {.context_bytes = sizeof(struct bigram),
                                                   .memory_bytes = 3 * (size_t)BIGRAM_POOL,
                                                   .plan = bigram_plan,
                                                   .init = bigram_init,
                                                   .stop = bigram_stop,
                                                   .begin = bigram_begin,
                                                   .advance = bigram_advance,
                                                   .finish = bigram_finish,
                                                   .step = bigram_step,
                                                   .eval = bigram_eval,
                                                   .logits = bigram_logits,
                                                   .adapter = bigram_adapter,
                                                   .gradient = bigram_gradient,
                                                   .state = bigram_state,
                                                   .run = bigram_run};
    return &interface;
}
