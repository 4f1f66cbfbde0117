// Place: buffers with lives become offsets. Several greedy orders, each a first or best fit among the neighbours in
// time that are placed already; a placement that reaches the liveness bound cannot be beaten, so the search stops
// there.
#include "compiler/plan/place.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"

// A pass takes the square of the number of buffers: so many buffers squared are spent on perturbed orders; beyond the
// limit only the plain orders are tried.
enum { PERTURBED_TRIES = 200, PERTURBED_WORK = 4000000, QUADRATIC_LIMIT = 1500 };

struct event {
    int64_t at, change;
};

static int event_compare(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->change > y->change) - (x->change < y->change); // ends before beginnings: lives are half-open
}

int64_t place_bound(const struct place_buffer *buffers, size_t n, int64_t *at) {
    struct event *events = malloc(sizeof *events * (2 * n + 1));
    if (!events) abort();
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (buffers[i].lower >= buffers[i].upper) continue;
        events[count++] = (struct event){buffers[i].lower, buffers[i].size};
        events[count++] = (struct event){buffers[i].upper, -buffers[i].size};
    }
    qsort(events, count, sizeof *events, event_compare);
    int64_t live = 0, bound = 0, step = 0;
    for (size_t i = 0; i < count; i++) {
        live += events[i].change;
        if (live > bound) {
            bound = live;
            step = events[i].at;
        }
    }
    free(events);
    if (at) *at = step;
    return bound;
}

int64_t place_peak(const struct place_buffer *buffers, size_t n) {
    int64_t peak = 0;
    for (size_t i = 0; i < n; i++)
        if (buffers[i].offset + buffers[i].size > peak) peak = buffers[i].offset + buffers[i].size;
    return peak;
}

// ---- one greedy pass ----
struct gap_edge {
    int64_t low, high;
};

static int edge_compare(const void *a, const void *b) {
    const struct gap_edge *x = a, *y = b;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    return (x->high > y->high) - (x->high < y->high);
}

// The place for `b` among the `n` occupied ranges (sorted): the lowest gap that holds it, or the tightest.
static int64_t fit(const struct gap_edge *taken, size_t n, int64_t size, bool tightest) {
    int64_t top = 0, best = -1, best_gap = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t gap = taken[i].low - top;
        if (gap >= size && (best < 0 || gap < best_gap)) {
            best = top;
            best_gap = gap;
            if (!tightest) return best;
        }
        if (taken[i].high > top) top = taken[i].high;
    }
    return best >= 0 ? best : top;
}

static int64_t place_in_order(struct place_buffer *buffers, const size_t *order, size_t n, bool tightest,
                              struct gap_edge *taken) {
    for (size_t k = 0; k < n; k++) {
        struct place_buffer *b = &buffers[order[k]];
        size_t count = 0;
        for (size_t j = 0; j < k && b->size; j++) {
            const struct place_buffer *o = &buffers[order[j]];
            if (o->size && o->lower < b->upper && b->lower < o->upper)
                taken[count++] = (struct gap_edge){o->offset, o->offset + o->size};
        }
        qsort(taken, count, sizeof *taken, edge_compare);
        b->offset = b->size ? fit(taken, count, b->size, tightest) : 0;
    }
    return place_peak(buffers, n);
}

// ---- orders ----
struct ranked {
    double key[2];
    size_t index;
};

static int ranked_compare(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    for (int i = 0; i < 2; i++)
        if (x->key[i] != y->key[i]) return x->key[i] > y->key[i] ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

enum order { ORDER_SIZE, ORDER_AREA, ORDER_WIDTH, ORDER_BIRTH, ORDER_DEATH, ORDER_CONTENTION, ORDER_COUNT };
static const char *const order_names[] = {"size", "area", "lifetime", "birth", "death", "contention"};

static double order_key(enum order o, const struct place_buffer *b, double contention) {
    double width = (double)(b->upper - b->lower), size = (double)b->size;
    switch (o) {
    case ORDER_SIZE: return size;
    case ORDER_AREA: return width * size;
    case ORDER_WIDTH: return width;
    case ORDER_BIRTH: return -(double)b->lower;
    case ORDER_DEATH: return (double)b->upper;
    default: return contention;
    }
}

// For each buffer the largest live sum during its life.
static void contentions(struct arena *scratch, const struct place_buffer *buffers, size_t n, double *out) {
    struct place_buffer *clipped = ARENA_ARRAY(scratch, struct place_buffer, n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;
        for (size_t j = 0; j < n; j++) {
            struct place_buffer c = buffers[j];
            if (c.lower < buffers[i].lower) c.lower = buffers[i].lower;
            if (c.upper > buffers[i].upper) c.upper = buffers[i].upper;
            if (c.lower < c.upper) clipped[count++] = c;
        }
        out[i] = (double)place_bound(clipped, count, NULL);
    }
}

static uint64_t next_random(uint64_t *state) { // xorshift64*: any fixed sequence does
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

struct search {
    struct place_buffer *buffers;
    size_t n;
    size_t *order;
    struct gap_edge *taken;
    int64_t *best_offsets, best, bound;
    const char *method;
};

static bool attempt(struct search *s, const char *name) {
    for (int tightest = 0; tightest < 2 && s->best != s->bound; tightest++) {
        int64_t peak = place_in_order(s->buffers, s->order, s->n, tightest, s->taken);
        if (s->best >= 0 && peak >= s->best) continue;
        s->best = peak;
        s->method = name;
        for (size_t i = 0; i < s->n; i++) s->best_offsets[i] = s->buffers[i].offset;
    }
    return s->best == s->bound;
}

// Moves what stands at the top to the front of the order, and a little chance with it.
static void perturb(struct search *s, uint64_t *random) {
    int64_t peak = place_peak(s->buffers, s->n);
    size_t top = 0;
    for (size_t k = 0; k < s->n; k++) {
        const struct place_buffer *b = &s->buffers[s->order[k]];
        if (b->offset + b->size == peak) top = k;
    }
    size_t to = top ? (size_t)(next_random(random) % top) : 0, moved = s->order[top];
    memmove(&s->order[to + 1], &s->order[to], sizeof *s->order * (top - to));
    s->order[to] = moved;
    size_t a = (size_t)(next_random(random) % s->n), b = (size_t)(next_random(random) % s->n), swap = s->order[a];
    s->order[a] = s->order[b];
    s->order[b] = swap;
}

int64_t place_greedy(struct arena *scratch, struct place_buffer *buffers, size_t n, const char **method) {
    struct search s = {
        .buffers = buffers, .n = n, .best = -1, .bound = place_bound(buffers, n, NULL), .method = "empty"};
    s.order = ARENA_ARRAY(scratch, size_t, n + 1);
    s.taken = ARENA_ARRAY(scratch, struct gap_edge, n + 1);
    s.best_offsets = ARENA_ARRAY(scratch, int64_t, n + 1);
    struct ranked *ranked = ARENA_ARRAY(scratch, struct ranked, n + 1);
    double *contention = ARENA_ARRAY(scratch, double, n + 1);
    bool small = n <= QUADRATIC_LIMIT;
    for (int o = 0; n && o < ORDER_COUNT - (small ? 0 : 1); o++) {
        if (o == ORDER_CONTENTION) contentions(scratch, buffers, n, contention);
        for (size_t i = 0; i < n; i++)
            ranked[i] =
                (struct ranked){{order_key((enum order)o, &buffers[i], contention[i]), (double)buffers[i].size}, i};
        qsort(ranked, n, sizeof *ranked, ranked_compare);
        for (size_t i = 0; i < n; i++) s.order[i] = ranked[i].index;
        if (attempt(&s, order_names[o])) break;
    }
    uint64_t random = UINT64_C(88172645463325252);
    size_t tries = n && small ? PERTURBED_WORK / (n * n) : 0;
    for (size_t t = 0; t < tries && t < PERTURBED_TRIES && s.best != s.bound; t++) {
        perturb(&s, &random);
        attempt(&s, "perturbed");
    }
    for (size_t i = 0; i < n; i++) buffers[i].offset = s.best_offsets[i];
    if (method) *method = s.method;
    return n ? s.best : 0;
}
