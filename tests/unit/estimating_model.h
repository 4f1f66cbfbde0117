// Estimating model: a handwritten program that estimates its gradient, for tests of the runtime. The loss of a token c
// is the sum of (x - c / 10)^2 / 2 over all numbers x of the trained tensors. A micro-batch has two tokens. The slices
// record the noise of each run.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt.h>

enum {
    EST_IN = 8,
    EST_RANK = 2,
    EST_OUT = 6,
    EST_LAYERS = 3,
    EST_PARAMS = 3,
    EST_PAIRS = EST_LAYERS + 1,
    EST_VOCAB = 10,
    EST_IGNORE = -100,
    EST_TOKENS = 2,
    EST_TANGENTS_MAX = 4,
    EST_FLOATS = EST_LAYERS * (16 + 16) + 16, // the pool; lora_b and norm leave gaps
    EST_TRAINED = EST_LAYERS * (16 + 12) + 8,
    EST_LONGEST = 16,
};

struct est {
    struct lrt_model model;
    struct lrt_plan_info info;
    struct lrt_program program;
    struct lrt_tensor slots[EST_LAYERS + 1];
    void *memory;
    float scales[16]; // of the noise, one for each run of the gradient's slice
    int runs, updates;
    double clip; // 0: none
};

extern const struct lrt_param_info est_params[EST_PARAMS];

uint32_t est_number(const struct lrt_param_info *p, int64_t k);

int64_t est_floats(const struct lrt_param_info *p);

float *est_values(struct lrt_model *m, size_t param, int64_t k);

// eps > 0: zeroth order; else forward mode with this many tangents; 0: an exact gradient, which is zero here.
void est_describe(struct est *e, double eps, int tangents);

int est_init(struct est *e, struct lrt_options o);

void est_start(struct est *e, double eps, int tangents, struct lrt_options o);

void est_stop(struct est *e);

// Begins a step and advances until its gradient is complete.
void est_complete(struct est *e, const int32_t *tokens, const int32_t *targets, int64_t micro_batches);
