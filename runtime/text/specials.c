/* Tokens in a text that are found whole: sorted, so that a place of the text is looked up byte by byte within the range
 * of those that still fit. White space beside a token and whole words are Hugging Face's rules for added tokens. */
#include "runtime/text/specials.h"
#include "runtime/text/unicode.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

int lrt_specials_add(struct lrt *c, struct lrt_specials *s, const char *text, size_t bytes, int32_t id) {
    if (bytes == 0) return LRT_OK;
    if (bytes > LRT_SPECIAL_BYTES)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: token %d is special and has %zu bytes; more than %d are refused",
                        id, bytes, LRT_SPECIAL_BYTES);
    int status = lrt_grow(c, (void **)&s->items, &s->capacity, s->count + 1, sizeof *s->items);
    if (!status) s->items[s->count++] = (struct lrt_special){text, (uint32_t)bytes, id};
    return status;
}

static int by_bytes(const void *a, const void *b) {
    const struct lrt_special *x = a, *y = b;
    const int order = memcmp(x->text, y->text, x->bytes < y->bytes ? x->bytes : y->bytes);
    if (order) return order;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

void lrt_specials_sort(struct lrt_specials *s) {
    size_t n = 0;
    if (s->count) qsort(s->items, s->count, sizeof *s->items, by_bytes);
    for (size_t i = 0; i < s->count; i++) {
        const struct lrt_special *last = n ? &s->items[n - 1] : NULL, *item = &s->items[i];
        if (last && last->bytes == item->bytes && memcmp(last->text, item->text, item->bytes) == 0) continue;
        s->items[n++] = *item;
    }
    s->count = n;
    for (size_t i = 0; i < n; i++) s->first[(unsigned char)s->items[i].text[0] + 1]++;
    for (int b = 0; b < 256; b++) s->first[b + 1] += s->first[b];
}

void lrt_specials_free(struct lrt_specials *s) {
    free(s->items);
    memset(s, 0, sizeof *s);
}

/* The first of items[low, high) whose byte number `depth` is at least `byte`; shorter ones come before all. */
static size_t lower_bound(const struct lrt_specials *s, size_t low, size_t high, size_t depth, int byte) {
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct lrt_special *item = &s->items[middle];
        const int has = item->bytes > depth ? (unsigned char)item->text[depth] : -1;
        if (has < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest token that text begins with, or NULL. */
static const struct lrt_special *longest_at(const struct lrt_specials *s, const char *text, size_t bytes) {
    const unsigned char *p = (const unsigned char *)text;
    const struct lrt_special *best = NULL;
    size_t low = s->first[p[0]], high = s->first[p[0] + 1];
    for (size_t depth = 1; low < high; depth++) {
        if (s->items[low].bytes == depth) best = &s->items[low];
        if (depth == bytes) break;
        low = lower_bound(s, low, high, depth, p[depth]);
        high = lower_bound(s, low, high, depth, p[depth] + 1);
    }
    return best;
}

size_t lrt_specials_begin(const struct lrt_specials *s, const char *text, size_t bytes) {
    const struct lrt_special *found = longest_at(s, text, bytes);
    return found ? found->bytes : 0;
}

int lrt_specials_end(const struct lrt_specials *s, const char *text, size_t bytes) {
    for (size_t n = 1; n <= bytes && n <= LRT_SPECIAL_BYTES; n++) {
        const struct lrt_special *found = longest_at(s, text + bytes - n, n);
        if (found && found->bytes == n) return 1;
    }
    return 0;
}

/* The character that ends before `end`; its bytes, 0: none. */
static size_t character_before(const char *text, size_t end, uint32_t *code) {
    for (size_t n = 1; n <= 4 && n <= end; n++)
        if (lrt_utf8_character(text + end - n, n, code) == n) return n;
    return 0;
}

static int is_single_word(const char *text, size_t begin, size_t end, size_t bytes) {
    uint32_t code;
    if (character_before(text, begin, &code) && lrt_is_word(code)) return 0;
    return !(lrt_utf8_character(text + end, bytes - end, &code) && lrt_is_word(code));
}

/* Whether a token at this place counts; sets begin and taken. */
static int take(struct lrt_special_scan *s, const struct lrt_special *found) {
    const struct lrt_piece *piece = &s->vocabulary->pieces[found->id];
    size_t begin = s->at, end = s->at + found->bytes, n;
    uint32_t code;
    s->at = end;
    if (!s->all && piece->kind != LRT_PIECE_USER) return 0;
    if (piece->flags & LRT_SINGLE_WORD && !is_single_word(s->text, begin, end, s->bytes)) return 0;
    if (piece->flags & LRT_STRIP_LEFT)
        while (begin > s->taken && (n = character_before(s->text, begin, &code)) && lrt_is_space(code)) begin -= n;
    if (piece->flags & LRT_STRIP_RIGHT)
        while ((n = lrt_utf8_character(s->text + end, s->bytes - end, &code)) && lrt_is_space(code)) end += n;
    s->begin = begin > s->taken ? begin : s->taken;
    s->text_begin = s->taken;
    s->taken = end;
    s->id = found->id;
    return 1;
}

int lrt_specials_next(struct lrt_special_scan *s) {
    if (s->specials->count)
        while (s->at < s->bytes) {
            const struct lrt_special *found = longest_at(s->specials, s->text + s->at, s->bytes - s->at);
            if (!found)
                s->at++;
            else if (take(s, found))
                return 1;
        }
    s->text_begin = s->taken;
    s->begin = s->bytes;
    s->id = -1;
    return 0;
}
