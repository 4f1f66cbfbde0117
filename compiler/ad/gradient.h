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
    uint64_t kept;     // what it keeps of every block: see struct kept_values (compiler/pass/passes.h)
    bool tiles;        // blocks run in tiles of rows
    bool searches;     // anything may be kept, in tiles or not: the fastest schedule that fits the budget
    // Methods that estimate: the forward graph with what gives the scalars, K tangents of them; NULL after a reported
    // mistake. No function: the gradient is exact.
    struct graph *(*estimate)(const struct graph *forward, int64_t tangents, struct diagnostics *d);
};

#define GRADIENT(name) extern const struct gradient gradient_##name;
#include "compiler/ad/gradients.def"
#undef GRADIENT

const struct gradient *gradient_find(const char *name); // NULL when there is none
extern const char *const gradient_names[];              // ended by NULL

// The forward graph (untiled, its bodies in the order of their levels) followed by its backward pass: gradients of
// every parameter that the loss depends on are added to the GRAD values, which the caller zeroes before a step. The
// gradient is of the mean: the loss's rule multiplies by the context's loss_weight. NULL after a reported mistake (an
// op without a gradient; nothing to train).
struct graph *differentiate(const struct graph *forward, struct diagnostics *d);

// Forward mode (SPRY, arXiv 2405.15551): one pass that computes every value and, from the first trained tensor on, how
// it changes along each of so many directions of the trained tensors; the directions are noise.
struct graph *push_forward(const struct graph *forward, int64_t tangents, struct diagnostics *d);
// Zeroth order (MeZO, arXiv 2305.17333): the forward pass with noise on every trained tensor that the loss depends on.
struct graph *perturb(const struct graph *forward, int64_t tangents, struct diagnostics *d);
