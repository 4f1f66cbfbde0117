// Model calls: what the functions of a generated model refuse, and in which order they run a program's slices. The
// program of this test notes its slices; its gradient gives each micro-batch a loss of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_model.h>

enum { VOCAB = 5, TOKENS = 4, TARGETS = 3, IGNORE = -100, LOGITS_ROWS = 2, MEMORY = 1 << 20, FLOATS = 32 };
enum { LOSS = 64, EVAL_LOSS = 128 }; // offsets in the arena

static _Thread_local char noted[64]; // what ran: a letter a slice, a digit an iteration

static void note(char what, int64_t iteration) {
    const size_t n = strlen(noted);
    assert_true(n + 2 < sizeof noted);
    noted[n] = what;
    noted[n + 1] = (char)('0' + iteration);
    noted[n + 2] = 0;
}

static void put(struct lrt_model *m, size_t offset, double x) { memcpy(m->arena + offset, &x, sizeof x); }

static void run_forward(struct lrt_model *m, int64_t iteration) {
    note('f', iteration);
    put(m, LOSS, 0);
    m->gradients[0] += m->loss_weight;
}
static void run_backward(struct lrt_model *m, int64_t iteration) {
    note('b', iteration);
    put(m, LOSS, m->tokens[0]);
}
static void run_update(struct lrt_model *m, int64_t iteration) {
    note('u', iteration);
    m->grad_norm = 7;
}
static void run_eval(struct lrt_model *m, int64_t iteration) {
    note('e', iteration);
    assert_true(m->loss_weight == 1.0f);
    put(m, EVAL_LOSS, 2.5);
}
static void run_logits(struct lrt_model *m, int64_t iteration) {
    note('l', iteration);
    for (int32_t i = 0; i < m->n_rows; i++) m->logits[i] = (float)m->tokens[m->rows[i]];
}

static const struct lrt_slice gradient[] = {{.run = run_forward, .stride = 1, .iterations = 2},
                                            {.run = run_backward, .first = 1, .stride = -1, .iterations = 2}},
                              update[] = {{.run = run_update, .stride = 1, .iterations = 1}},
                              evaluation[] = {{.run = run_eval, .stride = 1, .iterations = 1}},
                              row_logits[] = {{.run = run_logits, .stride = 1, .iterations = 1}};

struct start {
    struct lrt_plan_info info;
    struct lrt_program program;
    struct lrt_model model;
    void *memory;
};

static void start(struct start *s, struct lrt_options o) {
    s->info = (struct lrt_plan_info){
        .vocab = VOCAB, .ignore = IGNORE, .logits_rows = LOGITS_ROWS, .max_threads = 2, .learning_rate = 0.5};
    s->program = (struct lrt_program){.info = &s->info,
                                      .memory_bytes = MEMORY,
                                      .arena_bytes = 256,
                                      .param_floats = FLOATS,
                                      .gradient_floats = FLOATS,
                                      .state_floats = 2 * FLOATS,
                                      .tokens = TOKENS,
                                      .targets = TARGETS,
                                      .gradient = {gradient, 2},
                                      .update = {update, 1},
                                      .eval = {evaluation, 1},
                                      .logits = {row_logits, 1},
                                      .loss_offset = LOSS,
                                      .eval_loss_offset = EVAL_LOSS};
    s->memory = aligned_alloc(LRT_ALIGNMENT, MEMORY);
    assert_non_null(s->memory);
    const struct lrt_weights w = {0};
    noted[0] = 0;
    assert_int_equal(lrt_model_init(&s->model, &s->program, s->memory, MEMORY, &w, &o), LRT_OK);
}

static void stop(struct start *s) {
    lrt_model_stop(&s->model);
    free(s->memory);
}

static const int32_t tokens[2 * TOKENS] = {3, 0, 4, 1, 2, 2, 0, 4}, targets[2 * TARGETS] = {0, 1, IGNORE, 2, IGNORE, 4};

static void a_step_runs_all_slices_of_all_micro_batches(void **state) {
    (void)state;
    struct start s;
    struct lrt_step step;
    start(&s, (struct lrt_options){.learning_rate = 0.25});
    assert_int_equal(lrt_model_step(&s.model, tokens, targets, 2, &step), LRT_OK);
    assert_string_equal(noted, "f0f1b1b0f0f1b1b0u0");
    assert_int_equal(step.counted, 4);
    assert_true(step.loss == (3.0 + 2.0) / 4 && step.grad_norm == 7 && step.learning_rate == 0.25);
    assert_true(s.model.gradients[0] == 4 * 0.25f);
    assert_int_equal(s.model.run.step, 1);
    assert_int_equal(lrt_model_step(&s.model, tokens, targets, 1, &step), LRT_OK); // from gradients of zero
    assert_true(s.model.gradients[0] == 2 * 0.5f && step.loss == 1.5 && step.counted == 2);
    assert_int_equal(lrt_model_step(&s.model, tokens, targets, 1, NULL), LRT_OK);
    stop(&s);
}

// It updates nothing, and it is counted: the rate goes by the number of the step.
static void a_step_of_no_targets_runs_nothing(void **state) {
    (void)state;
    static const int32_t none[TARGETS] = {IGNORE, IGNORE, IGNORE};
    struct start s;
    struct lrt_step step;
    double sum = 1;
    int64_t counted = 1;
    start(&s, (struct lrt_options){0});
    assert_int_equal(lrt_model_step(&s.model, tokens, none, 1, &step), LRT_OK);
    assert_string_equal(noted, "");
    assert_true(step.loss == 0 && step.counted == 0 && step.grad_norm == 0 && step.learning_rate == 0.5);
    assert_int_equal(s.model.run.step, 1);
    assert_int_equal(lrt_model_eval(&s.model, tokens, none, &sum, &counted), LRT_OK);
    assert_string_equal(noted, "");
    assert_true(sum == 0 && counted == 0);
    stop(&s);
}

static void a_step_goes_in_slices_and_can_be_dropped(void **state) {
    (void)state;
    struct start s;
    struct lrt_step step;
    double sum;
    int64_t counted;
    start(&s, (struct lrt_options){0});
    assert_int_equal(lrt_model_advance(&s.model), LRT_ERR_STATE); // not begun
    assert_int_equal(lrt_model_finish(&s.model, &step), LRT_ERR_STATE);
    assert_int_equal(lrt_model_begin(&s.model, tokens, targets, 1), LRT_OK);
    assert_int_equal(lrt_model_advance(&s.model), LRT_MORE);
    assert_string_equal(noted, "f0");
    assert_int_equal(lrt_model_finish(&s.model, &step), LRT_ERR_STATE); // not complete
    assert_int_equal(lrt_model_eval(&s.model, tokens, targets, &sum, &counted), LRT_OK);
    assert_true(sum == 2.5 && counted == 2);
    assert_string_equal(noted, "f0e0");
    assert_int_equal(lrt_model_advance(&s.model), LRT_ERR_STATE); // evaluation dropped the step
    assert_int_equal(lrt_model_begin(&s.model, tokens, targets, 1), LRT_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(lrt_model_advance(&s.model), LRT_MORE);
    for (int i = 0; i < 2; i++) assert_int_equal(lrt_model_advance(&s.model), LRT_OK); // complete, and stays so
    assert_string_equal(noted, "f0e0f0f1b1b0");
    assert_int_equal(lrt_model_finish(&s.model, &step), LRT_OK);
    assert_int_equal(lrt_model_finish(&s.model, &step), LRT_ERR_STATE); // once
    assert_int_equal(s.model.run.step, 1);
    stop(&s);
}

static void logits_are_of_the_rows_asked_for(void **state) {
    (void)state;
    struct start s;
    float out[LOGITS_ROWS] = {0};
    const int32_t rows[] = {2, 0, 1};
    start(&s, (struct lrt_options){0});
    assert_int_equal(lrt_model_logits(&s.model, tokens, rows, 2, out), LRT_OK);
    assert_true(out[0] == 4.0f && out[1] == 3.0f);
    assert_int_equal(lrt_model_logits(&s.model, tokens, rows, 1, out), LRT_OK);
    assert_int_equal(lrt_model_logits(&s.model, tokens, rows, 0, out), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_logits(&s.model, tokens, rows, LOGITS_ROWS + 1, out), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_logits(&s.model, tokens, NULL, 1, out), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_logits(&s.model, tokens, rows, 1, NULL), LRT_ERR_ARGUMENT);
    const int32_t beyond[] = {TOKENS - 1, TOKENS}, before[] = {-1};
    assert_int_equal(lrt_model_logits(&s.model, tokens, beyond, 1, out), LRT_OK);
    assert_int_equal(lrt_model_logits(&s.model, tokens, beyond, 2, out), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_logits(&s.model, tokens, before, 1, out), LRT_ERR_ARGUMENT);
    stop(&s);
}

static void expect(struct start *s, int status, int wanted, const char *words) {
    assert_int_equal(status, wanted);
    if (!strstr(lrt_error(&s->model.run), words)) fail_msg("\"%s\", not \"%s\"", lrt_error(&s->model.run), words);
}

// Every id of every micro-batch is looked at, the first and the last of them too; an ignored target may be any number.
static void ids_outside_the_vocabulary_are_refused(void **state) {
    (void)state;
    static const int32_t bad[] = {-1, VOCAB, IGNORE, INT32_MAX, INT32_MIN};
    struct start s;
    double sum;
    int64_t counted;
    float out[1];
    const int32_t row = 0;
    start(&s, (struct lrt_options){0});
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
        for (int at = 0; at < 2 * TOKENS; at++) {
            int32_t t[2 * TOKENS];
            memcpy(t, tokens, sizeof t);
            t[at] = bad[b];
            char words[64];
            snprintf(words, sizeof words, "token %d is %d, the vocabulary has %d", at, (int)bad[b], VOCAB);
            expect(&s, lrt_model_begin(&s.model, t, targets, 2), LRT_ERR_ARGUMENT, words);
            if (at >= TOKENS) continue;
            expect(&s, lrt_model_eval(&s.model, t, targets, &sum, &counted), LRT_ERR_ARGUMENT, words);
            expect(&s, lrt_model_logits(&s.model, t, &row, 1, out), LRT_ERR_ARGUMENT, words);
        }
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
        for (int at = 0; at < 2 * TARGETS && bad[b] != IGNORE; at++) {
            int32_t t[2 * TARGETS];
            memcpy(t, targets, sizeof t);
            t[at] = bad[b];
            expect(&s, lrt_model_begin(&s.model, tokens, t, 2), LRT_ERR_ARGUMENT, "target ");
            if (at < TARGETS)
                expect(&s, lrt_model_eval(&s.model, tokens, t, &sum, &counted), LRT_ERR_ARGUMENT, "target ");
        }
    assert_string_equal(noted, "");
    stop(&s);
}

static void calls_that_cannot_be_are_refused(void **state) {
    (void)state;
    struct start s;
    double sum;
    int64_t counted;
    start(&s, (struct lrt_options){0});
    expect(&s, lrt_model_begin(&s.model, NULL, targets, 1), LRT_ERR_ARGUMENT, "begin: tokens are null");
    expect(&s, lrt_model_begin(&s.model, tokens, NULL, 1), LRT_ERR_ARGUMENT, "targets are null");
    expect(&s, lrt_model_begin(&s.model, tokens, targets, 0), LRT_ERR_ARGUMENT, "less than one micro-batch");
    expect(&s, lrt_model_eval(&s.model, tokens, NULL, &sum, &counted), LRT_ERR_ARGUMENT, "eval: targets");
    expect(&s, lrt_model_eval(&s.model, tokens, targets, NULL, &counted), LRT_ERR_ARGUMENT, "loss_sum");
    expect(&s, lrt_model_eval(&s.model, tokens, targets, &sum, NULL), LRT_ERR_ARGUMENT, "counted are null");
    assert_int_equal(lrt_model_begin(NULL, tokens, targets, 1), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_advance(NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_finish(NULL, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_eval(NULL, tokens, targets, &sum, &counted), LRT_ERR_ARGUMENT);
    s.info.fused = true;
    expect(&s, lrt_model_begin(&s.model, tokens, targets, 2), LRT_ERR_ARGUMENT, "update fused");
    assert_int_equal(lrt_model_begin(&s.model, tokens, targets, 1), LRT_OK);
    s.program.page_bytes = 1;
    expect(&s, lrt_model_begin(&s.model, tokens, targets, 1), LRT_ERR_ARGUMENT, "init needs a pager");
    s.program.eval.count = 0;
    expect(&s, lrt_model_eval(&s.model, tokens, targets, &sum, &counted), LRT_ERR_STATE, "compiled without it");
    lrt_model_stop(&s.model);
    expect(&s, lrt_model_begin(&s.model, tokens, targets, 1), LRT_ERR_STATE, "begin: the model is not initialised");
    free(s.memory);
}

static int init_status(struct start *s, void *memory, size_t bytes, const struct lrt_weights *w, int threads) {
    const int status =
        lrt_model_init(&s->model, &s->program, memory, bytes, w, &(struct lrt_options){.threads = threads});
    if (status == LRT_OK) lrt_model_stop(&s->model);
    return status;
}

static void what_init_needs_is_there(void **state) {
    (void)state;
    struct start s;
    const struct lrt_weights none = {0}, one = {.count = 1};
    start(&s, (struct lrt_options){0});
    lrt_model_stop(&s.model);
    assert_int_equal(init_status(&s, s.memory, MEMORY, &none, 2), LRT_OK);
    assert_int_equal(init_status(&s, s.memory, MEMORY, &none, 3), LRT_ERR_ARGUMENT); // compiled for two threads
    assert_int_equal(init_status(&s, s.memory, MEMORY, &none, -1), LRT_ERR_ARGUMENT);
    assert_int_equal(init_status(&s, s.memory, MEMORY - 1, &none, 1), LRT_ERR_ARGUMENT);
    assert_int_equal(init_status(&s, NULL, MEMORY, &none, 1), LRT_ERR_ARGUMENT);
    assert_int_equal(init_status(&s, (char *)s.memory + 1, MEMORY, &none, 1), LRT_ERR_ARGUMENT);
    assert_int_equal(init_status(&s, s.memory, MEMORY, NULL, 1), LRT_ERR_ARGUMENT);
    assert_int_equal(init_status(&s, s.memory, MEMORY, &one, 1), LRT_ERR_ARGUMENT);
    free(s.memory);
}

// The pools lie beside each other, begin at zero, and are to be seen until the model stops.
static void pools_are_zero_and_apart(void **state) {
    (void)state;
    struct start s;
    size_t n[3] = {1, 1, 1};
    start(&s, (struct lrt_options){0});
    const float *adapters = lrt_model_adapter(&s.model, &n[0]), *gradients = lrt_model_gradient(&s.model, &n[1]),
                *moments = lrt_model_state(&s.model, &n[2]);
    assert_true(n[0] == FLOATS && n[1] == FLOATS && n[2] == 2 * FLOATS);
    assert_true(adapters + FLOATS == gradients && gradients + FLOATS == moments);
    for (int i = 0; i < 4 * FLOATS; i++) assert_true(adapters[i] == 0);
    lrt_model_stop(&s.model);
    assert_null(lrt_model_adapter(&s.model, &n[0]));
    assert_null(lrt_model_gradient(&s.model, &n[1]));
    assert_null(lrt_model_state(&s.model, &n[2]));
    assert_null(lrt_model_state(NULL, NULL));
    assert_true(n[0] == 0 && n[1] == 0 && n[2] == 0);
    free(s.memory);
}

static void a_poisoned_place_is_signalling_nans(void **state) {
    (void)state;
    uint32_t place[5] = {0};
    lrt_debug_poison(place, 4 * sizeof *place);
    for (int i = 0; i < 4; i++) assert_true((place[i] & 0x7fc00000) == 0x7f800000 && (place[i] & 0x3fffff) != 0);
    assert_int_equal(place[4], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_runs_all_slices_of_all_micro_batches),
        cmocka_unit_test(a_step_of_no_targets_runs_nothing),
        cmocka_unit_test(a_step_goes_in_slices_and_can_be_dropped),
        cmocka_unit_test(logits_are_of_the_rows_asked_for),
        cmocka_unit_test(ids_outside_the_vocabulary_are_refused),
        cmocka_unit_test(calls_that_cannot_be_are_refused),
        cmocka_unit_test(what_init_needs_is_there),
        cmocka_unit_test(pools_are_zero_and_apart),
        cmocka_unit_test(a_poisoned_place_is_signalling_nans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
