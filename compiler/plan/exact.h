// Exact placement: offsets for buffers such that no two overlap in time and space and none passes a capacity, or the
// proof that there are none. Idea: canonical search over bottom-justified packings (compare MiniMalloc, ASPLOS 2023).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exact_buffer {
    int64_t lower, upper; // alive in [lower, upper)
    int64_t size;
    int64_t offset; // out
};

enum exact_result { EXACT_PLACED, EXACT_IMPOSSIBLE, EXACT_GAVE_UP };

// Places all buffers below `capacity`. Sizes must already be multiples of the alignment wanted: then offsets are too.
// Gives up after about `effort` search nodes (0: never). Offsets are written only on EXACT_PLACED.
enum exact_result exact_place(struct exact_buffer *buffers, size_t count, int64_t capacity, uint64_t effort);

// The liveness bound: the most bytes alive at one time.
int64_t exact_bound(const struct exact_buffer *buffers, size_t count);
