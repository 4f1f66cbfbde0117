// Adjoints: the state of differentiation for every value during its backward walk over the forward graph.
#pragma once
#include "compiler/ir/graph.h"
#include "compiler/op/vjp.h"

struct adjoints {
    struct graph *graph;
    value_id *of; // [c_of] the cotangent gathered so far; 0: none
    size_t c_of;
    bool *wants;      // [n_forward] the value depends on a parameter
    size_t n_forward; // number of forward values; they have the lowest ids
    value_id *grad;   // [n_tensors] the latest value of each parameter's gradient; 0: none yet
};

value_id adjoint_get(const struct adjoints *a, value_id v);
void adjoint_set(struct adjoints *a, value_id v, value_id cotangent);
// Adds to the cotangent gathered so far; emits a node only if there is one.
void adjoint_add(struct adjoints *a, value_id v, value_id cotangent, struct span at);
// The latest value of the parameter's gradient.
value_id adjoint_gradient(struct adjoints *a, tensor_id t);
