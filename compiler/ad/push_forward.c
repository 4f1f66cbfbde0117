// Push forward: adds to the forward graph K tangents of every value that depends on a trained tensor. A trained
// tensor's tangent is noise; earlier values have none. A repeat loop carries the tangents of its carries. Such a loop
// exists twice, without and with tangents. At run time, iterations before the first tensor of a client's shard need no
// tangents either (struct symbol).
#include "compiler/ad/gradient.h"
#include "compiler/ad/wants.h"
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/op/jvp.h"

struct pushing {
    struct graph_copy copy;
    const bool *wants; // [from->n_values] depends on a trained tensor
    int64_t directions;
    value_id *tangents; // [from->n_values * directions] tangents of the copies; 0: none, or zero
    struct diagnostics *diagnostics;
    bool failed;
};

static value_id *tangent_at(struct pushing *p, value_id old, int64_t k) {
    return &p->tangents[old.id * (uint64_t)p->directions + (uint64_t)k];
}

// The tangent of an old value, created where a trained tensor is first used.
static value_id tangent_of(struct pushing *p, value_id old, int64_t k) {
    if (!old.id) return (value_id){0};
    value_id *known = tangent_at(p, old, k);
    struct value v = *graph_value(p->copy.from, old);
    if (known->id || v.storage != STORAGE_PARAM) return *known;
    v.storage = STORAGE_NOISE;
    v.dtype = DTYPE_FILE;
    v.noise = NOISE_TANGENT;
    v.tangent = (uint32_t)k;
    return *known = graph_add_value(p->copy.to, v);
}

static const char *tangent_name(const struct pushing *p, value_id old, int64_t k) {
    const char *name = graph_value(p->copy.from, old)->name;
    if (!name) name = "value";
    struct arena *a = p->copy.to->arena;
    return k ? arena_print(a, "%s_dot%lld", name, (long long)k) : arena_print(a, "%s_dot", name);
}

// A loop's carry needs zeros; elsewhere the value still has no tangent.
static value_id tangent_or_zeros(struct pushing *p, value_id old, int64_t k) {
    value_id known = tangent_of(p, old, k);
    if (known.id) return known;
    const struct value *v = graph_value(p->copy.from, old);
    return op_emit_zeros(p->copy.to, v->shape, tangent_name(p, old, k), v->span);
}

// The node as it will be in the new graph.
struct pushed {
    struct jvp jvp;
    struct use args[OP_ARGS_MAX];
    value_id results[OP_RESULTS_MAX];
    bool emitted;
};

static void describe(struct pushing *p, const struct node *n, struct pushed *out) {
    const struct graph *g = p->copy.from;
    struct jvp *j = &out->jvp;
    *out = (struct pushed){.jvp = {.graph = p->copy.to, .op = n->op, .n_args = n->n_args, .at = n->span}};
    for (uint32_t a = 0; a < n->n_args; a++) {
        out->args[a].value = graph_copied(&p->copy, node_args(g, n)[a].value);
        j->arg[a] = out->args[a].value;
    }
    for (; j->n_attrs < n->n_attrs; j->n_attrs++) j->attrs[j->n_attrs] = g->attrs[n->attrs + j->n_attrs];
    j->args = out->args;
    j->emitted = &out->emitted;
    j->result = out->results;
}

static void name_results(struct pushing *p, const struct node *n, const struct pushed *pushed) {
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id old = node_results(p->copy.from, n)[r].value;
        graph_value(p->copy.to, pushed->results[r])->name = graph_value(p->copy.from, old)->name;
        p->copy.map[old.id] = pushed->results[r];
    }
}

static void push_op(struct pushing *p, node_id id) {
    const struct graph *g = p->copy.from;
    const struct node *n = graph_node(g, id);
    bool wanted = false;
    for (uint32_t r = 0; r < n->n_results; r++) wanted = wanted || p->wants[node_results(g, n)[r].value.id];
    if (!wanted) {
        graph_copy_node(&p->copy, id);
        return;
    }
    if (!n->op->jvp) {
        diag_report(p->diagnostics, DIAG_E0210, n->span, "%s has no derivative for forward mode, and needs one",
                    n->op->name);
        p->failed = true;
        return;
    }
    struct pushed pushed;
    describe(p, n, &pushed);
    struct jvp *j = &pushed.jvp;
    for (int64_t k = 0; k < p->directions; k++) {
        for (uint32_t a = 0; a < n->n_args; a++) j->tangent[a] = tangent_of(p, node_args(g, n)[a].value, k);
        for (int r = 0; r < OP_RESULTS_MAX; r++) j->out[r] = (value_id){0};
        j->name = tangent_name(p, node_results(g, n)[0].value, k);
        j->first = k == 0;
        n->op->jvp(j);
        for (uint32_t r = 0; r < n->n_results; r++) *tangent_at(p, node_results(g, n)[r].value, k) = j->out[r];
    }
    jvp_results(j);
    name_results(p, n, &pushed);
}

// Number of carries of the loop that have tangents.
static size_t wanted_carries(const struct pushing *p, const struct loop *l, const struct carry **list) {
    size_t count = 0;
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &p->copy.from->carries[l->carries + i];
        if (p->wants[c->param.id]) list[count++] = c;
    }
    return count;
}

// [count * directions] tangents of the carries' inits; zeros where there are none.
static const value_id *first_tangents(struct pushing *p, const struct carry *const *list, size_t count) {
    value_id *first = ARENA_ARRAY(p->copy.from->arena, value_id, count * (size_t)p->directions + 1), *next = first;
    for (size_t i = 0; i < count; i++)
        for (int64_t k = 0; k < p->directions; k++) *next++ = tangent_or_zeros(p, list[i]->init, k);
    return first;
}

// Emits the loop without tangents, then the LOOP of the one with them, which starts from its results. Returns the first
// tangents of that.
static const value_id *begin_both(struct pushing *p, node_id id, const struct carry *const *list, size_t count) {
    const struct graph *g = p->copy.from;
    loop_id old = graph_node(g, id)->loop;
    const struct loop *l = graph_loop(g, old);
    for (uint32_t i = l->begin.id; i <= l->end.id; i++) graph_copy_node(&p->copy, (node_id){i});
    symbol_id first_tangent = graph_add_symbol(p->copy.to, (struct symbol){.name = "shard_first", .expected = l->from});
    graph_loop(p->copy.to, p->copy.loops[old.id])->to_symbol = first_tangent;
    value_id *inits = ARENA_ARRAY(g->arena, value_id, l->n_carries + 1);
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        inits[i] = p->copy.map[c->init.id];
        p->copy.map[c->init.id] = p->copy.map[c->result.id];
    }
    const value_id *first = first_tangents(p, list, count);
    graph_copy_node(&p->copy, id);
    graph_loop(p->copy.to, p->copy.loops[old.id])->from_symbol = first_tangent;
    for (uint32_t i = l->n_carries; i-- > 0;) p->copy.map[g->carries[l->carries + i].init.id] = inits[i];
    return first;
}

static void begin_loop(struct pushing *p, node_id id) {
    const struct graph *g = p->copy.from;
    loop_id old = graph_node(g, id)->loop;
    const struct loop *l = graph_loop(g, old);
    const struct carry **list = ARENA_ARRAY(g->arena, const struct carry *, l->n_carries + 1);
    size_t count = wanted_carries(p, l, list);
    bool both = count && l->kind == LOOP_REPEAT && !l->parent.id;
    const value_id *first = both ? begin_both(p, id, list, count) : first_tangents(p, list, count);
    if (!both) graph_copy_node(&p->copy, id);
    for (size_t i = 0; i < count; i++)
        for (int64_t k = 0; k < p->directions; k++) {
            value_id *param = tangent_at(p, list[i]->param, k);
            graph_add_carry(p->copy.to, p->copy.loops[old.id], *first++, param);
            graph_value(p->copy.to, *param)->name = tangent_name(p, list[i]->param, k);
        }
}

static void end_loop(struct pushing *p, node_id id) {
    const struct graph *g = p->copy.from;
    const struct loop *l = graph_loop(g, graph_node(g, id)->loop);
    const struct carry **list = ARENA_ARRAY(g->arena, const struct carry *, l->n_carries + 1);
    size_t count = wanted_carries(p, l, list), n_more = 0;
    value_id *more = ARENA_ARRAY(g->arena, value_id, count * (size_t)p->directions + 1);
    for (size_t i = 0; i < count; i++)
        for (int64_t k = 0; k < p->directions; k++) more[n_more++] = tangent_or_zeros(p, list[i]->next, k);
    graph_copy_end(&p->copy, id, more, n_more, more);
    n_more = 0;
    for (size_t i = 0; i < count; i++)
        for (int64_t k = 0; k < p->directions; k++) {
            graph_value(p->copy.to, more[n_more])->name = tangent_name(p, list[i]->result, k);
            *tangent_at(p, list[i]->result, k) = more[n_more++];
        }
}

struct graph *push_forward(const struct graph *forward, int64_t tangents, struct diagnostics *d) {
    const struct graph *from = forward;
    struct pushing p = {.copy = graph_copy_start(from, from->arena), .directions = tangents, .diagnostics = d};
    p.wants = adjoint_wants(from);
    p.tangents = ARENA_ARRAY(from->arena, value_id, from->n_values * (size_t)tangents + 1);
    if (!gradient_has_parameters(from, p.wants, d)) return NULL;
    for (uint32_t i = 1; i < from->n_nodes && !p.failed; i++) {
        node_id id = {i};
        if (from->nodes[i].kind == NODE_OP)
            push_op(&p, id);
        else if (from->nodes[i].kind == NODE_LOOP)
            begin_loop(&p, id);
        else
            end_loop(&p, id);
    }
    if (p.failed) return NULL;
    struct graph *g = p.copy.to;
    g->n_jvps = (size_t)tangents;
    g->jvps = ARENA_ARRAY(g->arena, value_id, g->n_jvps);
    for (int64_t k = 0; k < tangents; k++) g->jvps[k] = *tangent_at(&p, from->loss, k);
    graph_copy_finish(&p.copy);
    g->name = "step";
    return g;
}
