// Budget: the promise of the train block's `memory`, kept or refused before anything is written.
#include <string.h>

#include "codegen/report.h"
#include "compiler/base/diag.h"
#include "compiler/compilation.h"

static int64_t bytes_of_pools(const struct program *p) {
    struct pool_size pools[PROGRAM_POOLS];
    int64_t sum = 0;
    program_pools(p, pools);
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (strcmp(pools[i].name, "weights") != 0) sum += pools[i].bytes;
    return sum;
}

static const char *mebibytes(struct arena *a, int64_t bytes) {
    int64_t hundredths = (bytes * 100 + (1 << 20) - 1) >> 20;
    return arena_print(a, "%lld.%02lld", (long long)(hundredths / 100), (long long)(hundredths % 100));
}

static void note_pools(struct compilation *c, struct span at) {
    struct pool_size pools[PROGRAM_POOLS];
    struct text list = {0};
    program_pools(c->program, pools);
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pools[i].bytes && strcmp(pools[i].name, "weights") != 0)
            text_print(&list, "%s%s %lld", list.length ? ", " : "", pools[i].name, (long long)pools[i].bytes);
    diag_note(c->diagnostics, at, "bytes of the pools: %s", list.bytes ? list.bytes : "");
    text_free(&list);
}

static void note_holders(struct compilation *c) {
    const struct report *r = report_make(c->arena, c->program);
    struct report_holder holders[4];
    size_t n = r ? report_holders(r, c->arena, holders, 4) : 0;
    if (n > 4) n = 4;
    for (size_t i = 0; i < n; i++) {
        const struct value *v = graph_value(r->plan->graph, holders[i].value);
        diag_note(c->diagnostics, v->span, "%s holds %s MiB of the arena at its peak", v->name,
                  mebibytes(c->arena, holders[i].bytes));
    }
}

bool budget_is_missed(const struct compilation *c) {
    int64_t budget = (int64_t)c->model->train.memory;
    return budget && bytes_of_pools(c->program) > budget;
}

bool budget_is_kept(struct compilation *c) {
    int64_t budget = (int64_t)c->model->train.memory, least = bytes_of_pools(c->program);
    if (!budget_is_missed(c)) return true;
    struct span at = c->model->train.memory_span;
    diag_report(c->diagnostics, DIAG_E0401, at,
                "gradient %s does not fit %lld bytes; the least feasible budget is %lld bytes (%s MiB)",
                c->program->options.gradient, (long long)budget, (long long)least, mebibytes(c->arena, least));
    note_pools(c, at);
    note_holders(c);
    c->status = EXIT_BUDGET;
    return false;
}
