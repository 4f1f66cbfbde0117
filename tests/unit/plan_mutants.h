// Plan mutants: plans with one error each, all of which plan_verify must reject. Every kind of mutant violates the
// definition of a plan; its comment explains how.
#pragma once
#include "compiler/plan/plan.h"

struct mutant_tally {
    int killed, total, survivors_told;
};

// Changes *p and puts it back as it was. Prints the first survivors.
void plan_mutants_run(struct plan *p, struct arena *a, struct mutant_tally *t);
