// Wants: which values a gradient has to flow through.
#pragma once
#include "compiler/ir/graph.h"

struct diagnostics;

// [n_values] Which values depend on a parameter. Loops: a carry's param does when its init or its next does.
bool *adjoint_wants(const struct graph *g);
// Whether the loss is among them; reports it where it is not.
bool gradient_has_parameters(const struct graph *g, const bool *wants, struct diagnostics *d);
