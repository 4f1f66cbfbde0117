// peft_targets: which modules PEFT adapts by a configuration. PEFT ignores tensors of other modules. Such a tensor is
// refused here, because PEFT and the program would compute different things.
#include <string.h>

#include "runtime/adapter/peft_config.h"
#include "runtime/adapter/peft_pattern.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

bool lrt_peft_ends(const char *module, const char *end) {
    size_t length = strlen(module), n = strlen(end);
    return lrt_name_ends(module, end) && (length == n || module[length - n - 1] == '.');
}

bool lrt_peft_finds(const json_t *list, const char *module) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *end = json_string_value(json_array_get(list, i));
        if (end && lrt_peft_ends(module, end)) return true;
    }
    return false;
}

static int refuse(const struct adapter_entry *e, const char *path, const char *key, const char *how,
                  struct lrt_report *report) {
    return lrt_file_fail(
        report, LRT_ERR_FILE,
        "%s: %s %s %s, which the program adapts and the folder has a tensor of: PEFT would ignore that "
        "tensor; mend the key if it is wrong, or generate the program without this module",
        path, key, how, e->module);
}

// wanted: the modules must be found (target_modules); else they must not be (exclude_modules).
static int check_modules(const json_t *config, const char *path, const char *key, bool wanted,
                         const struct adapter_entries *e, struct lrt_report *report) {
    const json_t *value = json_object_get(config, key);
    const char *text = json_string_value(value);
    struct peft_pattern *pattern = NULL;
    if (!value || json_is_null(value) || (text && strcmp(text, "all-linear") == 0)) return LRT_OK;
    if (!text && !json_is_array(value))
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: %s is neither a list of names nor a pattern", path, key);
    if (text && !(pattern = lrt_peft_compile(text, PEFT_WHOLE, path, key, report))) return LRT_ERR_FILE;
    int status = LRT_OK;
    for (size_t i = 0; i < e->n && !status; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (!lrt_entry_leads(entry)) continue;
        const bool found =
            pattern ? lrt_peft_matches(pattern, entry->module) == 1 : lrt_peft_finds(value, entry->module);
        if (found != wanted) status = refuse(entry, path, key, wanted ? "does not name" : "names", report);
    }
    lrt_peft_pattern_free(pattern);
    return status;
}

static bool has_number(const json_t *layers, int64_t number) {
    if (json_is_integer(layers)) return json_integer_value(layers) == number;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (json_integer_value(json_array_get(layers, i)) == number) return true;
    return false;
}

static int check_layers(const json_t *config, const char *path, const struct adapter_entries *e,
                        struct lrt_report *report) {
    const char *key = "layers_to_transform";
    const json_t *layers = json_object_get(config, key);
    if (!layers || json_is_null(layers) || (json_is_array(layers) && json_array_size(layers) == 0)) return LRT_OK;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (!json_is_integer(json_array_get(layers, i))) layers = NULL;
    if (!json_is_array(layers) && !json_is_integer(layers))
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: %s is neither a number nor a list of numbers", path, key);
    for (size_t i = 0; i < e->n; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (lrt_entry_leads(entry) && strstr(entry->weight->hf, "{i}") && !has_number(layers, entry->instance))
            return refuse(entry, path, key, "leaves out the layer of", report);
    }
    return LRT_OK;
}

int lrt_peft_check_targets(const json_t *config, const char *path, const struct adapter_entries *e,
                           struct lrt_report *report) {
    int status = check_modules(config, path, "target_modules", true, e, report);
    if (!status) status = check_modules(config, path, "exclude_modules", false, e, report);
    return status ? status : check_layers(config, path, e, report);
}
