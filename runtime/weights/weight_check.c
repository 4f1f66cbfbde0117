// weight_check: what a file says of its model, held against the dims and constants the program was generated with.
// Shapes alone do not show a wrong depth or number of heads, and no tensor shows a wrong epsilon.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/hf_folder.h"
#include "runtime/weights/weight_file.h"

struct gguf_rule {
    const char *dim, *key; // key after "<architecture>."
};

static const struct gguf_rule gguf_rules[] = {
    {"width", "embedding_length"},           {"depth", "block_count"},         {"heads", "attention.head_count"},
    {"kv_heads", "attention.head_count_kv"}, {"head", "attention.key_length"}, {"ff", "feed_forward_length"},
};

static bool has_rope(const struct lrt_plan_info *plan) {
    for (size_t i = 0; i < plan->n_weights; i++)
        if (plan->weights[i].rope_head > 0) return true;
    return false;
}

// The numbers that no shape shows. A file that does not say its rope.freq_base means 10000.
static int check_gguf_numbers(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                              const struct lrt_bytes *architecture, struct lrt_report *report) {
    static const char *const epsilons[] = {"attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"};
    const char *path = file->shards[0].path;
    const int length = (int)architecture->length;
    char key[128], kind[41] = "llama3";
    int status = LRT_OK;
    double value = 10000, factor = 0;
    struct lrt_bytes type;
    snprintf(key, sizeof key, "%.*s.rope.freq_base", length, architecture->bytes);
    if (lrt_gguf_number(file, key, &value) || (!lrt_gguf_has(file, key) && has_rope(plan)))
        status = lrt_file_check_const(path, key, value, plan, "rope_theta", report);
    for (size_t i = 0; i < sizeof epsilons / sizeof epsilons[0] && !status; i++) {
        snprintf(key, sizeof key, "%.*s.%s", length, architecture->bytes, epsilons[i]);
        if (lrt_gguf_number(file, key, &value))
            status = lrt_file_check_const(path, key, value, plan, "norm_eps", report);
    }
    if (status || !has_rope(plan)) return status;
    snprintf(key, sizeof key, "%.*s.rope.scaling.factor", length, architecture->bytes);
    (void)lrt_gguf_number(file, key, &factor);
    snprintf(key, sizeof key, "%.*s.rope.scaling.type", length, architecture->bytes);
    if (lrt_gguf_string(file, key, &type)) {
        snprintf(kind, sizeof kind, "%.*s", type.length < 40 ? (int)type.length : 40, type.bytes);
        return lrt_file_check_scaling(path, key, kind, factor, plan, report);
    }
    if (!lrt_weight_file_find(file, "rope_freqs.weight")) return LRT_OK;
    return lrt_file_check_scaling(path, "tensor rope_freqs.weight", kind, 0, plan, report);
}

static int check_gguf(const struct lrt_weight_file *file, const struct lrt_plan_info *plan, struct lrt_report *report) {
    struct lrt_bytes architecture;
    if (!lrt_gguf_string(file, "general.architecture", &architecture) || architecture.length > 64) return LRT_OK;
    for (size_t i = 0; i < sizeof gguf_rules / sizeof gguf_rules[0]; i++) {
        char key[128];
        snprintf(key, sizeof key, "%.*s.%s", (int)architecture.length, architecture.bytes, gguf_rules[i].key);
        int64_t value;
        if (!lrt_gguf_integer(file, key, &value)) continue; // absent, or one per layer: then the shapes tell
        for (size_t d = 0; d < plan->n_dims; d++)
            if (strcmp(plan->dims[d].name, gguf_rules[i].dim) == 0 && plan->dims[d].value != value)
                return lrt_file_fail(report, LRT_ERR_FILE,
                                     "%s: %s is %" PRId64 ", but the program was generated with %s = %" PRId64
                                     "; take the right model, or generate it with -D %s=%" PRId64,
                                     file->shards[0].path, key, value, plan->dims[d].name, plan->dims[d].value,
                                     plan->dims[d].name, value);
    }
    return check_gguf_numbers(file, plan, &architecture, report);
}

int lrt_weight_file_check(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                          struct lrt_report *report) {
    if (file->format == LRT_FORMAT_GGUF) return check_gguf(file, plan, report);
    if (!file->config) return LRT_OK;
    char path[1024];
    const char *first = file->shards[0].path, *slash = strrchr(first, '/');
    snprintf(path, sizeof path, "%.*s/config.json", slash ? (int)(slash - first) : 1, slash ? first : ".");
    return lrt_hf_check_config(file->config, path, plan, report);
}
