// VJP: the input of a gradient rule. A rule may name any primal value (nothing is "saved"). It builds the cotangents of
// exactly the arguments that want one.
#pragma once
#include "compiler/op/op.h"

struct adjoints;

struct vjp {
    struct graph *graph;
    const struct op *op;
    node_id node; // the forward node
    value_id arg[OP_ARGS_MAX], result[OP_RESULTS_MAX];
    value_id cotangent[OP_RESULTS_MAX]; // 0: no gradient flows back through this result
    bool wants[OP_ARGS_MAX];            // a parameter depends on this argument's cotangent
    struct attr attrs[OP_ATTRS_MAX];    // the node's
    size_t n_attrs;
    struct adjoints *adjoints;
};

// The cotangent gathered so far for the argument, for a kernel that adds to it (its accumulator argument); 0: none yet.
// The caller must return the sum with vjp_give.
value_id vjp_take(struct vjp *v, int arg);
// The same for kernels that always add: never 0, but a parameter's gradient in its pool, or zeros.
value_id vjp_accumulator(struct vjp *v, int arg);
void vjp_give(struct vjp *v, int arg, value_id cotangent);
// Adds a cotangent that was computed without an accumulator.
void vjp_add(struct vjp *v, int arg, value_id cotangent);

// Appends a node named after the argument whose cotangent it is ("d x"). attrs NULL: those of the forward node.
value_id vjp_emit(struct vjp *v, int arg, const struct op *op, const value_id *args, size_t n_args,
                  const struct attr *attrs, size_t n_attrs);
void vjp_emit_all(struct vjp *v, int arg, const struct op *op, const value_id *args, size_t n_args, value_id *results);
double vjp_attr(const struct vjp *v, const char *name);
// For the loss op: its gradient node also returns the loss, so forward and backward are one kernel.
void vjp_replace_result(struct vjp *v, int result, value_id by);
