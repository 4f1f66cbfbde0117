// Compare: the variants of a model are made, measured when that is asked for, printed and judged.
#include "compiler/compare/compare.h"

#include <stdio.h>

#include "compiler/compare/compare_table.h"
#include "compiler/compare/learning_rates.h"
#include "compiler/compare/measure.h"
#include "compiler/variants.h"

// ---- measuring ----
static bool measure_one(struct measuring *m, struct variant *v, struct report_comparison *told) {
    if (!measure_build(m, v)) return false;
    if (m->data.held && !told->done) {
        if (!measure_prepare(m, v, told)) return false;
        told->done = true;
    }
    return measure_steps(m, v) && measure_angles(m, v) && measure_training(m, v);
}

// The exact ones first: the others are held against them.
static bool measure_all(struct measuring *m, struct variants *all, struct report_comparison *told) {
    size_t count = 0, done = 0;
    for (size_t i = 0; i < all->count; i++) count += !all->items[i].refused;
    for (int estimates = 0; estimates < 2; estimates++)
        for (size_t i = 0; i < all->count; i++) {
            struct variant *v = &all->items[i];
            if (v->refused || variant_is_exact(v) == (estimates == 1)) continue;
            m->shop->subject = arena_print(m->c->arena, "%zu of %zu, %s", ++done, count, v->name);
            if (!measure_one(m, v, told)) return false;
        }
    return true;
}

static void measure(struct compilation *c, struct variants *all, struct report_comparison *told) {
    struct measuring m;
    bool good = measure_begin(&m, c);
    *told = (struct report_comparison){.weights = c->options->weights,
                                       .data = c->options->data,
                                       .eval = c->options->eval,
                                       .unit = m.data.unit,
                                       .train_units = m.data.train_units,
                                       .held_units = m.data.held_units,
                                       .seconds = c->options->seconds,
                                       .seeds = c->options->seeds};
    good = good && measure_all(&m, all, told);
    measure_end(&m);
    if (!good && c->status == EXIT_GOOD) c->status = EXIT_INPUT;
}

// With data there must be an exact gradient, whole, to hold the others against.
static bool has_exact(const struct variants *all) {
    for (size_t i = 0; i < all->count; i++) {
        const struct variant *v = &all->items[i];
        if (!v->refused && variant_is_exact(v) && !v->compilation->program->fused) return true;
    }
    fprintf(stderr, "lorac: error: --methods: one of them has to be exact and with update deferred (checkpoint, say): "
                    "the others are compared with it\n");
    return false;
}

// ---- judging ----
static void judge(struct compilation *c, const struct report *r) {
    bool fits = false;
    const struct report_alternative *least = NULL;
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (a->refused) continue;
        fits = fits || a->fits;
        if (!least || pools_sum(a->pools) < pools_sum(least->pools)) least = a;
        if (!a->measured.done || !a->exact || a->measured.same) continue;
        fprintf(stderr, "lorac: internal error: gradient %s computes other bits\n", a->name);
        c->status = EXIT_INTERNAL;
    }
    if (fits || !least || c->status != EXIT_GOOD) return;
    fprintf(stderr,
            "lorac: error: none of these fits %lld bytes; the least feasible budget is %lld bytes, of gradient %s\n",
            (long long)c->model->train.memory, (long long)pools_sum(least->pools), least->name);
    c->status = EXIT_BUDGET;
}

static void print(struct compilation *c, const struct report *r) {
    struct text out = {0};
    put_planned_table(r, &out);
    put_measured_table(r, &out);
    put_quality_table(r, c->arena, &out);
    if (!text_write(&out, "-")) c->status = EXIT_INPUT;
    text_free(&out);
}

void compare_variants(struct compilation *c) {
    struct report *r = report_make(c->arena, c->program);
    struct variants all = variants_make(c);
    struct report_comparison told = {0};
    if (!r || !all.count) {
        fprintf(stderr, "lorac: error: --compare: the model has no loss to be trained for\n");
        c->status = EXIT_INPUT;
        return;
    }
    if (!variants_are_had(c->options, &all) || !rates_are_good(c->options, &all) ||
        (c->options->data && !has_exact(&all))) {
        c->status = EXIT_USAGE;
        return;
    }
    if (!reports_may_be_written(c)) return;
    if (c->options->measure) measure(c, &all, &told);
    if (c->status != EXIT_GOOD) return;
    variants_report(c, &all, r);
    r->comparison = told;
    print(c, r);
    judge(c, r);
    write_reports(c, &all, &told);
}
