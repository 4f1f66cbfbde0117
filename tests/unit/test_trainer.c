// The trainer on a model small enough to compute by hand: losses, order of the data, evaluation, gradients, outputs,
// and the errors for wrong options and files.
#include "tests/unit/trainer_run.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_near(double got, double expected, double tolerance) {
    if (!(fabs(got - expected) <= tolerance)) fail_msg("%.17g is not %.17g within %g", got, expected, tolerance);
}

struct log_line {
    double loss, lr, grad_norm, ms, eval_loss;
    json_int_t step, tokens, rss_anon, rss_file, eval_tokens;
    bool is_eval;
};

static size_t read_log(const struct trainer_run *r, const char *name, struct log_line *lines, size_t capacity) {
    size_t bytes, n = 0;
    char *text = run_read(run_path(r, name), &bytes), *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        json_error_t error;
        json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (!o) fail_msg("%s: %s", error.text, line);
        assert_true(n < capacity);
        struct log_line *l = &lines[n++];
        l->is_eval = json_object_get(o, "eval_loss") != NULL;
        const int bad =
            l->is_eval ? json_unpack_ex(o, &error, JSON_STRICT, "{s:I,s:F,s:I}", "step", &l->step, "eval_loss",
                                        &l->eval_loss, "eval_tokens", &l->eval_tokens)
                       : json_unpack_ex(o, &error, JSON_STRICT, "{s:I,s:F,s:F,s:F,s:I,s:F,s:I,s:I}", "step", &l->step,
                                        "loss", &l->loss, "lr", &l->lr, "grad_norm", &l->grad_norm, "tokens",
                                        &l->tokens, "ms", &l->ms, "rss_anon", &l->rss_anon, "rss_file", &l->rss_file);
        if (bad) fail_msg("%s: %s", error.text, line);
        json_decref(o);
    }
    free(text);
    return n;
}

// The loss of the pairs of windows [first, first + windows) of a stream with these adapters; windows have stride seq.
static double window_loss(const struct trainer_run *r, const int32_t *stream, int n, int first, int windows,
                          const float *adapters) {
    int tokens[RUN_TOKENS], targets[RUN_TOKENS], count = 0;
    for (int i = first * BIGRAM_SEQ; i < (first + windows) * BIGRAM_SEQ && i + 1 < n; i++, count++) {
        tokens[count] = stream[i];
        targets[count] = stream[i + 1];
    }
    return bigram_loss(r->w, adapters, tokens, targets, count);
}

// Adapters as the model initialises them.
static void initial_adapters(uint64_t seed, float adapters[BIGRAM_PARAMS]) {
    struct bigram b;
    float memory[3 * BIGRAM_PARAMS] = {0};
    const struct lrt_tensor slot = lrt_floats(memory);
    const struct lrt_weights weights = {&slot, 1, 0};
    const struct lrt_options options = {.threads = 1, .seed = seed};
    assert_int_equal(bigram_init(&b, memory, sizeof memory, &weights, &options), LRT_OK);
    memcpy(adapters, memory, BIGRAM_PARAMS * sizeof(float));
}

static void loss_of_a_step_is_that_before_its_update(void **state) {
    struct trainer_run *r = *state;
    struct log_line lines[8];
    float adapters[BIGRAM_PARAMS];
    run_expect(r, 0, BASE "--steps 3 --seed 5 --no-shuffle --quiet --log @log");
    assert_int_equal(read_log(r, "log", lines, 8), 3);
    initial_adapters(5, adapters);
    assert_near(lines[0].loss, window_loss(r, r->tokens, RUN_TOKENS, 0, 2, adapters), 1e-13);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lines[i].step, i + 1);
        assert_int_equal(lines[i].tokens, BIGRAM_BATCH * BIGRAM_SEQ);
        assert_true(lines[i].rss_anon > 0 && lines[i].rss_file > 0 && lines[i].ms >= 0 && lines[i].grad_norm > 0);
        assert_near(lines[i].lr, 0.5 * (1 - i / 3.0), 1e-15);
    }
    assert_string_equal(r->out, "");
    assert_string_equal(r->err, "");
}

static void training_learns(void **state) {
    struct trainer_run *r = *state;
    struct log_line lines[256];
    run_expect(r, 0, BASE "--steps 200 --eval @eval.tok --eval-every 100 --log @log --lr 0.1");
    const size_t n = read_log(r, "log", lines, 256);
    assert_int_equal(n, 202);
    assert_true(lines[100].is_eval && lines[100].step == 100 && lines[201].is_eval && lines[201].step == 200);
    assert_int_equal(lines[201].eval_tokens, RUN_EVAL_TOKENS - 1);
    assert_true(lines[0].loss > 2.2);
    assert_true(lines[201].eval_loss < 1.2); // each token has two possible successors, so the least loss is log 2
}

static void micro_batches_are_one_mean(void **state) {
    struct trainer_run *r = *state;
    struct log_line one[4];
    float adapters[BIGRAM_PARAMS];
    run_expect(r, 0, BASE "--steps 2 --no-shuffle --accumulate 3 --quiet --log @log");
    assert_int_equal(read_log(r, "log", one, 4), 2);
    initial_adapters(0, adapters);
    assert_near(one[0].loss, window_loss(r, r->tokens, RUN_TOKENS, 0, 6, adapters), 1e-13);
    assert_int_equal(one[0].tokens, 3 * BIGRAM_BATCH * BIGRAM_SEQ);
}

static void evaluation_is_the_mean_of_the_whole_file(void **state) {
    struct trainer_run *r = *state;
    struct log_line lines[2];
    float adapters[BIGRAM_PARAMS];
    run_expect(r, 0, "--weights @w.safetensors --steps 0 --eval @eval.tok --seed 3 --log @log");
    assert_int_equal(read_log(r, "log", lines, 2),
                     1); // 59 pairs: 8 whole windows and one of 3: a half-filled batch at the end
    initial_adapters(3, adapters);
    assert_near(lines[0].eval_loss, window_loss(r, r->eval, RUN_EVAL_TOKENS, 0, 9, adapters), 1e-13);
    assert_int_equal(lines[0].eval_tokens, RUN_EVAL_TOKENS - 1);
    assert_int_equal(lines[0].step, 0);
    assert_non_null(strstr(r->out, "evaluation loss"));
}

static void seed_fixes_the_run(void **state) {
    struct trainer_run *r = *state;
    struct log_line a[8], b[8], c[8];
    run_expect(r, 0, BASE "--steps 8 --seed 1 --quiet --log @a");
    run_expect(r, 0, BASE "--steps 8 --seed 1 --quiet --log @b --threads 1");
    run_expect(r, 0, BASE "--steps 8 --seed 2 --quiet --log @c");
    assert_int_equal(read_log(r, "a", a, 8) + read_log(r, "b", b, 8) + read_log(r, "c", c, 8), 24);
    for (int i = 0; i < 8; i++) {
        assert_memory_equal(&a[i].loss, &b[i].loss, sizeof(double));
        assert_true(a[i].loss != c[i].loss);
    }
}

static void dumped_gradients_are_the_derivative(void **state) {
    struct trainer_run *r = *state;
    float adapters[BIGRAM_PARAMS], a[BIGRAM_RANK * BIGRAM_VOCAB], b[BIGRAM_VOCAB * BIGRAM_RANK];
    run_expect(r, 0, BASE "--steps 1 --no-shuffle --quiet --dump-grads @g.safetensors");
    struct lrt_weight_file *file;
    struct lrt_report report;
    assert_int_equal(lrt_weight_file_open(&file, run_path(r, "g.safetensors"), &report), LRT_OK);
    assert_int_equal(lrt_weight_file_count(file), 2);
    const struct lrt_file_tensor *ta = lrt_weight_file_find(file, "base_model.model.lm_head.lora_A.weight"),
                                 *tb = lrt_weight_file_find(file, "base_model.model.lm_head.lora_B.weight");
    assert_non_null(ta);
    assert_non_null(tb);
    assert_true(ta->shape[0] == BIGRAM_RANK && ta->shape[1] == BIGRAM_VOCAB && tb->shape[0] == BIGRAM_VOCAB);
    assert_true(lrt_file_tensor_floats(ta, a, BIGRAM_RANK * BIGRAM_VOCAB));
    assert_true(lrt_file_tensor_floats(tb, b, BIGRAM_VOCAB * BIGRAM_RANK));
    lrt_weight_file_close(file);
    initial_adapters(0, adapters);
    double largest = 0;
    for (int i = 0; i < BIGRAM_PARAMS; i++) {
        const float was = adapters[i], h = 1.0F / 512;
        adapters[i] = was + h;
        const double up = window_loss(r, r->tokens, RUN_TOKENS, 0, 2, adapters);
        adapters[i] = was - h;
        const double down = window_loss(r, r->tokens, RUN_TOKENS, 0, 2, adapters);
        adapters[i] = was;
        const double expected = (up - down) / (2 * (double)h);
        const int half = BIGRAM_RANK * BIGRAM_VOCAB;
        assert_near(i < half ? a[i] : b[i - half], expected, 1e-5);
        largest = fmax(largest, fabs(expected));
    }
    assert_true(largest > 1e-2);
}

static void adapters_are_written_and_read_again(void **state) {
    struct trainer_run *r = *state;
    struct log_line first[2], again[2];
    run_expect(r, 0, BASE "--steps 30 --out @result/deep --eval @eval.tok --quiet --mlx");
    run_expect(r, 0,
               "--weights @w.safetensors --steps 0 --adapter @result/deep/peft --eval @eval.tok --log @again --seed 9");
    assert_int_equal(read_log(r, "again", again, 2), 1);
    run_expect(r, 0, BASE "--steps 30 --eval @eval.tok --quiet --log @log --out @other");
    size_t n;
    char *text = run_read(run_path(r, "log"), &n), *last = strstr(text, "\"eval_loss\":");
    assert_non_null(last);
    first[0].eval_loss = strtod(last + strlen("\"eval_loss\":"), NULL);
    free(text);
    assert_near(again[0].eval_loss, first[0].eval_loss, 0);
    const char *const files[] = {"peft/adapter_model.safetensors", "peft/adapter_config.json", "gguf/adapter.gguf",
                                 "mlx/adapters.safetensors", "checkpoint.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[96];
        snprintf(name, sizeof name, "result/deep/%s", files[i]);
        assert_int_equal(access(run_path(r, name), R_OK), 0);
    }
    assert_int_not_equal(access(run_path(r, "other/mlx"), R_OK), 0); // only on request
}

static void pools_are_told_planned_and_measured(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, BASE "--steps 2");
    const char *line = strstr(r->out, "planned/measured peak");
    assert_non_null(line);
    const char *const pools[] = {"arena ",   "adapters ", "gradients ", "optimizer ",
                                 "staging ", "together ", "process "};
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++)
        if (!strstr(line, pools[i])) fail_msg("no %sin: %s", pools[i], line);
}

static void pools_are_written_in_bytes(void **state) {
    struct trainer_run *r = *state;
    size_t n;
    run_expect(r, 0, BASE "--steps 2 --quiet --pools @pools.json");
    char *text = run_read(run_path(r, "pools.json"), &n);
    long long planned = 0, measured = -1, all = 0;
    const char *adapters = strstr(text, "\"adapters\":{"), *process = strstr(text, "\"rss_anon\":");
    assert_non_null(adapters);
    assert_non_null(process);
    assert_int_equal(sscanf(adapters, "\"adapters\":{\"planned\":%lld,\"measured\":%lld}", &planned, &measured), 2);
    assert_int_equal(sscanf(process, "\"rss_anon\":%lld}", &all), 1);
    assert_true(planned > 0 && measured > 0 && all > 0);
    assert_string_equal(r->out, "");
    free(text);
    run_expect(r, 1, BASE "--steps 2 --pools @no/such/folder/pools");
    assert_non_null(strstr(r->err, "no/such/folder/pools: cannot be written"));
}

// The bound ends the run after the step that reaches it, with the usual outputs.
static void seconds_end_the_run(void **state) {
    struct trainer_run *r = *state;
    size_t n;
    run_expect(r, 0, BASE "--steps 1000000000 --seconds 0.01 --lr 0.001 --eval @eval.tok --out @timed --log @log");
    char *log = run_read(run_path(r, "log"), &n);
    assert_non_null(strstr(log, "\"step\":1,\"loss\""));
    assert_non_null(strstr(log, "\"eval_loss\""));
    assert_int_equal(access(run_path(r, "timed/peft/adapter_model.safetensors"), R_OK), 0);
    free(log);
    run_expect(r, 0, BASE "--steps 3 --seconds 1000 --log @log");
    log = run_read(run_path(r, "log"), &n);
    assert_non_null(strstr(log, "\"step\":3"));
    free(log);
}

static void wrong_options_are_refused_by_name(void **state) {
    struct trainer_run *r = *state;
    const struct {
        int code;
        const char *words, *says;
    } cases[] = {
        {2, "--wieghts x", "--wieghts"},
        {2, BASE "--steps 1 --shard 1/2",
         "--shard needs a model compiled with `gradient forward` or `gradient zeroth`"},
        {2, "--weights @w.safetensors --replay x", "--replay needs a model"},
        {2, BASE "--steps 1 --shard-in x", "--shard-in needs a model"},
        {2, BASE "--steps 1 --shard-out x", "--shard-out needs a model"},
        {2, BASE "--steps 1 --shard 0/2", "--shard takes K/M"},
        {2, BASE "--steps 1 --shard 3/2", "--shard takes K/M"},
        {2, BASE "--steps 1 --shard 1", "--shard takes K/M"},
        {2, BASE "--steps 1 --shard 1/9999999999", "--shard takes K/M"},
        {2, BASE "--steps 1 --replay x", "leave --data"},
        {2, BASE "--steps 1 --page-file x", "--page-file"},
        {2, BASE "--steps", "--steps needs a value"},
        {2, BASE "--steps -1", "not '-1'"},
        {2, BASE "--steps 99999999999999999999", "--steps takes"},
        {2, BASE "--steps 1 --lr 0,5", "--lr takes a number above 0"},
        {2, BASE "--steps 1 --lr nan", "--lr takes"},
        {2, BASE "--steps 1 --threads 3", "compiled for at most 2"},
        {2, BASE "--steps 1 --quiet=1", "--quiet takes no value"},
        {2, BASE "--steps 1 extra", "'extra' is not an option"},
        {2, BASE, "how many steps"},
        {2, "--data @data.tok --steps 1", "--weights"},
        {2, "--weights @w.safetensors --steps 1", "--data"},
        {2, BASE "--steps 1 --eval-every 2", "--eval-every needs --eval"},
        {2, BASE "--steps 1 --checkpoint-every 2", "--checkpoint-every needs --out"},
        {2, BASE "--steps 1 --temperature 1", "--sample"},
        {2, BASE "--steps 0 --seconds 1", "--seconds bounds the time of --steps"},
        {2, BASE "--steps 0 --pools @pools", "--pools describes training"},
        {1, "--weights @missing --data @data.tok --steps 1", "missing"},
        {1, "--weights @w.safetensors --data @missing.tok --steps 1", "missing.tok"},
        {1, "--weights @w.safetensors --data @stdout --steps 1", "--tokenizer"},
        {1, BASE "--steps 1 --log @no/such/folder/log", "--log"},
        {1, BASE "--steps 1 --adapter @missing", "--adapter"},
        {1, BASE "--steps 1 --out @w.safetensors/x", "w.safetensors"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_expect(r, cases[i].code, cases[i].words);
        if (!strstr(r->err, cases[i].says))
            fail_msg("train %s: no \"%s\" in: %s", cases[i].words, cases[i].says, r->err);
    }
}

static void help_lists_the_options(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 0, "--help");
    assert_non_null(strstr(r->out, "--checkpoint-every N"));
    assert_non_null(strstr(r->out, "--shard K/M"));
    assert_non_null(strstr(r->out, "--replay FILE"));
}

static void a_loss_that_is_not_finite_ends_the_run(void **state) {
    struct trainer_run *r = *state;
    run_expect(r, 1, BASE "--steps 50 --lr 1e30 --out @bad --log @log");
    assert_non_null(strstr(r->err, "not finite"));
    assert_int_not_equal(access(run_path(r, "bad/peft"), F_OK), 0);
}

// A byte-level tokenizer of these parts: the letters a to k are ids 0 to 10, as many as the model has.
static void write_tokenizer(const struct trainer_run *r, const char *added, const char *last, const char *more) {
    char text[512];
    const int n =
        snprintf(text, sizeof text,
                 "{\"added_tokens\":[%s],\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
                 "\"use_regex\":true},\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":"
                 "{\"a\":0,\"b\":1,\"c\":2,\"d\":3,\"e\":4,\"f\":5,\"g\":6,\"h\":7,\"i\":8%s%s},\"merges\":[]}}",
                 added, last, more);
    assert_in_range(n, 1, sizeof text - 1);
    run_write(run_path(r, "tokenizer.json"), text, (size_t)n);
}

static void a_tokenizer_of_another_size(void **state) {
    struct trainer_run *r = *state;
    static const char sample[] = "--weights @w.safetensors --tokenizer @tokenizer.json --max-tokens 2 --sample ";
    char words[200];
    snprintf(words, sizeof words, "%sabc", sample);
    write_tokenizer(r, "", ",\"j\":9,\"k\":10", "");
    run_expect(r, 0, words);
    assert_null(strstr(r->err, "tokenizer"));
    write_tokenizer(r, "", "", "");
    run_expect(r, 0, words);
    assert_non_null(
        strstr(r->err, "the tokenizer has 9 tokens, the model's vocabulary 11: no text becomes the others"));
    write_tokenizer(r, "", ",\"j\":9,\"k\":10", ",\"l\":11");
    run_expect(r, 1, words);
    assert_non_null(
        strstr(r->err, "the tokenizer has 12 tokens, the model's vocabulary 11: they do not belong together"));
    write_tokenizer(r, "{\"id\":11,\"content\":\"<s>\",\"special\":true}", ",\"j\":9,\"k\":10", "");
    run_expect(r, 0, words);
    assert_non_null(strstr(r->err, "a text with a special token behind its end is refused"));
    snprintf(words, sizeof words, "%s<s>a", sample);
    run_expect(r, 1, words);
    assert_non_null(strstr(r->err, "token 11 of the prompt is beyond the model's vocabulary of 11"));
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, run_setup, run_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_tokenizer_of_another_size),
        CASE(loss_of_a_step_is_that_before_its_update),
        CASE(training_learns),
        CASE(micro_batches_are_one_mean),
        CASE(evaluation_is_the_mean_of_the_whole_file),
        CASE(seed_fixes_the_run),
        CASE(dumped_gradients_are_the_derivative),
        CASE(adapters_are_written_and_read_again),
        CASE(pools_are_told_planned_and_measured),
        CASE(pools_are_written_in_bytes),
        CASE(seconds_end_the_run),
        CASE(wrong_options_are_refused_by_name),
        CASE(help_lists_the_options),
        CASE(a_loss_that_is_not_finite_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
