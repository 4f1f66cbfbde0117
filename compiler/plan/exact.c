// Exact placement: buffers become items in sections of time. Several strategies run in turn with growing limits,
// because their speed differs from case to case by orders of magnitude. Many short runs with randomly disturbed orders
// follow: where every order of the table is slow, one of these may be fast.
#include "compiler/plan/exact.h"

#include <stdlib.h>

#include "compiler/base/arena.h"
#include "compiler/base/random.h"
#include "compiler/plan/exact_search.h"
#include "compiler/plan/sections.h"

static const struct strategy {
    int keys[KEYS];
    bool tight;
} strategies[] = {
    {{KEY_TOTAL, KEY_AREA, KEY_WIDTH}, false},
    {{KEY_TOTAL, KEY_WIDTH, KEY_AREA}, false},
    {{KEY_WIDTH, KEY_AREA, KEY_TOTAL}, false},
    {{KEY_TOTAL, KEY_WIDTH, KEY_AREA}, true},
};
enum { STRATEGIES = sizeof strategies / sizeof *strategies };

static int compare_items(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    if (x->last != y->last) return x->last < y->last ? -1 : 1;
    if (x->size != y->size) return x->size < y->size ? -1 : 1;
    return x->buffer < y->buffer ? -1 : 1;
}

static bool is_twin(const struct item *a, const struct item *b) {
    return a->first == b->first && a->last == b->last && a->size == b->size;
}

// Items with their sections and keys, twins next to each other.
static void make_items(struct item *items, const struct place_buffer *buffers, const size_t *real, int32_t n,
                       const int64_t *ends, int32_t n_sections) {
    for (int32_t i = 0; i < n; i++) {
        const struct place_buffer *b = &buffers[real[i]];
        items[i] = (struct item){.first = section_of(ends, n_sections, b->lower),
                                 .last = section_of(ends, n_sections, b->upper),
                                 .size = b->size,
                                 .buffer = real[i],
                                 .noise = 1};
        items[i].key[KEY_WIDTH] = (double)(b->upper - b->lower);
        items[i].key[KEY_AREA] = items[i].key[KEY_WIDTH] * (double)b->size;
    }
    qsort(items, (size_t)n, sizeof *items, compare_items);
    for (int32_t i = 0; i < n; i++) items[i].twin = i > 0 && is_twin(&items[i - 1], &items[i]) ? i - 1 : -1;
}

struct rounds {
    struct search search;
    const struct item *items; // as make_items left them
    uint64_t random, effort;  // effort: nodes that may still be spent
    size_t disturbed;         // how many so far
};

// The search from the start, with that many nodes; `disturb`: each buffer's keys changed by up to a fifth.
static enum exact_result attempt(struct rounds *r, const struct strategy *strategy, bool disturb, uint64_t limit) {
    struct search *s = &r->search;
    s->keys = strategy->keys, s->tight = strategy->tight;
    s->limit = limit < r->effort ? limit : r->effort;
    for (int32_t i = 0; i < s->n_sections; i++) s->sections[i] = (struct section){0};
    for (int32_t i = 0; i < s->n; i++) {
        struct item *t = &s->items[i];
        *t = r->items[i];
        if (disturb) t->noise = 0.8 + 0.4 * (double)(random_next(&r->random) >> 11) / 9007199254740992.0;
        t->key[KEY_WIDTH] *= t->noise, t->key[KEY_AREA] *= t->noise;
        s->order[i] = i;
        section_add(s->sections, t, 1);
    }
    enum exact_result result = search_run(s);
    r->effort -= s->nodes;
    return result;
}

static bool goes_on(const struct rounds *r, enum exact_result result) {
    return result == EXACT_GAVE_UP && r->effort > 0 && !r->search.stopped;
}

// Every strategy with this limit, then disturbed ones with as many nodes together.
static enum exact_result one_round(struct rounds *r, uint64_t limit, uint64_t short_limit) {
    enum exact_result result = EXACT_GAVE_UP;
    for (int i = 0; i < STRATEGIES && goes_on(r, result); i++) result = attempt(r, &strategies[i], false, limit);
    for (uint64_t spent = 0; spent < limit && goes_on(r, result); spent += r->search.nodes)
        result = attempt(r, &strategies[r->disturbed++ % STRATEGIES], true, short_limit);
    return result;
}

enum exact_result exact_place(struct place_buffer *buffers, size_t n, int64_t capacity, uint64_t effort,
                              const struct place_stop *stop) {
    struct arena a = {0};
    struct rounds r = {.random = UINT64_C(88172645463325252), .effort = effort};
    struct search *s = &r.search;
    size_t *real = ARENA_ARRAY(&a, size_t, n + 1);
    int32_t count = sections_real(buffers, n, real);
    int64_t *ends = ARENA_ARRAY(&a, int64_t, count + 1);
    struct item *items = ARENA_ARRAY(&a, struct item, count + 1);
    search_init(s, &a, count);
    s->capacity = capacity, s->stop = stop;
    s->n_sections = sections_find(buffers, real, count, ends);
    make_items(items, buffers, real, count, ends, s->n_sections);
    r.items = items;
    enum exact_result result = EXACT_GAVE_UP;
    uint64_t first_limit = 2 * (uint64_t)count + 1;
    for (uint64_t limit = first_limit; goes_on(&r, result); limit *= 2) result = one_round(&r, limit, 2 * first_limit);
    if (result == EXACT_PLACED) {
        for (size_t i = 0; i < n; i++) buffers[i].offset = 0;
        for (int32_t i = 0; i < count; i++) buffers[s->items[i].buffer].offset = s->items[i].floor;
    }
    arena_free(&a);
    return result;
}
