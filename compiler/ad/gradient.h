// Gradient methods, and reverse differentiation that all exact ones share. The exact methods are one computation; they
// differ in which values of the forward pass are kept and which are computed again.
#pragma once
#include <stdbool.h>

#include "compiler/ir/graph.h"

struct diagnostics;

struct gradient {
    const char *name;
    const char *about; // one line for --help and reports
    bool trains;       // none: evaluation and logits only
    // Asked for the nodes of a forward loop whose results the backward loop uses: keep them in a stack? NULL: keep
    // none.
    bool (*keep)(const struct graph *g, const struct node *n);
    bool tiles; // blocks run in tiles of rows
};

struct gradient_heights { // rows at a time
    int64_t head, block;  // block: of methods that tile
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

// differentiate, then the method's choice of what is kept, the tiled blocks and head, and stacks marked: all but the
// update phase.
struct graph *gradient_graph(const struct gradient *method, const struct graph *forward,
                             struct gradient_heights heights, struct diagnostics *d);
