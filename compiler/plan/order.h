// Order: the nodes of a graph one after another so that less is alive at its peak. Where the order of the program is
// best, and where a search is given up, it stays.
#pragma once
#include "compiler/ir/graph.h"

// g: the graph of a step before its updates are added, of evaluation or of logits; stacks are marked. The nodes of one
// loop's body change places among themselves, inner loops as a whole; what a node adds to, and what has an effect,
// keeps its order: results are the same, bit for bit. Only bodies that hold the peak are looked at, and an order is
// kept only when the liveness bound of the whole is lower for it. Returns g itself when none is; graph.order tells what
// came of it.
struct graph *order_nodes(struct graph *g);
