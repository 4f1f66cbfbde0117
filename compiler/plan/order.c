// Order: a loop's body becomes a problem of order_search.h. Ops and inner loops are its items; values alive for only
// part of the body are its values. The planner itself computes lives and places, so the search counts what will be
// planned. The planner also decides whether the new order is better.
#include "compiler/plan/order.h"

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/plan/order_search.h"
#include "compiler/plan/plan.h"

struct item {
    uint32_t first, end; // nodes: one op, or a whole inner loop
};

struct body {
    const struct plan *plan; // lives and buffers of the unchanged graph
    const struct graph *g;
    struct arena *arena;
    loop_id loop;        // none: the top level
    uint32_t first, end; // nodes
    struct item *items;
    size_t n_items;
    uint32_t *item_of;  // [n_nodes] within first..end
    uint32_t *value_of; // [n_values] 1 + its number in the problem; 0: alive throughout, local to one item, or unused
    struct order_problem *problem;
};

// ---- bodies ----
static uint32_t node_end(const struct graph *g, uint32_t n) { // index of the item that begins at node n
    return g->nodes[n].kind == NODE_OP ? n + 1 : graph_loop(g, g->nodes[n].loop)->end.id + 1;
}

static struct body body_of(const struct plan *p, loop_id l, struct arena *a) {
    const struct graph *g = p->graph;
    struct body b = {.plan = p, .g = g, .arena = a, .loop = l, .first = 1, .end = (uint32_t)g->n_nodes};
    if (l.id) {
        b.first = graph_loop(g, l)->begin.id + 1;
        b.end = graph_loop(g, l)->end.id;
    }
    b.items = ARENA_ARRAY(a, struct item, b.end - b.first + 1);
    b.item_of = ARENA_ARRAY(a, uint32_t, g->n_nodes);
    b.value_of = ARENA_ARRAY(a, uint32_t, g->n_values);
    for (uint32_t n = b.first; n < b.end; n = node_end(g, n)) {
        for (uint32_t i = n; i < node_end(g, n); i++) b.item_of[i] = (uint32_t)b.n_items;
        b.items[b.n_items++] = (struct item){n, node_end(g, n)};
    }
    return b;
}

static bool in_body(const struct body *b, node_id n) { return n.id >= b->first && n.id < b->end; }

// ---- values ----
// True when other items than its own touch the value.
static bool is_visible(const struct body *b, uint32_t v) {
    node_id def = b->g->values[v].def;
    if (!in_body(b, def)) return true;
    return graph_value_loop(b->g, (value_id){v}).id == b->loop.id ||
           b->plan->values[v].death > b->items[b->item_of[def.id]].end;
}

static void add_value(struct body *b, uint32_t v) {
    const struct plan_value *life = &b->plan->values[v];
    if (!life->buffer || life->death <= b->first || life->birth >= b->end || !is_visible(b, v)) return;
    const struct plan_buffer *buffer = &b->plan->buffers[life->buffer];
    bool before = life->birth<b->first, after = life->death> b->end || graph_is_output(b->g, (value_id){v});
    if (before && after) return;
    // Outside the loops over its domain all slots of a stack are alive.
    bool whole = b->g->values[v].domain.id && !graph_repeat_loop(b->g, b->loop).id;
    uint32_t value = order_add_value(b->problem, buffer->size * (whole ? buffer->slots : 1), before, after);
    b->value_of[v] = value + 1;
    node_id def = b->g->values[v].def;
    if (in_body(b, def)) order_write(b->problem, b->item_of[def.id], value);
}

static void read_value(struct body *b, uint32_t node, value_id v) {
    if (!v.id) return;
    uint32_t item = b->item_of[node];
    node_id def = graph_value(b->g, v)->def;
    if (in_body(b, def) && b->item_of[def.id] != item) order_precede(b->problem, b->item_of[def.id], item);
    if (b->value_of[v.id]) order_read(b->problem, item, b->value_of[v.id] - 1);
}

static void read_values(struct body *b) {
    for (uint32_t n = b->first; n < b->end; n++) {
        const struct node *node = &b->g->nodes[n];
        for (uint32_t k = 0; k < node_input_count(b->g, node); k++) read_value(b, n, node_input(b->g, node, k).value);
    }
}

// ---- what must stay in order ----
// Additions to one gradient share a place, and outputs belong to the caller: accesses to the same one keep their order.
static void keep_iteration(struct body *b, uint32_t node, value_id v, uint32_t *last) {
    if (!v.id) return;
    const struct value *value = graph_value(b->g, v);
    if (value->storage != STORAGE_GRAD && value->storage != STORAGE_OUTPUT) return;
    uint32_t *iteration = &last[value->storage == STORAGE_GRAD ? value->tensor.id : 0];
    if (*iteration && *iteration - 1 != b->item_of[node]) order_precede(b->problem, *iteration - 1, b->item_of[node]);
    *iteration = b->item_of[node] + 1;
}

static void keep_effects(struct body *b) {
    uint32_t *last = ARENA_ARRAY(b->arena, uint32_t, b->g->n_tensors); // 1 + the last item; entry 0: outputs
    for (uint32_t n = b->first; n < b->end; n++) {
        const struct node *node = &b->g->nodes[n];
        for (uint32_t a = 0; a < node->n_args; a++) keep_iteration(b, n, node_args(b->g, node)[a].value, last);
        for (uint32_t r = 0; r < node->n_results; r++) keep_iteration(b, n, node_results(b->g, node)[r].value, last);
        INVARIANT(node->kind != NODE_OP || !node->op->has_effect); // updates come later
    }
}

// Items that read v run before the item that reuses its place. Otherwise bytes would have to be copied.
static void keep_free(struct body *b, uint32_t v, uint32_t item) {
    for (uint32_t n = b->first; n < b->items[item].first; n++)
        if (node_reads(b->g, &b->g->nodes[n], (value_id){v})) order_precede(b->problem, b->item_of[n], item);
}

static bool same_place(const struct body *b, value_id x, value_id y) {
    if (!plan_is_placed(b->g, x) || !plan_is_placed(b->g, y)) return false;
    return b->plan->values[x.id].buffer && b->plan->values[x.id].buffer == b->plan->values[y.id].buffer;
}

static bool is_carried(const struct body *b, value_id v) { // shares the place of a carry of the body's loop
    const struct loop *loop = graph_loop(b->g, b->loop);
    for (uint32_t c = 0; b->loop.id && c < loop->n_carries; c++)
        if (same_place(b, b->g->carries[loop->carries + c].param, v)) return true;
    return false;
}

// ---- reused places ----
static void add_reuse(struct body *b, uint32_t item, value_id from, value_id to) {
    if (b->value_of[from.id] && b->value_of[to.id])
        order_reuse(b->problem, item, b->value_of[from.id] - 1, b->value_of[to.id] - 1);
}

static void op_places(struct body *b, uint32_t item) {
    const struct node *n = &b->g->nodes[b->items[item].first];
    for (uint32_t r = 0; r < n->n_results; r++) {
        struct use to = node_results(b->g, n)[r];
        if (!plan_is_placed(b->g, to.value)) continue;
        for (uint32_t a = 0; a < n->n_args; a++) {
            struct use from = node_args(b->g, n)[a];
            bool adds = n->op->accumulates[r] == a + 1;
            if (!from.value.id || (!adds && !(n->op->in_place[r] >> a & 1))) continue;
            if (from.access == ACCESS_WHOLE && to.access == ACCESS_WHOLE) add_reuse(b, item, from.value, to.value);
            if (same_place(b, from.value, to.value) && (adds || is_carried(b, to.value)))
                keep_free(b, from.value.id, item);
        }
    }
}

static void loop_places(struct body *b, uint32_t item) {
    const struct graph *g = b->g;
    for (uint32_t v = 1; v < g->n_values; v++) { // values that the loop fills row by row
        node_id def = g->values[v].def;
        value_id from = b->plan->values[v].in_place_of;
        if (!b->value_of[v] || !from.id || !in_body(b, def) || b->item_of[def.id] != item) continue;
        if (in_body(b, graph_value(g, from)->def) && b->item_of[graph_value(g, from)->def.id] == item) continue;
        add_reuse(b, item, from, (value_id){v});
        keep_free(b, from.id, item);
    }
    const struct loop *loop = graph_loop(g, g->nodes[b->items[item].first].loop);
    for (uint32_t c = 0; c < loop->n_carries; c++) {
        const struct carry *carry = &g->carries[loop->carries + c];
        if (!same_place(b, carry->init, carry->result)) continue;
        add_reuse(b, item, carry->init, carry->result);
        keep_free(b, carry->init.id, item);
    }
}

static void add_all_reuses(struct body *b) {
    for (uint32_t i = 0; i < b->n_items; i++) {
        if (b->g->nodes[b->items[i].first].kind == NODE_OP)
            op_places(b, i);
        else
            loop_places(b, i);
    }
    const struct loop *loop = graph_loop(b->g, b->loop);
    for (uint32_t c = 0; b->loop.id && c < loop->n_carries; c++) { // next values that reuse their param's place
        const struct carry *carry = &b->g->carries[loop->carries + c];
        node_id def = graph_value(b->g, carry->next)->def;
        if (in_body(b, def) && same_place(b, carry->param, carry->next))
            keep_free(b, carry->param.id, b->item_of[def.id]);
    }
}

// ---- inner loops ----
// The peak of buffers that live inside the item only. seen: [n_buffers] buffers of the body's values.
static int64_t inner_peak(const struct body *b, struct item item, const bool *seen) {
    int64_t *change = ARENA_ARRAY(b->arena, int64_t, item.end - item.first + 1), most = 0, live = 0;
    int64_t first = plan_place_position(b->g, item.first), end = first + item.end - item.first;
    for (size_t i = 1; i < b->plan->n_buffers; i++) {
        const struct plan_buffer *buffer = &b->plan->buffers[i];
        if (seen[i] || buffer->birth < first || buffer->death > end) continue;
        change[buffer->birth - first] += buffer->size;
        change[buffer->death - first] -= buffer->size;
    }
    for (uint32_t s = 0; s < item.end - item.first; s++) {
        live += change[s];
        if (live > most) most = live;
    }
    return most;
}

static void use_space(struct body *b) {
    bool *seen = ARENA_ARRAY(b->arena, bool, b->plan->n_buffers);
    for (uint32_t v = 1; v < b->g->n_values; v++)
        if (b->value_of[v]) seen[b->plan->values[v].buffer] = true;
    for (uint32_t i = 0; i < b->n_items; i++)
        if (b->items[i].end - b->items[i].first > 1) order_use_space(b->problem, i, inner_peak(b, b->items[i], seen));
}

// ---- the graph in another order ----
static struct graph *arrange(const struct body *b, const uint32_t *sequence) {
    struct graph_copy copy = graph_copy_start(b->g, b->g->arena);
    for (uint32_t n = 1; n < b->first; n++) graph_copy_node(&copy, (node_id){n});
    for (size_t i = 0; i < b->n_items; i++)
        for (uint32_t n = b->items[sequence[i]].first; n < b->items[sequence[i]].end; n++)
            graph_copy_node(&copy, (node_id){n});
    for (uint32_t n = b->end; n < b->g->n_nodes; n++) graph_copy_node(&copy, (node_id){n});
    for (uint32_t v = 1; v < b->g->n_values; v++) // stacks stay stacks
        if (copy.map[v].id) graph_value(copy.to, copy.map[v])->domain = b->g->values[v].domain;
    return graph_copy_finish(&copy);
}

struct ordered {
    struct graph *graph; // NULL: no better graph was found
    int64_t bytes;       // its liveness bound
    size_t given_up;     // items of a body whose search gave up
};

static void build_problem(struct body *b) {
    b->problem = order_problem_new(b->arena, b->n_items);
    for (uint32_t v = 1; v < b->g->n_values; v++)
        if (plan_is_placed(b->g, (value_id){v})) add_value(b, v);
    read_values(b);
    keep_effects(b);
    add_all_reuses(b);
    use_space(b);
}

// The graph with the body of loop l in an order that lowers the bound.
static struct ordered order_body(const struct plan *p, loop_id l, struct arena *a) {
    struct ordered found = {.graph = NULL};
    struct body b = body_of(p, l, a);
    // node order is buffer order only outside a checkpoint schedule's loops
    if (b.n_items < 2 || (!l.id && p->graph->n_checkpoint_schedules > 1)) return found;
    struct order_answer answer = {.exact = false};
    if (b.n_items <= ORDER_MOST_ITEMS) {
        build_problem(&b);
        answer = order_solve(b.problem, ORDER_MOST_STATES);
    }
    if (!answer.exact) found.given_up = b.n_items;
    if (answer.peak >= answer.given) return found;
    struct graph *g = arrange(&b, answer.sequence);
    found.bytes = plan_lives_only(a, g, 1)->bound.bytes;
    if (found.bytes < p->bound.bytes) found.graph = g;
    return found;
}

// Improves the first body it can, from the one that holds the peak outwards.
static struct ordered order_once(const struct plan *p, struct arena *a) {
    const struct graph *g = p->graph;
    const struct node *peak = &g->nodes[p->bound.at];
    loop_id l = peak->kind == NODE_OP ? peak->loop : graph_loop(g, peak->loop)->parent;
    struct ordered found = order_body(p, l, a);
    while (!found.graph && l.id) {
        size_t given_up = found.given_up;
        l = graph_loop(g, l)->parent;
        found = order_body(p, l, a);
        if (!found.given_up) found.given_up = given_up;
    }
    return found;
}

struct graph *order_nodes(struct graph *g) {
    int64_t before = 0, after = 0;
    for (;;) {
        struct arena scratch = {0};
        const struct plan *p = plan_lives_only(&scratch, g, 1);
        if (!before) before = p->bound.bytes;
        after = p->bound.bytes;
        struct ordered found = order_once(p, &scratch);
        arena_free(&scratch);
        if (found.graph) {
            g = found.graph;
            continue;
        }
        const char *gain = "", *doubt = "";
        if (after < before)
            gain = arena_print(g->arena, "%lld bytes alive at most, in program order %lld", (long long)after,
                               (long long)before);
        if (found.given_up)
            doubt = arena_print(g->arena, "%ssearch given up in a body of %zu nodes", after < before ? "; " : "",
                                found.given_up);
        if (*gain || *doubt) g->order = arena_print(g->arena, "%s%s", gain, doubt);
        return g;
    }
}
