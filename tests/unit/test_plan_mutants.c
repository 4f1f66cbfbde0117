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
    const char *file, *gradient; // NULL: the forward pass alone
    enum plan_sharing sharing;
    int least;         // mutants
    int64_t loss_part; // 0: whole rows of logits
};

static struct graph *step_of(const struct golden *golden, struct arena *a) {
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
    struct schedule_choice choice = gradient_choice(gradient_find(golden->gradient));
    choice.loss_part = golden->loss_part;
    choice.head = HEAD_HEIGHT;
    if (choice.block) choice.block = BLOCK_HEIGHT;
    struct graph *g = gradient_graph(&choice, forward, d);
    assert_non_null(g);
    g = append_updates(g, m, d);
    assert_non_null(g);
    return g;
}

static void run(const struct golden *golden) {
    struct arena a = {0};
    char why[256] = "";
    struct mutant_tally t = {0};
    struct plan *p = plan_make(&a, step_of(golden, &a), 2, golden->sharing);
    assert_true(plan_verify(p, why, sizeof why));
    plan_mutants_run(p, &a, &t);
    printf("%s, %s, %s: mutants killed: %d of %d\n", golden->file, golden->gradient,
           golden->sharing == PLAN_SHARED ? "shared" : "separate", t.killed, t.total);
    assert_int_equal(t.killed, t.total);
    assert_true(t.total >= golden->least);
    assert_true(plan_verify(p, why, sizeof why));
    arena_free(&a);
}

static void test_reverse(void **state) {
    (void)state;
    run(&(struct golden){"lora_reverse", "reverse", PLAN_SHARED, 200, 0});
}

static void test_checkpoint(void **state) {
    (void)state;
    run(&(struct golden){"lora_checkpoint", "checkpoint", PLAN_SHARED, 200, 0});
}

static void test_shared_layers(void **state) {
    (void)state;
    run(&(struct golden){"full_each", "reverse", PLAN_SHARED, 200, 0});
}

static void test_separate(void **state) {
    (void)state;
    run(&(struct golden){"lora_checkpoint", "checkpoint", PLAN_SEPARATE, 200, 0});
}

static void test_structured(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SHARED, 200, 0});
}

static void test_structured_separate(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SEPARATE, 200, 0});
}

static void test_loss_in_parts(void **state) {
    (void)state;
    run(&(struct golden){"lora_structured", "structured", PLAN_SHARED, 200, 8});
    run(&(struct golden){"lora_reverse", "reverse", PLAN_SEPARATE, 200, 8});
}

static void test_fused(void **state) {
    (void)state;
    run(&(struct golden){"fused_each", "structured", PLAN_SHARED, 200, 0});
    run(&(struct golden){"fused_each", "reverse", PLAN_SEPARATE, 200, 0});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverse),       cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_shared_layers), cmocka_unit_test(test_separate),
        cmocka_unit_test(test_structured),    cmocka_unit_test(test_structured_separate),
        cmocka_unit_test(test_loss_in_parts), cmocka_unit_test(test_fused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
