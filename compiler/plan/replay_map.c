// Replay map: a sorted list of disjoint ranges, searched by halving, split and merged by writes.
#include "compiler/plan/replay_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *replay_allocate(size_t n, size_t bytes) {
    void *memory = calloc(n ? n : 1, bytes);
    if (!memory) {
        fputs("lorac: error: out of memory\n", stderr);
        exit(70);
    }
    return memory;
}

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

static void insert(struct replay_map *m, size_t at, struct replay_range range) {
    if (m->count == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 256;
        struct replay_range *map = replay_allocate(capacity, sizeof *map);
        if (m->ranges) memcpy(map, m->ranges, m->count * sizeof *map);
        free(m->ranges);
        m->ranges = map;
        m->capacity = capacity;
    }
    memmove(&m->ranges[at + 1], &m->ranges[at], (m->count - at) * sizeof *m->ranges);
    m->ranges[at] = range;
    m->count++;
}

void replay_map_write(struct replay_map *m, int64_t low, int64_t high, uint64_t write) {
    size_t at = first_after(m, low);
    if (at < m->count && m->ranges[at].low < low) { // keep its part below; its part above, too, when it reaches beyond
        struct replay_range old = m->ranges[at];
        m->ranges[at].high = low;
        at++;
        if (old.high > high) insert(m, at, (struct replay_range){high, old.high, old.write});
    }
    size_t last = at;
    while (last < m->count && m->ranges[last].high <= high) last++;
    if (last < m->count && m->ranges[last].low < high) m->ranges[last].low = high;
    if (m->count > last) memmove(&m->ranges[at], &m->ranges[last], (m->count - last) * sizeof *m->ranges);
    m->count -= last - at;
    insert(m, at, (struct replay_range){low, high, write});
}

bool replay_map_holds(const struct replay_map *m, int64_t low, int64_t high, uint64_t write) {
    for (size_t at = first_after(m, low); low < high; at++) {
        if (at == m->count || m->ranges[at].low > low || m->ranges[at].write != write) return false;
        low = m->ranges[at].high;
    }
    return true;
}

void replay_map_free(struct replay_map *m) { free(m->ranges); }
