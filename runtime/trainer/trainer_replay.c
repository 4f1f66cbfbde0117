// Trainer replay: repeats the steps of one or more trajectories from their scalars alone. One file gives the adapter of
// the run that wrote it, and its checks confirm that on the way. Several files are what clients send to a server. Then
// every step is one update with the mean of their estimates; a shard's mean is over the clients that train it.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/text/mapped_file.h"
#include "runtime/formats/bits.h"
#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_signal.h"

struct replayed { // a file
    const char *path;
    struct lrt_mapping file;
    struct trajectory_reader at;
    int64_t first_step, last_step;
    bool counts; // its step at work counted tokens
};

struct trainer_replay {
    struct replayed *files;
    size_t n;
    struct lrt_noise_term *terms; // [n * tangents]
    int64_t steps;
};

static int refuse(struct trainer *t, const struct replayed *f, const char *wrong) {
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: %s: %s", f->path, wrong);
}

// ---- before anything is done ----
// Of another program: what that one trains, and what this one.
static int refuse_program(struct trainer *t, const struct replayed *f, const struct trajectory_segment *s) {
    const struct trainer_trained here = lrt_trainer_trained(t);
    if (s->tensors == 0)
        return refuse(t, f, "its program trains other tensors than this one, or another optimizer does");
    const bool same = s->tensors == here.tensors && s->numbers == here.numbers && s->states == t->plan->n_states;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--replay: %s: its program trains %" PRId32 " tensors of %" PRId64
                            " numbers in all, with an optimizer that keeps %" PRId32
                            " for each; this one trains %" PRId32 " of %" PRId64 " with %s, which keeps %d%s",
                            f->path, s->tensors, s->numbers, s->states, here.tensors, here.numbers, t->plan->optimizer,
                            t->plan->n_states,
                            same ? ": other tensors, with another alpha, or another optimizer or options of it" : "");
}

static void name_method(char name[64], double perturbation, int32_t tangents) {
    if (perturbation > 0)
        snprintf(name, 64, "zeroth");
    else
        snprintf(name, 64, "forward(tangents: %" PRId32 ")", tangents);
}

static int refuse_method(struct trainer *t, const struct replayed *f, const struct trajectory_segment *s) {
    char there[64], here[64];
    name_method(there, s->perturbation, s->tangents);
    name_method(here, t->plan->perturbation, t->plan->tangents);
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--replay: %s: its program is compiled with `gradient %s`, this one with `gradient %s`",
                            f->path, there, here);
}

static int check_segment(struct trainer *t, struct replayed *f, const struct trajectory_segment *s, uint64_t program) {
    if (s->program != program) return refuse_program(t, f, s);
    if (s->tangents != t->plan->tangents || (s->perturbation > 0) != (t->plan->perturbation > 0))
        return refuse_method(t, f, s);
    if (f->first_step == 0) f->first_step = s->first_step;
    return LRT_EXIT_OK;
}

static int check_step(struct trainer *t, const struct replayed *f, const struct trajectory_reader *r) {
    for (int32_t k = 0; k < r->segment.tangents; k++) {
        const float scalar = lrt_trajectory_scalar(r->scalars + 4 * k);
        if (!lrt_trajectory_finite(&scalar, 1))
            return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                    "--replay: %s: step %" PRId64 " is not finite: its run diverged; train again with "
                                    "a lower --lr",
                                    f->path, r->step);
    }
    return LRT_EXIT_OK;
}

// Checks all records. Within a file only the rate and its schedule may change.
static int check_file(struct trainer *t, struct replayed *f, uint64_t program) {
    struct trajectory_reader r = lrt_trajectory_read(f->file.data, f->file.bytes);
    enum trajectory_record record;
    while ((record = lrt_trajectory_next(&r)) != TRAJECTORY_END) {
        int status = LRT_EXIT_OK;
        if (record == TRAJECTORY_CORRUPT)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: %s (%zu bytes): %s", f->path, f->file.bytes, r.wrong);
        if (record == TRAJECTORY_SEGMENT) status = check_segment(t, f, &r.segment, program);
        if (record == TRAJECTORY_STEP) status = check_step(t, f, &r);
        if (status != LRT_EXIT_OK) return status;
    }
    if (!r.checked)
        return refuse(t, f,
                      "it has no end: it is cut short (copy it again), or its run was killed (--resume mends it)");
    f->last_step = r.step;
    if (f->first_step != 1) return refuse(t, f, "the steps before its first one are not in it");
    return r.step >= f->first_step ? LRT_EXIT_OK : refuse(t, f, "there is no step in it");
}

static int check_files(struct trainer *t) {
    const uint64_t program = lrt_trainer_program_hash(t);
    for (size_t i = 0; i < t->replay->n; i++) {
        const int status = check_file(t, &t->replay->files[i], program);
        if (status != LRT_EXIT_OK) return status;
        const struct replayed *f = &t->replay->files[i], *first = &t->replay->files[0];
        if (f->last_step != first->last_step)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: %s has %" PRId64 " steps, %s has %" PRId64,
                                    first->path, first->last_step, f->path, f->last_step);
    }
    t->replay->steps = t->replay->files[0].last_step;
    return LRT_EXIT_OK;
}

// Whether two clients use different directions: they have different seeds, or train different tensors.
static int check_apart(struct trainer *t) {
    const struct trainer_replay *p = t->replay;
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct trajectory_segment *a = &p->files[k].at.segment, *b = &p->files[i].at.segment;
            if (a->seed != b->seed || a->shard != b->shard || a->shards != b->shards) continue;
            return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                    "--replay: %s and %s are of the same seed and shard: one run given twice, or "
                                    "clients that should each have a --seed of their own",
                                    p->files[k].path, p->files[i].path);
        }
    return LRT_EXIT_OK;
}

static enum trajectory_record next(struct replayed *f) { return lrt_trajectory_next(&f->at); }

// Advances to the file's next step. True: a segment record came before it.
static bool to_next_step(struct replayed *f) {
    bool segment = false;
    for (enum trajectory_record r; (r = next(f)) != TRAJECTORY_STEP && r != TRAJECTORY_END;)
        segment = segment || r == TRAJECTORY_SEGMENT;
    return segment;
}

static void take_segment(struct trainer *t, const struct trajectory_segment *s) {
    t->learning_rate = s->learning_rate;
    t->run_steps = s->schedule_steps;
    t->rate = s->rate;
    t->clip = s->clip > 0 ? s->clip : -1;
}

int lrt_trainer_replay_open(struct trainer *t) {
    const struct trainer_paths *paths = &t->options.replay;
    struct trainer_replay *p = t->replay = calloc(1, sizeof *p);
    if (p) p->files = calloc(paths->n, sizeof *p->files);
    if (p) p->terms = calloc(paths->n * (size_t)t->plan->tangents, sizeof *p->terms);
    if (!p || !p->files || !p->terms) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    for (; p->n < paths->n; p->n++) {
        struct lrt messages = {.step = 0};
        p->files[p->n].path = paths->paths[p->n];
        if (lrt_map_file(&messages, &p->files[p->n].file, paths->paths[p->n]) != LRT_OK)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: %s", lrt_error(&messages));
    }
    int status = check_files(t);
    if (status != LRT_EXIT_OK) return status;
    for (size_t i = 0; i < p->n; i++) {
        p->files[i].at = lrt_trajectory_read(p->files[i].file.data, p->files[i].file.bytes);
        next(&p->files[i]); // the segment it begins with
    }
    status = check_apart(t);
    if (status != LRT_EXIT_OK) return status;
    const struct trajectory_segment *first = &p->files[0].at.segment;
    if (!t->options.has_seed) t->seed = first->seed;
    take_segment(t, first);
    return LRT_EXIT_OK;
}

void lrt_trainer_replay_close(struct trainer *t) {
    if (!t->replay) return;
    for (size_t i = 0; i < t->replay->n; i++) lrt_unmap(&t->replay->files[i].file);
    free(t->replay->files);
    free(t->replay->terms);
    free(t->replay);
    t->replay = NULL;
}

// ---- step after step ----
static int check_base(struct trainer *t) {
    const uint64_t base = lrt_trainer_state_hash(t);
    for (size_t i = 0; i < t->replay->n; i++)
        if (t->replay->files[i].at.segment.base != base)
            return refuse(
                t, &t->replay->files[i],
                "its run began from another adapter than this one; give the --seed or --adapter that it began "
                "with");
    return LRT_EXIT_OK;
}

// The updates of two segments go by one rate and one bound of the norm.
static bool same_rate(const struct trajectory_segment *a, const struct trajectory_segment *b) {
    return a->learning_rate == b->learning_rate && a->schedule_steps == b->schedule_steps && a->clip == b->clip &&
           lrt_trainer_rate_is_same(&a->rate, &b->rate);
}

// At a segment, all files must have the same rate, which becomes the model's.
static int take_rate(struct trainer *t) {
    const struct trajectory_segment *first = &t->replay->files[0].at.segment;
    for (size_t i = 1; i < t->replay->n; i++) {
        const struct trajectory_segment *s = &t->replay->files[i].at.segment;
        if (same_rate(s, first)) continue;
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--replay: at step %" PRId64
                                " %s and %s have different learning rates, schedules or clips",
                                t->step + 1, t->replay->files[0].path, t->replay->files[i].path);
    }
    if (t->step == 0) return LRT_EXIT_OK; // it began with them
    take_segment(t, first);
    return lrt_trainer_restart_model(t);
}

static int check_shards(struct trainer *t) {
    const struct trajectory_segment *first = &t->replay->files[0].at.segment;
    for (size_t i = 1; i < t->replay->n; i++)
        if (t->replay->files[i].at.segment.shards != first->shards)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: %s is of %d shards, %s of %d (0: all tensors)",
                                    t->replay->files[0].path, (int)first->shards, t->replay->files[i].path,
                                    (int)t->replay->files[i].at.segment.shards);
    return LRT_EXIT_OK;
}

// How many files train the shard of file i in this step.
static int partners(const struct trainer_replay *p, size_t i) {
    int n = 0;
    for (size_t k = 0; k < p->n; k++)
        n += p->files[k].counts && p->files[k].at.segment.shard == p->files[i].at.segment.shard;
    return n;
}

static bool counted(const struct replayed *f) {
    return lrt_float_bits(lrt_trajectory_scalar(f->at.scalars)) != LRT_NO_SCALAR;
}

static size_t make_terms(const struct trainer *t) {
    struct trainer_replay *p = t->replay;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) p->files[i].counts = counted(&p->files[i]);
    for (size_t i = 0; i < p->n; i++) {
        const struct replayed *f = &p->files[i];
        const struct trajectory_segment *s = &f->at.segment;
        const int n_partners = partners(p, i);
        for (int32_t k = 0; f->counts && k < s->tangents; k++) {
            const float scalar = lrt_trajectory_scalar(f->at.scalars + 4 * k);
            p->terms[n++] = (struct lrt_noise_term){
                s->seed, f->at.step, k, s->shard, s->shards, n_partners > 1 ? scalar / (float)n_partners : scalar};
        }
    }
    return n;
}

// Compares the state with the check that follows a step, if there is only one file.
static int check_state(struct trainer *t) {
    struct trajectory_reader ahead = t->replay->files[0].at;
    if (t->replay->n > 1 || lrt_trajectory_next(&ahead) != TRAJECTORY_CHECK) return LRT_EXIT_OK;
    if (ahead.state == lrt_trainer_state_hash(t)) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--replay: %s: after step %" PRId64 " the adapter is not that of the run: this program "
                            "updates otherwise",
                            t->replay->files[0].path, t->step);
}

static int one_step(struct trainer *t) {
    struct lrt_step done;
    bool segment = t->step == 0;
    int status = LRT_EXIT_OK;
    for (size_t i = 0; i < t->replay->n; i++) segment = to_next_step(&t->replay->files[i]) || segment;
    if (segment) status = check_shards(t);
    if (segment && status == LRT_EXIT_OK) status = take_rate(t);
    if (status != LRT_EXIT_OK) return status;
    if (t->model->apply(t->context, t->replay->terms, make_terms(t), &done) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: step %" PRId64 ": %s", t->step + 1,
                                lrt_error(t->model->run(t->context)));
    t->step++;
    if (!isfinite(done.grad_norm))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--replay: step %" PRId64 ": the update is not finite any more",
                                t->step);
    lrt_trainer_progress_step(&t->progress, t->step, 0, 0, 0);
    return check_state(t);
}

int lrt_trainer_replay(struct trainer *t) {
    int status = check_base(t);
    lrt_trainer_progress_begin(&t->progress, 1, t->options.quiet, 1, t->replay->steps);
    while (status == LRT_EXIT_OK && t->step < t->replay->steps) {
        status = one_step(t);
        if (status == LRT_EXIT_OK && lrt_trainer_signal_caught()) status = LRT_EXIT_INTERRUPTED;
    }
    lrt_trainer_progress_end(&t->progress);
    if (status == LRT_EXIT_INTERRUPTED)
        return lrt_trainer_fail(t, status, "--replay: interrupted after step %" PRId64 "; nothing was written",
                                t->step);
    if (status == LRT_EXIT_OK && !t->options.quiet)
        printf("replayed %" PRId64 " steps of %zu %s\n", t->step, t->replay->n,
               t->replay->n == 1 ? "trajectory: the adapter is that of its run (the base model is not checked)"
                                 : "trajectories together (the base model is not checked)");
    return status;
}
