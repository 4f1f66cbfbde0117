// Trainer checkpoint: the flat pools, and the numbers of CHECKPOINT_FIELDS. Floats are stored unchanged and the
// learning rate as its bits, so that a resumed run computes the same as an uninterrupted one.
#include "runtime/trainer/trainer_checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/formats/bits.h"
#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_hash.h"
#include "runtime/trainer/trainer_line.h"

enum { PATH_BYTES = 4096, WORD_BYTES = 24 };

uint64_t lrt_trainer_model_hash(const struct lrt_plan_info *plan, const struct lrt_weights *weights) {
    uint64_t h = TRAINER_HASH_START;
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        h = lrt_trainer_hash_number(lrt_trainer_hash_number(lrt_trainer_hash_text(h, w->name), w->first), w->instances);
        for (int d = 0; d < w->rank; d++) h = lrt_trainer_hash_number(h, w->shape[d]);
    }
    for (size_t i = 0; i < weights->count; i++) h = lrt_trainer_hash_number(h, weights->slots[i].type);
    for (size_t i = 0; i < plan->n_params; i++) {
        const struct lrt_param_info *p = &plan->params[i];
        h = lrt_trainer_hash_number(lrt_trainer_hash_number(lrt_trainer_hash_text(h, p->name), p->first), p->instances);
        h = lrt_trainer_hash_number(lrt_trainer_hash_number(h, p->offset), p->stride);
        for (int d = 0; d < p->rank; d++) h = lrt_trainer_hash_number(h, p->shape[d]);
        h = lrt_trainer_hash_bytes(h, &p->alpha, sizeof p->alpha);
    }
    for (size_t i = 0; i < plan->n_consts; i++) {
        h = lrt_trainer_hash_text(h, plan->consts[i].name);
        h = lrt_trainer_hash_bytes(h, &plan->consts[i].value, sizeof plan->consts[i].value);
    }
    return lrt_trainer_hash_number(lrt_trainer_hash_text(h, plan->optimizer), plan->n_states);
}

// ---- numbers as metadata ----

// One list of what is written and read: FIELD(key, word that is written, how `word` is read back).
#define CHECKPOINT_FIELDS                                                                                              \
    FIELD("lorac.step", (uint64_t)c->step, c->step = (int64_t)word)                                                    \
    FIELD("lorac.steps", (uint64_t)c->steps, c->steps = (int64_t)word)                                                 \
    FIELD("lorac.seed", c->seed, c->seed = word)                                                                       \
    FIELD("lorac.position", (uint64_t)c->position, c->position = (int64_t)word)                                        \
    FIELD("lorac.data_rows", (uint64_t)c->data_rows, c->data_rows = (int64_t)word)                                     \
    FIELD("lorac.data_tokens", (uint64_t)c->data_tokens, c->data_tokens = (int64_t)word)                               \
    FIELD("lorac.micro_batches", (uint64_t)c->micro_batches, c->micro_batches = (int64_t)word)                         \
    FIELD("lorac.shuffled", c->shuffled, c->shuffled = word != 0)                                                      \
    FIELD("lorac.learning_rate_bits", lrt_double_bits(c->learning_rate), c->learning_rate = lrt_bits_double(word))     \
    FIELD("lorac.schedule", (uint64_t)c->rate.kind, c->rate.kind = (int)word)                                          \
    FIELD("lorac.warmup", (uint64_t)c->rate.warmup, c->rate.warmup = (int64_t)word)                                    \
    FIELD("lorac.schedule_steps", (uint64_t)c->rate.steps, c->rate.steps = (int64_t)word)                              \
    FIELD("lorac.floor_bits", lrt_double_bits(c->rate.floor), c->rate.floor = lrt_bits_double(word))                   \
    FIELD("lorac.clip_bits", lrt_double_bits(c->clip), c->clip = lrt_bits_double(word))                                \
    FIELD("lorac.batch", (uint64_t)c->batch, c->batch = (int64_t)word)                                                 \
    FIELD("lorac.data", c->data, c->data = word)                                                                       \
    FIELD("lorac.base", c->base, c->base = word)                                                                       \
    FIELD("lorac.model", c->model, c->model = word)                                                                    \
    FIELD(shard_key, shard_word(c), set_shard(c, word))

static const char shard_key[] = "lorac.shard", update_key[] = "lorac.update";

static uint64_t shard_word(const struct trainer_checkpoint *c) {
    return (uint64_t)c->shard << 32 | (uint64_t)c->shards;
}

static void set_shard(struct trainer_checkpoint *c, uint64_t word) {
    c->shard = (int32_t)(word >> 32);
    c->shards = (int32_t)(word & UINT32_MAX);
}

#define FIELD(key, written, read) +1
enum { FIELD_COUNT = 0 CHECKPOINT_FIELDS };
#undef FIELD

static bool parse_hex(const char *text, uint64_t *value) {
    uint64_t n = 0;
    if (!text || strlen(text) != 16) return false;
    for (; *text; text++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, *text);
        if (!at) return false;
        n = n << 4 | (uint64_t)(at - digits);
    }
    *value = n;
    return true;
}

// The word of a key; false when the file has none. Files written before there were shards lack that key: 0.
static bool read_word(const struct lrt_weight_file *file, const char *key, uint64_t *word) {
    const char *text = lrt_weight_file_metadata(file, key);
    *word = 0;
    return parse_hex(text, word) || (!text && strcmp(key, shard_key) == 0);
}

static bool from_file(const struct lrt_weight_file *file, struct trainer_checkpoint *c) {
    uint64_t word = 0;
    bool complete = true;
    memset(c, 0, sizeof *c);
#define FIELD(key, written, read)                                                                                      \
    complete = read_word(file, key, &word) && complete;                                                                \
    read;
    CHECKPOINT_FIELDS
#undef FIELD
    return complete;
}

// The key of the first number that no run of this program can have written; NULL: none. Half the range is the limit, so
// a run that continues from here cannot overflow.
static const char *impossible_field(const struct trainer_checkpoint *c) {
    const int64_t most = INT64_MAX / 2;
    if (c->step < 0 || c->step > most) return "lorac.step";
    if (c->steps < 0 || c->steps > most) return "lorac.steps";
    if (c->position < 0 || c->position > most) return "lorac.position";
    if (c->micro_batches < 1 || c->micro_batches > INT32_MAX) return "lorac.micro_batches";
    if (c->rate.kind < LRT_SCHEDULE_CONSTANT || c->rate.kind > LRT_SCHEDULE_COSINE) return "lorac.schedule";
    if (c->rate.warmup < 0 || c->rate.warmup > most) return "lorac.warmup";
    if (c->rate.steps < 0 || c->rate.steps > most) return "lorac.schedule_steps";
    if (!(c->rate.floor >= 0) || !(c->rate.floor <= 1)) return "lorac.floor_bits";
    if (!(c->clip >= 0) || !isfinite(c->clip)) return "lorac.clip_bits";
    if (c->shard < 0 || c->shard > c->shards || (c->shards > 0 && c->shard < 1)) return "lorac.shard";
    return c->learning_rate >= 0 && isfinite(c->learning_rate) ? NULL : "lorac.learning_rate_bits";
}

// ---- saving ----

static bool checkpoint_path(struct trainer *t, const char *folder, char path[PATH_BYTES]) {
    const int n = snprintf(path, PATH_BYTES, "%s/checkpoint.safetensors", folder);
    if (n > 0 && n < PATH_BYTES) return true;
    lrt_trainer_fail(t, LRT_EXIT_INPUT, "the folder's name is too long: %s", folder);
    return false;
}

// A pool of no floats (sgd without momentum) is left out.
static size_t add_pool(struct lrt_named_tensor *tensor, const char *name, const float *values, size_t floats) {
    if (floats == 0) return 0;
    *tensor = (struct lrt_named_tensor){
        .name = name, .type = LRT_F32, .rank = 1, .shape = {(int64_t)floats}, .source = lrt_floats(values)};
    return 1;
}

static int write_checkpoint(struct trainer *t, const char *path, const struct trainer_checkpoint *c) {
    char words[FIELD_COUNT][WORD_BYTES];
    struct lrt_metadata metadata[FIELD_COUNT + 1];
    size_t n_fields = 0;
#define FIELD(key, written, read)                                                                                      \
    snprintf(words[n_fields], WORD_BYTES, "%016" PRIx64, (uint64_t)(written));                                         \
    metadata[n_fields] = (struct lrt_metadata){key, words[n_fields]};                                                  \
    n_fields++;
    CHECKPOINT_FIELDS
#undef FIELD
    metadata[n_fields++] = (struct lrt_metadata){update_key, t->plan->update ? t->plan->update : ""};
    struct lrt_named_tensor tensors[2];
    size_t n = 0, floats = 0;
    const float *values = t->model->adapter(t->context, &floats);
    n += add_pool(&tensors[n], "adapters", values, floats);
    values = t->model->state(t->context, &floats);
    n += add_pool(&tensors[n], "state", values, floats);
    struct lrt_report report = {{0}};
    if (lrt_write_safetensors(path, tensors, n, metadata, n_fields, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", report.text);
    return LRT_EXIT_OK;
}

int lrt_trainer_save(struct trainer *t) {
    if (t->saved == t->step) return LRT_EXIT_OK;
    const struct lrt_data_info *info = lrt_data_info(t->data);
    const struct trainer_checkpoint c = {
        .step = t->step,
        .steps = t->run_steps,
        .seed = t->seed,
        .position = t->position,
        .data_rows = info->rows,
        .data_tokens = info->tokens,
        .micro_batches = t->micro_batches,
        .shuffled = t->order.shuffled != 0,
        .learning_rate = t->learning_rate > 0 ? t->learning_rate : t->plan->learning_rate,
        .rate = t->rate,
        .clip = lrt_trainer_clip(t),
        .batch = t->plan->batch,
        .data = t->data_hash,
        .base = t->base_hash,
        .model = lrt_trainer_model_hash(t->plan, &t->weights),
        .shard = t->shard.shard,
        .shards = t->shard.shards,
    };
    char path[PATH_BYTES];
    if (!checkpoint_path(t, t->options.out, path)) return LRT_EXIT_INPUT;
    int status = lrt_trainer_check_finite(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_make_folder(t, t->options.out);
    if (status == LRT_EXIT_OK) status = lrt_trainer_trajectory_sync(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_receipt_write(t);
    if (status == LRT_EXIT_OK) status = write_checkpoint(t, path, &c);
    if (status == LRT_EXIT_OK) t->saved = t->step;
    lrt_trainer_memory_trim();
    return status;
}

// ---- resuming ----

static int open_checkpoint(struct trainer *t, struct lrt_weight_file **file, struct trainer_checkpoint *c) {
    char path[PATH_BYTES];
    struct lrt_report report = {{0}};
    if (!checkpoint_path(t, t->options.resume, path)) return LRT_EXIT_INPUT;
    if (lrt_weight_file_open(file, path, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--resume: %s", report.text);
    const bool complete = from_file(*file, c);
    const char *impossible = complete ? impossible_field(c) : NULL;
    if (complete && !impossible) return LRT_EXIT_OK;
    lrt_weight_file_close(*file);
    *file = NULL;
    if (!complete) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--resume: %s is not a checkpoint of this program", path);
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--resume: %s: %s is a number that no run can have; the file is corrupt: take another "
                            "checkpoint, or start a new run",
                            path, impossible);
}

static int contradicts(struct trainer *t, const char *option, int64_t checkpoint, int64_t given) {
    return lrt_trainer_fail(
        t, LRT_EXIT_USAGE,
        "--resume: the run was started with %s %lld, not %lld; leave %s out, or start a new run from its "
        "adapters with --adapter %s/peft",
        option, (long long)checkpoint, (long long)given, option, t->options.resume);
}

// Another --steps moves the end of the run but not the schedule, so that the steps until then are those of the original
// run.
static void say_schedule(const struct trainer *t) {
    const long long steps = t->options.steps, laid_out = t->run_steps;
    const bool of_run = t->plan->schedule_of_run || t->options.rate.has_kind;
    if (!of_run || t->rate.steps > 0 || steps == 0 || steps == laid_out || t->options.quiet) return;
    printf("--resume: the learning rate goes on as laid out for the run's %lld steps", laid_out);
    if (steps > laid_out)
        printf("; behind them it stays at its end: for a new schedule start from --adapter %s/peft", t->options.resume);
    printf("\n");
}

static int is_of_other(struct trainer *t, const char *what, const char *cure) {
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--resume: the run was started on %s; %s, or start a new run from its adapters with "
                            "--adapter %s/peft",
                            what, cure, t->options.resume);
}

// Checks that inputs and program are those of the run, so that it continues with the same bits.
static int check_inputs(struct trainer *t, const struct trainer_checkpoint *c, const char *update) {
    const char *here = t->plan->update ? t->plan->update : "", *folder = t->options.resume;
    if (c->model != lrt_trainer_model_hash(t->plan, &t->weights))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--resume: the checkpoint in %s is of another model, base file type or optimizer",
                                folder);
    if (strcmp(update, here) != 0)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--resume: the checkpoint in %s is of a program compiled with `%s`, not "
                                "`%s`",
                                folder, update, here);
    if (c->batch != t->plan->batch)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--resume: the checkpoint in %s is of a program with batch %lld, not %lld", folder,
                                (long long)c->batch, (long long)t->plan->batch);
    if (t->options.steps <= 0) return LRT_EXIT_OK;
    if (c->base != t->base_hash) return is_of_other(t, "a base of other values", "give its --weights");
    const struct lrt_data_info *info = lrt_data_info(t->data);
    if (info->rows != c->data_rows || info->tokens != c->data_tokens)
        return lrt_trainer_fail(
            t, LRT_EXIT_INPUT,
            "--resume: the run was started on data of %lld rows and %lld tokens, not %lld and %lld; to train "
            "on other data start from its adapters with --adapter %s/peft",
            (long long)c->data_rows, (long long)c->data_tokens, (long long)info->rows, (long long)info->tokens, folder);
    if (c->data != t->data_hash)
        return is_of_other(t, "data of other tokens, though as many, or with others of them counting",
                           "give its --data");
    return LRT_EXIT_OK;
}

static int check_rate(struct trainer *t, const struct trainer_checkpoint *c) {
    const struct trainer_options *o = &t->options;
    const struct lrt_rate_schedule wanted = lrt_trainer_rate_over(&c->rate, &o->rate);
    const double clip = lrt_trainer_clip(t);
    if (!lrt_trainer_rate_is_same(&wanted, &c->rate))
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--resume: the run was started with another --schedule or --warmup; leave it out, or "
                                "start a new run from its adapters with --adapter %s/peft",
                                o->resume);
    if (o->clip != 0 && (clip < c->clip || clip > c->clip))
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--resume: the run was started with --clip %g (0: none), not %g; leave --clip out, or "
                                "start a new run from its adapters with --adapter %s/peft",
                                c->clip, clip, o->resume);
    return LRT_EXIT_OK;
}

static int check_settings(struct trainer *t, const struct trainer_checkpoint *c) {
    const struct trainer_options *o = &t->options;
    if (o->has_seed && o->seed != c->seed) return contradicts(t, "--seed", (int64_t)c->seed, (int64_t)o->seed);
    if (o->accumulate && o->accumulate != c->micro_batches)
        return contradicts(t, "--accumulate", c->micro_batches, o->accumulate);
    if (o->no_shuffle && c->shuffled)
        return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--resume: the run was started without --no-shuffle; leave it out");
    if (o->shard.shards && (o->shard.shard != c->shard || o->shard.shards != c->shards))
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--resume: the run was started with shard %d/%d (0/0: all), not %d/%d; leave --shard "
                                "out, or start a new run from its adapters with --adapter %s/peft",
                                (int)c->shard, (int)c->shards, (int)o->shard.shard, (int)o->shard.shards, o->resume);
    return check_rate(t, c);
}

int lrt_trainer_resume_settings(struct trainer *t) {
    struct lrt_weight_file *file = NULL;
    struct trainer_checkpoint c;
    int status = open_checkpoint(t, &file, &c);
    if (status != LRT_EXIT_OK) return status;
    const char *update = lrt_weight_file_metadata(file, update_key);
    status = check_inputs(t, &c, update ? update : "");
    lrt_weight_file_close(file);
    if (status == LRT_EXIT_OK) status = check_settings(t, &c);
    if (status != LRT_EXIT_OK) return status;
    if (t->receipt && t->options.lr > 0 && (t->options.lr < c.learning_rate || t->options.lr > c.learning_rate))
        return lrt_trainer_fail(
            t, LRT_EXIT_USAGE,
            "--receipt: a receipt is of one rate, and the run was started with --lr %.9g; leave --lr "
            "or --receipt out",
            c.learning_rate);
    t->shard = (struct trainer_shard){c.shard, c.shards};
    t->seed = c.seed;
    t->micro_batches = c.micro_batches;
    t->options.no_shuffle = !c.shuffled;
    if (t->options.lr <= 0) t->learning_rate = c.learning_rate;
    t->rate = c.rate;
    t->clip = c.clip > 0 ? c.clip : -1;
    t->step = t->saved = c.step;
    t->position = c.position;
    t->run_steps = c.steps;
    status = lrt_trainer_count_steps(t);
    if (status == LRT_EXIT_OK) say_schedule(t);
    return status;
}

static bool read_pool(const struct lrt_weight_file *file, const char *name, float *values, size_t floats) {
    const struct lrt_file_tensor *tensor = lrt_weight_file_find(file, name);
    if (floats == 0) return !tensor;
    return tensor && tensor->type == LRT_F32 && tensor->rank == 1 && tensor->shape[0] == (int64_t)floats &&
           lrt_file_tensor_floats(tensor, values, (int64_t)floats);
}

// The name of a tensor that no run writes; NULL: there is none.
static const char *strange_tensor(const struct lrt_weight_file *file) {
    for (size_t i = 0; i < lrt_weight_file_count(file); i++) {
        const char *name = lrt_weight_file_tensor(file, i)->name;
        if (strcmp(name, "adapters") != 0 && strcmp(name, "state") != 0) return name;
    }
    return NULL;
}

int lrt_trainer_resume_state(struct trainer *t) {
    struct lrt_weight_file *file = NULL;
    struct trainer_checkpoint c;
    int status = open_checkpoint(t, &file, &c);
    if (status != LRT_EXIT_OK) return status;
    size_t adapters = 0, states = 0;
    float *adapter = t->model->adapter(t->context, &adapters), *state = t->model->state(t->context, &states);
    if (!read_pool(file, "adapters", adapter, adapters) || !read_pool(file, "state", state, states))
        status = lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                  "--resume: the checkpoint in %s does not hold this model's %zu + %zu numbers",
                                  t->options.resume, adapters, states);
    const char *strange = status == LRT_EXIT_OK ? strange_tensor(file) : NULL;
    if (strange)
        status =
            lrt_trainer_fail(t, LRT_EXIT_INPUT,
                             "--resume: %s/checkpoint.safetensors: tensor %s is none that a run writes: the file was "
                             "changed; take another checkpoint, or start a new run",
                             t->options.resume, strange);
    lrt_weight_file_close(file);
    if (status != LRT_EXIT_OK) return status;
    t->model->run(t->context)->step = c.step;
    struct lrt_report report;
    if (lrt_params_are_finite(t->plan, adapter, adapters, &report) == LRT_OK &&
        lrt_params_are_finite(t->plan, state, states, &report) == LRT_OK)
        return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--resume: %s/checkpoint.safetensors: %s: it is damaged; take another checkpoint, or start "
                            "a new run",
                            t->options.resume, report.text);
}
