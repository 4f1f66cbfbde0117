// Exact search: depth first over the canonical sequences of bottom-justified packings.
//
// Any packing can be pushed down until every buffer lies at 0 or on top of another; it is then bottom-justified. Such a
// packing is built by adding buffers to the skyline in the order of (offset, rank). The search visits only these
// sequences. It leaves a branch when
// - an unplaced buffer would fit whole between the skyline and the next offset, and so could be pushed down;
// - in some section the lowest possible offset plus the unplaced bytes exceeds the capacity;
// - the packing differs from an earlier one only by a swap of equal buffers, or of two stacked buffers with the same
//   life;
// - the same buffers with the same floors have failed before, judged by hash alone: "impossible" is then no proof.
//
// Where a section has no spare byte, the buffer on its floor may come out of order (fill_tight). Buffers that no longer
// overlap in time form components, which are solved one by one.
//
// Skipping failed states is safe although mirrored packings are skipped too. The first solution in search order is
// never skipped: a failed state before it would have contained an earlier solution.
#include "compiler/plan/exact_search.h"

#include <string.h>

#include "compiler/base/arena.h"

// A component with some buffers placed. Its buffers are order[begin..end); the next one goes to order[begin].
struct frame {
    int32_t begin, end;
    int32_t next;           // first buffer of the unsolved components that the last placement left
    int32_t filled;         // the section without a spare byte whose next buffer is chosen here; -1
    bool whole;             // the placement left one component
    bool last_try;          // no other buffer needs to be tried
    int64_t offset;         // all unplaced buffers come
    int32_t rank;           // after this (offset, rank)
    int64_t tried_offset;   // the last buffer tried here
    int32_t tried_rank;     //
    int64_t smallest, roof; // least size; lowest top that any buffer can have
    size_t mark;            // length of the trail before the last try
    uint64_t hash, epoch;   // hash of the state; of the order in use
};

enum change_kind { CHANGE_SECTION, CHANGE_FLOOR, CHANGE_RANK, CHANGE_PLACED };

struct change {
    enum change_kind kind;
    int32_t id;     // of the section or item
    int32_t number; // the section's top or the item's rank before
    int64_t floor;  // before
};

static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void section_add(struct section *sections, const struct item *t, int sign) {
    for (int32_t i = t->first; i < t->last; i++) {
        sections[i].remaining += sign * t->size;
        sections[i].alive += sign;
        if (i > t->first) sections[i].crossing += sign;
    }
}

int search_compare(const struct item *a, const struct item *b, const int *keys) {
    for (int i = 0; i < KEYS; i++)
        if (a->key[keys[i]] != b->key[keys[i]]) return a->key[keys[i]] > b->key[keys[i]] ? -1 : 1;
    if (a->first != b->first) return a->first < b->first ? -1 : 1;
    if (a->last != b->last) return a->last < b->last ? -1 : 1;
    if (a->size != b->size) return a->size > b->size ? -1 : 1;
    return a->buffer < b->buffer ? -1 : 1;
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
        switch (c->kind) {
        case CHANGE_SECTION:
            s->sections[c->id].floor = c->floor;
            s->sections[c->id].top = c->number;
            break;
        case CHANGE_FLOOR: s->items[c->id].floor = c->floor; break;
        case CHANGE_RANK: s->items[c->id].rank = c->number; break;
        case CHANGE_PLACED:
            s->items[c->id].placed = false;
            section_add(s->sections, &s->items[c->id], 1);
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
    return search_compare(a, b, s->keys) < 0;
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
    for (int32_t k = begin; k < end; k++) s->position[s->order[k]] = k;
}

static int32_t component_end(const struct search *s, int32_t begin, int32_t end) {
    int32_t last = s->items[s->order[begin]].last, k = begin + 1;
    for (; k < end && s->items[s->order[k]].first < last; k++)
        if (s->items[s->order[k]].last > last) last = s->items[s->order[k]].last;
    return k;
}

// Ranks a component's buffers by the bytes that now remain in their sections.
static void rank_anew(struct search *s, int32_t begin, int32_t end) {
    for (int32_t k = begin; k < end; k++) {
        struct item *t = &s->items[s->order[k]];
        int64_t total = 0;
        for (int32_t i = t->first; i < t->last; i++)
            if (s->sections[i].remaining > total) total = s->sections[i].remaining;
        t->key[KEY_TOTAL] = (double)total * t->noise;
    }
    sort_range(s, begin, end, is_ranked_before);
    for (int32_t k = begin; k < end; k++) {
        int32_t id = s->order[k];
        note(s, (struct change){CHANGE_RANK, id, s->items[id].rank, 0});
        s->items[id].rank = k - begin;
    }
}

// ---- inference ----

// True when this buffer may be the next at its floor. If not, it must wait until another buffer lies below it.
static bool is_candidate(const struct frame *f, const struct item *t) {
    return t->floor > f->offset || (t->floor == f->offset && t->rank > f->rank);
}

// The lowest offset for a buffer that must wait: the lowest top of the others that overlap it in time.
static int64_t waiting_low(const struct search *s, const struct frame *f, const struct item *t) {
    int64_t low = INT64_MAX;
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *o = &s->items[s->order[k]];
        if (o == t || !share_time(o, t)) continue;
        int64_t top = (is_candidate(f, o) ? o->floor : f->offset + f->smallest) + o->size;
        if (top < low) low = top;
    }
    return low;
}

// Returns false when some section certainly exceeds the capacity.
static bool may_fit(struct search *s, const struct frame *f, int32_t from, int32_t to) {
    for (int32_t i = from; i < to; i++) s->sections[i].low = INT64_MAX;
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *t = &s->items[s->order[k]];
        int64_t low = is_candidate(f, t) ? t->floor : waiting_low(s, f, t);
        if (low > s->capacity - t->size) return false;
        for (int32_t i = t->first; i < t->last; i++)
            if (low < s->sections[i].low) s->sections[i].low = low;
    }
    for (int32_t i = from; i < to; i++)
        if (s->sections[i].alive && s->sections[i].low > s->capacity - s->sections[i].remaining) return false;
    return true;
}

static bool has_failed(const struct search *s, const struct frame *f) {
    const struct failed_state *e = &s->failed[f->hash % FAILED_STATES];
    return e->hash == f->hash && (e->offset < f->offset || (e->offset == f->offset && e->rank <= f->rank));
}

static bool can_fill(const struct search *s, const struct frame *f, const struct item *t, int32_t section) {
    return t->first <= section && section < t->last && t->floor == s->sections[section].floor && is_candidate(f, t);
}

// True when an unplaced buffer could lie below this one, if this one were put on its floor.
static bool leaves_room(const struct search *s, const struct frame *f, const struct item *t) {
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *o = &s->items[s->order[k]];
        if (o != t && share_time(o, t) && o->floor + o->size <= t->floor) return true;
    }
    return false;
}

// A section without a spare byte has exactly one buffer on its floor. The search branches on the section with the
// fewest candidates. These come out of the canonical order, so nothing else may fit below them.
static void fill_tight(struct search *s, struct frame *f, int32_t from, int32_t to) {
    for (int32_t i = from; i < to; i++) {
        const struct section *e = &s->sections[i];
        s->sections[i].low = e->alive && e->floor + e->remaining == s->capacity ? 0 : -1;
    }
    for (int32_t k = f->begin; k < f->end; k++) {
        const struct item *t = &s->items[s->order[k]];
        for (int32_t i = t->first; i < t->last && is_candidate(f, t); i++)
            if (s->sections[i].low >= 0 && s->sections[i].floor == t->floor) s->sections[i].low++;
    }
    int32_t best = -1;
    for (int32_t i = from; i < to; i++)
        if (s->sections[i].low >= 0 && (best < 0 || s->sections[i].low < s->sections[best].low)) best = i;
    for (int32_t k = f->begin; k < f->end && best >= 0; k++) {
        const struct item *t = &s->items[s->order[k]];
        if (can_fill(s, f, t, best) && leaves_room(s, f, t)) return;
    }
    f->filled = best;
    if (best >= 0) f->tried_rank = -1;
}

// Opens a component: buffers order[begin..end), none before (offset, rank). `fresh`: in an order of its own.
static bool enter(struct search *s, int32_t begin, int32_t end, bool fresh, int64_t offset, int32_t rank) {
    uint64_t epoch = s->frames[s->depth - 1].epoch;
    struct frame *f = &s->frames[s->depth++];
    *f = (struct frame){.begin = begin, .end = end, .offset = offset, .rank = rank, .filled = -1};
    f->tried_offset = offset, f->tried_rank = rank;
    f->smallest = f->roof = INT64_MAX;
    int32_t from = INT32_MAX, to = 0;
    uint64_t hash = s->salt;
    for (int32_t k = begin; k < end; k++) {
        const struct item *t = &s->items[s->order[k]];
        if (t->size < f->smallest) f->smallest = t->size;
        if (t->floor + t->size < f->roof) f->roof = t->floor + t->size;
        if (t->first < from) from = t->first;
        if (t->last > to) to = t->last;
        hash += mix((t->buffer + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ mix((uint64_t)t->floor + 1));
    }
    f->epoch = fresh ? hash : epoch;
    f->hash = fresh || !s->dynamic ? hash : mix(hash ^ epoch);
    s->nodes++;
    if (s->remember && has_failed(s, f)) {
        s->remembered = true;
        return false;
    }
    if (!may_fit(s, f, from, to)) return false;
    if (s->tight) fill_tight(s, f, from, to);
    return true;
}

// ---- branching ----

// Prunes symmetric packings: one is enough of those that swap equal buffers, or two stacked buffers with the same life.
static bool is_mirror(const struct search *s, const struct item *t) {
    if (t->twin >= 0 && !s->items[t->twin].placed) return true;
    const struct section *below = &s->sections[t->first];
    if (t->floor == 0 || below->floor != t->floor || below->top < t - s->items) return false;
    const struct item *u = &s->items[below->top];
    return u->first == t->first && u->last == t->last;
}

static bool may_be_next(const struct search *s, const struct frame *f, const struct item *t) {
    if (f->filled >= 0) return t->rank > f->tried_rank && can_fill(s, f, t, f->filled);
    if (t->floor >= f->roof || t->floor < f->tried_offset) return false;
    return t->floor > f->tried_offset || t->rank > f->tried_rank;
}

// The next buffer to try in this frame; -1: none.
static int32_t next_candidate(const struct search *s, const struct frame *f) {
    int32_t best = -1;
    for (int32_t k = f->begin; k < f->end && !f->last_try; k++) {
        const struct item *t = &s->items[s->order[k]], *b = &s->items[best < 0 ? 0 : best];
        if (!may_be_next(s, f, t)) continue;
        if (best < 0 || t->floor < b->floor || (t->floor == b->floor && t->rank < b->rank)) best = s->order[k];
    }
    return best;
}

// Places a buffer on its floor; the frame's other buffers come on top of it.
static void put(struct search *s, struct frame *f, int32_t id) {
    struct item *t = &s->items[id];
    int64_t top = t->floor + t->size;
    int32_t other = s->order[f->begin], place = s->position[id];
    s->order[f->begin] = id, s->order[place] = other;
    s->position[id] = f->begin, s->position[other] = place;
    f->mark = s->n_trail;
    section_add(s->sections, t, -1);
    t->placed = true;
    note(s, (struct change){CHANGE_PLACED, id, 0, 0});
    bool company = false, splits = false;
    for (int32_t i = t->first; i < t->last; i++) {
        struct section *e = &s->sections[i];
        note(s, (struct change){CHANGE_SECTION, i, e->top, e->floor});
        e->floor = top, e->top = id;
        company = company || e->alive > 0;
        splits = splits || (i > t->first && e->crossing == 0);
    }
    for (int32_t k = f->begin + 1; k < f->end && company; k++) {
        struct item *o = &s->items[s->order[k]];
        if (!share_time(o, t) || o->floor >= top) continue;
        note(s, (struct change){CHANGE_FLOOR, s->order[k], 0, o->floor});
        o->floor = top;
    }
    f->last_try = !company; // it blocks no other buffer: if this fails, all choices fail
    f->whole = company && !splits;
    f->next = f->begin + 1;
    if (!f->whole) sort_range(s, f->begin + 1, f->end, is_born_before);
}

// Opens the next component that the top frame's last placement left.
static bool enter_next(struct search *s) {
    struct frame *f = &s->frames[s->depth - 1];
    bool root = s->depth == 1;
    int32_t begin = f->next, end = f->whole ? f->end : component_end(s, begin, f->end);
    f->next = end;
    bool ordered = root || f->filled < 0; // later buffers come after this one
    int64_t offset = ordered ? f->tried_offset : f->offset;
    if (!s->dynamic || f->whole) return enter(s, begin, end, root, offset, ordered ? f->tried_rank : f->rank);
    rank_anew(s, begin, end);
    return enter(s, begin, end, true, offset - 1, -1); // any buffer at the offset or above
}

// Tries the next buffer of the top frame. Returns false when none is left: the component is impossible.
static bool try_next(struct search *s) {
    struct frame *f = &s->frames[s->depth - 1];
    for (int32_t id; (id = next_candidate(s, f)) >= 0;) {
        f->tried_offset = s->items[id].floor;
        f->tried_rank = s->items[id].rank;
        if (is_mirror(s, &s->items[id])) continue;
        put(s, f, id);
        return true;
    }
    return false;
}

static bool has_to_end(struct search *s) {
    if (s->stop && s->nodes % 64 == 0 && s->stop->now(s->stop->context)) s->stopped = true;
    return s->stopped || s->nodes >= s->limit;
}

enum exact_result search_run(struct search *s) {
    s->nodes = 0, s->n_trail = 0, s->depth = 1, s->remembered = false;
    sort_range(s, 0, s->n, is_born_before);
    s->frames[0] = (struct frame){.end = s->n, .tried_rank = -1, .filled = -1, .last_try = true};
    for (;;) {
        struct frame *f = &s->frames[s->depth - 1];
        if (f->next == f->end) { // all components below are solved
            if (s->depth == 1) return EXACT_PLACED;
            s->depth--;
            continue;
        }
        if (has_to_end(s)) return EXACT_GAVE_UP;
        bool open = enter_next(s);
        while (!open || !try_next(s)) { // the component is impossible: back to the placement that left it
            f = &s->frames[s->depth - 1];
            s->failed[f->hash % FAILED_STATES] = (struct failed_state){f->hash, f->offset, f->rank};
            if (--s->depth == 1) return EXACT_IMPOSSIBLE;
            undo(s, s->frames[s->depth - 1].mark);
            open = true;
        }
    }
}

void search_init(struct search *s, struct arena *a, int32_t n) {
    *s = (struct search){.arena = a, .n = n};
    s->items = ARENA_ARRAY(a, struct item, n + 1);
    s->sections = ARENA_ARRAY(a, struct section, n + 1);
    s->order = ARENA_ARRAY(a, int32_t, n + 1);
    s->position = ARENA_ARRAY(a, int32_t, n + 1);
    s->sorted = ARENA_ARRAY(a, int32_t, n + 1);
    s->frames = ARENA_ARRAY(a, struct frame, n + 2);
    s->failed = ARENA_ARRAY(a, struct failed_state, FAILED_STATES);
}
