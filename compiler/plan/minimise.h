// Minimise: the whole way of a placement: greedy orders first, the exact search where they leave something to gain.
#pragma once
#include "compiler/plan/exact.h"

struct placement {
    int64_t peak, bound; // bytes; bound: of liveness
    int64_t least;       // no placement has a lower peak than this
    const char *method;  // what found it
    bool proven;         // no placement has a lower peak than this one
};

// The lowest peak found. step: the alignment of sizes, peaks in between are not asked for. effort: search nodes at
// the bound, an eighth of them at each capacity above; what they do not decide counts as impossible, unproven. With a
// stop (may be NULL) the search goes on with more and more nodes until the peak is proven or the stop says so.
struct placement place_minimise(struct arena *a, struct place_buffer *buffers, size_t n, int64_t step, uint64_t effort,
                                const struct place_stop *stop);

// Any placement with a peak of `capacity` at most. Otherwise *out holds the bound and the best that was found, and the
// result says whether there is none, proven by search, or the stop (may be NULL) came first.
enum exact_result place_within(struct arena *a, struct place_buffer *buffers, size_t n, int64_t capacity,
                               const struct place_stop *stop, struct placement *out);
