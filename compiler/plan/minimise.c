// Minimise: greedy orders, then exact search at the liveness bound and bisection between it and the best peak. Where a
// gap is left, the buffers are merged into boxes, and the few boxes are placed in the same way.
#include "compiler/plan/minimise.h"

#include "compiler/base/arena.h"
#include "compiler/plan/boxes.h"

// Above LARGE buffers the exact search comes after the boxes, with fewer nodes, because each node takes longer.
// BOX_WORK: search nodes times boxes. TWINS_MOST: so many boxes of one life are left at first. EFFORT: search nodes
// before them.
enum { LARGE = 1500, BOX_WORK = 1000000, TWINS_MOST = 16, EFFORT = 1000 };

struct task {
    struct place_buffer *buffers; // hold the best placement
    size_t n;
    int64_t step; // only multiples are tried
    int64_t goal; // a peak that is low enough
    const struct place_stop *stop;
    struct placement *best;
};

static bool is_stopped(const struct task *t) { return t->stop && t->stop->now(t->stop->context); }

static bool goes_on(const struct task *t) {
    const struct placement *p = t->best;
    return p->peak > t->goal && p->peak > p->least && !is_stopped(t);
}

static void place_first(struct arena *a, const struct task *t) {
    struct placement *p = t->best;
    *p = (struct placement){.bound = place_bound(t->buffers, t->n, NULL)};
    p->least = p->bound;
    p->peak = place_greedy(a, t->buffers, t->n, &p->method, t->stop);
}

static enum exact_result search_at(const struct task *t, int64_t capacity, uint64_t effort) {
    enum exact_result result = exact_place(t->buffers, t->n, capacity, effort, t->stop);
    if (result == EXACT_PLACED) {
        t->best->peak = place_peak(t->buffers, t->n);
        t->best->method = "exact";
    } else if (result == EXACT_IMPOSSIBLE && capacity >= t->best->least) {
        t->best->least = capacity + t->step;
    }
    return result;
}

// Searches at the lowest capacity not yet proven impossible, then bisects between it and the best peak.
static void bisect(const struct task *t, uint64_t effort) {
    int64_t first = t->best->least, low = first, capacity = first;
    while (low < t->best->peak && goes_on(t)) {
        if (search_at(t, capacity, capacity == first ? effort : effort / 8) != EXACT_PLACED) low = capacity + t->step;
        capacity = low + (t->best->peak - low) / 2 / t->step * t->step;
    }
}

// Two stages: first several boxes may have one life and can go anywhere in their group; then each life has one box.
static void merge_and_place(const struct task *t, enum boxes_way way, uint64_t *random) {
    struct arena a = {0};
    struct boxes *b = boxes_start(&a, t->buffers, t->n, random);
    struct place_buffer *outer = ARENA_ARRAY(&a, struct place_buffer, t->n + 1);
    for (int most = way == BOXES_SMALL_SIZES ? TWINS_MOST : 1; most > 0 && goes_on(t); most = most > 1) {
        struct placement p;
        struct task inner = {outer, boxes_merge(b, way, most, t->stop), t->step, t->goal, t->stop, &p};
        uint64_t effort = BOX_WORK / (inner.n + 1);
        boxes_list(b, outer);
        place_first(&a, &inner);
        if (inner.n <= LARGE && goes_on(&inner)) search_at(&inner, p.bound, effort);
        if (inner.n <= LARGE && most == 1) bisect(&inner, effort);
        if (p.peak >= t->best->peak) continue;
        boxes_open(b, outer, t->buffers);
        t->best->peak = p.peak;
        t->best->method = "boxes";
    }
    arena_free(&a);
}

static void merge_both_ways(const struct task *t, int times, uint64_t *random) {
    for (int i = 0; i < times && goes_on(t); i++) {
        merge_and_place(t, BOXES_SMALL_SIZES, random);
        if (goes_on(t)) merge_and_place(t, BOXES_SMALL_GROUPS, random);
        *random += UINT64_C(88172645463325252);
    }
}

struct placement place_minimise(struct arena *a, struct place_buffer *buffers, size_t n, int64_t step, uint64_t effort,
                                const struct place_stop *stop) {
    struct placement p;
    struct task t = {buffers, n, step, 0, stop, &p};
    uint64_t random = 0;
    place_first(a, &t);
    if (n > LARGE) effort = effort * LARGE / n;
    if (stop && n <= LARGE && goes_on(&t)) search_at(&t, p.bound, EFFORT);
    if (stop || n > LARGE) merge_both_ways(&t, n > LARGE ? 2 : 1, &random);
    for (int times = 1; goes_on(&t); times *= 2, effort *= 4) {
        bisect(&t, effort);
        merge_both_ways(&t, times, &random);
        if (!stop) break;
    }
    p.proven = p.least >= p.peak;
    return p;
}

enum exact_result place_within(struct arena *a, struct place_buffer *buffers, size_t n, int64_t capacity,
                               const struct place_stop *stop, struct placement *out) {
    struct task t = {buffers, n, 1, capacity, stop, out};
    uint64_t random = 0, effort = n > LARGE ? (uint64_t)EFFORT * LARGE / n : EFFORT;
    place_first(a, &t);
    for (int times = 1; capacity >= out->least && goes_on(&t); times *= 2, effort *= 4) {
        if (n <= LARGE || times > 1) search_at(&t, capacity, effort);
        if (capacity >= out->least) merge_both_ways(&t, times, &random);
    }
    out->proven = out->peak == out->least;
    return out->peak <= capacity ? EXACT_PLACED : out->least > capacity ? EXACT_IMPOSSIBLE : EXACT_GAVE_UP;
}
