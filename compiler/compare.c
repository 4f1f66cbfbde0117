// Compare: the variants of a model become rows of a table: bytes by pool, work, time.
#include "compiler/compare.h"

#include <stdio.h>
#include <string.h>

#include "compiler/measure.h"
#include "compiler/variants.h"

static bool is_weights(const struct pool_size *p) { return strcmp(p->name, "weights") == 0; }

// ---- measuring ----
static void measure_all(struct compilation *c, struct variants *all) {
    struct measuring *m = measure_begin(c);
    bool good = m != NULL;
    for (size_t i = 0; good && i < all->count; i++) {
        struct variant *v = &all->items[i];
        if (v->refused) continue;
        good = measure_variant(m, v, arena_print(c->arena, "%zu of %zu, %s", i + 1, all->count, v->name));
    }
    if (m) measure_end(m);
}

// ---- the table ----
struct table {
    const struct compilation *c;
    const struct report *report; // the alternatives are its rows
    int64_t unit;                // bytes
    int names;                   // characters of the longest
    bool pools[PROGRAM_POOLS];   // columns: those that some row needs
    bool measured;
    struct text out;
};

static void put_size(struct table *t, int width, int64_t bytes) {
    long long hundredths = (long long)((bytes * 100 + t->unit / 2) / t->unit);
    text_print(&t->out, "  %*lld.%02lld", width - 3, hundredths / 100, hundredths % 100);
}

static void put_number(struct table *t, int width, int decimals, double value) { // whatever the locale
    long long scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1, parts = (long long)(value * (double)scale + 0.5);
    if (decimals == 0)
        text_print(&t->out, "  %*lld", width, parts);
    else
        text_print(&t->out, "  %*lld.%0*lld", width > decimals ? width - decimals - 1 : 0, parts / scale, decimals,
                   parts % scale);
}

static int64_t sum_of(const struct report_alternative *a) {
    int64_t sum = 0;
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pool_is_taken(&a->pools[i])) sum += a->pools[i].bytes;
    return sum;
}

// A pool has a column when some row shows more than 0.00 of it.
static void choose_columns(struct table *t) {
    const struct report *r = t->report;
    int64_t most = 0;
    t->names = (int)strlen("gradient");
    for (size_t k = 0; k < r->n_alternatives; k++)
        if (!r->alternatives[k].refused && sum_of(&r->alternatives[k]) > most) most = sum_of(&r->alternatives[k]);
    t->unit = most < 1 << 20 ? 1 << 10 : 1 << 20;
    for (size_t k = 0; k < r->n_alternatives; k++) {
        const struct report_alternative *a = &r->alternatives[k];
        if ((int)strlen(a->name) > t->names) t->names = (int)strlen(a->name);
        t->measured = t->measured || a->measured.done;
        for (int i = 0; i < PROGRAM_POOLS && !a->refused; i++)
            t->pools[i] = t->pools[i] || (200 * a->pools[i].bytes >= t->unit && !is_weights(&a->pools[i]));
    }
}

static void put_head(struct table *t) {
    const struct program *p = t->c->program;
    struct pool_size names[PROGRAM_POOLS];
    program_pools(p, names);
    text_print(&t->out, "%s: optimizer %s, %d threads at most; pools in %s\n\n%-*s", p->options.prefix,
               t->c->model->train.optimizer, p->options.threads, t->unit == 1 << 10 ? "KiB" : "MiB", t->names + 2,
               "  gradient");
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (t->pools[i]) text_print(&t->out, "  %9s", names[i].name);
    text_print(&t->out, "  %9s  %8s  %8s  %8s", "sum", "GFLOP", "forwards", "est. ms");
    if (t->measured) text_print(&t->out, "  %8s  %9s  bits", "ms", "RSS");
    text_puts(&t->out, "\n");
}

static void put_row(struct table *t, const struct report_alternative *a) {
    text_print(&t->out, "%c %-*s", a->chosen ? '*' : ' ', t->names, a->name);
    if (a->refused) {
        text_print(&t->out, "  %s\n", a->refused);
        return;
    }
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (t->pools[i]) put_size(t, 9, a->pools[i].bytes);
    put_size(t, 9, sum_of(a));
    put_number(t, 8, a->work.flops < 1e9 ? 2 : 1, a->work.flops / 1e9);
    put_number(t, 8, 2, a->work.flops / t->report->forward.flops);
    put_number(t, 8, a->work.seconds < 0.01 ? 2 : 0, 1e3 * a->work.seconds);
    if (a->measured.done) {
        put_number(t, 8, a->measured.ms < 10 ? 2 : 0, a->measured.ms);
        put_size(t, 9, a->measured.memory);
        text_puts(&t->out, a->measured.same ? "  same" : "  OTHER");
    }
    if (!a->fits) text_puts(&t->out, "  over the budget");
    text_puts(&t->out, "\n");
}

static void put_notes(struct table *t) {
    const struct report *r = t->report;
    bool chosen = false;
    for (size_t i = 0; i < r->n_alternatives; i++) chosen = chosen || r->alternatives[i].chosen;
    text_puts(&t->out, "\n");
    if (chosen) text_puts(&t->out, "  *         what is asked for\n");
    text_puts(
        &t->out,
        "  sum       of all memory, also of pools too small to show; without mapped weights and what is in a file\n");
    text_puts(&t->out, "  forwards  the work in forward passes of the same tokens:");
    put_number(t, 1, r->forward.flops < 1e9 ? 2 : 1, r->forward.flops / 1e9);
    text_puts(&t->out, " GFLOP\n  est. ms   by measured rates of kernels on another machine: for comparing\n");
    if (t->measured)
        text_puts(&t->out, "  ms, RSS   the fastest step, and the most the process took besides mapped files\n"
                           "  bits      of loss, norm and gradients, beside the first row\n");
}

static void judge(struct compilation *c, const struct report *r) {
    bool fits = false;
    const struct report_alternative *least = NULL;
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (a->refused) continue;
        fits = fits || a->fits;
        if (!least || sum_of(a) < sum_of(least)) least = a;
        if (!a->measured.done || a->measured.same) continue;
        fprintf(stderr, "lorac: internal error: gradient %s computes other bits\n", a->name);
        c->status = EXIT_INTERNAL;
    }
    if (fits || !least || c->status != EXIT_GOOD) return;
    fprintf(stderr,
            "lorac: error: none of these fits %lld bytes; the least feasible budget is %lld bytes, of gradient %s\n",
            (long long)c->model->train.memory, (long long)sum_of(least), least->name);
    c->status = EXIT_BUDGET;
}

void compare_variants(struct compilation *c) {
    struct report *r = report_make(c->arena, c->program);
    struct variants all = variants_make(c);
    if (!r || !all.count) {
        fprintf(stderr, "lorac: error: --compare: the model has no loss to be trained for\n");
        c->status = EXIT_INPUT;
        return;
    }
    if (c->options->measure) measure_all(c, &all);
    if (c->status != EXIT_GOOD) return;
    variants_report(c, &all, r);
    struct table t = {.c = c, .report = r};
    choose_columns(&t);
    put_head(&t);
    for (size_t i = 0; i < r->n_alternatives; i++) put_row(&t, &r->alternatives[i]);
    put_notes(&t);
    if (!text_write(&t.out, "-")) c->status = EXIT_INPUT;
    text_free(&t.out);
    judge(c, r);
    write_reports(c, &all);
}
