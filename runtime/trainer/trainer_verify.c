// Trainer verify: --verify-receipt takes the options of a run from its receipt, trains again from the beginning, and
// ends at the first thing that differs. It writes no file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/trainer/trainer.h"

static int refuse(struct trainer *t, const char *what) {
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--verify-receipt: %s: %s", t->receipt->path, what);
}

int lrt_trainer_verify_open(struct trainer *t) {
    struct trainer_options *o = &t->options;
    struct receipt *r = &t->receipt->given;
    struct lrt_report report = {{0}};
    if (lrt_receipt_read(t->receipt->path, r, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--verify-receipt: %s", report.text);
    if (strcmp(r->made_by_lorac, t->plan->version) != 0 && !o->quiet)
        fprintf(stderr, "%s: note: the receipt is of a program of lorac %s; this one is of lorac %s\n", o->program,
                r->made_by_lorac, t->plan->version);
    const int kind = lrt_trainer_schedule_kind(r->options_schedule);
    if (kind == LRT_SCHEDULE_COMPILED)
        return refuse(t, "options.schedule is a schedule that this program does not know");
    struct trainer_date *d = &o->chat_date;
    if (r->data_chat_date[0]) sscanf(r->data_chat_date, "%d-%d-%d", &d->year, &d->month, &d->day);
    for (int i = LRT_TRAIN_ON_DEFAULT; i <= LRT_TRAIN_ON_LAST_TURN; i++)
        if (strcmp(r->data_train_on, lrt_trainer_turns_name((enum lrt_train_on)i)) == 0)
            o->train_on = (enum lrt_train_on)i;
    o->skip_bad = r->data_skip_bad;
    o->steps = r->entries[r->n - 1].step;
    o->seed = (uint64_t)r->options_seed;
    o->no_shuffle = !r->options_shuffled;
    o->accumulate = r->options_accumulate;
    o->lr = r->options_learning_rate;
    o->clip = r->options_clip > 0 ? r->options_clip : -1;
    o->shard = (struct trainer_shard){(int32_t)r->options_shard, (int32_t)r->options_shards};
    o->random_init = r->options_random_init;
    o->rate = (struct trainer_rate){
        {kind, r->options_warmup, r->options_schedule_steps, r->options_floor}, true, true, true, true};
    t->receipt->now.options_every = r->options_every;
    return LRT_EXIT_OK;
}

// A difference of ids that has a cause among what made them.
static const char *cause_of(const struct trainer_receipt *r, const struct receipt_field *f) {
    const bool ids = strcmp(f->section, "data") == 0;
    const struct receipt_field *cause = ids ? lrt_receipt_difference(&r->now, &r->given, RECEIPT_CAUSE) : NULL;
    return cause ? cause->what : NULL;
}

static void show(const struct receipt_field *f, const struct receipt *r, char text[80]) {
    const char *at = (const char *)r + f->offset;
    switch (f->kind) {
    case RECEIPT_KIND_TEXT: snprintf(text, 80, "\"%.70s\"", at); break;
    case RECEIPT_KIND_HASH: snprintf(text, 80, "%.12s...", at); break;
    case RECEIPT_KIND_INTEGER: snprintf(text, 80, "%lld", (long long)*(const int64_t *)at); break;
    case RECEIPT_KIND_NUMBER: snprintf(text, 80, "%.17g", *(const double *)at); break;
    case RECEIPT_KIND_FLAG: snprintf(text, 80, "%s", *(const bool *)at ? "true" : "false"); break;
    }
}

int lrt_trainer_verify_facts(struct trainer *t) {
    struct trainer_receipt *r = t->receipt;
    const struct receipt_field *f = lrt_receipt_difference(&r->now, &r->given, RECEIPT_SAME | RECEIPT_TAKEN);
    if (f) {
        char there[80], here[80];
        const char *cause = cause_of(r, f);
        show(f, &r->given, there);
        show(f, &r->now, here);
        return lrt_trainer_fail(
            t, LRT_EXIT_INPUT, "--verify-receipt: %s: differs in %s (%s.%s is %s in the receipt, %s here)%s%s", r->path,
            f->what, f->section, f->key, there, here, cause ? "; so does " : "", cause ? cause : "");
    }
    return r->given.entries[0].step == 0 ? lrt_trainer_verify_step(t) : LRT_EXIT_OK;
}

static int tell_difference(struct trainer *t, const struct receipt_entry *e) {
    const char *path = t->receipt->path;
    if (e->step == 0)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--verify-receipt: %s: differs in the adapter before the first step; give the "
                                "--adapter or --shard-in that the run began with",
                                path);
    if (e == t->receipt->given.entries)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--verify-receipt: %s: the adapter differs after step %lld, where its hashes begin",
                                path, (long long)e->step);
    if (e[-1].step + 1 == e->step)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--verify-receipt: %s: the adapter differs after step %lld; after the step before it "
                                "was the same",
                                path, (long long)e->step);
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--verify-receipt: %s: the adapter differs after step %lld; after step %lld it was the "
                            "same, so the first step that differs is one of %lld to %lld",
                            path, (long long)e->step, (long long)e[-1].step, (long long)e[-1].step + 1,
                            (long long)e->step);
}

int lrt_trainer_verify_step(struct trainer *t) {
    struct trainer_receipt *r = t->receipt;
    const struct receipt_entry *e = &r->given.entries[r->next];
    char adapter[LRT_SHA256_TEXT];
    if (r->next == r->given.n || e->step != t->step) return LRT_EXIT_OK;
    lrt_trainer_digest_adapter(t, adapter);
    if (strcmp(adapter, e->adapter) != 0) return tell_difference(t, e);
    if (r->next > 0 && (r->loss < e->loss || r->loss > e->loss))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--verify-receipt: %s: the adapter after step %lld is the same, but the loss of that "
                                "step was %.17g, not %.17g: the receipt was changed",
                                r->path, (long long)e->step, r->loss, e->loss);
    r->next++;
    return LRT_EXIT_OK;
}
