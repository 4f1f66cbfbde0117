// peft_config: see the header. PEFT finds modules by the ends of their names, so this writes the shortest end that no
// frozen module shares. Where no list of ends describes the adapter (ranges that differ), it writes whole names.
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/adapter_note.h"
#include "runtime/adapter/peft_config.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

// "self_attn.q_proj" of "model.layers.3.self_attn.q_proj", words = 2; NULL when it has fewer words.
static const char *last_words(const char *module, int words) {
    const char *at = module + strlen(module);
    for (; words > 0 && at > module; at--)
        if (at[-1] == '.' && --words == 0) return at;
    return words <= 1 && at == module ? module : NULL;
}

static bool has_role(const struct lrt_plan_info *plan, size_t weight, enum lrt_role role) {
    for (size_t i = 0; i < plan->n_params; i++)
        if (plan->params[i].weight == weight && plan->params[i].role == role) return true;
    return false;
}

// True when some matrix without such a tensor would be found by this end too.
static bool finds_others(const struct lrt_plan_info *plan, enum lrt_role role, const char *end) {
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        if (!w->hf || w->rank != 2 || has_role(plan, i, role) || !lrt_name_ends(w->hf, ".weight")) continue;
        char module[ADAPTER_NAME_BYTES];
        lrt_name_expand(module, sizeof module, w->hf, w->first);
        module[strlen(module) - 7] = '\0';
        if (lrt_peft_ends(module, end)) return true;
    }
    return false;
}

static bool in_layers(const struct adapter_entry *e) { return strstr(e->weight->hf, "{i}") != NULL; }

static bool adapted(const struct adapter_entries *e, const struct lrt_weight_info *w, int64_t instance) {
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].weight == w && e->entries[i].instance == instance && lrt_entry_leads(&e->entries[i]))
            return true;
    return false;
}

// 0: every adapted weight is adapted in all its layers. 1: all are adapted in the same layers, which
// layers_to_transform can list. 2: neither.
static int layer_choice(const struct adapter_entries *e) {
    int choice = 0;
    const struct lrt_weight_info *first = NULL;
    for (size_t i = 0; i < e->n; i++)
        if (lrt_entry_leads(&e->entries[i]))
            for (int64_t k = 0; k < e->entries[i].weight->instances; k++)
                if (!adapted(e, e->entries[i].weight, e->entries[i].weight->first + k)) choice = 1;
    for (size_t i = 0; i < e->n && choice; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (!lrt_entry_leads(entry)) continue;
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

json_t *lrt_peft_modules(const struct adapter_entries *e, const struct lrt_plan_info *plan, enum lrt_role role,
                         bool whole) {
    json_t *list = json_array();
    for (size_t i = 0; i < e->n; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        const char *end = NULL;
        if (entry->param->role != role) continue;
        for (int words = 1; !whole && (end = last_words(entry->module, words)) && finds_others(plan, role, end);
             words++) {
        }
        add_once(list, end ? end : entry->module);
    }
    return list;
}

// All modules that are adapted.
static json_t *target_modules(const struct adapter_entries *e, const struct lrt_plan_info *plan, bool whole) {
    json_t *list = json_array();
    for (size_t i = 0; i < e->n; i++) {
        if (!lrt_entry_leads(&e->entries[i])) continue;
        json_t *own = lrt_peft_modules(e, plan, e->entries[i].param->role, whole);
        for (size_t k = 0; k < json_array_size(own); k++) add_once(list, json_string_value(json_array_get(own, k)));
        json_decref(own);
    }
    return list;
}

static json_t *layers_to_transform(const struct adapter_entries *e, int choice) {
    if (choice != 1) return json_null();
    json_t *list = json_array();
    const struct lrt_weight_info *w = NULL;
    for (size_t i = 0; i < e->n && !w; i++)
        if (lrt_entry_leads(&e->entries[i])) w = e->entries[i].weight;
    for (int64_t k = 0; w && k < w->instances; k++)
        if (adapted(e, w, w->first + k)) json_array_append_new(list, json_integer(w->first + k));
    return list;
}

static json_t *modules_to_save(const struct adapter_entries *e) {
    json_t *list = json_array();
    for (size_t i = 0; i < e->n; i++)
        if (!e->entries[i].role->peft) add_once(list, e->entries[i].module);
    if (json_array_size(list)) return list;
    json_decref(list);
    return json_null();
}

static bool classifies(const struct lrt_plan_info *plan) {
    for (size_t i = 0; i < plan->n_weights; i++)
        if (plan->weights[i].hf &&
            (strncmp(plan->weights[i].hf, "classifier.", 11) == 0 || strcmp(plan->weights[i].hf, "score.weight") == 0))
            return true;
    return false;
}

// ---- kinds ----

static const struct peft_kind *const kinds[LRT_ADAPTERS] = {
#define PEFT_KIND(KIND, name) [LRT_ADAPTER_##KIND] = &lrt_peft_##name,
#include "runtime/adapter/peft_kinds.def"
#undef PEFT_KIND
};

// The kind of the entries. Tensors trained themselves do not count, since any kind's folder holds them; without others
// the kind is LoRA. LRT_ADAPTERS: there are several kinds, or the kind has no folder.
static enum lrt_adapter kind_of(const struct adapter_entries *e, const char *path, struct lrt_report *report) {
    enum lrt_adapter kind = LRT_ADAPTERS;
    for (size_t i = 0; i < e->n; i++) {
        const struct lrt_role_row *role = e->entries[i].role;
        if (!role->peft) continue;
        if (kind != LRT_ADAPTERS && kind != role->adapter) {
            lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: a folder of PEFT holds one kind of adapter, not %s and %s",
                          path, lrt_adapter_info(kind)->name, lrt_adapter_info(role->adapter)->name);
            return LRT_ADAPTERS;
        }
        kind = role->adapter;
    }
    return kind == LRT_ADAPTERS ? LRT_ADAPTER_LORA : kind;
}

int lrt_peft_config_text(const struct adapter_entries *e, const struct lrt_adapter_source *from, char **text,
                         struct lrt_report *report) {
    const enum lrt_adapter adapter = kind_of(e, "adapter_config.json", report);
    if (adapter == LRT_ADAPTERS) return LRT_ERR_ARGUMENT;
    const struct peft_kind *kind = kinds[adapter];
    const int choice = layer_choice(e);
    const bool whole = choice > (kind->layers ? 1 : 0);
    bool conv1d = false;
    for (size_t i = 0; i < e->n; i++)
        conv1d = conv1d || (lrt_entry_leads(&e->entries[i]) && lrt_name_is_conv1d(e->entries[i].hf));
    json_t *config = json_pack("{s:s, s:s, s:s, s:o, s:b, s:o, s:b}", "peft_type", kind->type, "task_type",
                               classifies(from->plan) ? "SEQ_CLS" : "CAUSAL_LM", "base_model_name_or_path",
                               from->base_name ? from->base_name : from->plan->model, "target_modules",
                               target_modules(e, from->plan, whole), "fan_in_fan_out", conv1d, "modules_to_save",
                               modules_to_save(e), "inference_mode", 1);
    if (config && kind->layers) {
        json_object_set_new(config, "layers_to_transform", layers_to_transform(e, choice));
        json_object_set_new(config, "layers_pattern", json_null());
    }
    if (config) kind->write(config, e, from->plan, whole);
    *text = config ? json_dumps(config, JSON_INDENT(2)) : NULL;
    json_decref(config);
    return *text ? LRT_OK
                 : lrt_file_fail(report, LRT_ERR_MEMORY, "adapter_config.json: out of memory, or a name is not UTF-8");
}

// ---- reading ----

enum rule { RULE_CHECKED, RULE_HARMLESS, RULE_DEFAULT };
struct key_rule {
    const char *name;
    enum rule rule;
};
static const struct key_rule rules[] = {
#define PEFT_KEY(name, rule) {name, RULE_##rule},
#include "runtime/adapter/peft_keys.def"
#undef PEFT_KEY
};

static const struct key_rule *rule_of(const char *key) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].name, key) == 0) return &rules[i];
    return NULL;
}

static bool says_nothing(const json_t *value) {
    const char *text = json_string_value(value);
    return json_is_null(value) || json_is_false(value) || (text && !*text) ||
           (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

int lrt_peft_refuse(const json_t *config, const char *path, const char *key, const char *why,
                    struct lrt_report *report) {
    char *shown = json_dumps(json_object_get(config, key), JSON_ENCODE_ANY | JSON_COMPACT);
    lrt_file_fail(report, LRT_ERR_FILE, "%s: %.100s is %.100s, %s", path, key, shown ? shown : "absent", why);
    free(shown);
    return LRT_ERR_FILE;
}

static int check_keys(const json_t *config, const char *path, struct lrt_report *report) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)config, key, value) {
        const struct key_rule *known = rule_of(key);
        if (says_nothing(value) || (known && known->rule != RULE_DEFAULT)) continue;
        return lrt_peft_refuse(config, path, key,
                               known ? "which the program does not compute; merge the adapter into its model "
                                       "(merge_and_unload of PEFT) and take that as --weights"
                                     : "a key that lorac does not know and that may change the result; remove it if "
                                       "the adapter does without it",
                               report);
    }
    return LRT_OK;
}

int lrt_peft_config_check(const json_t *config, const char *path, const struct adapter_entries *e,
                          const struct lrt_plan_info *plan, double *scale, struct lrt_report *report) {
    const enum lrt_adapter adapter = kind_of(e, path, report);
    for (size_t i = 0; i < e->n; i++) scale[i] = 1;
    if (adapter == LRT_ADAPTERS) return LRT_ERR_ARGUMENT;
    const char *type = json_string_value(json_object_get(config, "peft_type"));
    if (!type || strcmp(type, kinds[adapter]->type) != 0)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: peft_type is %.40s, the model's adapter is %s; generate the program with the "
                             "adapter's `adapt`",
                             path, type ? type : "absent", lrt_adapter_info(adapter)->name);
    int status = check_keys(config, path, report);
    if (!status) status = lrt_peft_check_targets(config, path, e, report);
    return status ? status : kinds[adapter]->check(config, path, e, plan, scale, report);
}

void lrt_peft_config_note(const json_t *config, const char *path, const struct adapter_entries *e,
                          const struct lrt_plan_info *plan, const double *scale, struct lrt_report *report) {
    lrt_note_base(path, json_string_value(json_object_get(config, "base_model_name_or_path")), plan, report);
    lrt_note_scale(path, e, scale, report);
    if (json_number_value(json_object_get(config, "lora_dropout")) > 0)
        lrt_note(report, "%s: lora_dropout is ignored: the program trains without", path);
}
