// Dead code: a value is needed when a live node reads it. Loops make this a fixed point: a carry's next value is needed
// when its param or result is.
#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"

static bool mark(bool *needed, value_id v) {
    if (!v.id || needed[v.id]) return false;
    return needed[v.id] = true;
}

static bool op_stays(const struct graph *g, const struct node *n, const bool *needed) {
    if (n->op->has_effect) return true;
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id v = node_results(g, n)[r].value;
        enum storage s = graph_value(g, v)->storage;
        if (needed[v.id] || s == STORAGE_GRAD || s == STORAGE_OUTPUT) return true;
    }
    return false;
}

// One walk from the end; returns true when it found a new needed value. holds[l]: loop l contains a live node.
static bool walk(const struct graph *g, bool *needed, bool *holds) {
    bool changed = false;
    for (size_t i = g->n_nodes - 1; i > 0; i--) {
        const struct node *n = &g->nodes[i];
        if (n->kind == NODE_OP) {
            if (!op_stays(g, n, needed)) continue;
            for (loop_id l = n->loop; l.id && !holds[l.id]; l = graph_loop(g, l)->parent) holds[l.id] = changed = true;
            for (uint32_t a = 0; a < n->n_args; a++) changed |= mark(needed, node_args(g, n)[a].value);
            continue;
        }
        const struct loop *l = graph_loop(g, n->loop);
        for (uint32_t c = 0; c < l->n_carries; c++) {
            const struct carry *carry = &g->carries[l->carries + c];
            if (!needed[carry->param.id] && !needed[carry->result.id]) continue;
            for (loop_id o = n->loop; o.id && !holds[o.id]; o = graph_loop(g, o)->parent) holds[o.id] = changed = true;
            changed |= mark(needed, n->kind == NODE_END ? carry->next : carry->init);
        }
        if (n->kind == NODE_LOOP && holds[n->loop.id]) changed |= mark(needed, graph_symbol(g, l->to_symbol)->value);
    }
    return changed;
}

struct graph *remove_dead(const struct graph *g) {
    bool *needed = ARENA_ARRAY(g->arena, bool, g->n_values), *holds = ARENA_ARRAY(g->arena, bool, g->n_loops);
    for (size_t i = 0; i < graph_output_count(g); i++) mark(needed, graph_output(g, i));
    while (walk(g, needed, holds)) {
    }
    struct graph_copy c = graph_copy_start(g, g->arena);
    c.needed = needed;
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind == NODE_OP ? !op_stays(g, n, needed) : !holds[n->loop.id]) continue;
        node_id copy = graph_copy_node(&c, (node_id){i});
        if (g->update_first.id && i >= g->update_first.id && !c.to->update_first.id) c.to->update_first = copy;
    }
    return graph_copy_finish(&c);
}
