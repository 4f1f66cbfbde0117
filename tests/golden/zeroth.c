/* zeroth: made by lorac 0.2.0 (gradient zeroth, optimizer adamw, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "zeroth.h"

#ifdef __FAST_MATH__
#error "the plan's numbers need exact arithmetic: compile without -ffast-math and -Ofast"
#endif

#ifdef __cplusplus /* designated initialisers: in C++ since 2020, in gcc and clang before */
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wc++20-extensions"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, x, x, x, x, ... */
#define STEP_rms_norm_norm_6 128 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_8 384 /* 64 bytes: low_w */
#define STEP_linear_w_11 256 /* 128 bytes: linear_w */
#define STEP_rms_norm_norm_16 128 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_17 384 /* 64 bytes: low_w */
#define STEP_linear_w_18 256 /* 128 bytes: linear_w */
#define STEP_loss_21 384 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_23 448 /* 64 bytes: counted_rows */
#define STEP_counted_24 512 /* 64 bytes: counted */
#define STEP_x_26 256 /* 128 bytes: x */
#define STEP_logits_27 0 /* 256 bytes: logits */
#define STEP_targets_28 256 /* 64 bytes: targets */
#define STEP_squares_37 0 /* 64 bytes: squares, squares, squares, squares, squares, squares, ... */

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + STEP_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 5); /* [1, 5] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 11, 6); /* [11, 6] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* zeroth.lora:19 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_6 = lrt_f32(m->arena + STEP_rms_norm_norm_6, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + STEP_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor norm_5 = lrt_weight(&m->weights[1 + i], 1, 6); /* [6] */
    const struct lrt_tensor low_w_8 = lrt_f32(m->arena + STEP_low_w_8, 5, 2); /* [1, 5, 2] */
    const struct lrt_tensor w_lora_a_7 = lrt_perturbed(m->adapters + 0 + i * 16, i * 2 + 0, 2, 6); /* [2, 6] */
    const struct lrt_tensor linear_w_11 = lrt_f32(m->arena + STEP_linear_w_11, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor w_9 = lrt_weight(&m->weights[4 + i], 6, 6); /* [6, 6] */
    const struct lrt_tensor w_lora_b_10 = lrt_perturbed(m->adapters + 48 + i * 16, i * 2 + 1, 6, 2); /* [6, 2] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + STEP_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_rms_norm_args rms_norm3 = {.y = &rms_norm_norm_6, .x = &x_4, .w = &norm_5, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm3); /* zeroth.lora:16 */
    const struct lrt_linear_args low_rank4 = {.y = &low_w_8, .x = &rms_norm_norm_6, .w = &w_lora_a_7, .scale = 1.0f};
    lrt_linear(c, &low_rank4); /* zeroth.lora:16 */
    const struct lrt_linear_args linear5 = {.y = &linear_w_11, .x = &rms_norm_norm_6, .w = &w_9, .h = &low_w_8,
        .b = &w_lora_b_10, .scale = 2.0f};
    lrt_linear(c, &linear5); /* zeroth.lora:16 */
    const struct lrt_binary_args add6 = {.y = &x_12, .a = &x_4, .b = &linear_w_11};
    lrt_add(c, &add6); /* zeroth.lora:16 */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void step_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_16 = lrt_f32(m->arena + STEP_rms_norm_norm_16, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor x_14 = lrt_f32(m->arena + STEP_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor norm_15 = lrt_perturbed(m->adapters + 96 + (i - 2) * 16, (i - 2) * 2 + 6, 1, 6); /* [6] */
    const struct lrt_tensor low_w_17 = lrt_f32(m->arena + STEP_low_w_17, 5, 2); /* [1, 5, 2] */
    const struct lrt_tensor w_lora_a_7 = lrt_perturbed(m->adapters + 0 + i * 16, i * 2 + 0, 2, 6); /* [2, 6] */
    const struct lrt_tensor linear_w_18 = lrt_f32(m->arena + STEP_linear_w_18, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor w_9 = lrt_weight(&m->weights[4 + i], 6, 6); /* [6, 6] */
    const struct lrt_tensor w_lora_b_10 = lrt_perturbed(m->adapters + 48 + i * 16, i * 2 + 1, 6, 2); /* [6, 2] */
    const struct lrt_tensor x_19 = lrt_f32(m->arena + STEP_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_rms_norm_args rms_norm9 = {.y = &rms_norm_norm_16, .x = &x_14, .w = &norm_15, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm9); /* zeroth.lora:16 */
    const struct lrt_linear_args low_rank10 = {.y = &low_w_17, .x = &rms_norm_norm_16, .w = &w_lora_a_7, .scale = 1.0f};
    lrt_linear(c, &low_rank10); /* zeroth.lora:16 */
    const struct lrt_linear_args linear11 = {.y = &linear_w_18, .x = &rms_norm_norm_16, .w = &w_9, .h = &low_w_17,
        .b = &w_lora_b_10, .scale = 2.0f};
    lrt_linear(c, &linear11); /* zeroth.lora:16 */
    const struct lrt_binary_args add12 = {.y = &x_19, .a = &x_14, .b = &linear_w_18};
    lrt_add(c, &add12); /* zeroth.lora:16 */
}

static const struct lrt_slice_weight step_layer_2_reads[] = {{2, 1, 1}};

static void step_straight_14(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor loss_21 = lrt_f64(m->arena + STEP_loss_21, 1, 1); /* [] */
    const struct lrt_tensor counted_rows_23 = lrt_i32(m->arena + STEP_counted_rows_23, 1, 5); /* [5] */
    const struct lrt_tensor counted_24 = lrt_i32(m->arena + STEP_counted_24, 1, 1); /* [] */
    const struct lrt_tensor targets_22 = lrt_i32(m->targets, 1, 5); /* [1, 5] */
    const struct lrt_fill_args zero_sum14 = {.y = &loss_21, .value = 0.0f};
    lrt_fill(c, &zero_sum14); /* zeroth.lora:25 */
    const struct lrt_counted_rows_args counted_rows15 = {.rows = &counted_rows_23, .count = &counted_24,
        .targets = &targets_22, .ignore = -100};
    lrt_counted_rows(c, &counted_rows15); /* zeroth.lora:25 */
}

static void step_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *((int32_t *)(void *)(m->arena + STEP_counted_24)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    const struct lrt_tensor x_26 = lrt_f32(m->arena + STEP_x_26, rows, 6); /* [5, 6] */
    const struct lrt_tensor x_20 = lrt_f32(m->arena + STEP_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor counted_rows_23_rows = lrt_i32(m->arena + STEP_counted_rows_23 + row * 4, rows, 1); /* [5] */
    const struct lrt_tensor logits_27 = lrt_f32(m->arena + STEP_logits_27, rows, 11); /* [5, 11] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 11, 6); /* [11, 6] */
    const struct lrt_tensor targets_28 = lrt_i32(m->arena + STEP_targets_28, rows, 1); /* [5] */
    const struct lrt_tensor targets_22 = lrt_i32(m->targets, 1, 5); /* [1, 5] */
    const struct lrt_tensor loss_29 = lrt_f64(m->arena + STEP_loss_21, 1, 1); /* [] */
    const struct lrt_gather_args gather_rows17 = {.y = &x_26, .x = &x_20, .rows = &counted_rows_23_rows};
    lrt_gather_rows(c, &gather_rows17); /* zeroth.lora:19 */
    const struct lrt_linear_args linear18 = {.y = &logits_27, .x = &x_26, .w = &embed_2, .scale = 1.0f};
    lrt_linear(c, &linear18); /* zeroth.lora:19 */
    const struct lrt_gather_args gather_ids19 = {.y = &targets_28, .x = &targets_22, .rows = &counted_rows_23_rows};
    lrt_gather_ids(c, &gather_ids19); /* zeroth.lora:25 */
    const struct lrt_cross_entropy_args cross_entropy20 = {.loss = &loss_29, .logits = &logits_27,
        .targets = &targets_28, .weight = 1.0f};
    lrt_cross_entropy(c, &cross_entropy20); /* zeroth.lora:25 */
}

static const struct lrt_slice_weight step_head_3_reads[] = {{0, 0, 1}};

static void step_update_22(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor squares_37 = lrt_f64(m->arena + STEP_squares_37, 1, 1); /* [] */
    const struct lrt_fill_args zero_sum22 = {.y = &squares_37, .value = 0.0f};
    lrt_fill(c, &zero_sum22); /* zeroth.lora:27 */
}

static void step_norm_4(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor squares_39 = lrt_f64(m->arena + STEP_squares_37, 1, 1); /* [] */
    const struct lrt_tensor w_lora_a_31 = lrt_estimated(i * 2 + 0, 2, 6); /* [2, 6] */
    const struct lrt_tensor squares_40 = lrt_f64(m->arena + STEP_squares_37, 1, 1); /* [] */
    const struct lrt_tensor w_lora_b_33 = lrt_estimated(i * 2 + 1, 6, 2); /* [6, 2] */
    const struct lrt_sum_squares_args sum_squares24 = {.sum = &squares_39, .g = &w_lora_a_31};
    lrt_sum_squares(c, &sum_squares24); /* zeroth.lora:14 */
    const struct lrt_sum_squares_args sum_squares25 = {.sum = &squares_40, .g = &w_lora_b_33};
    lrt_sum_squares(c, &sum_squares25); /* zeroth.lora:14 */
}

static void step_norm_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor squares_43 = lrt_f64(m->arena + STEP_squares_37, 1, 1); /* [] */
    const struct lrt_tensor norm_35 = lrt_estimated((i - 2) * 2 + 6, 1, 6); /* [6] */
    const struct lrt_sum_squares_args sum_squares28 = {.sum = &squares_43, .g = &norm_35};
    lrt_sum_squares(c, &sum_squares28); /* zeroth.lora:13 */
}

static void step_straight_30(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor squares_44 = lrt_f64(m->arena + STEP_squares_37, 1, 1); /* [] */
    const struct lrt_clip_args clip30 = {.scale = &m->grad_scale, .norm = &m->grad_norm, .sum = &squares_44,
        .limit = 1.0};
    lrt_clip(c, &clip30); /* zeroth.lora:27 */
}

static void step_update_6(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor w_lora_a_32 = lrt_f32(m->adapters + 0 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor w_lora_a_31 = lrt_estimated(i * 2 + 0, 2, 6); /* [2, 6] */
    const struct lrt_tensor w_lora_a_45 = lrt_f32(m->optimizer + 0 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor w_lora_a_46 = lrt_f32(m->optimizer + 112 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor w_lora_b_34 = lrt_f32(m->adapters + 48 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_tensor w_lora_b_33 = lrt_estimated(i * 2 + 1, 6, 2); /* [6, 2] */
    const struct lrt_tensor w_lora_b_47 = lrt_f32(m->optimizer + 48 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_tensor w_lora_b_48 = lrt_f32(m->optimizer + 160 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_adamw_args adamw32 = {.p = &w_lora_a_32, .g = &w_lora_a_31, .m = &w_lora_a_45, .v = &w_lora_a_46,
        .learning_rate = m->learning_rate, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-08, .weight_decay = 0.01,
        .grad_scale = m->grad_scale, .step = c->step + 1};
    lrt_adamw(c, &adamw32); /* zeroth.lora:27 */
    const struct lrt_adamw_args adamw33 = {.p = &w_lora_b_34, .g = &w_lora_b_33, .m = &w_lora_b_47, .v = &w_lora_b_48,
        .learning_rate = m->learning_rate, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-08, .weight_decay = 0.01,
        .grad_scale = m->grad_scale, .step = c->step + 1};
    lrt_adamw(c, &adamw33); /* zeroth.lora:27 */
}

static void step_update_7(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor norm_36 = lrt_f32(m->adapters + 96 + (i - 2) * 16, 1, 6); /* [6] */
    const struct lrt_tensor norm_35 = lrt_estimated((i - 2) * 2 + 6, 1, 6); /* [6] */
    const struct lrt_tensor norm_49 = lrt_f32(m->optimizer + 96 + (i - 2) * 16, 1, 6); /* [6] */
    const struct lrt_tensor norm_50 = lrt_f32(m->optimizer + 208 + (i - 2) * 16, 1, 6); /* [6] */
    const struct lrt_adamw_args adamw36 = {.p = &norm_36, .g = &norm_35, .m = &norm_49, .v = &norm_50,
        .learning_rate = m->learning_rate, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-08, .weight_decay = 0.01,
        .grad_scale = m->grad_scale, .step = c->step + 1};
    lrt_adamw(c, &adamw36); /* zeroth.lora:27 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, step_straight_1_reads, 1, NULL, NULL},
    {step_layer_1, 0, 1, 2, step_layer_1_reads, 2, NULL, NULL},
    {step_layer_2, 2, 1, 1, step_layer_2_reads, 1, NULL, NULL},
    {step_straight_14, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_3, 0, 1, 1, step_head_3_reads, 1, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_22, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_norm_4, 0, 1, 3, NULL, 0, NULL, NULL},
    {step_norm_5, 2, 1, 1, NULL, 0, NULL, NULL},
    {step_straight_30, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_update_6, 0, 1, 3, NULL, 0, NULL, NULL},
    {step_update_7, 2, 1, 1, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, x, x, x, x, ... */
#define EVAL_rms_norm_norm_6 128 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_8 384 /* 64 bytes: low_w */
#define EVAL_linear_w_11 256 /* 128 bytes: linear_w */
#define EVAL_rms_norm_norm_16 128 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_17 384 /* 64 bytes: low_w */
#define EVAL_linear_w_18 256 /* 128 bytes: linear_w */
#define EVAL_loss_21 384 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_23 448 /* 64 bytes: counted_rows */
#define EVAL_counted_24 512 /* 64 bytes: counted */
#define EVAL_x_26 256 /* 128 bytes: x */
#define EVAL_logits_27 0 /* 256 bytes: logits */
#define EVAL_targets_28 256 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + EVAL_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 5); /* [1, 5] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 11, 6); /* [11, 6] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* zeroth.lora:19 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_6 = lrt_f32(m->arena + EVAL_rms_norm_norm_6, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + EVAL_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor norm_5 = lrt_weight(&m->weights[1 + i], 1, 6); /* [6] */
    const struct lrt_tensor low_w_8 = lrt_f32(m->arena + EVAL_low_w_8, 5, 2); /* [1, 5, 2] */
    const struct lrt_tensor w_lora_a_7 = lrt_f32(m->adapters + 0 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor linear_w_11 = lrt_f32(m->arena + EVAL_linear_w_11, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor w_9 = lrt_weight(&m->weights[4 + i], 6, 6); /* [6, 6] */
    const struct lrt_tensor w_lora_b_10 = lrt_f32(m->adapters + 48 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + EVAL_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_rms_norm_args rms_norm3 = {.y = &rms_norm_norm_6, .x = &x_4, .w = &norm_5, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm3); /* zeroth.lora:16 */
    const struct lrt_linear_args low_rank4 = {.y = &low_w_8, .x = &rms_norm_norm_6, .w = &w_lora_a_7, .scale = 1.0f};
    lrt_linear(c, &low_rank4); /* zeroth.lora:16 */
    const struct lrt_linear_args linear5 = {.y = &linear_w_11, .x = &rms_norm_norm_6, .w = &w_9, .h = &low_w_8,
        .b = &w_lora_b_10, .scale = 2.0f};
    lrt_linear(c, &linear5); /* zeroth.lora:16 */
    const struct lrt_binary_args add6 = {.y = &x_12, .a = &x_4, .b = &linear_w_11};
    lrt_add(c, &add6); /* zeroth.lora:16 */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void eval_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_16 = lrt_f32(m->arena + EVAL_rms_norm_norm_16, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor x_14 = lrt_f32(m->arena + EVAL_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor norm_15 = lrt_f32(m->adapters + 96 + (i - 2) * 16, 1, 6); /* [6] */
    const struct lrt_tensor low_w_17 = lrt_f32(m->arena + EVAL_low_w_17, 5, 2); /* [1, 5, 2] */
    const struct lrt_tensor w_lora_a_7 = lrt_f32(m->adapters + 0 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor linear_w_18 = lrt_f32(m->arena + EVAL_linear_w_18, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor w_9 = lrt_weight(&m->weights[4 + i], 6, 6); /* [6, 6] */
    const struct lrt_tensor w_lora_b_10 = lrt_f32(m->adapters + 48 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_tensor x_19 = lrt_f32(m->arena + EVAL_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_rms_norm_args rms_norm9 = {.y = &rms_norm_norm_16, .x = &x_14, .w = &norm_15, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm9); /* zeroth.lora:16 */
    const struct lrt_linear_args low_rank10 = {.y = &low_w_17, .x = &rms_norm_norm_16, .w = &w_lora_a_7, .scale = 1.0f};
    lrt_linear(c, &low_rank10); /* zeroth.lora:16 */
    const struct lrt_linear_args linear11 = {.y = &linear_w_18, .x = &rms_norm_norm_16, .w = &w_9, .h = &low_w_17,
        .b = &w_lora_b_10, .scale = 2.0f};
    lrt_linear(c, &linear11); /* zeroth.lora:16 */
    const struct lrt_binary_args add12 = {.y = &x_19, .a = &x_14, .b = &linear_w_18};
    lrt_add(c, &add12); /* zeroth.lora:16 */
}

static const struct lrt_slice_weight eval_layer_2_reads[] = {{2, 1, 1}};

static void eval_straight_14(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor loss_21 = lrt_f64(m->arena + EVAL_loss_21, 1, 1); /* [] */
    const struct lrt_tensor counted_rows_23 = lrt_i32(m->arena + EVAL_counted_rows_23, 1, 5); /* [5] */
    const struct lrt_tensor counted_24 = lrt_i32(m->arena + EVAL_counted_24, 1, 1); /* [] */
    const struct lrt_tensor targets_22 = lrt_i32(m->targets, 1, 5); /* [1, 5] */
    const struct lrt_fill_args zero_sum14 = {.y = &loss_21, .value = 0.0f};
    lrt_fill(c, &zero_sum14); /* zeroth.lora:25 */
    const struct lrt_counted_rows_args counted_rows15 = {.rows = &counted_rows_23, .count = &counted_24,
        .targets = &targets_22, .ignore = -100};
    lrt_counted_rows(c, &counted_rows15); /* zeroth.lora:25 */
}

static void eval_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *((int32_t *)(void *)(m->arena + EVAL_counted_24)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    const struct lrt_tensor x_26 = lrt_f32(m->arena + EVAL_x_26, rows, 6); /* [5, 6] */
    const struct lrt_tensor x_20 = lrt_f32(m->arena + EVAL_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor counted_rows_23_rows = lrt_i32(m->arena + EVAL_counted_rows_23 + row * 4, rows, 1); /* [5] */
    const struct lrt_tensor logits_27 = lrt_f32(m->arena + EVAL_logits_27, rows, 11); /* [5, 11] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 11, 6); /* [11, 6] */
    const struct lrt_tensor targets_28 = lrt_i32(m->arena + EVAL_targets_28, rows, 1); /* [5] */
    const struct lrt_tensor targets_22 = lrt_i32(m->targets, 1, 5); /* [1, 5] */
    const struct lrt_tensor loss_29 = lrt_f64(m->arena + EVAL_loss_21, 1, 1); /* [] */
    const struct lrt_gather_args gather_rows17 = {.y = &x_26, .x = &x_20, .rows = &counted_rows_23_rows};
    lrt_gather_rows(c, &gather_rows17); /* zeroth.lora:19 */
    const struct lrt_linear_args linear18 = {.y = &logits_27, .x = &x_26, .w = &embed_2, .scale = 1.0f};
    lrt_linear(c, &linear18); /* zeroth.lora:19 */
    const struct lrt_gather_args gather_ids19 = {.y = &targets_28, .x = &targets_22, .rows = &counted_rows_23_rows};
    lrt_gather_ids(c, &gather_ids19); /* zeroth.lora:25 */
    const struct lrt_cross_entropy_args cross_entropy20 = {.loss = &loss_29, .logits = &logits_27,
        .targets = &targets_28, .weight = 1.0f};
    lrt_cross_entropy(c, &cross_entropy20); /* zeroth.lora:25 */
}

static const struct lrt_slice_weight eval_head_3_reads[] = {{0, 0, 1}};

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, eval_straight_1_reads, 1, NULL, NULL},
    {eval_layer_1, 0, 1, 2, eval_layer_1_reads, 2, NULL, NULL},
    {eval_layer_2, 2, 1, 1, eval_layer_2_reads, 1, NULL, NULL},
    {eval_straight_14, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_3, 0, 1, 1, eval_head_3_reads, 1, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, x, x, x, x, ... */
#define LOGITS_rms_norm_norm_6 128 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_8 384 /* 64 bytes: low_w */
#define LOGITS_linear_w_11 256 /* 128 bytes: linear_w */
#define LOGITS_rms_norm_norm_16 128 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_17 384 /* 64 bytes: low_w */
#define LOGITS_linear_w_18 256 /* 128 bytes: linear_w */
#define LOGITS_x_23 128 /* 128 bytes: x */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 5); /* [1, 5] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 11, 6); /* [11, 6] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* zeroth.lora:19 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_6 = lrt_f32(m->arena + LOGITS_rms_norm_norm_6, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor norm_5 = lrt_weight(&m->weights[1 + i], 1, 6); /* [6] */
    const struct lrt_tensor low_w_8 = lrt_f32(m->arena + LOGITS_low_w_8, 5, 2); /* [1, 5, 2] */
    const struct lrt_tensor w_lora_a_7 = lrt_f32(m->adapters + 0 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor linear_w_11 = lrt_f32(m->arena + LOGITS_linear_w_11, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor w_9 = lrt_weight(&m->weights[4 + i], 6, 6); /* [6, 6] */
    const struct lrt_tensor w_lora_b_10 = lrt_f32(m->adapters + 48 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_rms_norm_args rms_norm3 = {.y = &rms_norm_norm_6, .x = &x_4, .w = &norm_5, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm3); /* zeroth.lora:16 */
    const struct lrt_linear_args low_rank4 = {.y = &low_w_8, .x = &rms_norm_norm_6, .w = &w_lora_a_7, .scale = 1.0f};
    lrt_linear(c, &low_rank4); /* zeroth.lora:16 */
    const struct lrt_linear_args linear5 = {.y = &linear_w_11, .x = &rms_norm_norm_6, .w = &w_9, .h = &low_w_8,
        .b = &w_lora_b_10, .scale = 2.0f};
    lrt_linear(c, &linear5); /* zeroth.lora:16 */
    const struct lrt_binary_args add6 = {.y = &x_12, .a = &x_4, .b = &linear_w_11};
    lrt_add(c, &add6); /* zeroth.lora:16 */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void logits_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_16 = lrt_f32(m->arena + LOGITS_rms_norm_norm_16, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor x_14 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor norm_15 = lrt_f32(m->adapters + 96 + (i - 2) * 16, 1, 6); /* [6] */
    const struct lrt_tensor low_w_17 = lrt_f32(m->arena + LOGITS_low_w_17, 5, 2); /* [1, 5, 2] */
    const struct lrt_tensor w_lora_a_7 = lrt_f32(m->adapters + 0 + i * 16, 2, 6); /* [2, 6] */
    const struct lrt_tensor linear_w_18 = lrt_f32(m->arena + LOGITS_linear_w_18, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor w_9 = lrt_weight(&m->weights[4 + i], 6, 6); /* [6, 6] */
    const struct lrt_tensor w_lora_b_10 = lrt_f32(m->adapters + 48 + i * 16, 6, 2); /* [6, 2] */
    const struct lrt_tensor x_19 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_rms_norm_args rms_norm9 = {.y = &rms_norm_norm_16, .x = &x_14, .w = &norm_15, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm9); /* zeroth.lora:16 */
    const struct lrt_linear_args low_rank10 = {.y = &low_w_17, .x = &rms_norm_norm_16, .w = &w_lora_a_7, .scale = 1.0f};
    lrt_linear(c, &low_rank10); /* zeroth.lora:16 */
    const struct lrt_linear_args linear11 = {.y = &linear_w_18, .x = &rms_norm_norm_16, .w = &w_9, .h = &low_w_17,
        .b = &w_lora_b_10, .scale = 2.0f};
    lrt_linear(c, &linear11); /* zeroth.lora:16 */
    const struct lrt_binary_args add12 = {.y = &x_19, .a = &x_14, .b = &linear_w_18};
    lrt_add(c, &add12); /* zeroth.lora:16 */
}

static const struct lrt_slice_weight logits_layer_2_reads[] = {{2, 1, 1}};

static void logits_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    const struct lrt_tensor x_23 = lrt_f32(m->arena + LOGITS_x_23, rows, 6); /* [5, 6] */
    const struct lrt_tensor x_20 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 5, 6); /* [1, 5, 6] */
    const struct lrt_tensor rows_22_rows = lrt_i32(m->rows + row, rows, 1); /* [5] */
    const struct lrt_tensor logits_24_rows = lrt_f32(m->logits + row * 11, rows, 11); /* [5, 11] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 11, 6); /* [11, 6] */
    const struct lrt_gather_args gather_rows15 = {.y = &x_23, .x = &x_20, .rows = &rows_22_rows};
    lrt_gather_rows(c, &gather_rows15); /* zeroth.lora:19 */
    const struct lrt_linear_args linear16 = {.y = &logits_24_rows, .x = &x_23, .w = &embed_2, .scale = 1.0f};
    lrt_linear(c, &linear16); /* zeroth.lora:19 */
}

static const struct lrt_slice_weight logits_head_3_reads[] = {{0, 0, 1}};

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, logits_straight_1_reads, 1, NULL, NULL},
    {logits_layer_1, 0, 1, 2, logits_layer_1_reads, 2, NULL, NULL},
    {logits_layer_2, 2, 1, 1, logits_layer_2_reads, 1, NULL, NULL},
    {logits_head_3, 0, 1, 1, logits_head_3_reads, 1, NULL, NULL},
};

static const struct lrt_dim_info dims[] = {
    {"batch", 1},
    {"seq", 5},
    {"vocab", 11},
    {"width", 6},
};

static const struct lrt_weight_info weights[] = {
    {"embed", NULL, NULL, 2, {11, 6, 0, 0}, 0, 1, 0, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.norm", NULL, NULL, 1, {6, 0, 0, 0}, 0, 3, 1, 1, 0, LRT_INITIAL_ONES},
    {"layer.w", NULL, NULL, 2, {6, 6, 0, 0}, 0, 3, 4, 1, 0, LRT_INITIAL_NORMAL},
};

static const struct lrt_param_info params[] = {
    {"layer.w.lora_a", LRT_ROLE_LORA_A, 2, 2, {2, 6, 0, 0}, 0, 3, 0, 16, 4.0, 0, 2},
    {"layer.w.lora_b", LRT_ROLE_LORA_B, 2, 2, {6, 2, 0, 0}, 0, 3, 48, 16, 4.0, 1, 2},
    {"layer.norm", LRT_ROLE_FULL, 1, 1, {6, 0, 0, 0}, 2, 1, 96, 16, 0.0, 6, 2},
};

static const struct lrt_pool_info pools[] = {
    {"arena", ZEROTH_ARENA_BYTES},
    {"adapters", ZEROTH_ADAPTER_BYTES},
    {"gradients", ZEROTH_GRADIENT_BYTES},
    {"optimizer", ZEROTH_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(ZEROTH_SCRATCH_BYTES) + ZEROTH_THREAD_BYTES + LRT_MODEL_ALIGN(ZEROTH_TERM_BYTES)},
    {"context", sizeof(struct zeroth)},
    {"file", 0},
};

static const struct lrt_op_info ops[] = {
    {"embedding", "", 1.0},
    {"rms_norm", "", 1.0},
    {"rms_norm", "eps", 1e-05},
    {"rms_norm", "offset", 0.0},
    {"rms_norm", "heads", 1.0},
    {"linear", "", 1.0},
    {"linear", "scale", 2.0},
    {"add", "", 1.0},
    {"linear", "scale", 1.0},
    {"cross_entropy", "", 1.0},
    {"cross_entropy", "ignore", -100.0},
};

static const struct lrt_plan_info info = {
    "zeroth", "0.2.0", "gradient zeroth, optimizer adamw, 4 threads at most", "zeroth", "adamw", 
    dims, 4, NULL, 0, weights, 3, 7, params, 3, pools, sizeof pools / sizeof *pools,
    576, 576, "zeroth.lora:19 linear", 1, 5, 11, -100, 1, 4, 2, 0.001, 5, 0, 0, 1, 0.001, ops, 11,
    "zeroth eps 0.001, adamw(betas: 0.9 0.999, eps: 1e-08, weight_decay: 0.01)", {LRT_SCHEDULE_CONSTANT, 0, 0, 0.0}, 1.0,
    "0e084af0af5512d8f24d7296f8da5de989ba3114c1c7a15b4200edd8b3009b26",
    "9907dc4c0941883e0c40a032b52b6184c7562ee1c9b34fe710795530d829a4b7"};

static const struct lrt_program program = {
    &info, ZEROTH_MEMORY_BYTES, ZEROTH_ARENA_BYTES, ZEROTH_SCRATCH_BYTES, 0,
    112, 0, 224, 5, 5,
    {step_slices, 5}, {step_update, 6}, {eval_slices, 5}, {logits_slices, 4}, 
    384, 512, 384, 512,
    2, NULL};

int zeroth_init(struct zeroth *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void zeroth_stop(struct zeroth *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int zeroth_begin(struct zeroth *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int zeroth_advance(struct zeroth *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int zeroth_finish(struct zeroth *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int zeroth_step(struct zeroth *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int zeroth_eval(struct zeroth *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int zeroth_logits(struct zeroth *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *zeroth_adapter(struct zeroth *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *zeroth_gradient(struct zeroth *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *zeroth_state(struct zeroth *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int zeroth_scalars(struct zeroth *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int zeroth_apply(struct zeroth *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int zeroth_estimate(struct zeroth *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int zeroth_shard_get(struct zeroth *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int zeroth_shard_set(struct zeroth *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *zeroth_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return zeroth_init((struct zeroth *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    zeroth_stop((struct zeroth *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return zeroth_begin((struct zeroth *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return zeroth_advance((struct zeroth *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return zeroth_finish((struct zeroth *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return zeroth_step((struct zeroth *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return zeroth_eval((struct zeroth *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return zeroth_logits((struct zeroth *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return zeroth_adapter((struct zeroth *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return zeroth_gradient((struct zeroth *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return zeroth_state((struct zeroth *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return zeroth_scalars((struct zeroth *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return zeroth_apply((struct zeroth *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return zeroth_estimate((struct zeroth *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return zeroth_shard_get((struct zeroth *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return zeroth_shard_set((struct zeroth *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct zeroth *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct zeroth), ZEROTH_MEMORY_BYTES, zeroth_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *zeroth_interface(void) { return &interface_table; }
