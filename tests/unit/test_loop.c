// Loop: trip counts, iterations, symbols and guards against running each iteration; use lists against a scan of all
// inputs; and graphs whose loops break a rule, which the verifier must reject.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"

static void test_iterations(void **state) {
    (void)state;
    for (int64_t each = 1; each < 4; each++)
        for (int64_t from = 0; from < 3; from++)
            for (int64_t to = from + 1; to < 6; to++)
                for (int backward = 0; backward < 2; backward++) {
                    const struct loop l = {.kind = LOOP_REPEAT,
                                           .from = from * each,
                                           .to = to * each,
                                           .step = each,
                                           .backward = backward != 0};
                    assert_int_equal(loop_trips(&l), to - from);
                    for (int64_t k = 0; k < to - from; k++) {
                        int64_t expected = (backward ? to - 1 - k : from + k) * each;
                        assert_int_equal(loop_iteration(&l, k), expected);
                        if (k) assert_int_equal(loop_iteration(&l, k - 1) + loop_stride(&l), expected);
                    }
                    assert_int_equal(loop_first(&l), (backward ? to - 1 : from) * each);
                    assert_int_equal(loop_last(&l), (backward ? from : to - 1) * each);
                }
    for (int64_t rows = 1; rows < 20; rows++)
        for (int64_t height = 1; height <= rows; height++) {
            const struct loop l = {.kind = LOOP_TILE, .rows = rows, .height = height};
            int64_t tiles = 0;
            for (int64_t row = 0; row < rows; row += height) tiles++;
            assert_int_equal(loop_trips(&l), tiles);
            assert_int_equal(loop_last(&l), tiles - 1);
        }
}

// first_use and last_use hold once per instance, at the first or last iteration that uses it.
static void test_guards(void **state) {
    (void)state;
    enum { EACH = 3, INSTANCES = 4 };
    struct arena a = {0};
    struct graph *g = graph_new(&a, "step");
    domain_id d = graph_add_domain(g, (struct domain){.name = "layer", .count = EACH * INSTANCES, .each = EACH});
    for (int backward = 0; backward < 2; backward++) {
        const struct loop l = {
            .kind = LOOP_REPEAT, .domain = d, .to = EACH * INSTANCES, .step = 1, .backward = backward != 0};
        const struct guard first = guard_first_use(g, &l), last = guard_last_use(g, &l), but = {.but_last = true};
        for (int64_t k = 0; k < loop_trips(&l); k++) {
            int64_t i = loop_iteration(&l, k);
            assert_int_equal(guard_holds(&first, &l, i), k % EACH == 0);
            assert_int_equal(guard_holds(&last, &l, i), k % EACH == EACH - 1);
            assert_int_equal(guard_holds(&but, &l, i), k + 1 < loop_trips(&l));
        }
        assert_true(guard_share(&first, EACH * INSTANCES) * EACH == 1);
        assert_true(guard_share(&but, EACH * INSTANCES) * EACH * INSTANCES == EACH * INSTANCES - 1);
    }
    arena_free(&a);
}

static void test_symbols(void **state) {
    (void)state;
    struct arena a = {0};
    struct graph *g = graph_new(&a, "step");
    struct loop l = {.kind = LOOP_REPEAT, .from = 2, .to = 10, .step = 1};
    assert_false(loop_may_be_empty(&l));
    assert_true(loop_expected_trips(g, &l) == 8);
    l.from_symbol = graph_add_symbol(g, (struct symbol){.name = "first", .expected = 7});
    assert_true(loop_may_be_empty(&l));
    assert_true(loop_expected_trips(g, &l) == 3);
    l.to_symbol = graph_add_symbol(g, (struct symbol){.name = "end", .expected = 4});
    assert_true(loop_expected_trips(g, &l) == 0);
    const struct loop tile = {.kind = LOOP_TILE, .rows = 10, .height = 4, .to_symbol = l.to_symbol};
    assert_true(loop_expected_trips(g, &tile) == 1);
    arena_free(&a);
}

struct sample {
    struct arena arena;
    struct graph *g;
    value_id x0, weight, param, saved, result, read;
    loop_id writer, reader;
};

static value_id emit(struct sample *s, const struct op *op, value_id a, value_id b, const char *name) {
    value_id args[] = {a, b};
    return op_emit(s->g, op, args, b.id ? 2 : 1, NULL, 0, name, (struct span){0});
}

// A loop that writes `saved` in every iteration, and a backward loop that reads it.
static void build(struct sample *s) {
    memset(s, 0, sizeof *s);
    struct graph *g = s->g = graph_new(&s->arena, "step");
    struct span no = {0};
    domain_id d = graph_add_domain(g, (struct domain){.name = "layer", .count = 3, .each = 1});
    value_id input = graph_add_value(g, (struct value){.shape = {2, {2, 4}}, .storage = STORAGE_INPUT, .tensor = {1}});
    s->x0 = emit(s, &op_copy, input, (value_id){0}, "x0");
    struct loop loop = {.kind = LOOP_REPEAT, .name = "layer", .domain = d, .to = 3};
    s->writer = graph_begin_loop(g, loop, no);
    graph_add_carry(g, s->writer, s->x0, &s->param);
    struct tensor w = {.name = "w", .storage = STORAGE_WEIGHT, .shape = {2, {2, 4}}, .domain = d, .instances = 3};
    struct value weight = {.name = "w", .shape = w.shape, .storage = STORAGE_WEIGHT, .domain = d};
    weight.tensor = graph_add_tensor(g, w);
    s->weight = graph_add_value(g, weight);
    s->saved = emit(s, &op_add, s->param, s->weight, "saved");
    graph_end_loop(g, s->writer, &s->saved, &s->result);
    loop.backward = true;
    s->reader = graph_begin_loop(g, loop, no);
    value_id param;
    graph_add_carry(g, s->reader, s->result, &param);
    s->read = emit(s, &op_add, param, s->saved, "read");
    graph_end_loop(g, s->reader, &s->read, &s->read);
    value_id zero = op_emit(g, &op_zero_sum, NULL, 0, NULL, 0, "zero", no);
    g->loss = emit(s, &op_sum_squares, zero, s->read, "loss");
}

static void test_uses(void **state) {
    (void)state;
    struct sample s;
    build(&s);
    const struct graph *g = s.g;
    struct graph_uses u = graph_uses(g, &s.arena);
    size_t listed = 0, read = 1; // the loss is a result
    for (uint32_t v = 1; v < g->n_values; v++)
        for (uint32_t i = u.first[v]; i < u.first[v + 1]; i++, listed++) {
            const struct node *n = graph_node(g, u.list[i].node);
            assert_int_equal(u.list[i].node.id ? node_input(g, n, u.list[i].input).value.id : g->loss.id, v);
        }
    for (uint32_t n = 1; n < g->n_nodes; n++)
        for (uint32_t k = 0; k < node_input_count(g, &g->nodes[n]); k++)
            read += node_input(g, &g->nodes[n], k).value.id != 0;
    assert_int_equal(listed, read);
    assert_int_equal(uses_count(&u, s.x0), 1);    // its carry's initial value
    assert_int_equal(uses_count(&u, s.saved), 2); // a carry's next value, which the backward loop also reads
    assert_int_equal(uses_count(&u, g->loss), 1);
    assert_true(node_reads(g, graph_node(g, graph_loop(g, s.writer)->end), s.saved));
    assert_int_equal(node_input_loop(g, graph_node(g, graph_loop(g, s.writer)->begin)).id, 0);
    assert_int_equal(node_input_loop(g, graph_node(g, graph_loop(g, s.writer)->end)).id, s.writer.id);
    for (uint32_t v = 1; v < g->n_values; v++) {
        struct use r = graph_result(g, (value_id){v});
        assert_true(!r.value.id || r.value.id == v);
    }
    arena_free(&s.arena);
}

static void break_direction(struct sample *s) { graph_loop(s->g, s->reader)->backward = false; }
static void break_end(struct sample *s) { graph_loop(s->g, s->reader)->to = 2; }
static void break_result(struct sample *s) { graph_value(s->g, s->saved)->result = 1; }
static void break_guard(struct sample *s) {
    graph_node(s->g, graph_value(s->g, s->saved)->def)->guard = (struct guard){.modulus = 2, .remainder = 2};
}
static void break_symbol(struct sample *s) {
    graph_loop(s->g, s->reader)->from_symbol = graph_add_symbol(s->g, (struct symbol){.name = "first"});
}

static struct node *def(struct sample *s, value_id v) { return graph_node(s->g, graph_value(s->g, v)->def); }
static struct use *arg(struct sample *s, value_id v, int a) { return &node_args(s->g, def(s, v))[a]; }
static struct tensor *tensor(struct sample *s) { return graph_tensor(s->g, graph_value(s->g, s->weight)->tensor); }
static struct loop *writer(struct sample *s) { return graph_loop(s->g, s->writer); }

static void read_nothing(struct sample *s) { arg(s, s->saved, 0)->value.id = (uint32_t)s->g->n_values; }
static void read_later(struct sample *s) { arg(s, s->saved, 0)->value = s->g->loss; }
static void read_itself(struct sample *s) { arg(s, s->saved, 0)->value = s->saved; }
static void read_rows(struct sample *s) { arg(s, s->saved, 0)->access = ACCESS_ROWS; }
static void read_a_stack_outside(struct sample *s) { arg(s, s->g->loss, 1)->value = s->saved; }
static void read_a_param_outside(struct sample *s) { arg(s, s->g->loss, 1)->value = s->param; }
static void read_a_layer_outside(struct sample *s) { arg(s, s->g->loss, 1)->value = s->weight; }
static void no_first_instance(struct sample *s) { tensor(s)->first = 1; }
static void no_last_instance(struct sample *s) { tensor(s)->instances = 2; }
static void two_definitions(struct sample *s) { graph_value(s->g, s->saved)->def.id--; }
static void result_of_nothing(struct sample *s) { node_results(s->g, def(s, s->x0))->value.id = 0; }
static void result_beyond(struct sample *s) { node_results(s->g, def(s, s->x0))->value.id = (uint32_t)s->g->n_values; }
static void result_from_outside(struct sample *s) { graph_value(s->g, s->x0)->storage = STORAGE_INPUT; }
static void empty_result(struct sample *s) { graph_value(s->g, s->x0)->shape.dim[1] = 0; }
static void guard_outside_loops(struct sample *s) { def(s, s->x0)->guard = (struct guard){.modulus = 1}; }
static void negative_guard(struct sample *s) {
    def(s, s->saved)->guard = (struct guard){.modulus = 2, .remainder = -1};
}
static void last_iteration_read(struct sample *s) { def(s, s->saved)->guard.but_last = true; }
static void carry_of_another_shape(struct sample *s) { graph_value(s->g, s->param)->shape.dim[1] = 3; }
static void carry_of_another_type(struct sample *s) { graph_value(s->g, s->param)->dtype = DTYPE_I32; }
static void result_of_another_carry(struct sample *s) { graph_value(s->g, s->result)->result = 1; }
static void param_of_another_carry(struct sample *s) { graph_value(s->g, s->param)->result = 1; }
static void loss_in_a_loop(struct sample *s) { s->g->loss = s->saved; }
static void loop_in_a_loop(struct sample *s) { writer(s)->parent = s->reader; }
static void loop_before_the_domain(struct sample *s) { writer(s)->from = -1; }
static void loop_beyond_the_domain(struct sample *s) { writer(s)->to = 4; }
static void loop_over_nothing(struct sample *s) { writer(s)->from = 3; }
static void loop_over_no_domain(struct sample *s) { writer(s)->domain.id = 0; }
static void loop_of_another_step(struct sample *s) { writer(s)->step = 2; }
static void later_begin(struct sample *s) { writer(s)->begin.id++; }
static void early_end(struct sample *s) { writer(s)->end.id--; }
static void fewer_iterations_written(struct sample *s) { writer(s)->from = 1; }
static void bounded_by_a_scalar(struct sample *s) {
    writer(s)->from_symbol = graph_add_symbol(s->g, (struct symbol){.name = "first", .value = s->x0});
}
static void bounded_by_a_float(struct sample *s) {
    writer(s)->to_symbol = graph_add_symbol(s->g, (struct symbol){.name = "end", .value = s->x0});
}

static void test_broken(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*make)(struct sample *);
    } breaks[] = {
#define BREAK(name) {#name, name}
        BREAK(break_direction),
        BREAK(break_end),
        BREAK(break_result),
        BREAK(break_guard),
        BREAK(break_symbol),
        BREAK(read_nothing),
        BREAK(read_later),
        BREAK(read_itself),
        BREAK(read_rows),
        BREAK(read_a_stack_outside),
        BREAK(read_a_param_outside),
        BREAK(read_a_layer_outside),
        BREAK(no_first_instance),
        BREAK(no_last_instance),
        BREAK(two_definitions),
        BREAK(result_of_nothing),
        BREAK(result_beyond),
        BREAK(result_from_outside),
        BREAK(empty_result),
        BREAK(guard_outside_loops),
        BREAK(negative_guard),
        BREAK(last_iteration_read),
        BREAK(carry_of_another_shape),
        BREAK(carry_of_another_type),
        BREAK(result_of_another_carry),
        BREAK(param_of_another_carry),
        BREAK(loss_in_a_loop),
        BREAK(loop_in_a_loop),
        BREAK(loop_before_the_domain),
        BREAK(loop_beyond_the_domain),
        BREAK(loop_over_nothing),
        BREAK(loop_over_no_domain),
        BREAK(loop_of_another_step),
        BREAK(later_begin),
        BREAK(early_end),
        BREAK(fewer_iterations_written),
        BREAK(bounded_by_a_scalar),
        BREAK(bounded_by_a_float),
#undef BREAK
    };
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        struct sample s;
        build(&s);
        assert_true(graph_verify(s.g));
        breaks[i].make(&s);
        if (graph_verify(s.g)) fail_msg("the verifier accepts: %s", breaks[i].name);
        arena_free(&s.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_iterations), cmocka_unit_test(test_guards),
                                       cmocka_unit_test(test_symbols), cmocka_unit_test(test_uses),
                                       cmocka_unit_test(test_broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
