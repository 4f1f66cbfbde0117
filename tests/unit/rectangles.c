// Rectangles: pieces are cut in two from side to side until there are enough.
#include "rectangles.h"

#include <stdlib.h>

uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static double area(const struct place_buffer *b) { return (double)(b->upper - b->lower) * (double)b->size; }

// The largest of some pieces.
static struct place_buffer *pick(struct place_buffer *b, size_t count, enum cut_kind kind, uint32_t *seed) {
    static const int looked_at[CUT_KINDS] = {1, 3, 12};
    struct place_buffer *best = &b[next_random(seed) % count];
    for (int i = 1; i < looked_at[kind]; i++) {
        struct place_buffer *other = &b[next_random(seed) % count];
        if (area(other) > area(best)) best = other;
    }
    return best;
}

static bool is_long(const struct place_buffer *b, enum cut_kind kind, int64_t steps, int64_t bytes, uint32_t *seed) {
    int64_t chance = next_random(seed) % 1000;
    if (kind != CUT_EVEN) return chance * bytes < 600 * b->size;
    return (double)(b->upper - b->lower) * (double)bytes * 1000 >
           area(&(struct place_buffer){0, steps, b->size, 0}) * (double)(700 + chance % 600);
}

void cut(struct place_buffer *b, size_t n, enum cut_kind kind, int64_t steps, int64_t bytes, uint32_t *seed) {
    b[0] = (struct place_buffer){0, steps, bytes, 0};
    for (size_t count = 1; count < n;) {
        struct place_buffer *old = pick(b, count, kind, seed);
        int64_t width = old->upper - old->lower;
        if (width > 1 && (old->size == 1 || is_long(old, kind, steps, bytes, seed))) {
            int64_t at = old->lower + 1 + next_random(seed) % (width - 1);
            b[count++] = (struct place_buffer){at, old->upper, old->size, 0};
            old->upper = at;
        } else if (old->size > 1) {
            int64_t part = 1 + next_random(seed) % (old->size - 1);
            b[count++] = (struct place_buffer){old->lower, old->upper, part, 0};
            old->size -= part;
        }
    }
    for (size_t i = n; i-- > 1;) {
        size_t j = next_random(seed) % (i + 1);
        struct place_buffer other = b[i];
        b[i] = b[j], b[j] = other;
    }
}

static int by_birth(const void *a, const void *b) {
    const struct place_buffer *x = a, *y = b;
    return (x->lower > y->lower) - (x->lower < y->lower);
}

bool is_packing(struct place_buffer *b, size_t n, int64_t capacity) {
    qsort(b, n, sizeof *b, by_birth);
    for (size_t i = 0; i < n; i++) {
        if (b[i].offset < 0 || b[i].offset + b[i].size > capacity) return false;
        for (size_t j = i + 1; j < n && b[j].lower < b[i].upper; j++)
            if (b[j].upper > b[j].lower && b[i].offset < b[j].offset + b[j].size &&
                b[j].offset < b[i].offset + b[i].size)
                return false;
    }
    return true;
}
