// Report: one plan, several forms. What is told is the graph that holds the most of the arena.
#pragma once
#include "compiler/program/program.h"
#include "compiler/cost/cost.h"
#include "compiler/plan/timeline.h"

struct report_node { // a node of the step (of the plan's graph where there is none) with all its runs
    node_id node;
    const char *op, *source;
    double runs, flops, bytes, seconds;
};

struct report_mean { // of several samples, with the standard error of that mean
    double mean, error;
};

struct report_angle {                // a method's gradients beside the exact one
    int64_t shards;                  // they are of one in so many shards of the trained tensors; 1: of all
    int64_t seeds;                   // samples
    double numbers;                  // that they cover, on average
    struct report_mean cosine, norm; // norm: over the exact one's
    // Of an estimate: what as many random directions give, and how far a mean of so many samples is from it.
    struct report_mean expected_cosine, expected_norm;
};

struct report_training { // for some seconds, from fresh adapters
    bool done;
    int64_t steps;
    double seconds, rate;
    double loss; // on what was held out; NAN: the training diverged
};

enum { REPORT_ANGLES = 3 };

struct report_measured { // of a few steps that were run
    bool done;
    double ms;                             // of the fastest step
    int64_t memory;                        // bytes: the most that the process took besides files (RssAnon)
    struct pool_size pools[PROGRAM_POOLS]; // the peak of each
    bool same;                             // of exact ones: loss and gradients are those of the first, bit for bit
    struct report_angle angles[REPORT_ANGLES];
    size_t n_angles;
    struct report_training training;
};

struct report_comparison { // what the figures of the alternatives were measured on
    bool done;
    const char *weights, *data, *eval, *unit; // eval: NULL: the end of the data; unit: "windows of 256 tokens"
    int64_t train_units, held_units;          // held_units 0: all of eval
    int64_t seconds, seeds;                   // asked for
    int64_t adapter_steps;                    // of exact training that the gradients are taken after; -1: they are not
    double loss_before;                       // on what was held out, of the base alone
};

struct report_alternative {     // the same model compiled in another way
    const char *name, *refused; // refused: why there is none; NULL otherwise
    struct pool_size pools[PROGRAM_POOLS];
    struct cost work;
    struct report_measured measured;
    bool chosen, fits; // it is the one reported; it fits the budget, when there is one
    bool tiles;        // its blocks run in tiles of rows
    bool exact;        // its gradient is no estimate
};

struct report {
    const struct program *program;
    const struct plan *plan;
    struct timeline *timeline;
    struct report_node *nodes;
    size_t n_nodes;
    struct cost work;
    // Added by compiler/compare/variants.c for the forms that tell of them.
    struct cost forward; // one forward pass of the same micro-batch
    struct report_alternative *alternatives;
    size_t n_alternatives;
    struct report_comparison comparison;
    int64_t kept_bytes;  // the outputs of all forward ops together; 0: not known
    int64_t floor_bytes; // what tiled plans hold whole, whatever the height of a tile; 0: not known
};

// NULL when the program has no graph at all.
struct report *report_make(struct arena *a, const struct program *p);
// "saved" (a stack), "forward", "backward", "tile".
enum { REPORT_CLASSES = 4 };
extern const char *const report_classes[REPORT_CLASSES];
const char *report_dtype(enum dtype t);
const char *report_class(const struct report *r, value_id v);
// What is kept when every output of the untiled forward graph stays until the end.
int64_t report_every_output(const struct graph *forward);
// The most that is alive at once in a plan besides tiles and all but one slot of stacks.
int64_t report_floor(const struct plan *p);

struct report_holder { // all instances of one value that are alive at the peak
    value_id value;
    int64_t bytes, count;
};
// The largest first, at most `most` of them; returns how many there are.
size_t report_holders(const struct report *r, struct arena *a, struct report_holder *out, size_t most);

// What would take a holder of the peak away, and what that costs a step.
struct report_remedy {
    const char *how;       // "page", "recompute", "tile", "chunk": the last two at half the height
    double seconds, flops; // more than now, estimated
    int64_t file_bytes;    // through a file, there and back
};
enum { REPORT_REMEDIES = 2 };
// Fills at most REPORT_REMEDIES; 0: the family of methods needs it whole.
size_t report_remedies(const struct report *r, const struct report_holder *h, struct report_remedy *out);

struct report_curve { // live bytes over the step, thinned out: of every `width` steps the fullest
    int64_t width;
    size_t n;
    int64_t *step;                    // [n] the fullest of its steps
    int64_t (*bytes)[REPORT_CLASSES]; // [n][class]
};
struct report_curve report_curve(const struct report *r, struct arena *a, size_t most);

// The program's curve of schedules as a table for people.
void report_pareto(const struct program *p, struct text *out);

// One function per row of targets.def.
#define TARGET(name, extension, function, compares, about)                                                             \
    void function(const struct report *r, struct arena *a, struct text *out);
#include "compiler/report/targets.def"
#undef TARGET
