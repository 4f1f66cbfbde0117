// Optimizers: the update phase of a step. A row says how many numbers of state a parameter has and which node updates
// it; the planner and the checkpoints know only the slots.
#pragma once
#include <stdbool.h>

#include "compiler/ir/graph.h"
#include "compiler/model/model.h"

struct optim_tensor { // the operands of one update
    struct graph *graph;
    const struct model_train *train;
    value_id param, gradient;
    value_id state[2]; // of the slots in use
};

struct optim {
    const char *name;
    int (*n_states)(const struct model_train *t);
    void (*update)(const struct optim_tensor *t); // appends the node
};

#define OPTIM(name) extern const struct optim optim_##name;
#include "compiler/optim/optims.def"
#undef OPTIM

const struct optim *optim_of(const struct model_train *t);

// With `update fused`: tensors of blocks are updated in the backward pass (compiler/optim/fuse_updates.c). Before
// append_updates.
struct graph *fuse_updates(struct graph *g, const struct model *m);
// Appends the update phase to a graph with gradients: the norm over all of them, in a fixed order (it is logged, and
// clips), then the update of every parameter that has none yet; sets update_first.
struct graph *append_updates(struct graph *g, const struct model *m);
