// Replay map: a sorted list of ranges without gaps. Lookup is a binary search; writes split and join ranges.
#include "compiler/plan/replay_map.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/base/memory.h"

static size_t first_after(const struct replay_map *m, int64_t low) { // the first range that ends after `low`
    size_t a = 0, b = m->count;
    while (a < b) {
        size_t mid = (a + b) / 2;
        if (m->ranges[mid].high > low)
            b = mid;
        else
            a = mid + 1;
    }
    return a;
}

// Replaces the ranges [at, end) by n others.
static void replace(struct replay_map *m, size_t at, size_t end, const struct replay_range *by, size_t n) {
    size_t count = m->count - (end - at) + n;
    if (count > m->capacity) {
        size_t capacity = 2 * count + 256;
        struct replay_range *ranges = allocate(capacity, sizeof *ranges);
        memcpy(ranges, m->ranges, m->count * sizeof *ranges);
        free(m->ranges);
        m->ranges = ranges;
        m->capacity = capacity;
    }
    if (n != end - at) memmove(&m->ranges[at + n], &m->ranges[end], (m->count - end) * sizeof *m->ranges);
    memcpy(&m->ranges[at], by, n * sizeof *by);
    m->count = count;
}

void replay_map_start(struct replay_map *m) {
    const struct replay_range all = {INT64_MIN, INT64_MAX, 0};
    m->capacity = 256;
    m->ranges = allocate(m->capacity, sizeof *m->ranges);
    m->ranges[m->count++] = all;
}

void replay_map_write(struct replay_map *m, int64_t low, int64_t high, uint64_t write) {
    size_t at = first_after(m, low), last = at;
    while (m->ranges[last].high < high) last++;
    struct replay_range left = m->ranges[at], right = m->ranges[last], by[3], new = {low, high, write};
    size_t n = 0, end = last + 1;
    if (left.low < low) {
        if (left.write == write)
            new.low = left.low;
        else
            by[n++] = (struct replay_range){left.low, low, left.write};
    } else if (at && m->ranges[at - 1].write == write) {
        new.low = m->ranges[--at].low;
    }
    bool cut = right.high > high;
    if (cut && right.write == write)
        new.high = right.high;
    else if (!cut && end < m->count && m->ranges[end].write == write)
        new.high = m->ranges[end++].high;
    by[n++] = new;
    if (cut && right.write != write) by[n++] = (struct replay_range){high, right.high, right.write};
    replace(m, at, end, by, n);
}

bool replay_map_holds(const struct replay_map *m, int64_t low, int64_t high, uint64_t write) {
    size_t at = first_after(m, low); // neighbours have different writes, so one range holds it all or the answer is no
    return m->ranges[at].high >= high && m->ranges[at].write == write;
}

void replay_map_free(struct replay_map *m) { free(m->ranges); }
