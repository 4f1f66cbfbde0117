// Trainer receipt: a run notes what it is made of, and its adapter's hash every so many steps. The file is written
// whole before each checkpoint and at the end. A resumed run goes on with the file up to its checkpoint, so that it
// ends with the bytes of an uninterrupted one.
#include "runtime/trainer/trainer_receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lorac/lrt_foreign.h>
#include "runtime/trainer/trainer.h"

enum { EVERY = 10 };

#if defined(__clang__)
static const char built_by[] = "clang " __clang_version__;
#elif defined(__GNUC__)
static const char built_by[] = "gcc " __VERSION__;
#else
static const char built_by[] = "";
#endif

int lrt_trainer_receipt_open(struct trainer *t) {
    const struct trainer_options *o = &t->options;
    if (!o->receipt && !o->verify_receipt) return LRT_EXIT_OK;
    t->receipt = calloc(1, sizeof *t->receipt);
    if (!t->receipt) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    t->receipt->verifies = o->verify_receipt != NULL;
    t->receipt->path = o->receipt ? o->receipt : o->verify_receipt;
    t->receipt->now.options_every = o->receipt_every ? o->receipt_every : EVERY;
    if (t->receipt->verifies) return lrt_trainer_verify_open(t);
    if (o->resume || o->overwrite || access(o->receipt, F_OK) != 0) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--receipt: %s is there already; give another name, or --overwrite",
                            o->receipt);
}

void lrt_trainer_receipt_close(struct trainer *t) {
    if (!t->receipt) return;
    free(t->receipt->now.entries);
    free(t->receipt->given.entries);
    free(t->receipt);
    t->receipt = NULL;
}

void lrt_trainer_receipt_tokenizer(struct trainer *t, const struct lrt_tokenizer *tokenizer) {
    if (!t->receipt) return;
    struct receipt *r = &t->receipt->now;
    lrt_trainer_digest_tokenizer(tokenizer, r->data_tokenizer_sha256);
    r->data_skip_bad = t->options.skip_bad;
    if (lrt_data_info(t->data)->chats == 0) return;
    lrt_trainer_digest_template(tokenizer, r->data_template_sha256);
    snprintf(r->data_chat_date, sizeof r->data_chat_date, "%04d-%02d-%02d", t->chat_date.year, t->chat_date.month,
             t->chat_date.day);
    snprintf(r->data_train_on, sizeof r->data_train_on, "%s", lrt_trainer_turns_name(t->options.train_on));
}

// ---- what the run is made of ----
static void put_text(char to[RECEIPT_TEXT_BYTES], const char *text) {
    lrt_plain_text(to, RECEIPT_TEXT_BYTES, text ? text : "", text ? strlen(text) : 0, "");
}

static void put_file(char to[RECEIPT_TEXT_BYTES], const char *path) {
    const char *slash = strrchr(path, '/');
    put_text(to, slash && slash[1] ? slash + 1 : path);
}

static int note_facts(struct trainer *t) {
    struct receipt *r = &t->receipt->now;
    const struct lrt_plan_info *plan = t->plan;
    const struct lrt *run = t->model->run(t->context);
    put_text(r->made_by_lorac, plan->version);
    put_text(r->made_by_runtime, LORAC_VERSION);
    put_text(r->made_by_compiler, built_by);
    put_text(r->made_by_kernels, lrt_kernels_name(run));
    r->made_by_threads = run->threads;
    const bool fuses = strcmp(lrt_kernels_name(run), "portable") != 0; // all others do, see kernels/vector.h
    put_text(r->made_by_arithmetic, fuses ? "fused multiply-add" : "multiply, then add");
    put_text(r->model_name, plan->model);
    put_text(r->model_plan, plan->options);
    put_text(r->model_update, plan->update);
    snprintf(r->model_sha256, sizeof r->model_sha256, "%s", plan->model_hash ? plan->model_hash : "");
    snprintf(r->model_plan_sha256, sizeof r->model_plan_sha256, "%s", plan->plan_hash ? plan->plan_hash : "");
    r->model_batch = plan->batch;
    r->model_seq = plan->seq;
    put_file(r->base_file, t->options.weights);
    put_file(r->data_file, t->options.data);
    r->data_rows = lrt_data_info(t->data)->rows;
    r->options_seed = (int64_t)t->seed;
    r->options_shuffled = t->order.shuffled;
    r->options_accumulate = t->micro_batches;
    r->options_learning_rate = t->learning_rate > 0 ? t->learning_rate : plan->learning_rate;
    put_text(r->options_schedule, lrt_trainer_schedule_name(t->rate.kind));
    r->options_warmup = t->rate.warmup;
    r->options_schedule_steps = t->rate.steps;
    r->options_floor = t->rate.floor;
    r->options_run_steps = t->run_steps;
    r->options_clip = lrt_trainer_clip(t);
    r->options_shard = t->shard.shard;
    r->options_shards = t->shard.shards;
    r->options_random_init = t->options.random_init;
    lrt_trainer_digest_order(t, r->data_order_sha256);
    lrt_trainer_digest_base(t, r->base_sha256);
    return lrt_trainer_digest_data(t, r->data_sha256);
}

static void add_entry(struct trainer *t) {
    struct receipt *r = &t->receipt->now;
    struct receipt_entry *e = &r->entries[r->n++];
    *e = (struct receipt_entry){.step = t->step, .loss = t->receipt->loss};
    lrt_trainer_digest_adapter(t, e->adapter);
}

// ---- going on with a file ----
static int is_of_other(struct trainer *t, const char *what) {
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--receipt: %s: %s; give another name, for a receipt that begins with step %lld",
                            t->receipt->path, what, (long long)t->step);
}

// Keeps the entries until the checkpoint. The one of an interrupted run's last step goes, unless its turn is then.
static int take_entries(struct trainer *t) {
    struct receipt *now = &t->receipt->now;
    const struct receipt *was = &t->receipt->given;
    char adapter[LRT_SHA256_TEXT];
    size_t n = 0;
    while (n < was->n && was->entries[n].step <= t->step) n++;
    const struct receipt_entry *last = &was->entries[n - 1];
    if (n == was->n && lrt_receipt_next(last->step, was->options_every) <= t->step)
        return is_of_other(t, "it ends before the checkpoint");
    lrt_trainer_digest_adapter(t, adapter);
    if (last->step == t->step && strcmp(last->adapter, adapter) != 0)
        return is_of_other(t, "it is of another run than the checkpoint");
    if (n > 1 && last->step % was->options_every != 0) n--;
    memcpy(now->entries, was->entries, n * sizeof *now->entries);
    now->n = n;
    return LRT_EXIT_OK;
}

static int go_on(struct trainer *t) {
    struct trainer_receipt *r = t->receipt;
    struct lrt_report report = {{0}};
    if (lrt_receipt_read(r->path, &r->given, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--receipt: %s", report.text);
    if (!t->options.receipt_every) r->now.options_every = r->given.options_every;
    const struct receipt_field *f = lrt_receipt_difference(&r->now, &r->given, RECEIPT_TAKEN);
    if (!f) f = lrt_receipt_difference(&r->now, &r->given, RECEIPT_SAME);
    if (f) {
        char what[160];
        snprintf(what, sizeof what, "it is of another run: %s differs", f->what);
        return is_of_other(t, what);
    }
    return r->given.entries[0].step > t->step ? is_of_other(t, "it begins behind the checkpoint") : LRT_EXIT_OK;
}

// Entries from here to the end of the run; none is allocated while it trains.
static int make_room(struct trainer *t) {
    struct receipt *r = &t->receipt->now;
    const int64_t every = r->options_every, from = t->receipt->given.n ? t->receipt->given.entries[0].step : t->step;
    const int64_t n = t->options.steps / every - from / every + 2;
    if (n > RECEIPT_ENTRIES_MAX)
        return lrt_trainer_fail(t, LRT_EXIT_USAGE,
                                "--receipt: %lld steps with a hash every %lld are more than the %d that a receipt "
                                "holds; give --receipt-every %lld",
                                (long long)t->options.steps, (long long)every, RECEIPT_ENTRIES_MAX,
                                (long long)(t->options.steps / (RECEIPT_ENTRIES_MAX - 2) + 1));
    r->entries = malloc((size_t)n * sizeof *r->entries);
    return r->entries ? LRT_EXIT_OK : lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
}

int lrt_trainer_receipt_begin(struct trainer *t) {
    if (!t->receipt || (t->options.resume && t->step >= t->options.steps)) return LRT_EXIT_OK;
    int status = note_facts(t);
    if (status != LRT_EXIT_OK) return status;
    if (t->receipt->verifies) return lrt_trainer_verify_facts(t);
    const bool goes_on = t->options.resume && access(t->receipt->path, F_OK) == 0;
    if (goes_on) status = go_on(t);
    if (status == LRT_EXIT_OK) status = make_room(t);
    if (status != LRT_EXIT_OK) return status;
    if (goes_on) return take_entries(t);
    add_entry(t);
    return LRT_EXIT_OK;
}

// ---- while training ----
int lrt_trainer_receipt_step(struct trainer *t, double loss) {
    struct trainer_receipt *r = t->receipt;
    if (!r) return LRT_EXIT_OK;
    r->loss = loss;
    if (r->verifies) return lrt_trainer_verify_step(t);
    if (t->step % r->now.options_every == 0) add_entry(t);
    return LRT_EXIT_OK;
}

int lrt_trainer_receipt_write(struct trainer *t) {
    struct lrt_report report = {{0}};
    if (!t->receipt || t->receipt->verifies) return LRT_EXIT_OK;
    struct receipt *r = &t->receipt->now;
    const size_t n = r->n;
    if (n == 1 && r->entries[0].step == t->step) return LRT_EXIT_OK; // no step is done
    if (r->entries[n - 1].step != t->step) add_entry(t);
    r->ended = t->ended;
    const int status = lrt_receipt_write(t->receipt->path, r, &report);
    if (t->step % r->options_every != 0) r->n = n;
    return status == LRT_OK ? LRT_EXIT_OK : lrt_trainer_fail(t, LRT_EXIT_INPUT, "--receipt: %s", report.text);
}

int lrt_trainer_receipt_end(struct trainer *t) {
    if (!t->receipt) return LRT_EXIT_OK;
    if (!t->receipt->verifies) {
        if (!t->options.quiet) printf("wrote %s\n", t->receipt->path);
        return LRT_EXIT_OK;
    }
    const struct receipt *r = &t->receipt->given;
    printf("%s: equal: all %zu hashes of the adapter, until step %lld", t->receipt->path, r->n, (long long)t->step);
    if (r->entries[0].step > 0) printf("; they begin with step %lld", (long long)r->entries[0].step);
    if (!r->ended) printf("; the run had not ended there");
    printf("\n");
    return LRT_EXIT_OK;
}
