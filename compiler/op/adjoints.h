// Adjoints: what differentiation knows of every value while it walks the forward graph backwards.
#pragma once
#include "compiler/ir/graph.h"
#include "compiler/op/vjp.h"

struct adjoints {
    struct graph *graph;
    value_id *of; // [c_of] the cotangent gathered so far; 0: none
    size_t c_of;
    bool *wants;      // [n_forward] the value depends on a parameter
    size_t n_forward; // values of the forward pass: those below
    value_id *grad;   // [n_tensors] the last of each parameter's gradient chain; 0: not begun
};

value_id adjoint_get(const struct adjoints *a, value_id v);
void adjoint_set(struct adjoints *a, value_id v, value_id cotangent);
// Adds to what is there (with a node when there is something).
void adjoint_add(struct adjoints *a, value_id v, value_id cotangent, struct span at);
// The end of the parameter's gradient chain.
value_id adjoint_gradient(struct adjoints *a, tensor_id t);
