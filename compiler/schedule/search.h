// Search: schedules by the memory they need and the time they are estimated to take.
#pragma once
#include "compiler/schedule/schedule.h"

struct search;

// Of in->forward and in->method: all candidates with their estimated times. NULL: what the user fixed allows none.
struct search *search_open(const struct schedule_input *in);
// The fastest that fits so many bytes of all pools but mapped weights; NULL when none does. Never slower for more
// bytes.
const struct curve_point *search_fit(struct search *s, int64_t budget);
// The one that needs the least, and of those the fastest.
const struct curve_point *search_smallest(struct search *s);
// All that are not beaten in both memory and time, the fastest first; the last one's bytes are the least that can do.
struct curve search_curve(struct search *s);
// Takes instead of out->choice the fastest that needs no more memory, of all pools and of the arena, when it is
// estimated to be faster. Blocks that run in tiles gain by it: a few inputs fewer make room for higher tiles.
void search_faster(const struct schedule_input *in, struct schedule *out);
