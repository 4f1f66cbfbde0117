// Candidates: the finite set of schedules that a search looks at. It depends on the model and on what the user fixed,
// never on a budget: so what fits one budget is looked at for every larger one too, and the fastest that fits can only
// get faster as the budget grows.
#pragma once
#include "compiler/pipeline/schedule_choice.h"
#include "compiler/schedule/keep_sets.h"

enum { SEARCH_CUTS = 7 };

struct search_space {
    const struct gradient *method; // whose own schedules are meant; of one that searches: all there are
    struct keep_sets sets;         // a pareto: what a method that searches may keep
    int64_t rows;                  // token rows of a micro-batch
    int64_t iterations;            // of the repeat loops that the backward pass goes through
    int64_t cuts[SEARCH_CUTS]; // where bodies kept in two ways may be cut: about eighths of these iterations, rising
    int64_t vocabulary;        // columns of the logits
    int64_t vocabulary_chunk;  // of a head that makes its logits in parts
    // What the user fixed; 0: free.
    int64_t tile;            // the only height of blocks
    int64_t forwards, slots; // of a checkpoint schedule: the most, the only number
    bool page;               // a method that searches may page; any other one does
};

struct candidates {
    struct schedule_choice *list; // those that keep the same stand together, in them those of one height of blocks
    size_t count, capacity;
};

struct candidates candidates_list(struct arena *a, const struct search_space *s);

struct text;
// In words: "blocks 0..20 keep inputs alone, later ones q, k, v; tile 32; head 16".
void candidate_words(const struct schedule_choice *choice, const struct keep_sets *sets, struct text *out);
