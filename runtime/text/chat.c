/* Conversations become text: the choice of the chat template, its variables, and its run. chat_mask.c decides which
 * bytes of the text count. */
#include "runtime/text/chat.h"
#include "runtime/text/chat_values.h"
#include "runtime/text/tokenizer.h"
#include <lorac/lrt_foreign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chat_format {
    const char *name, *text;
};
static const struct chat_format formats[] = {
#define CHAT(name, text) {name, text},
#include "runtime/text/chat_formats.def"
#undef CHAT
};
enum { FORMATS = sizeof formats / sizeof *formats };

const char *lrt_chat_format(size_t index) { return index < FORMATS ? formats[index].name : NULL; }

static void drop_source(struct lrt_chat_source *s) {
    free(s->name);
    free(s->text);
    lrt_template_free(s->compiled);
    *s = (struct lrt_chat_source){0};
}

void lrt_chat_free(struct lrt_chat *chat) {
    for (int i = 0; i < LRT_CHAT_USES; i++) drop_source(&chat->sources[i]);
}

int lrt_chat_keep(struct lrt *c, struct lrt_tokenizer *t, enum lrt_chat_use use, const char *name, const char *text,
                  size_t bytes) {
    struct lrt_chat_source *s = &t->chat.sources[use];
    drop_source(s);
    s->name = malloc(strlen(name) + 1);
    s->text = malloc(bytes + 1);
    if (!s->name || !s->text) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for a chat template", name);
    memcpy(s->name, name, strlen(name) + 1);
    memcpy(s->text, text, bytes);
    s->text[bytes] = 0;
    s->bytes = bytes;
    t->chat.prepared = t->chat.plain = 0;
    return LRT_OK;
}

/* A template that the user names also serves conversations with tools. */
static int replace_template(struct lrt *c, struct lrt_tokenizer *t, const char *name, const char *text, size_t bytes) {
    drop_source(&t->chat.sources[LRT_CHAT_WITH_TOOLS]);
    int status = lrt_chat_keep(c, t, LRT_CHAT_DEFAULT, name, text, bytes);
    t->info.chat = t->chat.sources[LRT_CHAT_DEFAULT].name;
    return status;
}

int lrt_chat_choose(struct lrt *c, struct lrt_tokenizer *t, const char *format) {
    for (size_t i = 0; i < FORMATS; i++) {
        char name[80];
        if (strcmp(formats[i].name, format) != 0) continue;
        snprintf(name, sizeof name, "format %s", format);
        return replace_template(c, t, name, formats[i].text, strlen(formats[i].text));
    }
    char known[200] = "";
    for (size_t i = 0, n = 0; i < FORMATS; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "", formats[i].name);
    return lrt_fail(c, LRT_ERR_ARGUMENT, "there is no chat format '%.60s'; there are: %s", format, known);
}

int lrt_chat_read_template(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    char *text;
    size_t bytes;
    int status = lrt_read_file(c, path, TEMPLATE_BYTES_MAX, &text, &bytes);
    if (status) return status;
    const size_t mark = lrt_text_mark(text, bytes);
    status = replace_template(c, t, path, text + mark, bytes - mark);
    free(text);
    return status;
}

int lrt_chat_set_date(struct lrt *c, struct lrt_tokenizer *t, int year, int month, int day) {
    struct tm date = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12, .tm_isdst = -1};
    if (mktime(&date) == (time_t)-1 || date.tm_mday != day || date.tm_mon != month - 1)
        return lrt_fail(c, LRT_ERR_ARGUMENT, "there is no day %04d-%02d-%02d", year, month, day);
    date.tm_hour = 0;
    t->chat.now = date;
    return LRT_OK;
}

static int compile(struct lrt *c, struct lrt_tokenizer *t) {
    struct lrt_chat *chat = &t->chat;
    int status = LRT_OK;
    if (!chat->sources[LRT_CHAT_DEFAULT].text) {
        const int tools_only = chat->sources[LRT_CHAT_WITH_TOOLS].text != NULL;
        const struct chat_format *plain = &formats[FORMATS - 1];
        if (tools_only)
            return lrt_fail(c, LRT_ERR_FILE,
                            "%s: it has a chat template for tools only; --chat-template FILE gives one",
                            chat->sources[LRT_CHAT_WITH_TOOLS].name);
        status = lrt_chat_keep(c, t, LRT_CHAT_DEFAULT, "format plain", plain->text, strlen(plain->text));
        chat->plain = 1;
    }
    for (int i = 0; i < LRT_CHAT_USES && !status; i++) {
        struct lrt_chat_source *s = &chat->sources[i];
        char name[200];
        if (!s->text || s->compiled) continue;
        const size_t length = strlen(s->name);
        snprintf(name, sizeof name, "%s%s, chat template", length > 160 ? "..." : "",
                 s->name + (length > 160 ? length - 160 : 0));
        status = lrt_template_compile(c, &s->compiled, name, s->text, s->bytes);
    }
    if (chat->now.tm_mday == 0) {
        const time_t now = time(NULL);
        const struct tm *here = localtime_r(&now, &chat->now);
        if (!here) status = lrt_fail(c, LRT_ERR_SYSTEM, "the system does not tell the date");
    }
    return status;
}

/* The token after an answer ends the turn. Where the template refuses this conversation, it stays eos. */
static void find_end_of_turn(struct lrt_tokenizer *t) {
    static const char answer[] = "lorac-answer";
    struct lrt c = {0};
    struct lrt_chat_rendering r = {0};
    json_t *conversation = json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "messages", "role", "user", "content",
                                     "lorac-question", "role", "assistant", "content", answer);
    t->info.end_of_turn = t->info.eos;
    if (conversation && lrt_chat_run(&c, t, conversation, 2, 0, &r) == LRT_OK)
        for (const char *p = r.text, *end = r.text + r.bytes; p < end; p++) {
            const size_t n = sizeof answer - 1;
            if ((size_t)(end - p) < n || memcmp(p, answer, n) != 0) continue;
            int32_t ids[64];
            size_t count = 0;
            if (lrt_encode_array(&c, t, p + n, (size_t)(end - p) - n, LRT_ENCODE_SPECIAL | LRT_ENCODE_CONTINUED, ids,
                                 64, &count))
                break;
            for (size_t i = 0; i < count && i < 64; i++)
                if (lrt_token_is_special(t, ids[i]) && ids[i] != t->info.unknown) {
                    t->info.end_of_turn = ids[i];
                    break;
                }
            break;
        }
    free(r.text);
    free(r.ranges);
    json_decref(conversation);
}

/* A content as a list of parts is taken where it gives what the text gives. */
static void find_parts(struct lrt_tokenizer *t) {
    for (int use = 0; use < LRT_CHAT_USES; use++) {
        json_t *conversations[2] = {json_pack("{s:[{s:s,s:[{s:s,s:s}]},{s:s,s:[{s:s,s:s}]}]}", "messages", "role",
                                              "user", "content", "type", "text", "text", "lorac-question", "role",
                                              "assistant", "content", "type", "text", "text", "lorac-answer"),
                                    json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "messages", "role", "user", "content",
                                              "lorac-question", "role", "assistant", "content", "lorac-answer")};
        struct lrt_chat_rendering r[2] = {{0}};
        struct lrt c = {0};
        int status = t->chat.sources[use].compiled ? LRT_OK : LRT_ERR_FILE;
        for (int i = 0; i < 2 && !status; i++) {
            status = conversations[i] ? LRT_OK : LRT_ERR_MEMORY;
            if (!status && use == LRT_CHAT_WITH_TOOLS)
                status = json_object_set_new(conversations[i], "tools", json_array());
            if (!status) status = lrt_chat_run(&c, t, conversations[i], 2, 0, &r[i]);
        }
        t->chat.takes_parts[use] = !status && r[0].bytes == r[1].bytes && memcmp(r[0].text, r[1].text, r[0].bytes) == 0;
        for (int i = 0; i < 2; i++) {
            free(r[i].text);
            free(r[i].ranges);
            json_decref(conversations[i]);
        }
    }
}

int lrt_chat_prepare(struct lrt *c, struct lrt_tokenizer *t) {
    if (t->chat.prepared) return LRT_OK;
    int status = compile(c, t);
    if (status) return status;
    t->chat.prepared = 1;
    find_parts(t);
    find_end_of_turn(t);
    return LRT_OK;
}

const char *lrt_chat_template(const struct lrt_tokenizer *t, int with_tools, size_t *bytes) {
    const struct lrt_chat_source *s = &t->chat.sources[with_tools ? LRT_CHAT_WITH_TOOLS : LRT_CHAT_DEFAULT];
    *bytes = s->text ? s->bytes : 0;
    return s->text;
}

void lrt_chat_describe(const struct lrt_tokenizer *t, char *out, size_t size) {
    const struct lrt_chat_source *s = &t->chat.sources[LRT_CHAT_DEFAULT];
    const int dated = s->compiled && lrt_template_mentions(s->compiled, "strftime_now");
    char date[128] = "";
    if (dated)
        snprintf(date, sizeof date, "; it sees the date: --chat-date %04d-%02d-%02d repeats it",
                 t->chat.now.tm_year + 1900, t->chat.now.tm_mon + 1, t->chat.now.tm_mday);
    const int is_format = s->name && strncmp(s->name, "format ", 7) == 0;
    snprintf(out, size, "%s%s%s%s", is_format ? "the " : "the template of ", s->name ? s->name : "format plain",
             t->chat.plain ? ", as the tokenizer has no template (--chat-format, --chat-template)" : "", date);
}

static const struct lrt_chat_source *source_of(const struct lrt_tokenizer *t, const json_t *conversation) {
    const struct lrt_chat_source *tools = &t->chat.sources[LRT_CHAT_WITH_TOOLS];
    const json_t *given = json_object_get(conversation, "tools");
    return tools->compiled && given && !json_is_null(given) ? tools : &t->chat.sources[LRT_CHAT_DEFAULT];
}

int lrt_chat_source_marks(const struct lrt_tokenizer *t, const json_t *conversation) {
    return lrt_template_marks(source_of(t, conversation)->compiled);
}

int lrt_chat_takes_parts(const struct lrt_tokenizer *t, const json_t *conversation) {
    return t->chat.takes_parts[source_of(t, conversation) - t->chat.sources];
}

static int has_text(const struct lrt_chat_source *s, const char *text) { return strstr(s->text, text) != NULL; }

int lrt_chat_names(const struct lrt_tokenizer *t, const json_t *conversation, const char *word) {
    char quoted[100];
    if (strlen(word) > sizeof quoted - 3) return 0;
    snprintf(quoted, sizeof quoted, "'%s'", word);
    if (has_text(source_of(t, conversation), quoted)) return 1;
    snprintf(quoted, sizeof quoted, "\"%s\"", word);
    return has_text(source_of(t, conversation), quoted);
}

int lrt_chat_mentions(const struct lrt_tokenizer *t, const json_t *conversation, const char *word) {
    return has_text(source_of(t, conversation), word);
}

int lrt_chat_is_known(const struct lrt_tokenizer *t, const json_t *conversation, const char *member) {
    static const char *const reasoning[] = {"reasoning_content", "thinking", "reasoning"};
    static const char *const always[] = {"role", "content", "tool_calls"}; /* calls: lrt_chat_leaves_out counts them */
    for (size_t i = 0; i < 3; i++)
        if (strcmp(always[i], member) == 0) return 1;
    if (lrt_chat_is_flag(member) || lrt_chat_mentions(t, conversation, member)) return 1;
    for (size_t i = 0; i < 3; i++)
        if (strcmp(reasoning[i], member) == 0)
            return lrt_chat_mentions(t, conversation, reasoning[0]) || lrt_chat_mentions(t, conversation, reasoning[1]);
    return 0;
}

int lrt_chat_leaves_out(const struct lrt_tokenizer *t, const json_t *conversation) {
    static const char *const members[] = {"tools", "documents"};
    const struct lrt_chat_source *s = source_of(t, conversation);
    const json_t *message, *messages = json_object_get(conversation, "messages");
    size_t i;
    for (i = 0; i < 2; i++)
        if (json_array_size(json_object_get(conversation, members[i])) > 0 && !has_text(s, members[i])) return 1;
    if (has_text(s, "tool_calls")) return 0;
    json_array_foreach((json_t *)messages, i, message) {
        if (json_array_size(json_object_get(message, "tool_calls")) > 0) return 1;
    }
    return 0;
}

static void define_token(struct lrt_template_run *run, const struct lrt_tokenizer *t, const char *name, int32_t id) {
    size_t n = 0;
    const char *text = lrt_token_bytes(t, id, &n);
    if (text) lrt_template_define(run, name, template_text(text, n));
}

static void define_variables(struct lrt_template_run *run, const struct lrt_tokenizer *t, const json_t *conversation,
                             size_t n, int prompt) {
    static const char *const given[] = {"tools", "documents"};
    const char *key;
    json_t *value;
    define_token(run, t, "bos_token", t->info.bos);
    define_token(run, t, "eos_token", t->info.eos);
    define_token(run, t, "unk_token", t->info.unknown);
    define_token(run, t, "pad_token", t->pad);
    json_object_foreach(json_object_get(conversation, "chat_template_kwargs"), key, value) {
        lrt_template_define(run, key, lrt_chat_value(run, value));
    }
    for (size_t i = 0; i < 2; i++) {
        const json_t *list = json_object_get(conversation, given[i]);
        lrt_template_define(run, given[i], list ? lrt_chat_value(run, list) : template_none());
    }
    lrt_template_define(run, "messages", lrt_chat_messages(run, json_object_get(conversation, "messages"), n));
    lrt_template_define(run, "add_generation_prompt", template_boolean(prompt));
}

int lrt_chat_run(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, size_t n, int prompt,
                 struct lrt_chat_rendering *out) {
    struct lrt_template_run *run;
    struct lrt_template_result result;
    *out = (struct lrt_chat_rendering){0};
    int status = lrt_template_start(c, &run, source_of(t, conversation)->compiled, &t->chat.now);
    if (status) return status;
    define_variables(run, t, conversation, n, prompt);
    status = lrt_template_render(run, &result);
    if (!status) {
        out->bytes = result.bytes;
        out->n_ranges = result.n_generated;
        out->text = malloc(result.bytes + 1);
        out->ranges = malloc((result.n_generated + 1) * sizeof *out->ranges);
        if (out->text && out->ranges) {
            memcpy(out->text, result.text, result.bytes);
            out->text[result.bytes] = 0;
            for (size_t i = 0; i < result.n_generated; i++)
                out->ranges[i] = (struct lrt_chat_range){result.generated[i].begin, result.generated[i].end};
        } else {
            free(out->text);
            free(out->ranges);
            *out = (struct lrt_chat_rendering){0};
            status = lrt_fail(c, LRT_ERR_MEMORY, "chat: no memory for %zu bytes", result.bytes);
        }
    }
    lrt_template_end(run);
    return status;
}
