// Expand: what an op is given that turns a call of the language into nodes by itself.
#pragma once
#include "compiler/op/op.h"

struct expand {
    struct graph *graph;
    const struct op *op;
    value_id args[OP_ARGS_MAX];
    struct span arg_spans[OP_ARGS_MAX];
    size_t n_args;
    struct attr attrs[OP_ATTRS_MAX];
    size_t n_attrs;
    const char *name; // the name that the source gives the result
    struct span at;
    struct diagnostics *diagnostics;
    value_id result; // out
};

// One node of `op` with the call's spans; false after a reported mistake.
bool expand_append(struct expand *e, const struct op *op, const value_id *args, size_t n_args);
