// Plan mutants of real models: every plan of the golden models with one error at a time, which the verifier must
// reject. This includes plans of evaluation, and plans without coalescing, which have copies instead of values in
// place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "compiler/ad/gradient.h"
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/front/parse.h"
#include "compiler/optim/optim.h"
#include "compiler/pipeline/pipeline.h"
#include "tests/table/model_fixture.h"
#include "tests/unit/plan_mutants.h"

enum { HEAD_HEIGHT = 4, BLOCK_HEIGHT = 3, LEAST_MUTANTS = 1000 };

struct golden {
    const char *file, *gradient;
    enum plan_coalescing coalescing;
};

static const struct schedule_choice plain = {.method = NULL};

static struct graph *step_of(const struct golden *golden, struct schedule_choice choice, struct arena *a) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s.lora", LORAC_SOURCE_DIR, golden->file);
    struct sources sources = {.arena = a};
    struct diagnostics *d = diag_new(a, &sources);
    struct parse_folders none = {0};
    struct ast_file *file = parse_file(a, &sources, d, path, none);
    const char *dims[] = {"seq=13"}; // several tiles, of which the last one is short
    struct model_options options = {.dims = dims, .n_dims = 1};
    struct model *m = file ? model_build(a, &sources, d, file, &options) : NULL;
    struct graph *forward = m ? pipeline_forward(m, a, d) : NULL;
    assert_non_null(forward);
    const struct schedule_choice wanted = choice;
    choice = plain_choice(gradient_find(golden->gradient));
    choice.vocabulary_chunk = wanted.vocabulary_chunk;
    choice.slots = wanted.slots;
    choice.page = wanted.page;
    choice.head_rows = HEAD_HEIGHT;
    choice.tile_rows = choice.tile_rows ? BLOCK_HEIGHT : wanted.tile_rows;
    choice.tangents = wanted.tangents;
    struct graph *g = pipeline_gradients(&choice, forward, d);
    assert_non_null(g);
    g = pipeline_updates(m, g, d);
    assert_non_null(g);
    return g;
}

static void run(const struct golden *golden, struct schedule_choice choice) {
    struct arena a = {0};
    char why[256] = "";
    struct mutant_tally t = {0};
    struct plan *p = plan_make(&a, step_of(golden, choice, &a), 2, golden->coalescing);
    assert_true(plan_verify(p, why, sizeof why));
    plan_mutants_run(p, &a, &t);
    printf("%s, %s, %s: mutants killed: %d of %d\n", golden->file, golden->gradient,
           golden->coalescing == PLAN_COALESCED ? "coalesced" : "separate", t.killed, t.total);
    assert_int_equal(t.killed, t.total);
    assert_true(t.total >= LEAST_MUTANTS);
    assert_true(plan_verify(p, why, sizeof why));
    arena_free(&a);
}

static void test_reverse(void **state) {
    (void)state;
    run(&(struct golden){"lora_reverse", "reverse", PLAN_COALESCED}, plain);
}

static void test_checkpoint(void **state) {
    (void)state;
    run(&(struct golden){"lora_checkpoint", "checkpoint", PLAN_COALESCED}, plain);
}

static void test_shared_layers(void **state) {
    (void)state;
    run(&(struct golden){"full_each", "reverse", PLAN_COALESCED}, plain);
}

static void test_separate(void **state) {
    (void)state;
    run(&(struct golden){"lora_checkpoint", "checkpoint", PLAN_SEPARATE}, plain);
}

static void test_structured(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_COALESCED}, plain);
}

static void test_structured_separate(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SEPARATE}, plain);
}

static void test_loss_in_chunks(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_COALESCED},
        (struct schedule_choice){.vocabulary_chunk = 8});
    run(&(struct golden){"lora_reverse", "reverse", PLAN_SEPARATE}, (struct schedule_choice){.vocabulary_chunk = 8});
}

static void test_fused(void **state) {
    (void)state;
    run(&(struct golden){"fused_each", "structured", PLAN_COALESCED}, plain);
    run(&(struct golden){"fused_each", "reverse", PLAN_SEPARATE}, plain);
}

static void test_estimates(void **state) {
    (void)state;
    const struct schedule_choice two = {.tangents = 2}, tiled = {.tangents = 2, .tile_rows = BLOCK_HEIGHT};
    run(&(struct golden){"forward_plain", "forward", PLAN_COALESCED}, two);
    run(&(struct golden){"forward_plain", "forward", PLAN_SEPARATE}, two);
    run(&(struct golden){"forward_plain", "forward", PLAN_COALESCED}, tiled);
    run(&(struct golden){"lora_reverse", "forward", PLAN_COALESCED}, tiled);
    run(&(struct golden){"lora_reverse", "forward", PLAN_SEPARATE}, tiled);
}

static void test_checkpoint_schedule(void **state) {
    (void)state;
    const struct golden tiled = {"lora_snapshots", "structured", PLAN_COALESCED};
    run(&tiled, (struct schedule_choice){.slots = 1});
    run(&tiled, (struct schedule_choice){.slots = 1, .page = true});
    run(&(struct golden){"lora_snapshots", "checkpoint", PLAN_COALESCED}, (struct schedule_choice){.slots = 2});
    run(&(struct golden){"lora_snapshots", "structured", PLAN_SEPARATE}, (struct schedule_choice){.slots = 2});
    run(&(struct golden){"ranges", "checkpoint", PLAN_COALESCED}, (struct schedule_choice){.slots = 1});
}

static bool is_good(struct arena *a, const struct graph *g, struct checkpoint_schedule with) {
    struct graph view = *g;
    view.checkpoint_schedules = ARENA_ARRAY(a, struct checkpoint_schedule, g->n_checkpoint_schedules);
    view.checkpoint_schedules[1] = with;
    return graph_verify(&view);
}

// The graph's verifier rejects an invalid checkpoint schedule before there is a plan.
static void test_checkpoint_schedule_of_a_graph(void **state) {
    (void)state;
    struct arena a = {0};
    const struct golden golden = {"lora_snapshots", "structured", PLAN_COALESCED};
    const struct graph *g = step_of(&golden, (struct schedule_choice){.slots = 1}, &a);
    assert_int_equal(g->n_checkpoint_schedules, 2);
    const struct checkpoint_schedule good = g->checkpoint_schedules[1];
    assert_true(is_good(&a, g, good));
    struct checkpoint_schedule wrong[5] = {good, good, good, good, good};
    wrong[0].forward = good.backward;
    wrong[1].backward = good.forward;
    wrong[2].input = g->carries[graph_loop(g, good.forward)->carries].param;
    wrong[3].n_forward_steps = good.n_steps + 1;
    wrong[4].live_snapshots = good.slots + 1;
    for (int i = 0; i < 5; i++) assert_false(is_good(&a, g, wrong[i]));
    // In a graph that keeps more of a block than its input, the two loops cannot use a checkpoint schedule.
    const struct golden kept = {"lora_snapshots", "reverse", PLAN_COALESCED};
    struct graph *more = step_of(&kept, plain, &a);
    loop_id forward = {0}, backward = {0};
    for (uint32_t l = 1; l < more->n_loops; l++) {
        if (more->loops[l].kind != LOOP_REPEAT || more->loops[l].parent.id) continue;
        if (more->loops[l].backward)
            backward = backward.id ? backward : (loop_id){l};
        else
            forward = forward.id ? forward : (loop_id){l};
    }
    assert_true(graph_verify(more));
    graph_add_checkpoint_schedule(more, forward, backward);
    assert_false(graph_verify(more));
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverse),
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_shared_layers),
        cmocka_unit_test(test_separate),
        cmocka_unit_test(test_structured),
        cmocka_unit_test(test_structured_separate),
        cmocka_unit_test(test_loss_in_chunks),
        cmocka_unit_test(test_fused),
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_checkpoint_schedule),
        cmocka_unit_test(test_checkpoint_schedule_of_a_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
