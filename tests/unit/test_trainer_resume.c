// Checkpoints of the trainer: an interrupted and resumed run equals the uninterrupted one, bit for bit. A damaged
// checkpoint, or one of another run, is an error with a reason.
#include "tests/unit/trainer_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/trainer/trainer_checkpoint.h"

// Copies the log without the times and memory figures, which differ between runs.
static char *losses(const struct trainer_run *r, const char *name) {
    size_t n;
    char *text = run_read(run_path(r, name), &n), *to = text;
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n'), *ms = strstr(line, ",\"ms\"");
        assert_non_null(end);
        const size_t keep = (size_t)((ms && ms < end ? ms : end) - line);
        memmove(to, line, keep);
        to[keep] = '\n';
        to += keep + 1;
        line = end + 1;
    }
    *to = 0;
    return text;
}

static void interrupted_and_resumed_equals_uninterrupted(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 40 --seed 4 --accumulate 2 --lr 0.3 --out @whole --log @whole.log --quiet");
    bigram_control()->interrupt_step = 13;
    run_expect(r, 130, BASE "--steps 40 --seed 4 --accumulate 2 --lr 0.3 --out @parts --log @parts.log");
    assert_non_null(strstr(r->out, "--resume"));
    assert_int_equal(access(run_path(r, "parts/peft"), F_OK), 0);
    bigram_control()->interrupt_step = 29;
    run_expect(r, 130, BASE "--steps 40 --resume @parts --log @parts.log --quiet"); // seed, accumulate, lr: as before
    bigram_control()->interrupt_step = 0;
    run_expect(r, 0, BASE "--steps 40 --resume @parts --log @parts.log --quiet --threads 1");
    run_expect_same(r, "whole/checkpoint.safetensors", "parts/checkpoint.safetensors");
    run_expect_same(r, "whole/peft/adapter_model.safetensors", "parts/peft/adapter_model.safetensors");
    run_expect_same(r, "whole/gguf/adapter.gguf", "parts/gguf/adapter.gguf");
    char *whole = losses(r, "whole.log"), *parts = losses(r, "parts.log");
    assert_string_equal(whole, parts);
    free(whole);
    free(parts);
}

static void resuming_forgets_what_was_logged_after_the_checkpoint(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 12 --out @whole --log @whole.log --quiet");
    bigram_control()->interrupt_step = 6;
    run_expect(r, 130, BASE "--steps 12 --out @parts --log @parts.log --quiet");
    bigram_control()->interrupt_step = 0;
    FILE *log = fopen(run_path(r, "parts.log"), "a"); // as a killed run leaves it: two more steps, the second cut short
    assert_non_null(log);
    fprintf(log, "{\"step\":7,\"loss\":1.5,\"lr\":1,\"grad_norm\":1,\"tokens\":1,\"ms\":1,\"rss_anon\":1,\"rss_file\":"
                 "1}\n{\"step\":8,\"lo");
    fclose(log);
    run_expect(r, 0, BASE "--steps 12 --resume @parts --log @parts.log --quiet");
    char *whole = losses(r, "whole.log"), *parts = losses(r, "parts.log");
    assert_string_equal(whole, parts);
    free(whole);
    free(parts);
}

static void a_finished_run_goes_on_with_more_steps(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 5 --out @run --log @log --quiet --checkpoint-every 2");
    run_expect(r, 0, BASE "--steps 9 --resume @run --log @log --quiet");
    char *lines = losses(r, "log");
    int n = 0;
    for (const char *p = lines; *p; p++) n += *p == '\n';
    assert_int_equal(n, 9);
    assert_non_null(strstr(lines, "{\"step\":9,"));
    free(lines);
}

static void the_schedule_is_that_of_the_run_s_beginning(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 12 --out @whole --log @whole.log --quiet");
    bigram_control()->interrupt_step = 4;
    run_expect(r, 130, BASE "--steps 12 --out @parts --log @parts.log --quiet");
    bigram_control()->interrupt_step = 0;
    run_expect(r, 0, BASE "--steps 8 --resume @parts --log @parts.log"); // ends earlier, with the rates of 12 steps
    assert_non_null(strstr(r->out, "as laid out for the run's 12 steps\n"));
    run_expect(r, 0, BASE "--steps 12 --resume @parts --log @parts.log"); // it is still the same run
    assert_null(strstr(r->out, "laid out"));
    run_expect_same(r, "whole/checkpoint.safetensors", "parts/checkpoint.safetensors");
    char *whole = losses(r, "whole.log"), *parts = losses(r, "parts.log");
    assert_string_equal(whole, parts);
    free(whole);
    free(parts);
    run_expect(r, 0, BASE "--steps 14 --resume @parts");
    assert_non_null(strstr(r->out, "--adapter"));
    struct lrt_plan_info plan = bigram_plan_info; // its own schedule: no message
    plan.schedule_of_run = 0;
    bigram_control()->plan = &plan;
    run_expect(r, 0, BASE "--steps 15 --resume @parts");
    bigram_control()->plan = &bigram_plan_info;
    assert_null(strstr(r->out, "laid out"));
}

static void without_a_folder_nothing_is_saved_and_that_is_said(void **state) {
    struct trainer_run *r = *state;
    bigram_control()->interrupt_step = 2;
    run_expect(r, 130, BASE "--steps 12");
    assert_non_null(strstr(r->out, "nothing was saved"));
}

static void the_handler_falls_back_after_the_first_signal(void **state) {
    struct trainer_run *r = *state;
    struct sigaction now;
    bigram_control()->interrupt_step = 2;
    run_expect(r, 130, BASE "--steps 12 --quiet");
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL); // a second signal would end the process
}

static void an_evaluation_stops_at_the_first_signal(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, "--weights @w.safetensors --steps 0 --eval @eval.tok --out @run --log @log --quiet");
    const long whole = bigram_control()->calls;
    assert_true(whole > 3);
    bigram_control()->calls = 0;
    bigram_control()->interrupt_call = 2;
    run_expect(r, 130, "--weights @w.safetensors --steps 0 --eval @eval.tok --out @other --log @other.log");
    assert_int_equal(bigram_control()->calls, 2);
    assert_non_null(strstr(r->out, "evaluation interrupted after 4 of 9 rows"));
    assert_null(strstr(r->out, "evaluation loss"));
    assert_int_not_equal(access(run_path(r, "other/peft"), F_OK), 0); // an unfinished run writes nothing
}

static void an_answer_stops_at_the_first_signal(void **state) {
    struct trainer_run *r = *state;
    const char *words = "--weights @w.safetensors --tokenizer @tokenizer.json --sample abc --max-tokens 20 --quiet";
    run_write_tokenizer(r);
    run_expect(r, 0, words);
    assert_int_equal(bigram_control()->calls, 20);
    assert_int_equal(strlen(r->out), 21);
    bigram_control()->calls = 0;
    bigram_control()->interrupt_call = 3;
    run_expect(r, 130, words);
    assert_int_equal(bigram_control()->calls, 3);
    assert_int_equal(strlen(r->out), 4); // three letters and the end of the line
}

static void a_signal_in_an_evaluation_costs_no_step(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 12 --out @whole --quiet");
    for (int call = 2; call <= 5; call += 3) { // 5 calls an evaluation: within it, and in its last one
        bigram_control()->calls = 0;
        bigram_control()->interrupt_call = call;
        run_expect(r, 130,
                   BASE "--steps 12 --out @parts --overwrite --log @parts.log --eval @eval.tok "
                        "--eval-every 4");
        assert_int_equal(bigram_control()->calls, call);
        assert_non_null(strstr(r->out, "interrupted after step 4; saved"));
        char *lines = losses(r, "parts.log");
        assert_null(strstr(lines, "{\"step\":5,"));
        assert_true((strstr(lines, "eval_loss") != NULL) == (call == 5));
        free(lines);
        run_expect(r, 0, BASE "--steps 12 --resume @parts --quiet");
        run_expect_same(r, "whole/checkpoint.safetensors", "parts/checkpoint.safetensors");
    }
}

static void a_signal_in_the_last_evaluation_leaves_a_checkpoint_that_can_end(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 6 --out @whole --quiet");
    bigram_control()->interrupt_call = 2;
    run_expect(r, 130, BASE "--steps 6 --out @parts --eval @eval.tok --quiet");
    run_expect_same(r, "whole/checkpoint.safetensors", "parts/checkpoint.safetensors");
    assert_int_equal(access(run_path(r, "parts/peft"), F_OK), 0);
    run_expect(r, 0, BASE "--steps 6 --resume @parts --eval @eval.tok");
    assert_non_null(strstr(r->out, "evaluation loss"));
    run_expect_same(r, "whole/peft/adapter_model.safetensors", "parts/peft/adapter_model.safetensors");
}

static void another_run_is_refused(void **state) {
    struct trainer_run *r = *state;
    const struct {
        int code;
        const char *words, *says;
    } cases[] = {
        {2, BASE "--steps 9 --resume @run --seed 2", "--seed 1, not 2"},
        {2, BASE "--steps 9 --resume @run --accumulate 3", "--accumulate 1, not 3"},
        {2, BASE "--steps 9 --resume @run --no-shuffle", "--no-shuffle"},
        {2, BASE "--steps 9 --resume @run --adapter @run/peft", "--adapter"},
        {1, "--weights @w.safetensors --data @eval.tok --steps 9 --resume @run", "data of"},
        {1, BASE "--steps 9 --resume @nowhere", "nowhere"},
    };
    run_expect(r, 0, BASE "--steps 4 --seed 1 --out @run --quiet");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_expect(r, cases[i].code, cases[i].words);
        if (!strstr(r->err, cases[i].says))
            fail_msg("train %s: no \"%s\" in: %s", cases[i].words, cases[i].says, r->err);
    }
}

static void damaged_checkpoints_are_refused(void **state) {
    struct trainer_run *r = *state;
    size_t n;
    run_expect(r, 0, BASE "--steps 4 --out @run --quiet");
    char *good = run_read(run_path(r, "run/checkpoint.safetensors"), &n);
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--) header = header << 8 | (unsigned char)good[i];
    assert_true(header + 8 < n);
    for (size_t cut = 0; cut < n; cut += cut < 64 ? 7 : 61) {
        run_write(run_path(r, "run/checkpoint.safetensors"), good, cut);
        run_expect(r, 1, BASE "--steps 9 --resume @run --quiet");
        assert_true(strlen(r->err) > 10);
    }
    for (size_t at = 0; at < header + 8; at += 5) { // a changed header is an error, or means the same
        char was = good[at];
        good[at] = (char)(was ^ 0x14);
        run_write(run_path(r, "run/checkpoint.safetensors"), good, n);
        const int code = run_trainer(r, BASE "--steps 4 --resume @run --quiet");
        assert_true(code == 0 || code == 1 || code == 2);
        good[at] = was;
    }
    free(good);
}

static void a_strange_tensor_of_a_checkpoint_is_refused(void **state) {
    static const char more[] = "{\"stowaway\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},";
    const size_t added = sizeof more - 2; // its brace takes the place of the header's
    struct trainer_run *r = *state;
    size_t n;
    run_expect(r, 0, BASE "--steps 4 --out @run --quiet");
    char *good = run_read(run_path(r, "run/checkpoint.safetensors"), &n), *bad = malloc(n + added);
    uint64_t header = 0;
    memcpy(&header, good, 8);
    header += added;
    memcpy(bad, &header, 8);
    memcpy(bad + 8, more, sizeof more - 1);
    memcpy(bad + 8 + sizeof more - 1, good + 9, n - 9);
    run_write(run_path(r, "run/checkpoint.safetensors"), bad, n + added);
    run_expect(r, 1, BASE "--steps 9 --resume @run --quiet");
    if (!strstr(r->err, "tensor stowaway is none that a run writes")) fail_msg("%s", r->err);
    free(good);
    free(bad);
}

// Puts 16 hexadecimal digits in place of those behind a key of the checkpoint's header.
static void patch_number(char *bytes, size_t n, const char *key, const char *digits) {
    char *at = memmem(bytes, n, key, strlen(key));
    assert_non_null(at);
    at += strlen(key);
    while (*at != ':') at++;
    while (*at != '"') at++;
    memcpy(at + 1, digits, 16);
}

static void impossible_numbers_of_a_checkpoint_are_refused(void **state) {
    struct trainer_run *r = *state;
    const struct {
        const char *key, *digits;
    } cases[] = {
        {"lorac.micro_batches", "0000000080000000"},
        {"lorac.micro_batches", "4000000000000001"},
        {"lorac.micro_batches", "0000000000000000"},
        {"lorac.micro_batches", "ffffffffffffffff"},
        {"lorac.step\"", "4000000000000000"},
        {"lorac.step\"", "8000000000000000"},
        {"lorac.steps", "7fffffffffffffff"},
        {"lorac.position", "7ffffffffffffff0"},
        {"lorac.position", "8000000000000000"},
        {"lorac.learning_rate_bits", "7ff0000000000000"},
        {"lorac.learning_rate_bits", "7ff8000000000000"},
    };
    size_t n;
    run_expect(r, 0, BASE "--steps 4 --out @run --quiet");
    char *good = run_read(run_path(r, "run/checkpoint.safetensors"), &n);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *bad = malloc(n);
        assert_non_null(bad);
        memcpy(bad, good, n);
        patch_number(bad, n, cases[i].key, cases[i].digits);
        run_write(run_path(r, "run/checkpoint.safetensors"), bad, n);
        free(bad);
        run_expect(r, 1, BASE "--steps 9 --resume @run --quiet");
        char key[64];
        snprintf(key, sizeof key, "%.*s is a number", (int)strcspn(cases[i].key, "\""), cases[i].key);
        if (!strstr(r->err, "run/checkpoint.safetensors") || !strstr(r->err, key))
            fail_msg("%s %s: %s", cases[i].key, cases[i].digits, r->err);
    }
    free(good);
}

static void a_step_that_no_memory_holds_is_refused(void **state) {
    struct trainer_run *r = *state;
    struct lrt_plan_info plan = bigram_plan_info;
    plan.batch = INT64_C(1) << 40;
    plan.seq = INT32_MAX;
    bigram_control()->plan = &plan;
    const int code = run_trainer(r, BASE "--steps 1 --accumulate 2147483647");
    bigram_control()->plan = &bigram_plan_info;
    assert_int_equal(code, 1);
    assert_non_null(strstr(r->err, "more than memory can hold"));
}

static void the_hash_differs_between_models(void **state) {
    (void)state;
    struct lrt_plan_info plan = bigram_plan_info;
    struct lrt_weight_info weight = bigram_weights[0];
    struct lrt_tensor slot = lrt_floats(NULL);
    const struct lrt_weights weights = {&slot, 1, 0};
    const uint64_t hash = lrt_trainer_model_hash(&plan, &weights);
    plan.weights = &weight;
    assert_true(lrt_trainer_model_hash(&plan, &weights) == hash);
    weight.shape[1]++;
    assert_true(lrt_trainer_model_hash(&plan, &weights) != hash);
    weight.shape[1]--;
    weight.name = "tail";
    assert_true(lrt_trainer_model_hash(&plan, &weights) != hash);
    weight.name = bigram_weights[0].name;
    slot.type = LRT_Q8_0;
    assert_true(lrt_trainer_model_hash(&plan, &weights) != hash);
    slot.type = LRT_F32;
    plan.optimizer = "adamw";
    assert_true(lrt_trainer_model_hash(&plan, &weights) != hash);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, run_setup, run_teardown)
    const struct CMUnitTest tests[] = {
        CASE(interrupted_and_resumed_equals_uninterrupted),
        CASE(resuming_forgets_what_was_logged_after_the_checkpoint),
        CASE(a_finished_run_goes_on_with_more_steps),
        CASE(the_schedule_is_that_of_the_run_s_beginning),
        CASE(without_a_folder_nothing_is_saved_and_that_is_said),
        CASE(the_handler_falls_back_after_the_first_signal),
        CASE(an_evaluation_stops_at_the_first_signal),
        CASE(an_answer_stops_at_the_first_signal),
        CASE(a_signal_in_an_evaluation_costs_no_step),
        CASE(a_signal_in_the_last_evaluation_leaves_a_checkpoint_that_can_end),
        CASE(another_run_is_refused),
        CASE(damaged_checkpoints_are_refused),
        CASE(a_strange_tensor_of_a_checkpoint_is_refused),
        CASE(impossible_numbers_of_a_checkpoint_are_refused),
        CASE(a_step_that_no_memory_holds_is_refused),
        CASE(the_hash_differs_between_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
