// Boxes: merges that waste nothing, those most likely to be right first.
//
//   1. A box that ends where another of the same size begins: they become a sequence.
//   2. Boxes of the same life whose sizes add up to that of a box that ends where they begin, or begins where they end:
//      they become a stack, and the stack and that box a sequence. Sums of few boxes come first: they are seldom wrong.
//   3. Boxes of the same life are stacked, although nothing shows that they belong together.
//
// Each merge keeps the bytes alive at every position. A rectangle that was cut from side to side is put together again
// by such merges, in the order opposite to the cuts. A wrong merge costs no byte itself, but may make the rest harder
// to place. So callers try several ways and orders, and also place the boxes of earlier stages.
#include "compiler/plan/boxes.h"

#include <stdlib.h>

#include "compiler/base/arena.h"
#include "compiler/base/random.h"
#include "compiler/plan/sections.h"

// Round r looks for sums of up to r + 2 boxes; the last round allows PARTS_MOST. STEPS_EACH limits one search for a
// sum, STEPS_ALL all of them, so that thousands of equal lives do not take longer than the placement.
enum { ROUNDS = 8, PARTS_MOST = 24, STEPS_EACH = 2000, STEPS_ALL = 20000000 };
enum { BEGIN, END };

struct box {
    int32_t first, last; // alive in sections [first, last)
    int64_t size;
    int32_t parts[2]; // none (-1): a buffer
    bool sequence;    // one part after the other; otherwise the second is on top of the first
    bool merged;      // part of a larger box
    int32_t next[2];  // lists: boxes that begin in the same section, end before the same section
    size_t buffer;
};

struct queue {
    int32_t *ids;
    int32_t n;
};

struct boxes {
    struct box *all; // [2 * buffers]
    int32_t n;
    int32_t *heads[2];                // [sections + 1] lists of boxes, merged ones among them
    struct queue fresh, sums[ROUNDS]; // boxes not yet tried with neighbours; not yet tried in sums
    int64_t steps;                    // left of STEPS_ALL
    struct ranked *ranked;
};

// Sorting key of a box.
struct ranked {
    int32_t first, last;
    int64_t size;
    int32_t id;
};

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    if (x->last != y->last) return x->last < y->last ? -1 : 1;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static struct ranked rank(const struct boxes *b, int32_t id) {
    const struct box *x = &b->all[id];
    return (struct ranked){x->first, x->last, x->size, id};
}

// The end of the group of twins that begins at `from`; twins have the same life.
static int32_t group_end(const struct ranked *r, int32_t from, int32_t n) {
    int32_t to = from + 1;
    while (to < n && r[to].first == r[from].first && r[to].last == r[from].last) to++;
    return to;
}

// ---- boxes and their lists ----

static int32_t add(struct boxes *b, struct box x) {
    int32_t id = b->n++, at[2] = {x.first, x.last};
    for (int e = BEGIN; e <= END; e++) {
        x.next[e] = b->heads[e][at[e]];
        b->heads[e][at[e]] = id;
    }
    b->all[id] = x;
    b->fresh.ids[b->fresh.n++] = id;
    b->sums[0].ids[b->sums[0].n++] = id;
    return id;
}

static int32_t join(struct boxes *b, int32_t one, int32_t other, bool sequence) {
    struct box *x = &b->all[one], *y = &b->all[other];
    x->merged = y->merged = true;
    return add(b, (struct box){.first = x->first,
                               .last = y->last,
                               .size = sequence ? x->size : x->size + y->size,
                               .parts = {one, other},
                               .sequence = sequence});
}

// The first box of a list that is not merged; merged ones leave the list.
static int32_t pick(struct boxes *b, int32_t *link, int e) {
    while (*link >= 0 && b->all[*link].merged) *link = b->all[*link].next[e];
    return *link;
}

static int32_t list_first(struct boxes *b, int e, int32_t section) { return pick(b, &b->heads[e][section], e); }
static int32_t list_next(struct boxes *b, int e, int32_t id) { return pick(b, &b->all[id].next[e], e); }

// The section where boxes of list `e` touch this one: they begin where it ends, or end where it begins.
static int32_t touch(const struct box *x, int e) { return e == BEGIN ? x->last : x->first; }

static void make_sequence(struct boxes *b, int32_t id) {
    for (int e = BEGIN; e <= END; e++)
        for (int32_t o = list_first(b, e, touch(&b->all[id], e)); o >= 0; o = list_next(b, e, o)) {
            if (b->all[o].size != b->all[id].size) continue;
            join(b, e == BEGIN ? id : o, e == BEGIN ? o : id, true);
            return;
        }
}

// ---- sums ----

struct sum {
    const struct ranked *twins; // [n] from the largest
    int32_t n;
    int32_t chosen[PARTS_MOST];
    int n_chosen, most, steps;
};

static int32_t first_not_above(const struct sum *s, int32_t from, int64_t size) {
    int32_t low = from, high = s->n;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (s->twins[middle].size > size)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Adds twins until nothing is left of the size; at most `most` are chosen.
static bool find_sum(struct sum *s, int32_t from, int64_t left) {
    for (int32_t i = first_not_above(s, from, left); i < s->n && s->steps-- > 0; i++) {
        int64_t size = s->twins[i].size;
        if (size * (s->most - s->n_chosen) < left) return false;
        s->chosen[s->n_chosen++] = s->twins[i].id;
        if (size == left && s->n_chosen > 1) return true;
        if (size < left && s->n_chosen < s->most && find_sum(s, i + 1, left - size)) return true;
        s->n_chosen--;
    }
    return false;
}

// Twins whose sizes add up to `left` become a stack, and it and the target a sequence.
static bool try_sum(struct boxes *b, struct sum s, int64_t left, int32_t target, bool target_first) {
    s.steps = STEPS_EACH;
    bool found = find_sum(&s, 0, left);
    b->steps -= STEPS_EACH - s.steps;
    if (!found) return false;
    int32_t stack = s.chosen[0];
    for (int i = 1; i < s.n_chosen; i++) stack = join(b, stack, s.chosen[i], false);
    join(b, target_first ? target : stack, target_first ? stack : target, true);
    return true;
}

// The box and some of its twins have together the size of a box that they touch.
static bool is_in_sum(struct boxes *b, int32_t id, int most) {
    const struct box *x = &b->all[id];
    int32_t n = 0;
    for (int32_t o = list_first(b, BEGIN, x->first); o >= 0; o = list_next(b, BEGIN, o), b->steps--)
        if (o != id && b->all[o].last == x->last) b->ranked[n++] = rank(b, o);
    if (n == 0) return false;
    qsort(b->ranked, (size_t)n, sizeof *b->ranked, compare_ranked);
    b->steps -= n;
    struct sum s = {.twins = b->ranked, .n = n, .chosen = {id}, .n_chosen = 1, .most = most};
    for (int e = BEGIN; e <= END; e++)
        for (int32_t o = list_first(b, e, touch(x, e)); o >= 0 && b->steps > 0; o = list_next(b, e, o), b->steps--)
            if (b->all[o].size > x->size && try_sum(b, s, b->all[o].size - x->size, o, e == END)) return true;
    return false;
}

// The box has the size of some twins together that it touches.
static bool is_a_sum(struct boxes *b, int32_t id, int most) {
    const struct box *x = &b->all[id];
    for (int e = BEGIN; e <= END; e++) {
        int32_t n = 0;
        for (int32_t o = list_first(b, e, touch(x, e)); o >= 0; o = list_next(b, e, o), b->steps--)
            if (b->all[o].size < x->size) b->ranked[n++] = rank(b, o);
        qsort(b->ranked, (size_t)n, sizeof *b->ranked, compare_ranked);
        b->steps -= n;
        for (int32_t i = 0, end; i < n && b->steps > 0; i = end) {
            end = group_end(b->ranked, i, n);
            struct sum s = {.twins = b->ranked + i, .n = end - i, .most = most};
            if (end - i > 1 && try_sum(b, s, x->size, id, e == BEGIN)) return true;
        }
    }
    return false;
}

// Makes one sum, of as few boxes as possible. Returns false when none is left.
static bool make_sum(struct boxes *b) {
    for (int round = 0; round < ROUNDS && b->steps > 0;) {
        struct queue *q = &b->sums[round];
        int most = round + 1 < ROUNDS ? round + 2 : PARTS_MOST;
        if (q->n == 0) {
            round++;
            continue;
        }
        int32_t id = q->ids[--q->n];
        if (b->all[id].merged) continue;
        if (is_in_sum(b, id, most) || is_a_sum(b, id, most)) return true;
        if (round + 1 < ROUNDS) b->sums[round + 1].ids[b->sums[round + 1].n++] = id;
    }
    return false;
}

// ---- stacks ----

// All boxes that are left, twins next to each other, from the largest.
static int32_t rank_all(struct boxes *b) {
    int32_t n = 0;
    for (int32_t i = 0; i < b->n; i++)
        if (!b->all[i].merged) b->ranked[n++] = rank(b, i);
    qsort(b->ranked, (size_t)n, sizeof *b->ranked, compare_ranked);
    return n;
}

static bool stack_small_group(struct boxes *b, int most) {
    int32_t n = rank_all(b), best = -1, fewest = INT32_MAX;
    for (int32_t i = 0, end; i < n; i = end) {
        end = group_end(b->ranked, i, n);
        bool shorter =
            best >= 0 && b->ranked[i].last - b->ranked[i].first < b->ranked[best].last - b->ranked[best].first;
        if (end - i <= most || end - i > fewest || (end - i == fewest && !shorter)) continue;
        best = i, fewest = end - i;
    }
    if (best < 0) return false;
    int32_t stack = b->ranked[best].id;
    for (int32_t k = 1; k < fewest; k++) stack = join(b, stack, b->ranked[best + k].id, false);
    return true;
}

static bool stack_small_sizes(struct boxes *b, int most) {
    int32_t n = rank_all(b);
    bool any = false;
    for (int32_t i = 0, end; i < n; i = end) {
        end = group_end(b->ranked, i, n);
        int32_t half = (end - i) / 2, pairs = half < end - i - most ? half : end - i - most;
        for (int32_t k = 0; k < pairs; k++, any = true)
            join(b, b->ranked[end - 2 * k - 2].id, b->ranked[end - 2 * k - 1].id, false);
    }
    return any;
}

size_t boxes_merge(struct boxes *b, enum boxes_way way, int most, const struct place_stop *stop) {
    uint64_t merges = 0;
    for (bool more = true; more;) {
        if (merges++ % 16 == 15 && stop && stop->now(stop->context)) break;
        if (b->fresh.n > 0) {
            int32_t id = b->fresh.ids[--b->fresh.n];
            if (!b->all[id].merged) make_sequence(b, id);
        } else if (!make_sum(b)) {
            more = way == BOXES_SMALL_GROUPS ? stack_small_group(b, most) : stack_small_sizes(b, most);
        }
    }
    size_t left = 0;
    for (int32_t i = 0; i < b->n; i++) left += !b->all[i].merged;
    return left;
}

// ---- in and out ----

struct boxes *boxes_start(struct arena *a, const struct place_buffer *buffers, size_t n, uint64_t *random) {
    struct boxes *b = ARENA_NEW(a, struct boxes);
    size_t *real = ARENA_ARRAY(a, size_t, n + 1);
    int64_t *ends = ARENA_ARRAY(a, int64_t, n + 1);
    int32_t count = sections_real(buffers, n, real), n_sections = sections_find(buffers, real, count, ends);
    b->all = ARENA_ARRAY(a, struct box, 2 * count + 1);
    b->ranked = ARENA_ARRAY(a, struct ranked, count + 1);
    b->fresh.ids = ARENA_ARRAY(a, int32_t, 2 * count + 1);
    for (int i = 0; i < ROUNDS; i++) b->sums[i].ids = ARENA_ARRAY(a, int32_t, 2 * count + 1);
    b->steps = STEPS_ALL;
    for (int e = BEGIN; e <= END; e++) {
        b->heads[e] = ARENA_ARRAY(a, int32_t, n_sections + 1);
        for (int32_t i = 0; i <= n_sections; i++) b->heads[e][i] = -1;
    }
    for (int32_t i = count; *random && i-- > 1;) {
        int32_t j = (int32_t)(random_next(random) % (uint64_t)(i + 1));
        size_t other = real[i];
        real[i] = real[j], real[j] = other;
    }
    for (int32_t i = 0; i < count; i++) {
        const struct place_buffer *x = &buffers[real[i]];
        add(b, (struct box){.first = section_of(ends, n_sections, x->lower),
                            .last = section_of(ends, n_sections, x->upper),
                            .size = x->size,
                            .parts = {-1, -1},
                            .buffer = real[i]});
    }
    return b;
}

void boxes_list(const struct boxes *b, struct place_buffer *out) {
    for (int32_t i = 0; i < b->n; i++)
        if (!b->all[i].merged) *out++ = (struct place_buffer){b->all[i].first, b->all[i].last, b->all[i].size, 0};
}

// Goes from the last box to the first: a box comes after its parts.
void boxes_open(const struct boxes *b, const struct place_buffer *placed, struct place_buffer *buffers) {
    struct arena scratch = {0};
    int64_t *offsets = ARENA_ARRAY(&scratch, int64_t, b->n + 1);
    for (int32_t i = 0; i < b->n; i++)
        if (!b->all[i].merged) offsets[i] = placed++->offset;
    for (int32_t i = b->n; i-- > 0;) {
        const struct box *x = &b->all[i];
        if (x->parts[0] < 0) {
            buffers[x->buffer].offset = offsets[i];
        } else {
            offsets[x->parts[0]] = offsets[i];
            offsets[x->parts[1]] = offsets[i] + (x->sequence ? 0 : b->all[x->parts[0]].size);
        }
    }
    arena_free(&scratch);
}
