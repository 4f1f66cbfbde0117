// Plan: runs liveness, coalescing and placement in order. Buffers become rectangles of time and space and get offsets.
#include "compiler/plan/plan.h"

#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"
#include "compiler/plan/minimise.h"

// Search nodes at the bound. A count, not a time: plans are the same on every machine. With the bisection, 300 buffers
// that leave a gap take about three seconds.
enum { EXACT_EFFORT = 200000 };

struct place_buffer *plan_rectangles(const struct plan *p, struct arena *a) {
    struct place_buffer *all = ARENA_ARRAY(a, struct place_buffer, 2 * p->n_buffers);
    for (size_t i = 1; i < p->n_buffers; i++) {
        const struct plan_buffer *b = &p->buffers[i];
        all[i] = (struct place_buffer){b->birth, b->death, b->size, b->offset};
        if (b->slots > 1)
            all[p->n_buffers + i] =
                (struct place_buffer){b->lower_birth, b->lower_death, b->size * (b->slots - 1), b->lower_offset};
    }
    return all;
}

static void place_separately(struct place_buffer *all, size_t n, int64_t *top) {
    *top = 0;
    for (size_t i = 0; i < n; i++) {
        all[i].offset = all[i].size ? *top : 0;
        *top += all[i].size;
    }
}

static void take_offsets(struct plan *p, const struct place_buffer *all) {
    for (size_t i = 1; i < p->n_buffers; i++) {
        p->buffers[i].offset = all[i].offset;
        p->buffers[i].lower_offset = all[p->n_buffers + i].offset;
    }
}

static void find_bound(struct plan *p, const struct place_buffer *all) {
    p->bound.bytes = place_bound(all, 2 * p->n_buffers, &p->bound.at);
    p->bound.at = plan_node_position(p->graph, p->bound.at);
}

static void plan_place(struct plan *p, struct arena *a) {
    struct place_buffer *all = plan_rectangles(p, a);
    find_bound(p, all);
    struct placement best = place_minimise(a, all, 2 * p->n_buffers, PLAN_ALIGNMENT, EXACT_EFFORT, NULL);
    p->arena_bytes = best.peak;
    p->method = best.method;
    take_offsets(p, all);
}

static void measure_scratch(struct plan *p, int threads) {
    const struct graph *g = p->graph;
    for (uint32_t n = 1; n < g->n_nodes; n++) {
        const struct node *node = &g->nodes[n];
        if (node->kind != NODE_OP || !node->op->scratch) continue;
        int64_t bytes = node->op->scratch(g, node, threads);
        if (bytes <= p->scratch_bytes) continue;
        p->scratch_bytes = bytes;
        p->scratch_node = (node_id){n};
    }
}

static struct plan *plan_start(struct arena *a, const struct graph *g, enum plan_coalescing coalescing) {
    struct plan *p = ARENA_NEW(a, struct plan);
    p->graph = g;
    p->values = ARENA_ARRAY(a, struct plan_value, g->n_values);
    plan_lives(p);
    plan_coalesce(p, a, coalescing);
    plan_checkpoint_lives(p, a);
    return p;
}

struct plan *plan_lives_only(struct arena *a, const struct graph *g, int threads) {
    struct plan *p = plan_start(a, g, PLAN_COALESCED);
    find_bound(p, plan_rectangles(p, a));
    measure_scratch(p, threads);
    return p;
}

struct plan *plan_make(struct arena *a, const struct graph *g, int threads, enum plan_coalescing coalescing) {
    struct plan *p = plan_start(a, g, coalescing);
    if (coalescing == PLAN_COALESCED) {
        plan_place(p, a);
    } else {
        struct place_buffer *all = plan_rectangles(p, a);
        find_bound(p, all);
        place_separately(all, 2 * p->n_buffers, &p->arena_bytes);
        take_offsets(p, all);
        p->method = "separate";
    }
    measure_scratch(p, threads);
    return p;
}

double plan_node_runs(const struct graph *g) {
    double runs = 0, here = 1;
    for (uint32_t n = 1; n < g->n_nodes; n++) {
        const struct node *node = &g->nodes[n];
        if (node->kind == NODE_LOOP) here *= (double)loop_trips(graph_loop(g, node->loop));
        if (node->kind == NODE_END) here /= (double)loop_trips(graph_loop(g, node->loop));
        if (node->kind == NODE_OP) runs += here;
    }
    return runs;
}

int64_t plan_slot_offset(const struct plan *p, const struct checkpoint_schedule *c, int64_t slot) {
    const struct plan_buffer *b = &p->buffers[p->values[c->input.id].buffer];
    uint32_t last = p->last_snapshots[c - p->graph->checkpoint_schedules];
    return slot < c->live_snapshots ? b->lower_offset + slot * b->size : p->buffers[last].offset;
}

int64_t plan_offset(const struct plan *p, value_id v, int64_t iteration) {
    const struct plan_buffer *b = &p->buffers[p->values[v.id].buffer];
    if (!b->stack.id || b->slots == 1) return b->offset; // one slot: also outside values that share its place
    int64_t slot = iteration - b->from;
    return slot == b->slots - 1 ? b->offset : b->lower_offset + slot * b->size;
}
