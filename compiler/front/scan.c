// Scan: the layout rule on top of the flex scanner. A newline ends a statement unless a parenthesis, a square bracket
// or the braces of a group of names are open. A forgotten bracket must not swallow the rest of the file. So a line that
// can only begin a statement (`name =`, a keyword, `}`) closes what is open. The parser then complains where the
// bracket was due.
#include "compiler/front/scan.h"

#include <ctype.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/text.h"
#include "grammar/parser.h"
#include "grammar/lexer.h"

static char innermost(const struct parser *p) { return p->n_brackets ? p->brackets[p->n_brackets - 1].kind : '{'; }

static void push(struct parser *p, char kind, struct span at) {
    p->brackets = arena_grow(p->arena, p->brackets, p->n_brackets, &p->c_brackets, sizeof *p->brackets);
    p->brackets[p->n_brackets++] = (struct scan_bracket){kind, at};
}

// Forgets brackets up to the enclosing block's brace; remembers the outermost for the message.
static void close_all(struct parser *p) {
    while (innermost(p) != '{') p->unclosed = p->brackets[--p->n_brackets].span;
}

static bool is_name_byte(char c) { return isalnum((unsigned char)c) || c == '_'; }

static const char *skip_blanks(const char *c, const char *end) {
    while (c < end && (*c == ' ' || *c == '\t' || *c == '\r')) c++;
    return c;
}

// Whether the line at the current offset can only be the beginning of a statement.
static bool at_statement(const struct parser *p) {
    static const char *const leaders[] = {"model", "dim",    "const", "input",   "weight",
                                          "block", "return", "adapt", "include", "train"};
    const char *end = p->bytes + p->length, *c = skip_blanks(p->bytes + p->offset, end);
    if (c < end && *c == '}') return innermost(p) != 'g';
    for (;;) {
        const char *word = c;
        while (c < end && is_name_byte(*c)) c++;
        size_t length = (size_t)(c - word);
        if (length == 0) return false;
        for (size_t i = 0; i < sizeof leaders / sizeof *leaders; i++)
            if (strlen(leaders[i]) == length && memcmp(leaders[i], word, length) == 0) return true;
        c = skip_blanks(c, end);
        if (c < end && *c == ',')
            c = skip_blanks(c + 1, end);
        else
            return c < end && *c == '=' && !(c + 1 < end && c[1] == '=');
    }
}

static bool ends_statement(const struct parser *p) {
    return p->last != TOKEN_NEWLINE && p->last != 0 && p->last != '{' && p->last != TOKEN_START_FILE;
}

static int give(struct parser *p, int token) {
    p->last = token;
    if (token == TOKEN_ADAPT) p->in_adapt = true;
    if (token == TOKEN_NEWLINE)
        p->in_adapt = false;
    else
        p->unclosed.source = 0;
    return token;
}

// A statement ends before `token`, which has no newline of its own: at a closing brace and at the end of the file.
static int give_newline_before(struct parser *p, int token, struct span *span) {
    p->pending = token;
    p->pending_span = *span;
    span->last = span->first;
    return give(p, TOKEN_NEWLINE);
}

static bool newline_counts(struct parser *p) {
    if (innermost(p) != '{') {
        if (!at_statement(p)) return false;
        close_all(p);
    }
    return ends_statement(p);
}

static int close_brace(struct parser *p, struct span *span) {
    if (innermost(p) == 'g') {
        p->n_brackets--;
        return give(p, '}');
    }
    close_all(p);
    if (ends_statement(p)) return give_newline_before(p, '}', span);
    if (p->n_brackets) p->n_brackets--;
    return give(p, '}');
}

// Whether the token begins a statement that no block can hold. If one stands in a block, the block's closing brace is
// missing.
static bool begins_item(const struct parser *p, int token) {
    switch (token) {
    case TOKEN_MODEL:
    case TOKEN_DIM:
    case TOKEN_CONST:
    case TOKEN_INPUT:
    case TOKEN_BLOCK:
    case TOKEN_INCLUDE:
    case TOKEN_ADAPT:
    case TOKEN_TRAIN: return p->n_brackets && innermost(p) == '{' && (p->last == TOKEN_NEWLINE || p->last == '{');
    default: return false;
    }
}

// Supplies the missing brace, so that one forgotten brace costs one message.
static int supply_brace(struct parser *p, int token, struct span *span) {
    p->unclosed = p->brackets[--p->n_brackets].span;
    scan_report_unexpected(p, *span, "", "'}'");
    p->pending = token;
    p->pending_span = *span;
    p->closing = true;
    span->last = span->first;
    return give(p, '}');
}

static int give_pending(struct parser *p, struct span *span) {
    if (p->closing) {
        p->closing = false;
        *span = (struct span){p->source, p->pending_span.first, p->pending_span.first};
        return give(p, TOKEN_NEWLINE);
    }
    int token = p->pending;
    p->pending = -1;
    *span = p->pending_span;
    if (token == '}' && p->n_brackets) p->n_brackets--;
    return give(p, token);
}

int scan_next(YYSTYPE *value, struct span *span, struct parser *p) {
    if (p->start) {
        int token = p->start;
        p->start = 0;
        *span = (struct span){p->source, 0, 0};
        return give(p, token);
    }
    if (p->pending >= 0) return give_pending(p, span);
    for (;;) {
        int token = lora_scan_lex(value, span, p->scanner);
        switch (token) {
        case TOKEN_NEWLINE:
            if (newline_counts(p)) return give(p, token);
            continue;
        case 0:
            *span = (struct span){p->source, p->length, p->length};
            close_all(p);
            return ends_statement(p) ? give_newline_before(p, 0, span) : give(p, 0);
        case '(':
        case '[': push(p, (char)token, *span); break;
        case '{': push(p, p->in_adapt ? 'g' : '{', *span); break;
        case '}': return close_brace(p, span);
        case ')':
        case ']':
            if (innermost(p) == (token == ')' ? '(' : '[')) p->n_brackets--;
            break;
        default:
            if (begins_item(p, token)) return supply_brace(p, token, span);
            break;
        }
        return give(p, token);
    }
}

void scan_report_unexpected(struct parser *p, struct span at, const char *found, const char *expected) {
    struct text message = {0};
    if (*expected)
        text_print(&message, "expected %s, found ", expected);
    else
        text_puts(&message, "unexpected ");
    bool is_layout = at.last == at.first || p->bytes[at.first] == '\n';
    if (is_layout || !found)
        text_puts(&message, found ? found : "nothing");
    else
        text_print(&message, "'%.*s'", (int)(at.last - at.first), p->bytes + at.first);
    diag_report(p->diagnostics, DIAG_E0101, at, "%s", message.bytes);
    if (at.first >= p->length && p->n_brackets) p->unclosed = p->brackets[p->n_brackets - 1].span;
    if (p->unclosed.source)
        diag_note(p->diagnostics, p->unclosed, "'%c' opened here is not closed", p->bytes[p->unclosed.first]);
    text_free(&message);
}

static const char *token_kind(int token) {
    switch (token) {
    case TOKEN_NEWLINE: return "newline";
    case TOKEN_END: return "end";
    case TOKEN_NAME: return "name";
    case TOKEN_STRING: return "string";
    case TOKEN_NUMBER: return "number";
    case TOKEN_RANGE:
    case TOKEN_DEFAULT:
    case TOKEN_EQUAL:
    case TOKEN_NOT_EQUAL:
    case TOKEN_LESS_EQUAL:
    case TOKEN_GREATER_EQUAL:
    case TOKEN_AND:
    case TOKEN_OR: return "sign";
    default: return token < 256 ? "sign" : "keyword";
    }
}

void scan_dump(struct arena *a, struct sources *s, struct diagnostics *d, uint32_t source, struct text *t) {
    const struct source *file = source_get(s, source);
    struct parser p;
    scan_open(&p, a, s, d, source);
    for (int token = -1; token != TOKEN_END;) {
        YYSTYPE value;
        struct span span;
        token = scan_next(&value, &span, &p);
        uint32_t line, column;
        source_place(file, span.first, &line, &column);
        text_print(t, "%u:%u %s", line, column, token_kind(token));
        if (token != TOKEN_NEWLINE && token != TOKEN_END) {
            text_puts(t, " ");
            text_add(t, file->bytes + span.first, span.last - span.first);
        }
        text_puts(t, "\n");
    }
    scan_close(&p);
}
