// peft_config: see the header. PEFT finds modules by the ends of their names, so the shortest end that no frozen module
// shares is written; where no such list describes the adapter (ranges that differ), whole names are.
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/peft_config.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

// "self_attn.q_proj" of "model.layers.3.self_attn.q_proj", parts = 2; NULL when it has fewer parts.
static const char *last_parts(const char *module, int parts) {
    const char *at = module + strlen(module);
    for (; parts > 0 && at > module; at--)
        if (at[-1] == '.' && --parts == 0) return at;
    return parts <= 1 && at == module ? module : NULL;
}

static bool ends_with_parts(const char *module, const char *end) {
    size_t length = strlen(module), n = strlen(end);
    return lrt_name_ends(module, end) && (length == n || module[length - n - 1] == '.');
}

static bool has_lora(const struct lrt_plan_info *plan, size_t weight) {
    for (size_t i = 0; i < plan->n_params; i++)
        if (plan->params[i].weight == weight && strcmp(plan->params[i].role, "full") != 0) return true;
    return false;
}

// True when some matrix without LoRA would be found by this end too.
static bool finds_others(const struct lrt_plan_info *plan, const char *end) {
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        if (!w->hf || w->rank != 2 || has_lora(plan, i) || !lrt_name_ends(w->hf, ".weight")) continue;
        char module[ADAPTER_NAME_BYTES];
        lrt_name_expand(module, sizeof module, w->hf, w->first);
        module[strlen(module) - 7] = '\0';
        if (ends_with_parts(module, end)) return true;
    }
    return false;
}

static bool in_layers(const struct adapter_entry *e) { return strstr(e->weight->hf, "{i}") != NULL; }

static bool adapted(const struct adapter_entries *e, const struct lrt_weight_info *w, int64_t instance) {
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].weight == w && e->entries[i].instance == instance && e->entries[i].role == ROLE_LORA_A)
            return true;
    return false;
}

// 0: every adapted weight is adapted in all its layers. 1: in the same ones, which layers_to_transform can say. 2:
// neither.
static int layer_choice(const struct adapter_entries *e) {
    int choice = 0;
    const struct lrt_weight_info *first = NULL;
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].role == ROLE_LORA_A)
            for (int64_t k = 0; k < e->entries[i].weight->instances; k++)
                if (!adapted(e, e->entries[i].weight, e->entries[i].weight->first + k)) choice = 1;
    for (size_t i = 0; i < e->n && choice; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (entry->role != ROLE_LORA_A) continue;
        if (!first) first = entry->weight;
        if (!in_layers(entry) || entry->weight->first != first->first || entry->weight->instances != first->instances)
            return 2;
        for (int64_t k = 0; k < first->instances; k++)
            if (adapted(e, first, first->first + k) != adapted(e, entry->weight, first->first + k)) return 2;
    }
    return choice;
}

static void add_once(json_t *list, const char *word) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), word) == 0) return;
    json_array_append_new(list, json_string(word));
}

static json_t *target_modules(const struct adapter_entries *e, const struct lrt_plan_info *plan, bool whole) {
    json_t *list = json_array();
    for (size_t i = 0; i < e->n; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (entry->role != ROLE_LORA_A) continue;
        const char *end = NULL;
        for (int parts = 1; !whole && (end = last_parts(entry->module, parts)) && finds_others(plan, end); parts++) {
        }
        add_once(list, end ? end : entry->module);
    }
    return list;
}

static json_t *layers_to_transform(const struct adapter_entries *e, int choice) {
    if (choice != 1) return json_null();
    json_t *list = json_array();
    const struct lrt_weight_info *w = NULL;
    for (size_t i = 0; i < e->n && !w; i++)
        if (e->entries[i].role == ROLE_LORA_A) w = e->entries[i].weight;
    for (int64_t k = 0; w && k < w->instances; k++)
        if (adapted(e, w, w->first + k)) json_array_append_new(list, json_integer(w->first + k));
    return list;
}

static json_t *modules_to_save(const struct adapter_entries *e) {
    json_t *list = json_array();
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].role == ROLE_FULL) add_once(list, e->entries[i].module);
    if (json_array_size(list)) return list;
    json_decref(list);
    return json_null();
}

static json_t *number(double value) {
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value) : json_real(value);
}

static const struct lrt_param_info *first_lora(const struct adapter_entries *e) {
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].role == ROLE_LORA_A) return e->entries[i].param;
    return NULL;
}

static void add_patterns(const struct adapter_entries *e, const struct lrt_param_info *usual, json_t *ranks,
                         json_t *alphas) {
    for (size_t i = 0; i < e->n; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (entry->role != ROLE_LORA_A) continue;
        if (entry->param->lora_rank != usual->lora_rank)
            json_object_set_new(ranks, entry->module, json_integer(entry->param->lora_rank));
        if (entry->param->lora_alpha < usual->lora_alpha || entry->param->lora_alpha > usual->lora_alpha)
            json_object_set_new(alphas, entry->module, number(entry->param->lora_alpha));
    }
}

static bool classifies(const struct lrt_plan_info *plan) {
    for (size_t i = 0; i < plan->n_weights; i++)
        if (plan->weights[i].hf &&
            (strncmp(plan->weights[i].hf, "classifier.", 11) == 0 || strcmp(plan->weights[i].hf, "score.weight") == 0))
            return true;
    return false;
}

char *lrt_peft_config_text(const struct adapter_entries *e, const struct lrt_adapter_source *from,
                           struct lrt_report *report) {
    int choice = layer_choice(e);
    bool turned = false;
    const struct lrt_param_info *usual = first_lora(e);
    json_t *ranks = json_object(), *alphas = json_object();
    if (usual) add_patterns(e, usual, ranks, alphas);
    for (size_t i = 0; i < e->n; i++)
        turned = turned || (e->entries[i].role == ROLE_LORA_A && lrt_name_is_conv1d(e->entries[i].hf));
    json_t *config =
        json_pack("{s:s, s:s, s:s, s:I, s:o, s:f, s:o, s:s, s:b, s:b, s:b, s:o, s:b, s:b, s:o, s:n, s:o, s:o}",
                  "peft_type", "LORA", "task_type", classifies(from->plan) ? "SEQ_CLS" : "CAUSAL_LM",
                  "base_model_name_or_path", from->base_name ? from->base_name : from->plan->model, "r",
                  (json_int_t)(usual ? usual->lora_rank : 8), "lora_alpha", number(usual ? usual->lora_alpha : 8),
                  "lora_dropout", 0.0, "target_modules", target_modules(e, from->plan, choice == 2), "bias", "none",
                  "fan_in_fan_out", turned, "use_rslora", 0, "use_dora", 0, "modules_to_save", modules_to_save(e),
                  "inference_mode", 1, "init_lora_weights", 1, "layers_to_transform", layers_to_transform(e, choice),
                  "layers_pattern", "rank_pattern", ranks, "alpha_pattern", alphas);
    char *text = config ? json_dumps(config, JSON_INDENT(2)) : NULL;
    json_decref(config);
    if (!text) lrt_file_fail(report, LRT_ERR_MEMORY, "adapter_config.json: out of memory, or a name is not UTF-8");
    return text;
}

// ---- reading ----

// The value of a pattern for a module: an exact key, or one that is the end of its name.
static const json_t *pattern_value(const json_t *pattern, const char *module) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)pattern, key, value) if (ends_with_parts(module, key)) return value;
    return NULL;
}

static int refuse(const json_t *config, const char *path, const char *key, bool bad, struct lrt_report *report) {
    if (!bad) return LRT_OK;
    char *shown = json_dumps(json_object_get(config, key), JSON_ENCODE_ANY | JSON_COMPACT);
    lrt_file_fail(report, LRT_ERR_FILE, "%s: %s is %.100s, which lorac does not support; plain LoRA adapters are read",
                  path, key, shown ? shown : "absent");
    free(shown);
    return LRT_ERR_FILE;
}

static int check_scale(const json_t *config, const char *path, const struct adapter_entry *e,
                       struct lrt_report *report) {
    const json_t *r = json_object_get(config, "r"), *alpha = json_object_get(config, "lora_alpha");
    const json_t *own = pattern_value(json_object_get(config, "rank_pattern"), e->module);
    if (own) r = own;
    own = pattern_value(json_object_get(config, "alpha_pattern"), e->module);
    if (own) alpha = own;
    double rank = json_is_number(r) ? json_number_value(r) : 8,
           scale = json_is_number(alpha) ? json_number_value(alpha) : 8;
    bool stabilised = json_is_true(json_object_get(config, "use_rslora"));
    if (rank < (double)e->param->lora_rank || rank > (double)e->param->lora_rank)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: r is %lld for %s, the program was generated with rank %lld; generate it with -D rank=%lld", path,
            (long long)rank, e->module, (long long)e->param->lora_rank, (long long)rank);
    double has = stabilised ? scale / sqrt(rank) : scale / rank,
           wants = e->param->lora_alpha / (double)e->param->lora_rank;
    if (fabs(has - wants) > 1e-9 * fabs(wants))
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: %s scales by %lld/1000000 (lora_alpha over r), the program by %lld/1000000; generate it "
            "with -D alpha=%lld",
            path, e->module, (long long)llround(has * 1e6), (long long)llround(wants * 1e6),
            (long long)llround(has * rank));
    return LRT_OK;
}

int lrt_peft_config_check(const char *text, const char *path, const struct adapter_entries *e,
                          struct lrt_report *report) {
    json_error_t error;
    json_t *config = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(config)) {
        json_decref(config);
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: not a valid adapter_config.json: %s", path,
                             config ? "no object" : error.text);
    }
    const char *kind = json_string_value(json_object_get(config, "peft_type")),
               *bias = json_string_value(json_object_get(config, "bias"));
    int status = refuse(config, path, "peft_type", !kind || strcmp(kind, "LORA") != 0, report);
    if (!status) status = refuse(config, path, "use_dora", json_is_true(json_object_get(config, "use_dora")), report);
    if (!status) status = refuse(config, path, "bias", bias && strcmp(bias, "none") != 0, report);
    for (size_t i = 0; i < e->n && !status; i++)
        if (e->entries[i].role == ROLE_LORA_A) status = check_scale(config, path, &e->entries[i], report);
    json_decref(config);
    return status;
}
