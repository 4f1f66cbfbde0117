/* loss_chunks: made by lorac 0.2.0 (gradient structured, optimizer sgd, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "loss_chunks.h"

#ifdef __FAST_MATH__
#error "the plan's numbers need exact arithmetic: compile without -ffast-math and -Ofast"
#endif

#ifdef __cplusplus /* designated initialisers: in C++ since 2020, in gcc and clang before */
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wc++20-extensions"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 35328 /* 1280 bytes: embedding_embed, x, x, x, x, d_x, ... */
#define STEP_x_5 36608 /* 1280 bytes: x */
#define STEP_x_5_SLOTS 32768 /* the 2 iterations before the last */
#define STEP_low_w_7 1280 /* 320 bytes: low_w */
#define STEP_linear_w_10 0 /* 1280 bytes: linear_w, tanh */
#define STEP_loss_14 39488 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_16 39296 /* 192 bytes: counted_rows */
#define STEP_counted_17 39552 /* 64 bytes: counted */
#define STEP_x_20 37888 /* 512 bytes: x */
#define STEP_targets_21 39616 /* 64 bytes: targets */
#define STEP_d_x_24 38400 /* 512 bytes: d_x */
#define STEP_logits_25 0 /* 32768 bytes: logits */
#define STEP_d_x_sums_26 38912 /* 384 bytes: d_x_sums */
#define STEP_low_w_32 1280 /* 320 bytes: low_w */
#define STEP_linear_w_33 0 /* 1280 bytes: linear_w, d_linear_w */
#define STEP_low_w_35 1280 /* 320 bytes: low_w */
#define STEP_d_low_w_38 1280 /* 320 bytes: d_low_w */
#define STEP_squares_43 0 /* 64 bytes: squares, squares, squares, squares, squares */

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + STEP_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 2, 20); /* [2, 20] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 4000, 8); /* [4000, 8] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    const struct lrt_tensor low_w_7 = lrt_f32(m->arena + STEP_low_w_7, rows, 2); /* [40, 2] */
    const struct lrt_tensor x_5_rows = lrt_f32(m->arena + (i == 2 ? STEP_x_5 : STEP_x_5_SLOTS + i * 1280) + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_tensor w_lora_a_6 = lrt_f32(m->adapters + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor linear_w_10 = lrt_f32(m->arena + STEP_linear_w_10, rows, 8); /* [40, 8] */
    const struct lrt_tensor w_8 = lrt_weight(&m->weights[2 + i], 8, 8); /* [8, 8] */
    const struct lrt_tensor w_lora_b_9 = lrt_f32(m->adapters + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_tensor tanh_11 = lrt_f32(m->arena + STEP_linear_w_10, rows, 8); /* [40, 8] */
    const struct lrt_tensor x_12_rows = lrt_f32(m->arena + STEP_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_linear_args low_rank5 = {.y = &low_w_7, .x = &x_5_rows, .w = &w_lora_a_6, .scale = 1.0f};
    lrt_linear(c, &low_rank5); /* loss_chunks.lora:15 */
    const struct lrt_linear_args linear6 = {.y = &linear_w_10, .x = &x_5_rows, .w = &w_8, .h = &low_w_7,
        .b = &w_lora_b_9, .scale = 2.0f};
    lrt_linear(c, &linear6); /* loss_chunks.lora:15 */
    const struct lrt_unary_args tanh7 = {.y = &tanh_11, .x = &linear_w_10};
    lrt_tanh(c, &tanh7); /* loss_chunks.lora:15 */
    const struct lrt_binary_args add8 = {.y = &x_12_rows, .a = &x_5_rows, .b = &tanh_11};
    lrt_add(c, &add8); /* loss_chunks.lora:15 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor x_5 = lrt_f32(m->arena + (i == 2 ? STEP_x_5 : STEP_x_5_SLOTS + i * 1280), 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + STEP_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_unary_args copy3 = {.y = &x_5, .x = &x_4};
    lrt_copy(c, &copy3); /* loss_chunks.lora:18 */
    for (int64_t iteration = 0; iteration < 1; iteration++) step_layer_rows_2(m, i, iteration); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{2, 1, 1}};

static void step_straight_11(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor loss_14 = lrt_f64(m->arena + STEP_loss_14, 1, 1); /* [] */
    const struct lrt_tensor counted_rows_16 = lrt_i32(m->arena + STEP_counted_rows_16, 1, 40); /* [40] */
    const struct lrt_tensor counted_17 = lrt_i32(m->arena + STEP_counted_17, 1, 1); /* [] */
    const struct lrt_tensor targets_15 = lrt_i32(m->targets, 2, 20); /* [2, 20] */
    const struct lrt_fill_args zero_sum11 = {.y = &loss_14, .value = 0.0f};
    lrt_fill(c, &zero_sum11); /* loss_chunks.lora:23 */
    const struct lrt_counted_rows_args counted_rows12 = {.rows = &counted_rows_16, .count = &counted_17,
        .targets = &targets_15, .ignore = -100};
    lrt_counted_rows(c, &counted_rows12); /* loss_chunks.lora:23 */
}

static void step_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 16, left = *((int32_t *)(void *)(m->arena + STEP_counted_17)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 16 ? left : 16;
    const struct lrt_tensor x_20 = lrt_f32(m->arena + STEP_x_20, rows, 8); /* [16, 8] */
    const struct lrt_tensor x_19 = lrt_f32(m->arena + STEP_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor counted_rows_16_rows = lrt_i32(m->arena + STEP_counted_rows_16 + row * 4, rows, 1); /* [40] */
    const struct lrt_tensor targets_21 = lrt_i32(m->arena + STEP_targets_21, rows, 1); /* [16] */
    const struct lrt_tensor targets_15 = lrt_i32(m->targets, 2, 20); /* [2, 20] */
    const struct lrt_tensor loss_23 = lrt_f64(m->arena + STEP_loss_14, 1, 1); /* [] */
    const struct lrt_tensor d_x_24 = lrt_f32(m->arena + STEP_d_x_24, rows, 8); /* [16, 8] */
    const struct lrt_tensor logits_25 = lrt_f32(m->arena + STEP_logits_25, rows, 512); /* [16, 512] */
    const struct lrt_tensor d_x_sums_26 = lrt_f64(m->arena + STEP_d_x_sums_26, rows, 3); /* [16, 3] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 4000, 8); /* [4000, 8] */
    const struct lrt_tensor bias_22 = lrt_weight(&m->weights[1], 1, 4000); /* [4000] */
    const struct lrt_tensor d_x_27 = lrt_f32(m->arena + STEP_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_gather_args gather_rows14 = {.y = &x_20, .x = &x_19, .rows = &counted_rows_16_rows};
    lrt_gather_rows(c, &gather_rows14); /* loss_chunks.lora:23 */
    const struct lrt_gather_args gather_ids15 = {.y = &targets_21, .x = &targets_15, .rows = &counted_rows_16_rows};
    lrt_gather_ids(c, &gather_ids15); /* loss_chunks.lora:23 */
    const struct lrt_linear_cross_entropy_args linear_cross_entropy_grad16 = {.loss = &loss_23, .dx = &d_x_24,
        .logits = &logits_25, .sums = &d_x_sums_26, .x = &x_20, .w = &embed_2, .bias = &bias_22,
        .targets = &targets_21, .weight = m->loss_weight};
    lrt_linear_cross_entropy(c, &linear_cross_entropy_grad16); /* loss_chunks.lora:23 */
    const struct lrt_scatter_args scatter_rows17 = {.y = &d_x_27, .x = &d_x_24, .rows = &counted_rows_16_rows};
    lrt_scatter_rows(c, &scatter_rows17); /* loss_chunks.lora:23 */
}

static const struct lrt_slice_weight step_head_3_reads[] = {{0, 0, 1}, {1, 0, 1}};

static void step_straight_19(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor d_x_30 = lrt_f32(m->arena + STEP_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor counted_rows_16 = lrt_i32(m->arena + STEP_counted_rows_16, 1, 40); /* [40] */
    const struct lrt_tensor counted_17 = lrt_i32(m->arena + STEP_counted_17, 1, 1); /* [] */
    const struct lrt_clear_other_rows_args clear_other_rows19 = {.y = &d_x_30, .rows = &counted_rows_16,
        .count = &counted_17};
    lrt_clear_other_rows(c, &clear_other_rows19); /* loss_chunks.lora:23 */
}

static void step_layer_rows_backward_5(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    const struct lrt_tensor low_w_32 = lrt_f32(m->arena + STEP_low_w_32, rows, 2); /* [40, 2] */
    const struct lrt_tensor x_5_rows = lrt_f32(m->arena + (i == 2 ? STEP_x_5 : STEP_x_5_SLOTS + i * 1280) + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_tensor w_lora_a_6 = lrt_f32(m->adapters + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor linear_w_33 = lrt_f32(m->arena + STEP_linear_w_33, rows, 8); /* [40, 8] */
    const struct lrt_tensor w_8 = lrt_weight(&m->weights[2 + i], 8, 8); /* [8, 8] */
    const struct lrt_tensor w_lora_b_9 = lrt_f32(m->adapters + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_tensor d_linear_w_34 = lrt_f32(m->arena + STEP_linear_w_33, rows, 8); /* [40, 8] */
    const struct lrt_tensor d_x_31_rows = lrt_f32(m->arena + STEP_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_tensor low_w_35 = lrt_f32(m->arena + STEP_low_w_35, rows, 2); /* [40, 2] */
    const struct lrt_tensor d_w_lora_b_37 = lrt_f32(m->gradients + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_tensor d_low_w_38 = lrt_f32(m->arena + STEP_d_low_w_38, rows, 2); /* [40, 2] */
    const struct lrt_tensor d_w_lora_a_40 = lrt_f32(m->gradients + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor d_x_41_rows = lrt_f32(m->arena + STEP_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_linear_args low_rank22 = {.y = &low_w_32, .x = &x_5_rows, .w = &w_lora_a_6, .scale = 1.0f};
    lrt_linear(c, &low_rank22); /* loss_chunks.lora:15 */
    const struct lrt_linear_args linear23 = {.y = &linear_w_33, .x = &x_5_rows, .w = &w_8, .h = &low_w_32,
        .b = &w_lora_b_9, .scale = 2.0f};
    lrt_linear(c, &linear23); /* loss_chunks.lora:15 */
    const struct lrt_unary_dx_args tanh_dx24 = {.dx = &d_linear_w_34, .dy = &d_x_31_rows, .x = &linear_w_33};
    lrt_tanh_dx(c, &tanh_dx24); /* loss_chunks.lora:15 */
    const struct lrt_linear_args low_rank25 = {.y = &low_w_35, .x = &x_5_rows, .w = &w_lora_a_6, .scale = 1.0f};
    lrt_linear(c, &low_rank25); /* loss_chunks.lora:15 */
    const struct lrt_outer_args outer_acc26 = {.dw = &d_w_lora_b_37, .g = &d_linear_w_34, .x = &low_w_35,
        .scale = 2.0f};
    lrt_outer_acc(c, &outer_acc26); /* loss_chunks.lora:15 */
    const struct lrt_linear_dx_args linear_dx27 = {.dx = &d_low_w_38, .dy = &d_linear_w_34, .w = &w_lora_b_9,
        .scale = 2.0f};
    lrt_linear_dx(c, &linear_dx27); /* loss_chunks.lora:15 */
    const struct lrt_outer_args outer_acc28 = {.dw = &d_w_lora_a_40, .g = &d_low_w_38, .x = &x_5_rows, .scale = 1.0f};
    lrt_outer_acc(c, &outer_acc28); /* loss_chunks.lora:15 */
    const struct lrt_linear_dx_args linear_dx29 = {.dx = &d_x_41_rows, .acc = &d_x_31_rows, .dy = &d_linear_w_34,
        .w = &w_8, .dh = &d_low_w_38, .a = &w_lora_a_6, .scale = 1.0f};
    lrt_linear_dx(c, &linear_dx29); /* loss_chunks.lora:15 */
}

static void step_layer_backward_4(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 1; iteration++) step_layer_rows_backward_5(m, i, iteration); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight step_layer_backward_4_reads[] = {{2, 1, 1}};

static void step_update_32(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor squares_43 = lrt_f64(m->arena + STEP_squares_43, 1, 1); /* [] */
    const struct lrt_fill_args zero_sum32 = {.y = &squares_43, .value = 0.0f};
    lrt_fill(c, &zero_sum32); /* loss_chunks.lora:25 */
}

static void step_norm_backward_6(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor squares_45 = lrt_f64(m->arena + STEP_squares_43, 1, 1); /* [] */
    const struct lrt_tensor d_w_lora_a_40 = lrt_f32(m->gradients + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor squares_46 = lrt_f64(m->arena + STEP_squares_43, 1, 1); /* [] */
    const struct lrt_tensor d_w_lora_b_37 = lrt_f32(m->gradients + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_sum_squares_args sum_squares34 = {.sum = &squares_45, .g = &d_w_lora_a_40};
    lrt_sum_squares(c, &sum_squares34); /* loss_chunks.lora:14 */
    const struct lrt_sum_squares_args sum_squares35 = {.sum = &squares_46, .g = &d_w_lora_b_37};
    lrt_sum_squares(c, &sum_squares35); /* loss_chunks.lora:14 */
}

static void step_straight_37(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor squares_47 = lrt_f64(m->arena + STEP_squares_43, 1, 1); /* [] */
    const struct lrt_clip_args clip37 = {.scale = &m->grad_scale, .norm = &m->grad_norm, .sum = &squares_47,
        .limit = 0.0};
    lrt_clip(c, &clip37); /* loss_chunks.lora:25 */
}

static void step_update_7(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor w_lora_a_6 = lrt_f32(m->adapters + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor d_w_lora_a_40 = lrt_f32(m->gradients + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor w_lora_b_9 = lrt_f32(m->adapters + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_tensor d_w_lora_b_37 = lrt_f32(m->gradients + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_sgd_args sgd39 = {.p = &w_lora_a_6, .g = &d_w_lora_a_40, .learning_rate = m->learning_rate,
        .momentum = 0.0, .weight_decay = 0.0, .grad_scale = m->grad_scale, .step = c->step + 1};
    lrt_sgd(c, &sgd39); /* loss_chunks.lora:25 */
    const struct lrt_sgd_args sgd40 = {.p = &w_lora_b_9, .g = &d_w_lora_b_37, .learning_rate = m->learning_rate,
        .momentum = 0.0, .weight_decay = 0.0, .grad_scale = m->grad_scale, .step = c->step + 1};
    lrt_sgd(c, &sgd40); /* loss_chunks.lora:25 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, step_straight_1_reads, 1, NULL, NULL},
    {step_layer_1, 0, 1, 3, step_layer_1_reads, 1, NULL, NULL},
    {step_straight_11, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_3, 0, 1, 3, step_head_3_reads, 2, NULL, NULL},
    {step_straight_19, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_backward_4, 2, -1, 3, step_layer_backward_4_reads, 1, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_32, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_norm_backward_6, 2, -1, 3, NULL, 0, NULL, NULL},
    {step_straight_37, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_update_7, 0, 1, 3, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 32768 /* 1280 bytes: embedding_embed, x, x, x */
#define EVAL_low_w_6 1280 /* 320 bytes: low_w */
#define EVAL_linear_w_9 0 /* 1280 bytes: linear_w, tanh */
#define EVAL_loss_13 35136 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_15 34944 /* 192 bytes: counted_rows */
#define EVAL_counted_16 35200 /* 64 bytes: counted */
#define EVAL_x_18 34048 /* 512 bytes: x */
#define EVAL_targets_19 35264 /* 64 bytes: targets */
#define EVAL_logits_22 0 /* 32768 bytes: logits */
#define EVAL_loss_sums_23 34560 /* 384 bytes: loss_sums */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + EVAL_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 2, 20); /* [2, 20] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 4000, 8); /* [4000, 8] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    const struct lrt_tensor low_w_6 = lrt_f32(m->arena + EVAL_low_w_6, rows, 2); /* [40, 2] */
    const struct lrt_tensor x_4_rows = lrt_f32(m->arena + EVAL_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_tensor w_lora_a_5 = lrt_f32(m->adapters + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor linear_w_9 = lrt_f32(m->arena + EVAL_linear_w_9, rows, 8); /* [40, 8] */
    const struct lrt_tensor w_7 = lrt_weight(&m->weights[2 + i], 8, 8); /* [8, 8] */
    const struct lrt_tensor w_lora_b_8 = lrt_f32(m->adapters + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_tensor tanh_10 = lrt_f32(m->arena + EVAL_linear_w_9, rows, 8); /* [40, 8] */
    const struct lrt_tensor x_11_rows = lrt_f32(m->arena + EVAL_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_linear_args low_rank4 = {.y = &low_w_6, .x = &x_4_rows, .w = &w_lora_a_5, .scale = 1.0f};
    lrt_linear(c, &low_rank4); /* loss_chunks.lora:15 */
    const struct lrt_linear_args linear5 = {.y = &linear_w_9, .x = &x_4_rows, .w = &w_7, .h = &low_w_6,
        .b = &w_lora_b_8, .scale = 2.0f};
    lrt_linear(c, &linear5); /* loss_chunks.lora:15 */
    const struct lrt_unary_args tanh6 = {.y = &tanh_10, .x = &linear_w_9};
    lrt_tanh(c, &tanh6); /* loss_chunks.lora:15 */
    const struct lrt_binary_args add7 = {.y = &x_11_rows, .a = &x_4_rows, .b = &tanh_10};
    lrt_add(c, &add7); /* loss_chunks.lora:15 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 1; iteration++) eval_layer_rows_2(m, i, iteration); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{2, 1, 1}};

static void eval_straight_10(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor loss_13 = lrt_f64(m->arena + EVAL_loss_13, 1, 1); /* [] */
    const struct lrt_tensor counted_rows_15 = lrt_i32(m->arena + EVAL_counted_rows_15, 1, 40); /* [40] */
    const struct lrt_tensor counted_16 = lrt_i32(m->arena + EVAL_counted_16, 1, 1); /* [] */
    const struct lrt_tensor targets_14 = lrt_i32(m->targets, 2, 20); /* [2, 20] */
    const struct lrt_fill_args zero_sum10 = {.y = &loss_13, .value = 0.0f};
    lrt_fill(c, &zero_sum10); /* loss_chunks.lora:23 */
    const struct lrt_counted_rows_args counted_rows11 = {.rows = &counted_rows_15, .count = &counted_16,
        .targets = &targets_14, .ignore = -100};
    lrt_counted_rows(c, &counted_rows11); /* loss_chunks.lora:23 */
}

static void eval_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 16, left = *((int32_t *)(void *)(m->arena + EVAL_counted_16)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 16 ? left : 16;
    const struct lrt_tensor x_18 = lrt_f32(m->arena + EVAL_x_18, rows, 8); /* [16, 8] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + EVAL_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor counted_rows_15_rows = lrt_i32(m->arena + EVAL_counted_rows_15 + row * 4, rows, 1); /* [40] */
    const struct lrt_tensor targets_19 = lrt_i32(m->arena + EVAL_targets_19, rows, 1); /* [16] */
    const struct lrt_tensor targets_14 = lrt_i32(m->targets, 2, 20); /* [2, 20] */
    const struct lrt_tensor loss_21 = lrt_f64(m->arena + EVAL_loss_13, 1, 1); /* [] */
    const struct lrt_tensor logits_22 = lrt_f32(m->arena + EVAL_logits_22, rows, 512); /* [16, 512] */
    const struct lrt_tensor loss_sums_23 = lrt_f64(m->arena + EVAL_loss_sums_23, rows, 3); /* [16, 3] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 4000, 8); /* [4000, 8] */
    const struct lrt_tensor bias_20 = lrt_weight(&m->weights[1], 1, 4000); /* [4000] */
    const struct lrt_gather_args gather_rows13 = {.y = &x_18, .x = &x_12, .rows = &counted_rows_15_rows};
    lrt_gather_rows(c, &gather_rows13); /* loss_chunks.lora:23 */
    const struct lrt_gather_args gather_ids14 = {.y = &targets_19, .x = &targets_14, .rows = &counted_rows_15_rows};
    lrt_gather_ids(c, &gather_ids14); /* loss_chunks.lora:23 */
    const struct lrt_linear_cross_entropy_args linear_cross_entropy15 = {.loss = &loss_21, .logits = &logits_22,
        .sums = &loss_sums_23, .x = &x_18, .w = &embed_2, .bias = &bias_20, .targets = &targets_19, .weight = 1.0f};
    lrt_linear_cross_entropy(c, &linear_cross_entropy15); /* loss_chunks.lora:23 */
}

static const struct lrt_slice_weight eval_head_3_reads[] = {{0, 0, 1}, {1, 0, 1}};

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, eval_straight_1_reads, 1, NULL, NULL},
    {eval_layer_1, 0, 1, 3, eval_layer_1_reads, 1, NULL, NULL},
    {eval_straight_10, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_3, 0, 1, 3, eval_head_3_reads, 2, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 0 /* 1280 bytes: embedding_embed, x, x, x */
#define LOGITS_low_w_6 2560 /* 320 bytes: low_w */
#define LOGITS_linear_w_9 1280 /* 1280 bytes: linear_w, tanh */
#define LOGITS_x_15 1280 /* 512 bytes: x */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 2, 20); /* [2, 20] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 4000, 8); /* [4000, 8] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    const struct lrt_tensor low_w_6 = lrt_f32(m->arena + LOGITS_low_w_6, rows, 2); /* [40, 2] */
    const struct lrt_tensor x_4_rows = lrt_f32(m->arena + LOGITS_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_tensor w_lora_a_5 = lrt_f32(m->adapters + 0 + i * 16, 2, 8); /* [2, 8] */
    const struct lrt_tensor linear_w_9 = lrt_f32(m->arena + LOGITS_linear_w_9, rows, 8); /* [40, 8] */
    const struct lrt_tensor w_7 = lrt_weight(&m->weights[2 + i], 8, 8); /* [8, 8] */
    const struct lrt_tensor w_lora_b_8 = lrt_f32(m->adapters + 48 + i * 16, 8, 2); /* [8, 2] */
    const struct lrt_tensor tanh_10 = lrt_f32(m->arena + LOGITS_linear_w_9, rows, 8); /* [40, 8] */
    const struct lrt_tensor x_11_rows = lrt_f32(m->arena + LOGITS_embedding_embed_3 + row * 32, rows, 8); /* [2, 20, 8] */
    const struct lrt_linear_args low_rank4 = {.y = &low_w_6, .x = &x_4_rows, .w = &w_lora_a_5, .scale = 1.0f};
    lrt_linear(c, &low_rank4); /* loss_chunks.lora:15 */
    const struct lrt_linear_args linear5 = {.y = &linear_w_9, .x = &x_4_rows, .w = &w_7, .h = &low_w_6,
        .b = &w_lora_b_8, .scale = 2.0f};
    lrt_linear(c, &linear5); /* loss_chunks.lora:15 */
    const struct lrt_unary_args tanh6 = {.y = &tanh_10, .x = &linear_w_9};
    lrt_tanh(c, &tanh6); /* loss_chunks.lora:15 */
    const struct lrt_binary_args add7 = {.y = &x_11_rows, .a = &x_4_rows, .b = &tanh_10};
    lrt_add(c, &add7); /* loss_chunks.lora:15 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 1; iteration++) logits_layer_rows_2(m, i, iteration); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{2, 1, 1}};

static void logits_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 16, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 16 ? left : 16;
    const struct lrt_tensor x_15 = lrt_f32(m->arena + LOGITS_x_15, rows, 8); /* [16, 8] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 40, 8); /* [2, 20, 8] */
    const struct lrt_tensor rows_14_rows = lrt_i32(m->rows + row, rows, 1); /* [40] */
    const struct lrt_tensor logits_17_rows = lrt_f32(m->logits + row * 4000, rows, 4000); /* [40, 4000] */
    const struct lrt_tensor embed_2 = lrt_weight(&m->weights[0], 4000, 8); /* [4000, 8] */
    const struct lrt_tensor bias_16 = lrt_weight(&m->weights[1], 1, 4000); /* [4000] */
    const struct lrt_gather_args gather_rows11 = {.y = &x_15, .x = &x_12, .rows = &rows_14_rows};
    lrt_gather_rows(c, &gather_rows11); /* loss_chunks.lora:18 */
    const struct lrt_linear_args linear12 = {.y = &logits_17_rows, .x = &x_15, .w = &embed_2, .bias = &bias_16,
        .scale = 1.0f};
    lrt_linear(c, &linear12); /* loss_chunks.lora:18 */
}

static const struct lrt_slice_weight logits_head_3_reads[] = {{0, 0, 1}, {1, 0, 1}};

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, logits_straight_1_reads, 1, NULL, NULL},
    {logits_layer_1, 0, 1, 3, logits_layer_1_reads, 1, NULL, NULL},
    {logits_head_3, 0, 1, 3, logits_head_3_reads, 2, NULL, NULL},
};

static const struct lrt_dim_info dims[] = {
    {"batch", 2},
    {"seq", 20},
    {"vocab", 4000},
    {"width", 8},
    {"depth", 3},
};

static const struct lrt_weight_info weights[] = {
    {"embed", "token_embd.weight", NULL, 2, {4000, 8, 0, 0}, 0, 1, 0, 1, 0, LRT_INITIAL_NORMAL},
    {"bias", "output.bias", NULL, 1, {4000, 0, 0, 0}, 0, 1, 1, 1, 0, LRT_INITIAL_ZEROS},
    {"layer.w", "blk.{i}.w.weight", NULL, 2, {8, 8, 0, 0}, 0, 3, 2, 1, 0, LRT_INITIAL_NORMAL},
};

static const struct lrt_param_info params[] = {
    {"layer.w.lora_a", LRT_ROLE_LORA_A, 2, 2, {2, 8, 0, 0}, 0, 3, 0, 16, 4.0, 0, 2},
    {"layer.w.lora_b", LRT_ROLE_LORA_B, 2, 2, {8, 2, 0, 0}, 0, 3, 48, 16, 4.0, 1, 2},
};

static const struct lrt_pool_info pools[] = {
    {"arena", LOSS_CHUNKS_ARENA_BYTES},
    {"adapters", LOSS_CHUNKS_ADAPTER_BYTES},
    {"gradients", LOSS_CHUNKS_GRADIENT_BYTES},
    {"optimizer", LOSS_CHUNKS_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(LOSS_CHUNKS_SCRATCH_BYTES) + LOSS_CHUNKS_THREAD_BYTES},
    {"context", sizeof(struct loss_chunks)},
    {"file", 0},
};

static const struct lrt_op_info ops[] = {
    {"embedding", "", 1.0},
    {"linear", "", 1.0},
    {"linear", "scale", 2.0},
    {"tanh", "", 1.0},
    {"add", "", 1.0},
    {"linear", "scale", 1.0},
    {"cross_entropy", "", 1.0},
    {"cross_entropy", "ignore", -100.0},
};

static const struct lrt_plan_info info = {
    "loss_chunks", "0.2.0", "gradient structured, optimizer sgd, 4 threads at most", "structured", "sgd", 
    dims, 5, NULL, 0, weights, 3, 5, params, 2, pools, sizeof pools / sizeof *pools,
    39680, 39680, "loss_chunks.lora:23 linear_cross_entropy_grad", 2, 20, 4000, -100, 1, 4, 0, 0.1, 40, 0, 0, 0, 0.0, ops, 8,
    "exact, sgd(momentum: 0, weight_decay: 0)", {LRT_SCHEDULE_CONSTANT, 0, 0, 0.0}, 0.0,
    "5468e49ff3d58feb9243b11c172106a29409e2969575da789b24733510e64e7b",
    "7d84d4e3412389e08357b6d8989304776f2e5c5ccfcadddacb15147195c6807f"};

static const struct lrt_program program = {
    &info, LOSS_CHUNKS_MEMORY_BYTES, LOSS_CHUNKS_ARENA_BYTES, LOSS_CHUNKS_SCRATCH_BYTES, 0,
    96, 96, 0, 40, 40,
    {step_slices, 6}, {step_update, 4}, {eval_slices, 4}, {logits_slices, 3}, 
    39488, 39552, 35136, 35200,
    1, NULL};

int loss_chunks_init(struct loss_chunks *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void loss_chunks_stop(struct loss_chunks *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int loss_chunks_begin(struct loss_chunks *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int loss_chunks_advance(struct loss_chunks *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int loss_chunks_finish(struct loss_chunks *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int loss_chunks_step(struct loss_chunks *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int loss_chunks_eval(struct loss_chunks *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int loss_chunks_logits(struct loss_chunks *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *loss_chunks_adapter(struct loss_chunks *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *loss_chunks_gradient(struct loss_chunks *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *loss_chunks_state(struct loss_chunks *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int loss_chunks_scalars(struct loss_chunks *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int loss_chunks_apply(struct loss_chunks *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int loss_chunks_estimate(struct loss_chunks *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int loss_chunks_shard_get(struct loss_chunks *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int loss_chunks_shard_set(struct loss_chunks *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *loss_chunks_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return loss_chunks_init((struct loss_chunks *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    loss_chunks_stop((struct loss_chunks *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return loss_chunks_begin((struct loss_chunks *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return loss_chunks_advance((struct loss_chunks *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return loss_chunks_finish((struct loss_chunks *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return loss_chunks_step((struct loss_chunks *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return loss_chunks_eval((struct loss_chunks *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return loss_chunks_logits((struct loss_chunks *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return loss_chunks_adapter((struct loss_chunks *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return loss_chunks_gradient((struct loss_chunks *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return loss_chunks_state((struct loss_chunks *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return loss_chunks_scalars((struct loss_chunks *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return loss_chunks_apply((struct loss_chunks *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return loss_chunks_estimate((struct loss_chunks *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return loss_chunks_shard_get((struct loss_chunks *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return loss_chunks_shard_set((struct loss_chunks *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct loss_chunks *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct loss_chunks), LOSS_CHUNKS_MEMORY_BYTES, loss_chunks_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *loss_chunks_interface(void) { return &interface_table; }
