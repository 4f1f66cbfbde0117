// Trainer rate: options for the learning rate. They replace what was compiled, or what a run began with.
#pragma once
#include <stdbool.h>

#include <lorac/lrt.h>

struct trainer_rate {
    struct lrt_rate_schedule schedule;
    bool has_kind, has_warmup, has_steps, has_floor; // what is given
};

// "cosine", or "cosine(warmup: 20, steps: 500, floor: 0.1)", as in a train block. False: it is something else.
bool lrt_trainer_parse_schedule(const char *text, struct trainer_rate *rate);
// "cosine" of its number (enum lrt_schedule_kind), and back; of none: LRT_SCHEDULE_COMPILED.
const char *lrt_trainer_schedule_name(int kind);
int lrt_trainer_schedule_kind(const char *name);
// `base`, with the given settings replaced.
struct lrt_rate_schedule lrt_trainer_rate_over(const struct lrt_rate_schedule *base, const struct trainer_rate *given);
bool lrt_trainer_rate_is_same(const struct lrt_rate_schedule *a, const struct lrt_rate_schedule *b);
