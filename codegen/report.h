// Report: one plan, several forms. What is told is the graph that holds the most of the arena.
#pragma once
#include "codegen/program.h"
#include "compiler/plan/timeline.h"

struct report_node { // a node of the step (of the plan's graph where there is none) with all its runs
    node_id node;
    const char *op, *source;
    double runs, flops, bytes, seconds;
};

struct report {
    const struct program *program;
    const struct plan *plan;
    struct timeline *timeline;
    struct report_node *nodes;
    size_t n_nodes;
    double flops, bytes, seconds;
};

// NULL when the program has no graph at all.
struct report *report_make(struct arena *a, const struct program *p);
// "saved" (a stack), "tile", "backward", "forward".
const char *report_class(const struct report *r, value_id v);

struct report_holder { // all instances of one value that are alive at the peak
    value_id value;
    int64_t bytes, count;
};
// The largest first, at most `most` of them; returns how many there are.
size_t report_holders(const struct report *r, struct arena *a, struct report_holder *out, size_t most);

// One function per row of targets.def.
#define TARGET(name, extension, function, about)                                                                       \
    void function(const struct report *r, struct arena *a, struct text *out);
#include "codegen/targets.def"
#undef TARGET
