// Trainer main: options -> files -> memory -> model -> training -> results, one function a station. Whatever is not
// needed while training is given back before it begins.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_signal.h"

int lrt_trainer_fail(struct trainer *t, int exit_code, const char *format, ...) {
    va_list arguments;
    lrt_trainer_progress_end(&t->progress);
    fflush(stdout);
    fprintf(stderr, "%s: ", t->options.program);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    return exit_code;
}

// What the compiled model cannot do is refused before any file is touched.
static int check_against_plan(struct trainer *t) {
    const struct trainer_options *o = &t->options;
    if (o->threads > t->plan->max_threads)
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--threads %lld: this program was compiled for at most %d (lorac --threads N)",
                                (long long)o->threads, t->plan->max_threads);
    if (o->steps > 0 && (strcmp(t->plan->gradient, "none") == 0 || t->plan->n_params == 0))
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--steps: this program was compiled with `gradient %s` and %zu trained "
                                "tensors: it can evaluate and sample only",
                                t->plan->gradient, t->plan->n_params);
    if (o->eval && !t->model->eval) return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--eval: the model has no loss");
    if (o->sample && !t->model->logits) return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--sample: the model has no logits");
    if (o->dump_grads && t->plan->fused)
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--dump-grads: this program was compiled with update fused, which keeps the gradients "
                                "of one layer only (lorac --update deferred)");
    const char *estimates = o->shard.shards     ? "--shard"
                            : o->replay.n > 0   ? "--replay"
                            : o->shard_in.n > 0 ? "--shard-in"
                            : o->shard_out      ? "--shard-out"
                                                : NULL;
    if (estimates && !t->plan->tangents)
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "%s needs a model compiled with `gradient forward` or `gradient zeroth`; this one is "
                                "compiled with `gradient %s`",
                                estimates, t->plan->gradient);
    if (o->accumulate > INT32_MAX) return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--accumulate is at most %d", INT32_MAX);
    return LRT_EXIT_OK;
}

static int check_micro_batches(struct trainer *t) {
    if (!t->plan->fused || t->micro_batches == 1) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                            "%s: %lld micro-batches a step, but this program was compiled with update fused, which "
                            "takes one (lorac --update deferred)",
                            t->options.accumulate ? "--accumulate" : "--resume", (long long)t->micro_batches);
}

static int open_inputs(struct trainer *t) {
    t->seed = t->options.seed;
    t->learning_rate = t->options.lr;
    t->run_steps = t->options.steps;
    t->shard = t->options.shard;
    t->micro_batches = t->options.accumulate     ? t->options.accumulate
                       : t->plan->accumulate > 0 ? t->plan->accumulate
                                                 : 1;
    int status = check_micro_batches(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_open_weights(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_open_data(t);
    if (status == LRT_EXIT_OK && t->options.resume) status = lrt_trainer_resume_settings(t);
    if (status == LRT_EXIT_OK && t->options.replay.n > 0) status = lrt_trainer_replay_open(t);
    if (status == LRT_EXIT_OK) status = check_micro_batches(t);
    if (status == LRT_EXIT_OK && t->data)
        t->order = (struct lrt_order){
            .rows = lrt_data_info(t->data)->rows, .seed = t->seed, .shuffled = !t->options.no_shuffle};
    return status;
}

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

static int start_model(struct trainer *t) {
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

static int open_log(struct trainer *t) {
    if (lrt_trainer_log_open(&t->log, t->options.log, t->options.resume ? t->step : -1)) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--log: cannot write %s: %s", t->options.log, strerror(errno));
}

static int write_all(struct trainer *t, bool learned) {
    const struct trainer_options *o = &t->options;
    int status = LRT_EXIT_OK;
    if (o->out && t->plan->n_params > 0) status = lrt_trainer_write_result(t);
    if (status == LRT_EXIT_OK && o->shard_out) status = lrt_trainer_write_shard(t);
    if (learned && !o->out && !o->shard_out && !o->quiet)
        printf("what was learned was not written: there is no --out DIR\n");
    return status;
}

static int train_and_write(struct trainer *t) {
    const bool learned = t->replay || t->step < t->options.steps;
    int status = LRT_EXIT_OK;
    lrt_trainer_memory_trim();
    if (t->options.stream_weights) lrt_weight_file_release(t->weight_file);
    lrt_trainer_memory_restart();
    if (t->options.resume && t->options.steps > 0 && t->step >= t->options.steps && !t->options.quiet)
        printf("step %lld is done already: --steps %lld leaves nothing to train\n", (long long)t->step,
               (long long)t->options.steps);
    if (t->replay) status = lrt_trainer_replay(t);
    if (status != LRT_EXIT_OK) return status;
    if (t->step < t->options.steps) {
        status = lrt_trainer_train(t);
        if (status == LRT_EXIT_OK || status == LRT_EXIT_INTERRUPTED) {
            const int told = lrt_trainer_tell_pools(t);
            status = told == LRT_EXIT_OK ? status : told;
        }
    } else if (t->eval) {
        lrt_trainer_progress_begin(&t->progress, 1, t->options.quiet, t->step, t->step);
        status = lrt_trainer_evaluate(t);
    }
    if (status == LRT_EXIT_OK) status = write_all(t, learned);
    if (status == LRT_EXIT_OK && t->options.sample) status = lrt_trainer_sample(t);
    return status;
}

static int run(struct trainer *t) {
    int status = check_against_plan(t);
    if (status == LRT_EXIT_OK) status = open_inputs(t);
    if (status == LRT_EXIT_OK) status = open_log(t);
    if (status == LRT_EXIT_OK && t->options.out) status = lrt_trainer_check_result(t);
    if (status == LRT_EXIT_OK && t->options.out) status = lrt_trainer_make_folder(t, t->options.out);
    if (status == LRT_EXIT_OK) status = lrt_trainer_check_places(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_open_page_file(t);
    if (status == LRT_EXIT_OK) status = start_model(t);
    if (status == LRT_EXIT_OK) {
        lrt_trainer_signal_watch();
        status = train_and_write(t);
    }
    return status;
}

static void close_all(struct trainer *t) {
    lrt_trainer_log_close(&t->log);
    lrt_trainer_trajectory_close(t);
    lrt_trainer_replay_close(t);
    if (t->mapping) t->model->stop(t->context);
    lrt_trainer_memory_unmap(t->mapping, t->mapping_bytes);
    lrt_trainer_close_inputs(t);
}

int lrt_trainer_main(const struct lrt_interface *model, int argc, char **argv) {
    struct trainer t = {.model = model,
                        .plan = model->plan(),
                        .saved = -1,
                        .page_file = {.descriptor = -1},
                        .log = {.file = -1},
                        .trajectory = {.file = -1}};
    char message[TRAINER_MESSAGE_BYTES];
    const bool parsed = lrt_trainer_options_parse(&t.options, argc, argv, message);
    const bool sound = parsed && (t.options.help || lrt_trainer_options_check(&t.options, message));
    int status = LRT_EXIT_OK;
    if (!sound)
        status = lrt_trainer_fail(&t, LRT_EXIT_USAGE, "%s", message);
    else if (t.options.help)
        lrt_trainer_options_help(&t.options);
    else
        status = run(&t);
    close_all(&t);
    lrt_trainer_options_free(&t.options);
    return status;
}
