// weight_check: compares what a GGUF says of its model with the program. Shapes do not show a wrong depth or number of
// heads, and no tensor shows a wrong epsilon.
#include <stdio.h>
#include <string.h>

#include "runtime/weights/hf_folder.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

static int check_scaling(const struct lrt_weight_file *file, const char *architecture, const struct lrt_plan_info *plan,
                         struct lrt_report *report) {
    struct rope_said said;
    lrt_said_in_gguf(&said.kind, file, architecture, "rope.scaling.type");
    lrt_said_in_gguf(&said.factor, file, architecture, "rope.scaling.factor");
    said.low = said.high = said.original = (struct fact_said){.kind = SAID_NOTHING};
    if (said.kind.kind == SAID_NOTHING && lrt_weight_file_find(file, "rope_freqs.weight")) {
        said.kind.kind = SAID_TEXT; // the factors of llama3, one by one
        snprintf(said.kind.key, sizeof said.kind.key, "tensor rope_freqs.weight");
        snprintf(said.kind.shown, sizeof said.kind.shown, "llama3");
    }
    return lrt_check_scaling(&said, plan, report);
}

static int check_facts(const struct lrt_weight_file *file, const char *architecture, const struct lrt_plan_info *plan,
                       struct lrt_report *report) {
    struct fact_said said;
    int status = LRT_OK;
    for (size_t i = 0; i < lrt_n_dim_facts && !status; i++) {
        lrt_said_in_gguf(&said, file, architecture, lrt_dim_facts[i].gguf);
        status = lrt_check_dim(&said, &lrt_dim_facts[i], plan, report);
    }
    for (size_t i = 0; i < lrt_n_const_facts && !status; i++) {
        if (!lrt_const_facts[i].gguf) continue;
        lrt_said_in_gguf(&said, file, architecture, lrt_const_facts[i].gguf);
        status = lrt_check_const(&said, &lrt_const_facts[i], true, plan, report);
    }
    for (size_t i = 0; i < lrt_n_model_facts && !status; i++) {
        if (!lrt_model_facts[i].gguf) continue;
        lrt_said_in_gguf(&said, file, architecture, lrt_model_facts[i].gguf);
        status = lrt_check_fact(&said, &lrt_model_facts[i], plan, report);
    }
    return status ? status : check_scaling(file, architecture, plan, report);
}

// No check reads keys of another architecture than the file's.
static int check_prefix(const struct lrt_weight_file *file, const char *architecture, struct lrt_report *report) {
    static const char end[] = ".block_count";
    const size_t own = strlen(architecture);
    for (size_t i = 0; i < file->n_entries; i++) {
        const struct gguf_entry *e = &file->entries[i];
        if (e->key_length < sizeof end - 1 ||
            memcmp(e->key + e->key_length - (sizeof end - 1), end, sizeof end - 1) != 0)
            continue;
        if (e->key_length == own + sizeof end - 1 && memcmp(e->key, architecture, own) == 0) continue;
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: %.*s is a key of another architecture than general.architecture (%s); convert the "
                             "model again",
                             file->shards[0].path, e->key_length < 100 ? (int)e->key_length : 100, e->key,
                             architecture);
    }
    return LRT_OK;
}

static int check_gguf(const struct lrt_weight_file *file, const struct lrt_plan_info *plan, struct lrt_report *report) {
    const char *architecture = lrt_weight_file_architecture(file);
    struct lrt_bytes said = {.length = 0};
    if (!architecture || !lrt_model_of_gguf(architecture)) {
        const bool has = lrt_gguf_string(file, "general.architecture", &said);
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: general.architecture is %.*s, and lorac does not know what such a model computes; take "
            "a GGUF of llama, qwen2, qwen3, gemma or granite, or the safetensors",
            file->shards[0].path, has ? said.length < 60 ? (int)said.length : 60 : 6, has ? said.bytes : "absent");
    }
    int status = check_prefix(file, architecture, report);
    // Norms of a gemma GGUF include the added 1; binding subtracts it where the program adds it.
    if (!status) status = lrt_check_family(file->shards[0].path, "general.architecture", architecture, plan, report);
    if (!status) status = lrt_check_implied_activation(file, architecture, plan, report);
    return status ? status : check_facts(file, architecture, plan, report);
}

int lrt_weight_file_check(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                          struct lrt_report *report) {
    if (file->format == LRT_FORMAT_GGUF) return check_gguf(file, plan, report);
    return file->config ? lrt_hf_check_config(file->config, file->config_path, plan, report) : LRT_OK;
}
