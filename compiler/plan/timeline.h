// Timeline: the plan of a graph told step by step with all loops unrolled: every instance of every value with its own
// life and place. What reports show and anyone can check: disjointness, and the bound from the values alone.
#pragma once
#include "compiler/plan/plan.h"

struct moment { // a value's instance
    value_id value;
    int64_t slot;          // of a stack; -1 otherwise
    int64_t iteration;     // of a stack or a snapshot: whose instance it is; -1 otherwise
    int64_t birth, death;  // unrolled steps, half-open
    int64_t offset, bytes; // bytes: what it takes, a multiple of PLAN_ALIGNMENT
    int64_t in_place_of;   // index of a moment; -1
};

struct timeline_step {
    uint32_t node;     // 0: a snapshot is made or restored
    int64_t iteration; // of the innermost repeat loop around the node; -1: it stands in none
    size_t reads_end;  // in timeline.reads, from the end of the step before
};

struct timeline {
    const struct plan *plan;
    struct moment *moments;
    size_t n_moments, c_moments;
    int64_t n_steps; // unrolled: every node of every iteration and every iteration of a tile loop
    uint32_t *nodes; // [n_steps] the node of each step
    size_t c_steps;
    struct timeline_step *steps; // [n_steps]
    size_t *reads;               // moments read, step by step
    size_t n_reads, c_reads, c_run;
    struct plan_peak bound; // of the moments; a place handed over counts once
    size_t *certificate;    // moments whose bytes add up to the bound at its step
    size_t n_certificate;
};

struct timeline *timeline_make(struct arena *a, const struct plan *p);
