// Report: one plan in several formats. The plan shown is that of the graph with the largest arena.
#pragma once
#include "compiler/program/program.h"
#include "compiler/cost/cost.h"
#include "compiler/plan/timeline.h"

struct report_node { // a node of the step (of the plan's graph if there is none), with all its runs
    node_id node;
    const char *op, *source;
    double runs, flops, bytes, seconds;
};

struct report_mean { // the mean of several samples, with its standard error
    double mean, error;
};

struct report_angle {                // a method's gradients compared with the exact one
    int64_t shards;                  // each covers one of this many shards of the trained tensors; 1: all
    int64_t seeds;                   // samples
    double numbers;                  // numbers compared, on average
    struct report_mean cosine, norm; // norm: relative to the exact one's
    // For an estimate: the values expected of that many random directions, and the error of a mean over that many
    // samples.
    struct report_mean expected_cosine, expected_norm;
};

struct report_training { // training for some seconds, from fresh adapters
    bool done;
    int64_t steps;
    double seconds, rate;
    double loss; // on what was held out; NAN: the training diverged
};

enum { REPORT_ANGLES = 3 };

struct report_measured { // measurements of a few steps
    bool done;
    double ms;                             // of the fastest step
    int64_t memory;                        // bytes: peak memory of the process without files (RssAnon)
    struct pool_size pools[PROGRAM_POOLS]; // the peak of each
    bool same;                             // for exact gradients: loss and gradients equal the first one's, bit for bit
    struct report_angle angles[REPORT_ANGLES];
    size_t n_angles;
    struct report_training training;
};

struct report_comparison { // the setup of the alternatives' measurements
    bool done;
    const char *weights, *data, *eval, *unit; // eval: NULL: the end of the data; unit: "windows of 256 tokens"
    int64_t train_units, held_units;          // held_units 0: all of eval
    int64_t seconds, seeds;                   // asked for
    int64_t adapter_steps; // exact training steps before gradients are taken; -1: gradients are not taken
    double loss_before;    // on held-out data, of the base model alone
};

struct report_alternative {     // the same model compiled in another way
    const char *name, *refused; // refused: why it has no program; NULL: it has one
    struct pool_size pools[PROGRAM_POOLS];
    struct cost work;
    struct report_measured measured;
    bool chosen, fits; // it is the one reported; it fits the budget, if there is one
    bool tiles;        // its blocks run in tiles of rows
    bool exact;        // its gradient is not an estimate
};

struct report {
    const struct program *program;
    const struct plan *plan;
    struct timeline *timeline;
    struct report_node *nodes;
    size_t n_nodes;
    struct cost work;
    // Added by compiler/compare/variants.c for the formats that show them.
    struct cost forward; // one forward pass of the same micro-batch
    struct report_alternative *alternatives;
    size_t n_alternatives;
    struct report_comparison comparison;
    int64_t kept_bytes;  // outputs of all forward ops together; 0: unknown
    int64_t floor_bytes; // what tiled plans hold whole at any tile height; 0: unknown
};

// NULL when the program has no graph at all.
struct report *report_make(struct arena *a, const struct program *p);
// "saved" (a stack), "forward", "backward", "tile".
enum { REPORT_CLASSES = 4 };
extern const char *const report_classes[REPORT_CLASSES];
const char *report_dtype(enum dtype t);
const char *report_class(const struct report *r, value_id v);
// Bytes kept when every output of the untiled forward graph stays until the end.
int64_t report_every_output(const struct graph *forward);
// Peak bytes of a plan without the values of tile loops, counting one slot of each stack.
int64_t report_floor(const struct plan *p);

struct report_holder { // a value's instances that are alive at the peak
    value_id value;
    int64_t bytes, count;
};
// Lists at most `most` holders, the largest first; returns their number.
size_t report_holders(const struct report *r, struct arena *a, struct report_holder *out, size_t most);

// A way to remove a holder from the peak, and its cost per step.
struct report_remedy {
    const char *how;       // "page", "recompute", "tile", "chunk"; the last two halve the height
    double seconds, flops; // estimated increase
    int64_t file_bytes;    // written to and read from a file
};
enum { REPORT_REMEDIES = 2 };
// Fills at most REPORT_REMEDIES; 0: the methods need this value whole.
size_t report_remedies(const struct report *r, const struct report_holder *h, struct report_remedy *out);

struct report_curve { // live bytes over the step, sampled: the peak of every `width` steps
    int64_t width;
    size_t n;
    int64_t *step;                    // [n] the step of the peak
    int64_t (*bytes)[REPORT_CLASSES]; // [n][class]
};
struct report_curve report_curve(const struct report *r, struct arena *a, size_t most);

// Prints the program's curve of schedules as a text table.
void report_pareto(const struct program *p, struct text *out);

// One function per row of targets.def.
#define TARGET(name, extension, function, compares, about)                                                             \
    void function(const struct report *r, struct arena *a, struct text *out);
#include "compiler/report/targets.def"
#undef TARGET
