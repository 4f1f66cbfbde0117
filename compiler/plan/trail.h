// Trail: the steps a program has run so far, kept so that it can be told between which steps it has been since a
// moment. A life, one plain interval of steps, must cover that stretch; a loop's way back to its beginning makes it
// wider than the two steps of writing and reading.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct trail_mark {
    uint64_t time;
    uint32_t step;
};

struct trail_side { // marks with rising times; steps fall (highest) or rise (lowest) strictly
    struct trail_mark *marks;
    size_t count, capacity;
};

struct trail {
    uint64_t time; // of the last step; 0: none yet
    struct trail_side highest, lowest;
};

void trail_free(struct trail *t);
void trail_step(struct trail *t, uint32_t step);
// The highest and lowest step run at or after a time; `now` when there is none.
uint32_t trail_highest(const struct trail *t, uint64_t since, uint32_t now);
uint32_t trail_lowest(const struct trail *t, uint64_t since, uint32_t now);
