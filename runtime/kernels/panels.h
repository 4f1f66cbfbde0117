/* Panels: packing. Before a product works on a block of a factor, the block is converted to floats. Rows of the left
 * factor are packed one after the other; a micro-panel of the right one has LRT_NR columns side by side. */
#ifndef LRT_PANELS_H
#define LRT_PANELS_H
#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"
#include <lorac/lrt_scratch.h>

/* k = first .. first+count-1 of one factor: the depth of one panel. */
struct k_block {
    const struct lrt_factor *factor;
    int64_t first;
    int count;
};

static inline struct k_block k_block_at(const struct lrt_product *p, int64_t index) {
    const struct lrt_factor *f = &p->factor[0];
    for (int64_t own; index >= (own = lrt_k_blocks(f->depth)); f++) index -= own;
    int64_t first = index * LRT_KC, left = f->depth - first;
    return (struct k_block){f, first, left < LRT_KC ? (int)left : LRT_KC};
}

/* packed[r][k] = left_scale * left[row0 + r, first + k] */
static inline void pack_rows(float *packed, struct k_block s, int64_t row0, int64_t rows) {
    const struct lrt_factor *f = s.factor;
    const float *left = f->left + row0 * f->left_row + s.first * f->left_k;
    if (f->left_k == 1 && f->left_scale == 1) {
        for (int64_t r = 0; r < rows; r++)
            memcpy(packed + r * LRT_KC_STRIDE, left + r * f->left_row, (size_t)s.count * sizeof *left);
        return;
    }
    for (int64_t r0 = 0; r0 < rows;
         r0 += LRT_LANES) /* a few rows at a time, so each cache line of `left` is read once */
        for (int64_t k = 0; k < s.count; k++)
            for (int64_t r = r0; r < rows && r < r0 + LRT_LANES; r++)
                packed[r * LRT_KC_STRIDE + k] = f->left_scale * left[r * f->left_row + k * f->left_k];
}

/* n <= 32 elements of a row from `first` (a multiple of 32) on, padded with 0. */
static inline void unpack_end(float *y, const uint8_t *row, uint32_t type, int64_t first, int64_t n) {
    struct lrt_block block = lrt_type_block(type);
    uint8_t copy[LRT_UNPACKED * sizeof(float)] = {
        0}; /* a row's length is a multiple of 32, except in types with blocks of one element */
    memcpy(copy, row + (size_t)first * block.bytes, (size_t)n * block.bytes);
    LRT_KERNEL(unpack)(y, LRT_UNPACKED, copy, 0, type, 0, 1);
}

/* The block that holds the 32 elements of a row from `first` on; *sub is their sub-block in it. */
static inline const uint8_t *block_of(const uint8_t *row, struct lrt_block block, int64_t first, int *sub) {
    if (block.elements <= LRT_UNPACKED) {
        *sub = 0;
        return row + (size_t)first / block.elements * block.bytes;
    }
    *sub = (int)((size_t)first % block.elements / LRT_UNPACKED);
    return row + (size_t)first / block.elements * block.bytes;
}

static inline void unpack_32(float *y, const uint8_t *row, uint32_t type, int64_t first, int64_t n) {
    if (n < LRT_UNPACKED) {
        unpack_end(y, row, type, first, n);
        return;
    }
    int sub;
    const uint8_t *at = block_of(row, lrt_type_block(type), first, &sub);
    LRT_KERNEL(unpack)(y, LRT_UNPACKED, at, 0, type, sub, 1);
}

/* packed[r][k] = element first + k (first a multiple of 32) of row r at data, k < n rounded up to 32 */
static inline void unpack_rows(float *packed, const uint8_t *data, size_t row_bytes, uint32_t type, int64_t first,
                               int64_t n, int64_t rows) {
    struct lrt_block block = lrt_type_block(type);
    int64_t whole = block.elements <= LRT_UNPACKED ? n / LRT_UNPACKED : 0;
    size_t bytes = block.elements <= LRT_UNPACKED ? LRT_UNPACKED / block.elements * block.bytes : block.bytes;
    const uint8_t *at = data + (size_t)first / LRT_UNPACKED * bytes;
    for (int64_t r = 0; r < rows; r++, packed += LRT_KC_STRIDE, data += row_bytes, at += row_bytes) {
        if (whole > 0) LRT_KERNEL(unpack)(packed, LRT_UNPACKED, at, bytes, type, 0, whole);
        for (int64_t k = whole * LRT_UNPACKED; k < n; k += LRT_UNPACKED)
            unpack_32(packed + k, data, type, first + k, lrt_min_size(n - k, LRT_UNPACKED));
    }
}

/* right [columns, depth]: panel[k][column] = right[column0 + column, first + k] */
static inline void pack_panel_by_column(float *panel, struct k_block s, int64_t column0, int64_t columns) {
    uint32_t type = s.factor->right.type;
    struct lrt_block block = lrt_type_block(type);
    size_t stride = (size_t)s.factor->right_length / block.elements * block.bytes;
    const uint8_t *row = (const uint8_t *)s.factor->right.data + (size_t)column0 * stride;
    for (int k = 0; k < s.count; k += LRT_UNPACKED) {
        int depth = s.count - k < LRT_UNPACKED ? s.count - k : LRT_UNPACKED, sub;
        if (columns == LRT_NR && depth == LRT_UNPACKED) {
            const uint8_t *at = block_of(row, block, s.first + k, &sub);
            LRT_KERNEL(pack)(panel + k * LRT_NR, at, stride, type, sub);
            continue;
        }
        float square[LRT_NR][LRT_UNPACKED] = {{0}}, packed[LRT_UNPACKED][LRT_NR];
        for (int64_t r = 0; r < columns; r++) unpack_32(square[r], row + (size_t)r * stride, type, s.first + k, depth);
        LRT_KERNEL(pack)(packed[0], square, sizeof square[0], LRT_F32, 0);
        memcpy(panel + k * LRT_NR, packed, (size_t)depth * sizeof packed[0]);
    }
}

/* right [depth, columns]: panel[k][column] = right[first + k, column0 + column] */
static inline void pack_panel_by_k(float *panel, struct k_block s, int64_t column0, int64_t columns) {
    uint32_t type = s.factor->right.type;
    struct lrt_block block = lrt_type_block(type);
    size_t stride = (size_t)s.factor->right_length / block.elements * block.bytes;
    const uint8_t *row = (const uint8_t *)s.factor->right.data + (size_t)s.first * stride;
    if (columns == LRT_NR) {
        int sub;
        const uint8_t *at = block_of(row, block, column0, &sub);
        LRT_KERNEL(unpack)(panel, LRT_NR, at, stride, type, sub, s.count);
        return;
    }
    for (int k = 0; k < s.count; k++) unpack_32(panel + k * LRT_NR, row + (size_t)k * stride, type, column0, columns);
}

static inline void generate_piece(float *y, const struct lrt_generator *m, int64_t first, int64_t n) {
    LRT_KERNEL(noise)(y, m->base != NULL ? m->base + first : NULL, m->scale, m->key, m->tensor, m->first + first, n);
}

/* bias[l] = start value of column column0 + l, for a product with a bias */
static inline void take_bias(float *bias, const struct lrt_product *p, int64_t column0, int64_t columns) {
    if (lrt_is_generated(&p->bias)) {
        memset(bias, 0, LRT_NR * sizeof *bias);
        generate_piece(bias, &p->generated_bias, column0, columns);
    } else {
        unpack_32(bias, p->bias.data, p->bias.type, column0, columns);
    }
}

/* For a generated factor that lies by column: rows[r * row + k] = element first + k of row column0 + r. Returns row, at
 * most `longest`. Whole rows are adjacent, so one call generates them all, which is faster. */
static inline int64_t generate_rows(float *rows, int64_t longest, const struct lrt_factor *f, int64_t column0,
                                    int64_t columns, int64_t first, int64_t n) {
    const int64_t length = f->right_length;
    if (n == length) {
        generate_piece(rows, &f->generator, column0 * length, columns * length);
        return length;
    }
    for (int64_t r = 0; r < columns; r++)
        generate_piece(rows + r * longest, &f->generator, (column0 + r) * length + first, n);
    return longest;
}

/* pack_panel_by_column for a generated factor, GENERATED_DEPTH values of k at a time. */
enum { GENERATED_DEPTH = 64 };
static inline void generate_panel_by_column(float *panel, struct k_block s, int64_t column0, int64_t columns) {
    float rows[LRT_NR * GENERATED_DEPTH];
    for (int64_t k = 0; k < s.count; k += GENERATED_DEPTH) {
        const int64_t depth = lrt_min_size(s.count - k, GENERATED_DEPTH);
        const int64_t row = generate_rows(rows, GENERATED_DEPTH, s.factor, column0, columns, s.first + k, depth);
        float *to = panel + k * LRT_NR;
        int64_t t = 0;
        for (; columns == LRT_NR && t + LRT_UNPACKED <= depth; t += LRT_UNPACKED)
            LRT_KERNEL(pack)(to + t * LRT_NR, rows + t, (size_t)row * sizeof *rows, LRT_F32, 0);
        for (; t < depth; t++)
            for (int64_t r = 0; r < LRT_NR; r++) to[t * LRT_NR + r] = r < columns ? rows[r * row + t] : 0;
    }
}
static inline void generate_panel_by_k(float *panel, struct k_block s, int64_t column0, int64_t columns) {
    if (columns < LRT_NR) memset(panel, 0, (size_t)(s.count * LRT_NR) * sizeof *panel);
    for (int64_t k = 0; k < s.count; k++)
        generate_piece(panel + k * LRT_NR, &s.factor->generator, (s.first + k) * s.factor->right_length + column0,
                       columns);
}

static inline void pack_panel(float *panel, struct k_block s, int64_t column0, int64_t columns) {
    const int generated = lrt_is_generated(&s.factor->right);
    if (s.factor->right_by_column)
        (generated ? generate_panel_by_column : pack_panel_by_column)(panel, s, column0, columns);
    else
        (generated ? generate_panel_by_k : pack_panel_by_k)(panel, s, column0, columns);
    if (s.factor->right_scale == 1) return;
    lrt_vec scale = lrt_set1(s.factor->right_scale);
    for (int i = 0; i < s.count * LRT_NR; i += LRT_LANES) lrt_store(panel + i, scale * lrt_load(panel + i));
}
#endif
