/* Texts are cut, stripped, cased and searched as Python does it. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_characters.h"
#include "runtime/text/utf8.h"
#include <string.h>

size_t lrt_template_place(struct template_value text, struct template_value part, size_t from) {
    for (size_t i = from; i + part.count <= text.count; i++)
        if (part.count == 0 ||
            (text.u.text[i] == *part.u.text && memcmp(text.u.text + i, part.u.text, part.count) == 0))
            return i;
    return SIZE_MAX;
}

/* Bytes of the character of `cut` (white space when that is absent) at this end of the text. */
static size_t cut_at(struct template_value text, struct template_value cut, int end) {
    if (cut.kind != TEMPLATE_TEXT)
        return end ? lrt_template_space_end(text.u.text, text.count) : lrt_template_space(text.u.text, text.count);
    size_t n = 1;
    if (text.count == 0) return 0;
    if (end)
        while (n < text.count && ((unsigned char)text.u.text[text.count - n] & 0xC0) == 0x80) n++;
    else
        n = lrt_template_character_at(text.u.text, text.count, 1);
    const struct template_value character = template_text(end ? text.u.text + text.count - n : text.u.text, n);
    return lrt_template_place(cut, character, 0) != SIZE_MAX ? n : 0;
}

struct template_value lrt_template_stripped(struct template_value text, struct template_value cut, int sides) {
    for (size_t n; sides & 1 && (n = cut_at(text, cut, 0)) > 0; text.count -= n) text.u.text += n;
    for (size_t n; sides & 2 && (n = cut_at(text, cut, 1)) > 0;) text.count -= n;
    return template_text(text.u.text, text.count);
}

/* Letters for str.title: whether case changes at this character. */
static int is_cased(const char *text, size_t bytes) {
    char up[12], low[12];
    const size_t u = lrt_template_change_case(text, bytes, TEMPLATE_UPPER, up);
    const size_t l = lrt_template_change_case(text, bytes, TEMPLATE_LOWER, low);
    return u != l || memcmp(up, low, u) != 0;
}

struct template_value lrt_template_cased(struct lrt_template_run *run, struct template_value text, const char *how) {
    const int capitalize = strcmp(how, "capitalize") == 0, title = strcmp(how, "title") == 0;
    struct template_buffer b = {.run = run};
    int first = 1;
    for (size_t at = 0; at < text.count && lrt_template_step(run, 1);) {
        const size_t n = lrt_template_character_at(text.u.text + at, text.count - at, 1);
        const int to = capitalize || title         ? (first ? TEMPLATE_UPPER : TEMPLATE_LOWER)
                       : strcmp(how, "upper") == 0 ? TEMPLATE_UPPER
                                                   : TEMPLATE_LOWER;
        char changed[12];
        const size_t m = lrt_template_change_case(text.u.text + at, n, to, changed);
        if (m == 0) {
            lrt_template_fail(run, "the %s form of '%.*s' is not known here", how, (int)n, text.u.text + at);
            break;
        }
        lrt_template_append(&b, changed, m);
        first = title ? !is_cased(text.u.text + at, n) : 0;
        at += n;
    }
    return template_taken(&b);
}

struct template_value lrt_template_replaced(struct lrt_template_run *run, struct template_value text,
                                            struct template_value old, struct template_value new, int64_t count) {
    struct template_buffer b = {.run = run};
    size_t at = 0;
    if (!lrt_template_step(run, text.count / 16)) return text;
    for (; count != 0; count--) {
        const size_t found = lrt_template_place(text, old, at);
        if (found == SIZE_MAX || !lrt_template_step(run, 1)) break;
        lrt_template_append(&b, text.u.text + at, found - at);
        lrt_template_append(&b, new.u.text, new.count);
        at = found + old.count;
        if (old.count > 0) continue;
        if (at == text.count) break;
        const size_t n = lrt_template_character_at(text.u.text + at, text.count - at, 1);
        lrt_template_append(&b, text.u.text + at, n);
        at += n;
    }
    lrt_template_append(&b, text.u.text + at, text.count - at);
    return template_taken(&b);
}

/* Bytes of the line end at the text's beginning, as str.splitlines knows them. */
static size_t line_end(const char *text, size_t bytes) {
    uint32_t code = 0;
    const size_t n = lrt_utf8_character(text, bytes, &code);
    if (code == '\r' && n < bytes && text[1] == '\n') return 2;
    return n && ((code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 || code == 0x2028 ||
                 code == 0x2029)
               ? n
               : 0;
}

struct template_value lrt_template_lines(struct lrt_template_run *run, struct template_value text, int keep) {
    size_t count = 1;
    for (size_t at = 0; at < text.count; at++) count += line_end(text.u.text + at, text.count - at) > 0;
    struct template_items lines = lrt_template_items(run, count);
    for (size_t begin = 0, at = 0; lines.items && begin < text.count;) {
        const size_t end = at < text.count ? line_end(text.u.text + at, text.count - at) : 0;
        if (at < text.count && end == 0) {
            at++;
            continue;
        }
        lines.items[lines.count++] = template_text(text.u.text + begin, at - begin + (keep ? end : 0));
        begin = at += end;
    }
    return template_list_of(lines);
}
