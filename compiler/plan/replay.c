// Replay: the independent verifier. It runs the plan byte by byte over a map of the arena that knows, for every range,
// which write filled it; a read must find the write it means, whole. Loops are run as the program runs them, every
// iteration and every tile, with the copies where the program makes them. It trusts neither lives nor in-place marks:
// it looks at where things are, and then holds the stated lives against the steps between each write and its reads.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/op/op.h"
#include "compiler/plan/claims.h"
#include "compiler/plan/plan.h"
#include "compiler/plan/trail.h"

struct range {
    int64_t low, high;
    uint64_t write; // number of the write that filled it
};

// An instance of a value: one slot of a stack, else the newest one.
struct instance {
    uint64_t write; // that made it; 0: none yet
    uint64_t since; // time of the trail from which on it must be kept
};

struct replay {
    const struct plan *plan;
    const struct graph *g;
    struct range *map; // sorted, disjoint
    size_t n_map, c_map;
    uint64_t writes;
    struct instance **meant; // [n_values][slots or 1]
    struct trail trail;
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
    if (r->n_map > last) memmove(&r->map[at], &r->map[last], (r->n_map - last) * sizeof *r->map);
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
    struct instance *meant;
    bool top; // in the top slot, or no stack
};

static const struct loop *around(const struct graph *g, loop_id l, enum loop_kind kind, domain_id d) {
    for (; l.id; l = graph_loop(g, l)->parent) {
        const struct loop *loop = graph_loop(g, l);
        if (loop->kind == kind && (kind == LOOP_TILE || loop->domain.id == d.id)) return loop;
    }
    return NULL;
}

static const char *name_of(const struct replay *r, value_id v) { return graph_value(r->g, v)->name; }

static bool is_placed(const struct replay *r, value_id v) {
    return v.id && graph_value(r->g, v)->storage == STORAGE_ARENA;
}

static const struct plan_buffer *buffer_of(const struct replay *r, value_id v) {
    return &r->plan->buffers[r->plan->values[v.id].buffer];
}

static struct place locate(struct replay *r, struct use u, loop_id home, int64_t ahead) {
    const struct graph *g = r->g;
    struct place where = {.placed = false};
    if (!is_placed(r, u.value)) return where;
    if (!r->plan->values[u.value.id].buffer) {
        object(r, "%s has no place", name_of(r, u.value));
        return where;
    }
    const struct value *v = graph_value(g, u.value);
    const struct plan_buffer *b = buffer_of(r, u.value);
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

static bool overlap(struct place a, struct place b) { return a.placed && b.placed && a.low < b.high && b.low < a.high; }

// ---- lives: every step between `since` and now must lie in what is stated ----
static void check_buffer(struct replay *r, value_id v, struct place where, uint32_t from, uint32_t to, uint32_t step) {
    const struct plan_buffer *b = buffer_of(r, v);
    int64_t birth = where.top ? b->birth : b->lower_birth, death = where.top ? b->death : b->lower_death;
    if (from < birth || to >= death)
        object(r, "%s: at step %u its buffer does not live through [%u, %u]", name_of(r, v), step, from, to);
}

static void check_life(struct replay *r, value_id v, struct place where, uint64_t since, uint32_t step) {
    const struct plan_value *life = &r->plan->values[v.id];
    uint32_t from = trail_lowest(&r->trail, since, step), to = trail_highest(&r->trail, since, step);
    if (from > step) from = step;
    if (to < step) to = step;
    check_buffer(r, v, where, from, to, step);
    if (where.top && (from < life->birth || to >= life->death))
        object(r, "%s: at step %u it is needed in [%u, %u], outside its life [%u, %u)", name_of(r, v), step, from, to,
               life->birth, life->death);
}

static void read_place(struct replay *r, value_id v, struct place where, struct instance meant, uint32_t step) {
    if (!where.placed) return;
    if (!meant.write || !map_holds(r, where.low, where.high, meant.write))
        object(r, "%s: at step %u the bytes [%lld, %lld) are not what was written for it", name_of(r, v), step,
               (long long)where.low, (long long)where.high);
}

// Reads an operand where it stands.
static void read_value(struct replay *r, struct use u, loop_id home, uint32_t step) {
    struct place where = locate(r, u, home, 0);
    if (!where.placed) return;
    check_life(r, u.value, where, where.meant->since, step);
    read_place(r, u.value, where, *where.meant, step);
}

// ---- nodes ----
// Bytes that an op adds to and that stand elsewhere are brought to its result first.
static bool is_wanted(const struct graph *g, const struct node *n, const struct plan_copy *c) {
    const struct use *args = node_args(g, n), *results = node_results(g, n);
    for (uint32_t k = 0; k < n->n_results; k++) {
        uint32_t a = n->op->accumulates[k];
        if (results[k].value.id == c->to.id && a && a <= n->n_args && args[a - 1].value.id == c->from.id) return true;
    }
    return false;
}

static void copy_arguments(struct replay *r, uint32_t step, const struct node *n) {
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != step) continue;
        if (c->kind != COPY_ARGUMENT || !is_wanted(r->g, n, c)) {
            object(r, "%s: no node asks for its copy at step %u", name_of(r, c->to), step);
            continue;
        }
        struct use from = {c->from, ACCESS_WHOLE}, to = {c->to, ACCESS_WHOLE};
        read_value(r, from, n->loop, step);
        struct place source = locate(r, from, n->loop, 0), target = locate(r, to, n->loop, 0);
        if (!target.placed) continue;
        if (overlap(source, target)) object(r, "%s: copied onto itself", name_of(r, c->to));
        // An argument keeps its identity: the op then finds it where the result will be.
        map_write(r, target.low, target.high, source.placed ? source.meant->write : ++r->writes);
    }
}

static void read_arguments(struct replay *r, uint32_t step, const struct node *n) {
    const struct use *args = node_args(r->g, n), *results = node_results(r->g, n);
    for (uint32_t a = 0; a < n->n_args; a++) {
        struct place from = locate(r, args[a], n->loop, 0);
        if (!from.placed) continue;
        check_life(r, args[a].value, from, from.meant->since, step);
        for (uint32_t k = 0; k < n->n_results; k++) {
            struct place to = locate(r, results[k], n->loop, 0);
            bool adds = n->op->accumulates[k] == a + 1, allowed = adds || (n->op->in_place[k] >> a & 1);
            if (adds && to.placed) {
                struct instance *meant = from.meant;
                from = to; // what the op adds to stands where its result will
                from.meant = meant;
            } else if (overlap(from, to) && !(allowed && from.low == to.low && from.high == to.high)) {
                object(r, "%s: step %u writes over an argument that it may not replace", name_of(r, results[k].value),
                       step);
            }
        }
        read_place(r, args[a].value, from, *from.meant, step);
    }
}

static void write_results(struct replay *r, uint32_t step, const struct node *n) {
    const struct use *results = node_results(r->g, n);
    for (uint32_t k = 0; k < n->n_results; k++) {
        struct place to = locate(r, results[k], n->loop, 0);
        if (!to.placed) continue;
        if (n->when && !n->op->accumulates[k])
            object(r, "%s: step %u does not write it in every iteration", name_of(r, results[k].value), step);
        for (uint32_t j = 0; j < k; j++)
            if (overlap(to, locate(r, results[j], n->loop, 0)))
                object(r, "step %u writes two results to one place", step);
        const struct loop *tile = around(r->g, n->loop, LOOP_TILE, (domain_id){0});
        bool more_rows = results[k].access == ACCESS_ROWS && tile && r->iteration[tile - r->g->loops] > 0;
        if (!more_rows) *to.meant = (struct instance){++r->writes, r->trail.time};
        check_life(r, results[k].value, to, to.meant->since, step);
        map_write(r, to.low, to.high, to.meant->write);
    }
}

// ---- carries ----
static value_id carry_source(const struct carry *c, int kind) { return kind == COPY_INIT ? c->init : c->next; }
static value_id carry_target(const struct carry *c, int kind) { return kind == COPY_RESULT ? c->result : c->param; }

// Marks the carries of loop l that this kind of copy brings over, and runs the copies in the order of the plan.
// wanted: what each carry's source held before the first of them.
static void copy_carries(struct replay *r, loop_id l, uint32_t step, int kind, int64_t ahead,
                         const struct instance *wanted, bool *copied) {
    const struct loop *loop = graph_loop(r->g, l);
    const struct carry *carries = &r->g->carries[loop->carries];
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != step || (int)c->kind != kind) continue;
        uint32_t k = 0;
        while (k < loop->n_carries &&
               (carry_source(&carries[k], kind).id != c->from.id || carry_target(&carries[k], kind).id != c->to.id))
            k++;
        if (k == loop->n_carries || copied[k]) {
            object(r, "%s: no loop asks for its copy at step %u", name_of(r, c->to), step);
            return;
        }
        copied[k] = true;
        struct use from = {c->from, ACCESS_WHOLE}, to = {c->to, ACCESS_WHOLE};
        struct place source = locate(r, from, l, 0), target = locate(r, to, l, ahead);
        read_place(r, c->from, source, wanted[k], step);
        if (!target.placed) continue;
        if (overlap(source, target)) object(r, "%s: copied onto itself", name_of(r, c->to));
        check_buffer(r, c->to, target, step, step, step);
        *target.meant = (struct instance){++r->writes, 0};
        map_write(r, target.low, target.high, target.meant->write);
    }
}

// Hands all carries of a loop on at its LOOP or END node.
static void hand_over(struct replay *r, loop_id l, uint32_t step, int kind, int64_t ahead) {
    const struct loop *loop = graph_loop(r->g, l);
    const struct carry *carries = &r->g->carries[loop->carries];
    struct instance *wanted = allocate(loop->n_carries, sizeof *wanted);
    bool *copied = allocate(loop->n_carries, sizeof *copied);
    for (uint32_t k = 0; k < loop->n_carries; k++) {
        struct use from = {carry_source(&carries[k], kind), ACCESS_WHOLE};
        struct place source = locate(r, from, l, 0);
        if (!source.placed) continue;
        wanted[k] = *source.meant;
        check_life(r, from.value, source, wanted[k].since, step);
    }
    copy_carries(r, l, step, kind, ahead, wanted, copied);
    for (uint32_t k = 0; k < loop->n_carries && !r->failed; k++) {
        struct use to = {carry_target(&carries[k], kind), ACCESS_WHOLE};
        struct place target = locate(r, to, l, ahead);
        if (!target.placed) continue;
        if (!copied[k]) {
            read_place(r, to.value, target, wanted[k], step); // the same bytes under a new name
            *target.meant = wanted[k];
        }
        // A param lives in the body: for the next iteration not yet at the END.
        target.meant->since = r->trail.time + (kind == COPY_NEXT ? 1 : 0);
        if (kind != COPY_NEXT) check_life(r, to.value, target, target.meant->since, step);
    }
    free(wanted);
    free(copied);
}

// The program copies to the next iteration also after the last one, but for stacks, whose slot is not there. Then the
// results are taken: they must have survived that.
static void last_copies(struct replay *r, loop_id l, uint32_t step) {
    for (size_t i = 0; i < r->plan->n_copies; i++) {
        const struct plan_copy *c = &r->plan->copies[i];
        if (c->at.id != step || c->kind != COPY_NEXT || !is_placed(r, c->to) || buffer_of(r, c->to)->slots) continue;
        struct place target = locate(r, (struct use){c->to, ACCESS_WHOLE}, l, 0);
        if (target.placed) map_write(r, target.low, target.high, ++r->writes);
    }
}

// A tile loop whose rows are counted at run time may run no turn at all: its results are then its initial values, which
// only a place that all of a carry share brings about.
static void check_no_turn(struct replay *r, loop_id l) {
    const struct loop *loop = graph_loop(r->g, l);
    for (uint32_t k = 0; loop->count.id && k < loop->n_carries; k++) {
        const struct carry *c = &r->g->carries[loop->carries + k];
        struct place param = locate(r, (struct use){c->param, ACCESS_WHOLE}, l, 0);
        struct place next = locate(r, (struct use){c->next, ACCESS_WHOLE}, l, 0);
        if (param.placed && (!next.placed || param.low != next.low))
            object(r, "%s: without a turn of its loop nothing is handed on", name_of(r, c->param));
    }
}

static void run_nodes(struct replay *r, uint32_t first, uint32_t end);

static void run_loop(struct replay *r, loop_id l) {
    const struct loop *loop = graph_loop(r->g, l);
    bool tile = loop->kind == LOOP_TILE;
    int64_t stride = tile ? 1 : loop->step,
            last = tile ? (loop->rows - 1) / loop->height : (loop->to - 1 - loop->from) / stride;
    int64_t first = tile ? 0 : loop->from, step = !tile && loop->backward ? -stride : stride;
    if (step < 0) first += last * stride;
    r->iteration[l.id] = first;
    trail_step(&r->trail, loop->begin.id);
    hand_over(r, l, loop->begin.id, COPY_INIT, 0);
    check_no_turn(r, l);
    for (int64_t t = 0; t <= last && !r->failed; t++) {
        r->iteration[l.id] = first + t * step;
        if (loop->count.id) read_value(r, (struct use){loop->count, ACCESS_WHOLE}, l, loop->begin.id);
        run_nodes(r, loop->begin.id + 1, loop->end.id);
        trail_step(&r->trail, loop->end.id);
        if (t < last) {
            hand_over(r, l, loop->end.id, COPY_NEXT, step);
        } else {
            last_copies(r, l, loop->end.id);
            hand_over(r, l, loop->end.id, COPY_RESULT, 0);
        }
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
        trail_step(&r->trail, n);
        copy_arguments(r, n, node);
        read_arguments(r, n, node);
        write_results(r, n, node);
    }
}

static void read_kept(struct replay *r) { // what the program hands out at the end
    value_id kept[] = {r->g->loss, r->g->counted};
    for (int i = 0; i < 2 && !r->failed; i++)
        if (kept[i].id) read_value(r, (struct use){kept[i], ACCESS_WHOLE}, (loop_id){0}, (uint32_t)r->g->n_nodes - 1);
}

bool plan_verify(const struct plan *p, char *text, size_t size) {
    const struct graph *g = p->graph;
    if (!plan_check_claims(p, text, size)) return false;
    struct replay r = {.plan = p, .g = g, .text = text, .size = size};
    r.iteration = allocate(g->n_loops, sizeof *r.iteration);
    r.meant = allocate(g->n_values, sizeof *r.meant);
    for (size_t v = 1; v < g->n_values; v++) {
        int64_t slots = g->values[v].domain.id ? p->buffers[p->values[v].buffer].slots : 1;
        r.meant[v] = allocate((size_t)(slots > 0 ? slots : 1), sizeof **r.meant);
    }
    run_nodes(&r, 1, (uint32_t)g->n_nodes);
    if (!r.failed) read_kept(&r);
    for (size_t v = 1; v < g->n_values; v++) free(r.meant[v]);
    free(r.meant);
    free(r.iteration);
    free(r.map);
    trail_free(&r.trail);
    return !r.failed;
}
