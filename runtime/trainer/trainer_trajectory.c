// Trainer trajectory: appends every step's scalars with one write, so that a killed run leaves them all. They reach the
// disk before a checkpoint does, so that no checkpoint is ahead of the file. A resumed run cuts off the steps after
// its checkpoint and writes them again.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/text/mapped_file.h"
#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_hash.h"

enum { PATH_BYTES = 4096 };

// ---- hashes ----
uint64_t lrt_trainer_program_hash(const struct trainer *t) {
    uint64_t h = TRAINER_HASH_START;
    for (size_t i = 0; i < t->plan->n_params; i++) {
        const struct lrt_param_info *p = &t->plan->params[i];
        h = lrt_trainer_hash_text(lrt_trainer_hash_text(h, p->name), lrt_role_info(p->role)->name);
        h = lrt_trainer_hash_number(lrt_trainer_hash_number(h, p->first), p->instances);
        h = lrt_trainer_hash_number(lrt_trainer_hash_number(h, p->first_noise), p->noise_stride);
        for (int d = 0; d < p->rank; d++) h = lrt_trainer_hash_number(h, p->shape[d]);
        int64_t alpha;
        memcpy(&alpha, &p->alpha, sizeof alpha);
        h = lrt_trainer_hash_number(h, alpha);
    }
    h = lrt_trainer_hash_number(h, t->weights.rope_interleaved);                 // rows of q and k
    const char *update = t->plan->update ? strstr(t->plan->update, ", ") : NULL; // the optimizer with its options
    h = lrt_trainer_hash_text(h, update);
    return lrt_trainer_hash_number(lrt_trainer_hash_text(h, t->plan->optimizer), t->plan->n_states);
}

uint64_t lrt_trainer_state_hash(const struct trainer *t) {
    size_t floats;
    const float *values = t->model->adapter(t->context, &floats);
    const uint64_t h = lrt_trainer_hash_floats(TRAINER_HASH_START, values, floats);
    values = t->model->state(t->context, &floats);
    return lrt_trainer_hash_floats(h, values, floats);
}

struct trainer_trained lrt_trainer_trained(const struct trainer *t) {
    struct trainer_trained all = {0, 0};
    for (size_t i = 0; i < t->plan->n_params; i++) {
        const struct lrt_param_info *p = &t->plan->params[i];
        int64_t numbers = p->instances;
        for (int d = 0; d < p->rank; d++) numbers *= p->shape[d];
        all.tensors += (int32_t)p->instances;
        all.numbers += numbers;
    }
    return all;
}

// ---- writing ----
static int path_in(struct trainer *t, const char *folder, char path[PATH_BYTES]) {
    const int n = snprintf(path, PATH_BYTES, "%s/trajectory.bin", folder);
    if (n > 0 && n < PATH_BYTES) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "the folder's name is too long: %s", folder);
}

// Abandons the file: after a lost record, later scalars would belong to steps that the file does not have.
static int cannot_write(struct trainer *t) {
    const int error = errno;
    if (t->trajectory.file >= 0) close(t->trajectory.file);
    t->trajectory.file = -1;
    errno = error;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot write %s/trajectory.bin: %s", t->options.out, strerror(errno));
}

// Writes all bytes and adds them to the hash. False: errno says why.
static int append(struct trainer *t, const unsigned char *bytes, size_t n) {
    struct trainer_trajectory *j = &t->trajectory;
    for (size_t done = 0; done < n;) {
        const ssize_t wrote = write(j->file, bytes + done, n - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote == 0) errno = EIO;
        if (wrote <= 0) return cannot_write(t);
        done += (size_t)wrote;
    }
    j->hash = lrt_trainer_hash_bytes(j->hash, bytes, n);
    j->checked = false;
    return LRT_EXIT_OK;
}

static int append_segment(struct trainer *t, const struct trajectory_segment *s) {
    unsigned char bytes[TRAJECTORY_SEGMENT_BYTES];
    t->trajectory.segment = *s;
    t->trajectory.steps_of_segment = 0;
    lrt_trajectory_put_segment(bytes, s);
    return append(t, bytes, sizeof bytes);
}

static int append_check(struct trainer *t) {
    unsigned char bytes[TRAJECTORY_CHECK_BYTES];
    if (t->trajectory.checked) return LRT_EXIT_OK;
    lrt_trajectory_put_check(bytes, t->trajectory.hash, lrt_trainer_state_hash(t));
    const int status = append(t, bytes, sizeof bytes);
    t->trajectory.checked = status == LRT_EXIT_OK;
    return status;
}

static struct trajectory_segment segment_now(const struct trainer *t) {
    const struct trainer_trained trained = lrt_trainer_trained(t);
    return (struct trajectory_segment){.tangents = t->plan->tangents,
                                       .shard = t->shard.shard,
                                       .shards = t->shard.shards,
                                       .program = lrt_trainer_program_hash(t),
                                       .seed = t->seed,
                                       .first_step = t->step + 1,
                                       .schedule_steps = t->run_steps,
                                       .perturbation = t->plan->perturbation,
                                       .learning_rate =
                                           t->learning_rate > 0 ? t->learning_rate : t->plan->learning_rate,
                                       .base = lrt_trainer_state_hash(t),
                                       .tensors = trained.tensors,
                                       .numbers = trained.numbers,
                                       .states = t->plan->n_states,
                                       .rate = t->rate,
                                       .clip = lrt_trainer_clip(t)};
}

// ---- beginning, and going on ----
// Walks to the end of step t->step; false when the file does not have it, or `wrong` says what is wrong.
static bool walk_to_step(const struct trainer *t, struct trajectory_reader *r, const char **wrong) {
    enum trajectory_record record = TRAJECTORY_END;
    *wrong = NULL;
    do record = lrt_trajectory_next(r);
    while (record != TRAJECTORY_END && record != TRAJECTORY_CORRUPT && r->step < t->step);
    if (record == TRAJECTORY_CORRUPT) *wrong = r->wrong;
    if (record == TRAJECTORY_CORRUPT || r->step != t->step) return false;
    if (r->steps_of_segment == 0 || r->steps_of_segment % TRAJECTORY_CHECK_EVERY != 0) return true;
    record = lrt_trajectory_next(r); // the check that belongs to the step
    if (record == TRAJECTORY_CORRUPT) *wrong = r->wrong;
    return record == TRAJECTORY_CHECK;
}

// Opens --out's file with exactly the first n bytes of what was read.
static int open_with(struct trainer *t, const char *path, const void *bytes, size_t n, bool same) {
    struct trainer_trajectory *j = &t->trajectory;
    j->file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (same ? 0 : O_TRUNC), 0666);
    if (j->file < 0) return cannot_write(t);
    j->hash = TRAINER_HASH_START;
    if (!same) return append(t, bytes, n);
    if (ftruncate(j->file, (off_t)n) != 0 || lseek(j->file, 0, SEEK_END) < 0) return cannot_write(t);
    j->hash = lrt_trainer_hash_bytes(j->hash, bytes, n);
    return LRT_EXIT_OK;
}

static bool goes_on(const struct trajectory_segment *was, const struct trajectory_segment *now) {
    struct trajectory_segment same = *now;
    same.first_step = was->first_step;
    same.base = was->base;
    unsigned char a[TRAJECTORY_SEGMENT_BYTES], b[TRAJECTORY_SEGMENT_BYTES];
    lrt_trajectory_put_segment(a, was);
    lrt_trajectory_put_segment(b, &same);
    return memcmp(a, b, sizeof a) == 0;
}

static int go_on(struct trainer *t, const char *from, const char *path, const struct lrt_mapping *file) {
    struct trajectory_reader r = lrt_trajectory_read(file->data, file->bytes);
    const struct trajectory_segment now = segment_now(t);
    struct stat a, b;
    const char *wrong;
    if (!walk_to_step(t, &r, &wrong))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--resume: %s: %s; to go on without the steps before, remove the file", from,
                                wrong ? wrong : "it does not have the steps until the checkpoint");
    if (r.segment.program != now.program)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--resume: %s is of another program than the checkpoint", from);
    const bool same = stat(from, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    const struct trajectory_reader at = r;
    if (lrt_trajectory_next(&r) == TRAJECTORY_CHECK && r.state != now.base)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--resume: %s is of another run than the checkpoint", from);
    int status = open_with(t, path, file->data, at.at, same);
    t->trajectory.checked = at.checked;
    t->trajectory.segment = at.segment;
    t->trajectory.steps_of_segment = at.steps_of_segment;
    if (status == LRT_EXIT_OK && !goes_on(&at.segment, &now)) status = append_segment(t, &now);
    return status;
}

static int begin_file(struct trainer *t, const char *path) {
    const struct trajectory_segment now = segment_now(t);
    const int status = open_with(t, path, NULL, 0, false);
    if (t->step > 0 && !t->options.quiet)
        printf("--resume: there is no %s/trajectory.bin; the new one begins with step %lld\n", t->options.resume,
               (long long)t->step + 1);
    return status == LRT_EXIT_OK ? append_segment(t, &now) : status;
}

int lrt_trainer_trajectory_open(struct trainer *t) {
    struct trainer_trajectory *j = &t->trajectory;
    const size_t tangents = (size_t)t->plan->tangents;
    char path[PATH_BYTES], from[PATH_BYTES];
    if (!tangents || !t->options.out) return LRT_EXIT_OK;
    j->scalars = malloc(tangents * sizeof *j->scalars);
    j->bytes = malloc(tangents * 4);
    if (!j->scalars || !j->bytes) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    int status = path_in(t, t->options.out, path);
    if (status != LRT_EXIT_OK) return status;
    if (!t->options.resume) return begin_file(t, path);
    status = path_in(t, t->options.resume, from);
    if (status != LRT_EXIT_OK) return status;
    if (access(from, F_OK) != 0) return begin_file(t, path);
    struct lrt_mapping file;
    struct lrt *run = t->model->run(t->context);
    if (lrt_map_file(run, &file, from) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--resume: %s", lrt_error(run));
    status = go_on(t, from, path, &file);
    lrt_unmap(&file);
    return status;
}

// ---- while training ----
int lrt_trainer_trajectory_take(struct trainer *t) {
    struct trainer_trajectory *j = &t->trajectory;
    if (j->file < 0) return LRT_OK;
    const int status = t->model->scalars(t->context, j->scalars);
    if (status != LRT_OK || lrt_trajectory_finite(j->scalars, j->segment.tangents)) return status;
    lrt_trainer_trajectory_end(t); // of a state that still is one
    lrt_trainer_trajectory_close(t);
    return LRT_OK;
}

int lrt_trainer_trajectory_step(struct trainer *t) {
    struct trainer_trajectory *j = &t->trajectory;
    if (j->file < 0) return LRT_EXIT_OK;
    const int32_t tangents = j->segment.tangents;
    for (int32_t k = 0; k < tangents; k++) lrt_trajectory_put_scalar(j->bytes + 4 * k, j->scalars[k]);
    const int status = append(t, j->bytes, 4 * (size_t)tangents);
    if (status != LRT_EXIT_OK || ++j->steps_of_segment % TRAJECTORY_CHECK_EVERY != 0) return status;
    return append_check(t);
}

int lrt_trainer_trajectory_sync(struct trainer *t) {
    if (t->trajectory.file < 0 || fsync(t->trajectory.file) == 0) return LRT_EXIT_OK;
    return errno == EINVAL ? LRT_EXIT_OK : cannot_write(t); // EINVAL: a pipe, which has no disk
}

int lrt_trainer_trajectory_end(struct trainer *t) {
    if (t->trajectory.file < 0) return LRT_EXIT_OK;
    const int status = append_check(t);
    return status == LRT_EXIT_OK ? lrt_trainer_trajectory_sync(t) : status;
}

void lrt_trainer_trajectory_close(struct trainer *t) {
    if (t->trajectory.file >= 0) close(t->trajectory.file);
    free(t->trajectory.scalars);
    free(t->trajectory.bytes);
    t->trajectory = (struct trainer_trajectory){.file = -1};
}
