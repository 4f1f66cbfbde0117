/* The tokens inside a template's tags: names, numbers, strings with Python's escapes, and signs. */
#include "runtime/template/template_characters.h"
#include "runtime/template/template_nodes.h"
#include <string.h>

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_name(char c) {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static int digit_of(char c) {
    if (is_digit(c)) return c - '0';
    const char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;
}

/* A whole number in its base, with "_" between digits. */
static size_t lex_integer(struct template_lexing *l, size_t at) {
    int base = 10;
    int64_t value = 0;
    if (l->text[at] == '0' && at + 1 < l->bytes) {
        const char mark = (char)(l->text[at + 1] | 0x20);
        base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
        if (base != 10) at += 2;
    }
    for (; at < l->bytes && (l->text[at] == '_' || digit_of(l->text[at]) < base); at++) {
        if (l->text[at] == '_') continue;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit_of(l->text[at]), &value)) {
            lrt_template_lex_fail(l, "a number is beyond 64 bits");
            break;
        }
    }
    lrt_template_push_token(l, (struct template_token){.kind = TOKEN_INTEGER, .integer = value});
    return at;
}

static size_t skip_digits(const struct template_lexing *l, size_t at) {
    while (at < l->bytes &&
           (is_digit(l->text[at]) || (l->text[at] == '_' && at + 1 < l->bytes && is_digit(l->text[at + 1]))))
        at++;
    return at;
}

static size_t lex_number(struct template_lexing *l, size_t at) {
    const int behind_dot = at > 0 && l->text[at - 1] == '.';
    size_t end = skip_digits(l, at);
    const size_t whole = end;
    if (end + 1 < l->bytes && l->text[end] == '.' && is_digit(l->text[end + 1])) end = skip_digits(l, end + 1);
    if (end < l->bytes && (l->text[end] | 0x20) == 'e') {
        const size_t sign =
            end + 1 + (end + 1 < l->bytes && strchr("+-", l->text[end + 1]) != NULL && l->text[end + 1]);
        if (sign < l->bytes && is_digit(l->text[sign])) end = skip_digits(l, sign);
    }
    if (end == whole || behind_dot) return lex_integer(l, at);
    char digits[300];
    size_t n = 0;
    for (size_t i = at; i < end && n < sizeof digits; i++)
        if (l->text[i] != '_') digits[n++] = l->text[i];
    struct template_token token = {.kind = TOKEN_REAL};
    if (!lrt_template_read_real(digits, n, &token.real)) lrt_template_lex_fail(l, "a number is too long");
    lrt_template_push_token(l, token);
    return end;
}

/* `digits` hexadecimal digits as a character. */
static size_t hexadecimal(struct template_lexing *l, size_t at, size_t end, int digits, char out[4]) {
    uint32_t code = 0;
    for (int i = 0; i < digits; i++, at++) {
        if (at >= end || digit_of(l->text[at]) > 15) {
            lrt_template_lex_fail(l, "a string has an unfinished \\x, \\u or \\U");
            return 0;
        }
        code = code << 4 | (uint32_t)digit_of(l->text[at]);
    }
    const size_t n = lrt_template_spell(code, out);
    if (n == 0) lrt_template_lex_fail(l, "a string has a \\u or \\U that is not a character");
    return n;
}

/* Decodes the escape after the backslash at `at`: writes its bytes and returns where it ends. */
static size_t unescape(struct template_lexing *l, size_t at, size_t end, char **out) {
    static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
    const char c = l->text[at], *known = c ? strchr(letters, c) : NULL;
    if (known) {
        *(*out)++ = values[known - letters];
        return at + 1;
    }
    if (c == '\n') return at + 1;
    if (c == 'x' || c == 'u' || c == 'U') {
        const int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        *out += hexadecimal(l, at + 1, end, digits, *out);
        return at + 1 + (size_t)digits;
    }
    if (c >= '0' && c <= '7') {
        uint32_t code = 0;
        const size_t from = at;
        for (; at < end && at < from + 3 && l->text[at] >= '0' && l->text[at] <= '7'; at++)
            code = code * 8 + (uint32_t)(l->text[at] - '0');
        *out += lrt_template_spell(code, *out);
        return at;
    }
    if (c == 'N') lrt_template_lex_fail(l, "\\N{...} in a string is not supported: write the character");
    *(*out)++ = '\\';
    *(*out)++ = c;
    return at + 1;
}

static size_t lex_string(struct template_lexing *l, size_t at) {
    const char quote = l->text[at];
    size_t end = at + 1;
    while (end < l->bytes && l->text[end] != quote) end += l->text[end] == '\\' ? 2 : 1;
    if (end >= l->bytes) {
        lrt_template_lex_fail(l, "a string is not closed");
        return l->bytes;
    }
    char *text = lrt_template_take(l->arena, end - at + 1), *out = text;
    if (!text) {
        lrt_template_lex_fail(l, "no memory for a string");
        return l->bytes;
    }
    for (size_t i = at + 1; i < end && !l->status;) {
        if (l->text[i] == '\\')
            i = unescape(l, i + 1, end, &out);
        else
            *out++ = l->text[i++];
    }
    lrt_template_push_token(l,
                            (struct template_token){.kind = TOKEN_STRING, .text = text, .bytes = (size_t)(out - text)});
    return end + 1;
}

size_t lrt_template_lex_token(struct template_lexing *l, size_t at, int *depth) {
    static const char *const signs[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
                                        "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
    const char c = l->text[at];
    if (c == '\'' || c == '"') return lex_string(l, at);
    if (is_digit(c)) return lex_number(l, at);
    if (is_name(c)) {
        size_t end = at;
        while (end < l->bytes && is_name(l->text[end])) end++;
        lrt_template_push_token(l,
                                (struct template_token){.kind = TOKEN_NAME, .text = l->text + at, .bytes = end - at});
        return end;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        const size_t n = strlen(signs[i]);
        if (l->bytes - at < n || memcmp(l->text + at, signs[i], n) != 0) continue;
        if (strchr("([{", c)) ++*depth;
        if (strchr(")]}", c) && --*depth < 0) lrt_template_lex_fail(l, "a bracket closes what was not opened");
        lrt_template_push_token(l, (struct template_token){.kind = TOKEN_SIGN, .text = signs[i], .bytes = n});
        return at + n;
    }
    lrt_template_lex_fail(l, "a character has no meaning in a tag");
    return l->bytes;
}
