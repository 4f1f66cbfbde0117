// Schedule internals: shared by the files that choose schedules. Other folders include schedule.h.
#pragma once
#include "compiler/pipeline/pipeline.h"
#include "compiler/schedule/schedule.h"

struct program;

// The same graph, with this arena for the graphs that passes make from it.
struct graph *graph_in_arena(const struct graph *g, struct arena *a);

// ---- graphs and plans of a choice (schedule_build.c) ----
// Runs the passes of a step up to group `last`. They start from the differentiated graph. A choice that splits loops
// needs another one, so they start from the forward graph.
struct graph *build_gradients(const struct schedule_input *in, const struct pass_context *c, struct arena *a,
                              enum pass_group last);
// Builds the scheduled step with its updates in this arena. Returns NULL after a reported mistake.
struct graph *build_step(const struct schedule_input *in, const struct schedule_choice *choice, struct arena *a);
// Builds the graphs of evaluation and logits.
bool build_inference(const struct schedule_input *in, const struct schedule_choice *choice, struct arena *a,
                     struct schedule *out);
// Plans the existing graphs and adds up the bytes of all pools.
void build_plans(const struct schedule_input *in, struct arena *a, struct schedule *out);
// Builds all of these only to measure their bytes. Returns INT64_MAX after a reported mistake.
int64_t build_bytes(const struct schedule_input *in, const struct schedule_choice *choice);
// Decides whether the head of evaluation can compute its logits in chunks, and sets its heights. A model without a loss
// has logits instead.
void build_plain_head(const struct schedule_input *in, struct schedule_choice *choice);

// ---- ways of choosing: they set choice, words, curve and needed ----
// Return false after a reported mistake.
bool choose_by_rules(const struct schedule_input *in, struct schedule *out);
bool choose_for_estimate(const struct schedule_input *in, struct schedule *out);
// Returns false when the user's choices leave nothing to choose from.
bool choose_by_search(const struct schedule_input *in, struct schedule *out);
