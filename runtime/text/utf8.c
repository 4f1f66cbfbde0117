/* UTF-8: characters in byte strings that may be broken. A character is well formed as in RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF. */
#include "runtime/text/utf8.h"

/* Length announced by a first byte and the range its second byte may have (RFC 3629, section 4). */
static size_t announced(unsigned char first, unsigned char *low, unsigned char *high) {
    *low = 0x80;
    *high = 0xBF;
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return 2;
    if (first < 0xF0) {
        if (first == 0xE0) *low = 0xA0;
        if (first == 0xED) *high = 0x9F;
        return 3;
    }
    if (first > 0xF4) return 0;
    if (first == 0xF0) *low = 0x90;
    if (first == 0xF4) *high = 0x8F;
    return 4;
}

size_t lrt_utf8_character(const char *text, size_t bytes, uint32_t *code) {
    if (bytes == 0) return 0;
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low, high;
    const size_t length = announced(s[0], &low, &high);
    if (length == 0 || length > bytes) return 0;
    uint32_t value = length == 1 ? s[0] : s[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (s[i] < (i == 1 ? low : 0x80) || s[i] > (i == 1 ? high : 0xBF)) return 0;
        value = value << 6 | (s[i] & 0x3Fu);
    }
    if (code) *code = value;
    return length;
}

size_t lrt_utf8_valid(const char *text, size_t bytes) {
    size_t at = 0;
    while (at < bytes) {
        if ((unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        const size_t length = lrt_utf8_character(text + at, bytes - at, NULL);
        if (length == 0) break;
        at += length;
    }
    return at;
}

int lrt_utf8_unfinished(const char *text, size_t bytes) {
    if (bytes == 0) return 0;
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low, high;
    const size_t length = announced(s[0], &low, &high);
    if (bytes >= length) return 0;
    for (size_t i = 1; i < bytes; i++)
        if (s[i] < (i == 1 ? low : 0x80) || s[i] > (i == 1 ? high : 0xBF)) return 0;
    return 1;
}
