// Pipeline: the passes of passes.def, run in their order. A graph is verified after every pass, also in release builds;
// a broken one is an internal error that names the pass.
#pragma once
#include "compiler/ir/graph.h"
#include "compiler/pipeline/schedule_choice.h"

struct arena;
struct diagnostics;
struct model;
struct text;

// Which graph is made.
enum pass_graph { FORWARD = 1, STEP = 2, EVALUATION = 4, LOGITS = 8 };

// Parts of the table: a search runs the parts that candidates share once. FORWARD ends with LOWER; STEP and EVALUATION
// begin behind it, from the forward graph; LOGITS goes from LOWER to the end.
enum part { PART_LOWER, PART_DIFFERENTIATE, PART_SIMPLIFY, PART_KEEP, PART_ROWS, PART_HEAD, PART_ORDER, PART_UPDATE };

struct pass_context {
    enum pass_graph graph;
    const struct model *model;     // of LOWER and UPDATE; others may have none
    struct schedule_choice choice; // FORWARD: none
    struct arena *arena;           // of LOWER; later passes make graphs in the arena of the one they are given
    struct diagnostics *diagnostics;
    // --dump=NAME: what each run of this pass made is added to `dumped`; NULL: nothing is shown.
    const char *dump;
    struct text *dumped;
};

// Runs the passes of these parts that apply. g: what they begin with; NULL for LOWER. Some passes change their graph in
// place, none of them the first that applies to a forward graph. NULL after a reported mistake.
struct graph *pipeline_run(const struct pass_context *c, struct graph *g, enum part first, enum part last);

bool pipeline_has_pass(const char *name);
void pipeline_names(struct text *out); // of all passes, in order, each once, with a blank before it

// ---- the runs by name ----
// Forward pass and loss, untiled.
struct graph *pipeline_forward(const struct model *m, struct arena *a, struct diagnostics *d);
// The forward graph with its gradients, scheduled as chosen: all but the order of nodes and the updates.
struct graph *pipeline_gradients(const struct schedule_choice *choice, struct graph *forward, struct diagnostics *d);
// A scheduled graph with the updates behind it.
struct graph *pipeline_updates(const struct model *m, struct graph *scheduled, struct diagnostics *d);
