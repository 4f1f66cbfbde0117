// gguf_facts: see the header. Keys are those of the GGUF specification's standardised list.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runtime/formats/blocks.h"
#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_names.h"

enum { U32 = 4, F32 = 6, STRING = 8 };

static bool has_name(const struct lrt_plan_info *plan, const char *text) {
    for (size_t i = 0; i < plan->n_weights; i++)
        if (plan->weights[i].gguf && strstr(plan->weights[i].gguf, text)) return true;
    return false;
}

const char *lrt_gguf_guess_architecture(const struct lrt_plan_info *plan) {
    bool q_norm = has_name(plan, "attn_q_norm"),
         post_norm = has_name(plan, "post_ffw_norm") || has_name(plan, "post_attention_norm");
    if (post_norm) return q_norm ? "gemma3" : "gemma2";
    if (q_norm) return "qwen3";
    if (has_name(plan, "cls") || has_name(plan, "token_types")) return "bert";
    if (has_name(plan, "position_embd")) return "gpt2";
    if (has_name(plan, "attn_q.bias")) return has_name(plan, "ffn_gate") ? "qwen2" : "phi2";
    if (has_name(plan, "attn_qkv")) return has_name(plan, "attn_qkv.bias") ? "phi2" : "phi3";
    return "llama";
}

bool lrt_gguf_is_gemma(const char *architecture) { return architecture && strncmp(architecture, "gemma", 5) == 0; }

float lrt_gguf_norm_shift(int rank, const char *name) {
    return rank == 1 && lrt_name_ends(name, "norm.weight") ? 1.0f : 0.0f;
}

static void from_config(struct lrt_weight_file *file) {
    const char *type = json_string_value(json_object_get(file->config, "model_type"));
    const struct known_model *model = type ? lrt_model_of_config(type) : NULL;
    if (model) snprintf(file->architecture, sizeof file->architecture, "%s", model->gguf);
}

void lrt_file_find_architecture(struct lrt_weight_file *file) {
    struct lrt_bytes s;
    if (file->format == LRT_FORMAT_GGUF && lrt_gguf_string(file, "general.architecture", &s) &&
        s.length < sizeof file->architecture && !memchr(s.bytes, '\0', s.length)) {
        memcpy(file->architecture, s.bytes, s.length);
        file->architecture[s.length] = '\0';
    }
    if (file->config) from_config(file);
}

const char *lrt_weight_file_architecture(const struct lrt_weight_file *file) {
    return file->architecture[0] ? file->architecture : NULL;
}

static struct gguf_entry *new_entry(struct gguf_entries *e, const char *prefix, const char *key, uint32_t type) {
    struct gguf_entry *entry = &e->entry[e->n];
    int length = snprintf(e->key[e->n], sizeof e->key[0], "%s%s%s", prefix, prefix[0] ? "." : "", key);
    *entry = (struct gguf_entry){.key = e->key[e->n],
                                 .key_length = (size_t)length,
                                 .type = type,
                                 .count = 1,
                                 .data = e->scalar[e->n],
                                 .bytes = 4};
    e->n++;
    return entry;
}

void lrt_entries_integer(struct gguf_entries *e, const char *prefix, const char *key, int64_t value) {
    uint32_t u32 = (uint32_t)value;
    new_entry(e, prefix, key, U32);
    memcpy(e->scalar[e->n - 1], &u32, sizeof u32);
}

void lrt_entries_float(struct gguf_entries *e, const char *prefix, const char *key, double value) {
    float f32 = (float)value;
    new_entry(e, prefix, key, F32);
    memcpy(e->scalar[e->n - 1], &f32, sizeof f32);
}

void lrt_entries_string(struct gguf_entries *e, const char *key, const char *value) {
    struct gguf_entry *entry = new_entry(e, "", key, STRING);
    entry->data = (const uint8_t *)value;
    entry->count = entry->bytes = strlen(value);
}

// A number of llama.cpp's list of file types.
static int64_t file_type_number(uint32_t type) {
    enum { GUESSED = 1024 }; // by the reader
    const struct lrt_block block = lrt_type_block(type);
    return block.elements ? block.file_type : GUESSED;
}

static void add_dim(struct gguf_entries *e, const char *architecture, const char *key, const struct lrt_dim_info *dim) {
    if (dim && dim->value > 0 && dim->value <= UINT32_MAX) lrt_entries_integer(e, architecture, key, dim->value);
}

// `said` unless that is 0, else the plan's constant, else `otherwise`.
static double number(double said, const struct lrt_plan_info *plan, const char *name, double otherwise) {
    const struct lrt_const_info *known = lrt_plan_const(plan, name);
    return said > 0 ? said : known && known->value > 0 ? known->value : otherwise;
}

static void add_numbers(struct gguf_entries *e, const char *architecture, const struct lrt_plan_info *plan,
                        const struct lrt_gguf_facts *facts) {
    const struct lrt_dim_info *head = lrt_plan_dim(plan, "head");
    for (size_t i = 0; i < lrt_n_dim_facts; i++) {
        const struct dim_fact *fact = &lrt_dim_facts[i];
        const struct lrt_dim_info *dim = lrt_plan_dim(plan, fact->name);
        if (!dim && fact->otherwise) dim = lrt_plan_dim(plan, fact->otherwise);
        add_dim(e, architecture, fact->gguf, dim);
    }
    add_dim(e, architecture, "attention.value_length", head);
    if (has_name(plan, "norm.")) // else the model has no norm that its number is of
        lrt_entries_float(e, architecture,
                          has_name(plan, "norm.bias") ? "attention.layer_norm_epsilon"
                                                      : "attention.layer_norm_rms_epsilon",
                          number(facts->norm_epsilon, plan, "norm_eps", 1e-5));
    if (!lrt_plan_has_rope(plan) && !lrt_plan_const(plan, "rope_theta")) return;
    add_dim(e, architecture, "rope.dimension_count", head);
    lrt_entries_float(e, architecture, "rope.freq_base", number(facts->rope_theta, plan, "rope_theta", 10000));
}

void lrt_entries_model(struct gguf_entries *e, const struct lrt_plan_info *plan, const struct lrt_gguf_facts *facts,
                       uint32_t type) {
    static const struct lrt_gguf_facts nothing;
    if (!facts) facts = &nothing;
    const char *architecture = facts->architecture ? facts->architecture : lrt_gguf_guess_architecture(plan);
    const struct lrt_dim_info *seq = lrt_plan_dim(plan, "seq");
    const int64_t context = facts->context ? facts->context : seq ? seq->value : 0;
    lrt_entries_string(e, "general.architecture", architecture);
    lrt_entries_string(e, "general.type", "model");
    if (!facts->architecture) lrt_entries_integer(e, "", LRT_DESCRIBED_KEY, 1);
    lrt_entries_string(e, "general.name", facts->name ? facts->name : plan->model ? plan->model : "model");
    lrt_entries_integer(e, "", "general.file_type", file_type_number(type));
    lrt_entries_integer(e, "", "general.quantization_version", 2);
    if (context > 0) lrt_entries_integer(e, architecture, "context_length", context);
    add_numbers(e, architecture, plan, facts);
}

uint32_t lrt_gguf_fitting_type(uint32_t type, int64_t n) {
    const struct lrt_block block = lrt_type_block(type);
    if (block.elements == 0 || n % (int64_t)block.elements == 0) return type;
    return lrt_gguf_fitting_type(block.otherwise, n);
}
