// Plan: a small graph with a forward and a backward loop built by hand; its lives, its stack, its in-place chains; and
// mutants of its plan, each of which the replay must object to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/ir/graph.h"
#include "compiler/op/op.h"
#include "compiler/plan/place.h"
#include "compiler/plan/plan.h"

enum { ROWS = 3, WIDTH = 37, DEPTH = 5, BYTES = ROWS * WIDTH * 4, SIZE = (BYTES + 63) / 64 * 64 };

struct sample {
    struct arena arena;
    struct graph *g;
    value_id x0, x, saved, next, out, d0, d, d_saved, d_next, d_out;
};

static value_id emit(struct sample *s, const struct op *op, value_id a, value_id b, const char *name) {
    value_id args[] = {a, b};
    return op_emit(s->g, op, args, b.id ? 2 : 1, NULL, 0, name, (struct span){0});
}

// x = x + silu(scale(x)) forward; d = d + silu_dx(d, scaled) backward, where `scaled` is a stack.
static void build(struct sample *s, int64_t depth) {
    struct span no = {0};
    memset(s, 0, sizeof *s);
    struct graph *g = s->g = graph_new(&s->arena, "step");
    domain_id layers = graph_add_domain(g, (struct domain){.name = "layer", .count = depth, .each = 1});
    value_id input = graph_add_value(
        g,
        (struct value){
            .name = "input", .shape = {2, {ROWS, WIDTH}}, .dtype = DTYPE_F32, .storage = STORAGE_INPUT, .tensor = {1}});
    s->x0 = emit(s, &op_copy, input, (value_id){0}, "x0");
    struct loop forward = {.kind = LOOP_REPEAT, .name = "layer", .domain = layers, .to = depth, .step = 1};
    loop_id l = graph_begin_loop(g, forward, no);
    graph_add_carry(g, l, s->x0, &s->x);
    s->saved = emit(s, &op_scale, s->x, (value_id){0}, "saved");
    s->next = emit(s, &op_add, s->x, emit(s, &op_silu, s->saved, (value_id){0}, "y"), "next");
    graph_end_loop(g, l, &s->next, &s->out);
    s->d0 = emit(s, &op_tanh, s->out, (value_id){0}, "d0");
    forward.backward = true;
    l = graph_begin_loop(g, forward, no);
    graph_add_carry(g, l, s->d0, &s->d);
    s->d_saved = emit(s, &op_silu_dx, s->d, s->saved, "d_saved");
    s->d_next = emit(s, &op_add, s->d, s->d_saved, "d_next");
    graph_end_loop(g, l, &s->d_next, &s->d_out);
    value_id zero = op_emit(g, &op_zero_sum, NULL, 0, NULL, 0, "zero", no);
    g->loss = emit(s, &op_sum_squares, zero, s->d_out, "loss");
    graph_mark_stacks(g);
    assert_true(graph_verify(g));
}

static uint32_t buffer_of(const struct plan *p, value_id v) { return p->values[v.id].buffer; }

static bool accepted(const struct plan *p) {
    char why[256] = "";
    bool ok = plan_verify(p, why, sizeof why);
    if (!ok) assert_string_not_equal(why, "");
    return ok;
}

static void test_shares(void **state) {
    (void)state;
    struct sample s;
    build(&s, DEPTH);
    struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_SHARED);
    assert_true(accepted(p));
    // The forward chain x0, x, next, result is one buffer; so is the backward chain.
    assert_int_equal(buffer_of(p, s.x0), buffer_of(p, s.x));
    assert_int_equal(buffer_of(p, s.x), buffer_of(p, s.next));
    assert_int_equal(buffer_of(p, s.next), buffer_of(p, s.out));
    assert_int_equal(buffer_of(p, s.d0), buffer_of(p, s.d));
    assert_int_equal(buffer_of(p, s.d), buffer_of(p, s.d_out));
    // The stack has a slot an iteration, and the gradient takes the slot over where it has died.
    const struct plan_buffer *stack = &p->buffers[buffer_of(p, s.saved)];
    assert_int_equal(stack->slots, DEPTH);
    assert_int_equal(buffer_of(p, s.d_saved), buffer_of(p, s.saved));
    assert_int_equal(p->n_copies, 0);
    // Most alive: all slots, the chain and y (forward).
    assert_int_equal(p->bound.bytes, (DEPTH + 2) * SIZE);
    assert_int_equal(p->arena_bytes, p->bound.bytes);
    arena_free(&s.arena);
}

static void test_depths(void **state) {
    (void)state;
    for (int64_t depth = 1; depth < 70; depth += 1 + depth / 2) {
        struct sample s;
        build(&s, depth);
        struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_SHARED);
        assert_true(accepted(p));
        assert_int_equal(p->arena_bytes, (depth + 2) * SIZE);
        arena_free(&s.arena);
    }
}

static void test_separate(void **state) {
    (void)state;
    struct sample s;
    build(&s, DEPTH);
    struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_SEPARATE);
    assert_true(accepted(p));
    for (size_t a = 1; a < p->n_buffers; a++)
        for (size_t b = 1; b < a; b++) assert_int_not_equal(p->buffers[a].offset, p->buffers[b].offset);
    arena_free(&s.arena);
}

// ---- mutants ----
struct rectangle {
    int64_t birth, death, low, high;
};

static size_t rectangles(const struct plan *p, struct rectangle *out) {
    size_t n = 0;
    for (size_t i = 1; i < p->n_buffers; i++) {
        const struct plan_buffer *b = &p->buffers[i];
        out[n++] = (struct rectangle){b->birth, b->death, b->offset, b->offset + b->size};
        if (b->slots > 1)
            out[n++] = (struct rectangle){b->lower_birth, b->lower_death, b->lower_offset,
                                          b->lower_offset + (b->slots - 1) * b->size};
    }
    return n;
}

static bool broken(const struct plan *p) { // by the definition alone: do two rectangles overlap, does one stick out?
    struct rectangle r[64];
    size_t n = rectangles(p, r);
    for (size_t i = 0; i < n; i++) {
        if (r[i].low < 0 || r[i].high > p->arena_bytes) return true;
        for (size_t j = 0; j < i; j++)
            if (r[i].birth < r[j].death && r[j].birth < r[i].death && r[i].low < r[j].high && r[j].low < r[i].high)
                return true;
    }
    return false;
}

struct tally {
    int killed, total;
};

static void judge(struct tally *t, const struct plan *p) {
    t->total++;
    t->killed += !accepted(p);
}

static void shift_offsets(struct plan *p, struct tally *t) {
    static const int64_t shifts[] = {-64, 64, -SIZE, SIZE, 2 * SIZE, 4, -1};
    for (size_t i = 1; i < p->n_buffers; i++)
        for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
            struct plan_buffer *b = &p->buffers[i], before = *b;
            b->offset += shifts[k];
            if (broken(p) || b->offset % 64) judge(t, p);
            *b = before;
            if (b->slots < 2) continue;
            b->lower_offset += shifts[k];
            if (broken(p) || b->lower_offset % 64) judge(t, p);
            *b = before;
        }
}

static void swap_offsets(struct plan *p, struct tally *t) {
    for (size_t i = 1; i < p->n_buffers; i++)
        for (size_t j = 1; j < i; j++) {
            struct plan_buffer *a = &p->buffers[i], *b = &p->buffers[j], a0 = *a, b0 = *b;
            a->offset = b0.offset;
            b->offset = a0.offset;
            if (broken(p)) judge(t, p);
            *a = a0;
            *b = b0;
        }
}

// A life that ends a step early, placed again: whoever comes next may stand there.
static void shorten_lives(struct plan *p, struct arena *a, struct tally *t) {
    for (size_t v = 1; v < p->graph->n_values; v++) {
        if (!p->values[v].buffer) continue;
        struct plan_value before = p->values[v];
        p->values[v].death--;
        judge(t, p);
        p->values[v] = before;
        p->values[v].birth++;
        if (before.birth == graph_value(p->graph, (value_id){(uint32_t)v})->def.id &&
            p->graph->nodes[before.birth].kind == NODE_OP)
            judge(t, p);
        p->values[v] = before;
    }
    for (size_t i = 1; i < p->n_buffers; i++) {
        struct plan_buffer before = p->buffers[i];
        p->buffers[i].death--;
        plan_place(p, a);
        judge(t, p);
        p->buffers[i] = before;
        plan_place(p, a);
    }
}

// In place where the argument is still needed: found by what the bytes hold alone.
static void share_wrongly(struct plan *p, const struct sample *s, struct tally *t) {
    const value_id pairs[][2] = {{s->saved, s->x}, {s->d_saved, s->d}, {s->next, s->saved}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct plan_value before = p->values[pairs[i][0].id];
        p->values[pairs[i][0].id].buffer = p->values[pairs[i][1].id].buffer;
        judge(t, p);
        p->values[pairs[i][0].id] = before;
    }
}

static void test_mutants(void **state) {
    (void)state;
    struct sample s;
    struct tally t = {0, 0};
    build(&s, DEPTH);
    struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_SHARED);
    assert_true(accepted(p));
    shift_offsets(p, &t);
    swap_offsets(p, &t);
    share_wrongly(p, &s, &t);
    shorten_lives(p, &s.arena, &t);
    printf("mutants killed: %d of %d\n", t.killed, t.total);
    assert_int_equal(t.killed, t.total);
    assert_true(t.total >= 40);
    assert_true(accepted(p));
    arena_free(&s.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_depths),
        cmocka_unit_test(test_separate),
        cmocka_unit_test(test_mutants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
