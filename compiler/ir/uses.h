// Uses: who reads a value. An *input* of a node is a value that exists before the node runs. The inputs of an op are
// its arguments; those of a LOOP are the initial values of its carries and the scalar that bounds it; those of an END
// are the next values of its carries.
#pragma once
#include "compiler/ir/graph.h"

// Inputs of a node, in this order. The value is 0 for an absent argument, and for the scalar of a loop without one.
uint32_t node_input_count(const struct graph *g, const struct node *n);
struct use node_input(const struct graph *g, const struct node *n, uint32_t input);
bool node_reads(const struct graph *g, const struct node *n, value_id v);
// The loop in which a node reads its inputs: a LOOP's parent, an END's own.
loop_id node_input_loop(const struct graph *g, const struct node *n);

// How a value's definition sees it: its entry among the results of its op; value 0 when no op defines it.
struct use graph_result(const struct graph *g, value_id v);

// What the graph hands out: the loss, the counted tokens and a derivative along each tangent. Value 0 where the graph
// has no such output.
size_t graph_output_count(const struct graph *g);
value_id graph_output(const struct graph *g, size_t output);
bool graph_is_output(const struct graph *g, value_id v);

// One reading of a value.
struct value_use {
    node_id node;   // none: it is an output of the graph
    uint32_t input; // of the node
};

struct graph_uses {
    uint32_t *first; // [n_values + 1] the uses of v are list[first[v]] up to list[first[v + 1]]
    struct value_use *list;
};

// The use lists of all values, each in the order of nodes, what the graph hands out last. Value 0 has none.
struct graph_uses graph_uses(const struct graph *g, struct arena *a);

static inline uint32_t uses_count(const struct graph_uses *u, value_id v) {
    return u->first[v.id + 1] - u->first[v.id];
}
