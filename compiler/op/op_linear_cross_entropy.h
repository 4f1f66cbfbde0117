// Linear and cross entropy in one: the fuse rules of the nodes whose work it does.
#pragma once
#include "compiler/ir/graph.h"

struct fuse;

bool fuse_linear_cross_entropy(struct fuse *f);         // of cross_entropy, whose logits are a linear's
bool fuse_linear_cross_entropy_grad(struct fuse *f);    // of linear_dx, whose cotangent is such a loss's dlogits
bool fuse_linear_cross_entropy_tangent(struct fuse *f); // of cross_entropy_tangent, whose logits move with x alone

// The linear that makes the logits when a loss in its loop can do it itself: no low-rank part, more outputs than one
// part, results that these losses alone read. NULL: none.
const struct node *fuse_plain_linear(const struct fuse *f, value_id logits, loop_id loop, uint32_t losses);
