// weight_check: compares what a file says of its model with the dims and constants of the program. Shapes do not show a
// wrong depth or number of heads, and no tensor shows a wrong epsilon.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/hf_folder.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

// The numbers that no shape shows.
static int check_gguf_numbers(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                              const struct lrt_bytes *architecture, struct lrt_report *report) {
    const char *path = file->shards[0].path;
    const int length = (int)architecture->length;
    const bool rotates = lrt_plan_has_rope(plan);
    char key[128], kind[41] = "llama3";
    int status = LRT_OK;
    double factor = 0;
    struct lrt_bytes type;
    for (size_t i = 0; i < lrt_n_const_facts && !status; i++) {
        const struct const_fact *fact = &lrt_const_facts[i];
        double value = fact->absent;
        if (!fact->gguf) continue;
        snprintf(key, sizeof key, "%.*s.%s", length, architecture->bytes, fact->gguf);
        if (lrt_gguf_number(file, key, &value) || (value > 0 && rotates && !lrt_gguf_has(file, key)))
            status = lrt_file_check_const(path, key, value, plan, fact->name, report);
    }
    if (status || !rotates) return status;
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
    for (size_t i = 0; i < lrt_n_dim_facts; i++) {
        const struct lrt_dim_info *dim = lrt_plan_dim(plan, lrt_dim_facts[i].name);
        char key[128];
        int64_t value;
        snprintf(key, sizeof key, "%.*s.%s", (int)architecture.length, architecture.bytes, lrt_dim_facts[i].gguf);
        // Absent, or one per layer: then the shapes decide.
        if (!dim || !lrt_gguf_integer(file, key, &value) || value == dim->value) continue;
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: %s is %" PRId64 ", but the program was generated with %s = %" PRId64
                             "; take the right model, or generate it with -D %s=%" PRId64,
                             file->shards[0].path, key, value, dim->name, dim->value, dim->name, value);
    }
    return check_gguf_numbers(file, plan, &architecture, report);
}

int lrt_weight_file_check(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                          struct lrt_report *report) {
    if (file->format == LRT_FORMAT_GGUF) return check_gguf(file, plan, report);
    return file->config ? lrt_hf_check_config(file->config, file->config_path, plan, report) : LRT_OK;
}
