// Op bench: turns samples into graphs of one node, which the interpreter runs.
#include "tests/table/op_bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/table/interpreter.h"

double bench_noise(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (double)(1 << 23) - 1;
}

value_id bench_input(struct bench *b, size_t index, struct shape shape, enum dtype dtype) {
    struct value v = {.name = "x", .shape = shape, .dtype = dtype, .storage = STORAGE_INPUT};
    v.tensor = (tensor_id){(uint32_t)index + 1};
    b->data[index] = calloc((size_t)shape_count(shape), sizeof(double));
    return graph_add_value(b->graph, v);
}

struct bench bench_new(const struct op *op, const struct op_sample *s, uint32_t *random) {
    struct bench b = {.op = op};
    b.arena = calloc(1, sizeof *b.arena);
    b.graph = graph_new(b.arena, op->name);
    for (size_t i = 0; i < s->n_args; i++) {
        const struct op_sample_arg *arg = &s->args[i];
        if (arg->kind == OPERAND_ABSENT) continue;
        b.floats[i] = arg->kind != OPERAND_IDS;
        enum dtype dtype = arg->kind == OPERAND_IDS ? DTYPE_I32 : arg->kind == OPERAND_SUM ? DTYPE_F64 : DTYPE_F32;
        b.args[i] = bench_input(&b, i, arg->shape, dtype);
        b.count[i] = shape_count(arg->shape);
        for (int64_t k = 0; k < b.count[i]; k++)
            b.data[i][k] = arg->kind == OPERAND_IDS ? (double)((k * 7 + 3) % arg->ids) : bench_noise(random);
        bool positive = arg->kind == OPERAND_SUM || arg->kind == OPERAND_POSITIVE;
        for (int64_t k = 0; positive && k < b.count[i]; k++) b.data[i][k] = fabs(b.data[i][k]);
    }
    return b;
}

void bench_free(struct bench *b) {
    for (size_t i = 0; i < sizeof b->data / sizeof b->data[0]; i++) free(b->data[i]);
    arena_free(b->arena);
    free(b->arena);
}

void bench_append(struct bench *b, const struct op_sample *s) {
    struct use uses[OP_ARGS_MAX] = {0};
    for (size_t i = 0; i < s->n_args; i++) uses[i].value = b->args[i];
    struct op_call call = {.op = b->op, .args = uses, .n_args = s->n_args, .attrs = s->attrs, .n_attrs = s->n_attrs};
    call.name = "y";
    assert_true(op_append(b->graph, &call, b->results));
    assert_true(graph_verify(b->graph));
}

double *bench_run(struct bench *b, value_id v, double *out) {
    const struct value *value = graph_value(b->graph, v);
    if (value->storage == STORAGE_INPUT)
        return memcpy(out, b->data[value->tensor.id - 1], (size_t)shape_count(value->shape) * sizeof *out);
    struct interpreter_pools pools = {0};
    struct interpreter_run run = {
        .graph = b->graph, .pools = &pools, .inputs = b->data, .loss_weight = BENCH_LOSS_WEIGHT};
    return interpreter_value(&run, v, out);
}

void bench_call_vjp(struct bench *b, struct adjoints *adjoints, value_id cotangent) {
    struct graph *g = b->graph;
    struct vjp v = {.graph = g, .op = b->op, .node = graph_value(g, b->results[0])->def, .adjoints = adjoints};
    const struct node *n = graph_node(g, v.node);
    for (uint32_t a = 0; a < n->n_args; a++) {
        v.arg[a] = node_args(g, n)[a].value;
        v.wants[a] = v.arg[a].id && b->floats[a] && graph_value(g, v.arg[a])->dtype == DTYPE_F32;
    }
    for (uint32_t r = 0; r < n->n_results; r++) v.result[r] = node_results(g, n)[r].value;
    for (; v.n_attrs < n->n_attrs; v.n_attrs++) v.attrs[v.n_attrs] = g->attrs[n->attrs + v.n_attrs];
    v.cotangent[0] = cotangent;
    b->op->vjp(&v);
}
