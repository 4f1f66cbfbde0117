// Trainer model: one mapping for the context, the model's memory and a step's ids; the model begins in it, from
// scratch, from a checkpoint, or again with the state it has.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/trainer/trainer.h"

static size_t aligned(size_t n) { return (n + LRT_ALIGNMENT - 1) / LRT_ALIGNMENT * LRT_ALIGNMENT; }

// Bytes of the context and of the whole mapping, and the ids of one step. A step's size comes from an option or a
// checkpoint and may be any number.
static int measure(struct trainer *t, size_t *context, size_t *ids) {
    size_t rows, models;
    *context = aligned(t->model->context_bytes);
    t->memory_bytes = aligned(t->model->memory_bytes);
    if (!__builtin_mul_overflow((size_t)t->micro_batches, (size_t)t->plan->batch, &rows) &&
        !__builtin_mul_overflow(rows, (size_t)t->plan->seq, ids) &&
        !__builtin_mul_overflow(*ids, 2 * sizeof(int32_t), &t->staging_bytes) &&
        !__builtin_add_overflow(*context, t->memory_bytes, &models) &&
        !__builtin_add_overflow(models, t->staging_bytes, &t->mapping_bytes) && t->mapping_bytes <= PTRDIFF_MAX)
        return LRT_EXIT_OK;
    t->mapping_bytes = 0;
    const char *from = t->options.resume ? t->options.resume : "--accumulate";
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "%s: a step of %lld micro-batches of %lld rows is more than memory can hold; take fewer "
                            "with --accumulate",
                            from, (long long)t->micro_batches, (long long)t->plan->batch);
}

static int init_model(struct trainer *t) {
    const struct lrt_options options = {
        .threads = t->options.threads         ? (int)t->options.threads
                   : t->plan->max_threads > 0 ? t->plan->max_threads
                                              : 1,
        .seed = t->seed,
        .random_init = t->options.random_init,
        .learning_rate = t->learning_rate,
        .run_steps = t->run_steps,
        .schedule = &t->rate,
        .clip = t->clip,
        .residency = t->options.stream_weights ? lrt_trainer_stream : NULL,
        .residency_context = t,
        .pager = t->page_file.descriptor >= 0 ? &t->page_file.pager : NULL,
        .shard = t->shard.shard,
        .shards = t->shard.shards,
    };
    if (t->model->init(t->context, t->memory, t->memory_bytes, &t->weights, &options) == LRT_OK) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", lrt_error(t->model->run(t->context)));
}

int lrt_trainer_restart_model(struct trainer *t) {
    size_t adapters, states;
    const float *adapter = t->model->adapter(t->context, &adapters), *state = t->model->state(t->context, &states);
    float *kept = malloc((adapters + states + 1) * sizeof *kept);
    if (!kept) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    memcpy(kept, adapter, adapters * sizeof *kept);
    memcpy(kept + adapters, state, states * sizeof *kept);
    t->model->stop(t->context);
    const int status = init_model(t);
    if (status == LRT_EXIT_OK) {
        memcpy(t->model->adapter(t->context, &adapters), kept, adapters * sizeof *kept);
        memcpy(t->model->state(t->context, &states), kept + adapters, states * sizeof *kept);
        t->model->run(t->context)->step = t->step;
    }
    free(kept);
    return status;
}

int lrt_trainer_start_model(struct trainer *t) {
    size_t context = 0, ids = 0;
    const int measured = measure(t, &context, &ids);
    if (measured != LRT_EXIT_OK) return measured;
    t->mapping = lrt_trainer_memory_map(t->mapping_bytes);
    if (!t->mapping)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot map %zu bytes of memory: %s", t->mapping_bytes,
                                strerror(errno));
    t->context = t->mapping;
    t->memory = (char *)t->mapping + context;
    t->tokens = (void *)((char *)t->memory + t->memory_bytes);
    t->targets = t->tokens + ids;
    int status = init_model(t);
    if (status != LRT_EXIT_OK) return status;
    if (t->options.resume) return lrt_trainer_resume_state(t);
    if (t->options.adapter) status = lrt_trainer_read_adapter(t);
    if (status == LRT_EXIT_OK && t->options.shard_in.n > 0) status = lrt_trainer_read_shards(t);
    return status;
}
