// Exact placement: offsets for buffers such that no two overlap in time and space and none passes a capacity, or the
// proof that there are none. Ideas: canonical order, inference in sections and decomposition as published for
// MiniMalloc (Moffitt, ASPLOS 2023).
#pragma once
#include "compiler/plan/place.h"

enum exact_result { EXACT_PLACED, EXACT_IMPOSSIBLE, EXACT_GAVE_UP };

// Places all buffers below `capacity`. Sizes must already be multiples of the alignment wanted: then offsets are too.
// Gives up after `effort` search nodes or when `stop` (may be NULL) says so. Offsets are written on EXACT_PLACED alone.
enum exact_result exact_place(struct place_buffer *buffers, size_t n, int64_t capacity, uint64_t effort,
                              const struct place_stop *stop);
