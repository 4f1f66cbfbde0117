/* Schedule: the learning rate of an update as a fraction of the base rate. */
#include <math.h>

#include <lorac/lrt.h>

double lrt_schedule(const struct lrt_rate_schedule *s, int64_t step) {
    static const double pi = 3.14159265358979323846;
    const int64_t before = step - 1; /* updates done */
    if (before < s->warmup) return (double)before / (double)s->warmup;
    const int falls = s->kind == LRT_SCHEDULE_LINEAR || s->kind == LRT_SCHEDULE_COSINE;
    if (!falls || s->steps <= s->warmup) return 1.0;
    double done = (double)(before - s->warmup) / (double)(s->steps - s->warmup);
    if (done > 1) done = 1;
    if (s->kind == LRT_SCHEDULE_LINEAR) return 1 + (s->floor - 1) * done;
    return s->floor + (1 - s->floor) * 0.5 * (1 + cos(pi * done));
}
