// Linear and cross entropy fused: the fuse rules of the nodes it replaces.
#pragma once
#include "compiler/ir/graph.h"

struct fuse;

bool fuse_linear_cross_entropy(struct fuse *f);         // for cross_entropy on the logits of a linear
bool fuse_linear_cross_entropy_grad(struct fuse *f);    // for linear_dx on the dlogits of such a loss
bool fuse_linear_cross_entropy_tangent(struct fuse *f); // for cross_entropy_tangent when logits depend on x alone

// Returns the linear whose logits a loss in its loop can compute itself; NULL: none. The linear must have no low-rank
// part and more outputs than one chunk, and only these losses may read its results.
const struct node *fuse_plain_linear(const struct fuse *f, value_id logits, loop_id loop, uint32_t losses);
