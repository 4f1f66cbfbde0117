/* Generated tensors: what a kernel does before it reads a tensor that may be one, and how it gets at the numbers. First
 * the tensor is resolved: what the noise leaves as it is becomes plain floats, a tangent that is zero becomes absent.
 * What is then still made is base + scale * z, generated a piece at a time in the reader's own room: never all of it.
 */
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
/* t, or what it is under this noise: floats, or nothing (lrt_is_absent). */
struct lrt_tensor lrt_resolve(const struct lrt_noise *noise, const struct lrt_tensor *t);
/* Of a resolved tensor, from element `first` on; all zero when it is not made. */
struct lrt_generator lrt_generated_from(const struct lrt_noise *noise, const struct lrt_tensor *t, int64_t first);

/* y [n] = elements first .. first+n-1 of floats, of an absent tensor (zeros) or of any made one. */
void lrt_generated_part(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *y, const struct lrt_tensor *t,
                   int64_t first, int64_t n);
/* The same where they lie when they are floats, else in room [n]. */
const float *lrt_part_of(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *room,
                         const struct lrt_tensor *t, int64_t first, int64_t n);

/* How many numbers of a gradient an update has made at a time, on its stack; and the numbers touched to make one, a
 * measure of lrt_parts. */
enum { LRT_GENERATED_CHUNK = 1024, LRT_GENERATED_WORK = 8 };
/* g is an estimate to which no term of the noise adds: what it is of is not trained in this update, and stays as it is,
 * also where the optimizer decays or goes on by momentum. */
int lrt_is_left_alone(const struct lrt_noise *noise, const struct lrt_tensor *g);
/* Of the whole tensor, for lrt_parts; 0 when it is not made. */
double lrt_generated_work(const struct lrt_noise *noise, const struct lrt_tensor *t, int64_t n);
#endif
