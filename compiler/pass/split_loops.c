// Split loops: a repeat loop becomes two in a row, so that a schedule can treat the two ranges of iterations
// differently. The second loop starts from the first one's results, so the computation is the same.
#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/loop.h"
#include "compiler/pass/passes.h"

static void copy_body(struct graph_copy *c, const struct loop *l) {
    for (uint32_t i = l->begin.id + 1; i <= l->end.id; i++) graph_copy_node(c, (node_id){i});
}

static void copy_in_two(struct graph_copy *c, const struct loop *l, int64_t at) {
    const struct graph *g = c->from;
    value_id *init = ARENA_ARRAY(g->arena, value_id, l->n_carries + 1);
    graph_copy_node(c, l->begin);
    graph_loop(c->to, graph_open_loop(c->to))->to = at;
    copy_body(c, l);
    for (uint32_t k = 0; k < l->n_carries; k++) {
        const struct carry *carry = &g->carries[l->carries + k];
        init[k] = graph_copied(c, carry->init);
        c->map[carry->init.id] = c->map[carry->result.id];
    }
    graph_copy_node(c, l->begin);
    graph_loop(c->to, graph_open_loop(c->to))->from = at;
    for (uint32_t k = 0; k < l->n_carries; k++) c->map[g->carries[l->carries + k].init.id] = init[k];
    copy_body(c, l);
}

static bool is_forward_repeat(const struct loop *l) { return l->kind == LOOP_REPEAT && !l->backward; }

int64_t cut_between_instances(const struct graph *g, int64_t at) {
    int64_t before = 0;
    for (uint32_t i = 1; i < g->n_loops; i++) {
        const struct loop *l = &g->loops[i];
        if (!is_forward_repeat(l)) continue;
        int64_t count = loop_trips(l);
        if (at < before + count)
            return at - (l->from + (at - before) * l->step) % graph_domain(g, l->domain)->each / l->step;
        before += count;
    }
    return at;
}

struct graph *split_loops(const struct graph *g, int64_t at) {
    struct graph_copy c = graph_copy_start(g, g->arena);
    int64_t before = 0; // iterations of the repeat loops so far
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = graph_node(g, (node_id){i});
        const struct loop *l = graph_loop(g, n->loop);
        if (n->kind != NODE_LOOP || !is_forward_repeat(l)) {
            graph_copy_node(&c, (node_id){i});
            continue;
        }
        int64_t cut = l->from + (at - before) * l->step;
        before += loop_trips(l);
        if (cut <= l->from || cut >= l->to) {
            graph_copy_node(&c, (node_id){i});
            continue;
        }
        copy_in_two(&c, l, cut);
        i = l->end.id;
    }
    return graph_copy_finish(&c);
}
