/* lora_structured: made by lorac 0.1.0 (gradient structured, optimizer adamw, 4 threads at most)
 *
 * Every call stands behind the line of the source it comes from. */
#include "lora_structured.h"

/* step: offsets in the arena, in bytes, and who stands there */
#define STEP_embedding_embed_3 576 /* 192 bytes: embedding_embed, x, x, hidden */
#define STEP_rope_table_4 1856 /* 128 bytes: rope_table */
#define STEP_x_6 1088 /* 192 bytes: x */
#define STEP_x_6_SLOTS 0 /* the 3 iterations before the last */
#define STEP_h_8 768 /* 128 bytes: h */
#define STEP_low_wk_10 896 /* 64 bytes: low_wk */
#define STEP_linear_wk_13 1280 /* 64 bytes: linear_wk */
#define STEP_k_14 960 /* 128 bytes: k */
#define STEP_low_wv_16 896 /* 64 bytes: low_wv */
#define STEP_v_19 1472 /* 128 bytes: v */
#define STEP_h_20 768 /* 128 bytes: h */
#define STEP_low_wq_22 896 /* 64 bytes: low_wq */
#define STEP_linear_wq_25 1280 /* 128 bytes: linear_wq, q, attention */
#define STEP_attention_lse_28 768 /* 64 bytes: attention_lse */
#define STEP_low_wo_30 768 /* 64 bytes: low_wo */
#define STEP_linear_wo_33 1600 /* 128 bytes: linear_wo, x */
#define STEP_h_36 1728 /* 128 bytes: h */
#define STEP_low_w_gate_38 1280 /* 64 bytes: low_w_gate */
#define STEP_linear_w_gate_41 768 /* 192 bytes: linear_w_gate, mul */
#define STEP_low_w_up_43 1984 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_46 1280 /* 192 bytes: linear_w_up */
#define STEP_low_w_down_49 1408 /* 64 bytes: low_w_down */
#define STEP_linear_w_down_52 1280 /* 128 bytes: linear_w_down */
#define STEP_loss_55 2752 /* 64 bytes: loss, loss, loss, loss */
#define STEP_counted_rows_57 1984 /* 64 bytes: counted_rows */
#define STEP_counted_58 2816 /* 64 bytes: counted */
#define STEP_d_hidden_59 1280 /* 192 bytes: d_hidden, d_hidden, d_hidden, d_hidden, d_hidden, d_x, ... */
#define STEP_hidden_62 1472 /* 192 bytes: hidden */
#define STEP_rms_norm_out_norm_64 1664 /* 192 bytes: rms_norm_out_norm */
#define STEP_logits_65 576 /* 512 bytes: logits, d_logits */
#define STEP_targets_66 1664 /* 64 bytes: targets */
#define STEP_d_rms_norm_out_norm_69 1664 /* 192 bytes: d_rms_norm_out_norm, d_hidden */
#define STEP_zeros_75 960 /* 128 bytes: zeros, zeros, d_k, d_k */
#define STEP_zeros_76 1664 /* 128 bytes: zeros, zeros, d_v, d_v */
#define STEP_h_77 576 /* 128 bytes: h */
#define STEP_low_wk_78 704 /* 64 bytes: low_wk */
#define STEP_linear_wk_79 768 /* 64 bytes: linear_wk */
#define STEP_k_80 1984 /* 128 bytes: k */
#define STEP_low_wv_81 704 /* 64 bytes: low_wv */
#define STEP_v_82 2112 /* 128 bytes: v */
#define STEP_h_85 576 /* 128 bytes: h */
#define STEP_low_wq_86 704 /* 64 bytes: low_wq */
#define STEP_linear_wq_87 2240 /* 128 bytes: linear_wq, q */
#define STEP_attention_89 2368 /* 128 bytes: attention */
#define STEP_attention_lse_90 1792 /* 64 bytes: attention_lse */
#define STEP_low_wo_91 576 /* 64 bytes: low_wo */
#define STEP_linear_wo_92 2496 /* 128 bytes: linear_wo, x */
#define STEP_h_94 1472 /* 128 bytes: h */
#define STEP_low_w_gate_95 768 /* 64 bytes: low_w_gate */
#define STEP_linear_w_gate_96 576 /* 192 bytes: linear_w_gate, d_linear_w_gate */
#define STEP_low_w_up_97 1600 /* 64 bytes: low_w_up */
#define STEP_linear_w_up_98 768 /* 192 bytes: linear_w_up */
#define STEP_mul_99 1472 /* 192 bytes: mul */
#define STEP_low_w_down_100 2624 /* 64 bytes: low_w_down */
#define STEP_d_low_w_down_103 2624 /* 64 bytes: d_low_w_down */
#define STEP_d_mul_106 1472 /* 192 bytes: d_mul, d_linear_w_up */
#define STEP_h_109 768 /* 128 bytes: h */
#define STEP_low_w_up_110 896 /* 64 bytes: low_w_up */
#define STEP_d_low_w_up_113 896 /* 64 bytes: d_low_w_up */
#define STEP_d_h_116 2624 /* 128 bytes: d_h, d_h, d_x */
#define STEP_low_w_gate_117 896 /* 64 bytes: low_w_gate */
#define STEP_d_low_w_gate_120 896 /* 64 bytes: d_low_w_gate */
#define STEP_low_wo_125 576 /* 64 bytes: low_wo */
#define STEP_d_low_wo_128 704 /* 64 bytes: d_low_wo */
#define STEP_d_attention_131 576 /* 128 bytes: d_attention, d_q, d_linear_wq */
#define STEP_h_136 704 /* 128 bytes: h */
#define STEP_low_wq_137 832 /* 64 bytes: low_wq */
#define STEP_d_low_wq_140 832 /* 64 bytes: d_low_wq */
#define STEP_d_h_143 704 /* 128 bytes: d_h */
#define STEP_h_147 576 /* 128 bytes: h */
#define STEP_low_wv_148 704 /* 64 bytes: low_wv */
#define STEP_d_low_wv_151 832 /* 64 bytes: d_low_wv */
#define STEP_d_h_154 704 /* 128 bytes: d_h, d_h */
#define STEP_d_linear_wk_155 832 /* 64 bytes: d_linear_wk */
#define STEP_low_wk_156 896 /* 64 bytes: low_wk */
#define STEP_d_low_wk_159 896 /* 64 bytes: d_low_wk */
#define STEP_squares_165 0 /* 64 bytes: squares, squares, squares, squares, squares, squares, ... */

static void step_straight_1(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    (void)turn;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
    lrt_rope_table(c, rope_table_4, 6, 4, 10000.0f, 0, 1.0f, 1.0f, 4.0f, 8192.0f); /* llama.lora:26 */
}

static void step_layer_rows_2(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_8 = (float *)(void *)(m->arena + STEP_h_8); /* [3, 8] */
    float *const x_6 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_6 : STEP_x_6_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_wk_10 = (float *)(void *)(m->arena + STEP_low_wk_10); /* [3, 2] */
    float *const wk_lora_a_9 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const linear_wk_13 = (float *)(void *)(m->arena + STEP_linear_wk_13); /* [3, 4] */
    float *const wk_lora_b_12 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const k_14 = (float *)(void *)(m->arena + STEP_k_14); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const low_wv_16 = (float *)(void *)(m->arena + STEP_low_wv_16); /* [3, 2] */
    float *const wv_lora_a_15 = m->adapters + 256 + i * 16; /* [2, 8] */
    float *const v_19 = (float *)(void *)(m->arena + STEP_v_19); /* [1, 6, 4] */
    float *const wv_lora_b_18 = m->adapters + 320 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_8, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wk_10, h_8, lrt_floats(wk_lora_a_9), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:27 */
    lrt_linear(c, linear_wk_13, h_8, m->weights[10 + i], lrt_floats(0), low_wk_10, wk_lora_b_12, 2.0f, rows, 8, 4, 2); /* llama.lora:27 */
    lrt_rope(c, k_14 + row * 4, linear_wk_13, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_16, h_8, lrt_floats(wv_lora_a_15), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_19 + row * 4, h_8, m->weights[14 + i], lrt_floats(0), low_wv_16, wv_lora_b_18, 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void step_layer_rows_3(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_20 = (float *)(void *)(m->arena + STEP_h_20); /* [3, 8] */
    float *const x_6 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_6 : STEP_x_6_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_wq_22 = (float *)(void *)(m->arena + STEP_low_wq_22); /* [3, 2] */
    float *const wq_lora_a_21 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_25 = (float *)(void *)(m->arena + STEP_linear_wq_25); /* [3, 8] */
    float *const wq_lora_b_24 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_26 = (float *)(void *)(m->arena + STEP_linear_wq_25); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const attention_27 = (float *)(void *)(m->arena + STEP_linear_wq_25); /* [3, 8] */
    float *const attention_lse_28 = (float *)(void *)(m->arena + STEP_attention_lse_28); /* [3, 2] */
    float *const k_14 = (float *)(void *)(m->arena + STEP_k_14); /* [1, 6, 4] */
    float *const v_19 = (float *)(void *)(m->arena + STEP_v_19); /* [1, 6, 4] */
    float *const low_wo_30 = (float *)(void *)(m->arena + STEP_low_wo_30); /* [3, 2] */
    float *const wo_lora_a_29 = m->adapters + 384 + i * 16; /* [2, 8] */
    float *const linear_wo_33 = (float *)(void *)(m->arena + STEP_linear_wo_33); /* [3, 8] */
    float *const wo_lora_b_32 = m->adapters + 448 + i * 16; /* [8, 2] */
    float *const x_34 = (float *)(void *)(m->arena + STEP_linear_wo_33); /* [3, 8] */
    float *const h_36 = (float *)(void *)(m->arena + STEP_h_36); /* [3, 8] */
    float *const low_w_gate_38 = (float *)(void *)(m->arena + STEP_low_w_gate_38); /* [3, 2] */
    float *const w_gate_lora_a_37 = m->adapters + 512 + i * 16; /* [2, 8] */
    float *const linear_w_gate_41 = (float *)(void *)(m->arena + STEP_linear_w_gate_41); /* [3, 12] */
    float *const w_gate_lora_b_40 = m->adapters + 576 + i * 32; /* [12, 2] */
    float *const low_w_up_43 = (float *)(void *)(m->arena + STEP_low_w_up_43); /* [3, 2] */
    float *const w_up_lora_a_42 = m->adapters + 704 + i * 16; /* [2, 8] */
    float *const linear_w_up_46 = (float *)(void *)(m->arena + STEP_linear_w_up_46); /* [3, 12] */
    float *const w_up_lora_b_45 = m->adapters + 768 + i * 32; /* [12, 2] */
    float *const mul_47 = (float *)(void *)(m->arena + STEP_linear_w_gate_41); /* [3, 12] */
    float *const low_w_down_49 = (float *)(void *)(m->arena + STEP_low_w_down_49); /* [3, 2] */
    float *const w_down_lora_a_48 = m->adapters + 896 + i * 32; /* [2, 12] */
    float *const linear_w_down_52 = (float *)(void *)(m->arena + STEP_linear_w_down_52); /* [3, 8] */
    float *const w_down_lora_b_51 = m->adapters + 1024 + i * 16; /* [8, 2] */
    float *const x_53 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, h_20, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_22, h_20, lrt_floats(wq_lora_a_21), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_25, h_20, m->weights[6 + i], lrt_floats(0), low_wq_22, wq_lora_b_24, 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_26, linear_wq_25, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_27, attention_lse_28, q_26, k_14, v_19, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, low_wo_30, attention_27, lrt_floats(wo_lora_a_29), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:29 */
    lrt_linear(c, linear_wo_33, attention_27, m->weights[18 + i], lrt_floats(0), low_wo_30, wo_lora_b_32, 2.0f, rows, 8, 8, 2); /* llama.lora:29 */
    lrt_add(c, x_34, x_6 + row * 8, linear_wo_33, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_36, x_34, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, low_w_gate_38, h_36, lrt_floats(w_gate_lora_a_37), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_gate_41, h_36, m->weights[26 + i], lrt_floats(0), low_w_gate_38, w_gate_lora_b_40, 2.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_linear(c, low_w_up_43, h_36, lrt_floats(w_up_lora_a_42), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_46, h_36, m->weights[30 + i], lrt_floats(0), low_w_up_43, w_up_lora_b_45, 2.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_silu_mul(c, mul_47, linear_w_gate_41, linear_w_up_46, rows * 12); /* llama.lora:32 */
    lrt_linear(c, low_w_down_49, mul_47, lrt_floats(w_down_lora_a_48), lrt_floats(0), 0, 0, 1.0f, rows, 12, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_down_52, mul_47, m->weights[34 + i], lrt_floats(0), low_w_down_49, w_down_lora_b_51, 2.0f, rows, 12, 8, 2); /* llama.lora:32 */
    lrt_add(c, x_53 + row * 8, x_34, linear_w_down_52, rows * 8); /* llama.lora:32 */
}

static void step_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const x_6 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_6 : STEP_x_6_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const x_5 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    lrt_copy(c, x_6, x_5, 48); /* llama.lora:35 */
    for (int64_t turn = 0; turn < 2; turn++) step_layer_rows_2(m, i, turn); /* llama.lora:35 */
    for (int64_t turn = 0; turn < 2; turn++) step_layer_rows_3(m, i, turn); /* llama.lora:35 */
}

static void step_straight_33(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    (void)turn;
    double *const loss_55 = (double *)(void *)(m->arena + STEP_loss_55); /* [] */
    int32_t *const counted_rows_57 = (int32_t *)(void *)(m->arena + STEP_counted_rows_57); /* [6] */
    int32_t *const counted_58 = (int32_t *)(void *)(m->arena + STEP_counted_58); /* [] */
    const int32_t *const targets_56 = m->targets; /* [1, 6] */
    float *const d_hidden_59 = (float *)(void *)(m->arena + STEP_d_hidden_59); /* [1, 6, 8] */
    loss_55[0] = 0.0; /* lora_structured.lora:9 */
    lrt_counted_rows(c, counted_rows_57, counted_58, targets_56, 6, -100); /* lora_structured.lora:9 */
    lrt_fill(c, d_hidden_59, 0.0f, 48); /* llama.lora:36 */
}

static void step_head_4(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 6, left = *((int32_t *)(void *)(m->arena + STEP_counted_58)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const hidden_62 = (float *)(void *)(m->arena + STEP_hidden_62); /* [6, 8] */
    float *const hidden_54 = (float *)(void *)(m->arena + STEP_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_57 = (int32_t *)(void *)(m->arena + STEP_counted_rows_57); /* [6] */
    float *const rms_norm_out_norm_64 = (float *)(void *)(m->arena + STEP_rms_norm_out_norm_64); /* [6, 8] */
    float *const logits_65 = (float *)(void *)(m->arena + STEP_logits_65); /* [6, 20] */
    int32_t *const targets_66 = (int32_t *)(void *)(m->arena + STEP_targets_66); /* [6] */
    const int32_t *const targets_56 = m->targets; /* [1, 6] */
    double *const loss_67 = (double *)(void *)(m->arena + STEP_loss_55); /* [] */
    float *const d_logits_68 = (float *)(void *)(m->arena + STEP_logits_65); /* [6, 20] */
    float *const d_rms_norm_out_norm_69 = (float *)(void *)(m->arena + STEP_d_rms_norm_out_norm_69); /* [6, 8] */
    float *const d_hidden_70 = (float *)(void *)(m->arena + STEP_d_rms_norm_out_norm_69); /* [6, 8] */
    float *const d_hidden_71 = (float *)(void *)(m->arena + STEP_d_hidden_59); /* [1, 6, 8] */
    lrt_gather_rows(c, hidden_62, hidden_54, counted_rows_57 + row * 1, rows, 8); /* llama.lora:36 */
    lrt_rms_norm(c, rms_norm_out_norm_64, hidden_62, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_linear(c, logits_65, rms_norm_out_norm_64, m->weights[0], lrt_floats(0), 0, 0, 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
    lrt_gather_ids(c, targets_66, targets_56, counted_rows_57 + row * 1, rows); /* lora_structured.lora:9 */
    lrt_cross_entropy(c, loss_67, d_logits_68, logits_65, targets_66, m->loss_weight, rows, 20); /* lora_structured.lora:9 */
    lrt_linear_dx(c, d_rms_norm_out_norm_69, 0, d_logits_68, m->weights[0], 0, 0, 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
    lrt_rms_norm_dx(c, d_hidden_70, 0, d_rms_norm_out_norm_69, hidden_62, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_scatter_rows(c, d_hidden_71, d_hidden_70, counted_rows_57 + row * 1, rows, 8); /* lora_structured.lora:9 */
}

static void step_layer_rows_backward_6(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_77 = (float *)(void *)(m->arena + STEP_h_77); /* [3, 8] */
    float *const x_6 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_6 : STEP_x_6_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_wk_78 = (float *)(void *)(m->arena + STEP_low_wk_78); /* [3, 2] */
    float *const wk_lora_a_9 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const linear_wk_79 = (float *)(void *)(m->arena + STEP_linear_wk_79); /* [3, 4] */
    float *const wk_lora_b_12 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const k_80 = (float *)(void *)(m->arena + STEP_k_80); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const low_wv_81 = (float *)(void *)(m->arena + STEP_low_wv_81); /* [3, 2] */
    float *const wv_lora_a_15 = m->adapters + 256 + i * 16; /* [2, 8] */
    float *const v_82 = (float *)(void *)(m->arena + STEP_v_82); /* [1, 6, 4] */
    float *const wv_lora_b_18 = m->adapters + 320 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_77, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wk_78, h_77, lrt_floats(wk_lora_a_9), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:27 */
    lrt_linear(c, linear_wk_79, h_77, m->weights[10 + i], lrt_floats(0), low_wk_78, wk_lora_b_12, 2.0f, rows, 8, 4, 2); /* llama.lora:27 */
    lrt_rope(c, k_80 + row * 4, linear_wk_79, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_81, h_77, lrt_floats(wv_lora_a_15), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_82 + row * 4, h_77, m->weights[14 + i], lrt_floats(0), low_wv_81, wv_lora_b_18, 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void step_layer_rows_backward_7(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_85 = (float *)(void *)(m->arena + STEP_h_85); /* [3, 8] */
    float *const x_6 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_6 : STEP_x_6_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_wq_86 = (float *)(void *)(m->arena + STEP_low_wq_86); /* [3, 2] */
    float *const wq_lora_a_21 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_87 = (float *)(void *)(m->arena + STEP_linear_wq_87); /* [3, 8] */
    float *const wq_lora_b_24 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_88 = (float *)(void *)(m->arena + STEP_linear_wq_87); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const attention_89 = (float *)(void *)(m->arena + STEP_attention_89); /* [3, 8] */
    float *const attention_lse_90 = (float *)(void *)(m->arena + STEP_attention_lse_90); /* [3, 2] */
    float *const k_80 = (float *)(void *)(m->arena + STEP_k_80); /* [1, 6, 4] */
    float *const v_82 = (float *)(void *)(m->arena + STEP_v_82); /* [1, 6, 4] */
    float *const low_wo_91 = (float *)(void *)(m->arena + STEP_low_wo_91); /* [3, 2] */
    float *const wo_lora_a_29 = m->adapters + 384 + i * 16; /* [2, 8] */
    float *const linear_wo_92 = (float *)(void *)(m->arena + STEP_linear_wo_92); /* [3, 8] */
    float *const wo_lora_b_32 = m->adapters + 448 + i * 16; /* [8, 2] */
    float *const x_93 = (float *)(void *)(m->arena + STEP_linear_wo_92); /* [3, 8] */
    float *const h_94 = (float *)(void *)(m->arena + STEP_h_94); /* [3, 8] */
    float *const low_w_gate_95 = (float *)(void *)(m->arena + STEP_low_w_gate_95); /* [3, 2] */
    float *const w_gate_lora_a_37 = m->adapters + 512 + i * 16; /* [2, 8] */
    float *const linear_w_gate_96 = (float *)(void *)(m->arena + STEP_linear_w_gate_96); /* [3, 12] */
    float *const w_gate_lora_b_40 = m->adapters + 576 + i * 32; /* [12, 2] */
    float *const low_w_up_97 = (float *)(void *)(m->arena + STEP_low_w_up_97); /* [3, 2] */
    float *const w_up_lora_a_42 = m->adapters + 704 + i * 16; /* [2, 8] */
    float *const linear_w_up_98 = (float *)(void *)(m->arena + STEP_linear_w_up_98); /* [3, 12] */
    float *const w_up_lora_b_45 = m->adapters + 768 + i * 32; /* [12, 2] */
    float *const mul_99 = (float *)(void *)(m->arena + STEP_mul_99); /* [3, 12] */
    float *const low_w_down_100 = (float *)(void *)(m->arena + STEP_low_w_down_100); /* [3, 2] */
    float *const w_down_lora_a_48 = m->adapters + 896 + i * 32; /* [2, 12] */
    float *const d_w_down_lora_b_102 = m->gradients + 1024 + i * 16; /* [8, 2] */
    float *const d_hidden_74 = (float *)(void *)(m->arena + STEP_d_hidden_59); /* [1, 6, 8] */
    float *const d_low_w_down_103 = (float *)(void *)(m->arena + STEP_d_low_w_down_103); /* [3, 2] */
    float *const w_down_lora_b_51 = m->adapters + 1024 + i * 16; /* [8, 2] */
    float *const d_w_down_lora_a_105 = m->gradients + 896 + i * 32; /* [2, 12] */
    float *const d_mul_106 = (float *)(void *)(m->arena + STEP_d_mul_106); /* [3, 12] */
    float *const d_linear_w_gate_107 = (float *)(void *)(m->arena + STEP_linear_w_gate_96); /* [3, 12] */
    float *const d_linear_w_up_108 = (float *)(void *)(m->arena + STEP_d_mul_106); /* [3, 12] */
    float *const h_109 = (float *)(void *)(m->arena + STEP_h_109); /* [3, 8] */
    float *const low_w_up_110 = (float *)(void *)(m->arena + STEP_low_w_up_110); /* [3, 2] */
    float *const d_w_up_lora_b_112 = m->gradients + 768 + i * 32; /* [12, 2] */
    float *const d_low_w_up_113 = (float *)(void *)(m->arena + STEP_d_low_w_up_113); /* [3, 2] */
    float *const d_w_up_lora_a_115 = m->gradients + 704 + i * 16; /* [2, 8] */
    float *const d_h_116 = (float *)(void *)(m->arena + STEP_d_h_116); /* [3, 8] */
    float *const low_w_gate_117 = (float *)(void *)(m->arena + STEP_low_w_gate_117); /* [3, 2] */
    float *const d_w_gate_lora_b_119 = m->gradients + 576 + i * 32; /* [12, 2] */
    float *const d_low_w_gate_120 = (float *)(void *)(m->arena + STEP_d_low_w_gate_120); /* [3, 2] */
    float *const d_w_gate_lora_a_122 = m->gradients + 512 + i * 16; /* [2, 8] */
    float *const d_h_123 = (float *)(void *)(m->arena + STEP_d_h_116); /* [3, 8] */
    float *const d_x_124 = (float *)(void *)(m->arena + STEP_d_h_116); /* [3, 8] */
    float *const low_wo_125 = (float *)(void *)(m->arena + STEP_low_wo_125); /* [3, 2] */
    float *const d_wo_lora_b_127 = m->gradients + 448 + i * 16; /* [8, 2] */
    float *const d_low_wo_128 = (float *)(void *)(m->arena + STEP_d_low_wo_128); /* [3, 2] */
    float *const d_wo_lora_a_130 = m->gradients + 384 + i * 16; /* [2, 8] */
    float *const d_attention_131 = (float *)(void *)(m->arena + STEP_d_attention_131); /* [3, 8] */
    float *const d_q_132 = (float *)(void *)(m->arena + STEP_d_attention_131); /* [3, 8] */
    float *const d_k_133 = (float *)(void *)(m->arena + STEP_zeros_75); /* [1, 6, 4] */
    float *const d_v_134 = (float *)(void *)(m->arena + STEP_zeros_76); /* [1, 6, 4] */
    float *const d_linear_wq_135 = (float *)(void *)(m->arena + STEP_d_attention_131); /* [3, 8] */
    float *const h_136 = (float *)(void *)(m->arena + STEP_h_136); /* [3, 8] */
    float *const low_wq_137 = (float *)(void *)(m->arena + STEP_low_wq_137); /* [3, 2] */
    float *const d_wq_lora_b_139 = m->gradients + 64 + i * 16; /* [8, 2] */
    float *const d_low_wq_140 = (float *)(void *)(m->arena + STEP_d_low_wq_140); /* [3, 2] */
    float *const d_wq_lora_a_142 = m->gradients + 0 + i * 16; /* [2, 8] */
    float *const d_h_143 = (float *)(void *)(m->arena + STEP_d_h_143); /* [3, 8] */
    float *const d_x_144 = (float *)(void *)(m->arena + STEP_d_hidden_59); /* [1, 6, 8] */
    lrt_rms_norm(c, h_85, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_86, h_85, lrt_floats(wq_lora_a_21), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_87, h_85, m->weights[6 + i], lrt_floats(0), low_wq_86, wq_lora_b_24, 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_88, linear_wq_87, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_89, attention_lse_90, q_88, k_80, v_82, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, low_wo_91, attention_89, lrt_floats(wo_lora_a_29), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:29 */
    lrt_linear(c, linear_wo_92, attention_89, m->weights[18 + i], lrt_floats(0), low_wo_91, wo_lora_b_32, 2.0f, rows, 8, 8, 2); /* llama.lora:29 */
    lrt_add(c, x_93, x_6 + row * 8, linear_wo_92, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_94, x_93, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, low_w_gate_95, h_94, lrt_floats(w_gate_lora_a_37), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_gate_96, h_94, m->weights[26 + i], lrt_floats(0), low_w_gate_95, w_gate_lora_b_40, 2.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_linear(c, low_w_up_97, h_94, lrt_floats(w_up_lora_a_42), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_98, h_94, m->weights[30 + i], lrt_floats(0), low_w_up_97, w_up_lora_b_45, 2.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_silu_mul(c, mul_99, linear_w_gate_96, linear_w_up_98, rows * 12); /* llama.lora:32 */
    lrt_linear(c, low_w_down_100, mul_99, lrt_floats(w_down_lora_a_48), lrt_floats(0), 0, 0, 1.0f, rows, 12, 2, 0); /* llama.lora:32 */
    lrt_outer_acc(c, d_w_down_lora_b_102, d_hidden_74 + row * 8, low_w_down_100, 2.0f, rows, 8, 2); /* llama.lora:32 */
    lrt_linear_dx(c, d_low_w_down_103, 0, d_hidden_74 + row * 8, lrt_floats(w_down_lora_b_51), 0, 0, 2.0f, rows, 2, 8, 0); /* llama.lora:32 */
    lrt_outer_acc(c, d_w_down_lora_a_105, d_low_w_down_103, mul_99, 1.0f, rows, 2, 12); /* llama.lora:32 */
    lrt_linear_dx(c, d_mul_106, 0, d_hidden_74 + row * 8, m->weights[34 + i], d_low_w_down_103, w_down_lora_a_48, 1.0f, rows, 12, 8, 2); /* llama.lora:32 */
    lrt_silu_mul_dx(c, d_linear_w_gate_107, d_linear_w_up_108, d_mul_106, linear_w_gate_96, linear_w_up_98, rows * 12); /* llama.lora:32 */
    lrt_rms_norm(c, h_109, x_93, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, low_w_up_110, h_109, lrt_floats(w_up_lora_a_42), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_outer_acc(c, d_w_up_lora_b_112, d_linear_w_up_108, low_w_up_110, 2.0f, rows, 12, 2); /* llama.lora:32 */
    lrt_linear_dx(c, d_low_w_up_113, 0, d_linear_w_up_108, lrt_floats(w_up_lora_b_45), 0, 0, 2.0f, rows, 2, 12, 0); /* llama.lora:32 */
    lrt_outer_acc(c, d_w_up_lora_a_115, d_low_w_up_113, h_109, 1.0f, rows, 2, 8); /* llama.lora:32 */
    lrt_linear_dx(c, d_h_116, 0, d_linear_w_up_108, m->weights[30 + i], d_low_w_up_113, w_up_lora_a_42, 1.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_linear(c, low_w_gate_117, h_109, lrt_floats(w_gate_lora_a_37), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_outer_acc(c, d_w_gate_lora_b_119, d_linear_w_gate_107, low_w_gate_117, 2.0f, rows, 12, 2); /* llama.lora:32 */
    lrt_linear_dx(c, d_low_w_gate_120, 0, d_linear_w_gate_107, lrt_floats(w_gate_lora_b_40), 0, 0, 2.0f, rows, 2, 12, 0); /* llama.lora:32 */
    lrt_outer_acc(c, d_w_gate_lora_a_122, d_low_w_gate_120, h_109, 1.0f, rows, 2, 8); /* llama.lora:32 */
    lrt_linear_dx(c, d_h_123, d_h_116, d_linear_w_gate_107, m->weights[26 + i], d_low_w_gate_120, w_gate_lora_a_37, 1.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_rms_norm_dx(c, d_x_124, d_hidden_74 + row * 8, d_h_123, x_93, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, low_wo_125, attention_89, lrt_floats(wo_lora_a_29), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:29 */
    lrt_outer_acc(c, d_wo_lora_b_127, d_x_124, low_wo_125, 2.0f, rows, 8, 2); /* llama.lora:29 */
    lrt_linear_dx(c, d_low_wo_128, 0, d_x_124, lrt_floats(wo_lora_b_32), 0, 0, 2.0f, rows, 2, 8, 0); /* llama.lora:29 */
    lrt_outer_acc(c, d_wo_lora_a_130, d_low_wo_128, attention_89, 1.0f, rows, 2, 8); /* llama.lora:29 */
    lrt_linear_dx(c, d_attention_131, 0, d_x_124, m->weights[18 + i], d_low_wo_128, wo_lora_a_29, 1.0f, rows, 8, 8, 2); /* llama.lora:29 */
    lrt_attention_backward(c, d_q_132, d_k_133, d_v_134, d_attention_131, q_88, k_80, v_82, attention_89, attention_lse_90, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_rope(c, d_linear_wq_135, d_q_132, rope_table_4, rows, row, 6, 2, 4, 0, 1); /* llama.lora:26 */
    lrt_rms_norm(c, h_136, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_137, h_136, lrt_floats(wq_lora_a_21), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_outer_acc(c, d_wq_lora_b_139, d_linear_wq_135, low_wq_137, 2.0f, rows, 8, 2); /* llama.lora:26 */
    lrt_linear_dx(c, d_low_wq_140, 0, d_linear_wq_135, lrt_floats(wq_lora_b_24), 0, 0, 2.0f, rows, 2, 8, 0); /* llama.lora:26 */
    lrt_outer_acc(c, d_wq_lora_a_142, d_low_wq_140, h_136, 1.0f, rows, 2, 8); /* llama.lora:26 */
    lrt_linear_dx(c, d_h_143, 0, d_linear_wq_135, m->weights[6 + i], d_low_wq_140, wq_lora_a_21, 1.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rms_norm_dx(c, d_x_144 + row * 8, d_x_124, d_h_143, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
}

static void step_layer_rows_backward_8(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_147 = (float *)(void *)(m->arena + STEP_h_147); /* [3, 8] */
    float *const x_6 = (float *)(void *)(m->arena + (i == 3 ? STEP_x_6 : STEP_x_6_SLOTS + i * 192)); /* [1, 6, 8] */
    float *const low_wv_148 = (float *)(void *)(m->arena + STEP_low_wv_148); /* [3, 2] */
    float *const wv_lora_a_15 = m->adapters + 256 + i * 16; /* [2, 8] */
    float *const d_wv_lora_b_150 = m->gradients + 320 + i * 16; /* [4, 2] */
    float *const d_v_146 = (float *)(void *)(m->arena + STEP_zeros_76); /* [1, 6, 4] */
    float *const d_low_wv_151 = (float *)(void *)(m->arena + STEP_d_low_wv_151); /* [3, 2] */
    float *const wv_lora_b_18 = m->adapters + 320 + i * 16; /* [4, 2] */
    float *const d_wv_lora_a_153 = m->gradients + 256 + i * 16; /* [2, 8] */
    float *const d_h_154 = (float *)(void *)(m->arena + STEP_d_h_154); /* [3, 8] */
    float *const d_linear_wk_155 = (float *)(void *)(m->arena + STEP_d_linear_wk_155); /* [3, 4] */
    float *const d_k_145 = (float *)(void *)(m->arena + STEP_zeros_75); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + STEP_rope_table_4); /* [6, 4] */
    float *const low_wk_156 = (float *)(void *)(m->arena + STEP_low_wk_156); /* [3, 2] */
    float *const wk_lora_a_9 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const d_wk_lora_b_158 = m->gradients + 192 + i * 16; /* [4, 2] */
    float *const d_low_wk_159 = (float *)(void *)(m->arena + STEP_d_low_wk_159); /* [3, 2] */
    float *const wk_lora_b_12 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const d_wk_lora_a_161 = m->gradients + 128 + i * 16; /* [2, 8] */
    float *const d_h_162 = (float *)(void *)(m->arena + STEP_d_h_154); /* [3, 8] */
    float *const d_x_163 = (float *)(void *)(m->arena + STEP_d_hidden_59); /* [1, 6, 8] */
    float *const d_x_144 = (float *)(void *)(m->arena + STEP_d_hidden_59); /* [1, 6, 8] */
    lrt_rms_norm(c, h_147, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wv_148, h_147, lrt_floats(wv_lora_a_15), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_outer_acc(c, d_wv_lora_b_150, d_v_146 + row * 4, low_wv_148, 2.0f, rows, 4, 2); /* llama.lora:28 */
    lrt_linear_dx(c, d_low_wv_151, 0, d_v_146 + row * 4, lrt_floats(wv_lora_b_18), 0, 0, 2.0f, rows, 2, 4, 0); /* llama.lora:28 */
    lrt_outer_acc(c, d_wv_lora_a_153, d_low_wv_151, h_147, 1.0f, rows, 2, 8); /* llama.lora:28 */
    lrt_linear_dx(c, d_h_154, 0, d_v_146 + row * 4, m->weights[14 + i], d_low_wv_151, wv_lora_a_15, 1.0f, rows, 8, 4, 2); /* llama.lora:28 */
    lrt_rope(c, d_linear_wk_155, d_k_145 + row * 4, rope_table_4, rows, row, 6, 1, 4, 0, 1); /* llama.lora:27 */
    lrt_linear(c, low_wk_156, h_147, lrt_floats(wk_lora_a_9), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:27 */
    lrt_outer_acc(c, d_wk_lora_b_158, d_linear_wk_155, low_wk_156, 2.0f, rows, 4, 2); /* llama.lora:27 */
    lrt_linear_dx(c, d_low_wk_159, 0, d_linear_wk_155, lrt_floats(wk_lora_b_12), 0, 0, 2.0f, rows, 2, 4, 0); /* llama.lora:27 */
    lrt_outer_acc(c, d_wk_lora_a_161, d_low_wk_159, h_147, 1.0f, rows, 2, 8); /* llama.lora:27 */
    lrt_linear_dx(c, d_h_162, d_h_154, d_linear_wk_155, m->weights[10 + i], d_low_wk_159, wk_lora_a_9, 1.0f, rows, 8, 4, 2); /* llama.lora:27 */
    lrt_rms_norm_dx(c, d_x_163 + row * 8, d_x_144 + row * 8, d_h_162, x_6 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
}

static void step_layer_backward_5(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const zeros_75 = (float *)(void *)(m->arena + STEP_zeros_75); /* [1, 6, 4] */
    float *const zeros_76 = (float *)(void *)(m->arena + STEP_zeros_76); /* [1, 6, 4] */
    lrt_fill(c, zeros_75, 0.0f, 24); /* llama.lora:29 */
    lrt_fill(c, zeros_76, 0.0f, 24); /* llama.lora:29 */
    for (int64_t turn = 0; turn < 2; turn++) step_layer_rows_backward_6(m, i, turn); /* llama.lora:35 */
    for (int64_t turn = 0; turn < 2; turn++) step_layer_rows_backward_7(m, i, turn); /* llama.lora:35 */
    for (int64_t turn = 0; turn < 2; turn++) step_layer_rows_backward_8(m, i, turn); /* llama.lora:35 */
}

static void step_update_121(struct lrt_model *m, int64_t turn) {
    (void)turn;
    double *const squares_165 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    squares_165[0] = 0.0; /* lora_structured.lora:11 */
}

static void step_norm_9(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    double *const squares_167 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wq_lora_a_142 = m->gradients + 0 + i * 16; /* [2, 8] */
    double *const squares_168 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wq_lora_b_139 = m->gradients + 64 + i * 16; /* [8, 2] */
    double *const squares_169 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wk_lora_a_161 = m->gradients + 128 + i * 16; /* [2, 8] */
    double *const squares_170 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wk_lora_b_158 = m->gradients + 192 + i * 16; /* [4, 2] */
    double *const squares_171 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wv_lora_a_153 = m->gradients + 256 + i * 16; /* [2, 8] */
    double *const squares_172 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wv_lora_b_150 = m->gradients + 320 + i * 16; /* [4, 2] */
    double *const squares_173 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wo_lora_a_130 = m->gradients + 384 + i * 16; /* [2, 8] */
    double *const squares_174 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_wo_lora_b_127 = m->gradients + 448 + i * 16; /* [8, 2] */
    double *const squares_175 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_w_gate_lora_a_122 = m->gradients + 512 + i * 16; /* [2, 8] */
    double *const squares_176 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_w_gate_lora_b_119 = m->gradients + 576 + i * 32; /* [12, 2] */
    double *const squares_177 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_w_up_lora_a_115 = m->gradients + 704 + i * 16; /* [2, 8] */
    double *const squares_178 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_w_up_lora_b_112 = m->gradients + 768 + i * 32; /* [12, 2] */
    double *const squares_179 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_w_down_lora_a_105 = m->gradients + 896 + i * 32; /* [2, 12] */
    double *const squares_180 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    float *const d_w_down_lora_b_102 = m->gradients + 1024 + i * 16; /* [8, 2] */
    lrt_sum_squares(c, squares_167, d_wq_lora_a_142, 16); /* llama.lora:16 */
    lrt_sum_squares(c, squares_168, d_wq_lora_b_139, 16); /* llama.lora:16 */
    lrt_sum_squares(c, squares_169, d_wk_lora_a_161, 16); /* llama.lora:17 */
    lrt_sum_squares(c, squares_170, d_wk_lora_b_158, 8); /* llama.lora:17 */
    lrt_sum_squares(c, squares_171, d_wv_lora_a_153, 16); /* llama.lora:18 */
    lrt_sum_squares(c, squares_172, d_wv_lora_b_150, 8); /* llama.lora:18 */
    lrt_sum_squares(c, squares_173, d_wo_lora_a_130, 16); /* llama.lora:19 */
    lrt_sum_squares(c, squares_174, d_wo_lora_b_127, 16); /* llama.lora:19 */
    lrt_sum_squares(c, squares_175, d_w_gate_lora_a_122, 16); /* llama.lora:21 */
    lrt_sum_squares(c, squares_176, d_w_gate_lora_b_119, 24); /* llama.lora:21 */
    lrt_sum_squares(c, squares_177, d_w_up_lora_a_115, 16); /* llama.lora:22 */
    lrt_sum_squares(c, squares_178, d_w_up_lora_b_112, 24); /* llama.lora:22 */
    lrt_sum_squares(c, squares_179, d_w_down_lora_a_105, 24); /* llama.lora:23 */
    lrt_sum_squares(c, squares_180, d_w_down_lora_b_102, 16); /* llama.lora:23 */
}

static void step_straight_138(struct lrt_model *m, int64_t turn) {
    (void)turn;
    double *const squares_181 = (double *)(void *)(m->arena + STEP_squares_165); /* [] */
    m->grad_scale = lrt_clip(squares_181[0], 1.0, &m->grad_norm); /* lora_structured.lora:11 */
}

static void step_update_10(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const wq_lora_a_21 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const d_wq_lora_a_142 = m->gradients + 0 + i * 16; /* [2, 8] */
    float *const wq_lora_a_182 = m->optimizer + 0 + i * 16; /* [2, 8] */
    float *const wq_lora_a_183 = m->optimizer + 1088 + i * 16; /* [2, 8] */
    float *const wq_lora_b_24 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const d_wq_lora_b_139 = m->gradients + 64 + i * 16; /* [8, 2] */
    float *const wq_lora_b_184 = m->optimizer + 64 + i * 16; /* [8, 2] */
    float *const wq_lora_b_185 = m->optimizer + 1152 + i * 16; /* [8, 2] */
    float *const wk_lora_a_9 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const d_wk_lora_a_161 = m->gradients + 128 + i * 16; /* [2, 8] */
    float *const wk_lora_a_186 = m->optimizer + 128 + i * 16; /* [2, 8] */
    float *const wk_lora_a_187 = m->optimizer + 1216 + i * 16; /* [2, 8] */
    float *const wk_lora_b_12 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const d_wk_lora_b_158 = m->gradients + 192 + i * 16; /* [4, 2] */
    float *const wk_lora_b_188 = m->optimizer + 192 + i * 16; /* [4, 2] */
    float *const wk_lora_b_189 = m->optimizer + 1280 + i * 16; /* [4, 2] */
    float *const wv_lora_a_15 = m->adapters + 256 + i * 16; /* [2, 8] */
    float *const d_wv_lora_a_153 = m->gradients + 256 + i * 16; /* [2, 8] */
    float *const wv_lora_a_190 = m->optimizer + 256 + i * 16; /* [2, 8] */
    float *const wv_lora_a_191 = m->optimizer + 1344 + i * 16; /* [2, 8] */
    float *const wv_lora_b_18 = m->adapters + 320 + i * 16; /* [4, 2] */
    float *const d_wv_lora_b_150 = m->gradients + 320 + i * 16; /* [4, 2] */
    float *const wv_lora_b_192 = m->optimizer + 320 + i * 16; /* [4, 2] */
    float *const wv_lora_b_193 = m->optimizer + 1408 + i * 16; /* [4, 2] */
    float *const wo_lora_a_29 = m->adapters + 384 + i * 16; /* [2, 8] */
    float *const d_wo_lora_a_130 = m->gradients + 384 + i * 16; /* [2, 8] */
    float *const wo_lora_a_194 = m->optimizer + 384 + i * 16; /* [2, 8] */
    float *const wo_lora_a_195 = m->optimizer + 1472 + i * 16; /* [2, 8] */
    float *const wo_lora_b_32 = m->adapters + 448 + i * 16; /* [8, 2] */
    float *const d_wo_lora_b_127 = m->gradients + 448 + i * 16; /* [8, 2] */
    float *const wo_lora_b_196 = m->optimizer + 448 + i * 16; /* [8, 2] */
    float *const wo_lora_b_197 = m->optimizer + 1536 + i * 16; /* [8, 2] */
    float *const w_gate_lora_a_37 = m->adapters + 512 + i * 16; /* [2, 8] */
    float *const d_w_gate_lora_a_122 = m->gradients + 512 + i * 16; /* [2, 8] */
    float *const w_gate_lora_a_198 = m->optimizer + 512 + i * 16; /* [2, 8] */
    float *const w_gate_lora_a_199 = m->optimizer + 1600 + i * 16; /* [2, 8] */
    float *const w_gate_lora_b_40 = m->adapters + 576 + i * 32; /* [12, 2] */
    float *const d_w_gate_lora_b_119 = m->gradients + 576 + i * 32; /* [12, 2] */
    float *const w_gate_lora_b_200 = m->optimizer + 576 + i * 32; /* [12, 2] */
    float *const w_gate_lora_b_201 = m->optimizer + 1664 + i * 32; /* [12, 2] */
    float *const w_up_lora_a_42 = m->adapters + 704 + i * 16; /* [2, 8] */
    float *const d_w_up_lora_a_115 = m->gradients + 704 + i * 16; /* [2, 8] */
    float *const w_up_lora_a_202 = m->optimizer + 704 + i * 16; /* [2, 8] */
    float *const w_up_lora_a_203 = m->optimizer + 1792 + i * 16; /* [2, 8] */
    float *const w_up_lora_b_45 = m->adapters + 768 + i * 32; /* [12, 2] */
    float *const d_w_up_lora_b_112 = m->gradients + 768 + i * 32; /* [12, 2] */
    float *const w_up_lora_b_204 = m->optimizer + 768 + i * 32; /* [12, 2] */
    float *const w_up_lora_b_205 = m->optimizer + 1856 + i * 32; /* [12, 2] */
    float *const w_down_lora_a_48 = m->adapters + 896 + i * 32; /* [2, 12] */
    float *const d_w_down_lora_a_105 = m->gradients + 896 + i * 32; /* [2, 12] */
    float *const w_down_lora_a_206 = m->optimizer + 896 + i * 32; /* [2, 12] */
    float *const w_down_lora_a_207 = m->optimizer + 1984 + i * 32; /* [2, 12] */
    float *const w_down_lora_b_51 = m->adapters + 1024 + i * 16; /* [8, 2] */
    float *const d_w_down_lora_b_102 = m->gradients + 1024 + i * 16; /* [8, 2] */
    float *const w_down_lora_b_208 = m->optimizer + 1024 + i * 16; /* [8, 2] */
    float *const w_down_lora_b_209 = m->optimizer + 2112 + i * 16; /* [8, 2] */
    lrt_adamw(c, wq_lora_a_21, d_wq_lora_a_142, wq_lora_a_182, wq_lora_a_183, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wq_lora_b_24, d_wq_lora_b_139, wq_lora_b_184, wq_lora_b_185, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wk_lora_a_9, d_wk_lora_a_161, wk_lora_a_186, wk_lora_a_187, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wk_lora_b_12, d_wk_lora_b_158, wk_lora_b_188, wk_lora_b_189, 8, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wv_lora_a_15, d_wv_lora_a_153, wv_lora_a_190, wv_lora_a_191, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wv_lora_b_18, d_wv_lora_b_150, wv_lora_b_192, wv_lora_b_193, 8, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wo_lora_a_29, d_wo_lora_a_130, wo_lora_a_194, wo_lora_a_195, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, wo_lora_b_32, d_wo_lora_b_127, wo_lora_b_196, wo_lora_b_197, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, w_gate_lora_a_37, d_w_gate_lora_a_122, w_gate_lora_a_198, w_gate_lora_a_199, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, w_gate_lora_b_40, d_w_gate_lora_b_119, w_gate_lora_b_200, w_gate_lora_b_201, 24, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, w_up_lora_a_42, d_w_up_lora_a_115, w_up_lora_a_202, w_up_lora_a_203, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, w_up_lora_b_45, d_w_up_lora_b_112, w_up_lora_b_204, w_up_lora_b_205, 24, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, w_down_lora_a_48, d_w_down_lora_a_105, w_down_lora_a_206, w_down_lora_a_207, 24, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
    lrt_adamw(c, w_down_lora_b_51, d_w_down_lora_b_102, w_down_lora_b_208, w_down_lora_b_209, 16, m->learning_rate, 0.9, 0.999, 1e-08, 0.01, c->step + 1, m->grad_scale); /* lora_structured.lora:11 */
}

static const struct lrt_slice step_slices[] = {
    {step_straight_1, 0, 1, 1},
    {step_layer_1, 0, 1, 4},
    {step_straight_33, 0, 1, 1},
    {step_head_4, 0, 1, 1},
    {step_layer_backward_5, 3, -1, 4},
};

static const struct lrt_slice step_update[] = {
    {step_update_121, 0, 1, 1},
    {step_norm_9, 0, 1, 4},
    {step_straight_138, 0, 1, 1},
    {step_update_10, 0, 1, 4},
};

/* eval: offsets in the arena, in bytes, and who stands there */
#define EVAL_embedding_embed_3 0 /* 192 bytes: embedding_embed, x, x, hidden */
#define EVAL_rope_table_4 576 /* 128 bytes: rope_table */
#define EVAL_h_7 192 /* 128 bytes: h */
#define EVAL_low_wk_9 320 /* 64 bytes: low_wk */
#define EVAL_linear_wk_12 384 /* 64 bytes: linear_wk */
#define EVAL_k_13 704 /* 128 bytes: k */
#define EVAL_low_wv_15 320 /* 64 bytes: low_wv */
#define EVAL_v_18 832 /* 128 bytes: v */
#define EVAL_h_19 192 /* 128 bytes: h */
#define EVAL_low_wq_21 448 /* 64 bytes: low_wq */
#define EVAL_linear_wq_24 320 /* 128 bytes: linear_wq, q, attention */
#define EVAL_attention_lse_27 192 /* 64 bytes: attention_lse */
#define EVAL_low_wo_29 192 /* 64 bytes: low_wo */
#define EVAL_linear_wo_32 960 /* 128 bytes: linear_wo, x */
#define EVAL_h_35 1088 /* 128 bytes: h */
#define EVAL_low_w_gate_37 384 /* 64 bytes: low_w_gate */
#define EVAL_linear_w_gate_40 192 /* 192 bytes: linear_w_gate, mul */
#define EVAL_low_w_up_42 1216 /* 64 bytes: low_w_up */
#define EVAL_linear_w_up_45 384 /* 192 bytes: linear_w_up */
#define EVAL_low_w_down_48 512 /* 64 bytes: low_w_down */
#define EVAL_linear_w_down_51 384 /* 128 bytes: linear_w_down */
#define EVAL_loss_54 704 /* 64 bytes: loss, loss, loss, loss */
#define EVAL_counted_rows_56 768 /* 64 bytes: counted_rows */
#define EVAL_counted_57 832 /* 64 bytes: counted */
#define EVAL_hidden_59 512 /* 192 bytes: hidden, rms_norm_out_norm */
#define EVAL_logits_62 0 /* 512 bytes: logits */
#define EVAL_targets_63 512 /* 64 bytes: targets */

static void eval_straight_1(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    (void)turn;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const rope_table_4 = (float *)(void *)(m->arena + EVAL_rope_table_4); /* [6, 4] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
    lrt_rope_table(c, rope_table_4, 6, 4, 10000.0f, 0, 1.0f, 1.0f, 4.0f, 8192.0f); /* llama.lora:26 */
}

static void eval_layer_rows_2(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_7 = (float *)(void *)(m->arena + EVAL_h_7); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wk_9 = (float *)(void *)(m->arena + EVAL_low_wk_9); /* [3, 2] */
    float *const wk_lora_a_8 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const linear_wk_12 = (float *)(void *)(m->arena + EVAL_linear_wk_12); /* [3, 4] */
    float *const wk_lora_b_11 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const k_13 = (float *)(void *)(m->arena + EVAL_k_13); /* [1, 6, 4] */
    float *const rope_table_4 = (float *)(void *)(m->arena + EVAL_rope_table_4); /* [6, 4] */
    float *const low_wv_15 = (float *)(void *)(m->arena + EVAL_low_wv_15); /* [3, 2] */
    float *const wv_lora_a_14 = m->adapters + 256 + i * 16; /* [2, 8] */
    float *const v_18 = (float *)(void *)(m->arena + EVAL_v_18); /* [1, 6, 4] */
    float *const wv_lora_b_17 = m->adapters + 320 + i * 16; /* [4, 2] */
    lrt_rms_norm(c, h_7, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wk_9, h_7, lrt_floats(wk_lora_a_8), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:27 */
    lrt_linear(c, linear_wk_12, h_7, m->weights[10 + i], lrt_floats(0), low_wk_9, wk_lora_b_11, 2.0f, rows, 8, 4, 2); /* llama.lora:27 */
    lrt_rope(c, k_13 + row * 4, linear_wk_12, rope_table_4, rows, row, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_15, h_7, lrt_floats(wv_lora_a_14), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_18 + row * 4, h_7, m->weights[14 + i], lrt_floats(0), low_wv_15, wv_lora_b_17, 2.0f, rows, 8, 4, 2); /* llama.lora:28 */
}

static void eval_layer_rows_3(struct lrt_model *m, int64_t i, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 3, left = 6 - row;
    if (left <= 0) return;
    const int64_t rows = left < 3 ? left : 3;
    float *const h_19 = (float *)(void *)(m->arena + EVAL_h_19); /* [3, 8] */
    float *const x_5 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wq_21 = (float *)(void *)(m->arena + EVAL_low_wq_21); /* [3, 2] */
    float *const wq_lora_a_20 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_24 = (float *)(void *)(m->arena + EVAL_linear_wq_24); /* [3, 8] */
    float *const wq_lora_b_23 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_25 = (float *)(void *)(m->arena + EVAL_linear_wq_24); /* [3, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + EVAL_rope_table_4); /* [6, 4] */
    float *const attention_26 = (float *)(void *)(m->arena + EVAL_linear_wq_24); /* [3, 8] */
    float *const attention_lse_27 = (float *)(void *)(m->arena + EVAL_attention_lse_27); /* [3, 2] */
    float *const k_13 = (float *)(void *)(m->arena + EVAL_k_13); /* [1, 6, 4] */
    float *const v_18 = (float *)(void *)(m->arena + EVAL_v_18); /* [1, 6, 4] */
    float *const low_wo_29 = (float *)(void *)(m->arena + EVAL_low_wo_29); /* [3, 2] */
    float *const wo_lora_a_28 = m->adapters + 384 + i * 16; /* [2, 8] */
    float *const linear_wo_32 = (float *)(void *)(m->arena + EVAL_linear_wo_32); /* [3, 8] */
    float *const wo_lora_b_31 = m->adapters + 448 + i * 16; /* [8, 2] */
    float *const x_33 = (float *)(void *)(m->arena + EVAL_linear_wo_32); /* [3, 8] */
    float *const h_35 = (float *)(void *)(m->arena + EVAL_h_35); /* [3, 8] */
    float *const low_w_gate_37 = (float *)(void *)(m->arena + EVAL_low_w_gate_37); /* [3, 2] */
    float *const w_gate_lora_a_36 = m->adapters + 512 + i * 16; /* [2, 8] */
    float *const linear_w_gate_40 = (float *)(void *)(m->arena + EVAL_linear_w_gate_40); /* [3, 12] */
    float *const w_gate_lora_b_39 = m->adapters + 576 + i * 32; /* [12, 2] */
    float *const low_w_up_42 = (float *)(void *)(m->arena + EVAL_low_w_up_42); /* [3, 2] */
    float *const w_up_lora_a_41 = m->adapters + 704 + i * 16; /* [2, 8] */
    float *const linear_w_up_45 = (float *)(void *)(m->arena + EVAL_linear_w_up_45); /* [3, 12] */
    float *const w_up_lora_b_44 = m->adapters + 768 + i * 32; /* [12, 2] */
    float *const mul_46 = (float *)(void *)(m->arena + EVAL_linear_w_gate_40); /* [3, 12] */
    float *const low_w_down_48 = (float *)(void *)(m->arena + EVAL_low_w_down_48); /* [3, 2] */
    float *const w_down_lora_a_47 = m->adapters + 896 + i * 32; /* [2, 12] */
    float *const linear_w_down_51 = (float *)(void *)(m->arena + EVAL_linear_w_down_51); /* [3, 8] */
    float *const w_down_lora_b_50 = m->adapters + 1024 + i * 16; /* [8, 2] */
    float *const x_52 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, h_19, x_5 + row * 8, m->weights[2 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_21, h_19, lrt_floats(wq_lora_a_20), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_24, h_19, m->weights[6 + i], lrt_floats(0), low_wq_21, wq_lora_b_23, 2.0f, rows, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_25, linear_wq_24, rope_table_4, rows, row, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_attention(c, attention_26, attention_lse_27, q_25, k_13, v_18, rows, row, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, low_wo_29, attention_26, lrt_floats(wo_lora_a_28), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:29 */
    lrt_linear(c, linear_wo_32, attention_26, m->weights[18 + i], lrt_floats(0), low_wo_29, wo_lora_b_31, 2.0f, rows, 8, 8, 2); /* llama.lora:29 */
    lrt_add(c, x_33, x_5 + row * 8, linear_wo_32, rows * 8); /* llama.lora:29 */
    lrt_rms_norm(c, h_35, x_33, m->weights[22 + i], rows, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, low_w_gate_37, h_35, lrt_floats(w_gate_lora_a_36), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_gate_40, h_35, m->weights[26 + i], lrt_floats(0), low_w_gate_37, w_gate_lora_b_39, 2.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_linear(c, low_w_up_42, h_35, lrt_floats(w_up_lora_a_41), lrt_floats(0), 0, 0, 1.0f, rows, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_45, h_35, m->weights[30 + i], lrt_floats(0), low_w_up_42, w_up_lora_b_44, 2.0f, rows, 8, 12, 2); /* llama.lora:32 */
    lrt_silu_mul(c, mul_46, linear_w_gate_40, linear_w_up_45, rows * 12); /* llama.lora:32 */
    lrt_linear(c, low_w_down_48, mul_46, lrt_floats(w_down_lora_a_47), lrt_floats(0), 0, 0, 1.0f, rows, 12, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_down_51, mul_46, m->weights[34 + i], lrt_floats(0), low_w_down_48, w_down_lora_b_50, 2.0f, rows, 12, 8, 2); /* llama.lora:32 */
    lrt_add(c, x_52 + row * 8, x_33, linear_w_down_51, rows * 8); /* llama.lora:32 */
}

static void eval_layer_1(struct lrt_model *m, int64_t i) {
    for (int64_t turn = 0; turn < 2; turn++) eval_layer_rows_2(m, i, turn); /* llama.lora:35 */
    for (int64_t turn = 0; turn < 2; turn++) eval_layer_rows_3(m, i, turn); /* llama.lora:35 */
}

static void eval_straight_32(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    (void)turn;
    double *const loss_54 = (double *)(void *)(m->arena + EVAL_loss_54); /* [] */
    int32_t *const counted_rows_56 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_56); /* [6] */
    int32_t *const counted_57 = (int32_t *)(void *)(m->arena + EVAL_counted_57); /* [] */
    const int32_t *const targets_55 = m->targets; /* [1, 6] */
    loss_54[0] = 0.0; /* lora_structured.lora:9 */
    lrt_counted_rows(c, counted_rows_56, counted_57, targets_55, 6, -100); /* lora_structured.lora:9 */
}

static void eval_head_4(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 6, left = *((int32_t *)(void *)(m->arena + EVAL_counted_57)) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const hidden_59 = (float *)(void *)(m->arena + EVAL_hidden_59); /* [6, 8] */
    float *const hidden_53 = (float *)(void *)(m->arena + EVAL_embedding_embed_3); /* [1, 6, 8] */
    int32_t *const counted_rows_56 = (int32_t *)(void *)(m->arena + EVAL_counted_rows_56); /* [6] */
    float *const rms_norm_out_norm_61 = (float *)(void *)(m->arena + EVAL_hidden_59); /* [6, 8] */
    float *const logits_62 = (float *)(void *)(m->arena + EVAL_logits_62); /* [6, 20] */
    int32_t *const targets_63 = (int32_t *)(void *)(m->arena + EVAL_targets_63); /* [6] */
    const int32_t *const targets_55 = m->targets; /* [1, 6] */
    double *const loss_64 = (double *)(void *)(m->arena + EVAL_loss_54); /* [] */
    lrt_gather_rows(c, hidden_59, hidden_53, counted_rows_56 + row * 1, rows, 8); /* llama.lora:36 */
    lrt_rms_norm(c, rms_norm_out_norm_61, hidden_59, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_linear(c, logits_62, rms_norm_out_norm_61, m->weights[0], lrt_floats(0), 0, 0, 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
    lrt_gather_ids(c, targets_63, targets_55, counted_rows_56 + row * 1, rows); /* lora_structured.lora:9 */
    lrt_cross_entropy(c, loss_64, 0, logits_62, targets_63, 1.0f, rows, 20); /* lora_structured.lora:9 */
}

static const struct lrt_slice eval_slices[] = {
    {eval_straight_1, 0, 1, 1},
    {eval_layer_1, 0, 1, 4},
    {eval_straight_32, 0, 1, 1},
    {eval_head_4, 0, 1, 1},
};

/* logits: offsets in the arena, in bytes, and who stands there */
#define LOGITS_embedding_embed_3 640 /* 192 bytes: embedding_embed, x, x, x, hidden */
#define LOGITS_rope_table_4 1024 /* 128 bytes: rope_table */
#define LOGITS_h_7 0 /* 192 bytes: h */
#define LOGITS_low_wq_9 384 /* 64 bytes: low_wq */
#define LOGITS_linear_wq_12 192 /* 192 bytes: linear_wq, q, attention */
#define LOGITS_low_wk_15 512 /* 64 bytes: low_wk */
#define LOGITS_linear_wk_18 384 /* 128 bytes: linear_wk, k */
#define LOGITS_low_wv_21 832 /* 64 bytes: low_wv */
#define LOGITS_v_24 512 /* 128 bytes: v */
#define LOGITS_attention_lse_26 0 /* 64 bytes: attention_lse */
#define LOGITS_low_wo_28 384 /* 64 bytes: low_wo */
#define LOGITS_linear_wo_31 0 /* 192 bytes: linear_wo */
#define LOGITS_h_34 832 /* 192 bytes: h */
#define LOGITS_low_w_gate_36 320 /* 64 bytes: low_w_gate */
#define LOGITS_linear_w_gate_39 0 /* 320 bytes: linear_w_gate, mul */
#define LOGITS_low_w_up_41 1152 /* 64 bytes: low_w_up */
#define LOGITS_linear_w_up_44 320 /* 320 bytes: linear_w_up */
#define LOGITS_low_w_down_47 512 /* 64 bytes: low_w_down */
#define LOGITS_linear_w_down_50 320 /* 192 bytes: linear_w_down */
#define LOGITS_hidden_55 0 /* 192 bytes: hidden, rms_norm_out_norm */

static void logits_straight_1(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    (void)turn;
    float *const embedding_embed_3 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const tokens_1 = m->tokens; /* [1, 6] */
    float *const rope_table_4 = (float *)(void *)(m->arena + LOGITS_rope_table_4); /* [6, 4] */
    lrt_embedding(c, embedding_embed_3, tokens_1, m->weights[0], 6, 8); /* llama.lora:35 */
    lrt_rope_table(c, rope_table_4, 6, 4, 10000.0f, 0, 1.0f, 1.0f, 4.0f, 8192.0f); /* llama.lora:26 */
}

static void logits_layer_1(struct lrt_model *m, int64_t i) {
    struct lrt *const c = &m->run;
    float *const h_7 = (float *)(void *)(m->arena + LOGITS_h_7); /* [1, 6, 8] */
    float *const x_5 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const low_wq_9 = (float *)(void *)(m->arena + LOGITS_low_wq_9); /* [1, 6, 2] */
    float *const wq_lora_a_8 = m->adapters + 0 + i * 16; /* [2, 8] */
    float *const linear_wq_12 = (float *)(void *)(m->arena + LOGITS_linear_wq_12); /* [1, 6, 8] */
    float *const wq_lora_b_11 = m->adapters + 64 + i * 16; /* [8, 2] */
    float *const q_13 = (float *)(void *)(m->arena + LOGITS_linear_wq_12); /* [1, 6, 8] */
    float *const rope_table_4 = (float *)(void *)(m->arena + LOGITS_rope_table_4); /* [6, 4] */
    float *const low_wk_15 = (float *)(void *)(m->arena + LOGITS_low_wk_15); /* [1, 6, 2] */
    float *const wk_lora_a_14 = m->adapters + 128 + i * 16; /* [2, 8] */
    float *const linear_wk_18 = (float *)(void *)(m->arena + LOGITS_linear_wk_18); /* [1, 6, 4] */
    float *const wk_lora_b_17 = m->adapters + 192 + i * 16; /* [4, 2] */
    float *const k_19 = (float *)(void *)(m->arena + LOGITS_linear_wk_18); /* [1, 6, 4] */
    float *const low_wv_21 = (float *)(void *)(m->arena + LOGITS_low_wv_21); /* [1, 6, 2] */
    float *const wv_lora_a_20 = m->adapters + 256 + i * 16; /* [2, 8] */
    float *const v_24 = (float *)(void *)(m->arena + LOGITS_v_24); /* [1, 6, 4] */
    float *const wv_lora_b_23 = m->adapters + 320 + i * 16; /* [4, 2] */
    float *const attention_25 = (float *)(void *)(m->arena + LOGITS_linear_wq_12); /* [1, 6, 8] */
    float *const attention_lse_26 = (float *)(void *)(m->arena + LOGITS_attention_lse_26); /* [1, 6, 2] */
    float *const low_wo_28 = (float *)(void *)(m->arena + LOGITS_low_wo_28); /* [1, 6, 2] */
    float *const wo_lora_a_27 = m->adapters + 384 + i * 16; /* [2, 8] */
    float *const linear_wo_31 = (float *)(void *)(m->arena + LOGITS_linear_wo_31); /* [1, 6, 8] */
    float *const wo_lora_b_30 = m->adapters + 448 + i * 16; /* [8, 2] */
    float *const x_32 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    float *const h_34 = (float *)(void *)(m->arena + LOGITS_h_34); /* [1, 6, 8] */
    float *const low_w_gate_36 = (float *)(void *)(m->arena + LOGITS_low_w_gate_36); /* [1, 6, 2] */
    float *const w_gate_lora_a_35 = m->adapters + 512 + i * 16; /* [2, 8] */
    float *const linear_w_gate_39 = (float *)(void *)(m->arena + LOGITS_linear_w_gate_39); /* [1, 6, 12] */
    float *const w_gate_lora_b_38 = m->adapters + 576 + i * 32; /* [12, 2] */
    float *const low_w_up_41 = (float *)(void *)(m->arena + LOGITS_low_w_up_41); /* [1, 6, 2] */
    float *const w_up_lora_a_40 = m->adapters + 704 + i * 16; /* [2, 8] */
    float *const linear_w_up_44 = (float *)(void *)(m->arena + LOGITS_linear_w_up_44); /* [1, 6, 12] */
    float *const w_up_lora_b_43 = m->adapters + 768 + i * 32; /* [12, 2] */
    float *const mul_45 = (float *)(void *)(m->arena + LOGITS_linear_w_gate_39); /* [1, 6, 12] */
    float *const low_w_down_47 = (float *)(void *)(m->arena + LOGITS_low_w_down_47); /* [1, 6, 2] */
    float *const w_down_lora_a_46 = m->adapters + 896 + i * 32; /* [2, 12] */
    float *const linear_w_down_50 = (float *)(void *)(m->arena + LOGITS_linear_w_down_50); /* [1, 6, 8] */
    float *const w_down_lora_b_49 = m->adapters + 1024 + i * 16; /* [8, 2] */
    float *const x_51 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    lrt_rms_norm(c, h_7, x_5, m->weights[2 + i], 6, 8, 1e-05f, 0.0f); /* llama.lora:25 */
    lrt_linear(c, low_wq_9, h_7, lrt_floats(wq_lora_a_8), lrt_floats(0), 0, 0, 1.0f, 6, 8, 2, 0); /* llama.lora:26 */
    lrt_linear(c, linear_wq_12, h_7, m->weights[6 + i], lrt_floats(0), low_wq_9, wq_lora_b_11, 2.0f, 6, 8, 8, 2); /* llama.lora:26 */
    lrt_rope(c, q_13, linear_wq_12, rope_table_4, 6, 0, 6, 2, 4, 0, 0); /* llama.lora:26 */
    lrt_linear(c, low_wk_15, h_7, lrt_floats(wk_lora_a_14), lrt_floats(0), 0, 0, 1.0f, 6, 8, 2, 0); /* llama.lora:27 */
    lrt_linear(c, linear_wk_18, h_7, m->weights[10 + i], lrt_floats(0), low_wk_15, wk_lora_b_17, 2.0f, 6, 8, 4, 2); /* llama.lora:27 */
    lrt_rope(c, k_19, linear_wk_18, rope_table_4, 6, 0, 6, 1, 4, 0, 0); /* llama.lora:27 */
    lrt_linear(c, low_wv_21, h_7, lrt_floats(wv_lora_a_20), lrt_floats(0), 0, 0, 1.0f, 6, 8, 2, 0); /* llama.lora:28 */
    lrt_linear(c, v_24, h_7, m->weights[14 + i], lrt_floats(0), low_wv_21, wv_lora_b_23, 2.0f, 6, 8, 4, 2); /* llama.lora:28 */
    lrt_attention(c, attention_25, attention_lse_26, q_13, k_19, v_24, 6, 0, 6, 2, 1, 4, 0.5f, 1, 0, 0.0f); /* llama.lora:29 */
    lrt_linear(c, low_wo_28, attention_25, lrt_floats(wo_lora_a_27), lrt_floats(0), 0, 0, 1.0f, 6, 8, 2, 0); /* llama.lora:29 */
    lrt_linear(c, linear_wo_31, attention_25, m->weights[18 + i], lrt_floats(0), low_wo_28, wo_lora_b_30, 2.0f, 6, 8, 8, 2); /* llama.lora:29 */
    lrt_add(c, x_32, x_5, linear_wo_31, 48); /* llama.lora:29 */
    lrt_rms_norm(c, h_34, x_32, m->weights[22 + i], 6, 8, 1e-05f, 0.0f); /* llama.lora:31 */
    lrt_linear(c, low_w_gate_36, h_34, lrt_floats(w_gate_lora_a_35), lrt_floats(0), 0, 0, 1.0f, 6, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_gate_39, h_34, m->weights[26 + i], lrt_floats(0), low_w_gate_36, w_gate_lora_b_38, 2.0f, 6, 8, 12, 2); /* llama.lora:32 */
    lrt_linear(c, low_w_up_41, h_34, lrt_floats(w_up_lora_a_40), lrt_floats(0), 0, 0, 1.0f, 6, 8, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_up_44, h_34, m->weights[30 + i], lrt_floats(0), low_w_up_41, w_up_lora_b_43, 2.0f, 6, 8, 12, 2); /* llama.lora:32 */
    lrt_silu_mul(c, mul_45, linear_w_gate_39, linear_w_up_44, 72); /* llama.lora:32 */
    lrt_linear(c, low_w_down_47, mul_45, lrt_floats(w_down_lora_a_46), lrt_floats(0), 0, 0, 1.0f, 6, 12, 2, 0); /* llama.lora:32 */
    lrt_linear(c, linear_w_down_50, mul_45, m->weights[34 + i], lrt_floats(0), low_w_down_47, w_down_lora_b_49, 2.0f, 6, 12, 8, 2); /* llama.lora:32 */
    lrt_add(c, x_51, x_32, linear_w_down_50, 48); /* llama.lora:32 */
}

static void logits_head_2(struct lrt_model *m, int64_t turn) {
    struct lrt *const c = &m->run;
    const int64_t row = turn * 6, left = *(&m->n_rows) - row;
    if (left <= 0) return;
    const int64_t rows = left < 6 ? left : 6;
    float *const hidden_55 = (float *)(void *)(m->arena + LOGITS_hidden_55); /* [6, 8] */
    float *const hidden_52 = (float *)(void *)(m->arena + LOGITS_embedding_embed_3); /* [1, 6, 8] */
    const int32_t *const rows_54 = m->rows; /* [6] */
    float *const rms_norm_out_norm_57 = (float *)(void *)(m->arena + LOGITS_hidden_55); /* [6, 8] */
    float *const logits_58 = m->logits; /* [6, 20] */
    lrt_gather_rows(c, hidden_55, hidden_52, rows_54 + row * 1, rows, 8); /* llama.lora:36 */
    lrt_rms_norm(c, rms_norm_out_norm_57, hidden_55, m->weights[1], rows, 8, 1e-05f, 0.0f); /* llama.lora:36 */
    lrt_linear(c, logits_58 + row * 20, rms_norm_out_norm_57, m->weights[0], lrt_floats(0), 0, 0, 1.0f, rows, 8, 20, 0); /* llama.lora:36 */
}

static const struct lrt_slice logits_slices[] = {
    {logits_straight_1, 0, 1, 1},
    {logits_layer_1, 0, 1, 4},
    {logits_head_2, 0, 1, 1},
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
    {"embed", "token_embd.weight", "model.embed_tokens.weight", 2, {20, 8, 0, 0}, 0, 1, 0, 1, 0},
    {"out_norm", "output_norm.weight", "model.norm.weight", 1, {8, 0, 0, 0}, 0, 1, 1, 1, 0},
    {"layer.attn_norm", "blk.{i}.attn_norm.weight", "model.layers.{i}.input_layernorm.weight", 1, {8, 0, 0, 0}, 0, 4, 2, 1, 0},
    {"layer.wq", "blk.{i}.attn_q.weight", "model.layers.{i}.self_attn.q_proj.weight", 2, {8, 8, 0, 0}, 0, 4, 6, 1, 4},
    {"layer.wk", "blk.{i}.attn_k.weight", "model.layers.{i}.self_attn.k_proj.weight", 2, {4, 8, 0, 0}, 0, 4, 10, 1, 4},
    {"layer.wv", "blk.{i}.attn_v.weight", "model.layers.{i}.self_attn.v_proj.weight", 2, {4, 8, 0, 0}, 0, 4, 14, 1, 0},
    {"layer.wo", "blk.{i}.attn_output.weight", "model.layers.{i}.self_attn.o_proj.weight", 2, {8, 8, 0, 0}, 0, 4, 18, 1, 0},
    {"layer.ffn_norm", "blk.{i}.ffn_norm.weight", "model.layers.{i}.post_attention_layernorm.weight", 1, {8, 0, 0, 0}, 0, 4, 22, 1, 0},
    {"layer.w_gate", "blk.{i}.ffn_gate.weight", "model.layers.{i}.mlp.gate_proj.weight", 2, {12, 8, 0, 0}, 0, 4, 26, 1, 0},
    {"layer.w_up", "blk.{i}.ffn_up.weight", "model.layers.{i}.mlp.up_proj.weight", 2, {12, 8, 0, 0}, 0, 4, 30, 1, 0},
    {"layer.w_down", "blk.{i}.ffn_down.weight", "model.layers.{i}.mlp.down_proj.weight", 2, {8, 12, 0, 0}, 0, 4, 34, 1, 0},
};

static const struct lrt_param_info params[] = {
    {"layer.wq.lora_a", "lora", "lora_a", 3, 2, {2, 8, 0, 0}, 0, 4, 0, 16, 2, 4.0},
    {"layer.wq.lora_b", "lora", "lora_b", 3, 2, {8, 2, 0, 0}, 0, 4, 64, 16, 2, 4.0},
    {"layer.wk.lora_a", "lora", "lora_a", 4, 2, {2, 8, 0, 0}, 0, 4, 128, 16, 2, 4.0},
    {"layer.wk.lora_b", "lora", "lora_b", 4, 2, {4, 2, 0, 0}, 0, 4, 192, 16, 2, 4.0},
    {"layer.wv.lora_a", "lora", "lora_a", 5, 2, {2, 8, 0, 0}, 0, 4, 256, 16, 2, 4.0},
    {"layer.wv.lora_b", "lora", "lora_b", 5, 2, {4, 2, 0, 0}, 0, 4, 320, 16, 2, 4.0},
    {"layer.wo.lora_a", "lora", "lora_a", 6, 2, {2, 8, 0, 0}, 0, 4, 384, 16, 2, 4.0},
    {"layer.wo.lora_b", "lora", "lora_b", 6, 2, {8, 2, 0, 0}, 0, 4, 448, 16, 2, 4.0},
    {"layer.w_gate.lora_a", "lora", "lora_a", 8, 2, {2, 8, 0, 0}, 0, 4, 512, 16, 2, 4.0},
    {"layer.w_gate.lora_b", "lora", "lora_b", 8, 2, {12, 2, 0, 0}, 0, 4, 576, 32, 2, 4.0},
    {"layer.w_up.lora_a", "lora", "lora_a", 9, 2, {2, 8, 0, 0}, 0, 4, 704, 16, 2, 4.0},
    {"layer.w_up.lora_b", "lora", "lora_b", 9, 2, {12, 2, 0, 0}, 0, 4, 768, 32, 2, 4.0},
    {"layer.w_down.lora_a", "lora", "lora_a", 10, 2, {2, 12, 0, 0}, 0, 4, 896, 32, 2, 4.0},
    {"layer.w_down.lora_b", "lora", "lora_b", 10, 2, {8, 2, 0, 0}, 0, 4, 1024, 16, 2, 4.0},
};

static const struct lrt_pool_info pools[] = {
    {"arena", LORA_STRUCTURED_ARENA_BYTES},
    {"adapters", LORA_STRUCTURED_ADAPTER_BYTES},
    {"gradients", LORA_STRUCTURED_GRADIENT_BYTES},
    {"optimizer", LORA_STRUCTURED_STATE_BYTES},
    {"scratch", LRT_MODEL_ALIGN(LORA_STRUCTURED_SCRATCH_BYTES) + LORA_STRUCTURED_THREAD_BYTES},
    {"context", sizeof(struct lora_structured)},
};

static const struct lrt_plan_info info = {
    "lora_structured", "0.1.0", "gradient structured, optimizer adamw, 4 threads at most", "structured", "adamw", 
    dims, 9, weights, 11, 38, params, 14, pools, sizeof pools / sizeof *pools,
    2880, 2880, "llama.lora:32 linear_dx", 1, 6, 20, -100, 1, 4, 2, 0.001, 6};

static const struct lrt_program program = {
    &info, LORA_STRUCTURED_MEMORY_BYTES, LORA_STRUCTURED_ARENA_BYTES, LORA_STRUCTURED_SCRATCH_BYTES,
    1088, 2176, 6, 6,
    {step_slices, 5}, {step_update, 4}, {eval_slices, 4}, {logits_slices, 3}, 
    2752, 2816, 704, 832,
    LRT_SCHEDULE_CONSTANT, 0, 0, 0.0};

int lora_structured_init(struct lora_structured *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o) {
    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);
}

void lora_structured_stop(struct lora_structured *m) {
    lrt_model_stop(m ? &m->model : NULL);
}

int lora_structured_begin(struct lora_structured *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lrt_model_begin(m ? &m->model : NULL, tokens, targets, micro_batches);
}

int lora_structured_advance(struct lora_structured *m) {
    return lrt_model_advance(m ? &m->model : NULL);
}

int lora_structured_finish(struct lora_structured *m, struct lrt_step *out) {
    return lrt_model_finish(m ? &m->model : NULL, out);
}

int lora_structured_step(struct lora_structured *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lrt_model_step(m ? &m->model : NULL, tokens, targets, micro_batches, out);
}

int lora_structured_eval(struct lora_structured *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lrt_model_eval(m ? &m->model : NULL, tokens, targets, loss_sum, counted);
}

int lora_structured_logits(struct lora_structured *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lrt_model_logits(m ? &m->model : NULL, tokens, rows, n_rows, out);
}

float *lora_structured_adapter(struct lora_structured *m, size_t *floats) {
    return lrt_model_adapter(m ? &m->model : NULL, floats);
}

float *lora_structured_gradient(struct lora_structured *m, size_t *floats) {
    return lrt_model_gradient(m ? &m->model : NULL, floats);
}

float *lora_structured_state(struct lora_structured *m, size_t *floats) {
    return lrt_model_state(m ? &m->model : NULL, floats);
}

const struct lrt_plan_info *lora_structured_plan(void) { return &info; }

/* the same for programs that drive any model */
static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,
                    const struct lrt_options *o) {
    return lora_structured_init((struct lora_structured *)m, memory, bytes, w, o);
}
static void any_stop(void *m) {
    lora_structured_stop((struct lora_structured *)m);
}
static int any_begin(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches) {
    return lora_structured_begin((struct lora_structured *)m, tokens, targets, micro_batches);
}
static int any_advance(void *m) {
    return lora_structured_advance((struct lora_structured *)m);
}
static int any_finish(void *m, struct lrt_step *out) {
    return lora_structured_finish((struct lora_structured *)m, out);
}
static int any_step(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out) {
    return lora_structured_step((struct lora_structured *)m, tokens, targets, micro_batches, out);
}
static int any_eval(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted) {
    return lora_structured_eval((struct lora_structured *)m, tokens, targets, loss_sum, counted);
}
static int any_logits(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out) {
    return lora_structured_logits((struct lora_structured *)m, tokens, rows, n_rows, out);
}
static float *any_adapter(void *m, size_t *floats) {
    return lora_structured_adapter((struct lora_structured *)m, floats);
}
static float *any_gradient(void *m, size_t *floats) {
    return lora_structured_gradient((struct lora_structured *)m, floats);
}
static float *any_state(void *m, size_t *floats) {
    return lora_structured_state((struct lora_structured *)m, floats);
}
static struct lrt *any_run(void *m) { return m ? &((struct lora_structured *)m)->model.run : NULL; }

static const struct lrt_interface interface_table = {
    sizeof(struct lora_structured), LORA_STRUCTURED_MEMORY_BYTES, lora_structured_plan, any_init, any_stop, any_begin, any_advance, any_finish, any_step, any_eval, any_logits, any_adapter, any_gradient, any_state, any_run};

const struct lrt_interface *lora_structured_interface(void) { return &interface_table; }
