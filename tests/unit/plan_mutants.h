// Plan mutants: a plan with one mistake at a time, each of which plan_verify must object to. Only what is wrong by the
// definition of a plan is made: why each kind is, stands with it.
#pragma once
#include "compiler/plan/plan.h"

struct mutant_tally {
    int killed, total, survivors_told;
    int replayed; // mutants that only a replay can find wrong: their claims are good
    int differ;   // of which turns proven and turns run one by one judge otherwise
    size_t proven;
};

// Changes *p and puts it back as it was. Prints the first survivors.
void plan_mutants_run(struct plan *p, struct arena *a, struct mutant_tally *t);

// Moves a place to anywhere in the arena, without regard to claims, and has it replayed with turns proven and with turns
// run; counts where they differ. Returns how many of the trials are wrong.
int plan_mutants_replay(struct plan *p, int trials, struct mutant_tally *t);
