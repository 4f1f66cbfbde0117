// Arena: a list of blocks, each at least twice as large as the one before. Nothing is freed singly.
#include "compiler/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/memory.h"

// With the address sanitizer a few bytes behind every allocation may not be touched.
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define GUARDED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined GUARDED
#include <sanitizer/asan_interface.h>
enum { GUARD = 16 };
static void guard(void *after) { __asan_poison_memory_region(after, GUARD); }
#else
enum { GUARD = 0 };
static void guard(void *after) { (void)after; }
#endif

enum { FIRST_BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t bytes) {
    if (bytes > SIZE_MAX / 2 - sizeof(struct arena_block)) out_of_memory(bytes);
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct arena_block *block = a->blocks;
    if (!block || block->size - block->used < bytes + GUARD) {
        size_t size = block ? block->size * 2 : FIRST_BLOCK;
        if (size < bytes + GUARD) size = bytes + GUARD;
        block = calloc(1, sizeof *block + size);
        if (!block) out_of_memory(bytes);
        *block = (struct arena_block){.next = a->blocks, .size = size};
        a->blocks = block;
    }
    void *result = (unsigned char *)block->data + block->used;
    block->used += bytes + GUARD;
    guard((unsigned char *)result + bytes);
    return result;
}

char *arena_copy(struct arena *a, const char *bytes, size_t length) {
    char *copy = arena_alloc(a, length + 1);
    if (length) memcpy(copy, bytes, length);
    return copy;
}

char *arena_print(struct arena *a, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(a, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t item_bytes) {
    if (count < *capacity) return items;
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *copy = arena_alloc(a, larger * item_bytes);
    if (count) memcpy(copy, items, count * item_bytes);
    *capacity = larger;
    return copy;
}

void arena_free(struct arena *a) {
    for (struct arena_block *block = a->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    a->blocks = NULL;
}
