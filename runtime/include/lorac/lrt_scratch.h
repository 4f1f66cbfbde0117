/* Scratch: how many bytes of c->scratch a kernel needs for its sizes and threads, and how many bytes the threads
 * themselves take. The kernels and the compiler's memory plan both use these functions. Kernels not named here need no
 * scratch. */
#ifndef LRT_SCRATCH_H
#define LRT_SCRATCH_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Block sizes of a product y [M, N] = left [M, K] right [K, N], in the terms of BLIS. A micro-panel of the right factor
 * is KC deep and NR wide, and is multiplied with up to MC packed rows of the left factor. */
enum {
    LRT_NR = 32,
    LRT_KC = 256,
    LRT_KC_STRIDE = 272, /* from one packed row to the next; a power of two would map the rows to the same cache sets */
    LRT_MC = 256,
    /* The small-M path packs up to 32 rows transposed, up to 5 blocks of KC at a time. It also stores 8 rows of the
     * right factor and twice 32 x 32 sums. One enum holds all sizes: C++20 warns about arithmetic between two enums. */
    LRT_SMALL_M = 32,
    LRT_SMALL_M_BLOCKS = 5,
    LRT_SMALL_M_ROWS = 8,
    LRT_SWAPPED_N = 16, /* a product with at most this many columns swaps its operands first */
};

static inline int64_t lrt_k_blocks(int64_t depth) { return (depth + LRT_KC - 1) / LRT_KC; }
static inline int64_t lrt_min_size(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t lrt_max_size(int64_t a, int64_t b) { return a > b ? a : b; }

/* Bytes of one thread, for a product of `rows` rows whose factors have k_blocks blocks of KC in all. */
static inline int64_t lrt_product_scratch(int64_t rows, int64_t k_blocks) {
    int64_t packed = rows <= LRT_SMALL_M ? rows : rows * lrt_min_size(k_blocks, LRT_MC);
    return (lrt_min_size(packed, LRT_MC) * LRT_KC_STRIDE + LRT_NR * LRT_KC) * (int64_t)sizeof(float);
}
/* The same on the small-M path; rows <= LRT_SMALL_M. */
static inline int64_t lrt_small_m_scratch(int64_t rows, int64_t depth) {
    int64_t packed = lrt_min_size(depth, LRT_SMALL_M_BLOCKS * LRT_KC) * ((rows + 15) / 16 * 16);
    return (packed + LRT_SMALL_M_ROWS * LRT_KC_STRIDE + 2 * LRT_NR * LRT_SMALL_M) * (int64_t)sizeof(float);
}
/* lrt_linear_tangent; the inner dimension of an absent pair is 0. */
static inline int64_t lrt_linear_tangent_scratch(int64_t n, int64_t in0, int64_t in1, int64_t in2, int threads) {
    int64_t depth = in0 + in1 + in2;
    if (n <= LRT_SMALL_M) return lrt_small_m_scratch(n, depth) * threads;
    return lrt_max_size(lrt_product_scratch(n, lrt_k_blocks(in0) + lrt_k_blocks(in1) + lrt_k_blocks(in2)),
                        lrt_small_m_scratch(LRT_SMALL_M, depth)) *
           threads;
}
static inline int64_t lrt_linear_scratch(int64_t n, int64_t in, int64_t rank, int threads) {
    return lrt_linear_tangent_scratch(n, in, rank, 0, threads);
}
static inline int64_t lrt_linear_dx_scratch(int64_t n, int64_t out, int64_t rank, int threads) {
    return lrt_max_size(lrt_product_scratch(n, lrt_k_blocks(out) + lrt_k_blocks(rank)),
                        lrt_small_m_scratch(lrt_min_size(n, LRT_SWAPPED_N), out + rank)) *
           threads;
}
static inline int64_t lrt_outer_acc_scratch(int64_t n, int64_t p, int64_t q, int threads) {
    int64_t rows = lrt_min_size(p, q);
    return lrt_max_size(lrt_product_scratch(rows, lrt_k_blocks(n)),
                        lrt_small_m_scratch(lrt_min_size(rows, LRT_SMALL_M), n)) *
           threads;
}

/* The log-sum-exp of a row is summed in blocks of this many logits. A vocabulary chunk is a multiple of it. */
enum { LRT_VOCABULARY_BLOCK = 256 };

/* lrt_linear_cross_entropy of n rows with vocabulary chunks of `chunk` logits; its tangent takes lrt_linear_scratch. */
static inline int64_t lrt_linear_cross_entropy_scratch(int64_t n, int64_t in, int64_t chunk, int threads) {
    int64_t forward = lrt_linear_scratch(n, in, 0, threads), backward = lrt_linear_dx_scratch(n, chunk, 0, threads);
    return forward > backward ? forward : backward;
}

enum { LRT_SCRATCH_ROWS = 256 }; /* rows (or blocks) whose sums are held in scratch until they are added in order */

/* lrt_cross_entropy, lrt_cross_entropy_tangent, lrt_sum_squares, lrt_rms_norm_dw: the same for all sizes and threads.
 */
int64_t lrt_row_sums_scratch(void);
/* lrt_rms_norm, lrt_rms_norm_dx, lrt_add_vector, lrt_mul_vector with a vector of d numbers; 0 when its type is LRT_F32.
 */
int64_t lrt_vector_scratch(uint32_t type, int64_t d);
/* lrt_attention, lrt_attention_backward and lrt_attention_tangent: tens of KiB per thread, however long the sequence.
 */
int64_t lrt_attention_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads);
int64_t lrt_attention_backward_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads);
int64_t lrt_attention_tangent_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads);

/* Bytes that a program reserves for its threads, an upper bound of lrt_pool_bytes(threads). */
#define LRT_MODEL_POOL_BYTES(threads)                                                                                  \
    ((threads) > 1 ? (size_t)64 * 1024 + (size_t)128 * 1024 * ((size_t)(threads)-1u) : (size_t)0)

/* Bytes for the scalars of a step, in a program that estimates its gradient: a struct lrt_noise_term and a double for
 * each. They follow the bytes of the threads. */
#define LRT_MODEL_TERM_BYTES(tangents) ((size_t)(tangents) * (size_t)40)

#ifdef __cplusplus
}
#endif
#endif
