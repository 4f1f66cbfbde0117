// Near: the declared name that a mistyped one probably meant.
#pragma once
#include <stddef.h>

// Feed every candidate, then read `best`; NULL when none is near enough to be worth saying.
struct near {
    const char *wanted;
    const char *best;
    size_t distance; // of best: insertions, deletions, replacements and swaps of neighbours
};

struct near near_begin(const char *wanted);
void near_try(struct near *n, const char *candidate);
