/* Data files of every form. The first byte chooses the file's kind and how conversations are masked. Either the rest is
 * the file, or it says how to make records: these are written as lines, over several lines, as a list and, when they
 * are texts alone, as a table, and each file must give the same rows. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "runtime/text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 1 << 16 };
struct rows {
    int status;
    int64_t n, skipped;
    size_t ids;
    int32_t id[ROWS_MAX]; /* of all rows, ~id when it does not count */
};

static const char *temporary(void) {
    const char *folder = getenv("TMPDIR");
    return folder ? folder : "/tmp";
}

static const char *path_of(const char *ending) {
    static char path[200];
    snprintf(path, sizeof path, "%.100s/lorac-fuzz-data-%ld.%s", temporary(), (long)getpid(), ending);
    return path;
}

static void write_bytes(const char *path, const void *bytes, size_t n) {
    const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n) abort();
    close(fd);
}

/* llama2.c's form: three special tokens and the bytes; with one of the templates. */
static struct lrt_tokenizer *open_tokenizer(const char *template) {
    static const char *const special[] = {"<unk>", "\n<s>\n", "\n</s>\n"};
    char bytes[8192], text[16];
    size_t n = 4;
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    memcpy(bytes, (unsigned char[]){7, 0, 0, 0}, 4);
    for (int id = 0; id < 260; id++) {
        snprintf(text, sizeof text, "<0x%02X>", id - 3);
        const char *spelling = id < 3 ? special[id] : id < 259 ? text : " ";
        const float score = (float)-id;
        const uint32_t length = (uint32_t)strlen(spelling);
        memcpy(bytes + n, &score, 4);
        memcpy(bytes + n + 4, &length, 4);
        memcpy(bytes + n + 8, spelling, length);
        n += 8 + length;
    }
    write_bytes(path_of("bin"), bytes, n);
    if (lrt_tokenizer_open(&c, &t, path_of("bin"))) abort();
    unlink(path_of("bin"));
    write_bytes(path_of("jinja"), template, strlen(template));
    if (*template && lrt_chat_read_template(&c, t, path_of("jinja"))) abort();
    unlink(path_of("jinja"));
    return t;
}

static void read_file(const char *ending, const void *bytes, size_t n, int choice, struct rows *out) {
    static const char *const templates[] = {
        "",
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ m.tool_calls | tojson if m.tool_calls }}{% endfor %}{% "
        "if "
        "add_generation_prompt %}<assistant><think>{% endif %}",
        "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% "
        "endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}",
        "{% for m in messages %}<{{ m.role }}>{% if m.content is string %}{{ m.content }}{% else %}{% for p in "
        "m.content "
        "%}{{ p.text }}{% endfor %}{% endif %}{{ '!' if loop.last }}{% endfor %}{% if add_generation_prompt "
        "%}<assistant>{% "
        "endif %}"};
    static struct lrt_tokenizer *tokenizers[4];
    struct lrt_tokenizer **t = &tokenizers[choice & 3];
    const struct lrt_data_options o = {.seq = 1 + (choice >> 4 & 7) * 40,
                                       .ignore = -100,
                                       .vocab = 260,
                                       .folder = temporary(),
                                       .train_on = (enum lrt_train_on)((choice >> 2 & 3) % 3),
                                       .skip_bad = choice & 128 ? INT64_MAX : 2};
    int32_t ids[400];
    uint8_t counts[400];
    struct lrt c = {0};
    struct lrt_data *d;
    if (!*t) *t = open_tokenizer(templates[choice & 3]);
    out->ids = 0;
    out->n = out->skipped = 0;
    write_bytes(path_of(ending), bytes, n);
    out->status = lrt_data_open(&c, &d, path_of(ending), *t, &o);
    unlink(path_of(ending));
    if (out->status && !*lrt_error(&c)) abort();
    if (out->status) return;
    out->n = lrt_data_info(d)->rows;
    out->skipped = lrt_data_info(d)->skipped;
    for (int64_t row = 0; row < out->n; row++) {
        const int64_t count = lrt_data_ids(d, row, ids, counts);
        if (count < 2 || count > o.seq + 1) abort();
        for (int64_t i = 0; i < count; i++) {
            if (ids[i] < 0 || ids[i] >= 260) abort();
            if (out->ids < ROWS_MAX) out->id[out->ids++] = counts[i] ? ids[i] : ~ids[i];
        }
    }
    lrt_data_close(d);
}

/* ---- records made of bytes ---- */
struct source {
    const uint8_t *at, *end;
};
static int next(struct source *s) { return s->at < s->end ? *s->at++ : 0; }

static json_t *make_text(struct source *s) {
    static const char *const texts[] = {
        "",     "a",       "q\nr",         "\"x\", y", " z ", "\t",
        "</s>", "<think>", "\xE4\xBD\xA0", "0",        "[1]", "{\"name\":\"f\",\"arguments\":{}}"};
    return json_string(texts[next(s) % 12]);
}

static json_t *make_messages(struct source *s) {
    static const char *const roles[] = {"user", "assistant",     "human",  "gpt",  "system",
                                        "tool", "function_call", "critic", "MODEL"};
    static const char *const flags[] = {"weight", "train", "loss", "name", "mask"};
    json_t *messages = json_array();
    for (int n = next(s) % 6; n > 0; n--) {
        json_t *message = json_object();
        const int how = next(s);
        json_object_set_new(message, how & 1 ? "from" : "role", json_string(roles[next(s) % 9]));
        json_object_set_new(message, how & 2 ? "value" : "content",
                            how & 4 ? json_pack("[{s:s,s:o},{s:s,s:o}]", "type", "text", "text", make_text(s), "type",
                                                how & 8 ? "image" : "text", "text", make_text(s))
                                    : make_text(s));
        if (how & 16) json_object_set_new(message, flags[next(s) % 5], json_integer(next(s) % 3));
        if (how & 32) json_object_set_new(message, "tool_calls", json_pack("[{s:s}]", "id", "1"));
        if (how & 64) json_object_set_new(message, "content", json_null());
        json_array_append_new(messages, message);
    }
    return messages;
}

static const char *const text_members[] = {"text",        "prompt",   "completion", "question", "answer",
                                           "instruction", "input",    "output",     "system",   "context",
                                           "id",          "response", "chosen",     "label",    "query"};
enum { TEXT_MEMBERS = sizeof text_members / sizeof *text_members };

static json_t *make_record(struct source *s, unsigned columns, int table) {
    json_t *record = json_object();
    for (int i = 0; i < TEXT_MEMBERS; i++)
        if (columns >> i & 1) json_object_set_new(record, text_members[i], make_text(s));
    if (table) return record;
    const int how = next(s);
    if (how & 1) json_object_set_new(record, how & 2 ? "conversations" : "messages", make_messages(s));
    if (how & 4) json_object_set_new(record, "prompt", make_messages(s));
    if (how & 4) json_object_set_new(record, "completion", make_messages(s));
    if (how & 8) json_object_set_new(record, "history", json_pack("[[o,o]]", make_text(s), make_text(s)));
    if (how & 16) json_object_set_new(record, "tools", json_string("[]"));
    if (how & 32) json_object_set_new(record, "train_on_last_turn", json_boolean(how & 64));
    return record;
}

struct text {
    char bytes[1 << 18];
    size_t n;
};
static void put(struct text *t, const char *from, size_t n) {
    if (t->n + n > sizeof t->bytes) abort();
    memcpy(t->bytes + t->n, from, n);
    t->n += n;
}
static void put_json(struct text *t, const json_t *value, size_t flags, const char *behind) {
    char *dumped = json_dumps(value, flags);
    put(t, dumped, strlen(dumped));
    put(t, behind, strlen(behind));
    free(dumped);
}
static void put_cell(struct text *t, const char *text, char behind) {
    put(t, "\"", 1);
    for (; *text; text++) put(t, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    put(t, "\"", 1);
    put(t, &behind, 1);
}

static void put_table(struct text *t, const json_t *records) {
    size_t i;
    const json_t *record, *first = json_array_get(records, 0);
    for (i = 0; i < json_array_size(records) + 1; i++) {
        const char *member;
        json_t *value;
        record = i ? json_array_get(records, i - 1) : first;
        size_t left = json_object_size(record);
        json_object_foreach((json_t *)(uintptr_t)record, member, value) {
            put_cell(t, i ? json_string_value(value) : member, --left ? ',' : '\n');
        }
    }
}

static void equal(const struct rows *a, const struct rows *b, const char *ending) {
    if (a->status == b->status && a->n == b->n && a->skipped == b->skipped && a->ids == b->ids &&
        memcmp(a->id, b->id, a->ids * sizeof *a->id) == 0)
        return;
    fprintf(stderr, "as .%s: status %d, %d rows, %d skipped; as lines: %d, %d, %d\n", ending, b->status, (int)b->n,
            (int)b->skipped, a->status, (int)a->n, (int)a->skipped);
    abort();
}

static void compare_forms(struct source *s, int choice) {
    static struct text lines, pretty, list, table;
    static struct rows as_lines, other;
    const int is_table = next(s) & 1;
    unsigned columns = (unsigned)next(s) | (unsigned)next(s) << 8;
    if (is_table && !(columns & ((1u << TEXT_MEMBERS) - 1))) columns = 1;
    json_t *records = json_array(), *record;
    size_t i;
    for (int n = 1 + next(s) % 5; n > 0; n--) json_array_append_new(records, make_record(s, columns, is_table));
    lines.n = pretty.n = list.n = table.n = 0;
    json_array_foreach(records, i, record) {
        put_json(&lines, record, JSON_COMPACT, "\n");
        put_json(&pretty, record, JSON_INDENT(2), "\n");
    }
    put_json(&list, records, choice & 4 ? JSON_COMPACT : JSON_INDENT(1), "");
    read_file("jsonl", lines.bytes, lines.n, choice, &as_lines);
    read_file("json", pretty.bytes, pretty.n, choice, &other);
    equal(&as_lines, &other, "json, over several lines");
    read_file("json", list.bytes, list.n, choice, &other);
    equal(&as_lines, &other, "json, a list");
    if (is_table) {
        put_table(&table, records);
        read_file("csv", table.bytes, table.n, choice, &other);
        equal(&as_lines, &other, "csv");
    }
    json_decref(records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const endings[] = {"jsonl", "json", "csv", "tsv", "txt", "ndjson"};
    static struct rows rows;
    if (size < 2) return 0;
    struct source s = {data + 2, data + size};
    if (data[0] % 12 >= 6)
        compare_forms(&s, data[1]);
    else
        read_file(endings[data[0] % 12], data + 2, size - 2, data[1], &rows);
    return 0;
}
