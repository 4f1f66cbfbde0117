// Levels: in which order of row loops the body of a repeat loop can run. Token-wise work on a value stays at the level
// that makes it; what needs all of a value (attention its keys) or a finished sum over rows comes a level later. Every
// level is one loop over the rows.
#pragma once
#include "compiler/ir/graph.h"

struct levels {
    const struct graph *graph;
    loop_id loop;
    int64_t rows;   // of the token-wise values; 0: the body has none, or loops of its own, and cannot run by rows
    uint32_t first; // the body: nodes [first, end)
    uint32_t end;
    uint32_t count;
    uint32_t *earliest; // [end - first] the first level at which the node can run
    bool *by_rows;      // [end - first] runs row by row; else once, whole, before its level's row loop
    bool *runs;         // [end - first][count] a cheap node may run at several levels, any other at one
    bool *whole;        // [graph->n_values] token-wise, but needed at another level or outside: keeps all of its rows
};

struct levels levels_find(const struct graph *g, loop_id l);
bool levels_runs(const struct levels *l, uint32_t node, uint32_t level);
