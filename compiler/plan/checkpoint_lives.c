// Checkpoint lives: a checkpoint schedule's forward body may run between two iterations of its backward loop. Buffer
// lives therefore use another order of positions: the forward body comes after the nodes between the loops, just before
// the backward body. In that order every conflict is an overlap of intervals. A backward carry lives from the forward
// body on. A forward carry, or an outside value that both bodies read, covers both. The work space of the nodes between
// the loops overlaps neither.
#include "compiler/base/arena.h"
#include "compiler/plan/plan.h"

struct region { // positions in node order
    int64_t forward_begin, forward_end, backward_begin, backward_end;
};

static struct region region_of(const struct graph *g, const struct checkpoint_schedule *c) {
    const struct loop *forward = graph_loop(g, c->forward), *backward = graph_loop(g, c->backward);
    return (struct region){forward->begin.id, forward->end.id, backward->begin.id, backward->end.id};
}

// Swaps the forward body (begin, end] and the nodes between the loops.
static int64_t exchange(const struct region *r, int64_t at) {
    int64_t body = r->forward_end - r->forward_begin, between = r->backward_begin - 1 - r->forward_end;
    if (at <= r->forward_begin || at >= r->backward_begin) return at;
    return at <= r->forward_end ? at + between : at - body;
}

static int64_t exchange_back(const struct region *r, int64_t at) {
    int64_t body = r->forward_end - r->forward_begin, between = r->backward_begin - 1 - r->forward_end;
    if (at <= r->forward_begin || at >= r->backward_begin) return at;
    return at <= r->forward_begin + between ? at + body : at - between;
}

int64_t plan_place_position(const struct graph *g, int64_t node) {
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++) {
        struct region r = region_of(g, &g->checkpoint_schedules[i]);
        node = exchange(&r, node);
    }
    return node;
}

int64_t plan_node_position(const struct graph *g, int64_t at) {
    for (size_t i = g->n_checkpoint_schedules; i-- > 1;) {
        struct region r = region_of(g, &g->checkpoint_schedules[i]);
        at = exchange_back(&r, at);
    }
    return at;
}

// Maps [birth, death) to the new order: from the first to the last position of its pieces.
static void exchange_life(const struct region *r, int64_t *birth, int64_t *death) {
    const int64_t cuts[] = {r->forward_begin + 1, r->forward_end + 1, r->backward_begin};
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (int64_t from = *birth; from < *death;) {
        int64_t to = *death;
        for (int i = 2; i >= 0; i--)
            if (from < cuts[i] && cuts[i] < to) to = cuts[i];
        if (exchange(r, from) < first) first = exchange(r, from);
        if (exchange(r, to - 1) > last) last = exchange(r, to - 1);
        from = to;
    }
    *birth = first;
    *death = last + 1;
}

static void widen(int64_t *birth, int64_t *death, int64_t from, int64_t to) {
    if (*birth > from) *birth = from;
    if (*death < to) *death = to;
}

static bool makes_first(const struct checkpoint_schedule *c) {
    for (size_t i = 0; i < c->n_steps; i++)
        if (c->steps[i].kind == CHECKPOINT_FIRST) return true;
    return false;
}

static void exchange_buffers(struct plan *p, const struct checkpoint_schedule *c) {
    const struct region r = region_of(p->graph, c);
    const int64_t body = exchange(&r, r.forward_begin + 1);
    for (size_t k = 1; k < p->n_buffers; k++) {
        struct plan_buffer *b = &p->buffers[k];
        if (k == p->last_snapshots[c - p->graph->checkpoint_schedules]) continue; // neither body uses it
        bool inside_forward = b->birth <= r.forward_begin && b->death > r.forward_begin + 1;
        bool inside_backward = b->birth <= r.backward_begin && b->death > r.backward_begin + 1;
        exchange_life(&r, &b->birth, &b->death);
        if (inside_forward) widen(&b->birth, &b->death, body, r.backward_end + 1);
        if (inside_backward) widen(&b->birth, &b->death, body, b->death);
        if (b->slots > 1) exchange_life(&r, &b->lower_birth, &b->lower_death);
    }
    uint32_t init = p->graph->carries[graph_loop(p->graph, c->forward)->carries].init.id;
    struct plan_buffer *first = &p->buffers[p->values[init].buffer];
    if (makes_first(c))
        widen(&first->birth, &first->death, r.forward_begin, r.backward_begin + 1); // live between iterations
}

// Adds a buffer for the slot whose last restore comes before the first backward body.
static uint32_t add_last_slot(struct plan *p, struct arena *a, const struct checkpoint_schedule *c,
                              const struct region *r) {
    const struct plan_buffer *carried = &p->buffers[p->values[c->input.id].buffer];
    struct plan_buffer b = {.birth = r->forward_begin, .size = carried->size, .first = c->input};
    b.death = r->backward_begin + 1;
    p->buffers = arena_grow(a, p->buffers, p->n_buffers, &p->c_buffers, sizeof b);
    p->buffers[p->n_buffers] = b;
    return (uint32_t)p->n_buffers++;
}

static void shape_checkpoint(struct plan *p, struct arena *a, const struct checkpoint_schedule *c) {
    const struct region r = region_of(p->graph, c);
    if (c->slots > c->live_snapshots)
        p->last_snapshots[c - p->graph->checkpoint_schedules] = add_last_slot(p, a, c, &r);
    struct plan_buffer *carried = &p->buffers[p->values[c->input.id].buffer];
    carried->slots = c->live_snapshots + 1;
    carried->lower_birth = r.forward_begin;
    carried->lower_death = r.backward_end + 1;
}

void plan_checkpoint_lives(struct plan *p, struct arena *a) {
    p->last_snapshots = ARENA_ARRAY(a, uint32_t, p->graph->n_checkpoint_schedules);
    for (size_t i = 1; i < p->graph->n_checkpoint_schedules; i++)
        shape_checkpoint(p, a, &p->graph->checkpoint_schedules[i]);
    for (size_t i = 1; i < p->graph->n_checkpoint_schedules; i++)
        exchange_buffers(p, &p->graph->checkpoint_schedules[i]);
}
