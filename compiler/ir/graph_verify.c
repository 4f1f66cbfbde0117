// Graph verify: every invariant that graph.h states, checked in one walk. Every pass's result goes through it.
#include <stdarg.h>
#include <stdio.h>

#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"

struct verifier {
    const struct graph *graph;
    uint32_t node;
    bool ok;
};

static void broken(struct verifier *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void broken(struct verifier *v, const char *format, ...) {
    va_list args;
    if (!v->ok) return;
    v->ok = false;
    fprintf(stderr, "lorac: internal error: graph %s, node %u: ", v->graph->name, v->node);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

// The last slot that one loop fills is the first that the other reads: plans count on it (compiler/plan/plan.h).
static bool is_mirrored(const struct loop *writer, const struct loop *reader) {
    return !writer->backward && reader->backward && reader->to == writer->to;
}

// The value may be named by a node in loop `from` that stands at index `at`.
static void check_use(struct verifier *v, struct use u, loop_id from, uint32_t at) {
    const struct graph *g = v->graph;
    if (!u.value.id) return;
    if (u.value.id >= g->n_values) {
        broken(v, "value %u does not exist", u.value.id);
        return;
    }
    const struct value *value = graph_value(g, u.value);
    if (value->def.id >= at) broken(v, "value %u is used before node %u defines it", u.value.id, value->def.id);
    loop_id home = graph_value_loop(g, u.value), repeat = graph_repeat_loop(g, home);
    if (u.access == ACCESS_ROWS && !graph_tile_loop(g, from).id)
        broken(v, "value %u by rows outside a tile loop", u.value.id);
    if (u.access == ACCESS_WHOLE && graph_is_filled_by_rows(g, u.value) &&
        graph_loop_within(g, from, graph_node(g, value->def)->loop))
        broken(v, "value %u is used whole in the loop that still fills it", u.value.id);
    if (value->tensor.id && value->storage != STORAGE_INPUT && value->domain.id) {
        loop_id around = graph_repeat_loop(g, from);
        const struct tensor *t = graph_tensor(g, value->tensor);
        const struct loop *l = graph_loop(g, around);
        int64_t each = graph_domain(g, value->domain)->each;
        if (!around.id || l->domain.id != value->domain.id)
            broken(v, "%s is used outside a loop over its domain", t->name);
        else if (l->from < t->first * each || l->to > (t->first + t->instances) * each)
            broken(v, "%s has no instance for some iterations of the loop", t->name);
        return;
    }
    if (value->storage != STORAGE_ARENA || !value->def.id || graph_loop_within(g, from, home)) return;
    loop_id around = graph_repeat_loop(g, from);
    const struct node *def = graph_node(g, value->def);
    if (def->kind == NODE_LOOP)
        broken(v, "carry %u is used outside its loop", u.value.id);
    else if (!repeat.id || home.id != repeat.id)
        broken(v, "value %u is used outside its loop", u.value.id);
    else if (!around.id || graph_loop(g, around)->domain.id != graph_loop(g, repeat)->domain.id)
        broken(v, "value %u, one an iteration, is used outside a loop over its domain", u.value.id);
    else if (graph_loop(g, around)->from < graph_loop(g, repeat)->from ||
             graph_loop(g, around)->to > graph_loop(g, repeat)->to)
        broken(v, "value %u does not exist for some iterations", u.value.id);
    else if (!is_mirrored(graph_loop(g, repeat), graph_loop(g, around)))
        broken(v, "value %u is used in a loop that does not begin where the one that makes it ends", u.value.id);
}

static void check_op(struct verifier *v, const struct node *n) {
    const struct graph *g = v->graph;
    if (!n->op) broken(v, "a node without an op");
    if (guard_is_set(&n->guard) && !graph_repeat_loop(g, n->loop).id) broken(v, "it is guarded outside all loops");
    if (n->guard.modulus && (n->guard.remainder < 0 || n->guard.remainder >= n->guard.modulus))
        broken(v, "its guard never holds");
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id id = node_results(g, n)[r].value;
        if (!id.id || id.id >= g->n_values) {
            broken(v, "result %u does not exist", r);
            continue;
        }
        const struct value *value = graph_value(g, id);
        if (value->def.id != v->node || value->result != r) broken(v, "value %u has two definitions", id.id);
        if (value->storage != STORAGE_ARENA && value->storage != STORAGE_GRAD && value->storage != STORAGE_OUTPUT)
            broken(v, "value %u is written but comes from outside", id.id);
        for (int i = 0; i < value->shape.rank; i++)
            if (value->shape.dim[i] <= 0) broken(v, "value %u has an empty shape", id.id);
    }
}

static void check_symbols(struct verifier *v, const struct loop *l) {
    const struct symbol *from = graph_symbol(v->graph, l->from_symbol), *to = graph_symbol(v->graph, l->to_symbol);
    if (from->value.id || (to->value.id && graph_value(v->graph, to->value)->dtype != DTYPE_I32))
        broken(v, "a scalar cannot bound it");
    if (l->kind == LOOP_TILE && (l->from_symbol.id || (l->to_symbol.id && !to->value.id)))
        broken(v, "rows are not bounded by iterations");
    if (l->backward && loop_may_be_empty(l)) broken(v, "a loop that runs backwards has constant bounds");
}

static void check_carries(struct verifier *v, const struct node *n) {
    const struct graph *g = v->graph;
    const struct loop *l = graph_loop(g, n->loop);
    if (l->kind == LOOP_REPEAT) {
        if (l->parent.id) broken(v, "a repeat loop stands in another loop");
        const struct domain *d = graph_domain(g, l->domain);
        if (!l->domain.id || l->from < 0 || l->from >= l->to || l->to > d->count) broken(v, "loop over no iterations");
        if (l->step != 1 && (l->step != d->each || l->from % l->step || l->to % l->step))
            broken(v, "loop with a wrong step");
    } else if (l->rows <= 0 || l->height <= 0 || l->height > l->rows)
        broken(v, "tile loop without rows");
    check_symbols(v, l);
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        bool end = n->kind == NODE_END;
        const struct value *outer = graph_value(g, end ? c->next : c->init), *param = graph_value(g, c->param);
        if (!shape_equal(outer->shape, param->shape) || outer->dtype != param->dtype)
            broken(v, "carry %u changes its shape", i);
        if (param->def.id != l->begin.id || graph_value(g, c->result)->def.id != l->end.id || param->result != i ||
            graph_value(g, c->result)->result != i)
            broken(v, "carry %u is torn", i);
    }
}

static bool is_pair(const struct loop *forward, const struct loop *backward) {
    bool repeat = forward->kind == LOOP_REPEAT && backward->kind == LOOP_REPEAT;
    bool in_order = !forward->backward && backward->backward && forward->end.id < backward->begin.id;
    bool outermost = !forward->parent.id && !backward->parent.id;
    return repeat && in_order && outermost && forward->domain.id == backward->domain.id &&
           forward->from == backward->from && forward->to == backward->to && forward->n_carries == 1;
}

// Of the values that the forward loop defines, only the results of its carries exist when the backward loop runs.
static void check_checkpoint(struct verifier *v, const struct checkpoint_schedule *c) {
    const struct graph *g = v->graph;
    const struct loop *forward = graph_loop(g, c->forward), *backward = graph_loop(g, c->backward);
    v->node = backward->begin.id;
    if (!is_pair(forward, backward)) {
        broken(v, "its loop and loop %u are no checkpoint schedule", c->forward.id);
        return;
    }
    const struct value *param = graph_value(g, g->carries[forward->carries].param), *input = graph_value(g, c->input);
    if (input->def.id != backward->begin.id || !shape_equal(input->shape, param->shape))
        broken(v, "the checkpoint schedule's input is not what its forward loop carries");
    if (c->n_forward_steps > c->n_steps || c->live_snapshots > c->slots)
        broken(v, "the checkpoint schedule's table is torn");
    for (uint32_t i = forward->end.id + 1; i < g->n_nodes; i++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++) {
            value_id used = node_input(g, &g->nodes[i], k).value;
            uint32_t def = used.id ? graph_value(g, used)->def.id : 0;
            if (def >= forward->begin.id && def < forward->end.id)
                broken(v, "node %u uses value %u, which the checkpoint schedule does not keep", i, used.id);
        }
}

// Values that the last iteration does not compute, and what depends on them: no node that runs then reads them.
static void check_last_iterations(struct verifier *v) {
    const struct graph *g = v->graph;
    struct arena scratch = {0};
    bool *absent = ARENA_ARRAY(&scratch, bool, g->n_values), changed = true;
    while (changed && v->ok) {
        changed = false;
        for (v->node = 1; v->node < g->n_nodes && v->ok; v->node++) {
            const struct node *n = &g->nodes[v->node];
            for (uint32_t a = 0; n->kind == NODE_OP && !n->guard.but_last && a < n->n_args; a++)
                if (absent[node_args(g, n)[a].value.id]) broken(v, "it reads what the last iteration does not make");
            for (uint32_t r = 0; n->kind == NODE_OP && n->guard.but_last && r < n->n_results; r++) {
                value_id result = node_results(g, n)[r].value;
                if (graph_value(g, result)->storage != STORAGE_ARENA) broken(v, "it may not skip the last iteration");
                changed |= !absent[result.id];
                absent[result.id] = true;
            }
        }
        for (uint32_t l = 1; l < g->n_loops; l++)
            for (uint32_t c = 0; c < g->loops[l].n_carries; c++) {
                const struct carry *carry = &g->carries[g->loops[l].carries + c];
                bool gone = absent[carry->init.id] || absent[carry->next.id];
                changed |= gone && !absent[carry->result.id];
                absent[carry->result.id] |= gone;
                if (g->loops[l].kind == LOOP_TILE) absent[carry->param.id] |= gone;
            }
    }
    arena_free(&scratch);
}

static bool any_skips_the_last_iteration(const struct graph *g) {
    bool any = false;
    for (uint32_t i = 1; i < g->n_nodes; i++) any = any || g->nodes[i].guard.but_last;
    return any;
}

bool graph_verify(const struct graph *g) {
    struct verifier v = {.graph = g, .ok = true};
    loop_id open = {0};
    for (v.node = 1; v.node < g->n_nodes && v.ok; v.node++) {
        const struct node *n = &g->nodes[v.node];
        for (uint32_t k = 0; k < node_input_count(g, n); k++)
            check_use(&v, node_input(g, n, k), node_input_loop(g, n), v.node);
        if (n->kind == NODE_OP) {
            if (n->loop.id != open.id)
                broken(&v, "the node stands in loop %u but names loop %u", open.id, n->loop.id);
            else
                check_op(&v, n);
            continue;
        }
        const struct loop *l = graph_loop(g, n->loop);
        if (n->kind == NODE_LOOP) {
            if (l->begin.id != v.node || l->parent.id != open.id || l->end.id <= v.node)
                broken(&v, "loop %u is torn", n->loop.id);
            open = n->loop;
        } else {
            if (open.id != n->loop.id || l->end.id != v.node) broken(&v, "loop %u ends at a wrong place", n->loop.id);
            open = l->parent;
        }
        if (v.ok) check_carries(&v, n);
    }
    if (v.ok && open.id) broken(&v, "loop %u has no end", open.id);
    for (size_t i = 1; i < g->n_checkpoint_schedules && v.ok; i++) check_checkpoint(&v, &g->checkpoint_schedules[i]);
    if (v.ok && any_skips_the_last_iteration(g)) check_last_iterations(&v);
    if (v.ok && g->loss.id && graph_value_loop(g, g->loss).id) broken(&v, "the loss is inside a loop");
    return v.ok;
}
