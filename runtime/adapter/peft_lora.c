// peft_lora: the keys of LoRA in adapter_config.json: one rank and alpha, and patterns for modules with others.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/peft_config.h"
#include "runtime/adapter/peft_pattern.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

static json_t *number(double value) {
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value) : json_real(value);
}

static const struct lrt_param_info *first_lora(const struct adapter_entries *e) {
    for (size_t i = 0; i < e->n; i++)
        if (lrt_entry_leads(&e->entries[i])) return e->entries[i].param;
    return NULL;
}

static void write_keys(json_t *config, const struct adapter_entries *e, const struct lrt_plan_info *plan, bool whole) {
    (void)plan, (void)whole;
    const struct lrt_param_info *usual = first_lora(e);
    json_t *ranks = json_object(), *alphas = json_object();
    for (size_t i = 0; i < e->n; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (!lrt_entry_leads(entry)) continue;
        if (lrt_lora_rank(entry->param) != lrt_lora_rank(usual))
            json_object_set_new(ranks, entry->module, json_integer(lrt_lora_rank(entry->param)));
        if (entry->param->alpha < usual->alpha || entry->param->alpha > usual->alpha)
            json_object_set_new(alphas, entry->module, number(entry->param->alpha));
    }
    json_object_set_new(config, "r", json_integer(usual ? lrt_lora_rank(usual) : 8));
    json_object_set_new(config, "lora_alpha", number(usual ? usual->alpha : 8));
    json_object_set_new(config, "lora_dropout", json_real(0.0));
    json_object_set_new(config, "bias", json_string("none"));
    json_object_set_new(config, "use_rslora", json_false());
    json_object_set_new(config, "use_dora", json_false());
    json_object_set_new(config, "init_lora_weights", json_true());
    json_object_set_new(config, "rank_pattern", ranks);
    json_object_set_new(config, "alpha_pattern", alphas);
}

// Some initialisations of PEFT change the base model. Their adapters are right only on that changed base.
static int check_start(const json_t *config, const char *path, struct lrt_report *report) {
    const char *key = "init_lora_weights", *start = json_string_value(json_object_get(config, key));
    if (!start || strcmp(start, "gaussian") == 0 || strcmp(start, "orthogonal") == 0) return LRT_OK;
    return lrt_peft_refuse(config, path, key,
                           "a start that changes the base model, which is not in the folder; save the adapter with "
                           "save_pretrained(..., path_initial_model_for_weight_conversion=...), or take the changed "
                           "base as --weights and set the key to true",
                           report);
}

static int check_rank(const char *path, const struct adapter_entry *e, const json_t *r, bool all,
                      const struct lrt_plan_info *plan, struct lrt_report *report) {
    const int64_t own = lrt_lora_rank(e->param), rank = r ? json_integer_value(r) : 8;
    char option[64] = "";
    if ((r && !json_is_integer(r)) || rank < 1 || rank > INT32_MAX)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: the rank of %s is no whole number from 1 to %d; mend r or rank_pattern", path,
                             e->module, INT32_MAX);
    if (rank == own) return LRT_OK;
    const struct lrt_dim_info *dim = lrt_plan_dim(plan, "rank");
    if (all && dim && dim->value == own) snprintf(option, sizeof option, " (-D rank=%lld)", (long long)rank);
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: r is %lld for %s, the program was generated with rank %lld; generate it with `adapt ... "
                         "with lora(rank: %lld)` for this module%s",
                         path, (long long)rank, e->module, (long long)own, (long long)rank, option);
}

static int find_scale(const json_t *config, const char *path, const struct adapter_entry *e, const json_t *alpha,
                      double *scale, struct lrt_report *report) {
    const double rank = (double)lrt_lora_rank(e->param), value = alpha ? json_number_value(alpha) : 8;
    const bool stabilised = json_is_true(json_object_get(config, "use_rslora"));
    if (alpha && !json_is_number(alpha))
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: the alpha of %s is no number; mend lora_alpha or alpha_pattern",
                             path, e->module);
    return lrt_entry_scale(e, stabilised ? value / sqrt(rank) : value / rank, path, scale, report);
}

static int check_modules(const json_t *config, const char *path, const struct adapter_entries *e,
                         const struct lrt_plan_info *plan, const json_t **ranks, const json_t **alphas, double *scale,
                         struct lrt_report *report) {
    int status = lrt_peft_pattern_values(config, path, "rank_pattern", e, ranks, report);
    if (!status) status = lrt_peft_pattern_values(config, path, "alpha_pattern", e, alphas, report);
    const bool all = json_object_size(json_object_get(config, "rank_pattern")) == 0;
    for (size_t i = 0; i < e->n && !status; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        if (!entry->role->peft) continue;
        const json_t *r = ranks[i] ? ranks[i] : json_object_get(config, "r");
        const json_t *alpha = alphas[i] ? alphas[i] : json_object_get(config, "lora_alpha");
        status = check_rank(path, entry, r, all, plan, report);
        if (!status) status = find_scale(config, path, entry, alpha, &scale[i], report);
    }
    return status;
}

static int check_keys(const json_t *config, const char *path, const struct adapter_entries *e,
                      const struct lrt_plan_info *plan, double *scale, struct lrt_report *report) {
    const char *bias = json_string_value(json_object_get(config, "bias"));
    int status = check_start(config, path, report);
    if (!status && bias && strcmp(bias, "none") != 0)
        status = lrt_peft_refuse(config, path, "bias",
                                 "and the program adapts no biases; merge the adapter into its model (merge_and_unload "
                                 "of PEFT) and take that as --weights",
                                 report);
    const json_t **values = calloc(2 * e->n + 1, sizeof *values);
    if (!status && !values) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status) status = check_modules(config, path, e, plan, values, values + e->n, scale, report);
    free(values);
    return status;
}

const struct peft_kind lrt_peft_lora = {.type = "LORA", .layers = true, .write = write_keys, .check = check_keys};
