/* A conversation's text becomes ids, and its ranges of bytes become ranges of ids. The text is encoded as a whole; the
 * edge of a range is where the ids of the text before it and those of the whole part. */
#include "runtime/text/chat.h"
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>

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

int lrt_chat_ends_with_special(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    return lrt_specials_end(&t->specials, text, bytes) || lrt_specials_end(&t->normalized, text, bytes);
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
        !(t->vocabulary.pieces[last].flags & LRT_STRIP_RIGHT) && byte > 0 &&
        lrt_chat_ends_with_special(t, text->text, byte))
        *from = (struct restart){byte, *ids};
    free(part.ids);
    return status;
}

/* The whole text is encoded only where the part has enough. */
int lrt_chat_has_before(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_chat_text *text, size_t byte,
                        size_t least, int *has) {
    struct id_list ids = {.c = c};
    struct restart from = {0, 0};
    size_t before = 0;
    int inside;
    int status = lrt_encode(c, t, text->text, byte, LRT_ENCODE_SPECIAL, add_ids, &ids);
    if (!status && ids.count >= least) {
        ids.count = 0;
        status = lrt_encode(c, t, text->text, text->bytes, LRT_ENCODE_SPECIAL, add_ids, &ids);
        if (!status) status = ids_before(c, t, text, &ids, byte, &from, &before, &inside);
    }
    *has = !status && before >= least;
    free(ids.ids);
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
