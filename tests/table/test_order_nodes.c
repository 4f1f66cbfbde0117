// Order of nodes: random models whose blocks have parallel branches, in every gradient method. In the new order the
// graph is valid, less memory is live, and loss and gradients have the same bits, also for weights that branches share.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/ad/gradient.h"
#include "compiler/base/text.h"
#include "compiler/optim/optim.h"
#include "compiler/plan/order.h"
#include "compiler/plan/plan.h"
#include "tests/table/model_fixture.h"

enum { MODELS = 25, BRANCHES_MOST = 4, MANY = 40, HEIGHT = 4 };

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

// Branches of different widths. Some use the weights of the previous branch, so two gradients add to one buffer.
static void write_model(struct text *t, uint64_t *seed, int branches, bool full) {
    static const char *const acts[] = {"silu", "gelu", "tanh", "relu"};
    int width[MANY], owner[MANY];
    text_puts(t, "model small\ndim batch = 2, seq = 3, vocab = 11, width = 5, depth = 3\n"
                 "input tokens[batch, seq]: token(vocab)\ninput targets[batch, seq]: token(vocab), ignore -100\n"
                 "weight embed[vocab, width]\nweight out_norm[width]\nblock layer(x) for i in 0..depth {\n"
                 "  weight norm[width]\n");
    for (int b = 0; b < branches; b++) {
        bool shares = b && next_random(seed) % 3 == 0;
        owner[b] = shares ? owner[b - 1] : b;
        width[b] = shares ? width[b - 1] : 6 + (int)(next_random(seed) % 60);
        if (!shares)
            text_print(t, "  weight up_%d[%d, width]\n  weight down_%d[width, %d]\n", b, width[b], b, width[b]);
    }
    text_puts(t, "  h = rms_norm(x, norm)\n");
    for (int b = 0; b < branches; b++)
        text_print(t, "  y_%d = %s(linear(h, up_%d))\n", b, acts[next_random(seed) % 4], owner[b]);
    text_puts(t, "  return x");
    for (int b = 0; b < branches; b++) text_print(t, " + linear(y_%d, down_%d)", b, owner[b]);
    text_puts(t, "\n}\nhidden = layer(embedding(tokens, embed))\n"
                 "logits = linear(rms_norm(hidden, out_norm), embed)\n");
    text_print(t, "adapt %s\n", full ? "* with full" : "layer.{up_0, down_0} with lora(rank: 2, alpha: 3)");
    text_puts(t, "train {\n loss cross_entropy(logits, targets)\n gradient reverse\n optimizer sgd(lr: 1e-2)\n}\n");
}

static double run_step(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p) {
    struct interpreter_run run = {.graph = g, .pools = p, .inputs = f->inputs, .loss_weight = 0.25};
    *p = interpreter_pools_new(g);
    model_fixture_fill(f, g, p);
    interpreter_zero_gradients(p, g);
    interpreter_run(&run);
    return run.loss;
}

static int64_t bound_of(const struct graph *g) {
    struct arena a = {0};
    char why[256] = "";
    struct plan *p = plan_make(&a, g, 1, PLAN_COALESCED);
    int64_t bytes = p->bound.bytes;
    if (!plan_verify(p, why, sizeof why)) fail_msg("%s", why);
    arena_free(&a);
    return bytes;
}

// Returns whether there was a better order.
static bool check_method(struct model_fixture *f, const char *method) {
    struct schedule_choice choice = {.method = gradient_find(method), .head_rows = HEIGHT};
    choice.tile_rows = choice.method->tiles ? HEIGHT : 0;
    struct graph *given = pipeline_gradients(&choice, f->forward, f->diagnostics);
    assert_non_null(given);
    struct graph *ordered = order_nodes(given);
    if (ordered == given) {
        assert_null(given->order);
        return false;
    }
    assert_non_null(ordered->order);
    assert_true(graph_verify(ordered));
    assert_int_equal(ordered->n_nodes, given->n_nodes);
    assert_true(bound_of(ordered) < bound_of(given));
    assert_ptr_equal(order_nodes(ordered), ordered);
    struct interpreter_pools p, q;
    assert_true(run_step(f, given, &p) == run_step(f, ordered, &q));
    for (size_t t = 1; t < given->n_tensors; t++)
        assert_memory_equal(p.gradients[t], q.gradients[t],
                            (size_t)interpreter_tensor_count(given, t) * sizeof(double));
    interpreter_pools_free(&p);
    interpreter_pools_free(&q);
    return true;
}

static void test_random_models(void **state) {
    (void)state;
    uint64_t seed = 5;
    int better[3] = {0};
    static const char *const methods[] = {"reverse", "checkpoint", "structured"};
    for (int k = 0; k < MODELS; k++) {
        struct model_fixture f;
        struct text text = {0};
        write_model(&text, &seed, 2 + (int)(next_random(&seed) % (BRANCHES_MOST - 1)), k % 2);
        model_fixture_start(&f, text.bytes);
        if (!f.forward) fail_msg("%s\n%s", text.bytes, model_fixture_words(&f));
        for (int m = 0; m < 3; m++) better[m] += check_method(&f, methods[m]);
        model_fixture_stop(&f);
        text_free(&text);
    }
    for (int m = 0; m < 3; m++) {
        print_message("%s: %d of %d models have a better order\n", methods[m], better[m], MODELS);
        assert_true(better[m] > MODELS / 3);
    }
}

// A body with too many nodes for the search keeps its order, and the graph records this.
static void test_too_many(void **state) {
    (void)state;
    uint64_t seed = 3;
    struct model_fixture f;
    struct text text = {0};
    write_model(&text, &seed, MANY, true);
    model_fixture_start(&f, text.bytes);
    assert_non_null(f.forward);
    struct schedule_choice choice = {.method = gradient_find("checkpoint"), .head_rows = HEIGHT};
    struct graph *given = pipeline_gradients(&choice, f.forward, f.diagnostics);
    assert_non_null(given);
    assert_ptr_equal(order_nodes(given), given);
    assert_non_null(given->order);
    assert_non_null(strstr(given->order, "search given up in a body of"));
    model_fixture_stop(&f);
    text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_models), cmocka_unit_test(test_too_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
