// Reference: the input of an op's double-precision oracle. Ids and counts are doubles too. An accumulating result may
// share its accumulator's array; no other operands overlap.
#pragma once
#include "compiler/op/op.h"

struct reference_operand {
    double *data;       // [shape]; NULL: absent
    struct shape shape; // in a tile loop: only the iteration's rows
};

struct reference_call {
    const struct op *op;
    struct reference_operand arg[OP_ARGS_MAX], result[OP_RESULTS_MAX];
    const struct attr *attrs;
    size_t n_attrs;
    int64_t first_row; // in a tile loop: index of the iteration's first row
    int64_t iteration; // of the surrounding repeat loop: index into attribute tables
    // State that the generated program keeps in its context.
    double loss_weight, learning_rate;
    double *grad_scale, *grad_norm;
    int64_t step; // updates done before this one
};

double reference_attr(const struct reference_call *c, const char *name);
