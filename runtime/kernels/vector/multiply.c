/* Multiply: one part of a product. Rows are gone through in blocks, sums in slabs of 256 terms: the block's rows are
 * copied to strips, then for 32 lanes at a time the right factor is dequantised into a slab and tiles of a few rows by
 * one or two registers of lanes take up their chains, from y and to y. The slab stays in the first cache while all rows
 * meet it. */
#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"
#include "runtime/kernels/tiles.h"
#include "runtime/lrt_scratch.h"
#include <stdbool.h>

static const float zeros[LRT_SLAB_LANES];

/* Terms first .. first+count-1 of one factor: what one slab holds. */
struct slab {
    const struct lrt_factor *factor;
    int64_t first;
    int count;
};

static struct slab slab_at(const struct lrt_product *p, int64_t index) {
    const struct lrt_factor *f = &p->factor[0];
    int64_t own = lrt_slab_count(f->terms);
    if (index >= own) {
        index -= own;
        f++;
    }
    int64_t first = index * LRT_SLAB_TERMS, left = f->terms - first;
    return (struct slab){f, first, left < LRT_SLAB_TERMS ? (int)left : LRT_SLAB_TERMS};
}

/* strips[r][k] = left_scale * left[row0 + r, first + k] */
static void fill_strips(float *strips, struct slab s, int64_t row0, int64_t rows) {
    const struct lrt_factor *f = s.factor;
    const float *left = f->left + row0 * f->left_row + s.first * f->left_term;
    if (f->left_term == 1 && f->left_scale == 1) {
        for (int64_t r = 0; r < rows; r++)
            memcpy(strips + r * LRT_STRIP, left + r * f->left_row, (size_t)s.count * sizeof *left);
        return;
    }
    for (int64_t r0 = 0; r0 < rows; r0 += LRT_LANES) /* a few rows at a time: each line of `left` is read once */
        for (int64_t k = 0; k < s.count; k++)
            for (int64_t r = r0; r < rows && r < r0 + LRT_LANES; r++)
                strips[r * LRT_STRIP + k] = f->left_scale * left[r * f->left_row + k * f->left_term];
}

/* Elements first.. (a multiple of 32) of a row, n <= 32 of them; 0 after them. */
static void unpack_end(float *y, const uint8_t *row, uint32_t type, int64_t first, int64_t n) {
    struct lrt_block block = lrt_type_block(type);
    uint8_t copy[LRT_UNPACKED * sizeof(float)] = {0}; /* only types with blocks of one element have odd ends */
    memcpy(copy, row + (size_t)first * block.bytes, (size_t)n * block.bytes);
    LRT_KERNEL(unpack)(y, LRT_UNPACKED, copy, 0, type, 0, 1);
}

/* Where the 32 elements from `first` on of a row begin, and which part of their block they are. */
static const uint8_t *block_of(const uint8_t *row, struct lrt_block block, int64_t first, int *sub) {
    if (block.elements <= LRT_UNPACKED) {
        *sub = 0;
        return row + (size_t)first / block.elements * block.bytes;
    }
    *sub = (int)((size_t)first % block.elements / LRT_UNPACKED);
    return row + (size_t)first / block.elements * block.bytes;
}

static void unpack_32(float *y, const uint8_t *row, uint32_t type, int64_t first, int64_t n) {
    if (n < LRT_UNPACKED) {
        unpack_end(y, row, type, first, n);
        return;
    }
    int sub;
    const uint8_t *at = block_of(row, lrt_type_block(type), first, &sub);
    LRT_KERNEL(unpack)(y, LRT_UNPACKED, at, 0, type, sub, 1);
}

/* right [lanes, terms]: slab[k][lane] = right[lane0 + lane, first + k] */
static void fill_slab_by_lane(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
    uint32_t type = s.factor->right.type;
    struct lrt_block block = lrt_type_block(type);
    size_t stride = (size_t)s.factor->right_length / block.elements * block.bytes;
    const uint8_t *row = (const uint8_t *)s.factor->right.data + (size_t)lane0 * stride;
    for (int k = 0; k < s.count; k += LRT_UNPACKED) {
        int terms = s.count - k < LRT_UNPACKED ? s.count - k : LRT_UNPACKED, sub;
        if (lanes == LRT_SLAB_LANES && terms == LRT_UNPACKED) {
            const uint8_t *at = block_of(row, block, s.first + k, &sub);
            LRT_KERNEL(pack)(slab + k * LRT_SLAB_LANES, at, stride, type, sub);
            continue;
        }
        float square[LRT_SLAB_LANES][LRT_UNPACKED] = {{0}}, packed[LRT_UNPACKED][LRT_SLAB_LANES];
        for (int64_t r = 0; r < lanes; r++) unpack_32(square[r], row + (size_t)r * stride, type, s.first + k, terms);
        LRT_KERNEL(pack)(packed[0], square, sizeof square[0], LRT_F32, 0);
        memcpy(slab + k * LRT_SLAB_LANES, packed, (size_t)terms * sizeof packed[0]);
    }
}

/* right [terms, lanes]: slab[k][lane] = right[first + k, lane0 + lane] */
static void fill_slab_by_term(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
    uint32_t type = s.factor->right.type;
    struct lrt_block block = lrt_type_block(type);
    size_t stride = (size_t)s.factor->right_length / block.elements * block.bytes;
    const uint8_t *row = (const uint8_t *)s.factor->right.data + (size_t)s.first * stride;
    if (lanes == LRT_SLAB_LANES) {
        int sub;
        const uint8_t *at = block_of(row, block, lane0, &sub);
        LRT_KERNEL(unpack)(slab, LRT_SLAB_LANES, at, stride, type, sub, s.count);
        return;
    }
    for (int k = 0; k < s.count; k++)
        unpack_32(slab + k * LRT_SLAB_LANES, row + (size_t)k * stride, type, lane0, lanes);
}

static void fill_slab(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
    if (s.factor->right_by_lane)
        fill_slab_by_lane(slab, s, lane0, lanes);
    else
        fill_slab_by_term(slab, s, lane0, lanes);
    if (s.factor->right_scale == 1) return;
    lrt_vec scale = lrt_set1(s.factor->right_scale);
    for (int i = 0; i < s.count * LRT_SLAB_LANES; i += LRT_LANES) lrt_store(slab + i, scale * lrt_load(slab + i));
}

/* Where a tile's chains come from and go to. */
struct chain {
    const float *from;
    float *to;
    int64_t from_row, from_lane, to_row, to_lane; /* from_row 0: one start for all rows */
};

/* A tile that cannot read or write y directly: too few lanes, or y is transposed. */
static void tile_by_copy(tile_function *run, int height, int width, int64_t terms, const float *strips,
                         struct view right, struct chain c, int64_t lanes) {
    float copy[TILE_ROWS * TILE_WIDTH];
    memset(copy, 0, sizeof copy);
    for (int r = 0; r < height; r++)
        for (int64_t l = 0; l < lanes; l++) copy[r * width + l] = c.from[r * c.from_row + l * c.from_lane];
    run(terms, strips, right, (struct view){copy, width}, copy, width);
    for (int r = 0; r < height; r++)
        for (int64_t l = 0; l < lanes; l++) c.to[r * c.to_row + l * c.to_lane] = copy[r * width + l];
}

/* All rows of a block against one slab. right: the slab (or the factor itself); `lanes` of its 32 are there. */
static void multiply_slab(int64_t rows, int64_t terms, const float *strips, struct view right, struct chain c,
                          int64_t lanes) {
    int64_t groups = (rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int64_t g = 0, r = 0; g < groups; g++) {
        int height = (int)((rows - r) / (groups - g));
        for (int64_t l = 0; l < lanes; l += TILE_WIDTH) {
            int64_t here = lanes - l < TILE_WIDTH ? lanes - l : TILE_WIDTH;
            int vectors = here <= LRT_LANES ? 1 : TILE_VECTORS;
            struct chain t = c;
            t.from += r * c.from_row + l * c.from_lane;
            t.to += r * c.to_row + l * c.to_lane;
            struct view part = {right.data + l, right.row};
            tile_function *run = tile_of(height, vectors);
            if (here == vectors * LRT_LANES && c.from_lane == 1 && c.to_lane == 1)
                run(terms, strips + r * LRT_STRIP, part, (struct view){t.from, t.from_row}, t.to, t.to_row);
            else
                tile_by_copy(run, height, vectors * LRT_LANES, terms, strips + r * LRT_STRIP, part, t, here);
        }
        r += height;
    }
}

/* Some rows of a product, and the slabs [first_slab, last_slab) whose strips are filled. */
struct block {
    const struct lrt_product *product;
    int64_t row, rows, first_slab, last_slab;
    float *strips, *slab;
};

/* The chains of a block of rows and 32 lanes before its first slab. bias: room for 32 floats. */
static struct chain chain_of(const struct block *b, int64_t lane, int64_t lanes, float *bias) {
    const struct lrt_product *p = b->product;
    int64_t at = b->row * p->y_row + lane * p->y_lane;
    float *y = p->y + at;
    if (b->first_slab > 0) return (struct chain){y, y, p->y_row, p->y_lane, p->y_row, p->y_lane};
    if (p->start != NULL) return (struct chain){p->start + at, y, p->y_row, p->y_lane, p->y_row, p->y_lane};
    if (p->bias.data == NULL) return (struct chain){zeros, y, 0, 1, p->y_row, p->y_lane};
    unpack_32(bias, p->bias.data, p->bias.type, lane, lanes);
    return (struct chain){bias, y, 0, 1, p->y_row, p->y_lane};
}

/* A factor that already lies as a slab would is not copied when few rows will read it. */
static bool readable(const struct lrt_factor *f, int64_t rows, int64_t lanes) {
    return !f->right_by_lane && f->right.type == LRT_F32 && f->right_scale == 1 && rows <= 2 * TILE_ROWS &&
           lanes == LRT_SLAB_LANES && (uintptr_t)f->right.data % sizeof(float) == 0;
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
        width = lanes <= LRT_LANES ? LRT_LANES : (lanes + TILE_WIDTH - 1) / TILE_WIDTH * TILE_WIDTH;
    }
    for (int64_t i = b->first_slab; i < b->last_slab; i++) {
        struct slab s = slab_at(b->product, i);
        struct view right = {b->slab, LRT_SLAB_LANES};
        if (readable(s.factor, b->rows, lanes)) {
            right.row = s.factor->right_length;
            right.data = (const float *)s.factor->right.data + s.first * right.row + lane;
        } else {
            fill_slab(b->slab, s, lane, lanes);
        }
        multiply_slab(b->rows, s.count, b->strips + (i - b->first_slab) * b->rows * LRT_STRIP, right, c, width);
        c.from = c.to;
        c.from_row = c.to_row;
        c.from_lane = c.to_lane;
    }
    if (kept) give_sums(sums, outer, b->rows, lanes);
}

static void multiply_block(struct block b, struct lrt_share lanes) {
    const struct lrt_product *p = b.product;
    int64_t slabs = lrt_slab_count(p->factor[0].terms);
    if (p->n_factors > 1) slabs += lrt_slab_count(p->factor[1].terms);
    int64_t together = LRT_STRIPS / b.rows; /* slabs whose strips fit side by side */
    for (b.first_slab = 0; b.first_slab < slabs; b.first_slab = b.last_slab) {
        b.last_slab = b.first_slab + together < slabs ? b.first_slab + together : slabs;
        for (int64_t i = b.first_slab; i < b.last_slab; i++)
            fill_strips(b.strips + (i - b.first_slab) * b.rows * LRT_STRIP, slab_at(p, i), b.row, b.rows);
        for (int64_t lane = lanes.first; lane < lanes.last; lane += LRT_SLAB_LANES)
            multiply_lanes(&b, lane, lanes.last - lane < LRT_SLAB_LANES ? lanes.last - lane : LRT_SLAB_LANES);
    }
}

void LRT_KERNEL(multiply)(const struct lrt_product *p, struct lrt_share rows, struct lrt_share lanes, void *scratch) {
    float *slab = scratch, *strips = slab + LRT_SLAB_LANES * LRT_SLAB_TERMS;
    for (int64_t row = rows.first; row < rows.last; row += LRT_STRIPS) {
        int64_t here = rows.last - row < LRT_STRIPS ? rows.last - row : LRT_STRIPS;
        multiply_block((struct block){p, row, here, 0, 0, strips, slab}, lanes);
    }
}
