// Compilation: what the stages hand on; each fills its own part.
#pragma once
#include "compiler/program/program.h"
#include "compiler/ad/gradient.h"
#include "compiler/base/arena.h"
#include "compiler/base/source.h"
#include "compiler/base/text.h"
#include "compiler/front/parse.h"
#include "compiler/model/model.h"
#include "compiler/options.h"
#include "compiler/plan/plan.h"

struct curve_point {
    struct schedule_choice choice;
    double seconds, forwards; // estimated, of a step: its time, and its flops over those of an evaluation
    const char *words;        // the choice
    int64_t bytes, arena;     // of all pools but mapped weights; of the arena alone
};

struct curve {
    struct curve_point *points; // rising seconds, falling bytes: none is beaten by another in both
    size_t count, capacity;
};

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
    bool trial;                // only its size is told: the plan is not replayed
    struct schedule_choice choice;
    const char *choice_words;           // of a searched one; NULL otherwise
    struct curve curve;                 // of --pareto
    int64_t needed;                     // the least budget that a searched choice works with; 0: it is not searched
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
enum {
    VOCABULARY_CHUNK = 512
}; // logits of a row that a loss makes at a time: enough for threads to share, as fast as more
// The step graph of a choice, updates included; NULL after a reported mistake.
struct graph *schedule_graph(struct compilation *c, const struct schedule_choice *choice);
// The same compilation for a choice, to see what it takes: its graphs stand in an arena that is freed soon.
struct compilation schedule_attempt(const struct compilation *c, const struct schedule_choice *choice,
                                    struct arena *scratch);
// Makes c->choice by the named method's own rules and builds c->step (compiler/schedule_step.c).
bool schedule_step(struct compilation *c);
// The same for methods that estimate (compiler/schedule_estimate.c).
bool schedule_estimate(struct compilation *c);
// The head of graphs without a backward pass; forward NULL: of logits alone.
void schedule_plain_head(const struct graph *forward, struct schedule_choice *choice);
// Makes c->choice the fastest that fits the budget (the smallest where none does) and builds c->step
// (compiler/search_schedule.c).
bool search_schedule(struct compilation *c);
// The least budget that works with c->gradient; INT64_MAX where none does.
int64_t search_least_bytes(struct compilation *c);
// Builds c->eval and c->logits as c->choice says.
bool schedule_inference(struct compilation *c);
// All pools but mapped weights and the page file.
int64_t bytes_of_pools(const struct program *p);
// Whether they fit the budget; budget_is_kept reports what is missing.
bool budget_is_missed(const struct compilation *c);
bool budget_is_kept(struct compilation *c);

struct variants;
struct report_comparison;
// Every --report; known: what compiler/variants.h made of c; NULL: made where a form tells of it; compared: what they
// were measured on; NULL: they were not.
void write_reports(struct compilation *c, struct variants *known, const struct report_comparison *compared);
// Tries whether they could be written, before what takes long; false after a message, with c->status set.
bool reports_may_be_written(struct compilation *c);
// Everything that is written: the C files, reports, the dependency file, random weights. Sets c->status.
void write_outputs(struct compilation *c);
// Whether every --report ends like a form there is; false after a message.
bool check_report_names(const struct options *o);
