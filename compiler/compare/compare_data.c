// Compare data: splits a file into training and held-out data, between windows or examples. Text is tokenized once for
// all programs.
#include "compiler/compare/compare_data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compare/sandbox.h"
#include "compiler/compilation/compilation.h"
#include <lorac/lrt_text.h>

// One unit in HELD_SHARE is held out, at most HELD_MOST. That many give a steady mean; more would only take longer.
enum { HELD_SHARE = 10, HELD_MOST = 32 };

static int64_t rows_of_batch(const struct model_input *tokens) { return tokens->rank > 1 ? tokens->shape[0] : 1; }

static int64_t ids_of_batch(const struct model_input *tokens) {
    int64_t n = 1;
    for (int d = 0; d < tokens->rank; d++) n *= tokens->shape[d];
    return n;
}

// The number of units to hold out. Returns false after a message when none is left to train on.
static bool divide(struct sandbox *w, const struct compilation *c, int64_t units, struct compare_data *out) {
    const struct model *m = c->model;
    int64_t held = units / HELD_SHARE > HELD_MOST ? HELD_MOST : units / HELD_SHARE;
    int64_t batch = rows_of_batch(&m->inputs[0]);
    bool padded = m->n_inputs > 1 && m->inputs[1].has_ignore;
    if (held < 1) held = 1;
    if (!padded) held = (held + batch - 1) / batch * batch;
    if (c->options->eval) held = 0;
    out->held_units = held;
    out->train_units = units - held;
    if (out->train_units >= 1) return true;
    const char *full = lrt_data_format(c->options->data) == LRT_DATA_EXAMPLES ? "" : "full "; // said of windows only
    if (c->options->eval)
        return sandbox_fail(
            w, arena_print(w->arena, "--data: %s has no %s%s to train on", c->options->data, full, out->unit));
    return sandbox_fail(w, arena_print(w->arena,
                                       "--data: %s has too little: %lld of at least %lld %s%s, %lld of them to be "
                                       "held out (or another file to be held out: --eval FILE)",
                                       c->options->data, (long long)units, (long long)held + 1, full, out->unit,
                                       (long long)held));
}

static bool write_ids(FILE *file, const int32_t *ids, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t id = (uint32_t)ids[i];
        const unsigned char bytes[4] = {(unsigned char)id, (unsigned char)(id >> 8), (unsigned char)(id >> 16),
                                        (unsigned char)(id >> 24)};
        if (fwrite(bytes, sizeof bytes, 1, file) != 1) return false;
    }
    return true;
}

static bool close_file(struct sandbox *w, FILE *file, const char *path, bool good) {
    int error = errno;
    if (file && fclose(file) != 0 && good) {
        error = errno;
        good = false;
    }
    return good ? true : sandbox_fail_system(w, path, error);
}

// ---- streams: .tok and text ----
// Writes whole windows [from, to) as the stream they were cut from.
static bool write_windows(struct sandbox *w, const struct lrt_data *data, int64_t seq, int64_t from, int64_t to,
                          const char *path) {
    int32_t *ids = ARENA_ARRAY(w->arena, int32_t, 2 * seq), *targets = ids + seq;
    FILE *file = fopen(path, "wb");
    bool good = file != NULL;
    for (int64_t i = from; good && i < to; i++) {
        lrt_data_row(data, i, ids, targets);
        good = write_ids(file, ids, seq) && (i + 1 < to || write_ids(file, targets + seq - 1, 1));
    }
    return close_file(w, file, path, good);
}

static bool open_stream(struct sandbox *w, const struct compilation *c, int64_t seq, struct lrt_data **data) {
    const struct options *o = c->options;
    const struct model *m = c->model;
    struct lrt context = {.threads = 1};
    struct lrt_tokenizer *tokenizer = NULL;
    // Setting `ignore` lets a file of any length open, even if the model ignores no target. A partial last window is
    // dropped below.
    const struct lrt_data_options wanted = {.seq = seq, .ignore = -100, .vocab = m->inputs[0].vocab};
    int status = LRT_OK;
    if (lrt_data_format(o->data) != LRT_DATA_TOKENS)
        status = lrt_tokenizer_open(&context, &tokenizer, o->tokenizer ? o->tokenizer : o->weights);
    if (status != LRT_OK)
        return sandbox_fail(w, arena_print(w->arena, "%s%s", lrt_error(&context),
                                           o->tokenizer ? "" : "; --tokenizer FILE gives the model's tokenizer"));
    status = lrt_data_open(&context, data, o->data, tokenizer, &wanted);
    lrt_tokenizer_close(tokenizer);
    return status == LRT_OK || sandbox_fail(w, arena_print(w->arena, "--data: %s", lrt_error(&context)));
}

static bool split_stream(struct sandbox *w, const struct compilation *c, struct compare_data *out) {
    const struct model_input *tokens = &c->model->inputs[0];
    const int64_t seq = ids_of_batch(tokens) / rows_of_batch(tokens);
    struct lrt_data *data = NULL;
    if (!open_stream(w, c, seq, &data)) return false;
    out->unit = arena_print(w->arena, "windows of %lld tokens", (long long)seq);
    int64_t windows = (lrt_data_info(data)->tokens - 1) / seq;
    bool good = divide(w, c, windows, out) && write_windows(w, data, seq, 0, out->train_units, out->train) &&
                (!out->held_units || write_windows(w, data, seq, out->train_units, windows, out->held));
    lrt_data_close(data);
    return good;
}

// ---- examples ----
struct division {
    FILE *train, *held; // NULL: examples are only counted
    int64_t examples, train_units, held_units;
};

static int take_example(void *arg, const char *json, size_t bytes) {
    struct division *d = arg;
    const int64_t at = d->examples++;
    FILE *to = at < d->train_units ? d->train : at < d->train_units + d->held_units ? d->held : NULL;
    if (!to) return LRT_OK;
    return fwrite(json, 1, bytes, to) == bytes && putc('\n', to) != EOF ? LRT_OK : LRT_ERR_SYSTEM;
}

static bool split_examples(struct sandbox *w, const struct compilation *c, struct compare_data *out) {
    const char *path = c->options->data;
    struct lrt context = {.threads = 1};
    struct division d = {.train = NULL};
    out->unit = "examples";
    if (lrt_data_each_example(&context, path, take_example, &d) != LRT_OK)
        return sandbox_fail(w, arena_print(w->arena, "--data: %s", lrt_error(&context)));
    if (!divide(w, c, d.examples, out)) return false;
    d = (struct division){.train_units = out->train_units, .held_units = out->held_units};
    d.train = fopen(out->train, "wb");
    d.held = out->held_units ? fopen(out->held, "wb") : NULL;
    bool good =
        d.train && (d.held || !out->held_units) && lrt_data_each_example(&context, path, take_example, &d) == LRT_OK;
    if (d.held) good = close_file(w, d.held, out->held, good) && good;
    return close_file(w, d.train, out->train, good) && good;
}

bool compare_data_split(struct sandbox *w, const struct compilation *c, struct compare_data *out) {
    bool examples = lrt_data_format(c->options->data) == LRT_DATA_EXAMPLES;
    out->train = sandbox_path(w, examples ? "train.jsonl" : "train.tok");
    out->held = c->options->eval ? c->options->eval : sandbox_path(w, examples ? "held.jsonl" : "held.tok");
    sandbox_report(w, "reading the data", 0);
    return examples ? split_examples(w, c, out) : split_stream(w, c, out);
}

// ---- without data ----
bool compare_data_random(struct sandbox *w, const struct compilation *c, int64_t steps, struct compare_data *out) {
    const struct model_input *tokens = &c->model->inputs[0];
    int64_t count = ids_of_batch(tokens) * steps * c->model->train.accumulate + 1;
    uint64_t state = c->options->seed + 1;
    out->train = sandbox_path(w, "train.tok");
    FILE *file = fopen(out->train, "wb");
    bool good = file != NULL;
    for (int64_t i = 0; good && i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int32_t id = (int32_t)((state >> 33) % (uint64_t)tokens->vocab);
        good = write_ids(file, &id, 1);
    }
    return close_file(w, file, out->train, good);
}
