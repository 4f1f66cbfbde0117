/* Scratch: how many bytes of c->scratch a kernel needs, given its sizes and the threads, and what the threads
 * themselves take. The kernels and the compiler's memory plan both use these functions. A kernel that is not named here
 * needs none. */
#ifndef LRT_SCRATCH_H
#define LRT_SCRATCH_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* A product works on slabs of 32 outputs x 256 terms of a sum, against strips of 256 terms of up to 256 rows. A strip
 * is a bit longer than that so that strips do not fall on the same lines of the cache. */
enum {
    LRT_SLAB_LANES = 32,
    LRT_SLAB_TERMS = 256,
    LRT_STRIP = 272,
    LRT_STRIPS = 256,
    /* Few rows, up to 32, may change places with the lanes: up to 5 slabs of them lie transposed, beside strips of 8
     * outputs and twice 32 x 32 sums. A product of at most 16 outputs is turned round first: they are its rows then.
     * In the same enum, because C++20 warns of arithmetic between two. */
    LRT_FEW_ROWS = 32,
    LRT_FEW_SLABS = 5,
    LRT_FEW_STRIPS = 8,
    LRT_TURNED = 16,
};

static inline int64_t lrt_slab_count(int64_t terms) { return (terms + LRT_SLAB_TERMS - 1) / LRT_SLAB_TERMS; }
static inline int64_t lrt_min_size(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t lrt_max_size(int64_t a, int64_t b) { return a > b ? a : b; }

/* Of one thread, for a product of `rows` rows with sums over `slabs` slabs of terms. */
static inline int64_t lrt_product_scratch(int64_t rows, int64_t slabs) {
    int64_t strips = rows <= LRT_FEW_ROWS ? rows : rows * lrt_min_size(slabs, LRT_STRIPS);
    return (lrt_min_size(strips, LRT_STRIPS) * LRT_STRIP + LRT_SLAB_LANES * LRT_SLAB_TERMS) * (int64_t)sizeof(float);
}
/* The same where rows and lanes change places; rows <= LRT_FEW_ROWS. */
static inline int64_t lrt_few_scratch(int64_t rows, int64_t terms) {
    int64_t columns = lrt_min_size(terms, LRT_FEW_SLABS * LRT_SLAB_TERMS) * ((rows + 15) / 16 * 16);
    return (columns + LRT_FEW_STRIPS * LRT_STRIP + 2 * LRT_SLAB_LANES * LRT_FEW_ROWS) * (int64_t)sizeof(float);
}
/* lrt_linear_tangent; 0 for the inner dimension of a pair that is absent. */
static inline int64_t lrt_linear_tangent_scratch(int64_t n, int64_t in0, int64_t in1, int64_t in2, int threads) {
    int64_t terms = in0 + in1 + in2;
    if (n <= LRT_FEW_ROWS) return lrt_few_scratch(n, terms) * threads;
    return lrt_max_size(lrt_product_scratch(n, lrt_slab_count(in0) + lrt_slab_count(in1) + lrt_slab_count(in2)),
                        lrt_few_scratch(LRT_FEW_ROWS, terms)) *
           threads;
}
static inline int64_t lrt_linear_scratch(int64_t n, int64_t in, int64_t rank, int threads) {
    return lrt_linear_tangent_scratch(n, in, rank, 0, threads);
}
static inline int64_t lrt_linear_dx_scratch(int64_t n, int64_t out, int64_t rank, int threads) {
    return lrt_max_size(lrt_product_scratch(n, lrt_slab_count(out) + lrt_slab_count(rank)),
                        lrt_few_scratch(lrt_min_size(n, LRT_TURNED), out + rank)) *
           threads;
}
static inline int64_t lrt_outer_acc_scratch(int64_t n, int64_t p, int64_t q, int threads) {
    int64_t rows = lrt_min_size(p, q);
    return lrt_max_size(lrt_product_scratch(rows, lrt_slab_count(n)),
                        lrt_few_scratch(lrt_min_size(rows, LRT_FEW_ROWS), n)) *
           threads;
}

/* The log-sum-exp of a row is summed block by block of its logits. Kernels that make the logits a part at a time make a
 * multiple of so many. */
enum { LRT_VOCABULARY_BLOCK = 256 };

/* lrt_linear_cross_entropy of n rows with parts of `part` logits; its tangent takes lrt_linear_scratch. */
static inline int64_t lrt_linear_cross_entropy_scratch(int64_t n, int64_t in, int64_t part, int threads) {
    int64_t forward = lrt_linear_scratch(n, in, 0, threads), backward = lrt_linear_dx_scratch(n, part, 0, threads);
    return forward > backward ? forward : backward;
}

enum { LRT_SCRATCH_ROWS = 256 }; /* rows (or blocks) whose sums wait in scratch to be added in order */

/* lrt_cross_entropy, lrt_cross_entropy_tangent, lrt_sum_squares, lrt_rms_norm_dw: whatever the sizes and threads. */
int64_t lrt_row_sums_scratch(void);
/* lrt_rms_norm, lrt_rms_norm_dx, lrt_add_vector, lrt_mul_vector with a vector of d numbers; 0 when its type is LRT_F32.
 */
int64_t lrt_vector_scratch(uint32_t type, int64_t d);
/* lrt_attention, lrt_attention_backward and lrt_attention_tangent; some tens of KiB a thread, whatever the sequence. */
int64_t lrt_attention_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads);
int64_t lrt_attention_backward_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads);
int64_t lrt_attention_tangent_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads);

/* Bytes that a program reserves for its threads: lrt_pool_bytes(threads) is never more. */
#define LRT_MODEL_POOL_BYTES(threads)                                                                                  \
    ((threads) > 1 ? (size_t)64 * 1024 + (size_t)128 * 1024 * ((size_t)(threads)-1u) : (size_t)0)

/* Bytes for the scalars of a step of a program that estimates its gradient, behind those of the threads: a struct
 * lrt_noise_term and a double each. */
#define LRT_MODEL_TERM_BYTES(tangents) ((size_t)(tangents) * (size_t)40)

#ifdef __cplusplus
}
#endif
#endif
