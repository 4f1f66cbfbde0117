// Search: schedules ranked by memory and estimated time.
#pragma once
#include "compiler/schedule/schedule.h"

struct search;

// Lists all candidates for in->forward and in->method with their estimated times. NULL: the user's choices allow none.
struct search *search_open(const struct schedule_input *in);
// The fastest schedule within the budget (all pools except mapped weights); NULL: none. More budget never makes it
// slower.
const struct curve_point *search_fit(struct search *s, int64_t budget);
// The schedule with the least memory; of several, the fastest.
const struct curve_point *search_smallest(struct search *s);
// The Pareto front of memory and time, fastest first. The last point's bytes are the minimum.
struct curve search_curve(struct search *s);
// Replaces out->choice by the fastest schedule that needs no more memory (all pools, and the arena), if it is estimated
// to be faster. This helps tiled blocks: keeping slightly fewer inputs leaves memory for taller tiles.
void search_faster(const struct schedule_input *in, struct schedule *out);
