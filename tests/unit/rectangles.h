// Rectangles: placement instances with a known optimum. A rectangle of time and bytes is cut into buffers; its height
// is the least peak, and every step is full.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/plan/place.h"

enum cut_kind {
    CUT_ANY,   // any piece, in any direction: from very large ones to crumbs
    CUT_LARGE, // rather large pieces, in any direction
    CUT_EVEN,  // large pieces across their longer side: all of about the same size
    CUT_KINDS,
};

uint32_t next_random(uint32_t *state);
// Cuts [0, steps) x [0, bytes) into n buffers in no order.
void cut(struct place_buffer *b, size_t n, enum cut_kind kind, int64_t steps, int64_t bytes, uint32_t *seed);
// Sorts the buffers by birth. Returns false when two overlap or one exceeds the capacity.
bool is_packing(struct place_buffer *b, size_t n, int64_t capacity);
