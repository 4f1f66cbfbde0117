// Replay map: records, for every byte of the arena, the write that last filled it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replay_range {
    int64_t low, high;
    uint64_t write; // number of the write that filled it; 0: none
};

struct replay_map {
    struct replay_range *ranges; // sorted, without gaps; neighbours have different writes
    size_t count, capacity;
};

void replay_map_start(struct replay_map *m); // no byte is written yet
void replay_map_write(struct replay_map *m, int64_t low, int64_t high, uint64_t write);
// True when this write was the last to fill every byte of [low, high).
bool replay_map_holds(const struct replay_map *m, int64_t low, int64_t high, uint64_t write);
void replay_map_free(struct replay_map *m);
