// Trail: a step hides all earlier ones that are not higher (for the lowest: not lower) in every range up to now. The
// remaining steps form a short sorted list (a monotonic stack). The answer is its first mark in the range.
#include "compiler/plan/trail.h"

#include <stdbool.h>
#include <stdlib.h>

#include "compiler/base/memory.h"

void trail_free(struct trail *t) {
    free(t->highest.marks);
    free(t->lowest.marks);
}

static void side_step(struct trail_side *s, struct trail_mark mark, bool highest) {
    while (s->count && (highest ? s->marks[s->count - 1].step <= mark.step : s->marks[s->count - 1].step >= mark.step))
        s->count--;
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->marks = reallocate(s->marks, s->capacity, sizeof *s->marks);
    }
    s->marks[s->count++] = mark;
}

void trail_step(struct trail *t, uint32_t step) {
    struct trail_mark mark = {++t->time, step};
    side_step(&t->highest, mark, true);
    side_step(&t->lowest, mark, false);
}

static uint32_t side_ask(const struct trail_side *s, uint64_t since, uint32_t now) {
    size_t a = 0, b = s->count;
    while (a < b) {
        size_t middle = (a + b) / 2;
        if (s->marks[middle].time >= since)
            b = middle;
        else
            a = middle + 1;
    }
    return a < s->count ? s->marks[a].step : now;
}

uint32_t trail_highest(const struct trail *t, uint64_t since, uint32_t now) {
    return side_ask(&t->highest, since, now);
}

uint32_t trail_lowest(const struct trail *t, uint64_t since, uint32_t now) { return side_ask(&t->lowest, since, now); }
