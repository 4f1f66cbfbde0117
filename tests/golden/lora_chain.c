/* lora_chain: made by lorac 0.2.0 (gradient structured, optimizer sgd, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "lora_chain.h"

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 896 /* 192 bytes: embedding_embed, x, x, hidden, hidden, d_hidden, ... */
#define STEP_embedding_embed_3_SLOTS 512 /* 2 kept inputs of blocks */
#define STEP_rope_table_4 1472 /* 128 bytes: rope_table */
#define STEP_h_7 0 /* 128 bytes: h */
#define STEP_linear_wk_9 128 /* 64 bytes: linear_wk */
#define STEP_k_10 384 /* 128 bytes: k */
#define STEP_low_wv_12 128 /* 64 bytes: low_wv */
#define STEP_v_15 1280 /* 128 bytes: v */
#define STEP_h_16 0 /* 128 bytes: h */
#define STEP_low_wq_18 256 /* 64 bytes: low_wq */
#define STEP_linear_wq_21 128 /* 128 bytes: linear_wq, q, attention */
#define STEP_attention_lse_24 0 /* 64 bytes: attention_lse */
#define STEP_linear_wo_26 1600 /* 128 bytes: linear_wo, x */
#define STEP_h_29 1728 /* 128 bytes: h */
#define STEP_linear_w_gate_31 0 /* 192 bytes: linear_w_gate, mul */
#define STEP_linear_w_up_33 192 /* 192 bytes: linear_w_up */
#define STEP_linear_w_down_36 192 /* 128 bytes: linear_w_down */
#define STEP_loss_39 2368 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_41 1600 /* 64 bytes: counted_rows */
#define STEP_counted_42 2432 /* 64 bytes: counted */
#define STEP_hidden_45 1088 /* 192 bytes: hidden */
#define STEP_rms_norm_out_norm_47 1280 /* 192 bytes: rms_norm_out_norm */
#define STEP_logits_48 0 /* 512 bytes: logits, d_logits */
#define STEP_targets_49 1280 /* 64 bytes: targets */
#define STEP_d_rms_norm_out_norm_52 1280 /* 192 bytes: d_rms_norm_out_norm, d_hidden */
#define STEP_d_hidden_57 1088 /* 192 bytes: d_hidden, d_hidden, d_x, d_x, d_x */
#define STEP_zeros_60 384 /* 128 bytes: zeros, zeros, d_k, d_k */
#define STEP_zeros_61 1600 /* 128 bytes: zeros, zeros, d_v, d_v */
#define STEP_h_62 0 /* 128 bytes: h */
#define STEP_linear_wk_63 128 /* 64 bytes: linear_wk */
#define STEP_k_64 1728 /* 128 bytes: k */
#define STEP_low_wv_65 128 /* 64 bytes: low_wv */
#define STEP_v_66 1856 /* 128 bytes: v */
#define STEP_h_69 0 /* 128 bytes: h */
#define STEP_low_wq_70 128 /* 64 bytes: low_wq */
#define STEP_linear_wq_71 1984 /* 128 bytes: linear_wq, q */
#define STEP_attention_73 2112 /* 128 bytes: attention */
#define STEP_attention_lse_74 2496 /* 64 bytes: attention_lse */
#define STEP_linear_wo_75 2240 /* 128 bytes: linear_wo, x */
#define STEP_h_77 1280 /* 128 bytes: h */
#define STEP_linear_w_gate_78 0 /* 192 bytes: linear_w_gate, d_linear_w_gate */
#define STEP_linear_w_up_79 192 /* 192 bytes: linear_w_up */
#define STEP_d_mul_80 1280 /* 192 bytes: d_mul, d_linear_w_up */
#define STEP_d_h_83 192 /* 128 bytes: d_h, d_h, d_x */
#define STEP_d_attention_86 0 /* 128 bytes: d_attention, d_q, d_linear_wq */
#define STEP_d_low_wq_91 128 /* 64 bytes: d_low_wq */
#define STEP_d_h_92 1280 /* 128 bytes: d_h */
#define STEP_h_93 1984 /* 128 bytes: h */
#define STEP_low_wq_94 320 /* 64 bytes: low_wq */
#define STEP_h_102 0 /* 128 bytes: h */
#define STEP_low_wv_103 128 /* 64 bytes: low_wv */
#define STEP_d_low_wv_106 128 /* 64 bytes: d_low_wv */
#define STEP_d_h_109 0 /* 128 bytes: d_h, d_h */
#define STEP_d_linear_wk_110 128 /* 64 bytes: d_linear_wk */
#define STEP_squares_114 0 /* 64 bytes: squares, squares, squares, squares, squares, squares, ... */

static void step_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
    lrt_rope_table(c, rope_table_4, 6, 4, 10000.0f, 0, 1.0f, 1.0f, 4.0f, 8192.0f); /* llama.lora:26 */
}

static const struct lrt_slice_weight step_straight_1_reads[] = {{0, 0, 0}};

static void step_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_7 = (float *)(void *)(m->arena + STEP_h_7); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const linear_wk_9 = (float *)(void *)(m->arena + STEP_linear_wk_9); /* [3, 4] */
    float *const k_10 = (float *)(void *)(m->arena + STEP_k_10); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const low_wv_12 = (float *)(void *)(m->arena + STEP_low_wv_12); /* [3, 2] */
    float *const wv_lora_a_11 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const v_15 = (float *)(void *)(m->arena + STEP_v_15); /* [1, 6, 4] */
    float *const wv_lora_b_14 = m->adapters + 192 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_7, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, linear_wk_9, h_7, m->weights[10 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 4, 0); /* llama.lora:27 */
    lrt_rope(c, k_10 + row * 4, linear_wk_9, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_12, h_7, lrt_floats(wv_lora_a_11), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_15 + row * 4, h_7, m->weights[14 + i], lrt_floats(0), low_wv_12, lrt_floats(wv_lora_b_14), 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void step_layer_rows_3(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_16 = (float *)(void *)(m->arena + STEP_h_16); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wq_18 = (float *)(void *)(m->arena + STEP_low_wq_18); /* [3, 2] */
    float *const wq_lora_a_17 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_21 = (float *)(void *)(m->arena + STEP_linear_wq_21); /* [3, 8] */
    float *const wq_lora_b_20 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_22 = (float *)(void *)(m->arena + STEP_linear_wq_21); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const attention_23 = (float *)(void *)(m->arena + STEP_linear_wq_21); /* [3, 8] */
    float *const attention_lse_24 = (float *)(void *)(m->arena + STEP_attention_lse_24); /* [3, 2] */
    float *const k_10 = (float *)(void *)(m->arena + STEP_k_10); /* [1, 6, 4] */
    float *const v_15 = (float *)(void *)(m->arena + STEP_v_15); /* [1, 6, 4] */
    float *const linear_wo_26 = (float *)(void *)(m->arena + STEP_linear_wo_26); /* [3, 8] */
    float *const x_27 = (float *)(void *)(m->arena + STEP_linear_wo_26); /* [3, 8] */
    float *const h_29 = (float *)(void *)(m->arena + STEP_h_29); /* [3, 8] */
    float *const linear_w_gate_31 = (float *)(void *)(m->arena + STEP_linear_w_gate_31); /* [3, 12] */
    float *const linear_w_up_33 = (float *)(void *)(m->arena + STEP_linear_w_up_33); /* [3, 12] */
    float *const mul_34 = (float *)(void *)(m->arena + STEP_linear_w_gate_31); /* [3, 12] */
    float *const linear_w_down_36 = (float *)(void *)(m->arena + STEP_linear_w_down_36); /* [3, 8] */
    float *const x_37 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, h_16, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_18, h_16, lrt_floats(wq_lora_a_17), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_21, h_16, m->weights[6 + i], lrt_floats(0), low_wq_18, lrt_floats(wq_lora_b_20), 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_22, linear_wq_21, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_23, attention_lse_24, q_22, k_10, v_15, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, linear_wo_26, attention_23, m->weights[18 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 8, 0); /* llama.lora:29 */
    lrt_add(c, x_27, x_5 + row * 8, linear_wo_26, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_29, x_27, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, linear_w_gate_31, h_29, m->weights[26 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_33, h_29, m->weights[30 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_silu_mul(c, mul_34, linear_w_gate_31, linear_w_up_33, rows * 12); /* llama.lora:32 */
    lrt_linear(c, linear_w_down_36, mul_34, m->weights[34 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 8, 0); /* llama.lora:32 */
    lrt_add(c, x_37 + row * 8, x_27, linear_w_down_36, rows * 8); /* llama.lora:32 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_2(m, i, iteration); /* llama.lora:35 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_3(m, i, iteration); /* llama.lora:35 */
}

static const struct lrt_slice_weight step_layer_1_reads[] = {{2, 1, 1}, {4, 1, 1}, {5, 1, 1}, {3, 1, 1}, {6, 1, 1}, {7, 1, 1}, {8, 1, 1}, {9, 1, 1}, {10, 1, 1}};

static void step_layer_keep_1(struct lrt_model *m, int64_t slot) {
    lrt_copy(&m->run, (float *)(void *)(m->arena + STEP_embedding_embed_3_SLOTS + slot * 192), (float *)(void *)(m->arena + STEP_embedding_embed_3), 48);
}

static void step_layer_restore_1(struct lrt_model *m, int64_t slot) {
    lrt_copy(&m->run, (float *)(void *)(m->arena + STEP_embedding_embed_3), (float *)(void *)(m->arena + STEP_embedding_embed_3_SLOTS + slot * 192), 48);
}

static void step_layer_first_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    (void)i;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
}

static const struct lrt_slice_weight step_layer_first_1_reads[] = {{0, 0, 0}};

static void step_straight_27(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_39 = (double *)(void *)(m->arena + STEP_loss_39); /* [] */
    int32_t *const counted_rows_41 = (int32_t *)(void *)(m->arena + STEP_counted_rows_41); /* [6] */
    int32_t *const counted_42 = (int32_t *)(void *)(m->arena + STEP_counted_42); /* [] */
    const int32_t *const targets_40 = m->targets; /* [1, 6] */
    loss_39[0] = 0.0; /* lora_chain.lora:9 */
    lrt_counted_rows(c, counted_rows_41, counted_42, targets_40, 6, -100); /* lora_chain.lora:9 */
}

static void step_head_4(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *((int32_t *)(void *)(m->arena + STEP_counted_42)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const hidden_45 = (float *)(void *)(m->arena + STEP_hidden_45); /* [6, 8] */
    float *const hidden_44 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_41 = (int32_t *)(void *)(m->arena + STEP_counted_rows_41); /* [6] */
    float *const rms_norm_out_norm_47 = (float *)(void *)(m->arena + STEP_rms_norm_out_norm_47); /* [6, 8] */
    float *const logits_48 = (float *)(void *)(m->arena + STEP_logits_48); /* [6, 20] */
    int32_t *const targets_49 = (int32_t *)(void *)(m->arena + STEP_targets_49); /* [6] */
    const int32_t *const targets_40 = m->targets; /* [1, 6] */
    double *const loss_50 = (double *)(void *)(m->arena + STEP_loss_39); /* [] */
    float *const d_logits_51 = (float *)(void *)(m->arena + STEP_logits_48); /* [6, 20] */
    float *const d_rms_norm_out_norm_52 = (float *)(void *)(m->arena + STEP_d_rms_norm_out_norm_52); /* [6, 8] */
    float *const d_hidden_53 = (float *)(void *)(m->arena + STEP_d_rms_norm_out_norm_52); /* [6, 8] */
    float *const d_hidden_54 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_gather_rows(c, hidden_45, hidden_44, counted_rows_41 + row * 1, rows, 8); /* llama.lora:36 */
    lrt_rms_norm(c, rms_norm_out_norm_47, hidden_45, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_linear(c, logits_48, rms_norm_out_norm_47, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
    lrt_gather_ids(c, targets_49, targets_40, counted_rows_41 + row * 1, rows); /* lora_chain.lora:9 */
    lrt_cross_entropy(c, loss_50, d_logits_51, logits_48, targets_49, m->loss_weight, rows, 20); /* lora_chain.lora:9 */
    lrt_linear_dx(c, d_rms_norm_out_norm_52, 0, d_logits_51, m->weights[0], 0, 0, 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
    lrt_rms_norm_dx(c, d_hidden_53, 0, d_rms_norm_out_norm_52, hidden_45, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_scatter_rows(c, d_hidden_54, d_hidden_53, counted_rows_41 + row * 1, rows, 8); /* lora_chain.lora:9 */
}

static const struct lrt_slice_weight step_head_4_reads[] = {{1, 0, 1}, {0, 0, 1}};

static void step_straight_39(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const d_hidden_57 = (float *)(void *)(m->arena + STEP_d_hidden_57); /* [1, 6, 8] */
    int32_t *const counted_rows_41 = (int32_t *)(void *)(m->arena + STEP_counted_rows_41); /* [6] */
    int32_t *const counted_42 = (int32_t *)(void *)(m->arena + STEP_counted_42); /* [] */
    lrt_copy(c, (float *)(void *)((float *)(void *)(m->arena + STEP_d_hidden_57)), (const float *)(const void *)((float *)(void *)(m->arena + STEP_embedding_embed_3)), 48); /* d_hidden */
    lrt_clear_other_rows(c, d_hidden_57, counted_rows_41, *(counted_42), 6, 8); /* lora_chain.lora:9 */
}

static void step_layer_rows_backward_6(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_62 = (float *)(void *)(m->arena + STEP_h_62); /* [3, 8] */
    float *const x_59 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const linear_wk_63 = (float *)(void *)(m->arena + STEP_linear_wk_63); /* [3, 4] */
    float *const k_64 = (float *)(void *)(m->arena + STEP_k_64); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const low_wv_65 = (float *)(void *)(m->arena + STEP_low_wv_65); /* [3, 2] */
    float *const wv_lora_a_11 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const v_66 = (float *)(void *)(m->arena + STEP_v_66); /* [1, 6, 4] */
    float *const wv_lora_b_14 = m->adapters + 192 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_62, x_59 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, linear_wk_63, h_62, m->weights[10 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 4, 0); /* llama.lora:27 */
    lrt_rope(c, k_64 + row * 4, linear_wk_63, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_65, h_62, lrt_floats(wv_lora_a_11), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_66 + row * 4, h_62, m->weights[14 + i], lrt_floats(0), low_wv_65, lrt_floats(wv_lora_b_14), 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void step_layer_rows_backward_7(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_69 = (float *)(void *)(m->arena + STEP_h_69); /* [3, 8] */
    float *const x_59 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wq_70 = (float *)(void *)(m->arena + STEP_low_wq_70); /* [3, 2] */
    float *const wq_lora_a_17 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_71 = (float *)(void *)(m->arena + STEP_linear_wq_71); /* [3, 8] */
    float *const wq_lora_b_20 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_72 = (float *)(void *)(m->arena + STEP_linear_wq_71); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const attention_73 = (float *)(void *)(m->arena + STEP_attention_73); /* [3, 8] */
    float *const attention_lse_74 = (float *)(void *)(m->arena + STEP_attention_lse_74); /* [3, 2] */
    float *const k_64 = (float *)(void *)(m->arena + STEP_k_64); /* [1, 6, 4] */
    float *const v_66 = (float *)(void *)(m->arena + STEP_v_66); /* [1, 6, 4] */
    float *const linear_wo_75 = (float *)(void *)(m->arena + STEP_linear_wo_75); /* [3, 8] */
    float *const x_76 = (float *)(void *)(m->arena + STEP_linear_wo_75); /* [3, 8] */
    float *const h_77 = (float *)(void *)(m->arena + STEP_h_77); /* [3, 8] */
    float *const linear_w_gate_78 = (float *)(void *)(m->arena + STEP_linear_w_gate_78); /* [3, 12] */
    float *const linear_w_up_79 = (float *)(void *)(m->arena + STEP_linear_w_up_79); /* [3, 12] */
    float *const d_mul_80 = (float *)(void *)(m->arena + STEP_d_mul_80); /* [3, 12] */
    float *const d_hidden_58 = (float *)(void *)(m->arena + STEP_d_hidden_57); /* [1, 6, 8] */
    float *const d_linear_w_gate_81 = (float *)(void *)(m->arena + STEP_linear_w_gate_78); /* [3, 12] */
    float *const d_linear_w_up_82 = (float *)(void *)(m->arena + STEP_d_mul_80); /* [3, 12] */
    float *const d_h_83 = (float *)(void *)(m->arena + STEP_d_h_83); /* [3, 8] */
    float *const d_h_84 = (float *)(void *)(m->arena + STEP_d_h_83); /* [3, 8] */
    float *const d_x_85 = (float *)(void *)(m->arena + STEP_d_h_83); /* [3, 8] */
    float *const d_attention_86 = (float *)(void *)(m->arena + STEP_d_attention_86); /* [3, 8] */
    float *const d_q_87 = (float *)(void *)(m->arena + STEP_d_attention_86); /* [3, 8] */
    float *const d_k_88 = (float *)(void *)(m->arena + STEP_zeros_60); /* [1, 6, 4] */
    float *const d_v_89 = (float *)(void *)(m->arena + STEP_zeros_61); /* [1, 6, 4] */
    float *const d_linear_wq_90 = (float *)(void *)(m->arena + STEP_d_attention_86); /* [3, 8] */
    float *const d_low_wq_91 = (float *)(void *)(m->arena + STEP_d_low_wq_91); /* [3, 2] */
    float *const d_h_92 = (float *)(void *)(m->arena + STEP_d_h_92); /* [3, 8] */
    float *const h_93 = (float *)(void *)(m->arena + STEP_h_93); /* [3, 8] */
    float *const low_wq_94 = (float *)(void *)(m->arena + STEP_low_wq_94); /* [3, 2] */
    float *const d_wq_lora_b_96 = m->gradients + 64 + i * 16; /* [8, 2] */
    float *const d_wq_lora_a_98 = m->gradients + 0 + i * 16; /* [2, 8] */
    float *const d_x_99 = (float *)(void *)(m->arena + STEP_d_hidden_57); /* [1, 6, 8] */
    lrt_rms_norm(c, h_69, x_59 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_70, h_69, lrt_floats(wq_lora_a_17), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_71, h_69, m->weights[6 + i], lrt_floats(0), low_wq_70, lrt_floats(wq_lora_b_20), 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_72, linear_wq_71, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_73, attention_lse_74, q_72, k_64, v_66, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, linear_wo_75, attention_73, m->weights[18 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 8, 0); /* llama.lora:29 */
    lrt_add(c, x_76, x_59 + row * 8, linear_wo_75, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_77, x_76, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, linear_w_gate_78, h_77, m->weights[26 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_79, h_77, m->weights[30 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_linear_dx(c, d_mul_80, 0, d_hidden_58 + row * 8, m->weights[34 + i], 0, 0, 1.0f, rows, 12, 8, 0); /* llama.lora:32 */
    lrt_silu_mul_dx(c, d_linear_w_gate_81, d_linear_w_up_82, d_mul_80, linear_w_gate_78, linear_w_up_79, rows * 12); /* llama.lora:32 */
    lrt_linear_dx(c, d_h_83, 0, d_linear_w_up_82, m->weights[30 + i], 0, 0, 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_linear_dx(c, d_h_84, d_h_83, d_linear_w_gate_81, m->weights[26 + i], 0, 0, 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_rms_norm_dx(c, d_x_85, d_hidden_58 + row * 8, d_h_84, x_76, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear_dx(c, d_attention_86, 0, d_x_85, m->weights[18 + i], 0, 0, 1.0f, rows, 8, 8, 0); /* llama.lora:29 */
    lrt_attention_backward(c, d_q_87, d_k_88, d_v_89, d_attention_86, q_72, k_64, v_66, attention_73, attention_lse_74, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_rope(c, d_linear_wq_90, d_q_87, rope_table_4, rows, row, 6, 2, 4, 0, 1); /* llama.lora:26 */
    lrt_linear_dx(c, d_low_wq_91, 0, d_linear_wq_90, lrt_floats(wq_lora_b_20), 0, 0, 2.0f, rows, 2, 8, 0); /* llama.lora:26 */
    lrt_linear_dx(c, d_h_92, 0, d_linear_wq_90, m->weights[6 + i], d_low_wq_91, wq_lora_a_17, 1.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rms_norm(c, h_93, x_59 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_94, h_93, lrt_floats(wq_lora_a_17), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_outer_acc(c, d_wq_lora_b_96, d_linear_wq_90, low_wq_94, 2.0f, rows, 8, 2); /* llama.lora:26 */
    lrt_outer_acc(c, d_wq_lora_a_98, d_low_wq_91, h_93, 1.0f, rows, 2, 8); /* llama.lora:26 */
    lrt_rms_norm_dx(c, d_x_99 + row * 8, d_x_85, d_h_92, x_59 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
}

static void step_layer_rows_backward_8(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_102 = (float *)(void *)(m->arena + STEP_h_102); /* [3, 8] */
    float *const x_59 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wv_103 = (float *)(void *)(m->arena + STEP_low_wv_103); /* [3, 2] */
    float *const wv_lora_a_11 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const d_wv_lora_b_105 = m->gradients + 192 + i * 16; /* [4, 2] */
    float *const d_v_101 = (float *)(void *)(m->arena + STEP_zeros_61); /* [1, 6, 4] */
    float *const d_low_wv_106 = (float *)(void *)(m->arena + STEP_d_low_wv_106); /* [3, 2] */
    float *const wv_lora_b_14 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const d_wv_lora_a_108 = m->gradients + 128 + i * 16; /* [2, 8] */
    float *const d_h_109 = (float *)(void *)(m->arena + STEP_d_h_109); /* [3, 8] */
    float *const d_linear_wk_110 = (float *)(void *)(m->arena + STEP_d_linear_wk_110); /* [3, 4] */
    float *const d_k_100 = (float *)(void *)(m->arena + STEP_zeros_60); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const d_h_111 = (float *)(void *)(m->arena + STEP_d_h_109); /* [3, 8] */
    float *const d_x_112 = (float *)(void *)(m->arena + STEP_d_hidden_57); /* [1, 6, 8] */
    float *const d_x_99 = (float *)(void *)(m->arena + STEP_d_hidden_57); /* [1, 6, 8] */
    lrt_rms_norm(c, h_102, x_59 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wv_103, h_102, lrt_floats(wv_lora_a_11), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_outer_acc(c, d_wv_lora_b_105, d_v_101 + row * 4, low_wv_103, 2.0f, rows, 4, 2); /* llama.lora:28 */
    lrt_linear_dx(c, d_low_wv_106, 0, d_v_101 + row * 4, lrt_floats(wv_lora_b_14), 0, 0, 2.0f, rows, 2, 4, 0); /* llama.lora:28 */
    lrt_outer_acc(c, d_wv_lora_a_108, d_low_wv_106, h_102, 1.0f, rows, 2, 8); /* llama.lora:28 */
    lrt_linear_dx(c, d_h_109, 0, d_v_101 + row * 4, m->weights[14 + i], d_low_wv_106, wv_lora_a_11, 1.0f, rows, 8, 4, 2); /* llama.lora:28 */
    lrt_rope(c, d_linear_wk_110, d_k_100 + row * 4, rope_table_4, rows, row, 6, 1, 4, 0, 1); /* llama.lora:27 */
    lrt_linear_dx(c, d_h_111, d_h_109, d_linear_wk_110, m->weights[10 + i], 0, 0, 1.0f, rows, 8, 4, 0); /* llama.lora:27 */
    lrt_rms_norm_dx(c, d_x_112 + row * 8, d_x_99 + row * 8, d_h_111, x_59 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
}

static void step_layer_backward_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const zeros_60 = (float *)(void *)(m->arena + STEP_zeros_60); /* [1, 6, 4] */
    float *const zeros_61 = (float *)(void *)(m->arena + STEP_zeros_61); /* [1, 6, 4] */
    lrt_fill(c, zeros_60, 0.0f, 24); /* llama.lora:29 */
    lrt_fill(c, zeros_61, 0.0f, 24); /* llama.lora:29 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_backward_6(m, i, iteration); /* llama.lora:35 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_backward_7(m, i, iteration); /* llama.lora:35 */
    for (int64_t iteration = 0; iteration < 2; iteration++) step_layer_rows_backward_8(m, i, iteration); /* llama.lora:35 */
}

static const struct lrt_slice_weight step_layer_backward_5_reads[] = {{2, 1, 1}, {4, 1, 1}, {5, 1, 1}, {3, 1, 1}, {6, 1, 1}, {7, 1, 1}, {8, 1, 1}, {9, 1, 1}, {10, 1, 1}};

static void step_update_89(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_114 = (double *)(void *)(m->arena + STEP_squares_114); /* [] */
    squares_114[0] = 0.0; /* lora_chain.lora:11 */
}

static void step_norm_backward_9(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_116 = (double *)(void *)(m->arena + STEP_squares_114); /* [] */
    float *const d_wq_lora_a_98 = m->gradients + 0 + i * 16; /* [2, 8] */
    double *const squares_117 = (double *)(void *)(m->arena + STEP_squares_114); /* [] */
    float *const d_wq_lora_b_96 = m->gradients + 64 + i * 16; /* [8, 2] */
    double *const squares_118 = (double *)(void *)(m->arena + STEP_squares_114); /* [] */
    float *const d_wv_lora_a_108 = m->gradients + 128 + i * 16; /* [2, 8] */
    double *const squares_119 = (double *)(void *)(m->arena + STEP_squares_114); /* [] */
    float *const d_wv_lora_b_105 = m->gradients + 192 + i * 16; /* [4, 2] */
    lrt_sum_squares(c, squares_116, lrt_floats(d_wq_lora_a_98), 16); /* llama.lora:16 */
    lrt_sum_squares(c, squares_117, lrt_floats(d_wq_lora_b_96), 16); /* llama.lora:16 */
    lrt_sum_squares(c, squares_118, lrt_floats(d_wv_lora_a_108), 16); /* llama.lora:18 */
    lrt_sum_squares(c, squares_119, lrt_floats(d_wv_lora_b_105), 8); /* llama.lora:18 */
}

static void step_straight_96(struct lrt_model *m, int64_t iteration) {
    (void)iteration;
    double *const squares_120 = (double *)(void *)(m->arena + STEP_squares_114); /* [] */
    m->grad_scale = lrt_clip(squares_120[0], 0.0, &m->grad_norm); /* lora_chain.lora:11 */
}

static void step_update_10(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const wq_lora_a_17 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const d_wq_lora_a_98 = m->gradients + 0 + i * 16; /* [2, 8] */
    float *const wq_lora_b_20 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const d_wq_lora_b_96 = m->gradients + 64 + i * 16; /* [8, 2] */
    float *const wv_lora_a_11 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const d_wv_lora_a_108 = m->gradients + 128 + i * 16; /* [2, 8] */
    float *const wv_lora_b_14 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const d_wv_lora_b_105 = m->gradients + 192 + i * 16; /* [4, 2] */
    lrt_sgd(c, wq_lora_a_17, lrt_floats(d_wq_lora_a_98), 0, 16, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* lora_chain.lora:11 */
    lrt_sgd(c, wq_lora_b_20, lrt_floats(d_wq_lora_b_96), 0, 16, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* lora_chain.lora:11 */
    lrt_sgd(c, wv_lora_a_11, lrt_floats(d_wv_lora_a_108), 0, 16, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* lora_chain.lora:11 */
    lrt_sgd(c, wv_lora_b_14, lrt_floats(d_wv_lora_b_105), 0, 8, m->learning_rate, 0.0, 0.0, c->step + 1, m->grad_scale); /* lora_chain.lora:11 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1, step_straight_1_reads, 1, NULL, NULL},
    {step_layer_1, 0, 1, 1, step_layer_1_reads, 9, NULL, NULL},
    {step_layer_keep_1, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_1, 1, 1, 1, step_layer_1_reads, 9, NULL, NULL},
    {step_layer_keep_1, 1, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_1, 2, 1, 2, step_layer_1_reads, 9, NULL, NULL},
    {step_straight_27, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_head_4, 0, 1, 1, step_head_4_reads, 2, NULL, NULL},
    {step_straight_39, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_restore_1, 1, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_1, 2, 1, 1, step_layer_1_reads, 9, NULL, NULL},
    {step_layer_backward_5, 3, 1, 1, step_layer_backward_5_reads, 9, NULL, NULL},
    {step_layer_restore_1, 1, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_backward_5, 2, 1, 1, step_layer_backward_5_reads, 9, NULL, NULL},
    {step_layer_restore_1, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_layer_backward_5, 1, 1, 1, step_layer_backward_5_reads, 9, NULL, NULL},
    {step_layer_first_1, 0, 1, 1, step_layer_first_1_reads, 1, NULL, NULL},
    {step_layer_backward_5, 0, 1, 1, step_layer_backward_5_reads, 9, NULL, NULL},
};

static const struct lrt_slice step_update[] = {
    {step_update_89, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_norm_backward_9, 3, -1, 4, NULL, 0, NULL, NULL},
    {step_straight_96, 0, 1, 1, NULL, 0, NULL, NULL},
    {step_update_10, 0, 1, 4, NULL, 0, NULL, NULL},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 0 /* 192 bytes: embedding_embed, x, x, hidden */
#define EVAL_rope_table_4 576 /* 128 bytes: rope_table */
#define EVAL_h_7 192 /* 128 bytes: h */
#define EVAL_linear_wk_9 320 /* 64 bytes: linear_wk */
#define EVAL_k_10 704 /* 128 bytes: k */
#define EVAL_low_wv_12 320 /* 64 bytes: low_wv */
#define EVAL_v_15 832 /* 128 bytes: v */
#define EVAL_h_16 192 /* 128 bytes: h */
#define EVAL_low_wq_18 448 /* 64 bytes: low_wq */
#define EVAL_linear_wq_21 320 /* 128 bytes: linear_wq, q, attention */
#define EVAL_attention_lse_24 192 /* 64 bytes: attention_lse */
#define EVAL_linear_wo_26 960 /* 128 bytes: linear_wo, x */
#define EVAL_h_29 1088 /* 128 bytes: h */
#define EVAL_linear_w_gate_31 192 /* 192 bytes: linear_w_gate, mul */
#define EVAL_linear_w_up_33 384 /* 192 bytes: linear_w_up */
#define EVAL_linear_w_down_36 384 /* 128 bytes: linear_w_down */
#define EVAL_loss_39 704 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_41 768 /* 64 bytes: counted_rows */
#define EVAL_counted_42 832 /* 64 bytes: counted */
#define EVAL_hidden_44 512 /* 192 bytes: hidden, rms_norm_out_norm */
#define EVAL_logits_47 0 /* 512 bytes: logits */
#define EVAL_targets_48 512 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const rope_table_4 = (float *)(void *)(m->arena + EVAL_rope_table_4); /* [6, 4] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
    lrt_rope_table(c, rope_table_4, 6, 4, 10000.0f, 0, 1.0f, 1.0f, 4.0f, 8192.0f); /* llama.lora:26 */
}

static const struct lrt_slice_weight eval_straight_1_reads[] = {{0, 0, 0}};

static void eval_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_7 = (float *)(void *)(m->arena + EVAL_h_7); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const linear_wk_9 = (float *)(void *)(m->arena + EVAL_linear_wk_9); /* [3, 4] */
    float *const k_10 = (float *)(void *)(m->arena + EVAL_k_10); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + EVAL_rope_table_4); /* [6, 4] */
    float *const low_wv_12 = (float *)(void *)(m->arena + EVAL_low_wv_12); /* [3, 2] */
    float *const wv_lora_a_11 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const v_15 = (float *)(void *)(m->arena + EVAL_v_15); /* [1, 6, 4] */
    float *const wv_lora_b_14 = m->adapters + 192 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_7, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, linear_wk_9, h_7, m->weights[10 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 4, 0); /* llama.lora:27 */
    lrt_rope(c, k_10 + row * 4, linear_wk_9, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_12, h_7, lrt_floats(wv_lora_a_11), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_15 + row * 4, h_7, m->weights[14 + i], lrt_floats(0), low_wv_12, lrt_floats(wv_lora_b_14), 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void eval_layer_rows_3(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_16 = (float *)(void *)(m->arena + EVAL_h_16); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wq_18 = (float *)(void *)(m->arena + EVAL_low_wq_18); /* [3, 2] */
    float *const wq_lora_a_17 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_21 = (float *)(void *)(m->arena + EVAL_linear_wq_21); /* [3, 8] */
    float *const wq_lora_b_20 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_22 = (float *)(void *)(m->arena + EVAL_linear_wq_21); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + EVAL_rope_table_4); /* [6, 4] */
    float *const attention_23 = (float *)(void *)(m->arena + EVAL_linear_wq_21); /* [3, 8] */
    float *const attention_lse_24 = (float *)(void *)(m->arena + EVAL_attention_lse_24); /* [3, 2] */
    float *const k_10 = (float *)(void *)(m->arena + EVAL_k_10); /* [1, 6, 4] */
    float *const v_15 = (float *)(void *)(m->arena + EVAL_v_15); /* [1, 6, 4] */
    float *const linear_wo_26 = (float *)(void *)(m->arena + EVAL_linear_wo_26); /* [3, 8] */
    float *const x_27 = (float *)(void *)(m->arena + EVAL_linear_wo_26); /* [3, 8] */
    float *const h_29 = (float *)(void *)(m->arena + EVAL_h_29); /* [3, 8] */
    float *const linear_w_gate_31 = (float *)(void *)(m->arena + EVAL_linear_w_gate_31); /* [3, 12] */
    float *const linear_w_up_33 = (float *)(void *)(m->arena + EVAL_linear_w_up_33); /* [3, 12] */
    float *const mul_34 = (float *)(void *)(m->arena + EVAL_linear_w_gate_31); /* [3, 12] */
    float *const linear_w_down_36 = (float *)(void *)(m->arena + EVAL_linear_w_down_36); /* [3, 8] */
    float *const x_37 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, h_16, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_18, h_16, lrt_floats(wq_lora_a_17), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_21, h_16, m->weights[6 + i], lrt_floats(0), low_wq_18, lrt_floats(wq_lora_b_20), 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_22, linear_wq_21, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_23, attention_lse_24, q_22, k_10, v_15, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, linear_wo_26, attention_23, m->weights[18 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 8, 0); /* llama.lora:29 */
    lrt_add(c, x_27, x_5 + row * 8, linear_wo_26, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_29, x_27, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, linear_w_gate_31, h_29, m->weights[26 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_33, h_29, m->weights[30 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_silu_mul(c, mul_34, linear_w_gate_31, linear_w_up_33, rows * 12); /* llama.lora:32 */
    lrt_linear(c, linear_w_down_36, mul_34, m->weights[34 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 8, 0); /* llama.lora:32 */
    lrt_add(c, x_37 + row * 8, x_27, linear_w_down_36, rows * 8); /* llama.lora:32 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) eval_layer_rows_2(m, i, iteration); /* llama.lora:35 */
    for (int64_t iteration = 0; iteration < 2; iteration++) eval_layer_rows_3(m, i, iteration); /* llama.lora:35 */
}

static const struct lrt_slice_weight eval_layer_1_reads[] = {{2, 1, 1}, {4, 1, 1}, {5, 1, 1}, {3, 1, 1}, {6, 1, 1}, {7, 1, 1}, {8, 1, 1}, {9, 1, 1}, {10, 1, 1}};

static void eval_straight_27(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    double *const loss_39 = (double *)(void *)(m->arena + EVAL_loss_39); /* [] */
    int32_t *const counted_rows_41 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_41); /* [6] */
    int32_t *const counted_42 = (int32_t *)(void *)(m->arena + EVAL_counted_42); /* [] */
    const int32_t *const targets_40 = m->targets; /* [1, 6] */
    loss_39[0] = 0.0; /* lora_chain.lora:9 */
    lrt_counted_rows(c, counted_rows_41, counted_42, targets_40, 6, -100); /* lora_chain.lora:9 */
}

static void eval_head_4(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *((int32_t *)(void *)(m->arena + EVAL_counted_42)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const hidden_44 = (float *)(void *)(m->arena + EVAL_hidden_44); /* [6, 8] */
    float *const hidden_38 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_41 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_41); /* [6] */
    float *const rms_norm_out_norm_46 = (float *)(void *)(m->arena + EVAL_hidden_44); /* [6, 8] */
    float *const logits_47 = (float *)(void *)(m->arena + EVAL_logits_47); /* [6, 20] */
    int32_t *const targets_48 = (int32_t *)(void *)(m->arena + EVAL_targets_48); /* [6] */
    const int32_t *const targets_40 = m->targets; /* [1, 6] */
    double *const loss_49 = (double *)(void *)(m->arena + EVAL_loss_39); /* [] */
    lrt_gather_rows(c, hidden_44, hidden_38, counted_rows_41 + row * 1, rows, 8); /* llama.lora:36 */
    lrt_rms_norm(c, rms_norm_out_norm_46, hidden_44, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_linear(c, logits_47, rms_norm_out_norm_46, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
    lrt_gather_ids(c, targets_48, targets_40, counted_rows_41 + row * 1, rows); /* lora_chain.lora:9 */
    lrt_cross_entropy(c, loss_49, 0, logits_47, targets_48, 1.0f, rows, 20); /* lora_chain.lora:9 */
}

static const struct lrt_slice_weight eval_head_4_reads[] = {{1, 0, 1}, {0, 0, 1}};

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1, eval_straight_1_reads, 1, NULL, NULL},
    {eval_layer_1, 0, 1, 4, eval_layer_1_reads, 9, NULL, NULL},
    {eval_straight_27, 0, 1, 1, NULL, 0, NULL, NULL},
    {eval_head_4, 0, 1, 1, eval_head_4_reads, 2, NULL, NULL},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 0 /* 192 bytes: embedding_embed, x, x, hidden */
#define LOGITS_rope_table_4 576 /* 128 bytes: rope_table */
#define LOGITS_h_7 192 /* 128 bytes: h */
#define LOGITS_linear_wk_9 320 /* 64 bytes: linear_wk */
#define LOGITS_k_10 704 /* 128 bytes: k */
#define LOGITS_low_wv_12 320 /* 64 bytes: low_wv */
#define LOGITS_v_15 832 /* 128 bytes: v */
#define LOGITS_h_16 192 /* 128 bytes: h */
#define LOGITS_low_wq_18 448 /* 64 bytes: low_wq */
#define LOGITS_linear_wq_21 320 /* 128 bytes: linear_wq, q, attention */
#define LOGITS_attention_lse_24 192 /* 64 bytes: attention_lse */
#define LOGITS_linear_wo_26 960 /* 128 bytes: linear_wo, x */
#define LOGITS_h_29 1088 /* 128 bytes: h */
#define LOGITS_linear_w_gate_31 192 /* 192 bytes: linear_w_gate, mul */
#define LOGITS_linear_w_up_33 384 /* 192 bytes: linear_w_up */
#define LOGITS_linear_w_down_36 384 /* 128 bytes: linear_w_down */
#define LOGITS_hidden_41 192 /* 192 bytes: hidden, rms_norm_out_norm */

static void logits_straight_1(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    (void)iteration;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const rope_table_4 = (float *)(void *)(m->arena + LOGITS_rope_table_4); /* [6, 4] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
    lrt_rope_table(c, rope_table_4, 6, 4, 10000.0f, 0, 1.0f, 1.0f, 4.0f, 8192.0f); /* llama.lora:26 */
}

static const struct lrt_slice_weight logits_straight_1_reads[] = {{0, 0, 0}};

static void logits_layer_rows_2(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_7 = (float *)(void *)(m->arena + LOGITS_h_7); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const linear_wk_9 = (float *)(void *)(m->arena + LOGITS_linear_wk_9); /* [3, 4] */
    float *const k_10 = (float *)(void *)(m->arena + LOGITS_k_10); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + LOGITS_rope_table_4); /* [6, 4] */
    float *const low_wv_12 = (float *)(void *)(m->arena + LOGITS_low_wv_12); /* [3, 2] */
    float *const wv_lora_a_11 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const v_15 = (float *)(void *)(m->arena + LOGITS_v_15); /* [1, 6, 4] */
    float *const wv_lora_b_14 = m->adapters + 192 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_7, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, linear_wk_9, h_7, m->weights[10 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 4, 0); /* llama.lora:27 */
    lrt_rope(c, k_10 + row * 4, linear_wk_9, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_12, h_7, lrt_floats(wv_lora_a_11), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_15 + row * 4, h_7, m->weights[14 + i], lrt_floats(0), low_wv_12, lrt_floats(wv_lora_b_14), 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void logits_layer_rows_3(struct lrt_model *m, int64_t i, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_16 = (float *)(void *)(m->arena + LOGITS_h_16); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wq_18 = (float *)(void *)(m->arena + LOGITS_low_wq_18); /* [3, 2] */
    float *const wq_lora_a_17 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_21 = (float *)(void *)(m->arena + LOGITS_linear_wq_21); /* [3, 8] */
    float *const wq_lora_b_20 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_22 = (float *)(void *)(m->arena + LOGITS_linear_wq_21); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + LOGITS_rope_table_4); /* [6, 4] */
    float *const attention_23 = (float *)(void *)(m->arena + LOGITS_linear_wq_21); /* [3, 8] */
    float *const attention_lse_24 = (float *)(void *)(m->arena + LOGITS_attention_lse_24); /* [3, 2] */
    float *const k_10 = (float *)(void *)(m->arena + LOGITS_k_10); /* [1, 6, 4] */
    float *const v_15 = (float *)(void *)(m->arena + LOGITS_v_15); /* [1, 6, 4] */
    float *const linear_wo_26 = (float *)(void *)(m->arena + LOGITS_linear_wo_26); /* [3, 8] */
    float *const x_27 = (float *)(void *)(m->arena + LOGITS_linear_wo_26); /* [3, 8] */
    float *const h_29 = (float *)(void *)(m->arena + LOGITS_h_29); /* [3, 8] */
    float *const linear_w_gate_31 = (float *)(void *)(m->arena + LOGITS_linear_w_gate_31); /* [3, 12] */
    float *const linear_w_up_33 = (float *)(void *)(m->arena + LOGITS_linear_w_up_33); /* [3, 12] */
    float *const mul_34 = (float *)(void *)(m->arena + LOGITS_linear_w_gate_31); /* [3, 12] */
    float *const linear_w_down_36 = (float *)(void *)(m->arena + LOGITS_linear_w_down_36); /* [3, 8] */
    float *const x_37 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, h_16, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_18, h_16, lrt_floats(wq_lora_a_17), lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_21, h_16, m->weights[6 + i], lrt_floats(0), low_wq_18, lrt_floats(wq_lora_b_20), 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_22, linear_wq_21, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_23, attention_lse_24, q_22, k_10, v_15, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, linear_wo_26, attention_23, m->weights[18 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 8, 0); /* llama.lora:29 */
    lrt_add(c, x_27, x_5 + row * 8, linear_wo_26, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_29, x_27, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, linear_w_gate_31, h_29, m->weights[26 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_33, h_29, m->weights[30 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 12, 0); /* llama.lora:32 */
    lrt_silu_mul(c, mul_34, linear_w_gate_31, linear_w_up_33, rows * 12); /* llama.lora:32 */
    lrt_linear(c, linear_w_down_36, mul_34, m->weights[34 + i], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 12, 8, 0); /* llama.lora:32 */
    lrt_add(c, x_37 + row * 8, x_27, linear_w_down_36, rows * 8); /* llama.lora:32 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t iteration = 0; iteration < 2; iteration++) logits_layer_rows_2(m, i, iteration); /* llama.lora:35 */
    for (int64_t iteration = 0; iteration < 2; iteration++) logits_layer_rows_3(m, i, iteration); /* llama.lora:35 */
}

static const struct lrt_slice_weight logits_layer_1_reads[] = {{2, 1, 1}, {4, 1, 1}, {5, 1, 1}, {3, 1, 1}, {6, 1, 1}, {7, 1, 1}, {8, 1, 1}, {9, 1, 1}, {10, 1, 1}};

static void logits_head_4(struct lrt_model *m, int64_t iteration) {
    struct lrt *const c = &m->run;
    const int64_t row = iteration * 6, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const hidden_41 = (float *)(void *)(m->arena + LOGITS_hidden_41); /* [6, 8] */
    float *const hidden_38 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const rows_40 = m->rows; /* [6] */
    float *const rms_norm_out_norm_43 = (float *)(void *)(m->arena + LOGITS_hidden_41); /* [6, 8] */
    float *const logits_44 = m->logits; /* [6, 20] */
    lrt_gather_rows(c, hidden_41, hidden_38, rows_40 + row * 1, rows, 8); /* llama.lora:36 */
    lrt_rms_norm(c, rms_norm_out_norm_43, hidden_41, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_linear(c, logits_44 + row * 20, rms_norm_out_norm_43, m->weights[0], lrt_floats(0), 0, lrt_floats(0), 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
}

static const struct lrt_slice_weight logits_head_4_reads[] = {{1, 0, 1}, {0, 0, 1}};

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1, logits_straight_1_reads, 1, NULL, NULL},
    {logits_layer_1, 0, 1, 4, logits_layer_1_reads, 9, NULL, NULL},
    {logits_head_4, 0, 1, 1, logits_head_4_reads, 2, NULL, NULL},
};

static const struct lrt_dim_info dims[] = {
    {"batch", 1},
    {"seq", 6},
    {"vocab", 20},
    {"width", 8},
    {"depth", 4},
    {"heads", 2},
    {"kv_heads", 1},
    {"head", 4},
    {"ff", 12},
};

static const struct lrt_weight_info weights[] = {
    {"embed", "token_embd.weight", "model.embed_tokens.weight", 2, {20, 8, 0, 0}, 0, 1, 0, 1, 0, LRT_INITIAL_NORMAL},
    {"out_norm", "output_norm.weight", "model.norm.weight", 1, {8, 0, 0, 0}, 0, 1, 1, 1, 0, LRT_INITIAL_ONES},
    {"layer.attn_norm", "blk.{i}.attn_norm.weight", "model.layers.{i}.input_layernorm.weight", 1, {8, 0, 0, 0}, 0, 4, 2, 1, 0, LRT_INITIAL_ONES},
    {"layer.wq", "blk.{i}.attn_q.weight", "model.layers.{i}.self_attn.q_proj.weight", 2, {8, 8, 0, 0}, 0, 4, 6, 1, 4, LRT_INITIAL_NORMAL},
    {"layer.wk", "blk.{i}.attn_k.weight", "model.layers.{i}.self_attn.k_proj.weight", 2, {4, 8, 0, 0}, 0, 4, 10, 1, 4, LRT_INITIAL_NORMAL},
    {"layer.wv", "blk.{i}.attn_v.weight", "model.layers.{i}.self_attn.v_proj.weight", 2, {4, 8, 0, 0}, 0, 4, 14, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.wo", "blk.{i}.attn_output.weight", "model.layers.{i}.self_attn.o_proj.weight", 2, {8, 8, 0, 0}, 0, 4, 18, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.ffn_norm", "blk.{i}.ffn_norm.weight", "model.layers.{i}.post_attention_layernorm.weight", 1, {8, 0, 0, 0}, 0, 4, 22, 1, 0, LRT_INITIAL_ONES},
    {"layer.w_gate", "blk.{i}.ffn_gate.weight", "model.layers.{i}.mlp.gate_proj.weight", 2, {12, 8, 0, 0}, 0, 4, 26, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.w_up", "blk.{i}.ffn_up.weight", "model.layers.{i}.mlp.up_proj.weight", 2, {12, 8, 0, 0}, 0, 4, 30, 1, 0, LRT_INITIAL_NORMAL},
    {"layer.w_down", "blk.{i}.ffn_down.weight", "model.layers.{i}.mlp.down_proj.weight", 2, {8, 12, 0, 0}, 0, 4, 34, 1, 0, LRT_INITIAL_NORMAL},
};

static const struct lrt_param_info params[] = {
    {"layer.wq.lora_a", LRT_ROLE_LORA_A, 3, 2, {2, 8, 0, 0}, 0, 4, 0, 16, 4.0, 0, 4},
    {"layer.wq.lora_b", LRT_ROLE_LORA_B, 3, 2, {8, 2, 0, 0}, 0, 4, 64, 16, 4.0, 1, 4},
    {"layer.wv.lora_a", LRT_ROLE_LORA_A, 5, 2, {2, 8, 0, 0}, 0, 4, 128, 16, 4.0, 2, 4},
    {"layer.wv.lora_b", LRT_ROLE_LORA_B, 5, 2, {4, 2, 0, 0}, 0, 4, 192, 16, 4.0, 3, 4},
};

static const struct lrt_pool_info pools[] = {
    {"arena", LORA_CHAIN_ARENA_BYTES},
    {"adapters", LORA_CHAIN_ADAPTER_BYTES},
    {"gradients", LORA_CHAIN_GRADIENT_BYTES},
    {"optimizer", LORA_CHAIN_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(LORA_CHAIN_SCRATCH_BYTES) + LORA_CHAIN_THREAD_BYTES},
    {"context", sizeof(struct lora_chain)},
    {"file", 0},
};

static const struct lrt_plan_info info = {
    "lora_chain", "0.2.0", "gradient structured, optimizer sgd, 4 threads at most", "structured", "sgd", 
    dims, 9, NULL, 0, weights, 11, 38, params, 4, pools, sizeof pools / sizeof *pools,
    2560, 2560, "llama.lora:32 linear_dx", 1, 6, 20, -100, 1, 4, 0, 0.001, 6, 0, 0, 0, 0.0};

static const struct lrt_program program = {
    &info, LORA_CHAIN_MEMORY_BYTES, LORA_CHAIN_ARENA_BYTES, LORA_CHAIN_SCRATCH_BYTES, 0,
    256, 256, 0, 6, 6,
    {step_slices, 18}, {step_update, 4}, {eval_slices, 4}, {logits_slices, 3}, 
    2368, 2432, 704, 832,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0, 1, NULL};

int lora_chain_init(struct lora_chain *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void lora_chain_stop(struct lora_chain *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int lora_chain_begin(struct lora_chain *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int lora_chain_advance(struct lora_chain *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int lora_chain_finish(struct lora_chain *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int lora_chain_step(struct lora_chain *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int lora_chain_eval(struct lora_chain *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int lora_chain_logits(struct lora_chain *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *lora_chain_adapter(struct lora_chain *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *lora_chain_gradient(struct lora_chain *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *lora_chain_state(struct lora_chain *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

int lora_chain_scalars(struct lora_chain *m, float *out) {
    return lrt_model_scalars(m ? &m->model : NULL, out);
}

int lora_chain_apply(struct lora_chain *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lrt_model_apply(m ? &m->model : NULL, terms, n, out);
}

int lora_chain_estimate(struct lora_chain *m, float *out) {
    return lrt_model_estimate(m ? &m->model : NULL, out);
}

int lora_chain_shard_get(struct lora_chain *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lrt_model_shard_get(m ? &m->model : NULL, shard, shards, out, floats);
}

int lora_chain_shard_set(struct lora_chain *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lrt_model_shard_set(m ? &m->model : NULL, shard, shards, in, floats);
}

const struct lrt_plan_info *lora_chain_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return lora_chain_init((struct lora_chain *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    lora_chain_stop((struct lora_chain *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lora_chain_begin((struct lora_chain *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return lora_chain_advance((struct lora_chain *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return lora_chain_finish((struct lora_chain *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lora_chain_step((struct lora_chain *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lora_chain_eval((struct lora_chain *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lora_chain_logits((struct lora_chain *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return lora_chain_adapter((struct lora_chain *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return lora_chain_gradient((struct lora_chain *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return lora_chain_state((struct lora_chain *)m, floats);
}
static int any_scalars(void *m, float *out) {
    return lora_chain_scalars((struct lora_chain *)m, out);
}
static int any_apply(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out) {
    return lora_chain_apply((struct lora_chain *)m, terms, n, out);
}
static int any_estimate(void *m, float *out) {
    return lora_chain_estimate((struct lora_chain *)m, out);
}
static int any_shard_get(void *m, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return lora_chain_shard_get((struct lora_chain *)m, shard, shards, out, floats);
}
static int any_shard_set(void *m, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return lora_chain_shard_set((struct lora_chain *)m, shard, shards, in, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct lora_chain *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct lora_chain), LORA_CHAIN_MEMORY_BYTES, lora_chain_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_scalars, any_apply, any_estimate, any_shard_get, any_shard_set, any_run};

const struct lrt_interface *lora_chain_interface(void) { return &interface_table; }
