/* Generated tensors: how a kernel reads a tensor that may be generated. First it resolves the tensor: one that the
 * noise does not change becomes plain floats, and a zero tangent becomes absent. A tensor that is still generated then
 * is base + scale * z. The reader generates it a piece at a time into its own buffer, never as a whole. */
#ifndef LRT_GENERATED_H
#define LRT_GENERATED_H
#include <lorac/lrt.h>

/* A resolved LRT_PERTURBED or LRT_TANGENT, ready to be read: element i is base[i] + scale * z[first + i]. */
struct lrt_generator {
    const float *base; /* NULL: 0 */
    float scale;
    uint64_t key, tensor; /* of lrt_random_normal */
    int64_t first;
};

static inline int lrt_is_generated(const struct lrt_tensor *t) { return t->type >= LRT_PERTURBED; }
static inline int lrt_is_absent(const struct lrt_tensor *t) { return t->data == NULL && !lrt_is_generated(t); }

/* Whether shard `shard` of `shards` (0: all there is) trains the tensor of this number. */
int lrt_noise_has(uint32_t tensor, int32_t shard, int32_t shards);
/* The resolved t under this noise: still generated, or floats, or absent (lrt_is_absent). */
struct lrt_tensor lrt_resolve(const struct lrt_noise *noise, const struct lrt_tensor *t);
/* The generator of a resolved tensor from element `first` on; all zero when the tensor is not generated. */
struct lrt_generator lrt_generated_from(const struct lrt_noise *noise, const struct lrt_tensor *t, int64_t first);

/* y [n] = elements first .. first+n-1 of any tensor: floats, absent (zeros) or generated. */
void lrt_generate(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *y,
                  const struct lrt_tensor *t, int64_t first, int64_t n);
/* Returns a pointer to the stored floats, or generates them into buffer [n]. */
const float *lrt_floats_of(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *buffer,
                           const struct lrt_tensor *t, int64_t first, int64_t n);

/* An update generates this many numbers of a gradient at a time, on its stack. The work of one number, in the unit of
 * lrt_tasks. */
enum { LRT_GENERATED_CHUNK = 1024, LRT_GENERATED_WORK = 8 };
/* Whether g is an estimate to which no term of the noise adds. Its parameter is not trained in this update and must not
 * change, not even by weight decay or momentum. */
int lrt_is_left_alone(const struct lrt_noise *noise, const struct lrt_tensor *g);
/* The work of generating n elements, for lrt_tasks; 0 when t is not generated. */
double lrt_generated_work(const struct lrt_noise *noise, const struct lrt_tensor *t, int64_t n);
#endif
