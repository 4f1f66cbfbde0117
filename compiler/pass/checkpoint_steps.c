// Checkpoint steps: a segment is a run of blocks whose first input is kept. Reversing it takes five steps. Advance from
// its input to the cut; take a snapshot; reverse the blocks above it; restore the input; reverse those below. The best
// cut for a number of free slots and allowed runs has a closed form. The loss counts as one more block at the end,
// reversed by itself.
#include "compiler/pass/checkpoint_steps.h"

#include "compiler/base/arena.h"

// The number of blocks that can be reversed with these free slots and the first input, each run forward at most `runs`
// times: C(slots + 1 + runs, runs), at most `enough`. Griewank and Walther (ACM TOMS 26, 2000).
static int64_t reach(int64_t slots, int64_t runs, int64_t enough) {
    double blocks = 1;
    for (int64_t i = 1; i <= runs && blocks < (double)enough; i++)
        blocks = blocks * (double)(slots + 1 + i) / (double)i;
    return blocks < (double)enough ? (int64_t)(blocks + 0.5) : enough;
}

// The fewest runs that reach so many blocks. The last block costs the same number: it is the least number of forward
// runs for `blocks`, minus that for `blocks - 1`.
static int64_t fewest_runs(int64_t blocks, int64_t slots) {
    double reached = 1;
    int64_t runs = 0;
    while (reached < (double)blocks) {
        runs++;
        reached = reached * (double)(slots + 1 + runs) / (double)runs;
    }
    return runs;
}

// The number of blocks below the cut: the least one with the lowest cost. The blocks above the cut have one slot less.
// A single block above it is reversed at once and needs no slot, so without a free slot the cut lies there. Moving the
// cut up by one block adds an advance and the block's cost below, and removes its cost above. This difference increases
// with the cut, so bisection finds the first cut where it is not negative.
static int64_t best_cut(int64_t blocks, int64_t slots, int64_t runs, bool page) {
    if (page) return 1; // a cut needs no slot, and each block runs once
    if (slots == 0) return blocks - 1;
    int64_t low = blocks - reach(slots - 1, runs, blocks), high = blocks - 1;
    if (low < 1) low = 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (1 + fewest_runs(middle + 1, slots) >= fewest_runs(blocks - middle, slots - 1))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// The least number of forward runs to reverse so many blocks.
static double least_advances(int64_t blocks, int64_t slots) {
    int64_t runs = fewest_runs(blocks, slots);
    double below = 1; // C(slots + 1 + runs, runs - 1)
    for (int64_t i = 1; i < runs; i++) below = below * (double)(slots + 2 + i) / (double)i;
    return runs ? (double)runs * (double)blocks - below : 0;
}

// ---- the steps ----
enum kept { KEPT_NOWHERE, KEPT_SLOT, KEPT_FILE, KEPT_RECOMPUTED };

struct segment {
    int64_t first, blocks;
    enum kept kept;
    int64_t slot;
};

struct writing {
    struct arena *arena;
    bool page;
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
    if (s->kept == KEPT_RECOMPUTED) add_step(w, CHECKPOINT_FIRST, s->first, 0);
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
    int64_t lower = best_cut(s.blocks, slots, runs, w->page);
    struct segment upper = {.first = s.first + lower, .blocks = s.blocks - lower};
    for (int64_t i = s.first; i < upper.first; i++) add_step(w, CHECKPOINT_ADVANCE, i, 0);
    w->advances += lower;
    keep(w, &upper, slots);
    reverse_segment(w, upper, upper.blocks > 1 && slots > 0 ? slots - 1 : slots, runs, true);
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
    if (!limits.page && least_advances(blocks, slots) > CHECKPOINT_ADVANCES_MAX) return false;
    struct writing w = {.arena = a, .page = limits.page, .blocks = length, .offset = first};
    struct segment all = {.blocks = blocks, .kept = KEPT_RECOMPUTED};
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
