/* Ids back to bytes, in whole UTF-8 characters. */
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include <string.h>

const char *lrt_token_bytes(const struct lrt_tokenizer *t, int32_t id, size_t *bytes) {
    if (id < 0 || (size_t)id >= t->vocabulary.count || t->vocabulary.pieces[id].kind == LRT_PIECE_NONE) return NULL;
    const struct lrt_piece *p = &t->vocabulary.pieces[id];
    *bytes = p->bytes;
    return t->vocabulary.text + p->offset;
}

int lrt_token_is_special(const struct lrt_tokenizer *t, int32_t id) {
    if (id < 0 || (size_t)id >= t->vocabulary.count) return 0;
    const int kind = t->vocabulary.pieces[id].kind;
    return kind == LRT_PIECE_CONTROL || kind == LRT_PIECE_UNKNOWN;
}

void lrt_decode_start(struct lrt_decoder *d, const struct lrt_tokenizer *t, int special) {
    memset(d, 0, sizeof *d);
    d->tokenizer = t;
    d->special = special;
}

static int begins_with(const char *text, size_t bytes, const char *with) {
    const size_t n = strlen(with);
    return bytes >= n && memcmp(text, with, n) == 0;
}

/* Whether a space stands before a token that is not the first. Takes WordPiece's mark of a word's inside away. */
static int wants_space(const struct lrt_tokenizer *t, const char **text, size_t *bytes) {
    static const char *const close[] = {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"};
    if (t->decoding != LRT_DECODE_WORDPIECE) return t->decoding == LRT_DECODE_SPACES;
    if (begins_with(*text, *bytes, t->wordpiece.prefix)) {
        *text += strlen(t->wordpiece.prefix);
        *bytes -= strlen(t->wordpiece.prefix);
        return 0;
    }
    for (size_t i = 0; t->wordpiece.cleanup && i < sizeof close / sizeof *close; i++)
        if (begins_with(*text, *bytes, close[i])) return 0;
    return 1;
}

int64_t lrt_decode(struct lrt_decoder *d, int32_t id, char *out, size_t capacity) {
    const struct lrt_tokenizer *t = d->tokenizer;
    size_t bytes = 0;
    const char *text = lrt_token_bytes(t, id, &bytes);
    if (!text || (lrt_token_is_special(t, id) && !d->special)) return 0;
    if (d->held + bytes + 1 > capacity) return -1;
    const int spaced = d->started && wants_space(t, &text, &bytes);
    const int counts = t->decoding != LRT_DECODE_JOIN || !lrt_token_is_special(t, id);
    if (!d->started && counts && t->strips_space && bytes && *text == ' ') {
        text++;
        bytes--;
    }
    d->started |= counts;
    memcpy(out, d->tail, d->held);
    if (spaced) out[d->held++] = ' ';
    memcpy(out + d->held, text, bytes);
    bytes += d->held;
    d->held = 0;
    /* an unfinished character has at most 3 bytes, and only the end of the text can be one */
    for (size_t back = bytes < 3 ? bytes : 3; back > 0; back--)
        if (lrt_utf8_unfinished(out + bytes - back, back)) {
            memcpy(d->tail, out + bytes - back, back);
            d->held = back;
            break;
        }
    return (int64_t)(bytes - d->held);
}

size_t lrt_decode_end(struct lrt_decoder *d, char out[4]) {
    const size_t held = d->held;
    memcpy(out, d->tail, held);
    d->held = 0;
    return held;
}
