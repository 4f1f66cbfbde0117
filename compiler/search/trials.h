// Trials: candidates with their estimated times, the fastest first.
#pragma once
#include "compiler/cost/cost.h"
#include "compiler/search/candidates.h"

struct model;

struct trial {
    struct schedule_choice choice;
    struct cost estimate; // of a step
    int64_t stacks;       // bytes that the arena holds at the end of the forward pass at least
    size_t group;         // of those that differ in their head's rows alone
    size_t index;         // in the list of candidates
};

struct trials {
    struct trial *list; // by estimated seconds, then index
    size_t count, n_groups;
};

// forward: untiled, as lower_eval gives it. Nothing but the result stays in the arena.
struct trials trials_estimate(struct arena *a, const struct graph *forward, const struct model *m,
                              struct diagnostics *d, const struct candidates *candidates);
// The same graph, of which passes make others in this arena.
struct graph graph_in_arena(const struct graph *g, struct arena *a);
