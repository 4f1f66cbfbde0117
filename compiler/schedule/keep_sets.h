// Keep sets: the Pareto-optimal subsets of a block's values to keep for the backward pass (bytes kept, time to
// recompute). For blocks of about a dozen candidate values they are exact, found by trying all subsets. In larger
// blocks (MOST in keep_sets.c) some values are decided together.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct arena;

struct keep_set {
    uint64_t kept;     // as schedule_choice.kept
    int64_t bytes;     // kept per block
    double seconds;    // to recompute the rest, estimated for untiled blocks
    const char *words; // "q, k, v": values kept besides the block's input; "" for none
};

struct keep_sets {
    struct keep_set *sets; // ascending bytes, descending seconds: the first keeps only the block's input
    size_t count;
};

// Finds the sets of the forward repeat loop that runs most often, in a step graph as differentiate makes it. Returns
// only the first set when no loop has a backward pass.
struct keep_sets keep_sets_find(struct arena *a, const struct graph *step);
// The sets on the lower convex hull. A mix of two neighbours over the blocks is better than any set between them.
struct keep_sets keep_sets_pareto(struct arena *a, struct keep_sets all);
