// Trainer checkpoint: what it takes to go on as if nothing had happened, in one safetensors file:
// tensor "adapters" [n] and "state" [m] (the flat pools), and the metadata below. It is replaced as a whole, never in
// part.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <lorac/lrt.h>

struct trainer_checkpoint {
    int64_t step;  // updates done
    int64_t steps; // of the whole run, as --steps said when it began
    uint64_t seed;
    int64_t position; // next row in the order of the data
    int64_t data_rows, data_tokens;
    int64_t micro_batches;
    bool shuffled;
    double learning_rate;  // 0: the compiled one
    uint64_t model;        // lrt_trainer_model_hash
    int32_t shard, shards; // 0, 0: all tensors, also where a checkpoint does not say
};

// Of everything that must be the same for the flat pools to mean the same: names and shapes of the base's tensors,
// types in the weights file, trained tensors with their places, the optimizer.
uint64_t lrt_trainer_model_hash(const struct lrt_plan_info *plan, const struct lrt_weights *weights);
