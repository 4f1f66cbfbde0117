// Timeline: walks the graph as the program runs it and records when each instance of a value is written and last read.
// A life is longer where its place is reserved longer (a carry's param up to the next value).
#include "compiler/plan/timeline.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/plan/place.h"

struct walk {
    struct timeline *t;
    const struct graph *g;
    struct arena *arena;
    int64_t *iteration; // [n_loops]
    int64_t **kept;     // [n_checkpoint_schedules][slots]: the lifetime in a checkpoint schedule's slot
    int64_t **current;  // [n_values][slots or 1]: its lifetime; -1: none
};

static int64_t slots_of(const struct walk *w, value_id v) {
    const struct plan_buffer *b = &w->t->plan->buffers[w->t->plan->values[v.id].buffer];
    return graph_value(w->g, v)->domain.id ? b->slots : 1;
}

static int64_t iteration_at(const struct walk *w, value_id v, loop_id home) {
    const struct plan_buffer *b = &w->t->plan->buffers[w->t->plan->values[v.id].buffer];
    if (!b->stack.id) return 0;
    loop_id l = graph_loop_over(w->g, home, graph_value(w->g, b->stack)->domain);
    return w->iteration[l.id];
}

static int64_t *current_of(const struct walk *w, value_id v, int64_t iteration) {
    const struct plan_buffer *b = &w->t->plan->buffers[w->t->plan->values[v.id].buffer];
    return &w->current[v.id][graph_value(w->g, v)->domain.id ? iteration - b->from : 0];
}

static int64_t now(const struct walk *w) { return w->t->n_runs - 1; }

static void begin_step(struct walk *w, uint32_t node) {
    struct timeline *t = w->t;
    t->nodes = arena_grow(w->arena, t->nodes, (size_t)t->n_runs, &t->c_nodes, sizeof *t->nodes);
    t->runs = arena_grow(w->arena, t->runs, (size_t)t->n_runs, &t->c_runs, sizeof *t->runs);
    loop_id l = graph_repeat_loop(w->g, w->g->nodes[node].loop);
    t->runs[t->n_runs] = (struct node_run){node, l.id ? w->iteration[l.id] : -1, t->n_reads};
    t->nodes[t->n_runs++] = node;
}

static void note_read(struct walk *w, int64_t lifetime) {
    struct timeline *t = w->t;
    if (t->lifetimes[lifetime].death < now(w) + 1) t->lifetimes[lifetime].death = now(w) + 1;
    t->reads = arena_grow(w->arena, t->reads, t->n_reads, &t->c_reads, sizeof *t->reads);
    t->reads[t->n_reads++] = (size_t)lifetime;
    t->runs[now(w)].reads_end = t->n_reads;
}

static void read_value(struct walk *w, value_id v, int64_t iteration) {
    if (!plan_is_placed(w->g, v)) return;
    int64_t lifetime = *current_of(w, v, iteration);
    if (lifetime >= 0) note_read(w, lifetime);
}

static void write_value(struct walk *w, value_id v, int64_t iteration, value_id in_place_of, loop_id home) {
    if (!plan_is_placed(w->g, v)) return;
    const struct plan_buffer *b = &w->t->plan->buffers[w->t->plan->values[v.id].buffer];
    struct lifetime life = {.value = v,
                            .slot = graph_value(w->g, v)->domain.id ? iteration - b->from : -1,
                            .iteration = graph_value(w->g, v)->domain.id ? iteration : -1,
                            .birth = now(w),
                            .death = now(w) + 1,
                            .offset = plan_offset(w->t->plan, v, iteration),
                            .bytes = b->size,
                            .in_place_of = -1};
    if (in_place_of.id) life.in_place_of = *current_of(w, in_place_of, iteration_at(w, in_place_of, home));
    w->t->lifetimes =
        arena_grow(w->arena, w->t->lifetimes, w->t->n_lifetimes, &w->t->c_lifetimes, sizeof *w->t->lifetimes);
    w->t->lifetimes[w->t->n_lifetimes] = life;
    *current_of(w, v, iteration) = (int64_t)w->t->n_lifetimes++;
}

static bool same_place(const struct walk *w, value_id x, value_id y) {
    return plan_is_placed(w->g, x) && w->t->plan->values[x.id].buffer == w->t->plan->values[y.id].buffer;
}

static void walk_nodes(struct walk *w, uint32_t first, uint32_t end);

// The instance of `from` becomes one of `to`: in place, or copied by this node run.
static void pass_on(struct walk *w, value_id from, value_id to, loop_id home, int64_t to_iteration) {
    if (!plan_is_placed(w->g, to)) return;
    if (plan_is_placed(w->g, from)) read_value(w, from, iteration_at(w, from, home));
    bool stays = same_place(w, from, to) && from.id != to.id && !graph_value(w->g, to)->domain.id;
    write_value(w, to, to_iteration, stays ? from : (value_id){0}, home);
}

static void walk_loop(struct walk *w, loop_id l) {
    const struct loop *loop = graph_loop(w->g, l);
    const struct carry *carries = &w->g->carries[loop->carries];
    int64_t trips = loop_trips(loop);
    w->iteration[l.id] = loop_first(loop);
    begin_step(w, loop->begin.id);
    for (uint32_t c = 0; c < loop->n_carries; c++) pass_on(w, carries[c].init, carries[c].param, l, w->iteration[l.id]);
    for (int64_t trip = 0; trip < trips; trip++) {
        w->iteration[l.id] = loop_iteration(loop, trip);
        walk_nodes(w, loop->begin.id + 1, loop->end.id);
        begin_step(w, loop->end.id);
        for (uint32_t c = 0; c < loop->n_carries; c++) {
            bool more = trip + 1 < trips;
            pass_on(w, carries[c].next, more ? carries[c].param : carries[c].result, l,
                    w->iteration[l.id] + (more ? loop_stride(loop) : 0));
        }
    }
}

static void walk_op(struct walk *w, uint32_t n);

// ---- checkpoint schedules ----
struct checkpoint_walk {
    struct walk *w;
    const struct checkpoint_schedule *checkpoints;
    const struct loop *forward, *backward;
    value_id carried;
    int64_t *kept; // [slots] the lifetime in a slot
};

static void keep_snapshot(struct checkpoint_walk *c, int64_t iteration, int64_t slot) {
    struct timeline *t = c->w->t;
    const struct plan_buffer *b = &t->plan->buffers[t->plan->values[c->carried.id].buffer];
    struct lifetime life = {.value = c->checkpoints->input,
                            .slot = slot,
                            .iteration = iteration,
                            .birth = now(c->w),
                            .death = now(c->w) + 1,
                            .offset = plan_slot_offset(t->plan, c->checkpoints, slot),
                            .bytes = b->size,
                            .in_place_of = -1};
    t->lifetimes = arena_grow(c->w->arena, t->lifetimes, t->n_lifetimes, &t->c_lifetimes, sizeof *t->lifetimes);
    t->lifetimes[t->n_lifetimes] = life;
    c->kept[slot] = (int64_t)t->n_lifetimes++;
}

static void make_first(struct checkpoint_walk *c) {
    const struct carry *carry = &c->w->g->carries[c->forward->carries];
    walk_op(c->w, graph_value(c->w->g, carry->init)->def.id);
    begin_step(c->w, c->forward->begin.id);
    pass_on(c->w, carry->init, c->carried, c->checkpoints->forward, c->forward->from);
}

static void run_body(struct checkpoint_walk *c, const struct checkpoint_step *s, bool last) {
    bool reverse = s->kind == CHECKPOINT_REVERSE;
    loop_id l = reverse ? c->checkpoints->backward : c->checkpoints->forward;
    const struct loop *loop = graph_loop(c->w->g, l);
    const struct carry *carries = &c->w->g->carries[loop->carries];
    if (reverse) pass_on(c->w, c->carried, c->checkpoints->input, l, s->iteration);
    c->w->iteration[l.id] = s->iteration;
    walk_nodes(c->w, loop->begin.id + 1, loop->end.id);
    begin_step(c->w, loop->end.id);
    for (uint32_t k = 0; k < loop->n_carries; k++)
        pass_on(c->w, carries[k].next, last ? carries[k].result : carries[k].param, l, s->iteration);
}

static void walk_checkpoint_step(struct checkpoint_walk *c, const struct checkpoint_step *s, bool last) {
    if (s->kind == CHECKPOINT_FIRST) {
        make_first(c);
        return;
    }
    if (s->kind == CHECKPOINT_ADVANCE || s->kind == CHECKPOINT_REVERSE) {
        run_body(c, s, last);
        return;
    }
    begin_step(c->w, c->forward->begin.id);
    struct node_run *here = &c->w->t->runs[now(c->w)];
    *here = (struct node_run){0, s->iteration, here->reads_end};
    if (s->kind == CHECKPOINT_SNAPSHOT || s->kind == CHECKPOINT_PAGE_OUT) read_value(c->w, c->carried, s->iteration);
    if (s->kind == CHECKPOINT_SNAPSHOT) keep_snapshot(c, s->iteration, s->slot);
    if (s->kind == CHECKPOINT_RESTORE) note_read(c->w, c->kept[s->slot]);
    if (s->kind == CHECKPOINT_RESTORE || s->kind == CHECKPOINT_PAGE_IN)
        write_value(c->w, c->carried, s->iteration, (value_id){0}, c->checkpoints->forward);
}

// Runs one loop of a checkpoint schedule. The last run of its body passes on its results.
static void walk_checkpoint(struct walk *w, const struct checkpoint_schedule *checkpoints, loop_id l) {
    const struct loop *loop = graph_loop(w->g, l);
    const struct carry *carries = &w->g->carries[loop->carries];
    bool forward = l.id == checkpoints->forward.id;
    size_t from = forward ? 0 : checkpoints->n_forward_steps,
           to = forward ? checkpoints->n_forward_steps : checkpoints->n_steps;
    struct checkpoint_walk c = {
        .w = w, .checkpoints = checkpoints, .kept = w->kept[checkpoints - w->g->checkpoint_schedules]};
    c.forward = graph_loop(w->g, checkpoints->forward);
    c.backward = graph_loop(w->g, checkpoints->backward);
    c.carried = w->g->carries[c.forward->carries].param;
    begin_step(w, loop->begin.id);
    for (uint32_t k = 0; k < loop->n_carries; k++) pass_on(w, carries[k].init, carries[k].param, l, loop_first(loop));
    for (size_t i = from; i < to; i++) walk_checkpoint_step(&c, &checkpoints->steps[i], i + 1 == to);
}

static void walk_op(struct walk *w, uint32_t n) {
    const struct node *node = &w->g->nodes[n];
    begin_step(w, n);
    for (uint32_t a = 0; a < node->n_args; a++) {
        value_id v = node_args(w->g, node)[a].value;
        if (plan_is_placed(w->g, v)) read_value(w, v, iteration_at(w, v, node->loop));
    }
    loop_id tile = graph_tile_loop(w->g, node->loop);
    for (uint32_t r = 0; r < node->n_results; r++) {
        struct use u = node_results(w->g, node)[r];
        if (!plan_is_placed(w->g, u.value)) continue;
        int64_t iteration = iteration_at(w, u.value, node->loop);
        if (u.access == ACCESS_ROWS && tile.id && w->iteration[tile.id] > 0)
            read_value(w, u.value, iteration); // more rows of the same instance
        else
            write_value(w, u.value, iteration, w->t->plan->values[u.value.id].in_place_of, node->loop);
    }
}

static void walk_nodes(struct walk *w, uint32_t first, uint32_t end) {
    for (uint32_t n = first; n < end; n++) {
        if (w->g->nodes[n].kind == NODE_LOOP) {
            loop_id l = w->g->nodes[n].loop;
            const struct checkpoint_schedule *c = graph_checkpoint_forward(w->g, l);
            if (!c) c = graph_checkpoint_backward(w->g, l);
            if (c)
                walk_checkpoint(w, c, l);
            else
                walk_loop(w, l);
            n = graph_loop(w->g, w->g->nodes[n].loop)->end.id;
        } else {
            walk_op(w, n);
        }
    }
}

// A place that moves from one lifetime to the next is reserved in between. The older life ends where the newer one
// begins, so lives at one place never overlap. The node that writes the newer lifetime may still read the older one.
static void close_gaps(struct timeline *t) {
    for (size_t i = 0; i < t->n_lifetimes; i++)
        if (t->lifetimes[i].in_place_of >= 0) t->lifetimes[t->lifetimes[i].in_place_of].death = t->lifetimes[i].birth;
}

static void find_bound(struct timeline *t, struct arena *a) {
    struct place_buffer *all = ARENA_ARRAY(a, struct place_buffer, t->n_lifetimes + 1);
    for (size_t i = 0; i < t->n_lifetimes; i++) {
        const struct lifetime *m = &t->lifetimes[i];
        all[i] = (struct place_buffer){m->birth, m->death, m->bytes, m->offset};
    }
    t->bound.bytes = place_bound(all, t->n_lifetimes, &t->bound.at);
    t->certificate = ARENA_ARRAY(a, size_t, t->n_lifetimes + 1);
    for (size_t i = 0; i < t->n_lifetimes; i++)
        if (all[i].lower <= t->bound.at && t->bound.at < all[i].upper) t->certificate[t->n_certificate++] = i;
}

struct timeline *timeline_make(struct arena *a, const struct plan *p) {
    const struct graph *g = p->graph;
    struct timeline *t = ARENA_NEW(a, struct timeline);
    t->plan = p;
    struct walk w = {.t = t, .g = g, .arena = a};
    w.iteration = ARENA_ARRAY(a, int64_t, g->n_loops);
    w.current = ARENA_ARRAY(a, int64_t *, g->n_values);
    w.kept = ARENA_ARRAY(a, int64_t *, g->n_checkpoint_schedules);
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++)
        w.kept[i] = ARENA_ARRAY(a, int64_t, g->checkpoint_schedules[i].slots + 1);
    for (uint32_t v = 1; v < g->n_values; v++) {
        int64_t slots = plan_is_placed(g, (value_id){v}) ? slots_of(&w, (value_id){v}) : 0;
        w.current[v] = ARENA_ARRAY(a, int64_t, slots + 1);
        for (int64_t s = 0; s < slots; s++) w.current[v][s] = -1;
    }
    walk_nodes(&w, 1, (uint32_t)g->n_nodes);
    for (size_t i = 0; i < graph_output_count(g); i++)
        if (plan_is_placed(g, graph_output(g, i)))
            t->lifetimes[*current_of(&w, graph_output(g, i), 0)].death = t->n_runs;
    close_gaps(t);
    find_bound(t, a);
    return t;
}
