// Memory: allocation that cannot fail for whoever calls it. What belongs to a compilation lives in its arena (arena.h);
// these blocks are freed by their owner.
#pragma once
#include <stddef.h>

// Zeroed memory for `count` items; freed with free(). Never NULL.
void *allocate(size_t count, size_t item_bytes);
// As realloc, for `count` items; what is new is not zeroed. Never NULL.
void *reallocate(void *items, size_t count, size_t item_bytes);

// Prints "lorac: error: out of memory" to stderr and exits with 70.
_Noreturn void out_of_memory(size_t bytes);
