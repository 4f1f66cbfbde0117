/* Linear: converts the products of the interface (lrt_linear and its backward forms) to struct lrt_product, and divides
 * them among the threads. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/linear_rows.h"
#include "runtime/kernels/operand.h"
#include <lorac/lrt_scratch.h>

/* The number of multiply-adds that take as long as one memory access, the unit of lrt_tasks. */
enum { MULTIPLIES_A_NUMBER = 8 };

struct job {
    struct lrt *c;
    const struct lrt_product *product;
    size_t scratch; /* of one task */
    int by_rows;
};

static void multiply_task(void *arg, int task, int tasks) {
    const struct job *j = arg;
    const struct lrt_product *p = j->product;
    struct lrt_range rows = {0, p->rows}, columns = {0, p->columns};
    if (j->by_rows)
        rows = lrt_task_range(p->rows, 1, task, tasks);
    else
        columns = lrt_task_range(p->columns, LRT_NR, task, tasks);
    if (rows.first == rows.last || columns.first == columns.last) return;
    j->c->kernels->multiply(p, rows, columns, lrt_scratch_of(j->c, j->scratch, task));
}

/* The fraction of the threads' time that is used when this many groups are divided among them. */
static double busy(int64_t groups, int threads) {
    int64_t iterations = (groups + threads - 1) / threads;
    return (double)groups / (double)(iterations * threads);
}

/* A product of few columns and many rows (a low-rank one) leaves most of a register empty. So its operands are swapped,
 * and y is transposed. Every sum keeps its bits, since a * b = b * a. */
static struct lrt_product swap_operands(struct lrt_product p) {
    struct lrt_factor *f = &p.factor[0];
    if (p.columns > LRT_SWAPPED_N || p.rows <= p.columns || p.n_factors > 1 || !lrt_is_absent(&p.bias)) return p;
    if (f->right.type != LRT_F32 || (uintptr_t)f->right.data % sizeof(float) != 0 || f->left_k != 1 ||
        f->left_scale != 1)
        return p;
    struct lrt_factor swapped = {.left = f->right.data,
                                 .left_row = f->right_by_column ? f->right_length : 1,
                                 .left_k = f->right_by_column ? 1 : f->right_length,
                                 .left_scale = f->right_scale,
                                 .right = lrt_floats(f->left),
                                 .right_length = f->left_row,
                                 .right_by_column = 1,
                                 .right_scale = 1,
                                 .depth = f->depth};
    int64_t rows = p.rows, y_row = p.y_row;
    p.factor[0] = swapped;
    p.rows = p.columns;
    p.columns = rows;
    p.y_row = p.y_column;
    p.y_column = y_row;
    return p;
}

/* Without factors, y = start. */
static void fill_start(struct lrt *c, const struct lrt_product *p) {
    for (int64_t row = 0; row < p->rows; row++) {
        float *y = p->y + row * p->y_row;
        if (p->start != NULL)
            memmove(y, p->start + row * p->y_row, (size_t)p->columns * sizeof *y);
        else if (lrt_is_absent(&p->bias))
            memset(y, 0, (size_t)p->columns * sizeof *y);
        else if (row > 0)
            memcpy(y, p->y, (size_t)p->columns * sizeof *y);
        else if (lrt_is_generated(&p->bias))
            c->kernels->noise(y, p->generated_bias.base, p->generated_bias.scale, p->generated_bias.key,
                              p->generated_bias.tensor, p->generated_bias.first, p->columns);
        else
            lrt_dequantise(c, y, p->bias.data, p->bias.type, 0, p->columns);
    }
}

/* Threads divide the columns or the rows, whichever keeps them busier. With rows, every thread dequantises the whole
 * right factor. */
static void multiply(struct lrt *c, const struct lrt_product *asked) {
    if (asked->rows <= 0 || asked->columns <= 0) return;
    if (asked->n_factors == 0) {
        fill_start(c, asked);
        return;
    }
    struct lrt_product product = swap_operands(*asked), *p = &product;
    int64_t depth = lrt_product_depth(p), k_blocks = lrt_product_k_blocks(p);
    int64_t groups = (p->columns + LRT_NR - 1) / LRT_NR, rows_each = p->rows / c->threads;
    int64_t small_m = lrt_min_size(p->rows, LRT_SMALL_M);
    int64_t scratch =
        lrt_product_is_small_m(p) ? lrt_small_m_scratch(small_m, depth) : lrt_product_scratch(p->rows, k_blocks);
    struct job j = {c, p, (size_t)scratch, 0};
    double columns_busy = busy(groups, c->threads), rows_busy = (double)rows_each / ((double)rows_each + 8);
    j.by_rows = rows_busy > columns_busy;
    double work = (double)p->rows * (double)p->columns * (double)depth / MULTIPLIES_A_NUMBER;
    work += LRT_GENERATED_WORK * (double)lrt_product_generated(p);
    lrt_parallel(c, lrt_tasks(c, j.by_rows ? p->rows : groups, work), multiply_task, &j);
}

static struct lrt_product product_of(const struct lrt_tensor *y, const struct lrt_tensor *start) {
    return (struct lrt_product){.rows = y->rows,
                                .columns = y->columns,
                                .start = lrt_in(start),
                                .y = lrt_out(y),
                                .y_row = y->stride,
                                .y_column = 1};
}

/* Adds the factor left [rows, depth] times `right` from its row `first` on, unless it is empty. */
static void add_factor(struct lrt *c, struct lrt_product *p, const struct lrt_tensor *left,
                       const struct lrt_tensor *right, int64_t first, int by_lane, float scale) {
    if (left == NULL || right == NULL) return;
    struct lrt_factor f = {.left = lrt_in(left),
                           .left_row = left->stride,
                           .left_k = 1,
                           .left_scale = 1,
                           .right = lrt_resolve(&c->noise, right),
                           .right_length = right->stride,
                           .right_by_column = by_lane,
                           .right_scale = scale,
                           .depth = left->columns};
    if (f.left == NULL || f.depth <= 0 || lrt_is_absent(&f.right)) return;
    if (lrt_is_generated(&f.right))
        f.generator = lrt_generated_from(&c->noise, &f.right, first * f.right_length);
    else if (first > 0)
        f.right.data = (const char *)f.right.data + lrt_row_bytes(f.right.type, (size_t)f.right_length) * (size_t)first;
    p->factor[p->n_factors++] = f;
}

static void set_bias(struct lrt *c, struct lrt_product *p, const struct lrt_tensor *bias, int64_t first) {
    if (bias == NULL) return;
    p->bias = lrt_resolve(&c->noise, bias);
    if (lrt_is_generated(&p->bias))
        p->generated_bias = lrt_generated_from(&c->noise, &p->bias, first);
    else if (!lrt_is_absent(&p->bias) && first > 0)
        p->bias.data = (const char *)p->bias.data + lrt_row_bytes(p->bias.type, (size_t)first);
}

void lrt_linear(struct lrt *c, const struct lrt_linear_args *a) {
    struct lrt_product p = product_of(a->y, NULL);
    set_bias(c, &p, a->bias, 0);
    add_factor(c, &p, a->x, a->w, 0, 1, 1);
    add_factor(c, &p, a->h, a->b, 0, 1, a->scale);
    multiply(c, &p);
}

void lrt_linear_tangent(struct lrt *c, const struct lrt_linear_tangent_args *a) {
    struct lrt_product p = product_of(a->y, NULL);
    add_factor(c, &p, a->x0, a->w0, 0, 1, 1);
    add_factor(c, &p, a->x1, a->w1, 0, 1, a->scale);
    add_factor(c, &p, a->x2, a->w2, 0, 1, a->scale);
    multiply(c, &p);
}

void lrt_linear_dx(struct lrt *c, const struct lrt_linear_dx_args *a) {
    struct lrt_product p = product_of(a->dx, a->acc);
    add_factor(c, &p, a->dy, a->w, 0, 0, a->scale);
    add_factor(c, &p, a->dh, a->a, 0, 0, 1);
    multiply(c, &p);
}

void lrt_linear_rows(struct lrt *c, const struct lrt_tensor *y, const struct lrt_tensor *x, const struct lrt_tensor *w,
                     const struct lrt_tensor *bias, int64_t first) {
    struct lrt_product p = product_of(y, NULL);
    set_bias(c, &p, bias, first);
    add_factor(c, &p, x, w, first, 1, 1);
    multiply(c, &p);
}

void lrt_linear_dx_rows(struct lrt *c, const struct lrt_tensor *dx, const struct lrt_tensor *acc,
                        const struct lrt_tensor *dy, const struct lrt_tensor *w, int64_t first) {
    struct lrt_product p = product_of(dx, acc);
    add_factor(c, &p, dy, w, first, 0, 1);
    multiply(c, &p);
}

/* The narrower of g and x gives the rows and is scaled; the wider gives the columns and is read in place. */
void lrt_outer_acc(struct lrt *c, const struct lrt_outer_args *a) {
    const int g_is_rows = a->g->columns <= a->x->columns;
    const struct lrt_tensor *left = g_is_rows ? a->g : a->x, *right = g_is_rows ? a->x : a->g;
    const struct lrt_product p = {.factor = {{.left = lrt_in(left),
                                              .left_row = 1,
                                              .left_k = left->stride,
                                              .left_scale = a->scale,
                                              .right = *right,
                                              .right_length = right->stride,
                                              .right_scale = 1,
                                              .depth = a->g->rows}},
                                  .n_factors = 1,
                                  .rows = left->columns,
                                  .columns = right->columns,
                                  .start = lrt_in(a->dw),
                                  .y = lrt_out(a->dw),
                                  .y_row = g_is_rows ? a->dw->stride : 1,
                                  .y_column = g_is_rows ? 1 : a->dw->stride};
    multiply(c, &p);
}
