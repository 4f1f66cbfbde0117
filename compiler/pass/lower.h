// Lower: a model becomes a graph. Names become values, calls become nodes whose shapes are checked at their line,
// repeated blocks become repeat loops, cut where an adapter begins or ends so that every loop treats its layers alike.
#pragma once
#include "compiler/ir/graph.h"
#include "compiler/model/model.h"

struct arena;
struct diagnostics;

// Forward pass and loss. NULL after reported mistakes.
struct graph *lower_eval(const struct model *m, struct arena *a, struct diagnostics *d);
// Forward pass to the logits (the loss's first argument; without a train block the value named logits), which become
// the graph's OUTPUT value [batch * seq, vocab].
struct graph *lower_logits(const struct model *m, struct arena *a, struct diagnostics *d);
