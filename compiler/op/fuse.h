// Fuse: what an op is given that may do the work of its argument's node too.
#pragma once
#include "compiler/op/op.h"

struct fuse {
    struct graph *graph;
    node_id node;                 // just appended
    bool single_use[OP_ARGS_MAX]; // nothing else uses this argument
    const char *name;             // of the result
    value_id result;              // out: takes the place of the node's result
};

// The node that defines argument a when it is of this op and in the same loop; NULL otherwise.
const struct node *fuse_argument(const struct fuse *f, uint32_t a, const struct op *op);
