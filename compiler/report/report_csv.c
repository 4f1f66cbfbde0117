// CSV: the plan as a placement problem with its solution, for external solvers: id,lower,upper,size,offset.
#include "compiler/report/report.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"

void report_csv(const struct report *r, struct arena *a, struct text *out) {
    (void)a;
    text_puts(out, "id,lower,upper,size,offset\n");
    for (size_t i = 0; i < r->timeline->n_lifetimes; i++) {
        const struct lifetime *m = &r->timeline->lifetimes[i];
        text_print(out, "%zu,%lld,%lld,%lld,%lld\n", i, (long long)m->birth, (long long)m->death, (long long)m->bytes,
                   (long long)m->offset);
    }
}
