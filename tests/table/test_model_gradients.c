// Whole models in double precision: gradients against central differences of the loss; equal bits of reverse and
// checkpoint, and of all heights of the LM head; logits of chosen rows; the update phase against a plain AdamW; and
// updates in the backward pass against the update phase.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/ad/gradient.h"
#include "compiler/op/op.h"
#include "compiler/optim/optim.h"
#include "compiler/pass/passes.h"
#include "tests/table/model_cases.h"
#include "tests/table/model_fixture.h"

static void start(struct model_fixture *f, const struct model_case *c) {
    model_fixture_start(f, c->text);
    if (!f->forward) fail_msg("%s: %s", c->what, model_fixture_words(f));
    assert_true(graph_verify(f->forward));
}

static double loss_of(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p,
                      double *counted) {
    struct interpreter_run run = {.graph = g, .pools = p, .inputs = f->inputs};
    interpreter_run(&run);
    if (counted) *counted = run.counted;
    return run.loss;
}

static struct graph *step_graph_of(struct model_fixture *f, const struct schedule_choice *choice) {
    struct graph *g = pipeline_gradients(choice, f->forward, f->diagnostics);
    assert_non_null(g);
    assert_true(graph_verify(g));
    return g;
}

static struct graph *step_graph_in_chunks(struct model_fixture *f, const char *method, int64_t height, int64_t chunk) {
    struct schedule_choice choice = plain_choice(gradient_find(method));
    choice.head_rows = height;
    choice.vocabulary_chunk = chunk;
    if (choice.tile_rows) choice.tile_rows = height;
    return step_graph_of(f, &choice);
}

static struct graph *step_graph(struct model_fixture *f, const char *method, int64_t height) {
    return step_graph_in_chunks(f, method, height, 0);
}

static double run_gradient(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p,
                           double counted) {
    struct interpreter_run run = {.graph = g, .pools = p, .inputs = f->inputs, .loss_weight = 1 / counted};
    interpreter_zero_gradients(p, g);
    interpreter_run(&run);
    assert_true(run.counted == counted);
    return run.loss;
}

// Five-point differences of the mean loss. Deep models are strongly curved: with three points, rounding would exceed
// the difference of a small enough step.
static double difference(const struct model_fixture *f, const struct graph *eval, struct interpreter_pools *p,
                         double *x, double counted) {
    const double step = 1e-4, kept = *x, places[] = {1, -1, 2, -2}, weights[] = {8, -8, -1, 1};
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *x = kept + places[i] * step;
        sum += weights[i] * loss_of(f, eval, p, NULL);
    }
    *x = kept;
    return sum / (12 * step) / counted;
}

static void check_tensor(const struct model_fixture *f, const struct model_case *c, const struct graph *eval,
                         struct interpreter_pools *p, size_t t, double counted) {
    const struct tensor *tensor = &eval->tensors[t];
    double largest = 0;
    for (int64_t k = 0; k < interpreter_tensor_count(eval, t); k++) {
        double got = p->gradients[t][k], want = difference(f, eval, p, &p->values[t][k], counted);
        largest = fmax(largest, fabs(want));
        if (fabs(got - want) > 1e-7 * (0.1 + fabs(want)))
            fail_msg("%s: %s element %lld: gradient %.10g, differences give %.10g", c->what, tensor->name, (long long)k,
                     got, want);
    }
    if (largest == 0) fail_msg("%s: %s has no gradient at all", c->what, tensor->name);
}

static void test_gradients(void **state) {
    (void)state;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct model_fixture f;
        start(&f, &model_cases[i]);
        struct graph *eval = tile_loss(f.forward, 4), *step = step_graph(&f, "reverse", 3);
        struct interpreter_pools p = interpreter_pools_new(step);
        model_fixture_fill(&f, step, &p);
        double counted, loss = loss_of(&f, eval, &p, &counted);
        assert_true(counted == 4);
        assert_true(loss == run_gradient(&f, step, &p, counted));
        size_t trained = 0;
        for (size_t t = 1; t < step->n_tensors; t++)
            if (step->tensors[t].storage == STORAGE_PARAM)
                check_tensor(&f, &model_cases[i], eval, &p, t, counted), trained++;
        assert_true(trained > 0);
        interpreter_pools_free(&p);
        model_fixture_stop(&f);
    }
}

// The loss computes its logits itself where nothing else uses them or dlogits, and they exceed one vocabulary chunk. In
// chunks, the loss has the same bits, and the gradient is that of the loss in chunks.
static void test_loss_in_chunks(void **state) {
    (void)state;
    static const char steps[] = "111111111100111110011", evals[] = "111111111111111110011";
    assert_int_equal(strlen(steps), n_model_cases);
    assert_int_equal(strlen(evals), n_model_cases);
    for (size_t i = 0; i < n_model_cases; i++) {
        struct model_fixture f;
        start(&f, &model_cases[i]);
        struct graph *eval = tile_loss(remove_dead(fuse_nodes(f.forward, 4)), 3),
                     *step = step_graph_in_chunks(&f, "structured", 3, 4);
        assert_true(graph_verify(eval));
        if (loss_in_chunks(eval) != (evals[i] == '1')) fail_msg("%s: evaluation", model_cases[i].what);
        if (loss_in_chunks(step) != (steps[i] == '1')) fail_msg("%s: step", model_cases[i].what);
        assert_false(loss_in_chunks(fuse_nodes(f.forward, 11)));
        struct interpreter_pools p = interpreter_pools_new(step);
        model_fixture_fill(&f, step, &p);
        double counted, loss = loss_of(&f, eval, &p, &counted);
        assert_true(counted == 4 && loss == loss_of(&f, f.forward, &p, NULL));
        assert_true(loss == run_gradient(&f, step, &p, counted));
        for (size_t t = 1; steps[i] == '1' && t < step->n_tensors; t++)
            if (step->tensors[t].storage == STORAGE_PARAM && step->tensors[t].domain.id)
                check_tensor(&f, &model_cases[i], eval, &p, t, counted);
        interpreter_pools_free(&p);
        model_fixture_stop(&f);
    }
}

// Two graphs of a step have the same loss and gradients.
static void expect_bits(const struct model_fixture *f, const struct model_case *c, const struct graph *g,
                        const struct interpreter_pools *first, double loss, const char *what) {
    struct interpreter_pools p = interpreter_pools_new(f->forward);
    model_fixture_fill(f, f->forward, &p);
    assert_true(loss == run_gradient(f, g, &p, 4));
    for (size_t t = 1; t < f->forward->n_tensors; t++) {
        size_t bytes = (size_t)interpreter_tensor_count(f->forward, t) * sizeof(double);
        if (memcmp(first->gradients[t], p.gradients[t], bytes) != 0)
            fail_msg("%s: %s: %s has other bits", c->what, what, f->forward->tensors[t].name);
    }
    interpreter_pools_free(&p);
}

// Untiled, every height, all methods, and different kept values in blocks below and above some iteration.
static void test_plans_agree_to_the_last_bit(void **state) {
    (void)state;
    enum { MIXED = 24 };
    static const struct {
        const char *method;
        int64_t height, chunk;
    } plans[] = {{"reverse", 1, 0},    {"reverse", 2, 0},    {"reverse", 100, 0},   {"reverse", 3, 4},
                 {"checkpoint", 3, 0}, {"checkpoint", 4, 0}, {"checkpoint", 4, 3},  {"structured", 1, 0},
                 {"structured", 2, 0}, {"structured", 3, 0}, {"structured", 4, 10}, {"structured", 5, 1},
                 {"structured", 4, 0}, {"structured", 5, 0}, {"structured", 100, 0}};
    for (size_t i = 0; i < n_model_cases; i++) {
        struct model_fixture f;
        start(&f, &model_cases[i]);
        struct interpreter_pools first = interpreter_pools_new(f.forward);
        model_fixture_fill(&f, f.forward, &first);
        double loss = loss_of(&f, f.forward, &first, NULL);
        run_gradient(&f, step_graph(&f, "reverse", 5), &first, 4);
        for (size_t k = 0; k < sizeof plans / sizeof plans[0]; k++) {
            struct graph *g = step_graph_in_chunks(&f, plans[k].method, plans[k].height, plans[k].chunk);
            expect_bits(&f, &model_cases[i], g, &first, loss, plans[k].method);
        }
        uint64_t random = i + 1;
        for (int k = 0; k < MIXED; k++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            struct schedule_choice choice = {.method = &gradient_checkpoint,
                                             .kept = random >> 8,
                                             .split = k % 4,
                                             .kept_above = k % 5 ? random >> 20 : KEPT_ALL,
                                             .head_rows = 1 + k % 3,
                                             .tile_rows = k % 6};
            expect_bits(&f, &model_cases[i], step_graph_of(&f, &choice), &first, loss, "a mixture");
        }
        interpreter_pools_free(&first);
        model_fixture_stop(&f);
    }
}

// The numbers in the stacks of one iteration, which a method keeps of every layer.
static int64_t kept(const struct graph *g) {
    int64_t numbers = 0;
    for (size_t v = 1; v < g->n_values; v++)
        if (g->values[v].storage == STORAGE_ARENA && g->values[v].domain.id) numbers += shape_count(g->values[v].shape);
    return numbers;
}

static void test_what_is_kept(void **state) {
    (void)state;
    struct model_fixture f;
    start(&f, &model_cases[0]);
    const int64_t rows = 2 * 3, width = 5, q = 8, kv = 4, ff = 7, heads = 4;
    assert_int_equal(kept(step_graph(&f, "checkpoint", 2)), rows * width);
    assert_int_equal(kept(step_graph(&f, "reverse", 2)), rows * (2 * width + 2 * q + 2 * kv + 2 * ff + heads));
    model_fixture_stop(&f);
}

static size_t count_backward_loops(const struct graph *g, int64_t *from) {
    size_t n = 0;
    for (size_t l = 1; l < g->n_loops; l++)
        if (g->loops[l].backward) *from = g->loops[l].from, n++;
    return n;
}

static void test_layers_before_the_first_adapter_have_no_backward(void **state) {
    (void)state;
    struct model_fixture f;
    int64_t from = -1;
    start(&f, &model_cases[2]);
    assert_int_equal(count_backward_loops(step_graph(&f, "reverse", 2), &from), 1);
    assert_int_equal(from, 1);
    model_fixture_stop(&f);
}

static size_t count_skipping(const struct graph *g, const char *op) {
    size_t n = 0;
    for (size_t i = 1; i < g->n_nodes; i++)
        n += g->nodes[i].guard.but_last && (!op || strcmp(g->nodes[i].op->name, op) == 0);
    return n;
}

// The last iteration skips the gradient of the first trained layer's input, and the nodes that only this gradient uses.
// The verifier rejects a graph in which something reads it. Nothing is skipped where no layers come before, or the
// gradient is passed on.
static void test_the_last_iteration_makes_no_gradient_for_layers_before(void **state) {
    (void)state;
    static const char *const methods[] = {"reverse", "checkpoint", "structured"};
    struct model_fixture f;
    for (int m = 0; m < 3; m++) {
        start(&f, &model_cases[2]); // wq, w_down: the gradient of attention is needed, that from q, k and v to x is not
        struct graph *g = step_graph(&f, methods[m], 2);
        assert_int_equal(count_skipping(g, "attention_backward"), 0);
        assert_int_equal(count_skipping(g, "linear_dx"), 3);
        assert_true(count_skipping(g, "rms_norm_dx") > 0);
        uint32_t i = 1;
        while (!g->nodes[i].op || strcmp(g->nodes[i].op->name, "attention_backward") != 0) i++;
        g->nodes[i].guard.but_last = true;
        assert_false(graph_verify(g));
        model_fixture_stop(&f);
        start(&f, &model_cases[5]);
        g = step_graph(&f, methods[m], 2); // only w_down: the whole layer before it
        assert_string_equal(model_cases[5].what, "the last layers only, their last matrix");
        assert_int_equal(count_skipping(g, "attention_backward"), 1);
        assert_int_equal(count_skipping(g, "linear_dx"), 6 + 1);
        model_fixture_stop(&f);
        for (int whole = 0; whole < 2; whole++) {
            start(&f, &model_cases[whole]);
            assert_int_equal(count_skipping(step_graph(&f, methods[m], 2), NULL), 0);
            model_fixture_stop(&f);
        }
    }
}

// Logits of chosen rows, in any order and more than once, equal those of the untiled forward pass.
static void test_logits(void **state) {
    (void)state;
    static const double rows[] = {5, 0, 3, 3, 1};
    for (size_t i = 0; i < n_model_cases; i++) {
        struct model_fixture f;
        start(&f, &model_cases[i]);
        double output[2][6 * 11], all[] = {0, 1, 2, 3, 4, 5}, *inputs[4] = {f.inputs[0], f.inputs[1]};
        for (int k = 0; k < 2; k++) {
            struct graph *g = model_fixture_logits(&f, k ? 2 : 6);
            assert_non_null(g);
            assert_true(graph_verify(g));
            struct interpreter_pools p = interpreter_pools_new(g);
            model_fixture_fill(&f, g, &p);
            double count = k ? 5 : 6;
            inputs[2] = k ? (double *)(uintptr_t)rows : all;
            inputs[3] = &count;
            struct interpreter_run run = {.graph = g, .pools = &p, .inputs = inputs, .output = output[k]};
            interpreter_run(&run);
            interpreter_pools_free(&p);
        }
        for (int r = 0; r < 5; r++)
            assert_memory_equal(output[1] + r * 11, output[0] + (int)rows[r] * 11, 11 * sizeof(double));
        // The loss computed from these logits is the loss of the evaluation.
        struct interpreter_pools p = interpreter_pools_new(f.forward);
        model_fixture_fill(&f, f.forward, &p);
        double want = loss_of(&f, f.forward, &p, NULL), loss = 0;
        for (int r = 0; r < 6; r++) {
            if (f.inputs[1][r] == -100) continue;
            double sum = 0;
            for (int v = 0; v < 11; v++) sum += exp(output[0][r * 11 + v]);
            loss += log(sum) - output[0][r * 11 + (int)f.inputs[1][r]];
        }
        if (fabs(loss - want) > 1e-9)
            fail_msg("%s: loss %g from the logits, %g from the evaluation", model_cases[i].what, loss, want);
        interpreter_pools_free(&p);
        model_fixture_stop(&f);
    }
}

enum { STEPS = 2 };

// Two steps of AdamW with clipping against the formula on the same gradients.
static void test_updates(void **state) {
    (void)state;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct model_fixture f;
        start(&f, &model_cases[i]);
        struct graph *g = step_graph(&f, "checkpoint", 4);
        g = pipeline_updates(f.model, g, f.diagnostics);
        assert_non_null(g);
        assert_true(graph_verify(g));
        struct interpreter_pools p = interpreter_pools_new(g), mine = interpreter_pools_new(g);
        model_fixture_fill(&f, g, &p);
        model_fixture_fill(&f, g, &mine);
        for (int step = 0; step < STEPS; step++) {
            struct interpreter_run run = {
                .graph = g, .pools = &p, .inputs = f.inputs, .loss_weight = 0.25, .update = true};
            run.learning_rate = 1e-2;
            run.step = step;
            interpreter_zero_gradients(&p, g);
            interpreter_run(&run);
            double squares = 0;
            for (size_t t = 1; t < g->n_tensors; t++)
                for (int64_t k = 0; k < interpreter_tensor_count(g, t); k++)
                    squares += p.gradients[t][k] * p.gradients[t][k];
            assert_true(fabs(run.grad_norm - sqrt(squares)) < 1e-12 * run.grad_norm);
            double scale = fmin(1, 0.5 / (sqrt(squares) + 1e-6));
            for (size_t t = 1; t < g->n_tensors; t++)
                for (int64_t k = 0; g->tensors[t].storage == STORAGE_PARAM && k < interpreter_tensor_count(g, t); k++) {
                    double grad = p.gradients[t][k] * scale, *m = &mine.states[0][t][k], *v = &mine.states[1][t][k];
                    *m = 0.9 * *m + 0.1 * grad;
                    *v = 0.999 * *v + 0.001 * grad * grad;
                    double *x = &mine.values[t][k];
                    *x *= 1 - 1e-2 * 0.01;
                    *x -= 1e-2 * (*m / (1 - pow(0.9, step + 1))) / (sqrt(*v / (1 - pow(0.999, step + 1))) + 1e-8);
                    if (fabs(*x - p.values[t][k]) > 1e-10)
                        fail_msg("%s: %s is not updated as AdamW does", model_cases[i].what, g->tensors[t].name);
                }
        }
        interpreter_pools_free(&p);
        interpreter_pools_free(&mine);
        model_fixture_stop(&f);
    }
}

static void train(struct model_fixture *f, const struct graph *g, struct interpreter_pools *p, double *norms) {
    for (int step = 0; step < STEPS; step++) {
        struct interpreter_run run = {.graph = g, .pools = p, .inputs = f->inputs, .loss_weight = 0.25, .update = true};
        run.learning_rate = 1e-2;
        run.step = step;
        run.grad_scale = 1;
        interpreter_zero_gradients(p, g);
        interpreter_run(&run);
        norms[step] = run.grad_norm;
    }
}

static bool same_pool(const struct graph *g, double **a, double **b) {
    bool same = true;
    for (size_t t = 1; t < g->n_tensors; t++)
        same = same && memcmp(a[t], b[t], (size_t)interpreter_tensor_count(g, t) * sizeof(double)) == 0;
    return same;
}

// Updates in the backward pass give the same bits of parameters, states and norms as updates after it.
static void test_fused_updates(void **state) {
    static const char *const methods[] = {"reverse", "checkpoint", "structured"};
    (void)state;
    for (size_t i = 0; i < n_model_cases * 3; i++) {
        struct model_fixture f;
        double norms[2][STEPS];
        struct interpreter_pools p[2];
        start(&f, &model_cases[i / 3]);
        f.model->train.clip = 0;
        struct graph *g[2];
        for (int fused = 0; fused < 2; fused++) {
            f.model->train.update_fused = fused;
            g[fused] = pipeline_updates(f.model, step_graph(&f, methods[i % 3], 4), f.diagnostics);
            assert_non_null(g[fused]);
            assert_true(graph_verify(g[fused]));
            p[fused] = interpreter_pools_new(g[fused]);
            model_fixture_fill(&f, g[fused], &p[fused]);
            train(&f, g[fused], &p[fused], norms[fused]);
        }
        bool same = same_pool(g[0], p[0].values, p[1].values) && memcmp(norms[0], norms[1], sizeof norms[0]) == 0;
        for (int s = 0; s < 2; s++) same = same && same_pool(g[0], p[0].states[s], p[1].states[s]);
        if (!same) fail_msg("%s, %s: fused updates differ", model_cases[i / 3].what, methods[i % 3]);
        for (int k = 0; k < 2; k++) interpreter_pools_free(&p[k]);
        model_fixture_stop(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_loss_in_chunks),
        cmocka_unit_test(test_plans_agree_to_the_last_bit),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_layers_before_the_first_adapter_have_no_backward),
        cmocka_unit_test(test_the_last_iteration_makes_no_gradient_for_layers_before),
        cmocka_unit_test(test_logits),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_fused_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
