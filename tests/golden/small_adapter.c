/* small_adapter: made by lorac 0.2.0 (gradient checkpoint, optimizer adamw, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "small_adapter.h"

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 256 /* 128 bytes: embedding_embed, x, linear_w, x, x, x, ... */
#define STEP_x_5 384 /* 128 bytes: x */
#define STEP_x_5_SLOTS 768 /* the 1 iterations before the last */
#define STEP_rms_norm_norm_7 0 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_9 128 /* 64 bytes: low_w */
#define STEP_x_17 512 /* 128 bytes: x */
#define STEP_rms_norm_norm_18 0 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_19 128 /* 64 bytes: low_w */
#define STEP_loss_24 896 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_26 960 /* 64 bytes: counted_rows */
#define STEP_counted_27 1024 /* 64 bytes: counted */
#define STEP_x_30 640 /* 128 bytes: x */
#define STEP_logits_31 0 /* 256 bytes: logits, d_logits */
#define STEP_targets_32 640 /* 64 bytes: targets */
#define STEP_d_x_35 640 /* 128 bytes: d_x */
#define STEP_rms_norm_norm_41 0 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_42 128 /* 64 bytes: low_w */
#define STEP_d_low_w_47 128 /* 64 bytes: d_low_w */
#define STEP_d_rms_norm_norm_50 0 /* 128 bytes: d_rms_norm_norm */
#define STEP_rms_norm_norm_54 0 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_55 128 /* 64 bytes: low_w */
#define STEP_d_low_w_57 128 /* 64 bytes: d_low_w */
#define STEP_d_rms_norm_norm_59 0 /* 128 bytes: d_rms_norm_norm */
#define STEP_squares_62 0 /* 64 bytes: squares, squares, squares, squares, squares, squares, ... */

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 5] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 5, 6); /* small_adapter.lora:20 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_5 = (float *)(void *)(m->arena + (i == 1 ? STEP_x_5 : STEP_x_5_SLOTS + i * 128)); /* [1, 5, 6] */
    float *const x_4 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const rms_norm_norm_7 = (float *)(void *)(m->arena + STEP_rms_norm_norm_7); /* [1, 5, 6] */
    float *const low_w_9 = (float *)(void *)(m->arena + STEP_low_w_9); /* [1, 5, 2] */
    float *const w_lora_a_8 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const linear_w_13 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const w_lora_b_12 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const x_14 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    lrt_copy(c, x_5, x_4, 30); /* small_adapter.lora:20 */
    lrt_rms_norm(c, rms_norm_norm_7, x_5, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_9, rms_norm_norm_7, lrt_floats(w_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_linear(c, linear_w_13, rms_norm_norm_7, m->weights[4 + i], m->weights[7 + i], low_w_9, lrt_floats(w_lora_b_12), 2.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_add(c, x_14, x_5, linear_w_13, 30); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void step_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_17 = (float *)(void *)(m->arena + STEP_x_17); /* [1, 5, 6] */
    float *const x_16 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const rms_norm_norm_18 = (float *)(void *)(m->arena + STEP_rms_norm_norm_18); /* [1, 5, 6] */
    float *const low_w_19 = (float *)(void *)(m->arena + STEP_low_w_19); /* [1, 5, 2] */
    float *const w_lora_a_8 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const linear_w_21 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const bias_20 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const w_lora_b_12 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const x_22 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    lrt_copy(c, x_17, x_16, 30); /* small_adapter.lora:20 */
    lrt_rms_norm(c, rms_norm_norm_18, x_17, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_19, rms_norm_norm_18, lrt_floats(w_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_linear(c, linear_w_21, rms_norm_norm_18, m->weights[4 + i], lrt_floats(bias_20), low_w_19, lrt_floats(w_lora_b_12), 2.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_add(c, x_22, x_17, linear_w_21, 30); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight step_layer_2_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void step_straight_16(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_24 = (double *)(void *)(m->arena + STEP_loss_24); /* [] */
    int32_t *const counted_rows_26 = (int32_t *)(void *)(m->arena + STEP_counted_rows_26); /* [5] */
    int32_t *const counted_27 = (int32_t *)(void *)(m->arena + STEP_counted_27); /* [] */
    const int32_t *const targets_25 = m->targets; /* [1, 5] */
    loss_24[0] = 0.0; /* small_adapter.lora:26 */
    lrt_counted_rows(c, counted_rows_26, counted_27, targets_25, 5, -100); /* small_adapter.lora:26 */
}

static void step_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *((int32_t *)(void *)(m->arena + STEP_counted_27)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    float *const x_30 = (float *)(void *)(m->arena + STEP_x_30); /* [5, 6] */
    float *const x_29 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    int32_t *const counted_rows_26 = (int32_t *)(void *)(m->arena + STEP_counted_rows_26); /* [5] */
    float *const logits_31 = (float *)(void *)(m->arena + STEP_logits_31); /* [5, 11] */
    int32_t *const targets_32 = (int32_t *)(void *)(m->arena + STEP_targets_32); /* [5] */
    const int32_t *const targets_25 = m->targets; /* [1, 5] */
    double *const loss_33 = (double *)(void *)(m->arena + STEP_loss_24); /* [] */
    float *const d_logits_34 = (float *)(void *)(m->arena + STEP_logits_31); /* [5, 11] */
    float *const d_x_35 = (float *)(void *)(m->arena + STEP_d_x_35); /* [5, 6] */
    float *const d_x_36 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    lrt_gather_rows(c, x_30, x_29, counted_rows_26 + row * 1, rows, 6); /* small_adapter.lora:20 */
    lrt_linear(c, logits_31, x_30, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 11, 0); /* small_adapter.lora:20 */
    lrt_gather_ids(c, targets_32, targets_25, counted_rows_26 + row * 1, rows); /* small_adapter.lora:26 */
    lrt_cross_entropy(c, loss_33, d_logits_34, logits_31, targets_32, m->loss_weight, rows, 11); /* small_adapter.lora:26 */
    lrt_linear_dx(c, d_x_35, 0, d_logits_34, m->weights[0], 0, 0, 1.0f, rows, 6, 11, 0); /* small_adapter.lora:20 */
    lrt_scatter_rows(c, d_x_36, d_x_35, counted_rows_26 + row * 1, rows, 6); /* small_adapter.lora:26 */
}

static const struct lrt_slice_weight step_head_3_reads[] = {{0, 0, 1}};

static void step_straight_26(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const d_x_39 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    int32_t *const counted_rows_26 = (int32_t *)(void *)(m->arena + STEP_counted_rows_26); /* [5] */
    int32_t *const counted_27 = (int32_t *)(void *)(m->arena + STEP_counted_27); /* [] */
    lrt_clear_other_rows(c, d_x_39, counted_rows_26, *(counted_27), 5, 6); /* small_adapter.lora:26 */
}

static void step_layer_backward_4(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_41 = (float *)(void *)(m->arena + STEP_rms_norm_norm_41); /* [1, 5, 6] */
    float *const x_17 = (float *)(void *)(m->arena + STEP_x_17); /* [1, 5, 6] */
    float *const low_w_42 = (float *)(void *)(m->arena + STEP_low_w_42); /* [1, 5, 2] */
    float *const w_lora_a_8 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const d_w_lora_b_44 = m->gradients + 48 + i * 16; /* [6, 2] */
    float *const d_x_40 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const d_bias_46 = m->gradients + 96 + (i - 2) * 16; /* [6] */
    float *const d_low_w_47 = (float *)(void *)(m->arena + STEP_d_low_w_47); /* [1, 5, 2] */
    float *const w_lora_b_12 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const d_w_lora_a_49 = m->gradients + 0 + i * 16; /* [2, 6] */
    float *const d_rms_norm_norm_50 = (float *)(void *)(m->arena + STEP_d_rms_norm_norm_50); /* [1, 5, 6] */
    float *const d_x_51 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_41, x_17, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_42, rms_norm_norm_41, lrt_floats(w_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_outer_acc(c, d_w_lora_b_44, d_x_40, low_w_42, 2.0f, 5, 6, 2); /* small_adapter.lora:17 */
    lrt_sum_rows_acc(c, d_bias_46, d_x_40, 5, 6); /* small_adapter.lora:17 */
    lrt_linear_dx(c, d_low_w_47, 0, d_x_40, lrt_floats(w_lora_b_12), 0, 0, 2.0f, 5, 2, 6, 0); /* small_adapter.lora:17 */
    lrt_outer_acc(c, d_w_lora_a_49, d_low_w_47, rms_norm_norm_41, 1.0f, 5, 2, 6); /* small_adapter.lora:17 */
    lrt_linear_dx(c, d_rms_norm_norm_50, 0, d_x_40, m->weights[4 + i], d_low_w_47, w_lora_a_8, 1.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_rms_norm_dx(c, d_x_51, d_x_40, d_rms_norm_norm_50, x_17, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight step_layer_backward_4_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void step_layer_backward_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_54 = (float *)(void *)(m->arena + STEP_rms_norm_norm_54); /* [1, 5, 6] */
    float *const x_5 = (float *)(void *)(m->arena + (i == 1 ? STEP_x_5 : STEP_x_5_SLOTS + i * 128)); /* [1, 5, 6] */
    float *const low_w_55 = (float *)(void *)(m->arena + STEP_low_w_55); /* [1, 5, 2] */
    float *const w_lora_a_8 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const d_w_lora_b_56 = m->gradients + 48 + i * 16; /* [6, 2] */
    float *const d_x_53 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    float *const d_low_w_57 = (float *)(void *)(m->arena + STEP_d_low_w_57); /* [1, 5, 2] */
    float *const w_lora_b_12 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const d_w_lora_a_58 = m->gradients + 0 + i * 16; /* [2, 6] */
    float *const d_rms_norm_norm_59 = (float *)(void *)(m->arena + STEP_d_rms_norm_norm_59); /* [1, 5, 6] */
    float *const d_x_60 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_54, x_5, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_55, rms_norm_norm_54, lrt_floats(w_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_outer_acc(c, d_w_lora_b_56, d_x_53, low_w_55, 2.0f, 5, 6, 2); /* small_adapter.lora:17 */
    lrt_linear_dx(c, d_low_w_57, 0, d_x_53, lrt_floats(w_lora_b_12), 0, 0, 2.0f, 5, 2, 6, 0); /* small_adapter.lora:17 */
    lrt_outer_acc(c, d_w_lora_a_58, d_low_w_57, rms_norm_norm_54, 1.0f, 5, 2, 6); /* small_adapter.lora:17 */
    lrt_linear_dx(c, d_rms_norm_norm_59, 0, d_x_53, m->weights[4 + i], d_low_w_57, w_lora_a_8, 1.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_rms_norm_dx(c, d_x_60, d_x_53, d_rms_norm_norm_59, x_5, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight step_layer_backward_5_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void step_update_46(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_62 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    squares_62[0] = 0.0; /* small_adapter.lora:28 */
}

static void step_norm_backward_6(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_64 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_lora_a_49 = m->gradients + 0 + i * 16; /* [2, 6] */
    double *const squares_65 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_lora_b_44 = m->gradients + 48 + i * 16; /* [6, 2] */
    double *const squares_66 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_bias_46 = m->gradients + 96 + (i - 2) * 16; /* [6] */
    lrt_sum_squares(c, squares_64, lrt_floats(d_w_lora_a_49), 12); /* small_adapter.lora:14 */
    lrt_sum_squares(c, squares_65, lrt_floats(d_w_lora_b_44), 12); /* small_adapter.lora:14 */
    lrt_sum_squares(c, squares_66, lrt_floats(d_bias_46), 6); /* small_adapter.lora:15 */
}

static void step_norm_backward_7(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_69 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_lora_a_58 = m->gradients + 0 + i * 16; /* [2, 6] */
    double *const squares_70 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_lora_b_56 = m->gradients + 48 + i * 16; /* [6, 2] */
    lrt_sum_squares(c, squares_69, lrt_floats(d_w_lora_a_58), 12); /* small_adapter.lora:14 */
    lrt_sum_squares(c, squares_70, lrt_floats(d_w_lora_b_56), 12); /* small_adapter.lora:14 */
}

static void step_straight_56(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_71 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    m->grad_scale = lrt_clip(squares_71[0], 1.0, &m->grad_norm); /* small_adapter.lora:28 */
}

static void step_update_8(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const w_lora_a_8 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const d_w_lora_a_58 = m->gradients + 0 + i * 16; /* [2, 6] */
    float *const w_lora_a_72 = m->optimizer + 0 + i * 16; /* [2, 6] */
    float *const w_lora_a_73 = m->optimizer + 112 + i * 16; /* [2, 6] */
    float *const w_lora_b_12 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const d_w_lora_b_56 = m->gradients + 48 + i * 16; /* [6, 2] */
    float *const w_lora_b_74 = m->optimizer + 48 + i * 16; /* [6, 2] */
    float *const w_lora_b_75 = m->optimizer + 160 + i * 16; /* [6, 2] */
    lrt_adamw(c, w_lora_a_8, lrt_floats(d_w_lora_a_58), w_lora_a_72, w_lora_a_73, 12, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* small_adapter.lora:28 */
    lrt_adamw(c, w_lora_b_12, lrt_floats(d_w_lora_b_56), w_lora_b_74, w_lora_b_75, 12, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* small_adapter.lora:28 */
}

static void step_update_9(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const bias_20 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const d_bias_46 = m->gradients + 96 + (i - 2) * 16; /* [6] */
    float *const bias_76 = m->optimizer + 96 + (i - 2) * 16; /* [6] */
    float *const bias_77 = m->optimizer + 208 + (i - 2) * 16; /* [6] */
    lrt_adamw(c, bias_20, lrt_floats(d_bias_46), bias_76, bias_77, 6, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* small_adapter.lora:28 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, step_straight_1_reads, 1, NULL, NULL},
    {step_layer_1, 0, 1, 2, step_layer_1_reads, 3, NULL, NULL},
    {step_layer_2, 2, 1, 1, step_layer_2_reads, 2, NULL, NULL},
    {step_straight_16, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_3, 0, 1, 1, step_head_3_reads, 1, NULL, NULL},
    {step_straight_26, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_backward_4, 2, -1, 1, step_layer_backward_4_reads, 2, NULL, NULL},
    {step_layer_backward_5, 1, -1, 2, step_layer_backward_5_reads, 2, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_46, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_norm_backward_6, 2, -1, 1, NULL, 0, NULL, NULL},
    {step_norm_backward_7, 1, -1, 2, NULL, 0, NULL, NULL},
    {step_straight_56, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_update_8, 0, 1, 3, NULL, 0, NULL, NULL},
    {step_update_9, 2, 1, 1, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, x, x, x, x, ... */
#define EVAL_rms_norm_norm_6 128 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_8 384 /* 64 bytes: low_w */
#define EVAL_linear_w_12 256 /* 128 bytes: linear_w */
#define EVAL_rms_norm_norm_16 128 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_17 384 /* 64 bytes: low_w */
#define EVAL_linear_w_19 256 /* 128 bytes: linear_w */
#define EVAL_loss_22 384 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_24 448 /* 64 bytes: counted_rows */
#define EVAL_counted_25 512 /* 64 bytes: counted */
#define EVAL_x_27 256 /* 128 bytes: x */
#define EVAL_logits_28 0 /* 256 bytes: logits */
#define EVAL_targets_29 256 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 5] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 5, 6); /* small_adapter.lora:20 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + EVAL_rms_norm_norm_6); /* [1, 5, 6] */
    float *const x_4 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    float *const low_w_8 = (float *)(void *)(m->arena + EVAL_low_w_8); /* [1, 5, 2] */
    float *const w_lora_a_7 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const linear_w_12 = (float *)(void *)(m->arena + EVAL_linear_w_12); /* [1, 5, 6] */
    float *const w_lora_b_11 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const x_13 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_8, rms_norm_norm_6, lrt_floats(w_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_linear(c, linear_w_12, rms_norm_norm_6, m->weights[4 + i], m->weights[7 + i], low_w_8, lrt_floats(w_lora_b_11), 2.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_add(c, x_13, x_4, linear_w_12, 30); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void eval_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_16 = (float *)(void *)(m->arena + EVAL_rms_norm_norm_16); /* [1, 5, 6] */
    float *const x_15 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    float *const low_w_17 = (float *)(void *)(m->arena + EVAL_low_w_17); /* [1, 5, 2] */
    float *const w_lora_a_7 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const linear_w_19 = (float *)(void *)(m->arena + EVAL_linear_w_19); /* [1, 5, 6] */
    float *const bias_18 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const w_lora_b_11 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const x_20 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_16, x_15, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_17, rms_norm_norm_16, lrt_floats(w_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_linear(c, linear_w_19, rms_norm_norm_16, m->weights[4 + i], lrt_floats(bias_18), low_w_17, lrt_floats(w_lora_b_11), 2.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_add(c, x_20, x_15, linear_w_19, 30); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight eval_layer_2_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void eval_straight_14(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_22 = (double *)(void *)(m->arena + EVAL_loss_22); /* [] */
    int32_t *const counted_rows_24 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_24); /* [5] */
    int32_t *const counted_25 = (int32_t *)(void *)(m->arena + EVAL_counted_25); /* [] */
    const int32_t *const targets_23 = m->targets; /* [1, 5] */
    loss_22[0] = 0.0; /* small_adapter.lora:26 */
    lrt_counted_rows(c, counted_rows_24, counted_25, targets_23, 5, -100); /* small_adapter.lora:26 */
}

static void eval_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *((int32_t *)(void *)(m->arena + EVAL_counted_25)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    float *const x_27 = (float *)(void *)(m->arena + EVAL_x_27); /* [5, 6] */
    float *const x_21 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 5, 6] */
    int32_t *const counted_rows_24 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_24); /* [5] */
    float *const logits_28 = (float *)(void *)(m->arena + EVAL_logits_28); /* [5, 11] */
    int32_t *const targets_29 = (int32_t *)(void *)(m->arena + EVAL_targets_29); /* [5] */
    const int32_t *const targets_23 = m->targets; /* [1, 5] */
    double *const loss_30 = (double *)(void *)(m->arena + EVAL_loss_22); /* [] */
    lrt_gather_rows(c, x_27, x_21, counted_rows_24 + row * 1, rows, 6); /* small_adapter.lora:20 */
    lrt_linear(c, logits_28, x_27, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 11, 0); /* small_adapter.lora:20 */
    lrt_gather_ids(c, targets_29, targets_23, counted_rows_24 + row * 1, rows); /* small_adapter.lora:26 */
    lrt_cross_entropy(c, loss_30, 0, logits_28, targets_29, 1.0f, rows, 11); /* small_adapter.lora:26 */
}

static const struct lrt_slice_weight eval_head_3_reads[] = {{0, 0, 1}};

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, eval_straight_1_reads, 1, NULL, NULL},
    {eval_layer_1, 0, 1, 2, eval_layer_1_reads, 3, NULL, NULL},
    {eval_layer_2, 2, 1, 1, eval_layer_2_reads, 2, NULL, NULL},
    {eval_straight_14, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_3, 0, 1, 1, eval_head_3_reads, 1, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 0 /* 128 bytes: embedding_embed, x, x, x, x, x, ... */
#define LOGITS_rms_norm_norm_6 128 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_8 384 /* 64 bytes: low_w */
#define LOGITS_linear_w_12 256 /* 128 bytes: linear_w */
#define LOGITS_rms_norm_norm_16 128 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_17 384 /* 64 bytes: low_w */
#define LOGITS_linear_w_19 256 /* 128 bytes: linear_w */
#define LOGITS_x_24 128 /* 128 bytes: x */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 5] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 5, 6); /* small_adapter.lora:20 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + LOGITS_rms_norm_norm_6); /* [1, 5, 6] */
    float *const x_4 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    float *const low_w_8 = (float *)(void *)(m->arena + LOGITS_low_w_8); /* [1, 5, 2] */
    float *const w_lora_a_7 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const linear_w_12 = (float *)(void *)(m->arena + LOGITS_linear_w_12); /* [1, 5, 6] */
    float *const w_lora_b_11 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const x_13 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_8, rms_norm_norm_6, lrt_floats(w_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_linear(c, linear_w_12, rms_norm_norm_6, m->weights[4 + i], m->weights[7 + i], low_w_8, lrt_floats(w_lora_b_11), 2.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_add(c, x_13, x_4, linear_w_12, 30); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void logits_layer_2(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const rms_norm_norm_16 = (float *)(void *)(m->arena + LOGITS_rms_norm_norm_16); /* [1, 5, 6] */
    float *const x_15 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    float *const low_w_17 = (float *)(void *)(m->arena + LOGITS_low_w_17); /* [1, 5, 2] */
    float *const w_lora_a_7 = m->adapters + 0 + i * 16; /* [2, 6] */
    float *const linear_w_19 = (float *)(void *)(m->arena + LOGITS_linear_w_19); /* [1, 5, 6] */
    float *const bias_18 = m->adapters + 96 + (i - 2) * 16; /* [6] */
    float *const w_lora_b_11 = m->adapters + 48 + i * 16; /* [6, 2] */
    float *const x_20 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    lrt_rms_norm(c, rms_norm_norm_16, x_15, m->weights[1 + i], 5, 6, 1e-05f, 0.0f); /* small_adapter.lora:17 */
    lrt_linear(c, low_w_17, rms_norm_norm_16, lrt_floats(w_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, 5, 6, 2, 0); /* small_adapter.lora:17 */
    lrt_linear(c, linear_w_19, rms_norm_norm_16, m->weights[4 + i], lrt_floats(bias_18), low_w_17, lrt_floats(w_lora_b_11), 2.0f, 5, 6, 6, 2); /* small_adapter.lora:17 */
    lrt_add(c, x_20, x_15, linear_w_19, 30); /* small_adapter.lora:17 */
}

static const struct lrt_slice_weight logits_layer_2_reads[] = {{1, 1, 1}, {2, 1, 1}};

static void logits_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 5, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 5 ? left : 5;
    float *const x_24 = (float *)(void *)(m->arena + LOGITS_x_24); /* [5, 6] */
    float *const x_21 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 5, 6] */
    const int32_t *const rows_23 = m->rows; /* [5] */
    float *const logits_25 = m->logits; /* [5, 11] */
    lrt_gather_rows(c, x_24, x_21, rows_23 + row * 1, rows, 6); /* small_adapter.lora:20 */
    lrt_linear(c, logits_25 + row * 11, x_24, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 6, 11, 0); /* small_adapter.lora:20 */
}

static const struct lrt_slice_weight logits_head_3_reads[] = {{0, 0, 1}};

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, logits_straight_1_reads, 1, NULL, NULL},
    {logits_layer_1, 0, 1, 2, logits_layer_1_reads, 3, NULL, NULL},
    {logits_layer_2, 2, 1, 1, logits_layer_2_reads, 2, NULL, NULL},
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
    {"layer.bias", NULL, NULL, 1, {6, 0, 0, 0}, 0, 3, 7, 1, 0, LRT_INITIAL_ZEROS},
};

static const struct lrt_param_info params[] = {
    {"layer.w.lora_a", LRT_ROLE_LORA_A, 2, 2, {2, 6, 0, 0}, 0, 3, 0, 16, 4.0, 0, 2},
    {"layer.w.lora_b", LRT_ROLE_LORA_B, 2, 2, {6, 2, 0, 0}, 0, 3, 48, 16, 4.0, 1, 2},
    {"layer.bias", LRT_ROLE_FULL, 3, 1, {6, 0, 0, 0}, 2, 1, 96, 16, 0.0, 6, 2},
};

static const struct lrt_pool_info pools[] = {
    {"arena", SMALL_ADAPTER_ARENA_BYTES},
    {"adapters", SMALL_ADAPTER_ADAPTER_BYTES},
    {"gradients", SMALL_ADAPTER_GRADIENT_BYTES},
    {"optimizer", SMALL_ADAPTER_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(SMALL_ADAPTER_SCRATCH_BYTES) + SMALL_ADAPTER_THREAD_BYTES},
    {"context", sizeof(struct small_adapter)},
    {"file", 0},
};

static const struct lrt_plan_info info = {
    "small_adapter", "0.2.0", "gradient checkpoint, optimizer adamw, 4 threads at most", "checkpoint", "adamw", 
    dims, 4, NULL, 0, weights, 4, 10, params, 3, pools, sizeof pools / sizeof *pools,
    1088, 1088, "small_adapter.lora:20 linear", 1, 5, 11, -100, 1, 4, 2, 0.001, 5, 0, 0, 0, 0.0};

static const struct lrt_program program = {
    &info, SMALL_ADAPTER_MEMORY_BYTES, SMALL_ADAPTER_ARENA_BYTES, SMALL_ADAPTER_SCRATCH_BYTES, 0,
    112, 112, 224, 5, 5,
    {step_slices, 8}, {step_update, 6}, {eval_slices, 5}, {logits_slices, 4}, 
    896, 1024, 384, 512,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0, 1, NULL};

int small_adapter_init(struct small_adapter *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void small_adapter_stop(struct small_adapter *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int small_adapter_begin(struct small_adapter *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int small_adapter_advance(struct small_adapter *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int small_adapter_finish(struct small_adapter *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int small_adapter_step(struct small_adapter *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int small_adapter_eval(struct small_adapter *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int small_adapter_logits(struct small_adapter *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *small_adapter_adapter(struct small_adapter *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *small_adapter_gradient(struct small_adapter *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *small_adapter_state(struct small_adapter *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int small_adapter_scalars(struct small_adapter *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int small_adapter_apply(struct small_adapter *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int small_adapter_estimate(struct small_adapter *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int small_adapter_shard_get(struct small_adapter *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int small_adapter_shard_set(struct small_adapter *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *small_adapter_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return small_adapter_init((struct small_adapter *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    small_adapter_stop((struct small_adapter *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return small_adapter_begin((struct small_adapter *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return small_adapter_advance((struct small_adapter *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return small_adapter_finish((struct small_adapter *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return small_adapter_step((struct small_adapter *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return small_adapter_eval((struct small_adapter *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return small_adapter_logits((struct small_adapter *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return small_adapter_adapter((struct small_adapter *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return small_adapter_gradient((struct small_adapter *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return small_adapter_state((struct small_adapter *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return small_adapter_scalars((struct small_adapter *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return small_adapter_apply((struct small_adapter *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return small_adapter_estimate((struct small_adapter *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return small_adapter_shard_get((struct small_adapter *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return small_adapter_shard_set((struct small_adapter *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct small_adapter *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct small_adapter), SMALL_ADAPTER_MEMORY_BYTES, small_adapter_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *small_adapter_interface(void) { return &interface_table; }
