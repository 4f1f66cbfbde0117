// Pareto: the Pareto front of a model's schedules in memory and time, one a line.
#include "compiler/report/report.h"
#include "compiler/base/text.h"

static void fixed(struct text *out, double value, int width) { // two decimals, whatever the locale
    long long hundredths = (long long)(value * 100 + 0.5);
    text_print(out, "%*lld.%02lld", width - 3, hundredths / 100, hundredths % 100);
}

void report_pareto(const struct program *p, struct text *out) {
    text_print(out,
               "%s: %zu schedules; MiB of all pools but mapped weights, MiB of the arena, estimated ms of a step,\n",
               p->options.prefix, p->n_curve);
    text_puts(out, "its flops over those of a forward pass, and what is chosen\n\n");
    text_puts(out, "     MiB     arena        ms  forwards\n");
    for (size_t i = 0; i < p->n_curve; i++) {
        const struct schedule_point *a = &p->curve[i];
        fixed(out, (double)a->bytes / (1 << 20), 8);
        fixed(out, (double)a->arena / (1 << 20), 10);
        fixed(out, 1e3 * a->seconds, 10);
        fixed(out, a->forwards, 10);
        text_print(out, "  %s\n", a->words);
    }
}
