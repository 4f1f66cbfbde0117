/* Schedule: the learning rate of an update as a fraction of the base rate. */
#include <math.h>

#include <lorac/lrt.h>

double lrt_schedule(int kind, int64_t step, int64_t warmup, int64_t steps, double floor) {
    static const double pi = 3.14159265358979323846;
    if (step <= warmup && warmup > 0) return (double)step / (double)warmup;
    if (kind == LRT_SCHEDULE_CONSTANT || steps <= warmup) return 1.0;
    double done = (double)(step - warmup) / (double)(steps - warmup);
    if (done > 1) done = 1;
    if (kind == LRT_SCHEDULE_LINEAR) return 1 + (floor - 1) * done;
    return floor + (1 - floor) * 0.5 * (1 + cos(pi * done));
}
