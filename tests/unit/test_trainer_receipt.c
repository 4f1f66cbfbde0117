// Receipts: SHA-256 as the standard says; a resumed run's receipt is an uninterrupted one's; a verification finds what
// differs and writes nothing; what strangers write is refused.
#include "tests/unit/trainer_run.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lorac/lrt_sha256.h>
#include "runtime/trainer/receipt.h"

#define RUN BASE "--steps 25 --seed 4 --quiet "
#define VERIFY BASE "--quiet --verify-receipt "

static char *read_text(const struct trainer_run *r, const char *name) {
    size_t n;
    return run_read(run_path(r, name), &n);
}

// Writes `to`: `from` with its first `was` replaced.
static void change(const struct trainer_run *r, const char *from, const char *to, const char *was, const char *now) {
    char *text = read_text(r, from), *at = strstr(text, was);
    if (!at) fail_msg("no %s in %s", was, text);
    char *changed = malloc(strlen(text) + strlen(now) + 1);
    assert_non_null(changed);
    memcpy(changed, text, (size_t)(at - text));
    strcpy(changed + (at - text), now);
    strcat(changed, at + strlen(was));
    run_write(run_path(r, to), changed, strlen(changed));
    free(changed);
    free(text);
}

// The vectors of FIPS 180-4's examples, in pieces of any length.
static void sha256_is_the_standard_s(void **state) {
    (void)state;
    static const struct {
        const char *text, *digest;
    } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqr"
         "stu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        for (size_t piece = 1; piece < 70; piece++) {
            struct lrt_sha256 h;
            char digest[LRT_SHA256_TEXT];
            const size_t n = strlen(vectors[i].text);
            lrt_sha256_begin(&h);
            for (size_t at = 0; at < n; at += piece)
                lrt_sha256_add(&h, vectors[i].text + at, n - at < piece ? n - at : piece);
            lrt_sha256_end(&h, digest);
            assert_string_equal(digest, vectors[i].digest);
        }
    struct lrt_sha256 h;
    char digest[LRT_SHA256_TEXT], thousand[1000];
    memset(thousand, 'a', sizeof thousand);
    lrt_sha256_begin(&h);
    for (int i = 0; i < 1000; i++) lrt_sha256_add(&h, thousand, sizeof thousand);
    lrt_sha256_end(&h, digest);
    assert_string_equal(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void a_receipt_is_verified_and_nothing_is_written(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, RUN "--accumulate 2 --lr 0.02 --out @run --receipt @r.json");
    char *text = read_text(r, "r.json");
    assert_non_null(strstr(text, "\"step\": 20, \"loss\": "));
    assert_non_null(strstr(text, "\"step\": 25, \"loss\": "));
    assert_null(strstr(text, "\"step\": 15"));
    assert_non_null(strstr(text, "\"ended\": true"));
    free(text);
    run_expect(r, 0, VERIFY "@r.json");
    assert_non_null(strstr(r->out, "r.json: equal: all 4 hashes of the adapter, until step 25"));
    assert_int_not_equal(access(run_path(r, "peft"), F_OK), 0);
    run_expect(r, 0, RUN "--receipt @two.json --receipt-every 2 --no-shuffle --clip 0.5 --schedule cosine --warmup 3");
    run_expect(r, 0, VERIFY "@two.json");
    assert_non_null(strstr(r->out, "equal: all 14 hashes"));
    run_says(r, 1, RUN "--receipt @two.json", "is there already");
    run_expect(r, 0, BASE "--steps 3 --seed 4 --quiet --receipt @two.json --overwrite");
}

static void a_resumed_run_has_the_receipt_of_the_whole(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, RUN "--out @whole --receipt @whole.json");
    const int at[] = {3, 10, 17};
    for (int i = 0; i < 3; i++) {
        bigram_control()->interrupt_step = at[i];
        run_expect(r, 130,
                   i ? BASE "--steps 25 --quiet --resume @parts --receipt @parts.json"
                     : RUN "--out @parts --receipt @parts.json");
        bigram_control()->interrupt_step = 0;
        run_expect(r, 0, VERIFY "@parts.json"); // of the steps until then
        assert_non_null(strstr(r->out, "had not ended there"));
    }
    run_expect(r, 0, BASE "--steps 25 --quiet --resume @parts --receipt @parts.json");
    run_expect_same(r, "whole.json", "parts.json");
}

static void a_killed_run_loses_what_its_checkpoint_has_not(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, RUN "--out @whole --receipt @whole.json");
    bigram_control()->interrupt_step = 12;
    run_expect(r, 130, RUN "--out @parts --receipt @parts.json");
    bigram_control()->interrupt_step = 0;
    run_expect_same(r, "whole.json", "whole.json");
    char *ahead = read_text(r, "whole.json"); // as of a run that was killed behind its checkpoint
    run_write(run_path(r, "ahead.json"), ahead, strlen(ahead));
    free(ahead);
    run_expect(r, 0, BASE "--steps 25 --quiet --resume @parts --receipt @ahead.json");
    run_expect_same(r, "whole.json", "ahead.json");
}

static void a_late_receipt_says_where_it_begins(void **state) {
    struct trainer_run *r = *state;
    bigram_control()->interrupt_step = 12;
    run_expect(r, 130, RUN "--out @run");
    bigram_control()->interrupt_step = 0;
    run_expect(r, 0, BASE "--steps 25 --quiet --resume @run --receipt @late.json");
    char *text = read_text(r, "late.json");
    assert_non_null(strstr(text, "{\"step\": 12, \"adapter_sha256\""));
    free(text);
    run_expect(r, 0, VERIFY "@late.json");
    assert_non_null(strstr(r->out, "they begin with step 12"));
}

static void what_does_not_fit_a_resumed_run_is_refused(void **state) {
    struct trainer_run *r = *state;
    bigram_control()->interrupt_step = 12;
    run_expect(r, 130, RUN "--out @run --receipt @r.json");
    run_expect(r, 130, BASE "--steps 25 --seed 5 --quiet --out @other --receipt @other.json");
    bigram_control()->interrupt_step = 0;
#define AGAIN BASE "--steps 25 --quiet --resume @run --receipt "
    run_says(r, 1, AGAIN "@other.json", "it is of another run: --seed differs");
    run_says(r, 1, AGAIN "@r.json --receipt-every 5", "--receipt-every differs");
    run_says(r, 2, AGAIN "@r.json --lr 0.25", "a receipt is of one rate");
    bigram_control()->interrupt_step = 2;
    run_expect(r, 130, RUN "--out @short --receipt @short.json");
    bigram_control()->interrupt_step = 0;
    run_says(r, 1, AGAIN "@short.json", "it ends before the checkpoint");
    change(r, "r.json", "bent.json", "\"step\": 12, \"loss\": ", "\"step\": 12, \"loss\": 1");
    run_expect(r, 0, AGAIN "@bent.json"); // that entry is made anew
    run_expect(r, 0, VERIFY "@bent.json");
    bigram_control()->interrupt_step = 18;
    run_expect(r, 130, RUN "--out @later");
    bigram_control()->interrupt_step = 12;
    run_expect(r, 130, RUN "--out @first");
    bigram_control()->interrupt_step = 0;
    run_expect(r, 0, BASE "--steps 25 --quiet --resume @later --receipt @late.json");
    run_says(r, 1, BASE "--steps 25 --quiet --resume @first --receipt @late.json", "it begins behind the checkpoint");
}

static void what_differs_is_named(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, RUN "--out @run --receipt @r.json");
    run_says(r, 1, "--weights @w.safetensors --data @eval.tok --quiet --verify-receipt @r.json", "the number of rows");
    int32_t tokens[RUN_TOKENS];
    memcpy(tokens, r->tokens, sizeof tokens);
    tokens[200] = (tokens[200] + 1) % BIGRAM_VOCAB;
    run_write(run_path(r, "other.tok"), tokens, sizeof tokens);
    run_says(r, 1, "--weights @w.safetensors --data @other.tok --quiet --verify-receipt @r.json",
             "differs in the data: the ids of its rows (data.sha256");
    run_says(r, 1, VERIFY "@r.json --adapter @run/peft", "differs in the adapter before the first step");
    struct lrt_plan_info plan = bigram_plan_info;
    bigram_control()->plan = &plan;
    plan.update = "exact, sgd(momentum: 0.5)";
    run_says(r, 1, VERIFY "@r.json", "differs in the program's method and optimizer (model.update is \"");
    plan = bigram_plan_info;
    plan.model_hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    run_says(r, 1, VERIFY "@r.json", "differs in the model: what it computes and trains (model.sha256");
    plan = bigram_plan_info;
    plan.version = "0.0.1";
    run_expect(r, 0, BASE "--verify-receipt @r.json"); // another lorac is only told
    assert_non_null(strstr(r->err, "this one is of lorac 0.0.1"));
    bigram_control()->plan = &bigram_plan_info;
    const struct {
        const char *was, *now, *says;
    } changes[] = {
        {"\"seed\": 4", "\"seed\": 5", "the order of the rows"},
        {"\"learning_rate\": 0.", "\"learning_rate\": 0.1",
         "after step 0 it was the same, so the first step that "
         "differs is one of 1 to 10"},
        {"{\"step\": 20, \"loss\": ", "{\"step\": 20, \"loss\": 3", "the loss of that step was"},
        {"\"accumulate\": 1", "\"accumulate\": 2", "one of 1 to 10"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change(r, "r.json", "changed.json", changes[i].was, changes[i].now);
        run_says(r, 1, VERIFY "@changed.json", changes[i].says);
    }
    char *text = read_text(r, "r.json"), *at = strstr(strstr(text, "\"step\": 20"), "sha256\": \"") + 10;
    *at = *at == '0' ? '1' : '0';
    run_write(run_path(r, "changed.json"), text, strlen(text));
    free(text);
    run_says(
        r, 1, VERIFY "@changed.json",
        "the adapter differs after step 20; after step 10 it was the same, so the first step that differs is one of "
        "11 to 20");
}

// The first step that differs is named when every step has a hash.
static void a_hash_a_step_finds_the_step(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, RUN "--receipt @r.json --receipt-every 1");
    char *text = read_text(r, "r.json"), *at = strstr(strstr(text, "\"step\": 7,"), "sha256\": \"") + 10;
    *at = *at == '0' ? '1' : '0';
    run_write(run_path(r, "changed.json"), text, strlen(text));
    free(text);
    run_says(r, 1, VERIFY "@changed.json", "the adapter differs after step 7; after the step before it was the same");
}

static void options_that_contradict_are_refused(void **state) {
    struct trainer_run *r = *state;
    static const char *const against[] = {"--steps 3",
                                          "--epochs 1",
                                          "--seconds 1",
                                          "--lr 1",
                                          "--schedule linear",
                                          "--warmup 2",
                                          "--clip 1",
                                          "--seed 1",
                                          "--accumulate 2",
                                          "--no-shuffle",
                                          "--shard 1/2",
                                          "--random-weights-init",
                                          "--chat-date 2026-11-30",
                                          "--receipt @x",
                                          "--receipt-every 2",
                                          "--resume @x",
                                          "--replay @x",
                                          "--out @x",
                                          "--shard-out @x",
                                          "--dump-grads @x"};
    for (size_t i = 0; i < sizeof against / sizeof *against; i++) {
        char words[200], wanted[80];
        snprintf(words, sizeof words, BASE "--verify-receipt @r.json %s", against[i]);
        snprintf(wanted, sizeof wanted, "leave %.*s out", (int)strcspn(against[i], " "), against[i]);
        run_says(r, 2, words, wanted);
    }
    run_says(r, 2, "--weights @w.safetensors --verify-receipt @r.json", "give the --data of the run");
    run_says(r, 2, "--weights @w.safetensors --receipt @r.json", "give --data and --steps");
    run_says(r, 2, BASE "--steps 2 --receipt-every 3", "needs --receipt FILE");
    run_says(r, 2, BASE "--steps 1000000 --receipt @r.json", "give --receipt-every 21");
    run_says(r, 2, BASE "--steps 2 --receipt @data.tok --overwrite", "is what --data reads");
    run_says(r, 1, BASE "--steps 2 --receipt @none/r.json", "cannot be written");
    assert_int_equal(mkfifo(run_path(r, "pipe"), 0600), 0);
    run_says(r, 1, BASE "--steps 2 --receipt @pipe --overwrite", "it is a device or a pipe, no file");
}

static void hostile_receipts_are_refused(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, RUN "--receipt @r.json");
    const struct {
        const char *was, *now, *says;
    } changes[] = {
        {"{", "[", "not valid JSON"},
        {"lorac_receipt", "lorac_recei", "it is no receipt of lorac"},
        {"\"lorac_receipt\": 1", "\"lorac_receipt\": 2", "a receipt of form 2"},
        {"\"update\"", "\"updat\"", "model.update is missing"},
        {"\"rows\": ", "\"rows\": -", "data.rows is nothing that a run writes there"},
        {"\"rows\": ", "\"rows\": 99999999999999999999", "too big"},
        {"\"seed\": 4", "\"seed\": 4.5", "options.seed is nothing"},
        {"\"every\": 10", "\"every\": 0", "options.every is a number that no run has"},
        {"\"every\": 10", "\"every\": 9223372036854775807", "options.every is a number that no run has"},
        {"\"accumulate\": 1", "\"accumulate\": 0", "options.accumulate"},
        {"\"accumulate\": 1", "\"accumulate\": 9000000000", "options.accumulate"},
        {"\"schedule\": \"", "\"schedule\": \"x", "options.schedule is a schedule that this program does not know"},
        {"\"floor\": 0", "\"floor\": 1e999", "number"},
        {"\"shard\": 0", "\"shard\": 3", "options.shard is"},
        {"\"chat_date\": \"", "\"chat_date\": \"never", "data.chat_date is no date"},
        {"\"chat_date\": \"", "\"chat_date\": \"2026-13-01", "data.chat_date is no date"},
        {"\"run_steps\": 25", "\"run_steps\": 0", "options.run_steps is a number that no run has"},
        {"\"step\": 10", "\"step\": 11", "steps[1] is not of the step that comes next"},
        {"\"step\": 20", "\"step\": 10", "steps[2] is not of the step that comes next"},
        {"\"step\": 25", "\"step\": 4611686018427387904", "steps[3]"},
        {"\"step\": 10, \"loss\": ", "\"step\": 10, \"los\": ", "steps[1] is no entry"},
        {"\"adapter_sha256\": \"", "\"adapter_sha256\": \"G", "steps[0] is no entry"},
        {"\"steps\": [", "\"steps\": [[", "valid JSON"},
        {"\"steps\": [", "\"steps\": {}, \"was\": [", "steps is no list of 2 to 50000 entries"},
        {"\"ended\": true", "\"ended\": 1", "ended is missing"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change(r, "r.json", "changed.json", changes[i].was, changes[i].now);
        run_says(r, 1, VERIFY "@changed.json", changes[i].says);
    }
    run_says(r, 1, VERIFY "@none.json", "none.json: cannot be read");
    run_says(r, 1, VERIFY "@", "cannot be read"); // a folder
    assert_int_equal(mkfifo(run_path(r, "fifo"), 0600), 0);
    run_says(r, 1, VERIFY "@fifo", "cannot be read");
    char *text = read_text(r, "r.json");
    for (size_t n = 0; n < strlen(text); n += 17) { // cut anywhere
        run_write(run_path(r, "cut.json"), text, n);
        run_says(r, 1, VERIFY "@cut.json", "cut.json");
    }
    free(text);
    const size_t large = (size_t)33 << 20;
    char *spaces = malloc(large);
    assert_non_null(spaces);
    memset(spaces, ' ', large);
    run_write(run_path(r, "large.json"), spaces, large);
    run_says(r, 1, VERIFY "@large.json", "cannot be read");
    for (size_t i = 0; i + 3 < large / 3; i += 3) memcpy(spaces + i, "{},", 3);
    spaces[0] = '[';
    run_write(run_path(r, "many.json"), spaces, large / 3);
    run_says(r, 1, VERIFY "@many.json", "more than 8 times");
    free(spaces);
}

// The longest receipt that is written can be read.
static void the_longest_receipt_is_read(void **state) {
    struct trainer_run *r = *state;
    struct receipt *long_one = calloc(2, sizeof *long_one);
    struct lrt_report report = {{0}};
    assert_non_null(long_one);
    strcpy(long_one->options_schedule, "constant");
    long_one->options_every = long_one->options_accumulate = long_one->options_run_steps = 1;
    long_one->n = RECEIPT_ENTRIES_MAX;
    long_one->entries = calloc(long_one->n, sizeof *long_one->entries);
    assert_non_null(long_one->entries);
    for (size_t i = 0; i < long_one->n; i++) {
        long_one->entries[i] = (struct receipt_entry){.step = (int64_t)i, .loss = 1.0 / (double)(i + 3)};
        memset(long_one->entries[i].adapter, 'a', 64);
    }
    assert_int_equal(lrt_receipt_write(run_path(r, "long.json"), long_one, &report), LRT_OK);
    if (lrt_receipt_read(run_path(r, "long.json"), long_one + 1, &report) != LRT_OK) fail_msg("%s", report.text);
    assert_int_equal(long_one[1].n, long_one->n);
    for (size_t i = 1; i < long_one->n; i++) {
        const struct receipt_entry *a = &long_one[0].entries[i], *b = &long_one[1].entries[i];
        assert_memory_equal(&a->loss, &b->loss, sizeof a->loss);
        assert_true(a->step == b->step && strcmp(a->adapter, b->adapter) == 0);
    }
    free(long_one[1].entries);
    free(long_one->entries);
    free(long_one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_the_standard_s),
        cmocka_unit_test_setup_teardown(a_receipt_is_verified_and_nothing_is_written, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(a_resumed_run_has_the_receipt_of_the_whole, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(a_killed_run_loses_what_its_checkpoint_has_not, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(a_late_receipt_says_where_it_begins, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_a_resumed_run_is_refused, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(what_differs_is_named, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(a_hash_a_step_finds_the_step, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(options_that_contradict_are_refused, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(hostile_receipts_are_refused, run_setup, run_teardown),
        cmocka_unit_test_setup_teardown(the_longest_receipt_is_read, run_setup, run_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
