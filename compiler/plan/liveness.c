// Liveness: every value gets one interval of positions in the flat node array. One walk visits every loop body once.

#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/plan/plan.h"

bool plan_is_placed(const struct graph *g, value_id v) { return v.id && graph_value(g, v)->storage == STORAGE_ARENA; }

// The loop whose body contains the node. LOOP and END belong to their loop's parent.
static loop_id node_home(const struct graph *g, node_id n) {
    const struct node *node = graph_node(g, n);
    return node->kind == NODE_OP ? node->loop : graph_loop(g, node->loop)->parent;
}

static void extend(struct plan_value *v, uint32_t death) {
    if (v->death < death) v->death = death;
}

// True when a value that the loop reads must live to its end. A repeat loop that may run no iteration counts as
// repeating: its carries pass on their initial values, and COPY_INIT puts these in the next values' places at the
// loop's begin.
static bool comes_back(const struct loop *l) {
    return loop_trips(l) > 1 || (l->kind == LOOP_REPEAT && loop_may_be_empty(l));
}

// A checkpoint schedule's forward body may run again until its backward loop ends.
static uint32_t loops_end(const struct graph *g, loop_id l) {
    const struct checkpoint_schedule *c = graph_checkpoint_forward(g, l);
    return graph_loop(g, c ? c->backward : l)->end.id + 1;
}

// The position up to which a use at node `at` in loop `home` keeps a value of loop `level` alive. A use in a deeper
// loop keeps it through all iterations of the outermost repeating loop in between.
static uint32_t use_end(const struct graph *g, node_id at, loop_id home, loop_id level) {
    uint32_t end = at.id + 1;
    for (loop_id l = home; l.id && l.id != level.id; l = graph_loop(g, l)->parent)
        if (comes_back(graph_loop(g, l))) end = loops_end(g, l);
    return end;
}

static void live_use(struct plan *p, value_id v, node_id at, loop_id home) {
    const struct graph *g = p->graph;
    if (!plan_is_placed(g, v)) return;
    const struct value *value = graph_value(g, v);
    loop_id level = graph_value_loop(g, v);
    if (value->domain.id) { // a stack read in another loop over its domain: the top slot belongs to the reader
        loop_id reader = graph_loop_over(g, home, value->domain), writer = graph_loop_over(g, level, value->domain);
        if (reader.id && reader.id != writer.id) level = reader;
    }
    extend(&p->values[v.id], use_end(g, at, home, level));
}

static void live_birth(struct plan *p, value_id v, uint32_t at) {
    if (!plan_is_placed(p->graph, v)) return;
    struct plan_value *life = &p->values[v.id];
    extend(life, at + 1);
    life->birth = at;
}

// A result that fills rows of a whole value lives at least through the tile loop, if that runs more than one iteration.
static void live_result(struct plan *p, const struct use *r, node_id at) {
    const struct graph *g = p->graph;
    if (!plan_is_placed(g, r->value)) return;
    loop_id tile = graph_node(g, at)->loop;
    while (tile.id && graph_loop(g, tile)->kind != LOOP_TILE) tile = graph_loop(g, tile)->parent;
    if (r->access == ACCESS_ROWS && tile.id && comes_back(graph_loop(g, tile))) {
        live_birth(p, r->value, graph_loop(g, tile)->begin.id);
        extend(&p->values[r->value.id], graph_loop(g, tile)->end.id + 1);
    } else {
        live_birth(p, r->value, at.id);
    }
}

static void live_loop(struct plan *p, node_id n) {
    const struct graph *g = p->graph;
    const struct node *node = graph_node(g, n);
    const struct loop *loop = graph_loop(g, node->loop);
    for (uint32_t c = 0; c < loop->n_carries; c++) {
        const struct carry *carry = &g->carries[loop->carries + c];
        if (node->kind == NODE_LOOP) {
            live_use(p, carry->init, n, loop->parent);
            live_birth(p, carry->param, n.id);
        } else {
            // END reads `next` inside the loop, so a value of the body lives just up to it.
            if (plan_is_placed(g, carry->next)) {
                loop_id level = graph_value_loop(g, carry->next);
                bool of_body = level.id == node->loop.id && !graph_value(g, carry->next)->domain.id;
                extend(&p->values[carry->next.id], of_body ? n.id + 1 : use_end(g, n, node->loop, level));
            }
            live_birth(p, carry->result, n.id);
        }
    }
    if (node->kind == NODE_LOOP)
        live_use(p, graph_symbol(g, loop->to_symbol)->value, n, node->loop); // read in every iteration
}

static void keep_to_the_end(struct plan *p, value_id v) {
    if (plan_is_placed(p->graph, v)) extend(&p->values[v.id], (uint32_t)p->graph->n_nodes);
}

void plan_lives(struct plan *p) {
    const struct graph *g = p->graph;
    for (size_t v = 1; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->storage == STORAGE_ARENA) p->values[v].bytes = shape_count(value->shape) * dtype_bytes(value->dtype);
    }
    for (size_t n = 1; n < g->n_nodes; n++) {
        node_id at = {(uint32_t)n};
        const struct node *node = &g->nodes[n];
        if (node->kind != NODE_OP) {
            live_loop(p, at);
            continue;
        }
        const struct use *args = node_args(g, node), *results = node_results(g, node);
        for (uint32_t i = 0; i < node->n_args; i++) live_use(p, args[i].value, at, node_home(g, at));
        for (uint32_t i = 0; i < node->n_results; i++) live_result(p, &results[i], at);
    }
    for (size_t i = 1; i < g->n_checkpoint_schedules;
         i++) { // the input changes between iterations of the backward loop
        const struct loop *backward = graph_loop(g, g->checkpoint_schedules[i].backward);
        live_birth(p, g->checkpoint_schedules[i].input, backward->begin.id);
        extend(&p->values[g->checkpoint_schedules[i].input.id], backward->end.id + 1);
    }
    for (size_t i = 0; i < graph_output_count(g); i++) keep_to_the_end(p, graph_output(g, i));
}
