// Place: offsets for buffers with known lives, so that no two alive at once overlap and the top is as low as can be.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct place_buffer {
    int64_t lower, upper; // alive in steps [lower, upper); none: placed at 0
    int64_t size;         // bytes; a multiple of the alignment wanted; 0 is placed at 0
    int64_t offset;       // out
};

// Long searches ask now and then whether they have to end.
struct place_stop {
    bool (*now)(void *context);
    void *context;
};

// What no placement can beat: the largest sum of sizes alive at one step, or a buffer that lives at none. *at (may be
// NULL) gets the first such step.
int64_t place_bound(const struct place_buffer *buffers, size_t n, int64_t *at);
// The top of the placement that `offset` describes.
int64_t place_peak(const struct place_buffer *buffers, size_t n);
// Tries a portfolio of greedy orders, keeps the best, ends at the bound or when `stop` (may be NULL) says so; with a
// stop, a placement by birth stands before the first order is tried. Returns the peak; *method names the winner.
int64_t place_greedy(struct arena *scratch, struct place_buffer *buffers, size_t n, const char **method,
                     const struct place_stop *stop);
