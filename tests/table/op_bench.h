// Op bench: a sample of an op as a graph whose arguments are inputs, with random numbers in them, for tests that loop
// over the op table.
#pragma once
#include "compiler/op/adjoints.h"
#include "compiler/base/arena.h"
#include "compiler/op/op.h"

// Inputs: arguments from 0, from EXTRA and from MORE one more an argument each, and one more.
enum { BENCH_EXTRA = OP_ARGS_MAX, BENCH_MORE = 2 * OP_ARGS_MAX, BENCH_LAST = 3 * OP_ARGS_MAX, BENCH_INPUTS };
#define BENCH_LOSS_WEIGHT 0.25

struct bench {
    struct arena *arena;
    struct graph *graph;
    const struct op *op;
    value_id args[OP_ARGS_MAX], results[OP_RESULTS_MAX];
    double *data[BENCH_INPUTS];
    int64_t count[OP_ARGS_MAX];
    bool floats[OP_ARGS_MAX]; // the argument is of floats or a sum
};

double bench_noise(uint32_t *state); // in [-1, 1)
// An input of zeros more, in b->data[index].
value_id bench_input(struct bench *b, size_t index, struct shape shape, enum dtype dtype);
struct bench bench_new(const struct op *op, const struct op_sample *s, uint32_t *random);
void bench_free(struct bench *b);
void bench_append(struct bench *b, const struct op_sample *s); // the op's node; its results in b->results
// The numbers of a value after a run of the graph, or of an input, in out [its count].
double *bench_run(struct bench *b, value_id v, double *out);
// The op's gradient rule: the arguments' cotangents, all that can have one, when result 0 has this one. adjoints:
// made after the op's node, with what was gathered before.
void bench_call_vjp(struct bench *b, struct adjoints *adjoints, value_id cotangent);
