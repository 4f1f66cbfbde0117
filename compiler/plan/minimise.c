// Minimise: exact search at the liveness bound, then bisection between the bound and the best greedy peak.
#include "compiler/plan/minimise.h"

static struct placement greedy(struct arena *a, struct place_buffer *buffers, size_t n, const struct place_stop *stop) {
    struct placement p = {.bound = place_bound(buffers, n, NULL)};
    p.least = p.bound;
    p.peak = place_greedy(a, buffers, n, &p.method, stop);
    return p;
}

static enum exact_result search(struct place_buffer *buffers, size_t n, int64_t capacity, uint64_t effort,
                                const struct place_stop *stop, struct placement *p) {
    enum exact_result result = exact_place(buffers, n, capacity, effort, stop);
    if (result == EXACT_PLACED) {
        p->peak = place_peak(buffers, n);
        p->method = "exact";
    }
    return result;
}

struct placement place_minimise(struct arena *a, struct place_buffer *buffers, size_t n, int64_t step, uint64_t effort,
                                const struct place_stop *stop) {
    struct placement p = greedy(a, buffers, n, stop);
    bool again = true;
    for (; again && p.least < p.peak; effort *= 4) {
        int64_t first = p.least, low = first, capacity = first;
        again = stop != NULL;
        while (low < p.peak && !(stop && stop->now(stop->context))) {
            enum exact_result result = search(buffers, n, capacity, capacity == first ? effort : effort / 8, stop, &p);
            if (result != EXACT_PLACED) low = capacity + step;
            if (result == EXACT_IMPOSSIBLE) p.least = low;
            capacity = low + (p.peak - low) / 2 / step * step;
        }
        again = again && !stop->now(stop->context);
    }
    p.proven = p.least >= p.peak;
    return p;
}

enum exact_result place_within(struct arena *a, struct place_buffer *buffers, size_t n, int64_t capacity,
                               const struct place_stop *stop, struct placement *out) {
    *out = greedy(a, buffers, n, stop);
    enum exact_result result = EXACT_PLACED;
    if (out->bound > capacity)
        result = EXACT_IMPOSSIBLE;
    else if (out->peak > capacity)
        result = search(buffers, n, capacity, UINT64_MAX, stop, out);
    if (result == EXACT_IMPOSSIBLE && capacity >= out->least) out->least = capacity + 1;
    out->proven = out->peak == out->least;
    return result;
}
