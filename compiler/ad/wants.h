// Wants: which values a gradient must flow through.
#pragma once
#include "compiler/ir/graph.h"

struct diagnostics;

// Returns [n_values], true for values that depend on a parameter. A carry's param does when its init or next does.
bool *adjoint_wants(const struct graph *g);
// True when the loss depends on a parameter; reports it otherwise.
bool gradient_has_parameters(const struct graph *g, const bool *wants, struct diagnostics *d);
