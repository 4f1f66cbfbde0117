/* Tokens and merge rules as loaders find them in a file: spellings become bytes, names of tokens become ids, scores
 * become ranks. */
#include "runtime/text/tokenizer.h"
#include "runtime/text/unicode.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

/* The byte that a character of GPT-2's alphabet stands for, -1: none. Printable bytes stand for themselves, the other
 * 68 in order for U+0100 and on. */
static int alphabet_byte(uint32_t code) {
    if ((code >= '!' && code <= '~') || (code >= 0xA1 && code <= 0xFF && code != 0xAD)) return (int)code;
    if (code < 0x100 || code >= 0x100 + 68) return -1;
    const int n = (int)code - 0x100;
    return n <= 32 ? n : n <= 66 ? n - 33 + 0x7F : 0xAD;
}

int64_t lrt_byte_level_decode(const char *text, size_t bytes, char *out) {
    size_t n = 0;
    for (size_t at = 0; at < bytes;) {
        uint32_t code;
        const size_t length = lrt_utf8_character(text + at, bytes - at, &code);
        const int byte = length ? alphabet_byte(code) : -1;
        if (byte < 0) return -1;
        out[n++] = (char)byte;
        at += length;
    }
    return (int64_t)n;
}

size_t lrt_byte_level_encode(const char *text, size_t bytes, char *out) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) {
        const unsigned char byte = (unsigned char)text[i];
        const int plain = alphabet_byte(byte) >= 0;
        const int missing = byte <= 32 ? byte : byte < 0xA1 ? byte - 0x7F + 33 : 67;
        n += lrt_put_character(plain ? byte : 0x100 + (uint32_t)missing, out + n);
    }
    return n;
}

/* "<0x0A>" -> 10, else -1. */
static int byte_spelled(const char *text, size_t bytes) {
    static const char digits[] = "0123456789ABCDEF";
    if (bytes != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    const char *high = text[3] ? strchr(digits, text[3]) : NULL, *low = text[4] ? strchr(digits, text[4]) : NULL;
    return high && low ? (int)((high - digits) << 4 | (low - digits)) : -1;
}

size_t lrt_resolve_marks(const char *text, size_t bytes, char *out) {
    size_t n = 0;
    for (size_t at = 0; at < bytes;) {
        if (bytes - at >= 3 && memcmp(text + at, LRT_SPACE_MARK, 3) == 0) {
            out[n++] = ' ';
            at += 3;
        } else {
            out[n++] = text[at++];
        }
    }
    return n;
}

/* Spelling to bytes into out, at most `bytes`. */
static size_t resolve_spaces(const struct lrt_tokenizer *t, const char *text, size_t bytes, char *out) {
    if (t->marks_spaces) return lrt_resolve_marks(text, bytes, out);
    memcpy(out, text, bytes);
    return bytes;
}

int lrt_tokenizer_add(struct lrt *c, struct lrt_tokenizer *t, int64_t id, const char *text, size_t bytes, int kind) {
    if (kind != LRT_PIECE_NORMAL && kind != LRT_PIECE_UNUSED && kind != LRT_PIECE_BYTE &&
        !(kind == LRT_PIECE_USER && !t->byte_level))
        return lrt_vocabulary_set(c, &t->vocabulary, id, text, bytes, kind);
    int status = lrt_grow(c, (void **)&t->buffer, &t->buffer_capacity, bytes + 1, 1);
    if (status) return status;
    size_t length = bytes;
    if (t->byte_level) {
        const int64_t decoded = lrt_byte_level_decode(text, bytes, t->buffer);
        if (decoded < 0) return lrt_vocabulary_set(c, &t->vocabulary, id, text, bytes, LRT_PIECE_UNUSED);
        length = (size_t)decoded;
    } else {
        const int byte = t->byte_fallback ? byte_spelled(text, bytes) : -1;
        if (byte >= 0) {
            kind = LRT_PIECE_BYTE;
            t->buffer[0] = (char)byte;
            length = 1;
        } else {
            length = resolve_spaces(t, text, bytes, t->buffer);
        }
    }
    return lrt_vocabulary_set(c, &t->vocabulary, id, t->buffer, length, kind);
}

/* Resolves one side of a merge behind `at` in t->buffer; its id, or -1. */
static int32_t merge_side(struct lrt_tokenizer *t, size_t at, const char *text, size_t bytes, size_t *length) {
    const int64_t n = t->byte_level ? lrt_byte_level_decode(text, bytes, t->buffer + at)
                                    : (int64_t)resolve_spaces(t, text, bytes, t->buffer + at);
    *length = n < 0 ? 0 : (size_t)n;
    return n <= 0 ? -1 : lrt_vocabulary_find(&t->vocabulary, t->buffer + at, *length);
}

int lrt_tokenizer_add_merge(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *left, size_t left_bytes,
                            const char *right, size_t right_bytes) {
    int status = lrt_grow(c, (void **)&t->buffer, &t->buffer_capacity, left_bytes + right_bytes + 1, 1);
    if (status) return status;
    size_t first = 0, second = 0;
    const int32_t a = merge_side(t, 0, left, left_bytes, &first);
    const int32_t b = merge_side(t, first, right, right_bytes, &second);
    const int32_t result = a < 0 || b < 0 ? -1 : lrt_vocabulary_find(&t->vocabulary, t->buffer, first + second);
    if (result < 0)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: merge %u (%.*s %.*s) names a token that is not in the vocabulary",
                        rank, left_bytes > 40 ? 40 : (int)left_bytes, left, right_bytes > 40 ? 40 : (int)right_bytes,
                        right);
    lrt_merges_add(&t->merges, a, b, result, rank);
    return LRT_OK;
}

int lrt_tokenizer_add_merge_line(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *line,
                                 size_t bytes) {
    const char *space = bytes > 1 ? memchr(line + 1, ' ', bytes - 1) : NULL;
    if (!space) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: merge %u is not two tokens with a space between", rank);
    const size_t left = (size_t)(space - line);
    return lrt_tokenizer_add_merge(c, t, rank, line, left, space + 1, bytes - left - 1);
}

struct scored {
    double score;
    uint32_t id;
};
static int by_score(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score;
}

int lrt_tokenizer_rank(struct lrt *c, struct lrt_tokenizer *t, const double *scores, size_t count) {
    const size_t n = t->vocabulary.count;
    if (count != n) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: %zu scores for %zu tokens", count, n);
    struct scored *order = malloc((n + 1) * sizeof *order);
    t->ranks = malloc((n + 1) * sizeof *t->ranks);
    if (!order || !t->ranks) {
        free(order);
        return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for %zu scores", n);
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        t->ranks[i] = UINT32_MAX;
        if (t->vocabulary.pieces[i].kind == LRT_PIECE_NORMAL && scores[i] == scores[i])
            order[kept++] = (struct scored){scores[i], (uint32_t)i};
    }
    qsort(order, kept, sizeof *order, by_score);
    uint32_t rank = 0;
    for (size_t i = 0; i < kept; i++) {
        if (i && order[i].score != order[i - 1].score) rank++;
        t->ranks[order[i].id] = rank;
    }
    free(order);
    return LRT_OK;
}

int32_t lrt_tokenizer_find(const struct lrt_tokenizer *t, const char *spelling) {
    const size_t bytes = strlen(spelling);
    const int32_t id = lrt_vocabulary_find(&t->vocabulary, spelling, bytes);
    if (id >= 0) return id;
    char out[256];
    if (bytes > sizeof out) return -1;
    const int64_t n =
        t->byte_level ? lrt_byte_level_decode(spelling, bytes, out) : (int64_t)resolve_spaces(t, spelling, bytes, out);
    return n <= 0 ? -1 : lrt_vocabulary_find(&t->vocabulary, out, (size_t)n);
}
