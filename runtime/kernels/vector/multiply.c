/* Multiply: one range of a product, blocked as in BLIS (doi 10.1145/2764454). Up to LRT_MC rows of a block of LRT_KC
 * are packed. Then the right factor is dequantised into a micro-panel, LRT_NR columns at a time. Tiles of a few rows by
 * one or two registers of columns load their sums from y, continue them, and store them. The micro-panel stays in the
 * L1 cache while all rows are multiplied with it. */
#include "runtime/kernels/panels.h"
#include "runtime/kernels/tiles.h"
#include <stdbool.h>

static const float zeros[LRT_NR];

/* Where a tile loads its sums from and stores them to. */
struct chain {
    const float *from;
    float *to;
    int64_t from_row, from_column, to_row, to_column; /* from_row 0: all rows start with the same values */
};

/* A tile that cannot read or write y directly: too few columns, or y is transposed. */
static void tile_by_copy(tile_function *run, int height, int64_t width, int64_t depth, struct left_view left,
                         struct view right, struct chain c, int64_t columns, struct ahead ahead) {
    float copy[TILE_ROWS * TILE_WIDTH];
    memset(copy, 0, sizeof copy);
    for (int r = 0; r < height; r++)
        for (int64_t l = 0; l < columns; l++) copy[r * width + l] = c.from[r * c.from_row + l * c.from_column];
    run(depth, left, right, (struct view){copy, width}, copy, width, ahead);
    for (int r = 0; r < height; r++)
        for (int64_t l = 0; l < columns; l++) c.to[r * c.to_row + l * c.to_column] = copy[r * width + l];
}

/* Multiplies all rows of a block with one panel. right: the panel, or the factor itself; its first `columns` of 32 are
 * valid. */
static void multiply_panel(int64_t rows, int64_t depth, const float *packed, struct view right, struct chain c,
                           int64_t columns, struct ahead ahead) {
    int64_t groups = (rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int64_t g = 0, r = 0; g < groups; g++) {
        int height = (int)((rows - r) / (groups - g));
        struct left_view left = {packed + r * LRT_KC_STRIDE, LRT_KC_STRIDE, 1};
        for (int64_t l = 0, width; l < columns; l += width) {
            width = tile_lanes(columns - l);
            struct chain t = c;
            t.from += r * c.from_row + l * c.from_column;
            t.to += r * c.to_row + l * c.to_column;
            struct view right_tile = {right.data + l, right.row};
            struct ahead soon = {ahead.at + l * (int64_t)sizeof(float), ahead.step};
            tile_function *run = tile_of(height, width);
            if (width <= columns - l && c.from_column == 1 && c.to_column == 1)
                run(depth, left, right_tile, (struct view){t.from, t.from_row}, t.to, t.to_row, soon);
            else
                tile_by_copy(run, height, width, depth, left, right_tile, t, columns - l < width ? columns - l : width,
                             soon);
        }
        r += height;
        ahead.step = 0; /* everything is prefetched by now */
    }
}

/* Some rows of a product, packed for the blocks of k [first_block, last_block). */
struct block {
    const struct lrt_product *product;
    int64_t row, rows, first_block, last_block;
    struct lrt_range columns;
    float *packed, *panel;
};

/* Where the sums of the rows and 32 columns start before first_block. bias: space for 32 floats. */
static struct chain chain_of(const struct block *b, int64_t column, int64_t columns, float *bias) {
    const struct lrt_product *p = b->product;
    int64_t at = b->row * p->y_row + column * p->y_column;
    float *y = p->y + at;
    if (b->first_block > 0) return (struct chain){y, y, p->y_row, p->y_column, p->y_row, p->y_column};
    if (p->start != NULL) return (struct chain){p->start + at, y, p->y_row, p->y_column, p->y_row, p->y_column};
    if (lrt_is_absent(&p->bias)) return (struct chain){zeros, y, 0, 1, p->y_row, p->y_column};
    take_bias(bias, p, column, columns);
    return (struct chain){bias, y, 0, 1, p->y_row, p->y_column};
}

enum { SAME_LINE = 1024 }; /* a stride in floats at which addresses share the lines of an L1 cache */

/* Whether the factor is read in place: it is stored as a panel would be, and few rows read it. */
static bool readable(const struct lrt_factor *f, int64_t rows, int64_t columns) {
    bool apart =
        rows <= TILE_ROWS || f->right_length % SAME_LINE != 0; /* its rows do not evict each other from the cache */
    return !f->right_by_column && rows <= LRT_SMALL_M && columns == LRT_NR && apart && lrt_factor_is_floats(f);
}

/* The memory to prefetch while 32 columns of a factor are read in place: the next columns, or after the last ones the
 * first columns of the next k. */
static struct ahead columns_after(const struct block *b, struct k_block s, int64_t column) {
    const struct lrt_factor *f = s.factor;
    const char *at = (const char *)f->right.data;
    int64_t row = f->right_length * (int64_t)sizeof(float), next = column + LRT_NR, term = s.first;
    if (next >= b->columns.last) {
        next = b->columns.first;
        term += s.count;
        if (term + s.count > f->depth) return (struct ahead){(const char *)b->panel, 0};
    }
    return (struct ahead){at + term * row + next * (int64_t)sizeof(float), row};
}

/* A single group of rows whose y cannot be read in place keeps its sums here from the first block to the last. */
enum { SUMS = TILE_ROWS * LRT_NR };
static void take_sums(float *sums, struct chain c, int64_t rows, int64_t columns) {
    memset(sums, 0, SUMS * sizeof *sums);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t l = 0; l < columns; l++) sums[r * LRT_NR + l] = c.from[r * c.from_row + l * c.from_column];
}
static void give_sums(const float *sums, struct chain c, int64_t rows, int64_t columns) {
    for (int64_t l = 0; l < columns; l++)
        for (int64_t r = 0; r < rows; r++) c.to[r * c.to_row + l * c.to_column] = sums[r * LRT_NR + l];
}

static void multiply_columns(const struct block *b, int64_t column, int64_t columns) {
    float bias[LRT_NR], sums[SUMS];
    struct chain outer = chain_of(b, column, columns, bias), c = outer;
    int64_t width = columns;
    bool kept = b->rows <= TILE_ROWS && (columns < LRT_NR || b->product->y_column != 1);
    if (kept) {
        take_sums(sums, outer, b->rows, columns);
        c = (struct chain){sums, sums, LRT_NR, 1, LRT_NR, 1};
        width = tile_lanes_together(columns);
    }
    for (int64_t i = b->first_block; i < b->last_block; i++) {
        struct k_block s = k_block_at(b->product, i);
        struct view right = {b->panel, LRT_NR};
        struct ahead ahead = {(const char *)b->panel, 0};
        if (readable(s.factor, b->rows, columns)) {
            right.row = s.factor->right_length;
            right.data = (const float *)s.factor->right.data + s.first * right.row + column;
            ahead = columns_after(b, s, column);
        } else {
            pack_panel(b->panel, s, column, columns);
        }
        multiply_panel(b->rows, s.count, b->packed + (i - b->first_block) * b->rows * LRT_KC_STRIDE, right, c, width,
                       ahead);
        c.from = c.to;
        c.from_row = c.to_row;
        c.from_column = c.to_column;
    }
    if (kept) give_sums(sums, outer, b->rows, columns);
}

static void multiply_block(struct block b) {
    const struct lrt_product *p = b.product;
    int64_t k_blocks = lrt_product_k_blocks(p),
            together = LRT_MC / b.rows; /* blocks whose packed rows fit side by side */
    if (!p->factor[0].right_by_column && b.rows <= LRT_SMALL_M) together = 1; /* the right factor is read in place */
    for (b.first_block = 0; b.first_block < k_blocks; b.first_block = b.last_block) {
        b.last_block = b.first_block + together < k_blocks ? b.first_block + together : k_blocks;
        for (int64_t i = b.first_block; i < b.last_block; i++)
            pack_rows(b.packed + (i - b.first_block) * b.rows * LRT_KC_STRIDE, k_block_at(p, i), b.row, b.rows);
        for (int64_t column = b.columns.first; column < b.columns.last; column += LRT_NR)
            multiply_columns(&b, column, b.columns.last - column < LRT_NR ? b.columns.last - column : LRT_NR);
    }
}

void LRT_KERNEL(multiply)(const struct lrt_product *p, struct lrt_range rows, struct lrt_range columns, void *scratch) {
    if (lrt_product_is_small_m(p)) {
        LRT_KERNEL(multiply_small_m)(p, rows, columns, scratch);
        return;
    }
    float *panel = scratch, *packed = panel + LRT_NR * LRT_KC;
    for (int64_t row = rows.first; row < rows.last; row += LRT_MC) {
        int64_t here = rows.last - row < LRT_MC ? rows.last - row : LRT_MC;
        multiply_block((struct block){p, row, here, 0, 0, columns, packed, panel});
    }
}
