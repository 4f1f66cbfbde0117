// Uses: nodes and their inputs become, by counting and then filling in, a list for each value.
#include "compiler/ir/uses.h"

#include "compiler/base/arena.h"

uint32_t node_input_count(const struct graph *g, const struct node *n) {
    if (n->kind == NODE_OP) return n->n_args;
    return graph_loop(g, n->loop)->n_carries + (n->kind == NODE_LOOP);
}

struct use node_input(const struct graph *g, const struct node *n, uint32_t input) {
    if (n->kind == NODE_OP) return node_args(g, n)[input];
    const struct loop *l = graph_loop(g, n->loop);
    if (input == l->n_carries) return (struct use){graph_symbol(g, l->to_symbol)->value, ACCESS_WHOLE};
    const struct carry *c = &g->carries[l->carries + input];
    return (struct use){n->kind == NODE_LOOP ? c->init : c->next, ACCESS_WHOLE};
}

bool node_reads(const struct graph *g, const struct node *n, value_id v) {
    for (uint32_t i = 0; i < node_input_count(g, n); i++)
        if (node_input(g, n, i).value.id == v.id) return true;
    return false;
}

loop_id node_input_loop(const struct graph *g, const struct node *n) {
    return n->kind == NODE_LOOP ? graph_loop(g, n->loop)->parent : n->loop;
}

struct use graph_result(const struct graph *g, value_id v) {
    const struct value *value = graph_value(g, v);
    const struct node *def = graph_node(g, value->def);
    if (!value->def.id || def->kind != NODE_OP) return (struct use){{0}, ACCESS_WHOLE};
    return node_results(g, def)[value->result];
}

size_t graph_output_count(const struct graph *g) { return 2 + g->n_jvps; }

value_id graph_output(const struct graph *g, size_t output) {
    return output == 0 ? g->loss : output == 1 ? g->counted : g->jvps[output - 2];
}

bool graph_is_output(const struct graph *g, value_id v) {
    for (size_t i = 0; i < graph_output_count(g); i++)
        if (v.id && graph_output(g, i).id == v.id) return true;
    return false;
}

// Adds a use to its value's list, which has space for it. next: [n_values] the index of each list's next use.
static void add_use(struct graph_uses *u, uint32_t *next, value_id v, struct value_use use) {
    if (v.id) u->list[next[v.id]++] = use;
}

static void count_uses(const struct graph *g, uint32_t *count) {
    for (uint32_t i = 1; i < g->n_nodes; i++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++)
            count[node_input(g, &g->nodes[i], k).value.id]++;
    for (size_t i = 0; i < graph_output_count(g); i++) count[graph_output(g, i).id]++;
}

struct graph_uses graph_uses(const struct graph *g, struct arena *a) {
    struct graph_uses u = {.first = ARENA_ARRAY(a, uint32_t, g->n_values + 1)};
    uint32_t *next = ARENA_ARRAY(a, uint32_t, g->n_values);
    count_uses(g, next);
    next[0] = 0;
    for (size_t v = 0; v < g->n_values; v++) {
        u.first[v + 1] = u.first[v] + next[v];
        next[v] = u.first[v];
    }
    u.list = ARENA_ARRAY(a, struct value_use, u.first[g->n_values] + 1);
    for (uint32_t i = 1; i < g->n_nodes; i++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++)
            add_use(&u, next, node_input(g, &g->nodes[i], k).value, (struct value_use){{i}, k});
    for (size_t i = 0; i < graph_output_count(g); i++)
        add_use(&u, next, graph_output(g, i), (struct value_use){{0}, 0});
    return u;
}
