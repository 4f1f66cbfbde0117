// Estimating model: see the header. Its slices, the trained tensors, and calls that fail the test instead of returning
// an error.
#include "tests/unit/estimating_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tensors.h"

static const struct lrt_weight_info est_weights[] = {
    {.name = "layer.wq", .rank = 2, .shape = {EST_OUT, EST_IN}, .instances = EST_LAYERS, .slot_stride = 1},
    {.name = "norm", .rank = 1, .shape = {EST_IN}, .instances = 1, .first_slot = EST_LAYERS, .slot_stride = 1},
};

const struct lrt_param_info est_params[EST_PARAMS] = {
    {.name = "layer.wq.lora_a",
     .role = LRT_ROLE_LORA_A,
     .rank = 2,
     .shape = {EST_RANK, EST_IN},
     .instances = EST_LAYERS,
     .stride = 16,
     .noise_stride = 2},
    {.name = "layer.wq.lora_b",
     .role = LRT_ROLE_LORA_B,
     .rank = 2,
     .shape = {EST_OUT, EST_RANK},
     .instances = EST_LAYERS,
     .offset = EST_LAYERS * 16,
     .stride = 16,
     .first_noise = 1,
     .noise_stride = 2},
    {.name = "norm",
     .role = LRT_ROLE_FULL,
     .weight = 1,
     .rank = 1,
     .shape = {EST_IN},
     .instances = 1,
     .offset = EST_LAYERS * 32,
     .stride = 16,
     .first_noise = 2 * EST_LAYERS,
     .noise_stride = 2},
};

// Offsets in the arena: the loss, then the derivative of the loss along each tangent.
static const size_t est_jvps[EST_TANGENTS_MAX] = {8, 16, 24, 32};

uint32_t est_number(const struct lrt_param_info *p, int64_t k) {
    return p->first_noise + (uint32_t)k * p->noise_stride;
}

int64_t est_floats(const struct lrt_param_info *p) { return p->rank == 1 ? p->shape[0] : p->shape[0] * p->shape[1]; }

float *est_values(struct lrt_model *m, size_t param, int64_t k) {
    return m->adapters + est_params[param].offset + k * est_params[param].stride;
}

// Adds a tensor's part of the loss of the micro-batch, and of its JVPs.
static void est_add(struct lrt_model *m, size_t param, int64_t k, double *sums) {
    const struct lrt_param_info *p = &est_params[param];
    const int64_t n = est_floats(p);
    float x[EST_LONGEST], z[EST_LONGEST];
    const struct lrt_tensor perturbed = lrt_perturbed(est_values(m, param, k), est_number(p, k), 1, n);
    lrt_generated_floats(&m->run.noise, x, &perturbed, 0, n);
    for (int t = 0; t < EST_TOKENS; t++)
        for (int64_t i = 0; i < n && m->targets[t] != EST_IGNORE; i++)
            sums[0] += 0.5 * pow((double)x[i] - m->tokens[t] / 10.0, 2);
    for (uint32_t q = 0; m->program->tangent_offsets && q < (uint32_t)m->program->info->tangents; q++) {
        const struct lrt_tensor tangent = lrt_tangent(q, est_number(p, k), 1, n);
        lrt_generated_floats(&m->run.noise, z, &tangent, 0, n);
        for (int t = 0; t < EST_TOKENS; t++)
            for (int64_t i = 0; i < n && m->targets[t] != EST_IGNORE; i++)
                sums[1 + q] += ((double)x[i] - m->tokens[t] / 10.0) * (double)z[i];
    }
}

static void est_run(struct lrt_model *m, int64_t iteration) {
    struct est *e = (struct est *)(void *)m;
    (void)iteration;
    double sums[1 + EST_TANGENTS_MAX] = {0};
    for (size_t i = 0; i < EST_PARAMS; i++)
        for (int64_t k = 0; k < est_params[i].instances; k++) est_add(m, i, k, sums);
    memcpy(m->arena, sums, sizeof sums);
    if (e->runs < 16) e->scales[e->runs] = m->run.noise.scale;
    e->runs++;
}

static void est_descend(struct lrt_model *m, size_t param, int64_t k, const float *g) {
    const int64_t n = est_floats(&est_params[param]);
    const struct lrt_sgd_args args = {.p = F32(est_values(m, param, k), 1, n),
                                      .g = F32(g, 1, n),
                                      .learning_rate = m->learning_rate,
                                      .grad_scale = m->grad_scale,
                                      .step = m->run.step + 1};
    lrt_sgd(&m->run, &args);
}

static void est_update(struct lrt_model *m, int64_t iteration) {
    struct est *e = (struct est *)(void *)m;
    float g[EST_PARAMS][EST_LAYERS][EST_LONGEST];
    double squares = 0;
    (void)iteration;
    for (size_t i = 0; i < EST_PARAMS; i++)
        for (int64_t k = 0; k < est_params[i].instances; k++) {
            const int64_t n = est_floats(&est_params[i]);
            const struct lrt_tensor generated = lrt_estimated(est_number(&est_params[i], k), 1, n);
            const struct lrt_sum_squares_args sum = {.sum = F64(&squares, 1), .g = F32(g[i][k], 1, n)};
            lrt_generated_floats(&m->run.noise, g[i][k], &generated, 0, n);
            lrt_sum_squares(&m->run, &sum);
        }
    const struct lrt_clip_args clip = {
        .scale = &m->grad_scale, .norm = &m->grad_norm, .sum = F64(&squares, 1), .limit = e->clip};
    lrt_clip(&m->run, &clip);
    for (size_t i = 0; i < EST_PARAMS; i++)
        for (int64_t k = 0; k < est_params[i].instances; k++) est_descend(m, i, k, g[i][k]);
    e->updates++;
}

static const struct lrt_slice est_gradient_slice = {est_run, 0, 1, 1, NULL, 0, NULL, NULL};

static const struct lrt_slice est_update_slice = {est_update, 0, 1, 1, NULL, 0, NULL, NULL};

void est_describe(struct est *e, double eps, int tangents) {
    memset(e, 0, sizeof *e);
    static const float ones[EST_OUT * EST_IN] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int i = 0; i <= EST_LAYERS; i++) e->slots[i] = lrt_floats(ones);
    e->info = (struct lrt_plan_info){.model = "estimating",
                                     .weights = est_weights,
                                     .n_weights = 2,
                                     .n_slots = EST_LAYERS + 1,
                                     .params = est_params,
                                     .n_params = EST_PARAMS,
                                     .vocab = EST_VOCAB,
                                     .ignore = EST_IGNORE,
                                     .max_threads = 1,
                                     .learning_rate = 0.01,
                                     .logits_rows = 1,
                                     .tangents = tangents,
                                     .perturbation = eps};
    e->program = (struct lrt_program){.info = &e->info,
                                      .arena_bytes = 64,
                                      .scratch_bytes = (size_t)lrt_row_sums_scratch(),
                                      .param_floats = EST_FLOATS,
                                      .gradient_floats = tangents ? 0 : EST_FLOATS,
                                      .tokens = EST_TOKENS,
                                      .targets = EST_TOKENS,
                                      .gradient = {&est_gradient_slice, 1},
                                      .update = {&est_update_slice, 1},
                                      .eval = {&est_gradient_slice, 1},
                                      .logits = {&est_gradient_slice, 1},
                                      .passes = eps > 0 ? 2 : 1,
                                      .tangent_offsets = eps > 0 || !tangents ? NULL : est_jvps};
    e->program.memory_bytes = LRT_MODEL_ALIGN(64) + LRT_MODEL_ALIGN(EST_FLOATS * sizeof(float)) +
                              LRT_MODEL_ALIGN(e->program.gradient_floats * sizeof(float)) +
                              LRT_MODEL_ALIGN(e->program.scratch_bytes) +
                              LRT_MODEL_ALIGN(LRT_MODEL_TERM_BYTES(tangents));
}

int est_init(struct est *e, struct lrt_options o) {
    const struct lrt_weights w = {e->slots, EST_LAYERS + 1, 0};
    free(e->memory);
    e->memory = aligned_alloc(LRT_ALIGNMENT, e->program.memory_bytes);
    assert_non_null(e->memory);
    return lrt_model_init(&e->model, &e->program, e->memory, e->program.memory_bytes, &w, &o);
}

void est_start(struct est *e, double eps, int tangents, struct lrt_options o) {
    est_describe(e, eps, tangents);
    if (est_init(e, o) != LRT_OK) fail_msg("%s", lrt_error(&e->model.run));
}

void est_stop(struct est *e) {
    lrt_model_stop(&e->model);
    free(e->memory);
    e->memory = NULL;
}

void est_complete(struct est *e, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    int status = lrt_model_begin(&e->model, tokens, targets, micro_batches);
    assert_int_equal(status, LRT_OK);
    while ((status = lrt_model_advance(&e->model)) == LRT_MORE) continue;
    assert_int_equal(status, LRT_OK);
}
