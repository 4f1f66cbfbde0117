// Every row of the op table, without further registration: the row is complete, its samples pass its shape rule, its
// gradient rule agrees with central differences of its reference (alone and accumulated), and <c, J t> = <J^T c, t>.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/op/op_common.h"
#include "tests/table/op_bench.h"

// <c, result 0>; of a loss: loss_weight times it.
static double objective(struct bench *b, const double *c) {
    int64_t n = shape_count(graph_value(b->graph, b->results[0])->shape);
    double *y = malloc((size_t)n * sizeof *y), sum = 0;
    bench_run(b, b->results[0], y);
    for (int64_t i = 0; i < n; i++) sum += b->op->is_loss ? BENCH_LOSS_WEIGHT * y[i] : c[i] * y[i];
    free(y);
    return sum;
}

static double difference(struct bench *b, double *x, const double *c) {
    const double step = 1e-5, kept = *x;
    *x = kept + step;
    double above = objective(b, c);
    *x = kept - step;
    double below = objective(b, c);
    *x = kept;
    return (above - below) / (2 * step);
}

static void check_argument(struct bench *b, const struct op_sample *s, size_t arg, const double *got,
                           const double *before, const double *c, uint32_t *random) {
    double along = 0, pulled = 0;
    for (int64_t k = 0; k < b->count[arg]; k++) {
        double want = difference(b, &b->data[arg][k], c), error = fabs(got[k] - (before ? before[k] : 0) - want);
        if (error > 1e-6 * (1 + fabs(want)))
            fail_msg("%s, %s: argument %zu, element %lld: gradient %g, differences give %g", b->op->name, s->what, arg,
                     (long long)k, got[k] - (before ? before[k] : 0), want);
        double t = bench_noise(random);
        along += t * want;
        pulled += t * (got[k] - (before ? before[k] : 0));
    }
    if (fabs(along - pulled) > 1e-6 * (1 + fabs(along)))
        fail_msg("%s, %s: argument %zu: not the adjoint", b->op->name, s->what, arg);
}

// The gradient rule of one sample, added to earlier cotangents or alone.
static void check_gradient(const struct op *op, const struct op_sample *s, bool added, uint32_t *random) {
    struct bench b = bench_new(op, s, random);
    struct graph *g = b.graph;
    bench_append(&b, s);
    struct shape out = graph_value(g, b.results[0])->shape;
    value_id cotangent = bench_input(&b, BENCH_LAST, out, DTYPE_F32), before[OP_ARGS_MAX] = {{0}};
    double *c = b.data[BENCH_LAST];
    for (int64_t i = 0; i < shape_count(out); i++) c[i] = bench_noise(random);
    for (size_t a = 0; added && a < s->n_args; a++) {
        if (!b.floats[a]) continue;
        before[a] = bench_input(&b, BENCH_EXTRA + a, graph_value(g, b.args[a])->shape, DTYPE_F32);
        for (int64_t k = 0; k < b.count[a]; k++) b.data[BENCH_EXTRA + a][k] = bench_noise(random);
    }
    struct adjoints adjoints = {.graph = g, .n_forward = g->n_values};
    adjoints.of = ARENA_ARRAY(b.arena, value_id, g->n_values);
    for (size_t a = 0; added && a < s->n_args; a++)
        if (before[a].id) adjoint_set(&adjoints, b.args[a], before[a]);
    bench_call_vjp(&b, &adjoints, cotangent);
    assert_true(graph_verify(g));
    int checked = 0;
    for (size_t a = 0; a < s->n_args; a++) {
        value_id d = b.args[a].id ? adjoint_get(&adjoints, b.args[a]) : (value_id){0};
        if (!d.id || d.id == before[a].id || graph_value(g, b.args[a])->dtype != DTYPE_F32) continue;
        double *got = malloc((size_t)b.count[a] * sizeof *got);
        bench_run(&b, d, got);
        // Rules of losses come first: no earlier cotangent of the logits can exist.
        check_argument(&b, s, a, got, op->is_loss ? NULL : b.data[BENCH_EXTRA + a], c, random);
        free(got);
        checked++;
    }
    if (!checked) fail_msg("%s, %s: the rule gives no argument a cotangent", op->name, s->what);
    bench_free(&b);
}

static void test_gradients(void **state) {
    (void)state;
    uint32_t random = 12345;
    for (size_t i = 0; i < op_count; i++)
        for (size_t k = 0; op_table[i]->vjp && k < op_table[i]->n_samples; k++)
            for (int added = 0; added < 2; added++)
                check_gradient(op_table[i], &op_table[i]->samples[k], added, &random);
}

static void test_samples_fit(void **state) {
    (void)state;
    uint32_t random = 7;
    for (size_t i = 0; i < op_count; i++)
        for (size_t k = 0; k < op_table[i]->n_samples; k++) {
            const struct op *op = op_table[i];
            struct bench b = bench_new(op, &op->samples[k], &random);
            bench_append(&b, &op->samples[k]);
            const struct node *n = graph_node(b.graph, (node_id){1});
            struct op_cost cost = op->cost(b.graph, n);
            assert_true(cost.flops >= 0 && cost.bytes >= 0 && isfinite(cost.flops + cost.bytes));
            if (op->scratch) assert_true(op->scratch(b.graph, n, 2) >= op->scratch(b.graph, n, 1));
            bench_free(&b);
        }
}

// Operands that must agree are rejected when one of them changes. Tries every matrix or vector next to another operand.
static void test_wrong_shapes_are_refused(void **state) {
    (void)state;
    uint32_t random = 7;
    int refused = 0;
    for (size_t i = 0; i < op_count; i++) {
        const struct op *op = op_table[i];
        const struct op_sample *s = &op->samples[0];
        if (!op->in_language || s->n_args < 2) continue;
        bool any = false;
        for (size_t a = 0; a < s->n_args; a++) {
            struct op_sample changed = *s;
            if (changed.args[a].kind != OPERAND_FLOATS) continue;
            changed.args[a].shape.dim[changed.args[a].shape.rank - 1] += 1;
            struct bench b = bench_new(op, &changed, &random);
            struct sources sources = {.arena = b.arena};
            struct use uses[OP_ARGS_MAX] = {0};
            for (size_t k = 0; k < s->n_args; k++) uses[k].value = b.args[k];
            struct diagnostics *d = diag_new(b.arena, &sources);
            struct op_call call = {
                .op = op, .args = uses, .n_args = s->n_args, .attrs = s->attrs, .n_attrs = s->n_attrs};
            call.diagnostics = d;
            bool fits = op_append(b.graph, &call, NULL);
            if (fits == diag_failed(d)) fail_msg("%s: refuses without a word, or speaks and accepts", op->name);
            any |= !fits;
            bench_free(&b);
        }
        // A loss over one more logit, or an embedding of another width, is valid.
        if (!any && !op->is_loss && s->args[0].kind != OPERAND_IDS) fail_msg("%s accepts any shapes", op->name);
        refused += any;
    }
    assert_true(refused > 5);
}

static void test_rows_are_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < op_count; i++) {
        const struct op *op = op_table[i];
        if (!op->shape || !op->reference || !op->cost || !op->kernel.name || !op->n_samples)
            fail_msg("%s: the row has holes", op->name);
        assert_ptr_equal(op_find(op->name), op);
        assert_true(op->max_args <= OP_ARGS_MAX && op->n_results <= OP_RESULTS_MAX);
        if (op->in_language && !op->vjp) fail_msg("%s: no gradient", op->name);
        for (int r = 0; r < op->n_results; r++)
            if (op->accumulates[r] && !(op->in_place[r] >> (op->accumulates[r] - 1) & 1))
                fail_msg("%s: adds, but not in place", op->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_samples_fit),
        cmocka_unit_test(test_wrong_shapes_are_refused),
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
