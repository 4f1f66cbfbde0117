/* A word becomes ids by WordPiece: the longest token from the left each time; a word that does not come out is unknown.
 */
#include "runtime/text/encode.h"
#include "runtime/text/utf8.h"
#include <string.h>

/* The longest token that text begins with, its bytes in *length; -1: none. buffer: the prefix, and room for the word.
 */
static int32_t longest(const struct lrt_tokenizer *t, char *buffer, size_t prefix, const char *text, size_t bytes,
                       size_t *length) {
    uint64_t hash = LRT_HASH_START;
    int32_t found = -1;
    for (size_t i = 0; i < prefix; i++) hash = lrt_hash_byte(hash, buffer[i]);
    for (size_t at = 0; at < bytes;) {
        size_t n = lrt_utf8_character(text + at, bytes - at, NULL);
        if (n == 0) n = 1;
        for (size_t i = 0; i < n; i++, at++) {
            buffer[prefix + at] = text[at];
            hash = lrt_hash_byte(hash, text[at]);
        }
        const int32_t id = lrt_vocabulary_find_hashed(&t->vocabulary, buffer, prefix + at, hash);
        if (id < 0 || t->vocabulary.pieces[id].flags & LRT_ONLY_WHOLE) continue;
        found = id;
        *length = at;
    }
    return found;
}

static size_t count_characters(const char *text, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

int lrt_emit_wordpiece(struct lrt_encoding *e, const char *word, size_t bytes) {
    struct lrt_tokenizer *t = e->t;
    const size_t prefix = strlen(t->wordpiece.prefix);
    size_t length = 0, n = 0, capacity = t->work.capacity;
    if (count_characters(word, bytes) > t->wordpiece.longest) return lrt_emit_fallback(e, word, bytes);
    int status = lrt_grow(e->c, (void **)&t->work.symbols, &capacity, bytes, sizeof *t->work.symbols);
    t->work.capacity = capacity;
    if (!status) status = lrt_grow(e->c, (void **)&t->buffer, &t->buffer_capacity, prefix + bytes, 1);
    if (status) return status;
    for (size_t at = 0; at < bytes; at += length) {
        if (at) memcpy(t->buffer, t->wordpiece.prefix, prefix);
        const int32_t id = longest(t, t->buffer, at ? prefix : 0, word + at, bytes - at, &length);
        if (id < 0) return lrt_emit_fallback(e, word, bytes);
        t->work.symbols[n++].id = id;
    }
    for (size_t i = 0; i < n && !status; i++) status = lrt_emit(e, t->work.symbols[i].id);
    return status;
}
