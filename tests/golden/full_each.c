/* full_each: made by lorac 0.2.0 (gradient reverse, optimizer sgd, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "full_each.h"

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
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    lrt_embedding(c, embedding_embed_3, tokens_1, lrt_floats(embed_2), 6, 8); /* full_each.lora:20 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_5 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const x_4 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const rms_norm_norm_7 = (float *)(void *)(m->arena + STEP_rms_norm_norm_7); /* [1, 6, 8] */
    float *const norm_6 = m->adapters + 160 + (i / 2) * 16; /* [8] */
    float *const linear_w_up_9 = (float *)(void *)(m->arena + (i == 3 ? STEP_linear_w_up_9 : STEP_linear_w_up_9_SLOTS + i * 320)); /* [1, 6, 12] */
    float *const w_up_8 = m->adapters + 192 + (i / 2) * 96; /* [12, 8] */
    float *const gelu_10 = (float *)(void *)(m->arena + STEP_gelu_10); /* [1, 6, 12] */
    float *const linear_w_down_12 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const w_down_11 = m->adapters + 384 + (i / 2) * 96; /* [8, 12] */
    float *const x_13 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_copy(c, x_5, x_4, 48); /* full_each.lora:20 */
    lrt_rms_norm(c, rms_norm_norm_7, x_5, lrt_floats(norm_6), 6, 8, 1e-05f, 0.0f); /* full_each.lora:17 */
    lrt_linear(c, linear_w_up_9, rms_norm_norm_7, lrt_floats(w_up_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, 6, 8, 12, 0); /* full_each.lora:17 */
    lrt_gelu(c, gelu_10, linear_w_up_9, 72); /* full_each.lora:17 */
    lrt_linear(c, linear_w_down_12, gelu_10, lrt_floats(w_down_11), lrt_floats(0), 0, lrt_floats(0), 1.0f, 6, 12, 8, 0); /* full_each.lora:17 */
    lrt_add(c, x_13, x_5, linear_w_down_12, 48); /* full_each.lora:17 */
}

static void step_straight_10(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_15 = (double *)(void *)(m->arena + STEP_loss_15); /* [] */
    int32_t *const counted_rows_17 = (int32_t *)(void *)(m->arena + STEP_counted_rows_17); /* [6] */
    int32_t *const counted_18 = (int32_t *)(void *)(m->arena + STEP_counted_18); /* [] */
    const int32_t *const targets_16 = m->targets; /* [1, 6] */
    loss_15[0] = 0.0; /* full_each.lora:25 */
    lrt_counted_rows(c, counted_rows_17, counted_18, targets_16, 6, -100); /* full_each.lora:25 */
}

static void step_head_2(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *((int32_t *)(void *)(m->arena + STEP_counted_18)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const x_21 = (float *)(void *)(m->arena + STEP_x_21); /* [6, 8] */
    float *const x_20 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_17 = (int32_t *)(void *)(m->arena + STEP_counted_rows_17); /* [6] */
    float *const logits_22 = (float *)(void *)(m->arena + STEP_logits_22); /* [6, 20] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    int32_t *const targets_23 = (int32_t *)(void *)(m->arena + STEP_targets_23); /* [6] */
    const int32_t *const targets_16 = m->targets; /* [1, 6] */
    double *const loss_24 = (double *)(void *)(m->arena + STEP_loss_15); /* [] */
    float *const d_logits_25 = (float *)(void *)(m->arena + STEP_logits_22); /* [6, 20] */
    float *const d_embed_27 = m->gradients + 0; /* [20, 8] */
    float *const d_x_28 = (float *)(void *)(m->arena + STEP_d_x_28); /* [6, 8] */
    float *const d_x_29 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_gather_rows(c, x_21, x_20, counted_rows_17 + row * 1, rows, 8); /* full_each.lora:20 */
    lrt_linear(c, logits_22, x_21, lrt_floats(embed_2), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* full_each.lora:20 */
    lrt_gather_ids(c, targets_23, targets_16, counted_rows_17 + row * 1, rows); /* full_each.lora:25 */
    lrt_cross_entropy(c, loss_24, d_logits_25, logits_22, targets_23, m->loss_weight, rows, 20); /* full_each.lora:25 */
    lrt_outer_acc(c, d_embed_27, d_logits_25, x_21, 1.0f, rows, 20, 8); /* full_each.lora:20 */
    lrt_linear_dx(c, d_x_28, 0, d_logits_25, lrt_floats(embed_2), 0, 0, 1.0f, rows, 8, 20, 0); /* full_each.lora:20 */
    lrt_scatter_rows(c, d_x_29, d_x_28, counted_rows_17 + row * 1, rows, 8); /* full_each.lora:25 */
}

static void step_straight_21(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const d_x_32 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_17 = (int32_t *)(void *)(m->arena + STEP_counted_rows_17); /* [6] */
    int32_t *const counted_18 = (int32_t *)(void *)(m->arena + STEP_counted_18); /* [] */
    lrt_clear_other_rows(c, d_x_32, counted_rows_17, *(counted_18), 6, 8); /* full_each.lora:25 */
}

static void step_layer_backward_3(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const gelu_34 = (float *)(void *)(m->arena + STEP_gelu_34); /* [1, 6, 12] */
    float *const linear_w_up_9 = (float *)(void *)(m->arena + (i == 3 ? STEP_linear_w_up_9 : STEP_linear_w_up_9_SLOTS + i * 320)); /* [1, 6, 12] */
    float *const d_w_down_36 = m->gradients + 384 + (i / 2) * 96; /* [8, 12] */
    float *const d_x_33 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const d_gelu_37 = (float *)(void *)(m->arena + STEP_d_gelu_37); /* [1, 6, 12] */
    float *const w_down_11 = m->adapters + 384 + (i / 2) * 96; /* [8, 12] */
    float *const d_linear_w_up_38 = (float *)(void *)(m->arena + STEP_d_gelu_37); /* [1, 6, 12] */
    float *const rms_norm_norm_39 = (float *)(void *)(m->arena + STEP_rms_norm_norm_39); /* [1, 6, 8] */
    float *const x_5 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const norm_6 = m->adapters + 160 + (i / 2) * 16; /* [8] */
    float *const d_w_up_41 = m->gradients + 192 + (i / 2) * 96; /* [12, 8] */
    float *const d_rms_norm_norm_42 = (float *)(void *)(m->arena + STEP_d_rms_norm_norm_42); /* [1, 6, 8] */
    float *const w_up_8 = m->adapters + 192 + (i / 2) * 96; /* [12, 8] */
    float *const d_norm_44 = m->gradients + 160 + (i / 2) * 16; /* [8] */
    float *const d_x_45 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_gelu(c, gelu_34, linear_w_up_9, 72); /* full_each.lora:17 */
    lrt_outer_acc(c, d_w_down_36, d_x_33, gelu_34, 1.0f, 6, 8, 12); /* full_each.lora:17 */
    lrt_linear_dx(c, d_gelu_37, 0, d_x_33, lrt_floats(w_down_11), 0, 0, 1.0f, 6, 12, 8, 0); /* full_each.lora:17 */
    lrt_gelu_dx(c, d_linear_w_up_38, d_gelu_37, linear_w_up_9, 72); /* full_each.lora:17 */
    lrt_rms_norm(c, rms_norm_norm_39, x_5, lrt_floats(norm_6), 6, 8, 1e-05f, 0.0f); /* full_each.lora:17 */
    lrt_outer_acc(c, d_w_up_41, d_linear_w_up_38, rms_norm_norm_39, 1.0f, 6, 12, 8); /* full_each.lora:17 */
    lrt_linear_dx(c, d_rms_norm_norm_42, 0, d_linear_w_up_38, lrt_floats(w_up_8), 0, 0, 1.0f, 6, 8, 12, 0); /* full_each.lora:17 */
    lrt_rms_norm_dw(c, d_norm_44, d_rms_norm_norm_42, x_5, 6, 8, 1e-05f); /* full_each.lora:17 */
    lrt_rms_norm_dx(c, d_x_45, d_x_33, d_rms_norm_norm_42, x_5, lrt_floats(norm_6), 6, 8, 1e-05f, 0.0f); /* full_each.lora:17 */
}

static void step_straight_33(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const d_embed_47 = m->gradients + 0; /* [20, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const d_x_46 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_embedding_dw(c, d_embed_47, tokens_1, d_x_46, 6, 8); /* full_each.lora:20 */
}

static void step_update_34(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_48 = (double *)(void *)(m->arena + STEP_squares_48); /* [] */
    squares_48[0] = 0.0; /* full_each.lora:27 */
}

static void step_norm_backward_4(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_50 = (double *)(void *)(m->arena + STEP_squares_48); /* [] */
    float *const d_norm_44 = m->gradients + 160 + (i / 2) * 16; /* [8] */
    double *const squares_51 = (double *)(void *)(m->arena + STEP_squares_48); /* [] */
    float *const d_w_up_41 = m->gradients + 192 + (i / 2) * 96; /* [12, 8] */
    double *const squares_52 = (double *)(void *)(m->arena + STEP_squares_48); /* [] */
    float *const d_w_down_36 = m->gradients + 384 + (i / 2) * 96; /* [8, 12] */
    lrt_sum_squares(c, squares_50, lrt_floats(d_norm_44), 8); /* full_each.lora:13 */
    lrt_sum_squares(c, squares_51, lrt_floats(d_w_up_41), 96); /* full_each.lora:14 */
    lrt_sum_squares(c, squares_52, lrt_floats(d_w_down_36), 96); /* full_each.lora:15 */
}

static void step_straight_40(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const squares_54 = (double *)(void *)(m->arena + STEP_squares_48); /* [] */
    float *const d_embed_47 = m->gradients + 0; /* [20, 8] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    float *const embed_55 = m->optimizer + 0; /* [20, 8] */
    lrt_sum_squares(c, squares_54, lrt_floats(d_embed_47), 160); /* full_each.lora:10 */
    m->grad_scale = lrt_clip(squares_54[0], 1.0, &m->grad_norm); /* full_each.lora:27 */
    lrt_sgd(c, embed_2, lrt_floats(d_embed_47), embed_55, 160, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* full_each.lora:27 */
}

static void step_update_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const norm_6 = m->adapters + 160 + (i / 2) * 16; /* [8] */
    float *const d_norm_44 = m->gradients + 160 + (i / 2) * 16; /* [8] */
    float *const norm_56 = m->optimizer + 160 + (i / 2) * 16; /* [8] */
    float *const w_up_8 = m->adapters + 192 + (i / 2) * 96; /* [12, 8] */
    float *const d_w_up_41 = m->gradients + 192 + (i / 2) * 96; /* [12, 8] */
    float *const w_up_57 = m->optimizer + 192 + (i / 2) * 96; /* [12, 8] */
    float *const w_down_11 = m->adapters + 384 + (i / 2) * 96; /* [8, 12] */
    float *const d_w_down_36 = m->gradients + 384 + (i / 2) * 96; /* [8, 12] */
    float *const w_down_58 = m->optimizer + 384 + (i / 2) * 96; /* [8, 12] */
    lrt_sgd(c, norm_6, lrt_floats(d_norm_44), norm_56, 8, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* full_each.lora:27 */
    lrt_sgd(c, w_up_8, lrt_floats(d_w_up_41), w_up_57, 96, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* full_each.lora:27 */
    lrt_sgd(c, w_down_11, lrt_floats(d_w_down_36), w_down_58, 96, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* full_each.lora:27 */
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
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    lrt_embedding(c, embedding_embed_3, tokens_1, lrt_floats(embed_2), 6, 8); /* full_each.lora:20 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + EVAL_rms_norm_norm_6); /* [1, 6, 8] */
    float *const x_4 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const norm_5 = m->adapters + 160 + (i / 2) * 16; /* [8] */
    float *const linear_w_up_8 = (float *)(void *)(m->arena + EVAL_linear_w_up_8); /* [1, 6, 12] */
    float *const w_up_7 = m->adapters + 192 + (i / 2) * 96; /* [12, 8] */
    float *const gelu_9 = (float *)(void *)(m->arena + EVAL_linear_w_up_8); /* [1, 6, 12] */
    float *const linear_w_down_11 = (float *)(void *)(m->arena + EVAL_linear_w_down_11); /* [1, 6, 8] */
    float *const w_down_10 = m->adapters + 384 + (i / 2) * 96; /* [8, 12] */
    float *const x_12 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, lrt_floats(norm_5), 6, 8, 1e-05f, 0.0f); /* full_each.lora:17 */
    lrt_linear(c, linear_w_up_8, rms_norm_norm_6, lrt_floats(w_up_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, 6, 8, 12, 0); /* full_each.lora:17 */
    lrt_gelu(c, gelu_9, linear_w_up_8, 72); /* full_each.lora:17 */
    lrt_linear(c, linear_w_down_11, gelu_9, lrt_floats(w_down_10), lrt_floats(0), 0, lrt_floats(0), 1.0f, 6, 12, 8, 0); /* full_each.lora:17 */
    lrt_add(c, x_12, x_4, linear_w_down_11, 48); /* full_each.lora:17 */
}

static void eval_straight_9(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_14 = (double *)(void *)(m->arena + EVAL_loss_14); /* [] */
    int32_t *const counted_rows_16 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_16); /* [6] */
    int32_t *const counted_17 = (int32_t *)(void *)(m->arena + EVAL_counted_17); /* [] */
    const int32_t *const targets_15 = m->targets; /* [1, 6] */
    loss_14[0] = 0.0; /* full_each.lora:25 */
    lrt_counted_rows(c, counted_rows_16, counted_17, targets_15, 6, -100); /* full_each.lora:25 */
}

static void eval_head_2(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *((int32_t *)(void *)(m->arena + EVAL_counted_17)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const x_19 = (float *)(void *)(m->arena + EVAL_x_19); /* [6, 8] */
    float *const x_13 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_16 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_16); /* [6] */
    float *const logits_20 = (float *)(void *)(m->arena + EVAL_logits_20); /* [6, 20] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    int32_t *const targets_21 = (int32_t *)(void *)(m->arena + EVAL_targets_21); /* [6] */
    const int32_t *const targets_15 = m->targets; /* [1, 6] */
    double *const loss_22 = (double *)(void *)(m->arena + EVAL_loss_14); /* [] */
    lrt_gather_rows(c, x_19, x_13, counted_rows_16 + row * 1, rows, 8); /* full_each.lora:20 */
    lrt_linear(c, logits_20, x_19, lrt_floats(embed_2), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* full_each.lora:20 */
    lrt_gather_ids(c, targets_21, targets_15, counted_rows_16 + row * 1, rows); /* full_each.lora:25 */
    lrt_cross_entropy(c, loss_22, 0, logits_20, targets_21, 1.0f, rows, 20); /* full_each.lora:25 */
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
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    lrt_embedding(c, embedding_embed_3, tokens_1, lrt_floats(embed_2), 6, 8); /* full_each.lora:20 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + LOGITS_rms_norm_norm_6); /* [1, 6, 8] */
    float *const x_4 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const norm_5 = m->adapters + 160 + (i / 2) * 16; /* [8] */
    float *const linear_w_up_8 = (float *)(void *)(m->arena + LOGITS_linear_w_up_8); /* [1, 6, 12] */
    float *const w_up_7 = m->adapters + 192 + (i / 2) * 96; /* [12, 8] */
    float *const gelu_9 = (float *)(void *)(m->arena + LOGITS_linear_w_up_8); /* [1, 6, 12] */
    float *const linear_w_down_11 = (float *)(void *)(m->arena + LOGITS_linear_w_down_11); /* [1, 6, 8] */
    float *const w_down_10 = m->adapters + 384 + (i / 2) * 96; /* [8, 12] */
    float *const x_12 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, lrt_floats(norm_5), 6, 8, 1e-05f, 0.0f); /* full_each.lora:17 */
    lrt_linear(c, linear_w_up_8, rms_norm_norm_6, lrt_floats(w_up_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, 6, 8, 12, 0); /* full_each.lora:17 */
    lrt_gelu(c, gelu_9, linear_w_up_8, 72); /* full_each.lora:17 */
    lrt_linear(c, linear_w_down_11, gelu_9, lrt_floats(w_down_10), lrt_floats(0), 0, lrt_floats(0), 1.0f, 6, 12, 8, 0); /* full_each.lora:17 */
    lrt_add(c, x_12, x_4, linear_w_down_11, 48); /* full_each.lora:17 */
}

static void logits_head_2(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const x_16 = (float *)(void *)(m->arena + LOGITS_x_16); /* [6, 8] */
    float *const x_13 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const rows_15 = m->rows; /* [6] */
    float *const logits_17 = m->logits; /* [6, 20] */
    float *const embed_2 = m->adapters + 0; /* [20, 8] */
    lrt_gather_rows(c, x_16, x_13, rows_15 + row * 1, rows, 8); /* full_each.lora:20 */
    lrt_linear(c, logits_17 + row * 20, x_16, lrt_floats(embed_2), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* full_each.lora:20 */
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

static const struct lrt_plan_info info = {
    "full_each", "0.2.0", "gradient reverse, optimizer sgd, 4 threads at most", "reverse", "sgd", 
    dims, 5, NULL, 0, weights, 4, 7, params, 4, pools, sizeof pools / sizeof *pools,
    3200, 3200, "full_each.lora:25 gather_ids", 1, 6, 20, -100, 1, 4, 1, 0.1, 6, 0, 0, 0, 0.0};

static const struct lrt_program program = {
    &info, FULL_EACH_MEMORY_BYTES, FULL_EACH_ARENA_BYTES, FULL_EACH_SCRATCH_BYTES, 0,
    576, 576, 576, 6, 6,
    {step_slices, 7}, {step_update, 4}, {eval_slices, 4}, {logits_slices, 3}, 
    2944, 3072, 704, 832,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0, 1, NULL};

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
