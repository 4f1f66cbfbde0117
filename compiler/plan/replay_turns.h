// Turns of a replay: the many turns of a loop over rows are proven from a few that are run.
#pragma once
#include "compiler/plan/replay.h"

// Makes ready for the proof, before the first turn: what no one will read any more is written by nobody.
void replay_forget(struct replay *r, loop_id l);
// The loop has turns 0 .. last, and turn `turn` is the next to run. Runs it; where its state and the one before it show
// a rule by which all turns before `last` must go well, goes on to `last`. Returns the turn to run next.
int64_t replay_turns(struct replay *r, loop_id l, int64_t turn, int64_t last);
