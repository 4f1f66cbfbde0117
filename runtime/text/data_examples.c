/* Records become examples: ids with a mark on those that do not count. */
#include "runtime/text/chat.h"
#include "runtime/text/data_records.h"
#include "runtime/text/data_rows.h"
#include "runtime/text/tokenizer.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct lrt_data_writer *writer;
    struct lrt_records records;
    int bad; /* the error is the example's, and the next one can be read */
};

static int fail_example(struct reading *r, int status) {
    r->bad = status == LRT_ERR_FILE;
    return lrt_records_fail(&r->records, status, lrt_error(r->writer->c));
}

static int add_ids(void *arg, const int32_t *ids, size_t n) {
    const struct reading *r = arg;
    struct lrt_data_writer *w = r->writer;
    int status = lrt_grow(w->c, (void **)&w->example, &w->example_capacity, w->example_count + n, sizeof *w->example);
    for (size_t i = 0; i < n && !status; i++) {
        if (ids[i] < 0 || ids[i] >= w->data->options.vocab)
            return lrt_fail(w->c, LRT_ERR_FILE,
                            "%s:%" PRId64 ": token id %d, the model's vocabulary has %" PRId64
                            ": tokenizer and model do not belong together",
                            w->path, r->records.record_line, ids[i], w->data->options.vocab);
        w->example[w->example_count++] = w->counted ? ids[i] : ~ids[i];
    }
    return status;
}

static int add_text(struct reading *r, const char *text, size_t bytes, int flags, int counted) {
    r->writer->counted = counted;
    return lrt_encode(r->writer->c, r->writer->tokenizer, text, bytes, flags, add_ids, r);
}

static int add_id(struct reading *r, int32_t id, int counted) {
    r->writer->counted = counted;
    return id < 0 ? LRT_OK : add_ids(r, &id, 1);
}

/* prompt NULL: only a text. Each is encoded on its own, so that training sees the tokens that a prompt gives later. */
static int read_text(struct reading *r, const json_t *prompt, const json_t *text) {
    const struct lrt_data_writer *w = r->writer;
    const struct lrt_tokenizer_info *info = lrt_tokenizer_info(w->tokenizer);
    const int special = w->data->options.plain ? 0 : LRT_ENCODE_SPECIAL;
    const int continued = prompt && json_string_length(prompt) > 0;
    int status = LRT_OK;
    if (continued)
        status = add_text(r, json_string_value(prompt), json_string_length(prompt), special | LRT_ENCODE_BOS, 0);
    const int flags = special | (continued ? LRT_ENCODE_CONTINUED : LRT_ENCODE_BOS);
    if (!status) status = add_text(r, json_string_value(text), json_string_length(text), flags, 1);
    const int ended = w->example_count > 0 && w->example[w->example_count - 1] == info->eos;
    return status || ended ? status : add_id(r, info->eos, 1);
}

static int add_counted(void *arg, const int32_t *ids, size_t n, int counted) {
    struct reading *r = arg;
    r->writer->counted = counted;
    return add_ids(r, ids, n);
}

/* Members of messages that the template never looks at. */
static void note_members(const struct reading *r, const json_t *conversation) {
    struct lrt_data_writer *w = r->writer;
    const json_t *message, *messages = json_object_get(conversation, "messages");
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)messages, i, message) {
        const char *member;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)message, member, value) {
            char name[LRT_NOTE_BYTES];
            if (json_is_null(value) || lrt_chat_is_known(w->tokenizer, conversation, member)) continue;
            snprintf(name, sizeof name, "%.24s of messages", member);
            lrt_data_note(&w->ignored, name);
        }
    }
}

static int read_conversation(struct reading *r, json_t *conversation) {
    struct lrt_data_writer *w = r->writer;
    struct lrt_chat_text text;
    int status = lrt_chat_prepare(w->c, w->tokenizer);
    if (status) return status;
    status = lrt_chat_render_json(
        w->c, w->tokenizer, conversation,
        (struct lrt_chat_request){.train_on = w->data->options.train_on, .most_ids = (size_t)w->data->options.seq + 1},
        &text);
    if (status) return fail_example(r, status);
    w->data->info.chats++;
    w->data->info.last_only += text.last_only;
    w->data->info.other_prompt += text.other_prompt;
    w->data->info.left_out += lrt_chat_leaves_out(w->tokenizer, conversation);
    note_members(r, conversation);
    status = lrt_chat_encode(w->c, w->tokenizer, &text, add_counted, r);
    lrt_chat_text_free(&text);
    return status;
}

static int read_example(struct reading *r, json_t *object) {
    struct lrt_data_writer *w = r->writer;
    struct lrt_example e;
    int status = lrt_data_find_form(w->c, object, &e, &w->ignored);
    if (status)
        status = fail_example(r, status);
    else if (e.conversation)
        status = read_conversation(r, e.conversation);
    else if (e.prompt || json_string_length(e.text) > 0)
        status = read_text(r, e.prompt, e.text);
    w->forms[e.form] += !status;
    json_decref(e.conversation);
    return status;
}

/* The example's first seq+1 ids become a row, unless none of them counts as a target. */
static int finish_example(struct reading *r) {
    struct lrt_data_writer *w = r->writer;
    struct lrt_data_info *info = &w->data->info;
    const size_t whole = (size_t)w->data->options.seq + 1;
    const size_t n = w->example_count < whole ? w->example_count : whole;
    int64_t counted = 0, cut = 0;
    for (size_t i = 1; i < n; i++) counted += w->example[i] >= 0;
    for (size_t i = n; i < w->example_count; i++) cut += w->example[i] >= 0;
    if (w->example_count > n) info->truncated++;
    if ((int64_t)w->example_count > info->longest) info->longest = (int64_t)w->example_count;
    w->example_count = 0;
    if (counted == 0) {
        info->dropped++;
        info->late += cut > 0;
        return LRT_OK;
    }
    info->counted += counted;
    info->rows++;
    int status = lrt_data_write_ids(w, w->example, n);
    return status ? status : lrt_spool_write(w->c, &w->starts, &w->written, sizeof w->written);
}

/* "3 chats (messages), 1 text (text)" */
static void describe(const struct lrt_data_writer *w) {
    struct lrt_data *d = w->data;
    size_t n = 0;
    for (size_t i = 0; i < LRT_FORMS && n < sizeof d->forms; i++) {
        const enum lrt_form_shape shape = lrt_form_shape(i);
        const char *what = shape == LRT_FORM_PLAIN ? "text" : shape == LRT_FORM_PAIR ? "pair" : "chat";
        if (w->forms[i] == 0) continue;
        n += (size_t)snprintf(d->forms + n, sizeof d->forms - n, "%s%" PRId64 " %s%s (%s)", n ? ", " : "", w->forms[i],
                              what, w->forms[i] == 1 ? "" : "s", lrt_form_name(i));
    }
    lrt_data_notes_print(&w->ignored, d->ignored, sizeof d->ignored);
    d->info.forms = d->forms;
    d->info.ignored = d->ignored;
}

/* One record into the rows; *end: there is none. */
static int read_record(struct reading *r, int *end) {
    json_t *object;
    int status = lrt_records_next(&r->records, &object);
    r->bad = status == LRT_ERR_FILE && !r->records.fatal;
    *end = !status && !object;
    if (status || !object) return status;
    r->writer->example_count = 0;
    status = read_example(r, object);
    json_decref(object);
    return status ? status : finish_example(r);
}

/* The example is left out when the options allow one more. */
static int skip_record(struct lrt_data_writer *w, int status) {
    const struct lrt_data_options *o = &w->data->options;
    char why[LRT_ERROR_BYTES];
    if (w->data->info.skipped < o->skip_bad) {
        w->data->info.skipped++;
        if (o->tell) o->tell(o->tell_arg, lrt_error(w->c));
        return LRT_OK;
    }
    if (o->skip_bad == 0) return status;
    snprintf(why, sizeof why, "%s", lrt_error(w->c));
    return lrt_fail(w->c, status, "%s; %" PRId64 " others were left out, and no more may be", why,
                    w->data->info.skipped);
}

int lrt_data_read_examples(struct lrt_data_writer *w, const struct lrt_mapping *file) {
    struct reading r = {.writer = w};
    int end = 0;
    int status = lrt_spool_write(w->c, &w->starts, &w->written, sizeof w->written);
    if (!status)
        status = lrt_records_open(w->c, &r.records, w->path, file->data ? file->data : "", file->bytes,
                                  lrt_data_mark(w->path));
    while (!status && !end) {
        status = read_record(&r, &end);
        if (status && r.bad) status = skip_record(w, status);
    }
    lrt_records_close(&r.records);
    if (!status) describe(w);
    return status;
}
