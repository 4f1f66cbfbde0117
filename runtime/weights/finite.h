// finite: finds the first number that is infinite or not a number.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt_files.h>

// Index of the first of n elements that is not finite, or of the first element of a block whose scale is not; n when
// all are.
size_t lrt_find_not_finite(const void *elements, uint32_t type, size_t n);
