// Pipeline: runs the passes of passes.def in order. A graph is verified after every pass, in release builds too. A
// broken graph is an internal error that names the pass.
#pragma once
#include "compiler/ir/graph.h"
#include "compiler/pipeline/schedule_choice.h"

struct arena;
struct diagnostics;
struct model;
struct text;

// The graph to build.
enum pass_graph { FORWARD = 1, STEP = 2, EVALUATION = 4, LOGITS = 8 };

// Groups of passes: a search runs the groups that candidates share only once. FORWARD ends with LOWER. STEP and
// EVALUATION start after it, from the forward graph. LOGITS runs from LOWER to the end.
enum pass_group {
    GROUP_LOWER,
    GROUP_DIFFERENTIATE,
    GROUP_SIMPLIFY,
    GROUP_KEEP,
    GROUP_ROWS,
    GROUP_HEAD,
    GROUP_LOOPS,
    GROUP_ORDER,
    GROUP_UPDATE
};

struct pass_context {
    enum pass_graph graph;
    const struct model *model;     // for LOWER and UPDATE; NULL is allowed elsewhere
    struct schedule_choice choice; // unused for FORWARD
    struct arena *arena;           // for LOWER; later passes use the arena of their input graph
    struct diagnostics *diagnostics;
    // --dump=NAME: the result of each run of this pass is appended to `dumped`; NULL: no dump.
    const char *dump;
    struct text *dumped;
};

// Runs the passes of groups first .. last that apply, starting from g (NULL for LOWER). Some passes change their graph
// in place, but never the first that runs on a forward or on a differentiated graph. Returns NULL after a reported
// mistake.
struct graph *pipeline_run(const struct pass_context *c, struct graph *g, enum pass_group first, enum pass_group last);

bool pipeline_has_pass(const char *name);
void pipeline_names(struct text *out); // names of all passes, in order, each once, with a space before it

// ---- the runs by name ----
// Builds the forward pass and loss, untiled.
struct graph *pipeline_forward(const struct model *m, struct arena *a, struct diagnostics *d);
// Adds gradients to the forward graph and schedules it as chosen, except for node order and updates.
struct graph *pipeline_gradients(const struct schedule_choice *choice, struct graph *forward, struct diagnostics *d);
// Appends the updates to a scheduled graph.
struct graph *pipeline_updates(const struct model *m, struct graph *scheduled, struct diagnostics *d);
