// VJP: what a gradient rule is given. A rule names the primal values it needs freely (nothing is "saved") and builds
// the cotangents of the arguments that want one, and no other.
#pragma once
#include "compiler/op/op.h"

struct adjoints;

struct vjp {
    struct graph *graph;
    const struct op *op;
    node_id node; // of the forward pass
    value_id arg[OP_ARGS_MAX], result[OP_RESULTS_MAX];
    value_id cotangent[OP_RESULTS_MAX]; // 0: nothing flows back through this result
    bool wants[OP_ARGS_MAX];            // this argument's cotangent leads to a parameter
    struct attr attrs[OP_ATTRS_MAX];    // the node's
    size_t n_attrs;
    struct adjoints *adjoints;
};

// The cotangent gathered so far for the argument, to be added to inside a kernel (its accumulator argument); 0: none
// yet. Whoever takes it gives the sum back with vjp_give.
value_id vjp_take(struct vjp *v, int arg);
// The same for kernels that only add: never 0 (a parameter's gradient in its pool, or zeros).
value_id vjp_accumulator(struct vjp *v, int arg);
void vjp_give(struct vjp *v, int arg, value_id cotangent);
// Adds a cotangent that was made without an accumulator.
void vjp_add(struct vjp *v, int arg, value_id cotangent);

// Appends a node named after the argument it is a cotangent of ("d x"). attrs NULL: those of the forward node.
value_id vjp_emit(struct vjp *v, int arg, const struct op *op, const value_id *args, size_t n_args,
                  const struct attr *attrs, size_t n_attrs);
void vjp_emit_all(struct vjp *v, int arg, const struct op *op, const value_id *args, size_t n_args, value_id *results);
double vjp_attr(const struct vjp *v, const char *name);
// The loss op: its gradient node gives the loss too, so that forward and backward are one kernel.
void vjp_replace_result(struct vjp *v, int result, value_id by);
