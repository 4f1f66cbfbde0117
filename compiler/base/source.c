// Source: files become numbered byte arrays with a line table. A binary search in that table finds lines.
#include "compiler/base/source.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"

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

// All bytes of a stream in one malloc'd buffer; NULL and errno when it cannot be read.
static char *read_all(FILE *stream, size_t *length) {
    size_t used = 0, capacity = 1 << 16;
    char *bytes = malloc(capacity);
    while (bytes) {
        used += fread(bytes + used, 1, capacity - used, stream);
        if (ferror(stream) || used < capacity) break;
        if (used >= UINT32_MAX / 2) { // spans hold 32-bit offsets
            errno = EFBIG;
            free(bytes);
            return NULL;
        }
        char *larger = realloc(bytes, capacity *= 2);
        if (!larger) free(bytes);
        bytes = larger;
    }
    if (bytes && ferror(stream)) {
        free(bytes);
        bytes = NULL;
    }
    *length = used;
    return bytes;
}

uint32_t source_read(struct sources *s, const char *path) {
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *stream = is_stdin ? stdin : fopen(path, "rb");
    if (!stream) return 0;
    size_t length = 0;
    char *bytes = read_all(stream, &length);
    int error = errno;
    if (!is_stdin) fclose(stream);
    errno = error;
    if (!bytes) return 0;
    uint32_t number = source_add(s, is_stdin ? "<stdin>" : path, bytes, (uint32_t)length);
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
