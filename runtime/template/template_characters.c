/* Characters of UTF-8 texts, as Python sees them: white space, counting, numbers, and the case of letters by PCRE2's
 * Unicode tables. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/template/template_characters.h"
#include "runtime/text/utf8.h"
#include <locale.h>
#include <math.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_space(uint32_t c) {
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

size_t lrt_template_space(const char *text, size_t bytes) {
    uint32_t code = 0;
    const size_t n = lrt_utf8_character(text, bytes, &code);
    return n && is_space(code) ? n : 0;
}

size_t lrt_template_space_end(const char *text, size_t bytes) {
    size_t n = 1;
    while (n < bytes && n < 4 && ((unsigned char)text[bytes - n] & 0xC0) == 0x80) n++;
    return bytes && lrt_template_space(text + bytes - n, n) == n ? n : 0;
}

size_t lrt_template_spell(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
    const size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; --i > 0; code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00 >> n & 0xFF) | code);
    return n;
}

size_t lrt_template_characters(const char *text, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

size_t lrt_template_character_at(const char *text, size_t bytes, size_t index) {
    size_t at = 0;
    for (; at < bytes; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && index-- == 0) break;
    return at;
}

int lrt_template_read_real(const char *text, size_t bytes, double *value) {
    char copy[400];
    const struct lconv *here = localeconv();
    const size_t point = strlen(here->decimal_point);
    size_t n = 0;
    if (bytes == 0 || bytes > 300) return 0;
    for (size_t i = 0; i < bytes; i++) {
        const char c = text[i];
        if (!strchr("0123456789+-eE.", c) || c == 0) return 0;
        if (c == '.') {
            if (n + point >= sizeof copy) return 0;
            memcpy(copy + n, here->decimal_point, point);
            n += point;
        } else {
            copy[n++] = c;
        }
    }
    copy[n] = 0;
    char *end;
    *value = strtod(copy, &end);
    return *end == 0;
}

/* The shortest digits that give the number again, then Python's choice between 1.5 and 1e+16. */
size_t lrt_template_write_real(double value, char out[40]) {
    if (isnan(value) || isinf(value))
        return (size_t)snprintf(out, 40, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    char digits[40];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(digits, sizeof digits, "%.*e", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    char *e = strchr(digits, 'e'), plain[24];
    const int exponent = atoi(e + 1);
    int n = 0;
    for (const char *p = digits; p < e; p++)
        if (*p >= '0' && *p <= '9') plain[n++] = *p;
    size_t at = 0;
    if (signbit(value)) out[at++] = '-';
    if (exponent < -4 || exponent >= 16) {
        out[at++] = plain[0];
        if (n > 1) {
            out[at++] = '.';
            memcpy(out + at, plain + 1, (size_t)n - 1);
            at += (size_t)n - 1;
        }
        return at + (size_t)snprintf(out + at, 40 - at, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    }
    for (int i = exponent < 0 ? exponent : 0; i < n || i <= exponent + 1; i++) {
        out[at++] = i >= 0 && i < n ? plain[i] : '0';
        if (i == exponent || (exponent < 0 && i == exponent)) out[at++] = '.';
    }
    return at;
}

/* PCRE2 changes case with simple mappings; a pattern that matches one character, substituted by \U or \L. */
static size_t substitute(const char *pattern, const char *replacement, const char *text, size_t bytes, char out[12]) {
    int error;
    PCRE2_SIZE at, n = 12;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | PCRE2_DOTALL,
                                     &error, &at, NULL);
    if (!code) return 0;
    const int done = pcre2_substitute(code, (PCRE2_SPTR)text, bytes, 0, PCRE2_SUBSTITUTE_EXTENDED, NULL, NULL,
                                      (PCRE2_SPTR)replacement, PCRE2_ZERO_TERMINATED, (PCRE2_UCHAR *)out, &n);
    pcre2_code_free(code);
    return done == 1 ? n : 0;
}

/* Characters whose case PCRE2 does not map as Python does: the mapping has several characters, depends on the place
 * (final sigma), or differs for the first letter of a word. */
static int is_special_case(uint32_t c, int to) {
    if ((c >= 0x1C4 && c <= 0x1CC) || (c >= 0x1F1 && c <= 0x1F3)) return 1;
    if (to == TEMPLATE_LOWER) return c == 0x130 || c == 0x3A3 || (c >= 0x1F88 && c <= 0x1FAF);
    return c == 0xDF || c == 0x149 || c == 0x1F0 || c == 0x390 || c == 0x3B0 || c == 0x587 ||
           (c >= 0x10D0 && c <= 0x10FF) || (c >= 0x1E96 && c <= 0x1E9A) || (c >= 0x1F50 && c <= 0x1FFC) ||
           (c >= 0xFB00 && c <= 0xFB17);
}

size_t lrt_template_change_case(const char *text, size_t bytes, int to, char out[12]) {
    uint32_t code = 0;
    if (bytes == 1) {
        const char c = *text;
        const int change = to == TEMPLATE_UPPER ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
        out[0] = change ? (char)(c ^ 0x20) : c;
        return 1;
    }
    if (lrt_utf8_character(text, bytes, &code) != bytes || is_special_case(code, to)) return 0;
    if (code >= 0x2E80 && code < 0xA640) { /* ideographs, kana: without case */
        memcpy(out, text, bytes);
        return bytes;
    }
    return substitute(".", to == TEMPLATE_UPPER ? "\\U$0" : "\\L$0", text, bytes, out);
}

int lrt_template_is_printable(uint32_t code) {
    if (code < 0x7F) return code >= 0x20;
    char text[4], out[12];
    const size_t n = lrt_template_spell(code, text);
    return n > 0 && substitute("[\\p{C}\\p{Z}]", "x", text, n, out) == 0;
}
