// Plan invariants: compares rectangles of time and space with each other, and members with their buffers. Shares no
// code with the planner: the size of a stack is computed again here.
#include "compiler/plan/plan_invariants.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/base/memory.h"
#include "compiler/plan/plan.h"

struct rectangle { // `bytes` from `low` on during [birth, death)
    int64_t birth, death, low, high;
    const char *name;
};

struct checker {
    const struct plan *plan;
    char *text;
    size_t size;
    bool ok;
};

static void report_error(struct checker *c, const char *format, ...) {
    if (!c->ok) return;
    c->ok = false;
    va_list args;
    va_start(args, format);
    vsnprintf(c->text, c->size, format, args);
    va_end(args);
}

static size_t list_rectangles(const struct plan *p, struct rectangle *out) {
    size_t n = 0;
    for (size_t i = 1; i < p->n_buffers; i++) {
        const struct plan_buffer *b = &p->buffers[i];
        const char *name = graph_value(p->graph, b->first)->name;
        out[n++] = (struct rectangle){b->birth, b->death, b->offset, b->offset + b->size, name};
        if (b->slots > 1)
            out[n++] = (struct rectangle){b->lower_birth, b->lower_death, b->lower_offset,
                                          b->lower_offset + b->size * (b->slots - 1), name};
    }
    return n;
}

static void check_places(struct checker *c) {
    struct rectangle *all = allocate(2 * c->plan->n_buffers, sizeof *all);
    size_t n = list_rectangles(c->plan, all);
    for (size_t i = 0; i < n; i++) {
        const struct rectangle *a = &all[i];
        if (a->low < 0 || a->high < a->low || a->high > c->plan->arena_bytes)
            report_error(c, "%s: [%lld, %lld) is outside the arena", a->name, (long long)a->low, (long long)a->high);
        if (a->low % PLAN_ALIGNMENT) report_error(c, "%s: offset %lld is not aligned", a->name, (long long)a->low);
        if (a->birth < 0 || a->birth >= a->death) report_error(c, "%s: its buffer has no life", a->name);
        for (size_t j = 0; j < i; j++) {
            const struct rectangle *b = &all[j];
            if (a->birth < b->death && b->birth < a->death && a->low < b->high && b->low < a->high)
                report_error(c, "%s and %s are alive together and overlap", a->name, b->name);
        }
    }
    free(all);
}

// Buffer order: a checkpoint schedule's forward body (begin, end] comes after the nodes between its loops.
uint32_t plan_buffer_position(const struct graph *g, uint32_t at) {
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++) {
        const struct loop *f = graph_loop(g, g->checkpoint_schedules[i].forward);
        const struct loop *b = graph_loop(g, g->checkpoint_schedules[i].backward);
        if (at > f->begin.id && at <= f->end.id)
            at += b->begin.id - 1 - f->end.id;
        else if (at > f->end.id && at < b->begin.id)
            at -= f->end.id - f->begin.id;
    }
    return at;
}

static void check_member(struct checker *c, uint32_t v) {
    const struct plan *p = c->plan;
    const struct plan_value *m = &p->values[v];
    const struct value *value = &p->graph->values[v];
    if (m->buffer >= p->n_buffers) {
        report_error(c, "%s: there is no buffer %u", value->name, m->buffer);
        return;
    }
    const struct plan_buffer *b = &p->buffers[m->buffer];
    int64_t bytes = shape_count(value->shape) * dtype_bytes(value->dtype);
    if (m->bytes != bytes)
        report_error(c, "%s has %lld bytes, not %lld", value->name, (long long)bytes, (long long)m->bytes);
    if (bytes > b->size) report_error(c, "%s does not fit its buffer", value->name);
    if (m->birth >= m->death) report_error(c, "%s has no life", value->name);
    if (plan_buffer_position(p->graph, m->birth) < b->birth || plan_buffer_position(p->graph, m->death - 1) >= b->death)
        report_error(c, "%s lives outside the life of its buffer", value->name);
    if (value->domain.id && b->stack.id != v) report_error(c, "%s is a stack in a buffer that is not", value->name);
    if (m->in_place_of.id && p->values[m->in_place_of.id].buffer != m->buffer)
        report_error(c, "%s is not where %s is, whose place it takes", value->name,
                     graph_value(p->graph, m->in_place_of)->name);
}

// True when y is filled by rows in a tile loop, and x is older and dies with that loop. Rows of y may then overwrite
// rows of x. The replay checks byte by byte that no such row of x is read later.
static bool row_for_row(const struct checker *c, uint32_t x, uint32_t y) {
    const struct graph *g = c->plan->graph;
    if (!graph_is_filled_by_rows(g, (value_id){y})) return false;
    const struct loop *tile = graph_loop(g, graph_tile_loop(g, graph_node(g, g->values[y].def)->loop));
    const struct plan_value *a = &c->plan->values[x], *b = &c->plan->values[y];
    return b->birth == tile->begin.id && a->birth < tile->begin.id && a->death == tile->end.id + 1;
}

// Members of a buffer must not be alive together. They may share only the position (or tile loop) where one replaces
// the other.
static void check_company(struct checker *c, uint32_t v, uint32_t *last) {
    const struct plan *p = c->plan;
    for (uint32_t w = last[p->values[v].buffer]; w; w--) {
        const struct plan_value *a = &p->values[v], *b = &p->values[w];
        if (b->buffer != a->buffer) continue;
        uint32_t from = a->birth > b->birth ? a->birth : b->birth, to = a->death < b->death ? a->death : b->death;
        if (row_for_row(c, v, w) || row_for_row(c, w, v)) continue;
        if (from < to && (to - from > 1 || (to != a->death && to != b->death)))
            report_error(c, "%s and %s are alive together in one buffer", p->graph->values[v].name,
                         p->graph->values[w].name);
    }
    last[p->values[v].buffer] = v;
}

bool plan_check_invariants(const struct plan *p, char *text, size_t size) {
    struct checker c = {.plan = p, .text = text, .size = size, .ok = true};
    uint32_t *last = allocate(p->n_buffers, sizeof *last); // [n_buffers] the last member seen
    for (uint32_t v = 1; v < p->graph->n_values && c.ok; v++) {
        if (p->graph->values[v].storage != STORAGE_ARENA || !p->values[v].buffer) continue;
        check_member(&c, v);
        if (c.ok) check_company(&c, v, last);
    }
    if (c.ok) check_places(&c);
    free(last);
    return c.ok;
}
