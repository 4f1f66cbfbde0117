// Position history: records the positions run so far. It answers between which positions the program has been since a
// given time. A value's life is one interval of positions and must cover that range. A loop that jumps back makes the
// range wider than the positions of the write and the read.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct timed_position {
    uint64_t time;
    uint32_t at;
};

struct monotonic_stack { // times rise; positions strictly fall (highest) or rise (lowest)
    struct timed_position *entries;
    size_t count, capacity;
};

struct position_history {
    uint64_t time; // of the last position; 0: none yet
    struct monotonic_stack highest, lowest;
};

void position_history_free(struct position_history *h);
void position_history_add(struct position_history *h, uint32_t at);
// The highest and lowest position run at or after time `since`; `now` when there is none.
uint32_t position_history_highest(const struct position_history *h, uint64_t since, uint32_t now);
uint32_t position_history_lowest(const struct position_history *h, uint64_t since, uint32_t now);
