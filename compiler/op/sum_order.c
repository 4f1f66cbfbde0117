// Sum order: finds two additions to one sum in the same tile loop.
#include "compiler/op/sum_order.h"

#include <stdio.h>

#include "compiler/op/op.h"

// The sum to which result r of the node adds row by row; none when it does not.
static value_id sum_before(const struct graph *g, const struct node *n, uint32_t r) {
    bool adds = n->op->tile_results[r] == OP_TILE_ACCUMULATED && n->op->accumulates[r];
    return adds ? node_args(g, n)[n->op->accumulates[r] - 1].value : (value_id){0};
}

static bool is_made_in_loop(const struct graph *g, value_id sum, loop_id tile) {
    const struct node *def = graph_node(g, graph_value(g, sum)->def);
    return sum.id && def->kind == NODE_OP && graph_tile_loop(g, def->loop).id == tile.id;
}

bool sums_have_one_order(const struct graph *g) {
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = graph_node(g, (node_id){i});
        loop_id tile = graph_tile_loop(g, n->loop);
        if (n->kind != NODE_OP || !tile.id) continue;
        for (uint32_t r = 0; r < n->n_results; r++)
            if (is_made_in_loop(g, sum_before(g, n, r), tile)) {
                fprintf(stderr, "lorac: internal error: graph %s, node %u: its tile loop adds to this sum twice\n",
                        g->name, i);
                return false;
            }
    }
    return true;
}
