// Text: the memory plan as plain text: its key numbers, the pools, the values alive at the peak, and the work.
#include <stdlib.h>
#include <string.h>

#include "compiler/report/report.h"
#include "compiler/base/arena.h"
#include "compiler/base/bytes.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

enum { SHOWN = 16 }; // lines of a table; the text says what is left out

static void print_headline(const struct report *r, struct text *out) {
    const struct program *p = r->program;
    text_print(out, "%s: %s\n\n  arena ", p->options.prefix, p->options.words);
    bytes_words(out, 8, p->arena_bytes);
    if (p->arena_bytes == r->timeline->bound.bytes) {
        text_print(out, " = liveness bound, certified: the %zu values below are all alive at step %lld\n",
                   r->timeline->n_certificate, (long long)r->timeline->bound.at);
    } else {
        text_puts(out, "; liveness bound ");
        bytes_words(out, 8, r->timeline->bound.bytes);
        text_puts(out, "\n");
    }
    if (r->plan->graph->order) text_print(out, "  order    %s\n", r->plan->graph->order);
}

static void print_pools(const struct report *r, struct arena *a, struct text *out) {
    struct pool_size pools[PROGRAM_POOLS];
    int64_t sum = 0;
    program_pools(r->program, pools);
    text_puts(out, "\npools\n");
    for (int i = 0; i < PROGRAM_POOLS; i++) {
        text_print(out, "  %-10s ", pools[i].name);
        bytes_words(out, 8, pools[i].bytes);
        bool weights = strcmp(pools[i].name, "weights") == 0;
        text_print(out, "  %lld%s\n", (long long)pools[i].bytes,
                   weights ? " (mapped from the file; as if all were f32)" : "");
        if (pool_is_taken(&pools[i])) sum += pools[i].bytes;
    }
    text_puts(out, "  sum        ");
    bytes_words(out, 8, sum);
    text_print(out, "  %lld (without mapped weights%s)\n", (long long)sum,
               program_page_bytes(r->program) ? " and what is in a file" : "");
    const char *words = program_update_words(r->program, a);
    if (words) text_print(out, "  %s\n", words);
    struct program_shared *shared;
    size_t n = program_sharing(r->program, a, &shared);
    for (size_t i = 0; i < n; i++) text_print(out, "  %s\n", program_sharing_words(&shared[i], a));
}

static void print_peak(const struct report *r, struct arena *a, struct text *out) {
    const struct graph *g = r->plan->graph;
    const struct node *at = &g->nodes[r->timeline->nodes[r->timeline->bound.at]];
    struct report_holder holders[SHOWN];
    size_t n = report_holders(r, a, holders, SHOWN);
    text_print(out, "\nalive at the peak: step %lld of %lld, %s %s\n", (long long)r->timeline->bound.at,
               (long long)r->timeline->n_runs, at->kind == NODE_OP ? at->op->name : "loop",
               program_place(r->program, a, at->span));
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        const struct value *v = graph_value(g, holders[i].value);
        text_puts(out, "  ");
        bytes_words(out, 8, holders[i].bytes);
        text_print(out, "  %-8s %-18s", report_class(r, holders[i].value), v->name);
        if (holders[i].count > 1) text_print(out, " %lld x", (long long)holders[i].count);
        for (int d = 0; d < v->shape.rank; d++) text_print(out, "%s%lld", d ? ", " : " [", (long long)v->shape.dim[d]);
        text_print(out, "%s  %s\n", v->shape.rank ? "]" : "", program_place(r->program, a, v->span));
    }
    if (n > SHOWN) text_print(out, "  and %zu smaller value%s\n", n - SHOWN, n - SHOWN == 1 ? "" : "s");
}

struct work {
    const char *op;
    double flops, runs;
};

static int work_compare(const void *a, const void *b) {
    const struct work *x = a, *y = b;
    if (x->flops != y->flops) return x->flops > y->flops ? -1 : 1;
    return strcmp(x->op, y->op);
}

static void fixed(struct text *out, double value) { // one decimal, whatever the locale
    long long tenths = (long long)(value * 10 + 0.5);
    text_print(out, "%6lld.%lld", tenths / 10, tenths % 10);
}

static void print_work(const struct report *r, struct arena *a, struct text *out) {
    struct work *work = ARENA_ARRAY(a, struct work, r->n_nodes + 1);
    size_t n = 0;
    for (size_t i = 0; i < r->n_nodes; i++) {
        size_t k = 0;
        while (k < n && strcmp(work[k].op, r->nodes[i].op) != 0) k++;
        if (k == n) work[n++] = (struct work){r->nodes[i].op, 0, 0};
        work[k].flops += r->nodes[i].flops;
        work[k].runs += r->nodes[i].runs;
    }
    qsort(work, n, sizeof *work, work_compare);
    text_puts(out, "\nwork of a micro-batch and its update: ");
    fixed(out, r->work.flops / 1e9);
    text_puts(out, " GFLOP, estimated ");
    fixed(out, 1e3 * r->work.seconds);
    text_puts(out, " ms\n");
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        text_puts(out, "  ");
        fixed(out, work[i].flops / 1e9);
        text_puts(out, "  ");
        fixed(out, r->work.flops > 0 ? 100 * work[i].flops / r->work.flops : 0);
        text_print(out, " %%  %s\n", work[i].op);
    }
    if (n > SHOWN) text_print(out, "  and %zu smaller ops\n", n - SHOWN);
}

void report_text(const struct report *r, struct arena *a, struct text *out) {
    print_headline(r, out);
    print_pools(r, a, out);
    print_peak(r, a, out);
    print_work(r, a, out);
}
