// Keep sets: what of a block's values to keep for the backward pass. Of all subsets those are listed than which no
// other one keeps as few bytes and computes as little again; found exactly, by trying them all, for a block of a dozen
// values that the backward pass could need. Of one with more (MOST in keep_sets.c) some are decided together.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct arena;

struct keep_set {
    uint64_t kept;     // as schedule_choice.kept
    int64_t bytes;     // kept of one block
    double seconds;    // to compute the rest again, estimated for blocks that do not run in tiles
    const char *words; // "q, k, v": what is kept beside the block's input; "" for nothing
};

struct keep_sets {
    struct keep_set *sets; // rising bytes, falling seconds: the first keeps nothing but the block's input
    size_t count;
};

// Of the forward repeat loop that runs most often, in a step graph as differentiate makes it. No sets but the first
// where no loop has a backward pass.
struct keep_sets keep_sets_find(struct arena *a, const struct graph *step);
// Those on the lower convex pareto: between two of them, keeping one in some blocks and the other in the rest is better
// than any set between.
struct keep_sets keep_sets_pareto(struct arena *a, struct keep_sets all);
