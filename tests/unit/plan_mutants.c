// Plan mutants: moved buffers, shortened lives, wrong coalescing, lost copies, damaged stacks. After a life is
// shortened the plan is placed again. Other buffers may then overlap the rest of the old life, so only the lives are
// wrong.
#include "tests/unit/plan_mutants.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/op/op.h"
#include "compiler/plan/place.h"

enum { SURVIVORS_SHOWN = 10, NEIGHBOURS = 4, SHARERS = 6, STEPS_OFF = 3, MOVES = 32 };

struct breeder {
    struct plan *p;
    struct arena *arena;
    struct mutant_tally *t;
};

static void expect_refusal(struct breeder *b, const char *format, ...) {
    char why[256] = "";
    b->t->total++;
    if (!plan_verify(b->p, why, sizeof why) && *why) {
        b->t->killed++;
        return;
    }
    if (b->t->survivors_told++ >= SURVIVORS_SHOWN) return;
    va_list args;
    va_start(args, format);
    printf("survivor: ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

static const char *name_of(const struct breeder *b, size_t buffer) {
    return graph_value(b->p->graph, b->p->buffers[buffer].first)->name;
}

// ---- placement by its definition: no rectangles overlap, all are inside the arena, all are aligned ----
static bool broken(const struct breeder *b) {
    struct place_buffer *all = plan_rectangles(b->p, b->arena);
    size_t n = 2 * b->p->n_buffers;
    for (size_t i = 1; i < n; i++) {
        if (all[i].lower >= all[i].upper) continue;
        if (all[i].offset < 0 || all[i].offset + all[i].size > b->p->arena_bytes || all[i].offset % 64) return true;
        for (size_t j = 1; j < i; j++)
            if (all[i].lower < all[j].upper && all[j].lower < all[i].upper &&
                all[i].offset < all[j].offset + all[j].size && all[j].offset < all[i].offset + all[i].size)
                return true;
    }
    return false;
}

// A move that breaks nothing gives another valid plan, so it is no mutant.
static void shift_offsets(struct breeder *b) {
    for (size_t i = 1; i < b->p->n_buffers; i++) {
        struct plan_buffer *buffer = &b->p->buffers[i], before = *buffer;
        const int64_t half = before.size / 2,
                      shifts[] = {-64, 64, -before.size, before.size, 4, -1, -half, half, -128, 128, -192, 192};
        for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
            buffer->offset += shifts[k];
            if (broken(b)) expect_refusal(b, "%s moved by %lld", name_of(b, i), (long long)shifts[k]);
            *buffer = before;
            if (before.slots < 2) continue;
            buffer->lower_offset += shifts[k];
            if (broken(b)) expect_refusal(b, "lower slots of %s moved by %lld", name_of(b, i), (long long)shifts[k]);
            *buffer = before;
        }
    }
    b->p->arena_bytes -= 64;
    expect_refusal(b, "a smaller arena"); // some buffer ends at the top
    b->p->arena_bytes += 64;
}

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static int64_t anywhere(const struct plan *p, uint64_t *seed) {
    return (int64_t)(next_random(seed) % (uint64_t)(p->arena_bytes / PLAN_ALIGNMENT)) * PLAN_ALIGNMENT;
}

static void move_anywhere(struct breeder *b) {
    uint64_t seed = 11;
    for (size_t i = 1; i < b->p->n_buffers; i++) {
        int64_t before = b->p->buffers[i].offset;
        for (int k = 0; k < MOVES; k++) {
            b->p->buffers[i].offset = anywhere(b->p, &seed);
            if (broken(b)) expect_refusal(b, "%s moved to %lld", name_of(b, i), (long long)b->p->buffers[i].offset);
        }
        b->p->buffers[i].offset = before;
    }
}

static void swap_offsets(struct breeder *b, size_t i, size_t j) {
    struct plan_buffer *x = &b->p->buffers[i], *y = &b->p->buffers[j], x0 = *x, y0 = *y;
    x->offset = y0.offset;
    y->offset = x0.offset;
    if (broken(b)) expect_refusal(b, "%s and %s changed places", name_of(b, i), name_of(b, j));
    *x = x0;
    *y = y0;
}

static void swap_neighbours(struct breeder *b) {
    for (size_t i = 2; i < b->p->n_buffers; i++)
        for (size_t j = i > NEIGHBOURS ? i - NEIGHBOURS : 1; j < i; j++) swap_offsets(b, i, j);
}

// ---- lives ----
static bool starts_at_its_node(const struct plan *p, uint32_t v) {
    const struct value *value = &p->graph->values[v];
    return p->values[v].birth == value->def.id && p->graph->nodes[value->def.id].kind == NODE_OP;
}

// Every death in a plan is tight: a last read, a transfer to a carry, or the end of a loop that repeats. (A loop of one
// iteration does not repeat, and a death at its end is only cautious; here no such loop reads values from outside.)
// A birth is tight when it is the writing node; a whole value written by rows is born at the beginning of its loop.
static void shorten_lives(struct breeder *b) {
    for (uint32_t v = 1; v < b->p->graph->n_values; v++) {
        if (!b->p->values[v].buffer) continue;
        const char *name = b->p->graph->values[v].name;
        struct plan_value before = b->p->values[v];
        for (uint32_t steps = 1; steps <= STEPS_OFF; steps++) {
            b->p->values[v].death = before.death - steps;
            expect_refusal(b, "%s.%u dies %u steps early", name, v, steps);
            b->p->values[v] = before;
            if (!starts_at_its_node(b->p, v)) continue;
            b->p->values[v].birth += steps;
            expect_refusal(b, "%s.%u is born %u steps late", name, v, steps);
            b->p->values[v] = before;
        }
    }
}

static void replace(struct breeder *b) {
    struct place_buffer *all = plan_rectangles(b->p, b->arena);
    b->p->arena_bytes = place_greedy(b->arena, all, 2 * b->p->n_buffers, NULL, NULL);
    for (size_t i = 1; i < b->p->n_buffers; i++) {
        b->p->buffers[i].offset = all[i].offset;
        b->p->buffers[i].lower_offset = all[b->p->n_buffers + i].offset;
    }
}

// Shortens the whole buffer, and the members that reach its end, by one position, and places everything again.
static void shorten_buffers(struct breeder *b, struct plan_value *values, struct plan_buffer *buffers) {
    struct plan *p = b->p;
    int64_t top = p->arena_bytes;
    for (size_t i = 1; i < p->n_buffers; i++) {
        if (p->buffers[i].death - p->buffers[i].birth > 1) {
            p->buffers[i].death--;
            for (uint32_t v = 1; v < p->graph->n_values; v++)
                if (p->values[v].buffer == i && p->values[v].death > p->buffers[i].death) p->values[v].death--;
            replace(b);
            expect_refusal(b, "buffer of %s dies early and is placed again", name_of(b, i));
        }
        memcpy(p->values, values, sizeof *values * p->graph->n_values);
        memcpy(p->buffers, buffers, sizeof *buffers * p->n_buffers);
        if (p->buffers[i].slots > 1) {
            p->buffers[i].lower_death--;
            replace(b);
            expect_refusal(b, "lower slots of %s die early and are placed again", name_of(b, i));
        }
        memcpy(p->buffers, buffers, sizeof *buffers * p->n_buffers);
        p->arena_bytes = top;
    }
}

// ---- sharing ----
// The tile loop in which x dies fills y by rows, so y may reuse x's memory row by row.
static bool row_for_row(const struct plan *p, uint32_t x, uint32_t y) {
    const struct graph *g = p->graph;
    if (!graph_is_filled_by_rows(g, (value_id){y})) return false;
    const struct loop *tile = graph_loop(g, graph_tile_loop(g, graph_node(g, g->values[y].def)->loop));
    return p->values[x].birth < tile->begin.id && p->values[x].death == tile->end.id + 1;
}

// Puts x into y's buffer, extends its life by x's, and places everything again. This is wrong when both are live
// together for more than the position at which one could reuse the other's memory.
static bool clash(const struct plan *p, uint32_t x, uint32_t y) {
    if (row_for_row(p, x, y) || row_for_row(p, y, x)) return false;
    const struct plan_value *a = &p->values[x], *b = &p->values[y];
    uint32_t from = a->birth > b->birth ? a->birth : b->birth, to = a->death < b->death ? a->death : b->death;
    return from + 1 < to;
}

static void share_wrongly(struct breeder *b, struct plan_value *values, struct plan_buffer *buffers) {
    struct plan *p = b->p;
    int64_t top = p->arena_bytes;
    for (uint32_t x = 1; x < p->graph->n_values; x++) {
        int tried = 0;
        for (uint32_t y = 1; y < p->graph->n_values && tried < SHARERS; y++) {
            const struct plan_value *from = &values[x], *to = &values[y];
            if (!from->buffer || !to->buffer || from->buffer == to->buffer || from->bytes != to->bytes) continue;
            if (buffers[from->buffer].slots || buffers[to->buffer].slots || !clash(p, x, y)) continue;
            struct plan_buffer *buffer = &p->buffers[to->buffer];
            p->values[x].buffer = to->buffer;
            p->values[x].in_place_of = (value_id){0};
            if (buffer->birth > from->birth) buffer->birth = from->birth;
            if (buffer->death < from->death) buffer->death = from->death;
            replace(b);
            expect_refusal(b, "%s.%u shares the place of %s.%u", p->graph->values[x].name, x, p->graph->values[y].name,
                           y);
            memcpy(p->values, values, sizeof *values * p->graph->n_values);
            memcpy(p->buffers, buffers, sizeof *buffers * p->n_buffers);
            p->arena_bytes = top;
            tried++;
        }
    }
}

// ---- copies and stacks ----
static void lose_copies(struct breeder *b) {
    struct plan *p = b->p;
    for (size_t i = 0; i < p->n_copies; i++) {
        struct plan_copy lost = p->copies[i];
        p->copies[i] = p->copies[--p->n_copies];
        expect_refusal(b, "the copy at %u is lost", lost.at.id);
        p->n_copies++;
        p->copies[i] = lost;
        for (uint32_t v = 1; v < p->graph->n_values; v++) {
            if (v == lost.from.id || p->values[v].bytes != p->values[lost.to.id].bytes || !p->values[v].buffer)
                continue;
            p->copies[i].from.id = v;
            expect_refusal(b, "the copy at %u brings %s.%u", lost.at.id, p->graph->values[v].name, v);
            break;
        }
        p->copies[i] = lost;
    }
}

static void tear_stacks(struct breeder *b) {
    for (size_t i = 1; i < b->p->n_buffers; i++) {
        struct plan_buffer *buffer = &b->p->buffers[i], before = *buffer;
        if (!before.slots) continue;
        buffer->slots--;
        if (before.stack.id || before.slots > 1) expect_refusal(b, "%s has a slot less", name_of(b, i));
        *buffer = before;
        buffer->from++;
        if (before.stack.id) expect_refusal(b, "%s starts a slot late", name_of(b, i));
        *buffer = before;
        buffer->slots = 0;
        if (before.slots > 1) expect_refusal(b, "%s is no stack", name_of(b, i));
        *buffer = before;
        buffer->size -= 64;
        expect_refusal(b, "%s is smaller than its values", name_of(b, i));
        *buffer = before;
    }
}

static void spoil_step(struct breeder *b, struct checkpoint_schedule *c, const struct checkpoint_step *steps,
                       size_t i) {
    struct checkpoint_step *spoilt = ARENA_ARRAY(b->arena, struct checkpoint_step, c->n_steps);
    const struct checkpoint_schedule whole = *c;
    bool slot = steps[i].kind == CHECKPOINT_SNAPSHOT || steps[i].kind == CHECKPOINT_RESTORE;
    c->steps = spoilt;
    for (int way = 0; way < 3; way++) {
        memcpy(spoilt, steps, sizeof *steps * c->n_steps);
        if (way == 0) spoilt[i].iteration++;
        if (way == 1 && !slot) continue;
        if (way == 1) spoilt[i].slot = spoilt[i].slot + 1 < c->slots ? spoilt[i].slot + 1 : 0;
        if (way == 1 && c->slots == 1) spoilt[i].slot = 1;
        if (way == 2) memmove(&spoilt[i], &spoilt[i + 1], sizeof *spoilt * (c->n_steps - i - 1));
        if (way == 2) c->n_steps--, c->n_forward_steps -= i < c->n_forward_steps;
        bool moved = way == 0 && steps[i].kind == CHECKPOINT_FIRST; // its iteration does not matter
        if (!moved) expect_refusal(b, "step %zu of the checkpoint schedule is spoilt (%d)", i, way);
        c->n_steps = whole.n_steps;
        c->n_forward_steps = whole.n_forward_steps;
    }
    *c = whole;
}

// The table of a checkpoint schedule: an entry for another iteration, in another slot, or left out.
static void spoil_checkpoints(struct breeder *b) {
    for (size_t i = 1; i < b->p->graph->n_checkpoint_schedules; i++) {
        struct checkpoint_schedule *c = &b->p->graph->checkpoint_schedules[i];
        const struct checkpoint_step *steps = c->steps;
        for (size_t s = 0; s < c->n_steps; s++) spoil_step(b, c, steps, s);
    }
}

// ---- what the plan says of each value ----
static void spoil_members(struct breeder *b) {
    const struct plan *p = b->p;
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        if (!p->values[v].buffer) continue;
        struct plan_value *m = &p->values[v], before = *m;
        const char *name = p->graph->values[v].name;
        m->buffer = (uint32_t)p->n_buffers;
        expect_refusal(b, "%s.%u in a buffer that is not there", name, v);
        *m = before;
        for (int64_t more = -4; more <= 4; more += 8) {
            m->bytes += more;
            expect_refusal(b, "%s.%u has %lld bytes more", name, v, (long long)more);
            *m = before;
        }
        m->death = m->birth;
        expect_refusal(b, "%s.%u dies when it is born", name, v);
        *m = before;
        for (uint32_t w = 1; w < v; w++) {
            if (!p->values[w].buffer || p->values[w].buffer == m->buffer) continue;
            m->in_place_of.id = w;
            expect_refusal(b, "%s.%u is said to be where %s.%u is", name, v, p->graph->values[w].name, w);
            *m = before;
            break;
        }
    }
}

void plan_mutants_run(struct plan *p, struct arena *a, struct mutant_tally *t) {
    struct breeder b = {p, a, t};
    struct plan_value *values = ARENA_ARRAY(a, struct plan_value, p->graph->n_values);
    struct plan_buffer *buffers = ARENA_ARRAY(a, struct plan_buffer, p->n_buffers);
    memcpy(values, p->values, sizeof *values * p->graph->n_values);
    memcpy(buffers, p->buffers, sizeof *buffers * p->n_buffers);
    shift_offsets(&b);
    swap_neighbours(&b);
    move_anywhere(&b);
    shorten_lives(&b);
    shorten_buffers(&b, values, buffers);
    share_wrongly(&b, values, buffers);
    lose_copies(&b);
    tear_stacks(&b);
    spoil_checkpoints(&b);
    spoil_members(&b);
}
