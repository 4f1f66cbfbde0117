// Levels: the row loops that the body of a repeat loop becomes. A token-wise node runs at the level that makes its
// input. A node that needs a whole value (attention its keys) or a finished sum over rows runs one level later. Each
// level is one loop over the rows.
#pragma once
#include "compiler/ir/graph.h"

struct levels {
    const struct graph *graph;
    loop_id loop;
    int64_t rows;   // rows of the token-wise values; 0: the body has none, or has inner loops, and cannot run by rows
    uint32_t first; // the body: nodes [first, end)
    uint32_t end;
    uint32_t count;
    uint32_t *earliest; // [end - first] the earliest level of the node
    bool *by_rows;      // [end - first] runs row by row; false: once, before its level's row loop
    bool *runs;         // [end - first][count] the levels where the node runs: several for a cheap node, else one
    bool *whole;        // [graph->n_values] token-wise, but all rows are kept: another level or the outside reads it
};

struct levels levels_find(const struct graph *g, loop_id l);
bool levels_runs(const struct levels *l, uint32_t node, uint32_t level);
