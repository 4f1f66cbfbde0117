// Boxes: buffers that fit together without a gap become one box, and boxes become larger ones. A placement of the last
// boxes is a placement of all buffers with the same peak, and the liveness bound is the same: no box wastes a byte.
#pragma once
#include "compiler/plan/place.h"

struct arena;
struct boxes;

// How boxes of one life are stacked when nothing shows which of them belong together.
enum boxes_way {
    BOXES_SMALL_GROUPS, // all boxes of the life that has the fewest
    BOXES_SMALL_SIZES,  // the smallest boxes of each life, two by two
};

// Every buffer is a box. random: state of the order in which they are looked at, moves on; 0: the order of the buffers.
struct boxes *boxes_start(struct arena *a, const struct place_buffer *buffers, size_t n, uint64_t *random);
// Merges until at most `most` boxes have the same life, or until `stop` (may be NULL) is true. Returns the number of
// boxes left.
size_t boxes_merge(struct boxes *b, enum boxes_way way, int most, const struct place_stop *stop);
// The boxes that are left; their lives count in sections of time.
void boxes_list(const struct boxes *b, struct place_buffer *out);
// Offsets of the buffers from those of the boxes, in the order of boxes_list.
void boxes_open(const struct boxes *b, const struct place_buffer *placed, struct place_buffer *buffers);
