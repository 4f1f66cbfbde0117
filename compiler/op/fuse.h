// Fuse: what an op is given that may do the work of its argument's node too.
#pragma once
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"

struct fuse {
    struct graph *graph;
    node_id node;                 // just appended
    bool single_use[OP_ARGS_MAX]; // nothing else uses this argument
    int64_t vocabulary_chunk;     // logits that a loss makes itself at a time; 0: it is given them
    const char *name;             // of the result
    value_id result;              // out: takes the place of the node's result
    struct {
        value_id old, by;
    } also; // out: another node's result that has a new place too; none
    const struct graph_copy *copy;
    const struct graph_uses *uses; // of copy->from
};

// How often the graph, as it was, uses a value that is copied already.
uint32_t fuse_count_uses(const struct fuse *f, value_id v);

// The node that defines argument a when it is of this op and in the same loop; NULL otherwise.
const struct node *fuse_argument(const struct fuse *f, uint32_t a, const struct op *op);
