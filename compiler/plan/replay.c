// Replay: the independent verifier. It runs the plan byte by byte over a map of the arena that knows, for every range,
// which write filled it; a read must find the write it means, whole. Loops are run as the program runs them, every
// iteration and every tile. It trusts neither lives nor in-place marks: it only looks at where things are.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/op/op.h"
#include "compiler/plan/plan.h"

struct range {
    int64_t low, high;
    uint64_t write; // number of the write that filled it
};

struct replay {
    const struct plan *plan;
    const struct graph *g;
    struct range *map; // sorted, disjoint
    size_t n_map, c_map;
    uint64_t writes;
    uint64_t **meant;   // [n_values][slots or 1]: the write that made the value; 0: none yet
    int64_t *iteration; // [n_loops]
    char *text;
    size_t size;
    bool failed;
};

static void object(struct replay *r, const char *format, ...) {
    if (r->failed) return;
    r->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(r->text, r->size, format, args);
    va_end(args);
}

static void *allocate(size_t n, size_t bytes) {
    void *memory = calloc(n ? n : 1, bytes);
    if (!memory) {
        fputs("lorac: error: out of memory\n", stderr);
        exit(70);
    }
    return memory;
}

// ---- the map ----
static size_t first_after(const struct replay *r, int64_t low) { // the first range that ends after `low`
    size_t a = 0, b = r->n_map;
    while (a < b) {
        size_t mid = (a + b) / 2;
        if (r->map[mid].high > low)
            b = mid;
        else
            a = mid + 1;
    }
    return a;
}

static void insert(struct replay *r, size_t at, struct range range) {
    if (r->n_map == r->c_map) {
        size_t capacity = r->c_map ? 2 * r->c_map : 256;
        struct range *map = allocate(capacity, sizeof *map);
        if (r->map) memcpy(map, r->map, r->n_map * sizeof *map);
        free(r->map);
        r->map = map;
        r->c_map = capacity;
    }
    memmove(&r->map[at + 1], &r->map[at], (r->n_map - at) * sizeof *r->map);
    r->map[at] = range;
    r->n_map++;
}

static void map_write(struct replay *r, int64_t low, int64_t high, uint64_t write) {
    size_t at = first_after(r, low);
    if (at < r->n_map && r->map[at].low < low) { // keep its part below; its part above, too, when it reaches beyond
        struct range old = r->map[at];
        r->map[at].high = low;
        at++;
        if (old.high > high) insert(r, at, (struct range){high, old.high, old.write});
    }
    size_t last = at;
    while (last < r->n_map && r->map[last].high <= high) last++;
    if (last < r->n_map && r->map[last].low < high) r->map[last].low = high;
    memmove(&r->map[at], &r->map[last], (r->n_map - last) * sizeof *r->map);
    r->n_map -= last - at;
    insert(r, at, (struct range){low, high, write});
}

static bool map_holds(const struct replay *r, int64_t low, int64_t high, uint64_t write) {
    for (size_t at = first_after(r, low); low < high; at++) {
        if (at == r->n_map || r->map[at].low > low || r->map[at].write != write) return false;
        low = r->map[at].high;
    }
    return true;
}

// ---- where an operand is ----
struct place {
    bool placed;
    int64_t low, high;
    uint64_t *meant;
    bool top; // in the top slot, or no stack
};

static const struct loop *around(const struct graph *g, loop_id l, enum loop_kind kind, domain_id d) {
    for (; l.id; l = graph_loop(g, l)->parent) {
        const struct loop *loop = graph_loop(g, l);
        if (loop->kind == kind && (kind == LOOP_TILE || loop->domain.id == d.id)) return loop;
    }
    return NULL;
}

static struct place locate(struct replay *r, struct use u, loop_id home, int64_t ahead) {
    const struct graph *g = r->g;
    struct place where = {.placed = false};
    if (!u.value.id || graph_value(g, u.value)->storage != STORAGE_ARENA) return where;
    const struct value *v = graph_value(g, u.value);
    const struct plan_buffer *b = &r->plan->buffers[r->plan->values[u.value.id].buffer];
    int64_t bytes = shape_count(v->shape) * dtype_bytes(v->dtype);
    where.placed = where.top = true;
    where.low = b->offset;
    where.meant = &r->meant[u.value.id][0];
    if (b->slots) {
        const struct loop *loop = around(g, home, LOOP_REPEAT, graph_value(g, b->stack)->domain);
        int64_t slot = loop ? r->iteration[loop - g->loops] + ahead - b->from : -1;
        if (slot < 0 || slot >= b->slots) {
            object(r, "%s: there is no slot %lld in its stack of %lld", v->name, (long long)slot, (long long)b->slots);
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

static void check_life(struct replay *r, struct use u, struct place where, uint32_t step) {
    const struct plan_value *v = &r->plan->values[u.value.id];
    const struct plan_buffer *b = &r->plan->buffers[v->buffer];
    bool alive = where.top ? v->birth <= step && step < v->death : b->lower_birth <= step && step < b->lower_death;
    if (!alive || (where.top && (b->birth > step || b->death <= step)))
        object(r, "%s is used at step %u, outside its life", graph_value(r->g, u.value)->name, step);
}

static void read_place(struct replay *r, struct use u, struct place where, uint32_t step) {
    if (!where.placed) return;
    if (!map_holds(r, where.low, where.high, *where.meant) || !*where.meant)
        object(r, "%s: at step %u the bytes [%lld, %lld) are not what was written for it",
               graph_value(r->g, u.value)->name, step, (long long)where.low, (long long)where.high);
}

static bool overlap(struct place a, struct place b) { return a.placed && b.placed && a.low < b.high && b.low < a.high; }

// ---- nodes ----
static void run_copies(struct replay *r, uint32_t step, int kind, loop_id home, int64_t ahead, const value_id *only) {
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != step || (int)c->kind != kind || (only && c->to.id != only->id)) continue;
        struct use from = {c->from, ACCESS_WHOLE}, to = {c->to, ACCESS_WHOLE};
        struct place source = locate(r, from, home, 0), target = locate(r, to, home, ahead);
        read_place(r, from, source, step);
        if (!target.placed) continue;
        if (overlap(source, target)) object(r, "%s: copied onto itself", graph_value(r->g, c->to)->name);
        // An argument keeps its identity: the op then finds it where the result will be.
        uint64_t write = kind == COPY_ARGUMENT && source.placed ? *source.meant : ++r->writes;
        map_write(r, target.low, target.high, write);
        if (kind != COPY_ARGUMENT) *target.meant = write;
    }
}

static void read_arguments(struct replay *r, uint32_t step, const struct node *n) {
    const struct use *args = node_args(r->g, n), *results = node_results(r->g, n);
    for (uint32_t a = 0; a < n->n_args; a++) {
        struct place from = locate(r, args[a], n->loop, 0);
        if (!from.placed) continue;
        check_life(r, args[a], from, step);
        for (uint32_t k = 0; k < n->n_results; k++) {
            struct place to = locate(r, results[k], n->loop, 0);
            bool adds = n->op->accumulates[k] == a + 1, allowed = adds || (n->op->in_place[k] >> a & 1);
            if (adds && to.placed) {
                uint64_t *meant = from.meant;
                from = to; // what the op adds to stands where its result will
                from.meant = meant;
            } else if (overlap(from, to) && !(allowed && from.low == to.low && from.high == to.high)) {
                object(r, "%s: step %u writes over an argument that it may not replace",
                       graph_value(r->g, results[k].value)->name, step);
            }
        }
        read_place(r, args[a], from, step);
    }
}

static void write_results(struct replay *r, uint32_t step, const struct node *n) {
    const struct use *results = node_results(r->g, n);
    for (uint32_t k = 0; k < n->n_results; k++) {
        struct place to = locate(r, results[k], n->loop, 0);
        if (!to.placed) continue;
        check_life(r, results[k], to, step);
        for (uint32_t j = 0; j < k; j++)
            if (overlap(to, locate(r, results[j], n->loop, 0)))
                object(r, "step %u writes two results to one place", step);
        const struct loop *tile = around(r->g, n->loop, LOOP_TILE, (domain_id){0});
        bool more_rows = results[k].access == ACCESS_ROWS && tile && r->iteration[tile - r->g->loops] > 0;
        if (!more_rows) *to.meant = ++r->writes;
        map_write(r, to.low, to.high, *to.meant);
    }
}

static void hand_over(struct replay *r, uint32_t step, int kind, struct use from, struct use to, loop_id home,
                      int64_t ahead) {
    struct place target = locate(r, to, home, ahead), source = locate(r, from, home, 0);
    if (!target.placed) return;
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id == step && (int)c->kind == kind && c->to.id == to.value.id) {
            run_copies(r, step, kind, home, ahead, &to.value);
            return;
        }
    }
    if (!source.placed) {
        object(r, "%s: nothing brings its first value", graph_value(r->g, to.value)->name);
        return;
    }
    source.low = target.low; // the same bytes under a new name
    source.high = target.high;
    read_place(r, from, source, step);
    *target.meant = *source.meant;
}

static void run_nodes(struct replay *r, uint32_t first, uint32_t end);

static void run_loop(struct replay *r, loop_id l) {
    const struct graph *g = r->g;
    const struct loop *loop = graph_loop(g, l);
    bool tile = loop->kind == LOOP_TILE;
    int64_t stride = tile ? 1 : loop->step,
            last_turn = tile ? (loop->rows - 1) / loop->height : (loop->to - 1 - loop->from) / stride;
    int64_t turns = last_turn + 1, step = !tile && loop->backward ? -stride : stride,
            start = tile             ? 0
                    : loop->backward ? loop->to - 1
                                     : loop->from;
    r->iteration[l.id] = start;
    const struct carry *carries = &g->carries[loop->carries];
    for (uint32_t c = 0; c < loop->n_carries; c++)
        hand_over(r, loop->begin.id, COPY_INIT, (struct use){carries[c].init, ACCESS_WHOLE},
                  (struct use){carries[c].param, ACCESS_WHOLE}, l, 0);
    for (int64_t t = 0; t < turns && !r->failed; t++) {
        r->iteration[l.id] = start + t * step;
        run_nodes(r, loop->begin.id + 1, loop->end.id);
        bool last = t == turns - 1;
        for (uint32_t c = 0; c < loop->n_carries; c++)
            hand_over(r, loop->end.id, last ? COPY_RESULT : COPY_NEXT, (struct use){carries[c].next, ACCESS_WHOLE},
                      (struct use){last ? carries[c].result : carries[c].param, ACCESS_WHOLE}, l, last ? 0 : step);
    }
}

static void run_nodes(struct replay *r, uint32_t first, uint32_t end) {
    for (uint32_t n = first; n < end && !r->failed; n++) {
        const struct node *node = &r->g->nodes[n];
        if (node->kind == NODE_LOOP) {
            run_loop(r, node->loop);
            n = graph_loop(r->g, node->loop)->end.id;
            continue;
        }
        run_copies(r, n, COPY_ARGUMENT, node->loop, 0, NULL);
        read_arguments(r, n, node);
        write_results(r, n, node);
    }
}

// ---- the claims themselves ----
struct claim {
    int64_t birth, death, low, high;
    const char *name;
};

static size_t list_claims(const struct replay *r, struct claim *out) {
    size_t n = 0;
    for (size_t i = 1; i < r->plan->n_buffers; i++) {
        const struct plan_buffer *b = &r->plan->buffers[i];
        const char *name = graph_value(r->g, b->first)->name;
        out[n++] = (struct claim){b->birth, b->death, b->offset, b->offset + b->size, name};
        if (b->slots > 1)
            out[n++] = (struct claim){b->lower_birth, b->lower_death, b->lower_offset,
                                      b->lower_offset + b->size * (b->slots - 1), name};
    }
    return n;
}

static void check_claims(struct replay *r) {
    struct claim *claims = allocate(2 * r->plan->n_buffers, sizeof *claims);
    size_t n = list_claims(r, claims);
    for (size_t i = 0; i < n; i++) {
        const struct claim *a = &claims[i];
        if (a->low < 0 || a->high > r->plan->arena_bytes)
            object(r, "%s: [%lld, %lld) is outside the arena", a->name, (long long)a->low, (long long)a->high);
        if (a->low % 64) object(r, "%s: offset %lld is not aligned to 64 bytes", a->name, (long long)a->low);
        for (size_t j = 0; j < i; j++) {
            const struct claim *b = &claims[j];
            if (a->birth < b->death && b->birth < a->death && a->low < b->high && b->low < a->high)
                object(r, "%s and %s are alive together and overlap", a->name, b->name);
        }
    }
    for (size_t v = 1; v < r->g->n_values; v++) {
        const struct value *value = &r->g->values[v];
        const struct plan_buffer *b = &r->plan->buffers[r->plan->values[v].buffer];
        if (value->storage == STORAGE_ARENA && r->plan->values[v].buffer &&
            shape_count(value->shape) * dtype_bytes(value->dtype) > b->size)
            object(r, "%s does not fit its buffer", value->name);
    }
    free(claims);
}

bool plan_verify(const struct plan *p, char *text, size_t size) {
    const struct graph *g = p->graph;
    struct replay r = {.plan = p, .g = g, .text = text, .size = size};
    r.iteration = allocate(g->n_loops, sizeof *r.iteration);
    r.meant = allocate(g->n_values, sizeof *r.meant);
    for (size_t v = 1; v < g->n_values; v++) {
        int64_t slots = g->values[v].domain.id ? p->buffers[p->values[v].buffer].slots : 1;
        r.meant[v] = allocate((size_t)(slots > 0 ? slots : 1), sizeof **r.meant);
    }
    check_claims(&r);
    if (!r.failed) run_nodes(&r, 1, (uint32_t)g->n_nodes);
    value_id kept[] = {g->loss, g->counted};
    for (int i = 0; i < 2 && !r.failed; i++) {
        struct use u = {kept[i], ACCESS_WHOLE};
        if (u.value.id) read_place(&r, u, locate(&r, u, (loop_id){0}, 0), (uint32_t)g->n_nodes);
    }
    for (size_t v = 1; v < g->n_values; v++) free(r.meant[v]);
    free(r.meant);
    free(r.iteration);
    free(r.map);
    return !r.failed;
}
