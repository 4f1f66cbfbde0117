// Lower: a model becomes a graph. Names become values. Calls become nodes, and their shapes are checked at the call's
// line. Repeated blocks become repeat loops, split where an adapter's range begins or ends: all layers of a loop have
// the same adapters.
#pragma once
#include "compiler/ir/graph.h"
#include "compiler/model/model.h"

struct arena;
struct diagnostics;

// Builds the forward pass and the loss. Returns NULL after reported mistakes.
struct graph *lower_eval(const struct model *m, struct arena *a, struct diagnostics *d);
// Builds the forward pass up to the logits, the graph's OUTPUT value [batch * seq, vocab]. The logits are the loss's
// first argument, or the value named logits when there is no train block.
struct graph *lower_logits(const struct model *m, struct arena *a, struct diagnostics *d);
