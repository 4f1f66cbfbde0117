// Expand: the input of an op that expands a call of the language into nodes itself.
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
    const char *name; // the name of the result in the source
    struct span at;
    struct diagnostics *diagnostics;
    value_id result; // out
};

// Appends one node of `op` with the call's spans; returns false after a reported mistake.
bool expand_append(struct expand *e, const struct op *op, const value_id *args, size_t n_args);
