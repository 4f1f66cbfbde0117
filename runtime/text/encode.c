/* Text to ids. Tokens that are found whole come first: in the text as it is, and, of those that are normalised, in what
 * the normaliser made of the text between. The rest becomes words.
 *
 * Most tokenizers find words by the stages of their split. Those that have none merge over the whole text. For them a
 * word ends between two bytes that no token holds side by side. No token reaches across such a place, so the tokens are
 * those of the whole text, and memory grows with the longest word only. */
#include "runtime/text/encode.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

static int flush_buffer(struct lrt_encoding *e) {
    const size_t bytes = e->t->buffer_bytes;
    e->t->buffer_bytes = 0;
    return bytes ? lrt_emit_characters(e, e->t->buffer, bytes) : LRT_OK;
}

static void begin_piece(struct lrt_encoding *e) {
    e->after_unknown = 0;
    e->t->unigram.carried = 0;
}

static int buffer_character(struct lrt_encoding *e, const char *text, size_t bytes) {
    struct lrt_tokenizer *t = e->t;
    if (t->buffer_bytes) {
        const unsigned pair = (unsigned)(unsigned char)t->buffer[t->buffer_bytes - 1] << 8 | (unsigned char)*text;
        const int joined = t->joins[pair >> 3] >> (pair & 7) & 1 && !(t->cut_spaces && *text == ' ');
        int status = joined ? LRT_OK : flush_buffer(e);
        if (status) return status;
        if (t->cut_spaces && *text == ' ') begin_piece(e);
    }
    int status = lrt_grow(e->c, (void **)&t->buffer, &t->buffer_capacity, t->buffer_bytes + bytes, 1);
    if (status) return status;
    memcpy(t->buffer + t->buffer_bytes, text, bytes);
    t->buffer_bytes += bytes;
    return LRT_OK;
}

static int is_mark(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    return t->marks_spaces && bytes >= 3 && memcmp(text, LRT_SPACE_MARK, 3) == 0;
}

static int stream(struct lrt_encoding *e, const char *text, size_t bytes, int begins) {
    struct lrt_tokenizer *t = e->t;
    t->buffer_bytes = 0;
    begin_piece(e);
    const int spaced = *text == ' ' || is_mark(t, text, bytes);
    const int prefix =
        begins && (t->space_prefix == LRT_PREFIX_ALWAYS || (t->space_prefix == LRT_PREFIX_UNLESS_SPACE && !spaced));
    int status = prefix ? buffer_character(e, " ", 1) : LRT_OK;
    for (size_t at = 0; at < bytes && !status;) {
        size_t length = lrt_utf8_character(text + at, bytes - at, NULL);
        if (length == 0) length = 1;
        if (length == 3 && is_mark(t, text + at, 3))
            status = buffer_character(e, " ", 1);
        else
            status = buffer_character(e, text + at, length);
        at += length;
    }
    return status ? status : flush_buffer(e);
}

/* Text without tokens that are found whole. */
static int encode_plain(struct lrt_encoding *e, const char *text, size_t bytes, int place) {
    if (bytes == 0) return LRT_OK;
    if (e->t->streams) return stream(e, text, bytes, !(place & LRT_SPLIT_CONTINUES));
    return lrt_split_text(e->c, &e->t->split, text, bytes, place, lrt_emit_word, e);
}

/* Text that the normaliser has seen. */
static int encode_normalized(struct lrt_encoding *e, const char *text, size_t bytes, int place, int flags) {
    struct lrt_special_scan scan = {.specials = &e->t->normalized,
                                    .vocabulary = &e->t->vocabulary,
                                    .text = text,
                                    .bytes = bytes,
                                    .all = flags & LRT_ENCODE_SPECIAL};
    for (;;) {
        const int found = lrt_specials_next(&scan);
        int status = encode_plain(e, text + scan.text_begin, scan.begin - scan.text_begin,
                                  scan.text_begin == 0 ? place
                                  : e->t->prefix_once  ? LRT_SPLIT_CONTINUES
                                                       : 0);
        if (!status && found) status = lrt_emit(e, scan.id);
        if (status || !found) return status;
    }
}

/* Text between tokens that are found in it as it is. The normaliser sees UTF-8 only. */
static int encode_between(struct lrt_encoding *e, const char *text, size_t bytes, int place, int flags) {
    struct lrt_normalizer *n = &e->t->normalizer;
    if (n->count == 0) return encode_normalized(e, text, bytes, place, flags);
    for (size_t at = 0; at < bytes; at++, place = 0) { /* `at` ends before a byte that is none */
        const size_t valid = lrt_utf8_valid(text + at, bytes - at);
        const char *out;
        size_t count;
        int status = lrt_normalize(e->c, n, text + at, valid, place, &out, &count);
        if (!status) status = encode_normalized(e, out, count, place, flags);
        at += valid;
        if (!status && at < bytes) status = lrt_emit_fallback(e, text + at, 1);
        if (status) return status;
    }
    return LRT_OK;
}

int lrt_encode(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, lrt_token_sink *sink,
               void *arg) {
    struct lrt_encoding e = {.c = c, .t = t, .sink = sink, .arg = arg, .due = -1, .last = -1};
    struct lrt_special_scan scan = {.specials = &t->specials,
                                    .vocabulary = &t->vocabulary,
                                    .text = text,
                                    .bytes = bytes,
                                    .all = flags & LRT_ENCODE_SPECIAL};
    int place = flags & LRT_ENCODE_CONTINUED ? LRT_SPLIT_CONTINUES : LRT_SPLIT_FIRST, found = 1, status = LRT_OK;
    if (flags & LRT_ENCODE_BOS && t->info.add_bos) e.due = t->info.bos;
    while (found && !status) {
        found = lrt_specials_next(&scan);
        status = encode_between(&e, text + scan.text_begin, scan.begin - scan.text_begin, place, flags);
        if (!status && found) status = lrt_emit(&e, scan.id);
        place = t->prefix_once ? LRT_SPLIT_CONTINUES : 0;
    }
    return status ? status : lrt_emit_end(&e, flags & LRT_ENCODE_EOS && t->info.add_eos ? t->info.eos : -1);
}

struct id_array {
    int32_t *ids;
    size_t capacity, count;
};

static int store_ids(void *arg, const int32_t *ids, size_t n) {
    struct id_array *a = arg;
    for (size_t i = 0; i < n; i++, a->count++)
        if (a->count < a->capacity) a->ids[a->count] = ids[i];
    return LRT_OK;
}

int lrt_encode_array(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, int32_t *ids,
                     size_t capacity, size_t *n) {
    struct id_array array = {.ids = ids, .capacity = capacity};
    int status = lrt_encode(c, t, text, bytes, flags, store_ids, &array);
    *n = array.count;
    return status;
}
