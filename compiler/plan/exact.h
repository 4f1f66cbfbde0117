// Exact placement: finds offsets within a capacity such that buffers alive together do not overlap, or proves that
// there are none. Canonical order, inference in sections and decomposition follow MiniMalloc (Moffitt, ASPLOS 2023).
#pragma once
#include "compiler/plan/place.h"

enum exact_result { EXACT_PLACED, EXACT_IMPOSSIBLE, EXACT_GAVE_UP };

// Places all buffers below `capacity`. Offsets are aligned if all sizes are multiples of the alignment. Gives up after
// `effort` search nodes or when `stop` (may be NULL) says so. Writes offsets only with EXACT_PLACED.
enum exact_result exact_place(struct place_buffer *buffers, size_t n, int64_t capacity, uint64_t effort,
                              const struct place_stop *stop);
