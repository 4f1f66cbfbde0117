// Adapter: how a weight named in an `adapt` statement is trained. A kind declares its trained tensors, and rewrites the
// calls that use the weight: it emits nodes of its own in place of `linear(x, W, bias)`. Nobody else knows what these
// are. Kinds and tensors have their rows in lorac/lrt_adapters.def.
#pragma once
#include <stdbool.h>

#include <lorac/lrt_adapter.h>
#include "compiler/ir/graph.h"
#include "compiler/model/model.h"
#include "compiler/op/expand.h"

struct adapter_site { // one adaptation of one weight, about to get its tensors
    struct graph *graph;
    const struct model_weight *weight;
    const struct model_adaptation *adaptation;
    uint32_t index;   // of the adaptation in the model's
    domain_id domain; // of the weight's block; none outside repeated blocks
};

enum { ADAPTER_TENSORS_MAX = 2 };

struct adapted {                   // an adaptation with its tensors in the graph
    const struct adapter *adapter; // NULL: not declared yet
    const struct model_adaptation *adaptation;
    value_id tensors[ADAPTER_TENSORS_MAX]; // as `declare` gives them
};

struct adapter {
    void (*declare)(const struct adapter_site *s, struct adapted *a); // adds the trained tensors to the graph
    // Emits the nodes of a call of linear that multiplies with the weight; false after a reported mistake. NULL: the
    // first tensor stands in the weight's place, whatever reads it (lrt_adapter_info.on_linear is 0).
    bool (*rewrite)(const struct adapted *a, struct expand *call);
};

// Warns of adapted weights that the loss of a forward graph does not depend on.
void adapter_report_unused(const struct model *m, const struct graph *g, struct arena *a, struct diagnostics *d);

struct adapted adapter_declare(struct graph *g, const struct model *m, uint32_t adaptation, domain_id domain);

// For declare: a trained tensor of the site's instances, and its value.
value_id adapter_add_tensor(const struct adapter_site *s, enum lrt_role role, struct shape shape);
double adapter_option(const struct model_adaptation *a, const char *name); // a number given or by default; 0: none
// For rewrite: whether x has as many columns as the weight. When not, the plain linear reports it.
bool adapter_input_fits(const struct expand *call);
