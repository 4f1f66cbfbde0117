// Checkpoint steps: a segment is a run of blocks whose first input is kept. Reversing it takes five steps. Advance from
// its input to the cut; take a snapshot; reverse the blocks above it; restore the input; reverse those below. A table
// gives the best cut for every number of free slots and allowed runs. The loss counts as one more block at the end,
// reversed by itself.
#include "compiler/pass/checkpoint_steps.h"

#include "compiler/base/arena.h"

enum { NEVER = INT32_MAX / 4 };

struct checkpoint_table {
    int64_t blocks, slots, runs; // the most of each
    int32_t *cost;               // [blocks + 1][slots + 1][runs + 1] forward runs of blocks; NEVER: impossible
    int32_t *cut;                // same index: blocks before the cut; 0: a segment of one block
    bool page;                   // a cut needs no slot
};

static size_t entry(const struct checkpoint_table *t, int64_t blocks, int64_t slots, int64_t runs) {
    return (size_t)((blocks * (t->slots + 1) + slots) * (t->runs + 1) + runs);
}

// One block above the cut is reversed at once, so its input needs no slot. More blocks take a slot if one is free.
static int64_t upper_slots(int64_t upper, int64_t slots) { return upper > 1 && slots > 0 ? slots - 1 : slots; }

static bool may_cut(const struct checkpoint_table *t, int64_t upper, int64_t slots) {
    return upper == 1 || slots > 0 || t->page;
}

static void fill_entry(struct checkpoint_table *t, int64_t blocks, int64_t slots, int64_t runs) {
    size_t at = entry(t, blocks, slots, runs);
    t->cost[at] = blocks == 1 ? 0 : NEVER;
    for (int64_t lower = 1; lower < blocks && runs > 0; lower++) {
        int64_t upper = blocks - lower;
        if (!may_cut(t, upper, slots)) continue;
        int64_t cost = lower + t->cost[entry(t, upper, upper_slots(upper, slots), runs)] +
                       t->cost[entry(t, lower, slots, runs - 1)];
        if (cost >= t->cost[at]) continue;
        t->cost[at] = (int32_t)cost;
        t->cut[at] = (int32_t)lower;
    }
}

static struct checkpoint_table table_make(struct arena *a, int64_t blocks, int64_t slots, int64_t runs, bool page) {
    struct checkpoint_table t = {.blocks = blocks, .slots = slots, .runs = runs, .page = page};
    size_t size = entry(&t, blocks + 1, 0, 0);
    t.cost = ARENA_ARRAY(a, int32_t, size);
    t.cut = ARENA_ARRAY(a, int32_t, size);
    for (int64_t b = 1; b <= blocks; b++)
        for (int64_t s = 0; s <= slots; s++)
            for (int64_t r = 0; r <= runs; r++) fill_entry(&t, b, s, r);
    return t;
}

// The number of blocks that can be reversed with these slots and the first input: C(slots + 1 + runs, runs), at most
// `enough`.
static int64_t reach(int64_t slots, int64_t runs, int64_t enough) {
    double blocks = 1;
    for (int64_t i = 1; i <= runs && blocks < (double)enough; i++)
        blocks = blocks * (double)(slots + 1 + i) / (double)i;
    return blocks < (double)enough ? (int64_t)(blocks + 0.5) : enough;
}

// ---- the steps ----
enum kept { KEPT_NOWHERE, KEPT_SLOT, KEPT_FILE, KEPT_REMADE };

struct segment {
    int64_t first, blocks;
    enum kept kept;
    int64_t slot;
};

struct writing {
    struct arena *arena;
    const struct checkpoint_table *table;
    int64_t blocks; // in total, without the loss
    int64_t offset; // the iteration of block 0
    struct checkpoint_step *steps;
    size_t count, capacity, n_forward_steps;
    int64_t used, most, live_snapshots,
        advances; // slots in use: now, the maximum, and the maximum while a block is reversed
};

static void add_step(struct writing *w, enum checkpoint_action kind, int64_t block, int64_t slot) {
    w->steps = arena_grow(w->arena, w->steps, w->count, &w->capacity, sizeof *w->steps);
    w->steps[w->count++] = (struct checkpoint_step){kind, w->offset + block, slot};
}

static void bring_back(struct writing *w, const struct segment *s) {
    if (s->kept == KEPT_SLOT) add_step(w, CHECKPOINT_RESTORE, s->first, s->slot);
    if (s->kept == KEPT_FILE) add_step(w, CHECKPOINT_PAGE_IN, s->first, 0);
    if (s->kept == KEPT_REMADE) add_step(w, CHECKPOINT_FIRST, s->first, 0);
}

static void keep(struct writing *w, struct segment *s, int64_t free_slots) {
    if (s->blocks == 1) return;
    s->kept = free_slots > 0 ? KEPT_SLOT : KEPT_FILE;
    s->slot = w->used;
    if (s->kept == KEPT_SLOT && ++w->used > w->most) w->most = w->used;
    add_step(w, s->kept == KEPT_SLOT ? CHECKPOINT_SNAPSHOT : CHECKPOINT_PAGE_OUT, s->first,
             s->kept == KEPT_SLOT ? s->slot : 0);
}

// at_hand: the carried value holds the segment's input.
static void reverse_segment(struct writing *w, struct segment s, int64_t slots, int64_t runs, bool at_hand) {
    if (!at_hand && s.first < w->blocks) bring_back(w, &s);
    if (s.blocks == 1) {
        int64_t live = w->used - (s.kept == KEPT_SLOT); // the segment's own input has been restored
        if (s.first == w->blocks)
            w->n_forward_steps = w->count;
        else
            add_step(w, CHECKPOINT_REVERSE, s.first, 0);
        if (s.first < w->blocks && live > w->live_snapshots) w->live_snapshots = live;
        return;
    }
    int64_t lower = w->table->cut[entry(w->table, s.blocks, slots, runs)];
    struct segment upper = {.first = s.first + lower, .blocks = s.blocks - lower};
    for (int64_t i = s.first; i < upper.first; i++) add_step(w, CHECKPOINT_ADVANCE, i, 0);
    w->advances += lower;
    keep(w, &upper, slots);
    reverse_segment(w, upper, upper_slots(upper.blocks, slots), runs, true);
    if (upper.kept == KEPT_SLOT) w->used--;
    s.blocks = lower;
    reverse_segment(w, s, slots, runs - 1, false);
}

bool checkpoint_plan_make(struct arena *a, int64_t first, int64_t length, bool remade, struct checkpoint_limits limits,
                          struct checkpoint_plan *out) {
    int64_t blocks = length + 1, slots = limits.slots - !remade, runs = limits.page ? 1 : limits.forwards;
    bool free_slots = limits.slots == 0 && !limits.page;
    if (limits.slots == 0) slots = 0;
    if (free_slots && runs == 0) return false;
    while (free_slots && slots < blocks && reach(slots, runs, blocks) < blocks) slots++;
    while (!limits.page && limits.forwards == 0 && reach(slots, runs, blocks) < blocks) runs++;
    if (slots < 0 || (!limits.page && reach(slots, runs, blocks) < blocks)) return false;
    if (slots > length) slots = length;
    struct checkpoint_table table = table_make(a, blocks, slots, runs, limits.page);
    struct writing w = {.arena = a, .table = &table, .blocks = length, .offset = first};
    struct segment all = {.blocks = blocks, .kept = KEPT_REMADE};
    bool file = limits.page && limits.slots == 0;
    if (!remade) {
        all.kept = file ? KEPT_FILE : KEPT_SLOT;
        w.used = w.most = !file;
        add_step(&w, file ? CHECKPOINT_PAGE_OUT : CHECKPOINT_SNAPSHOT, 0, 0);
    }
    reverse_segment(&w, all, slots, runs, true);
    *out = (struct checkpoint_plan){w.steps, w.count, w.n_forward_steps, w.most, w.live_snapshots, w.advances};
    return true;
}
