/* Generated tensors: finds the stream of random numbers of a tensor from its kind, its number and the current noise. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/generated.h"
#include "runtime/core/rng.h"

enum { NOISE_WORD = 0x73696f6e }; /* makes the block different from those of the numbers themselves */

uint64_t lrt_noise_key(uint64_t seed, int64_t step) {
    const uint64_t s = (uint64_t)step;
    const struct lrt_philox counter = {{(uint32_t)s, (uint32_t)(s >> 32), NOISE_WORD, NOISE_WORD}};
    const struct lrt_philox block = lrt_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
    return (uint64_t)block.word[1] << 32 | block.word[0];
}

int lrt_noise_has(uint32_t tensor, int32_t shard, int32_t shards) {
    return shards == 0 || tensor / 2 % (uint32_t)shards == (uint32_t)(shard - 1);
}

static uint64_t stream_of(uint32_t tensor, uint32_t tangent) { return (uint64_t)(tangent + 1) << 32 | tensor; }

struct lrt_tensor lrt_resolve(const struct lrt_noise *noise, const struct lrt_tensor *t) {
    struct lrt_tensor resolved = *t;
    if (!lrt_is_generated(t) || t->type == LRT_ESTIMATE) return resolved;
    const int assigned = lrt_noise_has(t->noise, noise->shard, noise->shards);
    if (assigned && (t->type != LRT_PERTURBED || noise->scale != 0)) return resolved;
    resolved.type = LRT_F32;
    if (t->type != LRT_PERTURBED) resolved.data = NULL;
    return resolved;
}

struct lrt_generator lrt_generated_from(const struct lrt_noise *noise, const struct lrt_tensor *t, int64_t first) {
    struct lrt_generator m = {NULL, 1, 0, 0, first};
    if (!lrt_is_generated(t)) return m;
    m.key = lrt_noise_key(noise->seed, noise->step);
    m.tensor = stream_of(t->noise, t->type == LRT_PERTURBED ? 0 : t->type - LRT_TANGENT);
    if (t->type != LRT_PERTURBED) return m;
    m.base = (const float *)t->data + first;
    m.scale = noise->scale;
    return m;
}

static void add_up(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *y, uint32_t tensor,
                   int64_t first, int64_t n) {
    const float *sum = NULL;
    for (size_t i = 0; i < noise->n_terms; i++) {
        const struct lrt_noise_term *t = &noise->terms[i];
        if (!lrt_noise_has(tensor, t->shard, t->shards)) continue;
        kernels->noise(y, sum, t->scalar, lrt_noise_key(t->seed, t->step), stream_of(tensor, (uint32_t)t->tangent),
                       first, n);
        sum = y;
    }
    if (sum == NULL && n > 0) memset(y, 0, (size_t)n * sizeof *y);
}

void lrt_generate(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *y,
                  const struct lrt_tensor *t, int64_t first, int64_t n) {
    const struct lrt_tensor resolved = lrt_resolve(noise, t);
    t = &resolved;
    if (t->type == LRT_ESTIMATE) {
        /* a chunk stays in the L1 cache while all terms are added to it */
        for (int64_t i = 0; i < n; i += LRT_GENERATED_CHUNK)
            add_up(kernels, noise, y + i, t->noise, first + i,
                   n - i < LRT_GENERATED_CHUNK ? n - i : LRT_GENERATED_CHUNK);
    } else if (lrt_is_generated(t)) {
        const struct lrt_generator m = lrt_generated_from(noise, t, first);
        kernels->noise(y, m.base, m.scale, m.key, m.tensor, m.first, n);
    } else if (t->data == NULL) {
        if (n > 0) memset(y, 0, (size_t)n * sizeof *y);
    } else if (n > 0) {
        memmove(y, (const float *)t->data + first, (size_t)n * sizeof *y);
    }
}

const float *lrt_floats_of(const struct lrt_kernel_set *kernels, const struct lrt_noise *noise, float *buffer,
                           const struct lrt_tensor *t, int64_t first, int64_t n) {
    if (t->type == LRT_F32) return (const float *)t->data + first;
    lrt_generate(kernels, noise, buffer, t, first, n);
    return buffer;
}

int lrt_is_left_alone(const struct lrt_noise *noise, const struct lrt_tensor *g) {
    if (g->type != LRT_ESTIMATE) return 0;
    for (size_t i = 0; i < noise->n_terms; i++)
        if (lrt_noise_has(g->noise, noise->terms[i].shard, noise->terms[i].shards)) return 0;
    return 1;
}

double lrt_generated_work(const struct lrt_noise *noise, const struct lrt_tensor *t, int64_t n) {
    if (!lrt_is_generated(t)) return 0;
    return (double)LRT_GENERATED_WORK * (double)n * (t->type == LRT_ESTIMATE ? (double)noise->n_terms : 1.0);
}

void lrt_generated_floats(const struct lrt_noise *noise, float *y, const struct lrt_tensor *t, int64_t first,
                          int64_t n) {
    lrt_generate(lrt_portable_kernels(), noise, y, t, first, n);
}
