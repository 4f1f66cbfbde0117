// Lower scope: state shared by the lowering files: the names in scope, the current block and its range of instances.
#pragma once
#include "compiler/adapter/adapter.h"
#include "compiler/base/diag.h"
#include "compiler/op/op.h"
#include "compiler/pass/lower.h"

struct binding {
    const char *name;
    value_id value;
};

struct lowered { // a tensor, or a number (one per iteration when it depends on the index)
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
    struct binding *bindings; // inner scopes last
    size_t n_bindings, c_bindings;
    size_t first_binding; // start of the current block's names; the top level's names come before n_top
    size_t n_top;
    int32_t block;                      // the block being lowered; -1: the top level
    const struct model_block *repeated; // the enclosing block with `for`; NULL: none
    domain_id domain;                   // of it
    int64_t from, to;                   // the instances of `for` in the loop being built
    domain_id *domains;                 // [model.n_blocks]
    value_id *weights;                  // [model.n_weights] frozen
    struct adapted *adapted;            // [model.n_adaptations]
    int depth;                          // depth of block calls
    const char *returned_name;          // name of the value that the current block returns
};

struct lowered lower_expr(struct lowering *l, const struct expr *e, const char *name);
struct lowered lower_call(struct lowering *l, const struct expr *e, const char *name);
struct lowered lower_block_call(struct lowering *l, const struct expr *e, int block, const char *name);
// The weight as ops see it for the current range of instances.
value_id lower_weight(struct lowering *l, uint32_t weight);
// The adaptation of the weight there; NULL: none.
const struct adapted *lower_adapted(struct lowering *l, uint32_t weight);
