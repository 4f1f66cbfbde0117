// Plan mutants: a plan with one mistake at a time, each of which plan_verify must object to. Only what is wrong by the
// definition of a plan is made: why each kind is, stands with it.
#pragma once
#include "compiler/plan/plan.h"

struct mutant_tally {
    int killed, total, survivors_told;
};

// Changes *p and puts it back as it was. Prints the first survivors.
void plan_mutants_run(struct plan *p, struct arena *a, struct mutant_tally *t);
