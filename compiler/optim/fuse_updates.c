// Fuse updates: updates a block's tensor at the end of the backward loop's body, after everything that reads its old
// value (dA, dB and dx do). Its gradient then lives for one iteration only, so all instances share one buffer. The
// first iteration that uses an instance clears the gradient. The last one adds the gradient's squares to the norm and
// updates. Idea: LOMO, arXiv 2306.09782.
#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"
#include "compiler/optim/trained.h"

struct fusing {
    const struct trained *from; // the old graph's
    struct graph_copy copy;
    const struct optim *optim;
    const struct model_train *train;
    value_id squares; // so far
};

static void guard_nodes(struct graph *g, uint32_t first, struct guard guard) {
    for (uint32_t i = first; i < g->n_nodes; i++) g->nodes[i].guard = guard;
}

// Maps the gradients at the end of the old loop's body to the new graph, after the body has been copied.
static struct trained copied(struct fusing *f, const struct trained *here) {
    struct graph *to = f->copy.to;
    struct trained t = {to, ARENA_ARRAY(to->arena, value_id, to->n_tensors),
                        ARENA_ARRAY(to->arena, value_id, to->n_tensors), here->any};
    for (uint32_t i = 1; i < to->n_tensors; i++) {
        if (!here->gradients[i].id) continue;
        t.gradients[i] = graph_copied(&f->copy, here->gradients[i]);
        t.params[i] = graph_copied(&f->copy, here->params[i]);
    }
    return t;
}

// At the start of the body, replaces the incoming gradients by cleared ones.
static void clear_gradients(struct fusing *f, const struct trained *here, const struct loop *l) {
    const struct graph *g = f->from->graph;
    struct graph *to = f->copy.to;
    const uint32_t first = (uint32_t)to->n_nodes;
    value_id *cleared = ARENA_ARRAY(g->arena, value_id, g->n_tensors);
    for (uint32_t t = 1; t < g->n_tensors; t++) {
        if (!here->gradients[t].id) continue;
        struct value v = *graph_value(g, here->gradients[t]);
        v.def = (node_id){0};
        cleared[t] = graph_add_value(to, v);
        op_emit_zeros_into(to, cleared[t], g->tensors[t].span);
    }
    for (uint32_t v = 1; v < g->n_values; v++) {
        const struct value *old = &g->values[v];
        bool inside = old->def.id > l->begin.id && old->def.id < l->end.id;
        if (old->storage == STORAGE_GRAD && cleared[old->tensor.id].id && !inside)
            f->copy.map[v] = cleared[old->tensor.id];
    }
    guard_nodes(to, first, guard_first_use(g, l));
}

static void begin_loop(struct fusing *f, const struct trained *here, node_id begin) {
    const struct node *n = graph_node(f->from->graph, begin);
    if (!f->squares.id)
        f->squares = op_emit(f->copy.to, &op_zero_sum, NULL, 0, NULL, 0, "squares", f->train->optimizer_span);
    graph_copy_node(&f->copy, begin);
    graph_add_carry(f->copy.to, f->copy.loops[n->loop.id], f->squares, &f->squares);
    clear_gradients(f, here, graph_loop(f->from->graph, n->loop));
}

static void end_loop(struct fusing *f, const struct trained *here, node_id end) {
    struct graph *to = f->copy.to;
    const struct loop *l = graph_loop(to, graph_open_loop(to));
    const uint32_t first = (uint32_t)to->n_nodes;
    const struct trained now = copied(f, here);
    value_id squares = trained_squares(&now, f->squares);
    trained_update(&now, f->optim, f->train);
    guard_nodes(to, first, guard_last_use(to, l));
    graph_copy_end(&f->copy, end, &squares, 1, &f->squares);
}

struct graph *fuse_updates(struct graph *g, const struct model *m) {
    const struct trained t = trained_find(g);
    const bool *of_one_loop = trained_of_one_loop(&t);
    struct fusing f = {.from = &t, .optim = optim_of(&m->train), .train = &m->train};
    f.copy = graph_copy_start(g, g->arena);
    for (uint32_t i = 1; i < g->n_tensors; i++) f.copy.to->tensors[i].fused = of_one_loop[i];
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        struct trained here = {.any = false};
        if (n->kind != NODE_OP) here = trained_in_loop(&t, of_one_loop, n->loop);
        if (here.any && n->kind == NODE_LOOP)
            begin_loop(&f, &here, (node_id){i});
        else if (here.any)
            end_loop(&f, &here, (node_id){i});
        else
            graph_copy_node(&f.copy, (node_id){i});
    }
    struct graph *fused = graph_copy_finish(&f.copy);
    fused->squares = f.squares;
    return fused;
}
