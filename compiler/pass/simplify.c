// Simplify: small rewrites made while copying a graph: common subexpressions, hoisting, fusion, copy removal. These run
// before the update phase is appended, so they need not maintain update_first.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/fuse.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"

static bool is_pure(const struct graph *g, const struct node *n) {
    if (n->op->has_effect || n->op->fresh) return false;
    for (uint32_t r = 0; r < n->n_results; r++)
        if (n->op->accumulates[r] || graph_value(g, node_results(g, n)[r].value)->storage != STORAGE_ARENA)
            return false;
    return true;
}

static bool equal_nodes(const struct graph *g, const struct node *a, const struct node *b) {
    if (a->op != b->op || a->n_args != b->n_args || a->n_attrs != b->n_attrs) return false;
    for (uint32_t i = 0; i < a->n_args; i++) {
        struct use left = node_args(g, a)[i], right = node_args(g, b)[i];
        if (left.value.id != right.value.id || left.access != right.access) return false;
    }
    for (uint32_t i = 0; i < a->n_attrs; i++) {
        const struct attr *left = &g->attrs[a->attrs + i], *right = &g->attrs[b->attrs + i];
        if (left->table != right->table || (!left->table && left->number != right->number)) return false;
    }
    return true;
}

struct graph *eliminate_common(const struct graph *g) {
    struct graph_copy c = graph_copy_start(g, g->arena);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        node_id copy = graph_copy_node(&c, (node_id){i});
        const struct node *n = graph_node(c.to, copy);
        if (n->kind != NODE_OP || !is_pure(c.to, n)) continue;
        for (uint32_t j = 1; j < copy.id; j++) {
            const struct node *before = graph_node(c.to, (node_id){j});
            if (before->kind != NODE_OP || !graph_loop_within(c.to, n->loop, before->loop)) continue;
            if (!equal_nodes(c.to, n, before)) continue;
            for (uint32_t r = 0; r < n->n_results; r++)
                c.map[node_results(g, &g->nodes[i])[r].value.id] = node_results(c.to, before)[r].value;
            break;
        }
    }
    return graph_copy_finish(&c);
}

// True when no input of the node changes between iterations of loop l; moved[v]: v leaves the loop too.
static bool is_invariant(const struct graph *g, const struct node *n, loop_id l, const bool *moved) {
    for (uint32_t i = 0; i < n->n_attrs; i++)
        if (g->attrs[n->attrs + i].table) return false;
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(g, n)[a].value;
        if (!v.id || moved[v.id]) continue;
        const struct value *value = graph_value(g, v);
        if (value->tensor.id && value->storage != STORAGE_INPUT && graph_tensor(g, value->tensor)->domain.id)
            return false;
        if (value->def.id && graph_loop_within(g, graph_value_loop(g, v), l)) return false;
    }
    return is_pure(g, n);
}

// A carry that every iteration passes on as it came in is its initial value, inside the loop and behind it.
static void map_constant_carries(struct graph_copy *c, const struct loop *l, bool *moved) {
    const struct graph *g = c->from;
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *carry = &g->carries[l->carries + i];
        if (carry->next.id != carry->param.id) continue;
        moved[carry->param.id] = true;
        c->map[carry->param.id] = c->map[carry->result.id] = graph_copied(c, carry->init);
    }
}

struct graph *hoist_invariant(const struct graph *g) {
    struct graph_copy c = graph_copy_start(g, g->arena);
    bool *moved = ARENA_ARRAY(g->arena, bool, g->n_values), *done = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        const struct loop *l = graph_loop(g, n->loop);
        bool repeats = n->kind != NODE_OP && l->kind == LOOP_REPEAT;
        if (n->kind == NODE_LOOP && repeats) {
            map_constant_carries(&c, l, moved);
            for (uint32_t j = i + 1; j < l->end.id; j++) {
                const struct node *inner = &g->nodes[j];
                if (inner->kind != NODE_OP || done[j] || inner->loop.id != n->loop.id) continue;
                if (!is_invariant(g, inner, n->loop, moved)) continue;
                graph_copy_node(&c, (node_id){j});
                done[j] = true;
                for (uint32_t r = 0; r < inner->n_results; r++) moved[node_results(g, inner)[r].value.id] = true;
            }
        }
        if (!done[i]) graph_copy_node(&c, (node_id){i});
        if (repeats) map_constant_carries(&c, l, moved); // the copy of the LOOP or END node mapped its own
    }
    return graph_copy_finish(&c);
}

static void replace(struct graph_copy *c, value_id old, value_id by) {
    for (size_t v = 1; v < c->from->n_values; v++)
        if (c->map[v].id == old.id) c->map[v] = by;
}

struct graph *fuse_nodes(const struct graph *g, int64_t vocabulary_chunk) {
    struct graph_copy c = graph_copy_start(g, g->arena);
    const struct graph_uses uses = graph_uses(g, g->arena);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        node_id copy = graph_copy_node(&c, (node_id){i});
        if (n->kind != NODE_OP || !n->op->fuse) continue;
        struct fuse f = {.graph = c.to, .node = copy, .vocabulary_chunk = vocabulary_chunk, .copy = &c, .uses = &uses};
        for (uint32_t a = 0; a < n->n_args; a++) f.single_use[a] = uses_count(&uses, node_args(g, n)[a].value) == 1;
        value_id v = node_results(g, n)[0].value;
        f.name = graph_value(g, v)->name;
        if (!n->op->fuse(&f)) continue;
        c.map[v.id] = f.result;
        if (f.also.old.id) replace(&c, f.also.old, f.also.by);
    }
    return graph_copy_finish(&c);
}

bool loss_in_chunks(const struct graph *g) {
    for (size_t i = 1; i < g->n_nodes; i++)
        if (g->nodes[i].kind == NODE_OP && g->nodes[i].op->is_loss && node_attr(g, &g->nodes[i], "chunk")) return true;
    return false;
}

struct graph *drop_copies(const struct graph *g) {
    struct graph_copy c = graph_copy_start(g, g->arena);
    bool *leaves = ARENA_ARRAY(g->arena, bool, g->n_values); // read outside the repeat loop that defines it
    for (size_t i = 1; i < g->n_nodes; i++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++) {
            value_id v = node_input(g, &g->nodes[i], k).value;
            loop_id home = graph_repeat_loop(g, graph_value_loop(g, v));
            leaves[v.id] |= !graph_loop_within(g, node_input_loop(g, &g->nodes[i]), home);
        }
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind == NODE_OP && n->op->is_copy && !leaves[node_results(g, n)[0].value.id])
            c.map[node_results(g, n)[0].value.id] = graph_copied(&c, node_args(g, n)[0].value);
        else
            graph_copy_node(&c, (node_id){i});
    }
    return graph_copy_finish(&c);
}
