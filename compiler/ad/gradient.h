// Gradient: the table of methods, and reverse mode, which all exact methods share. Exact methods compute the same
// gradient; they differ in which forward values they keep and which they recompute. Forward mode and zeroth order keep
// nothing. Their graphs return scalars, and the gradient is estimated as a sum of noise, generated where it is read.
#pragma once
#include <stdbool.h>

#include "compiler/ir/graph.h"

struct diagnostics;

#define KEPT_ALL UINT64_MAX // of a block: the minimal set of values for the backward pass

struct gradient {
    const char *name;
    const char *about; // one line for --help and reports
    bool trains;       // none: evaluation and logits only
    uint64_t kept;     // what it keeps of every block: see struct kept_values (compiler/pass/passes.h)
    bool tiles;        // blocks run in tiles of rows
    bool searches;     // may keep anything, tiled or not: the fastest schedule that fits the budget
    // For estimates: builds the forward graph that returns the scalars, K tangents of them. NULL for exact methods.
    // Returns NULL after a reported mistake.
    struct graph *(*estimate)(const struct graph *forward, int64_t tangents, struct diagnostics *d);
};

#define GRADIENT(name) extern const struct gradient gradient_##name;
#include "compiler/ad/gradients.def"
#undef GRADIENT

const struct gradient *gradient_find(const char *name); // NULL when there is none
extern const char *const gradient_names[];              // NULL-terminated

// Appends the backward pass to the forward graph (untiled, bodies ordered by levels). Gradients of all parameters that
// the loss depends on are added to the GRAD values, which the caller zeroes before a step. The gradient is that of the
// mean loss: the loss's rule multiplies by the context's loss_weight. Returns NULL after a reported mistake: an op
// without a gradient, or nothing to train.
struct graph *differentiate(const struct graph *forward, struct diagnostics *d);

// Forward mode (SPRY, arXiv 2405.15551): one pass computes every value and, from the first trained tensor on, its
// tangents along the given number of directions. The directions are noise.
struct graph *push_forward(const struct graph *forward, int64_t tangents, struct diagnostics *d);
// Zeroth order (MeZO, arXiv 2305.17333): the forward pass with noise on every trained tensor that the loss depends on.
struct graph *perturb(const struct graph *forward, int64_t tangents, struct diagnostics *d);
