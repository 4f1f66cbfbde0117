/* The ranges of a conversation's text that the model learns. A template may mark them with {% generation %}. Otherwise
 * they are what each assistant's message adds after its prompt: the conversation is rendered up to the prompt, and
 * again with the message. chat_turns.c says which messages count at all. */
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

static int begins_with(const struct lrt_chat_text *whole, const struct lrt_chat_rendering *part) {
    return part->bytes <= whole->bytes && memcmp(whole->text, part->text, part->bytes) == 0;
}

int lrt_chat_ends_with_special(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
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
    return last < end && last > begin && lrt_chat_ends_with_special(t, text + begin, last - begin) ? last : end;
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
                            const struct lrt_chat_turns *turns, struct lrt_chat_text *out) {
    out->counted = malloc((turns->n + 1) * sizeof *out->counted);
    if (!out->counted) return lrt_fail(c, LRT_ERR_MEMORY, "chat: no memory for %zu messages", turns->n);
    for (size_t i = 0; i < turns->n; i++) {
        if (turns->learns[i] < LRT_LEARNS) continue;
        size_t begin = 0, end = out->bytes;
        int status = prefix_bytes(c, t, conversation, out, i, 1, &begin);
        if (!status && i + 1 < turns->n) status = prefix_bytes(c, t, conversation, out, i, 0, &end);
        if (status) return status;
        if (end > begin)
            out->counted[out->n_counted++] = (struct lrt_chat_range){begin, without_tail(t, out->text, begin, end)};
    }
    return LRT_OK;
}

/* The marked ranges of messages that are not learned go; whose they are is told by how many the conversation has
 * up to each message. */
static int mask_by_marks(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation,
                         const struct lrt_chat_turns *turns, const struct lrt_chat_rendering *whole,
                         struct lrt_chat_text *out) {
    size_t before = 0, end = 0;
    out->counted = whole->ranges;
    if (!memchr(turns->learns, LRT_LEARNS_NOT, turns->n)) {
        out->n_counted = whole->n_ranges;
        return LRT_OK;
    }
    for (size_t i = 0; i < turns->n; i++, before = end) {
        struct lrt_chat_rendering part = {.n_ranges = whole->n_ranges};
        int status = i + 1 < turns->n ? lrt_chat_run(c, t, conversation, i + 1, 0, &part) : LRT_OK;
        end = part.n_ranges;
        if (i + 1 < turns->n && !status) {
            free(part.text);
            free(part.ranges);
        }
        if (!status && (end < before || end > whole->n_ranges))
            status = lrt_fail(c, LRT_ERR_FILE,
                              "message %zu: the template marks other messages when the conversation ends here, so what "
                              "is not learned cannot be left out",
                              i + 1);
        if (status) return status;
        for (size_t k = before; k < end && turns->learns[i] != LRT_LEARNS_NOT; k++)
            out->counted[out->n_counted++] = whole->ranges[k];
    }
    return LRT_OK;
}

static int mask(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, enum lrt_train_on train_on,
                const struct lrt_chat_rendering *whole, struct lrt_chat_text *out) {
    struct lrt_chat_turns turns;
    const int marked = lrt_chat_source_marks(t, conversation);
    if (!marked) free(whole->ranges);
    int status = lrt_chat_find_turns(c, conversation, train_on, &turns);
    if (status) {
        if (marked) free(whole->ranges);
        return status;
    }
    status = marked ? mask_by_marks(c, t, conversation, &turns, whole, out)
                    : mask_by_prefixes(c, t, conversation, &turns, out);
    lrt_chat_turns_free(&turns);
    return status;
}

int lrt_chat_render_json(struct lrt *c, struct lrt_tokenizer *t, json_t *conversation, struct lrt_chat_request request,
                         struct lrt_chat_text *out) {
    struct lrt_chat_rendering whole;
    *out = (struct lrt_chat_text){0};
    int status = lrt_chat_prepare(c, t);
    if (!status) status = lrt_chat_read_messages(c, t, conversation);
    if (!status)
        status = lrt_chat_run(c, t, conversation, json_array_size(json_object_get(conversation, "messages")),
                              request.prompt, &whole);
    if (status) return status;
    out->text = whole.text;
    out->bytes = whole.bytes;
    if (request.prompt)
        free(whole.ranges);
    else
        status = mask(c, t, conversation, request.train_on, &whole, out);
    if (status) lrt_chat_text_free(out);
    return status;
}

int lrt_chat_render(struct lrt *c, struct lrt_tokenizer *t, const char *conversation, size_t bytes, int prompt,
                    struct lrt_chat_text *out) {
    json_error_t error;
    *out = (struct lrt_chat_text){0};
    json_t *json = lrt_json_parse(conversation, bytes, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (!json) return lrt_fail(c, LRT_ERR_FILE, "the conversation is not JSON: %s", error.text);
    int status = lrt_chat_render_json(c, t, json, (struct lrt_chat_request){.prompt = prompt}, out);
    json_decref(json);
    return status;
}

int lrt_chat_prompt(struct lrt *c, struct lrt_tokenizer *t, const char *message, size_t bytes,
                    struct lrt_chat_text *out) {
    *out = (struct lrt_chat_text){0};
    json_t *json = json_pack("{s:[{s:s,s:s%}]}", "messages", "role", "user", "content", message, bytes);
    if (!json) return lrt_fail(c, LRT_ERR_ARGUMENT, "the prompt is not UTF-8");
    int status = lrt_chat_render_json(c, t, json, (struct lrt_chat_request){.prompt = 1}, out);
    json_decref(json);
    return status;
}
