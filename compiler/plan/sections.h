// Sections: time as coarse as placement may see it. A section is the interval between two ends of buffers. No buffer
// ends inside it, so its last position has the most alive and stands for the whole section.
#pragma once
#include "compiler/plan/place.h"

// Indices of the buffers that have bytes and a life. Returns how many.
int32_t sections_real(const struct place_buffer *buffers, size_t n, size_t *real);
// ends[section]: the position where it ends. Returns how many.
int32_t sections_find(const struct place_buffer *buffers, const size_t *real, int32_t n, int64_t *ends);
// The first section that ends after `time`: a buffer lives in sections [of its lower, of its upper).
int32_t section_of(const int64_t *ends, int32_t count, int64_t time);
