// Cost: estimates how long a graph runs, from its ops' costs and the measured rates of kernels
// (compiler/cost/rates.def). Times are for two threads of the measured machine. Choices depend on ratios of times
// alone.
#pragma once
#include "compiler/op/op.h"

struct cost {
    double seconds, flops, bytes;
};

// The cost of one run of a node; zero for LOOP and END.
struct op_cost cost_of_node(const struct graph *g, const struct node *n);
double cost_seconds(const struct op_cost *cost); // of one run
// The sum over all nodes of seconds times runs (graph_node_runs).
struct cost cost_of_graph(const struct graph *g);
// cost_head: the nodes in tile loops outside all other loops. cost_body: all other nodes, and the copies and pages of
// checkpoint schedules.
struct cost cost_head(const struct graph *g);
struct cost cost_body(const struct graph *g);
struct cost cost_sum(struct cost a, struct cost b);
