// Reference: what an op's double-precision oracle is given. Ids and counts are doubles too. A result that accumulates
// may be the same array as its accumulator; nothing else overlaps.
#pragma once
#include "compiler/op/op.h"

struct reference_operand {
    double *data;       // [shape]; NULL: absent
    struct shape shape; // rows of this iteration in a tile loop
};

struct reference_call {
    const struct op *op;
    struct reference_operand arg[OP_ARGS_MAX], result[OP_RESULTS_MAX];
    const struct attr *attrs;
    size_t n_attrs;
    int64_t first_row; // in a tile loop: which of all rows the iteration's first one is
    int64_t iteration; // of the repeat loop around: index into attribute tables
    // What the generated program keeps in its context.
    double loss_weight, learning_rate;
    double *grad_scale, *grad_norm;
    int64_t step; // updates done before this one
};

double reference_attr(const struct reference_call *c, const char *name);
