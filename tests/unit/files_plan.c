// files_plan: see the header. Weights in the order of a llama, all with the names that both kinds of file use.
#include "tests/unit/files_plan.h"

#include <string.h>

static uint32_t plan_weight(struct small_plan *p, uint32_t index, uint32_t slot, const char *name, const char *gguf,
                            const char *hf, int64_t out, int64_t in, int64_t instances, int64_t rope_head) {
    p->weights[index] = (struct lrt_weight_info){.name = name,
                                                 .gguf = gguf,
                                                 .hf = hf,
                                                 .rank = out ? 2 : 1,
                                                 .shape = {out ? out : in, out ? in : 0},
                                                 .first = 0,
                                                 .instances = instances,
                                                 .first_slot = slot,
                                                 .slot_stride = 1,
                                                 .rope_head = rope_head,
                                                 .initial = out ? LRT_INITIAL_NORMAL : LRT_INITIAL_ONES};
    return slot + (uint32_t)instances;
}

void plan_build(struct small_plan *p, struct small_dims d) {
    memset(p, 0, sizeof *p);
    const struct lrt_dim_info dims[7] = {{"vocab", d.vocab}, {"width", d.width}, {"depth", d.depth},
                                         {"heads", d.heads}, {"head", d.head},   {"kv_heads", d.kv_heads},
                                         {"ff", d.ff}};
    memcpy(p->dims, dims, sizeof dims);
    int64_t q = d.heads * d.head, kv = d.kv_heads * d.head, n = d.depth;
    uint32_t s =
        plan_weight(p, 0, 0, "embed", "token_embd.weight", "model.embed_tokens.weight", d.vocab, d.width, 1, 0);
    s = plan_weight(p, 1, s, "out_norm", "output_norm.weight", "model.norm.weight", 0, d.width, 1, 0);
    s = plan_weight(p, 2, s, "layer.attn_norm", "blk.{i}.attn_norm.weight", "model.layers.{i}.input_layernorm.weight",
                    0, d.width, n, 0);
    s = plan_weight(p, 3, s, "layer.wq", "blk.{i}.attn_q.weight", "model.layers.{i}.self_attn.q_proj.weight", q,
                    d.width, n, d.head);
    s = plan_weight(p, 4, s, "layer.wk", "blk.{i}.attn_k.weight", "model.layers.{i}.self_attn.k_proj.weight", kv,
                    d.width, n, d.head);
    s = plan_weight(p, 5, s, "layer.wv", "blk.{i}.attn_v.weight", "model.layers.{i}.self_attn.v_proj.weight", kv,
                    d.width, n, 0);
    s = plan_weight(p, 6, s, "layer.wo", "blk.{i}.attn_output.weight", "model.layers.{i}.self_attn.o_proj.weight",
                    d.width, q, n, 0);
    s = plan_weight(p, 7, s, "layer.ffn_norm", "blk.{i}.ffn_norm.weight",
                    "model.layers.{i}.post_attention_layernorm.weight", 0, d.width, n, 0);
    s = plan_weight(p, 8, s, "layer.w_gate", "blk.{i}.ffn_gate.weight", "model.layers.{i}.mlp.gate_proj.weight", d.ff,
                    d.width, n, 0);
    s = plan_weight(p, 9, s, "layer.w_up", "blk.{i}.ffn_up.weight", "model.layers.{i}.mlp.up_proj.weight", d.ff,
                    d.width, n, 0);
    s = plan_weight(p, 10, s, "layer.w_down", "blk.{i}.ffn_down.weight", "model.layers.{i}.mlp.down_proj.weight",
                    d.width, d.ff, n, 0);
    p->plan = (struct lrt_plan_info){.model = "small",
                                     .version = "0",
                                     .dims = p->dims,
                                     .n_dims = 7,
                                     .weights = p->weights,
                                     .n_weights = PLAN_WEIGHTS,
                                     .n_slots = s,
                                     .params = p->params};
}

int64_t plan_lora(struct small_plan *p, uint32_t weight, const char *name_a, const char *name_b, int64_t first,
                  int64_t count, int64_t rank, double alpha, int64_t offset) {
    const struct lrt_weight_info *w = &p->weights[weight];
    struct lrt_param_info a = {.name = name_a,
                               .role = LRT_ROLE_LORA_A,
                               .weight = weight,
                               .rank = 2,
                               .shape = {rank, w->shape[1]},
                               .first = first,
                               .instances = count,
                               .offset = offset,
                               .stride = rank * w->shape[1],
                               .alpha = alpha};
    struct lrt_param_info b = a;
    b.name = name_b;
    b.role = LRT_ROLE_LORA_B;
    b.shape[0] = w->shape[0];
    b.shape[1] = rank;
    b.offset = offset + count * a.stride;
    b.stride = w->shape[0] * rank;
    p->params[p->plan.n_params++] = a;
    p->params[p->plan.n_params++] = b;
    return b.offset + count * b.stride;
}

int64_t plan_full(struct small_plan *p, uint32_t weight, const char *name, int64_t first, int64_t count,
                  int64_t offset) {
    const struct lrt_weight_info *w = &p->weights[weight];
    int64_t n = w->rank == 2 ? w->shape[0] * w->shape[1] : w->shape[0];
    p->params[p->plan.n_params++] = (struct lrt_param_info){.name = name,
                                                            .role = LRT_ROLE_FULL,
                                                            .weight = weight,
                                                            .rank = w->rank,
                                                            .shape = {w->shape[0], w->shape[1]},
                                                            .first = first,
                                                            .instances = count,
                                                            .offset = offset,
                                                            .stride = n};
    return offset + count * n;
}

const struct small_dims stories_dims = {
    .vocab = 512, .width = 64, .depth = 5, .heads = 8, .kv_heads = 4, .head = 8, .ff = 172};
