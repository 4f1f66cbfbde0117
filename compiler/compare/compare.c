// Compare: the variants of a model are compiled, measured if asked, printed and checked.
#include "compiler/compare/compare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler/base/check.h"
#include "compiler/compare/compare_table.h"
#include "compiler/compare/learning_rates.h"
#include "compiler/compare/measure.h"
#include "compiler/compare/variants.h"

// ---- measuring ----
static bool measure_one(struct measuring *m, struct variant *v, struct report_comparison *setup) {
    if (!measure_build(m, v)) return false;
    if (m->data.held && !setup->done) {
        if (!measure_prepare(m, v, setup)) return false;
        setup->done = true;
    }
    return measure_steps(m, v) && measure_angles(m, v) && measure_training(m, v);
}

// Exact variants come first: the others are compared with them.
static bool measure_all(struct measuring *m, struct variants *all, struct report_comparison *setup) {
    size_t count = 0, done = 0;
    for (size_t i = 0; i < all->count; i++) count += !all->items[i].refused;
    for (int estimates = 0; estimates < 2; estimates++)
        for (size_t i = 0; i < all->count; i++) {
            struct variant *v = &all->items[i];
            if (v->refused || variant_is_exact(v) == (estimates == 1)) continue;
            m->sandbox->subject = arena_print(m->c->arena, "%zu of %zu, %s", ++done, count, v->name);
            if (!measure_one(m, v, setup)) return false;
        }
    return true;
}

static bool measure(struct compilation *c, struct comparison *out) {
    struct measuring m;
    bool good = measure_begin(&m, c);
    out->setup = (struct report_comparison){.weights = c->options->weights,
                                            .data = c->options->data,
                                            .eval = c->options->eval,
                                            .unit = m.data.unit,
                                            .train_units = m.data.train_units,
                                            .held_units = m.data.held_units,
                                            .seconds = c->options->seconds,
                                            .seeds = c->options->seeds};
    good = good && measure_all(&m, &out->variants, &out->setup);
    measure_end(&m);
    return good;
}

// With data a complete exact gradient is required, as the reference.
static bool has_exact(const struct compilation *c, const struct variants *all) {
    for (size_t i = 0; i < all->count; i++) {
        const struct variant *v = &all->items[i];
        if (!v->refused && variant_is_exact(v) && !v->compilation->program->fused) return true;
    }
    diag_report(c->diagnostics, DIAG_E0015, (struct span){0},
                "--methods: one of them has to be exact and with update deferred (checkpoint, say): the others are "
                "compared with it");
    return false;
}

bool compare_prepare(struct compilation *c, struct comparison *out) {
    *out = (struct comparison){.variants = variants_make(c)};
    if (!out->variants.count) {
        diag_report(c->diagnostics, DIAG_E0501, c->model->span, "--compare: the model has no loss to be trained for");
        return false;
    }
    return variants_are_had(c, &out->variants) && rates_are_good(c, &out->variants) &&
           (!c->options->data || has_exact(c, &out->variants));
}

// ---- checking ----
static bool check_bits(const struct report *r) {
    bool same = true;
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (a->refused || !a->measured.done || !a->exact || a->measured.same) continue;
        fprintf(stderr, "lorac: gradient %s computes other bits\n", a->name);
        same = false;
    }
    return same;
}

static bool check_budget(struct compilation *c, const struct report *r) {
    const struct report_alternative *least = NULL;
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (a->refused) continue;
        if (a->fits) return true;
        if (!least || pools_sum(a->pools) < pools_sum(least->pools)) least = a;
    }
    if (!least) return true;
    diag_report(c->diagnostics, DIAG_E0402, c->model->train.memory_span,
                "none of these fits %lld bytes; the least feasible budget is %lld bytes, of gradient %s",
                (long long)c->model->train.memory, (long long)pools_sum(least->pools), least->name);
    return false;
}

static bool print(struct compilation *c, const struct report *r) {
    struct text out = {0};
    print_planned_table(r, &out);
    print_measured_table(r, &out);
    print_quality_table(r, c->arena, &out);
    bool good = text_write(&out, "-");
    if (!good) diag_report(c->diagnostics, DIAG_E0004, (struct span){0}, "cannot write to stdout: %s", strerror(errno));
    text_free(&out);
    return good;
}

bool compare_variants(struct compilation *c, struct comparison *out) {
    if (c->options->measure && !measure(c, out)) return false;
    struct report *r = report_make(c->arena, c->program);
    variants_report(c, &out->variants, r);
    r->comparison = out->setup;
    if (!print(c, r)) return false;
    CHECK(check_bits(r), "exact methods do not compute the same bits");
    return check_budget(c, r);
}
