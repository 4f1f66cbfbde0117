// Order search: expands sets by the lowest peak that reaches them (Dijkstra's algorithm with max instead of sum). The
// first time that all items have run is the optimum. Sets whose peak is not below the given order's are skipped. An
// item runs at once if it fits under the current peak and leaves no more alive than before. Moving such an item forward
// can only lower other peaks.
#include "compiler/plan/order_search.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"

enum { WORDS = ORDER_MOST_ITEMS / 64, LONGEST_CHAIN = 8 };

struct set {
    uint64_t word[WORDS];
};

struct pair {
    uint32_t from, to;
    bool taken; // whether the pair is used at the current step
};

struct item {
    struct set needs; // items that run before it
    uint32_t *touched;
    struct pair *pairs;
    size_t n_touched, c_touched, n_pairs, c_pairs;
    int64_t space;
};

struct order_value {
    int64_t bytes;
    bool before, after;
    struct set writers, touching;
};

struct order_problem {
    struct arena *arena;
    struct item *items;
    struct order_value *values;
    size_t n_items, n_values, c_values;
};

// ---- sets ----
static bool has(const struct set *s, uint32_t i) { return s->word[i / 64] >> (i % 64) & 1; }
static void put(struct set *s, uint32_t i) { s->word[i / 64] |= (uint64_t)1 << (i % 64); }

static bool within(const struct set *a, const struct set *b) {
    for (int w = 0; w < WORDS; w++)
        if (a->word[w] & ~b->word[w]) return false;
    return true;
}

static bool meet(const struct set *a, const struct set *b) {
    for (int w = 0; w < WORDS; w++)
        if (a->word[w] & b->word[w]) return true;
    return false;
}

static uint64_t hash(const struct set *s) {
    uint64_t h = 0;
    for (int w = 0; w < WORDS; w++) h = (h ^ s->word[w]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
    return h;
}

// ---- the problem ----
struct order_problem *order_problem_new(struct arena *a, size_t n_items) {
    INVARIANT(n_items <= ORDER_MOST_ITEMS);
    struct order_problem *p = ARENA_NEW(a, struct order_problem);
    p->arena = a;
    p->n_items = n_items;
    p->items = ARENA_ARRAY(a, struct item, n_items + 1);
    return p;
}

uint32_t order_add_value(struct order_problem *p, int64_t bytes, bool before, bool after) {
    p->values = arena_grow(p->arena, p->values, p->n_values, &p->c_values, sizeof *p->values);
    p->values[p->n_values] = (struct order_value){.bytes = bytes, .before = before, .after = after};
    return (uint32_t)p->n_values++;
}

static void touch(struct order_problem *p, uint32_t item, uint32_t value) {
    struct item *i = &p->items[item];
    if (has(&p->values[value].touching, item)) return;
    put(&p->values[value].touching, item);
    i->touched = arena_grow(p->arena, i->touched, i->n_touched, &i->c_touched, sizeof *i->touched);
    i->touched[i->n_touched++] = value;
}

void order_read(struct order_problem *p, uint32_t item, uint32_t value) { touch(p, item, value); }

void order_write(struct order_problem *p, uint32_t item, uint32_t value) {
    touch(p, item, value);
    put(&p->values[value].writers, item);
}

void order_precede(struct order_problem *p, uint32_t earlier, uint32_t later) {
    INVARIANT(earlier < later);
    put(&p->items[later].needs, earlier);
}

void order_reuse(struct order_problem *p, uint32_t item, uint32_t from, uint32_t to) {
    struct item *i = &p->items[item];
    i->pairs = arena_grow(p->arena, i->pairs, i->n_pairs, &i->c_pairs, sizeof *i->pairs);
    i->pairs[i->n_pairs++] = (struct pair){.from = from, .to = to};
}

void order_use_space(struct order_problem *p, uint32_t item, int64_t bytes) { p->items[item].space = bytes; }

// Readers run after writers; added once all values are known.
static void order_by_values(struct order_problem *p) {
    for (uint32_t i = 0; i < p->n_items; i++)
        for (size_t k = 0; k < p->items[i].n_touched; k++) {
            const struct set *writers = &p->values[p->items[i].touched[k]].writers;
            if (has(writers, i)) continue;
            for (int w = 0; w < WORDS; w++) p->items[i].needs.word[w] |= writers->word[w];
        }
}

// ---- one step ----
struct step {
    int64_t peak, after; // bytes alive while the item runs, and after it
};

static bool dies(const struct order_value *v, const struct set *done, uint32_t item) {
    if (v->after) return false;
    struct set then = *done;
    put(&then, item);
    return within(&v->touching, &then);
}

static bool is_new(const struct order_value *v, const struct set *done) {
    return !v->before && !meet(&v->writers, done);
}

// Bytes saved by new values that reuse the places of dying ones.
static int64_t taken_over(const struct order_problem *p, const struct set *done, uint32_t item) {
    const struct item *i = &p->items[item];
    int64_t bytes = 0;
    for (size_t k = 0; k < i->n_pairs; k++) {
        struct pair *pair = &i->pairs[k];
        const struct order_value *from = &p->values[pair->from], *to = &p->values[pair->to];
        pair->taken = from->bytes == to->bytes && is_new(to, done) && dies(from, done, item);
        for (size_t j = 0; j < k && pair->taken; j++)
            if (i->pairs[j].taken && (i->pairs[j].from == pair->from || i->pairs[j].to == pair->to))
                pair->taken = false;
        if (pair->taken) bytes += to->bytes;
    }
    return bytes;
}

static struct step step_of(const struct order_problem *p, const struct set *done, int64_t live, uint32_t item) {
    const struct item *i = &p->items[item];
    struct step s = {live + i->space, live};
    for (size_t k = 0; k < i->n_touched; k++) {
        const struct order_value *v = &p->values[i->touched[k]];
        if (is_new(v, done)) s.peak += v->bytes, s.after += v->bytes;
        if (dies(v, done, item)) s.after -= v->bytes;
    }
    s.peak -= taken_over(p, done, item);
    return s;
}

static int64_t live_at_start(const struct order_problem *p) {
    int64_t live = 0;
    for (size_t v = 0; v < p->n_values; v++)
        if (p->values[v].before) live += p->values[v].bytes;
    return live;
}

int64_t order_peak(struct order_problem *p, const uint32_t *sequence) {
    struct set done = {{0}};
    int64_t live = live_at_start(p), peak = live;
    order_by_values(p);
    for (size_t k = 0; k < p->n_items; k++) {
        uint32_t i = sequence[k];
        if (i >= p->n_items || has(&done, i) || !within(&p->items[i].needs, &done)) return -1;
        struct step s = step_of(p, &done, live, i);
        if (s.peak > peak) peak = s.peak;
        live = s.after;
        put(&done, i);
    }
    return peak;
}

// ---- what every order needs ----
// For each item all items that must run before it; items depend on earlier ones only.
static struct set *find_ancestors(const struct order_problem *p, struct arena *scratch) {
    struct set *before = ARENA_ARRAY(scratch, struct set, p->n_items + 1);
    for (uint32_t i = 0; i < p->n_items; i++) {
        before[i] = p->items[i].needs;
        for (uint32_t e = 0; e < i; e++)
            for (int w = 0; w < WORDS && has(&p->items[i].needs, e); w++) before[i].word[w] |= before[e].word[w];
    }
    return before;
}

// Upper bound of the bytes saved at an item: new values that could reuse a place that is no longer needed.
static int64_t most_taken_over(const struct order_problem *p, uint32_t item, const struct set *behind) {
    const struct item *i = &p->items[item];
    int64_t bytes = 0;
    for (size_t k = 0; k < i->n_pairs; k++) {
        struct pair *pair = &i->pairs[k];
        const struct order_value *from = &p->values[pair->from], *to = &p->values[pair->to];
        pair->taken = from->bytes == to->bytes && !from->after && !meet(&from->touching, behind);
        for (size_t j = 0; j < k; j++)
            if (i->pairs[j].taken && i->pairs[j].to == pair->to) pair->taken = false;
        if (pair->taken) bytes += to->bytes;
    }
    return bytes;
}

// Lower bound of the peak while the item runs, in any order. Alive are the values it touches, and earlier ones that
// later items need.
static int64_t least_peak_at(const struct order_problem *p, uint32_t item, const struct set *before,
                             const struct set *behind) {
    int64_t bytes = p->items[item].space - most_taken_over(p, item, behind);
    for (size_t k = 0; k < p->n_values; k++) {
        const struct order_value *v = &p->values[k];
        bool there = v->before || meet(&v->writers, before), wanted = v->after || meet(&v->touching, behind);
        if ((there && wanted) || has(&v->touching, item)) bytes += v->bytes;
    }
    return bytes;
}

static struct set find_behind(const struct order_problem *p, const struct set *before, uint32_t item) {
    struct set behind = {{0}};
    for (uint32_t o = item + 1; o < p->n_items; o++)
        if (has(&before[o], item)) put(&behind, o);
    return behind;
}

static int64_t least_peak(const struct order_problem *p, const struct set *before) {
    int64_t most = live_at_start(p), end = 0;
    for (size_t v = 0; v < p->n_values; v++)
        if (p->values[v].after) end += p->values[v].bytes;
    if (end > most) most = end;
    for (uint32_t i = 0; i < p->n_items; i++) {
        struct set behind = find_behind(p, before, i);
        int64_t bytes = least_peak_at(p, i, &before[i], &behind);
        if (bytes > most) most = bytes;
    }
    return most;
}

// ---- the search ----
struct state {
    struct set done;
    int64_t peak, live; // peak: the lowest peak known to reach the set
    uint32_t parent, item, count;
    bool expanded;
};

struct entry { // queue entry; outdated when its state has a lower peak or is expanded
    int64_t peak;
    uint32_t state, count, item;
};

struct search {
    struct order_problem *p;
    struct arena *arena;
    struct state *states;
    struct entry *queue; // a heap
    uint32_t *table;     // [n_table] 1 + index of a state; 0: free
    size_t n_states, c_states, n_queue, c_queue, n_table;
    int64_t given;
    struct set waiting;      // items that run together with the first item that needs them
    struct set *hard, *soft; // [n_items] all needs of an item: those that do not wait; those that do
};

// Order of the queue: lowest peak, then fullest set, then the given order.
static bool comes_first(const struct entry *a, const struct entry *b) {
    if (a->peak != b->peak) return a->peak < b->peak;
    if (a->count != b->count) return a->count > b->count;
    return a->item < b->item;
}

static void queue_put(struct search *s, struct entry e) {
    s->queue = arena_grow(s->arena, s->queue, s->n_queue, &s->c_queue, sizeof *s->queue);
    size_t at = s->n_queue++;
    for (; at && comes_first(&e, &s->queue[(at - 1) / 2]); at = (at - 1) / 2) s->queue[at] = s->queue[(at - 1) / 2];
    s->queue[at] = e;
}

static struct entry queue_take(struct search *s) {
    struct entry first = s->queue[0], last = s->queue[--s->n_queue];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->n_queue; at = child) {
        if (child + 1 < s->n_queue && comes_first(&s->queue[child + 1], &s->queue[child])) child++;
        if (!comes_first(&s->queue[child], &last)) break;
        s->queue[at] = s->queue[child];
    }
    if (s->n_queue) s->queue[at] = last;
    return first;
}

static size_t slot_of(const struct search *s, const struct set *done) {
    size_t at = hash(done) & (s->n_table - 1);
    while (s->table[at] && memcmp(&s->states[s->table[at] - 1].done, done, sizeof *done) != 0)
        at = (at + 1) & (s->n_table - 1);
    return at;
}

static void grow_table(struct search *s) {
    s->n_table = s->n_table ? 2 * s->n_table : 1024;
    s->table = ARENA_ARRAY(s->arena, uint32_t, s->n_table);
    for (size_t i = 0; i < s->n_states; i++) s->table[slot_of(s, &s->states[i].done)] = (uint32_t)i + 1;
}

static void reach(struct search *s, const struct state *to) {
    if (2 * s->n_states >= s->n_table) grow_table(s);
    size_t slot = slot_of(s, &to->done);
    if (!s->table[slot]) {
        s->states = arena_grow(s->arena, s->states, s->n_states, &s->c_states, sizeof *s->states);
        s->states[s->n_states++] = *to;
        s->table[slot] = (uint32_t)s->n_states;
    } else {
        struct state *known = &s->states[s->table[slot] - 1];
        if (known->expanded || known->peak <= to->peak) return;
        *known = *to;
    }
    queue_put(s, (struct entry){to->peak, s->table[slot] - 1, to->count, to->item});
}

// ---- items that wait ----
// An item waits if it is never the last to read a value: it only adds to what is alive. It runs just before the first
// item that needs it, as part of that item's state.
static void find_waiting(struct search *s, const struct set *before) {
    const struct order_problem *p = s->p;
    s->hard = ARENA_ARRAY(s->arena, struct set, p->n_items + 1);
    s->soft = ARENA_ARRAY(s->arena, struct set, p->n_items + 1);
    for (uint32_t i = 0; i < p->n_items; i++) {
        struct set behind = find_behind(p, before, i);
        bool waits = p->items[i].space == 0 && meet(&behind, &behind);
        for (size_t k = 0; k < p->items[i].n_touched && waits; k++) {
            const struct order_value *v = &p->values[p->items[i].touched[k]];
            waits = v->after || meet(&v->touching, &behind);
        }
        if (waits) put(&s->waiting, i);
        for (uint32_t e = 0; e < i; e++) {
            if (!has(&p->items[i].needs, e)) continue;
            put(has(&s->waiting, e) ? &s->soft[i] : &s->hard[i], e);
            for (int w = 0; w < WORDS && has(&s->waiting, e); w++) {
                s->soft[i].word[w] |= s->soft[e].word[w];
                s->hard[i].word[w] |= s->hard[e].word[w];
            }
        }
    }
}

static bool is_ready(const struct search *s, const struct set *done, uint32_t i) {
    return !has(done, i) && !has(&s->waiting, i) && within(&s->hard[i], done);
}

// Runs an item and the waiting items it needs.
static struct step run(const struct search *s, struct set *done, int64_t live, uint32_t item) {
    struct step all = {live, live};
    for (uint32_t i = 0; i <= item; i++) {
        if (i != item && (!has(&s->soft[item], i) || has(done, i))) continue;
        struct step step = step_of(s->p, done, all.after, i);
        if (step.peak > all.peak) all.peak = step.peak;
        all.after = step.after;
        put(done, i);
    }
    return all;
}

static struct state follow(const struct search *s, uint32_t from, uint32_t item) {
    struct state next = {.done = s->states[from].done, .parent = from, .item = item};
    struct step step = run(s, &next.done, s->states[from].live, item);
    next.live = step.after;
    next.count = s->states[from].count + 1;
    next.peak = step.peak > s->states[from].peak ? step.peak : s->states[from].peak;
    return next;
}

// True when a chain of items, each needing the previous one, fits under the peak and ends with at most `least` bytes
// alive.
static bool chain_pays(const struct search *s, const struct state *at, int64_t least, int longest) {
    for (uint32_t i = at->item + 1; i < s->p->n_items && longest; i++) {
        if (!has(&s->hard[i], at->item) || !is_ready(s, &at->done, i)) continue;
        struct state then = {.done = at->done, .item = i, .peak = at->peak};
        struct step step = run(s, &then.done, at->live, i);
        if (step.peak > at->peak) continue;
        then.live = step.after;
        if (step.after <= least || chain_pays(s, &then, least, longest - 1)) return true;
    }
    return false;
}

static void expand(struct search *s, uint32_t from) {
    s->states[from].expanded = true;
    const struct state state = s->states[from];
    struct state next[ORDER_MOST_ITEMS];
    size_t n = 0;
    for (uint32_t i = 0; i < s->p->n_items; i++) {
        if (!is_ready(s, &state.done, i)) continue;
        next[n] = follow(s, from, i);
        bool pays = next[n].peak == state.peak &&
                    (next[n].live <= state.live || chain_pays(s, &next[n], state.live, LONGEST_CHAIN));
        if (pays) {
            reach(s, &next[n]);
            return;
        }
        n++;
    }
    for (size_t k = 0; k < n; k++)
        if (next[k].peak < s->given) reach(s, &next[k]);
}

static void take_sequence(const struct search *s, const struct state *state, uint32_t *sequence) {
    size_t at = s->p->n_items;
    while (state->count) {
        const struct state *parent = &s->states[state->parent];
        sequence[--at] = state->item;
        for (uint32_t i = state->item; i-- > 0;)
            if (has(&state->done, i) && !has(&parent->done, i)) sequence[--at] = i;
        state = parent;
    }
    INVARIANT(at == 0);
}

static bool is_full(const struct order_problem *p, const struct set *done) {
    for (uint32_t i = 0; i < p->n_items; i++)
        if (!has(done, i)) return false;
    return true;
}

struct order_answer order_solve(struct order_problem *p, size_t most_states) {
    struct arena scratch = {0};
    struct order_answer answer = {.sequence = ARENA_ARRAY(p->arena, uint32_t, p->n_items + 1), .exact = true};
    for (uint32_t i = 0; i < p->n_items; i++) answer.sequence[i] = i;
    answer.given = answer.peak = order_peak(p, answer.sequence);
    INVARIANT(answer.given >= 0);
    struct search s = {.p = p, .arena = &scratch, .given = answer.given};
    const struct set *before = find_ancestors(p, &scratch);
    find_waiting(&s, before);
    struct state start = {.live = live_at_start(p), .peak = least_peak(p, before)};
    if (start.peak < s.given) reach(&s, &start);
    while (s.n_queue) {
        struct entry e = queue_take(&s);
        const struct state *state = &s.states[e.state];
        if (state->expanded || e.peak > state->peak) continue;
        if (is_full(p, &state->done)) {
            answer.peak = state->peak;
            take_sequence(&s, state, answer.sequence);
            break;
        }
        if (s.n_states > most_states) {
            answer.exact = false;
            break;
        }
        expand(&s, e.state);
    }
    answer.states = s.n_states;
    arena_free(&scratch);
    return answer;
}
