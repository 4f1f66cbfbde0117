// Whole models in double precision, with estimated gradients: forward mode's JVPs against <gradient, v> of reverse
// mode, with the same bits for every schedule; the perturbed forward pass against explicitly perturbed parameters;
// updates from estimates against updates from the same gradient; and no tangent before the first trained layer.
#include <glob.h>
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

enum { DIRECTIONS = 3 };

static double noise(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (double)(1 << 23) - 1;
}

// A model with random weights, its directions, and its gradient of the loss sum by reverse mode.
struct trial {
    const char *what;
    struct model_fixture f;
    struct interpreter_pools p;
    double **z[DIRECTIONS];
    struct interpreter_noise noise;
    double loss;
};

static void run(struct trial *t, const struct graph *g, struct interpreter_run *r) {
    *r = (struct interpreter_run){
        .graph = g, .pools = &t->p, .inputs = t->f.inputs, .noise = &t->noise, .loss_weight = 1};
    interpreter_run(r);
}

static void begin(struct trial *t, const char *what) {
    if (!t->f.forward) fail_msg("%s: %s", what, model_fixture_words(&t->f));
    struct graph *g = t->f.forward;
    uint32_t random = 2024;
    t->what = what;
    t->p = interpreter_pools_new(g);
    model_fixture_fill(&t->f, g, &t->p);
    for (int k = 0; k < DIRECTIONS; k++) {
        t->z[k] = interpreter_pool_new(g);
        for (size_t i = 1; i < g->n_tensors; i++)
            for (int64_t e = 0; e < interpreter_tensor_count(g, i); e++) t->z[k][i][e] = noise(&random);
    }
    t->noise = (struct interpreter_noise){.z = t->z, .directions = DIRECTIONS};
    struct interpreter_run r;
    run(t, g, &r);
    t->loss = r.loss;
    struct schedule_choice choice = plain_choice(gradient_find("reverse"));
    struct graph *reverse = pipeline_gradients(&choice, g, t->f.diagnostics);
    assert_non_null(reverse);
    run(t, reverse, &r);
    assert_true(r.loss == t->loss);
}

static void stop(struct trial *t) {
    for (int k = 0; k < DIRECTIONS; k++) interpreter_pool_free(t->z[k], t->f.forward->n_tensors);
    interpreter_pools_free(&t->p);
    model_fixture_stop(&t->f);
}

static struct graph *cost_of_graph(struct trial *t, struct schedule_choice choice) {
    struct graph *g = pipeline_gradients(&choice, t->f.forward, t->f.diagnostics);
    if (!g) fail_msg("%s: %s", t->what, model_fixture_words(&t->f));
    assert_true(graph_verify(g));
    return g;
}

static void check_jvp(const struct trial *t, int k, double got) {
    double want = 0, size = 0;
    for (size_t i = 1; i < t->f.forward->n_tensors; i++)
        for (int64_t e = 0; e < interpreter_tensor_count(t->f.forward, i); e++) {
            double term = t->p.gradients[i][e] * t->z[k][i][e];
            want += term;
            size += fabs(term);
        }
    if (!(fabs(got - want) <= 1e-11 * size) || size == 0)
        fail_msg("%s: jvp %d is %.15g, <gradient, v> %.15g", t->what, k, got, want);
}

static struct graph *check_forward(struct trial *t, int64_t tangents) {
    struct schedule_choice choice = plain_choice(gradient_find("forward"));
    choice.tangents = tangents;
    struct graph *g = cost_of_graph(t, choice);
    struct interpreter_run r;
    assert_int_equal(g->n_jvps, tangents);
    run(t, g, &r);
    if (r.loss != t->loss) fail_msg("%s: the loss is %.17g, not %.17g", t->what, r.loss, t->loss);
    for (int k = 0; k < tangents; k++) check_jvp(t, k, r.jvps[k]);
    for (size_t v = 1; v < g->n_values; v++)
        assert_false(g->values[v].storage == STORAGE_ARENA && g->values[v].domain.id);
    return g;
}

static void start_case(struct trial *t, const struct model_case *c) {
    model_fixture_start(&t->f, c->text);
    begin(t, c->what);
}

static void test_jvps(void **state) {
    (void)state;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct trial t;
        start_case(&t, &model_cases[i]);
        check_forward(&t, 1);
        check_forward(&t, DIRECTIONS);
        stop(&t);
    }
}

// A client's shard may begin in a later layer and have no tensors outside layers. Up to there the pass runs without
// tangents, and the JVPs are the same.
static void test_jvps_of_shards(void **state) {
    (void)state;
    int divided = 0;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct trial t;
        start_case(&t, &model_cases[i]);
        struct graph *g = check_forward(&t, 2);
        for (size_t l = 1; l < g->n_loops; l++) divided += g->loops[l].kind == LOOP_REPEAT && g->loops[l].to_symbol.id;
        for (int64_t first = 1; first < 3; first++) {
            domain_id left = {0}; // of what is left, when it is of one block alone
            bool many = false;
            struct interpreter_run r = {.graph = g, .pools = &t.p, .inputs = t.f.inputs, .noise = &t.noise};
            for (size_t k = 1; k < g->n_tensors; k++) {
                const struct tensor *tensor = &g->tensors[k];
                int64_t gone = tensor->domain.id && first > tensor->first ? first - tensor->first : 0;
                if (gone > tensor->instances || !tensor->domain.id) gone = tensor->instances;
                if (tensor->storage == STORAGE_PARAM && gone < tensor->instances) {
                    many = many || (left.id && left.id != tensor->domain.id);
                    left = tensor->domain;
                }
                for (int64_t e = 0; e < gone * shape_count(tensor->shape); e++) t.z[0][k][e] = t.z[1][k][e] = 0;
            }
            r.shard_domain = many ? (domain_id){0} : left;
            if (left.id) r.shard_first = first * graph_domain(g, left)->each;
            interpreter_run(&r);
            assert_true(r.loss == t.loss);
            for (int k = 0; left.id && k < 2; k++) check_jvp(&t, k, r.jvps[k]);
        }
        stop(&t);
    }
    assert_true(divided >= 5);
}

static void test_examples(void **state) {
    (void)state;
    static const char *const dims[] = {"batch=2",    "seq=5",  "vocab=13", "width=6", "depth=3", "heads=4",
                                       "kv_heads=2", "head=4", "ff=7",     "rank=2",  NULL};
    glob_t found = {0};
    assert_int_equal(glob(LORAC_SOURCE_DIR "/examples/*/model.lora", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 8);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trial t;
        model_fixture_start_file(&t.f, found.gl_pathv[i], dims);
        begin(&t, found.gl_pathv[i]);
        check_forward(&t, 1);
        check_forward(&t, DIRECTIONS);
        stop(&t);
    }
    globfree(&found);
}

// Tiles of every height, and a loss that computes its logits in chunks.
static void test_schedules_agree_to_the_last_bit(void **state) {
    (void)state;
    int in_chunks = 0;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct trial t;
        start_case(&t, &model_cases[i]);
        double first[DIRECTIONS];
        for (int k = 0; k < 12; k++) {
            struct schedule_choice choice = plain_choice(gradient_find("forward"));
            choice.tangents = k % 2 ? DIRECTIONS : 2;
            choice.head_rows = 1 + k % 5;
            choice.tile_rows = k % 6;
            choice.vocabulary_chunk = k % 3 == 2 ? 4 : 0;
            struct interpreter_run r;
            struct graph *g = cost_of_graph(&t, choice);
            in_chunks += loss_in_chunks(g);
            run(&t, g, &r);
            if (k == 0) memcpy(first, r.jvps, sizeof first);
            if (r.loss != t.loss || memcmp(r.jvps, first, 2 * sizeof *first) != 0)
                fail_msg("%s: head %d, block %d, chunk %d: other bits", t.what, (int)choice.head_rows,
                         (int)choice.tile_rows, (int)choice.vocabulary_chunk);
        }
        stop(&t);
    }
    assert_true(in_chunks >= 4 * 9); // for the models whose logits are a plain product
}

static double loss_moved(struct trial *t, double step) {
    const struct graph *g = t->f.forward;
    struct interpreter_run r;
    for (int back = 0; back < 2; back++) {
        for (size_t i = 1; i < g->n_tensors; i++)
            for (int64_t e = 0; g->tensors[i].storage == STORAGE_PARAM && e < interpreter_tensor_count(g, i); e++)
                if (!back)
                    t->z[1][i][e] = t->p.values[i][e], t->p.values[i][e] += step * t->z[0][i][e];
                else
                    t->p.values[i][e] = t->z[1][i][e];
        if (!back) run(t, g, &r);
    }
    return r.loss;
}

static void test_perturbed(void **state) {
    (void)state;
    for (size_t i = 0; i < n_model_cases; i++) {
        struct trial t;
        double loss[2];
        start_case(&t, &model_cases[i]);
        for (int tiles = 0; tiles < 2; tiles++) {
            struct schedule_choice choice = plain_choice(gradient_find("zeroth"));
            choice.tile_rows = 4 * tiles;
            struct graph *g = cost_of_graph(&t, choice);
            for (int side = 0; side < 2; side++) {
                struct interpreter_run r;
                t.noise.scale = side ? -1e-5 : 1e-5;
                run(&t, g, &r);
                loss[side] = r.loss;
                if (r.loss != loss_moved(&t, t.noise.scale)) fail_msg("%s: not the loss at the place moved to", t.what);
            }
        }
        double want = 0, quotient = (loss[0] - loss[1]) / 2e-5;
        for (size_t k = 1; k < t.f.forward->n_tensors; k++)
            for (int64_t e = 0; e < interpreter_tensor_count(t.f.forward, k); e++)
                want += t.p.gradients[k][e] * t.z[0][k][e];
        if (!(fabs(quotient - want) <= 1e-6 * (1 + fabs(want)))) fail_msg("%s: %g, not %g", t.what, quotient, want);
        stop(&t);
    }
}

// Parameters and norm after one update of a graph.
static void update(struct trial *t, struct graph *g, struct interpreter_run *r) {
    g = pipeline_updates(t->f.model, g, t->f.diagnostics);
    assert_non_null(g);
    assert_true(graph_verify(g));
    *r = (struct interpreter_run){.graph = g, .pools = &t->p, .inputs = t->f.inputs, .noise = &t->noise};
    r->learning_rate = 1e-2;
    r->update = true;
    model_fixture_fill(&t->f, t->f.forward, &t->p);
    for (size_t i = 1; i < t->p.n_tensors; i++)
        for (int s = 0; s < 2; s++)
            memset(t->p.states[s][i], 0, (size_t)interpreter_tensor_count(t->f.forward, i) * sizeof(double));
    interpreter_run(r);
}

// With loss weight 0 reverse mode adds nothing to the given gradients, so the update is equal up to rounding.
static void test_updates_from_estimates(void **state) {
    (void)state;
    static const double scalars[] = {0.7, -1.3, 0.4};
    static const char *const methods[] = {"forward", "zeroth"};
    for (size_t i = 0; i < n_model_cases * 2; i++) {
        struct trial t;
        struct interpreter_run want, got;
        start_case(&t, &model_cases[i / 2]);
        const struct graph *f = t.f.forward;
        double **moved = interpreter_pool_new(f);
        t.noise.scalars = scalars;
        t.noise.directions = i % 2 ? 1 : DIRECTIONS;
        interpreter_zero_gradients(&t.p, f);
        for (size_t k = 1; k < f->n_tensors; k++)
            for (int64_t e = 0; f->tensors[k].storage == STORAGE_PARAM && e < interpreter_tensor_count(f, k); e++)
                for (size_t d = 0; d < t.noise.directions; d++) t.p.gradients[k][e] += scalars[d] * t.z[d][k][e];
        update(&t, cost_of_graph(&t, plain_choice(gradient_find("reverse"))), &want);
        for (size_t k = 1; k < f->n_tensors; k++)
            memcpy(moved[k], t.p.values[k], (size_t)interpreter_tensor_count(f, k) * sizeof(double));
        struct schedule_choice choice = plain_choice(gradient_find(methods[i % 2]));
        choice.tangents = i % 2 ? 0 : DIRECTIONS;
        update(&t, cost_of_graph(&t, choice), &got);
        if (!(fabs(got.grad_norm - want.grad_norm) <= 1e-12 * want.grad_norm))
            fail_msg("%s, %s: norm %g, not %g", t.what, methods[i % 2], got.grad_norm, want.grad_norm);
        for (size_t k = 1; k < f->n_tensors; k++)
            for (int64_t e = 0; e < interpreter_tensor_count(f, k); e++)
                if (!(fabs(moved[k][e] - t.p.values[k][e]) <= 1e-12))
                    fail_msg("%s, %s: %s has another update", t.what, methods[i % 2], f->tensors[k].name);
        interpreter_pool_free(moved, f->n_tensors);
        stop(&t);
    }
}

static size_t count_nodes(const struct graph *g, uint32_t from, uint32_t to) {
    size_t n = 0;
    for (uint32_t i = from; i < to; i++) n += g->nodes[i].kind == NODE_OP;
    return n;
}

// The last of three layers is trained: before its loop the graph equals an evaluation.
static void test_no_tangent_before_the_first_trained_layer(void **state) {
    (void)state;
    struct trial t;
    start_case(&t, &model_cases[2]);
    const struct graph *eval = t.f.forward, *step = check_forward(&t, 2);
    loop_id loops[2] = {{0}, {0}};
    for (uint32_t l = 1; l < step->n_loops; l++)
        if (step->loops[l].kind == LOOP_REPEAT) loops[step->loops[l].from > 0] = (loop_id){l};
    assert_true(loops[0].id && loops[1].id);
    assert_int_equal(graph_loop(step, loops[0])->n_carries, 1);
    assert_int_equal(graph_loop(step, loops[1])->n_carries, 3);
    const struct loop *frozen = graph_loop(step, loops[0]), *same = NULL;
    for (uint32_t l = 1; l < eval->n_loops; l++)
        if (eval->loops[l].kind == LOOP_REPEAT && eval->loops[l].from == 0) same = &eval->loops[l];
    assert_non_null(same);
    assert_int_equal(count_nodes(step, 1, frozen->end.id), count_nodes(eval, 1, same->end.id));
    stop(&t);
}

// The op nodes in the loop where tangents begin.
static size_t count_in_shard_loop(const char *text) {
    struct trial t;
    model_fixture_start(&t.f, text);
    begin(&t, text);
    const struct graph *step = check_forward(&t, 2);
    size_t count = 0;
    for (uint32_t l = 1; l < step->n_loops; l++)
        if (step->loops[l].from_symbol.id) count += count_nodes(step, step->loops[l].begin.id, step->loops[l].end.id);
    stop(&t);
    return count;
}

// The initial zeros of a loop's carry are not the tangent of its initial value.
static void test_the_start_of_a_loop_has_no_tangent(void **state) {
    (void)state;
#define SKIP(second)                                                                                                   \
    "model skip\ndim batch = 1, seq = 3, vocab = 7, width = 4, depth = 3\n"                                            \
    "input tokens[batch, seq]: token(vocab)\ninput targets[batch, seq]: token(vocab), ignore -100\n"                   \
    "weight embed[vocab, width]\nweight other[vocab, width]\n"                                                         \
    "block layer(x, e) for i in 0..depth {\n weight w[width, width]\n return x + silu(linear(x, w) + e) * e\n}\n"      \
    "e = embedding(tokens, embed)\nf = embedding(tokens, other)\nlogits = linear(layer(e, " second ") + f, embed)\n"   \
    "adapt layer.w with lora(rank: 2, alpha: 2)\n"                                                                     \
    "train {\n loss cross_entropy(logits, targets)\n gradient reverse\n optimizer sgd(lr: 1e-2)\n}\n"
    size_t same = count_in_shard_loop(SKIP("e")), another = count_in_shard_loop(SKIP("f"));
#undef SKIP
    assert_true(same > 0);
    assert_int_equal(same, another);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jvps),
        cmocka_unit_test(test_jvps_of_shards),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_schedules_agree_to_the_last_bit),
        cmocka_unit_test(test_perturbed),
        cmocka_unit_test(test_updates_from_estimates),
        cmocka_unit_test(test_no_tangent_before_the_first_trained_layer),
        cmocka_unit_test(test_the_start_of_a_loop_has_no_tangent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
