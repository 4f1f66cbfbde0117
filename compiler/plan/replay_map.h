// Replay map: for every byte of the arena, which write filled it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replay_range {
    int64_t low, high;
    uint64_t write; // number of the write that filled it; 0: nobody's
};

struct replay_map {
    struct replay_range *ranges; // all there is, in order, without gaps; neighbours are of different writes
    size_t count, capacity;
};

void replay_map_start(struct replay_map *m); // all bytes nobody's
void replay_map_write(struct replay_map *m, int64_t low, int64_t high, uint64_t write);
// Whether all bytes of [low, high) were last filled by this write.
bool replay_map_holds(const struct replay_map *m, int64_t low, int64_t high, uint64_t write);
void replay_map_free(struct replay_map *m);
