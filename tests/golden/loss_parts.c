/* loss_parts: made by lorac 0.2.0 (gradient structured, optimizer sgd, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "loss_parts.h"

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
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [2, 20] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 40, 8); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    float *const low_w_7 = (float *)(void *)(m->arena + STEP_low_w_7); /* [40, 2] */
    float *const x_5 = (float *)(void *)(m->arena + (i == 2 ? STEP_x_5 : STEP_x_5_SLOTS + i * 1280)); /* [2, 20, 8] */
    float *const w_lora_a_6 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_w_10 = (float *)(void *)(m->arena + STEP_linear_w_10); /* [40, 8] */
    float *const w_lora_b_9 = m->adapters + 48 + i * 16; /* [8, 2] */
    float *const tanh_11 = (float *)(void *)(m->arena + STEP_linear_w_10); /* [40, 8] */
    float *const x_12 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    lrt_linear(c, low_w_7, x_5 + row * 8, lrt_floats(w_lora_a_6), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* loss_parts.lora:15 */
    lrt_linear(c, linear_w_10, x_5 + row * 8, m->weights[2 + i], lrt_floats(0), low_w_7, lrt_floats(w_lora_b_9), 2.0f, rows, 8, 8, 2); /* loss_parts.lora:15 */
    lrt_tanh(c, tanh_11, linear_w_10, rows * 8); /* loss_parts.lora:15 */
    lrt_add(c, x_12 + row * 8, x_5 + row * 8, tanh_11, rows * 8); /* loss_parts.lora:15 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_5 = (float *)(void *)(m->arena + (i == 2 ? STEP_x_5 : STEP_x_5_SLOTS + i * 1280)); /* [2, 20, 8] */
    float *const x_4 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    lrt_copy(c, x_5, x_4, 320); /* loss_parts.lora:18 */
    for (int64_t iteration = 0; iteration < 1; iteration++) step_layer_rows_2(m, i, iteration); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{2, 1, 1}};

static void step_straight_11(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_14 = (double *)(void *)(m->arena + STEP_loss_14); /* [] */
    int32_t *const counted_rows_16 = (int32_t *)(void *)(m->arena + STEP_counted_rows_16); /* [40] */
    int32_t *const counted_17 = (int32_t *)(void *)(m->arena + STEP_counted_17); /* [] */
    const int32_t *const targets_15 = m->targets; /* [2, 20] */
    loss_14[0] = 0.0; /* loss_parts.lora:23 */
    lrt_counted_rows(c, counted_rows_16, counted_17, targets_15, 40, -100); /* loss_parts.lora:23 */
}

static void step_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 16, left = *((int32_t *)(void *)(m->arena + STEP_counted_17)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 16 ? left : 16;
    float *const x_20 = (float *)(void *)(m->arena + STEP_x_20); /* [16, 8] */
    float *const x_19 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    int32_t *const counted_rows_16 = (int32_t *)(void *)(m->arena + STEP_counted_rows_16); /* [40] */
    int32_t *const targets_21 = (int32_t *)(void *)(m->arena + STEP_targets_21); /* [16] */
    const int32_t *const targets_15 = m->targets; /* [2, 20] */
    double *const loss_23 = (double *)(void *)(m->arena + STEP_loss_14); /* [] */
    float *const d_x_24 = (float *)(void *)(m->arena + STEP_d_x_24); /* [16, 8] */
    float *const logits_25 = (float *)(void *)(m->arena + STEP_logits_25); /* [16, 512] */
    double *const d_x_sums_26 = (double *)(void *)(m->arena + STEP_d_x_sums_26); /* [16, 3] */
    float *const d_x_27 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    lrt_gather_rows(c, x_20, x_19, counted_rows_16 + row * 1, rows, 8); /* loss_parts.lora:23 */
    lrt_gather_ids(c, targets_21, targets_15, counted_rows_16 + row * 1, rows); /* loss_parts.lora:23 */
    lrt_linear_cross_entropy(c, loss_23, d_x_24, 0, logits_25, d_x_sums_26, x_20, m->weights[0], m->weights[1], targets_21, m->loss_weight, rows, 8, 4000, 512); /* loss_parts.lora:23 */
    lrt_scatter_rows(c, d_x_27, d_x_24, counted_rows_16 + row * 1, rows, 8); /* loss_parts.lora:23 */
}

static const struct lrt_slice_weight step_head_3_reads[] = {{0, 0, 1}, {1, 0, 1}};

static void step_straight_19(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const d_x_30 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    int32_t *const counted_rows_16 = (int32_t *)(void *)(m->arena + STEP_counted_rows_16); /* [40] */
    int32_t *const counted_17 = (int32_t *)(void *)(m->arena + STEP_counted_17); /* [] */
    lrt_clear_other_rows(c, d_x_30, counted_rows_16, *(counted_17), 40, 8); /* loss_parts.lora:23 */
}

static void step_layer_rows_backward_5(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    float *const low_w_32 = (float *)(void *)(m->arena + STEP_low_w_32); /* [40, 2] */
    float *const x_5 = (float *)(void *)(m->arena + (i == 2 ? STEP_x_5 : STEP_x_5_SLOTS + i * 1280)); /* [2, 20, 8] */
    float *const w_lora_a_6 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_w_33 = (float *)(void *)(m->arena + STEP_linear_w_33); /* [40, 8] */
    float *const w_lora_b_9 = m->adapters + 48 + i * 16; /* [8, 2] */
    float *const d_linear_w_34 = (float *)(void *)(m->arena + STEP_linear_w_33); /* [40, 8] */
    float *const d_x_31 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    float *const low_w_35 = (float *)(void *)(m->arena + STEP_low_w_35); /* [40, 2] */
    float *const d_w_lora_b_37 = m->gradients + 48 + i * 16; /* [8, 2] */
    float *const d_low_w_38 = (float *)(void *)(m->arena + STEP_d_low_w_38); /* [40, 2] */
    float *const d_w_lora_a_40 = m->gradients + 0 + i * 16; /* [2, 8] */
    float *const d_x_41 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [2, 20, 8] */
    lrt_linear(c, low_w_32, x_5 + row * 8, lrt_floats(w_lora_a_6), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* loss_parts.lora:15 */
    lrt_linear(c, linear_w_33, x_5 + row * 8, m->weights[2 + i], lrt_floats(0), low_w_32, lrt_floats(w_lora_b_9), 2.0f, rows, 8, 8, 2); /* loss_parts.lora:15 */
    lrt_tanh_dx(c, d_linear_w_34, d_x_31 + row * 8, linear_w_33, rows * 8); /* loss_parts.lora:15 */
    lrt_linear(c, low_w_35, x_5 + row * 8, lrt_floats(w_lora_a_6), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* loss_parts.lora:15 */
    lrt_outer_acc(c, d_w_lora_b_37, d_linear_w_34, low_w_35, 2.0f, rows, 8, 2); /* loss_parts.lora:15 */
    lrt_linear_dx(c, d_low_w_38, 0, d_linear_w_34, lrt_floats(w_lora_b_9), 0, 0, 2.0f, rows, 2, 8, 0); /* loss_parts.lora:15 */
    lrt_outer_acc(c, d_w_lora_a_40, d_low_w_38, x_5 + row * 8, 1.0f, rows, 2, 8); /* loss_parts.lora:15 */
    lrt_linear_dx(c, d_x_41 + row * 8, d_x_31 + row * 8, d_linear_w_34, m->weights[2 + i], d_low_w_38, w_lora_a_6, 1.0f, rows, 8, 8, 2); /* loss_parts.lora:15 */
}

static void step_layer_backward_4(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 1; iteration++) step_layer_rows_backward_5(m, i, iteration); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight step_layer_backward_4_reads[] = {{2, 1, 1}};

static void step_update_32(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_43 = (double *)(void *)(m->arena + STEP_squares_43); /* [] */
    squares_43[0] = 0.0; /* loss_parts.lora:25 */
}

static void step_norm_backward_6(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_45 = (double *)(void *)(m->arena + STEP_squares_43); /* [] */
    float *const d_w_lora_a_40 = m->gradients + 0 + i * 16; /* [2, 8] */
    double *const squares_46 = (double *)(void *)(m->arena + STEP_squares_43); /* [] */
    float *const d_w_lora_b_37 = m->gradients + 48 + i * 16; /* [8, 2] */
    lrt_sum_squares(c, squares_45, lrt_floats(d_w_lora_a_40), 16); /* loss_parts.lora:14 */
    lrt_sum_squares(c, squares_46, lrt_floats(d_w_lora_b_37), 16); /* loss_parts.lora:14 */
}

static void step_straight_37(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_47 = (double *)(void *)(m->arena + STEP_squares_43); /* [] */
    m->grad_scale = lrt_clip(squares_47[0], 0.0, &m->grad_norm); /* loss_parts.lora:25 */
}

static void step_update_7(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const w_lora_a_6 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const d_w_lora_a_40 = m->gradients + 0 + i * 16; /* [2, 8] */
    float *const w_lora_b_9 = m->adapters + 48 + i * 16; /* [8, 2] */
    float *const d_w_lora_b_37 = m->gradients + 48 + i * 16; /* [8, 2] */
    lrt_sgd(c, w_lora_a_6, lrt_floats(d_w_lora_a_40), 0, 16, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* loss_parts.lora:25 */
    lrt_sgd(c, w_lora_b_9, lrt_floats(d_w_lora_b_37), 0, 16, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* loss_parts.lora:25 */
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
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [2, 20, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [2, 20] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 40, 8); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    float *const low_w_6 = (float *)(void *)(m->arena + EVAL_low_w_6); /* [40, 2] */
    float *const x_4 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [2, 20, 8] */
    float *const w_lora_a_5 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_w_9 = (float *)(void *)(m->arena + EVAL_linear_w_9); /* [40, 8] */
    float *const w_lora_b_8 = m->adapters + 48 + i * 16; /* [8, 2] */
    float *const tanh_10 = (float *)(void *)(m->arena + EVAL_linear_w_9); /* [40, 8] */
    float *const x_11 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [2, 20, 8] */
    lrt_linear(c, low_w_6, x_4 + row * 8, lrt_floats(w_lora_a_5), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* loss_parts.lora:15 */
    lrt_linear(c, linear_w_9, x_4 + row * 8, m->weights[2 + i], lrt_floats(0), low_w_6, lrt_floats(w_lora_b_8), 2.0f, rows, 8, 8, 2); /* loss_parts.lora:15 */
    lrt_tanh(c, tanh_10, linear_w_9, rows * 8); /* loss_parts.lora:15 */
    lrt_add(c, x_11 + row * 8, x_4 + row * 8, tanh_10, rows * 8); /* loss_parts.lora:15 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 1; iteration++) eval_layer_rows_2(m, i, iteration); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{2, 1, 1}};

static void eval_straight_10(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_13 = (double *)(void *)(m->arena + EVAL_loss_13); /* [] */
    int32_t *const counted_rows_15 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_15); /* [40] */
    int32_t *const counted_16 = (int32_t *)(void *)(m->arena + EVAL_counted_16); /* [] */
    const int32_t *const targets_14 = m->targets; /* [2, 20] */
    loss_13[0] = 0.0; /* loss_parts.lora:23 */
    lrt_counted_rows(c, counted_rows_15, counted_16, targets_14, 40, -100); /* loss_parts.lora:23 */
}

static void eval_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 16, left = *((int32_t *)(void *)(m->arena + EVAL_counted_16)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 16 ? left : 16;
    float *const x_18 = (float *)(void *)(m->arena + EVAL_x_18); /* [16, 8] */
    float *const x_12 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [2, 20, 8] */
    int32_t *const counted_rows_15 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_15); /* [40] */
    int32_t *const targets_19 = (int32_t *)(void *)(m->arena + EVAL_targets_19); /* [16] */
    const int32_t *const targets_14 = m->targets; /* [2, 20] */
    double *const loss_21 = (double *)(void *)(m->arena + EVAL_loss_13); /* [] */
    float *const logits_22 = (float *)(void *)(m->arena + EVAL_logits_22); /* [16, 512] */
    double *const loss_sums_23 = (double *)(void *)(m->arena + EVAL_loss_sums_23); /* [16, 3] */
    lrt_gather_rows(c, x_18, x_12, counted_rows_15 + row * 1, rows, 8); /* loss_parts.lora:23 */
    lrt_gather_ids(c, targets_19, targets_14, counted_rows_15 + row * 1, rows); /* loss_parts.lora:23 */
    lrt_linear_cross_entropy(c, loss_21, 0, 0, logits_22, loss_sums_23, x_18, m->weights[0], m->weights[1], targets_19, 1.0f, rows, 8, 4000, 512); /* loss_parts.lora:23 */
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
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [2, 20, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [2, 20] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 40, 8); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 40, left = 40 - row;
    if (left <= 0) return;
    const int64_t rows = left < 40 ? left : 40;
    float *const low_w_6 = (float *)(void *)(m->arena + LOGITS_low_w_6); /* [40, 2] */
    float *const x_4 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [2, 20, 8] */
    float *const w_lora_a_5 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_w_9 = (float *)(void *)(m->arena + LOGITS_linear_w_9); /* [40, 8] */
    float *const w_lora_b_8 = m->adapters + 48 + i * 16; /* [8, 2] */
    float *const tanh_10 = (float *)(void *)(m->arena + LOGITS_linear_w_9); /* [40, 8] */
    float *const x_11 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [2, 20, 8] */
    lrt_linear(c, low_w_6, x_4 + row * 8, lrt_floats(w_lora_a_5), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* loss_parts.lora:15 */
    lrt_linear(c, linear_w_9, x_4 + row * 8, m->weights[2 + i], lrt_floats(0), low_w_6, lrt_floats(w_lora_b_8), 2.0f, rows, 8, 8, 2); /* loss_parts.lora:15 */
    lrt_tanh(c, tanh_10, linear_w_9, rows * 8); /* loss_parts.lora:15 */
    lrt_add(c, x_11 + row * 8, x_4 + row * 8, tanh_10, rows * 8); /* loss_parts.lora:15 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 1; iteration++) logits_layer_rows_2(m, i, iteration); /* loss_parts.lora:18 */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{2, 1, 1}};

static void logits_head_3(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 16, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 16 ? left : 16;
    float *const x_15 = (float *)(void *)(m->arena + LOGITS_x_15); /* [16, 8] */
    float *const x_12 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [2, 20, 8] */
    const int32_t *const rows_14 = m->rows; /* [40] */
    float *const logits_17 = m->logits; /* [40, 4000] */
    lrt_gather_rows(c, x_15, x_12, rows_14 + row * 1, rows, 8); /* loss_parts.lora:18 */
    lrt_linear(c, logits_17 + row * 4000, x_15, m->weights[0], m->weights[1], 0, lrt_floats(0), 1.0f, rows, 8, 4000, 0); /* loss_parts.lora:18 */
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
    {"arena", LOSS_PARTS_ARENA_BYTES},
    {"adapters", LOSS_PARTS_ADAPTER_BYTES},
    {"gradients", LOSS_PARTS_GRADIENT_BYTES},
    {"optimizer", LOSS_PARTS_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(LOSS_PARTS_SCRATCH_BYTES) + LOSS_PARTS_THREAD_BYTES},
    {"context", sizeof(struct loss_parts)},
    {"file", 0},
};

static const struct lrt_plan_info info = {
    "loss_parts", "0.2.0", "gradient structured, optimizer sgd, 4 threads at most", "structured", "sgd", 
    dims, 5, NULL, 0, weights, 3, 5, params, 2, pools, sizeof pools / sizeof *pools,
    39680, 39680, "loss_parts.lora:23 linear_cross_entropy_grad", 2, 20, 4000, -100, 1, 4, 0, 0.1, 40, 0, 0, 0, 0.0};

static const struct lrt_program program = {
    &info, LOSS_PARTS_MEMORY_BYTES, LOSS_PARTS_ARENA_BYTES, LOSS_PARTS_SCRATCH_BYTES, 0,
    96, 96, 0, 40, 40,
    {step_slices, 6}, {step_update, 4}, {eval_slices, 4}, {logits_slices, 3}, 
    39488, 39552, 35136, 35200,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0, 1, NULL};

int loss_parts_init(struct loss_parts *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void loss_parts_stop(struct loss_parts *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int loss_parts_begin(struct loss_parts *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int loss_parts_advance(struct loss_parts *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int loss_parts_finish(struct loss_parts *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int loss_parts_step(struct loss_parts *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int loss_parts_eval(struct loss_parts *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int loss_parts_logits(struct loss_parts *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *loss_parts_adapter(struct loss_parts *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *loss_parts_gradient(struct loss_parts *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *loss_parts_state(struct loss_parts *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int loss_parts_scalars(struct loss_parts *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int loss_parts_apply(struct loss_parts *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int loss_parts_estimate(struct loss_parts *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int loss_parts_shard_get(struct loss_parts *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int loss_parts_shard_set(struct loss_parts *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *loss_parts_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return loss_parts_init((struct loss_parts *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    loss_parts_stop((struct loss_parts *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return loss_parts_begin((struct loss_parts *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return loss_parts_advance((struct loss_parts *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return loss_parts_finish((struct loss_parts *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return loss_parts_step((struct loss_parts *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return loss_parts_eval((struct loss_parts *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return loss_parts_logits((struct loss_parts *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return loss_parts_adapter((struct loss_parts *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return loss_parts_gradient((struct loss_parts *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return loss_parts_state((struct loss_parts *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return loss_parts_scalars((struct loss_parts *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return loss_parts_apply((struct loss_parts *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return loss_parts_estimate((struct loss_parts *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return loss_parts_shard_get((struct loss_parts *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return loss_parts_shard_set((struct loss_parts *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct loss_parts *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct loss_parts), LOSS_PARTS_MEMORY_BYTES, loss_parts_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *loss_parts_interface(void) { return &interface_table; }
