/* A template's text becomes tokens: the text between tags, and the words inside tags. Newlines are "\n", and the last
 * one of the template is dropped. A block's tag removes the newline after it (trim_blocks) and the blanks before it on
 * its line (lstrip_blocks). The sign "-" removes all white space, "+" removes none. */
#include "runtime/template/template_characters.h"
#include "runtime/template/template_nodes.h"
#include <string.h>

int lrt_template_lex_fail(struct template_lexing *l, const char *what) {
    if (!l->status) l->status = lrt_fail(l->c, LRT_ERR_FILE, "%s:%u: %s", l->name, l->line, what);
    return l->status;
}

void lrt_template_push_token(struct template_lexing *l, struct template_token token) {
    if (l->status) return;
    if (!lrt_template_make_room(l->arena, &l->tokens, l->count, &l->capacity, sizeof token)) {
        l->status = lrt_fail(l->c, LRT_ERR_MEMORY, "%s: no memory for the template", l->name);
        return;
    }
    token.line = l->line;
    l->tokens[l->count++] = token;
}

static void count_lines(struct template_lexing *l, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) l->line += l->text[i] == '\n';
}

static int begins(const struct template_lexing *l, size_t at, const char *what) {
    const size_t n = strlen(what);
    return l->bytes - at >= n && memcmp(l->text + at, what, n) == 0;
}

static size_t skip_space(const struct template_lexing *l, size_t at) {
    for (size_t n; (n = lrt_template_space(l->text + at, l->bytes - at)) > 0;) at += n;
    return at;
}

/* Where `ending` begins at or after `at`, or bytes. */
static size_t find(const struct template_lexing *l, size_t at, const char *ending) {
    while (at < l->bytes && !begins(l, at, ending)) at++;
    return at;
}

/* The place after the end of a comment or block; `cut`, the sign before that end, may remove white space. */
static size_t after_end(const struct template_lexing *l, size_t at, char cut) {
    if (cut == '-') return skip_space(l, at);
    return cut != '+' && at < l->bytes && l->text[at] == '\n' ? at + 1 : at;
}

/* Text [from, to) before a tag with this sign. */
static void push_text(struct template_lexing *l, size_t from, size_t to, char cut, int is_block) {
    size_t end = to;
    if (cut == '-') {
        for (size_t n; (n = lrt_template_space_end(l->text + from, end - from)) > 0;) end -= n;
    } else if (cut != '+' && is_block) {
        size_t line = to, blank = to;
        while (line > from && l->text[line - 1] != '\n') line--;
        for (size_t n; blank > line && (n = lrt_template_space_end(l->text + line, blank - line)) > 0;) blank -= n;
        const int starts = line > from || from == 0 || l->text[from - 1] == '\n';
        if (blank == line && starts) end = line;
    }
    if (end > from)
        lrt_template_push_token(
            l, (struct template_token){.kind = TOKEN_TEXT, .text = l->text + from, .bytes = end - from});
    count_lines(l, from, to);
}

static size_t lex_comment(struct template_lexing *l, size_t at) {
    const size_t end = find(l, at, "#}");
    if (end == l->bytes) lrt_template_lex_fail(l, "a comment {# is not closed by #}");
    count_lines(l, at, end);
    return end == l->bytes ? end : after_end(l, end + 2, end > at ? l->text[end - 1] : 0);
}

/* Where the text of a {% raw %} tag begins; 0: the tag is another one. */
static size_t raw_begin(const struct template_lexing *l, size_t at) {
    at = skip_space(l, at);
    if (!begins(l, at, "raw")) return 0;
    at = skip_space(l, at + 3);
    if (begins(l, at, "%}")) return at + 2;
    return begins(l, at, "-%}") ? skip_space(l, at + 3) : 0;
}

static size_t lex_raw(struct template_lexing *l, size_t at) {
    for (size_t tag = find(l, at, "{%"); tag < l->bytes; tag = find(l, tag + 1, "{%")) {
        size_t end = tag + 2;
        const char cut = begins(l, end, "-") || begins(l, end, "+") ? l->text[end++] : 0;
        end = skip_space(l, end);
        if (!begins(l, end, "endraw")) continue;
        end = skip_space(l, end + 6);
        const char after = begins(l, end, "-") || begins(l, end, "+") ? l->text[end++] : 0;
        if (!begins(l, end, "%}")) continue;
        push_text(l, at, tag, cut, 1);
        count_lines(l, tag, end);
        return after_end(l, end + 2, after);
    }
    lrt_template_lex_fail(l, "{% raw %} is not closed by {% endraw %}");
    return l->bytes;
}

static size_t lex_tag(struct template_lexing *l, size_t at, int is_block) {
    const char *const end = is_block ? "%}" : "}}";
    int depth = 0;
    lrt_template_push_token(l, (struct template_token){.kind = is_block ? TOKEN_BLOCK_BEGIN : TOKEN_PRINT_BEGIN});
    while (!l->status) {
        const size_t next = skip_space(l, at);
        count_lines(l, at, next);
        at = next;
        if (at == l->bytes) {
            lrt_template_lex_fail(l, is_block ? "{% is not closed by %}" : "{{ is not closed by }}");
            break;
        }
        const char cut = begins(l, at, "-") || (is_block && begins(l, at, "+")) ? l->text[at] : 0;
        if (depth == 0 && begins(l, at + (cut != 0), end)) {
            lrt_template_push_token(l, (struct template_token){.kind = is_block ? TOKEN_BLOCK_END : TOKEN_PRINT_END});
            const size_t behind = at + (cut != 0) + 2;
            return is_block || cut == '-' ? after_end(l, behind, cut) : behind;
        }
        const size_t from = at;
        at = lrt_template_lex_token(l, at, &depth);
        count_lines(l, from, at);
    }
    return l->bytes;
}

int lrt_template_lex(struct template_lexing *l) {
    l->line = 1;
    for (size_t at = 0; at < l->bytes && !l->status;) {
        size_t tag = at;
        while (tag < l->bytes &&
               !(l->text[tag] == '{' && tag + 1 < l->bytes && strchr("{%#", l->text[tag + 1]) && l->text[tag + 1]))
            tag++;
        if (tag == l->bytes) {
            push_text(l, at, tag, '+', 0);
            break;
        }
        const char kind = l->text[tag + 1];
        size_t inside = tag + 2;
        const char cut = begins(l, inside, "-") || begins(l, inside, "+") ? l->text[inside++] : 0;
        push_text(l, at, tag, cut, kind != '{');
        const size_t raw = kind == '%' ? raw_begin(l, inside) : 0;
        const uint32_t line = l->line;
        if (raw) count_lines(l, tag, raw);
        at = kind == '#' ? lex_comment(l, inside) : raw ? lex_raw(l, raw) : lex_tag(l, inside, kind == '%');
        /* counts newlines that the end of a tag removed */
        l->line = line;
        count_lines(l, tag, at);
    }
    lrt_template_push_token(l, (struct template_token){.kind = TOKEN_END, .text = ""});
    return l->status;
}
