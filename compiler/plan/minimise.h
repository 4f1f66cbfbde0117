// Minimise: full placement: greedy orders first, then exact search when they leave a gap to the bound.
#pragma once
#include "compiler/plan/exact.h"

struct placement {
    int64_t peak, bound; // bytes; bound: the liveness bound
    int64_t least;       // no placement has a lower peak than this
    const char *method;  // what found it
    bool proven;         // `peak` is the lowest possible
};

// Finds the lowest peak it can. step: the alignment of sizes; only its multiples are tried. effort: search nodes at the
// bound; an eighth of that at each higher capacity. An undecided capacity counts as impossible, but unproven. With a
// stop (may be NULL) the node limit grows until the peak is proven or the stop says so. Buffers that leave a gap are
// also merged into boxes, in more orders each time.
struct placement place_minimise(struct arena *a, struct place_buffer *buffers, size_t n, int64_t step, uint64_t effort,
                                const struct place_stop *stop);

// Finds any placement with a peak of at most `capacity`. Otherwise *out holds the bound and the best placement found.
// The result then says whether a search proved that there is none, or the stop (may be NULL) came first.
enum exact_result place_within(struct arena *a, struct place_buffer *buffers, size_t n, int64_t capacity,
                               const struct place_stop *stop, struct placement *out);
