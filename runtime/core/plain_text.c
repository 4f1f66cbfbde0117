// plain_text: text from untrusted files, so that a terminal shows it and does not act on it. A name could otherwise
// clear the screen, forge a line or reverse the direction of letters.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <lorac/lrt_foreign.h>

// The number of bytes of the first character, and its code point; 0: not UTF-8 (RFC 3629).
static size_t decode(const unsigned char *at, size_t n, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = at[0] < 0x80   ? 1
                          : at[0] < 0xC2 ? 0
                          : at[0] < 0xE0 ? 2
                          : at[0] < 0xF0 ? 3
                          : at[0] < 0xF5 ? 4
                                         : 0;
    if (length == 0 || length > n) return 0;
    *code = length == 1 ? at[0] : at[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) return 0;
        *code = *code << 6 | (at[i] & 0x3Fu);
    }
    const bool surrogate = *code >= 0xD800 && *code < 0xE000;
    return *code < least[length] || *code > 0x10FFFF || surrogate ? 0 : length;
}

// Controls (C0, DEL, C1), separators of lines, and marks of direction.
static bool acts(uint32_t code) {
    return (code < 0x20 && code != '\t') || (code >= 0x7F && code < 0xA0) || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x061C || code == 0xFEFF;
}

size_t lrt_plain_character(const char *from, size_t n, char shown[LRT_PLAIN_BYTES], size_t *length) {
    uint32_t code = 0;
    const size_t bytes = decode((const unsigned char *)from, n, &code);
    if (bytes == 0 || acts(code)) {
        const unsigned first = (unsigned char)from[0];
        *length = (size_t)snprintf(shown, LRT_PLAIN_BYTES, bytes && code > 0xFF ? "\\u%04x" : "\\x%02x",
                                   bytes ? (unsigned)(code & 0xFFFF) : first);
        return bytes ? bytes : 1;
    }
    memcpy(shown, from, bytes);
    *length = bytes;
    return bytes;
}

size_t lrt_plain_text(char *to, size_t size, const char *from, size_t n, const char *keep) {
    size_t length = 0;
    for (size_t at = 0; at < n;) {
        char shown[LRT_PLAIN_BYTES];
        size_t one = 1, bytes = 1;
        if (from[at] && strchr(keep, from[at]))
            shown[0] = from[at];
        else
            bytes = lrt_plain_character(from + at, n - at, shown, &one);
        if (length + one >= size) break;
        memcpy(to + length, shown, one);
        length += one;
        at += bytes;
    }
    if (size) to[length] = '\0';
    return length;
}
