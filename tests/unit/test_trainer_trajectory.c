// The trainer with a program of zeroth order: a run can be replayed from the scalars of its steps alone, also one that
// was interrupted, killed or given another rate. Also runs of several clients, shards as files, and mismatches as
// errors.
#include "tests/unit/bigram_zeroth.h"
#include "tests/unit/trainer_run.h"

#include <stdbool.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/trainer/trainer_hash.h"
#include "runtime/trainer/trajectory.h"

#define ZEROTH "--weights @w.safetensors "
#define ADAPTER "/peft/adapter_model.safetensors"

static int zeroth_setup(void **state) {
    run_setup(state);
    ((struct trainer_run *)*state)->model = bigram_zeroth();
    return 0;
}

static void copy_file(const struct trainer_run *r, const char *from, const char *to) {
    size_t n;
    char *bytes = run_read(run_path(r, from), &n);
    run_write(run_path(r, to), bytes, n);
    free(bytes);
}

static void a_replayed_run_is_the_run(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 600 --seed 4 --accumulate 2 --out @run --log @log --quiet");
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @again --eval @eval.tok");
    assert_non_null(strstr(r->out, "replayed 600 steps"));
    assert_non_null(strstr(r->out, "step 600/600  0:00 left\n"));
    assert_non_null(strstr(r->out, "evaluation loss"));
    run_expect_same(r, "run" ADAPTER, "again" ADAPTER);
    struct stat s;
    assert_int_equal(stat(run_path(r, "run/trajectory.bin"), &s), 0);
    assert_int_equal(s.st_size, TRAJECTORY_SEGMENT_BYTES + 4 * 600 + 3 * 16);
    size_t n;
    char *log = run_read(run_path(r, "log"), &n); // it learned something
    const char *first = strstr(log, "\"loss\":"), *last = strstr(log, "{\"step\":600,");
    assert_true(atof(strstr(last, "\"loss\":") + 7) < 0.9 * atof(first + 7));
    free(log);
}

static void a_replay_stops_at_the_first_signal(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 9 --seed 4 --out @run --quiet");
    bigram_control()->interrupt_step = 5;
    run_says(r, 130, ZEROTH "--replay @run/trajectory.bin --out @again",
             "interrupted after step 5; nothing was written");
    assert_int_not_equal(access(run_path(r, "again/peft"), F_OK), 0);
}

static void an_adapter_to_begin_from_is_given_again(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 3 --seed 9 --out @base --quiet");
    run_expect(r, 0, BASE "--steps 20 --seed 4 --adapter @base/peft --out @run --quiet");
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --adapter @base/peft --out @again --quiet");
    run_expect_same(r, "run" ADAPTER, "again" ADAPTER);
    run_says(r, 1, ZEROTH "--replay @run/trajectory.bin --out @other", "another adapter");
    run_says(r, 1, ZEROTH "--replay @run/trajectory.bin --seed 5 --out @other", "another adapter");
    assert_int_not_equal(access(run_path(r, "other/peft"), F_OK), 0);
}

static void an_interrupted_run_writes_the_same_bytes(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 300 --seed 4 --out @whole --quiet");
    const int at[] = {5, 256, 257};
    bigram_control()->interrupt_step = at[0];
    run_expect(r, 130, BASE "--steps 300 --seed 4 --out @parts --quiet");
    for (int i = 1; i < 3; i++) {
        bigram_control()->interrupt_step = at[i];
        run_expect(r, 130, BASE "--steps 300 --resume @parts --quiet");
        bigram_control()->interrupt_step = 0;
        run_expect(r, 0, ZEROTH "--replay @parts/trajectory.bin --out @part --overwrite --quiet");
    }
    FILE *f = fopen(run_path(r, "parts/trajectory.bin"), "ab"); // as a killed run leaves it: more steps, one cut short
    assert_non_null(f);
    assert_int_equal(fwrite("1234567890", 1, 10, f), 10);
    fclose(f);
    run_says(r, 1, ZEROTH "--replay @parts/trajectory.bin --out @other", "): it is cut short: copy it again");
    run_expect(r, 0, BASE "--steps 300 --resume @parts --quiet");
    run_expect_same(r, "whole/trajectory.bin", "parts/trajectory.bin");
    run_expect_same(r, "whole" ADAPTER, "parts" ADAPTER);
    run_expect_same(r, "whole/checkpoint.safetensors", "parts/checkpoint.safetensors");
}

static void a_run_goes_on_in_another_folder(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 30 --seed 4 --out @whole --quiet");
    bigram_control()->interrupt_step = 12;
    run_expect(r, 130, BASE "--steps 30 --seed 4 --out @parts --quiet");
    bigram_control()->interrupt_step = 0;
    copy_file(r, "parts/trajectory.bin", "before.bin");
    run_expect(r, 0, BASE "--steps 30 --resume @parts --out @rest --quiet");
    run_expect_same(r, "parts/trajectory.bin", "before.bin");
    run_expect_same(r, "whole/trajectory.bin", "rest/trajectory.bin");
    assert_int_equal(unlink(run_path(r, "parts/trajectory.bin")), 0);
    run_expect(r, 0, BASE "--steps 30 --resume @parts --out @late");
    assert_non_null(strstr(r->out, "begins with step 13"));
    run_expect_same(r, "whole" ADAPTER, "late" ADAPTER);
    run_says(r, 1, ZEROTH "--replay @late/trajectory.bin --out @other", "steps before its first one");
}

static void another_rate_is_another_segment(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 10 --seed 4 --out @run --quiet");
    run_expect(r, 0, BASE "--steps 20 --resume @run --lr 0.005 --quiet");
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @again --quiet");
    run_expect_same(r, "run" ADAPTER, "again" ADAPTER);
    struct stat s;
    assert_int_equal(stat(run_path(r, "run/trajectory.bin"), &s), 0);
    assert_int_equal(s.st_size, 2 * TRAJECTORY_SEGMENT_BYTES + 4 * 20 + 16);
    run_expect(r, 0, BASE "--steps 20 --seed 5 --adapter @run/peft --out @other --quiet");
}

// Its schedule and its bound of the norm are in the file, also where another program, or a resumed run, has others.
static void a_replay_needs_no_option_of_its_run(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 12 --seed 4 --schedule cosine --warmup 3 --clip 0.01 --out @run --quiet");
    run_expect(r, 0, BASE "--steps 12 --seed 4 --out @plain --quiet");
    assert_false(run_same_file(r, "run" ADAPTER, "plain" ADAPTER));
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @again --quiet");
    run_expect_same(r, "run" ADAPTER, "again" ADAPTER);
    const struct lrt_plan_info was = *bigram_zeroth_info();
    bigram_zeroth_info()->clip = 0.5;
    bigram_zeroth_info()->schedule = (struct lrt_rate_schedule){LRT_SCHEDULE_LINEAR, 2, 7, 0.5};
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @other --quiet");
    run_expect(r, 0, BASE "--steps 20 --resume @run --quiet");
    *bigram_zeroth_info() = was;
    run_expect_same(r, "again" ADAPTER, "other" ADAPTER);
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @longer --quiet");
    run_expect_same(r, "run" ADAPTER, "longer" ADAPTER);
#define CLIENT BASE "--steps 9 --quiet --adapter @plain/peft "
    run_expect(r, 0, CLIENT "--seed 1 --clip 0.25 --out @one");
    run_expect(r, 0, CLIENT "--seed 2 --clip 0.5 --out @two");
    run_says(r, 1, ZEROTH "--replay @one/trajectory.bin --replay @two/trajectory.bin --adapter @plain/peft",
             "have different learning rates, schedules or clips");
}

// A client whose steps counted no tokens has no part in the mean.
static void steps_of_nothing_have_no_part(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 3 --seed 4 --out @run --quiet");
    unsigned char bytes[TRAJECTORY_SEGMENT_BYTES + 3 * 4 + TRAJECTORY_CHECK_BYTES];
    const uint32_t none = LRT_NO_SCALAR;
    float scalar;
    size_t n;
    char *run = run_read(run_path(r, "run/trajectory.bin"), &n);
    assert_int_equal(n, sizeof bytes);
    memcpy(bytes, run, n);
    free(run);
    memcpy(&scalar, &none, sizeof scalar);
    for (int i = 0; i < 3; i++) lrt_trajectory_put_scalar(bytes + TRAJECTORY_SEGMENT_BYTES + 4 * i, scalar);
    n -= TRAJECTORY_CHECK_BYTES;
    lrt_trajectory_put_check(bytes + n, lrt_trainer_hash_bytes(TRAINER_HASH_START, bytes, n), 0);
    run_write(run_path(r, "nothing.bin"), bytes, sizeof bytes);
    bytes[32] ^= 1; // of another seed
    lrt_trajectory_put_check(bytes + n, lrt_trainer_hash_bytes(TRAINER_HASH_START, bytes, n), 0);
    run_write(run_path(r, "idle.bin"), bytes, sizeof bytes);
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --replay @idle.bin --out @again --quiet");
    run_expect_same(r, "run" ADAPTER, "again" ADAPTER);
    run_says(r, 1, ZEROTH "--replay @nothing.bin --replay @nothing.bin", "of the same seed and shard");
    run_expect(r, 0, ZEROTH "--replay @nothing.bin --replay @idle.bin --out @still --seed 4 --quiet");
    run_expect(r, 0, ZEROTH "--out @fresh --seed 4 --quiet");
    run_expect_same(r, "still" ADAPTER, "fresh" ADAPTER);
}

static void clients_are_replayed_together(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 2 --seed 1 --out @base --quiet");
    run_expect(r, 0, BASE "--steps 9 --seed 1 --adapter @base/peft --out @a --quiet");
    run_expect(r, 0,
               "--weights @w.safetensors --data @eval.tok --steps 9 --seed 2 --adapter @base/peft --out @b --quiet");
    run_expect(r, 0, ZEROTH "--replay @a/trajectory.bin --replay @b/trajectory.bin --adapter @base/peft --out @ab");
    assert_non_null(strstr(r->out, "2 trajectories together"));
    run_expect(r, 0,
               ZEROTH "--replay @b/trajectory.bin --replay @a/trajectory.bin --adapter @base/peft --out @ba --quiet");
    run_says(r, 1, ZEROTH "--replay @a/trajectory.bin --replay @b/trajectory.bin --replay @a/trajectory.bin",
             "a/trajectory.bin are of the same seed and shard");
    assert_false(run_same_file(r, "ab" ADAPTER, "a" ADAPTER));
    assert_false(run_same_file(r, "ab" ADAPTER, "b" ADAPTER));
    run_expect(r, 0, BASE "--steps 8 --seed 3 --adapter @base/peft --out @short --quiet");
    run_says(r, 1, ZEROTH "--replay @a/trajectory.bin --replay @short/trajectory.bin --adapter @base/peft", "9 steps");
    run_expect(r, 0, BASE "--steps 9 --seed 3 --adapter @base/peft --lr 0.001 --out @slow --quiet");
    run_says(r, 1, ZEROTH "--replay @a/trajectory.bin --replay @slow/trajectory.bin --adapter @base/peft",
             "different learning rates");
    run_expect(r, 0, BASE "--steps 9 --seed 3 --adapter @base/peft --shard 1/1 --out @shard --quiet");
    run_says(r, 1, ZEROTH "--replay @a/trajectory.bin --replay @shard/trajectory.bin --adapter @base/peft",
             "of 1 (0: all tensors)");
}

static void what_does_not_fit_is_refused(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 20 --seed 4 --out @run --quiet");
    run_says(r, 1, ZEROTH "--replay @missing", "missing");
    run_says(r, 1, ZEROTH "--replay @data.tok", "not a trajectory");
    run_write(run_path(r, "empty"), "", 0);
    run_says(r, 1, ZEROTH "--replay @empty", "not a trajectory");
    size_t n;
    char *bytes = run_read(run_path(r, "run/trajectory.bin"), &n);
    run_write(run_path(r, "cut"), bytes, n - 16);
    run_says(r, 1, ZEROTH "--replay @cut", "it is cut short (copy it again)");
    run_write(run_path(r, "short"), bytes, 40);
    run_says(r, 1, ZEROTH "--replay @short", "short (40 bytes): it is cut short: copy it again");
    bytes[TRAJECTORY_SEGMENT_BYTES + 4] ^= 1;
    run_write(run_path(r, "bent"), bytes, n);
    run_says(r, 1, ZEROTH "--replay @bent", "it is damaged: copy it again");
    free(bytes);
    const struct lrt_plan_info was = *bigram_zeroth_info();
    bigram_zeroth_info()->optimizer = "adamw";
    run_says(r, 1, ZEROTH "--replay @run/trajectory.bin", "with another alpha, or another optimizer");
    *bigram_zeroth_info() = was;
    bigram_zeroth_info()->n_params = 1;
    run_says(r, 1, ZEROTH "--replay @run/trajectory.bin", "its program trains 2 tensors of 66 numbers");
    if (!strstr(r->err, "; this one trains 1 of 33 with ")) fail_msg("%s", r->err);
    *bigram_zeroth_info() = was;
    bigram_zeroth_info()->perturbation = 0;
    run_says(r, 1, ZEROTH "--replay @run/trajectory.bin",
             "compiled with `gradient zeroth`, this one with `gradient forward(tangents: 1)`");
    *bigram_zeroth_info() = was;
    bigram_zeroth_info()->update = "zeroth eps 0.01, sgd(momentum: 0.5)";
    run_says(r, 1, ZEROTH "--replay @run/trajectory.bin", "or another optimizer or options of it");
    *bigram_zeroth_info() = was;
    run_says(r, 2, ZEROTH "--replay x --clip 1", "--clip and --shard out");
    run_says(r, 2, ZEROTH "--replay x --schedule cosine", "--clip and --shard out");
    run_says(r, 2, ZEROTH "--replay x --warmup 2", "--clip and --shard out");
    run_says(r, 2, ZEROTH "--replay x --resume @run", "leave --data");
    run_says(r, 2, ZEROTH "--replay x --lr 1", "leave --data");
    run_says(r, 2, ZEROTH "--replay x --data @data.tok", "leave --data");
    run_says(r, 2, ZEROTH "--replay x --steps 2", "leave --data");
    run_says(r, 1, BASE "--steps 1 --shard 1/2", "2 shards of 1 trained pairs");
}

static void a_step_that_is_not_finite_is_in_no_trajectory(void **state) {
    struct trainer_run *r = *state;
    run_says(r, 1, BASE "--steps 9 --seed 4 --lr 1e30 --out @run --quiet", "step 2: the loss is not finite any more");
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @again");
    assert_non_null(strstr(r->out, "replayed 1 steps"));
    assert_non_null(strstr(r->out, "the base model is not checked"));
    bigram_control()->interrupt_step = 1;
    run_expect(r, 130, BASE "--steps 9 --seed 4 --lr 1e30 --out @one --quiet");
    run_expect_same(r, "one/trajectory.bin", "run/trajectory.bin");
    size_t n;
    unsigned char *bytes =
        (unsigned char *)run_read(run_path(r, "one/trajectory.bin"), &n); // as other programs may write it
    lrt_trajectory_put_scalar(bytes + TRAJECTORY_SEGMENT_BYTES, NAN);
    n -= TRAJECTORY_CHECK_BYTES;
    lrt_trajectory_put_check(bytes + n, lrt_trainer_hash_bytes(TRAINER_HASH_START, bytes, n), 0);
    run_write(run_path(r, "nan.bin"), bytes, n + TRAJECTORY_CHECK_BYTES);
    free(bytes);
    run_says(r, 1, ZEROTH "--replay @nan.bin --out @other", "nan.bin: step 1 is not finite");
    assert_int_not_equal(access(run_path(r, "other/peft"), F_OK), 0);
}

static void another_run_s_trajectory_is_not_continued(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 5 --seed 4 --out @a --quiet");
    run_expect(r, 0, BASE "--steps 5 --seed 6 --out @b --quiet");
    copy_file(r, "b/trajectory.bin", "a/trajectory.bin");
    run_says(r, 1, BASE "--steps 9 --resume @a", "another run");
    run_expect(r, 0, BASE "--steps 3 --seed 4 --out @c --quiet");
    copy_file(r, "c/trajectory.bin", "a/trajectory.bin");
    run_says(r, 1, BASE "--steps 9 --resume @a", "does not have the steps");
    run_write(run_path(r, "a/trajectory.bin"), "no", 2);
    run_says(r, 1, BASE "--steps 9 --resume @a", "not a trajectory");
}

static void a_shard_is_part_of_a_run(void **state) {
    struct trainer_run *r = *state;
    bigram_control()->interrupt_step = 5;
    run_expect(r, 130, BASE "--steps 9 --seed 4 --shard 1/1 --out @run --quiet");
    bigram_control()->interrupt_step = 0;
    run_says(r, 2, BASE "--steps 9 --resume @run --shard 1/3", "shard 1/1");
    run_expect(r, 0, BASE "--steps 9 --resume @run --quiet");
    run_expect(r, 0, BASE "--steps 9 --seed 4 --out @all --quiet"); // the same tensors
    run_expect_same(r, "run" ADAPTER, "all" ADAPTER);
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @again --quiet");
    run_expect_same(r, "run" ADAPTER, "again" ADAPTER);
}

static void shards_go_from_hand_to_hand(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 5 --seed 4 --shard 1/1 --out @a --shard-out @a.st --quiet");
    run_expect(r, 0, BASE "--steps 5 --seed 5 --out @b --shard-out @b.st");
    assert_non_null(strstr(r->out, "b.st"));
    run_expect(r, 0, ZEROTH "--shard-in @a.st --out @a2 --seed 77 --quiet");
    run_expect_same(r, "a" ADAPTER, "a2" ADAPTER);
    run_expect(r, 0, ZEROTH "--shard-in @a.st --shard-in @b.st --out @mean");
    assert_null(strstr(r->out, "stay as they began"));
    run_says(r, 1, ZEROTH "--shard-in @a.st --shard-in @b.st --shard-in @a.st --out @x", "one shard given twice");
    if (!strstr(r->err, "/a.st and ") || !strstr(r->err, "head.lora_B.weight")) fail_msg("%s", r->err);
    struct lrt_weight_file *files[3];
    const char *names[] = {"a" ADAPTER, "b" ADAPTER, "mean" ADAPTER};
    for (int i = 0; i < 3; i++) assert_int_equal(lrt_weight_file_open(&files[i], run_path(r, names[i]), NULL), LRT_OK);
    for (size_t i = 0; i < 2; i++) {
        float x[3][BIGRAM_RANK * BIGRAM_VOCAB];
        for (int k = 0; k < 3; k++)
            assert_true(lrt_file_tensor_floats(lrt_weight_file_tensor(files[k], i), x[k], BIGRAM_RANK * BIGRAM_VOCAB));
        for (int j = 0; j < BIGRAM_RANK * BIGRAM_VOCAB; j++)
            assert_true(x[2][j] == (float)(((double)x[0][j] + (double)x[1][j]) / 2));
    }
    for (int i = 0; i < 3; i++) lrt_weight_file_close(files[i]);
    run_says(r, 1, ZEROTH "--shard-in @w.safetensors", "none that the model trains");
    run_says(r, 1, ZEROTH "--shard-in @missing.st", "missing.st");
    run_says(r, 2, BASE "--steps 9 --resume @a --shard-in @a.st", "leave --shard-in");
    float half[BIGRAM_RANK * BIGRAM_VOCAB] = {0};
    const struct lrt_named_tensor a_half = {.name = "base_model.model.lm_head.lora_A.weight",
                                            .type = LRT_F32,
                                            .rank = 2,
                                            .shape = {BIGRAM_RANK, BIGRAM_VOCAB},
                                            .source = lrt_floats(half)};
    assert_int_equal(lrt_write_safetensors(run_path(r, "half.st"), &a_half, 1, NULL, 0, NULL), LRT_OK);
    run_expect(r, 0, ZEROTH "--shard-in @half.st --out @x");
    if (!strstr(r->out, "--shard-in: 1 of 2 tensors are in no file and stay as they began")) fail_msg("%s", r->out);
}

static void places_are_tried_before_training(void **state) {
    struct trainer_run *r = *state;
    const char *const options[] = {"--shard-out", "--dump-grads", "--pools"};
    for (size_t i = 0; i < 3; i++) {
        char words[256], says[RUN_PATH_BYTES + 64];
        snprintf(words, sizeof words, BASE "--steps 1 %s @no/such/x --log @log", options[i]);
        snprintf(says, sizeof says, "train: %s: %s/no/such/x: cannot be written", options[i], r->folder);
        run_says(r, 1, words, says);
        snprintf(words, sizeof words, BASE "--steps 1 %s @. --log @log", options[i]);
        run_says(r, 1, words, "it is a folder");
        assert_int_not_equal(access(run_path(r, "log"), F_OK), 0);
    }
    assert_int_equal(mkdir(run_path(r, "out"), 0777), 0);
    assert_int_equal(mkdir(run_path(r, "out/checkpoint.safetensors"), 0777), 0);
    run_says(r, 1, BASE "--steps 1 --out @out --log @log", "train: --out: ");
    assert_int_not_equal(access(run_path(r, "log"), F_OK), 0);
}

static void what_was_written_is_told(void **state) {
    struct trainer_run *r = *state;
    static const char nothing[] = "what is learned will not be written: there is no --out DIR\n";
    run_expect(r, 0, BASE "--steps 2 --out @run");
    assert_non_null(strstr(r->out, "run/trajectory.bin\n"));
    assert_null(strstr(r->out, nothing));
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin --out @again");
    assert_null(strstr(r->out, "again/trajectory.bin"));
    run_expect(r, 0, ZEROTH "--replay @run/trajectory.bin");
    assert_non_null(strstr(r->out, nothing));
    run_expect(r, 0, BASE "--steps 2");
    assert_non_null(strstr(r->out, nothing));
    assert_true(strstr(r->out, nothing) < strstr(r->out, "step 1/2")); // before anything is learned
    run_expect(r, 0, BASE "--steps 2 --quiet");
    assert_null(strstr(r->out, nothing));
    run_expect(r, 0, BASE "--steps 2 --shard-out @x.st");
    assert_null(strstr(r->out, nothing));
    run_expect(r, 0, ZEROTH "--eval @eval.tok");
    assert_null(strstr(r->out, nothing));
}

static void the_estimate_is_dumped(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 1 --seed 4 --dump-grads @g.st --out @run --log @log --quiet");
    struct lrt_weight_file *file;
    double squares = 0;
    assert_int_equal(lrt_weight_file_open(&file, run_path(r, "g.st"), NULL), LRT_OK);
    assert_int_equal(lrt_weight_file_count(file), 2);
    for (size_t i = 0; i < 2; i++) {
        float g[BIGRAM_RANK * BIGRAM_VOCAB];
        assert_true(lrt_file_tensor_floats(lrt_weight_file_tensor(file, i), g, BIGRAM_RANK * BIGRAM_VOCAB));
        for (int k = 0; k < BIGRAM_RANK * BIGRAM_VOCAB; k++) squares += (double)g[k] * (double)g[k];
    }
    lrt_weight_file_close(file);
    size_t n;
    char *log = run_read(run_path(r, "log"), &n);
    const double norm = atof(strstr(log, "\"grad_norm\":") + 12);
    assert_true(fabs(sqrt(squares) - norm) < 1e-6 * norm);
    free(log);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zeroth_setup, run_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_replay_needs_no_option_of_its_run),
        TEST(a_replayed_run_is_the_run),
        TEST(a_replay_stops_at_the_first_signal),
        TEST(an_adapter_to_begin_from_is_given_again),
        TEST(an_interrupted_run_writes_the_same_bytes),
        TEST(a_run_goes_on_in_another_folder),
        TEST(another_rate_is_another_segment),
        TEST(steps_of_nothing_have_no_part),
        TEST(clients_are_replayed_together),
        TEST(what_does_not_fit_is_refused),
        TEST(a_step_that_is_not_finite_is_in_no_trajectory),
        TEST(another_run_s_trajectory_is_not_continued),
        TEST(a_shard_is_part_of_a_run),
        TEST(shards_go_from_hand_to_hand),
        TEST(places_are_tried_before_training),
        TEST(what_was_written_is_told),
        TEST(the_estimate_is_dumped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
