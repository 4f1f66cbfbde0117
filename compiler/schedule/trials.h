// Trials: candidates with their estimated times, the fastest first.
#pragma once
#include "compiler/cost/cost.h"
#include "compiler/schedule/candidates.h"

struct schedule_input;

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

// Nothing but the result stays in in->arena.
struct trials trials_estimate(const struct schedule_input *in, const struct candidates *candidates);
