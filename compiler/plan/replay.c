// Replay: the independent verifier. It runs the plan over a map of the arena that records, for every byte, the write
// that filled it. A read must find all bytes of the write it expects. Loops run as in the program: every iteration and
// every tile, with copies where the program makes them. It does not trust lives or in-place marks. It checks that the
// stated lives cover the positions between each write and its reads.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/memory.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/plan/plan_invariants.h"
#include "compiler/plan/replay.h"

void replay_error(struct replay *r, const char *format, ...) {
    if (r->failed) return;
    r->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(r->text, r->size, format, args);
    va_end(args);
}

// ---- where an operand is ----
static const struct loop *around(const struct graph *g, loop_id l, enum loop_kind kind, domain_id d) {
    for (; l.id; l = graph_loop(g, l)->parent) {
        const struct loop *loop = graph_loop(g, l);
        if (loop->kind == kind && (kind == LOOP_TILE || loop->domain.id == d.id)) return loop;
    }
    return NULL;
}

const char *replay_name(const struct replay *r, value_id v) { return graph_value(r->g, v)->name; }

static bool is_placed(const struct replay *r, value_id v) {
    return v.id && graph_value(r->g, v)->storage == STORAGE_ARENA;
}

const struct plan_buffer *replay_buffer(const struct replay *r, value_id v) {
    return &r->plan->buffers[r->plan->values[v.id].buffer];
}

struct replay_place replay_locate(struct replay *r, struct use u, loop_id home, int64_t ahead) {
    const struct graph *g = r->g;
    struct replay_place where = {.placed = false};
    if (!is_placed(r, u.value)) return where;
    if (!r->plan->values[u.value.id].buffer) {
        replay_error(r, "%s has no place", replay_name(r, u.value));
        return where;
    }
    const struct value *v = graph_value(g, u.value);
    const struct plan_buffer *b = replay_buffer(r, u.value);
    int64_t bytes = shape_count(v->shape) * dtype_bytes(v->dtype);
    where.placed = where.top = true;
    where.low = b->offset;
    where.meant = &r->meant[u.value.id][0];
    if (b->stack.id && b->slots > 1) { // with a single slot all instances share one place
        const struct loop *loop = around(g, home, LOOP_REPEAT, graph_value(g, b->stack)->domain);
        int64_t slot = loop ? r->iteration[loop - g->loops] + ahead - b->from : -1;
        if (slot < 0 || slot >= b->slots) {
            replay_error(r, "%s: there is no slot %lld in its stack of %lld", v->name, (long long)slot,
                         (long long)b->slots);
            where.placed = false;
            return where;
        }
        where.top = slot == b->slots - 1;
        if (!where.top) where.low = b->lower_offset + slot * b->size;
        if (v->domain.id) where.meant = &r->meant[u.value.id][slot];
    }
    where.high = where.low + bytes;
    const struct loop *tile = around(g, home, LOOP_TILE, (domain_id){0});
    if (u.access == ACCESS_ROWS && tile) {
        int64_t row = bytes / tile->rows, first = r->iteration[tile - g->loops] * tile->height;
        int64_t end = first + tile->height < tile->rows ? first + tile->height : tile->rows;
        where.high = where.low + end * row;
        where.low += first * row;
    }
    return where;
}

static bool overlap(struct replay_place a, struct replay_place b) {
    return a.placed && b.placed && a.low < b.high && b.low < a.high;
}

// ---- lives: the stated life must cover every position from `since` to now ----
void replay_check_buffer(struct replay *r, value_id v, struct replay_place where, uint32_t from, uint32_t to,
                         uint32_t at) {
    const struct plan_buffer *b = replay_buffer(r, v);
    int64_t birth = where.top ? b->birth : b->lower_birth, death = where.top ? b->death : b->lower_death;
    if (from < birth || to >= death)
        replay_error(r, "%s: at position %u its buffer does not live through [%u, %u]", replay_name(r, v), at, from,
                     to);
}

struct replay_interval replay_interval(const struct position_history *t, uint64_t since, uint32_t at) {
    uint32_t from = position_history_lowest(t, since, at), to = position_history_highest(t, since, at);
    return (struct replay_interval){from < at ? from : at, to > at ? to : at};
}

// True for values of a checkpoint schedule's forward body: they live within one run of it.
static bool is_of_rerun(const struct replay *r, value_id v) {
    for (size_t i = 1; i < r->g->n_checkpoint_schedules; i++) {
        const struct loop *forward = graph_loop(r->g, r->g->checkpoint_schedules[i].forward);
        if (graph_loop_within(r->g, graph_value_loop(r->g, v), r->g->checkpoint_schedules[i].forward)) return true;
        if (r->rerun && r->g->carries[forward->carries].init.id == v.id) return true;
    }
    return false;
}

static void check_life(struct replay *r, value_id v, struct replay_place where, uint64_t since, uint32_t at) {
    const struct plan_value *life = &r->plan->values[v.id];
    struct replay_interval placed = replay_interval(&r->buffer_history, since, plan_buffer_position(r->g, at));
    replay_check_buffer(r, v, where, placed.from, placed.to, at);
    bool again = is_of_rerun(r, v);
    struct replay_interval needed =
        again ? placed : replay_interval(&r->value_history, since, r->rerun ? r->rerun : at);
    uint32_t from = needed.from, to = needed.to;
    uint32_t first = again ? plan_buffer_position(r->g, life->birth) : life->birth;
    uint32_t last = again ? plan_buffer_position(r->g, life->death - 1) : life->death - 1;
    if (where.top && (from < first || to > last))
        replay_error(r, "%s: at position %u it is needed in [%u, %u], outside its life [%u, %u)", replay_name(r, v), at,
                     from, to, life->birth, life->death);
}

void replay_read_place(struct replay *r, value_id v, struct replay_place where, struct replay_instance meant,
                       uint32_t at) {
    if (!where.placed) return;
    if (!meant.write || !replay_map_holds(&r->map, where.low, where.high, meant.write))
        replay_error(r, "%s: at position %u the bytes [%lld, %lld) are not what was written for it", replay_name(r, v),
                     at, (long long)where.low, (long long)where.high);
}

// Checks that an operand's bytes are intact where the plan puts it.
void replay_read_value(struct replay *r, struct use u, loop_id home, uint32_t at) {
    struct replay_place where = replay_locate(r, u, home, 0);
    if (!where.placed) return;
    check_life(r, u.value, where, where.meant->since, at);
    replay_read_place(r, u.value, where, *where.meant, at);
}

void replay_mark_step(struct replay *r, uint32_t at) {
    position_history_add(&r->value_history, r->rerun ? r->rerun : at);
    position_history_add(&r->buffer_history, plan_buffer_position(r->g, at));
}

// ---- nodes ----
// True for a value that no iteration has made yet, or that this iteration leaves out.
static bool is_absent(const struct replay_instance *i) { return !i->write; }

// Runs COPY_ARGUMENT copies: an op's accumulator that stands elsewhere is first copied to the result's place. The copy
// runs even when the node is skipped. Then the accumulator may be absent, and what is copied is read by nobody.
static bool is_wanted(const struct graph *g, const struct node *n, const struct plan_copy *c) {
    const struct use *args = node_args(g, n), *results = node_results(g, n);
    for (uint32_t k = 0; k < n->n_results; k++) {
        uint32_t a = n->op->accumulates[k];
        if (results[k].value.id == c->to.id && a && a <= n->n_args && args[a - 1].value.id == c->from.id) return true;
    }
    return false;
}

static void copy_arguments(struct replay *r, uint32_t at, const struct node *n) {
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != at) continue;
        if (c->kind != COPY_ARGUMENT || !is_wanted(r->g, n, c)) {
            replay_error(r, "%s: no node asks for its copy at position %u", replay_name(r, c->to), at);
            continue;
        }
        struct use from = {c->from, ACCESS_WHOLE}, to = {c->to, ACCESS_WHOLE};
        struct replay_place source = replay_locate(r, from, n->loop, 0), target = replay_locate(r, to, n->loop, 0);
        bool absent = source.placed && is_absent(source.meant);
        if (!absent) replay_read_value(r, from, n->loop, at);
        if (!target.placed) continue;
        if (overlap(source, target)) replay_error(r, "%s: copied onto itself", replay_name(r, c->to));
        // the copy keeps its write number, so the op finds its argument in the result's place
        replay_map_write(&r->map, target.low, target.high,
                         source.placed && !absent ? source.meant->write : ++r->writes);
    }
}

static void read_arguments(struct replay *r, uint32_t at, const struct node *n) {
    const struct use *args = node_args(r->g, n), *results = node_results(r->g, n);
    for (uint32_t a = 0; a < n->n_args; a++) {
        struct replay_place from = replay_locate(r, args[a], n->loop, 0);
        if (!from.placed) continue;
        check_life(r, args[a].value, from, from.meant->since, at);
        for (uint32_t k = 0; k < n->n_results; k++) {
            struct replay_place to = replay_locate(r, results[k], n->loop, 0);
            bool adds = n->op->accumulates[k] == a + 1, allowed = adds || (n->op->in_place[k] >> a & 1);
            if (adds && to.placed) {
                struct replay_instance *meant = from.meant;
                from = to; // the accumulator has been moved to the result's place
                from.meant = meant;
            } else if (overlap(from, to) && !(allowed && from.low == to.low && from.high == to.high)) {
                replay_error(r, "%s: position %u writes over an argument that it may not replace",
                             replay_name(r, results[k].value), at);
            }
        }
        replay_read_place(r, args[a].value, from, *from.meant, at);
    }
}

static void write_results(struct replay *r, uint32_t at, const struct node *n) {
    const struct use *results = node_results(r->g, n);
    for (uint32_t k = 0; k < n->n_results; k++) {
        struct replay_place to = replay_locate(r, results[k], n->loop, 0);
        if (!to.placed) continue;
        for (uint32_t j = 0; j < k; j++)
            if (overlap(to, replay_locate(r, results[j], n->loop, 0)))
                replay_error(r, "position %u writes two results to one place", at);
        const struct loop *tile = around(r->g, n->loop, LOOP_TILE, (domain_id){0});
        bool more_rows = results[k].access == ACCESS_ROWS && tile && r->iteration[tile - r->g->loops] > 0;
        if (!more_rows) *to.meant = (struct replay_instance){++r->writes, r->value_history.time};
        check_life(r, results[k].value, to, to.meant->since, at);
        replay_map_write(&r->map, to.low, to.high, to.meant->write);
    }
}

static bool runs_now(const struct replay *r, const struct node *n) {
    loop_id repeat = graph_repeat_loop(r->g, n->loop);
    return !repeat.id || guard_holds(&n->guard, graph_loop(r->g, repeat), r->iteration[repeat.id]);
}

// True when the node is left out because this is the last iteration. Then it has no result, not even an unchanged sum:
// the place of the sum may already be reused.
static bool is_left_out(const struct replay *r, const struct node *n) {
    loop_id repeat = graph_repeat_loop(r->g, n->loop);
    return n->guard.but_last && r->iteration[repeat.id] == loop_last(graph_loop(r->g, repeat));
}

// A node that its guard skips. An accumulated result keeps its initial value, which must already be in the result's
// place. It counts as a new write, so a stale value of an earlier iteration is never accepted. Any other result is
// absent: no node may read it, but loops may pass it on.
static void skip_node(struct replay *r, uint32_t at, const struct node *n) {
    for (uint32_t k = 0; k < n->n_results; k++) {
        uint32_t a = is_left_out(r, n) ? 0 : n->op->accumulates[k];
        struct use begins = a && a <= n->n_args ? node_args(r->g, n)[a - 1] : (struct use){.access = ACCESS_WHOLE};
        struct replay_place from = replay_locate(r, begins, n->loop, 0);
        struct replay_place to = replay_locate(r, node_results(r->g, n)[k], n->loop, 0);
        if (!to.placed) continue;
        *to.meant = (struct replay_instance){0};
        if (!from.placed) continue;
        check_life(r, begins.value, from, from.meant->since, at);
        replay_read_place(r, begins.value, to, *from.meant, at);
        *to.meant = (struct replay_instance){++r->writes, r->value_history.time};
        replay_map_write(&r->map, to.low, to.high, to.meant->write);
    }
}

// ---- carries ----
static value_id carry_source(const struct carry *c, int kind) { return kind == COPY_INIT ? c->init : c->next; }
static value_id carry_target(const struct carry *c, int kind) { return kind == COPY_RESULT ? c->result : c->param; }

// Finds the carry of a copy for a loop that may run no iteration: it sets the next value, which becomes the result.
static const struct carry *skipped_carry(const struct graph *g, const struct loop *loop, const struct plan_copy *c) {
    for (uint32_t k = 0;
         loop_may_be_empty(loop) && c->kind == COPY_INIT && c->at.id == loop->begin.id && k < loop->n_carries; k++) {
        const struct carry *carry = &g->carries[loop->carries + k];
        if (carry->param.id == c->from.id && carry->next.id == c->to.id) return carry;
    }
    return NULL;
}

// Runs the copies of this kind for loop l in plan order and marks their carries. wanted: the content of each carry's
// source before the first copy.
static void copy_carries(struct replay *r, loop_id l, uint32_t at, int kind, int64_t ahead,
                         const struct replay_instance *wanted, bool *copied) {
    const struct loop *loop = graph_loop(r->g, l);
    const struct carry *carries = &r->g->carries[loop->carries];
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != at || (int)c->kind != kind || skipped_carry(r->g, loop, c)) continue;
        uint32_t k = 0;
        while (k < loop->n_carries &&
               (carry_source(&carries[k], kind).id != c->from.id || carry_target(&carries[k], kind).id != c->to.id))
            k++;
        if (k == loop->n_carries || copied[k]) {
            replay_error(r, "%s: no loop asks for its copy at position %u", replay_name(r, c->to), at);
            return;
        }
        copied[k] = true;
        struct use from = {c->from, ACCESS_WHOLE}, to = {c->to, ACCESS_WHOLE};
        struct replay_place source = replay_locate(r, from, l, 0), target = replay_locate(r, to, l, ahead);
        if (!is_absent(&wanted[k])) replay_read_place(r, c->from, source, wanted[k], at);
        if (!target.placed) continue;
        if (overlap(source, target)) replay_error(r, "%s: copied onto itself", replay_name(r, c->to));
        replay_check_buffer(r, c->to, target, plan_buffer_position(r->g, at), plan_buffer_position(r->g, at), at);
        replay_map_write(&r->map, target.low, target.high, ++r->writes);
        *target.meant = (struct replay_instance){is_absent(&wanted[k]) ? 0 : r->writes, 0};
    }
}

// Passes on all carries of a loop at its LOOP or END node.
void replay_pass_carries(struct replay *r, loop_id l, uint32_t at, int kind, int64_t ahead) {
    const struct loop *loop = graph_loop(r->g, l);
    const struct carry *carries = &r->g->carries[loop->carries];
    struct replay_instance *wanted = allocate(loop->n_carries, sizeof *wanted);
    bool *copied = allocate(loop->n_carries, sizeof *copied);
    for (uint32_t k = 0; k < loop->n_carries; k++) {
        struct use from = {carry_source(&carries[k], kind), ACCESS_WHOLE};
        struct replay_place source = replay_locate(r, from, l, 0);
        if (!source.placed) continue;
        wanted[k] = *source.meant;
        if (!is_absent(&wanted[k])) check_life(r, from.value, source, wanted[k].since, at);
    }
    copy_carries(r, l, at, kind, ahead, wanted, copied);
    for (uint32_t k = 0; k < loop->n_carries && !r->failed; k++) {
        struct use to = {carry_target(&carries[k], kind), ACCESS_WHOLE};
        struct replay_place target = replay_locate(r, to, l, ahead);
        if (!target.placed) continue;
        if (is_absent(&wanted[k])) *target.meant = wanted[k];
        if (is_absent(&wanted[k])) continue;
        if (!copied[k]) {
            replay_read_place(r, to.value, target, wanted[k], at); // the same bytes under a new name
            *target.meant = wanted[k];
        }
        // The next iteration's param is not alive at the END.
        target.meant->since = r->value_history.time + (kind == COPY_NEXT ? 1 : 0);
        if (kind != COPY_NEXT) check_life(r, to.value, target, target.meant->since, at);
    }
    free(wanted);
    free(copied);
}

// The program copies to params also after the last iteration, except to stacks, which have no such slot. The results
// are read after that and must have survived it.
void replay_last_copies(struct replay *r, loop_id l, uint32_t at) {
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != at || c->kind != COPY_NEXT || !is_placed(r, c->to) || replay_buffer(r, c->to)->stack.id)
            continue;
        struct replay_place target = replay_locate(r, (struct use){c->to, ACCESS_WHOLE}, l, 0);
        if (target.placed) replay_map_write(&r->map, target.low, target.high, ++r->writes);
    }
}

// A loop without iterations must pass on its initial values: param and next share a place, or a copy at its begin sets
// next.
static void check_no_iteration(struct replay *r, loop_id l) {
    const struct loop *loop = graph_loop(r->g, l);
    for (size_t i = 0; i < r->plan->n_copies && loop_may_be_empty(loop); i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (!skipped_carry(r->g, loop, c)) continue;
        struct replay_place source = replay_locate(r, (struct use){c->from, ACCESS_WHOLE}, l, 0);
        struct replay_place target = replay_locate(r, (struct use){c->to, ACCESS_WHOLE}, l, 0);
        if (!source.placed || !target.placed) {
            replay_error(r, "%s: copied to %s, of which one has no place", replay_name(r, c->from),
                         replay_name(r, c->to));
            return;
        }
        replay_read_place(r, c->from, source, *source.meant, loop->begin.id);
        if (overlap(source, target)) replay_error(r, "%s: copied onto itself", replay_name(r, c->to));
        replay_map_write(&r->map, target.low, target.high, ++r->writes);
    }
    for (uint32_t k = 0; loop_may_be_empty(loop) && k < loop->n_carries; k++) {
        const struct carry *c = &r->g->carries[loop->carries + k];
        struct replay_place param = replay_locate(r, (struct use){c->param, ACCESS_WHOLE}, l, 0);
        struct replay_place next = replay_locate(r, (struct use){c->next, ACCESS_WHOLE}, l, 0);
        bool handed = param.placed && next.placed && param.low == next.low;
        for (size_t i = 0; i < r->plan->n_copies && !handed; i++)
            handed = skipped_carry(r->g, loop, &r->plan->copies[i]) == c;
        if (param.placed && !handed)
            replay_error(r, "%s: without an iteration of its loop its result is undefined", replay_name(r, c->param));
    }
}

static void run_iteration(struct replay *r, loop_id l, int64_t trip) {
    const struct loop *loop = graph_loop(r->g, l);
    r->iteration[l.id] = loop_iteration(loop, trip);
    value_id bound = graph_symbol(r->g, loop->to_symbol)->value;
    if (bound.id) replay_read_value(r, (struct use){bound, ACCESS_WHOLE}, l, loop->begin.id);
    replay_nodes(r, loop->begin.id + 1, loop->end.id);
    replay_mark_step(r, loop->end.id);
    if (trip + 1 < loop_trips(loop)) {
        replay_pass_carries(r, l, loop->end.id, COPY_NEXT, loop_stride(loop));
    } else {
        replay_last_copies(r, l, loop->end.id);
        replay_pass_carries(r, l, loop->end.id, COPY_RESULT, 0);
    }
}

static void run_loop(struct replay *r, loop_id l) {
    const struct loop *loop = graph_loop(r->g, l);
    r->iteration[l.id] = loop_first(loop);
    replay_mark_step(r, loop->begin.id);
    replay_pass_carries(r, l, loop->begin.id, COPY_INIT, 0);
    check_no_iteration(r, l);
    for (int64_t trip = 0; trip < loop_trips(loop) && !r->failed; trip++) run_iteration(r, l, trip);
}

void replay_nodes(struct replay *r, uint32_t first, uint32_t end) {
    for (uint32_t n = first; n < end && !r->failed; n++) {
        const struct node *node = &r->g->nodes[n];
        if (node->kind == NODE_LOOP) {
            const struct checkpoint_schedule *forward = graph_checkpoint_forward(r->g, node->loop);
            const struct checkpoint_schedule *backward = graph_checkpoint_backward(r->g, node->loop);
            if (forward)
                replay_checkpoint_forward(r, forward);
            else if (backward)
                replay_checkpoint_backward(r, backward);
            else
                run_loop(r, node->loop);
            n = graph_loop(r->g, node->loop)->end.id;
            continue;
        }
        replay_mark_step(r, n); // also of a node that is skipped: a poisoned program overwrites what dies there
        copy_arguments(r, n, node);
        if (!runs_now(r, node)) {
            skip_node(r, n, node);
            continue;
        }
        read_arguments(r, n, node);
        write_results(r, n, node);
    }
}

static void read_outputs(struct replay *r) {
    for (size_t i = 0; i < graph_output_count(r->g) && !r->failed; i++) {
        const struct use output = {graph_output(r->g, i), ACCESS_WHOLE};
        replay_read_value(r, output, (loop_id){0}, (uint32_t)r->g->n_nodes - 1);
    }
}

static size_t n_instances(const struct replay *r, uint32_t value) {
    int64_t slots = r->g->values[value].domain.id ? replay_buffer(r, (value_id){value})->slots : 1;
    return slots > 0 ? (size_t)slots : 1;
}

bool plan_verify(const struct plan *p, char *text, size_t size) {
    if (!plan_check_invariants(p, text, size)) return false;
    const struct graph *g = p->graph;
    struct replay r = {.plan = p, .g = g, .text = text, .size = size};
    r.iteration = allocate(g->n_loops, sizeof *r.iteration);
    r.meant = allocate(g->n_values, sizeof *r.meant);
    for (uint32_t v = 1; v < g->n_values; v++) r.meant[v] = allocate(n_instances(&r, v), sizeof **r.meant);
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++) {
        const struct loop *l = graph_loop(g, g->checkpoint_schedules[i].forward);
        r.n_kept += (size_t)(g->checkpoint_schedules[i].slots + l->to - l->from);
    }
    r.kept = allocate(r.n_kept, sizeof *r.kept);
    replay_map_start(&r.map);
    replay_nodes(&r, 1, (uint32_t)g->n_nodes);
    if (!r.failed) read_outputs(&r);
    for (size_t v = 1; v < g->n_values; v++) free(r.meant[v]);
    free(r.meant);
    free(r.kept);
    free(r.iteration);
    replay_map_free(&r.map);
    position_history_free(&r.value_history);
    position_history_free(&r.buffer_history);
    return !r.failed;
}
