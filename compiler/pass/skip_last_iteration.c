// Skip the last iteration: nodes whose results nothing reads in a backward loop's last iteration do not run there. The
// case arises when layers precede the first trained one: nothing reads the gradient of that layer's input.
#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"

struct last_iteration {
    const struct graph *graph;
    const struct loop *loop;
    bool *needed; // [n_values] read by a node of the last iteration, or after the loop
    bool changed;
};

static bool inside(const struct loop *l, uint32_t node) { return node > l->begin.id && node < l->end.id; }

static void need(struct last_iteration *t, value_id v) {
    if (!v.id || t->needed[v.id]) return;
    t->needed[v.id] = t->changed = true;
}

static bool stays(const struct last_iteration *t, const struct node *n) {
    if (guard_is_set(&n->guard) || n->op->has_effect) return true;
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id v = node_results(t->graph, n)[r].value;
        if (t->needed[v.id] || graph_value(t->graph, v)->storage != STORAGE_ARENA) return true;
    }
    return false;
}

// Marks the values that are read outside the loop. Of its carries only the results count.
static void need_outside(struct last_iteration *t) {
    const struct graph *g = t->graph;
    for (size_t i = 0; i < graph_output_count(g); i++) need(t, graph_output(g, i));
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        if (inside(t->loop, i) || i == t->loop->end.id) continue;
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++) need(t, node_input(g, &g->nodes[i], k).value);
    }
    for (uint32_t c = 0; c < t->loop->n_carries; c++) {
        const struct carry *carry = &g->carries[t->loop->carries + c];
        if (t->needed[carry->result.id]) need(t, carry->next);
    }
}

static void need_inside(struct last_iteration *t) {
    const struct graph *g = t->graph;
    for (uint32_t i = t->loop->end.id - 1; i > t->loop->begin.id; i--) {
        const struct node *n = &g->nodes[i];
        const struct loop *l = graph_loop(g, n->loop);
        for (uint32_t a = 0; n->kind == NODE_OP && stays(t, n) && a < n->n_args; a++) need(t, node_args(g, n)[a].value);
        for (uint32_t c = 0; n->kind != NODE_OP && c < l->n_carries; c++) {
            const struct carry *carry = &g->carries[l->carries + c];
            if (!t->needed[carry->param.id] && !t->needed[carry->result.id]) continue;
            need(t, n->kind == NODE_END ? carry->next : carry->init);
        }
        if (n->kind == NODE_LOOP) need(t, graph_symbol(g, l->to_symbol)->value);
    }
}

void skip_last_iteration(struct graph *g) {
    for (uint32_t l = 1; l < g->n_loops; l++) {
        struct last_iteration t = {.graph = g, .loop = &g->loops[l]};
        if (t.loop->kind != LOOP_REPEAT || !t.loop->backward || t.loop->from == 0) continue;
        t.needed = ARENA_ARRAY(g->arena, bool, g->n_values);
        need_outside(&t);
        for (t.changed = true; t.changed;) {
            t.changed = false;
            need_inside(&t);
        }
        for (uint32_t i = t.loop->begin.id + 1; i < t.loop->end.id; i++)
            if (g->nodes[i].kind == NODE_OP && !stays(&t, &g->nodes[i])) g->nodes[i].guard.but_last = true;
    }
}
