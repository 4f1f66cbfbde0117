/* A word becomes ids, as the tokenizer's model says. Its bytes or characters are the symbols that merging starts with.
 */
#include "runtime/text/encode.h"
#include "runtime/text/utf8.h"
#include <string.h>

static int emit_symbols(struct lrt_encoding *e, const char *text) {
    int status = lrt_merge_word(e->c, e->t, text);
    const struct lrt_merge_work *w = &e->t->work;
    for (size_t i = 0; i < w->count && !status; i++) {
        const struct lrt_symbol *s = &w->symbols[i];
        if (s->bytes) status = s->id >= 0 ? lrt_emit(e, s->id) : lrt_emit_fallback(e, text + s->start, s->bytes);
    }
    return status;
}

static int add_symbol(struct lrt_encoding *e, size_t start, size_t bytes, int32_t id) {
    struct lrt_merge_work *w = &e->t->work;
    int status = lrt_grow(e->c, (void **)&w->symbols, &w->capacity, w->count + 1, sizeof *w->symbols);
    if (!status) w->symbols[w->count++] = (struct lrt_symbol){.start = start, .bytes = bytes, .id = id};
    return status;
}

static int emit_bytes(struct lrt_encoding *e, const char *word, size_t bytes) {
    e->t->work.count = 0;
    for (size_t i = 0; i < bytes; i++) {
        int status = add_symbol(e, i, 1, e->t->byte_ids[(unsigned char)word[i]]);
        if (status) return status;
    }
    return emit_symbols(e, word);
}

int lrt_emit_characters(struct lrt_encoding *e, const char *word, size_t bytes) {
    const struct lrt_tokenizer *t = e->t;
    if (t->model == LRT_MODEL_UNIGRAM) return lrt_emit_unigram(e, word, bytes);
    e->t->work.count = 0;
    for (size_t at = 0; at < bytes;) {
        size_t length = lrt_utf8_character(word + at, bytes - at, NULL);
        if (length == 0) length = 1;
        int32_t id = lrt_vocabulary_find(&t->vocabulary, word + at, length);
        const struct lrt_piece *piece = id >= 0 ? &t->vocabulary.pieces[id] : NULL;
        if (piece &&
            (piece->kind == LRT_PIECE_CONTROL || piece->kind == LRT_PIECE_UNKNOWN || piece->flags & LRT_ONLY_WHOLE))
            id = -1;
        int status = add_symbol(e, at, length, id);
        if (status) return status;
        at += length;
    }
    return emit_symbols(e, word);
}

/* The word with its alphabet or its marks resolved, in t->buffer. */
static int resolve(struct lrt_encoding *e, const char **word, size_t *bytes) {
    struct lrt_tokenizer *t = e->t;
    if (t->alphabet != LRT_ALPHABET_WORDS && !t->marks_spaces) return LRT_OK;
    int status = lrt_grow(e->c, (void **)&t->buffer, &t->buffer_capacity, *bytes + 1, 1);
    if (status) return status;
    if (t->alphabet == LRT_ALPHABET_WORDS) {
        const int64_t n = lrt_byte_level_decode(*word, *bytes, t->buffer);
        if (n < 0) return LRT_OK; /* bytes that are no UTF-8 come as they are */
        *bytes = (size_t)n;
    } else {
        *bytes = lrt_resolve_marks(*word, *bytes, t->buffer);
    }
    *word = t->buffer;
    return LRT_OK;
}

int lrt_emit_word(void *arg, const char *word, size_t bytes) {
    struct lrt_encoding *e = arg;
    struct lrt_tokenizer *t = e->t;
    e->after_unknown = 0;
    t->unigram.carried = 0;
    int status = resolve(e, &word, &bytes);
    if (status) return status;
    if (t->byte_level && bytes == 1 && t->byte_ids[(unsigned char)*word] >= 0)
        return lrt_emit(e, t->byte_ids[(unsigned char)*word]);
    if (t->whole_words || t->model == LRT_MODEL_WORDS) {
        const int32_t id = lrt_vocabulary_find(&t->vocabulary, word, bytes);
        if (id >= 0 && t->vocabulary.pieces[id].kind == LRT_PIECE_NORMAL) return lrt_emit(e, id);
    }
    if (t->model == LRT_MODEL_WORDS) return lrt_emit_fallback(e, word, bytes);
    if (t->model == LRT_MODEL_WORDPIECE) return lrt_emit_wordpiece(e, word, bytes);
    return t->byte_level ? emit_bytes(e, word, bytes) : lrt_emit_characters(e, word, bytes);
}
