// The fuse rule of cross_entropy_tangent: losses that compute their logits and the logits' tangents themselves give the
// same sums, for one direction and for several. Nothing is fused where the logits or their tangents have other uses,
// depend on more than x, or fit one vocabulary chunk.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/base/arena.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"
#include "tests/table/interpreter.h"

enum { ROWS = 3, IN = 5, VOCAB = 600, CHUNK = 256, INPUTS = 8 };

struct wish { // nodes of the head in addition to linear, linear_tangent and cross_entropy_tangent
    int directions;
    bool bias, weight_moves, logits_wanted, dot_wanted;
};

struct head {
    struct arena arena;
    struct graph *graph;
    double *inputs[INPUTS];
    size_t n_inputs;
};

static value_id input(struct head *h, int rank, int64_t rows, int64_t columns, enum dtype dtype) {
    struct value v = {.name = "x", .shape = {rank, {rows, columns}}, .dtype = dtype, .storage = STORAGE_INPUT};
    assert_true(h->n_inputs < INPUTS);
    v.tensor = (tensor_id){(uint32_t)h->n_inputs + 1};
    double *numbers = calloc((size_t)shape_count(v.shape), sizeof *numbers);
    for (int64_t i = 0; i < shape_count(v.shape); i++)
        numbers[i] = dtype == DTYPE_I32 ? (double)(i * 271 % VOCAB) : sin((double)(i + 37 * (int64_t)h->n_inputs));
    h->inputs[h->n_inputs++] = numbers;
    return graph_add_value(h->graph, v);
}

static void emit(struct head *h, const struct op *op, const value_id *args, size_t n, value_id *results) {
    struct use uses[OP_ARGS_MAX] = {0};
    for (size_t i = 0; i < n; i++) uses[i].value = args[i];
    struct op_call call = {.op = op, .args = uses, .n_args = n, .name = op->name};
    assert_true(op_append(h->graph, &call, results));
}

static value_id zero(struct head *h) {
    value_id sum[OP_RESULTS_MAX];
    emit(h, &op_zero_sum, NULL, 0, sum);
    return sum[0];
}

static struct head *head_new(struct wish w) {
    struct head *h = calloc(1, sizeof *h);
    struct graph *g = h->graph = graph_new(&h->arena, "head");
    value_id x = input(h, 2, ROWS, IN, DTYPE_F32), targets = input(h, 1, ROWS, 0, DTYPE_I32);
    value_id matrix = input(h, 2, VOCAB, IN, DTYPE_F32), bias = {0}, logits[OP_RESULTS_MAX], loss[OP_RESULTS_MAX];
    if (w.bias) bias = input(h, 1, VOCAB, 0, DTYPE_F32);
    emit(h, &op_linear, (value_id[]){x, matrix, bias}, 3, logits);
    g->jvps = ARENA_ARRAY(&h->arena, value_id, 4);
    for (int k = 0; k < w.directions; k++) {
        value_id x_dot = input(h, 2, ROWS, IN, DTYPE_F32), dot[OP_RESULTS_MAX];
        value_id more = w.weight_moves ? input(h, 2, VOCAB, IN, DTYPE_F32) : (value_id){0};
        value_id pairs[] = {x_dot, matrix, {0}, {0}, w.weight_moves ? x : (value_id){0}, more};
        emit(h, &op_linear_tangent, pairs, 6, dot);
        emit(h, &op_cross_entropy_tangent, (value_id[]){logits[0], targets, zero(h), zero(h), dot[0]}, 5, loss);
        if (k == 0) g->loss = loss[0];
        g->jvps[g->n_jvps++] = loss[1];
        if (w.dot_wanted) {
            emit(h, &op_cross_entropy_tangent, (value_id[]){logits[0], targets, zero(h), zero(h), dot[0]}, 5, loss);
            g->jvps[g->n_jvps++] = loss[1];
        }
    }
    if (w.logits_wanted) {
        emit(h, &op_cross_entropy, (value_id[]){logits[0], targets, zero(h)}, 3, loss);
        g->jvps[g->n_jvps++] = loss[0];
    }
    assert_true(graph_verify(g));
    return h;
}

static void head_free(struct head *h) {
    for (size_t i = 0; i < h->n_inputs; i++) free(h->inputs[i]);
    arena_free(&h->arena);
    free(h);
}

static size_t count_nodes(const struct graph *g, const struct op *op) {
    size_t count = 0;
    for (size_t i = 1; i < g->n_nodes; i++) count += g->nodes[i].kind == NODE_OP && g->nodes[i].op == op;
    return count;
}

static struct interpreter_run run_graph(const struct head *h, const struct graph *g) {
    struct interpreter_pools pools = {0};
    struct interpreter_run run = {.graph = g, .pools = &pools, .inputs = h->inputs, .loss_weight = 1};
    interpreter_run(&run);
    return run;
}

static void assert_near(double a, double b) { assert_true(fabs(a - b) <= 1e-12 * (1 + fabs(b))); }

// The same numbers, and this many losses that compute their own logits. With `all`, none of the replaced nodes is left.
static void check(struct wish w, int64_t chunk, size_t fused, bool all) {
    struct head *h = head_new(w);
    struct graph *g = remove_dead(fuse_nodes(h->graph, chunk));
    assert_true(graph_verify(g));
    assert_int_equal(count_nodes(g, &op_linear_cross_entropy_tangent), fused);
    assert_int_equal(count_nodes(g, &op_linear) == 0, all);
    assert_int_equal(count_nodes(g, &op_linear_tangent) == 0, all);
    assert_int_equal(count_nodes(g, &op_cross_entropy_tangent) == 0, all);
    assert_int_equal(loss_in_chunks(g), fused > 0);
    struct interpreter_run before = run_graph(h, h->graph), after = run_graph(h, g);
    assert_near(after.loss, before.loss);
    assert_int_equal(g->n_jvps, h->graph->n_jvps);
    for (size_t i = 0; i < g->n_jvps; i++) {
        assert_near(after.jvps[i], before.jvps[i]);
        assert_true(before.jvps[i] != 0);
    }
    head_free(h);
}

static void losses_make_their_logits(void **state) {
    (void)state;
    check((struct wish){.directions = 1}, CHUNK, 1, true);
    check((struct wish){.directions = 1, .bias = true}, CHUNK, 1, true);
    check((struct wish){.directions = 2, .bias = true}, CHUNK, 2, true);
    check((struct wish){.directions = 3}, CHUNK, 3, true);
}

static void logits_wanted_elsewhere_stay(void **state) {
    (void)state;
    check((struct wish){.directions = 1}, 0, 0, false);
    check((struct wish){.directions = 1}, VOCAB + 1, 0, false);
    check((struct wish){.directions = 1, .weight_moves = true}, CHUNK, 0, false);
    check((struct wish){.directions = 1, .logits_wanted = true}, CHUNK, 0, false);
    check((struct wish){.directions = 2, .logits_wanted = true}, CHUNK, 0, false);
    check((struct wish){.directions = 1, .dot_wanted = true}, CHUNK, 0, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_make_their_logits),
        cmocka_unit_test(logits_wanted_elsewhere_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
