// Sum order: the order of additions into one gradient does not depend on the plan. See ARCHITECTURE.md, "Every sum has
// one order".
#pragma once
#include "compiler/ir/graph.h"

// True when no tile loop adds twice to one sum. A loop that did would add both terms of a tile before those of the next
// tile, so the sum would depend on the tile's height. Otherwise reports it on stderr.
bool sums_have_one_order(const struct graph *g);
