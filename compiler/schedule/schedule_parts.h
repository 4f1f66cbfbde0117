// Schedule parts: what the ways of choosing share. Everybody else includes schedule.h.
#pragma once
#include "compiler/schedule/schedule.h"

struct program;

// The same graph, of which passes make others in this arena.
struct graph *graph_in_arena(const struct graph *g, struct arena *a);

// ---- graphs and plans of a choice (schedule_build.c) ----
// The scheduled step with its updates, in this arena; NULL after a reported mistake.
struct graph *build_step(const struct schedule_input *in, const struct schedule_choice *choice, struct arena *a);
// The graphs of evaluation and of logits.
bool build_inference(const struct schedule_input *in, const struct schedule_choice *choice, struct arena *a,
                     struct schedule *out);
// Plans of the graphs that are there, and what all pools take.
void build_plans(const struct schedule_input *in, struct arena *a, struct schedule *out);
// All of these for a look at what they take; INT64_MAX after a reported mistake.
int64_t build_bytes(const struct schedule_input *in, const struct schedule_choice *choice);
// Whether the head of evaluation (a model without a loss: of logits) can make its logits in parts; its heights.
void build_plain_head(const struct schedule_input *in, struct schedule_choice *choice);

// ---- ways of choosing: they fill in choice, and words, curve and needed ----
// False after a reported mistake.
bool choose_by_rules(const struct schedule_input *in, struct schedule *out);
bool choose_for_estimate(const struct schedule_input *in, struct schedule *out);
// False where what the user fixed leaves nothing to choose from.
bool choose_by_search(const struct schedule_input *in, struct schedule *out);
