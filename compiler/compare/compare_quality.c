// Compare quality: measurements with data become a table: each method's gradient quality, and the loss after equal
// training time.
#include <math.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/compare/compare_table.h"

// Three significant digits, or all digits before the point: "0.000513", "0.123", "1234".
static const char *digits(struct arena *a, double value) {
    double size = fabs(value);
    int decimals = size > 0 && size < 100 ? 2 - (int)floor(log10(size)) : 0;
    return arena_print(a, "%.*f", decimals > 12 ? 12 : decimals, value);
}

// "0.000513 +- 0.00004": the error with as many decimals as the mean.
static const char *mean_words(struct arena *a, struct report_mean m) {
    if (m.error <= 0) return digits(a, m.mean);
    const char *mean = digits(a, m.mean), *point = strchr(mean, '.');
    return arena_print(a, "%s +- %.*f", mean, point ? (int)strlen(point + 1) : 0, m.error);
}

static void print_cell(struct text *out, int width, const char *words) { text_print(out, "  %*s", width, words); }

static void print_angle(struct text *out, struct arena *a, const struct report_angle *angle) {
    bool exact = angle && angle->expected_cosine.mean <= 0;
    print_cell(out, 24,
               !angle  ? "-"
               : exact ? arena_print(a, "%.7g", angle->cosine.mean)
                       : mean_words(a, angle->cosine));
    print_cell(out, 10, !angle || exact ? "-" : digits(a, angle->expected_cosine.mean));
    print_cell(out, 16, !angle ? "-" : exact ? arena_print(a, "%.7g", angle->norm.mean) : mean_words(a, angle->norm));
    print_cell(out, 8, !angle || exact ? "-" : digits(a, angle->expected_norm.mean));
    print_cell(out, 10, !angle ? "-" : arena_print(a, "%.0f", angle->numbers));
}

static void print_training(struct text *out, struct arena *a, const struct report_training *t) {
    if (!t->done) return;
    print_cell(out, 9, isfinite(t->loss) ? arena_print(a, "%.4f", t->loss) : "diverged");
    print_cell(out, 7, arena_print(a, "%lld", (long long)t->steps));
    print_cell(out, 7, arena_print(a, "%.1f", t->seconds));
    print_cell(out, 8, arena_print(a, "%.3g", t->rate));
}

static void print_row(struct text *out, struct arena *a, int names, const struct report_alternative *row) {
    const struct report_measured *m = &row->measured;
    text_print(out, "  %-*s", names, row->name);
    print_angle(out, a, m->n_angles ? &m->angles[0] : NULL);
    print_training(out, a, &m->training);
    text_puts(out, "\n");
    for (size_t i = 1; i < m->n_angles; i++) {
        const char *shard = arena_print(a, "  one shard of %lld", (long long)m->angles[i].shards);
        text_print(out, "  %-*s", names, shard);
        print_angle(out, a, &m->angles[i]);
        text_puts(out, "\n");
    }
}

static void print_head(const struct report *r, struct arena *a, struct text *out, int names) {
    const struct report_comparison *c = &r->comparison;
    text_print(out, "\n%s with %s\n", c->weights, c->data);
    if (c->eval)
        text_print(out, "  held out  %s; trained on %lld %s\n", c->eval, (long long)c->train_units, c->unit);
    else
        text_print(out, "  held out  the last %lld of %lld %s\n", (long long)c->held_units,
                   (long long)(c->held_units + c->train_units), c->unit);
    text_print(out, "  loss      on what is held out; before training: %.4f\n", c->loss_before);
    if (c->seconds > 0)
        text_print(out,
                   "            in the table: after %lld s of steps from fresh adapters at this rate: the model's for "
                   "exact gradients, 1e-4 for\n            estimates, another by --lr METHOD=X\n",
                   (long long)c->seconds);
    const char *seeds = c->seeds > 1 ? arena_print(a, "  +-        one standard error of the mean over %lld seeds\n",
                                                   (long long)c->seeds)
                                     : "";
    if (c->adapter_steps >= 0)
        text_print(out,
                   "  cosine    of one batch's gradient with the exact one, after %lld steps of exact training; norm: "
                   "over the exact one's\n%s  expected  of as many random directions; numbers: how many the gradient "
                   "has, one for each trained one\n",
                   (long long)c->adapter_steps, seeds);
    else
        text_puts(out,
                  "  cosine    not measured: for --seeds 0, or no adapters whose weights have names of Hugging Face\n");
    text_print(out, "\n%-*s", names + 2, "  gradient");
    static const struct {
        int width;
        const char *words;
    } columns[] = {{24, "cosine"}, {10, "expected"}, {16, "norm"}, {8, "expected"}, {10, "numbers"},
                   {9, "loss"},    {7, "steps"},     {7, "s"},     {8, "rate"}};
    const size_t n = sizeof columns / sizeof *columns - (c->seconds > 0 ? 0 : 4);
    for (size_t i = 0; i < n; i++) print_cell(out, columns[i].width, columns[i].words);
    text_puts(out, "\n");
}

void print_quality_table(const struct report *r, struct arena *a, struct text *out) {
    if (!r->comparison.done) return;
    int names = (int)strlen("  one shard of 16");
    for (size_t i = 0; i < r->n_alternatives; i++)
        if ((int)strlen(r->alternatives[i].name) > names) names = (int)strlen(r->alternatives[i].name);
    print_head(r, a, out, names);
    for (size_t i = 0; i < r->n_alternatives; i++)
        if (r->alternatives[i].measured.done) print_row(out, a, names, &r->alternatives[i]);
}
