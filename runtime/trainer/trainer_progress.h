// Trainer progress: what a person sees while training: a bar on a terminal, a few plain lines elsewhere, nothing when
// quiet.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "runtime/trainer/trainer_line.h"

struct trainer_progress {
    int output;                  // file descriptor
    bool quiet, terminal, drawn; // drawn: a bar stands on the current line
    int64_t first, last;         // the first step's number, and the last's
    double started, shown;       // seconds of lrt_trainer_clock
    int64_t tokens;              // since the start
    bool lost;                   // something could not be written
};

double lrt_trainer_clock(void); // seconds, monotonic

// output: 1 for stdout; whether it is a terminal is asked here.
void lrt_trainer_progress_begin(struct trainer_progress *p, int output, bool quiet, int64_t first, int64_t last);
// After a step of so many tokens. The bar has loss, tokens a second, time left and anonymous memory in bytes; of steps
// without tokens (a replay) the time alone.
void lrt_trainer_progress_step(struct trainer_progress *p, int64_t step, double loss, int64_t tokens,
                               uint64_t anonymous);
// Writes a line of any kind, also when quiet, and notes when that fails.
void lrt_trainer_progress_put(struct trainer_progress *p, struct trainer_line *l);
// A line of its own between the steps; the bar is redrawn with the next step. Silent when quiet.
void lrt_trainer_progress_say(struct trainer_progress *p, const char *text);
void lrt_trainer_progress_end(struct trainer_progress *p);
