// Near: optimal string alignment distance (Damerau) over three rows, with a bound that grows with the word's length.
#include "compiler/base/near.h"

#include <string.h>

enum { WORD_MAX = 64 }; // longer names are hardly typing mistakes of each other

struct near near_begin(const char *wanted) {
    size_t length = strlen(wanted);
    // The first distance that is too far: 2 for words of up to 3 letters, one more for every 4 letters.
    return (struct near){.wanted = wanted, .distance = 2 + length / 4};
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t alignment_distance(const char *a, size_t n, const char *b, size_t m) {
    size_t before[WORD_MAX + 1], last[WORD_MAX + 1], row[WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++) last[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        memcpy(before, last, (m + 1) * sizeof *last);
        memcpy(last, row, (m + 1) * sizeof *row);
    }
    return last[m];
}

void near_try(struct near *n, const char *candidate) {
    size_t length = strlen(n->wanted), other = strlen(candidate);
    if (length > WORD_MAX || other > WORD_MAX || length == 0) return;
    size_t distance = alignment_distance(n->wanted, length, candidate, other);
    if (distance >= n->distance || distance >= length || distance >= other) return;
    n->distance = distance;
    n->best = candidate;
}
