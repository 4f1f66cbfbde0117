// Pipeline: when a pass breaks a graph, the process ends with 70 and names the pass, in every build.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/base/text.h"
#include "compiler/op/op.h"
#include "compiler/op/sum_order.h"
#include "tests/table/model_fixture.h"

static const char text[] = "model m\n"
                           "dim batch = 1, seq = 4\n"
                           "input tokens[batch, seq]: token(8)\n"
                           "input targets[batch, seq]: token(8), ignore -100\n"
                           "weight embed[8, 6]\n"
                           "block layer(x) for i in 0..3 {\n"
                           "    weight w[6, 6]\n"
                           "    return x + silu(linear(x, w))\n"
                           "}\n"
                           "logits = linear(layer(embedding(tokens, embed)), embed)\n"
                           "adapt layer.w with lora(rank: 2, alpha: 4)\n"
                           "train {\n"
                           "    loss cross_entropy(logits, targets)\n"
                           "    gradient checkpoint\n"
                           "    optimizer adamw\n"
                           "}\n";

// A value without elements: the first pass copies the error to its result.
static void break_graph(struct graph *g) {
    const struct node *first = graph_node(g, (node_id){1});
    graph_value(g, node_results(g, first)[0].value)->shape.dim[0] = 0;
}

// Runs the passes in a child process; returns its exit status and stderr.
static int run_in_child(struct model_fixture *f, struct schedule_choice choice, char *printed, size_t size) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        _exit(pipeline_gradients(&choice, f->forward, f->diagnostics) ? 0 : 1);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], printed + length, size - 1 - length)) > 0;) length += (size_t)n;
    printed[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_broken_graph_is_told_with_its_pass(void **state) {
    (void)state;
    char printed[2048];
    struct model_fixture f;
    model_fixture_start(&f, text);
    if (!f.forward) fail_msg("%s", model_fixture_words(&f));
    const struct schedule_choice choice = plain_choice(gradient_find("checkpoint"));
    assert_int_equal(run_in_child(&f, choice, printed, sizeof printed), 0);
    break_graph(f.forward);
    assert_int_equal(run_in_child(&f, choice, printed, sizeof printed), 70);
    assert_non_null(strstr(printed, "pass order_by_levels broke the graph"));
    model_fixture_stop(&f);
}

// The rows that apply to a graph run in the order of the table, and each result can be dumped.
static void every_pass_can_be_dumped(void **state) {
    (void)state;
    static const char *const passes[] = {"order_by_levels", "differentiate",       "eliminate_common",
                                         "fuse_nodes",      "recompute",           "drop_copies",
                                         "tile_loss",       "skip_last_iteration", "mark_stacks"};
    struct model_fixture f;
    model_fixture_start(&f, text);
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        struct text out = {0};
        const struct pass_context c = {.graph = STEP,
                                       .choice = plain_choice(gradient_find("checkpoint")),
                                       .diagnostics = f.diagnostics,
                                       .dump = passes[i],
                                       .dumped = &out};
        assert_true(pipeline_has_pass(passes[i]));
        assert_non_null(pipeline_run(&c, f.forward, GROUP_DIFFERENTIATE, GROUP_LOOPS));
        if (!out.length || !strstr(out.bytes, "graph ")) fail_msg("%s is not dumped", passes[i]);
        text_free(&out);
    }
    assert_false(pipeline_has_pass("nothing"));
    model_fixture_stop(&f);
}

// The argument by which node i continues a sum in a tile loop; NULL when it does not.
static struct use *continued_sum(const struct graph *g, uint32_t i) {
    const struct node *n = graph_node(g, (node_id){i});
    if (n->kind != NODE_OP || !graph_tile_loop(g, n->loop).id || n->op->tile_results[0] != OP_TILE_ACCUMULATED ||
        !n->op->accumulates[0])
        return NULL;
    return &node_args(g, n)[n->op->accumulates[0] - 1];
}

static void two_additions_to_one_sum_in_a_tile_loop_are_found(void **state) {
    (void)state;
    struct model_fixture f;
    model_fixture_start(&f, text);
    const struct schedule_choice choice = plain_choice(gradient_find("structured"));
    struct graph *g = pipeline_gradients(&choice, f.forward, f.diagnostics);
    assert_non_null(g);
    assert_true(sums_have_one_order(g));
    const struct node *before = NULL;
    bool joined = false;
    for (uint32_t i = 1; i < g->n_nodes && !joined; i++) {
        struct use *sum = continued_sum(g, i);
        if (!sum) continue;
        joined = before && before->loop.id == graph_node(g, (node_id){i})->loop.id;
        if (joined) sum->value = node_results(g, before)[0].value;
        before = graph_node(g, (node_id){i});
    }
    assert_true(joined);
    assert_false(sums_have_one_order(g));
    model_fixture_stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_graph_is_told_with_its_pass),
        cmocka_unit_test(every_pass_can_be_dumped),
        cmocka_unit_test(two_additions_to_one_sum_in_a_tile_loop_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
