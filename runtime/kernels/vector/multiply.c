/* Multiply: one part of a product. Rows are gone through in blocks, sums in slabs of 256 terms: the block's rows are
 * copied to strips, then for 32 lanes at a time the right factor is dequantised into a slab and tiles of a few rows by
 * one or two registers of lanes take up their chains, from y and to y. The slab stays in the first cache while all rows
 * meet it. */
#include "runtime/kernels/slabs.h"
#include "runtime/kernels/tiles.h"
#include <stdbool.h>

static const float zeros[LRT_SLAB_LANES];

/* Where a tile's chains come from and go to. */
struct chain {
    const float *from;
    float *to;
    int64_t from_row, from_lane, to_row, to_lane; /* from_row 0: one start for all rows */
};

/* A tile that cannot read or write y directly: too few lanes, or y is transposed. */
static void tile_by_copy(tile_function *run, int height, int64_t width, int64_t terms, struct left_view left,
                         struct view right, struct chain c, int64_t lanes, struct ahead ahead) {
    float copy[TILE_ROWS * TILE_WIDTH];
    memset(copy, 0, sizeof copy);
    for (int r = 0; r < height; r++)
        for (int64_t l = 0; l < lanes; l++) copy[r * width + l] = c.from[r * c.from_row + l * c.from_lane];
    run(terms, left, right, (struct view){copy, width}, copy, width, ahead);
    for (int r = 0; r < height; r++)
        for (int64_t l = 0; l < lanes; l++) c.to[r * c.to_row + l * c.to_lane] = copy[r * width + l];
}

/* All rows of a block against one slab. right: the slab (or the factor itself); `lanes` of its 32 are there. */
static void multiply_slab(int64_t rows, int64_t terms, const float *strips, struct view right, struct chain c,
                          int64_t lanes, struct ahead ahead) {
    int64_t groups = (rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int64_t g = 0, r = 0; g < groups; g++) {
        int height = (int)((rows - r) / (groups - g));
        struct left_view left = {strips + r * LRT_STRIP, LRT_STRIP, 1};
        for (int64_t l = 0, width; l < lanes; l += width) {
            width = tile_lanes(lanes - l);
            struct chain t = c;
            t.from += r * c.from_row + l * c.from_lane;
            t.to += r * c.to_row + l * c.to_lane;
            struct view part = {right.data + l, right.row};
            struct ahead soon = {ahead.at + l * (int64_t)sizeof(float), ahead.step};
            tile_function *run = tile_of(height, width);
            if (width <= lanes - l && c.from_lane == 1 && c.to_lane == 1)
                run(terms, left, part, (struct view){t.from, t.from_row}, t.to, t.to_row, soon);
            else
                tile_by_copy(run, height, width, terms, left, part, t, lanes - l < width ? lanes - l : width, soon);
        }
        r += height;
        ahead.step = 0; /* all is fetched by now */
    }
}

/* Some rows of a product, and the slabs [first_slab, last_slab) whose strips are filled. */
struct block {
    const struct lrt_product *product;
    int64_t row, rows, first_slab, last_slab;
    struct lrt_share lanes;
    float *strips, *slab;
};

/* The chains of a block of rows and 32 lanes before its first slab. bias: room for 32 floats. */
static struct chain chain_of(const struct block *b, int64_t lane, int64_t lanes, float *bias) {
    const struct lrt_product *p = b->product;
    int64_t at = b->row * p->y_row + lane * p->y_lane;
    float *y = p->y + at;
    if (b->first_slab > 0) return (struct chain){y, y, p->y_row, p->y_lane, p->y_row, p->y_lane};
    if (p->start != NULL) return (struct chain){p->start + at, y, p->y_row, p->y_lane, p->y_row, p->y_lane};
    if (lrt_is_absent(&p->bias)) return (struct chain){zeros, y, 0, 1, p->y_row, p->y_lane};
    take_bias(bias, p, lane, lanes);
    return (struct chain){bias, y, 0, 1, p->y_row, p->y_lane};
}

enum { SAME_LINE = 1024 }; /* floats after which addresses fall on the same lines of a first cache */

/* A factor that already lies as a slab would is not copied when few rows will read it. */
static bool readable(const struct lrt_factor *f, int64_t rows, int64_t lanes) {
    bool apart = rows <= TILE_ROWS || f->right_length % SAME_LINE != 0; /* terms do not push each other out */
    return !f->right_by_lane && rows <= LRT_FEW_ROWS && lanes == LRT_SLAB_LANES && apart && lrt_factor_is_floats(f);
}

/* While 32 lanes of a factor are read where they lie, the next ones are fetched; after the last lanes, the first of the
 * terms to come. */
static struct ahead lanes_after(const struct block *b, struct slab s, int64_t lane) {
    const struct lrt_factor *f = s.factor;
    const char *at = (const char *)f->right.data;
    int64_t row = f->right_length * (int64_t)sizeof(float), next = lane + LRT_SLAB_LANES, term = s.first;
    if (next >= b->lanes.last) {
        next = b->lanes.first;
        term += s.count;
        if (term + s.count > f->terms) return (struct ahead){(const char *)b->slab, 0};
    }
    return (struct ahead){at + term * row + next * (int64_t)sizeof(float), row};
}

/* One group of rows whose y cannot be read in place keeps its chains in `sums` from the first slab to the last. */
enum { SUMS = TILE_ROWS * LRT_SLAB_LANES };
static void take_sums(float *sums, struct chain c, int64_t rows, int64_t lanes) {
    memset(sums, 0, SUMS * sizeof *sums);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t l = 0; l < lanes; l++) sums[r * LRT_SLAB_LANES + l] = c.from[r * c.from_row + l * c.from_lane];
}
static void give_sums(const float *sums, struct chain c, int64_t rows, int64_t lanes) {
    for (int64_t l = 0; l < lanes; l++)
        for (int64_t r = 0; r < rows; r++) c.to[r * c.to_row + l * c.to_lane] = sums[r * LRT_SLAB_LANES + l];
}

static void multiply_lanes(const struct block *b, int64_t lane, int64_t lanes) {
    float bias[LRT_SLAB_LANES], sums[SUMS];
    struct chain outer = chain_of(b, lane, lanes, bias), c = outer;
    int64_t width = lanes;
    bool kept = b->rows <= TILE_ROWS && (lanes < LRT_SLAB_LANES || b->product->y_lane != 1);
    if (kept) {
        take_sums(sums, outer, b->rows, lanes);
        c = (struct chain){sums, sums, LRT_SLAB_LANES, 1, LRT_SLAB_LANES, 1};
        width = tile_lanes_together(lanes);
    }
    for (int64_t i = b->first_slab; i < b->last_slab; i++) {
        struct slab s = slab_at(b->product, i);
        struct view right = {b->slab, LRT_SLAB_LANES};
        struct ahead ahead = {(const char *)b->slab, 0};
        if (readable(s.factor, b->rows, lanes)) {
            right.row = s.factor->right_length;
            right.data = (const float *)s.factor->right.data + s.first * right.row + lane;
            ahead = lanes_after(b, s, lane);
        } else {
            fill_slab(b->slab, s, lane, lanes);
        }
        multiply_slab(b->rows, s.count, b->strips + (i - b->first_slab) * b->rows * LRT_STRIP, right, c, width, ahead);
        c.from = c.to;
        c.from_row = c.to_row;
        c.from_lane = c.to_lane;
    }
    if (kept) give_sums(sums, outer, b->rows, lanes);
}

static void multiply_block(struct block b) {
    const struct lrt_product *p = b.product;
    int64_t slabs = lrt_product_slabs(p), together = LRT_STRIPS / b.rows;    /* slabs whose strips fit side by side */
    if (!p->factor[0].right_by_lane && b.rows <= LRT_FEW_ROWS) together = 1; /* the right factor is read as it lies */
    for (b.first_slab = 0; b.first_slab < slabs; b.first_slab = b.last_slab) {
        b.last_slab = b.first_slab + together < slabs ? b.first_slab + together : slabs;
        for (int64_t i = b.first_slab; i < b.last_slab; i++)
            fill_strips(b.strips + (i - b.first_slab) * b.rows * LRT_STRIP, slab_at(p, i), b.row, b.rows);
        for (int64_t lane = b.lanes.first; lane < b.lanes.last; lane += LRT_SLAB_LANES)
            multiply_lanes(&b, lane, b.lanes.last - lane < LRT_SLAB_LANES ? b.lanes.last - lane : LRT_SLAB_LANES);
    }
}

void LRT_KERNEL(multiply)(const struct lrt_product *p, struct lrt_share rows, struct lrt_share lanes, void *scratch) {
    if (lrt_product_is_few(p)) {
        LRT_KERNEL(multiply_few)(p, rows, lanes, scratch);
        return;
    }
    float *slab = scratch, *strips = slab + LRT_SLAB_LANES * LRT_SLAB_TERMS;
    for (int64_t row = rows.first; row < rows.last; row += LRT_STRIPS) {
        int64_t here = rows.last - row < LRT_STRIPS ? rows.last - row : LRT_STRIPS;
        multiply_block((struct block){p, row, here, 0, 0, lanes, strips, slab});
    }
}
