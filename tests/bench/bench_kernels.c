/* Times every kernel by the rows of the op table: the first sample of each op, its dims times a number that makes it
 * large, on one thread and on two. Beside the microseconds of a call (median of repeats) stand the rate of its work in
 * GFLOP/s and of its operands in GB/s, both as the op's cost has them, on one thread.
 *
 *     bench_kernels [NAME [SET]]    ops whose name begins with NAME; a kernel set */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/ceilings.h"
#include "tests/table/kernel_case.h"

enum { REPEATS = 15, NUMBERS = 300000, SCRATCH = 8 << 20 };

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double seconds_of(const struct kernel_case *k, int threads, const char *set) {
    struct lrt c;
    double times[REPEATS];
    void *pool = aligned_alloc(LRT_ALIGNMENT, (lrt_pool_bytes(threads) / LRT_ALIGNMENT + 1) * LRT_ALIGNMENT);
    void *scratch = aligned_alloc(LRT_ALIGNMENT, SCRATCH);
    if (lrt_start(&c, threads, pool, scratch, SCRATCH) != LRT_OK || (set && lrt_choose_kernels(&c, set) != LRT_OK)) {
        fprintf(stderr, "bench_kernels: %s\n", lrt_error(&c));
        exit(1);
    }
    struct kernel_operands o = kernel_operands_new(k);
    for (int i = 0; i < REPEATS; i++) {
        const double start = seconds_now();
        kernel_case_run(k, &c, &o, 0, k->rows);
        times[i] = seconds_now() - start;
    }
    qsort(times, REPEATS, sizeof *times, ascending);
    kernel_operands_free(&o);
    lrt_stop(&c);
    free(pool);
    free(scratch);
    return times[REPEATS / 2];
}

/* Numbers of rows must ascend, which those of a larger sample do not. */
static bool is_measured(const struct op *op, const char *name) {
    return strncmp(op->name, name, strlen(name)) == 0 && strcmp(op->kernel.name, "clear_other_rows") != 0;
}

static void measure(const struct op *op, const char *set) {
    uint32_t random = 1;
    struct kernel_case k;
    const int64_t scale = kernel_case_scale_of(NUMBERS, &op->samples[0]);
    kernel_case_new(&k, op, &op->samples[0], (struct kernel_scale){scale, scale}, &random);
    const struct op_cost cost = op->cost(k.bench.graph, graph_node(k.bench.graph, (node_id){1}));
    const double one = seconds_of(&k, 1, set), two = seconds_of(&k, 2, set);
    printf("%-30s %10.1f %10.1f %8.1f %8.1f\n", op->name, 1e6 * one, 1e6 * two, 1e-9 * cost.flops / one,
           1e-9 * cost.bytes / one);
    kernel_case_free(&k);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "", *set = argc > 2 ? argv[2] : NULL;
    printf("%-30s %10s %10s %8s %8s\n", "microseconds a call", "1 thread", "2 threads", "GFLOP/s", "GB/s");
    for (size_t i = 0; i < op_count; i++)
        if (is_measured(op_table[i], name)) measure(op_table[i], set);
    return 0;
}
