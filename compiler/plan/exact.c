// Exact placement: buffers become items in sections of time. Several strategies run in turn with growing limits,
// because their speed differs from case to case by orders of magnitude. Many short runs with randomly disturbed orders
// follow: where the table's orders all have bad luck, one of these may not.
#include "compiler/plan/exact.h"

#include <stdlib.h>

#include "compiler/base/arena.h"
#include "compiler/plan/exact_search.h"

static const struct strategy {
    int keys[KEYS];
    bool dynamic, tight;
} strategies[] = {
    {{KEY_TOTAL, KEY_WIDTH, KEY_AREA}, false, true},  {{KEY_TOTAL, KEY_WIDTH, KEY_AREA}, false, false},
    {{KEY_TOTAL, KEY_WIDTH, KEY_AREA}, true, false},  {{KEY_TOTAL, KEY_AREA, KEY_WIDTH}, false, false},
    {{KEY_AREA, KEY_WIDTH, KEY_TOTAL}, false, false}, {{KEY_WIDTH, KEY_AREA, KEY_TOTAL}, false, false},
};
enum { STRATEGIES = sizeof strategies / sizeof *strategies, FIRST_LIMIT = 1000 };

static int compare_times(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

// The first section at or after `time`.
static int32_t section_of(const int64_t *times, int32_t count, int64_t time) {
    int32_t low = 0, high = count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (times[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Makes the sections. A section begins only at a birth that follows a death, so each is a maximal set of buffers alive
// together. times[section] is its last birth, when all of them are alive. Returns their number.
static int32_t find_sections(const struct place_buffer *buffers, const size_t *real, int32_t n, int64_t *times,
                             int64_t *ends) {
    for (int32_t i = 0; i < n; i++) times[i] = buffers[real[i]].lower, ends[i] = buffers[real[i]].upper;
    qsort(times, (size_t)n, sizeof *times, compare_times);
    qsort(ends, (size_t)n, sizeof *ends, compare_times);
    int32_t count = 0, ended = 0;
    for (int32_t i = 0; i < n; i++) {
        bool after_an_end = false;
        while (ended < n && ends[ended] <= times[i]) ended++, after_an_end = true;
        if (i == 0 || after_an_end) count++;
        times[count - 1] = times[i];
    }
    return count;
}

// Makes the items in the order of the buffers, with their sections and keys.
static void make_items(struct item *items, struct section *sections, const struct place_buffer *buffers,
                       const size_t *real, int32_t n, const int64_t *times, int32_t n_sections) {
    for (int32_t i = 0; i < n; i++) {
        const struct place_buffer *b = &buffers[real[i]];
        items[i] = (struct item){.first = section_of(times, n_sections, b->lower),
                                 .last = section_of(times, n_sections, b->upper),
                                 .size = b->size,
                                 .buffer = real[i],
                                 .noise = 1};
        section_add(sections, &items[i], 1);
    }
    for (int32_t i = 0; i < n; i++) {
        struct item *t = &items[i];
        const struct place_buffer *b = &buffers[t->buffer];
        int64_t total = 0;
        for (int32_t k = t->first; k < t->last; k++)
            if (sections[k].remaining > total) total = sections[k].remaining;
        t->key[KEY_WIDTH] = (double)(b->upper - b->lower);
        t->key[KEY_AREA] = t->key[KEY_WIDTH] * (double)t->size;
        t->key[KEY_TOTAL] = (double)total;
    }
}

static uint64_t next_random(uint64_t *state) { // xorshift64*: any fixed sequence does
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

struct sorted_item {
    struct item item;
    const int *keys;
};

static int compare_sorted(const void *a, const void *b) {
    const struct sorted_item *x = a, *y = b;
    return search_compare(&x->item, &y->item, x->keys);
}

struct rounds {
    struct search search;
    const struct item *items; // as make_items left them
    struct sorted_item *sorted;
    uint64_t random, effort, spent, first_limit;
    size_t disturbed; // disturbed runs so far
};

static bool is_twin(const struct item *a, const struct item *b) {
    return a->first == b->first && a->last == b->last && a->size == b->size;
}

// Runs the search from the start, with the items as sorted.
static enum exact_result run_sorted(struct rounds *r, uint64_t limit, bool remember) {
    struct search *s = &r->search;
    s->limit = limit < r->effort - r->spent ? limit : r->effort - r->spent;
    s->remember = remember;
    for (int32_t i = 0; i < s->n_sections; i++) s->sections[i] = (struct section){.top = -1};
    for (int32_t i = 0; i < s->n; i++) {
        struct item *t = &s->items[i];
        *t = r->sorted[i].item;
        t->rank = s->order[i] = i;
        t->twin = i > 0 && is_twin(t - 1, t) ? i - 1 : -1;
        section_add(s->sections, t, 1);
    }
    enum exact_result result = search_run(s);
    r->spent += s->nodes;
    return result;
}

// Two states can share a hash: an "impossible" that relies on a remembered state is searched again without them.
static enum exact_result attempt(struct rounds *r, const struct strategy *strategy, bool disturb, uint64_t limit) {
    struct search *s = &r->search;
    s->keys = strategy->keys, s->dynamic = strategy->dynamic, s->tight = strategy->tight;
    s->salt = disturb ? next_random(&r->random) : (uint64_t)(strategy - strategies);
    for (int32_t i = 0; i < s->n; i++) {
        struct item *t = &r->sorted[i].item;
        *t = r->items[i];
        if (disturb) t->noise = 0.8 + 0.4 * (double)(next_random(&r->random) >> 11) / 9007199254740992.0;
        for (int k = 0; k < KEYS; k++) t->key[k] *= t->noise;
        r->sorted[i].keys = s->keys;
    }
    qsort(r->sorted, (size_t)s->n, sizeof *r->sorted, compare_sorted);
    enum exact_result result = run_sorted(r, limit, true);
    if (result != EXACT_IMPOSSIBLE || !s->remembered) return result;
    return run_sorted(r, UINT64_MAX, false);
}

// Runs every strategy with this limit, then disturbed ones for half as many nodes.
static enum exact_result one_round(struct rounds *r, uint64_t limit) {
    enum exact_result result = EXACT_GAVE_UP;
    for (int i = 0; i < STRATEGIES && result == EXACT_GAVE_UP && !r->search.stopped && r->spent < r->effort; i++)
        result = attempt(r, &strategies[i], false, limit);
    uint64_t goal = r->spent + STRATEGIES * limit / 2;
    while (result == EXACT_GAVE_UP && !r->search.stopped && r->spent < goal && r->spent < r->effort)
        result = attempt(r, &strategies[r->disturbed++ % STRATEGIES], true, 2 * r->first_limit);
    return result;
}

enum exact_result exact_place(struct place_buffer *buffers, size_t n, int64_t capacity, uint64_t effort,
                              const struct place_stop *stop) {
    struct arena a = {0};
    struct rounds r = {.random = UINT64_C(88172645463325252), .effort = effort};
    size_t *real = ARENA_ARRAY(&a, size_t, n + 1);
    int32_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (buffers[i].size > 0 && buffers[i].lower < buffers[i].upper) real[count++] = i;
    int64_t *times = ARENA_ARRAY(&a, int64_t, count + 1), *ends = ARENA_ARRAY(&a, int64_t, count + 1);
    struct item *items = ARENA_ARRAY(&a, struct item, count + 1);
    search_init(&r.search, &a, count);
    r.items = items;
    r.sorted = ARENA_ARRAY(&a, struct sorted_item, count + 1);
    r.search.capacity = capacity;
    r.search.stop = stop;
    r.search.n_sections = find_sections(buffers, real, count, times, ends);
    make_items(items, r.search.sections, buffers, real, count, times, r.search.n_sections);
    enum exact_result result = EXACT_GAVE_UP;
    r.first_limit = FIRST_LIMIT + 2 * (uint64_t)count;
    for (uint64_t limit = r.first_limit; result == EXACT_GAVE_UP && r.spent < effort && !r.search.stopped; limit *= 2)
        result = one_round(&r, limit);
    if (result == EXACT_PLACED) {
        for (size_t i = 0; i < n; i++) buffers[i].offset = 0;
        for (int32_t i = 0; i < count; i++) buffers[r.search.items[i].buffer].offset = r.search.items[i].floor;
    }
    arena_free(&a);
    return result;
}
