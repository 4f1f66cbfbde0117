/* Linear: the products of the interface (lrt_linear and its backward forms) put into the one form that the kernel sets
 * multiply, and divided among the threads. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/lrt_scratch.h"

/* Multiply-adds that take the time of touching one number, the measure of lrt_parts. */
enum { MULTIPLIES_A_NUMBER = 8 };

struct job {
    struct lrt *c;
    const struct lrt_product *product;
    size_t scratch; /* of one part */
    int by_rows;
};

static void run_part(void *arg, int part, int parts) {
    const struct job *j = arg;
    const struct lrt_product *p = j->product;
    struct lrt_share rows = {0, p->rows}, lanes = {0, p->lanes};
    if (j->by_rows)
        rows = lrt_share(p->rows, 1, part, parts);
    else
        lanes = lrt_share(p->lanes, LRT_SLAB_LANES, part, parts);
    if (rows.first == rows.last || lanes.first == lanes.last) return;
    j->c->kernels->multiply(p, rows, lanes, lrt_scratch_of(j->c, j->scratch, part));
}

/* How much of the threads' time has work when so many groups are dealt out. */
static double busy(int64_t groups, int threads) {
    int64_t turns = (groups + threads - 1) / threads;
    return (double)groups / (double)(turns * threads);
}

/* A product of few lanes and many rows (a low-rank one) leaves most of a register empty: rows and lanes change places.
 * Every chain stays as it is, for its terms are products and a * b = b * a. */
static struct lrt_product turned(struct lrt_product p) {
    struct lrt_factor *f = &p.factor[0];
    if (p.lanes > LRT_TURNED || p.rows <= p.lanes || p.n_factors > 1 || p.bias.data != NULL) return p;
    if (f->right.type != LRT_F32 || (uintptr_t)f->right.data % sizeof(float) != 0 || f->left_term != 1 ||
        f->left_scale != 1)
        return p;
    struct lrt_factor turned = {.left = f->right.data,
                                .left_row = f->right_by_lane ? f->right_length : 1,
                                .left_term = f->right_by_lane ? 1 : f->right_length,
                                .left_scale = f->right_scale,
                                .right = lrt_floats(f->left),
                                .right_length = f->left_row,
                                .right_by_lane = 1,
                                .right_scale = 1,
                                .terms = f->terms};
    int64_t rows = p.rows, y_row = p.y_row;
    p.factor[0] = turned;
    p.rows = p.lanes;
    p.lanes = rows;
    p.y_row = p.y_lane;
    p.y_lane = y_row;
    return p;
}

/* Lanes are divided where that is even; else rows, although every thread then dequantises the whole right factor. */
static void multiply(struct lrt *c, const struct lrt_product *asked) {
    struct lrt_product product = turned(*asked), *p = &product;
    int64_t terms = p->factor[0].terms, slabs = lrt_slab_count(terms);
    if (p->n_factors > 1) {
        terms += p->factor[1].terms;
        slabs += lrt_slab_count(p->factor[1].terms);
    }
    if (p->rows <= 0 || p->lanes <= 0) return;
    int64_t groups = (p->lanes + LRT_SLAB_LANES - 1) / LRT_SLAB_LANES, rows_each = p->rows / c->threads;
    int64_t few_rows = lrt_less(p->rows, LRT_FEW_ROWS);
    int64_t scratch = lrt_product_is_few(p) ? lrt_few_scratch(few_rows, terms) : lrt_product_scratch(p->rows, slabs);
    struct job j = {c, p, (size_t)scratch, 0};
    double lanes_busy = busy(groups, c->threads), rows_busy = (double)rows_each / ((double)rows_each + 8);
    j.by_rows = rows_busy > lanes_busy;
    int parts = lrt_parts(c, j.by_rows ? p->rows : groups,
                          (double)p->rows * (double)p->lanes * (double)terms / MULTIPLIES_A_NUMBER);
    lrt_parallel(c, parts, run_part, &j);
}

void lrt_linear(struct lrt *c, float *y, const float *x, struct lrt_tensor w, struct lrt_tensor bias, const float *h,
                struct lrt_tensor b, float scale, int64_t n, int64_t in, int64_t out, int64_t rank) {
    struct lrt_product p = {.factor = {{.left = x,
                                        .left_row = in,
                                        .left_term = 1,
                                        .left_scale = 1,
                                        .right = w,
                                        .right_length = in,
                                        .right_by_lane = 1,
                                        .right_scale = 1,
                                        .terms = in}},
                            .n_factors = 1,
                            .rows = n,
                            .lanes = out,
                            .bias = bias,
                            .y = y,
                            .y_row = out,
                            .y_lane = 1};
    if (h != NULL && b.data != NULL && rank > 0)
        p.factor[p.n_factors++] = (struct lrt_factor){.left = h,
                                                      .left_row = rank,
                                                      .left_term = 1,
                                                      .left_scale = 1,
                                                      .right = b,
                                                      .right_length = rank,
                                                      .right_by_lane = 1,
                                                      .right_scale = scale,
                                                      .terms = rank};
    multiply(c, &p);
}

void lrt_linear_dx(struct lrt *c, float *dx, const float *acc, const float *dy, struct lrt_tensor w, const float *dh,
                   const float *a, float scale, int64_t n, int64_t in, int64_t out, int64_t rank) {
    struct lrt_product p = {.factor = {{.left = dy,
                                        .left_row = out,
                                        .left_term = 1,
                                        .left_scale = 1,
                                        .right = w,
                                        .right_length = in,
                                        .right_scale = scale,
                                        .terms = out}},
                            .n_factors = 1,
                            .rows = n,
                            .lanes = in,
                            .start = acc,
                            .y = dx,
                            .y_row = in,
                            .y_lane = 1};
    if (dh != NULL && a != NULL && rank > 0)
        p.factor[p.n_factors++] = (struct lrt_factor){.left = dh,
                                                      .left_row = rank,
                                                      .left_term = 1,
                                                      .left_scale = 1,
                                                      .right = lrt_floats(a),
                                                      .right_length = in,
                                                      .right_scale = 1,
                                                      .terms = rank};
    multiply(c, &p);
}

/* The narrower of g and x gives the rows and is scaled; the wider lies along the lanes as it is. */
void lrt_outer_acc(struct lrt *c, float *dw, const float *g, const float *x, float scale, int64_t n, int64_t p,
                   int64_t q) {
    int g_is_rows = p <= q;
    const float *left = g_is_rows ? g : x, *right = g_is_rows ? x : g;
    int64_t rows = g_is_rows ? p : q, lanes = g_is_rows ? q : p;
    struct lrt_product m = {.factor = {{.left = left,
                                        .left_row = 1,
                                        .left_term = rows,
                                        .left_scale = scale,
                                        .right = lrt_floats(right),
                                        .right_length = lanes,
                                        .right_scale = 1,
                                        .terms = n}},
                            .n_factors = 1,
                            .rows = rows,
                            .lanes = lanes,
                            .start = dw,
                            .y = dw,
                            .y_row = g_is_rows ? q : 1,
                            .y_lane = g_is_rows ? 1 : q};
    multiply(c, &m);
}
