// Adapter: how a weight named in an `adapt` statement is trained. A kind says which tensors it trains and how ops see
// the weight; what linear adds for it is in the op table.
#pragma once
#include <stdbool.h>

#include "compiler/ir/graph.h"
#include "compiler/model/model.h"

struct adapter_site { // one adaptation of one weight, about to get its tensors
    struct graph *graph;
    const struct model_weight *weight;
    const struct model_adaptation *adaptation;
    domain_id domain; // of the weight's block; none outside repeated blocks
};

struct adapted {             // what uses of the weight see in the adaptation's range of instances
    value_id weight;         // in place of the frozen weight; 0: the frozen weight
    value_id lora_a, lora_b; // linear's low-rank pair; 0: none
    double lora_scale;
    bool linear_only; // a use by another op is the user's mistake (E0301)
};

struct adapter {
    const char *name;
    struct adapted (*declare)(const struct adapter_site *s); // adds the trained tensors to the graph
};

#define ADAPTER(name) extern const struct adapter adapter_##name;
#include "compiler/adapter/adapters.def"
#undef ADAPTER

const struct adapter *adapter_find(const char *name); // NULL when there is none
extern const char *const adapter_names[];             // ended by NULL

// For declare: a trained tensor of the site's instances, and its value.
value_id adapter_add_param(const struct adapter_site *s, const char *adapter, const char *role, struct shape shape);
