// Trials: candidates with their estimated times, the fastest first.
#pragma once
#include "compiler/cost/cost.h"
#include "compiler/schedule/candidates.h"

struct schedule_input;

struct trial {
    struct schedule_choice choice;
    struct cost cost; // of a step
    int64_t stacks;   // lower bound of the arena's bytes at the end of the forward pass
    size_t group;     // candidates that differ only in their head's rows share a group
    size_t index;     // index in the list of candidates
};

struct trials {
    struct trial *list; // sorted by estimated seconds, then index
    size_t count, n_groups;
};

// Only the result stays in in->arena.
struct trials trials_list(const struct schedule_input *in, const struct candidates *candidates);
