// JVP: what a forward-mode rule is given. A rule emits the tangents of a node's results, how they change when the
// arguments change along their tangents, and the primal node when it needs its results; else the pass emits it after
// the tangents, so that it may stand in an argument's place.
#pragma once
#include "compiler/op/op.h"

struct jvp {
    struct graph *graph;
    const struct op *op;
    const struct use *args; // of the node in the new graph
    size_t n_args;
    value_id arg[OP_ARGS_MAX];     // their values
    value_id tangent[OP_ARGS_MAX]; // 0: the argument does not change
    value_id out[OP_RESULTS_MAX];  // from the rule: 0: the result does not change
    struct attr attrs[OP_ATTRS_MAX];
    size_t n_attrs;
    const char *name; // of the first tangent
    struct span at;
    bool first; // the first of several directions
    bool *emitted;
    value_id *result; // [op->n_results] of the primal node, once it is emitted
};

// Appends a node named after the result that it is a tangent of; attrs NULL: those of the node. The first result.
value_id jvp_emit(struct jvp *j, const struct op *op, const value_id *args, size_t n_args, const struct attr *attrs,
                  size_t n_attrs);
void jvp_emit_all(struct jvp *j, const struct op *op, const value_id *args, size_t n_args, value_id *results);
// Results of the primal node, which is emitted now if it was not.
const value_id *jvp_results(struct jvp *j);
// The rule's own node gives the primal's results too.
void jvp_replace_results(struct jvp *j, const value_id *results);
// The sum of two tangents; either may be absent.
value_id jvp_add(struct jvp *j, value_id a, value_id b);
double jvp_attr(const struct jvp *j, const char *name);

// ---- rules that rows share ----
// Linear in argument 0, the others fixed: the op itself on the tangent.
void jvp_linear(struct jvp *j);
// Linear in each argument by itself: the sum of the op with one argument's tangent in its place.
void jvp_multilinear(struct jvp *j);
// y = f(x), elementwise: the slope's op on (x_dot, x).
void jvp_pointwise(struct jvp *j, const struct op *dx);
