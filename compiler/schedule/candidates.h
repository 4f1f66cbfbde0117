// Candidates: the finite set of schedules that a search considers. It depends on the model and the user's choices,
// never on the budget. A schedule considered for one budget is considered for every larger one, so more budget never
// makes the result slower.
#pragma once
#include "compiler/pipeline/schedule_choice.h"
#include "compiler/schedule/keep_sets.h"

enum { SEARCH_CUTS = 7 };

struct search_space {
    const struct gradient *method; // its schedules are listed; for a method that searches: all of them
    struct keep_sets sets;         // Pareto set: what a method that searches may keep
    int64_t rows;                  // token rows of a micro-batch
    int64_t iterations;            // iterations of the repeat loops that the backward pass visits
    int64_t cuts[SEARCH_CUTS];     // split points, ascending: about eighths of these iterations
    int64_t vocabulary;            // columns of the logits
    int64_t vocabulary_chunk;      // of a head that computes its logits in chunks
    // Fixed by the user; 0: free.
    int64_t tile;            // the only height of block tiles
    int64_t forwards, slots; // for checkpoint schedules: the maximum; the only number
    bool page;               // a method that searches may page; any other must
};

struct candidates {
    struct schedule_choice *list; // grouped by what they keep, then by block height
    size_t count, capacity;
};

struct candidates candidates_list(struct arena *a, const struct search_space *s);

struct text;
// Writes the choice in words: "blocks 0..20 keep inputs alone, later ones q, k, v; tile 32; head 16".
void candidate_words(const struct schedule_choice *choice, const struct keep_sets *sets, struct text *out);
