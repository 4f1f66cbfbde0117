// gguf_facts: a model's facts as GGUF metadata: the entries to write, and the architecture, guessed if unknown.
#pragma once
#include "runtime/weights/weight_file.h"

// "llama", "qwen2", "qwen3", "gpt2", "gemma"...: from the names of the plan's weights.
const char *lrt_gguf_guess_architecture(const struct lrt_plan_info *plan);
bool lrt_gguf_is_gemma(const char *architecture); // NULL: no
// What a GGUF of the gemma family adds to this tensor: 1 for norms, which hold 1 + w; else 0.
float lrt_gguf_norm_shift(int rank, const char *name);

enum { GGUF_ENTRIES_MAX = 32 };
struct gguf_entries { // entries with their bytes
    struct gguf_entry entry[GGUF_ENTRIES_MAX];
    char key[GGUF_ENTRIES_MAX][96];
    uint8_t scalar[GGUF_ENTRIES_MAX][8];
    size_t n;
};
void lrt_entries_integer(struct gguf_entries *e, const char *prefix, const char *key, int64_t value); // u32
void lrt_entries_float(struct gguf_entries *e, const char *prefix, const char *key, double value);    // f32
void lrt_entries_string(struct gguf_entries *e, const char *key, const char *value); // value must live on
// All that is known of the model. type: of its matrices, for general.file_type; UINT32_MAX: mixed.
void lrt_entries_model(struct gguf_entries *e, const struct lrt_plan_info *plan, const struct lrt_gguf_facts *facts,
                       uint32_t type);

// `type`, or what takes its place when rows of n elements do not fill its blocks: q4_K -> q4_1, q6_K -> q8_0, then f16.
uint32_t lrt_gguf_fitting_type(uint32_t type, int64_t n);
