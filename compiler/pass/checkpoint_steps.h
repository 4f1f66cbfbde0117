// Checkpoint steps: the order in which a checkpoint schedule runs its blocks forward and backward when it keeps only
// some block inputs.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct arena;

// Limits of a checkpoint schedule: the kept block inputs, and the forward runs of a block to get from its input to its
// output. The recomputation inside a block's backward pass does not count.
struct checkpoint_limits {
    int64_t slots;    // block inputs in the arena; 0: the fewest that `forwards` allows
    int64_t forwards; // 0: the fewest that the slots allow
    bool page;        // the other inputs go to a file: every block runs forward once
};

struct checkpoint_plan {
    const struct checkpoint_step *steps;
    size_t n_steps, n_forward_steps; // n_forward_steps: the steps before the end of the forward pass
    int64_t slots;                   // slots in use
    int64_t live_snapshots;          // slots in use while a block is reversed; the extra one is free after the loss
    int64_t advances;                // forward runs of blocks, including the first pass
};

// Schedules `length` blocks, iterations first .. first+length-1. remade: the first block's input can be recomputed
// alone and needs no slot. The result runs the fewest blocks forward within the limits, among schedules that keep an
// input until its last use. Griewank and Walther (ACM TOMS 26, 2000) give the optimum: C(slots + forwards, slots)
// blocks can be reversed, counting the first input as a slot. Returns false when no schedule meets the limits, or when
// the shortest takes more than CHECKPOINT_ADVANCES_MAX forward runs: a generated program lists them all.
enum { CHECKPOINT_ADVANCES_MAX = 1000000 };
bool checkpoint_plan_make(struct arena *a, int64_t first, int64_t length, bool remade, struct checkpoint_limits limits,
                          struct checkpoint_plan *out);
