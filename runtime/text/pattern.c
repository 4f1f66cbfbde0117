/* Oniguruma's regular expressions, in its Ruby syntax, become PCRE2's. Both agree on most of it. Classes of characters
 * are spelled out, since the two libraries mean other sets; what has no counterpart is refused, named as it stands
 * there. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/text/pattern.h"
#include "runtime/text/utf8.h"
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define WHITE_SPACE "\\p{Z}\\x{9}-\\x{d}\\x{85}"
#define WORD "\\p{L}\\p{M}\\p{N}\\p{Pc}"

/* outside: of a class; within: one, NULL where a class cannot have it */
struct escape {
    char letter;
    const char *outside, *within;
};
static const struct escape escapes[] = {
    {'s', "[" WHITE_SPACE "]", WHITE_SPACE},
    {'S', "[^" WHITE_SPACE "]", "\\P{White_Space}"},
    {'w', "[" WORD "]", WORD},
    {'W', "[^" WORD "]", NULL},
    {'d', "\\p{Nd}", "\\p{Nd}"},
    {'D', "\\P{Nd}", "\\P{Nd}"},
    {'h', "[0-9A-Fa-f]", "0-9A-Fa-f"},
    {'H', "[^0-9A-Fa-f]", NULL},
    {'b', "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))", "\\x{8}"},
    {'B', "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))", NULL},
    {'n', "\\n", "\\n"},
    {'r', "\\r", "\\r"},
    {'t', "\\t", "\\t"},
    {'f', "\\f", "\\f"},
    {'v', "\\x{b}", "\\x{b}"},
    {'a', "\\a", "\\a"},
    {'e', "\\e", "\\e"},
    {'A', "\\A", NULL},
    {'z', "\\z", NULL},
    {'Z', "\\Z", NULL},
};

struct spelling {
    struct lrt *c;
    const char *pattern, *at;
    char *out;
    size_t n, capacity;
};

static int put(struct spelling *s, const char *text, size_t n) {
    if (s->n + n + 1 > s->capacity) {
        const size_t capacity = 2 * s->capacity + n + 64;
        char *grown = realloc(s->out, capacity);
        if (!grown) return lrt_fail(s->c, LRT_ERR_MEMORY, "tokenizer: no memory for a pattern");
        s->out = grown;
        s->capacity = capacity;
    }
    memcpy(s->out + s->n, text, n);
    s->n += n;
    s->out[s->n] = 0;
    return LRT_OK;
}

static int refuse(struct spelling *s, size_t bytes, const char *why) {
    return lrt_fail(s->c, LRT_ERR_FILE, "tokenizer: the pattern '%.200s' has '%.*s', which is not supported%s",
                    s->pattern, (int)bytes, s->at, why);
}

static int take(struct spelling *s, size_t bytes) {
    s->at += bytes;
    return put(s, s->at - bytes, bytes);
}

/* \p{...}. Categories have the same names in both. Other names are scripts: PCRE2's plain \p{Han} is the script's
 * extensions too. */
static int spell_property(struct spelling *s) {
    static const char *const binary[] = {"Any",   "Alphabetic", "White_Space", "Uppercase",   "Lowercase", "Emoji",
                                         "ASCII", "Math",       "Dash",        "Ideographic", "Hex_Digit"};
    const char *open = s->at + 2, *close = *open == '{' ? strchr(open, '}') : NULL;
    if (!close || close - open > 40) return refuse(s, *open ? 3 : 2, "; a property stands in {}");
    const char *name = open + 1 + (open[1] == '^');
    const size_t n = (size_t)(close - name);
    int same = n <= 2;
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
        same |= n == strlen(binary[i]) && strncmp(name, binary[i], n) == 0;
    int status = put(s, s->at, (size_t)(name - s->at));
    if (!status && !same) status = put(s, "sc:", 3);
    if (!status) status = put(s, name, n + 1);
    s->at = close + 1;
    return status;
}

static int is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* \x41, \x{3042}, \u3042: a character by number. */
static int spell_number(struct spelling *s) {
    const char *digits = s->at + 2 + (s->at[2] == '{');
    size_t n = 0;
    while (is_hex(digits[n]) && n < 8) n++;
    const int braced = s->at[1] == 'x' && s->at[2] == '{';
    const size_t wanted = s->at[1] == 'u' ? 4 : 2;
    if (braced ? digits[n] != '}' || n == 0 : n < wanted || s->at[2] == '{')
        return refuse(s, 2, "; \\x41, \\x{3042} and \\u3042 are");
    if (!braced) n = wanted;
    if (!braced && s->at[1] == 'x' && digits[0] >= '8') return refuse(s, 4, ": it is half a character");
    int status = put(s, "\\x{", 3);
    if (!status) status = put(s, digits, n);
    s->at = digits + n + braced;
    return status ? status : put(s, "}", 1);
}

static int spell_escape(struct spelling *s, int within) {
    const char letter = s->at[1];
    if (letter == 'p' || letter == 'P') return spell_property(s);
    if (letter == 'x' || letter == 'u') return spell_number(s);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        const char *text = within ? escapes[i].within : escapes[i].outside;
        if (escapes[i].letter != letter || !text) continue;
        s->at += 2;
        return put(s, text, strlen(text));
    }
    const int plain = letter && !((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                                  (letter >= 'A' && letter <= 'Z') || (unsigned char)letter >= 0x80);
    return plain ? take(s, 2) : refuse(s, letter ? 2 : 1, within ? " in a class" : "");
}

static int spell_class(struct spelling *s);

/* Behind the A of `[A&&B]`, characters of both, which becomes (?:(?=[A])[B]): the class from `begin` on moves into the
 * lookahead. B is a class of its own or the rest of this one; *ended: 1 when it took the end of this one. */
static int spell_both(struct spelling *s, size_t begin, int *ended) {
    const size_t n = s->n - begin;
    char *first = malloc(n + 1);
    if (!first) return lrt_fail(s->c, LRT_ERR_MEMORY, "tokenizer: no memory for a pattern");
    memcpy(first, s->out + begin, n);
    s->n = begin;
    int status = put(s, "(?:(?=", 6);
    if (!status) status = put(s, first, n);
    if (!status) status = put(s, "])", 2);
    free(first);
    if (status || *s->at != '[') return status ? status : put(s, "[", 1);
    status = spell_class(s);
    if (status) return status;
    if (*s->at != ']') return refuse(s, 1, " behind a class in a class");
    s->at++;
    *ended = 1;
    return put(s, ")", 1);
}

/* A class, [...]. */
static int spell_class(struct spelling *s) {
    const size_t begin = s->n;
    int both = 0, ended = 0, status = take(s, 1 + (s->at[1] == '^'));
    const int negated = s->at[-1] == '^';
    if (!status && *s->at == ']') status = put(s, "\\", 1);
    if (!status && *s->at == ']') status = take(s, 1);
    while (!status && *s->at && *s->at != ']') {
        if (s->at[0] == '&' && s->at[1] == '&') {
            if (negated || both) return refuse(s, 2, " in a class that begins with ^, or twice");
            both = 1;
            s->at += 2;
            status = spell_both(s, begin, &ended);
            if (ended) return status;
        } else if (*s->at == '[') {
            return refuse(s, 1, " in a class");
        } else {
            status = *s->at == '\\' ? spell_escape(s, 1) : take(s, 1);
        }
    }
    if (!status && *s->at != ']') return refuse(s, 0, ": a class without its end");
    if (!status) status = take(s, 1);
    return status || !both ? status : put(s, ")", 1);
}

/* (?:  (?=  (?!  (?<=  (?<!  (?>  (?i)  (?i:  (?-i: A bare flag holds to the end of its group in both, but in Oniguruma
 * it also takes the alternatives that follow: `x(?i)b|c` is `x(?i:b|c)`. At the beginning the two are one. */
static int spell_group(struct spelling *s) {
    static const char *const known[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i)", "(?i:", "(?-i:", "(?-i)"};
    if (s->at[1] == '*') return refuse(s, 2, "");
    if (s->at[1] != '?') return take(s, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(s->at, known[i], strlen(known[i])) == 0) {
            const int bare = known[i][strlen(known[i]) - 1] == ')';
            return bare && s->at != s->pattern ? refuse(s, strlen(known[i]), " behind the beginning; write (?i:...)")
                                               : take(s, strlen(known[i]));
        }
    return refuse(s, 3, "");
}

/* {2,3}: {,3} begins with 0. A + behind it makes PCRE2 keep what it has, and repeats in Oniguruma; a ? behind {2} makes
 * PCRE2 lazy, and the whole optional in Oniguruma. */
static int spell_repeat(struct spelling *s) {
    size_t n = 1;
    while ((s->at[n] >= '0' && s->at[n] <= '9') || s->at[n] == ',') n++;
    if (s->at[n] != '}' || n == 1) {
        int status = put(s, "\\", 1);
        return status ? status : take(s, 1);
    }
    const int exact = !memchr(s->at, ',', n);
    if (s->at[n + 1] == '+' || (exact && s->at[n + 1] == '?')) return refuse(s, n + 2, "");
    if (s->at[1] != ',') return take(s, n + 1);
    int status = put(s, "{0", 2);
    s->at++;
    return status ? status : take(s, n);
}

static int spell(struct spelling *s) {
    int status = put(s, "", 0);
    while (*s->at && !status) {
        switch (*s->at) {
        case '\\': status = spell_escape(s, 0); break;
        case '[': status = spell_class(s); break;
        case '(': status = spell_group(s); break;
        case '{': status = spell_repeat(s); break;
        default: status = take(s, 1); break;
        }
    }
    return status;
}

static int compile(struct lrt *c, const char *pattern, const char *spelled, void **code) {
    int number;
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a pattern");
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    *code = pcre2_compile((PCRE2_SPTR)spelled, PCRE2_ZERO_TERMINATED,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &number, &at, context);
    pcre2_compile_context_free(context);
    if (!*code) {
        PCRE2_UCHAR words[120];
        pcre2_get_error_message(number, words, sizeof words);
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: the pattern '%.200s': %s", pattern, (const char *)words);
    }
    (void)pcre2_jit_compile(*code, PCRE2_JIT_COMPLETE); /* without a JIT the interpreter gives the same matches */
    return LRT_OK;
}

int lrt_pattern_compile(struct lrt *c, const char *pattern, void **code) {
    struct spelling s = {.c = c, .pattern = pattern, .at = pattern};
    *code = NULL;
    int status = spell(&s);
    if (!status) status = compile(c, pattern, s.out, code);
    free(s.out);
    return status;
}

char *lrt_pattern_quote(const char *text, size_t bytes) {
    char *out = malloc(2 * bytes + 1), *p = out;
    if (!out) return NULL;
    for (size_t i = 0; i < bytes; i++) {
        if (strchr("\\^$.|?*+()[]{}", text[i]) && text[i]) *p++ = '\\';
        *p++ = text[i];
    }
    *p = 0;
    return out;
}

void lrt_pattern_free(void *code) { pcre2_code_free(code); }

static int give_up(struct lrt *c, int error, size_t bytes) {
    PCRE2_UCHAR words[120];
    pcre2_get_error_message(error, words, sizeof words);
    return lrt_fail(c, LRT_ERR_SYSTEM, "tokenizer: a pattern of its file gives up on a text of %zu bytes: %s", bytes,
                    (const char *)words);
}

int lrt_pattern_next(struct lrt *c, const void *code, void *match, struct lrt_pattern_scan *s, int *found) {
    *found = 0;
    while (s->from <= s->bytes) {
        const int n = pcre2_match(code, (PCRE2_SPTR)s->text, s->bytes, s->from, PCRE2_NO_UTF_CHECK, match, NULL);
        if (n == PCRE2_ERROR_NOMATCH) return LRT_OK;
        if (n < 0) return give_up(c, n, s->bytes);
        const PCRE2_SIZE *range = pcre2_get_ovector_pointer(match);
        if (range[0] < s->from || range[1] < range[0])
            return lrt_fail(c, LRT_ERR_FILE, "tokenizer: a pattern of its file matches backwards");
        const size_t here = s->from;
        s->from = range[1];
        if (range[0] < range[1] || !s->matched || range[1] != s->end) {
            s->begin = range[0];
            s->end = range[1];
            s->matched = *found = 1;
            return LRT_OK;
        }
        const size_t length = lrt_utf8_character(s->text + here, s->bytes - here, NULL);
        s->from = here + (length ? length : 1); /* an empty match where the last one ended is none */
    }
    return LRT_OK;
}

void *lrt_pattern_match_make(void) { return pcre2_match_data_create(1, NULL); }
void lrt_pattern_match_free(void *match) { pcre2_match_data_free(match); }
