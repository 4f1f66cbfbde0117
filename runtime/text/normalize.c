/* Normalisers over a text. Each step reads one buffer and writes the other. A step that cannot change a text, since all
 * its characters are below those it knows, costs one look at it. */
#include "runtime/text/normalize.h"
#include "runtime/text/charsmap.h"
#include "runtime/text/pattern.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/unicode.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int lrt_normalizer_add(struct lrt *c, struct lrt_normalizer *n, struct lrt_normalizer_step step) {
    int status =
        n->count == LRT_NORMALIZER_STEPS
            ? lrt_fail(c, LRT_ERR_FILE, "tokenizer: more than %d normalizers are refused", LRT_NORMALIZER_STEPS)
            : lrt_grow(c, (void **)&n->steps, &n->capacity, n->count + 1, sizeof *n->steps);
    if (!status && !n->match) n->match = lrt_pattern_match_make();
    if (!status && !n->match) status = lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for matching");
    if (!status) {
        n->steps[n->count++] = step;
        return LRT_OK;
    }
    lrt_pattern_free(step.pattern);
    free(step.text);
    lrt_charsmap_free(step.map);
    return status;
}

void lrt_normalizer_free(struct lrt_normalizer *n) {
    for (size_t i = 0; i < n->count; i++) {
        lrt_pattern_free(n->steps[i].pattern);
        free(n->steps[i].text);
        lrt_charsmap_free(n->steps[i].map);
    }
    free(n->steps);
    lrt_pattern_match_free(n->match);
    lrt_specials_free(&n->kept);
    free(n->from.bytes);
    free(n->to.bytes);
    free(n->codes);
    memset(n, 0, sizeof *n);
}

int lrt_form_options(enum lrt_unicode_form form) {
    const int compose = form == LRT_FORM_NFC || form == LRT_FORM_NFKC;
    const int compatible = form == LRT_FORM_NFKC || form == LRT_FORM_NFKD;
    return UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) | (compatible ? UTF8PROC_COMPAT : 0);
}

/* Characters below this one are what they are: NFC knows none before the combining marks, the others none in ASCII. */
static int form_changes(int options, const char *text, size_t bytes) {
    const int composed = options & UTF8PROC_COMPOSE && !(options & UTF8PROC_COMPAT);
    const unsigned char first = composed ? 0xCC : 0x80; /* U+0300 begins with CC */
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] >= first) return 1;
    return 0;
}

/* Where a form may be applied on its own: before ASCII, and before ideographs, with which nothing composes. */
static size_t form_end(const char *text, size_t bytes) {
    size_t at = bytes < 4096 ? bytes : 4096;
    for (; at < bytes; at++) {
        const unsigned char b = (unsigned char)text[at];
        if (b < 0x80 || (b >= 0xE4 && b <= 0xE9)) break;
    }
    return at;
}

static int apply_form(struct lrt *c, struct lrt_normalizer *n, int options, const char *text, size_t bytes) {
    for (size_t at = 0, end; at < bytes; at = end) {
        end = at + form_end(text + at, bytes - at);
        const utf8proc_uint8_t *part = (const utf8proc_uint8_t *)text + at;
        const utf8proc_ssize_t size = (utf8proc_ssize_t)(end - at);
        utf8proc_ssize_t wanted = utf8proc_decompose(part, size, NULL, 0, (utf8proc_option_t)options);
        if (wanted < 0) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: normalising: %s", utf8proc_errmsg(wanted));
        int status = lrt_grow(c, (void **)&n->codes, &n->codes_capacity, (size_t)wanted + 1, sizeof *n->codes);
        if (status) return status;
        wanted = utf8proc_decompose(part, size, n->codes, wanted + 1, (utf8proc_option_t)options);
        if (wanted >= 0) wanted = utf8proc_normalize_utf32(n->codes, wanted, (utf8proc_option_t)options);
        if (wanted < 0) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: normalising: %s", utf8proc_errmsg(wanted));
        for (utf8proc_ssize_t i = 0; i < wanted && !status; i++)
            status = lrt_buffer_add_character(c, &n->to, (uint32_t)n->codes[i]);
        if (status) return status;
    }
    return LRT_OK;
}

static int apply_characters(struct lrt *c, struct lrt_normalizer *n, lrt_character_step *step, const char *text,
                            size_t bytes) {
    int status = LRT_OK;
    uint32_t code;
    for (size_t at = 0; at < bytes && !status;) {
        at += lrt_utf8_character(text + at, bytes - at, &code);
        status = step(c, &n->to, code);
    }
    return status;
}

static int apply_replace(struct lrt *c, struct lrt_normalizer *n, const struct lrt_normalizer_step *step,
                         const char *text, size_t bytes) {
    struct lrt_pattern_scan scan = {.text = text, .bytes = bytes};
    int found = 1, status = LRT_OK;
    while (found && !status) {
        const size_t at = scan.end;
        status = lrt_pattern_next(c, step->pattern, n->match, &scan, &found);
        if (!status) status = lrt_buffer_add(c, &n->to, text + at, (found ? scan.begin : bytes) - at);
        if (!status && found) status = lrt_buffer_add(c, &n->to, step->text, step->bytes);
    }
    return status;
}

static int apply_strip(struct lrt *c, struct lrt_normalizer *n, int sides, const char *text, size_t bytes) {
    size_t begin = 0, end = 0, length;
    uint32_t code;
    int inside = 0;
    for (size_t at = 0; at < bytes; at += length) {
        length = lrt_utf8_character(text + at, bytes - at, &code);
        if (lrt_is_space(code)) continue;
        if (!inside) begin = at;
        inside = 1;
        end = at + length;
    }
    if (!(sides & LRT_STRIP_BEGIN)) begin = 0;
    if (!(sides & LRT_STRIP_END)) end = bytes;
    if (!inside && sides & LRT_STRIP_BEGIN) begin = end = 0;
    return lrt_buffer_add(c, &n->to, text + begin, end > begin ? end - begin : 0);
}

static int apply_spaces(struct lrt *c, struct lrt_normalizer *n, const char *text, size_t bytes) {
    int due = 0, status = LRT_OK;
    for (size_t i = 0; i < bytes && !status; i++) {
        if (text[i] == ' ') {
            due = n->to.count > 0;
            continue;
        }
        if (due) status = lrt_buffer_add(c, &n->to, " ", 1);
        due = 0;
        if (!status) status = lrt_buffer_add(c, &n->to, text + i, 1);
    }
    while (n->to.count >= 3 && memcmp(n->to.bytes + n->to.count - 3, LRT_SPACE_MARK, 3) == 0) n->to.count -= 3;
    return status;
}

static int apply(struct lrt *c, struct lrt_normalizer *n, const struct lrt_normalizer_step *step, const char *text,
                 size_t bytes, int place) {
    switch (step->kind) {
    case LRT_NORMALIZE_FORM: return apply_form(c, n, step->options, text, bytes);
    case LRT_NORMALIZE_CHARACTERS: return apply_characters(c, n, step->character, text, bytes);
    case LRT_NORMALIZE_REPLACE: return apply_replace(c, n, step, text, bytes);
    case LRT_NORMALIZE_STRIP: return apply_strip(c, n, step->options, text, bytes);
    case LRT_NORMALIZE_SPACES: return apply_spaces(c, n, text, bytes);
    case LRT_NORMALIZE_CHARSMAP: return lrt_charsmap_apply(c, step->map, &n->kept, step->options, text, bytes, &n->to);
    case LRT_NORMALIZE_PREPEND: break;
    }
    int status =
        place & LRT_SPLIT_CONTINUES || bytes == 0 ? LRT_OK : lrt_buffer_add(c, &n->to, step->text, step->bytes);
    return status ? status : lrt_buffer_add(c, &n->to, text, bytes);
}

int lrt_normalize(struct lrt *c, struct lrt_normalizer *n, const char *text, size_t bytes, int place, const char **out,
                  size_t *out_bytes) {
    n->from.limit = n->to.limit = LRT_NORMALIZER_GROWTH * bytes + LRT_NORMALIZER_ROOM;
    for (size_t i = 0; i < n->count; i++) {
        const struct lrt_normalizer_step *step = &n->steps[i];
        if (step->kind == LRT_NORMALIZE_FORM && !form_changes(step->options, text, bytes)) continue;
        n->to.count = 0;
        int status = apply(c, n, step, text, bytes, place);
        if (status) return status;
        const struct lrt_text_buffer written = n->to;
        n->to = n->from;
        n->from = written;
        text = written.bytes ? written.bytes : "";
        bytes = written.count;
    }
    *out = text;
    *out_bytes = bytes;
    return LRT_OK;
}
