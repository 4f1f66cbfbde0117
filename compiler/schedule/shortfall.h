// Shortfall: by how much a schedule exceeds its budget, and which other training methods would fit.
#pragma once
#include "compiler/schedule/schedule.h"

struct shortfall_way {
    const struct gradient *method;
    int64_t bytes; // the smallest budget that it works with
};

struct shortfall {
    int64_t budget, least;        // least: the smallest budget for the chosen method
    struct shortfall_way *others; // other exact methods that fit
    size_t n_others;
    struct shortfall_way paged; // the exact method with block inputs in a file; no method: paging saves nothing
    bool exact_fits;            // one of these fits the budget
};

// For a schedule that needs more than in->budget.
struct shortfall shortfall_find(const struct schedule_input *in, const struct schedule *s);
