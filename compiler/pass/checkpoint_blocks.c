// Checkpoint blocks: a loop pair becomes a checkpoint schedule. The stack of copies of the block's input is removed.
// The forward loop reads its carry instead; the backward loop reads an input value at the same place.
#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/pass/checkpoint_steps.h"
#include "compiler/pass/passes.h"

struct pair { // loops that can become a checkpoint schedule
    loop_id forward, backward;
    value_id input; // the copy of the forward loop's carry; 0: no checkpoint schedule
    bool remade;    // the first input is computed by one node from values outside the arena
};

static loop_id mirror_of(const struct graph *g, loop_id forward) {
    const struct loop *f = graph_loop(g, forward);
    for (uint32_t l = 1; l < g->n_loops; l++) {
        const struct loop *b = &g->loops[l];
        if (b->kind == LOOP_REPEAT && b->backward && !b->parent.id && b->domain.id == f->domain.id &&
            b->from == f->from && b->to == f->to && b->begin.id > f->end.id)
            return (loop_id){l};
    }
    return (loop_id){0};
}

static value_id copied_param(const struct graph *g, loop_id l) {
    const struct loop *loop = graph_loop(g, l);
    for (uint32_t i = loop->begin.id + 1; loop->n_carries == 1 && i < loop->end.id; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind == NODE_OP && n->loop.id == l.id && n->op->is_copy &&
            node_args(g, n)[0].value.id == g->carries[loop->carries].param.id)
            return node_results(g, n)[0].value;
    }
    return (value_id){0};
}

// True when only the forward loop reads its own values. One exception: the backward loop may read the input.
static bool only_input_leaves(const struct graph *g, const struct pair *p) {
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        loop_id home = node_input_loop(g, n);
        if (graph_loop_within(g, home, p->forward)) continue;
        for (uint32_t k = 0; k < node_input_count(g, n); k++) {
            value_id v = node_input(g, n, k).value;
            if (!v.id || !graph_value(g, v)->def.id || !graph_loop_within(g, graph_value_loop(g, v), p->forward))
                continue;
            if (v.id != p->input.id || !graph_loop_within(g, home, p->backward)) return false;
        }
    }
    return true;
}

static bool is_remade(const struct graph *g, loop_id l) {
    value_id init = g->carries[graph_loop(g, l)->carries].init;
    const struct node *def = graph_node(g, graph_value(g, init)->def);
    if (!graph_value(g, init)->def.id || def->kind != NODE_OP || def->loop.id || def->n_results != 1) return false;
    if (def->op->accumulates[0] || def->op->has_effect) return false;
    for (uint32_t a = 0; a < def->n_args; a++) {
        value_id v = node_args(g, def)[a].value;
        if (v.id && graph_value(g, v)->storage == STORAGE_ARENA) return false;
    }
    for (uint32_t i = 1; i < g->n_nodes; i++)
        if (i != graph_loop(g, l)->begin.id && node_reads(g, &g->nodes[i], init)) return false;
    return true;
}

static struct pair find_pair(const struct graph *g, loop_id forward) {
    const struct loop *f = graph_loop(g, forward);
    struct pair p = {.forward = forward};
    if (f->kind != LOOP_REPEAT || f->backward || f->parent.id || f->step != 1) return p;
    p.backward = mirror_of(g, forward);
    p.input = p.backward.id ? copied_param(g, forward) : (value_id){0};
    if (p.input.id && !only_input_leaves(g, &p)) p.input = (value_id){0};
    p.remade = p.input.id && is_remade(g, forward);
    return p;
}

static const struct pair *pair_of(const struct pair *pairs, const struct graph *g, loop_id l) {
    for (size_t i = 1; i < g->n_loops; i++)
        if (pairs[i].input.id && (pairs[i].forward.id == l.id || pairs[i].backward.id == l.id)) return &pairs[i];
    return NULL;
}

static void begin_checkpoint(struct graph_copy *c, const struct pair *p, const struct checkpoint_plan *s) {
    struct checkpoint_schedule *checkpoints =
        graph_add_checkpoint_schedule(c->to, c->loops[p->forward.id], c->loops[p->backward.id]);
    checkpoints->slots = s->slots;
    checkpoints->live_snapshots = s->live_snapshots;
    checkpoints->steps = s->steps;
    checkpoints->n_steps = s->n_steps;
    checkpoints->n_forward_steps = s->n_forward_steps;
    c->map[p->input.id] = checkpoints->input;
}

struct graph *checkpoint_blocks(const struct graph *g, const struct checkpoint_limits *limits) {
    struct graph_copy c = graph_copy_start(g, g->arena);
    struct pair *pairs = ARENA_ARRAY(g->arena, struct pair, g->n_loops);
    struct checkpoint_plan *schedules = ARENA_ARRAY(g->arena, struct checkpoint_plan, g->n_loops);
    for (uint32_t l = 1; l < g->n_loops; l++) {
        const struct loop *loop = &g->loops[l];
        pairs[l] = find_pair(g, (loop_id){l});
        if (pairs[l].input.id &&
            !checkpoint_plan_make(g->arena, loop->from, loop->to - loop->from, pairs[l].remade, *limits, &schedules[l]))
            pairs[l].input = (value_id){0};
    }
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        const struct pair *p = pair_of(pairs, g, n->loop);
        if (p && n->kind == NODE_OP && n->n_results && node_results(g, n)[0].value.id == p->input.id) {
            c.map[p->input.id] = graph_copied(&c, node_args(g, n)[0].value);
            continue;
        }
        graph_copy_node(&c, (node_id){i});
        if (p && n->kind == NODE_LOOP && n->loop.id == p->backward.id)
            begin_checkpoint(&c, p, &schedules[p->forward.id]);
    }
    return graph_copy_finish(&c);
}
