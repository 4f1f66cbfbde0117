// Bigram model: the smallest real model behind struct lrt_interface, for tests of the trainer. The logits of a token t
// are column t of W + s B A (a LoRA linear on one-hot inputs). It trains by momentum SGD with a linear schedule.
// Forward pass, backward pass and update are plain loops.
#pragma once
#include <stdint.h>

#include <lorac/lrt.h>

enum { BIGRAM_VOCAB = 11, BIGRAM_RANK = 3, BIGRAM_BATCH = 2, BIGRAM_SEQ = 7, BIGRAM_IGNORE = -100 };
enum { BIGRAM_PARAMS = 2 * BIGRAM_RANK * BIGRAM_VOCAB }; // A [rank, vocab], then B [vocab, rank]

enum { BIGRAM_ROWS = BIGRAM_BATCH * BIGRAM_SEQ, BIGRAM_POOL = BIGRAM_PARAMS * sizeof(float) };

struct bigram {
    struct lrt run;
    float *adapters, *gradients, *momentum; // [BIGRAM_PARAMS] each
    const float *w;                         // [BIGRAM_VOCAB, BIGRAM_VOCAB]
    double learning_rate;
    int64_t schedule_steps, counted, micro_batches, next;
    const int32_t *tokens, *targets;
    double loss;
};

// What tests set in the model, and what it reports to them.
struct bigram_control {
    long interrupt_step;              // this step raises SIGINT while it runs; 0: none
    long interrupt_call;              // the same for a call of eval or logits; counts down to that call
    long calls;                       // calls of eval and logits
    const struct lrt_plan_info *plan; // of the next run: bigram_plan_info, or a changed copy
};
struct bigram_control *bigram_control(void);

extern const struct lrt_weight_info bigram_weights[1];
extern const struct lrt_param_info bigram_params[2];
extern const struct lrt_plan_info bigram_plan_info;
extern const double bigram_momentum;

// Every call of eval or logits counts itself.
void bigram_count_call(void);

int bigram_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o);

void bigram_logits_of(const float *w, const float *adapters, int token, double y[BIGRAM_VOCAB]);

// Converts logits to probabilities; returns -log p[target].
double bigram_softmax_loss(double y[BIGRAM_VOCAB], int target);

// Mean loss with these adapters (NULL: of W alone) over n pairs; targets BIGRAM_IGNORE do not count.
double bigram_loss(const float *w, const float *adapters, const int *tokens, const int *targets, int n);

const struct lrt_interface *bigram_interface(void);
