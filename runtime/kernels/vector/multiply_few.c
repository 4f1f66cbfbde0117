/* Multiply few: a product of few rows, as tiles of tokens or low ranks make. Rows and lanes change places: the rows,
 * transposed once, stand side by side in the registers, and what lay along the lanes (weights, mostly) gives one number
 * at a time, which needs no transposition. Every chain is what it was, for its terms are products and a * b = b * a. */
#include "runtime/kernels/slabs.h"
#include "runtime/kernels/tiles.h"
#include <stdbool.h>

/* Rows row.. of a product and slabs [first_slab, last_slab) of terms. */
struct few {
    const struct lrt_product *product;
    int64_t row, rows, first_slab, last_slab;
    struct lrt_share lanes;
    int64_t width;  /* floats of a term in `columns`: the rows and the lanes of a register that they leave empty */
    float *columns; /* [terms of those slabs, width]: the left factor, transposed */
    float *strips;  /* [TILE_ROWS, LRT_STRIP]: the right one's, where it cannot be read as it is */
    float *sums;    /* [LRT_SLAB_LANES, LRT_FEW_ROWS]: chains of 32 lanes, where y has them the other way */
    float *square;  /* the same transposed */
};

typedef float quad __attribute__((vector_size(16)));

LRT_INLINE quad load_quad(const float *x) {
    quad q;
    memcpy(&q, x, sizeof q);
    return q;
}
LRT_INLINE void store_quad(float *y, quad q) { memcpy(y, &q, sizeof q); }

/* to[k][r] = from[r][k], four by four; the last fours overlap the ones before. rows, terms >= 4 */
static void transpose(float *to, int64_t to_row, const float *from, int64_t from_row, int64_t rows, int64_t terms) {
    for (int64_t r = 0; r < rows; r += 4)
        for (int64_t k = 0; k < terms; k += 4) {
            int64_t row = r + 4 <= rows ? r : rows - 4, term = k + 4 <= terms ? k : terms - 4;
            const float *at = from + row * from_row + term;
            quad a = load_quad(at), b = load_quad(at + from_row);
            quad c = load_quad(at + 2 * from_row), d = load_quad(at + 3 * from_row);
            quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            float *y = to + term * to_row + row;
            store_quad(y, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
            store_quad(y + to_row, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
            ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            store_quad(y + 2 * to_row, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
            store_quad(y + 3 * to_row, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
        }
}

/* columns[k][r] = left_scale * left[row + r, first + k]; 0 in lanes without a row */
static void fill_columns(const struct few *f, float *columns, struct slab s) {
    const struct lrt_factor *factor = s.factor;
    const float *left = factor->left + f->row * factor->left_row + s.first * factor->left_term;
    if (f->width != f->rows) memset(columns, 0, (size_t)(s.count * f->width) * sizeof *columns);
    if (factor->left_term == 1 && factor->left_scale == 1 && f->rows >= 4 && s.count >= 4) {
        transpose(columns, f->width, left, factor->left_row, f->rows, s.count);
        return;
    }
    for (int64_t k = 0; k < s.count; k++)
        for (int64_t r = 0; r < f->rows; r++)
            columns[k * f->width + r] = factor->left_scale * left[r * factor->left_row + k * factor->left_term];
}

static size_t row_bytes(const struct lrt_factor *f) {
    struct lrt_block block = lrt_type_block(f->right.type);
    return (size_t)f->right_length / block.elements * block.bytes;
}

/* Element (o, k): right_scale * right[lane + o, first + k]. */
static struct left_view take_right(const struct few *f, struct slab s, int64_t lane, int64_t lanes) {
    const struct lrt_factor *factor = s.factor;
    const struct lrt_tensor right = factor->right;
    const int64_t length = factor->right_length;
    if (!factor->right_by_lane)
        return (struct left_view){(const float *)right.data + s.first * length + lane, 1, length};
    int64_t row = LRT_STRIP;
    if (lrt_factor_is_floats(factor))
        return (struct left_view){(const float *)right.data + lane * length + s.first, length, 1};
    if (lrt_is_generated(&right)) {
        row = make_rows(f->strips, LRT_STRIP, factor, lane, lanes, s.first, s.count);
    } else {
        const size_t bytes = row_bytes(factor);
        unpack_rows(f->strips, (const uint8_t *)right.data + (size_t)lane * bytes, bytes, right.type, s.first, s.count,
                    lanes);
    }
    for (int64_t o = 0; factor->right_scale != 1 && o < lanes; o++)
        for (int64_t k = 0; k < s.count; k++) f->strips[o * row + k] *= factor->right_scale;
    return (struct left_view){f->strips, row, 1};
}

/* While some rows of a factor are read, those 32 further on are fetched, in the order of memory. */
static struct ahead rows_after(const struct few *f, struct slab s, int64_t lane, int64_t lanes) {
    const struct lrt_factor *factor = s.factor;
    int64_t from = lane + LRT_SLAB_LANES, length = factor->right_length;
    if (!factor->right_by_lane || lrt_is_generated(&factor->right) || from + lanes > f->lanes.last)
        return (struct ahead){(const char *)f->strips, 0};
    const int64_t bytes = (int64_t)row_bytes(factor);
    const char *at = (const char *)factor->right.data + from * bytes + s.first * lanes * bytes / length;
    return (struct ahead){at, (lanes * bytes + length - 1) / length};
}

/* The chains of some lanes (at most 32) take up one slab. */
static void few_slab(const struct few *f, struct slab s, const float *columns, int64_t lane, int64_t lanes,
                     struct view from, float *to, int64_t to_row) {
    int64_t groups = (lanes + TILE_ROWS - 1) / TILE_ROWS;
    for (int64_t g = 0, o = 0; g < groups; g++) {
        int height = (int)((lanes - o) / (groups - g));
        struct left_view left = take_right(f, s, lane + o, height);
        struct ahead ahead = rows_after(f, s, lane + o, height);
        for (int64_t r = 0, width; r < f->width; r += width) {
            width = tile_lanes(f->width - r);
            tile_of(height, width)(s.count, left, (struct view){columns + r, f->width},
                                   (struct view){from.data + o * from.row + r, from.row}, to + o * to_row + r, to_row,
                                   ahead);
            ahead.step = 0;
        }
        o += height;
    }
}

/* Where the chains of 32 lanes stand before this block's first slab, as in y; NULL: at 0 or at the bias. */
static const float *start_of(const struct few *f, int64_t lane) {
    const struct lrt_product *p = f->product;
    int64_t at = f->row * p->y_row + lane * p->y_lane;
    if (f->first_slab > 0) return p->y + at;
    return p->start != NULL ? p->start + at : NULL;
}
static void take_sums(const struct few *f, int64_t lane, int64_t lanes) {
    const struct lrt_product *p = f->product;
    const float *from = start_of(f, lane);
    if (from != NULL) {
        for (int64_t r = 0; r < f->rows; r++)
            for (int64_t o = 0; o < lanes; o++) f->square[r * LRT_SLAB_LANES + o] = from[r * p->y_row + o * p->y_lane];
        transpose(f->sums, LRT_FEW_ROWS, f->square, LRT_SLAB_LANES, LRT_FEW_ROWS, LRT_SLAB_LANES);
    } else if (!lrt_is_absent(&p->bias)) {
        float bias[LRT_SLAB_LANES];
        take_bias(bias, p, lane, lanes);
        for (int64_t o = 0; o < lanes; o++)
            for (int64_t r = 0; r < LRT_FEW_ROWS; r++) f->sums[o * LRT_FEW_ROWS + r] = bias[o];
    } else {
        memset(f->sums, 0, LRT_SLAB_LANES * LRT_FEW_ROWS * sizeof *f->sums);
    }
}
static void give_sums(const struct few *f, int64_t lane, int64_t lanes) {
    const struct lrt_product *p = f->product;
    float *to = p->y + f->row * p->y_row + lane * p->y_lane;
    if (p->y_lane == 1 && lanes >= 4 && f->rows >= 4) {
        transpose(to, p->y_row, f->sums, LRT_FEW_ROWS, lanes, f->rows);
        return;
    }
    for (int64_t r = 0; r < f->rows; r++)
        for (int64_t o = 0; o < lanes; o++) to[r * p->y_row + o * p->y_lane] = f->sums[o * LRT_FEW_ROWS + r];
}

/* y can hold the chains itself when it has the rows side by side and they fill the lanes of tiles. */
static bool direct(const struct few *f) {
    const struct lrt_product *p = f->product;
    return p->y_row == 1 && f->rows == f->width && lrt_is_absent(&p->bias);
}
static void few_lanes(const struct few *f, int64_t lane, int64_t lanes) {
    static const float zeros[LRT_FEW_ROWS];
    struct view from = {f->sums, LRT_FEW_ROWS};
    float *to = f->sums;
    int64_t to_row = LRT_FEW_ROWS;
    if (direct(f)) {
        const struct lrt_product *p = f->product;
        const float *start = start_of(f, lane);
        to = p->y + f->row + lane * p->y_lane;
        to_row = p->y_lane;
        from = start == NULL ? (struct view){zeros, 0} : (struct view){start, to_row};
    } else {
        take_sums(f, lane, lanes);
    }
    const float *columns = f->columns;
    for (int64_t i = f->first_slab; i < f->last_slab; i++) {
        struct slab s = slab_at(f->product, i);
        few_slab(f, s, columns, lane, lanes, from, to, to_row);
        columns += s.count * f->width;
        from = (struct view){to, to_row};
    }
    if (to == f->sums) give_sums(f, lane, lanes);
}

static void few_rows(struct few f) {
    int64_t slabs = lrt_product_slabs(f.product);
    for (f.first_slab = 0; f.first_slab < slabs; f.first_slab = f.last_slab) {
        f.last_slab = lrt_min_size(f.first_slab + LRT_FEW_SLABS, slabs);
        float *columns = f.columns;
        for (int64_t i = f.first_slab; i < f.last_slab; i++) {
            struct slab s = slab_at(f.product, i);
            fill_columns(&f, columns, s);
            columns += s.count * f.width;
        }
        for (int64_t lane = f.lanes.first; lane < f.lanes.last; lane += LRT_SLAB_LANES)
            few_lanes(&f, lane, lrt_min_size(f.lanes.last - lane, LRT_SLAB_LANES));
    }
}

void LRT_KERNEL(multiply_few)(const struct lrt_product *p, struct lrt_share rows, struct lrt_share lanes,
                              void *scratch) {
    float *sums = scratch, *square = sums + LRT_SLAB_LANES * LRT_FEW_ROWS;
    float *strips = square + LRT_SLAB_LANES * LRT_FEW_ROWS, *columns = strips + LRT_FEW_STRIPS * LRT_STRIP;
    memset(square, 0, LRT_SLAB_LANES * LRT_FEW_ROWS * sizeof *square);
    for (int64_t row = rows.first; row < rows.last; row += LRT_FEW_ROWS) {
        int64_t here = lrt_min_size(rows.last - row, LRT_FEW_ROWS), width = tile_lanes_together(here);
        few_rows((struct few){p, row, here, 0, 0, lanes, width, columns, strips, sums, square});
    }
}
