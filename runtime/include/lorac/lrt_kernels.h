/* Kernels: the functions that generated code calls. A kernel takes one struct: its tensors by pointer, then its
 * numbers. Kernels of one family (forward, backward, tangent) share a struct. Each kernel states which members it reads
 * and writes; the others stay NULL. lrt_kernels.def lists all kernels.
 *
 * All kernels guarantee:
 * - The bits of every output element depend on its inputs alone. The number of threads, the number of rows in a call
 *   and the addresses do not change them. Sums run over the inner dimension in one fixed order. Sums over token rows
 *   ("+=") add to the stored value in row order: a call for rows 0..7 and one for 8..n equal one call for 0..n.
 * - An output may be the same buffer as an input where its comment says "may be"; otherwise buffers do not overlap.
 * - Sizes are those of the tensors. Rows are token rows, row-major, contiguous; n is their number.
 * - w, bias, b and g may have any enum lrt_type and be generated (LRT_PERTURBED, LRT_TANGENT). The result has the bits
 *   that the floats of lrt_generated_floats would give, but these are never stored as a whole. The tangent of a tensor
 *   that this shard does not train is zero, and a product with it is skipped. Gradients of updates may be LRT_ESTIMATE.
 *   All other tensors are LRT_F32; ids and counts are LRT_I32, sums of losses and of squares LRT_F64.
 * - Kernels do not allocate: scratch comes from c->scratch, sized by lrt_scratch.h. */
#ifndef LRT_KERNELS_H
#define LRT_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
struct lrt;
struct lrt_tensor;
struct lrt_noise;

/* lrt_embedding: y = rows ids[n] of w, dequantised.
 * lrt_embedding_dw: dw += rows of dy at ids, in row order. */
struct lrt_embedding_args {
    const struct lrt_tensor *y;   /* out [n, width] */
    const struct lrt_tensor *dw;  /* out [vocab, width] */
    const struct lrt_tensor *ids; /* n ids */
    const struct lrt_tensor *w;   /* [vocab, width] */
    const struct lrt_tensor *dy;  /* [n, width] */
};

/* lrt_linear: y = x w^T + bias + scale * h b^T */
struct lrt_linear_args {
    const struct lrt_tensor *y;    /* out [n, out] */
    const struct lrt_tensor *x;    /* [n, in] */
    const struct lrt_tensor *w;    /* [out, in] */
    const struct lrt_tensor *bias; /* [out] or NULL */
    const struct lrt_tensor *h;    /* [n, rank] or NULL */
    const struct lrt_tensor *b;    /* [out, rank] or NULL */
    float scale;
};

/* lrt_linear_tangent: y = x0 w0^T + scale * (x1 w1^T + x2 w2^T), the tangent of a product with an adapter. Any pair may
 * be NULL; y is zero when all are. */
struct lrt_linear_tangent_args {
    const struct lrt_tensor *y;  /* out [n, out] */
    const struct lrt_tensor *x0; /* [n, in0] */
    const struct lrt_tensor *w0; /* [out, in0] */
    const struct lrt_tensor *x1; /* [n, in1] */
    const struct lrt_tensor *w1; /* [out, in1] */
    const struct lrt_tensor *x2; /* [n, in2] */
    const struct lrt_tensor *w2; /* [out, in2] */
    float scale;
};

/* lrt_linear_dx: dx = acc + scale * dy w + dh a */
struct lrt_linear_dx_args {
    const struct lrt_tensor *dx;  /* out [n, in]; may be acc */
    const struct lrt_tensor *acc; /* [n, in]; NULL: 0 */
    const struct lrt_tensor *dy;  /* [n, out] */
    const struct lrt_tensor *w;   /* [out, in] */
    const struct lrt_tensor *dh;  /* [n, rank] or NULL */
    const struct lrt_tensor *a;   /* [rank, in] or NULL */
    float scale;
};

/* lrt_outer_acc: dw += scale * g^T x, in row order */
struct lrt_outer_args {
    const struct lrt_tensor *dw; /* out [p, q] */
    const struct lrt_tensor *g;  /* [n, p] */
    const struct lrt_tensor *x;  /* [n, q] */
    float scale;
};

/* lrt_sum_rows_acc: db += sums of the columns of g, in row order */
struct lrt_sum_rows_args {
    const struct lrt_tensor *db; /* out [p] */
    const struct lrt_tensor *g;  /* [n, p] */
};

/* RMS norm (arXiv 1910.07467), rstd = 1 / sqrt(mean(x^2) + eps) of each row, or of each of a row's `heads` of d
 * columns; backward and tangent recompute it from x. lrt_rms_norm: y = x rstd (w + offset). lrt_rms_norm_dx: dx = acc +
 * rstd (w + offset) dy - x rstd^3 mean(dy (w + offset) x). lrt_rms_norm_dw: dw += sum over rows of dy x rstd, in row
 * order. lrt_rms_norm_tangent: y_dot = (w + offset) rstd (x_dot - x rstd^2 mean(x x_dot)). */
struct lrt_rms_norm_args {
    const struct lrt_tensor *y;     /* out [n, heads d]; may be x */
    const struct lrt_tensor *dx;    /* out [n, heads d]; may be acc or dy */
    const struct lrt_tensor *dw;    /* out [d] */
    const struct lrt_tensor *y_dot; /* out [n, heads d]; may be x_dot or x */
    const struct lrt_tensor *x;     /* [n, heads d] */
    const struct lrt_tensor *w;     /* [d] */
    const struct lrt_tensor *acc;   /* [n, heads d]; NULL: 0 */
    const struct lrt_tensor *dy;    /* [n, heads d] */
    const struct lrt_tensor *x_dot; /* [n, heads d] */
    float eps, offset;
    int64_t heads; /* 0: 1 */
};

enum lrt_rope_scaling {
    LRT_ROPE_NONE,
    LRT_ROPE_LINEAR, /* frequencies / factor */
    LRT_ROPE_LLAMA3  /* by wave length: low, high, original */
};

/* lrt_rope_table: [t, 2j] = cos and [t, 2j+1] = sin of t * theta^(-2j / head), scaled. */
struct lrt_rope_table_args {
    const struct lrt_tensor *table; /* out [seq, head]; head is even */
    float theta;
    enum lrt_rope_scaling scaling;
    float factor, low, high, original;
};

/* lrt_rope: rotates every head of x (arXiv 2104.09864); row t has position (first_row + t) % seq. Pairs are the halves
 * (j, j + head/2), or neighbours (2j, 2j+1) where c->rope_interleaved differs from `interleaved`. A llama GGUF, whose
 * rows are permuted, then gives the result of the original model. */
struct lrt_rope_args {
    const struct lrt_tensor *y;     /* out [n, heads * head]; may be x */
    const struct lrt_tensor *x;     /* [n, heads * head] */
    const struct lrt_tensor *table; /* [seq, head] */
    int64_t first_row;
    bool interleaved;
    bool inverse; /* rotates in the opposite direction: the backward pass */
};

/* Attention of q over k and v (arXiv 2205.14135). Keys are read in fixed blocks, and each row keeps its running maximum
 * and sum, so no matrix of seq x seq is stored. Row t of a tensor with n rows is token first_row + t; a call may cover
 * any range of tokens. Sequences do not interact; head h reads kv head h / (heads / kv_heads). Scores are softcap *
 * tanh(scale q k / softcap), or scale q k where softcap is 0. causal: key <= query; window > 0: query - key < window.
 * lrt_attention: o, and lse, the log-sum-exp of the scores.
 * lrt_attention_backward: dq from dout; dk and dv += the contributions of these n queries, in row order. Several calls
 * may therefore cover the queries from the first to the last.
 * lrt_attention_tangent: o_dot along (q_dot, k_dot, v_dot); a NULL one is zero. */
struct lrt_attention_args {
    const struct lrt_tensor *o;     /* [n, heads * head]; lrt_attention writes it, the others read it; may be q */
    const struct lrt_tensor *lse;   /* [n, heads], likewise; may be NULL in lrt_attention */
    const struct lrt_tensor *q;     /* [n, heads * head] */
    const struct lrt_tensor *k;     /* [batch * seq, kv_heads * head] */
    const struct lrt_tensor *v;     /* as k */
    const struct lrt_tensor *dout;  /* as o */
    const struct lrt_tensor *dq;    /* out, as q; may be q or dout */
    const struct lrt_tensor *dk;    /* out, as k */
    const struct lrt_tensor *dv;    /* out, as k */
    const struct lrt_tensor *o_dot; /* out, as o; may be q_dot, q or o */
    const struct lrt_tensor *q_dot; /* as q */
    const struct lrt_tensor *k_dot; /* as k */
    const struct lrt_tensor *v_dot; /* as k */
    int64_t first_row;
    int64_t seq; /* tokens of a sequence */
    int64_t heads;
    int64_t window; /* 0: none */
    float scale;
    float softcap; /* 0: none */
    bool causal;
};

/* ---- elementwise: all operands have one size; outputs may be any input ---- */
/* y = f(x): lrt_silu, lrt_gelu (x Phi(x), by erf), lrt_gelu_tanh, lrt_relu, lrt_tanh, lrt_copy */
struct lrt_unary_args {
    const struct lrt_tensor *y; /* out */
    const struct lrt_tensor *x;
};
/* dx = dy f'(x): lrt_silu_dx, lrt_gelu_dx, lrt_gelu_tanh_dx, lrt_relu_dx, lrt_tanh_dx */
struct lrt_unary_dx_args {
    const struct lrt_tensor *dx; /* out */
    const struct lrt_tensor *dy;
    const struct lrt_tensor *x;
};
/* y = a + b, a - b, a * b: lrt_add, lrt_sub, lrt_mul; lrt_add_vector, lrt_mul_vector: the same b in every row */
struct lrt_binary_args {
    const struct lrt_tensor *y; /* out [n, d] */
    const struct lrt_tensor *a; /* [n, d] */
    const struct lrt_tensor *b; /* [n, d]; in lrt_add_vector and lrt_mul_vector [d] */
};
/* SwiGLU (arXiv 2002.05202).
 * lrt_silu_mul: y = silu(g) u.
 * lrt_silu_mul_dx: dg = dy u silu'(g), du = dy silu(g).
 * lrt_silu_mul_tangent: y_dot = silu'(g) u g_dot + silu(g) u_dot; g_dot or u_dot may be NULL: zero. */
struct lrt_silu_mul_args {
    const struct lrt_tensor *y;     /* out */
    const struct lrt_tensor *dg;    /* out; may be g */
    const struct lrt_tensor *du;    /* out; may be u or dy */
    const struct lrt_tensor *y_dot; /* out */
    const struct lrt_tensor *g;
    const struct lrt_tensor *u;
    const struct lrt_tensor *dy;
    const struct lrt_tensor *g_dot;
    const struct lrt_tensor *u_dot;
};
/* lrt_scale: y = factor * a + offset */
struct lrt_scale_args {
    const struct lrt_tensor *y; /* out */
    const struct lrt_tensor *a;
    float factor, offset;
};
/* lrt_mul_vector_db: db += sum over rows of dy a, in row order */
struct lrt_mul_vector_db_args {
    const struct lrt_tensor *db; /* out [d] */
    const struct lrt_tensor *dy; /* [n, d] */
    const struct lrt_tensor *a;  /* [n, d] */
};
/* lrt_fill: y = value, for floats or doubles */
struct lrt_fill_args {
    const struct lrt_tensor *y; /* out */
    float value;
};

/* ---- rows by number ---- */
/* lrt_counted_rows: the indices of the targets that count, ascending, and how many there are */
struct lrt_counted_rows_args {
    const struct lrt_tensor *rows;    /* out: n numbers; the first `count` of them are set */
    const struct lrt_tensor *count;   /* out: one number */
    const struct lrt_tensor *targets; /* n ids */
    int64_t ignore;                   /* the target that does not count; INT64_MIN: none */
};
/* y = rows rows[m] of x: lrt_gather_rows of floats, lrt_gather_ids of ids */
struct lrt_gather_args {
    const struct lrt_tensor *y;    /* out [m, d]; of ids m */
    const struct lrt_tensor *x;    /* [*, d]; of ids any number */
    const struct lrt_tensor *rows; /* m numbers */
};
/* lrt_scatter_rows: rows rows[m] of y = x */
struct lrt_scatter_args {
    const struct lrt_tensor *y;    /* out [*, d] */
    const struct lrt_tensor *x;    /* [m, d] */
    const struct lrt_tensor *rows; /* m numbers */
};
/* lrt_clear_other_rows: the rows of y that the first count[0] entries of `rows` do not name become zero */
struct lrt_clear_other_rows_args {
    const struct lrt_tensor *y;     /* out [n, d] */
    const struct lrt_tensor *rows;  /* ascending numbers */
    const struct lrt_tensor *count; /* one number */
};

/* ---- losses ---- */
/* lrt_cross_entropy: loss += sum over rows of -log softmax(logits)[target], in double and in row order;
 * dlogits = (softmax - onehot) * weight. The log-sum-exp is summed over fixed blocks of the vocabulary.
 * lrt_cross_entropy_tangent: one pass over logits and logits_dot. loss += the same, bit for bit; loss_dot += the sum
 * over rows of (softmax - onehot) . logits_dot. It ignores `weight`; the caller applies it. */
struct lrt_cross_entropy_args {
    const struct lrt_tensor *loss;       /* out: one number */
    const struct lrt_tensor *loss_dot;   /* out: one number */
    const struct lrt_tensor *dlogits;    /* out [n, vocab]; may be logits; NULL: the loss only */
    const struct lrt_tensor *logits;     /* [n, vocab] */
    const struct lrt_tensor *logits_dot; /* [n, vocab] */
    const struct lrt_tensor *targets;    /* n ids */
    float weight;                        /* 1 / counted tokens of the whole step */
};
/* The same losses, bit for bit, of logits = x w^T + bias, computed a vocabulary chunk at a time.
 * lrt_linear_cross_entropy: dx = acc + dlogits w, as lrt_linear_dx computes it; with dx every logit is computed twice.
 * lrt_linear_cross_entropy_tangent: logits_dot = x_dot w^T; every logit is computed once. */
struct lrt_linear_cross_entropy_args {
    const struct lrt_tensor *loss;     /* out: one number */
    const struct lrt_tensor *loss_dot; /* out: one number */
    const struct lrt_tensor *dx;       /* out [n, in]; may be acc; NULL: the loss only */
    const struct lrt_tensor *acc;      /* [n, in]; NULL: 0 */
    const struct lrt_tensor *logits;   /* work space [n, chunk], for the tangent [n, 2 * chunk]; chunk is a multiple of
                                          LRT_VOCABULARY_BLOCK */
    const struct lrt_tensor *sums;     /* work space [n, 3], for the tangent [n, 5] */
    const struct lrt_tensor *x;        /* [n, in] */
    const struct lrt_tensor *x_dot;    /* [n, in] */
    const struct lrt_tensor *w;        /* [vocab, in] */
    const struct lrt_tensor *bias;     /* [vocab] or NULL */
    const struct lrt_tensor *targets;  /* n ids */
    float weight;
};

/* ---- updates; a tensor whose LRT_ESTIMATE has no term does not change ---- */
/* lrt_sum_squares: sum += sum of g^2, in double and in a fixed order */
struct lrt_sum_squares_args {
    const struct lrt_tensor *sum; /* out: one number */
    const struct lrt_tensor *g;
};
/* lrt_clip: norm = sqrt(sum); scale = min(1, limit / (norm + 1e-6)) as in PyTorch, 1 when limit is 0 */
struct lrt_clip_args {
    double *scale, *norm;         /* out */
    const struct lrt_tensor *sum; /* one number */
    double limit;
};
/* lrt_adamw: PyTorch's AdamW (arXiv 1711.05101): p -= lr * wd * p first; bias correction with `step` counted from 1;
 * eps outside the root. Gradients are multiplied by grad_scale (clipping) first. */
struct lrt_adamw_args {
    const struct lrt_tensor *p; /* in and out, as m and v: the moments */
    const struct lrt_tensor *g;
    const struct lrt_tensor *m;
    const struct lrt_tensor *v;
    double learning_rate, beta1, beta2, eps, weight_decay, grad_scale;
    int64_t step;
};
/* lrt_sgd: p -= lr * (g + wd * p), with momentum: buf = momentum * buf + g. PyTorch's SGD. */
struct lrt_sgd_args {
    const struct lrt_tensor *p; /* in and out */
    const struct lrt_tensor *g;
    const struct lrt_tensor *buf; /* in and out; NULL: no momentum */
    double learning_rate, momentum, weight_decay, grad_scale;
    int64_t step;
};

#define LRT_KERNEL(name, family) void lrt_##name(struct lrt *c, const struct lrt_##family##_args *a);
#include <lorac/lrt_kernels.def>
#undef LRT_KERNEL

/* ---- random numbers: Philox4x32-10 (Salmon et al., SC'11), keyed by (seed, tensor), counter = element index ---- */
void lrt_random_uniform(float *y, int64_t n, float low, float high, uint64_t seed, uint64_t tensor, uint64_t first);
void lrt_random_normal(float *y, int64_t n, uint64_t seed, uint64_t tensor, uint64_t first);

/* The key of the noise of a step (struct lrt_noise of lrt.h), a Philox block of the step. For tangent k and tensor
 * number t, z is lrt_random_normal(.., lrt_noise_key(seed, step), (uint64_t)(k + 1) << 32 | t, ..). */
uint64_t lrt_noise_key(uint64_t seed, int64_t step);
/* y [n] = elements first .. first+n-1 of a generated tensor (enum lrt_generated) or of floats, as the kernels read
 * them. */
void lrt_generated_floats(const struct lrt_noise *noise, float *y, const struct lrt_tensor *t, int64_t first,
                          int64_t n);

/* ---- block formats: elements first .. first+n-1 of a row (first and n multiples of 32, or to the row's end) ---- */
void lrt_dequantise(struct lrt *c, float *y, const void *row, uint32_t type, int64_t first, int64_t n);
/* Writes one row of n elements in any type of weights. */
void lrt_quantise(void *row, const float *x, uint32_t type, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
