// Checkpoint steps: the order in which the blocks of a checkpoint schedule run forward and backward when only some of
// their inputs are kept.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct arena;

// What may be kept of a checkpoint schedule's inputs, and how often a block may run forward to get from its input to
// its output (what the backward pass of a block computes again inside it is not counted).
struct checkpoint_limits {
    int64_t slots;    // inputs in the arena; 0: the fewest that `forwards` allows
    int64_t forwards; // 0: as many as the slots ask for, the fewest that will do
    bool page;        // the other inputs go to a file: every block runs forward once
};

struct checkpoint_plan {
    const struct checkpoint_step *steps;
    size_t n_steps, n_forward_steps; // n_forward_steps: those before the end of the forward pass
    int64_t slots;                   // in use
    int64_t held;                    // of them while a block is reversed; the one more is there until the loss has been
    int64_t advances;                // block runs forward, the first pass among them
};

// `length` blocks, iterations first .. first+length-1. remade: the first block's input can be made again by itself and
// needs no slot. Exact: of all schedules that keep an input until it is used up, the one with the fewest block runs
// within the limits, by dynamic programming over (blocks, slots, runs); what is optimal is told by Griewank and Walther
// (ACM TOMS 26, 2000): C(slots + forwards, slots) blocks can be reversed, the first input counted among the slots.
// False when the limits allow none: fewer slots than the forwards need.
bool checkpoint_plan_make(struct arena *a, int64_t first, int64_t length, bool remade, struct checkpoint_limits limits,
                          struct checkpoint_plan *out);
