// model_facts: see the header.
#include "runtime/weights/model_facts.h"

#include <math.h>
#include <string.h>

const struct known_model lrt_known_models[] = {
#define MODEL(config, gguf, interleaved) {config, gguf, interleaved},
#include "runtime/weights/model_facts.def"
};
const size_t lrt_n_known_models = sizeof lrt_known_models / sizeof lrt_known_models[0];

const struct dim_fact lrt_dim_facts[] = {
#define DIM(name, otherwise, gguf, op, attribute, ...) {name, otherwise, gguf, op, attribute, {__VA_ARGS__}},
#include "runtime/weights/model_facts.def"
};
const size_t lrt_n_dim_facts = sizeof lrt_dim_facts / sizeof lrt_dim_facts[0];

const struct const_fact lrt_const_facts[] = {
#define CONST(name, gguf, config, absent) {name, gguf, config, absent},
#include "runtime/weights/model_facts.def"
};
const size_t lrt_n_const_facts = sizeof lrt_const_facts / sizeof lrt_const_facts[0];

const struct model_fact lrt_model_facts[] = {
#define FACT(config, gguf, rule, op, attribute) {config, gguf, FACT_##rule, op, attribute},
#include "runtime/weights/model_facts.def"
};
const size_t lrt_n_model_facts = sizeof lrt_model_facts / sizeof lrt_model_facts[0];

const struct implied_fact lrt_implied_facts[] = {
#define IMPLIED(config, key, value) {config, key, value},
#include "runtime/weights/model_facts.def"
};
const size_t lrt_n_implied_facts = sizeof lrt_implied_facts / sizeof lrt_implied_facts[0];

const struct model_fact *lrt_fact_of_config(const char *key) {
    for (size_t i = 0; i < lrt_n_model_facts; i++)
        if (lrt_model_facts[i].config && strcmp(lrt_model_facts[i].config, key) == 0) return &lrt_model_facts[i];
    return NULL;
}

// Keys alone: of config.json, of GGUF.
static const char *const known_keys[][2] = {
#define DIM(name, otherwise, gguf, op, attribute, a, b, c) {a, gguf}, {b, NULL}, {c, NULL},
#define CONST(name, gguf, config, absent) {config, gguf},
#define FACT(config, gguf, ...) {config, gguf},
#define IGNORED(config, gguf) {config, gguf},
#include "runtime/weights/model_facts.def"
};

bool lrt_key_is_known(const char *key, size_t length, bool gguf) {
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++) {
        const char *known = known_keys[i][gguf];
        if (known && strlen(known) == length && memcmp(known, key, length) == 0) return true;
    }
    return false;
}

const struct known_model *lrt_model_of_config(const char *model_type) {
    for (size_t i = 0; i < lrt_n_known_models; i++)
        if (strcmp(lrt_known_models[i].config, model_type) == 0) return &lrt_known_models[i];
    return NULL;
}

const struct known_model *lrt_model_of_gguf(const char *architecture) {
    for (size_t i = 0; i < lrt_n_known_models; i++)
        if (strcmp(lrt_known_models[i].gguf, architecture) == 0) return &lrt_known_models[i];
    return NULL;
}

bool lrt_gguf_interleaves(const char *architecture) {
    const struct known_model *model = architecture ? lrt_model_of_gguf(architecture) : NULL;
    return model && model->interleaved;
}

const struct lrt_dim_info *lrt_plan_dim(const struct lrt_plan_info *plan, const char *name) {
    for (size_t i = 0; i < plan->n_dims; i++)
        if (strcmp(plan->dims[i].name, name) == 0) return &plan->dims[i];
    return NULL;
}

const struct lrt_const_info *lrt_plan_const(const struct lrt_plan_info *plan, const char *name) {
    for (size_t i = 0; i < plan->n_consts; i++)
        if (strcmp(plan->consts[i].name, name) == 0) return &plan->consts[i];
    return NULL;
}

bool lrt_plan_has_rope(const struct lrt_plan_info *plan) {
    for (size_t i = 0; i < plan->n_weights; i++)
        if (plan->weights[i].rope_head > 0) return true;
    return false;
}

bool lrt_plan_computes(const struct lrt_plan_info *plan, const char *op, const char *attribute, double value) {
    for (size_t i = 0; i < plan->n_ops; i++) {
        const struct lrt_op_info *has = &plan->ops[i];
        if (strcmp(has->op, op) != 0 || strcmp(has->attribute, attribute) != 0) continue;
        if (!*attribute || fabs(has->value - value) <= 1e-4 * fabs(has->value)) return true;
    }
    return false;
}

int64_t lrt_plan_layers(const struct lrt_plan_info *plan) {
    int64_t layers = 0;
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        const bool numbered = (w->hf && strstr(w->hf, "{i}")) || (w->gguf && strstr(w->gguf, "{i}"));
        if (numbered && w->first + w->instances > layers) layers = w->first + w->instances;
    }
    return layers;
}
