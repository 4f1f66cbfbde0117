// model_facts: see the header.
#include "runtime/weights/model_facts.h"

#include <string.h>

const struct dim_fact lrt_dim_facts[] = {
#define DIM(name, otherwise, gguf, ...) {name, otherwise, gguf, {__VA_ARGS__}},
#define CONST(name, gguf, config, absent)
#include "runtime/weights/model_facts.def"
#undef DIM
#undef CONST
};
const size_t lrt_n_dim_facts = sizeof lrt_dim_facts / sizeof lrt_dim_facts[0];

const struct const_fact lrt_const_facts[] = {
#define DIM(name, otherwise, gguf, ...)
#define CONST(name, gguf, config, absent) {name, gguf, config, absent},
#include "runtime/weights/model_facts.def"
#undef DIM
#undef CONST
};
const size_t lrt_n_const_facts = sizeof lrt_const_facts / sizeof lrt_const_facts[0];

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
