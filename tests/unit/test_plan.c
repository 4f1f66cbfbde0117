// Plan: a small handwritten graph with a forward and a backward loop; its lives, its stack, its values in place; and
// mutants of its plan, each of which the verifier must reject.
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
#include "compiler/plan/plan.h"
#include "tests/unit/plan_mutants.h"

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
    struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_COALESCED);
    assert_true(accepted(p));
    // The forward values x0, x, next and result share one buffer; so do the backward ones.
    assert_int_equal(buffer_of(p, s.x0), buffer_of(p, s.x));
    assert_int_equal(buffer_of(p, s.x), buffer_of(p, s.next));
    assert_int_equal(buffer_of(p, s.next), buffer_of(p, s.out));
    assert_int_equal(buffer_of(p, s.d0), buffer_of(p, s.d));
    assert_int_equal(buffer_of(p, s.d), buffer_of(p, s.d_out));
    // The stack has a slot per iteration, and the gradient reuses the slot where it has died.
    const struct plan_buffer *stack = &p->buffers[buffer_of(p, s.saved)];
    assert_int_equal(stack->slots, DEPTH);
    assert_int_equal(buffer_of(p, s.d_saved), buffer_of(p, s.saved));
    assert_int_equal(p->n_copies, 0);
    // Most alive: all slots, the checkpoint schedule and y (forward).
    assert_int_equal(p->bound.bytes, (DEPTH + 2) * SIZE);
    assert_int_equal(p->arena_bytes, p->bound.bytes);
    arena_free(&s.arena);
}

static void test_depths(void **state) {
    (void)state;
    for (int64_t depth = 1; depth < 70; depth += 1 + depth / 2) {
        struct sample s;
        build(&s, depth);
        struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_COALESCED);
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

// Two carries that swap their values in every iteration. Neither next value may use the other's buffer, because copies
// would then have to exchange the two.
static void test_swapped_carries(void **state) {
    (void)state;
    struct sample s;
    build(&s, DEPTH);
    struct graph *g = s.g = graph_new(&s.arena, "step");
    domain_id layers = graph_add_domain(g, (struct domain){.name = "layer", .count = DEPTH, .each = 1});
    value_id input =
        graph_add_value(g, (struct value){.shape = {2, {ROWS, WIDTH}}, .storage = STORAGE_INPUT, .tensor = {1}});
    value_id params[2], results[2],
        first[] = {emit(&s, &op_copy, input, (value_id){0}, "a0"), emit(&s, &op_tanh, input, (value_id){0}, "b0")};
    loop_id l = graph_begin_loop(g, (struct loop){.kind = LOOP_REPEAT, .name = "layer", .domain = layers, .to = DEPTH},
                                 (struct span){0});
    for (int i = 0; i < 2; i++) graph_add_carry(g, l, first[i], &params[i]);
    value_id to_b = emit(&s, &op_silu, params[0], (value_id){0}, "to_b");
    value_id to_a = emit(&s, &op_silu, params[1], (value_id){0}, "to_a");
    graph_end_loop(g, l, (value_id[]){to_a, to_b}, results);
    value_id zero = op_emit(g, &op_zero_sum, NULL, 0, NULL, 0, "zero", (struct span){0});
    g->loss = emit(&s, &op_sum_squares, zero, emit(&s, &op_sub, results[0], results[1], "difference"), "loss");
    assert_true(graph_verify(g));
    struct plan *p = plan_make(&s.arena, g, 1, PLAN_COALESCED);
    assert_true(accepted(p));
    assert_int_not_equal(buffer_of(p, params[0]), buffer_of(p, to_b));
    assert_int_not_equal(buffer_of(p, params[1]), buffer_of(p, to_a));
    arena_free(&s.arena);
}

// A guard decides which iterations write a value. A plan is wrong when a node reads it in an iteration that does not.
static void test_guards(void **state) {
    (void)state;
    const struct guard odd = {.modulus = 2, .remainder = 1}, even = {.modulus = 2}, but_last = {.but_last = true};
    const struct {
        struct guard writer, reader;
        bool good;
    } cases[] = {{odd, odd, true},      {odd, even, false},         {odd, {0}, false},
                 {{0}, odd, true},      {but_last, but_last, true}, {but_last, {0}, false},
                 {but_last, odd, true}, {but_last, even, false},    {odd, but_last, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s = {.g = NULL};
        s.g = graph_new(&s.arena, "step");
        domain_id layers = graph_add_domain(s.g, (struct domain){.name = "layer", .count = DEPTH, .each = 1});
        const struct loop loop = {.kind = LOOP_REPEAT, .name = "layer", .domain = layers, .to = DEPTH, .step = 1};
        value_id x = graph_add_value(
            s.g,
            (struct value){
                .name = "x", .shape = {2, {ROWS, WIDTH}}, .dtype = DTYPE_F32, .storage = STORAGE_INPUT, .tensor = {1}});
        loop_id l = graph_begin_loop(s.g, loop, (struct span){0});
        value_id written = emit(&s, &op_copy, x, (value_id){0}, "written");
        value_id read = emit(&s, &op_tanh, written, (value_id){0}, "read");
        graph_end_loop(s.g, l, NULL, NULL);
        const struct plan *p = plan_make(&s.arena, s.g, 1, PLAN_COALESCED);
        graph_node(s.g, graph_value(s.g, written)->def)->guard = cases[i].writer;
        graph_node(s.g, graph_value(s.g, read)->def)->guard = cases[i].reader;
        assert_int_equal(accepted(p), cases[i].good);
        arena_free(&s.arena);
    }
}

static void test_mutants(void **state) {
    (void)state;
    static const enum plan_coalescing coalescings[] = {PLAN_COALESCED, PLAN_SEPARATE};
    for (size_t i = 0; i < 2; i++) {
        struct sample s;
        struct mutant_tally t = {0};
        build(&s, DEPTH);
        struct plan *p = plan_make(&s.arena, s.g, 1, coalescings[i]);
        assert_true(accepted(p));
        plan_mutants_run(p, &s.arena, &t);
        printf("mutants of the %s plan killed: %d of %d\n", i ? "separate" : "coalesced", t.killed, t.total);
        assert_int_equal(t.killed, t.total);
        assert_true(t.total >= 60);
        assert_true(accepted(p));
        arena_free(&s.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),          cmocka_unit_test(test_depths),  cmocka_unit_test(test_separate),
        cmocka_unit_test(test_swapped_carries), cmocka_unit_test(test_mutants), cmocka_unit_test(test_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
