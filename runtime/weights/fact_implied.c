// fact_implied: what a file means without saying it: transformers' default for its model_type, or the activation of its
// architecture.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

static void said_by_default(struct fact_said *said, const struct implied_fact *implied, const char *path,
                            const char *prefix) {
    json_t *value = json_loads(implied->value, JSON_DECODE_ANY, NULL),
           *object = json_pack("{s:o}", implied->key, value);
    lrt_said_in_config(said, path, object, prefix, implied->key);
    json_decref(object);
}

int lrt_check_implied(const char *path, const json_t *config, const char *prefix, const char *model_type,
                      const struct lrt_plan_info *plan, struct lrt_report *report) {
    int status = LRT_OK;
    for (size_t i = 0; i < lrt_n_implied_facts && !status; i++) {
        const struct implied_fact *implied = &lrt_implied_facts[i];
        const json_t *value = json_object_get(config, implied->key);
        const bool activation = strcmp(implied->key, "hidden_activation") == 0; // null means the default, too
        if (strcmp(implied->config, model_type) != 0 || (value && !(activation && json_is_null(value)))) continue;
        struct fact_said said;
        said_by_default(&said, implied, path, prefix);
        snprintf(said.key, sizeof said.key, "%s%s, which it does not say, of a %s", prefix, implied->key, model_type);
        status = lrt_check_fact(&said, lrt_fact_of_config(implied->key), plan, report);
    }
    return status;
}

int lrt_check_implied_activation(const struct lrt_weight_file *file, const char *architecture,
                                 const struct lrt_plan_info *plan, struct lrt_report *report) {
    if (lrt_gguf_has(file, LRT_DESCRIBED_KEY)) return LRT_OK;
    for (size_t i = 0; i < lrt_n_implied_facts; i++) {
        const struct implied_fact *implied = &lrt_implied_facts[i];
        const struct model_fact *fact = lrt_fact_of_config(implied->key);
        if (fact->rule != FACT_ACTIVATION || strcmp(lrt_model_of_config(implied->config)->gguf, architecture) != 0)
            continue;
        struct fact_said said;
        said_by_default(&said, implied, file->shards[0].path, "");
        snprintf(said.key, sizeof said.key, "the activation of general.architecture %s", architecture);
        return lrt_check_fact(&said, fact, plan, report);
    }
    return LRT_OK;
}
