// Graph copy: rebuilding a graph node by node, which is how every pass works: a pass copies what stays, leaves out what
// goes, and emits what is new between, mapping old values to new ones. Domains, tensors and symbols keep their ids.
#pragma once
#include "compiler/ir/graph.h"

struct graph_copy {
    const struct graph *from;
    struct graph *to;
    value_id *map;  // [from->n_values] the new value; 0: not copied (yet)
    loop_id *loops; // [from->n_loops]
    const bool
        *needed; // [from->n_values] carries of which neither param nor result is needed are left out; NULL: all stay
};

struct graph_copy graph_copy_start(const struct graph *from, struct arena *a);
// The new value of an old one; values from outside are added at their first mention.
value_id graph_copied(struct graph_copy *c, value_id v);
// Copies one node, LOOP and END included. An op's node gets new results.
node_id graph_copy_node(struct graph_copy *c, node_id n);
// Copies a loop's END. `more` are values of the body: the next values of the last n_more carries, which were added
// after the LOOP was copied. more_results: [n_more] out.
void graph_copy_end(struct graph_copy *c, node_id end, const value_id *more, size_t n_more, value_id *more_results);
// The same computation once more, with these arguments; its new results.
void graph_clone_node(struct graph_copy *c, node_id n, const struct use *args, value_id *results);
struct graph *graph_copy_finish(struct graph_copy *c); // maps loss, counted, jvps
