// Boxes: the rectangles that the page draws for a timeline: time across, offsets upwards, few enough for a browser.
#pragma once
#include "compiler/report/report.h"

struct report_box { // one lifetime, or the iterations of one tile loop run that write one value at one place
    value_id value;
    int64_t birth, death, offset;
    int64_t slot;    // slot of a stack; -1
    int64_t partner; // index of the box whose place it reuses; -1
    int64_t count;   // number of its lifetimes
};

struct report_phase { // a part of the step: "forward", "head", "backward", "update"
    const char *name;
    int64_t from, to; // steps
};

struct report_boxes {
    struct report_box *boxes; // sorted by birth
    struct report_phase *phases;
    size_t n_boxes, n_phases, c_phases;
    int64_t loupe_from, loupe_to; // the block run that holds the peak: every lifetime in it has its own box
    bool folded;                  // some box holds more than one lifetime
};

// fold_above: up to this number of lifetimes each has its own box.
struct report_boxes report_boxes(const struct report *r, struct arena *a, size_t fold_above);
