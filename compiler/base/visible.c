// Visible: a walk over the characters; those that a terminal would act on are replaced.
#include "compiler/base/visible.h"

#include <string.h>

static bool is_in(unsigned code, unsigned first, unsigned last) { return code >= first && code <= last; }

size_t utf8_length(const char *bytes, size_t length, unsigned *code) {
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = length ? (unsigned char)bytes[0] : 0xFF;
    size_t count = first < 0x80 ? 1 : is_in(first, 0xC2, 0xDF) ? 2 : is_in(first, 0xE0, 0xEF) ? 3 : 4;
    if (count == 4 && !is_in(first, 0xF0, 0xF4)) return 0;
    if (count > length) return 0;
    *code = count == 1 ? first : first & (0x7Fu >> count);
    for (size_t i = 1; i < count; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80) return 0;
        *code = *code << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    return *code < least[count] || is_in(*code, 0xD800, 0xDFFF) || *code > 0x10FFFF ? 0 : count;
}

static bool is_acted_on(unsigned code) {
    bool control = (code < 0x20 && code != '\t') || is_in(code, 0x7F, 0x9F) || is_in(code, 0x2028, 0x2029);
    bool direction = is_in(code, 0x200E, 0x200F) || is_in(code, 0x202A, 0x202E) || is_in(code, 0x2066, 0x2069);
    return control || direction;
}

void text_add_visible(struct text *t, const char *bytes, size_t length, const char *instead) {
    for (size_t at = 0; at < length;) {
        unsigned code = 0;
        size_t count = utf8_length(bytes + at, length - at, &code);
        bool shown = count && !is_acted_on(code);
        if (!count) count = 1;
        if (shown)
            text_add(t, bytes + at, count);
        else if (instead)
            text_puts(t, instead);
        else
            for (size_t i = 0; i < count; i++) text_print(t, "\\x%02X", (unsigned)(unsigned char)bytes[at + i]);
        at += count;
    }
}

void text_puts_visible(struct text *t, const char *string) {
    for (const char *line = string;; line++) {
        size_t length = strcspn(line, "\n");
        text_add_visible(t, line, length, NULL);
        line += length;
        if (!*line) break;
        text_puts(t, "\\n");
    }
}
