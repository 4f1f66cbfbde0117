/* Tiles: the inner loop of all products. A tile is a few rows by one or two registers of lanes, or half of one. Its
 * sums stay in registers during the terms of a block of k. There is one function for every height, so any number of
 * rows divides well. */
#ifndef LRT_TILES_H
#define LRT_TILES_H
#include "runtime/kernels/vector.h"
#include <lorac/lrt_scratch.h>

/* Rows and registers of a full tile: accumulators, the lanes of one term, and a broadcast fit the register file. */
#if LRT_LANES == 16
enum { TILE_ROWS = 8, TILE_VECTORS = 2, TILE_HALF = LRT_LANES / 2 };
#elif defined(__aarch64__)
enum { TILE_ROWS = 6, TILE_VECTORS = 4, TILE_HALF = LRT_LANES };
#else
enum { TILE_ROWS = 6, TILE_VECTORS = 2, TILE_HALF = LRT_LANES };
#endif
enum { TILE_WIDTH = TILE_VECTORS * LRT_LANES };

/* Element (r, k) at data[r * row + k * term]. */
struct left_view {
    const float *data;
    int64_t row, term;
};
struct view {
    const float *data;
    int64_t row; /* floats from one row to the next */
};
/* Memory to prefetch: lines as wide as the tile, `step` bytes further on at every term. Any address is allowed. With
 * step 0 and an address in the cache, prefetching costs nothing. */
struct ahead {
    const char *at;
    int64_t step;
};

/* to[r][lane] = from[r][lane] + sum over k of left[r][k] * right[k][lane], in ascending order of k. from may be to. */
typedef void tile_function(int64_t terms, struct left_view left, struct view right, struct view from, float *to,
                           int64_t to_row, struct ahead ahead);
#define TILE_PARAMETERS                                                                                                \
    int64_t terms, struct left_view left, struct view right, struct view from, float *to, int64_t to_row,              \
        struct ahead ahead
#define TILE_ARGUMENTS terms, left, right, from, to, to_row, ahead

#define TILE_BODY(vector, lanes_each, load, store, set, fma)                                                           \
    vector sum[TILE_ROWS][TILE_VECTORS];                                                                               \
    _Pragma("GCC unroll 16") for (int r = 0; r < height; r++)                                                          \
        _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) sum[r][v] =                                          \
            load(from.data + r * from.row + v * lanes_each);                                                           \
    const float *a = left.data, *b = right.data;                                                                       \
    const char *soon = ahead.at;                                                                                       \
    for (int64_t k = 0; k < terms; k++, a += left.term, b += right.row, soon += ahead.step) {                          \
        vector lanes[TILE_VECTORS];                                                                                    \
        for (int line = 0; line == 0 || line < vectors * lanes_each / 16; line++)                                      \
            __builtin_prefetch(soon + 64 * line, 0, 2);                                                                \
        _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) lanes[v] = load(b + v * lanes_each);                 \
        _Pragma("GCC unroll 16") for (int r = 0; r < height; r++) {                                                    \
            vector one = set(a[r * left.row]);                                                                         \
            _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) sum[r][v] = fma(one, lanes[v], sum[r][v]);       \
        }                                                                                                              \
    }                                                                                                                  \
    _Pragma("GCC unroll 16") for (int r = 0; r < height; r++)                                                          \
        _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) store(to + r * to_row + v * lanes_each, sum[r][v])

/* height and vectors are constants at every call, so the arrays become registers. */
LRT_INLINE void tile(const int height, const int vectors, TILE_PARAMETERS) {
    TILE_BODY(lrt_vec, LRT_LANES, lrt_load, lrt_store, lrt_set1, lrt_fma);
}
LRT_INLINE void tile_half(const int height, TILE_PARAMETERS) {
#if LRT_LANES == 16
    enum { vectors = 1 };
    TILE_BODY(__m256, TILE_HALF, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps, _mm256_fmadd_ps);
#else
    tile(height, 1, TILE_ARGUMENTS);
#endif
}

#define TILES(height)                                                                                                  \
    static void tile_wide_##height(TILE_PARAMETERS) { tile(height, TILE_VECTORS, TILE_ARGUMENTS); }                    \
    static void tile_narrow_##height(TILE_PARAMETERS) { tile(height, 1, TILE_ARGUMENTS); }                             \
    static void tile_half_##height(TILE_PARAMETERS) { tile_half(height, TILE_ARGUMENTS); }
#if LRT_LANES == 16
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8)
#else
#define EACH_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#endif
EACH_HEIGHT(TILES)

/* How many lanes the next tile takes when `left` lanes remain. */
static inline int64_t tile_lanes(int64_t left) {
    if (left <= TILE_HALF) return TILE_HALF;
    return left <= LRT_LANES + TILE_HALF % LRT_LANES ? LRT_LANES : TILE_WIDTH;
}

static inline int64_t tile_lanes_together(int64_t lanes) {
    int64_t sum = 0;
    while (sum < lanes) sum += tile_lanes(lanes - sum);
    return sum;
}

/* 1 <= height <= TILE_ROWS; lanes: a result of tile_lanes */
static inline tile_function *tile_of(int height, int64_t lanes) {
#define WIDE(height) tile_wide_##height,
#define NARROW(height) tile_narrow_##height,
#define HALF(height) tile_half_##height,
    static tile_function *const wide[] = {EACH_HEIGHT(WIDE)};
    static tile_function *const narrow[] = {EACH_HEIGHT(NARROW)};
    static tile_function *const half[] = {EACH_HEIGHT(HALF)};
#undef WIDE
#undef NARROW
#undef HALF
    return lanes == TILE_WIDTH ? wide[height - 1] : lanes == LRT_LANES ? narrow[height - 1] : half[height - 1];
}
#endif
