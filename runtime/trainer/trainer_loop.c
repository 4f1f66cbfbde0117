// Trainer loop: rows in, updates out. Nothing in here allocates; what a step needs was made before the first one.
#include <math.h>
#include <string.h>

#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_line.h"
#include "runtime/trainer/trainer_signal.h"

// Runs a step. Between the backward pass and the update it reads the gradient: for --dump-grads of step 1, and for the
// scalars of programs that estimate it.
static int run_step(struct trainer *t, struct lrt_step *done, bool dump) {
    int status = t->model->begin(t->context, t->tokens, t->targets, t->micro_batches);
    if (status != LRT_OK && status != LRT_MORE) return status;
    do status = t->model->advance(t->context);
    while (status == LRT_MORE);
    if (status != LRT_OK) return status;
    if (dump && lrt_trainer_write_gradients(t) != LRT_EXIT_OK) return LRT_ERR_FILE;
    status = lrt_trainer_trajectory_take(t);
    return status == LRT_OK ? t->model->finish(t->context, done) : status;
}

// Saves the adapters. They are still those of the step before, unless update fused has changed some of them.
static int step_failed(struct trainer *t) {
    const struct lrt *run = t->model->run(t->context);
    const char *torn = run->torn_steps > 0 ? ", with a part of this step's update (update fused)" : "";
    lrt_trainer_fail(t, LRT_EXIT_INPUT, "step %lld: %s", (long long)t->step + 1, lrt_error(run));
    if (t->step > 0 && t->options.out && lrt_trainer_save(t) == LRT_EXIT_OK)
        lrt_trainer_fail(t, LRT_EXIT_INPUT, "what was learned until then is saved%s; to go on: --resume %s", torn,
                         t->options.out);
    return LRT_EXIT_INPUT;
}

// All steps are done, or the time for them is over.
static bool at_end(const struct trainer *t) {
    return t->step >= t->options.steps || (t->options.seconds > 0 && t->seconds >= t->options.seconds);
}

static int one_step(struct trainer *t) {
    struct lrt_step done;
    memset(&done, 0, sizeof done);
    const int64_t rows = trainer_rows(t);
    const double start = lrt_trainer_clock();
    lrt_data_batch(t->data, &t->order, t->position, rows, t->tokens, t->targets);
    const bool dump = t->step == 0 && t->options.dump_grads;
    const int status = run_step(t, &done, dump);
    if (status == LRT_ERR_FILE && dump) return LRT_EXIT_INPUT; // already reported
    if (status != LRT_OK) return step_failed(t);
    const double ms = (lrt_trainer_clock() - start) * 1e3;
    t->step++;
    t->position += rows;
    t->seconds += ms / 1e3;
    lrt_trainer_note_memory(t);
    const bool finite = isfinite(done.loss) && isfinite(done.grad_norm);
    if (!finite)
        lrt_trainer_trajectory_close(t); // nobody can want the step again
    else if (lrt_trainer_trajectory_step(t) != LRT_EXIT_OK)
        return LRT_EXIT_INPUT;
    if (!lrt_trainer_log_step(&t->log, t->step, &done, ms, t->now))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot write %s", t->options.log);
    lrt_trainer_progress_step(&t->progress, t->step, done.loss, rows * t->plan->seq, t->now.anonymous);
    t->now = (struct trainer_memory){0};
    if (!finite)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "step %lld: the loss is not finite any more; a lower --lr may help%s",
                                (long long)t->step, t->saved >= 0 ? "; the last checkpoint is from before" : "");
    t->ended = at_end(t);
    return lrt_trainer_receipt_step(t, done.loss);
}

static void say_how_to_resume(struct trainer *t) {
    if (t->options.quiet) return;
    struct trainer_line l = {.length = 0};
    lrt_line_text(&l, "interrupted after step ");
    lrt_line_integer(&l, t->step);
    if (t->options.out) {
        lrt_line_text(&l, "; saved. To go on: the same command with --resume ");
        lrt_line_text(&l, t->options.out);
    } else {
        lrt_line_text(&l, t->receipt && !t->receipt->verifies ? "; nothing but the receipt was saved"
                                                              : "; nothing was saved");
        lrt_line_text(&l, ", because there is no --out DIR");
    }
    if (l.length == sizeof l.text) l.length--;
    l.text[l.length] = 0;
    lrt_trainer_progress_say(&t->progress, l.text);
}

static bool due(int64_t step, int64_t every) { return every > 0 && step % every == 0; }

// A checkpoint between that cannot be written ends no run: the next one may be. But no checkpoint may be ahead of a
// trajectory that was given up.
static int save(struct trainer *t, bool last) {
    int status = lrt_trainer_check_finite(t);
    if (status != LRT_EXIT_OK) return status;
    status = lrt_trainer_save(t);
    if (status == LRT_EXIT_OK || last || (t->plan->tangents && t->trajectory.file < 0)) return status;
    return lrt_trainer_fail(t, LRT_EXIT_OK, "step %lld is not saved; the training goes on", (long long)t->step);
}

int lrt_trainer_train(struct trainer *t) {
    int status = lrt_trainer_trajectory_open(t);
    lrt_trainer_progress_begin(&t->progress, 1, t->options.quiet, t->step + 1, t->options.steps);
    while (status == LRT_EXIT_OK && !at_end(t)) {
        status = one_step(t);
        if (status != LRT_EXIT_OK) break;
        const bool done = t->ended;
        bool stop = !done && lrt_trainer_signal_caught();
        if (t->eval && (done || (!stop && due(t->step, t->options.eval_every)))) {
            status = lrt_trainer_evaluate(t);
            stop = status == LRT_EXIT_INTERRUPTED || (!done && lrt_trainer_signal_caught());
            if (status == LRT_EXIT_INTERRUPTED) status = LRT_EXIT_OK; // the step itself is whole: it is saved first
        }
        if (status == LRT_EXIT_INPUT && t->options.out) lrt_trainer_save(t); // so is it where the evaluation fails
        if (done && status == LRT_EXIT_OK) status = lrt_trainer_check_finite(t);
        if (status == LRT_EXIT_OK && !t->options.out && (done || stop)) status = lrt_trainer_receipt_write(t);
        if (status == LRT_EXIT_OK && t->options.out && (done || stop || due(t->step, t->options.checkpoint_every)))
            status = save(t, done || stop);
        if (status == LRT_EXIT_OK && stop) {
            say_how_to_resume(t);
            status = LRT_EXIT_INTERRUPTED;
        }
    }
    lrt_trainer_progress_end(&t->progress);
    const int ended = lrt_trainer_trajectory_end(t);
    return status == LRT_EXIT_OK ? ended : status;
}
