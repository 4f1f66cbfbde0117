/* Slabs: the parts of a factor that a product works on at a time, taken out of weights of any type into floats. Strips
 * hold the left factor, a row after the other; slabs the right one, 32 lanes side by side. */
#ifndef LRT_SLABS_H
#define LRT_SLABS_H
#include "runtime/formats/blocks.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/lanes.h"
#include <lorac/lrt_scratch.h>

/* Terms first .. first+count-1 of one factor: what one slab holds. */
struct slab {
    const struct lrt_factor *factor;
    int64_t first;
    int count;
};

static inline struct slab slab_at(const struct lrt_product *p, int64_t index) {
    const struct lrt_factor *f = &p->factor[0];
    for (int64_t own; index >= (own = lrt_slab_count(f->terms)); f++) index -= own;
    int64_t first = index * LRT_SLAB_TERMS, left = f->terms - first;
    return (struct slab){f, first, left < LRT_SLAB_TERMS ? (int)left : LRT_SLAB_TERMS};
}

/* strips[r][k] = left_scale * left[row0 + r, first + k] */
static inline void fill_strips(float *strips, struct slab s, int64_t row0, int64_t rows) {
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
static inline void unpack_end(float *y, const uint8_t *row, uint32_t type, int64_t first, int64_t n) {
    struct lrt_block block = lrt_type_block(type);
    uint8_t copy[LRT_UNPACKED * sizeof(float)] = {0}; /* only types with blocks of one element have odd ends */
    memcpy(copy, row + (size_t)first * block.bytes, (size_t)n * block.bytes);
    LRT_KERNEL(unpack)(y, LRT_UNPACKED, copy, 0, type, 0, 1);
}

/* Where the 32 elements from `first` on of a row begin, and which part of their block they are. */
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

/* strips[r][k] = element first + k (first a multiple of 32) of row r at data, k < n rounded up to 32 */
static inline void unpack_rows(float *strips, const uint8_t *data, size_t row_bytes, uint32_t type, int64_t first,
                               int64_t n, int64_t rows) {
    struct lrt_block block = lrt_type_block(type);
    int64_t whole = block.elements <= LRT_UNPACKED ? n / LRT_UNPACKED : 0;
    size_t bytes = block.elements <= LRT_UNPACKED ? LRT_UNPACKED / block.elements * block.bytes : block.bytes;
    const uint8_t *at = data + (size_t)first / LRT_UNPACKED * bytes;
    for (int64_t r = 0; r < rows; r++, strips += LRT_STRIP, data += row_bytes, at += row_bytes) {
        if (whole > 0) LRT_KERNEL(unpack)(strips, LRT_UNPACKED, at, bytes, type, 0, whole);
        for (int64_t k = whole * LRT_UNPACKED; k < n; k += LRT_UNPACKED)
            unpack_32(strips + k, data, type, first + k, lrt_min_size(n - k, LRT_UNPACKED));
    }
}

/* right [lanes, terms]: slab[k][lane] = right[lane0 + lane, first + k] */
static inline void fill_slab_by_lane(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
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
static inline void fill_slab_by_term(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
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

static inline void make_piece(float *y, const struct lrt_generator *m, int64_t first, int64_t n) {
    LRT_KERNEL(noise)(y, m->base != NULL ? m->base + first : NULL, m->scale, m->key, m->tensor, m->first + first, n);
}

/* bias[l] = start of lane lane0 + l, of a product with a bias */
static inline void take_bias(float *bias, const struct lrt_product *p, int64_t lane0, int64_t lanes) {
    if (lrt_is_generated(&p->bias)) {
        memset(bias, 0, LRT_SLAB_LANES * sizeof *bias);
        make_piece(bias, &p->generated_bias, lane0, lanes);
    } else {
        unpack_32(bias, p->bias.data, p->bias.type, lane0, lanes);
    }
}

/* rows[r * row + k] = element first + k of row lane0 + r of a factor that is made, by lane: returns row, at most
 * `longest`. Rows that are read whole lie side by side and are made in one go: the generator gives many numbers at a
 * time. */
static inline int64_t make_rows(float *rows, int64_t longest, const struct lrt_factor *f, int64_t lane0, int64_t lanes,
                                int64_t first, int64_t n) {
    const int64_t length = f->right_length;
    if (n == length) {
        make_piece(rows, &f->made, lane0 * length, lanes * length);
        return length;
    }
    for (int64_t r = 0; r < lanes; r++) make_piece(rows + r * longest, &f->made, (lane0 + r) * length + first, n);
    return longest;
}

/* The same as fill_slab_by_lane of a factor that is made, so many terms at a time. */
enum { MADE_TERMS = 64 };
static inline void make_slab_by_lane(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
    float rows[LRT_SLAB_LANES * MADE_TERMS];
    for (int64_t k = 0; k < s.count; k += MADE_TERMS) {
        const int64_t terms = lrt_min_size(s.count - k, MADE_TERMS);
        const int64_t row = make_rows(rows, MADE_TERMS, s.factor, lane0, lanes, s.first + k, terms);
        float *to = slab + k * LRT_SLAB_LANES;
        int64_t t = 0;
        for (; lanes == LRT_SLAB_LANES && t + LRT_UNPACKED <= terms; t += LRT_UNPACKED)
            LRT_KERNEL(pack)(to + t * LRT_SLAB_LANES, rows + t, (size_t)row * sizeof *rows, LRT_F32, 0);
        for (; t < terms; t++)
            for (int64_t r = 0; r < LRT_SLAB_LANES; r++) to[t * LRT_SLAB_LANES + r] = r < lanes ? rows[r * row + t] : 0;
    }
}
static inline void make_slab_by_term(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
    if (lanes < LRT_SLAB_LANES) memset(slab, 0, (size_t)(s.count * LRT_SLAB_LANES) * sizeof *slab);
    for (int64_t k = 0; k < s.count; k++)
        make_piece(slab + k * LRT_SLAB_LANES, &s.factor->made, (s.first + k) * s.factor->right_length + lane0, lanes);
}

static inline void fill_slab(float *slab, struct slab s, int64_t lane0, int64_t lanes) {
    const int made = lrt_is_generated(&s.factor->right);
    if (s.factor->right_by_lane)
        (made ? make_slab_by_lane : fill_slab_by_lane)(slab, s, lane0, lanes);
    else
        (made ? make_slab_by_term : fill_slab_by_term)(slab, s, lane0, lanes);
    if (s.factor->right_scale == 1) return;
    lrt_vec scale = lrt_set1(s.factor->right_scale);
    for (int i = 0; i < s.count * LRT_SLAB_LANES; i += LRT_LANES) lrt_store(slab + i, scale * lrt_load(slab + i));
}
#endif
