// Timeline: a plan with all loops unrolled. Every instance of every value gets its own life and offset. Reports show
// it, and anyone can check it: no overlaps, and the bound from the values alone.
#pragma once
#include "compiler/plan/plan.h"

struct lifetime { // one instance of a value
    value_id value;
    int64_t slot;          // slot of a stack; -1: none
    int64_t iteration;     // the iteration whose stack slot or snapshot it is; -1: neither
    int64_t birth, death;  // node runs, half-open
    int64_t offset, bytes; // bytes: its size, a multiple of PLAN_ALIGNMENT
    int64_t in_place_of;   // index of the lifetime whose place it reuses; -1
};

struct node_run {
    uint32_t node;     // 0: a snapshot is taken or restored
    int64_t iteration; // iteration of the innermost repeat loop around the node; -1: none
    size_t reads_end;  // end of its range in timeline.reads; it begins at the previous run's
};

struct timeline {
    const struct plan *plan;
    struct lifetime *lifetimes;
    size_t n_lifetimes, c_lifetimes;
    int64_t n_runs;  // every node in every iteration, tile loops included
    uint32_t *nodes; // [n_runs] the node of each run
    size_t c_nodes;
    struct node_run *runs; // [n_runs]
    size_t *reads;         // lifetimes read, run by run
    size_t n_reads, c_reads, c_runs;
    struct plan_peak bound; // bound of the lifetimes; a reused place counts once
    size_t *certificate;    // lifetimes whose bytes add up to the bound at bound.at
    size_t n_certificate;
};

struct timeline *timeline_make(struct arena *a, const struct plan *p);
