/* fused_each: made by lorac 0.2.0 (gradient structured, optimizer sgd, update fused, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "fused_each.h"

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 320 /* 192 bytes: embedding_embed, x, x, x, x, x, ... */
#define STEP_x_5 512 /* 192 bytes: x */
#define STEP_x_5_SLOTS 1280 /* the 1 iterations before the last */
#define STEP_rms_norm_norm_7 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_9 704 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_12 0 /* 192 bytes: linear_w_up, gelu */
#define STEP_linear_w_down_15 192 /* 128 bytes: linear_w_down */
#define STEP_x_19 704 /* 192 bytes: x */
#define STEP_x_19_SLOTS 1472 /* the 1 iterations before the last */
#define STEP_rms_norm_norm_20 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_21 896 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_22 0 /* 192 bytes: linear_w_up, gelu */
#define STEP_low_w_down_25 896 /* 64 bytes: low_w_down */
#define STEP_linear_w_down_27 192 /* 128 bytes: linear_w_down */
#define STEP_x_31 896 /* 192 bytes: x */
#define STEP_x_31_SLOTS 1664 /* the 1 iterations before the last */
#define STEP_rms_norm_norm_33 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_34 1088 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_35 0 /* 192 bytes: linear_w_up, gelu */
#define STEP_low_w_down_37 1088 /* 64 bytes: low_w_down */
#define STEP_linear_w_down_38 192 /* 128 bytes: linear_w_down */
#define STEP_loss_41 1984 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_43 1216 /* 64 bytes: counted_rows */
#define STEP_counted_44 2048 /* 64 bytes: counted */
#define STEP_x_47 1088 /* 128 bytes: x */
#define STEP_rms_norm_out_norm_49 1856 /* 128 bytes: rms_norm_out_norm */
#define STEP_logits_50 0 /* 320 bytes: logits, d_logits */
#define STEP_targets_51 1856 /* 64 bytes: targets */
#define STEP_d_rms_norm_out_norm_54 1856 /* 128 bytes: d_rms_norm_out_norm, d_x */
#define STEP_squares_62 1856 /* 64 bytes: squares, squares, squares, squares, squares, squares, ... */
#define STEP_rms_norm_norm_70 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_71 1088 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_72 0 /* 192 bytes: linear_w_up */
#define STEP_gelu_73 1088 /* 192 bytes: gelu */
#define STEP_low_w_down_74 192 /* 64 bytes: low_w_down */
#define STEP_d_low_w_down_76 192 /* 64 bytes: d_low_w_down */
#define STEP_d_gelu_78 1088 /* 192 bytes: d_gelu, d_linear_w_up */
#define STEP_rms_norm_norm_80 0 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_81 128 /* 64 bytes: low_w_up */
#define STEP_d_low_w_up_83 128 /* 64 bytes: d_low_w_up */
#define STEP_d_rms_norm_norm_85 0 /* 128 bytes: d_rms_norm_norm */
#define STEP_rms_norm_norm_106 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_107 896 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_108 0 /* 192 bytes: linear_w_up */
#define STEP_gelu_109 896 /* 192 bytes: gelu */
#define STEP_low_w_down_110 192 /* 64 bytes: low_w_down */
#define STEP_d_low_w_down_112 192 /* 64 bytes: d_low_w_down */
#define STEP_d_gelu_114 896 /* 192 bytes: d_gelu, d_linear_w_up */
#define STEP_rms_norm_norm_116 0 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_117 128 /* 64 bytes: low_w_up */
#define STEP_d_low_w_up_119 128 /* 64 bytes: d_low_w_up */
#define STEP_d_rms_norm_norm_121 0 /* 128 bytes: d_rms_norm_norm */
#define STEP_d_gelu_137 0 /* 192 bytes: d_gelu, d_linear_w_up */
#define STEP_rms_norm_norm_138 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_139 896 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_140 704 /* 192 bytes: linear_w_up */
#define STEP_rms_norm_norm_142 192 /* 128 bytes: rms_norm_norm */
#define STEP_low_w_up_143 704 /* 64 bytes: low_w_up */
#define STEP_d_low_w_up_145 704 /* 64 bytes: d_low_w_up */
#define STEP_d_rms_norm_norm_147 192 /* 128 bytes: d_rms_norm_norm */

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_7 = (float *)(void *)(m->arena + STEP_rms_norm_norm_7); /* [4, 8] */
    float *const x_5 = (float *)(void *)(m->arena + (i == 1 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_w_up_9 = (float *)(void *)(m->arena + STEP_low_w_up_9); /* [4, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_12 = (float *)(void *)(m->arena + STEP_linear_w_up_12); /* [4, 12] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_13 = (float *)(void *)(m->arena + STEP_linear_w_up_12); /* [4, 12] */
    float *const linear_w_down_15 = (float *)(void *)(m->arena + STEP_linear_w_down_15); /* [4, 8] */
    float *const x_16 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_7, x_5 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_9, rms_norm_norm_7, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_12, rms_norm_norm_7, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_9, lrt_floats(w_up_lora_b_11), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_13, linear_w_up_12, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_15, gelu_13, m->weights[8 + (i / 2)], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 8, 0); /* fused_each.lora:14 */
    lrt_add(c, x_16 + row * 8, x_5 + row * 8, linear_w_down_15, rows * 8); /* fused_each.lora:14 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_5 = (float *)(void *)(m->arena + (i == 1 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const x_4 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_copy(c, x_5, x_4, 48); /* fused_each.lora:16 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_2(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void step_layer_rows_4(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_20 = (float *)(void *)(m->arena + STEP_rms_norm_norm_20); /* [4, 8] */
    float *const x_19 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_19 : STEP_x_19_SLOTS + (i - 2) * 192)); /* [1, 6, 8] */
    float *const low_w_up_21 = (float *)(void *)(m->arena + STEP_low_w_up_21); /* [4, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_22 = (float *)(void *)(m->arena + STEP_linear_w_up_22); /* [4, 12] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_23 = (float *)(void *)(m->arena + STEP_linear_w_up_22); /* [4, 12] */
    float *const low_w_down_25 = (float *)(void *)(m->arena + STEP_low_w_down_25); /* [4, 2] */
    float *const w_down_lora_a_24 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const linear_w_down_27 = (float *)(void *)(m->arena + STEP_linear_w_down_27); /* [4, 8] */
    float *const w_down_lora_b_26 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const x_28 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_20, x_19 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_21, rms_norm_norm_20, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_22, rms_norm_norm_20, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_21, lrt_floats(w_up_lora_b_11), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_23, linear_w_up_22, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_25, gelu_23, lrt_floats(w_down_lora_a_24), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_27, gelu_23, m->weights[8 + (i / 2)], lrt_floats(0), low_w_down_25, lrt_floats(w_down_lora_b_26), 2.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_add(c, x_28 + row * 8, x_19 + row * 8, linear_w_down_27, rows * 8); /* fused_each.lora:14 */
}

static void step_layer_3(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_19 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_19 : STEP_x_19_SLOTS + (i - 2) * 192)); /* [1, 6, 8] */
    float *const x_18 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_copy(c, x_19, x_18, 48); /* fused_each.lora:16 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_4(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight step_layer_3_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void step_layer_rows_6(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_33 = (float *)(void *)(m->arena + STEP_rms_norm_norm_33); /* [4, 8] */
    float *const x_31 = (float *)(void *)(m->arena + (i == 5 ? STEP_x_31 : STEP_x_31_SLOTS + (i - 4) * 192)); /* [1, 6, 8] */
    float *const norm_32 = m->adapters + 240 + (i / 2 - 2) * 16; /* [8] */
    float *const low_w_up_34 = (float *)(void *)(m->arena + STEP_low_w_up_34); /* [4, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_35 = (float *)(void *)(m->arena + STEP_linear_w_up_35); /* [4, 12] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_36 = (float *)(void *)(m->arena + STEP_linear_w_up_35); /* [4, 12] */
    float *const low_w_down_37 = (float *)(void *)(m->arena + STEP_low_w_down_37); /* [4, 2] */
    float *const w_down_lora_a_24 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const linear_w_down_38 = (float *)(void *)(m->arena + STEP_linear_w_down_38); /* [4, 8] */
    float *const w_down_lora_b_26 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const x_39 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_33, x_31 + row * 8, lrt_floats(norm_32), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_34, rms_norm_norm_33, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_35, rms_norm_norm_33, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_34, lrt_floats(w_up_lora_b_11), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_36, linear_w_up_35, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_37, gelu_36, lrt_floats(w_down_lora_a_24), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_38, gelu_36, m->weights[8 + (i / 2)], lrt_floats(0), low_w_down_37, lrt_floats(w_down_lora_b_26), 2.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_add(c, x_39 + row * 8, x_31 + row * 8, linear_w_down_38, rows * 8); /* fused_each.lora:14 */
}

static void step_layer_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_31 = (float *)(void *)(m->arena + (i == 5 ? STEP_x_31 : STEP_x_31_SLOTS + (i - 4) * 192)); /* [1, 6, 8] */
    float *const x_30 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_copy(c, x_31, x_30, 48); /* fused_each.lora:16 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_6(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight step_layer_5_reads[] = {{3, 2, 1}, {4, 2, 1}};

static void step_straight_37(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_41 = (double *)(void *)(m->arena + STEP_loss_41); /* [] */
    int32_t *const counted_rows_43 = (int32_t *)(void *)(m->arena + STEP_counted_rows_43); /* [6] */
    int32_t *const counted_44 = (int32_t *)(void *)(m->arena + STEP_counted_44); /* [] */
    const int32_t *const targets_42 = m->targets; /* [1, 6] */
    loss_41[0] = 0.0; /* fused_each.lora:22 */
    lrt_counted_rows(c, counted_rows_43, counted_44, targets_42, 6, -100); /* fused_each.lora:22 */
}

static void step_head_7(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = *((int32_t *)(void *)(m->arena + STEP_counted_44)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const x_47 = (float *)(void *)(m->arena + STEP_x_47); /* [4, 8] */
    float *const x_46 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_43 = (int32_t *)(void *)(m->arena + STEP_counted_rows_43); /* [6] */
    float *const rms_norm_out_norm_49 = (float *)(void *)(m->arena + STEP_rms_norm_out_norm_49); /* [4, 8] */
    float *const out_norm_48 = m->adapters + 256; /* [8] */
    float *const logits_50 = (float *)(void *)(m->arena + STEP_logits_50); /* [4, 20] */
    int32_t *const targets_51 = (int32_t *)(void *)(m->arena + STEP_targets_51); /* [4] */
    const int32_t *const targets_42 = m->targets; /* [1, 6] */
    double *const loss_52 = (double *)(void *)(m->arena + STEP_loss_41); /* [] */
    float *const d_logits_53 = (float *)(void *)(m->arena + STEP_logits_50); /* [4, 20] */
    float *const d_rms_norm_out_norm_54 = (float *)(void *)(m->arena + STEP_d_rms_norm_out_norm_54); /* [4, 8] */
    float *const d_out_norm_56 = m->gradients + 0; /* [8] */
    float *const d_x_57 = (float *)(void *)(m->arena + STEP_d_rms_norm_out_norm_54); /* [4, 8] */
    float *const d_x_58 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_gather_rows(c, x_47, x_46, counted_rows_43 + row * 1, rows, 8); /* fused_each.lora:16 */
    lrt_rms_norm(c, rms_norm_out_norm_49, x_47, lrt_floats(out_norm_48), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:16 */
    lrt_linear(c, logits_50, rms_norm_out_norm_49, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* fused_each.lora:16 */
    lrt_gather_ids(c, targets_51, targets_42, counted_rows_43 + row * 1, rows); /* fused_each.lora:22 */
    lrt_cross_entropy(c, loss_52, d_logits_53, logits_50, targets_51, m->loss_weight, rows, 20); /* fused_each.lora:22 */
    lrt_linear_dx(c, d_rms_norm_out_norm_54, 0, d_logits_53, m->weights[0], 0, 0, 1.0f, rows, 8, 20, 0); /* fused_each.lora:16 */
    lrt_rms_norm_dw(c, d_out_norm_56, d_rms_norm_out_norm_54, x_47, rows, 8, 1e-05f); /* fused_each.lora:16 */
    lrt_rms_norm_dx(c, d_x_57, 0, d_rms_norm_out_norm_54, x_47, lrt_floats(out_norm_48), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:16 */
    lrt_scatter_rows(c, d_x_58, d_x_57, counted_rows_43 + row * 1, rows, 8); /* fused_each.lora:22 */
}

static const struct lrt_slice_weight step_head_7_reads[] = {{0, 0, 1}};

static void step_straight_50(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const d_x_61 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_43 = (int32_t *)(void *)(m->arena + STEP_counted_rows_43); /* [6] */
    int32_t *const counted_44 = (int32_t *)(void *)(m->arena + STEP_counted_44); /* [] */
    double *const squares_62 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    lrt_clear_other_rows(c, d_x_61, counted_rows_43, *(counted_44), 6, 8); /* fused_each.lora:22 */
    squares_62[0] = 0.0; /* fused_each.lora:24 */
}

static void step_layer_rows_backward_9(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_70 = (float *)(void *)(m->arena + STEP_rms_norm_norm_70); /* [4, 8] */
    float *const x_31 = (float *)(void *)(m->arena + (i == 5 ? STEP_x_31 : STEP_x_31_SLOTS + (i - 4) * 192)); /* [1, 6, 8] */
    float *const norm_32 = m->adapters + 240 + (i / 2 - 2) * 16; /* [8] */
    float *const low_w_up_71 = (float *)(void *)(m->arena + STEP_low_w_up_71); /* [4, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_72 = (float *)(void *)(m->arena + STEP_linear_w_up_72); /* [4, 12] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_73 = (float *)(void *)(m->arena + STEP_gelu_73); /* [4, 12] */
    float *const low_w_down_74 = (float *)(void *)(m->arena + STEP_low_w_down_74); /* [4, 2] */
    float *const w_down_lora_a_24 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const d_w_down_lora_b_75 = m->gradients + 96; /* [8, 2] */
    float *const d_x_63 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const d_low_w_down_76 = (float *)(void *)(m->arena + STEP_d_low_w_down_76); /* [4, 2] */
    float *const w_down_lora_b_26 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const d_w_down_lora_a_77 = m->gradients + 64; /* [2, 12] */
    float *const d_gelu_78 = (float *)(void *)(m->arena + STEP_d_gelu_78); /* [4, 12] */
    float *const d_linear_w_up_79 = (float *)(void *)(m->arena + STEP_d_gelu_78); /* [4, 12] */
    float *const rms_norm_norm_80 = (float *)(void *)(m->arena + STEP_rms_norm_norm_80); /* [4, 8] */
    float *const low_w_up_81 = (float *)(void *)(m->arena + STEP_low_w_up_81); /* [4, 2] */
    float *const d_w_up_lora_b_82 = m->gradients + 32; /* [12, 2] */
    float *const d_low_w_up_83 = (float *)(void *)(m->arena + STEP_d_low_w_up_83); /* [4, 2] */
    float *const d_w_up_lora_a_84 = m->gradients + 16; /* [2, 8] */
    float *const d_rms_norm_norm_85 = (float *)(void *)(m->arena + STEP_d_rms_norm_norm_85); /* [4, 8] */
    float *const d_norm_86 = m->gradients + 112; /* [8] */
    float *const d_x_87 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_70, x_31 + row * 8, lrt_floats(norm_32), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_71, rms_norm_norm_70, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_72, rms_norm_norm_70, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_71, lrt_floats(w_up_lora_b_11), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_73, linear_w_up_72, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_74, gelu_73, lrt_floats(w_down_lora_a_24), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_down_lora_b_75, d_x_63 + row * 8, low_w_down_74, 2.0f, rows, 8, 2); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_low_w_down_76, 0, d_x_63 + row * 8, lrt_floats(w_down_lora_b_26), 0, 0, 2.0f, rows, 2, 8, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_down_lora_a_77, d_low_w_down_76, gelu_73, 1.0f, rows, 2, 12); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_gelu_78, 0, d_x_63 + row * 8, m->weights[8 + (i / 2)], d_low_w_down_76, w_down_lora_a_24, 1.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_gelu_dx(c, d_linear_w_up_79, d_gelu_78, linear_w_up_72, rows * 12); /* fused_each.lora:14 */
    lrt_rms_norm(c, rms_norm_norm_80, x_31 + row * 8, lrt_floats(norm_32), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_81, rms_norm_norm_80, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_up_lora_b_82, d_linear_w_up_79, low_w_up_81, 2.0f, rows, 12, 2); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_low_w_up_83, 0, d_linear_w_up_79, lrt_floats(w_up_lora_b_11), 0, 0, 2.0f, rows, 2, 12, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_up_lora_a_84, d_low_w_up_83, rms_norm_norm_80, 1.0f, rows, 2, 8); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_rms_norm_norm_85, 0, d_linear_w_up_79, m->weights[5 + (i / 2)], d_low_w_up_83, w_up_lora_a_8, 1.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_rms_norm_dw(c, d_norm_86, d_rms_norm_norm_85, x_31 + row * 8, rows, 8, 1e-05f); /* fused_each.lora:14 */
    lrt_rms_norm_dx(c, d_x_87 + row * 8, d_x_63 + row * 8, d_rms_norm_norm_85, x_31 + row * 8, lrt_floats(norm_32), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
}

static void step_layer_backward_8(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const d_w_up_lora_a_65 = m->gradients + 16; /* [2, 8] */
    float *const d_w_up_lora_b_66 = m->gradients + 32; /* [12, 2] */
    float *const d_w_down_lora_a_67 = m->gradients + 64; /* [2, 12] */
    float *const d_w_down_lora_b_68 = m->gradients + 96; /* [8, 2] */
    float *const d_norm_69 = m->gradients + 112; /* [8] */
    double *const squares_88 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_up_lora_a_84 = m->gradients + 16; /* [2, 8] */
    double *const squares_89 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_up_lora_b_82 = m->gradients + 32; /* [12, 2] */
    double *const squares_90 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_down_lora_a_77 = m->gradients + 64; /* [2, 12] */
    double *const squares_91 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_down_lora_b_75 = m->gradients + 96; /* [8, 2] */
    double *const squares_92 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_norm_86 = m->gradients + 112; /* [8] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const w_up_lora_a_93 = m->optimizer + 0 + (i / 2) * 16; /* [2, 8] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const w_up_lora_b_94 = m->optimizer + 48 + (i / 2) * 32; /* [12, 2] */
    float *const w_down_lora_a_24 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const w_down_lora_a_95 = m->optimizer + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const w_down_lora_b_26 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const w_down_lora_b_96 = m->optimizer + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const norm_32 = m->adapters + 240 + (i / 2 - 2) * 16; /* [8] */
    float *const norm_97 = m->optimizer + 240 + (i / 2 - 2) * 16; /* [8] */
    if (i % 2 == 1) lrt_fill(c, d_w_up_lora_a_65, 0.0f, 16); /* fused_each.lora:12 */
    if (i % 2 == 1) lrt_fill(c, d_w_up_lora_b_66, 0.0f, 24); /* fused_each.lora:12 */
    if (i % 2 == 1) lrt_fill(c, d_w_down_lora_a_67, 0.0f, 24); /* fused_each.lora:13 */
    if (i % 2 == 1) lrt_fill(c, d_w_down_lora_b_68, 0.0f, 16); /* fused_each.lora:13 */
    if (i % 2 == 1) lrt_fill(c, d_norm_69, 0.0f, 8); /* fused_each.lora:11 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_backward_9(m, i, iteration); /* fused_each.lora:16 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_88, lrt_floats(d_w_up_lora_a_84), 16); /* fused_each.lora:12 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_89, lrt_floats(d_w_up_lora_b_82), 24); /* fused_each.lora:12 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_90, lrt_floats(d_w_down_lora_a_77), 24); /* fused_each.lora:13 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_91, lrt_floats(d_w_down_lora_b_75), 16); /* fused_each.lora:13 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_92, lrt_floats(d_norm_86), 8); /* fused_each.lora:11 */
    if (i % 2 == 0) m->changed = 1;
    if (i % 2 == 0) lrt_sgd(c, w_up_lora_a_8, lrt_floats(d_w_up_lora_a_84), w_up_lora_a_93, 16, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_up_lora_b_11, lrt_floats(d_w_up_lora_b_82), w_up_lora_b_94, 24, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_down_lora_a_24, lrt_floats(d_w_down_lora_a_77), w_down_lora_a_95, 24, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_down_lora_b_26, lrt_floats(d_w_down_lora_b_75), w_down_lora_b_96, 16, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, norm_32, lrt_floats(d_norm_86), norm_97, 8, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
}

static const struct lrt_slice_weight step_layer_backward_8_reads[] = {{3, 2, 1}, {4, 2, 1}};

static void step_layer_rows_backward_11(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_106 = (float *)(void *)(m->arena + STEP_rms_norm_norm_106); /* [4, 8] */
    float *const x_19 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_19 : STEP_x_19_SLOTS + (i - 2) * 192)); /* [1, 6, 8] */
    float *const low_w_up_107 = (float *)(void *)(m->arena + STEP_low_w_up_107); /* [4, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_108 = (float *)(void *)(m->arena + STEP_linear_w_up_108); /* [4, 12] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_109 = (float *)(void *)(m->arena + STEP_gelu_109); /* [4, 12] */
    float *const low_w_down_110 = (float *)(void *)(m->arena + STEP_low_w_down_110); /* [4, 2] */
    float *const w_down_lora_a_24 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const d_w_down_lora_b_111 = m->gradients + 96; /* [8, 2] */
    float *const d_x_100 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const d_low_w_down_112 = (float *)(void *)(m->arena + STEP_d_low_w_down_112); /* [4, 2] */
    float *const w_down_lora_b_26 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const d_w_down_lora_a_113 = m->gradients + 64; /* [2, 12] */
    float *const d_gelu_114 = (float *)(void *)(m->arena + STEP_d_gelu_114); /* [4, 12] */
    float *const d_linear_w_up_115 = (float *)(void *)(m->arena + STEP_d_gelu_114); /* [4, 12] */
    float *const rms_norm_norm_116 = (float *)(void *)(m->arena + STEP_rms_norm_norm_116); /* [4, 8] */
    float *const low_w_up_117 = (float *)(void *)(m->arena + STEP_low_w_up_117); /* [4, 2] */
    float *const d_w_up_lora_b_118 = m->gradients + 32; /* [12, 2] */
    float *const d_low_w_up_119 = (float *)(void *)(m->arena + STEP_d_low_w_up_119); /* [4, 2] */
    float *const d_w_up_lora_a_120 = m->gradients + 16; /* [2, 8] */
    float *const d_rms_norm_norm_121 = (float *)(void *)(m->arena + STEP_d_rms_norm_norm_121); /* [4, 8] */
    float *const d_x_122 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_106, x_19 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_107, rms_norm_norm_106, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_108, rms_norm_norm_106, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_107, lrt_floats(w_up_lora_b_11), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_109, linear_w_up_108, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_110, gelu_109, lrt_floats(w_down_lora_a_24), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_down_lora_b_111, d_x_100 + row * 8, low_w_down_110, 2.0f, rows, 8, 2); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_low_w_down_112, 0, d_x_100 + row * 8, lrt_floats(w_down_lora_b_26), 0, 0, 2.0f, rows, 2, 8, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_down_lora_a_113, d_low_w_down_112, gelu_109, 1.0f, rows, 2, 12); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_gelu_114, 0, d_x_100 + row * 8, m->weights[8 + (i / 2)], d_low_w_down_112, w_down_lora_a_24, 1.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_gelu_dx(c, d_linear_w_up_115, d_gelu_114, linear_w_up_108, rows * 12); /* fused_each.lora:14 */
    lrt_rms_norm(c, rms_norm_norm_116, x_19 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_117, rms_norm_norm_116, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_up_lora_b_118, d_linear_w_up_115, low_w_up_117, 2.0f, rows, 12, 2); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_low_w_up_119, 0, d_linear_w_up_115, lrt_floats(w_up_lora_b_11), 0, 0, 2.0f, rows, 2, 12, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_up_lora_a_120, d_low_w_up_119, rms_norm_norm_116, 1.0f, rows, 2, 8); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_rms_norm_norm_121, 0, d_linear_w_up_115, m->weights[5 + (i / 2)], d_low_w_up_119, w_up_lora_a_8, 1.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_rms_norm_dx(c, d_x_122 + row * 8, d_x_100 + row * 8, d_rms_norm_norm_121, x_19 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
}

static void step_layer_backward_10(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const d_w_up_lora_a_102 = m->gradients + 16; /* [2, 8] */
    float *const d_w_up_lora_b_103 = m->gradients + 32; /* [12, 2] */
    float *const d_w_down_lora_a_104 = m->gradients + 64; /* [2, 12] */
    float *const d_w_down_lora_b_105 = m->gradients + 96; /* [8, 2] */
    double *const squares_123 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_up_lora_a_120 = m->gradients + 16; /* [2, 8] */
    double *const squares_124 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_up_lora_b_118 = m->gradients + 32; /* [12, 2] */
    double *const squares_125 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_down_lora_a_113 = m->gradients + 64; /* [2, 12] */
    double *const squares_126 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_down_lora_b_111 = m->gradients + 96; /* [8, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const w_up_lora_a_127 = m->optimizer + 0 + (i / 2) * 16; /* [2, 8] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const w_up_lora_b_128 = m->optimizer + 48 + (i / 2) * 32; /* [12, 2] */
    float *const w_down_lora_a_24 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const w_down_lora_a_129 = m->optimizer + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const w_down_lora_b_26 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const w_down_lora_b_130 = m->optimizer + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    if (i % 2 == 1) lrt_fill(c, d_w_up_lora_a_102, 0.0f, 16); /* fused_each.lora:12 */
    if (i % 2 == 1) lrt_fill(c, d_w_up_lora_b_103, 0.0f, 24); /* fused_each.lora:12 */
    if (i % 2 == 1) lrt_fill(c, d_w_down_lora_a_104, 0.0f, 24); /* fused_each.lora:13 */
    if (i % 2 == 1) lrt_fill(c, d_w_down_lora_b_105, 0.0f, 16); /* fused_each.lora:13 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_backward_11(m, i, iteration); /* fused_each.lora:16 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_123, lrt_floats(d_w_up_lora_a_120), 16); /* fused_each.lora:12 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_124, lrt_floats(d_w_up_lora_b_118), 24); /* fused_each.lora:12 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_125, lrt_floats(d_w_down_lora_a_113), 24); /* fused_each.lora:13 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_126, lrt_floats(d_w_down_lora_b_111), 16); /* fused_each.lora:13 */
    if (i % 2 == 0) m->changed = 1;
    if (i % 2 == 0) lrt_sgd(c, w_up_lora_a_8, lrt_floats(d_w_up_lora_a_120), w_up_lora_a_127, 16, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_up_lora_b_11, lrt_floats(d_w_up_lora_b_118), w_up_lora_b_128, 24, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_down_lora_a_24, lrt_floats(d_w_down_lora_a_113), w_down_lora_a_129, 24, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_down_lora_b_26, lrt_floats(d_w_down_lora_b_111), w_down_lora_b_130, 16, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
}

static const struct lrt_slice_weight step_layer_backward_10_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void step_layer_rows_backward_13(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const d_gelu_137 = (float *)(void *)(m->arena + STEP_d_gelu_137); /* [4, 12] */
    float *const d_x_133 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const rms_norm_norm_138 = (float *)(void *)(m->arena + STEP_rms_norm_norm_138); /* [4, 8] */
    float *const x_5 = (float *)(void *)(m->arena + (i == 1 ? STEP_x_5 : STEP_x_5_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_w_up_139 = (float *)(void *)(m->arena + STEP_low_w_up_139); /* [4, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_140 = (float *)(void *)(m->arena + STEP_linear_w_up_140); /* [4, 12] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const d_linear_w_up_141 = (float *)(void *)(m->arena + STEP_d_gelu_137); /* [4, 12] */
    float *const rms_norm_norm_142 = (float *)(void *)(m->arena + STEP_rms_norm_norm_142); /* [4, 8] */
    float *const low_w_up_143 = (float *)(void *)(m->arena + STEP_low_w_up_143); /* [4, 2] */
    float *const d_w_up_lora_b_144 = m->gradients + 32; /* [12, 2] */
    float *const d_low_w_up_145 = (float *)(void *)(m->arena + STEP_d_low_w_up_145); /* [4, 2] */
    float *const d_w_up_lora_a_146 = m->gradients + 16; /* [2, 8] */
    float *const d_rms_norm_norm_147 = (float *)(void *)(m->arena + STEP_d_rms_norm_norm_147); /* [4, 8] */
    float *const d_x_148 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_linear_dx(c, d_gelu_137, 0, d_x_133 + row * 8, m->weights[8 + (i / 2)], 0, 0, 1.0f, rows, 12, 8, 0); /* fused_each.lora:14 */
    lrt_rms_norm(c, rms_norm_norm_138, x_5 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_139, rms_norm_norm_138, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_140, rms_norm_norm_138, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_139, lrt_floats(w_up_lora_b_11), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu_dx(c, d_linear_w_up_141, d_gelu_137, linear_w_up_140, rows * 12); /* fused_each.lora:14 */
    lrt_rms_norm(c, rms_norm_norm_142, x_5 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_143, rms_norm_norm_142, lrt_floats(w_up_lora_a_8), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_up_lora_b_144, d_linear_w_up_141, low_w_up_143, 2.0f, rows, 12, 2); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_low_w_up_145, 0, d_linear_w_up_141, lrt_floats(w_up_lora_b_11), 0, 0, 2.0f, rows, 2, 12, 0); /* fused_each.lora:14 */
    lrt_outer_acc(c, d_w_up_lora_a_146, d_low_w_up_145, rms_norm_norm_142, 1.0f, rows, 2, 8); /* fused_each.lora:14 */
    lrt_linear_dx(c, d_rms_norm_norm_147, 0, d_linear_w_up_141, m->weights[5 + (i / 2)], d_low_w_up_145, w_up_lora_a_8, 1.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_rms_norm_dx(c, d_x_148 + row * 8, d_x_133 + row * 8, d_rms_norm_norm_147, x_5 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
}

static void step_layer_backward_12(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const d_w_up_lora_a_135 = m->gradients + 16; /* [2, 8] */
    float *const d_w_up_lora_b_136 = m->gradients + 32; /* [12, 2] */
    double *const squares_149 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_up_lora_a_146 = m->gradients + 16; /* [2, 8] */
    double *const squares_150 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_w_up_lora_b_144 = m->gradients + 32; /* [12, 2] */
    float *const w_up_lora_a_8 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const w_up_lora_a_151 = m->optimizer + 0 + (i / 2) * 16; /* [2, 8] */
    float *const w_up_lora_b_11 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const w_up_lora_b_152 = m->optimizer + 48 + (i / 2) * 32; /* [12, 2] */
    if (i % 2 == 1) lrt_fill(c, d_w_up_lora_a_135, 0.0f, 16); /* fused_each.lora:12 */
    if (i % 2 == 1) lrt_fill(c, d_w_up_lora_b_136, 0.0f, 24); /* fused_each.lora:12 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_backward_13(m, i, iteration); /* fused_each.lora:16 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_149, lrt_floats(d_w_up_lora_a_146), 16); /* fused_each.lora:12 */
    if (i % 2 == 0) lrt_sum_squares(c, squares_150, lrt_floats(d_w_up_lora_b_144), 24); /* fused_each.lora:12 */
    if (i % 2 == 0) m->changed = 1;
    if (i % 2 == 0) lrt_sgd(c, w_up_lora_a_8, lrt_floats(d_w_up_lora_a_146), w_up_lora_a_151, 16, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
    if (i % 2 == 0) lrt_sgd(c, w_up_lora_b_11, lrt_floats(d_w_up_lora_b_144), w_up_lora_b_152, 24, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
}

static const struct lrt_slice_weight step_layer_backward_12_reads[] = {{4, 2, 1}, {2, 2, 1}, {3, 2, 1}};

static void step_update_144(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const squares_155 = (double *)(void *)(m->arena + STEP_squares_62); /* [] */
    float *const d_out_norm_56 = m->gradients + 0; /* [8] */
    float *const out_norm_48 = m->adapters + 256; /* [8] */
    float *const out_norm_156 = m->optimizer + 256; /* [8] */
    lrt_sum_squares(c, squares_155, lrt_floats(d_out_norm_56), 8); /* fused_each.lora:9 */
    m->grad_scale = lrt_clip(squares_155[0], 0.0, &m->grad_norm); /* fused_each.lora:24 */
    lrt_sgd(c, out_norm_48, lrt_floats(d_out_norm_56), out_norm_156, 8, m->learning_rate, 0.9, 0.0, c->step + 1, m->grad_scale); /* fused_each.lora:24 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, step_straight_1_reads, 1, NULL, NULL},
    {step_layer_1, 0, 1, 2, step_layer_1_reads, 3, NULL, NULL},
    {step_layer_3, 2, 1, 2, step_layer_3_reads, 3, NULL, NULL},
    {step_layer_5, 4, 1, 2, step_layer_5_reads, 2, NULL, NULL},
    {step_straight_37, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_7, 0, 1, 2, step_head_7_reads, 1, NULL, NULL},
    {step_straight_50, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_backward_8, 5, -1, 2, step_layer_backward_8_reads, 2, NULL, NULL},
    {step_layer_backward_10, 3, -1, 2, step_layer_backward_10_reads, 3, NULL, NULL},
    {step_layer_backward_12, 1, -1, 2, step_layer_backward_12_reads, 3, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_144, 0, 1, 1, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 320 /* 192 bytes: embedding_embed, x, x, x, x, x, ... */
#define EVAL_rms_norm_norm_6 192 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_up_8 512 /* 64 bytes: low_w_up */
#define EVAL_linear_w_up_11 0 /* 192 bytes: linear_w_up, gelu */
#define EVAL_linear_w_down_14 192 /* 128 bytes: linear_w_down */
#define EVAL_rms_norm_norm_18 192 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_up_19 512 /* 64 bytes: low_w_up */
#define EVAL_linear_w_up_20 0 /* 192 bytes: linear_w_up, gelu */
#define EVAL_low_w_down_23 512 /* 64 bytes: low_w_down */
#define EVAL_linear_w_down_25 192 /* 128 bytes: linear_w_down */
#define EVAL_rms_norm_norm_30 192 /* 128 bytes: rms_norm_norm */
#define EVAL_low_w_up_31 512 /* 64 bytes: low_w_up */
#define EVAL_linear_w_up_32 0 /* 192 bytes: linear_w_up, gelu */
#define EVAL_low_w_down_34 512 /* 64 bytes: low_w_down */
#define EVAL_linear_w_down_35 192 /* 128 bytes: linear_w_down */
#define EVAL_loss_38 640 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_40 704 /* 64 bytes: counted_rows */
#define EVAL_counted_41 768 /* 64 bytes: counted */
#define EVAL_x_43 512 /* 128 bytes: x, rms_norm_out_norm */
#define EVAL_logits_46 0 /* 320 bytes: logits */
#define EVAL_targets_47 512 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + EVAL_rms_norm_norm_6); /* [4, 8] */
    float *const x_4 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const low_w_up_8 = (float *)(void *)(m->arena + EVAL_low_w_up_8); /* [4, 2] */
    float *const w_up_lora_a_7 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_11 = (float *)(void *)(m->arena + EVAL_linear_w_up_11); /* [4, 12] */
    float *const w_up_lora_b_10 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_12 = (float *)(void *)(m->arena + EVAL_linear_w_up_11); /* [4, 12] */
    float *const linear_w_down_14 = (float *)(void *)(m->arena + EVAL_linear_w_down_14); /* [4, 8] */
    float *const x_15 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_8, rms_norm_norm_6, lrt_floats(w_up_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_11, rms_norm_norm_6, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_8, lrt_floats(w_up_lora_b_10), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_12, linear_w_up_11, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_14, gelu_12, m->weights[8 + (i / 2)], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 8, 0); /* fused_each.lora:14 */
    lrt_add(c, x_15 + row * 8, x_4 + row * 8, linear_w_down_14, rows * 8); /* fused_each.lora:14 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) eval_layer_rows_2(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void eval_layer_rows_4(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_18 = (float *)(void *)(m->arena + EVAL_rms_norm_norm_18); /* [4, 8] */
    float *const x_17 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const low_w_up_19 = (float *)(void *)(m->arena + EVAL_low_w_up_19); /* [4, 2] */
    float *const w_up_lora_a_7 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_20 = (float *)(void *)(m->arena + EVAL_linear_w_up_20); /* [4, 12] */
    float *const w_up_lora_b_10 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_21 = (float *)(void *)(m->arena + EVAL_linear_w_up_20); /* [4, 12] */
    float *const low_w_down_23 = (float *)(void *)(m->arena + EVAL_low_w_down_23); /* [4, 2] */
    float *const w_down_lora_a_22 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const linear_w_down_25 = (float *)(void *)(m->arena + EVAL_linear_w_down_25); /* [4, 8] */
    float *const w_down_lora_b_24 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const x_26 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_18, x_17 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_19, rms_norm_norm_18, lrt_floats(w_up_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_20, rms_norm_norm_18, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_19, lrt_floats(w_up_lora_b_10), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_21, linear_w_up_20, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_23, gelu_21, lrt_floats(w_down_lora_a_22), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_25, gelu_21, m->weights[8 + (i / 2)], lrt_floats(0), low_w_down_23, lrt_floats(w_down_lora_b_24), 2.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_add(c, x_26 + row * 8, x_17 + row * 8, linear_w_down_25, rows * 8); /* fused_each.lora:14 */
}

static void eval_layer_3(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) eval_layer_rows_4(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight eval_layer_3_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void eval_layer_rows_6(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_30 = (float *)(void *)(m->arena + EVAL_rms_norm_norm_30); /* [4, 8] */
    float *const x_28 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const norm_29 = m->adapters + 240 + (i / 2 - 2) * 16; /* [8] */
    float *const low_w_up_31 = (float *)(void *)(m->arena + EVAL_low_w_up_31); /* [4, 2] */
    float *const w_up_lora_a_7 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_32 = (float *)(void *)(m->arena + EVAL_linear_w_up_32); /* [4, 12] */
    float *const w_up_lora_b_10 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_33 = (float *)(void *)(m->arena + EVAL_linear_w_up_32); /* [4, 12] */
    float *const low_w_down_34 = (float *)(void *)(m->arena + EVAL_low_w_down_34); /* [4, 2] */
    float *const w_down_lora_a_22 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const linear_w_down_35 = (float *)(void *)(m->arena + EVAL_linear_w_down_35); /* [4, 8] */
    float *const w_down_lora_b_24 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const x_36 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_30, x_28 + row * 8, lrt_floats(norm_29), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_31, rms_norm_norm_30, lrt_floats(w_up_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_32, rms_norm_norm_30, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_31, lrt_floats(w_up_lora_b_10), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_33, linear_w_up_32, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_34, gelu_33, lrt_floats(w_down_lora_a_22), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_35, gelu_33, m->weights[8 + (i / 2)], lrt_floats(0), low_w_down_34, lrt_floats(w_down_lora_b_24), 2.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_add(c, x_36 + row * 8, x_28 + row * 8, linear_w_down_35, rows * 8); /* fused_each.lora:14 */
}

static void eval_layer_5(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) eval_layer_rows_6(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight eval_layer_5_reads[] = {{3, 2, 1}, {4, 2, 1}};

static void eval_straight_34(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_38 = (double *)(void *)(m->arena + EVAL_loss_38); /* [] */
    int32_t *const counted_rows_40 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_40); /* [6] */
    int32_t *const counted_41 = (int32_t *)(void *)(m->arena + EVAL_counted_41); /* [] */
    const int32_t *const targets_39 = m->targets; /* [1, 6] */
    loss_38[0] = 0.0; /* fused_each.lora:22 */
    lrt_counted_rows(c, counted_rows_40, counted_41, targets_39, 6, -100); /* fused_each.lora:22 */
}

static void eval_head_7(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = *((int32_t *)(void *)(m->arena + EVAL_counted_41)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const x_43 = (float *)(void *)(m->arena + EVAL_x_43); /* [4, 8] */
    float *const x_37 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_40 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_40); /* [6] */
    float *const rms_norm_out_norm_45 = (float *)(void *)(m->arena + EVAL_x_43); /* [4, 8] */
    float *const out_norm_44 = m->adapters + 256; /* [8] */
    float *const logits_46 = (float *)(void *)(m->arena + EVAL_logits_46); /* [4, 20] */
    int32_t *const targets_47 = (int32_t *)(void *)(m->arena + EVAL_targets_47); /* [4] */
    const int32_t *const targets_39 = m->targets; /* [1, 6] */
    double *const loss_48 = (double *)(void *)(m->arena + EVAL_loss_38); /* [] */
    lrt_gather_rows(c, x_43, x_37, counted_rows_40 + row * 1, rows, 8); /* fused_each.lora:16 */
    lrt_rms_norm(c, rms_norm_out_norm_45, x_43, lrt_floats(out_norm_44), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:16 */
    lrt_linear(c, logits_46, rms_norm_out_norm_45, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* fused_each.lora:16 */
    lrt_gather_ids(c, targets_47, targets_39, counted_rows_40 + row * 1, rows); /* fused_each.lora:22 */
    lrt_cross_entropy(c, loss_48, 0, logits_46, targets_47, 1.0f, rows, 20); /* fused_each.lora:22 */
}

static const struct lrt_slice_weight eval_head_7_reads[] = {{0, 0, 1}};

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, eval_straight_1_reads, 1, NULL, NULL},
    {eval_layer_1, 0, 1, 2, eval_layer_1_reads, 3, NULL, NULL},
    {eval_layer_3, 2, 1, 2, eval_layer_3_reads, 3, NULL, NULL},
    {eval_layer_5, 4, 1, 2, eval_layer_5_reads, 2, NULL, NULL},
    {eval_straight_34, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_7, 0, 1, 2, eval_head_7_reads, 1, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 0 /* 192 bytes: embedding_embed, x, x, x, x, x, ... */
#define LOGITS_rms_norm_norm_6 384 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_up_8 512 /* 64 bytes: low_w_up */
#define LOGITS_linear_w_up_11 192 /* 192 bytes: linear_w_up, gelu */
#define LOGITS_linear_w_down_14 384 /* 128 bytes: linear_w_down */
#define LOGITS_rms_norm_norm_18 384 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_up_19 512 /* 64 bytes: low_w_up */
#define LOGITS_linear_w_up_20 192 /* 192 bytes: linear_w_up, gelu */
#define LOGITS_low_w_down_23 512 /* 64 bytes: low_w_down */
#define LOGITS_linear_w_down_25 384 /* 128 bytes: linear_w_down */
#define LOGITS_rms_norm_norm_30 384 /* 128 bytes: rms_norm_norm */
#define LOGITS_low_w_up_31 512 /* 64 bytes: low_w_up */
#define LOGITS_linear_w_up_32 192 /* 192 bytes: linear_w_up, gelu */
#define LOGITS_low_w_down_34 512 /* 64 bytes: low_w_down */
#define LOGITS_linear_w_down_35 384 /* 128 bytes: linear_w_down */
#define LOGITS_x_40 192 /* 128 bytes: x, rms_norm_out_norm */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_6 = (float *)(void *)(m->arena + LOGITS_rms_norm_norm_6); /* [4, 8] */
    float *const x_4 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const low_w_up_8 = (float *)(void *)(m->arena + LOGITS_low_w_up_8); /* [4, 2] */
    float *const w_up_lora_a_7 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_11 = (float *)(void *)(m->arena + LOGITS_linear_w_up_11); /* [4, 12] */
    float *const w_up_lora_b_10 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_12 = (float *)(void *)(m->arena + LOGITS_linear_w_up_11); /* [4, 12] */
    float *const linear_w_down_14 = (float *)(void *)(m->arena + LOGITS_linear_w_down_14); /* [4, 8] */
    float *const x_15 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_6, x_4 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_8, rms_norm_norm_6, lrt_floats(w_up_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_11, rms_norm_norm_6, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_8, lrt_floats(w_up_lora_b_10), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_12, linear_w_up_11, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_14, gelu_12, m->weights[8 + (i / 2)], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 8, 0); /* fused_each.lora:14 */
    lrt_add(c, x_15 + row * 8, x_4 + row * 8, linear_w_down_14, rows * 8); /* fused_each.lora:14 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) logits_layer_rows_2(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void logits_layer_rows_4(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_18 = (float *)(void *)(m->arena + LOGITS_rms_norm_norm_18); /* [4, 8] */
    float *const x_17 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const low_w_up_19 = (float *)(void *)(m->arena + LOGITS_low_w_up_19); /* [4, 2] */
    float *const w_up_lora_a_7 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_20 = (float *)(void *)(m->arena + LOGITS_linear_w_up_20); /* [4, 12] */
    float *const w_up_lora_b_10 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_21 = (float *)(void *)(m->arena + LOGITS_linear_w_up_20); /* [4, 12] */
    float *const low_w_down_23 = (float *)(void *)(m->arena + LOGITS_low_w_down_23); /* [4, 2] */
    float *const w_down_lora_a_22 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const linear_w_down_25 = (float *)(void *)(m->arena + LOGITS_linear_w_down_25); /* [4, 8] */
    float *const w_down_lora_b_24 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const x_26 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_18, x_17 + row * 8, m->weights[2 + (i / 2)], rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_19, rms_norm_norm_18, lrt_floats(w_up_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_20, rms_norm_norm_18, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_19, lrt_floats(w_up_lora_b_10), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_21, linear_w_up_20, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_23, gelu_21, lrt_floats(w_down_lora_a_22), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_25, gelu_21, m->weights[8 + (i / 2)], lrt_floats(0), low_w_down_23, lrt_floats(w_down_lora_b_24), 2.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_add(c, x_26 + row * 8, x_17 + row * 8, linear_w_down_25, rows * 8); /* fused_each.lora:14 */
}

static void logits_layer_3(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) logits_layer_rows_4(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight logits_layer_3_reads[] = {{2, 2, 1}, {3, 2, 1}, {4, 2, 1}};

static void logits_layer_rows_6(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const rms_norm_norm_30 = (float *)(void *)(m->arena + LOGITS_rms_norm_norm_30); /* [4, 8] */
    float *const x_28 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const norm_29 = m->adapters + 240 + (i / 2 - 2) * 16; /* [8] */
    float *const low_w_up_31 = (float *)(void *)(m->arena + LOGITS_low_w_up_31); /* [4, 2] */
    float *const w_up_lora_a_7 = m->adapters + 0 + (i / 2) * 16; /* [2, 8] */
    float *const linear_w_up_32 = (float *)(void *)(m->arena + LOGITS_linear_w_up_32); /* [4, 12] */
    float *const w_up_lora_b_10 = m->adapters + 48 + (i / 2) * 32; /* [12, 2] */
    float *const gelu_33 = (float *)(void *)(m->arena + LOGITS_linear_w_up_32); /* [4, 12] */
    float *const low_w_down_34 = (float *)(void *)(m->arena + LOGITS_low_w_down_34); /* [4, 2] */
    float *const w_down_lora_a_22 = m->adapters + 144 + (i / 2 - 1) * 32; /* [2, 12] */
    float *const linear_w_down_35 = (float *)(void *)(m->arena + LOGITS_linear_w_down_35); /* [4, 8] */
    float *const w_down_lora_b_24 = m->adapters + 208 + (i / 2 - 1) * 16; /* [8, 2] */
    float *const x_36 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, rms_norm_norm_30, x_28 + row * 8, lrt_floats(norm_29), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:14 */
    lrt_linear(c, low_w_up_31, rms_norm_norm_30, lrt_floats(w_up_lora_a_7), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_up_32, rms_norm_norm_30, m->weights[5 + (i / 2)], lrt_floats(0), low_w_up_31, lrt_floats(w_up_lora_b_10), 2.0f, rows, 8, 12, 2); /* fused_each.lora:14 */
    lrt_gelu(c, gelu_33, linear_w_up_32, rows * 12); /* fused_each.lora:14 */
    lrt_linear(c, low_w_down_34, gelu_33, lrt_floats(w_down_lora_a_22), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 2, 0); /* fused_each.lora:14 */
    lrt_linear(c, linear_w_down_35, gelu_33, m->weights[8 + (i / 2)], lrt_floats(0), low_w_down_34, lrt_floats(w_down_lora_b_24), 2.0f, rows, 12, 8, 2); /* fused_each.lora:14 */
    lrt_add(c, x_36 + row * 8, x_28 + row * 8, linear_w_down_35, rows * 8); /* fused_each.lora:14 */
}

static void logits_layer_5(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) logits_layer_rows_6(m, i, iteration); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight logits_layer_5_reads[] = {{3, 2, 1}, {4, 2, 1}};

static void logits_head_7(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 4, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 4 ? left : 4;
    float *const x_40 = (float *)(void *)(m->arena + LOGITS_x_40); /* [4, 8] */
    float *const x_37 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const rows_39 = m->rows; /* [6] */
    float *const rms_norm_out_norm_42 = (float *)(void *)(m->arena + LOGITS_x_40); /* [4, 8] */
    float *const out_norm_41 = m->adapters + 256; /* [8] */
    float *const logits_43 = m->logits; /* [6, 20] */
    lrt_gather_rows(c, x_40, x_37, rows_39 + row * 1, rows, 8); /* fused_each.lora:16 */
    lrt_rms_norm(c, rms_norm_out_norm_42, x_40, lrt_floats(out_norm_41), rows, 8, 1e-05f, 0.0f); /* fused_each.lora:16 */
    lrt_linear(c, logits_43 + row * 20, rms_norm_out_norm_42, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* fused_each.lora:16 */
}

static const struct lrt_slice_weight logits_head_7_reads[] = {{0, 0, 1}};

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, logits_straight_1_reads, 1, NULL, NULL},
    {logits_layer_1, 0, 1, 2, logits_layer_1_reads, 3, NULL, NULL},
    {logits_layer_3, 2, 1, 2, logits_layer_3_reads, 3, NULL, NULL},
    {logits_layer_5, 4, 1, 2, logits_layer_5_reads, 2, NULL, NULL},
    {logits_head_7, 0, 1, 2, logits_head_7_reads, 1, NULL, NULL},
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
    {"out_norm", NULL, NULL, 1, {8, 0, 0, 0}, 0, 1, 1, 1, 0, LRT_INITIAL_ONES},
    {"layer.norm", NULL, NULL, 1, {8, 0, 0, 0}, 0, 3, 2, 1, 0, LRT_INITIAL_ONES},
    {"layer.w_up", NULL, NULL, 2, {12, 8, 0, 0}, 0, 3, 5, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.w_down", NULL, NULL, 2, {8, 12, 0, 0}, 0, 3, 8, 1, 0, LRT_INITIAL_NORMAL},
};

static const struct lrt_param_info params[] = {
    {"layer.w_up.lora_a", LRT_ROLE_LORA_A, 3, 2, {2, 8, 0, 0}, 0, 3, 0, 16, 4.0, 0, 2},
    {"layer.w_up.lora_b", LRT_ROLE_LORA_B, 3, 2, {12, 2, 0, 0}, 0, 3, 48, 32, 4.0, 1, 2},
    {"layer.w_down.lora_a", LRT_ROLE_LORA_A, 4, 2, {2, 12, 0, 0}, 1, 2, 144, 32, 4.0, 6, 2},
    {"layer.w_down.lora_b", LRT_ROLE_LORA_B, 4, 2, {8, 2, 0, 0}, 1, 2, 208, 16, 4.0, 7, 2},
    {"layer.norm", LRT_ROLE_FULL, 2, 1, {8, 0, 0, 0}, 2, 1, 240, 16, 0.0, 10, 2},
    {"out_norm", LRT_ROLE_FULL, 1, 1, {8, 0, 0, 0}, 0, 1, 256, 16, 0.0, 12, 2},
};

static const struct lrt_pool_info pools[] = {
    {"arena", FUSED_EACH_ARENA_BYTES},
    {"adapters", FUSED_EACH_ADAPTER_BYTES},
    {"gradients", FUSED_EACH_GRADIENT_BYTES},
    {"optimizer", FUSED_EACH_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(FUSED_EACH_SCRATCH_BYTES) + FUSED_EACH_THREAD_BYTES},
    {"context", sizeof(struct fused_each)},
    {"file", 0},
};

static const struct lrt_plan_info info = {
    "fused_each", "0.2.0", "gradient structured, optimizer sgd, update fused, 4 threads at most", "structured", "sgd", 
    dims, 5, NULL, 0, weights, 5, 11, params, 6, pools, sizeof pools / sizeof *pools,
    2112, 2112, "fused_each.lora:16 linear", 1, 6, 20, -100, 1, 4, 1, 0.1, 6, 0, 1, 0, 0.0};

static const struct lrt_program program = {
    &info, FUSED_EACH_MEMORY_BYTES, FUSED_EACH_ARENA_BYTES, FUSED_EACH_SCRATCH_BYTES, 0,
    272, 128, 272, 6, 6,
    {step_slices, 10}, {step_update, 1}, {eval_slices, 6}, {logits_slices, 5}, 
    1984, 2048, 640, 768,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0, 1, NULL};

int fused_each_init(struct fused_each *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void fused_each_stop(struct fused_each *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int fused_each_begin(struct fused_each *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int fused_each_advance(struct fused_each *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int fused_each_finish(struct fused_each *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int fused_each_step(struct fused_each *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int fused_each_eval(struct fused_each *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int fused_each_logits(struct fused_each *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *fused_each_adapter(struct fused_each *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *fused_each_gradient(struct fused_each *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *fused_each_state(struct fused_each *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int fused_each_scalars(struct fused_each *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int fused_each_apply(struct fused_each *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int fused_each_estimate(struct fused_each *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int fused_each_shard_get(struct fused_each *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int fused_each_shard_set(struct fused_each *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *fused_each_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return fused_each_init((struct fused_each *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    fused_each_stop((struct fused_each *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return fused_each_begin((struct fused_each *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return fused_each_advance((struct fused_each *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return fused_each_finish((struct fused_each *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return fused_each_step((struct fused_each *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return fused_each_eval((struct fused_each *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return fused_each_logits((struct fused_each *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return fused_each_adapter((struct fused_each *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return fused_each_gradient((struct fused_each *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return fused_each_state((struct fused_each *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return fused_each_scalars((struct fused_each *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return fused_each_apply((struct fused_each *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return fused_each_estimate((struct fused_each *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return fused_each_shard_get((struct fused_each *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return fused_each_shard_set((struct fused_each *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct fused_each *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct fused_each), FUSED_EACH_MEMORY_BYTES, fused_each_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *fused_each_interface(void) { return &interface_table; }
