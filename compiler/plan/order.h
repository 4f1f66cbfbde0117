// Order: a graph's nodes are reordered to lower its peak memory. The program's order stays where it is best or a search
// gives up.
#pragma once
#include "compiler/ir/graph.h"

// g: a step graph before its updates are added, or the graph of evaluation or logits, with stacks marked. Nodes move
// within their loop's body; an inner loop moves as a whole. Additions to one value and effects keep their order, so
// results are the same bits. The search covers only bodies that hold the peak. A new order is kept only if it lowers
// the liveness bound of the whole graph. Returns g itself when none does; graph.order records the outcome.
struct graph *order_nodes(struct graph *g);
