/* Sizes of the scratch of attention, norms and sums. */
#include "runtime/kernels/attention_tile.h"
#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>

static int64_t aligned(int64_t bytes) { return (bytes + LRT_ALIGNMENT - 1) / LRT_ALIGNMENT * LRT_ALIGNMENT; }

int64_t lrt_row_sums_scratch(void) { return aligned(LRT_SCRATCH_ROWS * (int64_t)sizeof(double)); }
int64_t lrt_vector_scratch(uint32_t type, int64_t d) {
    return type == LRT_F32 ? 0 : aligned(d * (int64_t)sizeof(float));
}
int64_t lrt_attention_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads) {
    (void)seq; /* a short sequence has tiles of the same size */
    return threads * aligned(lrt_attention_floats(head, heads, kv_heads) * (int64_t)sizeof(float));
}
int64_t lrt_attention_backward_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads) {
    (void)seq;
    return threads * aligned(lrt_attention_backward_floats(head, heads, kv_heads) * (int64_t)sizeof(float));
}
int64_t lrt_attention_tangent_scratch(int64_t seq, int64_t head, int64_t heads, int64_t kv_heads, int threads) {
    (void)seq;
    return threads * aligned(lrt_attention_tangent_floats(head, heads, kv_heads) * (int64_t)sizeof(float));
}
