/* Linear: the products of the interface (lrt_linear and its backward forms) put into the one form that the kernel sets
 * multiply, and divided among the threads. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/linear_rows.h"
#include <lorac/lrt_scratch.h>

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
    int64_t iterations = (groups + threads - 1) / threads;
    return (double)groups / (double)(iterations * threads);
}

/* A product of few lanes and many rows (a low-rank one) leaves most of a register empty: rows and lanes change places.
 * Every chain stays as it is, for its terms are products and a * b = b * a. */
static struct lrt_product turned(struct lrt_product p) {
    struct lrt_factor *f = &p.factor[0];
    if (p.lanes > LRT_TURNED || p.rows <= p.lanes || p.n_factors > 1 || !lrt_is_absent(p.bias)) return p;
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

/* Nothing is multiplied: y is its start. */
static void fill_start(struct lrt *c, const struct lrt_product *p) {
    for (int64_t row = 0; row < p->rows; row++) {
        float *y = p->y + row * p->y_row;
        if (p->start != NULL)
            memmove(y, p->start + row * p->y_row, (size_t)p->lanes * sizeof *y);
        else if (lrt_is_absent(p->bias))
            memset(y, 0, (size_t)p->lanes * sizeof *y);
        else if (row > 0)
            memcpy(y, p->y, (size_t)p->lanes * sizeof *y);
        else if (lrt_is_generated(p->bias))
            c->kernels->noise(y, p->generated_bias.base, p->generated_bias.scale, p->generated_bias.key,
                              p->generated_bias.tensor, p->generated_bias.first, p->lanes);
        else
            lrt_dequantise(c, y, p->bias.data, p->bias.type, 0, p->lanes);
    }
}

/* Lanes are divided where that is even; else rows, although every thread then dequantises the whole right factor. */
static void multiply(struct lrt *c, const struct lrt_product *asked) {
    if (asked->rows <= 0 || asked->lanes <= 0) return;
    if (asked->n_factors == 0) {
        fill_start(c, asked);
        return;
    }
    struct lrt_product product = turned(*asked), *p = &product;
    int64_t terms = lrt_product_terms(p), slabs = lrt_product_slabs(p);
    int64_t groups = (p->lanes + LRT_SLAB_LANES - 1) / LRT_SLAB_LANES, rows_each = p->rows / c->threads;
    int64_t few_rows = lrt_min_size(p->rows, LRT_FEW_ROWS);
    int64_t scratch = lrt_product_is_few(p) ? lrt_few_scratch(few_rows, terms) : lrt_product_scratch(p->rows, slabs);
    struct job j = {c, p, (size_t)scratch, 0};
    double lanes_busy = busy(groups, c->threads), rows_busy = (double)rows_each / ((double)rows_each + 8);
    j.by_rows = rows_busy > lanes_busy;
    double work = (double)p->rows * (double)p->lanes * (double)terms / MULTIPLIES_A_NUMBER;
    work += LRT_MADE_WORK * (double)lrt_product_generated(p);
    lrt_parallel(c, lrt_parts(c, j.by_rows ? p->rows : groups, work), run_part, &j);
}

/* The factor left [rows, terms] times `right`, whose rows have `length` elements, from row `first` on. Not added when
 * there is nothing to multiply. */
static void add_factor(struct lrt *c, struct lrt_product *p, const float *left, int64_t terms, struct lrt_tensor right,
                       int64_t length, int64_t first, int by_lane, float scale) {
    struct lrt_factor f = {.left = left,
                           .left_row = terms,
                           .left_term = 1,
                           .left_scale = 1,
                           .right = lrt_resolve(&c->noise, right),
                           .right_length = length,
                           .right_by_lane = by_lane,
                           .right_scale = scale,
                           .terms = terms};
    if (left == NULL || terms <= 0 || lrt_is_absent(f.right)) return;
    if (lrt_is_generated(f.right))
        f.made = lrt_generated_from(&c->noise, f.right, first * length);
    else if (first > 0)
        f.right.data = (const char *)f.right.data + lrt_row_bytes(f.right.type, (size_t)length) * (size_t)first;
    p->factor[p->n_factors++] = f;
}

static void set_bias(struct lrt *c, struct lrt_product *p, struct lrt_tensor bias, int64_t first) {
    p->bias = lrt_resolve(&c->noise, bias);
    if (lrt_is_generated(p->bias))
        p->generated_bias = lrt_generated_from(&c->noise, p->bias, first);
    else if (!lrt_is_absent(p->bias) && first > 0)
        p->bias.data = (const char *)p->bias.data + lrt_row_bytes(p->bias.type, (size_t)first);
}

void lrt_linear(struct lrt *c, float *y, const float *x, struct lrt_tensor w, struct lrt_tensor bias, const float *h,
                struct lrt_tensor b, float scale, int64_t n, int64_t in, int64_t out, int64_t rank) {
    struct lrt_product p = {.rows = n, .lanes = out, .y = y, .y_row = out, .y_lane = 1};
    set_bias(c, &p, bias, 0);
    add_factor(c, &p, x, in, w, in, 0, 1, 1);
    add_factor(c, &p, h, rank, b, rank, 0, 1, scale);
    multiply(c, &p);
}

void lrt_linear_tangent(struct lrt *c, float *y, const float *x0, struct lrt_tensor w0, const float *x1,
                        struct lrt_tensor w1, const float *x2, struct lrt_tensor w2, float scale, int64_t n,
                        int64_t in0, int64_t in1, int64_t in2, int64_t out) {
    struct lrt_product p = {.rows = n, .lanes = out, .y = y, .y_row = out, .y_lane = 1};
    add_factor(c, &p, x0, in0, w0, in0, 0, 1, 1);
    add_factor(c, &p, x1, in1, w1, in1, 0, 1, scale);
    add_factor(c, &p, x2, in2, w2, in2, 0, 1, scale);
    multiply(c, &p);
}

void lrt_linear_dx(struct lrt *c, float *dx, const float *acc, const float *dy, struct lrt_tensor w, const float *dh,
                   const float *a, float scale, int64_t n, int64_t in, int64_t out, int64_t rank) {
    struct lrt_product p = {.rows = n, .lanes = in, .start = acc, .y = dx, .y_row = in, .y_lane = 1};
    add_factor(c, &p, dy, out, w, in, 0, 0, scale);
    add_factor(c, &p, dh, rank, lrt_floats(a), in, 0, 0, 1);
    multiply(c, &p);
}

void lrt_linear_rows(struct lrt *c, float *y, const float *x, struct lrt_tensor w, struct lrt_tensor bias,
                     int64_t first, int64_t n, int64_t in, int64_t rows) {
    struct lrt_product p = {.rows = n, .lanes = rows, .y = y, .y_row = rows, .y_lane = 1};
    set_bias(c, &p, bias, first);
    add_factor(c, &p, x, in, w, in, first, 1, 1);
    multiply(c, &p);
}

void lrt_linear_dx_rows(struct lrt *c, float *dx, const float *acc, const float *dy, struct lrt_tensor w, int64_t first,
                        int64_t n, int64_t in, int64_t rows) {
    struct lrt_product p = {.rows = n, .lanes = in, .start = acc, .y = dx, .y_row = in, .y_lane = 1};
    add_factor(c, &p, dy, rows, w, in, first, 0, 1);
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
