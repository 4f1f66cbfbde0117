// Linear and cross entropy in one: the fuse rules of the nodes whose work it does.
#pragma once
#include <stdbool.h>

struct fuse;

bool fuse_linear_cross_entropy(struct fuse *f);      // of cross_entropy, whose logits are a linear's
bool fuse_linear_cross_entropy_grad(struct fuse *f); // of linear_dx, whose cotangent is such a loss's dlogits
