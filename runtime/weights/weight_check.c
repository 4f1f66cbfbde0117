// weight_check: what a file says of its model, held against the dims the program was generated with. Shapes alone do
// not show a wrong depth or number of heads.
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
    return LRT_OK;
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
