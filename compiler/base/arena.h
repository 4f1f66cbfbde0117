// Arena: all memory of one compilation, freed once. A pass that needs working memory makes its own.
#pragma once
#include <stddef.h>

struct arena {
    struct arena_block *blocks;
};

// Zeroed memory, aligned for any type; never NULL (out of memory ends the process with exit 70 and a message).
void *arena_alloc(struct arena *a, size_t bytes);
char *arena_copy(struct arena *a, const char *bytes, size_t length); // adds a final NUL
char *arena_print(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void arena_free(struct arena *a);

// Makes space for one more element of a growing array: returns `items`, or a larger copy of it when count == *capacity.
void *arena_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t item_bytes);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))
