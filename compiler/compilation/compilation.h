// Compilation: one model on its way to C. Every stage fills in its own part from what those before it made, and nothing
// is filled in twice.
#pragma once
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/source.h"
#include "compiler/base/text.h"
#include "compiler/cli/options.h"
#include "compiler/front/parse.h"
#include "compiler/model/model.h"
#include "compiler/program/program.h"
#include "compiler/schedule/schedule.h"

enum stage {
#define STAGE(name, about) STAGE_##name,
#include "compiler/compilation/stages.def"
#undef STAGE
    STAGES
};

struct compilation {
    struct arena *arena;
    const struct options *options;
    struct sources *sources;
    struct diagnostics *diagnostics;
    struct text tokens;                     // tokens, where they are asked for
    const struct ast_file *ast;             // ast
    const struct model *model;              // model
    const struct gradient *method;          // graph; NULL: the model has no train block
    struct graph *forward, *differentiated; // graph, step; NULL: there is no loss, nothing is trained
    struct schedule schedule;               // schedule
    struct program *program;                // plan
    struct text header, source;             // c
    const char *header_path;                // c: where the header is written
    struct text dumped;                     // of --dump PASS
};

// Runs the stages from first to last. False after a reported mistake.
bool compilation_run(struct compilation *c, enum stage first, enum stage last);
// What a stage made, as text.
void compilation_dump(const struct compilation *c, enum stage s, struct text *out);

const char *stage_name(enum stage s);
enum stage stage_named(const char *name); // STAGES: there is none

// ---- for other ways to compile the same model ----
struct schedule_input compilation_schedule_input(struct compilation *c);
// The plan stage without its look at the plans: makes c->program of the schedule.
void compilation_lay_out(struct compilation *c);
// Replays every plan; a wrong one is an internal error.
void compilation_verify(const struct compilation *c);
// Whether the pools take more than the budget.
bool compilation_is_short(const struct compilation *c);
