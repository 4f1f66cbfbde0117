// Every forward-mode rule of the op table, on all samples of its op, for every choice of arguments with a tangent. The
// rule's tangent J v in double must agree with central differences of the op's reference along v, and with the op's
// gradient rule: <u, J v> = <J^T u, v>. Two directions run at once, as in the pass. The op's own results must not
// change.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/op/jvp.h"
#include "tests/table/op_bench.h"

enum { DIRECTIONS = 2 };

// A sample three times: alone, with its gradient rule, with its forward-mode rule.
struct trial {
    const struct op_sample *sample;
    struct bench plain, pulled, pushed;
    uint32_t movable, moving; // bit a: argument a has a cotangent; has a tangent
    value_id cotangents[OP_ARGS_MAX], tangents[DIRECTIONS][OP_ARGS_MAX], out[DIRECTIONS][OP_RESULTS_MAX];
};

static const size_t places[DIRECTIONS] = {BENCH_EXTRA, BENCH_MORE};

static struct bench copy_of(const struct op *op, const struct op_sample *s, uint32_t random) {
    return bench_new(op, s, &random);
}

static int64_t count_of(const struct bench *b, value_id v) { return shape_count(graph_value(b->graph, v)->shape); }

static double *numbers_of(struct bench *b, value_id v) {
    return bench_run(b, v, malloc((size_t)count_of(b, v) * sizeof(double)));
}

static void pull(struct trial *t, uint32_t *random) {
    struct bench *b = &t->pulled;
    struct shape out = graph_value(b->graph, b->results[0])->shape;
    value_id cotangent = bench_input(b, BENCH_LAST, out, DTYPE_F32);
    for (int64_t i = 0; i < shape_count(out); i++) b->data[BENCH_LAST][i] = bench_noise(random);
    struct adjoints adjoints = {.graph = b->graph, .n_forward = b->graph->n_values};
    adjoints.of = ARENA_ARRAY(b->arena, value_id, b->graph->n_values);
    bench_call_vjp(b, &adjoints, cotangent);
    for (size_t a = 0; a < t->sample->n_args; a++) {
        if (b->args[a].id) t->cotangents[a] = adjoint_get(&adjoints, b->args[a]);
        if (t->cotangents[a].id) t->movable |= 1u << a;
    }
}

// As in the pass: the rule once per direction, then the op's node unless a rule emitted it.
static void push(struct trial *t, uint32_t *random) {
    struct bench *b = &t->pushed;
    struct use uses[OP_ARGS_MAX] = {0};
    bool emitted = false;
    struct jvp j = {.graph = b->graph, .op = b->op, .args = uses, .n_args = t->sample->n_args, .name = "y_dot"};
    const struct node *n = graph_node(t->plain.graph, (node_id){1}); // its attributes are complete
    for (; j.n_attrs < n->n_attrs; j.n_attrs++) j.attrs[j.n_attrs] = t->plain.graph->attrs[n->attrs + j.n_attrs];
    for (size_t a = 0; a < t->sample->n_args; a++) j.arg[a] = uses[a].value = b->args[a];
    j.emitted = &emitted;
    j.result = b->results;
    for (int k = 0; k < DIRECTIONS; k++)
        for (size_t a = 0; a < t->sample->n_args; a++) {
            if (!(t->moving >> a & 1)) continue;
            size_t place = places[k] + a;
            t->tangents[k][a] = bench_input(b, place, graph_value(b->graph, b->args[a])->shape, DTYPE_F32);
            for (int64_t i = 0; i < b->count[a]; i++) b->data[place][i] = bench_noise(random);
        }
    for (int k = 0; k < DIRECTIONS; k++) {
        memcpy(j.tangent, t->tangents[k], sizeof j.tangent);
        memset(j.out, 0, sizeof j.out);
        j.first = k == 0;
        b->op->jvp(&j);
        memcpy(t->out[k], j.out, sizeof j.out);
        if (!t->out[k][0].id) fail_msg("%s, %s: no tangent", b->op->name, t->sample->what);
    }
    jvp_results(&j);
    assert_true(graph_verify(b->graph));
}

static struct trial trial_start(const struct op *op, const struct op_sample *s, uint32_t moving, uint32_t *random) {
    struct trial t = {.sample = s, .moving = moving};
    t.plain = copy_of(op, s, *random);
    t.pulled = copy_of(op, s, *random);
    t.pushed = bench_new(op, s, random);
    bench_append(&t.plain, s);
    bench_append(&t.pulled, s);
    pull(&t, random);
    if (moving) push(&t, random);
    return t;
}

static void trial_stop(struct trial *t) {
    bench_free(&t->plain);
    bench_free(&t->pulled);
    bench_free(&t->pushed);
}

static double *moved(struct trial *t, int k, int result, double step) {
    struct bench *b = &t->plain;
    for (size_t a = 0; a < t->sample->n_args; a++)
        for (int64_t i = 0; i < b->count[a]; i++) {
            const double *v = t->pushed.data[places[k] + a];
            b->data[a][i] = t->pushed.data[a][i] + (v ? step * v[i] : 0);
        }
    return numbers_of(b, b->results[result]);
}

static void check_differences(struct trial *t, int k, int result) {
    const double step = 1e-5;
    double *got = numbers_of(&t->pushed, t->out[k][result]);
    double *above = moved(t, k, result, step), *below = moved(t, k, result, -step);
    int64_t n = count_of(&t->plain, t->plain.results[result]);
    assert_int_equal(n, count_of(&t->pushed, t->out[k][result]));
    for (int64_t i = 0; i < n; i++) {
        double want = (above[i] - below[i]) / (2 * step);
        if (!(fabs(got[i] - want) <= 1e-7 * (1 + fabs(want))))
            fail_msg(
                "%s, %s: arguments %x, direction %d: element %lld of result %d moves by %.10g, differences give %.10g",
                t->plain.op->name, t->sample->what, t->moving, k, (long long)i, result, got[i], want);
    }
    free(got);
    free(above);
    free(below);
}

static void check_adjoint(struct trial *t, int k) {
    const double *u = t->pulled.data[BENCH_LAST];
    double along = 0, pulled = 0, size = 0, *y = numbers_of(&t->pushed, t->out[k][0]);
    for (int64_t i = 0; i < count_of(&t->pushed, t->out[k][0]); i++)
        along += y[i] * (t->plain.op->is_loss ? BENCH_LOSS_WEIGHT : u[i]);
    free(y);
    for (size_t a = 0; a < t->sample->n_args; a++) {
        if (!(t->moving >> a & 1)) continue;
        const double *v = t->pushed.data[places[k] + a];
        double *d = numbers_of(&t->pulled, t->cotangents[a]);
        for (int64_t i = 0; i < t->pulled.count[a]; i++) pulled += d[i] * v[i], size += fabs(d[i] * v[i]);
        free(d);
    }
    if (!(fabs(along - pulled) <= 1e-12 * size))
        fail_msg("%s, %s: arguments %x, direction %d: <u, J v> = %.15g, <J^T u, v> = %.15g", t->plain.op->name,
                 t->sample->what, t->moving, k, along, pulled);
}

// The rule may compute the op's results itself, with the loss of its first direction: the same bits.
static void check_results(struct trial *t) {
    for (int r = 0; r < t->plain.op->n_results; r++) {
        double *got = numbers_of(&t->pushed, t->pushed.results[r]), *want = moved(t, 0, r, 0);
        size_t bytes = (size_t)count_of(&t->plain, t->plain.results[r]) * sizeof *got;
        if (memcmp(got, want, bytes) != 0)
            fail_msg("%s, %s: result %d has other bits with its tangent", t->plain.op->name, t->sample->what, r);
        free(got);
        free(want);
    }
}

static void check_sample(const struct op *op, const struct op_sample *s, uint32_t *random) {
    struct trial none = trial_start(op, s, 0, random);
    uint32_t movable = none.movable;
    trial_stop(&none);
    assert_true(movable);
    for (uint32_t moving = 1; moving <= movable; moving++) {
        if (moving & ~movable) continue;
        struct trial t = trial_start(op, s, moving, random);
        for (int k = 0; k < DIRECTIONS; k++) {
            for (int r = 0; r < op->n_results; r++)
                if (t.out[k][r].id) check_differences(&t, k, r);
            check_adjoint(&t, k);
        }
        check_results(&t);
        trial_stop(&t);
    }
}

static void test_rules(void **state) {
    (void)state;
    uint32_t random = 4711;
    for (size_t i = 0; i < op_count; i++)
        for (size_t k = 0; op_table[i]->jvp && k < op_table[i]->n_samples; k++)
            check_sample(op_table[i], &op_table[i]->samples[k], &random);
}

static void test_no_rule_is_missing(void **state) {
    (void)state;
    for (size_t i = 0; i < op_count; i++)
        if (!op_table[i]->jvp != !op_table[i]->vjp) fail_msg("%s has one of jvp and vjp, not both", op_table[i]->name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rule_is_missing),
        cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
