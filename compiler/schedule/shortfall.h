// Shortfall: by how much a schedule misses its budget, and which other ways to train would keep it.
#pragma once
#include "compiler/schedule/schedule.h"

struct shortfall_way {
    const struct gradient *method;
    int64_t bytes; // the least budget that it works with
};

struct shortfall {
    int64_t budget, least;        // least: that the method itself works with
    struct shortfall_way *others; // other exact methods that fit
    size_t n_others;
    struct shortfall_way paged; // the exact method with the inputs of blocks in a file; no method: that saves nothing
    bool exact_fits;            // one of these keeps the budget
};

// Of a schedule that needs more than in->budget.
struct shortfall shortfall_find(const struct schedule_input *in, const struct schedule *s);
