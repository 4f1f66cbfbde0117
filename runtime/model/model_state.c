/* Model state: what every part of a model asks of the step at work. */
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/model/model_internal.h"

void lrt_model_drop(struct lrt_model *m) {
    if (m->phase != LRT_PHASE_IDLE && m->changed) m->run.torn_steps++;
    m->phase = LRT_PHASE_IDLE;
    m->changed = 0;
}

double lrt_model_rate(const struct lrt_model *m) { return m->base_rate * lrt_schedule(&m->schedule, m->run.step + 1); }

double lrt_model_double(const struct lrt_model *m, size_t offset) {
    double number;
    memcpy(&number, m->arena + offset, sizeof number);
    return number;
}
