// adapter_entries: the trained tensors of a plan, one entry an instance, with what other tools call their module.
#pragma once
#include <stdbool.h>

#include <lorac/lrt_files.h>

enum { ADAPTER_NAME_BYTES = 512 };

struct adapter_entry {
    const struct lrt_param_info *param;
    const struct lrt_weight_info *weight;
    const struct lrt_role_row *role;
    int64_t instance; // the layer
    int64_t offset;   // in the pool, in floats
    int64_t floats;
    int64_t rope_head;               // > 0: rows are those of q or k
    bool embedding;                  // PEFT stores adapters of embeddings transposed
    char hf[ADAPTER_NAME_BYTES];     // "model.layers.3.self_attn.q_proj.weight"
    char module[ADAPTER_NAME_BYTES]; // the same without ".weight" or ".bias"
    char gguf[ADAPTER_NAME_BYTES];   // "blk.3.attn_q.weight"
};

struct adapter_entries {
    struct adapter_entry *entries;
    size_t n, n_gguf; // n_gguf: those that files of llama.cpp and MLX hold
};

// need_hf / need_gguf: weights without such a name are an error. Freed by entries_free, also after a failure.
int lrt_entries_collect(struct adapter_entries *e, const struct lrt_plan_info *plan, bool need_hf, bool need_gguf,
                        struct lrt_report *report);
void lrt_entries_free(struct adapter_entries *e);
// Of either tensor of a pair: A [rank, in], B [out, rank].
static inline int64_t lrt_lora_rank(const struct lrt_param_info *p) {
    return p->shape[p->role == LRT_ROLE_LORA_A ? 0 : 1];
}
// One of the adapted module: neither trained itself nor the second tensor of a pair.
static inline bool lrt_entry_leads(const struct adapter_entry *e) { return e->role->peft && !e->role->second; }
// The first adapter tensor that files of llama.cpp and MLX cannot hold; NULL: none.
const struct adapter_entry *lrt_entries_without_gguf(const struct adapter_entries *e);
// Name under which PEFT stores the tensor, "base_model.model." included.
void lrt_entry_peft_name(const struct adapter_entry *e, char *name, size_t size);
// The tensor to be written, without name: F32, rows in `order`.
struct lrt_named_tensor lrt_entry_tensor(const struct adapter_entry *e, const float *values, int order);
// Fills a tensor to be written as PEFT stores it; it keeps its name.
void lrt_entry_fill(const struct adapter_entry *e, const struct lrt_adapter_source *from, struct lrt_named_tensor *t);
// How a file has a tensor, beside its entry's PEFT shape.
struct adapter_reading {
    int order;       // brings the file's rows into the pool's
    bool transposed; // MLX stores all of them transposed
    bool plain;      // no shape of PEFT's own: files of llama.cpp and MLX
    double scale;    // of the values
};
// Reads a tensor back into `values` (the pool): the one place where an adapter's numbers arrive.
int lrt_entry_read(const struct adapter_entry *e, const struct lrt_file_tensor *t, const char *path,
                   struct adapter_reading how, float *values, struct lrt_report *report);
// What the second tensor of a pair must be multiplied with, where a file scales B A x by `has` and the program by
// alpha / rank; 1 for others.
int lrt_entry_scale(const struct adapter_entry *e, double has, const char *path, double *scale,
                    struct lrt_report *report);
