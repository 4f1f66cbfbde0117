// Exact search: one strategy of the exact placement, with one order of the buffers, one capacity and a node limit.
#pragma once
#include "compiler/plan/exact.h"

struct arena;

enum { KEY_WIDTH, KEY_AREA, KEY_TOTAL, KEYS };

struct item {
    int32_t first, last; // alive in sections [first, last)
    int32_t rank;        // position in its component's order
    int32_t twin;        // the previous item in the order if it has the same life and size; -1
    bool placed;
    int64_t size;
    int64_t floor; // top of the buffers placed below it; its offset once placed
    size_t buffer; // the caller's index
    double key[KEYS], noise;
};

struct section {
    int64_t floor;     // top of what is placed
    int64_t remaining; // bytes not placed yet
    int64_t low;       // working memory: the lowest offset of the unplaced buffers; how many can be next
    int32_t top;       // the item whose top is the floor; -1
    int32_t alive;     // unplaced buffers
    int32_t crossing;  // unplaced buffers that cross the section's left edge
};

// A state proven impossible: the unplaced buffers with their floors, after (offset, rank).
struct failed_state {
    uint64_t hash;
    int64_t offset;
    int32_t rank;
};

struct search {
    struct arena *arena;
    struct item *items; // [n] in the static order
    struct section *sections;
    int32_t n, n_sections;
    const int *keys; // the keys, most important first
    bool tight;      // sections without a spare byte are filled first
    bool dynamic;    // components are sorted again by what remains in them
    uint64_t salt;   // of the strategy: strategies do not share failed states
    int64_t capacity;
    uint64_t nodes, limit;
    const struct place_stop *stop;
    bool stopped;
    bool remember;   // skip states whose hash has failed before
    bool remembered; // out: a state was skipped

    int32_t *order, *position; // a component's items are a range of `order`; position is its inverse
    int32_t *sorted;           // [n] working memory
    struct frame *frames;      // [n + 2]
    int32_t depth;
    struct change *trail;
    size_t n_trail, c_trail;
    struct failed_state *failed; // [FAILED_STATES]
};

enum { FAILED_STATES = 1 << 18 };

// Allocates memory for n items; the caller fills in items, sections and the strategy.
void search_init(struct search *s, struct arena *a, int32_t n);
// Adds a buffer's bytes to its sections (sign 1) or removes them (-1).
void section_add(struct section *sections, const struct item *t, int sign);
// Compares by the keys, then by life, size and the caller's index.
int search_compare(const struct item *a, const struct item *b, const int *keys);
// Searches from an empty placement. EXACT_PLACED leaves the offsets in `floor`.
enum exact_result search_run(struct search *s);
