// JVP: the input of a forward-mode rule. A rule emits the tangents of a node's results from those of its arguments. If
// it needs the primal results, it emits the primal node too. Otherwise the pass emits that after the tangents, so that
// it can run in place.
#pragma once
#include "compiler/op/op.h"

struct jvp {
    struct graph *graph;
    const struct op *op;
    const struct use *args; // the node's arguments in the new graph
    size_t n_args;
    value_id arg[OP_ARGS_MAX];     // their values
    value_id tangent[OP_ARGS_MAX]; // 0: the argument does not change
    value_id out[OP_RESULTS_MAX];  // set by the rule; 0: the result does not change
    struct attr attrs[OP_ATTRS_MAX];
    size_t n_attrs;
    const char *name; // name of the first tangent
    struct span at;
    bool first; // the first of several directions
    bool *emitted;
    value_id *result; // [op->n_results] results of the primal node, once emitted
};

// Appends a node named after the result whose tangent it is, and returns its first result. attrs NULL: the node's own.
value_id jvp_emit(struct jvp *j, const struct op *op, const value_id *args, size_t n_args, const struct attr *attrs,
                  size_t n_attrs);
void jvp_emit_all(struct jvp *j, const struct op *op, const value_id *args, size_t n_args, value_id *results);
// The results of the primal node, which is emitted now if it was not before.
const value_id *jvp_results(struct jvp *j);
// Uses these results of the rule's own node as the primal's.
void jvp_replace_results(struct jvp *j, const value_id *results);
// The sum of two tangents; either may be absent.
value_id jvp_add(struct jvp *j, value_id a, value_id b);
double jvp_attr(const struct jvp *j, const char *name);

// ---- rules that rows share ----
// Linear in argument 0, the others fixed: applies the op itself to the tangent.
void jvp_linear(struct jvp *j);
// Linear in each argument: sums the op over the arguments, each time with one replaced by its tangent.
void jvp_multilinear(struct jvp *j);
// y = f(x), elementwise: applies the derivative's op to (x_dot, x).
void jvp_pointwise(struct jvp *j, const struct op *dx);
