// Search: random budgets on three models. A result fits and passes the verifier, and more memory never makes it slower
// or infeasible. The least feasible budget works, and one byte less does not. The sets of values that a block may keep
// are the Pareto-optimal subsets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/diag.h"
#include "compiler/base/text.h"
#include "compiler/compilation/compilation.h"
#include "compiler/cost/cost.h"
#include "compiler/schedule/keep_sets.h"
#include "compiler/schedule/schedule_internal.h"
#include "compiler/schedule/search.h"
#include "tests/table/model_fixture.h"

#ifdef __SANITIZE_ADDRESS__ // the same search at a fifth of the speed
enum { BUDGETS = 13, VERIFIED = 2 };
#else
enum { BUDGETS = 29, VERIFIED = 4 };
#endif
enum { SMOLLM_LAYERS = 7 };

struct searched {
    struct arena arena;
    struct sources sources;
    struct options options;
    struct compilation c;
    struct schedule_input input;
};

static void start(struct searched *s, const char *model, const char *gradient, const char *dims) {
    *s = (struct searched){.sources = {.arena = &s->arena}};
    char *path = arena_print(&s->arena, "%s/examples/%s/model.lora", LORAC_SOURCE_DIR, model), *rest = NULL;
    char *words[16] = {"lorac", path, "--gradient", (char *)(uintptr_t)gradient};
    int n = 4;
    for (char *dim = strtok_r(arena_print(&s->arena, "%s", dims), " ", &rest); dim; dim = strtok_r(NULL, " ", &rest)) {
        words[n++] = "-D";
        words[n++] = dim;
    }
    struct diagnostics *d = diag_new(&s->arena, &s->sources);
    assert_true(options_read(&s->options, &s->arena, d, n, words));
    s->c = (struct compilation){.arena = &s->arena, .options = &s->options, .sources = &s->sources, .diagnostics = d};
    assert_true(compilation_run(&s->c, 0, STAGE_step));
    assert_non_null(s->c.differentiated);
    s->input = compilation_schedule_input(&s->c);
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 16;
}

static int rising(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Plans the point again and replays the plans.
static void verify(struct searched *s, const struct curve_point *p) {
    char why[512] = "";
    struct schedule plans = {.step = build_step(&s->input, &p->choice, &s->arena)};
    assert_true(build_inference(&s->input, &p->choice, &s->arena, &plans));
    build_plans(&s->input, &s->arena, &plans);
    assert_true(plans.bytes <= p->bytes);
    assert_true(plan_verify(plans.step_plan, why, sizeof why));
    assert_true(plan_verify(plans.eval_plan, why, sizeof why));
    assert_true(plan_verify(plans.logits_plan, why, sizeof why));
}

// What the points of a curve do. None of them can be left out: without it the search is slower within its bytes. So a
// list of candidates that shows here is one that the search needs.
struct ways {
    int whole, tiled, chunked, unchunked, paged, all_inputs, few_inputs, nearly_all_inputs, reverse, split;
    uint64_t tiles, heads, cuts; // bits: the logarithms of heights; the split points
};

static struct ways ways_of(const struct curve *curve, int64_t iterations) {
    struct ways w = {.whole = 0};
    for (size_t i = 0; i < curve->count; i++) {
        const struct schedule_choice *c = &curve->points[i].choice;
        w.whole += c->tile_rows == 0;
        w.tiled += c->tile_rows != 0;
        w.chunked += c->vocabulary_chunk != 0;
        w.unchunked += c->vocabulary_chunk == 0;
        w.paged += c->page;
        w.all_inputs += c->kept == 0 && !c->slots && !c->page;
        w.few_inputs += c->slots && c->slots <= iterations / 2;
        w.nearly_all_inputs += c->slots == iterations - 2;
        w.reverse += c->kept == KEPT_ALL;
        w.split += c->split != 0;
        for (int bit = 0; bit < 16; bit++) {
            if (c->tile_rows >> bit == 1) w.tiles |= UINT64_C(1) << bit;
            if (c->head_rows >> bit == 1) w.heads |= UINT64_C(1) << bit;
        }
        w.cuts |= UINT64_C(1) << c->split;
    }
    return w;
}

static struct ways search_model(const char *model, const char *gradient, const char *dim) {
    struct searched s;
    start(&s, model, gradient, dim);
    struct search *search = search_open(&s.input);
    int64_t budgets[BUDGETS];
    const struct curve_point *most = search_fit(search, INT64_MAX);
    assert_non_null(most);
    uint64_t random = 1;
    for (int i = 0; i < BUDGETS; i++) budgets[i] = (int64_t)(next_random(&random) % (uint64_t)(most->bytes / 8 * 9));
    qsort(budgets, BUDGETS, sizeof *budgets, rising);
    int64_t infeasible = 0;
    const struct curve_point *before = NULL;
    for (int i = 0; i < BUDGETS; i++) {
        const struct curve_point *p = search_fit(search, budgets[i]);
        if (!p) infeasible = budgets[i];
        if (before && (!p || p->seconds > before->seconds))
            fail_msg("%s: slower in %lld", model, (long long)budgets[i]);
        if (p && p->bytes > budgets[i]) fail_msg("%s: %lld bytes", model, (long long)budgets[i]);
        if (p && i % (BUDGETS / VERIFIED) == 0) verify(&s, p);
        before = p;
    }
    struct curve curve = search_curve(search);
    for (size_t i = 1; i < curve.count; i++)
        assert_true(curve.points[i].bytes < curve.points[i - 1].bytes &&
                    curve.points[i].seconds >= curve.points[i - 1].seconds);
    const struct curve_point *least = &curve.points[curve.count - 1];
    assert_true(curve.points[0].seconds == most->seconds && least->bytes > infeasible);
    assert_null(search_fit(search, least->bytes - 1));
    assert_true(search_smallest(search)->bytes == least->bytes && search_smallest(search)->seconds == least->seconds);
    assert_non_null(search_fit(search, least->bytes));
    verify(&s, least);
    // Another search gives the same answers.
    struct search *again = search_open(&s.input);
    for (size_t i = 0; i < curve.count; i += 7)
        assert_true(search_fit(again, curve.points[i].bytes)->seconds == curve.points[i].seconds);
    struct ways ways = ways_of(&curve, SMOLLM_LAYERS);
    arena_free(&s.arena);
    return ways;
}

static void test_tiny(void **state) {
    (void)state;
    search_model("tiny", "auto", "seq=40");
}

static void test_stories(void **state) {
    (void)state;
    search_model("stories260k", "auto", "seq=64");
}

static void every_list_gives_points_of_the_curve(void **state) {
    (void)state;
    struct ways w = search_model("smollm2-135m", "auto", "seq=64 depth=7");
    assert_true(w.whole && w.tiled && w.chunked && w.unchunked && w.split && w.reverse);
    assert_true(w.all_inputs && w.few_inputs && w.nearly_all_inputs && !w.paged);
    assert_int_equal(w.tiles, 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5); // 4, 6 .. 48 rows
    assert_int_equal(w.heads, 1 << 4 | 1 << 5 | 1 << 6);
    assert_int_equal(w.cuts, 0x7f); // after every layer but the last; 0: none
}

static void a_file_for_block_inputs_gives_points_of_the_curve(void **state) {
    (void)state;
    struct searched s;
    start(&s, "stories260k", "auto", "seq=16 batch=1");
    s.input.page = true;
    struct curve curve = search_curve(search_open(&s.input));
    assert_true(ways_of(&curve, 5).paged > 0 && ways_of(&curve, 5).all_inputs > 0);
    arena_free(&s.arena);
}

// A loop is never split between two runs of one instance.
static void test_repeated(void **state) {
    (void)state;
    static const char *const dims[] = {"repeats=2 depth=5 seq=48", "repeats=3 depth=3 seq=48", "depth=3 seq=48"};
    static const int64_t each[] = {2, 3, 2};
    for (int d = 0; d < 3; d++) {
        struct searched s;
        start(&s, "mobilellm-125m-ls", "auto", dims[d]);
        struct curve curve = search_curve(search_open(&s.input));
        size_t cuts = 0;
        for (size_t i = 0; i < curve.count; i++) {
            if (curve.points[i].choice.split % each[d])
                fail_msg("%s: cut at %lld", dims[d], (long long)curve.points[i].choice.split);
            cuts += curve.points[i].choice.split != 0;
        }
        assert_true(cuts > 0);
        arena_free(&s.arena);
    }
}

static void test_named(void **state) {
    (void)state;
    search_model("smollm2-135m", "structured", "depth=3");
    search_model("smollm2-135m", "checkpoint(forwards: 2)", "depth=13");
    search_model("tiny", "checkpoint", "seq=19");
    search_model("tiny", "reverse", "depth=1");
}

// Layers before the backward pass are not split: no schedule keeps anything there.
static void test_last_layers(void **state) {
    (void)state;
    struct searched s;
    start(&s, "stories260k", "auto", "first=2");
    struct curve curve = search_curve(search_open(&s.input));
    size_t cuts = 0;
    for (size_t i = 0; i < curve.count; i++) {
        int64_t cut = curve.points[i].choice.split;
        if (cut && (cut <= 2 || cut >= 5)) fail_msg("cut at %lld", (long long)cut);
        cuts += cut != 0;
    }
    assert_true(cuts > 0);
    arena_free(&s.arena);
}

// The first set keeps nothing, the last one what reverse keeps; none is dominated; the convex hull is a subset.
static void test_keep_sets(void **state) {
    (void)state;
    struct searched s;
    start(&s, "smollm2-135m", "auto", "seq=32");
    struct keep_sets all = keep_sets_find(&s.arena, s.c.differentiated), pareto = keep_sets_pareto(&s.arena, all);
    const int64_t n = 32, width = 576, kv = 192, ff = 1536, heads = 9;
    assert_int_equal(all.sets[0].kept, 0);
    assert_int_equal(all.sets[0].bytes, 4 * n * width);
    assert_int_equal(all.sets[all.count - 1].bytes, 4 * n * (4 * width + 2 * kv + 2 * ff + heads));
    for (size_t i = 1; i < all.count; i++)
        assert_true(all.sets[i].bytes > all.sets[i - 1].bytes && all.sets[i].seconds < all.sets[i - 1].seconds);
    assert_int_equal(pareto.sets[0].bytes, all.sets[0].bytes);
    assert_int_equal(pareto.sets[pareto.count - 1].bytes, all.sets[all.count - 1].bytes);
    for (size_t i = 2; i < pareto.count; i++) {
        const struct keep_set *a = &pareto.sets[i - 2], *b = a + 1, *c = b + 1;
        assert_true((a->seconds - b->seconds) * (double)(c->bytes - b->bytes) >
                    (b->seconds - c->seconds) * (double)(b->bytes - a->bytes));
    }
    arena_free(&s.arena);
}

// Of a choice that wastes time, in the memory that it has; and none of one that cannot be bettered.
static void a_faster_schedule_takes_the_place_of_a_slow_one(void **state) {
    (void)state;
    struct searched s;
    start(&s, "stories260k", "auto", "seq=16 batch=1");
    const struct curve_point *least = search_smallest(search_open(&s.input));
    struct schedule slow = {.choice = least->choice}, best = {.choice = least->choice};
    slow.choice.tile_rows = 4, slow.choice.kept = KEPT_ALL, slow.choice.slots = 0, slow.choice.head_rows = 1;
    struct schedule_choice given = slow.choice;
    search_faster(&s.input, &slow);
    assert_non_null(slow.words);
    assert_memory_not_equal(&slow.choice, &given, sizeof given);
    struct arena scratch = {0};
    double before = cost_of_graph(build_step(&s.input, &given, &scratch)).seconds;
    double after = cost_of_graph(build_step(&s.input, &slow.choice, &scratch)).seconds;
    assert_true(after < before);
    assert_true(build_bytes(&s.input, &slow.choice) <= build_bytes(&s.input, &given));
    search_faster(&s.input, &best);
    assert_null(best.words);
    assert_memory_equal(&best.choice, &least->choice, sizeof best.choice);
    arena_free(&scratch);
    arena_free(&s.arena);
}

// A block of more values than subsets can be tried of: those that the backward pass reads itself are chosen from, and
// the last of them are kept together.
static void large_blocks_have_few_choices(void **state) {
    (void)state;
    enum { LINEARS = 20, SUBSETS_MAX = 1 << 12 };
    struct text text = {0};
    text_puts(&text, "model m\ndim seq = 8, vocab = 9, width = 16\ninput tokens[seq]: token(vocab)\n"
                     "input targets[seq]: token(vocab)\nweight embed[vocab, width]\nweight head[vocab, width]\n"
                     "block layer(x0) for i in 0..3 {\n");
    for (int l = 0; l < LINEARS; l++) text_print(&text, " weight w%d[width, width]\n", l);
    for (int l = 0; l < LINEARS; l++) text_print(&text, " x%d = silu(linear(x%d, w%d))\n", l + 1, l, l);
    text_print(&text, " return x0 + x%d\n}\nx = layer(embedding(tokens, embed))\nlogits = linear(x, head)\n", LINEARS);
    text_puts(&text, "adapt layer.w0 with lora(rank: 2, alpha: 2)\ntrain {\n loss cross_entropy(logits, targets)\n"
                     " gradient auto\n optimizer sgd(lr: 1)\n}\n");
    struct model_fixture f;
    model_fixture_start(&f, text.bytes);
    assert_non_null(f.forward);
    const struct pass_context c = {
        .graph = STEP, .choice = {.method = gradient_find("auto")}, .diagnostics = f.diagnostics};
    struct graph *step = pipeline_run(&c, f.forward, GROUP_DIFFERENTIATE, GROUP_DIFFERENTIATE);
    struct keep_sets all = keep_sets_find(&f.arena, step);
    assert_in_range(all.count, 3, SUBSETS_MAX);
    const int64_t row = 4 * 8 * 16; // bytes of a value
    assert_int_equal(all.sets[0].bytes, row);
    assert_true(all.sets[all.count - 1].bytes > LINEARS * row);
    for (size_t i = 1; i < all.count; i++)
        assert_true(all.sets[i].bytes > all.sets[i - 1].bytes && all.sets[i].seconds < all.sets[i - 1].seconds);
    text_free(&text);
    model_fixture_stop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_sets),
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_stories),
        cmocka_unit_test(every_list_gives_points_of_the_curve),
        cmocka_unit_test(a_file_for_block_inputs_gives_points_of_the_curve),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_last_layers),
        cmocka_unit_test(test_named),
        cmocka_unit_test(a_faster_schedule_takes_the_place_of_a_slow_one),
        cmocka_unit_test(large_blocks_have_few_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
