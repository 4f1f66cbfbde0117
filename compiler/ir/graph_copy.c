// Graph copy: an old graph and a map become a new graph.
#include "compiler/ir/graph_copy.h"

#include "compiler/base/arena.h"
#include "compiler/base/check.h"

struct graph_copy graph_copy_start(const struct graph *from, struct arena *a) {
    struct graph_copy c = {.from = from, .to = graph_new(a, from->name)};
    c.to->order = from->order;
    c.map = ARENA_ARRAY(a, value_id, from->n_values);
    c.loops = ARENA_ARRAY(a, loop_id, from->n_loops);
    for (size_t i = 1; i < from->n_domains; i++) graph_add_domain(c.to, from->domains[i]);
    for (size_t i = 1; i < from->n_tensors; i++) graph_add_tensor(c.to, from->tensors[i]);
    for (size_t i = 1; i < from->n_symbols; i++) graph_add_symbol(c.to, from->symbols[i]);
    return c;
}

value_id graph_copied(struct graph_copy *c, value_id v) {
    if (!v.id || c->map[v.id].id) return c->map[v.id];
    const struct value *old = graph_value(c->from, v);
    INVARIANT(!old->def.id);
    return c->map[v.id] = graph_add_value(c->to, *old);
}

static bool carry_stays(const struct graph_copy *c, const struct carry *carry) {
    return !c->needed || c->needed[carry->param.id] || c->needed[carry->result.id];
}

// The checkpoint schedule of a backward loop that was just begun, when its forward loop is there.
static void copy_checkpoint(struct graph_copy *c, loop_id backward) {
    const struct checkpoint_schedule *old = graph_checkpoint_backward(c->from, backward);
    if (!old || !c->loops[old->forward.id].id) return;
    struct checkpoint_schedule *checkpoints =
        graph_add_checkpoint_schedule(c->to, c->loops[old->forward.id], c->loops[backward.id]);
    checkpoints->slots = old->slots;
    checkpoints->live_snapshots = old->live_snapshots;
    checkpoints->steps = old->steps;
    checkpoints->n_steps = old->n_steps;
    checkpoints->n_forward_steps = old->n_forward_steps;
    c->map[old->input.id] = checkpoints->input;
}

static node_id copy_loop(struct graph_copy *c, const struct node *n) {
    const struct loop *old = graph_loop(c->from, n->loop);
    struct loop l = *old;
    graph_symbol(c->to, l.to_symbol)->value = graph_copied(c, graph_symbol(c->from, l.to_symbol)->value);
    loop_id loop = graph_begin_loop(c->to, l, n->span);
    c->loops[n->loop.id] = loop;
    for (uint32_t i = 0; i < old->n_carries; i++) {
        const struct carry *carry = &c->from->carries[old->carries + i];
        if (!carry_stays(c, carry)) continue;
        value_id param;
        graph_add_carry(c->to, loop, graph_copied(c, carry->init), &param);
        graph_value(c->to, param)->name = graph_value(c->from, carry->param)->name;
        c->map[carry->param.id] = param;
    }
    copy_checkpoint(c, n->loop);
    return graph_loop(c->to, loop)->begin;
}

void graph_copy_end(struct graph_copy *c, node_id end, const value_id *more, size_t n_more, value_id *more_results) {
    loop_id old_id = graph_node(c->from, end)->loop, loop = c->loops[old_id.id];
    const struct loop *old = graph_loop(c->from, old_id);
    value_id *next = ARENA_ARRAY(c->to->arena, value_id, old->n_carries + n_more + 1);
    value_id *results = ARENA_ARRAY(c->to->arena, value_id, old->n_carries + n_more + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < old->n_carries; i++) {
        const struct carry *carry = &c->from->carries[old->carries + i];
        if (carry_stays(c, carry)) next[count++] = graph_copied(c, carry->next);
    }
    for (size_t i = 0; i < n_more; i++) next[count + i] = more[i];
    graph_end_loop(c->to, loop, next, results);
    count = 0;
    for (uint32_t i = 0; i < old->n_carries; i++) {
        const struct carry *carry = &c->from->carries[old->carries + i];
        if (!carry_stays(c, carry)) continue;
        graph_value(c->to, results[count])->name = graph_value(c->from, carry->result)->name;
        c->map[carry->result.id] = results[count++];
    }
    for (size_t i = 0; i < n_more; i++) more_results[i] = results[count + i];
}

static node_id copy_op(struct graph_copy *c, const struct node *n, const struct use *args, struct use *results) {
    for (uint32_t r = 0; r < n->n_results; r++) {
        struct use old = node_results(c->from, n)[r];
        struct value v = *graph_value(c->from, old.value);
        v.domain = v.storage == STORAGE_ARENA ? (domain_id){0} : v.domain;
        results[r] = (struct use){graph_add_value(c->to, v), old.access};
    }
    node_id copy = graph_add_node(c->to, n->op, args, n->n_args, results, n->n_results, c->from->attrs + n->attrs,
                                  n->n_attrs, n->span);
    graph_node(c->to, copy)->guard = n->guard;
    return copy;
}

node_id graph_copy_node(struct graph_copy *c, node_id id) {
    const struct node *n = graph_node(c->from, id);
    if (n->kind == NODE_LOOP) return copy_loop(c, n);
    if (n->kind == NODE_END) {
        graph_copy_end(c, id, NULL, 0, NULL);
        return graph_loop(c->to, c->loops[n->loop.id])->end;
    }
    struct use *args = ARENA_ARRAY(c->to->arena, struct use, n->n_args + 1);
    struct use *results = ARENA_ARRAY(c->to->arena, struct use, n->n_results + 1);
    for (uint32_t a = 0; a < n->n_args; a++) {
        struct use old = node_args(c->from, n)[a];
        args[a] = (struct use){graph_copied(c, old.value), old.access};
    }
    node_id copy = copy_op(c, n, args, results);
    for (uint32_t r = 0; r < n->n_results; r++) c->map[node_results(c->from, n)[r].value.id] = results[r].value;
    return copy;
}

void graph_clone_node(struct graph_copy *c, node_id id, const struct use *args, value_id *results) {
    const struct node *n = graph_node(c->from, id);
    struct use *copied = ARENA_ARRAY(c->to->arena, struct use, n->n_results + 1);
    copy_op(c, n, args, copied);
    for (uint32_t r = 0; r < n->n_results; r++) results[r] = copied[r].value;
}

struct graph *graph_copy_finish(struct graph_copy *c) {
    INVARIANT(!graph_open_loop(c->to).id);
    c->to->loss = graph_copied(c, c->from->loss);
    c->to->counted = graph_copied(c, c->from->counted);
    c->to->passes = c->from->passes;
    if (!c->to->n_jvps) {
        c->to->n_jvps = c->from->n_jvps;
        c->to->jvps = ARENA_ARRAY(c->to->arena, value_id, c->to->n_jvps + 1);
        for (size_t i = 0; i < c->to->n_jvps; i++) c->to->jvps[i] = graph_copied(c, c->from->jvps[i]);
    }
    return c->to;
}
