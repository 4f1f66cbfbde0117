// Recompute: the backward loop copies the computation of each forward value that is not kept. The copy stands just
// before its first use and starts from kept values. A copy of a carry's param (the block's input) cannot be recomputed,
// so it is always kept.
#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"

enum { KEPT_BITS = 64 };

struct recomputation {
    struct graph_copy copy;
    const struct kept_values *kept;
    // [from->n_values] the recomputed value in the current loop: one for other recomputations and, when it is cheap,
    // one for the backward nodes. With two, a norm need not stay alive between the two uses.
    value_id *again, *again_late;
    loop_id loop; // the repeat loop being copied
};

// Iterations of the forward repeat loops before this one.
static int64_t iterations_before(const struct graph *g, loop_id loop) {
    int64_t count = 0;
    for (uint32_t l = 1; l < loop.id; l++) {
        const struct loop *before = &g->loops[l];
        if (before->kind == LOOP_REPEAT && !before->backward) count += loop_trips(before);
    }
    return count;
}

static bool is_chosen(const struct kept_values *kept, const struct graph *g, node_id n) {
    const struct node *node = graph_node(g, n);
    if (node->op->cheap) return false;
    loop_id loop = graph_repeat_loop(g, node->loop);
    bool above = kept->split && iterations_before(g, loop) >= kept->split;
    int bit = 0;
    for (uint32_t i = graph_loop(g, loop)->begin.id; i < n.id; i++)
        bit += g->nodes[i].kind == NODE_OP && !g->nodes[i].op->cheap;
    return (above ? kept->above : kept->below) >> (bit < KEPT_BITS ? bit : KEPT_BITS - 1) & 1;
}

static bool is_kept(const struct recomputation *r, node_id id) {
    const struct graph *g = r->copy.from;
    const struct node *n = graph_node(g, id);
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(g, n)[a].value;
        if (v.id && graph_node(g, graph_value(g, v)->def)->kind != NODE_OP && graph_value(g, v)->def.id &&
            graph_repeat_loop(g, graph_value_loop(g, v)).id == graph_repeat_loop(g, n->loop).id)
            return true;
    }
    return is_chosen(r->kept, g, id);
}

// A value of another repeat loop, as the current loop sees it: read from its stack, or recomputed.
static value_id available(struct recomputation *r, value_id v, bool late) {
    const struct graph *g = r->copy.from;
    loop_id home = graph_repeat_loop(g, graph_value_loop(g, v));
    if (!v.id || graph_value(g, v)->storage != STORAGE_ARENA || !home.id || home.id == r->loop.id)
        return graph_copied(&r->copy, v);
    node_id def = graph_value(g, v)->def;
    const struct node *n = graph_node(g, def);
    if (n->kind != NODE_OP || is_kept(r, def)) return graph_copied(&r->copy, v);
    late = late && n->op->cheap;
    value_id *again = late ? r->again_late : r->again;
    if (again[v.id].id) return again[v.id];
    struct use args[OP_ARGS_MAX];
    value_id results[OP_RESULTS_MAX];
    for (uint32_t a = 0; a < n->n_args; a++)
        args[a] = (struct use){available(r, node_args(g, n)[a].value, late), node_args(g, n)[a].access};
    graph_clone_node(&r->copy, def, args, results);
    for (uint32_t i = 0; i < n->n_results; i++) again[node_results(g, n)[i].value.id] = results[i];
    return again[v.id];
}

struct graph *recompute(const struct graph *g, const struct kept_values *kept) {
    struct recomputation r = {.copy = graph_copy_start(g, g->arena), .kept = kept};
    r.again = ARENA_ARRAY(g->arena, value_id, g->n_values);
    r.again_late = ARENA_ARRAY(g->arena, value_id, g->n_values);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind == NODE_LOOP && graph_loop(g, n->loop)->kind == LOOP_REPEAT) {
            r.loop = n->loop;
            for (size_t v = 0; v < g->n_values; v++) r.again[v] = r.again_late[v] = (value_id){0};
        }
        if (n->kind == NODE_END && n->loop.id == r.loop.id) r.loop = (loop_id){0};
        if (n->kind != NODE_OP || !r.loop.id) {
            graph_copy_node(&r.copy, (node_id){i});
            continue;
        }
        struct use args[OP_ARGS_MAX];
        value_id results[OP_RESULTS_MAX];
        for (uint32_t a = 0; a < n->n_args; a++)
            args[a] = (struct use){available(&r, node_args(g, n)[a].value, true), node_args(g, n)[a].access};
        graph_clone_node(&r.copy, (node_id){i}, args, results);
        for (uint32_t k = 0; k < n->n_results; k++) r.copy.map[node_results(g, n)[k].value.id] = results[k];
    }
    return graph_copy_finish(&r.copy);
}
