/* Kernels: what generated code calls, one function per op.
 *
 * Promises of all of them:
 * - The bits of every output element depend on its inputs alone: not on the number of threads, not on how many rows are
 *   given at once, not on where they lie. Sums run over the inner dimension in one fixed order; sums over token rows
 *   (anything with `acc`) run in row order starting from what is there, so that a call for rows 0..7 and one for 8..n
 * equal one call for 0..n.
 * - An output may be the same buffer as an argument marked "in place ok"; otherwise buffers do not overlap.
 * - Rows are token rows, row-major, contiguous. `tensor` arguments may be of any enum lrt_type, and LRT_PERTURBED or
 *   LRT_TANGENT: then the result is, bit for bit, that of the floats of lrt_generated_floats, which never exist as a
 * whole. A tangent of a tensor that this shard does not train is zero: a product with it is left out. Gradients of
 * updates may be LRT_ESTIMATE.
 * - No allocation: scratch comes from c->scratch, sized by lrt_scratch.h.
 * Arrays: [rows, columns]. n: rows. */
#ifndef LRT_KERNELS_H
#define LRT_KERNELS_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
struct lrt;
struct lrt_tensor;
struct lrt_noise;

/* y [n, width] = rows ids[n] of w [vocab, width] (dequantised) */
void lrt_embedding(struct lrt *c, float *y, const int32_t *ids, struct lrt_tensor w, int64_t n, int64_t width);
/* dw [vocab, width] += rows of dy [n, width] at ids; in row order */
void lrt_embedding_dw(struct lrt *c, float *dw, const int32_t *ids, const float *dy, int64_t n, int64_t width);

/* y [n, out] = x [n, in] w[out, in]^T + bias[out] + scale * (h [n, rank]) b[out, rank]^T.  bias, h, b may be null. */
void lrt_linear(struct lrt *c, float *y, const float *x, struct lrt_tensor w, struct lrt_tensor bias, const float *h,
                struct lrt_tensor b, float scale, int64_t n, int64_t in, int64_t out, int64_t rank);
/* y [n, out] = x0 [n, in0] w0[out, in0]^T + scale * (x1 [n, in1] w1[out, in1]^T + x2 [n, in2] w2[out, in2]^T): how a
 * product with an adapter changes, three products in one. A pair with x null or w without data is left out; all left
 * out: zeros. */
void lrt_linear_tangent(struct lrt *c, float *y, const float *x0, struct lrt_tensor w0, const float *x1,
                        struct lrt_tensor w1, const float *x2, struct lrt_tensor w2, float scale, int64_t n,
                        int64_t in0, int64_t in1, int64_t in2, int64_t out);
/* dx [n, in] = acc [n, in] + scale * dy [n, out] w[out, in] + dh [n, rank] a[rank, in].  acc null: 0; acc == dx ok.
 * dh, a may be null. */
void lrt_linear_dx(struct lrt *c, float *dx, const float *acc, const float *dy, struct lrt_tensor w, const float *dh,
                   const float *a, float scale, int64_t n, int64_t in, int64_t out, int64_t rank);
/* dw [p, q] += scale * g [n, p]^T x [n, q]; in row order */
void lrt_outer_acc(struct lrt *c, float *dw, const float *g, const float *x, float scale, int64_t n, int64_t p,
                   int64_t q);
/* db [p] += column sums of g [n, p]; in row order */
void lrt_sum_rows_acc(struct lrt *c, float *db, const float *g, int64_t n, int64_t p);

/* y = x * rstd * (w + offset), rstd = 1/sqrt(mean(x^2) + eps); rows of d. In place ok (y == x). arXiv 1910.07467 */
void lrt_rms_norm(struct lrt *c, float *y, const float *x, struct lrt_tensor w, int64_t n, int64_t d, float eps,
                  float offset);
/* dx = acc + rstd (w + offset) dy - x rstd^3 mean(dy (w + offset) x); rstd recomputed from x. acc null: 0; dx == acc,
 * dx == dy ok */
void lrt_rms_norm_dx(struct lrt *c, float *dx, const float *acc, const float *dy, const float *x, struct lrt_tensor w,
                     int64_t n, int64_t d, float eps, float offset);
/* y_dot = (w + offset) rstd (x_dot - x rstd^2 mean(x x_dot)), along x_dot; rstd recomputed from x. y_dot == x_dot,
 * y_dot == x ok */
void lrt_rms_norm_tangent(struct lrt *c, float *y_dot, const float *x_dot, const float *x, struct lrt_tensor w,
                          int64_t n, int64_t d, float eps, float offset);
/* dw [d] += sum over rows of dy * x * rstd; in row order */
void lrt_rms_norm_dw(struct lrt *c, float *dw, const float *dy, const float *x, int64_t n, int64_t d, float eps);

/* table [seq, head]: cos and sin of position * frequency: [t, 2j] cos, [t, 2j+1] sin of t * theta^(-2j/head), times
 * attention factor where the scaling has one. scaling: 0 none, 1 linear (factor), 2 llama3 (factor, low, high,
 * original). */
void lrt_rope_table(struct lrt *c, float *table, int64_t seq, int64_t head, float theta, int64_t scaling, float factor,
                    float low, float high, float original);
/* Rotates every head of x [n, heads*head]; row t has position (first_row + t) % seq. half-split pairs (j, j + head/2),
 * or neighbours (2j, 2j+1) when c->rope_interleaved differs from `interleaved` (so a llama GGUF gives the same result
 * as its original). inverse 1: the backward pass. In place ok. arXiv 2104.09864 */
void lrt_rope(struct lrt *c, float *y, const float *x, const float *table, int64_t n, int64_t first_row, int64_t seq,
              int64_t heads, int64_t head, int64_t interleaved, int64_t inverse);

/* o [n, heads*head], lse [n, heads] = attention of q [n, heads*head] over k, v [batch * seq, kv_heads*head]; row t of
 * the first three is token first_row + t, n may be any part of the tokens; each sequence by itself; head h reads kv
 * head h / (heads/kv_heads). scores = softcap(scale * q k): cap * tanh(s / cap) when cap > 0. causal 1: key <= query;
 * window > 0: query - key < window. Never stores seq x seq (arXiv 2205.14135): keys are visited in fixed blocks, the
 * running maximum and sum kept per row. lse may be null. o == q in place ok. */
void lrt_attention(struct lrt *c, float *o, float *lse, const float *q, const float *k, const float *v, int64_t n,
                   int64_t first_row, int64_t seq, int64_t heads, int64_t kv_heads, int64_t head, float scale,
                   int64_t causal, int64_t window, float softcap);
/* dq from dout, with o and lse of the forward pass; dk and dv [batch * seq, kv_heads*head] grow by what these n queries
 * give them, in row order, so queries may come in parts from the first to the last. dq == q or dq == dout in place ok.
 */
void lrt_attention_backward(struct lrt *c, float *dq, float *dk, float *dv, const float *dout, const float *q,
                            const float *k, const float *v, const float *o, const float *lse, int64_t n,
                            int64_t first_row, int64_t seq, int64_t heads, int64_t kv_heads, int64_t head, float scale,
                            int64_t causal, int64_t window, float softcap);

/* o_dot, along (q_dot, k_dot, v_dot), any of which may be null: zero; o and lse of the forward pass. Rows of o_dot, q,
 * o, lse, q_dot as there, k_dot and v_dot like k and v. o_dot == q_dot, o_dot == q, o_dot == o in place ok. */
void lrt_attention_tangent(struct lrt *c, float *o_dot, const float *q, const float *k, const float *v, const float *o,
                           const float *lse, const float *q_dot, const float *k_dot, const float *v_dot, int64_t n,
                           int64_t first_row, int64_t seq, int64_t heads, int64_t kv_heads, int64_t head, float scale,
                           int64_t causal, int64_t window, float softcap);

/* Elementwise over n numbers; in place ok with any argument of the same size. */
void lrt_silu(struct lrt *c, float *y, const float *x, int64_t n);
void lrt_silu_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n);
/* y = silu(g) * u (SwiGLU, arXiv 2002.05202) */
void lrt_silu_mul(struct lrt *c, float *y, const float *g, const float *u, int64_t n);
/* dg = dy u silu'(g), du = dy silu(g); dg == g, du == u, du == dy ok. dg or du may be null. */
void lrt_silu_mul_dx(struct lrt *c, float *dg, float *du, const float *dy, const float *g, const float *u, int64_t n);
/* y_dot = silu'(g) u g_dot + silu(g) u_dot, along (g_dot, u_dot); g_dot or u_dot may be null: zero */
void lrt_silu_mul_tangent(struct lrt *c, float *y_dot, const float *g, const float *u, const float *g_dot,
                          const float *u_dot, int64_t n);
void lrt_gelu(struct lrt *c, float *y, const float *x, int64_t n); /* x Phi(x), erf */
void lrt_gelu_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n);
void lrt_gelu_tanh(struct lrt *c, float *y, const float *x, int64_t n);
void lrt_gelu_tanh_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n);
void lrt_relu(struct lrt *c, float *y, const float *x, int64_t n);
void lrt_relu_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n);
void lrt_tanh(struct lrt *c, float *y, const float *x, int64_t n);
void lrt_tanh_dx(struct lrt *c, float *dx, const float *dy, const float *x, int64_t n);
void lrt_add(struct lrt *c, float *y, const float *a, const float *b, int64_t n);
void lrt_sub(struct lrt *c, float *y, const float *a, const float *b, int64_t n);
void lrt_mul(struct lrt *c, float *y, const float *a, const float *b, int64_t n);
void lrt_scale(struct lrt *c, float *y, const float *a, float factor, float offset,
               int64_t n); /* factor * a + offset */
/* broadcast of a vector over rows: y [n, d] = a [n, d] + b[d] (or * b[d]) */
void lrt_add_vector(struct lrt *c, float *y, const float *a, struct lrt_tensor b, int64_t n, int64_t d);
void lrt_mul_vector(struct lrt *c, float *y, const float *a, struct lrt_tensor b, int64_t n, int64_t d);
void lrt_mul_vector_db(struct lrt *c, float *db, const float *dy, const float *a, int64_t n,
                       int64_t d); /* db += sum dy a */
void lrt_copy(struct lrt *c, float *y, const float *x, int64_t n);
void lrt_fill(struct lrt *c, float *y, float value, int64_t n);

/* rows [n] gets the indices of the targets that count, ascending; count[0] how many. ignore: INT64_MIN for none. */
void lrt_counted_rows(struct lrt *c, int32_t *rows, int32_t *count, const int32_t *targets, int64_t n, int64_t ignore);
/* y [m, d] = rows rows[m] of x [*, d] */
void lrt_gather_rows(struct lrt *c, float *y, const float *x, const int32_t *rows, int64_t m, int64_t d);
void lrt_gather_ids(struct lrt *c, int32_t *y, const int32_t *x, const int32_t *rows, int64_t m);
/* rows rows[m] of y [*, d] = x [m, d] */
void lrt_scatter_rows(struct lrt *c, float *y, const float *x, const int32_t *rows, int64_t m, int64_t d);
/* Rows of y [n, d] that are not among the m rising numbers of `rows` become zero. */
void lrt_clear_other_rows(struct lrt *c, float *y, const int32_t *rows, int64_t m, int64_t n, int64_t d);

/* loss[0] += sum over rows of -log softmax(logits)[target] (double, in row order); dlogits = (softmax - onehot) *
 * weight. The log-sum-exp is summed over fixed blocks of the vocabulary. dlogits == logits in place ok; null: loss
 * only. weight: 1 / counted tokens of the whole step. */
void lrt_cross_entropy(struct lrt *c, double *loss, float *dlogits, const float *logits, const int32_t *targets,
                       float weight, int64_t n, int64_t vocab);

/* The same of logits = x [n, in] w[vocab, in]^T + bias[vocab], made `part` columns at a time (a multiple of
 * LRT_VOCABULARY_BLOCK), bit for bit: dx = acc + dlogits w as lrt_linear_dx would. logits [n, part] and sums [n, 3] are
 * room to work in. dx null: loss only; else every logit is computed twice. bias and acc may be null; acc == dx ok. */
void lrt_linear_cross_entropy(struct lrt *c, double *loss, float *dx, const float *acc, float *logits, double *sums,
                              const float *x, struct lrt_tensor w, struct lrt_tensor bias, const int32_t *targets,
                              float weight, int64_t n, int64_t in, int64_t vocab, int64_t part);

/* Along logits_dot: loss[0] grows as there, bit for bit, loss_dot[0] by the sum over rows of (softmax - onehot) .
 * logits_dot, in double and in row order, in one pass over both. No weight: that is the caller's. */
void lrt_cross_entropy_tangent(struct lrt *c, double *loss, double *loss_dot, const float *logits,
                               const float *logits_dot, const int32_t *targets, int64_t n, int64_t vocab);
/* The same of logits = x [n, in] w[vocab, in]^T + bias[vocab] and logits_dot = x_dot w^T, made `part` columns at a time
 * (a multiple of LRT_VOCABULARY_BLOCK), once, bit for bit. logits [n, 2 part] and sums [n, 5] are room to work in. */
void lrt_linear_cross_entropy_tangent(struct lrt *c, double *loss, double *loss_dot, float *logits, double *sums,
                                      const float *x, const float *x_dot, struct lrt_tensor w, struct lrt_tensor bias,
                                      const int32_t *targets, int64_t n, int64_t in, int64_t vocab, int64_t part);

/* ---- updates; a tensor whose LRT_ESTIMATE has no term is left as it is ---- */
/* sum[0] += sum of g^2 in double, fixed order */
void lrt_sum_squares(struct lrt *c, double *sum, struct lrt_tensor g, int64_t n);
/* *norm = sqrt(sum_squares); returns min(1, limit / (norm + 1e-6)) as PyTorch clips, 1 when limit is 0 */
double lrt_clip(double sum_squares, double limit, double *norm);
/* PyTorch's AdamW: p -= lr * wd * p first; m, v moments; bias correction with `step` counted from 1; eps outside the
 * root. Gradients are multiplied by gscale (clipping) first. arXiv 1711.05101 */
void lrt_adamw(struct lrt *c, float *p, struct lrt_tensor g, float *m, float *v, int64_t n, double lr, double beta1,
               double beta2, double eps, double weight_decay, int64_t step, double gscale);
/* p -= lr * (g + wd * p), with momentum: buf = momentum * buf + g (buf null without), PyTorch's SGD. */
void lrt_sgd(struct lrt *c, float *p, struct lrt_tensor g, float *buf, int64_t n, double lr, double momentum,
             double weight_decay, int64_t step, double gscale);

/* ---- random numbers: Philox4x32-10 (Salmon et al., SC'11), keyed by (seed, tensor), counter = element index ---- */
void lrt_random_uniform(float *y, int64_t n, float low, float high, uint64_t seed, uint64_t tensor, uint64_t first);
void lrt_random_normal(float *y, int64_t n, uint64_t seed, uint64_t tensor, uint64_t first);

/* The key of the noise of a step (struct lrt_noise of lrt.h): z of tangent k in the tensor of number t is
 * lrt_random_normal(.., lrt_noise_key(seed, step), (uint64_t)(k + 1) << 32 | t, ..). A Philox block of the step. */
uint64_t lrt_noise_key(uint64_t seed, int64_t step);
/* y [n] = elements first .. first+n-1 of a generated tensor (enum lrt_generated) or of floats: what the kernels read
 * there. */
void lrt_generated_floats(const struct lrt_noise *noise, float *y, struct lrt_tensor t, int64_t first, int64_t n);

/* ---- block formats: elements first .. first+n-1 of a row (first and n multiples of 32, or to the row's end) ---- */
void lrt_dequantise(struct lrt *c, float *y, const void *row, uint32_t type, int64_t first, int64_t n);
/* Writes one row of n elements in F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q4_K or Q6_K. */
void lrt_quantise(void *row, const float *x, uint32_t type, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
