// Differentiate: reverse mode walks the forward nodes backwards. A repeat loop becomes one backward loop over the same
// domain. The backward loop names forward values of the same iteration as if they were available; graph_mark_stacks
// later finds which become stacks. This file knows nothing of memory.
#include "compiler/ad/gradient.h"
#include "compiler/ad/wants.h"
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/adjoints.h"

// Copies the forward pass and adds a copy of every carry's param at the start of its loop's body. The whole body reads
// that copy. The param's buffer changes with each iteration, so it cannot be a stack.
static struct graph *copy_forward(const struct graph *forward) {
    struct graph_copy c = graph_copy_start(forward, forward->arena);
    for (uint32_t i = 1; i < forward->n_nodes; i++) {
        const struct node *n = &forward->nodes[i];
        graph_copy_node(&c, (node_id){i});
        if (n->kind != NODE_LOOP) continue;
        const struct loop *l = graph_loop(forward, n->loop);
        for (uint32_t k = 0; k < l->n_carries; k++) {
            value_id param = forward->carries[l->carries + k].param, *now = &c.map[param.id];
            const struct value *v = graph_value(forward, param);
            *now = op_emit(c.to, &op_copy, now, 1, NULL, 0, v->name, v->span);
        }
    }
    struct graph *g = graph_copy_finish(&c);
    g->name = "step";
    return g;
}

struct differentiation {
    struct adjoints adjoints;
    struct graph *graph;
    struct diagnostics *diagnostics;
    bool failed;
};

static void differentiate_op(struct differentiation *d, node_id id) {
    struct graph *g = d->graph;
    const struct node *n = graph_node(g, id);
    struct vjp v = {.graph = g, .op = n->op, .node = id, .adjoints = &d->adjoints};
    bool flows = false, wanted = false;
    for (uint32_t r = 0; r < n->n_results; r++) {
        v.result[r] = node_results(g, n)[r].value;
        v.cotangent[r] = adjoint_get(&d->adjoints, v.result[r]);
        flows |= v.cotangent[r].id != 0;
    }
    for (uint32_t a = 0; a < n->n_args; a++) {
        v.arg[a] = node_args(g, n)[a].value;
        v.wants[a] = d->adjoints.wants[v.arg[a].id];
        wanted |= v.wants[a];
    }
    if (!flows || !wanted) return;
    if (!n->op->vjp) {
        diag_report(d->diagnostics, DIAG_E0210, n->span, "%s has no gradient, and trained tensors lie before it",
                    n->op->name);
        d->failed = true;
        return;
    }
    for (; v.n_attrs < n->n_attrs; v.n_attrs++) v.attrs[v.n_attrs] = g->attrs[n->attrs + v.n_attrs];
    n->op->vjp(&v);
}

// A carry of the backward loop: the cotangent of a forward carry, or of an outside value that the body reads.
struct flow {
    value_id at_end;   // cotangent known after the forward iteration: a carry's next, or the outside value
    value_id at_start; // cotangent wanted before it: the carry's param, or the outside value
    value_id outside;  // cotangent that the loop returns: the carry's init, or the outside value
    value_id start;    // the cotangent that the backward loop starts from
};

struct flows {
    struct flow *list;
    size_t count, capacity;
};

static void add_flow(struct differentiation *d, struct flows *flows, struct flow f) {
    flows->list = arena_grow(d->graph->arena, flows->list, flows->count, &flows->capacity, sizeof f);
    flows->list[flows->count++] = f;
}

static void find_flows(struct differentiation *d, loop_id id, struct flows *flows) {
    const struct graph *g = d->graph;
    const struct loop *l = graph_loop(g, id);
    const bool *wants = d->adjoints.wants;
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        if (wants[c->param.id])
            add_flow(d, flows, (struct flow){c->next, c->param, c->init, adjoint_get(&d->adjoints, c->result)});
    }
    for (uint32_t i = l->begin.id + 1; i < l->end.id; i++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++) {
            value_id v = node_input(g, &g->nodes[i], k).value;
            if (!wants[v.id] || graph_value(g, v)->storage != STORAGE_ARENA) continue;
            if (graph_loop_within(g, graph_value_loop(g, v), id)) continue;
            bool known = false;
            for (size_t f = 0; f < flows->count; f++)
                known |= flows->list[f].at_end.id == v.id && flows->list[f].outside.id == v.id;
            if (!known) add_flow(d, flows, (struct flow){v, v, v, adjoint_get(&d->adjoints, v)});
        }
}

static value_id cotangent_or_zeros(struct differentiation *d, value_id cotangent, value_id like) {
    const struct value *v = graph_value(d->graph, like);
    return cotangent.id ? cotangent : op_emit_zeros(d->graph, v->shape, v->name, v->span);
}

static void differentiate_nodes(struct differentiation *d, uint32_t from, uint32_t to);

static void differentiate_loop(struct differentiation *d, loop_id id) {
    struct graph *g = d->graph;
    struct flows flows = {0};
    find_flows(d, id, &flows);
    bool any = false;
    for (size_t i = 0; i < flows.count; i++)
        any |= flows.list[i].outside.id != flows.list[i].at_end.id && flows.list[i].start.id;
    if (!any) return;
    value_id *params = ARENA_ARRAY(g->arena, value_id, flows.count),
             *next = ARENA_ARRAY(g->arena, value_id, flows.count);
    for (size_t i = 0; i < flows.count; i++)
        flows.list[i].start = cotangent_or_zeros(d, flows.list[i].start, flows.list[i].at_start);
    struct loop l = *graph_loop(g, id);
    struct span span = graph_node(g, l.begin)->span;
    l.backward = !l.backward;
    loop_id back = graph_begin_loop(g, l, span);
    for (size_t i = 0; i < flows.count; i++) graph_add_carry(g, back, flows.list[i].start, &params[i]);
    for (size_t i = 0; i < flows.count;
         i++) // inside, an outside value has the loop's cotangent, not the one gathered before
        if (flows.list[i].outside.id == flows.list[i].at_end.id)
            adjoint_set(&d->adjoints, flows.list[i].at_end, params[i]);
    for (size_t i = 0; i < flows.count; i++)
        if (flows.list[i].outside.id != flows.list[i].at_end.id)
            adjoint_add(&d->adjoints, flows.list[i].at_end, params[i], span);
    l = *graph_loop(g, id);
    differentiate_nodes(d, l.begin.id + 1, l.end.id);
    for (size_t i = 0; i < flows.count; i++)
        next[i] = cotangent_or_zeros(d, adjoint_get(&d->adjoints, flows.list[i].at_start), flows.list[i].at_start);
    graph_end_loop(g, back, next, next);
    for (size_t i = 0; i < flows.count; i++) {
        const struct flow *f = &flows.list[i];
        bool invariant = f->outside.id == f->at_start.id;
        if (invariant) adjoint_set(&d->adjoints, f->outside, next[i]);
    }
    for (size_t i = 0; i < flows.count; i++) {
        const struct flow *f = &flows.list[i];
        if (f->outside.id != f->at_start.id && d->adjoints.wants[f->outside.id] &&
            graph_value(g, f->outside)->storage == STORAGE_ARENA)
            adjoint_add(&d->adjoints, f->outside, next[i], span);
    }
}

// Differentiates nodes [from, to), last first; a loop counts as one.
static void differentiate_nodes(struct differentiation *d, uint32_t from, uint32_t to) {
    for (uint32_t i = to; i > from;) {
        const struct node *n = graph_node(d->graph, (node_id){--i});
        if (n->kind == NODE_OP) {
            differentiate_op(d, (node_id){i});
            continue;
        }
        loop_id loop = n->loop;
        differentiate_loop(d, loop);
        i = graph_loop(d->graph, loop)->begin.id;
    }
}

struct graph *differentiate(const struct graph *forward, struct diagnostics *diagnostics) {
    struct graph *g = copy_forward(forward);
    struct differentiation d = {.graph = g, .diagnostics = diagnostics};
    d.adjoints = (struct adjoints){.graph = g, .wants = adjoint_wants(g), .n_forward = g->n_values};
    d.adjoints.of = ARENA_ARRAY(g->arena, value_id, g->n_values);
    d.adjoints.grad = ARENA_ARRAY(g->arena, value_id, g->n_tensors);
    if (!gradient_has_parameters(g, d.adjoints.wants, diagnostics)) return NULL;
    // The loss's own cotangent is the context's loss_weight, which its rule multiplies by. Any value can stand for it.
    adjoint_set(&d.adjoints, g->loss, g->loss);
    differentiate_nodes(&d, 1, (uint32_t)g->n_nodes);
    return d.failed ? NULL : g;
}
