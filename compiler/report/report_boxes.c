// Boxes: lifetimes become rectangles. A deep model has hundreds of thousands of lifetimes, mostly iterations of tile
// loops narrower than a pixel. Those of one run at one place become one box, except in the block shown in the loupe.
#include "compiler/report/report_boxes.h"

#include <string.h>

#include "compiler/base/arena.h"

static loop_id outermost(const struct graph *g, loop_id l) {
    while (l.id && graph_loop(g, l)->parent.id) l = graph_loop(g, l)->parent;
    return l;
}

// ---- phases ----
static const char *phase_of(const struct graph *g, uint32_t node) {
    if (g->update_first.id && node >= g->update_first.id) return "update";
    loop_id l = outermost(g, g->nodes[node].loop);
    if (!l.id) return NULL;
    const struct loop *loop = graph_loop(g, l);
    return loop->kind == LOOP_TILE ? "head" : loop->backward ? "backward" : "forward";
}

// Layers that run forward again between iterations of the backward pass count as backward.
static void find_phases(struct report_boxes *b, const struct timeline *t, const struct graph *g, struct arena *a) {
    bool came_back = false;
    for (int64_t s = 0; s < t->n_runs; s++) {
        const char *name = phase_of(g, t->nodes[s]);
        if (!name) continue;
        came_back = came_back || strcmp(name, "backward") == 0;
        if (came_back && strcmp(name, "forward") == 0) name = "backward";
        struct report_phase *last = b->n_phases ? &b->phases[b->n_phases - 1] : NULL;
        if (last && strcmp(last->name, name) == 0) {
            last->to = s + 1;
            continue;
        }
        b->phases = arena_grow(a, b->phases, b->n_phases, &b->c_phases, sizeof *b->phases);
        b->phases[b->n_phases++] = (struct report_phase){name, s, s + 1};
    }
}

// ---- the loupe: from one end of the outermost loop's body to the next ----
static void find_loupe(struct report_boxes *b, const struct timeline *t, const struct graph *g) {
    int64_t at = t->bound.at;
    loop_id l = outermost(g, g->nodes[t->nodes[at]].loop);
    b->loupe_from = l.id ? at : 0;
    b->loupe_to = l.id ? at + 1 : t->n_runs;
    if (!l.id) return;
    const struct loop *loop = graph_loop(g, l);
    while (b->loupe_from > 0 && t->nodes[b->loupe_from] != loop->begin.id &&
           t->nodes[b->loupe_from - 1] != loop->end.id)
        b->loupe_from--;
    while (b->loupe_to < t->n_runs && t->nodes[b->loupe_to - 1] != loop->end.id) b->loupe_to++;
}

// ---- boxes ----
struct folding {
    struct report_boxes *boxes;
    const struct graph *graph;
    const struct timeline *timeline;
    int64_t *run;    // [n_loops] runs of the loop so far
    int64_t *last;   // [n_values] the box of the value's latest lifetime; -1
    int64_t *in_run; // [n_boxes] its loop run
    int64_t *box_of; // [n_lifetimes]
    bool fold;
};

static bool joins(const struct folding *f, const struct lifetime *m, loop_id tile) {
    int64_t last = f->last[m->value.id];
    if (!f->fold || !tile.id || last < 0) return false;
    const struct report_box *box = &f->boxes->boxes[last];
    bool seen_close = m->death > f->boxes->loupe_from && m->birth < f->boxes->loupe_to;
    return !seen_close && box->offset == m->offset && f->in_run[last] == f->run[tile.id];
}

static void add_lifetime(struct folding *f, size_t i) {
    const struct lifetime *m = &f->timeline->lifetimes[i];
    loop_id tile = graph_tile_loop(f->graph, graph_value_loop(f->graph, m->value));
    struct report_boxes *b = f->boxes;
    if (joins(f, m, tile)) {
        struct report_box *box = &b->boxes[f->box_of[i] = f->last[m->value.id]];
        box->death = m->death > box->death ? m->death : box->death;
        box->count++;
        b->folded = true;
        return;
    }
    f->box_of[i] = f->last[m->value.id] = (int64_t)b->n_boxes;
    f->in_run[b->n_boxes] = tile.id ? f->run[tile.id] : 0;
    b->boxes[b->n_boxes++] = (struct report_box){
        m->value, m->birth, m->death, m->offset, m->slot, m->in_place_of < 0 ? -1 : f->box_of[m->in_place_of], 1};
}

struct report_boxes report_boxes(const struct report *r, struct arena *a, size_t fold_above) {
    const struct timeline *t = r->timeline;
    const struct graph *g = r->plan->graph;
    struct report_boxes b = {.boxes = ARENA_ARRAY(a, struct report_box, t->n_lifetimes + 1)};
    struct folding f = {.boxes = &b, .graph = g, .timeline = t, .fold = t->n_lifetimes > fold_above};
    f.run = ARENA_ARRAY(a, int64_t, g->n_loops);
    f.last = ARENA_ARRAY(a, int64_t, g->n_values);
    f.in_run = ARENA_ARRAY(a, int64_t, t->n_lifetimes + 1);
    f.box_of = ARENA_ARRAY(a, int64_t, t->n_lifetimes + 1);
    for (size_t v = 0; v < g->n_values; v++) f.last[v] = -1;
    find_phases(&b, t, g, a);
    find_loupe(&b, t, g);
    size_t next = 0;
    for (int64_t s = 0; s < t->n_runs; s++) {
        const struct node *n = &g->nodes[t->nodes[s]];
        if (n->kind == NODE_LOOP) f.run[n->loop.id]++;
        for (; next < t->n_lifetimes && t->lifetimes[next].birth <= s; next++) add_lifetime(&f, next);
    }
    return b;
}
