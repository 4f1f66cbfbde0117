// Text: append, print, write atomically.
#include "compiler/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/base/memory.h"

static void text_reserve(struct text *t, size_t more) {
    if (t->bytes && t->length + more < t->capacity) return;
    size_t capacity = t->capacity ? t->capacity * 2 : 4096;
    while (capacity <= t->length + more) capacity *= 2;
    t->bytes = reallocate(t->bytes, capacity, 1);
    t->capacity = capacity;
}

void text_add(struct text *t, const char *bytes, size_t length) {
    text_reserve(t, length);
    if (length) memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
    t->bytes[t->length] = '\0';
}

void text_puts(struct text *t, const char *string) { text_add(t, string, strlen(string)); }

void text_vprint(struct text *t, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text_reserve(t, (size_t)length);
    vsnprintf(t->bytes + t->length, (size_t)length + 1, format, args);
    t->length += (size_t)length;
}

void text_print(struct text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text_vprint(t, format, args);
    va_end(args);
}

void text_number(struct text *t, double value) {
    char digits[64];
    for (int precision = 9; precision <= 17; precision += 8) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    for (char *c = digits; *c; c++)
        if (*c == ',') *c = '.';
    text_puts(t, digits);
}

void text_shell_word(struct text *t, const char *word) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+:,=@%";
    if (!*word) text_puts(t, "''");
    for (; *word; word++) {
        if (*word == '\n') { // a backslash before it would join two lines
            text_puts(t, "'\n'");
            continue;
        }
        if ((unsigned char)*word < 0x80 && !strchr(plain, *word)) text_puts(t, "\\");
        text_add(t, word, 1);
    }
}

void text_free(struct text *t) {
    free(t->bytes);
    *t = (struct text){0};
}

static bool write_all(int file, const char *bytes, size_t length) {
    while (length) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

// Devices and pipes cannot be replaced by a rename, so they are written in place.
static bool write_in_place(const struct text *t, const char *path) {
    int file = open(path, O_WRONLY);
    bool ok = file >= 0 && write_all(file, t->bytes, t->length);
    int error = errno;
    if (file >= 0 && close(file) != 0 && ok) ok = false, error = errno;
    errno = error;
    return ok;
}

static bool is_special(const char *path) {
    struct stat old;
    return strcmp(path, "-") == 0 || (stat(path, &old) == 0 && !S_ISREG(old.st_mode));
}

// The name of a complete temporary file beside `path`; NULL: errno tells.
static char *stage(const struct text *t, const char *path) {
    struct stat old;
    bool exists = stat(path, &old) == 0;
    size_t length = strlen(path);
    char *temporary = allocate(length + 8, 1);
    memcpy(temporary, path, length);
    memcpy(temporary + length, ".XXXXXX", 8);
    int file = mkstemp(temporary);
    bool ok = file >= 0;
    if (ok) {
        mode_t mask = umask(0); // mkstemp makes a private file; the result gets the usual permissions
        umask(mask);
        ok = write_all(file, t->bytes, t->length) && fchmod(file, exists ? old.st_mode & 07777 : 0666 & ~mask) == 0;
        int error = errno;
        if (close(file) != 0 && ok) ok = false, error = errno;
        if (!ok) unlink(temporary);
        errno = error;
    }
    if (ok) return temporary;
    int error = errno;
    free(temporary);
    errno = error;
    return NULL;
}

// Takes the temporary file away, or into its place.
static bool commit(char *temporary, const char *path, bool wanted) {
    bool ok = temporary && wanted && rename(temporary, path) == 0;
    int error = errno;
    if (temporary && !ok) unlink(temporary);
    free(temporary);
    errno = error;
    return ok;
}

bool text_write(const struct text *t, const char *path) {
    if (strcmp(path, "-") == 0) return write_all(STDOUT_FILENO, t->bytes, t->length);
    if (is_special(path)) return write_in_place(t, path);
    return commit(stage(t, path), path, true);
}

const char *text_write_both(const struct text *first, const char *path, const struct text *second, const char *other) {
    if (is_special(path) || is_special(other))
        return !text_write(first, path) ? path : !text_write(second, other) ? other : NULL;
    char *temporary = stage(first, path);
    if (!temporary) return path;
    bool written = text_write(second, other);
    if (commit(temporary, path, written)) return NULL;
    return written ? path : other;
}

bool text_may_write(const char *path) {
    struct stat old;
    if (strcmp(path, "-") == 0) return true;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode)) {
        errno = EISDIR;
        return !S_ISDIR(old.st_mode) && access(path, W_OK) == 0;
    }
    struct text temporary = {0};
    text_print(&temporary, "%s.XXXXXX", path);
    int file = mkstemp(temporary.bytes), error = errno;
    if (file >= 0) {
        close(file);
        unlink(temporary.bytes);
    }
    text_free(&temporary);
    errno = error;
    return file >= 0;
}
