// Curve: the live bytes over the step, by class. A step runs more nodes than a plot has columns. Each column shows
// the peak of its few steps.
#include <string.h>

#include "compiler/report/report.h"
#include "compiler/base/arena.h"

static int class_index(const struct report *r, value_id v) {
    const char *name = report_class(r, v);
    for (int i = 0; i < REPORT_CLASSES; i++)
        if (strcmp(report_classes[i], name) == 0) return i;
    return 0;
}

static int64_t sum_of(const int64_t bytes[REPORT_CLASSES]) {
    int64_t sum = 0;
    for (int c = 0; c < REPORT_CLASSES; c++) sum += bytes[c];
    return sum;
}

struct report_curve report_curve(const struct report *r, struct arena *a, size_t most) {
    const struct timeline *t = r->timeline;
    struct report_curve curve = {.width = (t->n_runs + (int64_t)most - 1) / (int64_t)most};
    curve.n = (size_t)((t->n_runs + curve.width - 1) / curve.width);
    curve.step = ARENA_ARRAY(a, int64_t, curve.n);
    curve.bytes = arena_alloc(a, sizeof *curve.bytes * curve.n);
    int64_t(*change)[REPORT_CLASSES] = arena_alloc(a, sizeof *change * (size_t)(t->n_runs + 1));
    for (size_t i = 0; i < t->n_lifetimes; i++) {
        int class = class_index(r, t->lifetimes[i].value);
        change[t->lifetimes[i].birth][class] += t->lifetimes[i].bytes;
        change[t->lifetimes[i].death][class] -= t->lifetimes[i].bytes;
    }
    int64_t live[REPORT_CLASSES] = {0};
    for (int64_t s = 0; s < t->n_runs; s++) {
        size_t bin = (size_t)(s / curve.width);
        for (int c = 0; c < REPORT_CLASSES; c++) live[c] += change[s][c];
        if (s % curve.width && sum_of(live) <= sum_of(curve.bytes[bin])) continue;
        curve.step[bin] = s;
        memcpy(curve.bytes[bin], live, sizeof live);
    }
    return curve;
}
