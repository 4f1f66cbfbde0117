// Plan mutants of real models: every plan made for the golden models, one mistake at a time; the verifier must object
// to each. Also the plans of evaluation and of plans without sharing, where copies stand for what is in place else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "compiler/ad/gradient.h"
#include "compiler/adapter/adapter.h"
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/front/parse.h"
#include "compiler/optim/optim.h"
#include "compiler/pass/lower.h"
#include "tests/unit/plan_mutants.h"

enum { HEAD_HEIGHT = 4, BLOCK_HEIGHT = 5 }; // turns of which the last one is short

struct golden {
    const char *file, *gradient;
    enum plan_sharing sharing;
};

enum { LEAST_MUTANTS = 200 };
static const struct schedule_choice plain = {.method = NULL};

static struct graph *step_of(const struct golden *golden, struct schedule_choice choice, struct arena *a) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/%s.lora", LORAC_SOURCE_DIR, golden->file);
    struct sources sources = {.arena = a};
    struct diagnostics *d = diag_new(a, &sources);
    struct parse_folders none = {0};
    struct ast_file *file = parse_file(a, &sources, d, path, none);
    struct model_options options = {.known = {gradient_names, optim_names, adapter_names}};
    struct model *m = file ? model_build(a, &sources, d, file, &options) : NULL;
    struct graph *forward = m ? lower_eval(m, a, d) : NULL;
    assert_non_null(forward);
    const struct schedule_choice wanted = choice;
    choice = gradient_choice(gradient_find(golden->gradient));
    choice.loss_part = wanted.loss_part;
    choice.slots = wanted.slots;
    choice.page = wanted.page;
    choice.head = HEAD_HEIGHT;
    if (choice.block) choice.block = BLOCK_HEIGHT;
    struct graph *g = gradient_graph(&choice, forward, d);
    assert_non_null(g);
    g = append_updates(g, m, d);
    assert_non_null(g);
    return g;
}

static void run(const struct golden *golden, struct schedule_choice choice) {
    struct arena a = {0};
    char why[256] = "";
    struct mutant_tally t = {0};
    struct plan *p = plan_make(&a, step_of(golden, choice, &a), 2, golden->sharing);
    assert_true(plan_verify(p, why, sizeof why));
    plan_mutants_run(p, &a, &t);
    printf("%s, %s, %s: mutants killed: %d of %d\n", golden->file, golden->gradient,
           golden->sharing == PLAN_SHARED ? "shared" : "separate", t.killed, t.total);
    assert_int_equal(t.killed, t.total);
    assert_true(t.total >= LEAST_MUTANTS);
    assert_true(plan_verify(p, why, sizeof why));
    arena_free(&a);
}

static void test_reverse(void **state) {
    (void)state;
    run(&(struct golden){"lora_reverse", "reverse", PLAN_SHARED}, plain);
}

static void test_checkpoint(void **state) {
    (void)state;
    run(&(struct golden){"lora_checkpoint", "checkpoint", PLAN_SHARED}, plain);
}

static void test_shared_layers(void **state) {
    (void)state;
    run(&(struct golden){"full_each", "reverse", PLAN_SHARED}, plain);
}

static void test_separate(void **state) {
    (void)state;
    run(&(struct golden){"lora_checkpoint", "checkpoint", PLAN_SEPARATE}, plain);
}

static void test_structured(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SHARED}, plain);
}

static void test_structured_separate(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SEPARATE}, plain);
}

static void test_loss_in_parts(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SHARED}, (struct schedule_choice){.loss_part = 8});
    run(&(struct golden){"lora_reverse", "reverse", PLAN_SEPARATE}, (struct schedule_choice){.loss_part = 8});
}

static void test_fused(void **state) {
    (void)state;
    run(&(struct golden){"fused_each", "structured", PLAN_SHARED}, plain);
    run(&(struct golden){"fused_each", "reverse", PLAN_SEPARATE}, plain);
}

static void test_chain(void **state) {
    (void)state;
    const struct golden tiled = {"lora_chain", "structured", PLAN_SHARED};
    run(&tiled, (struct schedule_choice){.slots = 1});
    run(&tiled, (struct schedule_choice){.slots = 1, .page = true});
    run(&(struct golden){"lora_chain", "checkpoint", PLAN_SHARED}, (struct schedule_choice){.slots = 2});
    run(&(struct golden){"lora_chain", "structured", PLAN_SEPARATE}, (struct schedule_choice){.slots = 2});
    run(&(struct golden){"ranges", "checkpoint", PLAN_SHARED}, (struct schedule_choice){.slots = 1});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverse),       cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_shared_layers), cmocka_unit_test(test_separate),
        cmocka_unit_test(test_structured),    cmocka_unit_test(test_structured_separate),
        cmocka_unit_test(test_loss_in_parts), cmocka_unit_test(test_fused),
        cmocka_unit_test(test_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
