// Heights: the row counts, and the logits per row, that schedules choose from.
// There are three sets of them. Rules fill an arena that is there anyway, so their steps are small. A search multiplies
// its candidates by each height, so it has few. Estimates go down from the tallest. On one ladder of heights plans
// change.
#pragma once
#include <stdint.h>

struct height_range { // least, least + step, .. most
    int64_t least, step, most;
};

#define HEIGHT_COUNT(list) (sizeof(list) / sizeof *(list))

// Logits per row that a loss computes at a time: enough to share among threads, and larger chunks are no faster.
enum { VOCABULARY_CHUNK = 512 };

// ---- by rules (choose_by_rules.c) ----
// For a head that cannot work in chunks. When blocks run in tiles, its logits would hold the peak: it may then be lower
// than the fastest height.
static const struct height_range head_range = {8, 8, 64}, tiled_head_range = {4, 1, 64};
static const struct height_range block_range = {16, 4, 1024};
// Row counts of a head in chunks, and of one with whole rows of logits.
static const int64_t chunked_head_rows[] = {16, 32, 48, 64, 96, 128, 192, 256},
                     whole_head_rows[] = {64, 48, 32, 24, 16};

// ---- for estimates, evaluation and logits (choose_for_estimate.c) ----
// Rows of the LM head. With whole rows of logits: the fewest that a product computes at a time. In chunks: as many as
// make it fast.
enum { PLAIN_HEAD_HEIGHT = 8, PLAIN_CHUNKED_HEIGHT = 64 };
static const int64_t estimate_heights[] = {256, 128, 96, 64, 48, 32, 24, 16, 8};
static const int64_t estimate_head_heights[] = {64, 48, 32, 24, 16, 8};

// ---- for a search (candidates.c): heights grow by a half or a third each time; values between gain little ----
static const int64_t whole_heads[] = {1, 2, 4, 8, 16, 32, 64}, chunked_heads[] = {8, 16, 32, 64, 128, 256};
enum { LEAST_BLOCK = 4 }; // 4, 6, 8, 12, 16, 24 ..
static inline int64_t next_height(int64_t height) { return height & (height - 1) ? height / 3 * 4 : height / 2 * 3; }
