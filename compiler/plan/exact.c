// Exact placement by depth-first search.
//
// Any feasible packing can be pushed down until every buffer lies at 0 or on top of another: bottom-justified. Sorted
// by (offset, order) such a packing is built by putting each buffer on the skyline of those before it. The search walks
// these sequences only, and leaves a branch when
//   - a buffer that is still to come would fit whole between the skyline and the next offset (it could be pushed down),
//   or
//   - in some section of time the lowest offset still possible plus the bytes still to come passes the capacity.
// Buffers that no longer share time with each other fall into components, which are solved one by one. Static orders
// break ties and take turns with growing limits, because which of them is quick differs from case to case by orders of
// magnitude.
#include "compiler/plan/exact.h"

#include <stdlib.h>
#include <string.h>

struct item {
    int32_t first, last; // sections [first, last)
    int64_t size;
    int64_t offset;
    size_t buffer; // index of the caller's
};

// A buffer still to come, and the height of the skyline below it.
struct choice {
    int64_t floor;
    int32_t item;
};

struct section {
    int64_t floor;     // top of what is placed
    int32_t on_top;    // the item whose top that is
    int64_t remaining; // bytes still to come
    int32_t alive;     // buffers still to come
    int32_t crossing;  // of those, how many reach over the section's left edge
};

// Of the buffers still to come in a section: the lowest offset, the two lowest tops.
struct lows {
    int64_t offset, top, second_top;
};

struct search {
    struct item *items; // in the static order
    struct section *sections;
    int32_t n_sections;
    struct lows *lows; // [n_sections] working memory of bound
    int64_t capacity;
    uint64_t nodes, limit;
    bool gave_up;
};

static void section_add(struct search *s, const struct item *t, int sign) {
    for (int32_t i = t->first; i < t->last; i++) {
        s->sections[i].remaining += sign * t->size;
        s->sections[i].alive += sign;
        if (i > t->first) s->sections[i].crossing += sign;
    }
}

static bool solve(struct search *s, struct choice *choices, size_t n, int64_t last_offset, int32_t last_item);

// Solves the stretches [edge, next edge) that no buffer still to come reaches over, one by one.
static bool solve_parts(struct search *s, const struct choice *choices, size_t n, int32_t from, int32_t to,
                        int64_t last_offset, int32_t last_item) {
    struct choice *part = malloc(sizeof *part * (n + 1));
    if (!part) {
        s->gave_up = true;
        return false;
    }
    bool ok = true;
    for (int32_t edge = from, next; ok && edge < to; edge = next) {
        for (next = edge + 1; next < to && s->sections[next].crossing > 0;) next++;
        size_t count = 0;
        for (size_t k = 0; k < n; k++) {
            int32_t first = s->items[choices[k].item].first;
            if (first >= edge && first < next) part[count++] = choices[k];
        }
        ok = solve(s, part, count, last_offset, last_item);
    }
    free(part);
    return ok;
}

// May this buffer be the next at its floor? One that may not must wait until another buffer lies below it.
static bool is_candidate(struct choice c, int64_t last_offset, int32_t last_item) {
    return c.floor > last_offset || (c.floor == last_offset && c.item > last_item);
}

// Where a buffer that must wait can come to lie at the lowest: on the lowest top of the others in any of its sections.
static int64_t waiting_low(const struct search *s, const struct item *t, int64_t own_top) {
    int64_t low = INT64_MAX;
    for (int32_t i = t->first; i < t->last; i++) {
        int64_t top = s->lows[i].top == own_top ? s->lows[i].second_top : s->lows[i].top;
        if (top < low) low = top;
    }
    return low;
}

static void note_tops(struct search *s, const struct item *t, int64_t top) {
    for (int32_t i = t->first; i < t->last; i++) {
        struct lows *l = &s->lows[i];
        if (top < l->top)
            l->second_top = l->top, l->top = top;
        else if (top < l->second_top)
            l->second_top = top;
    }
}

// The roof: the lowest top that any buffer of the component can have. Negative when the capacity is certainly passed.
static int64_t bound(struct search *s, const struct choice *choices, size_t n, int32_t from, int32_t to,
                     int64_t last_offset, int32_t last_item) {
    int64_t smallest = INT64_MAX, roof = INT64_MAX;
    for (size_t k = 0; k < n; k++)
        if (s->items[choices[k].item].size < smallest) smallest = s->items[choices[k].item].size;
    for (int32_t i = from; i < to; i++) s->lows[i] = (struct lows){INT64_MAX, INT64_MAX, INT64_MAX};
    for (size_t k = 0; k < n; k++) {
        const struct item *t = &s->items[choices[k].item];
        int64_t low = is_candidate(choices[k], last_offset, last_item) ? choices[k].floor : last_offset + smallest;
        note_tops(s, t, low + t->size);
    }
    for (size_t k = 0; k < n; k++) {
        const struct item *t = &s->items[choices[k].item];
        int64_t low = choices[k].floor;
        if (low + t->size < roof) roof = low + t->size;
        if (!is_candidate(choices[k], last_offset, last_item))
            low = waiting_low(s, t, last_offset + smallest + t->size);
        if (low > s->capacity - t->size) return -1;
        for (int32_t i = t->first; i < t->last; i++)
            if (low < s->lows[i].offset) s->lows[i].offset = low;
    }
    for (int32_t i = from; i < to; i++)
        if (s->sections[i].alive && s->lows[i].offset > s->capacity - s->sections[i].remaining) return -1;
    return roof;
}

static int compare_choices(const void *a, const void *b) {
    const struct choice *x = a, *y = b;
    if (x->floor != y->floor) return x->floor < y->floor ? -1 : 1;
    return x->item < y->item ? -1 : 1;
}

// Of packings that differ only in equal buffers changing places, or in two buffers of the same life changing their
// order one on the other, one is enough. choices: sorted.
static bool is_mirror(const struct search *s, const struct choice *choices, size_t k, int64_t last_offset,
                      int32_t last_item) {
    const struct item *t = &s->items[choices[k].item];
    const struct section *below = &s->sections[t->first];
    if (choices[k].floor > 0 && below->floor == choices[k].floor && below->on_top > choices[k].item) {
        const struct item *u = &s->items[below->on_top];
        if (u->first == t->first && u->last == t->last) return true;
    }
    for (size_t j = k; j-- > 0 && choices[j].floor == choices[k].floor;) {
        const struct item *u = &s->items[choices[j].item];
        if (u->first == t->first && u->last == t->last && u->size == t->size &&
            is_candidate(choices[j], last_offset, last_item))
            return true;
    }
    return false;
}

// Puts one buffer on its floor. `after` gets the others with their new floors. Says whether it shared its time with
// any.
static bool put(struct search *s, const struct choice *choices, size_t n, size_t chosen, struct choice *after,
                bool *splits) {
    struct item *t = &s->items[choices[chosen].item];
    t->offset = choices[chosen].floor;
    int64_t top = t->offset + t->size;
    section_add(s, t, -1);
    bool company = false;
    *splits = false;
    for (int32_t i = t->first; i < t->last; i++) {
        s->sections[i].floor = top;
        s->sections[i].on_top = choices[chosen].item;
        company |= s->sections[i].alive > 0;
        *splits |= i > t->first && s->sections[i].crossing == 0;
    }
    for (size_t k = 0; k < n; k++) {
        if (k == chosen) continue;
        const struct item *other = &s->items[choices[k].item];
        *after = choices[k];
        if (other->first < t->last && t->first < other->last && after->floor < top) after->floor = top;
        after++;
    }
    return company;
}

// Places the buffers of one component, none below last_offset. choices is reordered.
static bool solve(struct search *s, struct choice *choices, size_t n, int64_t last_offset, int32_t last_item) {
    if (n == 0) return true;
    if (s->gave_up || s->nodes++ >= s->limit) {
        s->gave_up = true;
        return false;
    }
    int32_t from = INT32_MAX, to = 0;
    for (size_t k = 0; k < n; k++) {
        const struct item *t = &s->items[choices[k].item];
        if (t->first < from) from = t->first;
        if (t->last > to) to = t->last;
    }
    int64_t roof = bound(s, choices, n, from, to, last_offset, last_item);
    if (roof < 0) return false;
    size_t stretch = sizeof(struct section) * (size_t)(to - from);
    struct section *before = malloc(stretch + sizeof(struct choice) * n);
    if (!before) {
        s->gave_up = true;
        return false;
    }
    struct choice *after = (struct choice *)(void *)(before + (to - from));
    memcpy(before, s->sections + from, stretch);
    qsort(choices, n, sizeof *choices, compare_choices);
    bool found = false;
    for (size_t k = 0; k < n && !found && !s->gave_up && choices[k].floor < roof; k++) {
        if (!is_candidate(choices[k], last_offset, last_item)) continue;
        if (is_mirror(s, choices, k, last_offset, last_item)) continue;
        bool splits, company = put(s, choices, n, k, after, &splits);
        found = splits ? solve_parts(s, after, n - 1, from, to, choices[k].floor, choices[k].item)
                       : solve(s, after, n - 1, choices[k].floor, choices[k].item);
        if (!found) memcpy(s->sections + from, before, stretch);
        if (!company) break; // it stands in nobody's way: if this failed, so does everything else
    }
    free(before);
    return found;
}

// ---- static orders ----

enum { BY_WIDTH, BY_AREA, BY_TOTAL, KEYS };

struct keyed {
    struct item item;
    double key[KEYS];
    const int *keys; // which key decides first
};

static int compare_keyed(const void *a, const void *b) {
    const struct keyed *x = a, *y = b;
    for (int i = 0; i < KEYS; i++) {
        double p = x->key[x->keys[i]], q = y->key[y->keys[i]];
        if (p != q) return p > q ? -1 : 1;
    }
    return x->item.buffer < y->item.buffer ? -1 : 1;
}

static int compare_times(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

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

struct work { // everything one call allocates
    int64_t *times, *ends;
    struct lows *lows;
    struct section *sections;
    struct choice *choices;
    struct item *items;
    struct keyed *keyed;
    struct exact_buffer *real; // the buffers that take room
    size_t *index;             // their places in the caller's array
};

static void work_free(struct work *w) {
    free(w->times), free(w->ends), free(w->lows), free(w->sections), free(w->choices);
    free(w->items), free(w->keyed), free(w->real), free(w->index);
}

static bool work_new(struct work *w, size_t n) {
    size_t sections = 2 * n + 1;
    *w = (struct work){
        .times = malloc(sizeof(int64_t) * sections),
        .ends = malloc(sizeof(int64_t) * sections),
        .lows = malloc(sizeof(struct lows) * sections),
        .sections = malloc(sizeof(struct section) * sections),
        .choices = malloc(sizeof(struct choice) * (n + 1)),
        .items = malloc(sizeof(struct item) * (n + 1)),
        .keyed = malloc(sizeof(struct keyed) * (n + 1)),
        .real = malloc(sizeof(struct exact_buffer) * (n + 1)),
        .index = malloc(sizeof(size_t) * (n + 1)),
    };
    return w->times && w->ends && w->lows && w->sections && w->choices && w->items && w->keyed && w->real && w->index;
}

// The sections: a new one begins only where a buffer begins after another has ended, so each is a maximal set of
// buffers alive together. Returns how many.
static int32_t find_sections(struct work *w, size_t n) {
    int64_t *ends = w->ends;
    for (size_t i = 0; i < n; i++) w->times[i] = w->real[i].lower, ends[i] = w->real[i].upper;
    qsort(w->times, n, sizeof(int64_t), compare_times);
    qsort(ends, n, sizeof(int64_t), compare_times);
    int32_t count = 0;
    size_t ended = 0;
    for (size_t i = 0; i < n; i++) {
        bool after_an_end = false;
        while (ended < n && ends[ended] <= w->times[i]) ended++, after_an_end = true;
        if (i == 0 || after_an_end) count++;
        w->times[count - 1] = w->times[i]; // the last birth of the section: everybody in it is alive then
    }
    return count;
}

// Items in sections with their keys, in the caller's order.
static void key_items(struct work *w, size_t n, int32_t sections) {
    memset(w->sections, 0, sizeof(struct section) * (size_t)sections);
    struct search count = {.sections = w->sections};
    for (size_t i = 0; i < n; i++) {
        // Alive at time t when lower <= t < upper: the sections whose last birth lies there.
        struct item t = {.first = section_of(w->times, sections, w->real[i].lower),
                         .last = section_of(w->times, sections, w->real[i].upper),
                         .size = w->real[i].size,
                         .buffer = i};
        w->keyed[i].item = t;
        section_add(&count, &t, 1);
    }
    for (size_t i = 0; i < n; i++) {
        const struct item *t = &w->keyed[i].item;
        double width = (double)(w->real[i].upper - w->real[i].lower), total = 0;
        for (int32_t s = t->first; s < t->last; s++)
            if ((double)w->sections[s].remaining > total) total = (double)w->sections[s].remaining;
        w->keyed[i].key[BY_WIDTH] = width;
        w->keyed[i].key[BY_AREA] = width * (double)t->size;
        w->keyed[i].key[BY_TOTAL] = total;
    }
}

static enum exact_result attempt(struct search *s, struct work *w, size_t n, const int order[KEYS]) {
    for (size_t i = 0; i < n; i++) w->keyed[i].keys = order;
    qsort(w->keyed, n, sizeof *w->keyed, compare_keyed);
    memset(w->sections, 0, sizeof(struct section) * (size_t)s->n_sections);
    for (size_t i = 0; i < n; i++) {
        w->items[i] = w->keyed[i].item;
        w->choices[i] = (struct choice){.floor = 0, .item = (int32_t)i};
        section_add(s, &w->items[i], 1);
    }
    s->nodes = 0;
    s->gave_up = false;
    if (solve_parts(s, w->choices, n, 0, s->n_sections, 0, -1)) return EXACT_PLACED;
    return s->gave_up ? EXACT_GAVE_UP : EXACT_IMPOSSIBLE;
}

enum exact_result exact_place(struct exact_buffer *buffers, size_t count, int64_t capacity, uint64_t effort) {
    static const int orders[][KEYS] = {
        {BY_WIDTH, BY_AREA, BY_TOTAL},
        {BY_TOTAL, BY_AREA, BY_WIDTH},
        {BY_TOTAL, BY_WIDTH, BY_AREA},
        {BY_AREA, BY_WIDTH, BY_TOTAL},
    };
    enum { ORDERS = sizeof orders / sizeof *orders, FIRST_LIMIT = 1000 };
    struct work w;
    enum exact_result result = EXACT_GAVE_UP;
    if (work_new(&w, count)) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
            if (buffers[i].size > 0 && buffers[i].lower < buffers[i].upper) w.index[n] = i, w.real[n++] = buffers[i];
        struct search s = {.items = w.items, .sections = w.sections, .lows = w.lows, .capacity = capacity};
        s.n_sections = find_sections(&w, n);
        key_items(&w, n, s.n_sections);
        uint64_t spent = 0;
        for (s.limit = FIRST_LIMIT; result == EXACT_GAVE_UP && (!effort || spent < effort); s.limit *= 2)
            for (int order = 0; order < ORDERS && result == EXACT_GAVE_UP; order++) {
                result = attempt(&s, &w, n, orders[order]);
                spent += s.nodes;
            }
        if (result == EXACT_PLACED) {
            for (size_t i = 0; i < count; i++) buffers[i].offset = 0;
            for (size_t i = 0; i < n; i++) buffers[w.index[w.items[i].buffer]].offset = w.items[i].offset;
        }
    }
    work_free(&w);
    return result;
}

int64_t exact_bound(const struct exact_buffer *buffers, size_t count) {
    struct event {
        int64_t time, change;
    };
    int64_t *times = malloc(sizeof(int64_t) * (2 * count + 1));
    int64_t *change = calloc(2 * count + 1, sizeof(int64_t)), most = 0, alive = 0;
    size_t n = 0;
    for (size_t i = 0; times && i < count; i++)
        if (buffers[i].lower < buffers[i].upper) times[n++] = buffers[i].lower, times[n++] = buffers[i].upper;
    if (times && change) {
        qsort(times, n, sizeof(int64_t), compare_times);
        for (size_t i = 0; i < count; i++) {
            if (buffers[i].lower >= buffers[i].upper) continue;
            change[section_of(times, (int32_t)n, buffers[i].lower)] += buffers[i].size;
            change[section_of(times, (int32_t)n, buffers[i].upper)] -= buffers[i].size;
        }
        for (size_t i = 0; i < n; i++) {
            alive += change[i];
            if (alive > most) most = alive;
        }
    }
    free(times), free(change);
    return most;
}
