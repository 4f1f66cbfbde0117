// Place: buffers with lives become offsets. Several greedy orders run, each with first or best fit among placed buffers
// that overlap in time. The search stops at the liveness bound, which cannot be beaten.
#include "compiler/plan/place.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/random.h"

// A pass takes time quadratic in the number of buffers. This is the budget for perturbed orders; above the limit only
// the plain orders are tried.
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
    struct arena scratch = {0};
    struct event *events = ARENA_ARRAY(&scratch, struct event, 2 * n + 1);
    size_t count = 0;
    int64_t live = 0, bound = 0, position = 0;
    for (size_t i = 0; i < n; i++) {
        if (buffers[i].lower >= buffers[i].upper) {
            if (buffers[i].size > bound) bound = buffers[i].size, position = buffers[i].lower;
            continue;
        }
        events[count++] = (struct event){buffers[i].lower, buffers[i].size};
        events[count++] = (struct event){buffers[i].upper, -buffers[i].size};
    }
    qsort(events, count, sizeof *events, event_compare);
    for (size_t i = 0; i < count; i++) {
        live += events[i].change;
        if (live > bound) {
            bound = live;
            position = events[i].at;
        }
    }
    arena_free(&scratch);
    if (at) *at = position;
    return bound;
}

int64_t place_peak(const struct place_buffer *buffers, size_t n) {
    int64_t peak = 0;
    for (size_t i = 0; i < n; i++)
        if (buffers[i].offset + buffers[i].size > peak) peak = buffers[i].offset + buffers[i].size;
    return peak;
}

// ---- one greedy pass ----
struct range {
    int64_t lower, upper, low, high; // offsets of a placed buffer
};

// Without bytes or life a buffer overlaps nothing: it lies at 0 and is in nobody's way.
static bool takes_space(const struct place_buffer *b) { return b->size > 0 && b->lower < b->upper; }

// The place for `b` among the placed ones (by offset): the lowest gap that holds it, or the tightest.
static int64_t fit(const struct range *placed, size_t n, const struct place_buffer *b, bool tightest) {
    int64_t top = 0, best = -1, best_gap = 0;
    for (size_t i = 0; i < n; i++) {
        if (placed[i].lower >= b->upper || b->lower >= placed[i].upper) continue;
        int64_t gap = placed[i].low - top;
        if (gap >= b->size && (best < 0 || gap < best_gap)) {
            best = top;
            best_gap = gap;
            if (!tightest) return best;
        }
        if (placed[i].high > top) top = placed[i].high;
    }
    return best >= 0 ? best : top;
}

// Inserts into `placed`, sorted by offset.
static void insert(struct range *placed, size_t n, const struct place_buffer *b) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (placed[middle].low < b->offset)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(placed + low + 1, placed + low, sizeof *placed * (n - low));
    placed[low] = (struct range){b->lower, b->upper, b->offset, b->offset + b->size};
}

static bool has_to_stop(const struct place_stop *stop) { return stop && stop->now(stop->context); }

// Returns the peak; -1: stopped.
static int64_t place_in_order(struct place_buffer *buffers, const size_t *order, size_t n, bool tightest,
                              struct range *placed, const struct place_stop *stop) {
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        struct place_buffer *b = &buffers[order[k]];
        if (k % 64 == 63 && has_to_stop(stop)) return -1;
        b->offset = takes_space(b) ? fit(placed, count, b, tightest) : 0;
        if (takes_space(b)) insert(placed, count++, b);
    }
    return place_peak(buffers, n);
}

// Places by birth into the lowest gap. Only buffers alive at the birth matter, so this is fast even for many buffers.
static int64_t place_by_birth(struct place_buffer *buffers, const size_t *order, size_t n, struct range *alive) {
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        struct place_buffer *b = &buffers[order[k]];
        size_t left = 0;
        for (size_t i = 0; i < count; i++)
            if (alive[i].upper > b->lower) alive[left++] = alive[i];
        count = left;
        b->offset = takes_space(b) ? fit(alive, count, b, false) : 0;
        if (takes_space(b)) insert(alive, count++, b);
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

// For each buffer, the largest live sum during its life.
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

struct search {
    struct place_buffer *buffers;
    size_t n;
    size_t *order;
    struct range *placed;
    const struct place_stop *stop;
    int64_t *best_offsets, best, bound;
    const char *method;
};

static void keep_better(struct search *s, int64_t peak, const char *name) {
    if (peak < 0 || (s->best >= 0 && peak >= s->best)) return;
    s->best = peak;
    s->method = name;
    for (size_t i = 0; i < s->n; i++) s->best_offsets[i] = s->buffers[i].offset;
}

// Returns false when the bound is reached or time is up.
static bool attempt(struct search *s, const char *name) {
    for (int tightest = 0; tightest < 2 && s->best != s->bound; tightest++) {
        if (has_to_stop(s->stop)) return false;
        keep_better(s, place_in_order(s->buffers, s->order, s->n, tightest, s->placed, s->stop), name);
    }
    return s->best != s->bound;
}

// Moves the topmost buffer to a random earlier position, then swaps two random ones.
static void perturb(struct search *s, uint64_t *random) {
    int64_t peak = place_peak(s->buffers, s->n);
    size_t top = 0;
    for (size_t k = 0; k < s->n; k++) {
        const struct place_buffer *b = &s->buffers[s->order[k]];
        if (b->offset + b->size == peak) top = k;
    }
    size_t to = top ? (size_t)(random_next(random) % top) : 0, moved = s->order[top];
    memmove(&s->order[to + 1], &s->order[to], sizeof *s->order * (top - to));
    s->order[to] = moved;
    size_t a = (size_t)(random_next(random) % s->n), b = (size_t)(random_next(random) % s->n), swap = s->order[a];
    s->order[a] = s->order[b];
    s->order[b] = swap;
}

static void sort_by(struct search *s, enum order o, const double *contention, struct ranked *ranked) {
    for (size_t i = 0; i < s->n; i++) {
        const struct place_buffer *b = &s->buffers[i];
        ranked[i] = (struct ranked){{order_key(o, b, contention[i]), (double)b->size}, i};
    }
    qsort(ranked, s->n, sizeof *ranked, ranked_compare);
    for (size_t i = 0; i < s->n; i++) s->order[i] = ranked[i].index;
}

int64_t place_greedy(struct arena *scratch, struct place_buffer *buffers, size_t n, const char **method,
                     const struct place_stop *stop) {
    struct search s = {.buffers = buffers, .n = n, .best = -1, .bound = place_bound(buffers, n, NULL), .stop = stop};
    s.method = "empty";
    s.order = ARENA_ARRAY(scratch, size_t, n + 1);
    s.placed = ARENA_ARRAY(scratch, struct range, n + 1);
    s.best_offsets = ARENA_ARRAY(scratch, int64_t, n + 1);
    struct ranked *ranked = ARENA_ARRAY(scratch, struct ranked, n + 1);
    double *contention = ARENA_ARRAY(scratch, double, n + 1);
    bool small = n <= QUADRATIC_LIMIT, more = n > 0;
    if (stop && n) {
        sort_by(&s, ORDER_BIRTH, contention, ranked);
        keep_better(&s, place_by_birth(buffers, s.order, n, s.placed), order_names[ORDER_BIRTH]);
    }
    for (int o = 0; more && o < ORDER_COUNT - (small ? 0 : 1); o++) {
        if (o == ORDER_CONTENTION) contentions(scratch, buffers, n, contention);
        sort_by(&s, (enum order)o, contention, ranked);
        more = attempt(&s, order_names[o]);
    }
    uint64_t random = UINT64_C(88172645463325252);
    size_t tries = n && small ? PERTURBED_WORK / (n * n) : 0;
    for (size_t t = 0; more && t < tries && t < PERTURBED_TRIES; t++) {
        perturb(&s, &random);
        more = attempt(&s, "perturbed");
    }
    for (size_t i = 0; i < n; i++) buffers[i].offset = s.best_offsets[i];
    if (method) *method = s.method;
    return n ? s.best : 0;
}
