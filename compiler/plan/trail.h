// Trail: records the steps run so far and answers between which steps the program has been since a given time. A
// value's life is one interval of steps and must cover that range. A loop that jumps back makes the range wider than
// the steps of the write and the read.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct trail_mark {
    uint64_t time;
    uint32_t step;
};

struct trail_side { // times rise; steps strictly fall (highest) or rise (lowest)
    struct trail_mark *marks;
    size_t count, capacity;
};

struct trail {
    uint64_t time; // time of the last step; 0: none yet
    struct trail_side highest, lowest;
};

void trail_free(struct trail *t);
void trail_step(struct trail *t, uint32_t step);
// The highest and lowest step run at or after time `since`; `now` when there is none.
uint32_t trail_highest(const struct trail *t, uint64_t since, uint32_t now);
uint32_t trail_lowest(const struct trail *t, uint64_t since, uint32_t now);
