// Exact search: depth first over the canonical sequences of bottom-justified packings.
//
// Any packing can be pushed down until every buffer lies at 0 or on top of another: bottom-justified. Sorted by
// (offset, rank) such a packing is built by putting each buffer on its floor, the top of those before it that share
// its time. The search walks these sequences only, and leaves a branch when
//   - a buffer still to come would fit whole between its floor and the next offset: it could be pushed down;
//   - in some section the lowest offset still possible plus the bytes still to come passes the capacity;
//   - a buffer would come before its twin: the packing differs only in equal buffers changing places;
//   - the buffer tried before stands in nobody's way: if that fails, so does everything else.
// The first two rules give one upper limit of the next offset, computed when a component is opened. All buffers of the
// component that are not placed yet will lie at that offset or above, so the fullest section must fit above it. A
// second check runs before each placement, over the sections whose floor it would lift. Only placements that pass the
// check count as nodes.
//
// Buffers that no longer share time with each other form components, which are solved one by one. The search of a
// component starts afresh: its buffers are ranked by the bytes that now remain in it, and any of them may be first.
//
// In a section without a spare byte, exactly one buffer lies right on the floor. A strategy may branch on which buffer
// that is (fill_tight). This buffer breaks the canonical order, so no other buffer may fit below it.
#include "compiler/plan/exact_search.h"

#include <string.h>

#include "compiler/base/arena.h"

// A component with some buffers placed. Its buffers are order[begin..end); the next one goes to order[begin].
struct frame {
    int32_t begin, end;
    int32_t next;   // first buffer of the components left by the last placement that is not yet solved
    bool whole;     // the placement left one component
    bool last_try;  // no other buffer needs to be tried
    int64_t offset; // all buffers not placed yet come
    int32_t rank;   // after this (offset, rank); rises with each try
    int64_t limit;  // the next buffer lies below this
    int32_t filled; // the section without a spare byte whose lowest buffer is tried here; -1: none
    int32_t tried;  // in that section: the rank of the buffer tried last
    size_t mark;    // length of the trail before the last try
};

enum change_kind { CHANGE_FLOOR, CHANGE_RANK, CHANGE_PLACED };

struct change {
    enum change_kind kind;
    int32_t id;
    int64_t before;
};

void section_add(struct section *sections, const struct item *t, int sign) {
    for (int32_t i = t->first; i < t->last; i++) {
        sections[i].remaining += sign * t->size;
        if (i > t->first) sections[i].crossing += sign;
    }
}

static bool share_time(const struct item *a, const struct item *b) { return a->first < b->last && b->first < a->last; }

// ---- changes and their undo ----

static void note(struct search *s, struct change c) {
    s->trail = arena_grow(s->arena, s->trail, s->n_trail, &s->c_trail, sizeof *s->trail);
    s->trail[s->n_trail++] = c;
}

static void undo(struct search *s, size_t mark) {
    while (s->n_trail > mark) {
        const struct change *c = &s->trail[--s->n_trail];
        struct item *t = &s->items[c->id];
        switch (c->kind) {
        case CHANGE_FLOOR: t->floor = c->before; break;
        case CHANGE_RANK: t->rank = (int32_t)c->before; break;
        case CHANGE_PLACED:
            t->placed = false;
            section_add(s->sections, t, 1);
            break;
        }
    }
}

// ---- components ----

typedef bool before_function(const struct search *s, const struct item *a, const struct item *b);

static bool is_born_before(const struct search *s, const struct item *a, const struct item *b) {
    (void)s;
    return a->first < b->first;
}

static bool is_ranked_before(const struct search *s, const struct item *a, const struct item *b) {
    for (int i = 0; i < KEYS; i++) {
        int k = s->keys[i];
        if (a->key[k] != b->key[k]) return a->key[k] > b->key[k];
    }
    return a->buffer < b->buffer;
}

// Merge sort of order[begin..end): stable, and in memory that is already allocated.
static void sort_range(struct search *s, int32_t begin, int32_t end, before_function *is_before) {
    int32_t n = end - begin;
    memcpy(s->sorted, s->order + begin, sizeof *s->sorted * (size_t)n);
    for (int32_t width = 1; width < n; width *= 2)
        for (int32_t low = 0; low < n; low += 2 * width) {
            int32_t middle = low + width < n ? low + width : n, high = middle + width < n ? middle + width : n;
            int32_t i = low, j = middle, *out = s->order + begin + low;
            while (i < middle && j < high)
                *out++ =
                    is_before(s, &s->items[s->sorted[j]], &s->items[s->sorted[i]]) ? s->sorted[j++] : s->sorted[i++];
            while (i < middle) *out++ = s->sorted[i++];
            while (j < high) *out++ = s->sorted[j++];
            memcpy(s->sorted + low, s->order + begin + low, sizeof *s->sorted * (size_t)(high - low));
        }
}

static int32_t component_end(const struct search *s, int32_t begin, int32_t end) {
    int32_t last = s->items[s->order[begin]].last, k = begin + 1;
    for (; k < end && s->items[s->order[k]].first < last; k++)
        if (s->items[s->order[k]].last > last) last = s->items[s->order[k]].last;
    return k;
}

// The most bytes that remain in a section of the buffer's life.
static int64_t fullest(const struct search *s, const struct item *t) {
    int64_t most = 0;
    for (int32_t i = t->first; i < t->last; i++)
        if (s->sections[i].remaining > most) most = s->sections[i].remaining;
    return most;
}

static void rank_anew(struct search *s, int32_t begin, int32_t end) {
    for (int32_t k = begin; k < end; k++) {
        struct item *t = &s->items[s->order[k]];
        t->key[KEY_TOTAL] = (double)fullest(s, t) * t->noise;
    }
    sort_range(s, begin, end, is_ranked_before);
    for (int32_t k = begin; k < end; k++) {
        struct item *t = &s->items[s->order[k]];
        note(s, (struct change){CHANGE_RANK, s->order[k], t->rank});
        t->rank = k - begin;
    }
}

// ---- sections without a spare byte ----

static bool comes_after(const struct frame *f, const struct item *t) {
    return t->floor > f->offset || (t->floor == f->offset && t->rank > f->rank);
}

static bool can_fill(const struct search *s, const struct frame *f, const struct item *t, int32_t section) {
    return t->first <= section && section < t->last && t->floor == s->capacity - s->sections[section].remaining &&
           comes_after(f, t);
}

// True when an unplaced buffer could lie below this one, if this one were put on its floor.
static bool leaves_room(const struct search *s, const struct frame *f, const struct item *t) {
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *o = &s->items[s->order[k]];
        if (o != t && share_time(o, t) && o->floor + o->size <= t->floor) return true;
    }
    return false;
}

// Branches on the section without a spare byte that has the fewest candidates for its floor, if there is one.
static void fill_tight(struct search *s, struct frame *f) {
    int32_t best = -1;
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *t = &s->items[s->order[k]];
        for (int32_t i = t->first; i < t->last; i++) s->sections[i].low = INT64_MAX;
    }
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *t = &s->items[s->order[k]];
        for (int32_t i = t->first; i < t->last; i++) {
            struct section *e = &s->sections[i];
            if (t->floor < e->low) e->low = t->floor, e->candidates = 0;
            if (t->floor == e->low) e->candidates += comes_after(f, t);
        }
    }
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *t = &s->items[s->order[k]];
        for (int32_t i = t->first; i < t->last; i++) {
            const struct section *e = &s->sections[i];
            if (e->low == s->capacity - e->remaining && (best < 0 || e->candidates < s->sections[best].candidates))
                best = i;
        }
    }
    for (int32_t k = f->begin; k < f->end && best >= 0; k++) {
        const struct item *t = &s->items[s->order[k]];
        if (can_fill(s, f, t, best) && leaves_room(s, f, t)) return;
    }
    f->filled = best;
}

// ---- branching ----

// Opens a component: buffers order[begin..end), all after (offset, rank).
static void enter(struct search *s, int32_t begin, int32_t end, int64_t offset, int32_t rank) {
    struct frame *f = &s->frames[s->depth++];
    *f = (struct frame){.begin = begin, .end = end, .offset = offset, .rank = rank, .filled = -1, .tried = -1};
    int64_t lowest_top = INT64_MAX, most = 0;
    for (int32_t k = begin; k < end; k++) {
        const struct item *t = &s->items[s->order[k]];
        int64_t full = fullest(s, t);
        if (full > most) most = full;
        if (t->floor + t->size < lowest_top) lowest_top = t->floor + t->size;
    }
    f->limit = s->capacity - most < lowest_top ? s->capacity - most + 1 : lowest_top;
    s->nodes++;
    if (s->tight) fill_tight(s, f);
}

static bool may_be_next(const struct search *s, const struct frame *f, const struct item *t) {
    if (t->twin >= 0 && !s->items[t->twin].placed) return false;
    if (f->filled >= 0) return t->rank > f->tried && can_fill(s, f, t, f->filled);
    return t->floor < f->limit && comes_after(f, t);
}

// Where in `order` the next buffer to try in this frame is; -1: none is left.
static int32_t next_candidate(const struct search *s, const struct frame *f) {
    int32_t best = -1;
    for (int32_t k = f->begin; k < f->end && !f->last_try; k++) {
        const struct item *t = &s->items[s->order[k]];
        const struct item *b = best < 0 ? NULL : &s->items[s->order[best]];
        bool earlier = !b || t->floor < b->floor || (t->floor == b->floor && t->rank < b->rank);
        if (earlier && may_be_next(s, f, t)) best = k;
    }
    return best;
}

// False: with this buffer on its floor, some section certainly passes the capacity.
static bool may_fit(struct search *s, const struct frame *f, const struct item *t) {
    int64_t top = t->floor + t->size;
    int32_t from = t->first, to = t->last; // the sections whose floor can change
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *o = &s->items[s->order[k]];
        if (!share_time(o, t) || o->floor >= top) continue;
        if (o->first < from) from = o->first;
        if (o->last > to) to = o->last;
    }
    for (int32_t i = from; i < to; i++) s->sections[i].low = -1; // no buffer is left
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *o = &s->items[s->order[k]];
        int64_t low = share_time(o, t) && o->floor < top ? top : o->floor;
        int32_t begin = o->first > from ? o->first : from, end = o->last < to ? o->last : to;
        for (int32_t i = begin; i < end && o != t; i++)
            if (s->sections[i].low < 0 || low < s->sections[i].low) s->sections[i].low = low;
    }
    for (int32_t i = from; i < to; i++) {
        int64_t after = s->sections[i].remaining - (t->first <= i && i < t->last ? t->size : 0);
        if (s->sections[i].low > s->capacity - after) return false;
    }
    return top <= s->capacity;
}

// Puts a buffer on its floor, the others of the frame on top of it.
static void put(struct search *s, struct frame *f, int32_t at) {
    int32_t id = s->order[at];
    struct item *t = &s->items[id];
    int64_t top = t->floor + t->size;
    s->order[at] = s->order[f->begin], s->order[f->begin] = id;
    f->mark = s->n_trail;
    section_add(s->sections, t, -1);
    t->placed = true;
    note(s, (struct change){CHANGE_PLACED, id, 0});
    bool company = false, splits = false;
    for (int32_t i = t->first; i < t->last; i++) {
        company = company || s->sections[i].remaining > 0;
        splits = splits || (i > t->first && s->sections[i].crossing == 0);
    }
    for (int32_t k = f->begin + 1; k < f->end && company; k++) {
        struct item *o = &s->items[s->order[k]];
        if (!share_time(o, t) || o->floor >= top) continue;
        note(s, (struct change){CHANGE_FLOOR, s->order[k], o->floor});
        o->floor = top;
    }
    f->last_try = !company;
    f->whole = !splits && f->begin + 1 < f->end;
    f->next = f->begin + 1;
    if (!f->whole) sort_range(s, f->begin + 1, f->end, is_born_before);
}

// Opens the next component of what the last placement of the top frame left.
static void enter_next(struct search *s) {
    struct frame *f = &s->frames[s->depth - 1];
    int32_t begin = f->next, end = f->whole ? f->end : component_end(s, begin, f->end);
    f->next = end;
    if (f->whole) {
        enter(s, begin, end, f->offset, f->rank);
    } else {
        rank_anew(s, begin, end);
        enter(s, begin, end, 0, -1);
    }
}

// Tries the next buffers of the top frame until one may fit. False: none does, the component is impossible; or stopped.
static bool try_next(struct search *s) {
    struct frame *f = &s->frames[s->depth - 1];
    for (int32_t at; (at = next_candidate(s, f)) >= 0;) {
        const struct item *t = &s->items[s->order[at]];
        if (s->stop && s->tries++ % 64 == 0 && s->stop->now(s->stop->context)) s->stopped = true;
        if (s->stopped) return false;
        if (f->filled >= 0)
            f->tried = t->rank;
        else
            f->offset = t->floor, f->rank = t->rank;
        if (!may_fit(s, f, t)) continue;
        put(s, f, at);
        return true;
    }
    return false;
}

enum exact_result search_run(struct search *s) {
    s->nodes = 0, s->n_trail = 0, s->depth = 1;
    sort_range(s, 0, s->n, is_born_before);
    s->frames[0] = (struct frame){.end = s->n, .last_try = true};
    for (;;) {
        struct frame *f = &s->frames[s->depth - 1];
        if (f->next == f->end) { // all components below are solved
            if (s->depth == 1) return EXACT_PLACED;
            s->depth--;
            continue;
        }
        if (s->nodes >= s->limit) return EXACT_GAVE_UP;
        enter_next(s);
        while (!try_next(s)) { // the component is impossible: back to the placement that left it
            if (s->stopped) return EXACT_GAVE_UP;
            if (--s->depth == 1) return EXACT_IMPOSSIBLE;
            undo(s, s->frames[s->depth - 1].mark);
        }
    }
}

void search_init(struct search *s, struct arena *a, int32_t n) {
    *s = (struct search){.arena = a, .n = n};
    s->items = ARENA_ARRAY(a, struct item, n + 1);
    s->sections = ARENA_ARRAY(a, struct section, n + 1);
    s->order = ARENA_ARRAY(a, int32_t, n + 1);
    s->sorted = ARENA_ARRAY(a, int32_t, n + 1);
    s->frames = ARENA_ARRAY(a, struct frame, n + 2);
}
