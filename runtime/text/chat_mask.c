/* The ranges of a conversation's text that the model learns. A template may mark them with {% generation %}. Otherwise
 * they are what each assistant's message adds after its prompt: the conversation is rendered up to the prompt, and
 * again with the message. The text then becomes ids, and the ranges become ranges of ids. */
#include "runtime/formats/json_bounded.h"
#include "runtime/text/chat.h"
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>

void lrt_chat_text_free(struct lrt_chat_text *text) {
    free(text->text);
    free(text->counted);
    *text = (struct lrt_chat_text){0};
}

static int check_messages(struct lrt *c, const json_t *messages) {
    if (!json_is_array(messages) || json_array_size(messages) == 0)
        return lrt_fail(c, LRT_ERR_FILE, "\"messages\" is not a list of messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *m = json_array_get(messages, i), *content = json_object_get(m, "content");
        const int calls = json_array_size(json_object_get(m, "tool_calls")) > 0;
        if (!json_is_string(json_object_get(m, "role")))
            return lrt_fail(c, LRT_ERR_FILE, "message %zu needs a \"role\", a string", i + 1);
        if (!json_is_string(content) && !json_is_array(content) && !(calls && (!content || json_is_null(content))))
            return lrt_fail(c, LRT_ERR_FILE,
                            "message %zu needs a \"content\", a string; it may be null beside \"tool_calls\" only",
                            i + 1);
    }
    return LRT_OK;
}

static int is_assistant(const json_t *messages, size_t i) {
    return strcmp(json_string_value(json_object_get(json_array_get(messages, i), "role")), "assistant") == 0;
}

static int begins_with(const struct lrt_chat_text *whole, const struct lrt_chat_rendering *part) {
    return part->bytes <= whole->bytes && memcmp(whole->text, part->text, part->bytes) == 0;
}

static int ends_with_special(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    for (uint32_t i = 0; i < t->special_first[256]; i++) {
        const struct lrt_piece *p = &t->vocabulary.pieces[t->specials[i]];
        if (p->bytes <= bytes && memcmp(t->vocabulary.text + p->offset, text + bytes - p->bytes, p->bytes) == 0)
            return 1;
    }
    return 0;
}

/* White space after the token that ends a turn belongs to the template, not to the answer. */
static size_t without_tail(const struct lrt_tokenizer *t, const char *text, size_t begin, size_t end) {
    size_t last = end;
    while (last > begin && strchr(" \t\r\n", text[last - 1]) && text[last - 1]) last--;
    return last < end && last > begin && ends_with_special(t, text + begin, last - begin) ? last : end;
}

/* Bytes of the rendering of the first n messages, which must begin the text; `index` is the message it is for. */
static int prefix_bytes(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation,
                        const struct lrt_chat_text *whole, size_t index, int prompt, size_t *bytes) {
    struct lrt_chat_rendering part;
    char why[300];
    int status = lrt_chat_run(c, t, conversation, prompt ? index : index + 1, prompt, &part);
    const char *cure = prompt ? "" : ", or put the message into an example of its own, as its last";
    if (status) {
        memcpy(why, lrt_error(c), sizeof why - 1);
        why[sizeof why - 1] = 0;
        return lrt_fail(
            c, status, "message %zu: what the template makes of the conversation up to it is needed, and fails: %.250s",
            index + 1, why);
    }
    *bytes = part.bytes;
    if (!begins_with(whole, &part))
        status = lrt_fail(
            c, LRT_ERR_FILE,
            "message %zu: the template's text up to %s does not begin the text of the whole conversation; mark what "
            "counts by {%% generation %%} in a --chat-template FILE%s",
            index + 1, prompt ? "the prompt for it" : "its end", cure);
    free(part.text);
    free(part.ranges);
    return status;
}

static int mask_by_prefixes(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation,
                            struct lrt_chat_text *out) {
    const json_t *messages = json_object_get(conversation, "messages");
    const size_t n = json_array_size(messages);
    out->counted = malloc((n + 1) * sizeof *out->counted);
    if (!out->counted) return lrt_fail(c, LRT_ERR_MEMORY, "chat: no memory for %zu messages", n);
    for (size_t i = 0; i < n; i++) {
        if (!is_assistant(messages, i)) continue;
        size_t begin = 0, end = out->bytes;
        int status = prefix_bytes(c, t, conversation, out, i, 1, &begin);
        if (!status && i + 1 < n) status = prefix_bytes(c, t, conversation, out, i, 0, &end);
        if (status) return status;
        if (end > begin)
            out->counted[out->n_counted++] = (struct lrt_chat_range){begin, without_tail(t, out->text, begin, end)};
    }
    return LRT_OK;
}

int lrt_chat_render_json(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, int prompt,
                         struct lrt_chat_text *out) {
    const json_t *messages = json_object_get(conversation, "messages");
    struct lrt_chat_rendering whole;
    *out = (struct lrt_chat_text){0};
    int status = check_messages(c, messages);
    if (!status) status = lrt_chat_prepare(c, t);
    if (!status) status = lrt_chat_run(c, t, conversation, json_array_size(messages), prompt, &whole);
    if (status) return status;
    out->text = whole.text;
    out->bytes = whole.bytes;
    if (prompt || !lrt_chat_source_marks(t, conversation)) {
        free(whole.ranges);
        status = prompt ? LRT_OK : mask_by_prefixes(c, t, conversation, out);
    } else {
        out->counted = whole.ranges;
        out->n_counted = whole.n_ranges;
    }
    if (status) lrt_chat_text_free(out);
    return status;
}

int lrt_chat_render(struct lrt *c, struct lrt_tokenizer *t, const char *conversation, size_t bytes, int prompt,
                    struct lrt_chat_text *out) {
    json_error_t error;
    *out = (struct lrt_chat_text){0};
    json_t *json = lrt_json_parse(conversation, bytes, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!json) return lrt_fail(c, LRT_ERR_FILE, "the conversation is not JSON: %s", error.text);
    int status = lrt_chat_render_json(c, t, json, prompt, out);
    json_decref(json);
    return status;
}

int lrt_chat_prompt(struct lrt *c, struct lrt_tokenizer *t, const char *message, size_t bytes,
                    struct lrt_chat_text *out) {
    *out = (struct lrt_chat_text){0};
    json_t *json = json_pack("{s:[{s:s,s:s%}]}", "messages", "role", "user", "content", message, bytes);
    if (!json) return lrt_fail(c, LRT_ERR_ARGUMENT, "the prompt is not UTF-8");
    int status = lrt_chat_render_json(c, t, json, 1, out);
    json_decref(json);
    return status;
}

/* ids that grow */
struct id_list {
    struct lrt *c;
    int32_t *ids;
    size_t count, capacity;
};
static int add_ids(void *arg, const int32_t *ids, size_t n) {
    struct id_list *l = arg;
    int status = lrt_grow(l->c, (void **)&l->ids, &l->capacity, l->count + n, sizeof *l->ids);
    if (!status) memcpy(l->ids + l->count, ids, n * sizeof *ids);
    if (!status) l->count += n;
    return status;
}

/* Where encoding can restart: after a special token, whose index among the ids is known. */
struct restart {
    size_t byte, id;
};

/* The number of the text's ids before this byte. *inside: 1 when the next id's bytes begin before this byte and end
 * after it. */
static int ids_before(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_chat_text *text,
                      const struct id_list *whole, size_t byte, struct restart *from, size_t *ids, int *inside) {
    struct id_list part = {.c = c};
    const int continued = from->byte > 0 && t->prefix_once ? LRT_ENCODE_CONTINUED : 0;
    int status =
        lrt_encode(c, t, text->text + from->byte, byte - from->byte, LRT_ENCODE_SPECIAL | continued, add_ids, &part);
    size_t same = 0;
    while (same < part.count && from->id + same < whole->count && part.ids[same] == whole->ids[from->id + same]) same++;
    *ids = from->id + same;
    *inside = same < part.count;
    const int32_t last = same > 0 ? part.ids[same - 1] : -1;
    if (same == part.count && lrt_token_is_special(t, last) && last != t->info.unknown &&
        !(t->vocabulary.pieces[last].strip & LRT_STRIP_RIGHT) && byte > 0 && ends_with_special(t, text->text, byte))
        *from = (struct restart){byte, *ids};
    free(part.ids);
    return status;
}

int lrt_chat_encode(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_chat_text *text, lrt_counted_sink *sink,
                    void *arg) {
    struct id_list whole = {.c = c};
    struct restart from = {0, 0};
    size_t done = 0;
    int status = lrt_encode(c, t, text->text, text->bytes, LRT_ENCODE_SPECIAL, add_ids, &whole);
    for (size_t i = 0; i < text->n_counted && !status; i++) {
        const struct lrt_chat_range r = text->counted[i];
        size_t begin, end;
        int inside;
        if (r.end == r.begin) continue;
        status = ids_before(c, t, text, &whole, r.begin, &from, &begin, &inside);
        if (!status) status = ids_before(c, t, text, &whole, r.end, &from, &end, &inside);
        if (status) break;
        end += inside && end < whole.count;
        if (begin < done) begin = done;
        if (end <= begin) continue;
        if (begin > done) status = sink(arg, whole.ids + done, begin - done, 0);
        if (!status) status = sink(arg, whole.ids + begin, end - begin, 1);
        done = end;
    }
    if (!status && whole.count > done) status = sink(arg, whole.ids + done, whole.count - done, 0);
    free(whole.ids);
    return status;
}
