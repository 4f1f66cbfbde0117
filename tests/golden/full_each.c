/* full_each: made by lorac 0.2.0 (gradient reverse, optimizer sgd, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "full_each.h"

#ifdef __FAST_MATH__
#error "the plan's numbers need exact arithmetic: compile without -ffast-math and -Ofast"
#endif

#ifdef __cplusplus /* designated initialisers: in C++ since 2020, in gcc and clang before */
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wc++20-extensions"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 2368 /* 192 bytes: embedding_embed, x, linear_w_down, x, x, x, ... */
#define STEP_x_5 2560 /* 192 bytes: x */
#define STEP_x_5_SLOTS 960 /* the 3 iterations before the last */
#define STEP_rms_norm_norm_7 1536 /* 192 bytes: rms_norm_norm */
#define STEP_linear_w_up_9 2048 /* 320 bytes: linear_w_up */
#define STEP_linear_w_up_9_SLOTS 0 /* the 3 iterations before the last */
#define STEP_gelu_10 1536 /* 320 bytes: gelu */
#define STEP_loss_15 2944 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_17 3008 /* 64 bytes: counted_rows */
#define STEP_counted_18 3072 /* 64 bytes: counted */
#define STEP_x_21 2752 /* 192 bytes: x */
#define STEP_logits_22 1536 /* 512 bytes: logits, d_logits */
#define STEP_targets_23 3136 /* 64 bytes: targets */
#define STEP_d_x_28 2752 /* 192 bytes: d_x */
#define STEP_gelu_34 1536 /* 320 bytes: gelu */
#define STEP_d_gelu_37 1536 /* 320 bytes: d_gelu, d_linear_w_up */
#define STEP_rms_norm_norm_39 1856 /* 192 bytes: rms_norm_norm */
#define STEP_d_rms_norm_norm_42 1856 /* 192 bytes: d_rms_norm_norm */
#define STEP_squares_48 0 /* 64 bytes: squares, squares, squares, squares, squares, squares, ... */

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 6); /* [1, 6] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* full_each.lora:20 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor x_5 = lrt_f32(m->arena + (i == 3 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192), 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor rms_norm_norm_7 = lrt_f32(m->arena + STEP_rms_norm_norm_7, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor norm_6 = lrt_f32(m->adapters + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor linear_w_up_9 = lrt_f32(m->arena + (i == 3 ? STEP_linear_w_up_9 : STEP_linear_w_up_9_SLOTS + i * 320), 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor w_up_8 = lrt_f32(m->adapters + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor gelu_10 = lrt_f32(m->arena + STEP_gelu_10, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor linear_w_down_12 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor w_down_11 = lrt_f32(m->adapters + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor x_13 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_unary_args copy3 = {.y = &x_5, .x = &x_4};
    lrt_copy(c, &copy3); /* full_each.lora:20 */
    const struct lrt_rms_norm_args rms_norm4 = {.y = &rms_norm_norm_7, .x = &x_5, .w = &norm_6, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm4); /* full_each.lora:17 */
    const struct lrt_linear_args linear5 = {.y = &linear_w_up_9, .x = &rms_norm_norm_7, .w = &w_up_8, .scale = 1.0f};
    lrt_linear(c, &linear5); /* full_each.lora:17 */
    const struct lrt_unary_args gelu6 = {.y = &gelu_10, .x = &linear_w_up_9};
    lrt_gelu(c, &gelu6); /* full_each.lora:17 */
    const struct lrt_linear_args linear7 = {.y = &linear_w_down_12, .x = &gelu_10, .w = &w_down_11, .scale = 1.0f};
    lrt_linear(c, &linear7); /* full_each.lora:17 */
    const struct lrt_binary_args add8 = {.y = &x_13, .a = &x_5, .b = &linear_w_down_12};
    lrt_add(c, &add8); /* full_each.lora:17 */
}

static void step_straight_10(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor loss_15 = lrt_f64(m->arena + STEP_loss_15, 1, 1); /* [] */
    const struct lrt_tensor counted_rows_17 = lrt_i32(m->arena + STEP_counted_rows_17, 1, 6); /* [6] */
    const struct lrt_tensor counted_18 = lrt_i32(m->arena + STEP_counted_18, 1, 1); /* [] */
    const struct lrt_tensor targets_16 = lrt_i32(m->targets, 1, 6); /* [1, 6] */
    const struct lrt_fill_args zero_sum10 = {.y = &loss_15, .value = 0.0f};
    lrt_fill(c, &zero_sum10); /* full_each.lora:25 */
    const struct lrt_counted_rows_args counted_rows11 = {.rows = &counted_rows_17, .count = &counted_18,
        .targets = &targets_16, .ignore = -100};
    lrt_counted_rows(c, &counted_rows11); /* full_each.lora:25 */
}

static void step_head_2(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *((int32_t *)(void *)(m->arena + STEP_counted_18)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    const struct lrt_tensor x_21 = lrt_f32(m->arena + STEP_x_21, rows, 8); /* [6, 8] */
    const struct lrt_tensor x_20 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor counted_rows_17_rows = lrt_i32(m->arena + STEP_counted_rows_17 + row * 4, rows, 1); /* [6] */
    const struct lrt_tensor logits_22 = lrt_f32(m->arena + STEP_logits_22, rows, 20); /* [6, 20] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_tensor targets_23 = lrt_i32(m->arena + STEP_targets_23, rows, 1); /* [6] */
    const struct lrt_tensor targets_16 = lrt_i32(m->targets, 1, 6); /* [1, 6] */
    const struct lrt_tensor loss_24 = lrt_f64(m->arena + STEP_loss_15, 1, 1); /* [] */
    const struct lrt_tensor d_logits_25 = lrt_f32(m->arena + STEP_logits_22, rows, 20); /* [6, 20] */
    const struct lrt_tensor d_embed_27 = lrt_f32(m->gradients + 0, 20, 8); /* [20, 8] */
    const struct lrt_tensor d_x_28 = lrt_f32(m->arena + STEP_d_x_28, rows, 8); /* [6, 8] */
    const struct lrt_tensor d_x_29 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_gather_args gather_rows13 = {.y = &x_21, .x = &x_20, .rows = &counted_rows_17_rows};
    lrt_gather_rows(c, &gather_rows13); /* full_each.lora:20 */
    const struct lrt_linear_args linear14 = {.y = &logits_22, .x = &x_21, .w = &embed_2, .scale = 1.0f};
    lrt_linear(c, &linear14); /* full_each.lora:20 */
    const struct lrt_gather_args gather_ids15 = {.y = &targets_23, .x = &targets_16, .rows = &counted_rows_17_rows};
    lrt_gather_ids(c, &gather_ids15); /* full_each.lora:25 */
    const struct lrt_cross_entropy_args cross_entropy_grad16 = {.loss = &loss_24, .dlogits = &d_logits_25,
        .logits = &logits_22, .targets = &targets_23, .weight = m->loss_weight};
    lrt_cross_entropy(c, &cross_entropy_grad16); /* full_each.lora:25 */
    const struct lrt_outer_args outer_acc17 = {.dw = &d_embed_27, .g = &d_logits_25, .x = &x_21, .scale = 1.0f};
    lrt_outer_acc(c, &outer_acc17); /* full_each.lora:20 */
    const struct lrt_linear_dx_args linear_dx18 = {.dx = &d_x_28, .dy = &d_logits_25, .w = &embed_2, .scale = 1.0f};
    lrt_linear_dx(c, &linear_dx18); /* full_each.lora:20 */
    const struct lrt_scatter_args scatter_rows19 = {.y = &d_x_29, .x = &d_x_28, .rows = &counted_rows_17_rows};
    lrt_scatter_rows(c, &scatter_rows19); /* full_each.lora:25 */
}

static void step_straight_21(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor d_x_32 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor counted_rows_17 = lrt_i32(m->arena + STEP_counted_rows_17, 1, 6); /* [6] */
    const struct lrt_tensor counted_18 = lrt_i32(m->arena + STEP_counted_18, 1, 1); /* [] */
    const struct lrt_clear_other_rows_args clear_other_rows21 = {.y = &d_x_32, .rows = &counted_rows_17,
        .count = &counted_18};
    lrt_clear_other_rows(c, &clear_other_rows21); /* full_each.lora:25 */
}

static void step_layer_backward_3(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor gelu_34 = lrt_f32(m->arena + STEP_gelu_34, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor linear_w_up_9 = lrt_f32(m->arena + (i == 3 ? STEP_linear_w_up_9 : STEP_linear_w_up_9_SLOTS + i * 320), 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor d_w_down_36 = lrt_f32(m->gradients + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor d_x_33 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor d_gelu_37 = lrt_f32(m->arena + STEP_d_gelu_37, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor w_down_11 = lrt_f32(m->adapters + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor d_linear_w_up_38 = lrt_f32(m->arena + STEP_d_gelu_37, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor rms_norm_norm_39 = lrt_f32(m->arena + STEP_rms_norm_norm_39, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor x_5 = lrt_f32(m->arena + (i == 3 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192), 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor norm_6 = lrt_f32(m->adapters + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor d_w_up_41 = lrt_f32(m->gradients + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor d_rms_norm_norm_42 = lrt_f32(m->arena + STEP_d_rms_norm_norm_42, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor w_up_8 = lrt_f32(m->adapters + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor d_norm_44 = lrt_f32(m->gradients + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor d_x_45 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_unary_args gelu23 = {.y = &gelu_34, .x = &linear_w_up_9};
    lrt_gelu(c, &gelu23); /* full_each.lora:17 */
    const struct lrt_outer_args outer_acc24 = {.dw = &d_w_down_36, .g = &d_x_33, .x = &gelu_34, .scale = 1.0f};
    lrt_outer_acc(c, &outer_acc24); /* full_each.lora:17 */
    const struct lrt_linear_dx_args linear_dx25 = {.dx = &d_gelu_37, .dy = &d_x_33, .w = &w_down_11, .scale = 1.0f};
    lrt_linear_dx(c, &linear_dx25); /* full_each.lora:17 */
    const struct lrt_unary_dx_args gelu_dx26 = {.dx = &d_linear_w_up_38, .dy = &d_gelu_37, .x = &linear_w_up_9};
    lrt_gelu_dx(c, &gelu_dx26); /* full_each.lora:17 */
    const struct lrt_rms_norm_args rms_norm27 = {.y = &rms_norm_norm_39, .x = &x_5, .w = &norm_6, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm27); /* full_each.lora:17 */
    const struct lrt_outer_args outer_acc28 = {.dw = &d_w_up_41, .g = &d_linear_w_up_38, .x = &rms_norm_norm_39,
        .scale = 1.0f};
    lrt_outer_acc(c, &outer_acc28); /* full_each.lora:17 */
    const struct lrt_linear_dx_args linear_dx29 = {.dx = &d_rms_norm_norm_42, .dy = &d_linear_w_up_38, .w = &w_up_8,
        .scale = 1.0f};
    lrt_linear_dx(c, &linear_dx29); /* full_each.lora:17 */
    const struct lrt_rms_norm_args rms_norm_dw30 = {.dw = &d_norm_44, .x = &x_5, .dy = &d_rms_norm_norm_42,
        .eps = 1e-05f, .heads = 1};
    lrt_rms_norm_dw(c, &rms_norm_dw30); /* full_each.lora:17 */
    const struct lrt_rms_norm_args rms_norm_dx31 = {.dx = &d_x_45, .x = &x_5, .w = &norm_6, .acc = &d_x_33,
        .dy = &d_rms_norm_norm_42, .eps = 1e-05f, .offset = 0.0f, .heads = 1};
    lrt_rms_norm_dx(c, &rms_norm_dx31); /* full_each.lora:17 */
}

static void step_straight_33(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor d_embed_47 = lrt_f32(m->gradients + 0, 20, 8); /* [20, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 6); /* [1, 6] */
    const struct lrt_tensor d_x_46 = lrt_f32(m->arena + STEP_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_embedding_args embedding_dw33 = {.dw = &d_embed_47, .ids = &tokens_1, .dy = &d_x_46};
    lrt_embedding_dw(c, &embedding_dw33); /* full_each.lora:20 */
}

static void step_update_34(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor squares_48 = lrt_f64(m->arena + STEP_squares_48, 1, 1); /* [] */
    const struct lrt_fill_args zero_sum34 = {.y = &squares_48, .value = 0.0f};
    lrt_fill(c, &zero_sum34); /* full_each.lora:27 */
}

static void step_norm_backward_4(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor squares_50 = lrt_f64(m->arena + STEP_squares_48, 1, 1); /* [] */
    const struct lrt_tensor d_norm_44 = lrt_f32(m->gradients + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor squares_51 = lrt_f64(m->arena + STEP_squares_48, 1, 1); /* [] */
    const struct lrt_tensor d_w_up_41 = lrt_f32(m->gradients + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor squares_52 = lrt_f64(m->arena + STEP_squares_48, 1, 1); /* [] */
    const struct lrt_tensor d_w_down_36 = lrt_f32(m->gradients + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_sum_squares_args sum_squares36 = {.sum = &squares_50, .g = &d_norm_44};
    lrt_sum_squares(c, &sum_squares36); /* full_each.lora:13 */
    const struct lrt_sum_squares_args sum_squares37 = {.sum = &squares_51, .g = &d_w_up_41};
    lrt_sum_squares(c, &sum_squares37); /* full_each.lora:14 */
    const struct lrt_sum_squares_args sum_squares38 = {.sum = &squares_52, .g = &d_w_down_36};
    lrt_sum_squares(c, &sum_squares38); /* full_each.lora:15 */
}

static void step_straight_40(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor squares_54 = lrt_f64(m->arena + STEP_squares_48, 1, 1); /* [] */
    const struct lrt_tensor d_embed_47 = lrt_f32(m->gradients + 0, 20, 8); /* [20, 8] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_tensor embed_55 = lrt_f32(m->optimizer + 0, 20, 8); /* [20, 8] */
    const struct lrt_sum_squares_args sum_squares40 = {.sum = &squares_54, .g = &d_embed_47};
    lrt_sum_squares(c, &sum_squares40); /* full_each.lora:10 */
    const struct lrt_clip_args clip41 = {.scale = &m->grad_scale, .norm = &m->grad_norm, .sum = &squares_54,
        .limit = 1.0};
    lrt_clip(c, &clip41); /* full_each.lora:27 */
    const struct lrt_sgd_args sgd42 = {.p = &embed_2, .g = &d_embed_47, .buf = &embed_55,
        .learning_rate = m->learning_rate, .momentum = 0.9, .weight_decay = 0.0, .grad_scale = m->grad_scale,
        .step = c->step + 1};
    lrt_sgd(c, &sgd42); /* full_each.lora:27 */
}

static void step_update_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor norm_6 = lrt_f32(m->adapters + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor d_norm_44 = lrt_f32(m->gradients + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor norm_56 = lrt_f32(m->optimizer + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor w_up_8 = lrt_f32(m->adapters + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor d_w_up_41 = lrt_f32(m->gradients + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor w_up_57 = lrt_f32(m->optimizer + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor w_down_11 = lrt_f32(m->adapters + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor d_w_down_36 = lrt_f32(m->gradients + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor w_down_58 = lrt_f32(m->optimizer + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_sgd_args sgd44 = {.p = &norm_6, .g = &d_norm_44, .buf = &norm_56,
        .learning_rate = m->learning_rate, .momentum = 0.9, .weight_decay = 0.0, .grad_scale = m->grad_scale,
        .step = c->step + 1};
    lrt_sgd(c, &sgd44); /* full_each.lora:27 */
    const struct lrt_sgd_args sgd45 = {.p = &w_up_8, .g = &d_w_up_41, .buf = &w_up_57,
        .learning_rate = m->learning_rate, .momentum = 0.9, .weight_decay = 0.0, .grad_scale = m->grad_scale,
        .step = c->step + 1};
    lrt_sgd(c, &sgd45); /* full_each.lora:27 */
    const struct lrt_sgd_args sgd46 = {.p = &w_down_11, .g = &d_w_down_36, .buf = &w_down_58,
        .learning_rate = m->learning_rate, .momentum = 0.9, .weight_decay = 0.0, .grad_scale = m->grad_scale,
        .step = c->step + 1};
    lrt_sgd(c, &sgd46); /* full_each.lora:27 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_1, 0, 1, 4, NULL, 0, NULL, NULL},
    {step_straight_10, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_2, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_straight_21, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_backward_3, 3, -1, 4, NULL, 0, NULL, NULL},
    {step_straight_33, 0, 1, 1, NULL, 0, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_34, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_norm_backward_4, 2, -2, 2, NULL, 0, NULL, NULL},
    {step_straight_40, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_update_5, 0, 2, 2, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 320 /* 192 bytes: embedding_embed, x, x, x */
#define EVAL_rms_norm_norm_6 512 /* 192 bytes: rms_norm_norm */
#define EVAL_linear_w_up_8 0 /* 320 bytes: linear_w_up, gelu */
#define EVAL_linear_w_down_11 512 /* 192 bytes: linear_w_down */
#define EVAL_loss_14 704 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_16 768 /* 64 bytes: counted_rows */
#define EVAL_counted_17 832 /* 64 bytes: counted */
#define EVAL_x_19 512 /* 192 bytes: x */
#define EVAL_logits_20 0 /* 512 bytes: logits */
#define EVAL_targets_21 512 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + EVAL_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 6); /* [1, 6] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* full_each.lora:20 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_6 = lrt_f32(m->arena + EVAL_rms_norm_norm_6, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + EVAL_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor norm_5 = lrt_f32(m->adapters + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor linear_w_up_8 = lrt_f32(m->arena + EVAL_linear_w_up_8, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor w_up_7 = lrt_f32(m->adapters + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor gelu_9 = lrt_f32(m->arena + EVAL_linear_w_up_8, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor linear_w_down_11 = lrt_f32(m->arena + EVAL_linear_w_down_11, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor w_down_10 = lrt_f32(m->adapters + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + EVAL_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_rms_norm_args rms_norm3 = {.y = &rms_norm_norm_6, .x = &x_4, .w = &norm_5, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm3); /* full_each.lora:17 */
    const struct lrt_linear_args linear4 = {.y = &linear_w_up_8, .x = &rms_norm_norm_6, .w = &w_up_7, .scale = 1.0f};
    lrt_linear(c, &linear4); /* full_each.lora:17 */
    const struct lrt_unary_args gelu5 = {.y = &gelu_9, .x = &linear_w_up_8};
    lrt_gelu(c, &gelu5); /* full_each.lora:17 */
    const struct lrt_linear_args linear6 = {.y = &linear_w_down_11, .x = &gelu_9, .w = &w_down_10, .scale = 1.0f};
    lrt_linear(c, &linear6); /* full_each.lora:17 */
    const struct lrt_binary_args add7 = {.y = &x_12, .a = &x_4, .b = &linear_w_down_11};
    lrt_add(c, &add7); /* full_each.lora:17 */
}

static void eval_straight_9(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor loss_14 = lrt_f64(m->arena + EVAL_loss_14, 1, 1); /* [] */
    const struct lrt_tensor counted_rows_16 = lrt_i32(m->arena + EVAL_counted_rows_16, 1, 6); /* [6] */
    const struct lrt_tensor counted_17 = lrt_i32(m->arena + EVAL_counted_17, 1, 1); /* [] */
    const struct lrt_tensor targets_15 = lrt_i32(m->targets, 1, 6); /* [1, 6] */
    const struct lrt_fill_args zero_sum9 = {.y = &loss_14, .value = 0.0f};
    lrt_fill(c, &zero_sum9); /* full_each.lora:25 */
    const struct lrt_counted_rows_args counted_rows10 = {.rows = &counted_rows_16, .count = &counted_17,
        .targets = &targets_15, .ignore = -100};
    lrt_counted_rows(c, &counted_rows10); /* full_each.lora:25 */
}

static void eval_head_2(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *((int32_t *)(void *)(m->arena + EVAL_counted_17)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    const struct lrt_tensor x_19 = lrt_f32(m->arena + EVAL_x_19, rows, 8); /* [6, 8] */
    const struct lrt_tensor x_13 = lrt_f32(m->arena + EVAL_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor counted_rows_16_rows = lrt_i32(m->arena + EVAL_counted_rows_16 + row * 4, rows, 1); /* [6] */
    const struct lrt_tensor logits_20 = lrt_f32(m->arena + EVAL_logits_20, rows, 20); /* [6, 20] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_tensor targets_21 = lrt_i32(m->arena + EVAL_targets_21, rows, 1); /* [6] */
    const struct lrt_tensor targets_15 = lrt_i32(m->targets, 1, 6); /* [1, 6] */
    const struct lrt_tensor loss_22 = lrt_f64(m->arena + EVAL_loss_14, 1, 1); /* [] */
    const struct lrt_gather_args gather_rows12 = {.y = &x_19, .x = &x_13, .rows = &counted_rows_16_rows};
    lrt_gather_rows(c, &gather_rows12); /* full_each.lora:20 */
    const struct lrt_linear_args linear13 = {.y = &logits_20, .x = &x_19, .w = &embed_2, .scale = 1.0f};
    lrt_linear(c, &linear13); /* full_each.lora:20 */
    const struct lrt_gather_args gather_ids14 = {.y = &targets_21, .x = &targets_15, .rows = &counted_rows_16_rows};
    lrt_gather_ids(c, &gather_ids14); /* full_each.lora:25 */
    const struct lrt_cross_entropy_args cross_entropy15 = {.loss = &loss_22, .logits = &logits_20,
        .targets = &targets_21, .weight = 1.0f};
    lrt_cross_entropy(c, &cross_entropy15); /* full_each.lora:25 */
}

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_layer_1, 0, 1, 4, NULL, 0, NULL, NULL},
    {eval_straight_9, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_2, 0, 1, 1, NULL, 0, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 320 /* 192 bytes: embedding_embed, x, x, x */
#define LOGITS_rms_norm_norm_6 512 /* 192 bytes: rms_norm_norm */
#define LOGITS_linear_w_up_8 0 /* 320 bytes: linear_w_up, gelu */
#define LOGITS_linear_w_down_11 512 /* 192 bytes: linear_w_down */
#define LOGITS_x_16 0 /* 192 bytes: x */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    const struct lrt_tensor embedding_embed_3 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor tokens_1 = lrt_i32(m->tokens, 1, 6); /* [1, 6] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_embedding_args embedding1 = {.y = &embedding_embed_3, .ids = &tokens_1, .w = &embed_2};
    lrt_embedding(c, &embedding1); /* full_each.lora:20 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    const struct lrt_tensor rms_norm_norm_6 = lrt_f32(m->arena + LOGITS_rms_norm_norm_6, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor x_4 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor norm_5 = lrt_f32(m->adapters + 160 + (i / 2) * 16, 1, 8); /* [8] */
    const struct lrt_tensor linear_w_up_8 = lrt_f32(m->arena + LOGITS_linear_w_up_8, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor w_up_7 = lrt_f32(m->adapters + 192 + (i / 2) * 96, 12, 8); /* [12, 8] */
    const struct lrt_tensor gelu_9 = lrt_f32(m->arena + LOGITS_linear_w_up_8, 6, 12); /* [1, 6, 12] */
    const struct lrt_tensor linear_w_down_11 = lrt_f32(m->arena + LOGITS_linear_w_down_11, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor w_down_10 = lrt_f32(m->adapters + 384 + (i / 2) * 96, 8, 12); /* [8, 12] */
    const struct lrt_tensor x_12 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_rms_norm_args rms_norm3 = {.y = &rms_norm_norm_6, .x = &x_4, .w = &norm_5, .eps = 1e-05f,
        .offset = 0.0f, .heads = 1};
    lrt_rms_norm(c, &rms_norm3); /* full_each.lora:17 */
    const struct lrt_linear_args linear4 = {.y = &linear_w_up_8, .x = &rms_norm_norm_6, .w = &w_up_7, .scale = 1.0f};
    lrt_linear(c, &linear4); /* full_each.lora:17 */
    const struct lrt_unary_args gelu5 = {.y = &gelu_9, .x = &linear_w_up_8};
    lrt_gelu(c, &gelu5); /* full_each.lora:17 */
    const struct lrt_linear_args linear6 = {.y = &linear_w_down_11, .x = &gelu_9, .w = &w_down_10, .scale = 1.0f};
    lrt_linear(c, &linear6); /* full_each.lora:17 */
    const struct lrt_binary_args add7 = {.y = &x_12, .a = &x_4, .b = &linear_w_down_11};
    lrt_add(c, &add7); /* full_each.lora:17 */
}

static void logits_head_2(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    const struct lrt_tensor x_16 = lrt_f32(m->arena + LOGITS_x_16, rows, 8); /* [6, 8] */
    const struct lrt_tensor x_13 = lrt_f32(m->arena + LOGITS_embedding_embed_3, 6, 8); /* [1, 6, 8] */
    const struct lrt_tensor rows_15_rows = lrt_i32(m->rows + row, rows, 1); /* [6] */
    const struct lrt_tensor logits_17_rows = lrt_f32(m->logits + row * 20, rows, 20); /* [6, 20] */
    const struct lrt_tensor embed_2 = lrt_f32(m->adapters + 0, 20, 8); /* [20, 8] */
    const struct lrt_gather_args gather_rows10 = {.y = &x_16, .x = &x_13, .rows = &rows_15_rows};
    lrt_gather_rows(c, &gather_rows10); /* full_each.lora:20 */
    const struct lrt_linear_args linear11 = {.y = &logits_17_rows, .x = &x_16, .w = &embed_2, .scale = 1.0f};
    lrt_linear(c, &linear11); /* full_each.lora:20 */
}

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, NULL, 0, NULL, NULL},
    {logits_layer_1, 0, 1, 4, NULL, 0, NULL, NULL},
    {logits_head_2, 0, 1, 1, NULL, 0, NULL, NULL},
};

static const struct lrt_dim_info dims[] = {
    {"batch", 1},
    {"seq", 6},
    {"vocab", 20},
    {"width", 8},
    {"ff", 12},
};

static const struct lrt_weight_info weights[] = {
    {"embed", NULL, NULL, 2, {20, 8, 0, 0}, 0, 1, 0, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.norm", NULL, NULL, 1, {8, 0, 0, 0}, 0, 2, 1, 1, 0, LRT_INITIAL_ONES},
    {"layer.w_up", NULL, NULL, 2, {12, 8, 0, 0}, 0, 2, 3, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.w_down", NULL, NULL, 2, {8, 12, 0, 0}, 0, 2, 5, 1, 0, LRT_INITIAL_NORMAL},
};

static const struct lrt_param_info params[] = {
    {"embed", LRT_ROLE_FULL, 0, 2, {20, 8, 0, 0}, 0, 1, 0, 160, 0.0, 0, 2},
    {"layer.norm", LRT_ROLE_FULL, 1, 1, {8, 0, 0, 0}, 0, 2, 160, 16, 0.0, 2, 6},
    {"layer.w_up", LRT_ROLE_FULL, 2, 2, {12, 8, 0, 0}, 0, 2, 192, 96, 0.0, 4, 6},
    {"layer.w_down", LRT_ROLE_FULL, 3, 2, {8, 12, 0, 0}, 0, 2, 384, 96, 0.0, 6, 6},
};

static const struct lrt_pool_info pools[] = {
    {"arena", FULL_EACH_ARENA_BYTES},
    {"adapters", FULL_EACH_ADAPTER_BYTES},
    {"gradients", FULL_EACH_GRADIENT_BYTES},
    {"optimizer", FULL_EACH_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(FULL_EACH_SCRATCH_BYTES) + FULL_EACH_THREAD_BYTES},
    {"context", sizeof(struct full_each)},
    {"file", 0},
};

static const struct lrt_op_info ops[] = {
    {"embedding", "", 1.0},
    {"rms_norm", "", 1.0},
    {"rms_norm", "eps", 1e-05},
    {"rms_norm", "offset", 0.0},
    {"rms_norm", "heads", 1.0},
    {"linear", "", 1.0},
    {"linear", "scale", 1.0},
    {"gelu", "", 1.0},
    {"add", "", 1.0},
    {"cross_entropy", "", 1.0},
    {"cross_entropy", "ignore", -100.0},
};

static const struct lrt_plan_info info = {
    "full_each", "0.2.0", "gradient reverse, optimizer sgd, 4 threads at most", "reverse", "sgd", 
    dims, 5, NULL, 0, weights, 4, 7, params, 4, pools, sizeof pools / sizeof *pools,
    3200, 3200, "full_each.lora:25 gather_ids", 1, 6, 20, -100, 1, 4, 1, 0.1, 6, 0, 0, 0, 0.0, ops, 11,
    "exact, sgd(momentum: 0.9, weight_decay: 0)", {LRT_SCHEDULE_CONSTANT, 0, 0, 0.0}, 1.0,
    "cb78d171d39c7602ff154008299faa587047f6b939c9d03834abc80f9e19f5b8",
    "3043692da5295998d7a0de11c9671a1efafcae0a2439a5fac798ed8d0fd52553"};

static const struct lrt_program program = {
    &info, FULL_EACH_MEMORY_BYTES, FULL_EACH_ARENA_BYTES, FULL_EACH_SCRATCH_BYTES, 0,
    576, 576, 576, 6, 6,
    {step_slices, 7}, {step_update, 4}, {eval_slices, 4}, {logits_slices, 3}, 
    2944, 3072, 704, 832,
    1, NULL};

int full_each_init(struct full_each *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void full_each_stop(struct full_each *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int full_each_begin(struct full_each *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int full_each_advance(struct full_each *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int full_each_finish(struct full_each *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int full_each_step(struct full_each *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int full_each_eval(struct full_each *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int full_each_logits(struct full_each *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *full_each_adapter(struct full_each *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *full_each_gradient(struct full_each *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *full_each_state(struct full_each *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int full_each_scalars(struct full_each *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int full_each_apply(struct full_each *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int full_each_estimate(struct full_each *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int full_each_shard_get(struct full_each *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int full_each_shard_set(struct full_each *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *full_each_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return full_each_init((struct full_each *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    full_each_stop((struct full_each *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return full_each_begin((struct full_each *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return full_each_advance((struct full_each *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return full_each_finish((struct full_each *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return full_each_step((struct full_each *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return full_each_eval((struct full_each *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return full_each_logits((struct full_each *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return full_each_adapter((struct full_each *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return full_each_gradient((struct full_each *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return full_each_state((struct full_each *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return full_each_scalars((struct full_each *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return full_each_apply((struct full_each *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return full_each_estimate((struct full_each *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return full_each_shard_get((struct full_each *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return full_each_shard_set((struct full_each *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct full_each *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct full_each), FULL_EACH_MEMORY_BYTES, full_each_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *full_each_interface(void) { return &interface_table; }
