// Budget: the promise of the train block's `memory`, kept or refused before anything is written.
#include <string.h>

#include "compiler/report/report.h"
#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/variants.h"

enum { HOLDERS = 4 };        // told of those that hold the memory
enum { WORTH_TELLING = 16 }; // a part of the budget: what would save less than that is not told

int64_t bytes_of_pools(const struct program *p) {
    struct pool_size pools[PROGRAM_POOLS];
    int64_t sum = 0;
    program_pools(p, pools);
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pool_is_taken(&pools[i])) sum += pools[i].bytes;
    return sum;
}

// Rounded up to three significant digits at least, so that a small size is never told as another.
static const char *in_units(struct arena *a, int64_t bytes, int64_t unit) {
    int64_t scale = 100;
    while (scale < 100000000 && bytes && bytes * scale < 100 * unit) scale *= 10;
    int64_t parts = (bytes * scale + unit - 1) / unit;
    int digits = 0;
    for (int64_t s = scale; s > 1; s /= 10) digits++;
    return arena_print(a, "%lld.%0*lld", (long long)(parts / scale), digits, (long long)(parts % scale));
}

static const char *mebibytes(struct arena *a, int64_t bytes) { return in_units(a, bytes, 1 << 20); }

static const char *size_words(struct arena *a, int64_t bytes) {
    if (bytes < 1 << 10) return arena_print(a, "%lld bytes", (long long)bytes);
    if (bytes < 1 << 20) return arena_print(a, "%s KiB", in_units(a, bytes, 1 << 10));
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

// The least that the pools take with another gradient method, or with pages.
static int64_t bytes_with(const struct compilation *c, const struct gradient *method, bool page) {
    struct compilation other = *c;
    struct model model = *c->model;
    model.train.page = page;
    other.model = &model;
    other.gradient = method;
    return search_least_bytes(&other);
}

// What the method of the model would need with the inputs of blocks in a file; whether that fits.
static bool note_pages(struct compilation *c, struct span at, int64_t least) {
    if (c->model->train.page) return false;
    const struct gradient *method = c->gradient->searches ? gradient_find("structured") : c->gradient;
    int64_t bytes = bytes_with(c, method, true);
    if (bytes < least - least / WORTH_TELLING)
        diag_note(c->diagnostics, at, "with page on gradient %s fits %lld bytes (%s MiB)", method->name,
                  (long long)bytes, mebibytes(c->arena, bytes));
    return bytes <= (int64_t)c->model->train.memory;
}

// Whether there is another exact method that fits.
static bool note_methods(struct compilation *c, struct span at) {
    int64_t budget = (int64_t)c->model->train.memory;
    bool found = false;
    for (size_t i = 0; gradient_names[i]; i++) {
        const struct gradient *method = gradient_find(gradient_names[i]);
        if (method == c->gradient || !method->trains || method->estimate) continue;
        int64_t bytes = bytes_with(c, method, c->model->train.page);
        if (bytes > budget) continue;
        diag_note(c->diagnostics, at, "gradient %s fits: its least feasible budget is %lld bytes (%s MiB)",
                  method->name, (long long)bytes, mebibytes(c->arena, bytes));
        found = true;
    }
    return found;
}

// The first estimate that fits, for a budget that no exact gradient fits. They keep no inputs to be paged.
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
        const int64_t bytes = bytes_of_pools(v.compilation->program);
        diag_note(c->diagnostics, at,
                  "an estimate of the gradient, see --compare, fits: gradient %s takes %lld bytes (%s MiB)", v.name,
                  (long long)bytes, mebibytes(c->arena, bytes));
        return;
    }
}

bool budget_is_missed(const struct compilation *c) {
    int64_t budget = (int64_t)c->model->train.memory;
    return budget && bytes_of_pools(c->program) > budget;
}

bool budget_is_kept(struct compilation *c) {
    int64_t budget = (int64_t)c->model->train.memory, least = bytes_of_pools(c->program);
    if (!budget_is_missed(c) || c->options->compare || c->trial) return true; // a table tells it
    if (c->needed) least = c->needed;
    struct span at = c->model->train.memory_span;
    diag_report(c->diagnostics, DIAG_E0401, at,
                "gradient %s does not fit %lld bytes; the least feasible budget is %lld bytes (%s MiB)",
                c->program->options.gradient, (long long)budget, (long long)least, mebibytes(c->arena, least));
    bool exact = note_methods(c, at);
    exact = note_pages(c, at, least) || exact;
    note_pools(c, at, least);
    note_holders(c);
    if (!exact && !c->gradient->estimate) note_estimates(c, at);
    c->status = EXIT_BUDGET;
    return false;
}
