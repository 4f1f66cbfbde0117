// Position history: two monotonic stacks, as for the maximum and minimum of a sliding window. A new position hides all
// earlier ones that are not higher (for the lowest: not lower) from every later question. The rest is a short sorted
// list. The answer is its first entry in the range.
#include "compiler/plan/position_history.h"

#include <stdbool.h>
#include <stdlib.h>

#include "compiler/base/memory.h"

void position_history_free(struct position_history *h) {
    free(h->highest.entries);
    free(h->lowest.entries);
}

static void push(struct monotonic_stack *s, struct timed_position entry, bool highest) {
    while (s->count && (highest ? s->entries[s->count - 1].at <= entry.at : s->entries[s->count - 1].at >= entry.at))
        s->count--;
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->entries = reallocate(s->entries, s->capacity, sizeof *s->entries);
    }
    s->entries[s->count++] = entry;
}

void position_history_add(struct position_history *h, uint32_t at) {
    struct timed_position entry = {++h->time, at};
    push(&h->highest, entry, true);
    push(&h->lowest, entry, false);
}

static uint32_t first_since(const struct monotonic_stack *s, uint64_t since, uint32_t now) {
    size_t a = 0, b = s->count;
    while (a < b) {
        size_t middle = (a + b) / 2;
        if (s->entries[middle].time >= since)
            b = middle;
        else
            a = middle + 1;
    }
    return a < s->count ? s->entries[a].at : now;
}

uint32_t position_history_highest(const struct position_history *h, uint64_t since, uint32_t now) {
    return first_since(&h->highest, since, now);
}

uint32_t position_history_lowest(const struct position_history *h, uint64_t since, uint32_t now) {
    return first_since(&h->lowest, since, now);
}
