// Estimate: how long a graph runs, by its ops' costs and the measured rates of kernels (compiler/cost/rates.def). Times
// are of two threads of the machine that the rates were measured on; what is chosen by them depends on ratios alone.
#pragma once
#include "compiler/op/op.h"

struct cost {
    double seconds, flops, bytes;
};

// What one run of a node costs; nothing for a LOOP or END.
struct op_cost cost_of_node(const struct graph *g, const struct node *n);
double cost_seconds(const struct op_cost *cost); // of one run
// Every node's seconds times its runs (graph_node_runs).
struct cost cost_of_graph(const struct graph *g);
// Of the nodes in tile loops that stand in no other loop; and of all others, with what checkpoint schedules copy and
// page.
struct cost cost_head(const struct graph *g);
struct cost cost_body(const struct graph *g);
struct cost cost_sum(struct cost a, struct cost b);
