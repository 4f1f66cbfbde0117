// Trained: the tensors of a graph that have a gradient. Tensors of the same instances of a block form a range, which is
// processed in one loop. The first tensor of a range is its leader and stands for it.
#pragma once
#include "compiler/optim/optim.h"

struct trained {
    struct graph *graph;
    value_id *gradients; // [n_tensors] the last of the chain; 0: the tensor gets none, or is left out
    value_id *params;    // [n_tensors]
    bool any;            // some tensor has a gradient
};

struct trained trained_find(struct graph *g);
bool trained_leads(const struct trained *t, uint32_t tensor);

// ---- which gradients are complete before the update phase ----
// [n_tensors] the tensors each of whose instances gets its gradient in one backward loop and has no use after it.
const bool *trained_of_one_loop(const struct trained *t);
// Those of them that get it in loop l.
struct trained trained_in_loop(const struct trained *t, const bool *of_one_loop, loop_id l);
// All but those.
struct trained trained_but(const struct trained *t, const bool *of_one_loop);

// ---- nodes: where the gradients are at hand, in a loop over their domain or at the top level ----
// The squares of gradients added to `sum`, in the order of ranges and of the tensors in each.
value_id trained_squares(const struct trained *t, value_id sum);
value_id trained_squares_of_range(const struct trained *t, uint32_t leader, value_id sum);
// One update node for every tensor.
void trained_update(const struct trained *t, const struct optim *optim, const struct model_train *train);
void trained_update_range(const struct trained *t, uint32_t leader, const struct optim *optim,
                          const struct model_train *train);
