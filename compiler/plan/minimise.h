// Minimise: the whole way of a placement: greedy orders first, the exact search where they leave something to gain.
#pragma once
#include "compiler/plan/place.h"

struct placement {
    int64_t peak, bound; // bytes; bound: of liveness
    const char *method;  // what found it
    bool proven;         // no placement has a lower peak
};

// The lowest peak found. step: the alignment of sizes, peaks in between are not asked for. effort: search nodes at
// the bound, an eighth of them at each capacity above; what they do not decide counts as impossible, unproven.
struct placement place_minimise(struct arena *a, struct place_buffer *buffers, size_t n, int64_t step, uint64_t effort);

// Any placement with a peak of `capacity` at most. False: there is none, proven by search (never by giving up); *out
// then holds the bound and the best that was found.
bool place_within(struct arena *a, struct place_buffer *buffers, size_t n, int64_t capacity, struct placement *out);
