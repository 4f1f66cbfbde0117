/* Multiply, small M: a product of few rows, such as a tile of tokens or a low rank. Its operands are swapped: the rows
 * are packed transposed, so a register holds one k of many rows. The right factor (usually weights) is read one number
 * at a time and needs no transposition. Every sum keeps its bits, since a * b = b * a. */
#include "runtime/kernels/panels.h"
#include "runtime/kernels/tiles.h"
#include <stdbool.h>

/* The rows from `row` on of a product, and the blocks of k [first_block, last_block). */
struct small_m {
    const struct lrt_product *product;
    int64_t row, rows, first_block, last_block;
    struct lrt_range columns;
    int64_t width;   /* floats of one k in `packed`: the rows, padded to whole registers */
    float *packed;   /* [depth of those blocks, width]: the left factor, transposed */
    float *unpacked; /* [TILE_ROWS, LRT_KC_STRIDE]: rows of the right factor, when it cannot be read in place */
    float *sums;     /* [LRT_NR, LRT_SMALL_M]: the sums of 32 columns, when y stores them transposed */
    float *square;   /* the same, transposed */
};

typedef float quad __attribute__((vector_size(16)));

LRT_INLINE quad load_quad(const float *x) {
    quad q;
    memcpy(&q, x, sizeof q);
    return q;
}
LRT_INLINE void store_quad(float *y, quad q) { memcpy(y, &q, sizeof q); }

/* to[k][r] = from[r][k], four by four; the last four overlap the ones before. rows, depth >= 4 */
static void transpose(float *to, int64_t to_row, const float *from, int64_t from_row, int64_t rows, int64_t depth) {
    for (int64_t r = 0; r < rows; r += 4)
        for (int64_t k = 0; k < depth; k += 4) {
            int64_t row = r + 4 <= rows ? r : rows - 4, term = k + 4 <= depth ? k : depth - 4;
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

/* packed[k][r] = left_scale * left[row + r, first + k]; 0 after the last row */
static void pack_left(const struct small_m *f, float *packed, struct k_block s) {
    const struct lrt_factor *factor = s.factor;
    const float *left = factor->left + f->row * factor->left_row + s.first * factor->left_k;
    if (f->width != f->rows) memset(packed, 0, (size_t)(s.count * f->width) * sizeof *packed);
    if (factor->left_k == 1 && factor->left_scale == 1 && f->rows >= 4 && s.count >= 4) {
        transpose(packed, f->width, left, factor->left_row, f->rows, s.count);
        return;
    }
    for (int64_t k = 0; k < s.count; k++)
        for (int64_t r = 0; r < f->rows; r++)
            packed[k * f->width + r] = factor->left_scale * left[r * factor->left_row + k * factor->left_k];
}

static size_t row_bytes(const struct lrt_factor *f) {
    struct lrt_block block = lrt_type_block(f->right.type);
    return (size_t)f->right_length / block.elements * block.bytes;
}

/* Element (o, k): right_scale * right[column + o, first + k]. */
static struct left_view take_right(const struct small_m *f, struct k_block s, int64_t column, int64_t columns) {
    const struct lrt_factor *factor = s.factor;
    const struct lrt_tensor right = factor->right;
    const int64_t length = factor->right_length;
    if (!factor->right_by_column)
        return (struct left_view){(const float *)right.data + s.first * length + column, 1, length};
    int64_t row = LRT_KC_STRIDE;
    if (lrt_factor_is_floats(factor))
        return (struct left_view){(const float *)right.data + column * length + s.first, length, 1};
    if (lrt_is_generated(&right)) {
        row = generate_rows(f->unpacked, LRT_KC_STRIDE, factor, column, columns, s.first, s.count);
    } else {
        const size_t bytes = row_bytes(factor);
        unpack_rows(f->unpacked, (const uint8_t *)right.data + (size_t)column * bytes, bytes, right.type, s.first,
                    s.count, columns);
    }
    for (int64_t o = 0; factor->right_scale != 1 && o < columns; o++)
        for (int64_t k = 0; k < s.count; k++) f->unpacked[o * row + k] *= factor->right_scale;
    return (struct left_view){f->unpacked, row, 1};
}

/* The memory to prefetch while some rows of a factor are read: the rows 32 further on. */
static struct ahead rows_after(const struct small_m *f, struct k_block s, int64_t column, int64_t columns) {
    const struct lrt_factor *factor = s.factor;
    int64_t from = column + LRT_NR, length = factor->right_length;
    if (!factor->right_by_column || lrt_is_generated(&factor->right) || from + columns > f->columns.last)
        return (struct ahead){(const char *)f->unpacked, 0};
    const int64_t bytes = (int64_t)row_bytes(factor);
    const char *at = (const char *)factor->right.data + from * bytes + s.first * columns * bytes / length;
    return (struct ahead){at, (columns * bytes + length - 1) / length};
}

/* Adds one block of k to the sums of some columns (at most 32). */
static void run_block(const struct small_m *f, struct k_block s, const float *packed, int64_t column, int64_t columns,
                      struct view from, float *to, int64_t to_row) {
    int64_t groups = (columns + TILE_ROWS - 1) / TILE_ROWS;
    for (int64_t g = 0, o = 0; g < groups; g++) {
        int height = (int)((columns - o) / (groups - g));
        struct left_view left = take_right(f, s, column + o, height);
        struct ahead ahead = rows_after(f, s, column + o, height);
        for (int64_t r = 0, width; r < f->width; r += width) {
            width = tile_lanes(f->width - r);
            tile_of(height, width)(s.count, left, (struct view){packed + r, f->width},
                                   (struct view){from.data + o * from.row + r, from.row}, to + o * to_row + r, to_row,
                                   ahead);
            ahead.step = 0;
        }
        o += height;
    }
}

/* The sums of 32 columns before the first of these blocks, laid out as y; NULL: they begin with 0 or the bias. */
static const float *start_of(const struct small_m *f, int64_t column) {
    const struct lrt_product *p = f->product;
    int64_t at = f->row * p->y_row + column * p->y_column;
    if (f->first_block > 0) return p->y + at;
    return p->start != NULL ? p->start + at : NULL;
}
static void take_sums(const struct small_m *f, int64_t column, int64_t columns) {
    const struct lrt_product *p = f->product;
    const float *from = start_of(f, column);
    if (from != NULL) {
        for (int64_t r = 0; r < f->rows; r++)
            for (int64_t o = 0; o < columns; o++) f->square[r * LRT_NR + o] = from[r * p->y_row + o * p->y_column];
        transpose(f->sums, LRT_SMALL_M, f->square, LRT_NR, LRT_SMALL_M, LRT_NR);
    } else if (!lrt_is_absent(&p->bias)) {
        float bias[LRT_NR];
        take_bias(bias, p, column, columns);
        for (int64_t o = 0; o < columns; o++)
            for (int64_t r = 0; r < LRT_SMALL_M; r++) f->sums[o * LRT_SMALL_M + r] = bias[o];
    } else {
        memset(f->sums, 0, LRT_NR * LRT_SMALL_M * sizeof *f->sums);
    }
}
static void give_sums(const struct small_m *f, int64_t column, int64_t columns) {
    const struct lrt_product *p = f->product;
    float *to = p->y + f->row * p->y_row + column * p->y_column;
    if (p->y_column == 1 && columns >= 4 && f->rows >= 4) {
        transpose(to, p->y_row, f->sums, LRT_SMALL_M, columns, f->rows);
        return;
    }
    for (int64_t r = 0; r < f->rows; r++)
        for (int64_t o = 0; o < columns; o++) to[r * p->y_row + o * p->y_column] = f->sums[o * LRT_SMALL_M + r];
}

/* Whether y can hold the sums itself: its rows are adjacent in memory and fill whole tiles. */
static bool direct(const struct small_m *f) {
    const struct lrt_product *p = f->product;
    return p->y_row == 1 && f->rows == f->width && lrt_is_absent(&p->bias);
}
static void run_columns(const struct small_m *f, int64_t column, int64_t columns) {
    static const float zeros[LRT_SMALL_M];
    struct view from = {f->sums, LRT_SMALL_M};
    float *to = f->sums;
    int64_t to_row = LRT_SMALL_M;
    if (direct(f)) {
        const struct lrt_product *p = f->product;
        const float *start = start_of(f, column);
        to = p->y + f->row + column * p->y_column;
        to_row = p->y_column;
        from = start == NULL ? (struct view){zeros, 0} : (struct view){start, to_row};
    } else {
        take_sums(f, column, columns);
    }
    const float *packed = f->packed;
    for (int64_t i = f->first_block; i < f->last_block; i++) {
        struct k_block s = k_block_at(f->product, i);
        run_block(f, s, packed, column, columns, from, to, to_row);
        packed += s.count * f->width;
        from = (struct view){to, to_row};
    }
    if (to == f->sums) give_sums(f, column, columns);
}

static void run_rows(struct small_m f) {
    int64_t k_blocks = lrt_product_k_blocks(f.product);
    for (f.first_block = 0; f.first_block < k_blocks; f.first_block = f.last_block) {
        f.last_block = lrt_min_size(f.first_block + LRT_SMALL_M_BLOCKS, k_blocks);
        float *packed = f.packed;
        for (int64_t i = f.first_block; i < f.last_block; i++) {
            struct k_block s = k_block_at(f.product, i);
            pack_left(&f, packed, s);
            packed += s.count * f.width;
        }
        for (int64_t column = f.columns.first; column < f.columns.last; column += LRT_NR)
            run_columns(&f, column, lrt_min_size(f.columns.last - column, LRT_NR));
    }
}

void LRT_KERNEL(multiply_small_m)(const struct lrt_product *p, struct lrt_range rows, struct lrt_range columns,
                                  void *scratch) {
    float *sums = scratch, *square = sums + LRT_NR * LRT_SMALL_M;
    float *unpacked = square + LRT_NR * LRT_SMALL_M, *packed = unpacked + LRT_SMALL_M_ROWS * LRT_KC_STRIDE;
    memset(square, 0, LRT_NR * LRT_SMALL_M * sizeof *square);
    for (int64_t row = rows.first; row < rows.last; row += LRT_SMALL_M) {
        int64_t here = lrt_min_size(rows.last - row, LRT_SMALL_M), width = tile_lanes_together(here);
        run_rows((struct small_m){p, row, here, 0, 0, columns, width, packed, unpacked, sums, square});
    }
}
