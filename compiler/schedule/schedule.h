// Schedule: what a step keeps and what it computes again, how many rows run at a time, in which order. Functions of
// their input alone: the same input gives the same schedule, and trying others changes nothing.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/pipeline/schedule_choice.h"
#include "compiler/plan/plan.h"

struct arena;
struct diagnostics;
struct model;
struct text;

struct schedule_input {
    struct arena *arena;           // of the results
    const struct model *model;     // and what its train block fixes: tile, forwards, slots, update, optimizer
    const struct graph *forward;   // pipeline_forward's; NULL: the model has no loss
    const struct gradient *method; // NULL: nothing is trained
    int threads;                   // the most, for the kernels' scratch
    enum plan_coalescing sharing;
    int64_t budget; // bytes of all pools but mapped weights; 0: none
    bool page;      // the inputs of blocks may go to a file
    bool curve;     // also the curve of all schedules
    struct diagnostics *diagnostics;
    const char *dump; // of the graphs that are chosen: as in struct pass_context
    struct text *dumped;
};

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

struct schedule {
    bool good; // false: a mistake was reported, and nothing else is filled in
    struct schedule_choice choice;
    const char *words; // of a searched choice; NULL otherwise
    struct curve curve;
    int64_t needed;                     // the least budget that works; 0: it was not searched
    struct graph *step, *eval, *logits; // NULL where the model has none
    struct plan *step_plan, *eval_plan, *logits_plan;
    int64_t bytes, arena_bytes, scratch_bytes; // bytes: of all pools but mapped weights
};

// Makes the fastest schedule that fits the budget, or the smallest where none does; without a budget what the method's
// own rules say.
struct schedule schedule_choose(const struct schedule_input *in);

// The least budget that the method can work with; INT64_MAX where the model or what the user fixed allows none. Of
// exact methods.
int64_t schedule_least_bytes(const struct schedule_input *in);

// What an estimate perturbs its tensors by; 0 of other methods.
double schedule_perturbation(const struct schedule_input *in);
