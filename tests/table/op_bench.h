// Op bench: a sample of an op as a graph whose arguments are inputs with random numbers, for tests that loop over the
// op table.
#pragma once
#include "compiler/op/adjoints.h"
#include "compiler/base/arena.h"
#include "compiler/op/op.h"

// Indices of inputs: the arguments from 0; one further input per argument from EXTRA and from MORE; and one more.
enum { BENCH_EXTRA = OP_ARGS_MAX, BENCH_MORE = 2 * OP_ARGS_MAX, BENCH_LAST = 3 * OP_ARGS_MAX, BENCH_INPUTS };
#define BENCH_LOSS_WEIGHT 0.25

struct bench {
    struct arena *arena;
    struct graph *graph;
    const struct op *op;
    value_id args[OP_ARGS_MAX], results[OP_RESULTS_MAX];
    double *data[BENCH_INPUTS];
    int64_t count[OP_ARGS_MAX];
    bool floats[OP_ARGS_MAX]; // the argument holds floats or a sum
};

double bench_noise(uint32_t *state); // in [-1, 1)
// Adds an input of zeros, in b->data[index].
value_id bench_input(struct bench *b, size_t index, struct shape shape, enum dtype dtype);
struct bench bench_new(const struct op *op, const struct op_sample *s, uint32_t *random);
void bench_free(struct bench *b);
void bench_append(struct bench *b, const struct op_sample *s); // the op's node; its results in b->results
// Copies the numbers of an input, or of a value after a run, to out [its count].
double *bench_run(struct bench *b, value_id v, double *out);
// The op's gradient rule: the cotangents of all differentiable arguments, given the cotangent of result 0. adjoints:
// created after the op's node, with the cotangents gathered before.
void bench_call_vjp(struct bench *b, struct adjoints *adjoints, value_id cotangent);
