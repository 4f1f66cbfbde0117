// Lowering: user errors by id and position, with the text that a fix needs; and the form of the graph of a correct
// model.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/ad/gradient.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"
#include "tests/table/model_fixture.h"

#define HEAD                                                                                                           \
    "model m\ndim seq = 4, vocab = 9, width = 6\n"                                                                     \
    "input tokens[seq]: token(vocab)\ninput targets[seq]: token(vocab)\n"                                              \
    "weight embed[vocab, width]\nweight w[5, width]\nweight norm[width]\n"
#define TRAIN "adapt w with full\ntrain {\n loss cross_entropy(logits, targets)\n optimizer sgd(lr: 1)\n}\n"
#define TAIL "logits = linear(x, embed)\n" TRAIN

struct mistake {
    const char *text, *words[4]; // all of them are reported
};

static const struct mistake mistakes[] = {
    {HEAD "x = embedding(tokens, embed)\ny = linear(x, w)\nx = linear(y, w)\n" TAIL,
     {"test.lora:10:5", "input has 5 columns, weight w takes 6", "E0203", "w[5, 6] declared here"}},
    {HEAD "x = embedding(tokens, embed)\nx = x + linear(x, w)\n" TAIL, {"E0203", "[4, 6]", "[4, 5]"}},
    {HEAD "x = embeding(tokens, embed)\n" TAIL, {"E0201", "embeding"}},
    {HEAD "x = embedding(tokens)\n" TAIL, {"E0202", "embedding takes 2 arguments, not 1"}},
    {HEAD "x = rms_norm(embedding(tokens, embed), norm, epsilon: 1)\n" TAIL, {"E0204", "epsilon", "'eps'"}},
    {HEAD "x = rope(embedding(tokens, embed), heads: 3)\n" TAIL, {"E0204", "rope needs the attribute 'theta'"}},
    {HEAD "x = rope(embedding(tokens, embed), heads: 4, theta: 10)\n" TAIL, {"E0203", "6 columns, which 4 heads"}},
    {HEAD "x = rope(embedding(tokens, embed), heads: 2, theta: 10)\n" TAIL, {"E0203", "heads of 3 numbers"}},
    {HEAD "e = embedding(tokens, embed)\nx = attention(e, e, e, heads: 3, kv_heads: 2, mask: causal)\n" TAIL,
     {"E0206", "kv_heads is 2, but must divide heads"}},
    {HEAD "e = embedding(tokens, embed)\nx = attention(e, e, e, heads: 3, mask: caussal)\n" TAIL,
     {"E0206", "caussal", "'causal'"}},
    {HEAD "x = embedding(embed, embed)\n" TAIL, {"E0205", "embed"}},
    {HEAD "x = rms_norm(embedding(tokens, embed), w)\n" TAIL, {"E0205", "w[5, 6]"}},
    {HEAD "x = silu(norm)\n" TAIL, {"E0205", "norm, is a weight"}},
    {HEAD "x = linear(2 * 3, w)\n" TAIL, {"E0212", "argument 1 is a number"}},
    {HEAD "x = embedding(tokens, embed)\nlogits = linear(x, embed)\nadapt w with full\n"
          "train {\n loss silu(logits)\n optimizer sgd(lr: 1)\n}\n",
     {"E0211", "must be a call of a loss"}},
    {HEAD "x = linear(tokens, w)\n" TAIL, {"E0205", "tokens"}},
    {HEAD "x = embedding(tokens, embed) / norm\n" TAIL, {"E0201", "by a number"}},
    {HEAD "x = 1 / embedding(tokens, embed)\n" TAIL, {"E0201", "by a number"}},
    {HEAD "x = !embedding(tokens, embed)\n" TAIL, {"E0212", "not a tensor"}},
    {HEAD "x = nothing_of_the_kind(tokens)\n" TAIL, {"E0201", "--print-ops"}},
    {HEAD "block b(x) {\n return x\n}\nx = b(2)\n" TAIL, {"E0212", "arguments are tensors"}},
    {HEAD "block b(x) {\n return x\n}\nx, y = b(embedding(tokens, embed))\n" TAIL, {"E0202", "one value, not 2"}},
    {HEAD "block b() for i in 0..2 {\n weight v[6]\n return v\n}\nx = b()\n" TAIL, {"has no parameter"}},
    {HEAD "block b(x) for i in 0..2 {\n return linear(x, w)\n}\nx = b(embedding(tokens, embed))\n" TAIL,
     {"E0209", "returns [4, 5]", "takes [4, 6]"}},
    {HEAD "block a(x) for i in 0..2 {\n return x\n}\nblock b(x) for i in 0..2 {\n return a(x)\n}\n"
          "x = b(embedding(tokens, embed))\n" TAIL,
     {"E0208", "'a' is called in the repeated block 'b'"}},
    {HEAD "x = rms_norm(embedding(tokens, embed), norm)\nlogits = linear(x, embed)\n"
          "adapt embed with lora(rank: 2, alpha: 2)\ntrain {\n loss cross_entropy(logits, targets)\n optimizer sgd(lr: "
          "1)\n}\n",
     {"E0301", "embedding reads 'embed'"}},
};

static void test_mistakes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct model_fixture f;
        model_fixture_start(&f, mistakes[i].text);
        char *words = model_fixture_words(&f);
        if (f.forward) fail_msg("case %zu is accepted", i);
        for (size_t k = 0; k < 4 && mistakes[i].words[k]; k++)
            if (!strstr(words, mistakes[i].words[k]))
                fail_msg("case %zu: \"%s\" is not said:\n%s", i, mistakes[i].words[k], words);
        free(words);
        model_fixture_stop(&f);
    }
}

// A graph that a method does not support is reported.
static const char *const ways[] = {"reverse", "forward", "zeroth"};

static struct graph *step_of(struct model_fixture *f, const char *way, struct graph *g) {
    const struct pass_context c = {
        .graph = STEP, .choice = {.method = gradient_find(way), .tangents = 2}, .diagnostics = f->diagnostics};
    return pipeline_run(&c, g, GROUP_DIFFERENTIATE, GROUP_DIFFERENTIATE);
}

static void expect_refused(struct model_fixture *f, const char *way, struct graph *g, const char *id) {
    assert_null(step_of(f, way, g));
    char *words = model_fixture_words(f);
    if (!strstr(words, id)) fail_msg("%s: %s is not said: %s", way, id, words);
    free(words);
}

// All ops of the language have gradients, so an internal op without one stands for a future op. Zeroth order needs no
// gradients.
static void an_op_without_gradient(const char *way) {
    struct model_fixture f;
    model_fixture_start(&f, HEAD "x = embedding(tokens, embed)\n" TAIL);
    struct graph *g = graph_new(&f.arena, "eval");
    struct tensor t = {.name = "w", .storage = STORAGE_PARAM, .shape = {2, {5, 3}}, .instances = 1};
    struct value w = {.name = "w", .shape = t.shape, .storage = STORAGE_PARAM, .tensor = graph_add_tensor(g, t)};
    struct value x = {.name = "x", .shape = {2, {4, 3}}, .storage = STORAGE_INPUT, .tensor = {1}};
    struct value ids = {.name = "ids", .shape = {1, {4}}, .dtype = DTYPE_I32, .storage = STORAGE_INPUT, .tensor = {2}};
    value_id linear[] = {graph_add_value(g, x), graph_add_value(g, w)}, rows = graph_add_value(g, ids);
    struct span none = {0};
    value_id gather[] = {op_emit(g, &op_linear, linear, 2, NULL, 0, "y", none), rows};
    value_id y = op_emit(g, &op_gather_rows, gather, 2, NULL, 0, "z", none);
    value_id loss[] = {y, rows, op_emit(g, &op_zero_sum, NULL, 0, NULL, 0, "sum", none)};
    g->loss = op_emit(g, &op_cross_entropy, loss, 3, NULL, 0, "loss", none);
    assert_true(graph_verify(g));
    if (strcmp(way, "zeroth") == 0)
        assert_non_null(step_of(&f, way, g));
    else
        expect_refused(&f, way, g, "E0210");
    model_fixture_stop(&f);
}

static void test_an_op_without_gradient_is_an_error(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) an_op_without_gradient(ways[i]);
}

static void test_logits_need_a_name(void **state) {
    (void)state;
    struct model_fixture f;
    model_fixture_start(&f, HEAD "x = embedding(tokens, embed)\n"); // no train block, nothing named logits
    assert_non_null(f.model);
    assert_null(model_fixture_logits(&f, 2));
    char *words = model_fixture_words(&f);
    assert_non_null(strstr(words, "E0207"));
    free(words);
    model_fixture_stop(&f);
}

static void test_nothing_reached_is_an_error(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct model_fixture f;
        model_fixture_start(&f, HEAD "x = embedding(tokens, embed)\n" TAIL); // w is adapted, and not used
        assert_non_null(f.forward);
        expect_refused(&f, ways[i], f.forward, "E0302");
        model_fixture_stop(&f);
    }
}

static size_t count_op(const struct graph *g, const struct op *op) {
    size_t n = 0;
    for (size_t i = 1; i < g->n_nodes; i++) n += g->nodes[i].kind == NODE_OP && g->nodes[i].op == op;
    return n;
}

static char *dump(const struct graph *g) {
    struct text t = {0};
    graph_dump(g, &t);
    return t.bytes;
}

#define LAYERS(theta)                                                                                                  \
    "block layer(x) for i in 0..6 {\n weight wq[6, width]\n weight wk[6, width]\n"                                     \
    " q = rope(linear(x, wq), heads: 3, theta: " theta ")\n k = rope(linear(x, wk), heads: 3, theta: " theta ")\n"     \
    " return x + attention(q, k, k, heads: 3, mask: causal)\n}\nx = layer(embedding(tokens, embed))\n"

// One rope table for all heads and layers, before the loops. Where theta depends on the layer, there is one per layer,
// for q and k together.
static void test_rope_tables_are_shared(void **state) {
    (void)state;
    static const char *const texts[] = {HEAD LAYERS("100") TAIL, HEAD LAYERS("i % 2 == 0 ? 10 : 100") TAIL};
    for (int k = 0; k < 2; k++) {
        struct model_fixture f;
        model_fixture_start(&f, texts[k]);
        assert_non_null(f.forward);
        assert_int_equal(count_op(f.forward, &op_rope_table), k ? 2 : 1);
        for (size_t i = 1; i < f.forward->n_nodes; i++)
            if (f.forward->nodes[i].op == &op_rope_table) assert_int_equal(f.forward->nodes[i].loop.id != 0, k);
        for (size_t t = 1; t < f.forward->n_tensors; t++)
            if (f.forward->tensors[t].name[0] == 'w' && f.forward->tensors[t].domain.id)
                assert_int_equal(f.forward->tensors[t].rope_head, 2);
        model_fixture_stop(&f);
    }
}

// Loops are split where an adapter begins or ends, and nowhere else.
static void test_ranges(void **state) {
    (void)state;
    struct model_fixture f;
    model_fixture_start(&f,
                        HEAD LAYERS("100") "logits = linear(x, embed)\n"
                                           "adapt layer[2..5].wq with lora(rank: 2, alpha: 4)\n"
                                           "adapt layer[4..6].wk with full\n"
                                           "train {\n loss cross_entropy(logits, targets)\n optimizer sgd(lr: 1)\n}\n");
    assert_non_null(f.forward);
    char *text = dump(f.forward);
    static const char *const said[] = {"repeat layer 0..2",
                                       "repeat layer 2..4",
                                       "repeat layer 4..5",
                                       "repeat layer 5..6",
                                       "param wq.lora_a[2 6] of layer 2..5",
                                       "param wk[6 6] of layer 4..6"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (!strstr(text, said[i])) fail_msg("\"%s\" is not in\n%s", said[i], text);
    assert_int_equal(f.forward->n_loops - 1, 4);
    free(text);
    model_fixture_stop(&f);
}

static void test_silu_and_mul_become_one(void **state) {
    (void)state;
    struct model_fixture f;
    model_fixture_start(&f, HEAD "e = embedding(tokens, embed)\nx = e * silu(e)\n" TAIL);
    assert_non_null(f.forward);
    assert_int_equal(count_op(f.forward, &op_silu_mul), 1);
    assert_int_equal(count_op(f.forward, &op_silu) + count_op(f.forward, &op_mul), 0);
    model_fixture_stop(&f);
}

// A chain of blocks, each of which calls the next: as deep as the compiler's stack allows, and told when deeper.
static void test_chains_of_blocks(void **state) {
    (void)state;
    for (int blocks = 256; blocks <= 257; blocks++) {
        struct text text = {0};
        text_puts(&text, HEAD "block b1(x) {\n return relu(x)\n}\n");
        for (int b = 2; b <= blocks; b++) text_print(&text, "block b%d(x) {\n return b%d(x)\n}\n", b, b - 1);
        text_print(&text, "x = linear(b%d(embedding(tokens, embed)), w)\n", blocks);
        text_puts(&text, "block head(x) {\n weight v[vocab, 5]\n return linear(x, v)\n}\nlogits = head(x)\n" TRAIN);
        struct model_fixture f;
        model_fixture_start(&f, text.bytes);
        char *words = model_fixture_words(&f);
        assert_int_equal(f.forward != NULL, blocks == 256);
        assert_int_equal(strstr(words, "E0121") != NULL, blocks == 257);
        free(words);
        text_free(&text);
        model_fixture_stop(&f);
    }
}

// A tensor and a number are one scale each: factor * x + offset. By the layer's index it is a table.
static void test_tensors_and_numbers(void **state) {
    (void)state;
    static const struct {
        double factor, offset;
    } wanted[] = {{-1, 0}, {-1, 0}, {1, 2}, {1, 0}, {1, 0}, {3, 0}, {1, 4}, {0.5, 0}, {1, 5}};
    struct model_fixture f;
    model_fixture_start(&f, HEAD "block layer(x) for i in 0..3 {\n weight u[6, width]\n y = -linear(x, u)\n z = 2 - y\n"
                                 " a = z / (i + 1)\n b = a - (i + 1)\n c = 3 * b + 4\n return 5 + c * 0.5\n}\n"
                                 "x = layer(embedding(tokens, embed))\n" TAIL);
    assert_non_null(f.forward);
    size_t n = 0;
    for (size_t i = 1; i < f.forward->n_nodes; i++) {
        const struct node *node = &f.forward->nodes[i];
        if (node->kind != NODE_OP || node->op != &op_scale) continue;
        assert_true(n < sizeof wanted / sizeof *wanted);
        const struct attr *factor = node_attr(f.forward, node, "factor"),
                          *offset = node_attr(f.forward, node, "offset");
        assert_true((factor->table != NULL) == (n == 3) && (offset->table != NULL) == (n == 4));
        for (int layer = 0; layer < 3; layer++) {
            if (factor->table) assert_true(factor->table[layer] == 1.0 / (layer + 1));
            if (offset->table) assert_true(offset->table[layer] == -(layer + 1));
        }
        if (!factor->table) assert_true(factor->number == wanted[n].factor);
        if (!offset->table) assert_true(offset->number == wanted[n].offset);
        n++;
    }
    assert_int_equal(n, sizeof wanted / sizeof *wanted);
    model_fixture_stop(&f);
}

// One word in an array of the graph is made wrong; the verifier must report it.
static void test_verifier_objects(void **state) {
    (void)state;
    struct model_fixture f;
    model_fixture_start(&f,
                        HEAD LAYERS("100") "logits = linear(x, embed)\nadapt layer.wq with lora(rank: 2, alpha: 4)\n"
                                           "train {\n loss cross_entropy(logits, targets)\n optimizer sgd(lr: 1)\n}\n");
    assert_non_null(f.forward);
    struct schedule_choice choice = plain_choice(&gradient_reverse);
    choice.head_rows = 2;
    struct graph *g = pipeline_gradients(&choice, f.forward, f.diagnostics);
    assert_true(graph_verify(g));
    size_t killed = 0, tried = 0;
    for (size_t i = 1; i < g->n_nodes; i++) { // a node that reads the result of a later node
        struct node *n = &g->nodes[i];
        if (n->kind != NODE_OP || !n->n_args || !node_args(g, n)[0].value.id) continue;
        struct use kept = node_args(g, n)[0];
        node_args(g, n)[0].value = (value_id){(uint32_t)g->n_values - 1};
        tried++;
        killed += !graph_verify(g);
        node_args(g, n)[0] = kept;
        loop_id loop = n->loop; // in another loop
        n->loop.id ^= 1;
        tried++;
        killed += !graph_verify(g);
        n->loop = loop;
    }
    for (size_t l = 1; l < g->n_loops; l++) {
        struct loop kept = g->loops[l];
        g->loops[l].to = g->loops[l].from, g->loops[l].height = 0; // no iterations
        tried++;
        killed += !graph_verify(g);
        g->loops[l] = kept;
    }
    if (killed != tried) fail_msg("the verifier finds %zu of %zu broken graphs", killed, tried);
    assert_true(graph_verify(g) && tried > 50);
    model_fixture_stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_an_op_without_gradient_is_an_error),
        cmocka_unit_test(test_logits_need_a_name),
        cmocka_unit_test(test_nothing_reached_is_an_error),
        cmocka_unit_test(test_rope_tables_are_shared),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_silu_and_mul_become_one),
        cmocka_unit_test(test_chains_of_blocks),
        cmocka_unit_test(test_tensors_and_numbers),
        cmocka_unit_test(test_verifier_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
