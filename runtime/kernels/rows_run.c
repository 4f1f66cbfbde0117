/* Rows by index: embeddings and their gradient, the rows whose target counts, gathering and scattering. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/generated.h"
#include "runtime/core/threads.h"

struct embedding_job {
    struct lrt *c;
    float *y;
    const int32_t *ids;
    struct lrt_tensor w;
    int64_t n, width;
};
static void embedding_share(void *arg, int part, int parts) {
    const struct embedding_job *j = arg;
    const struct lrt_share s = lrt_share(j->n, 1, part, parts);
    const int made = j->w.data == NULL || lrt_is_generated(j->w);
    const size_t bytes = made ? 0 : lrt_row_bytes(j->w.type, (size_t)j->width);
    for (int64_t r = s.first; r < s.last; r++) {
        if (made) {
            lrt_generated_part(j->c->kernels, &j->c->noise, j->y + r * j->width, j->w, j->ids[r] * j->width, j->width);
            continue;
        }
        const char *row = (const char *)j->w.data + (size_t)j->ids[r] * bytes;
        lrt_dequantise(j->c, j->y + r * j->width, row, j->w.type, 0, j->width);
    }
}
void lrt_embedding(struct lrt *c, float *y, const int32_t *ids, struct lrt_tensor w, int64_t n, int64_t width) {
    struct embedding_job job = {c, y, ids, lrt_resolve(&c->noise, w), n, width};
    const double work = (double)(n * width) + lrt_generated_work(&c->noise, job.w, n * width);
    lrt_parallel(c, lrt_parts(c, n, work), embedding_share, &job);
}

struct embedding_dw_job {
    const struct lrt_kernel_set *kernels;
    float *dw;
    const int32_t *ids;
    const float *dy;
    int64_t n, width;
};
/* Shares are columns: two rows may have the same id, and their sum must run in row order. */
static void embedding_dw_share(void *arg, int part, int parts) {
    const struct embedding_dw_job *j = arg;
    const struct lrt_share s = lrt_share(j->width, 16, part, parts);
    for (int64_t r = 0; r < j->n; r++) {
        float *to = j->dw + j->ids[r] * j->width + s.first;
        j->kernels->add(to, to, j->dy + r * j->width + s.first, s.last - s.first);
    }
}
void lrt_embedding_dw(struct lrt *c, float *dw, const int32_t *ids, const float *dy, int64_t n, int64_t width) {
    struct embedding_dw_job job = {c->kernels, dw, ids, dy, n, width};
    lrt_parallel(c, lrt_parts(c, width / 16, (double)(n * width)), embedding_dw_share, &job);
}

void lrt_counted_rows(struct lrt *c, int32_t *rows, int32_t *count, const int32_t *targets, int64_t n, int64_t ignore) {
    (void)c;
    int32_t found = 0;
    for (int64_t r = 0; r < n; r++)
        if (targets[r] != ignore) rows[found++] = (int32_t)r;
    count[0] = found;
}
void lrt_gather_rows(struct lrt *c, float *y, const float *x, const int32_t *rows, int64_t m, int64_t d) {
    (void)c;
    for (int64_t r = 0; r < m; r++) memcpy(y + r * d, x + rows[r] * d, (size_t)d * sizeof *y);
}
void lrt_gather_ids(struct lrt *c, int32_t *y, const int32_t *x, const int32_t *rows, int64_t m) {
    (void)c;
    for (int64_t r = 0; r < m; r++) y[r] = x[rows[r]];
}
void lrt_scatter_rows(struct lrt *c, float *y, const float *x, const int32_t *rows, int64_t m, int64_t d) {
    (void)c;
    for (int64_t r = 0; r < m; r++) memcpy(y + rows[r] * d, x + r * d, (size_t)d * sizeof *y);
}
void lrt_clear_other_rows(struct lrt *c, float *y, const int32_t *rows, int64_t m, int64_t n, int64_t d) {
    (void)c;
    for (int64_t r = 0, kept = 0; r < n; r++) {
        if (kept < m && rows[kept] == r)
            kept++;
        else
            memset(y + r * d, 0, (size_t)d * sizeof *y);
    }
}
