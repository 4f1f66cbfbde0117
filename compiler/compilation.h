// Compilation: what the stages hand on; each fills its own part.
#pragma once
#include "codegen/program.h"
#include "compiler/ad/gradient.h"
#include "compiler/base/arena.h"
#include "compiler/base/source.h"
#include "compiler/base/text.h"
#include "compiler/front/parse.h"
#include "compiler/model/model.h"
#include "compiler/options.h"
#include "compiler/plan/plan.h"

struct compilation {
    struct arena *arena;
    const struct options *options;
    struct sources sources;
    struct diagnostics *diagnostics;
    struct text tokens;
    struct ast_file *ast;
    struct model *model;
    const struct gradient *gradient;
    struct graph *forward;     // untiled
    struct graph *unscheduled; // the step before anything is chosen
    bool least_memory;         // nothing is traded for speed: the budget was missed otherwise
    bool trial;                // only its size is told: the plan is not replayed
    struct schedule_choice choice;
    struct graph *step, *eval, *logits; // NULL where the model has none
    struct plan *step_plan, *eval_plan, *logits_plan;
    struct program *program;
    struct text header, source;
    const char *header_path; // what the source includes, and where it is written
    int status;              // what the process ends with
};

#define STAGE(name, about)                                                                                             \
    bool run_##name(struct compilation *c);                                                                            \
    void dump_##name(const struct compilation *c, struct text *out);
#include "compiler/stages.def"
#undef STAGE

// The driver: every stage from `first` (NULL: the first there is) to the options' stop_after, then what is written.
void run_stages(struct compilation *c, const char *first);

// Plans a graph and has the replay judge it; NULL and c->status after its objection.
struct plan *compilation_plan(struct compilation *c, const struct graph *g);
// Plans every graph and makes c->program of them.
bool compilation_program(struct compilation *c);
enum { LOSS_PART = 512 }; // logits of a row that a loss makes at a time: enough for threads to share, as fast as more
// Makes c->choice and builds c->step (compiler/schedule_step.c).
bool schedule_step(struct compilation *c);
// Whether all pools but mapped weights fit the budget; budget_is_kept reports what is missing.
bool budget_is_missed(const struct compilation *c);
bool budget_is_kept(struct compilation *c);

struct variants;
// Every --report; known: what compiler/variants.h made of c; NULL: made where a form tells of it.
void write_reports(struct compilation *c, struct variants *known);
// Everything that is written: the C files, reports, the dependency file, random weights. Sets c->status.
void write_outputs(struct compilation *c);
// Whether every --report ends like a form there is; false after a message.
bool check_report_names(const struct options *o);
