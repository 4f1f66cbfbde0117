// Exact search: one strategy of the exact placement, with one order of the buffers, one capacity and a node limit.
#pragma once
#include "compiler/plan/exact.h"

struct arena;

enum { KEY_WIDTH, KEY_AREA, KEY_TOTAL, KEYS };

struct item {
    int32_t first, last; // alive in sections [first, last)
    int32_t rank;        // its place in the order of its component
    int32_t twin;        // an item of the same life and size that is placed before it; -1
    bool placed;
    int64_t size;
    int64_t floor;    // top of what is placed below it; its offset once placed
    size_t buffer;    // index of the caller's
    double key[KEYS]; // KEY_TOTAL: the most bytes that remain in one of its sections when its component is opened
    double noise;     // factor of KEY_TOTAL
};

struct section {
    int64_t remaining;  // bytes still to come
    int32_t crossing;   // buffers still to come that reach over the section's left edge
    int64_t low;        // working memory: the lowest floor of what is still to come
    int32_t candidates; // working memory: how many can be placed there next
};

struct search {
    struct arena *arena;
    struct item *items;
    struct section *sections;
    int32_t n, n_sections;
    const int *keys; // the keys, most important first
    bool tight;      // sections without a spare byte are filled first
    int64_t capacity;
    uint64_t nodes, limit; // placements that passed the check
    uint64_t tries;        // all placements
    const struct place_stop *stop;
    bool stopped;

    int32_t *order, *sorted; // items of components are ranges of `order`; [n] working memory
    struct frame *frames;    // [n + 2]
    int32_t depth;
    struct change *trail;
    size_t n_trail, c_trail;
};

// Memory for n items; the caller sets items, sections, order and what decides.
void search_init(struct search *s, struct arena *a, int32_t n);
// Adds a buffer's bytes to its sections (sign 1) or removes them (-1).
void section_add(struct section *sections, const struct item *t, int sign);
// From nothing placed. EXACT_PLACED leaves the offsets in `floor`.
enum exact_result search_run(struct search *s);
