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

int64_t lrt_decode(struct lrt_decoder *d, int32_t id, char *out, size_t capacity) {
    const struct lrt_tokenizer *t = d->tokenizer;
    size_t bytes = 0;
    const char *text = lrt_token_bytes(t, id, &bytes);
    if (!text || (lrt_token_is_special(t, id) && !d->special)) return 0;
    if (d->held + bytes > capacity) return -1;
    if (!d->started && !lrt_token_is_special(t, id)) {
        if (t->space_prefix && bytes && *text == ' ') {
            text++;
            bytes--;
        }
        d->started = 1;
    }
    memcpy(out, d->tail, d->held);
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
