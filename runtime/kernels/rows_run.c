/* Rows by index: embeddings and their gradient, the rows whose targets count, gathering and scattering. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/generated.h"
#include "runtime/kernels/operand.h"
#include "runtime/core/threads.h"

struct embedding_job {
    struct lrt *c;
    const struct lrt_embedding_args *args;
    struct lrt_tensor w; /* resolved */
};
static void embedding_task(void *arg, int task, int tasks) {
    const struct embedding_job *j = arg;
    const int32_t *ids = lrt_in_ids(j->args->ids);
    const struct lrt_range s = lrt_task_range(lrt_count(j->args->ids), 1, task, tasks);
    const int64_t width = j->args->y->columns;
    const int generated = j->w.data == NULL || lrt_is_generated(&j->w);
    const size_t bytes = generated ? 0 : lrt_row_bytes(j->w.type, (size_t)width);
    for (int64_t r = s.first; r < s.last; r++) {
        float *y = lrt_out(j->args->y) + r * width;
        if (generated)
            lrt_generate(j->c->kernels, &j->c->noise, y, &j->w, ids[r] * width, width);
        else
            lrt_dequantise(j->c, y, (const char *)j->w.data + (size_t)ids[r] * bytes, j->w.type, 0, width);
    }
}
void lrt_embedding(struct lrt *c, const struct lrt_embedding_args *a) {
    struct embedding_job job = {c, a, lrt_resolve(&c->noise, a->w)};
    const int64_t n = lrt_count(a->ids), numbers = n * a->y->columns;
    const double work = (double)numbers + lrt_generated_work(&c->noise, &job.w, numbers);
    lrt_parallel(c, lrt_tasks(c, n, work), embedding_task, &job);
}

struct embedding_dw_job {
    const struct lrt_kernel_set *kernels;
    const struct lrt_embedding_args *args;
};
/* Shares are columns: several rows may have the same id, and they must be added in row order. */
static void embedding_dw_task(void *arg, int task, int tasks) {
    const struct embedding_dw_job *j = arg;
    const int64_t n = lrt_count(j->args->ids), width = j->args->dy->columns;
    const int32_t *ids = lrt_in_ids(j->args->ids);
    const struct lrt_range s = lrt_task_range(width, 16, task, tasks);
    for (int64_t r = 0; r < n; r++) {
        float *to = lrt_out(j->args->dw) + ids[r] * width + s.first;
        j->kernels->add(to, to, lrt_in(j->args->dy) + r * width + s.first, s.last - s.first);
    }
}
void lrt_embedding_dw(struct lrt *c, const struct lrt_embedding_args *a) {
    struct embedding_dw_job job = {c->kernels, a};
    const int64_t n = lrt_count(a->ids), width = a->dy->columns;
    lrt_parallel(c, lrt_tasks(c, width / 16, (double)(n * width)), embedding_dw_task, &job);
}

void lrt_counted_rows(struct lrt *c, const struct lrt_counted_rows_args *a) {
    (void)c;
    const int32_t *targets = lrt_in_ids(a->targets);
    const int64_t n = lrt_count(a->targets);
    int32_t *rows = lrt_out_ids(a->rows), found = 0;
    for (int64_t r = 0; r < n; r++)
        if (targets[r] != a->ignore) rows[found++] = (int32_t)r;
    lrt_out_ids(a->count)[0] = found;
}
void lrt_gather_rows(struct lrt *c, const struct lrt_gather_args *a) {
    (void)c;
    const int64_t m = lrt_count(a->rows), d = a->x->columns;
    const int32_t *rows = lrt_in_ids(a->rows);
    float *y = lrt_out(a->y);
    for (int64_t r = 0; r < m; r++) memcpy(y + r * d, lrt_in(a->x) + rows[r] * d, (size_t)d * sizeof *y);
}
void lrt_gather_ids(struct lrt *c, const struct lrt_gather_args *a) {
    (void)c;
    const int64_t m = lrt_count(a->rows);
    const int32_t *rows = lrt_in_ids(a->rows), *x = lrt_in_ids(a->x);
    for (int64_t r = 0; r < m; r++) lrt_out_ids(a->y)[r] = x[rows[r]];
}
void lrt_scatter_rows(struct lrt *c, const struct lrt_scatter_args *a) {
    (void)c;
    const int64_t m = lrt_count(a->rows), d = a->x->columns;
    const int32_t *rows = lrt_in_ids(a->rows);
    const float *x = lrt_in(a->x);
    for (int64_t r = 0; r < m; r++) memcpy(lrt_out(a->y) + rows[r] * d, x + r * d, (size_t)d * sizeof *x);
}
void lrt_clear_other_rows(struct lrt *c, const struct lrt_clear_other_rows_args *a) {
    (void)c;
    const int32_t *rows = lrt_in_ids(a->rows);
    const int64_t m = lrt_in_ids(a->count)[0], n = a->y->rows, d = a->y->columns;
    float *y = lrt_out(a->y);
    for (int64_t r = 0, kept = 0; r < n; r++) {
        if (kept < m && rows[kept] == r)
            kept++;
        else
            memset(y + r * d, 0, (size_t)d * sizeof *y);
    }
}
