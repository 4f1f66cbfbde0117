// Text: a growing string, always NUL-terminated. All output of the compiler is built in one and written at once.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes;
    size_t length, capacity;
};

void text_add(struct text *t, const char *bytes, size_t length);
void text_puts(struct text *t, const char *string);
void text_print(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void text_vprint(struct text *t, const char *format, va_list args) __attribute__((nonnull(2)));
// A number as C and JSON write it: shortest of %.9g / %.17g that reads back equal, '.' whatever the locale.
void text_number(struct text *t, double value);
// One word of a shell's command, escaped by backslashes as pkg-config does.
void text_shell_word(struct text *t, const char *word);
void text_free(struct text *t);

// Writes the text to `path` through a temporary file in the same folder and a rename; "-" is stdout.
// Returns false and leaves errno when it cannot; nothing half-written stays behind.
bool text_write(const struct text *t, const char *path);
// The same with two files, of which neither is replaced unless both could be written. NULL, or the path that could not.
const char *text_write_both(const struct text *first, const char *path, const struct text *second, const char *other);
// Whether text_write could write there now. Tries it with a temporary file, which is removed. False leaves errno.
bool text_may_write(const char *path);
