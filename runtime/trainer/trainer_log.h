// Trainer log: one JSON object a line for each step and evaluation.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <lorac/lrt.h>
#include "runtime/trainer/trainer_memory.h"

struct trainer_log {
    int file; // -1: no log
};

// path NULL: no log. resumed: -1 for a new log; else append to the lines of steps up to that one, and cut off what a
// killed run wrote after its last checkpoint. False: errno says why.
bool lrt_trainer_log_open(struct trainer_log *log, const char *path, int64_t resumed);
// {"step":1,"loss":x,"lr":x,"grad_norm":x,"tokens":n,"ms":x,"rss_anon":n,"rss_file":n}; step counts from 1, loss in
// full precision, tokens: those that counted, memory in bytes, the most seen in the step. Each line goes out in one
// write, so a reader never sees half of it.
bool lrt_trainer_log_step(struct trainer_log *log, int64_t step, const struct lrt_step *done, double ms,
                          struct trainer_memory memory);
// {"step":N,"eval_loss":x,"eval_tokens":n}
bool lrt_trainer_log_evaluation(struct trainer_log *log, int64_t step, double mean_loss, int64_t tokens);
bool lrt_trainer_log_close(struct trainer_log *log);
