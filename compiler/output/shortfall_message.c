// Tell shortfall: the messages for a missed memory budget: what is missing, which values hold it, what would fit.
#include <string.h>

#include "compiler/base/bytes.h"
#include "compiler/base/diag.h"
#include "compiler/compare/variants.h"
#include "compiler/output/outputs.h"
#include "compiler/report/report.h"
#include "compiler/schedule/shortfall.h"

enum { HOLDERS = 4 };        // holders of memory that are listed
enum { WORTH_TELLING = 16 }; // fraction of the needed bytes; smaller savings are not listed

static const char *mebibytes(struct arena *a, int64_t bytes) { return bytes_rounded_up(a, bytes, 1 << 20); }

static const char *size_words(struct arena *a, int64_t bytes) {
    if (bytes < 1 << 10) return arena_print(a, "%lld bytes", (long long)bytes);
    if (bytes < 1 << 20) return arena_print(a, "%s KiB", bytes_rounded_up(a, bytes, 1 << 10));
    return arena_print(a, "%s MiB", mebibytes(a, bytes));
}

static int64_t pool_bytes(const struct pool_size pools[PROGRAM_POOLS], const char *name) {
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (strcmp(pools[i].name, name) == 0) return pools[i].bytes;
    return 0;
}

static void note_pools(struct compilation *c, struct span at, int64_t least) {
    struct pool_size pools[PROGRAM_POOLS];
    struct text list = {0};
    program_pools(c->program, pools);
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pools[i].bytes && pool_is_taken(&pools[i]))
            text_print(&list, "%s%s %lld", list.length ? ", " : "", pools[i].name, (long long)pools[i].bytes);
    diag_note(c->diagnostics, at, "bytes of the pools: %s", list.bytes ? list.bytes : "");
    if (c->options->threads > 1 && pool_bytes(pools, "scratch") > least / 3)
        diag_hint(c->diagnostics, "scratch is there once for each of %lld threads: --threads 1 needs less",
                  (long long)c->options->threads);
    int64_t saved = program_fusing_saves(c->program);
    if (saved > least / WORTH_TELLING)
        diag_note(c->diagnostics, at, "update fused keeps the gradients of one layer only: up to %lld bytes (%s) less",
                  (long long)saved, size_words(c->arena, saved));
    int64_t state = pool_bytes(pools, "optimizer");
    if (state > least / WORTH_TELLING)
        diag_note(c->diagnostics, at, "optimizer sgd without momentum has no state: %lld bytes (%s) less",
                  (long long)state, size_words(c->arena, state));
    text_free(&list);
}

static void note_holders(struct compilation *c) {
    const struct report *r = report_make(c->arena, c->program);
    struct report_holder holders[HOLDERS];
    size_t n = r ? report_holders(r, c->arena, holders, HOLDERS) : 0;
    if (n > HOLDERS) n = HOLDERS;
    for (size_t i = 0; i < n; i++) {
        const struct value *v = graph_value(r->plan->graph, holders[i].value);
        struct text shape = {0};
        if (holders[i].count > 1) text_print(&shape, ", %lld x", (long long)holders[i].count);
        for (int d = 0; d < v->shape.rank; d++)
            text_print(&shape, "%s%lld", d ? ", " : " [", (long long)v->shape.dim[d]);
        if (v->shape.rank) text_puts(&shape, "]");
        diag_note(c->diagnostics, v->span, "%s (%s%s) holds %s of the arena at its peak", v->name,
                  report_class(r, holders[i].value), shape.bytes ? shape.bytes : "",
                  size_words(c->arena, holders[i].bytes));
        text_free(&shape);
    }
}

static void note_others(struct compilation *c, struct span at, const struct shortfall *s) {
    for (size_t i = 0; i < s->n_others; i++)
        diag_note(c->diagnostics, at, "gradient %s fits: its least feasible budget is %lld bytes (%s MiB)",
                  s->others[i].method->name, (long long)s->others[i].bytes, mebibytes(c->arena, s->others[i].bytes));
    if (s->paged.method && s->paged.bytes < s->least - s->least / WORTH_TELLING)
        diag_note(c->diagnostics, at, "with page on gradient %s fits %lld bytes (%s MiB)", s->paged.method->name,
                  (long long)s->paged.bytes, mebibytes(c->arena, s->paged.bytes));
}

// The first estimate that fits, when no exact gradient does. Estimates keep no inputs that could be paged.
static void note_estimates(struct compilation *c, struct span at) {
    static const char *const methods[] = {"forward", "zeroth", "forward", "zeroth"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const char **words = ARENA_ARRAY(c->arena, const char *, 7);
        size_t n = 0;
        words[n++] = "--gradient";
        words[n++] = methods[i];
        if (i > 1) words[n++] = "--optimizer", words[n++] = "sgd";
        if (c->model->train.page) words[n++] = "--page", words[n++] = "off";
        words[n] = NULL;
        const struct variant v = variant_compile(c, words);
        if (v.refused || !v.fits) continue;
        const int64_t bytes = v.compilation->schedule.bytes;
        diag_note(c->diagnostics, at,
                  "an estimate of the gradient, see --compare, fits: gradient %s takes %lld bytes (%s MiB)", v.name,
                  (long long)bytes, mebibytes(c->arena, bytes));
        return;
    }
}

void report_shortfall(struct compilation *c) {
    const struct schedule_input input = compilation_schedule_input(c);
    const struct shortfall s = shortfall_find(&input, &c->schedule);
    struct span at = c->model->train.memory_span;
    diag_report(c->diagnostics, DIAG_E0401, at,
                "gradient %s does not fit %lld bytes; the least feasible budget is %lld bytes (%s MiB)",
                c->program->options.gradient, (long long)s.budget, (long long)s.least, mebibytes(c->arena, s.least));
    note_others(c, at, &s);
    note_pools(c, at, s.least);
    note_holders(c);
    if (!s.exact_fits && !c->method->estimate) note_estimates(c, at);
}
