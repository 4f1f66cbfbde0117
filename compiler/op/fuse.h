// Fuse: the input of an op that may fuse an argument's node into its own.
#pragma once
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"

struct fuse {
    struct graph *graph;
    node_id node;                 // just appended
    bool single_use[OP_ARGS_MAX]; // nothing else reads this argument
    int64_t vocabulary_chunk;     // logits that a loss computes at a time; 0: the logits are its argument
    const char *name;             // of the result
    value_id result;              // out: replaces the node's result
    struct {
        value_id old, by;
    } also; // out: another node's result that is replaced too; none
    const struct graph_copy *copy;
    const struct graph_uses *uses; // of copy->from
};

// How often the original graph reads a value that has been copied already.
uint32_t fuse_count_uses(const struct fuse *f, value_id v);

// The node that defines argument a if it is of this op and in the same loop; NULL otherwise.
const struct node *fuse_argument(const struct fuse *f, uint32_t a, const struct op *op);
