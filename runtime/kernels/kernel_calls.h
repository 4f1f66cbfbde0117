/* Arguments of some kernels of kernels.def: the calls of attention, and the scalars of the optimizers, computed once
 * per call. */
#ifndef LRT_KERNEL_CALLS_H
#define LRT_KERNEL_CALLS_H
#include <stdint.h>

/* One call of attention: struct lrt_attention_args as pointers. */
struct lrt_attention_call {
    float *o, *lse; /* the forward pass writes it, the backward pass and the tangent read it; lse may be NULL */
    const float *q, *k, *v;
    const float *dout;
    float *dq, *dk, *dv; /* dq NULL: only dk and dv; dk NULL: only dq */
    float *o_dot;
    const float *q_dot, *k_dot, *v_dot; /* NULL: zero */
    int64_t
        first_row; /* the token of row 0 in tensors with rows of queries; k, v, dk, dv, k_dot, v_dot begin at token 0 */
    int64_t seq, heads, kv_heads, head;
    int64_t causal, window;
    float scale, softcap;
};
/* The range of one call of a body: queries first .. end-1 of one sequence, in every head that reads one kv head, with
 * the keys of key_first .. key_end-1 that the mask allows. */
struct lrt_attention_tile {
    int64_t sequence, kv_head;
    int64_t first, end;
    int64_t key_first, key_end;
};

struct lrt_adamw_scalars {
    float decay; /* 1 - lr * weight decay */
    float rate1; /* 1 - beta1 */
    float beta2, rate2;
    float root; /* sqrt(1 - beta2^step) */
    float epsilon;
    float step_size; /* lr / (1 - beta1^step) */
    float gscale;
};
struct lrt_sgd_scalars {
    float rate, momentum, decay, gscale;
    int first; /* the buffer becomes the gradient */
};
#endif
