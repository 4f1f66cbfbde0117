// Trainer run: see the header. Standard output and error are files of the folder while the trainer runs.
#include "tests/unit/trainer_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <stdio.h>

void run_write(const char *path, const void *data, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

char *run_read(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    *n = fread(text, 1, (1 << 20) - 1, f);
    text[*n] = 0;
    fclose(f);
    return text;
}

const char *run_path(const struct trainer_run *r, const char *name) {
    static char paths[8][RUN_PATH_BYTES + 64];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", r->folder, name);
    return path;
}

void run_markov_chain(int32_t *tokens, int n, uint32_t seed) {
    int32_t t = 1;
    for (int i = 0; i < n; i++) {
        tokens[i] = t;
        seed = seed * 1664525U + 1013904223U;
        t = (int32_t)((uint32_t)(t * 3) + (seed >> 30 & 1U)) % BIGRAM_VOCAB;
    }
}

int run_setup(void **state) {
    struct trainer_run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    const char *temporary = getenv("TMPDIR");
    const int length = snprintf(r->folder, sizeof r->folder, "%s/lorac-trainer-XXXXXX", temporary ? temporary : "/tmp");
    assert_in_range(length, 1, sizeof r->folder - 1);
    assert_non_null(mkdtemp(r->folder));
    for (int i = 0; i < BIGRAM_VOCAB * BIGRAM_VOCAB; i++) r->w[i] = (float)(i * 37 % 23) * 0.05F - 0.5F;
    const struct lrt_named_tensor head = {.name = "lm_head.weight",
                                          .type = LRT_F32,
                                          .rank = 2,
                                          .shape = {BIGRAM_VOCAB, BIGRAM_VOCAB},
                                          .source = lrt_floats(r->w)};
    struct lrt_report report;
    const int status = lrt_write_safetensors(run_path(r, "w.safetensors"), &head, 1, NULL, 0, &report);
    if (status != LRT_OK) fail_msg("%s", report.text);
    run_markov_chain(r->tokens, RUN_TOKENS, 7);
    run_markov_chain(r->eval, RUN_EVAL_TOKENS, 99);
    run_write(run_path(r, "data.tok"), r->tokens, sizeof r->tokens);
    run_write(run_path(r, "eval.tok"), r->eval, sizeof r->eval);
    *bigram_control() = (struct bigram_control){.plan = &bigram_plan_info};
    r->model = bigram_interface();
    *state = r;
    return 0;
}

void run_write_tokenizer(const struct trainer_run *r) {
    static const char letters[] = // token i is the letter i of the alphabet
        "{\"version\":\"1.0\",\"added_tokens\":[],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"ByteLevel\","
        "\"add_prefix_space\":false,\"use_regex\":true},\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":"
        "\"BPE\","
        "\"vocab\":{\"a\":0,\"b\":1,\"c\":2,\"d\":3,\"e\":4,\"f\":5,\"g\":6,\"h\":7,\"i\":8,\"j\":9,\"k\":10},"
        "\"merges\":[]}}";
    run_write(run_path(r, "tokenizer.json"), letters, sizeof letters - 1);
}

int run_teardown(void **state) {
    struct trainer_run *r = *state;
    char command[RUN_PATH_BYTES + 8];
    snprintf(command, sizeof command, "rm -rf %s", r->folder);
    const int status = system(command);
    free(r);
    return status;
}

int run_trainer(struct trainer_run *r, const char *words) {
    static char text[64][2 * RUN_PATH_BYTES];
    char copy[1024], *argv[64], *save = NULL;
    int argc = 0;
    snprintf(copy, sizeof copy, "train %s", words);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        const char *at = strchr(word, '@');
        if (at)
            snprintf(text[argc], sizeof text[0], "%.*s%s/%s", (int)(at - word), word, r->folder, at + 1);
        else
            snprintf(text[argc], sizeof text[0], "%s", word);
        argv[argc] = text[argc];
        argc++;
    }
    argv[argc] = NULL;
    fflush(stdout);
    const int out = dup(1), err = dup(2), catch_out = open(run_path(r, "stdout"), O_RDWR | O_CREAT | O_TRUNC, 0600),
              catch_err = open(run_path(r, "stderr"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(catch_out, 1);
    dup2(catch_err, 2);
    const int code = lrt_trainer_main(r->model, argc, argv);
    fflush(stdout);
    dup2(out, 1);
    dup2(err, 2);
    const ssize_t n_out = pread(catch_out, r->out, sizeof r->out - 1, 0),
                  n_err = pread(catch_err, r->err, sizeof r->err - 1, 0);
    r->out[n_out > 0 ? n_out : 0] = 0;
    r->err[n_err > 0 ? n_err : 0] = 0;
    close(out);
    close(err);
    close(catch_out);
    close(catch_err);
    return code;
}

void run_expect(struct trainer_run *r, int code, const char *words) {
    const int got = run_trainer(r, words);
    if (got != code) fail_msg("exit %d, not %d: train %s\n%s", got, code, words, r->err);
}

void run_says(struct trainer_run *r, int code, const char *words, const char *text) {
    run_expect(r, code, words);
    if (!strstr(r->err, text)) fail_msg("train %s: no \"%s\" in: %s", words, text, r->err);
}

bool run_same_file(const struct trainer_run *r, const char *a, const char *b) {
    size_t n, m;
    char *x = run_read(run_path(r, a), &n), *y = run_read(run_path(r, b), &m);
    const bool same = n == m && n > 0 && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

void run_expect_same(const struct trainer_run *r, const char *a, const char *b) {
    if (!run_same_file(r, a, b)) fail_msg("%s and %s differ, or are empty", a, b);
}
