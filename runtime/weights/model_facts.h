// model_facts: the dims and constants of a model that weights files know too (model_facts.def), and their values in a
// plan.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include <lorac/lrt.h>

struct dim_fact {
    const char *name, *otherwise, *gguf;
    const char *config[3]; // NULL: no more
};
struct const_fact {
    const char *name, *gguf, *config; // gguf NULL: that format has no such key
    double absent;
};
extern const struct dim_fact lrt_dim_facts[];
extern const size_t lrt_n_dim_facts;
extern const struct const_fact lrt_const_facts[];
extern const size_t lrt_n_const_facts;

// NULL: the plan has none of that name.
const struct lrt_dim_info *lrt_plan_dim(const struct lrt_plan_info *plan, const char *name);
const struct lrt_const_info *lrt_plan_const(const struct lrt_plan_info *plan, const char *name);
// Whether some weight makes values whose positions are rotated.
bool lrt_plan_has_rope(const struct lrt_plan_info *plan);
