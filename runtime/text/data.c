/* A file becomes rows of training data. Its ids form one mapped stream: a .tok file itself, else a nameless temporary
 * file. Rows are ranges of that stream, computed on demand. */
#include "runtime/text/data_rows.h"
#include <lorac/lrt_foreign.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int64_t row_start(const struct lrt_data *d, int64_t row) {
    int64_t start;
    memcpy(&start, d->starts.data + 8 * row, sizeof start);
    return start;
}

/* 0 <= id < vocab, or an error. */
static int check_id(struct lrt *c, const struct lrt_data *d, const char *path, int64_t id, int64_t place) {
    if (id >= 0 && id < d->options.vocab) return LRT_OK;
    return lrt_fail(c, LRT_ERR_FILE,
                    "%s: token %" PRId64 " is %" PRId64 ", the model's vocabulary has %" PRId64
                    ": tokenizer and model do not belong together",
                    path, place, id, d->options.vocab);
}

static int write_text_ids(void *arg, const int32_t *ids, size_t n) {
    struct lrt_data_writer *w = arg;
    for (size_t i = 0; i < n; i++) {
        int status = check_id(w->c, w->data, w->path, ids[i], w->written + (int64_t)i);
        if (status) return status;
    }
    return lrt_data_write_ids(w, ids, n);
}

static int open_token_file(struct lrt *c, struct lrt_data *d, const char *path) {
    int status = lrt_map_file(c, &d->ids, path);
    if (status) return status;
    if (d->ids.bytes % 4)
        return lrt_fail(c, LRT_ERR_FILE, "%s: %zu bytes are not whole 32-bit token ids: truncated, or not a .tok file",
                        path, d->ids.bytes);
    d->info.tokens = (int64_t)(d->ids.bytes / 4);
    for (int64_t i = 0; i < d->info.tokens; i++)
        if ((status = check_id(c, d, path, lrt_data_id(d, i), i)) != LRT_OK) return status;
    return LRT_OK;
}

static int check_text(struct lrt_data_writer *w, const char *text, size_t bytes) {
    if (bytes && memchr(text, 0, bytes))
        return lrt_fail(w->c, LRT_ERR_FILE, "%s: not a text: it holds a byte that is zero", w->path);
    if (!lrt_data_looks_like_json(text, bytes)) return LRT_OK;
    return lrt_fail(
        w->c, LRT_ERR_FILE,
        "%s: it is JSON, and as a text its braces and keys would be learned: let its name end in .json or .jsonl; JSON "
        "that is to be learned stands in {\"text\": ...} there",
        w->path);
}

static int tokenise(struct lrt_data_writer *w, int examples) {
    struct lrt_mapping file;
    int status = lrt_map_file(w->c, &file, w->path);
    if (!status) status = lrt_spool_open(w->c, &w->ids, w->data->options.folder);
    if (!status && examples) status = lrt_spool_open(w->c, &w->starts, w->data->options.folder);
    const char *text = file.data ? file.data : "";
    const size_t mark = status ? 0 : lrt_text_mark(text, file.bytes);
    const char *cure = status ? NULL : lrt_data_cure(w->path, text, file.bytes);
    if (cure) status = lrt_fail(w->c, LRT_ERR_FILE, "%s: %s", w->path, cure);
    if (!status && !examples) status = check_text(w, text + mark, file.bytes - mark);
    const int flags = LRT_ENCODE_BOUNDS | (w->data->options.plain ? 0 : LRT_ENCODE_SPECIAL);
    if (!status && examples)
        status = lrt_data_read_examples(w, &file);
    else if (!status)
        status = lrt_encode(w->c, w->tokenizer, text + mark, file.bytes - mark, flags, write_text_ids, w);
    lrt_unmap(&file);
    w->data->info.tokens = w->written;
    if (!status) status = lrt_spool_map(w->c, &w->ids, &w->data->ids);
    if (!status && examples) status = lrt_spool_map(w->c, &w->starts, &w->data->starts);
    lrt_spool_close(&w->ids);
    lrt_spool_close(&w->starts);
    free(w->example);
    return status;
}

/* Rows of a stream: every token but the first is a target once. */
static int cut_stream(struct lrt *c, struct lrt_data *d, const char *path) {
    const int64_t tokens = d->info.tokens, seq = d->options.seq;
    if (tokens < 2)
        return lrt_fail(c, LRT_ERR_FILE, "%s: %" PRId64 " tokens; at least 2 are needed to predict one", path, tokens);
    d->info.counted = tokens - 1;
    d->info.rows = (tokens - 2) / seq + 1;
    if (d->info.counted % seq && d->options.ignore == INT64_MIN)
        return lrt_fail(
            c, LRT_ERR_FILE,
            "%s: its last window is shorter than the model's %" PRId64
            " tokens and would be padded, but the model ignores no target: declare the targets with 'ignore -100'",
            path, seq);
    return LRT_OK;
}

/* No example has a target that counts: there is none, all are too long, or they have nothing to learn. */
static int fail_empty(struct lrt *c, const struct lrt_data *d, const char *path) {
    const struct lrt_data_info *info = &d->info;
    if (info->dropped == 0) return lrt_fail(c, LRT_ERR_FILE, "%s: no example: the file is empty", path);
    if (info->late)
        return lrt_fail(c, LRT_ERR_FILE,
                        "%s: no example with a token to learn: %" PRId64 " of %" PRId64
                        " are cut before it, since the model has rows of %" PRId64 " tokens; -D seq=%" PRId64
                        " would hold the longest",
                        path, info->late, info->dropped, d->options.seq, info->longest - 1);
    return lrt_fail(c, LRT_ERR_FILE,
                    "%s: no example with a token to learn (%" PRId64
                    " left out): only completions, texts and the assistant's turns are learned",
                    path, info->dropped);
}

static int open_path(struct lrt *c, struct lrt_data *d, const char *path, struct lrt_tokenizer *t) {
    const enum lrt_data_format format = lrt_data_format(path);
    if (format == LRT_DATA_REFUSED)
        return lrt_fail(c, LRT_ERR_FILE, "%s: a file of this form is not read; %s", path, lrt_data_cure(path, "", 0));
    if (format == LRT_DATA_TOKENS) {
        int status = open_token_file(c, d, path);
        return status ? status : cut_stream(c, d, path);
    }
    if (!t) return lrt_fail(c, LRT_ERR_ARGUMENT, "%s: text needs a tokenizer; only .tok files go without", path);
    const int examples = format == LRT_DATA_EXAMPLES;
    if (examples && d->options.ignore == INT64_MIN)
        return lrt_fail(
            c, LRT_ERR_FILE,
            "%s: examples need padding, but the model ignores no target: declare the targets with 'ignore -100'", path);
    struct lrt_data_writer w = {.c = c, .data = d, .tokenizer = t, .path = path, .ids.fd = -1, .starts.fd = -1};
    int status = tokenise(&w, examples);
    if (status || !examples) return status ? status : cut_stream(c, d, path);
    return d->info.rows == 0 ? fail_empty(c, d, path) : LRT_OK;
}

int lrt_data_open(struct lrt *c, struct lrt_data **out, const char *path, struct lrt_tokenizer *t,
                  const struct lrt_data_options *o) {
    *out = NULL;
    if (o->seq < 1 || o->seq > INT32_MAX || o->vocab < 1 || o->vocab > INT32_MAX ||
        (o->ignore != INT64_MIN && (o->ignore < INT32_MIN || o->ignore > INT32_MAX)))
        return lrt_fail(c, LRT_ERR_ARGUMENT, "data: seq, vocab or ignore is out of range");
    struct lrt_data *d = calloc(1, sizeof *d);
    if (!d) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory", path);
    d->options = *o;
    d->info.forms = d->info.ignored = "";
    int status = open_path(c, d, path, t);
    if (status) {
        lrt_data_close(d);
        return status;
    }
    lrt_mapping_release(&d->ids);
    lrt_mapping_release(&d->starts);
    *out = d;
    return LRT_OK;
}

void lrt_data_close(struct lrt_data *d) {
    if (!d) return;
    lrt_unmap(&d->ids);
    lrt_unmap(&d->starts);
    free(d);
}

const struct lrt_data_info *lrt_data_info(const struct lrt_data *d) { return &d->info; }

/* Where the row begins in the stream, and how many ids it has. */
static int64_t row_ids(const struct lrt_data *d, int64_t index, int64_t *n) {
    const int64_t seq = d->options.seq;
    const int64_t start = d->starts.data ? row_start(d, index) : index * seq;
    const int64_t left = (d->starts.data ? row_start(d, index + 1) : d->info.tokens) - start;
    *n = left < seq + 1 ? left : seq + 1;
    return start;
}

int64_t lrt_data_ids(const struct lrt_data *d, int64_t index, int32_t *ids, uint8_t *counts) {
    int64_t n;
    const int64_t start = row_ids(d, index, &n);
    for (int64_t i = 0; i < n; i++) {
        const int32_t id = lrt_data_id(d, start + i);
        ids[i] = id < 0 ? ~id : id;
        counts[i] = i > 0 && id >= 0;
    }
    return n;
}

void lrt_data_row(const struct lrt_data *d, int64_t index, int32_t *tokens, int32_t *targets) {
    int64_t n;
    const int64_t seq = d->options.seq, start = row_ids(d, index, &n);
    const int32_t ignore =
        d->options.ignore == INT64_MIN ? 0 : (int32_t)d->options.ignore; /* then nothing is ignored */
    for (int64_t i = 0; i < seq; i++) {
        const int32_t input = i < n ? lrt_data_id(d, start + i) : 0;
        tokens[i] = input < 0 ? ~input : input;
        targets[i] = ignore;
        if (i + 1 >= n) continue;
        const int32_t target = lrt_data_id(d, start + i + 1);
        if (target >= 0) targets[i] = target;
    }
    lrt_mapping_release(&d->ids); /* so that memory does not grow with the rows seen */
    lrt_mapping_release(&d->starts);
}

void lrt_data_batch(const struct lrt_data *d, const struct lrt_order *o, int64_t position, int64_t count,
                    int32_t *tokens, int32_t *targets) {
    const int64_t seq = d->options.seq;
    for (int64_t r = 0; r < count; r++)
        lrt_data_row(d, lrt_order_row(o, position + r), tokens + r * seq, targets + r * seq);
}
