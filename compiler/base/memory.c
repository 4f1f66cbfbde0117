// Memory: the one place that decides what happens when there is none.
#include "compiler/base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void out_of_memory(size_t bytes) {
    fprintf(stderr, "lorac: error: out of memory (%zu bytes asked for)\n", bytes);
    exit(70);
}

void *allocate(size_t count, size_t item_bytes) {
    if (count > SIZE_MAX / item_bytes) out_of_memory(SIZE_MAX);
    void *items = calloc(count ? count : 1, item_bytes);
    if (!items) out_of_memory(count * item_bytes);
    return items;
}

void *reallocate(void *items, size_t count, size_t item_bytes) {
    if (count > SIZE_MAX / item_bytes) out_of_memory(SIZE_MAX);
    void *larger = realloc(items, count ? count * item_bytes : item_bytes);
    if (!larger) out_of_memory(count * item_bytes);
    return larger;
}
