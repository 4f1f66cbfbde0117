// Sections: the positions where buffers end, sorted.
#include "compiler/plan/sections.h"

#include <stdlib.h>

int32_t sections_real(const struct place_buffer *buffers, size_t n, size_t *real) {
    int32_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (buffers[i].size > 0 && buffers[i].lower < buffers[i].upper) real[count++] = i;
    return count;
}

static int compare_times(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int32_t section_of(const int64_t *ends, int32_t count, int64_t time) {
    int32_t low = 0, high = count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (ends[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t sections_find(const struct place_buffer *buffers, const size_t *real, int32_t n, int64_t *ends) {
    int32_t count = 0;
    for (int32_t i = 0; i < n; i++) ends[i] = buffers[real[i]].upper;
    qsort(ends, (size_t)n, sizeof *ends, compare_times);
    for (int32_t i = 0; i < n; i++)
        if (i == 0 || ends[i] != ends[i - 1]) ends[count++] = ends[i];
    return count;
}
