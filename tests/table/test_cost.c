// Cost: the table of rates is plausible for every kind and number of rows. A step in tiles has the work of an untiled
// one, and lower tiles cost more.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "compiler/ad/gradient.h"
#include "compiler/cost/cost.h"
#include "tests/table/model_fixture.h"

static const char model[] = "model m\n"
                            "dim seq = 48, width = 128, vocab = 96\n"
                            "input tokens[1, seq]: token(vocab)\n"
                            "input targets[1, seq]: token(vocab), ignore -100\n"
                            "weight embed[vocab, width] gguf \"e\" hf \"e\"\n"
                            "block layer(x) for i in 0..5 {\n"
                            "    weight wq[width, width] gguf \"q.{i}\" hf \"q.{i}\"\n"
                            "    weight up[192, width] gguf \"u.{i}\" hf \"u.{i}\"\n"
                            "    weight down[width, 192] gguf \"d.{i}\" hf \"d.{i}\"\n"
                            "    q = linear(x, wq)\n"
                            "    x = x + attention(q, q, q, heads: 2, mask: causal)\n"
                            "    return x + linear(silu(linear(x, up)), down)\n"
                            "}\n"
                            "logits = linear(layer(embedding(tokens, embed)), embed)\n"
                            "adapt layer.{wq, up} with lora(rank: 4, alpha: 8)\n"
                            "train { loss cross_entropy(logits, targets) }\n";

static void test_rates(void **state) {
    (void)state;
    for (int kind = 0; kind < OP_RATES; kind++) {
        double one = 0, before = 0; // tolerates noise of the measurement
        for (double rows = 1; rows <= 600; rows++) {
            struct op_cost cost = {.flops = rows * 1e6,
                                   .bytes = kind == RATE_stream ? rows * 1e6 : 0,
                                   .rate = (enum op_rate)kind,
                                   .rows = rows};
            double seconds = cost_seconds(&cost);
            assert_true(seconds > 0 && isfinite(seconds));
            if (rows == 1) one = seconds;
            bool shared = kind == RATE_product || kind == RATE_product_dx; // a matrix that is unpacked once per call
            if (shared && seconds < 0.75 * before) fail_msg("kind %d: %g rows take less than fewer rows", kind, rows);
            if (shared && seconds > 1.001 * rows * one)
                fail_msg("kind %d: %g rows take more than one by one", kind, rows);
            before = seconds;
        }
    }
}

static struct cost cost_of(struct model_fixture *f, const char *method, int64_t block) {
    struct schedule_choice choice = plain_choice(gradient_find(method));
    choice.tile_rows = block;
    struct graph *g = pipeline_gradients(&choice, f->forward, f->diagnostics);
    assert_non_null(g);
    return cost_of_graph(g);
}

static void test_tiles(void **state) {
    (void)state;
    struct model_fixture f;
    model_fixture_start(&f, model);
    if (!f.forward) fail_msg("%s", model_fixture_words(&f));
    struct cost kept = cost_of(&f, "reverse", 0), whole = cost_of(&f, "checkpoint", 0);
    assert_true(kept.flops < whole.flops && kept.seconds < whole.seconds);
    double before = INFINITY;
    for (int64_t height = 4; height <= 32; height *= 2) {
        struct cost tiled = cost_of(&f, "structured", height);
        // Norms and similar ops may run at several levels; whole values must not count once per tile.
        assert_true(fabs(tiled.flops - whole.flops) < 0.02 * whole.flops);
        assert_true(tiled.seconds < before);
        before = tiled.seconds;
    }
    model_fixture_stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rates), cmocka_unit_test(test_tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
