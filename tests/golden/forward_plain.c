/* forward_plain: made by lorac 0.2.0 (gradient forward, optimizer sgd, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "forward_plain.h"

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, rms_norm_norm */
#define STEP_x_9 128 /* 128 bytes: x, x, x, rms_norm_norm */
#define STEP_low_w_14 256 /* 64 bytes: low_w */
#define STEP_x_17 0 /* 128 bytes: x, x, x, rms_norm_norm */
#define STEP_x_dot_19 128 /* 128 bytes: x_dot, x_dot, rms_norm_norm_dot */
#define STEP_x_dot1_20 768 /* 128 bytes: x_dot1, x_dot1, rms_norm_norm_dot1 */
#define STEP_low_w_dot_28 512 /* 64 bytes: low_w_dot */
#define STEP_low_w_dot1_30 448 /* 64 bytes: low_w_dot1 */
#define STEP_low_w_31 256 /* 64 bytes: low_w */
#define STEP_x_dot_33 320 /* 128 bytes: x_dot, x_dot, x_dot */
#define STEP_x_dot1_37 640 /* 128 bytes: x_dot1, x_dot1, x_dot1 */
#define STEP_x_40 512 /* 128 bytes: x, x */
#define STEP_loss_44 0 /* 64 bytes: loss, loss, loss, loss */
#define STEP_slope_45 128 /* 64 bytes: slope, slope, loss_dot_dot, loss_dot_dot */
#define STEP_slope_46 192 /* 64 bytes: slope, slope, loss_dot1_dot, loss_dot1_dot */
#define STEP_loss_47 256 /* 64 bytes: loss, loss, loss_dot1, loss_dot1 */
#define STEP_counted_rows_49 448 /* 64 bytes: counted_rows */
#define STEP_counted_50 64 /* 64 bytes: counted */
#define STEP_x_dot_55 896 /* 128 bytes: x_dot */
#define STEP_x_dot1_56 320 /* 128 bytes: x_dot1 */
#define STEP_x_57 1024 /* 128 bytes: x */
#define STEP_targets_58 832 /* 64 bytes: targets */
#define STEP_logits_dot1_59 576 /* 256 bytes: logits_dot1 */
#define STEP_logits_60 320 /* 256 bytes: logits */
#define STEP_logits_dot_63 576 /* 256 bytes: logits_dot */
#define STEP_squares_76 128 /* 64 bytes: squares, squares, squares, squares, squares, squares */

static const struct lrt_bound_param step_shard_first_1_params[] = {
    {0, 0, 1},
    {1, 0, 1},
    {2, 0, 1},
};
static const struct lrt_bound step_shard_first_1 = {3, step_shard_first_1_params, sizeof step_shard_first_1_params / sizeof *step_shard_first_1_params};

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 5] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 5, 6); /* forward_plain.lora:21 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const x_4 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const x_9 = (float *)(void *)(m->arena + STEP_x_9); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear(c, x_9, rms_norm_norm_6, m->weights[6 + i], m->weights[11 + i], 0, lrt_floats(0), 1.0f, 5, 6, 6, 0); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_embedding_embed_3)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_9)), 30); /* x */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void step_straight_6(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_17)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_9)), 30); /* x */
}

static void step_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_12 = (float *)(void *)(m->arena + STEP_x_9); /* [1, 5, 6] */
    float *const x_11 = (float *)(void *)(m->arena + STEP_x_9); /* [1, 5, 6] */
    float *const low_w_14 = (float *)(void *)(m->arena + STEP_low_w_14); /* [1, 5, 2] */
    float *const w_lora_a_13 = m->adapters + 0 + (i - 2) * 16; /* [2, 6] */
    float *const x_17 = (float *)(void *)(m->arena + STEP_x_17); /* [1, 5, 6] */
    float *const bias_15 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const w_lora_b_16 = m->adapters + 48 + (i - 2) * 16; /* [6, 2] */
    lrt_rms_norm(c, rms_norm_norm_12, x_11, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear(c, low_w_14, rms_norm_norm_12, lrt_floats(w_lora_a_13), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* forward_plain.lora:18 */
    lrt_linear(c, x_17, rms_norm_norm_12, m->weights[6 + i], lrt_floats(bias_15), low_w_14, lrt_floats(w_lora_b_16), 2.0f, 5, 6, 6, 2); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_9)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_17)), 30); /* x */
}

static const struct lrt_slice_weight step_layer_2_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void step_straight_11(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const x_dot_19 = (float *)(void *)(m->arena + STEP_x_dot_19); /* [1, 5, 6] */
    float *const x_dot1_20 = (float *)(void *)(m->arena + STEP_x_dot1_20); /* [1, 5, 6] */
    lrt_fill(c, x_dot_19, 0.0f, 30); /* forward_plain.lora:21 */
    lrt_fill(c, x_dot1_20, 0.0f, 30); /* forward_plain.lora:21 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_40)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_17)), 30); /* x */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_dot_33)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_dot_19)), 30); /* x_dot */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_dot1_37)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_dot1_20)), 30); /* x_dot1 */
}

static void step_layer_3(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_dot_24 = (float *)(void *)(m->arena + STEP_x_dot_19); /* [1, 5, 6] */
    float *const x_dot_22 = (float *)(void *)(m->arena + STEP_x_dot_19); /* [1, 5, 6] */
    float *const x_21 = (float *)(void *)(m->arena + STEP_x_17); /* [1, 5, 6] */
    float *const rms_norm_norm_dot1_25 = (float *)(void *)(m->arena + STEP_x_dot1_20); /* [1, 5, 6] */
    float *const x_dot1_23 = (float *)(void *)(m->arena + STEP_x_dot1_20); /* [1, 5, 6] */
    float *const rms_norm_norm_26 = (float *)(void *)(m->arena + STEP_x_17); /* [1, 5, 6] */
    float *const low_w_dot_28 = (float *)(void *)(m->arena + STEP_low_w_dot_28); /* [1, 5, 2] */
    float *const w_lora_a_13 = m->adapters + 0 + (i - 2) * 16; /* [2, 6] */
    float *const low_w_dot1_30 = (float *)(void *)(m->arena + STEP_low_w_dot1_30); /* [1, 5, 2] */
    float *const low_w_31 = (float *)(void *)(m->arena + STEP_low_w_31); /* [1, 5, 2] */
    float *const x_dot_33 = (float *)(void *)(m->arena + STEP_x_dot_33); /* [1, 5, 6] */
    float *const w_lora_b_16 = m->adapters + 48 + (i - 2) * 16; /* [6, 2] */
    float *const x_dot_35 = (float *)(void *)(m->arena + STEP_x_dot_33); /* [1, 5, 6] */
    float *const x_dot1_37 = (float *)(void *)(m->arena + STEP_x_dot1_37); /* [1, 5, 6] */
    float *const x_dot1_39 = (float *)(void *)(m->arena + STEP_x_dot1_37); /* [1, 5, 6] */
    float *const x_40 = (float *)(void *)(m->arena + STEP_x_40); /* [1, 5, 6] */
    float *const bias_15 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    lrt_rms_norm_tangent(c, rms_norm_norm_dot_24, x_dot_22, x_21, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_rms_norm_tangent(c, rms_norm_norm_dot1_25, x_dot1_23, x_21, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_rms_norm(c, rms_norm_norm_26, x_21, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear_tangent(c, low_w_dot_28, rms_norm_norm_dot_24, lrt_floats(w_lora_a_13), rms_norm_norm_26, lrt_tangent(0, (i - 2) * 4 + 0), 0, lrt_floats(0), 1.0f, 5, 6, 6, 0, 2); /* forward_plain.lora:18 */
    lrt_linear_tangent(c, low_w_dot1_30, rms_norm_norm_dot1_25, lrt_floats(w_lora_a_13), rms_norm_norm_26, lrt_tangent(1, (i - 2) * 4 + 0), 0, lrt_floats(0), 1.0f, 5, 6, 6, 0, 2); /* forward_plain.lora:18 */
    lrt_linear(c, low_w_31, rms_norm_norm_26, lrt_floats(w_lora_a_13), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* forward_plain.lora:18 */
    lrt_linear_tangent(c, x_dot_33, rms_norm_norm_dot_24, m->weights[6 + i], low_w_dot_28, lrt_floats(w_lora_b_16), low_w_31, lrt_tangent(0, (i - 2) * 4 + 1), 2.0f, 5, 6, 2, 2, 6); /* forward_plain.lora:18 */
    lrt_add_vector(c, x_dot_35, x_dot_33, lrt_tangent(0, (i - 2) * 4 + 2), 5, 6); /* forward_plain.lora:18 */
    lrt_linear_tangent(c, x_dot1_37, rms_norm_norm_dot1_25, m->weights[6 + i], low_w_dot1_30, lrt_floats(w_lora_b_16), low_w_31, lrt_tangent(1, (i - 2) * 4 + 1), 2.0f, 5, 6, 2, 2, 6); /* forward_plain.lora:18 */
    lrt_add_vector(c, x_dot1_39, x_dot1_37, lrt_tangent(1, (i - 2) * 4 + 2), 5, 6); /* forward_plain.lora:18 */
    lrt_linear(c, x_40, rms_norm_norm_26, m->weights[6 + i], lrt_floats(bias_15), low_w_31, lrt_floats(w_lora_b_16), 2.0f, 5, 6, 6, 2); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_17)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_40)), 30); /* x */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_dot_19)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_dot_33)), 30); /* x_dot */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_x_dot1_20)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_x_dot1_37)), 30); /* x_dot1 */
}

static const struct lrt_slice_weight step_layer_3_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void step_straight_26(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_44 = (double *)(void *)(m->arena + STEP_loss_44); /* [] */
    double *const slope_45 = (double *)(void *)(m->arena + STEP_slope_45); /* [] */
    double *const slope_46 = (double *)(void *)(m->arena + STEP_slope_46); /* [] */
    double *const loss_47 = (double *)(void *)(m->arena + STEP_loss_47); /* [] */
    int32_t *const counted_rows_49 = (int32_t *)(void *)(m->arena + STEP_counted_rows_49); /* [5] */
    int32_t *const counted_50 = (int32_t *)(void *)(m->arena + STEP_counted_50); /* [] */
    const int32_t *const targets_48 = m->targets; /* [1, 5] */
    loss_44[0] = 0.0; /* forward_plain.lora:27 */
    slope_45[0] = 0.0; /* forward_plain.lora:27 */
    slope_46[0] = 0.0; /* forward_plain.lora:27 */
    loss_47[0] = 0.0; /* forward_plain.lora:27 */
    lrt_counted_rows(c, counted_rows_49, counted_50, targets_48, 5, -100); /* forward_plain.lora:27 */
}

static void step_head_4(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *((int32_t *)(void *)(m->arena + STEP_counted_50)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    float *const x_dot_55 = (float *)(void *)(m->arena + STEP_x_dot_55); /* [5, 6] */
    float *const x_dot_42 = (float *)(void *)(m->arena + STEP_x_dot_33); /* [1, 5, 6] */
    int32_t *const counted_rows_49 = (int32_t *)(void *)(m->arena + STEP_counted_rows_49); /* [5] */
    float *const x_dot1_56 = (float *)(void *)(m->arena + STEP_x_dot1_56); /* [5, 6] */
    float *const x_dot1_43 = (float *)(void *)(m->arena + STEP_x_dot1_37); /* [1, 5, 6] */
    float *const x_57 = (float *)(void *)(m->arena + STEP_x_57); /* [5, 6] */
    float *const x_41 = (float *)(void *)(m->arena + STEP_x_40); /* [1, 5, 6] */
    int32_t *const targets_58 = (int32_t *)(void *)(m->arena + STEP_targets_58); /* [5] */
    const int32_t *const targets_48 = m->targets; /* [1, 5] */
    float *const logits_dot1_59 = (float *)(void *)(m->arena + STEP_logits_dot1_59); /* [5, 11] */
    float *const logits_60 = (float *)(void *)(m->arena + STEP_logits_60); /* [5, 11] */
    double *const loss_dot1_61 = (double *)(void *)(m->arena + STEP_loss_47); /* [] */
    double *const loss_dot1_dot_62 = (double *)(void *)(m->arena + STEP_slope_46); /* [] */
    float *const logits_dot_63 = (float *)(void *)(m->arena + STEP_logits_dot_63); /* [5, 11] */
    double *const loss_64 = (double *)(void *)(m->arena + STEP_loss_44); /* [] */
    double *const loss_dot_dot_65 = (double *)(void *)(m->arena + STEP_slope_45); /* [] */
    lrt_gather_rows(c, x_dot_55, x_dot_42, counted_rows_49 + row * 1, rows, 6); /* forward_plain.lora:21 */
    lrt_gather_rows(c, x_dot1_56, x_dot1_43, counted_rows_49 + row * 1, rows, 6); /* forward_plain.lora:21 */
    lrt_gather_rows(c, x_57, x_41, counted_rows_49 + row * 1, rows, 6); /* forward_plain.lora:21 */
    lrt_gather_ids(c, targets_58, targets_48, counted_rows_49 + row * 1, rows); /* forward_plain.lora:27 */
    lrt_linear_tangent(c, logits_dot1_59, x_dot1_56, m->weights[0], 0, lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 0, 0, 11); /* forward_plain.lora:21 */
    lrt_linear(c, logits_60, x_57, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 11, 0); /* forward_plain.lora:21 */
    lrt_cross_entropy_tangent(c, loss_dot1_61, loss_dot1_dot_62, logits_60, logits_dot1_59, targets_58, rows, 11); /* forward_plain.lora:27 */
    lrt_linear_tangent(c, logits_dot_63, x_dot_55, m->weights[0], 0, lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 0, 0, 11); /* forward_plain.lora:21 */
    lrt_cross_entropy_tangent(c, loss_64, loss_dot_dot_65, logits_60, logits_dot_63, targets_58, rows, 11); /* forward_plain.lora:27 */
}

static const struct lrt_slice_weight step_head_4_reads[] = {{0, 0, 1}};

static void step_update_42(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_76 = (double *)(void *)(m->arena + STEP_squares_76); /* [] */
    squares_76[0] = 0.0; /* forward_plain.lora:29 */
}

static void step_norm_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_78 = (double *)(void *)(m->arena + STEP_squares_76); /* [] */
    double *const squares_79 = (double *)(void *)(m->arena + STEP_squares_76); /* [] */
    double *const squares_80 = (double *)(void *)(m->arena + STEP_squares_76); /* [] */
    lrt_sum_squares(c, squares_78, lrt_estimated((i - 2) * 4 + 0), 12); /* forward_plain.lora:15 */
    lrt_sum_squares(c, squares_79, lrt_estimated((i - 2) * 4 + 1), 12); /* forward_plain.lora:15 */
    lrt_sum_squares(c, squares_80, lrt_estimated((i - 2) * 4 + 2), 6); /* forward_plain.lora:16 */
}

static void step_straight_48(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_81 = (double *)(void *)(m->arena + STEP_squares_76); /* [] */
    m->grad_scale = lrt_clip(squares_81[0], 0.0, &m->grad_norm); /* forward_plain.lora:29 */
}

static void step_update_6(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const w_lora_a_13 = m->adapters + 0 + (i - 2) * 16; /* [2, 6] */
    float *const w_lora_b_16 = m->adapters + 48 + (i - 2) * 16; /* [6, 2] */
    float *const bias_15 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    lrt_sgd(c, w_lora_a_13, lrt_estimated((i - 2) * 4 + 0), 0, 12, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* forward_plain.lora:29 */
    lrt_sgd(c, w_lora_b_16, lrt_estimated((i - 2) * 4 + 1), 0, 12, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* forward_plain.lora:29 */
    lrt_sgd(c, bias_15, lrt_estimated((i - 2) * 4 + 2), 0, 6, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* forward_plain.lora:29 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, step_straight_1_reads, 1, NULL, NULL},
    {step_layer_1, 0, 1, 2, step_layer_1_reads, 3, NULL, NULL},
    {step_straight_6, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_2, 2, 1, 3, step_layer_2_reads, 2, NULL, &step_shard_first_1},
    {step_straight_11, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_3, 2, 1, 3, step_layer_3_reads, 2, &step_shard_first_1, NULL},
    {step_straight_26, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_4, 0, 1, 1, step_head_4_reads, 1, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_42, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_norm_5, 2, 1, 3, NULL, 0, NULL, NULL},
    {step_straight_48, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_update_6, 2, 1, 3, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, rms_norm_norm */
#define EVAL_x_9 128 /* 128 bytes: x, x, x, rms_norm_norm */
#define EVAL_low_w_14 256 /* 64 bytes: low_w */
#define EVAL_x_17 0 /* 128 bytes: x, x */
#define EVAL_loss_19 384 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_21 448 /* 64 bytes: counted_rows */
#define EVAL_counted_22 512 /* 64 bytes: counted */
#define EVAL_x_24 256 /* 128 bytes: x */
#define EVAL_logits_25 0 /* 256 bytes: logits */
#define EVAL_targets_26 256 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 5] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 5, 6); /* forward_plain.lora:21 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    float *const x_4 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    float *const x_9 = (float *)(void *)(m->arena + EVAL_x_9); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear(c, x_9, rms_norm_norm_6, m->weights[6 + i], m->weights[11 + i], 0, lrt_floats(0), 1.0f, 5, 6, 6, 0); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + EVAL_embedding_embed_3)), (const float *)(const void *)((float *)(void *)(m->arena + EVAL_x_9)), 30); /* x */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void eval_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_12 = (float *)(void *)(m->arena + EVAL_x_9); /* [1, 5, 6] */
    float *const x_11 = (float *)(void *)(m->arena + EVAL_x_9); /* [1, 5, 6] */
    float *const low_w_14 = (float *)(void *)(m->arena + EVAL_low_w_14); /* [1, 5, 2] */
    float *const w_lora_a_13 = m->adapters + 0 + (i - 2) * 16; /* [2, 6] */
    float *const x_17 = (float *)(void *)(m->arena + EVAL_x_17); /* [1, 5, 6] */
    float *const bias_15 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const w_lora_b_16 = m->adapters + 48 + (i - 2) * 16; /* [6, 2] */
    lrt_rms_norm(c, rms_norm_norm_12, x_11, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear(c, low_w_14, rms_norm_norm_12, lrt_floats(w_lora_a_13), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* forward_plain.lora:18 */
    lrt_linear(c, x_17, rms_norm_norm_12, m->weights[6 + i], lrt_floats(bias_15), low_w_14, lrt_floats(w_lora_b_16), 2.0f, 5, 6, 6, 2); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + EVAL_x_9)), (const float *)(const void *)((float *)(void *)(m->arena + EVAL_x_17)), 30); /* x */
}

static const struct lrt_slice_weight eval_layer_2_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void eval_straight_11(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_19 = (double *)(void *)(m->arena + EVAL_loss_19); /* [] */
    int32_t *const counted_rows_21 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_21); /* [5] */
    int32_t *const counted_22 = (int32_t *)(void *)(m->arena + EVAL_counted_22); /* [] */
    const int32_t *const targets_20 = m->targets; /* [1, 5] */
    loss_19[0] = 0.0; /* forward_plain.lora:27 */
    lrt_counted_rows(c, counted_rows_21, counted_22, targets_20, 5, -100); /* forward_plain.lora:27 */
}

static void eval_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *((int32_t *)(void *)(m->arena + EVAL_counted_22)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    float *const x_24 = (float *)(void *)(m->arena + EVAL_x_24); /* [5, 6] */
    float *const x_18 = (float *)(void *)(m->arena + EVAL_x_17); /* [1, 5, 6] */
    int32_t *const counted_rows_21 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_21); /* [5] */
    float *const logits_25 = (float *)(void *)(m->arena + EVAL_logits_25); /* [5, 11] */
    int32_t *const targets_26 = (int32_t *)(void *)(m->arena + EVAL_targets_26); /* [5] */
    const int32_t *const targets_20 = m->targets; /* [1, 5] */
    double *const loss_27 = (double *)(void *)(m->arena + EVAL_loss_19); /* [] */
    lrt_gather_rows(c, x_24, x_18, counted_rows_21 + row * 1, rows, 6); /* forward_plain.lora:21 */
    lrt_linear(c, logits_25, x_24, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 11, 0); /* forward_plain.lora:21 */
    lrt_gather_ids(c, targets_26, targets_20, counted_rows_21 + row * 1, rows); /* forward_plain.lora:27 */
    lrt_cross_entropy(c, loss_27, 0, logits_25, targets_26, 1.0f, rows, 11); /* forward_plain.lora:27 */
}

static const struct lrt_slice_weight eval_head_3_reads[] = {{0, 0, 1}};

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, eval_straight_1_reads, 1, NULL, NULL},
    {eval_layer_1, 0, 1, 2, eval_layer_1_reads, 3, NULL, NULL},
    {eval_layer_2, 2, 1, 3, eval_layer_2_reads, 2, NULL, NULL},
    {eval_straight_11, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_3, 0, 1, 1, eval_head_3_reads, 1, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, rms_norm_norm */
#define LOGITS_x_9 128 /* 128 bytes: x, x, x, rms_norm_norm */
#define LOGITS_low_w_14 256 /* 64 bytes: low_w */
#define LOGITS_x_17 0 /* 128 bytes: x, x */
#define LOGITS_x_21 128 /* 128 bytes: x */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 5] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 5, 6); /* forward_plain.lora:21 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    float *const x_4 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    float *const x_9 = (float *)(void *)(m->arena + LOGITS_x_9); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear(c, x_9, rms_norm_norm_6, m->weights[6 + i], m->weights[11 + i], 0, lrt_floats(0), 1.0f, 5, 6, 6, 0); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + LOGITS_embedding_embed_3)), (const float *)(const void *)((float *)(void *)(m->arena + LOGITS_x_9)), 30); /* x */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void logits_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_12 = (float *)(void *)(m->arena + LOGITS_x_9); /* [1, 5, 6] */
    float *const x_11 = (float *)(void *)(m->arena + LOGITS_x_9); /* [1, 5, 6] */
    float *const low_w_14 = (float *)(void *)(m->arena + LOGITS_low_w_14); /* [1, 5, 2] */
    float *const w_lora_a_13 = m->adapters + 0 + (i - 2) * 16; /* [2, 6] */
    float *const x_17 = (float *)(void *)(m->arena + LOGITS_x_17); /* [1, 5, 6] */
    float *const bias_15 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const w_lora_b_16 = m->adapters + 48 + (i - 2) * 16; /* [6, 2] */
    lrt_rms_norm(c, rms_norm_norm_12, x_11, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* forward_plain.lora:18 */
    lrt_linear(c, low_w_14, rms_norm_norm_12, lrt_floats(w_lora_a_13), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* forward_plain.lora:18 */
    lrt_linear(c, x_17, rms_norm_norm_12, m->weights[6 + i], lrt_floats(bias_15), low_w_14, lrt_floats(w_lora_b_16), 2.0f, 5, 6, 6, 2); /* forward_plain.lora:18 */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + LOGITS_x_9)), (const float *)(const void *)((float *)(void *)(m->arena + LOGITS_x_17)), 30); /* x */
}

static const struct lrt_slice_weight logits_layer_2_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void logits_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    float *const x_21 = (float *)(void *)(m->arena + LOGITS_x_21); /* [5, 6] */
    float *const x_18 = (float *)(void *)(m->arena + LOGITS_x_17); /* [1, 5, 6] */
    const int32_t *const rows_20 = m->rows; /* [5] */
    float *const logits_22 = m->logits; /* [5, 11] */
    lrt_gather_rows(c, x_21, x_18, rows_20 + row * 1, rows, 6); /* forward_plain.lora:21 */
    lrt_linear(c, logits_22 + row * 11, x_21, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 11, 0); /* forward_plain.lora:21 */
}

static const struct lrt_slice_weight logits_head_3_reads[] = {{0, 0, 1}};

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, logits_straight_1_reads, 1, NULL, NULL},
    {logits_layer_1, 0, 1, 2, logits_layer_1_reads, 3, NULL, NULL},
    {logits_layer_2, 2, 1, 3, logits_layer_2_reads, 2, NULL, NULL},
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
    {"layer.norm", NULL, NULL, 1, {6, 0, 0, 0}, 0, 5, 1, 1, 0, LRT_INITIAL_ONES},
    {"layer.w", NULL, NULL, 2, {6, 6, 0, 0}, 0, 5, 6, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.bias", NULL, NULL, 1, {6, 0, 0, 0}, 0, 5, 11, 1, 0, LRT_INITIAL_ZEROS},
};

static const struct lrt_param_info params[] = {
    {"layer.w.lora_a", LRT_ROLE_LORA_A, 2, 2, {2, 6, 0, 0}, 2, 3, 0, 16, 4.0, 0, 4},
    {"layer.w.lora_b", LRT_ROLE_LORA_B, 2, 2, {6, 2, 0, 0}, 2, 3, 48, 16, 4.0, 1, 4},
    {"layer.bias", LRT_ROLE_FULL, 3, 1, {6, 0, 0, 0}, 2, 3, 96, 16, 0.0, 2, 4},
};

static const struct lrt_pool_info pools[] = {
    {"arena", FORWARD_PLAIN_ARENA_BYTES},
    {"adapters", FORWARD_PLAIN_ADAPTER_BYTES},
    {"gradients", FORWARD_PLAIN_GRADIENT_BYTES},
    {"optimizer", FORWARD_PLAIN_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(FORWARD_PLAIN_SCRATCH_BYTES) + FORWARD_PLAIN_THREAD_BYTES + LRT_MODEL_ALIGN(FORWARD_PLAIN_TERM_BYTES)},
    {"context", sizeof(struct forward_plain)},
    {"file", 0},
};

static const struct lrt_plan_info info = {
    "forward_plain", "0.2.0", "gradient forward, optimizer sgd, 4 threads at most", "forward", "sgd", 
    dims, 4, NULL, 0, weights, 4, 16, params, 3, pools, sizeof pools / sizeof *pools,
    1152, 1152, "forward_plain.lora:21 linear", 1, 5, 11, -100, 1, 4, 0, 0.001, 5, 0, 0, 2, 0.0};

static const size_t jvps[] = {128, 192};

static const struct lrt_program program = {
    &info, FORWARD_PLAIN_MEMORY_BYTES, FORWARD_PLAIN_ARENA_BYTES, FORWARD_PLAIN_SCRATCH_BYTES, 0,
    144, 0, 0, 5, 5,
    {step_slices, 8}, {step_update, 4}, {eval_slices, 5}, {logits_slices, 4}, 
    0, 64, 384, 512,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0, 1, jvps};

int forward_plain_init(struct forward_plain *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void forward_plain_stop(struct forward_plain *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int forward_plain_begin(struct forward_plain *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int forward_plain_advance(struct forward_plain *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int forward_plain_finish(struct forward_plain *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int forward_plain_step(struct forward_plain *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int forward_plain_eval(struct forward_plain *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int forward_plain_logits(struct forward_plain *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *forward_plain_adapter(struct forward_plain *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *forward_plain_gradient(struct forward_plain *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *forward_plain_state(struct forward_plain *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int forward_plain_scalars(struct forward_plain *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int forward_plain_apply(struct forward_plain *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int forward_plain_estimate(struct forward_plain *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int forward_plain_shard_get(struct forward_plain *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int forward_plain_shard_set(struct forward_plain *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *forward_plain_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return forward_plain_init((struct forward_plain *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    forward_plain_stop((struct forward_plain *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return forward_plain_begin((struct forward_plain *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return forward_plain_advance((struct forward_plain *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return forward_plain_finish((struct forward_plain *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return forward_plain_step((struct forward_plain *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return forward_plain_eval((struct forward_plain *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return forward_plain_logits((struct forward_plain *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return forward_plain_adapter((struct forward_plain *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return forward_plain_gradient((struct forward_plain *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return forward_plain_state((struct forward_plain *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return forward_plain_scalars((struct forward_plain *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return forward_plain_apply((struct forward_plain *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return forward_plain_estimate((struct forward_plain *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return forward_plain_shard_get((struct forward_plain *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return forward_plain_shard_set((struct forward_plain *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct forward_plain *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct forward_plain), FORWARD_PLAIN_MEMORY_BYTES, forward_plain_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *forward_plain_interface(void) { return &interface_table; }
