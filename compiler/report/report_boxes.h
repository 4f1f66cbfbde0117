// Boxes: what the page draws of a timeline: time across, place upwards, few enough for a browser.
#pragma once
#include "compiler/report/report.h"

struct report_box { // one moment, or the iterations of one run of a tile loop that write one value at one place
    value_id value;
    int64_t birth, death, offset;
    int64_t slot;    // of a stack; -1
    int64_t partner; // index of the box in whose place it was made; -1
    int64_t count;   // moments that it stands for
};

struct report_phase { // a part of the step: "forward", "head", "backward", "update"
    const char *name;
    int64_t from, to; // steps
};

struct report_boxes {
    struct report_box *boxes; // by birth
    struct report_phase *phases;
    size_t n_boxes, n_phases, c_phases;
    int64_t loupe_from, loupe_to; // the block's run that holds the peak: every moment there has a box of its own
    bool folded;                  // some box stands for more than one moment
};

// fold_above: the number of moments up to which each has a box of its own everywhere.
struct report_boxes report_boxes(const struct report *r, struct arena *a, size_t fold_above);
