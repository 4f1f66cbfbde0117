// Coalesce: values that may share a place become one buffer. These are in-place results, and a carry's init, param,
// next and result. Two sets may join if no two members are alive at once, except at the position where one replaces the
// other.
#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/plan/plan.h"

struct set { // values at one place, listed by `next`; index: the representative's value id
    uint32_t first, last;
    uint32_t stack;        // the member that is a stack; 0: none
    uint32_t checkpointed; // the member that is a checkpoint schedule's input; 0: none
    uint32_t copied;       // the END that copies the next value to a member that is a carry's param; 0: none
    bool carried;          // a member belongs to a carry
};

struct coalescing {
    struct plan *plan;
    const struct graph *g;
    struct arena *arena;
    uint32_t *root, *next;        // [n_values]
    struct set *sets;             // [n_values]
    uint32_t *param_of, *next_of; // [n_values] the carry whose param (next) the value is; 0: none
};

// ---- may y reuse x's place at the position where x dies and y is born? ----
static bool may_reuse_argument(const struct graph *g, const struct node *n, uint32_t x, uint32_t y) {
    const struct use *args = node_args(g, n);
    uint32_t r = g->values[y].result;
    if (graph_node(g, g->values[y].def) != n || node_results(g, n)[r].access == ACCESS_ROWS) return false;
    bool found = false;
    for (uint32_t a = 0; a < n->n_args; a++) {
        if (args[a].value.id != x) continue;
        bool allowed = (n->op->in_place[r] >> a & 1) || n->op->accumulates[r] == a + 1;
        if (!allowed || args[a].access == ACCESS_ROWS) return false;
        found = true;
    }
    return found;
}

static bool may_reuse_carry(const struct graph *g, const struct node *n, uint32_t x, uint32_t y) {
    const struct loop *loop = graph_loop(g, n->loop);
    for (uint32_t c = 0; c < loop->n_carries; c++) {
        const struct carry *carry = &g->carries[loop->carries + c];
        if (n->kind == NODE_LOOP && carry->init.id == x && carry->param.id == y) return true;
        if (n->kind == NODE_END && carry->next.id == x && carry->result.id == y) return true;
    }
    return false;
}

// Row by row: y is filled by rows in a tile loop. That loop reads x by rows for the last time, at or before the node
// that writes y.
static bool may_reuse_rows(const struct coalescing *s, uint32_t x, uint32_t y) {
    const struct graph *g = s->g;
    node_id writer = g->values[y].def;
    if (!graph_is_filled_by_rows(g, (value_id){y})) return false;
    const struct node *n = graph_node(g, writer);
    const struct loop *tile = graph_loop(g, graph_tile_loop(g, n->loop));
    const struct plan_value *old = &s->plan->values[x]; // in a loop of one iteration it may die before the end
    if (old->birth >= tile->begin.id || old->death <= tile->begin.id || old->death > tile->end.id + 1) return false;
    for (uint32_t i = tile->begin.id; i <= tile->end.id; i++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[i]); k++) {
            struct use u = node_input(g, &g->nodes[i], k);
            if (u.value.id != x) continue;
            bool before = i < writer.id || (i == writer.id && (n->op->in_place[g->values[y].result] >> k & 1));
            if (u.access != ACCESS_ROWS || !before) return false;
        }
    return true;
}

static bool may_reuse(const struct coalescing *s, uint32_t x, uint32_t y) {
    const struct plan_value *a = &s->plan->values[x], *b = &s->plan->values[y];
    if (may_reuse_rows(s, x, y)) return true;
    if (a->death != b->birth + 1) return false;
    const struct node *n = &s->g->nodes[b->birth];
    return n->kind == NODE_OP ? may_reuse_argument(s->g, n, x, y) : may_reuse_carry(s->g, n, x, y);
}

static bool apart(const struct coalescing *s, uint32_t x, uint32_t y) {
    const struct plan_value *a = &s->plan->values[x], *b = &s->plan->values[y];
    return a->death <= b->birth || b->death <= a->birth || may_reuse(s, x, y) || may_reuse(s, y, x);
}

// True when two carries of one loop cross: the next value of one would stand in the place of the other's param. The
// copies at the iteration's end would then have to swap the two.
static bool crosses(const struct coalescing *s, uint32_t param, uint32_t next) {
    uint32_t a = s->param_of[param], b = s->next_of[next];
    if (!a || !b || a == b) return false;
    node_id loop = graph_value(s->g, s->g->carries[a].param)->def;
    return loop.id == graph_value(s->g, s->g->carries[b].param)->def.id;
}

// ---- sets ----
// A checkpoint schedule's forward body may run between two iterations of its backward loop. What it writes must not
// overwrite a value that outlives those iterations.
static bool meet_between_iterations(const struct coalescing *s, const struct set *a, const struct set *b) {
    for (size_t i = 1; i < s->g->n_checkpoint_schedules; i++) {
        const struct loop *forward = graph_loop(s->g, s->g->checkpoint_schedules[i].forward);
        const struct loop *backward = graph_loop(s->g, s->g->checkpoint_schedules[i].backward);
        bool written = false, outlives = false;
        for (uint32_t m = a->first; m; m = s->next[m])
            written |= s->plan->values[m].birth > forward->begin.id && s->plan->values[m].birth < forward->end.id;
        for (uint32_t m = b->first; m; m = s->next[m])
            outlives |= s->plan->values[m].birth <= backward->begin.id &&
                        s->plan->values[m].death > backward->begin.id + 1 &&
                        m != s->g->checkpoint_schedules[i].input.id;
        if (written && outlives) return true;
    }
    return false;
}

static bool may_join(const struct coalescing *s, const struct set *a, const struct set *b) {
    if (s->plan->values[a->first].bytes != s->plan->values[b->first].bytes) return false;
    if ((a->stack || a->checkpointed) && (b->stack || b->checkpointed)) return false;
    if ((a->stack && b->carried) || (b->stack && a->carried)) return false;
    INVARIANT(!a->copied && !b->copied); // all members of such a set are dead by then, so no value reuses its place
    if (meet_between_iterations(s, a, b) || meet_between_iterations(s, b, a)) return false;
    for (uint32_t x = a->first; x; x = s->next[x])
        for (uint32_t y = b->first; y; y = s->next[y])
            if (!apart(s, x, y) || crosses(s, x, y) || crosses(s, y, x)) return false;
    return true;
}

static bool join(struct coalescing *s, value_id x, value_id y) {
    if (!plan_is_placed(s->g, x) || !plan_is_placed(s->g, y)) return false;
    uint32_t into = s->root[x.id], from = s->root[y.id];
    if (into == from) return true;
    struct set *a = &s->sets[into], *b = &s->sets[from];
    if (!may_join(s, a, b)) return false;
    for (uint32_t m = b->first; m; m = s->next[m]) s->root[m] = into;
    s->next[a->last] = b->first;
    a->last = b->last;
    a->stack = a->stack ? a->stack : b->stack;
    a->checkpointed = a->checkpointed ? a->checkpointed : b->checkpointed;
    a->carried = a->carried || b->carried;
    return true;
}

static void add_copy(struct coalescing *s, struct plan_copy copy) {
    struct plan *p = s->plan;
    p->copies = arena_grow(s->arena, p->copies, p->n_copies, &p->c_copies, sizeof *p->copies);
    p->copies[p->n_copies++] = copy;
}

// ---- one node ----
static bool in_carried_set(const struct coalescing *s, value_id v) {
    return plan_is_placed(s->g, v) && s->sets[s->root[v.id]].carried;
}

// A value filled by rows may reuse the place of a carry's param, if the body has read the param by then. The carry's
// next value then stands where its param stood.
static bool coalesce_with_carry(struct coalescing *s, loop_id home, value_id result) {
    const struct loop *loop = graph_loop(s->g, graph_repeat_loop(s->g, home));
    for (uint32_t c = 0; c < loop->n_carries; c++) {
        value_id param = s->g->carries[loop->carries + c].param;
        if (!plan_is_placed(s->g, param) || !may_reuse(s, param.id, result.id) || !join(s, param, result)) continue;
        s->plan->values[result.id].in_place_of = param;
        return true;
    }
    return false;
}

// A result reuses the place of an argument that dies at this node. Arguments in carried sets come first: a checkpoint
// schedule needs its carry in one place.
static void coalesce_result(struct coalescing *s, node_id at, uint32_t r, bool enabled) {
    const struct node *n = graph_node(s->g, at);
    const struct use *args = node_args(s->g, n), *results = node_results(s->g, n);
    int implied = n->op->accumulates[r] - 1;
    bool done = !plan_is_placed(s->g, results[r].value);
    for (int pass = 0; pass < 2 && !done && enabled; pass++) {
        for (uint32_t a = 0; a < n->n_args && !done; a++) {
            bool first = implied >= 0 ? (uint32_t)implied == a : in_carried_set(s, args[a].value);
            if (!plan_is_placed(s->g, args[a].value) || (implied >= 0 && !first) || first != (pass == 0)) continue;
            if (!may_reuse(s, args[a].value.id, results[r].value.id)) continue;
            if (s->root[args[a].value.id] == s->root[results[r].value.id] || !join(s, args[a].value, results[r].value))
                continue;
            s->plan->values[results[r].value.id].in_place_of = args[a].value;
            done = true;
        }
    }
    if (!done && enabled && results[r].access == ACCESS_ROWS) done = coalesce_with_carry(s, n->loop, results[r].value);
    if (!done && implied >= 0 && args[implied].value.id)
        add_copy(s, (struct plan_copy){at, args[implied].value, results[r].value, COPY_ARGUMENT});
}

static void coalesce_loop_begin(struct coalescing *s, node_id at, const struct carry *c, bool enabled) {
    if (!plan_is_placed(s->g, c->param)) return;
    if (enabled && plan_is_placed(s->g, c->init) && may_reuse(s, c->init.id, c->param.id) &&
        join(s, c->init, c->param)) {
        s->plan->values[c->param.id].in_place_of = c->init;
        return;
    }
    add_copy(s, (struct plan_copy){at, c->init, c->param, COPY_INIT});
}

static void coalesce_loop_end(struct coalescing *s, node_id at, const struct carry *c, bool enabled) {
    if (!plan_is_placed(s->g, c->param)) return;
    const bool unchanged = c->next.id == c->param.id; // a body may leave a cotangent as it is
    if (!unchanged && (!enabled || !join(s, c->param, c->next))) {
        s->sets[s->root[c->param.id]].copied = at.id;
        add_copy(s, (struct plan_copy){at, c->next, c->param, COPY_NEXT});
        const struct loop *l = graph_loop(s->g, graph_node(s->g, at)->loop);
        if (loop_may_be_empty(l)) add_copy(s, (struct plan_copy){l->begin, c->param, c->next, COPY_INIT});
    }
    if (enabled && plan_is_placed(s->g, c->next) && may_reuse(s, c->next.id, c->result.id) &&
        join(s, c->next, c->result))
        s->plan->values[c->result.id].in_place_of = c->next;
    else
        add_copy(s, (struct plan_copy){at, c->next, c->result, COPY_RESULT});
}

static void mark_carried(struct coalescing *s) {
    for (size_t i = 1; i < s->g->n_carries; i++) {
        const struct carry *c = &s->g->carries[i];
        const value_id all[] = {c->init, c->param, c->next, c->result};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (plan_is_placed(s->g, all[k])) s->sets[all[k].id].carried = true;
    }
}

static void number_carries(struct coalescing *s) {
    s->param_of = ARENA_ARRAY(s->arena, uint32_t, s->g->n_values);
    s->next_of = ARENA_ARRAY(s->arena, uint32_t, s->g->n_values);
    for (uint32_t i = 1; i < s->g->n_carries; i++) {
        s->param_of[s->g->carries[i].param.id] = i;
        s->next_of[s->g->carries[i].next.id] = i;
    }
}

// The backward loop's input shares the forward carry's place in every plan.
static void coalesce_checkpoint(struct coalescing *s, const struct checkpoint_schedule *c) {
    value_id param = s->g->carries[graph_loop(s->g, c->forward)->carries].param;
    bool joined = join(s, param, c->input);
    INVARIANT(joined);
    (void)joined;
    s->sets[s->root[param.id]].checkpointed = c->input.id;
    s->plan->values[c->input.id].in_place_of = param;
}

// ---- sets become buffers ----
static void grow_life(struct plan_buffer *b, int64_t birth, int64_t death) {
    if (birth < b->birth) b->birth = birth;
    if (death > b->death) b->death = death;
}

static void shape_stack(const struct coalescing *s, struct plan_buffer *b, value_id stack) {
    const struct graph *g = s->g;
    domain_id d = graph_value(g, stack)->domain;
    loop_id home = graph_value_loop(g, stack);
    const struct loop *writer = graph_loop(g, graph_loop_over(g, home, d));
    INVARIANT(writer->kind == LOOP_REPEAT && writer->begin.id);
    b->stack = stack;
    b->slots = writer->to - writer->from;
    b->from = writer->from;
    b->lower_birth = writer->begin.id;
    b->lower_death = writer->end.id + 1;
    for (size_t l = 1; l < g->n_loops; l++) { // the top slot dies in the body of the last loop that reads it
        const struct loop *reader = &g->loops[l];
        if (reader->kind != LOOP_REPEAT || reader->domain.id != d.id || reader->begin.id < writer->begin.id) continue;
        if (reader->begin.id < b->death && reader->end.id + 1 > b->lower_death) b->lower_death = reader->end.id + 1;
    }
}

static void make_buffer(struct coalescing *s, uint32_t root) {
    struct plan *p = s->plan;
    const struct set *set = &s->sets[root];
    int64_t size = (p->values[root].bytes + PLAN_ALIGNMENT - 1) / PLAN_ALIGNMENT * PLAN_ALIGNMENT;
    struct plan_buffer b = {.birth = INT64_MAX, .size = size, .first = {set->first}};
    for (uint32_t m = set->first; m; m = s->next[m]) {
        grow_life(&b, p->values[m].birth, p->values[m].death);
        p->values[m].buffer = (uint32_t)p->n_buffers;
    }
    if (set->copied) grow_life(&b, set->copied, set->copied + 1);
    if (set->stack) shape_stack(s, &b, (value_id){set->stack});
    p->buffers = arena_grow(s->arena, p->buffers, p->n_buffers, &p->c_buffers, sizeof *p->buffers);
    p->buffers[p->n_buffers++] = b;
}

void plan_coalesce(struct plan *p, struct arena *a, enum plan_coalescing coalescing) {
    const struct graph *g = p->graph;
    struct coalescing s = {.plan = p, .g = g, .arena = a};
    s.root = ARENA_ARRAY(a, uint32_t, g->n_values);
    s.next = ARENA_ARRAY(a, uint32_t, g->n_values);
    s.sets = ARENA_ARRAY(a, struct set, g->n_values);
    for (uint32_t v = 1; v < g->n_values; v++) {
        s.root[v] = v;
        s.sets[v] = (struct set){.first = v, .last = v, .stack = g->values[v].domain.id ? v : 0};
    }
    mark_carried(&s);
    number_carries(&s);
    for (uint32_t i = 1; i < g->n_checkpoint_schedules; i++) coalesce_checkpoint(&s, &g->checkpoint_schedules[i]);
    bool enabled = coalescing == PLAN_COALESCED;
    for (uint32_t n = 1; n < g->n_nodes; n++) {
        const struct node *node = &g->nodes[n];
        const struct loop *loop = graph_loop(g, node->loop);
        for (uint32_t r = 0; node->kind == NODE_OP && r < node->n_results; r++) {
            coalesce_result(&s, (node_id){n}, r, enabled);
        }
        for (uint32_t c = 0; node->kind != NODE_OP && c < loop->n_carries; c++) {
            const struct carry *carry = &g->carries[loop->carries + c];
            if (node->kind == NODE_LOOP) coalesce_loop_begin(&s, (node_id){n}, carry, enabled);
            if (node->kind == NODE_END) coalesce_loop_end(&s, (node_id){n}, carry, enabled);
        }
    }
    p->buffers = arena_grow(a, p->buffers, p->n_buffers, &p->c_buffers, sizeof *p->buffers);
    p->buffers[p->n_buffers++] = (struct plan_buffer){.size = 0};
    for (uint32_t v = 1; v < g->n_values; v++)
        if (g->values[v].storage == STORAGE_ARENA && s.root[v] == v && p->values[v].birth < p->values[v].death)
            make_buffer(&s, v);
}
