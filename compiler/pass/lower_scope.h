// Lower scope: what the parts of lowering share: the names in force, the block being lowered and its range of
// instances.
#pragma once
#include "compiler/adapter/adapter.h"
#include "compiler/base/diag.h"
#include "compiler/op/op.h"
#include "compiler/pass/lower.h"

struct binding {
    const char *name;
    value_id value;
};

struct lowered { // an expression's meaning: a tensor, or a number (of every iteration, where it depends on the index)
    bool ok, is_number;
    value_id value;
    double number;
    const double *table;
};

struct lowering {
    const struct model *model;
    struct graph *graph;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct binding *bindings; // inner ones last
    size_t n_bindings, c_bindings;
    size_t first_binding; // of the block being lowered; the top level's are those before n_top
    size_t n_top;
    int32_t block;                      // being lowered; -1: the top level
    const struct model_block *repeated; // the block with `for` around; NULL: none
    domain_id domain;                   // of it
    int64_t from, to;                   // its instances in the loop being built
    domain_id *domains;                 // [model.n_blocks]
    value_id *weights;                  // [model.n_weights] frozen
    struct adapted *adapted;            // [model.n_adaptations]
    int depth;                          // of block calls: a block that calls itself ends here
    const char *returned_name;          // of the value that the block being lowered returns
};

struct lowered lower_expr(struct lowering *l, const struct expr *e, const char *name);
struct lowered lower_call(struct lowering *l, const struct expr *e, const char *name);
struct lowered lower_block_call(struct lowering *l, const struct expr *e, int block, const char *name);
// The weight as ops see it in the present range of instances.
value_id lower_weight(struct lowering *l, uint32_t weight);
// What adapts the weight there; NULL: nothing.
const struct adapted *lower_adapted(struct lowering *l, uint32_t weight);
