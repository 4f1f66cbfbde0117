// peft_lora: the keys of LoRA in adapter_config.json: one rank and alpha, and patterns for modules with others.
#include <math.h>
#include <string.h>

#include "runtime/adapter/peft_config.h"
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

static int check_scale(const json_t *config, const char *path, const struct adapter_entry *e,
                       struct lrt_report *report) {
    const json_t *r = json_object_get(config, "r"), *alpha = json_object_get(config, "lora_alpha");
    const json_t *own = lrt_peft_pattern(json_object_get(config, "rank_pattern"), e->module);
    const int64_t own_rank = lrt_lora_rank(e->param);
    if (own) r = own;
    own = lrt_peft_pattern(json_object_get(config, "alpha_pattern"), e->module);
    if (own) alpha = own;
    double rank = json_is_number(r) ? json_number_value(r) : 8,
           scale = json_is_number(alpha) ? json_number_value(alpha) : 8;
    bool stabilised = json_is_true(json_object_get(config, "use_rslora"));
    if (rank < (double)own_rank || rank > (double)own_rank)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: r is %lld for %s, the program was generated with rank %lld; generate it with -D rank=%lld", path,
            (long long)rank, e->module, (long long)own_rank, (long long)rank);
    double has = stabilised ? scale / sqrt(rank) : scale / rank, wants = e->param->alpha / (double)own_rank;
    if (fabs(has - wants) > 1e-9 * fabs(wants))
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: %s scales by %lld/1000000 (lora_alpha over r), the program by %lld/1000000; generate it "
            "with -D alpha=%lld",
            path, e->module, (long long)llround(has * 1e6), (long long)llround(wants * 1e6),
            (long long)llround(has * rank));
    return LRT_OK;
}

static int check_keys(const json_t *config, const char *path, const struct adapter_entries *e,
                      struct lrt_report *report) {
    const char *bias = json_string_value(json_object_get(config, "bias"));
    int status = lrt_peft_refuse(config, path, "use_dora", json_is_true(json_object_get(config, "use_dora")), report);
    if (!status) status = lrt_peft_refuse(config, path, "bias", bias && strcmp(bias, "none") != 0, report);
    for (size_t i = 0; i < e->n && !status; i++)
        if (lrt_entry_leads(&e->entries[i])) status = check_scale(config, path, &e->entries[i], report);
    return status;
}

const struct peft_kind lrt_peft_lora = {.type = "LORA", .layers = true, .write = write_keys, .check = check_keys};
