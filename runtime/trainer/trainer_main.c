// Trainer main: options -> files -> memory -> model -> training -> results, one function for each. Memory that training
// does not need is freed before it begins.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/core/float_environment.h"
#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_signal.h"

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
    t->rate = lrt_trainer_rate_over(&t->plan->schedule, &t->options.rate);
    t->clip = t->options.clip;
    t->shard = t->options.shard;
    t->micro_batches = t->options.accumulate     ? t->options.accumulate
                       : t->plan->accumulate > 0 ? t->plan->accumulate
                                                 : 1;
    int status = check_micro_batches(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_open_weights(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_open_data(t);
    if (status == LRT_EXIT_OK && !t->options.resume) status = lrt_trainer_count_steps(t);
    t->run_steps = t->receipt && t->receipt->verifies ? t->receipt->given.options_run_steps : t->options.steps;
    if (status == LRT_EXIT_OK) status = lrt_trainer_hash_inputs(t);
    if (status == LRT_EXIT_OK && t->options.resume) status = lrt_trainer_resume_settings(t);
    if (status == LRT_EXIT_OK && t->options.replay.n > 0) status = lrt_trainer_replay_open(t);
    if (status == LRT_EXIT_OK) status = check_micro_batches(t);
    if (status == LRT_EXIT_OK && t->data)
        t->order = (struct lrt_order){
            .rows = lrt_data_info(t->data)->rows, .seed = t->seed, .shuffled = !t->options.no_shuffle};
    return status;
}

static int open_log(struct trainer *t) {
    if (lrt_trainer_log_open(&t->log, t->options.log, t->options.resume ? t->step : -1)) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--log: cannot write %s: %s", t->options.log, strerror(errno));
}

static int write_all(struct trainer *t) {
    const struct trainer_options *o = &t->options;
    int status = LRT_EXIT_OK;
    if (o->out && t->plan->n_params > 0) status = lrt_trainer_write_result(t);
    if (status == LRT_EXIT_OK && o->shard_out) status = lrt_trainer_write_shard(t);
    return status;
}

// A run whose last step is saved lacks at most the end of its trajectory.
static int end_resumed(struct trainer *t) {
    if (!t->options.quiet)
        printf("step %lld is done already: --steps %lld leaves nothing to train\n", (long long)t->step,
               (long long)t->options.steps);
    const int status = lrt_trainer_trajectory_open(t);
    return status == LRT_EXIT_OK ? lrt_trainer_trajectory_end(t) : status;
}

static int train_and_write(struct trainer *t) {
    const struct trainer_options *o = &t->options;
    const bool learns = t->replay || t->step < o->steps;
    int status = LRT_EXIT_OK;
    lrt_trainer_memory_trim();
    if (t->options.stream_weights) lrt_weight_file_release(t->weight_file);
    lrt_trainer_memory_restart();
    if (learns && !o->out && !o->shard_out && !o->verify_receipt && !o->quiet) {
        printf("note: what is learned will not be written: there is no --out DIR\n");
        fflush(stdout);
    }
    if (t->replay) status = lrt_trainer_replay(t);
    if (o->resume && o->steps > 0 && t->step >= o->steps) status = end_resumed(t);
    if (status != LRT_EXIT_OK) return status;
    if (t->step < t->options.steps) {
        status = lrt_trainer_train(t);
        if (status == LRT_EXIT_OK) status = lrt_trainer_receipt_end(t);
        if (status == LRT_EXIT_OK || status == LRT_EXIT_INTERRUPTED) {
            const int printed = lrt_trainer_print_pools(t);
            status = printed == LRT_EXIT_OK ? status : printed;
        }
    } else if (t->eval) {
        lrt_trainer_progress_begin(&t->progress, 1, t->options.quiet, t->step, t->step);
        status = lrt_trainer_evaluate(t);
    }
    if (status == LRT_EXIT_OK || (status == LRT_EXIT_INTERRUPTED && learns && t->saved == t->step)) {
        const int written = write_all(t); // of an interrupted run too: what it has learned until then can be used
        if (written != LRT_EXIT_OK) status = written;
    }
    if (status == LRT_EXIT_OK && t->options.sample) status = lrt_trainer_sample(t);
    return status;
}

static int run(struct trainer *t) {
    int status = lrt_trainer_receipt_open(t);
    if (status == LRT_EXIT_OK) status = check_against_plan(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_check_apart(t);
    if (status == LRT_EXIT_OK && t->options.out) status = lrt_trainer_check_result(t);
    if (status == LRT_EXIT_OK && t->options.out) status = lrt_trainer_take_out(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_check_places(t);
    if (status == LRT_EXIT_OK) status = open_inputs(t);
    if (status == LRT_EXIT_OK) status = open_log(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_open_page_file(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_start_model(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_receipt_begin(t);
    if (status == LRT_EXIT_OK && t->options.overwrite && t->options.out) status = lrt_trainer_clear_out(t);
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
    lrt_trainer_receipt_close(t);
    if (t->mapping) t->model->stop(t->context);
    lrt_trainer_memory_unmap(t->mapping, t->mapping_bytes);
    lrt_trainer_close_inputs(t);
    lrt_trainer_leave_out(t);
}

int lrt_trainer_main(const struct lrt_interface *model, int argc, char **argv) {
    struct trainer t = {.model = model,
                        .plan = model->plan(),
                        .saved = -1,
                        .out_lock = -1,
                        .progress = {.output = 1},
                        .page_file = {.descriptor = -1},
                        .log = {.file = -1},
                        .trajectory = {.file = -1}};
    char message[TRAINER_MESSAGE_BYTES];
    if (lrt_open_standard_descriptors() != LRT_OK) return LRT_EXIT_INPUT; // there is nowhere to say so
    const struct lrt_float_environment was = lrt_float_enter();
    lrt_trainer_signal_files();
    const bool parsed = lrt_trainer_options_parse(&t.options, argc, argv, message);
    const bool sound = parsed && (t.options.help || lrt_trainer_options_check(&t.options, message));
    int status = LRT_EXIT_OK;
    if (!sound)
        status = lrt_trainer_fail(&t, LRT_EXIT_USAGE, "%s", message);
    else if (t.options.help)
        lrt_trainer_options_help(&t.options);
    else
        status = run(&t);
    if ((t.progress.lost || fflush(stdout) != 0 || ferror(stdout)) && status == LRT_EXIT_OK)
        status = lrt_trainer_fail(&t, LRT_EXIT_INPUT, "cannot write standard output");
    close_all(&t);
    lrt_trainer_options_free(&t.options);
    lrt_float_leave(&was);
    return status;
}
