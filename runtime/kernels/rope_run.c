/* Rotary positions (arXiv 2104.09864): the table of angles, worked out in double, and the rotation of rows over
 * threads. */
#include <math.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/core/threads.h"

enum rope_scaling { ROPE_PLAIN = 0, ROPE_LINEAR = 1, ROPE_LLAMA3 = 2 };

/* Llama 3's rule: short wave lengths stay, long ones are stretched by `factor`, those between go over smoothly. */
static double llama3_frequency(double frequency, double factor, double low, double high, double original) {
    const double turns =
        original * frequency / (2 * 3.14159265358979323846); /* full turns within the original context */
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const double smooth = (turns - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
}

void lrt_rope_table(struct lrt *c, float *table, int64_t seq, int64_t head, float theta, int64_t scaling, float factor,
                    float low, float high, float original) {
    (void)c;
    for (int64_t j = 0; j < head / 2; j++) {
        double frequency = pow((double)theta, -2.0 * (double)j / (double)head);
        if (scaling == ROPE_LINEAR) frequency /= (double)factor;
        if (scaling == ROPE_LLAMA3)
            frequency = llama3_frequency(frequency, (double)factor, (double)low, (double)high, (double)original);
        for (int64_t t = 0; t < seq; t++) {
            table[t * head + 2 * j] = (float)cos((double)t * frequency);
            table[t * head + 2 * j + 1] = (float)sin((double)t * frequency);
        }
    }
    if (head % 2)
        for (int64_t t = 0; t < seq; t++) table[t * head + head - 1] = 0;
}

struct rope_job {
    const struct lrt_kernel_set *kernels;
    float *y;
    const float *x, *table;
    int64_t n, first_row, seq, heads, head;
    int neighbours, inverse;
};
static void rope_share(void *arg, int part, int parts) {
    const struct rope_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 1, part, parts);
    j->kernels->rope(j->y, j->x, j->table, s.first, s.last, j->first_row, j->seq, j->heads, j->head, j->neighbours,
                     j->inverse);
}
void lrt_rope(struct lrt *c, float *y, const float *x, const float *table, int64_t n, int64_t first_row, int64_t seq,
              int64_t heads, int64_t head, int64_t interleaved, int64_t inverse) {
    const int neighbours = (interleaved != 0) != (c->rope_interleaved != 0);
    struct rope_job job = {c->kernels, y, x, table, n, first_row, seq, heads, head, neighbours, inverse != 0};
    lrt_parallel(c, lrt_parts(c, n, 3.0 * (double)(n * heads * head)), rope_share, &job);
}
