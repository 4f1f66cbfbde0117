// Compare table: alternatives become rows: bytes by pool, work and time. Planned values come first, measured ones
// below.
#include "compiler/compare/compare_table.h"

#include <string.h>

#include "compiler/base/bytes.h"
#include "compiler/base/text.h"

struct table {
    const struct report *report; // its alternatives are the rows
    const char *unit_name;
    int64_t unit;              // bytes
    int names;                 // width of the longest name
    bool pools[PROGRAM_POOLS]; // the columns that some row needs
    bool measured;
    struct text *out;
};

static bool is_weights(const struct pool_size *p) { return strcmp(p->name, "weights") == 0; }

// ---- numbers ----
static void print_size(struct text *out, int width, int64_t bytes, int64_t unit) {
    text_puts(out, "  ");
    bytes_in(out, width, bytes, unit);
}

static void print_number(struct text *out, int width, int decimals, double value) { // whatever the locale
    long long scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1, scaled = (long long)(value * (double)scale + 0.5);
    if (decimals == 0)
        text_print(out, "  %*lld", width, scaled);
    else
        text_print(out, "  %*lld.%0*lld", width > decimals ? width - decimals - 1 : 0, scaled / scale, decimals,
                   scaled % scale);
}

int64_t pools_sum(const struct pool_size pools[PROGRAM_POOLS]) {
    int64_t sum = 0;
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pool_is_taken(&pools[i])) sum += pools[i].bytes;
    return sum;
}

// A pool has a column if some row shows more than 0.00 of it; the file pool has one if asked for.
static struct table table_of(const struct report *r, bool files, struct text *out) {
    struct table t = {.report = r, .out = out, .names = (int)strlen("gradient")};
    int64_t most = 0;
    for (size_t k = 0; k < r->n_alternatives; k++)
        if (!r->alternatives[k].refused && pools_sum(r->alternatives[k].pools) > most)
            most = pools_sum(r->alternatives[k].pools);
    t.unit_name = bytes_unit(most, &t.unit);
    for (size_t k = 0; k < r->n_alternatives; k++) {
        const struct report_alternative *a = &r->alternatives[k];
        if ((int)strlen(a->name) > t.names) t.names = (int)strlen(a->name);
        t.measured = t.measured || a->measured.done;
        for (int i = 0; i < PROGRAM_POOLS && !a->refused; i++) {
            const struct pool_size *p = &a->pools[i];
            bool shown = pool_is_taken(p) || (files && !is_weights(p));
            t.pools[i] = t.pools[i] || (shown && 200 * p->bytes >= t.unit);
        }
    }
    return t;
}

static void print_pool_names(const struct table *t) {
    struct pool_size names[PROGRAM_POOLS];
    program_pools(t->report->program, names);
    text_print(t->out, "%-*s", t->names + 2, "  gradient");
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (t->pools[i]) text_print(t->out, "  %9s", names[i].name);
    text_print(t->out, "  %9s", "sum");
}

static void print_pools(const struct table *t, const struct pool_size pools[PROGRAM_POOLS]) {
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (t->pools[i]) print_size(t->out, 9, pools[i].bytes, t->unit);
    print_size(t->out, 9, pools_sum(pools), t->unit);
}

// ---- planned ----
static void print_row(const struct table *t, const struct report_alternative *a) {
    struct text *out = t->out;
    text_print(out, "%c %-*s", a->chosen ? '*' : ' ', t->names, a->name);
    if (a->refused) {
        text_print(out, "  %s\n", a->refused);
        return;
    }
    print_pools(t, a->pools);
    print_number(out, 8, a->work.flops < 1e9 ? 2 : 1, a->work.flops / 1e9);
    print_number(out, 8, 2, a->work.flops / t->report->forward.flops);
    print_number(out, 8, a->work.seconds < 0.01 ? 2 : 0, 1e3 * a->work.seconds);
    if (a->measured.done) {
        print_number(out, 8, a->measured.ms < 10 ? 2 : 0, a->measured.ms);
        print_size(out, 9, a->measured.memory, t->unit);
        text_puts(out, !a->exact ? "  -" : a->measured.same ? "  same" : "  OTHER");
    }
    if (!a->fits) text_puts(out, "  over the budget");
    text_puts(out, "\n");
}

static void print_notes(const struct table *t) {
    const struct report *r = t->report;
    bool chosen = false;
    for (size_t i = 0; i < r->n_alternatives; i++) chosen = chosen || r->alternatives[i].chosen;
    text_puts(t->out, "\n");
    if (chosen) text_puts(t->out, "  *         what is asked for\n");
    text_puts(
        t->out,
        "  sum       of all memory, also of pools too small to show; without mapped weights and what is in a file\n");
    text_puts(t->out, "  forwards  the work in forward passes of the same tokens:");
    print_number(t->out, 1, r->forward.flops < 1e9 ? 2 : 1, r->forward.flops / 1e9);
    text_puts(t->out, " GFLOP\n  est. ms   by measured rates of kernels on another machine: for comparing\n");
    if (t->measured)
        text_puts(t->out, "  ms, RSS   the fastest step, and the most the process took besides mapped files\n"
                          "  bits      of loss, norm and gradients, beside the first row that is exact\n");
}

void print_planned_table(const struct report *r, struct text *out) {
    struct table t = table_of(r, true, out);
    const struct program *p = r->program;
    text_print(out, "%s: optimizer %s, %d threads at most; pools in %s\n\n", p->options.prefix,
               p->model->train.optimizer, p->options.threads, t.unit_name);
    print_pool_names(&t);
    text_print(out, "  %8s  %8s  %8s", "GFLOP", "forwards", "est. ms");
    if (t.measured) text_print(out, "  %8s  %9s  bits", "ms", "RSS");
    text_puts(out, "\n");
    for (size_t i = 0; i < r->n_alternatives; i++) print_row(&t, &r->alternatives[i]);
    print_notes(&t);
}

// ---- measured ----
void print_measured_table(const struct report *r, struct text *out) {
    struct table t = table_of(r, false, out);
    if (!t.measured) return;
    text_print(out, "\nthe same pools as measured, in %s: pages that a run of a few steps touched\n\n", t.unit_name);
    print_pool_names(&t);
    text_puts(out, "\n");
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (!a->measured.done) continue;
        text_print(out, "  %-*s", t.names, a->name);
        print_pools(&t, a->measured.pools);
        text_puts(out, "\n");
    }
}
