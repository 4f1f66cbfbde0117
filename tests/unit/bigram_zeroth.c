// Bigram zeroth: see the header. Slices for the gradient, the update and the evaluation, and calls of the runtime.
#include "tests/unit/bigram_zeroth.h"

#include <signal.h>
#include <string.h>

#include "tests/unit/tensors.h"

struct lrt_plan_info *bigram_zeroth_info(void) {
    static struct lrt_plan_info info; // bigram_zeroth fills it
    return &info;
}

static const struct lrt_plan_info *bigram_zeroth_plan(void) { return bigram_zeroth_info(); }

// The loss of a micro-batch at the perturbed adapters; the weights file is in Hugging Face order.
static void bigram_zeroth_loss(struct lrt_model *m, int64_t iteration) {
    float adapters[BIGRAM_PARAMS];
    double loss = 0, y[BIGRAM_VOCAB];
    (void)iteration;
    for (size_t i = 0; i < 2; i++) {
        const struct lrt_param_info *p = &bigram_params[i];
        const struct lrt_tensor t =
            lrt_perturbed(m->adapters + p->offset, p->first_noise, 1, BIGRAM_RANK * BIGRAM_VOCAB);
        lrt_generated_floats(&m->run.noise, adapters + p->offset, &t, 0, BIGRAM_RANK * BIGRAM_VOCAB);
    }
    for (int i = 0; i < BIGRAM_ROWS; i++) {
        if (m->targets[i] == BIGRAM_IGNORE) continue;
        bigram_logits_of(m->weights[0].data, adapters, m->tokens[i], y);
        loss += bigram_softmax_loss(y, m->targets[i]);
    }
    memcpy(m->arena, &loss, sizeof loss);
}

static void bigram_zeroth_update(struct lrt_model *m, int64_t iteration) {
    double squares = 0;
    (void)iteration;
    for (size_t i = 0; i < 2; i++) {
        const struct lrt_tensor t = lrt_estimated(bigram_params[i].first_noise, 1, BIGRAM_RANK * BIGRAM_VOCAB);
        lrt_sum_squares(&m->run, &(struct lrt_sum_squares_args){.sum = F64(&squares, 1), .g = &t});
    }
    const struct lrt_clip_args clip = {
        .scale = &m->grad_scale, .norm = &m->grad_norm, .sum = F64(&squares, 1), .limit = 5};
    lrt_clip(&m->run, &clip);
    for (size_t i = 0; i < 2; i++) {
        const int64_t at = bigram_params[i].offset;
        const struct lrt_tensor t = lrt_estimated(bigram_params[i].first_noise, 1, BIGRAM_RANK * BIGRAM_VOCAB);
        const struct lrt_sgd_args sgd = {.p = F32(m->adapters + at, 1, BIGRAM_RANK * BIGRAM_VOCAB),
                                         .g = &t,
                                         .buf = F32(m->optimizer + at, 1, BIGRAM_RANK * BIGRAM_VOCAB),
                                         .learning_rate = m->learning_rate,
                                         .momentum = bigram_momentum,
                                         .grad_scale = m->grad_scale,
                                         .step = m->run.step + 1};
        lrt_sgd(&m->run, &sgd);
    }
    if (m->run.step + 1 == bigram_control()->interrupt_step) raise(SIGINT);
}

static void bigram_zeroth_eval_loss(struct lrt_model *m, int64_t iteration) {
    bigram_count_call();
    bigram_zeroth_loss(m, iteration);
}

static const struct lrt_slice bigram_zeroth_gradient = {bigram_zeroth_loss, 0, 1, 1, NULL, 0, NULL, NULL},
                              bigram_zeroth_update_slice = {bigram_zeroth_update, 0, 1, 1, NULL, 0, NULL, NULL},
                              bigram_zeroth_eval_slice = {bigram_zeroth_eval_loss, 0, 1, 1, NULL, 0, NULL, NULL};

struct lrt_program *bigram_zeroth_program(void) {
    static struct lrt_program program = {.arena_bytes = 64,
                                         .param_floats = BIGRAM_PARAMS,
                                         .state_floats = BIGRAM_PARAMS,
                                         .tokens = BIGRAM_ROWS,
                                         .targets = BIGRAM_ROWS,
                                         .gradient = {&bigram_zeroth_gradient, 1},
                                         .update = {&bigram_zeroth_update_slice, 1},
                                         .eval = {&bigram_zeroth_eval_slice, 1},
                                         .passes = 2};
    return &program;
}

static int zeroth_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m, bigram_zeroth_program(), memory, bytes, w, o);
}

static void zeroth_stop(void *m) { lrt_model_stop(m); }

static int zeroth_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m, tokens, targets, micro_batches);
}

static int zeroth_advance(void *m) { return lrt_model_advance(m); }

static int zeroth_finish(void *m, struct lrt_step *out) { return lrt_model_finish(m, out); }

static int zeroth_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches,
                       struct lrt_step *out) {
    return lrt_model_step(m, tokens, targets, micro_batches, out);
}

static int zeroth_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m, tokens, targets, loss_sum, counted);
}

static int zeroth_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m, tokens, rows, n_rows, out);
}

static float *zeroth_adapter(void *m, size_t *floats) { return lrt_model_adapter(m, floats); }

static float *zeroth_gradient(void *m, size_t *floats) { return lrt_model_gradient(m, floats); }

static float *zeroth_state(void *m, size_t *floats) { return lrt_model_state(m, floats); }

static int zeroth_scalars(void *m, float *out) { return lrt_model_scalars(m, out); }

static int zeroth_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m, terms, n, out);
}

static int zeroth_estimate(void *m, float *out) { return lrt_model_estimate(m, out); }

static struct lrt *zeroth_run(void *m) { return &((struct lrt_model *)m)->run; }

const struct lrt_interface *bigram_zeroth(void) {
    static struct lrt_interface interface = {.context_bytes = sizeof(struct lrt_model),
                                             .plan = bigram_zeroth_plan,
                                             .init = zeroth_init,
                                             .stop = zeroth_stop,
                                             .begin = zeroth_begin,
                                             .advance = zeroth_advance,
                                             .finish = zeroth_finish,
                                             .step = zeroth_step,
                                             .eval = zeroth_eval,
                                             .logits = zeroth_logits,
                                             .adapter = zeroth_adapter,
                                             .gradient = zeroth_gradient,
                                             .state = zeroth_state,
                                             .scalars = zeroth_scalars,
                                             .apply = zeroth_apply,
                                             .estimate = zeroth_estimate,
                                             .run = zeroth_run};
    struct lrt_plan_info *info = bigram_zeroth_info();
    struct lrt_program *program = bigram_zeroth_program();
    program->info = info;
    program->scratch_bytes = (size_t)lrt_row_sums_scratch();
    program->memory_bytes = LRT_MODEL_ALIGN(64) + 2 * LRT_MODEL_ALIGN(BIGRAM_POOL) +
                            LRT_MODEL_ALIGN(program->scratch_bytes) + LRT_MODEL_ALIGN(LRT_MODEL_TERM_BYTES(1));
    interface.memory_bytes = program->memory_bytes;
    if (!info->model) {
        *info = bigram_plan_info;
        info->gradient = "zeroth";
        info->options = "zeroth, sgd";
        info->max_threads = 1;
        info->learning_rate = 0.02;
        info->tangents = 1;
        info->perturbation = 1e-2;
        info->schedule.kind = LRT_SCHEDULE_LINEAR;
        info->clip = 5;
    }
    return &interface;
}
