// Exact search: one strategy of the exact placement: one order of the buffers, one capacity, so many nodes.
#pragma once
#include "compiler/plan/exact.h"

struct arena;

enum { KEY_WIDTH, KEY_AREA, KEY_TOTAL, KEYS };

struct item {
    int32_t first, last; // alive in sections [first, last)
    int32_t rank;        // its place in the order of its component
    int32_t twin;        // the item before it in the order, when life and size are the same; -1
    bool placed;
    int64_t size;
    int64_t floor; // top of what is placed below it; its offset once placed
    size_t buffer; // index of the caller's
    double key[KEYS], noise;
};

struct section {
    int64_t floor;     // top of what is placed
    int64_t remaining; // bytes still to come
    int64_t low;       // working memory: the lowest offset of what is still to come; how many can come next
    int32_t top;       // the item whose top the floor is; -1
    int32_t alive;     // buffers still to come
    int32_t crossing;  // of those, how many reach over the section's left edge
};

// A state proven impossible: buffers still to come with their floors, after (offset, rank).
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
    const int *keys; // which key decides first
    bool tight;      // sections without a spare byte are filled first
    bool dynamic;    // components are ordered anew, by what remains in them
    uint64_t salt;   // of the strategy: its failed states are its own
    int64_t capacity;
    uint64_t nodes, limit;
    const struct place_stop *stop;
    bool stopped;
    bool remember;   // leave out states that have failed before, as far as their hashes tell
    bool remembered; // out: one was left out

    int32_t *order, *position; // items of components are ranges of `order`; position is its inverse
    int32_t *sorted;           // [n] working memory
    struct frame *frames;      // [n + 2]
    int32_t depth;
    struct change *trail;
    size_t n_trail, c_trail;
    struct failed_state *failed; // [FAILED_STATES]
};

enum { FAILED_STATES = 1 << 18 };

// Memory for n items; the caller sets items, sections and what decides.
void search_init(struct search *s, struct arena *a, int32_t n);
// Puts a buffer's bytes into its sections (sign 1) or takes them out (-1).
void section_add(struct section *sections, const struct item *t, int sign);
// By the keys, then by life, size and the caller's index.
int search_compare(const struct item *a, const struct item *b, const int *keys);
// From nothing placed. EXACT_PLACED leaves the offsets in `floor`.
enum exact_result search_run(struct search *s);
