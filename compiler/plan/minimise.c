// Minimise: the exact search at the bound, then by bisection between the bound and what the greedy orders reach.
#include "compiler/plan/minimise.h"

#include "compiler/base/arena.h"
#include "compiler/plan/exact.h"

static struct exact_buffer *as_exact(struct arena *a, const struct place_buffer *buffers, size_t n) {
    struct exact_buffer *exact = ARENA_ARRAY(a, struct exact_buffer, n + 1);
    for (size_t i = 0; i < n; i++)
        exact[i] = (struct exact_buffer){buffers[i].lower, buffers[i].upper, buffers[i].size, 0};
    return exact;
}

static void take(struct place_buffer *buffers, const struct exact_buffer *exact, size_t n, struct placement *p) {
    for (size_t i = 0; i < n; i++) buffers[i].offset = exact[i].offset;
    p->peak = place_peak(buffers, n);
    p->method = "exact";
}

static struct placement greedy(struct arena *a, struct place_buffer *buffers, size_t n) {
    struct placement p = {.bound = place_bound(buffers, n, NULL)};
    p.peak = place_greedy(a, buffers, n, &p.method);
    return p;
}

struct placement place_minimise(struct arena *a, struct place_buffer *buffers, size_t n, int64_t step,
                                uint64_t effort) {
    struct placement p = greedy(a, buffers, n);
    struct exact_buffer *exact = p.peak > p.bound ? as_exact(a, buffers, n) : NULL;
    int64_t low = p.bound, capacity = low, impossible = low - step; // the highest capacity proven impossible
    while (low < p.peak) {
        enum exact_result result = exact_place(exact, n, capacity, capacity == p.bound ? effort : effort / 8);
        if (result == EXACT_PLACED)
            take(buffers, exact, n, &p);
        else
            low = capacity + step;
        if (result == EXACT_IMPOSSIBLE) impossible = capacity;
        capacity = low + (p.peak - low) / 2 / step * step;
    }
    p.proven = impossible + step >= p.peak;
    return p;
}

bool place_within(struct arena *a, struct place_buffer *buffers, size_t n, int64_t capacity, struct placement *out) {
    *out = greedy(a, buffers, n);
    out->proven = out->peak == out->bound;
    if (out->peak <= capacity) return true;
    if (out->bound > capacity) return false;
    struct exact_buffer *exact = as_exact(a, buffers, n);
    if (exact_place(exact, n, capacity, 0) != EXACT_PLACED) return false;
    take(buffers, exact, n, out);
    out->proven = out->peak == out->bound;
    return true;
}
