// Turns of a replay: a loop's turns are one program over addresses that are linear in the turn: rows and the borders of
// what is done move on by a tile, all else stays; numbers of writes and times grow by the same amount every turn.
//
// The proof. Turn a is run from the state S(a), which gives S(a + 1). Let L(t) be the line through these two, number by
// number, and z the last turn that is like all others (the one after it may have fewer rows). Turn z is run from L(z).
// If it makes the same decisions as turn a and ends in L(z + 1), then so does every turn t between, by induction:
// S(t) = L(t); every decision asks on which side of zero a linear function of t is, and where it is on one side at a
// and at z it is on that side between; what the turn leaves is linear in t, and equals L(t + 1), a linear function too,
// at t = a and t = z, hence everywhere. Which writes have filled a range is decided in the same way at every turn,
// because numbers of writes are never given twice. Where any of this does not hold the turns are run one by one.
#include "compiler/plan/replay_turns.h"

#include <stdlib.h>
#include <string.h>

// ---- what is forgotten ----
// The last node that may need an instance of a value: a use inside a loop that the value comes into from outside may
// come again until that loop ends.
static uint32_t needed_until(const struct graph *g, value_id v, loop_id at, uint32_t node) {
    loop_id home = graph_value_loop(g, v);
    for (; at.id && at.id != home.id; at = graph_loop(g, at)->parent) node = graph_loop(g, at)->end.id;
    return node;
}

static void need(const struct graph *g, uint32_t *until, value_id v, loop_id at, uint32_t node) {
    if (!v.id) return;
    uint32_t last = needed_until(g, v, at, node);
    if (until[v.id] < last) until[v.id] = last;
}

static uint32_t *find_needs(const struct graph *g) {
    uint32_t *until = replay_allocate(g->n_values, sizeof *until);
    for (uint32_t n = 1; n < g->n_nodes; n++) {
        const struct node *node = &g->nodes[n];
        for (uint32_t a = 0; a < node->n_args; a++) need(g, until, node_args(g, node)[a].value, node->loop, n);
        if (node->kind == NODE_OP) continue;
        const struct loop *loop = graph_loop(g, node->loop);
        need(g, until, loop->count, node->loop, n);
        for (uint32_t c = 0; c < loop->n_carries; c++) {
            const struct carry *carry = &g->carries[loop->carries + c];
            bool begin = node->kind == NODE_LOOP;
            need(g, until, begin ? carry->init : carry->next, begin ? loop->parent : node->loop, n);
            if (!begin) need(g, until, carry->param, node->loop, n);
        }
    }
    until[g->loss.id] = until[g->counted.id] = (uint32_t)g->n_nodes;
    until[0] = 0;
    return until;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void replay_forget(struct replay *r, loop_id l) {
    const struct graph *g = r->g;
    uint32_t here = graph_loop(g, l)->begin.id, *until = find_needs(g);
    loop_id around = l; // the outermost one
    while (graph_loop(g, around)->parent.id) around = graph_loop(g, around)->parent;
    uint32_t end = graph_loop(g, around)->end.id;
    size_t n = 0, most = r->n_kept + 1;
    for (uint32_t v = 1; v < g->n_values; v++) most += replay_slots(r, v);
    uint64_t *kept = replay_allocate(most, sizeof *kept);
    for (uint32_t v = 1; v < g->n_values; v++) {
        // What is made later in the same turn of a loop around is made anew before it is used.
        bool old = g->values[v].def.id > here && g->values[v].def.id <= end && !g->values[v].domain.id;
        if (until[v] < here || old) continue;
        for (size_t slot = 0; slot < replay_slots(r, v); slot++) kept[n++] = r->meant[v][slot].write;
    }
    for (size_t i = 0; i < r->n_kept; i++) kept[n++] = r->kept[i].write;
    qsort(kept, n, sizeof *kept, by_number);
    replay_map_keep(&r->map, kept, n);
    free(kept);
    free(until);
}

// ---- a state as lists of numbers ----
struct numbers {
    uint64_t *all;
    size_t count, capacity;
};

struct state {
    struct numbers linear, fixed; // those that may change from turn to turn; lengths and steps
};

enum { TRAILS = 2 };

struct proof {
    struct replay *r;
    struct trail *trails[TRAILS];
    struct trail_side *sides[2 * TRAILS];
    struct replay_instance **made; // instances that the loop's turns make
    size_t n_made;
};

static void put(struct numbers *s, uint64_t number) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 1024;
        uint64_t *all = replay_allocate(s->capacity, sizeof *all);
        if (s->count) memcpy(all, s->all, s->count * sizeof *all);
        free(s->all);
        s->all = all;
    }
    s->all[s->count++] = number;
}

static void free_state(struct state *s) {
    free(s->linear.all);
    free(s->fixed.all);
}

static struct state state_of(const struct proof *p) {
    const struct replay *r = p->r;
    struct state s = {.linear = {.count = 0}};
    put(&s.linear, r->writes);
    for (size_t k = 0; k < TRAILS; k++) put(&s.linear, p->trails[k]->time);
    for (size_t k = 0; k < sizeof p->sides / sizeof *p->sides; k++) {
        put(&s.fixed, p->sides[k]->count);
        for (size_t i = 0; i < p->sides[k]->count; i++) {
            put(&s.linear, p->sides[k]->marks[i].time);
            put(&s.fixed, p->sides[k]->marks[i].step);
        }
    }
    for (size_t i = 0; i < p->n_made; i++) {
        put(&s.linear, p->made[i]->write);
        put(&s.linear, p->made[i]->since);
    }
    put(&s.fixed, r->map.count);
    for (size_t i = 0; i < r->map.count; i++) {
        put(&s.linear, (uint64_t)r->map.ranges[i].low);
        put(&s.linear, (uint64_t)r->map.ranges[i].high);
        put(&s.linear, r->map.ranges[i].write);
    }
    return s;
}

// Never more marks or ranges than there was room for when the state was taken.
static void go_to(struct proof *p, const struct state *s) {
    struct replay *r = p->r;
    const uint64_t *linear = s->linear.all, *fixed = s->fixed.all;
    r->writes = *linear++;
    for (size_t k = 0; k < TRAILS; k++) p->trails[k]->time = *linear++;
    for (size_t k = 0; k < sizeof p->sides / sizeof *p->sides; k++) {
        p->sides[k]->count = *fixed++;
        for (size_t i = 0; i < p->sides[k]->count; i++)
            p->sides[k]->marks[i] = (struct trail_mark){.time = *linear++, .step = (uint32_t)*fixed++};
    }
    for (size_t i = 0; i < p->n_made; i++) {
        p->made[i]->write = *linear++;
        p->made[i]->since = *linear++;
    }
    r->map.count = *fixed++;
    for (size_t i = 0; i < r->map.count; i++, linear += 3)
        r->map.ranges[i] = (struct replay_range){(int64_t)linear[0], (int64_t)linear[1], linear[2]};
}

static bool equal(const struct numbers *a, const struct numbers *b) {
    return a->count == b->count && memcmp(a->all, b->all, a->count * sizeof *a->all) == 0;
}

// L(turn), with a = L(0) and b = L(1), of the same form. Numbers wrap around; differences are right all the same.
static struct state line(const struct state *a, const struct state *b, uint64_t turn) {
    struct state s = {.linear = {.count = 0}};
    for (size_t i = 0; i < a->linear.count; i++)
        put(&s.linear, a->linear.all[i] + turn * (b->linear.all[i] - a->linear.all[i]));
    for (size_t i = 0; i < a->fixed.count; i++) put(&s.fixed, a->fixed.all[i]);
    return s;
}

// A state as there can be: ranges in order, marks too. Holding at both ends of a line it holds all along it.
static bool is_whole(const struct proof *p) {
    for (size_t i = 0; i < p->r->map.count; i++) {
        const struct replay_range *range = &p->r->map.ranges[i];
        if (range->low >= range->high || (i && range[-1].high > range->low)) return false;
    }
    for (size_t k = 0; k < sizeof p->sides / sizeof *p->sides; k++)
        for (size_t i = 1; i < p->sides[k]->count; i++)
            if (p->sides[k]->marks[i - 1].time >= p->sides[k]->marks[i].time) return false;
    return true;
}

// ---- the proof ----
static void add_made(struct proof *p, value_id v, loop_id l) {
    if (!v.id || graph_value(p->r->g, v)->storage != STORAGE_ARENA) return;
    struct replay_place where = replay_locate(p->r, (struct use){v, ACCESS_WHOLE}, l, 0);
    if (where.placed) p->made[p->n_made++] = where.meant;
}

static struct proof begin_proof(struct replay *r, loop_id l) {
    const struct graph *g = r->g;
    const struct loop *loop = graph_loop(g, l);
    struct proof p = {.r = r, .trails = {&r->trail, &r->trail_real}};
    for (size_t k = 0; k < TRAILS; k++) {
        p.sides[2 * k] = &p.trails[k]->highest;
        p.sides[2 * k + 1] = &p.trails[k]->lowest;
    }
    size_t most = 2 * loop->n_carries;
    for (uint32_t n = loop->begin.id + 1; n < loop->end.id; n++) most += g->nodes[n].n_results;
    p.made = replay_allocate(most, sizeof *p.made);
    for (uint32_t n = loop->begin.id + 1; n < loop->end.id; n++)
        for (uint32_t k = 0; k < g->nodes[n].n_results; k++) add_made(&p, node_results(g, &g->nodes[n])[k].value, l);
    for (uint32_t c = 0; c < loop->n_carries; c++) add_made(&p, g->carries[loop->carries + c].param, l);
    return p;
}

static uint64_t traced_turn(struct replay *r, loop_id l, int64_t turn, int64_t last) {
    r->map.trace = 0;
    replay_turn(r, l, turn, last);
    return r->map.trace;
}

// From the states before and after turn a, told apart by `trace`, on to the turn z = last - 1.
static bool reach_last(struct proof *p, loop_id l, const struct state *before, const struct state *after,
                       uint64_t trace, int64_t turns, int64_t last) {
    if (before->linear.count != after->linear.count || !equal(&before->fixed, &after->fixed)) return false;
    struct state from = line(before, after, (uint64_t)turns), to = line(before, after, (uint64_t)turns + 1);
    go_to(p, &from);
    bool proven = is_whole(p) && traced_turn(p->r, l, last - 1, last) == trace && !p->r->failed;
    if (proven) {
        struct state reached = state_of(p);
        proven = equal(&reached.linear, &to.linear) && equal(&reached.fixed, &to.fixed);
        free_state(&reached);
    }
    free_state(&from);
    free_state(&to);
    return proven;
}

int64_t replay_turns(struct replay *r, loop_id l, int64_t turn, int64_t last) {
    struct proof p = begin_proof(r, l);
    struct state before = state_of(&p);
    uint64_t trace = r->failed ? 0 : traced_turn(r, l, turn, last);
    int64_t next = turn + 1;
    if (!r->failed) {
        struct state after = state_of(&p);
        if (reach_last(&p, l, &before, &after, trace, last - 1 - turn, last)) {
            next = last;
            r->proven++;
        } else {
            r->failed = false; // a turn that may never come about
            go_to(&p, &after);
        }
        free_state(&after);
    }
    free_state(&before);
    free(p.made);
    return next;
}
