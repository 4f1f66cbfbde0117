/* Rotary positions (arXiv 2104.09864): the table of angles, computed in double, and the rotation of rows over
 * threads. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include "runtime/core/threads.h"

/* Llama 3's rule: short wave lengths stay, long ones are multiplied by `factor`, and those between are interpolated. */
static double llama3_frequency(double frequency, double factor, double low, double high, double original) {
    const double rotations =
        original * frequency / (2 * 3.14159265358979323846); /* rotations within the original context */
    if (rotations > high) return frequency;
    if (rotations < low) return frequency / factor;
    const double smooth = (rotations - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
}

static double scaled_frequency(const struct lrt_rope_table_args *a, int64_t pair) {
    const double frequency = pow((double)a->theta, -2.0 * (double)pair / (double)a->table->columns);
    switch (a->scaling) {
    case LRT_ROPE_LINEAR: return frequency / (double)a->factor;
    case LRT_ROPE_LLAMA3:
        return llama3_frequency(frequency, (double)a->factor, (double)a->low, (double)a->high, (double)a->original);
    default: return frequency;
    }
}

void lrt_rope_table(struct lrt *c, const struct lrt_rope_table_args *a) {
    (void)c;
    float *table = lrt_out(a->table);
    const int64_t seq = a->table->rows, head = a->table->columns;
    for (int64_t j = 0; j < head / 2; j++) {
        const double frequency = scaled_frequency(a, j);
        for (int64_t t = 0; t < seq; t++) {
            table[t * head + 2 * j] = (float)cos((double)t * frequency);
            table[t * head + 2 * j + 1] = (float)sin((double)t * frequency);
        }
    }
}

struct rope_job {
    const struct lrt_kernel_set *kernels;
    const struct lrt_rope_args *args;
    int neighbours;
};
static void rope_task(void *arg, int task, int tasks) {
    const struct rope_job *j = arg;
    const struct lrt_rope_args *a = j->args;
    const struct lrt_range s = lrt_task_range(a->x->rows, 1, task, tasks);
    const int64_t seq = a->table->rows, head = a->table->columns;
    j->kernels->rope(lrt_out(a->y), lrt_in(a->x), lrt_in(a->table), s.first, s.last, a->first_row, seq,
                     a->x->columns / head, head, j->neighbours, a->inverse);
}
void lrt_rope(struct lrt *c, const struct lrt_rope_args *a) {
    struct rope_job job = {c->kernels, a, a->interleaved != (c->rope_interleaved != 0)};
    lrt_parallel(c, lrt_tasks(c, a->x->rows, 3.0 * (double)lrt_count(a->x)), rope_task, &job);
}
