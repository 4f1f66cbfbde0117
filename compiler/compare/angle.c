// Angle: tensors of the same name become three sums (two squared norms and an inner product).
#include "compiler/compare/angle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lorac/lrt_files.h>

struct sums {
    double xx, yy, xy, numbers;
};

static int64_t elements(const struct lrt_file_tensor *t) {
    int64_t n = 1;
    for (int d = 0; d < t->rank; d++) n *= t->shape[d];
    return n;
}

static float element(const struct lrt_file_tensor *t, int64_t i) {
    float value;
    memcpy(&value, (const char *)t->data + i * (int64_t)sizeof value, sizeof value);
    return value;
}

static void add_tensor(struct sums *all, const struct lrt_file_tensor *x, const struct lrt_file_tensor *y) {
    const int64_t n = elements(x);
    struct sums s = {.numbers = (double)n};
    for (int64_t i = 0; i < n; i++) {
        const double a = (double)element(x, i), b = (double)element(y, i);
        s.xx += a * a;
        s.yy += b * b;
        s.xy += a * b;
    }
    if (s.xx == 0) return;
    all->xx += s.xx;
    all->yy += s.yy;
    all->xy += s.xy;
    all->numbers += s.numbers;
}

static bool add_all(struct sums *all, const struct lrt_weight_file *first, const struct lrt_weight_file *second,
                    char *why, size_t why_bytes) {
    for (size_t i = 0; i < lrt_weight_file_count(first); i++) {
        const struct lrt_file_tensor *x = lrt_weight_file_tensor(first, i);
        const struct lrt_file_tensor *y = lrt_weight_file_find(second, x->name);
        if (!y || y->type != LRT_F32 || x->type != LRT_F32 || elements(x) != elements(y)) {
            snprintf(why, why_bytes, "the gradients have another tensor %s", x->name);
            return false;
        }
        add_tensor(all, x, y);
    }
    return true;
}

bool angle_between(const char *first, const char *second, struct angle *out, char *why, size_t why_bytes) {
    struct lrt_weight_file *x = NULL, *y = NULL;
    struct lrt_report report = {{0}};
    struct sums all = {0};
    bool good =
        lrt_weight_file_open(&x, first, &report) == LRT_OK && lrt_weight_file_open(&y, second, &report) == LRT_OK;
    if (!good) snprintf(why, why_bytes, "%s", report.text);
    good = good && add_all(&all, x, y, why, why_bytes);
    lrt_weight_file_close(x);
    lrt_weight_file_close(y);
    *out = (struct angle){.numbers = all.numbers};
    if (all.xx > 0 && all.yy > 0) {
        out->cosine = all.xy / sqrt(all.xx * all.yy);
        out->norm = sqrt(all.xx / all.yy);
    }
    return good;
}

struct report_mean mean_of(const double *samples, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += samples[i];
    const double mean = n ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++) squares += (samples[i] - mean) * (samples[i] - mean);
    return (struct report_mean){mean, n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : 0};
}
