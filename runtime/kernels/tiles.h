/* Tiles: the inner loop of all products. A tile is a few rows by one or two registers of lanes; its chains live in
 * registers while it goes through the terms of a slab. One function for every height, so that any number of rows
 * divides well. */
#ifndef LRT_TILES_H
#define LRT_TILES_H
#include "runtime/kernels/vector.h"
#include "runtime/lrt_scratch.h"

/* Rows and registers of a full tile: accumulators, the lanes of one term, and a broadcast fit the register file. */
#if LRT_LANES == 16
enum { TILE_ROWS = 14, TILE_VECTORS = 2 };
#elif defined(__aarch64__)
enum { TILE_ROWS = 6, TILE_VECTORS = 4 };
#else
enum { TILE_ROWS = 6, TILE_VECTORS = 2 };
#endif
enum { TILE_WIDTH = TILE_VECTORS * LRT_LANES };

struct view {
    const float *data;
    int64_t row; /* floats from one row to the next */
};

/* to[r][lane] = from[r][lane] + sum over k of strips[r][k] * right[k][lane], a chain. from may be to. */
typedef void tile_function(int64_t terms, const float *strips, struct view right, struct view from, float *to,
                           int64_t to_row);

LRT_INLINE void tile(int height, int vectors, int64_t terms, const float *strips, struct view right, struct view from,
                     float *to, int64_t to_row) {
    lrt_vec sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < height; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) sum[r][v] = lrt_load(from.data + r * from.row + v * LRT_LANES);
    const float *b = right.data;
    for (int64_t k = 0; k < terms; k++, b += right.row) {
        lrt_vec lanes[TILE_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) lanes[v] = lrt_load(b + v * LRT_LANES);
#pragma GCC unroll 16
        for (int r = 0; r < height; r++) {
            lrt_vec left = lrt_set1(strips[r * LRT_STRIP + k]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) sum[r][v] = lrt_fma(left, lanes[v], sum[r][v]);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < height; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) lrt_store(to + r * to_row + v * LRT_LANES, sum[r][v]);
}

#define TILE(height)                                                                                                   \
    static void tile_wide_##height(int64_t terms, const float *strips, struct view right, struct view from, float *to, \
                                   int64_t to_row) {                                                                   \
        tile(height, TILE_VECTORS, terms, strips, right, from, to, to_row);                                            \
    }                                                                                                                  \
    static void tile_narrow_##height(int64_t terms, const float *strips, struct view right, struct view from,          \
                                     float *to, int64_t to_row) {                                                      \
        tile(height, 1, terms, strips, right, from, to, to_row);                                                       \
    }
#if LRT_LANES == 16
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14)
#else
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#endif
EACH_HEIGHT(TILE)

/* 1 <= height <= TILE_ROWS; vectors: 1 or TILE_VECTORS */
static inline tile_function *tile_of(int height, int vectors) {
#define WIDE(height) tile_wide_##height,
#define NARROW(height) tile_narrow_##height,
    static tile_function *const wide[] = {EACH_HEIGHT(WIDE)};
    static tile_function *const narrow[] = {EACH_HEIGHT(NARROW)};
#undef WIDE
#undef NARROW
    return vectors == 1 ? narrow[height - 1] : wide[height - 1];
}
#endif
