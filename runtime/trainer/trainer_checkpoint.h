// Trainer checkpoint: everything a run needs to continue, in one safetensors file. It holds the tensors "adapters" [n]
// and "state" [m] (the flat pools) and the metadata below. It is always replaced as a whole.
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
    double learning_rate; // the base rate
    struct lrt_rate_schedule rate;
    double clip; // 0: none
    int64_t batch;
    uint64_t data, base;   // hashes of the rows' ids and of the base's bytes
    uint64_t model;        // lrt_trainer_model_hash
    int32_t shard, shards; // 0, 0: all tensors, also where a checkpoint does not say
};

// A hash of everything that gives the flat pools their meaning: names and shapes of the base's tensors, types in the
// weights file, trained tensors with their offsets, the optimizer.
uint64_t lrt_trainer_model_hash(const struct lrt_plan_info *plan, const struct lrt_weights *weights);
