// Sections: time as far as placement needs it. Of all steps since buffers have ended, the last before others end has
// the most alive; it stands for them all.
#pragma once
#include "compiler/plan/place.h"

// Indices of the buffers that have bytes and a life. Returns how many.
int32_t sections_real(const struct place_buffer *buffers, size_t n, size_t *real);
// ends[section]: the step where it ends. Returns how many.
int32_t sections_find(const struct place_buffer *buffers, const size_t *real, int32_t n, int64_t *ends);
// The first section that ends after `time`: a buffer lives in sections [of its lower, of its upper).
int32_t section_of(const int64_t *ends, int32_t count, int64_t time);
