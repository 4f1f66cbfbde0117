// Graph: construction. Everything is appended; the innermost loop not ended yet is where new nodes stand.
#include "compiler/ir/graph.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"

int64_t shape_count(struct shape s) {
    int64_t count = 1;
    for (int i = 0; i < s.rank; i++) count *= s.dim[i];
    return count;
}

int64_t shape_rows(struct shape s) {
    int64_t rows = 1;
    for (int i = 0; i + 1 < s.rank; i++) rows *= s.dim[i];
    return rows;
}

int64_t shape_columns(struct shape s) { return s.rank ? s.dim[s.rank - 1] : 1; }

bool shape_equal(struct shape a, struct shape b) {
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; i++)
        if (a.dim[i] != b.dim[i]) return false;
    return true;
}

int64_t dtype_bytes(enum dtype t) { return t == DTYPE_F64 ? 8 : 4; }

// Adds one element to a growing array of the graph and returns its index; entry 0 is never handed out.
#define PUSH(g, items, item)                                                                                           \
    ((g)->items = arena_grow((g)->arena, (g)->items, (g)->n_##items, &(g)->c_##items, sizeof *(g)->items),             \
     (g)->items[(g)->n_##items] = (item), (uint32_t)(g)->n_##items++)

struct graph *graph_new(struct arena *a, const char *name) {
    struct graph *g = ARENA_NEW(a, struct graph);
    g->arena = a;
    g->name = name;
    PUSH(g, values, (struct value){0});
    PUSH(g, nodes, (struct node){0});
    PUSH(g, uses, (struct use){0});
    PUSH(g, attrs, (struct attr){0});
    PUSH(g, loops, (struct loop){0});
    PUSH(g, carries, (struct carry){0});
    PUSH(g, domains, (struct domain){0});
    PUSH(g, tensors, (struct tensor){0});
    PUSH(g, symbols, (struct symbol){0});
    PUSH(g, checkpoint_schedules, (struct checkpoint_schedule){0});
    return g;
}

domain_id graph_add_domain(struct graph *g, struct domain d) {
    INVARIANT(d.count > 0 && d.each > 0 && d.count % d.each == 0);
    return (domain_id){PUSH(g, domains, d)};
}

tensor_id graph_add_tensor(struct graph *g, struct tensor t) {
    INVARIANT(t.storage == STORAGE_WEIGHT || t.storage == STORAGE_PARAM);
    return (tensor_id){PUSH(g, tensors, t)};
}

symbol_id graph_add_symbol(struct graph *g, struct symbol s) { return (symbol_id){PUSH(g, symbols, s)}; }

value_id graph_add_value(struct graph *g, struct value v) { return (value_id){PUSH(g, values, v)}; }

static uint32_t push_uses(struct graph *g, const struct use *uses, size_t n) {
    uint32_t first = (uint32_t)g->n_uses;
    for (size_t i = 0; i < n; i++) PUSH(g, uses, uses[i]);
    return first;
}

node_id graph_add_node(struct graph *g, const struct op *op, const struct use *args, size_t n_args,
                       const struct use *results, size_t n_results, const struct attr *attrs, size_t n_attrs,
                       struct span span) {
    struct node n = {.kind = NODE_OP, .op = op, .loop = graph_open_loop(g), .span = span};
    n.args = push_uses(g, args, n_args);
    n.n_args = (uint32_t)n_args;
    n.results = push_uses(g, results, n_results);
    n.n_results = (uint32_t)n_results;
    n.attrs = (uint32_t)g->n_attrs;
    n.n_attrs = (uint32_t)n_attrs;
    for (size_t i = 0; i < n_attrs; i++) PUSH(g, attrs, attrs[i]);
    node_id id = {PUSH(g, nodes, n)};
    for (size_t i = 0; i < n_results; i++) {
        struct value *v = graph_value(g, results[i].value);
        v->def = id;
        v->result = (uint32_t)i;
    }
    return id;
}

loop_id graph_open_loop(const struct graph *g) {
    for (size_t i = g->n_loops - 1; i > 0; i--)
        if (!g->loops[i].end.id) return (loop_id){(uint32_t)i};
    return (loop_id){0};
}

loop_id graph_begin_loop(struct graph *g, struct loop l, struct span span) {
    l.parent = graph_open_loop(g);
    l.end = (node_id){0};
    l.carries = (uint32_t)g->n_carries;
    l.n_carries = 0;
    if (!l.step) l.step = 1;
    loop_id id = {(uint32_t)g->n_loops};
    l.begin = (node_id){PUSH(g, nodes, ((struct node){.kind = NODE_LOOP, .loop = id, .span = span}))};
    PUSH(g, loops, l);
    return id;
}

size_t graph_add_carry(struct graph *g, loop_id l, value_id init, value_id *param) {
    struct loop *loop = graph_loop(g, l);
    INVARIANT(loop->begin.id == g->n_nodes - 1);
    struct value v = *graph_value(g, init);
    v.storage = STORAGE_ARENA;
    v.tensor = (tensor_id){0};
    v.domain = (domain_id){0};
    v.def = loop->begin;
    v.result = loop->n_carries;
    *param = graph_add_value(g, v);
    PUSH(g, carries, ((struct carry){.init = init, .param = *param}));
    return loop->n_carries++;
}

void graph_end_loop(struct graph *g, loop_id l, const value_id *next, value_id *results) {
    INVARIANT(graph_open_loop(g).id == l.id);
    struct span span = graph_node(g, graph_loop(g, l)->begin)->span;
    node_id end = {PUSH(g, nodes, ((struct node){.kind = NODE_END, .loop = l, .span = span}))};
    struct loop *loop = graph_loop(g, l);
    loop->end = end;
    for (uint32_t i = 0; i < loop->n_carries; i++) {
        struct carry *c = &g->carries[loop->carries + i];
        c->next = next[i];
        struct value v = *graph_value(g, c->param);
        v.name = graph_value(g, next[i])->name;
        v.def = end;
        v.result = i;
        c->result = graph_add_value(g, v);
        if (results) results[i] = c->result;
    }
}

const struct attr *attr_find(const struct attr *attrs, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(attrs[i].name, name) == 0) return &attrs[i];
    return NULL;
}

const struct attr *node_attr(const struct graph *g, const struct node *n, const char *name) {
    return attr_find(g->attrs + n->attrs, n->n_attrs, name);
}

double node_number(const struct graph *g, const struct node *n, const char *name, double absent) {
    const struct attr *a = node_attr(g, n, name);
    return a ? a->number : absent;
}

struct checkpoint_schedule *graph_add_checkpoint_schedule(struct graph *g, loop_id forward, loop_id backward) {
    uint32_t index =
        PUSH(g, checkpoint_schedules, ((struct checkpoint_schedule){.forward = forward, .backward = backward}));
    struct checkpoint_schedule *c = &g->checkpoint_schedules[index];
    struct value v = *graph_value(g, g->carries[graph_loop(g, forward)->carries].param);
    v.def = graph_loop(g, backward)->begin;
    v.result = graph_loop(g, backward)->n_carries; // beside the loop's carries
    v.domain = (domain_id){0};
    c->input = graph_add_value(g, v);
    return c;
}

static const struct checkpoint_schedule *find_checkpoint(const struct graph *g, loop_id forward, loop_id backward) {
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++)
        if (g->checkpoint_schedules[i].forward.id == forward.id ||
            g->checkpoint_schedules[i].backward.id == backward.id)
            return &g->checkpoint_schedules[i];
    return NULL;
}

const struct checkpoint_schedule *graph_checkpoint_forward(const struct graph *g, loop_id l) {
    return l.id ? find_checkpoint(g, l, (loop_id){0}) : NULL;
}

const struct checkpoint_schedule *graph_checkpoint_backward(const struct graph *g, loop_id l) {
    return l.id ? find_checkpoint(g, (loop_id){0}, l) : NULL;
}

const struct checkpoint_schedule *graph_checkpoint_of_input(const struct graph *g, value_id v) {
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++)
        if (v.id && g->checkpoint_schedules[i].input.id == v.id) return &g->checkpoint_schedules[i];
    return NULL;
}

bool graph_is_filled_by_rows(const struct graph *g, value_id v) { return graph_result(g, v).access == ACCESS_ROWS; }

loop_id graph_value_loop(const struct graph *g, value_id v) {
    const struct node *def = graph_node(g, graph_value(g, v)->def);
    if (graph_is_filled_by_rows(g, v)) return graph_loop(g, graph_tile_loop(g, def->loop))->parent;
    return def->kind == NODE_END ? graph_loop(g, def->loop)->parent : def->loop;
}

bool graph_loop_within(const struct graph *g, loop_id inner, loop_id outer) {
    for (; inner.id; inner = graph_loop(g, inner)->parent)
        if (inner.id == outer.id) return true;
    return !outer.id;
}

loop_id graph_repeat_loop(const struct graph *g, loop_id l) {
    while (l.id && graph_loop(g, l)->kind != LOOP_REPEAT) l = graph_loop(g, l)->parent;
    return l;
}

loop_id graph_tile_loop(const struct graph *g, loop_id l) {
    while (l.id && graph_loop(g, l)->kind != LOOP_TILE) l = graph_loop(g, l)->parent;
    return l;
}

static double checkpoint_runs(const struct checkpoint_schedule *c, enum checkpoint_action kind) {
    double runs = 0;
    for (size_t i = 0; i < c->n_steps; i++) runs += c->steps[i].kind == kind;
    return runs;
}

static double loop_runs(const struct graph *g, loop_id l) {
    const struct loop *loop = graph_loop(g, l);
    const struct checkpoint_schedule *c = graph_checkpoint_forward(g, l);
    if (c) return checkpoint_runs(c, CHECKPOINT_ADVANCE);
    return loop_expected_trips(g, loop);
}

double graph_node_runs(const struct graph *g, node_id n) {
    const struct node *node = graph_node(g, n);
    bool again = g->passes > 1 && (!g->update_first.id || n.id < g->update_first.id);
    double runs = again ? g->passes : 1;
    if (guard_is_set(&node->guard)) runs *= guard_share(&node->guard, loop_runs(g, graph_repeat_loop(g, node->loop)));
    for (loop_id l = node->loop; l.id; l = graph_loop(g, l)->parent) runs *= loop_runs(g, l);
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++) {
        value_id init = g->carries[graph_loop(g, g->checkpoint_schedules[i].forward)->carries].init;
        if (graph_value(g, init)->def.id == n.id)
            runs += checkpoint_runs(&g->checkpoint_schedules[i], CHECKPOINT_FIRST);
    }
    return runs;
}

void graph_mark_stacks(struct graph *g) {
    for (size_t v = 1; v < g->n_values; v++)
        if (g->values[v].storage == STORAGE_ARENA) g->values[v].domain = (domain_id){0};
    for (size_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        for (uint32_t k = 0; k < node_input_count(g, n); k++) {
            value_id v = node_input(g, n, k).value;
            struct value *value = graph_value(g, v);
            if (!v.id || value->storage != STORAGE_ARENA) continue;
            loop_id home = graph_repeat_loop(g, graph_value_loop(g, v));
            if (home.id && !graph_loop_within(g, node_input_loop(g, n), home))
                value->domain = graph_loop(g, home)->domain;
        }
    }
}

struct shape graph_seen_shape(const struct graph *g, struct use u, loop_id l) {
    const struct value *v = graph_value(g, u.value);
    struct shape s = v->shape;
    if (u.access == ACCESS_WHOLE) return s;
    const struct loop *tile = graph_loop(g, graph_tile_loop(g, l));
    int64_t columns = shape_count(s) / tile->rows;
    if (s.rank <= 1 || v->dtype == DTYPE_I32) return (struct shape){1, {tile->height}};
    return (struct shape){2, {tile->height, columns}};
}
