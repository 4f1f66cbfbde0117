/* The ranges of a conversation's text that the model learns. A template may mark them with {% generation %}. Otherwise
 * they are what each assistant's message adds after its prompt: the conversation is rendered up to the prompt, and
 * again with the message. chat_turns.c says which messages count at all. */
#include "runtime/formats/json_bounded.h"
#include "runtime/text/chat.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

void lrt_chat_text_free(struct lrt_chat_text *text) {
    free(text->text);
    free(text->counted);
    *text = (struct lrt_chat_text){0};
}

/* White space after the token that ends a turn belongs to the template, not to the answer. */
static size_t without_tail(const struct lrt_tokenizer *t, const char *text, size_t begin, size_t end) {
    size_t last = end;
    while (last > begin && lrt_is_blank(text[last - 1])) last--;
    return last < end && last > begin && lrt_chat_ends_with_special(t, text + begin, last - begin) ? last : end;
}

enum { TAG_MAX = 64 };

/* Bytes of the mark that begins a text: a special token, or a tag such as <think>; 0: another text is there. */
static size_t mark_bytes(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    static const char thought[] = "<|channel>thought";
    if (bytes >= sizeof thought - 1 && memcmp(text, thought, sizeof thought - 1) == 0) return sizeof thought - 1;
    const size_t special = lrt_specials_begin(&t->specials, text, bytes);
    if (special) return special;
    for (size_t n = 1; text[0] == '<' && n < bytes && n < TAG_MAX && text[n] && !strchr("< \t\r\n", text[n]); n++)
        if (text[n] == '>') return n + 1;
    return 0;
}

/* Marks and white space alone. */
static int is_marks(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    for (size_t at = 0, n; at < bytes; at += n) {
        n = lrt_is_blank(text[at]) ? 1 : mark_bytes(t, text + at, bytes - at);
        if (n == 0) return 0;
    }
    return 1;
}

/* Bytes that both texts begin with; a mark is not cut. */
static size_t common_bytes(const struct lrt_tokenizer *t, const struct lrt_chat_text *whole,
                           const struct lrt_chat_rendering *part) {
    const size_t least = whole->bytes < part->bytes ? whole->bytes : part->bytes;
    size_t n = 0;
    while (n < least && whole->text[n] == part->text[n]) n++;
    if (n == part->bytes) return n;
    size_t common = n;
    for (size_t back = 1; back < TAG_MAX && back <= n; back++)
        if (mark_bytes(t, whole->text + n - back, whole->bytes - n + back) > back ||
            mark_bytes(t, part->text + n - back, part->bytes - n + back) > back)
            common = n - back;
    return common;
}

/* Where the rendering of the first messages ends in the text, which must begin like it: only marks may be left over. */
static int prefix_bytes(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, struct lrt_chat_text *whole,
                        size_t index, int prompt, size_t *bytes) {
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
    *bytes = common_bytes(t, whole, &part);
    if (!is_marks(t, part.text + *bytes, part.bytes - *bytes))
        status = lrt_fail(
            c, LRT_ERR_FILE,
            "message %zu: the template's text up to %s does not begin the text of the whole conversation; mark what "
            "counts by {%% generation %%} in a --chat-template FILE%s",
            index + 1, prompt ? "the prompt for it" : "its end", cure);
    else if (prompt && *bytes < part.bytes)
        whole->other_prompt = 1;
    free(part.text);
    free(part.ranges);
    return status;
}

static int add_prefix(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, size_t index, size_t n,
                      struct lrt_chat_text *out) {
    size_t begin = 0, end = out->bytes;
    int status = prefix_bytes(c, t, conversation, out, index, 1, &begin);
    if (!status && index + 1 < n) status = prefix_bytes(c, t, conversation, out, index, 0, &end);
    if (!status && end > begin)
        out->counted[out->n_counted++] = (struct lrt_chat_range){begin, without_tail(t, out->text, begin, end)};
    return status;
}

/* Whether the last range begins behind the ids that are wanted: then the next ones do too. It is asked each time that
 * the bytes have doubled, so that all the answers cost as much as the last one. */
static int is_full(struct lrt *c, struct lrt_tokenizer *t, size_t most_ids, const struct lrt_chat_text *out,
                   size_t *ask_from, int *full) {
    const size_t begin = out->n_counted > 0 ? out->counted[out->n_counted - 1].begin : 0;
    *full = 0;
    if (most_ids == 0 || begin < *ask_from) return LRT_OK;
    *ask_from = 2 * begin;
    return lrt_chat_has_before(c, t, out, begin, most_ids, full);
}

/* Templates that write earlier messages in another way do not tell where those are. Then only the last turn counts, or
 * else its last message, unless the caller or the data wants the others too. */
static int mask_by_prefixes(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation,
                            struct lrt_chat_request request, struct lrt_chat_turns *turns, struct lrt_chat_text *out) {
    size_t ask_from = request.most_ids;
    int full = 0;
    out->counted = malloc((turns->n + 1) * sizeof *out->counted);
    if (!out->counted) return lrt_fail(c, LRT_ERR_MEMORY, "chat: no memory for %zu messages", turns->n);
    for (size_t i = 0; i < turns->n && !full; i++) {
        if (turns->learns[i] < LRT_LEARNS) continue;
        int status = add_prefix(c, t, conversation, i, turns->n, out);
        const size_t from = i < turns->last ? turns->last : turns->last_message;
        const int may =
            request.train_on == LRT_TRAIN_ON_DEFAULT && i < from && !memchr(turns->learns, LRT_LEARNS_ASKED, from);
        if (status && (status != LRT_ERR_FILE || !may)) return status;
        if (!status) {
            status = is_full(c, t, request.most_ids, out, &ask_from, &full);
            if (status) return status;
            continue;
        }
        lrt_chat_keep_from(turns, from);
        out->last_only = 1;
        out->other_prompt = 0;
        out->n_counted = 0;
        i = from - 1;
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

static int mask(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, struct lrt_chat_request request,
                const struct lrt_chat_rendering *whole, struct lrt_chat_text *out) {
    struct lrt_chat_turns turns;
    const int marked = lrt_chat_source_marks(t, conversation);
    if (!marked) free(whole->ranges);
    int status = lrt_chat_find_turns(c, conversation, request.train_on, &turns);
    if (status) {
        if (marked) free(whole->ranges);
        return status;
    }
    status = marked ? mask_by_marks(c, t, conversation, &turns, whole, out)
                    : mask_by_prefixes(c, t, conversation, request, &turns, out);
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
        status = mask(c, t, conversation, request, &whole, out);
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
