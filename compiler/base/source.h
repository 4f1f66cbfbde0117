// Source: the bytes of the files of one compilation, and spans into them.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct arena;

struct source {
    const char *path; // as the user wrote it
    const char *bytes;
    uint32_t length;
    uint32_t *lines; // [n_lines] offset of each line's first byte
    uint32_t n_lines;
};

// A byte range [first, last) of source number `source` (1-based; 0: no place).
struct span {
    uint32_t source, first, last;
};

struct sources {
    struct arena *arena;
    struct source *list;
    uint32_t count;
    size_t capacity;
};

uint32_t source_add(struct sources *s, const char *path, const char *bytes, uint32_t length); // returns its number
// A regular file, or "-": stdin; at most 64 MiB. 0 and why in words when it cannot be read.
uint32_t source_read(struct sources *s, const char *path, const char **why);
const struct source *source_get(const struct sources *s, uint32_t number);
// Line and column of a byte, both from 1; a column counts bytes.
void source_place(const struct source *s, uint32_t offset, uint32_t *line, uint32_t *column);
struct span span_join(struct span a, struct span b);
