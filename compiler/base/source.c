// Source: files become numbered byte arrays with a line table. A binary search in that table finds lines.
#include "compiler/base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lorac/lrt_foreign.h>
#include "compiler/base/arena.h"
#include "compiler/base/memory.h"

enum { SOURCE_MAX = 64 << 20 }; // spans hold 32-bit offsets

static void find_lines(struct arena *a, struct source *file) {
    uint32_t n_lines = 1;
    for (uint32_t i = 0; i < file->length; i++) n_lines += file->bytes[i] == '\n';
    file->lines = ARENA_ARRAY(a, uint32_t, n_lines);
    file->n_lines = n_lines;
    uint32_t line = 1;
    for (uint32_t i = 0; i < file->length; i++)
        if (file->bytes[i] == '\n') file->lines[line++] = i + 1;
}

uint32_t source_add(struct sources *s, const char *path, const char *bytes, uint32_t length) {
    s->list = arena_grow(s->arena, s->list, s->count, &s->capacity, sizeof *s->list);
    struct source *file = &s->list[s->count++];
    *file = (struct source){.path = arena_copy(s->arena, path, strlen(path)),
                            .bytes = arena_copy(s->arena, bytes, length),
                            .length = length};
    find_lines(s->arena, file);
    return s->count;
}

// A file that is read as source is a regular one, so that no device or FIFO is waited for or read without an end.
static int open_regular(const char *path, const char **why) {
    struct stat about;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool known = file >= 0 && fstat(file, &about) == 0;
    if (known && S_ISREG(about.st_mode)) return file;
    *why = !known                   ? strerror(errno)
           : S_ISDIR(about.st_mode) ? "it is a folder"
                                    : "it is no regular file; use - for stdin";
    if (file >= 0) close(file);
    return -1;
}

// All bytes of a file in one malloc'd buffer; NULL and why when it cannot be read.
static char *read_all(int file, size_t *length, const char **why) {
    size_t used = 0, capacity = 1 << 16;
    char *bytes = reallocate(NULL, capacity, 1);
    ssize_t got;
    while ((got = read(file, bytes + used, capacity - used)) > 0 || (got < 0 && errno == EINTR)) {
        used += got > 0 ? (size_t)got : 0;
        if (used > SOURCE_MAX) break;
        if (used == capacity) bytes = reallocate(bytes, capacity *= 2, 1);
    }
    *length = used;
    if (got == 0) return bytes;
    *why = got < 0 ? strerror(errno) : "it has more than 64 MiB";
    free(bytes);
    return NULL;
}

uint32_t source_read(struct sources *s, const char *path, const char **why) {
    bool is_stdin = strcmp(path, "-") == 0;
    int file = is_stdin ? STDIN_FILENO : open_regular(path, why);
    if (file < 0) return 0;
    size_t length = 0;
    char *bytes = read_all(file, &length, why);
    if (!is_stdin) close(file);
    if (!bytes) return 0;
    size_t mark = lrt_text_mark(bytes, length);
    uint32_t number = source_add(s, is_stdin ? "<stdin>" : path, bytes + mark, (uint32_t)(length - mark));
    free(bytes);
    return number;
}

const struct source *source_get(const struct sources *s, uint32_t number) {
    return number == 0 || number > s->count ? NULL : &s->list[number - 1];
}

void source_place(const struct source *s, uint32_t offset, uint32_t *line, uint32_t *column) {
    if (offset > s->length) offset = s->length;
    uint32_t low = 0, high = s->n_lines; // lines[low] <= offset < lines[high]
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    *line = low + 1;
    *column = offset - s->lines[low] + 1;
}

struct span span_join(struct span a, struct span b) {
    if (a.source == 0) return b;
    if (b.source != a.source) return a;
    return (struct span){a.source, a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}
