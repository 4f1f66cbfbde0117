// Schedule: what a step keeps or recomputes, how many rows run at a time, and in which order. The functions are pure:
// the same input gives the same schedule, and trials have no side effects.
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
    struct arena *arena;           // for the results
    const struct model *model;     // its train block may fix tile, forwards, slots, update, optimizer
    const struct graph *forward;   // from pipeline_forward; NULL: the model has no loss
    const struct gradient *method; // NULL: no training
    // The forward graph with gradients of the method, no loop split; NULL: not made yet, or there is no training.
    const struct graph *differentiated;
    int threads; // the maximum, for the kernels' scratch
    enum plan_coalescing sharing;
    int64_t budget; // bytes of all pools except mapped weights; 0: none
    bool page;      // block inputs may go to a file
    bool curve;     // also compute the curve of all schedules
    struct diagnostics *diagnostics;
    const char *dump; // dumps the chosen graphs, as in struct pass_context
    struct text *dumped;
};

struct curve_point {
    struct schedule_choice choice;
    double seconds, forwards; // estimates for a step: time, and flops relative to an evaluation
    const char *words;        // the choice
    int64_t bytes, arena;     // of all pools except mapped weights; of the arena alone
};

struct curve {
    struct curve_point *points; // ascending seconds, descending bytes: the Pareto front
    size_t count, capacity;
};

struct schedule {
    bool good; // false: a mistake was reported, and no other field is set
    struct schedule_choice choice;
    const char *words; // for a searched choice; NULL otherwise
    struct curve curve;
    int64_t needed;                     // the smallest budget that works; 0: not searched
    struct graph *step, *eval, *logits; // NULL where the model has none
    struct plan *step_plan, *eval_plan, *logits_plan;
    int64_t bytes, arena_bytes, scratch_bytes; // bytes: of all pools except mapped weights
};

// Returns the fastest schedule that fits the budget, or the smallest if none fits. Without a budget the method's own
// rules choose.
struct schedule schedule_choose(const struct schedule_input *in);

// The smallest budget that an exact method can work with. INT64_MAX: the model or the user's choices allow no schedule.
int64_t schedule_least_bytes(const struct schedule_input *in);

// The perturbation of an estimate's tensors; 0 for other methods.
double schedule_perturbation(const struct schedule_input *in);
