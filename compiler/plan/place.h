// Place: buffers with known lives get offsets. Buffers alive together do not overlap, and the top is as low as can be
// found.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct place_buffer {
    int64_t lower, upper; // alive at positions [lower, upper); none: placed at 0
    int64_t size;         // bytes; a multiple of the alignment wanted; 0 is placed at 0
    int64_t offset;       // out
};

// Long searches poll this and end when it returns true.
struct place_stop {
    bool (*now)(void *context);
    void *context;
};

// The lower bound of every placement: the largest sum of sizes alive at one position, or the largest buffer that never
// lives. *at (may be NULL) gets the first such position.
int64_t place_bound(const struct place_buffer *buffers, size_t n, int64_t *at);
// The top of the placement that `offset` describes.
int64_t place_peak(const struct place_buffer *buffers, size_t n);
// Tries a portfolio of greedy orders and keeps the best. Ends at the bound or when `stop` (may be NULL) says so. With a
// stop, it first makes a placement by birth, so that there is always one. Returns the peak; *method names the winner.
int64_t place_greedy(struct arena *scratch, struct place_buffer *buffers, size_t n, const char **method,
                     const struct place_stop *stop);
