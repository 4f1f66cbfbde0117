// Heights: how many rows are computed at a time, and how many logits of a row. All numbers that schedules choose from.
#pragma once
#include <stdint.h>

struct height_range { // least, least + step, .. most
    int64_t least, step, most;
};

#define HEIGHT_COUNT(list) (sizeof(list) / sizeof *(list))

// Logits of a row that a loss makes at a time: enough for threads to share, as fast as more.
enum { VOCABULARY_CHUNK = 512 };

// ---- by rules (choose_by_rules.c) ----
// Of a head that cannot work in parts. Its logits would hold the peak of a program whose blocks run in tiles: there it
// may be lower than is fast.
static const struct height_range head_range = {8, 8, 64}, tiled_head_range = {4, 1, 64};
static const struct height_range block_range = {16, 4, 1024};
// Rows at a time of a head in parts, and of one with whole rows of logits.
static const int64_t chunked_head_rows[] = {16, 32, 48, 64, 96, 128, 192, 256},
                     whole_head_rows[] = {64, 48, 32, 24, 16};

// ---- for estimates, evaluation and logits (choose_for_estimate.c) ----
// Rows of the head: with all their logits, the least that a product works on at a time; of a loss that makes its
// logits in parts, as many as make it fast.
enum { PLAIN_HEAD_HEIGHT = 8, PLAIN_PARTS_HEIGHT = 64 };
static const int64_t estimate_heights[] = {256, 128, 96, 64, 48, 32, 24, 16, 8};
static const int64_t estimate_head_heights[] = {64, 48, 32, 24, 16, 8};

// ---- of a search (candidates.c): heights grow by a half or a third each time: between them little is gained ----
static const int64_t whole_heads[] = {1, 2, 4, 8, 16, 32, 64}, part_heads[] = {8, 16, 32, 64, 128, 256};
enum { LEAST_BLOCK = 4 }; // 4, 6, 8, 12, 16, 24 ..
static inline int64_t next_height(int64_t height) { return height & (height - 1) ? height / 3 * 4 : height / 2 * 3; }
