// Gradient methods, and reverse differentiation that all exact ones share. The exact methods are one computation; they
// differ in which values of the forward pass are kept and which are computed again. Forward mode and zeroth order keep
// nothing: their graphs give scalars, and the gradient is estimated as a sum of noise that is made where it is read.
#pragma once
#include <stdbool.h>

#include "compiler/ir/graph.h"

struct diagnostics;

#define KEPT_ALL UINT64_MAX // of a block: the minimal set of values that the backward pass needs

struct gradient {
    const char *name;
    const char *about; // one line for --help and reports
    bool trains;       // none: evaluation and logits only
    uint64_t kept;     // what it keeps of every block: see schedule_choice
    bool tiles;        // blocks run in tiles of rows
    bool searches;     // anything may be kept, in tiles or not: the fastest schedule that fits the budget
    // Methods that estimate: the forward graph with what gives the scalars, K tangents of them; NULL after a reported
    // mistake. No function: the gradient is exact.
    struct graph *(*estimate)(const struct graph *forward, int64_t tangents, struct diagnostics *d);
};

// All that is chosen about the schedule of a step. Every choice computes the same bits; they differ in memory and time.
struct schedule_choice {
    const struct gradient *method;
    // Which results of a block's nodes the backward pass finds in a stack, of those it needs; the others it computes
    // again. Bit k: of the k-th node of the block that is not cheap, in order; the last bit: of all from there on.
    uint64_t kept;
    int64_t split;            // 0: all blocks alike; else from the split-th iteration of all repeat loops on ..
    uint64_t kept_above;      // .. this is kept instead
    int64_t head_rows;        // rows of the head at a time
    int64_t vocabulary_chunk; // logits of a row that the loss makes at a time (fuse_nodes); 0: all of them
    int64_t tile_rows;        // rows of a block's tile; 0: blocks do not run in tiles
    int64_t forwards; // 0: the input of every block is kept; else no block runs forwards more often to get to its
                      // output (Revolve; compiler/pass/checkpoint_steps.h)
    int64_t slots;    // block inputs kept in the arena; 0: all, or the fewest that `forwards` allows, or none with
                      // `page`
    bool page;        // the other inputs of blocks are written to a file and read back
    int64_t tangents; // forward mode: directions at a time; else 0
};

#define GRADIENT(name) extern const struct gradient gradient_##name;
#include "compiler/ad/gradients.def"
#undef GRADIENT

const struct gradient *gradient_find(const char *name); // NULL when there is none
extern const char *const gradient_names[];              // ended by NULL

// The forward graph (untiled, as lower_eval gives it) followed by its backward pass: gradients of every parameter that
// the loss depends on are added to the GRAD values, which the caller zeroes before a step. The gradient is of the mean:
// the loss's rule multiplies by the context's loss_weight. NULL after a reported mistake (an op without a gradient;
// nothing to train).
struct graph *differentiate(const struct graph *forward, struct diagnostics *d);

// Forward mode (SPRY, arXiv 2405.15551): one pass that computes every value and, from the first trained tensor on, how
// it changes along each of so many directions of the trained tensors; the directions are noise.
struct graph *push_forward(const struct graph *forward, int64_t tangents, struct diagnostics *d);
// Zeroth order (MeZO, arXiv 2305.17333): the forward pass with noise on every trained tensor that the loss depends on.
struct graph *perturb(const struct graph *forward, int64_t tangents, struct diagnostics *d);

// The step before anything is chosen: differentiate, or the method's estimate with K tangents.
struct graph *gradient_unscheduled(const struct gradient *method, int64_t tangents, const struct graph *forward,
                                   struct diagnostics *d);

// The method by itself: its head 8 rows, its blocks 32 where it runs them in tiles.
struct schedule_choice gradient_choice(const struct gradient *method);

// differentiate, then the choice of what is kept, the tiled blocks and head, and stacks marked: all but the
// update phase.
struct graph *gradient_graph(const struct schedule_choice *choice, const struct graph *forward, struct diagnostics *d);
// Its two halves: kept, kept_above, split and vocabulary_chunk decide the first; head, block, forwards, slots and page
// the second.
struct graph *gradient_kept(const struct schedule_choice *choice, const struct graph *forward, struct diagnostics *d);
struct graph *gradient_tiled(const struct schedule_choice *choice, const struct graph *kept);
