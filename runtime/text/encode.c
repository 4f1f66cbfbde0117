/* Text to ids: special tokens are cut out first, the text between becomes words, words become tokens by merging.
 * Byte-level tokenizers find words by their split patterns. The others merge over the whole text. For them a word ends
 * between two bytes that no mergeable token holds side by side. No merge reaches across such a place, so the tokens are
 * those of the whole text. */
#include "runtime/text/split.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

struct encoding {
    struct lrt *c;
    struct lrt_tokenizer *t;
    lrt_token_sink *sink;
    void *arg;
    int after_unknown;
    int32_t due, last; /* bos that comes before all but itself; the last id given; -1: none */
    size_t count;
    int32_t ids[512];
};

static int flush_ids(struct encoding *e) {
    const size_t n = e->count;
    e->count = 0;
    return n ? e->sink(e->arg, e->ids, n) : LRT_OK;
}

static int put_id(struct encoding *e, int32_t id) {
    e->last = id;
    e->ids[e->count++] = id;
    return e->count == sizeof e->ids / sizeof *e->ids ? flush_ids(e) : LRT_OK;
}

/* The bos that is due, unless the text spells it (next). */
static int put_due(struct encoding *e, int32_t next) {
    const int32_t due = e->due;
    e->due = -1;
    return due < 0 || due == next ? LRT_OK : put_id(e, due);
}

static int emit(struct encoding *e, int32_t id) {
    e->after_unknown = 0;
    int status = put_due(e, id);
    return status ? status : put_id(e, id);
}

/* Writes a symbol that is no token as its bytes one by one, else as the unknown token. */
static int emit_fallback(struct encoding *e, const char *text, size_t bytes) {
    const struct lrt_tokenizer *t = e->t;
    for (size_t i = 0; i < bytes; i++) {
        const int32_t id = t->byte_ids[(unsigned char)text[i]];
        if (id < 0) {
            if (t->info.unknown < 0)
                return lrt_fail(e->c, LRT_ERR_FILE,
                                "tokenizer: it has no token for the byte 0x%02x and none for unknown text",
                                (unsigned char)text[i]);
            const int skip = e->after_unknown && t->fuse_unknown;
            int status = skip ? LRT_OK : emit(e, t->info.unknown);
            e->after_unknown = 1;
            return status;
        }
        int status = emit(e, id);
        if (status) return status;
    }
    return LRT_OK;
}

static int emit_word(struct encoding *e, const char *text) {
    int status = lrt_merge_word(e->c, e->t, text);
    const struct lrt_merge_work *w = &e->t->work;
    for (size_t i = 0; i < w->count && !status; i++) {
        const struct lrt_symbol *s = &w->symbols[i];
        if (s->bytes) status = s->id >= 0 ? emit(e, s->id) : emit_fallback(e, text + s->start, s->bytes);
    }
    return status;
}

static int add_symbol(struct encoding *e, size_t start, size_t bytes, int32_t id) {
    struct lrt_merge_work *w = &e->t->work;
    int status = lrt_grow(e->c, (void **)&w->symbols, &w->capacity, w->count + 1, sizeof *w->symbols);
    if (!status) w->symbols[w->count++] = (struct lrt_symbol){.start = start, .bytes = bytes, .id = id};
    return status;
}

static int encode_byte_word(void *arg, const char *word, size_t bytes) {
    struct encoding *e = arg;
    if (bytes == 1 && e->t->byte_ids[(unsigned char)*word] >= 0) return emit(e, e->t->byte_ids[(unsigned char)*word]);
    if (e->t->whole_words) {
        const int32_t id = lrt_vocabulary_find(&e->t->vocabulary, word, bytes);
        if (id >= 0 && e->t->vocabulary.pieces[id].kind == LRT_PIECE_NORMAL) return emit(e, id);
    }
    e->t->work.count = 0;
    for (size_t i = 0; i < bytes; i++) {
        int status = add_symbol(e, i, 1, e->t->byte_ids[(unsigned char)word[i]]);
        if (status) return status;
    }
    return emit_word(e, word);
}

static int flush_buffer(struct encoding *e) {
    struct lrt_tokenizer *t = e->t;
    const size_t bytes = t->buffer_bytes;
    t->work.count = 0;
    t->buffer_bytes = 0;
    for (size_t at = 0; at < bytes;) {
        size_t length = lrt_utf8_character(t->buffer + at, bytes - at, NULL);
        if (length == 0) length = 1;
        int32_t id = lrt_vocabulary_find(&t->vocabulary, t->buffer + at, length);
        if (id >= 0 &&
            (t->vocabulary.pieces[id].kind == LRT_PIECE_CONTROL || t->vocabulary.pieces[id].kind == LRT_PIECE_UNKNOWN))
            id = -1;
        int status = add_symbol(e, at, length, id);
        if (status) return status;
        at += length;
    }
    return bytes ? emit_word(e, t->buffer) : LRT_OK;
}

static int buffer_character(struct encoding *e, const char *text, size_t bytes) {
    struct lrt_tokenizer *t = e->t;
    if (t->buffer_bytes) {
        const unsigned pair = (unsigned)(unsigned char)t->buffer[t->buffer_bytes - 1] << 8 | (unsigned char)*text;
        const int joined = t->joins[pair >> 3] >> (pair & 7) & 1 && !(t->cut_spaces && *text == ' ');
        int status = joined ? LRT_OK : flush_buffer(e);
        if (status) return status;
    }
    int status = lrt_grow(e->c, (void **)&t->buffer, &t->buffer_capacity, t->buffer_bytes + bytes, 1);
    if (status) return status;
    memcpy(t->buffer + t->buffer_bytes, text, bytes);
    t->buffer_bytes += bytes;
    return LRT_OK;
}

static int encode_characters(struct encoding *e, const char *text, size_t bytes, int begins) {
    e->t->buffer_bytes = 0;
    const int spaced = *text == ' ' || (bytes >= 3 && memcmp(text, "\xE2\x96\x81", 3) == 0);
    const int prefix = begins && (e->t->space_prefix == LRT_PREFIX_ALWAYS ||
                                  (e->t->space_prefix == LRT_PREFIX_UNLESS_SPACE && !spaced));
    int status = prefix ? buffer_character(e, " ", 1) : LRT_OK;
    for (size_t at = 0; at < bytes && !status;) {
        size_t length = lrt_utf8_character(text + at, bytes - at, NULL);
        if (length == 0) length = 1;
        if (length == 3 && memcmp(text + at, "\xE2\x96\x81", 3) == 0)
            status = buffer_character(e, " ", 1);
        else
            status = buffer_character(e, text + at, length);
        at += length;
    }
    return status ? status : flush_buffer(e);
}

/* Text without special tokens. */
static int encode_plain(struct encoding *e, const char *text, size_t bytes, int begins) {
    struct lrt_tokenizer *t = e->t;
    e->after_unknown = 0;
    if (bytes == 0) return LRT_OK;
    if (!t->byte_level) return encode_characters(e, text, bytes, begins);
    if (!begins || !t->space_prefix || *text == ' ')
        return lrt_split_text(e->c, &t->split, text, bytes, encode_byte_word, e);
    int status = lrt_grow(e->c, (void **)&t->buffer, &t->buffer_capacity, bytes + 1, 1);
    if (status) return status;
    t->buffer[0] = ' ';
    memcpy(t->buffer + 1, text, bytes);
    return lrt_split_text(e->c, &t->split, t->buffer, bytes + 1, encode_byte_word, e);
}

/* The first special token in the text at or after `at`: its place, or `bytes`. */
static size_t next_special(const struct lrt_tokenizer *t, const char *text, size_t at, size_t bytes, int flags,
                           int32_t *id) {
    for (; at < bytes; at++) {
        const unsigned char first = (unsigned char)text[at];
        for (uint32_t i = t->special_first[first]; i < t->special_first[first + 1]; i++) {
            const struct lrt_piece *p = &t->vocabulary.pieces[t->specials[i]];
            if (p->kind != LRT_PIECE_USER && !(flags & LRT_ENCODE_SPECIAL)) continue;
            if (p->bytes > bytes - at || memcmp(t->vocabulary.text + p->offset, text + at, p->bytes) != 0) continue;
            *id = t->specials[i];
            return at;
        }
    }
    return bytes;
}

static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int lrt_encode(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, lrt_token_sink *sink,
               void *arg) {
    struct encoding e = {.c = c, .t = t, .sink = sink, .arg = arg, .due = -1, .last = -1};
    int begins = !(flags & LRT_ENCODE_CONTINUED), status = LRT_OK;
    if (flags & LRT_ENCODE_BOS && t->info.add_bos) e.due = t->info.bos;
    for (size_t at = 0; at < bytes && !status;) {
        int32_t id = -1;
        const size_t special = next_special(t, text, at, bytes, flags, &id);
        size_t end = special;
        if (id >= 0 && t->vocabulary.pieces[id].strip & LRT_STRIP_LEFT)
            while (end > at && is_space(text[end - 1])) end--;
        status = encode_plain(&e, text + at, end - at, begins);
        at = special;
        if (id < 0 || status) continue;
        status = emit(&e, id);
        at += t->vocabulary.pieces[id].bytes;
        if (t->vocabulary.pieces[id].strip & LRT_STRIP_RIGHT)
            while (at < bytes && is_space(text[at])) at++;
        begins = !t->prefix_once;
    }
    if (!status) status = put_due(&e, -1);
    const int32_t eos = flags & LRT_ENCODE_EOS && t->info.add_eos ? t->info.eos : -1;
    if (!status && eos >= 0 && e.last != eos) status = put_id(&e, eos);
    return status ? status : flush_ids(&e);
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
