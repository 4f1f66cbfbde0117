// Candidates: all combinations of kept values, block heights and heads.
#include "compiler/schedule/candidates.h"

#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/schedule/heights.h"

struct listing {
    const struct search_space *space;
    struct arena *arena;
    struct candidates found;
};

static void add(struct listing *l, struct schedule_choice c) {
    struct candidates *f = &l->found;
    f->list = arena_grow(l->arena, f->list, f->count, &f->capacity, sizeof *f->list);
    f->list[f->count++] = c;
}

// Of the heads that compute all rows at once the lowest is enough.
static void add_heads(struct listing *l, struct schedule_choice c) {
    const int64_t *heads = c.vocabulary_chunk ? chunked_heads : whole_heads;
    size_t count = c.vocabulary_chunk ? HEIGHT_COUNT(chunked_heads) : HEIGHT_COUNT(whole_heads);
    for (size_t h = 0; h < count && (h == 0 || heads[h - 1] < l->space->rows); h++) {
        c.head_rows = heads[h];
        add(l, c);
    }
}

static int64_t next_count(int64_t n) { return n < 4 ? n + 1 : next_height(n); }

static bool is_count(int64_t slots) {
    int64_t n = 1;
    while (n < slots) n = next_count(n);
    return n == slots;
}

// Numbers of block inputs to keep in slots; the others are recomputed or paged. They grow by a half or a third each
// time, and fall likewise from the top. A few inputs fewer cost almost no time and allow taller tiles.
static void add_checkpoints(struct listing *l, struct schedule_choice c, bool checkpoints) {
    const struct search_space *s = l->space;
    bool must_page = s->page && !s->method->searches;
    c.forwards = s->forwards;
    c.slots = s->slots;
    c.page = must_page;
    add_heads(l, c); // the user's number, or every input
    if (!checkpoints) return;
    for (int64_t n = 1; !s->slots && n < s->iterations; n = next_count(n)) {
        c.slots = n;
        add_heads(l, c);
    }
    for (int64_t n = 2; !s->slots && n < s->iterations / 2; n = next_count(n)) { // almost all of them
        c.slots = s->iterations - n;
        if (!is_count(c.slots)) add_heads(l, c);
    }
    c.slots = s->slots;
    c.page = true;
    if (s->page && !must_page) add_heads(l, c);
}

static void add_heights(struct listing *l, struct schedule_choice c, bool whole, bool tiled) {
    const struct search_space *s = l->space;
    bool checkpoints = c.kept == 0 && !c.split;
    for (int chunked = 0; chunked < 2; chunked++) {
        if (chunked && s->vocabulary_chunk >= s->vocabulary) break;
        c.vocabulary_chunk = chunked ? s->vocabulary_chunk : 0;
        c.tile_rows = 0;
        if (whole && !s->tile) add_checkpoints(l, c, checkpoints);
        for (c.tile_rows = s->tile ? s->tile : LEAST_BLOCK; tiled && (c.tile_rows < s->rows || s->tile);
             c.tile_rows = next_height(c.tile_rows)) {
            add_checkpoints(l, c, checkpoints);
            if (s->tile) break;
        }
    }
}

// One set below a split point, the next larger one above it.
static void add_cuts(struct listing *l, const struct keep_set *below, const struct keep_set *above) {
    struct schedule_choice c = {.method = l->space->method, .kept = below->kept, .kept_above = above->kept};
    for (int i = 0; i < SEARCH_CUTS; i++) {
        if (l->space->cuts[i] <= c.split) continue;
        c.split = l->space->cuts[i];
        add_heights(l, c, true, true);
    }
}

struct candidates candidates_list(struct arena *a, const struct search_space *s) {
    struct listing l = {.space = s, .arena = a};
    if (!s->method->searches) {
        const struct schedule_choice own = {.method = s->method, .kept = s->method->kept};
        add_heights(&l, own, !s->method->tiles, s->method->tiles);
        return l.found;
    }
    for (size_t k = 0; k < s->sets.count; k++) {
        struct keep_set *set = &s->sets.sets[k];
        if (k && k + 1 == s->sets.count) set->kept = KEPT_ALL; // blocks of every other form too
        add_heights(&l, (struct schedule_choice){.method = s->method, .kept = set->kept}, true, true);
        if (k) add_cuts(&l, set - 1, set);
    }
    return l.found;
}

static void kept_words(const struct keep_sets *sets, uint64_t kept, struct text *out) {
    for (size_t i = 0; i < sets->count; i++) {
        if (sets->sets[i].kept != kept) continue;
        text_puts(out, *sets->sets[i].words ? sets->sets[i].words : "inputs alone");
        return;
    }
}

void candidate_words(const struct schedule_choice *c, const struct keep_sets *sets, struct text *out) {
    if (!c->method->searches) {
        text_puts(out, c->method->name);
    } else if (c->split) {
        text_print(out, "blocks 0..%lld keep ", (long long)c->split);
        kept_words(sets, c->kept, out);
        text_puts(out, ", later ones ");
        kept_words(sets, c->kept_above, out);
    } else {
        text_puts(out, "blocks keep ");
        kept_words(sets, c->kept, out);
    }
    if (c->page) text_puts(out, ", paged");
    const char *inputs = c->method->searches ? "" : c->slots == 1 ? " input" : " inputs";
    if (c->slots) text_print(out, ", %lld%s at a time", (long long)c->slots, inputs);
    if (c->forwards) text_print(out, ", in %lld forwards", (long long)c->forwards);
    if (c->tile_rows) text_print(out, "; tile %lld", (long long)c->tile_rows);
    text_print(out, "; head %lld", (long long)c->head_rows);
    if (c->vocabulary_chunk) text_print(out, " by %lld", (long long)c->vocabulary_chunk);
}
