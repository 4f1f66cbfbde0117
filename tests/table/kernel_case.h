// Kernel case: a sample of an op with its numbers as a kernel takes them, the op's reference in double, and the call of
// the kernel by the members of the op's row. For tests and benchmarks that loop over all ops.
#pragma once
#include <lorac/lrt.h>

#include "compiler/op/reference.h"
#include "tests/table/op_bench.h"

struct kernel_case {
    struct bench bench; // the op's node in a graph, and the numbers of its arguments
    const struct op *op;
    const struct op_sample *sample;
    struct reference_call reference; // call.result: what the reference gives; arg: its arguments afterwards
    double grad_scale, grad_norm;    // of the reference
    int64_t rows;                    // that operands by rows have; 0: the op does not go by rows
};

struct kernel_operands { // the numbers that a run of the kernel reads and writes; NULL: absent
    void *arg[OP_ARGS_MAX], *result[OP_RESULTS_MAX];
    double grad_scale, grad_norm;
};

bool kernel_case_has_heads(const struct op_sample *s);
struct kernel_scale { // by what the last dim of every argument grows, and all others
    int64_t rows, columns;
};
// By what all dims of the sample grow until its largest argument has about so many numbers.
int64_t kernel_case_scale_of(int64_t numbers, const struct op_sample *s);
// The sample with the dims of its arguments scaled, but for the number of heads. Only ops with heads allow two numbers.
void kernel_case_new(struct kernel_case *k, const struct op *op, const struct op_sample *s, struct kernel_scale scale,
                     uint32_t *random);
void kernel_case_free(struct kernel_case *k);
void kernel_case_reference(struct kernel_case *k);

// Arguments as given; results that add begin as their argument, all others as garbage.
struct kernel_operands kernel_operands_new(const struct kernel_case *k);
void kernel_operands_free(struct kernel_operands *o);
// Rows first .. end-1 of the operands by rows; all: 0, k->rows.
void kernel_case_run(const struct kernel_case *k, struct lrt *c, struct kernel_operands *o, int64_t first, int64_t end);

// Elements and bytes each of an argument or result; no elements: absent.
int64_t kernel_case_count(const struct kernel_case *k, bool result, int index);
size_t kernel_case_bytes(const struct kernel_case *k, bool result, int index);
// Element i as a double.
double kernel_case_element(const struct kernel_case *k, const struct kernel_operands *o, bool result, int index,
                           int64_t i);
// Why the op's row and lrt_kernels.def do not agree; NULL: they do.
const char *kernel_case_mistake(const struct op *op);
