// weight_convert: see the header. Elements are moved as bytes: neither source nor result needs an alignment.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_convert.h"
#include "runtime/weights/tensor_rows.h"

static void *new_copy(struct lrt_weight_file *file, const struct lrt_file_tensor *t, uint64_t bytes,
                      struct lrt_report *report) {
    void **copies = realloc(file->copies, (file->n_copies + 1) * sizeof *copies);
    if (copies) file->copies = copies;
    void *copy = copies && bytes < SIZE_MAX - LRT_ALIGNMENT
                     ? aligned_alloc(LRT_ALIGNMENT, ((size_t)bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT)
                     : NULL;
    if (!copy) {
        lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory for a copy of tensor %s (%llu bytes)",
                      file->shards[t->shard].path, t->name, (unsigned long long)bytes);
        return NULL;
    }
    copies[file->n_copies++] = copy;
    file->copied += bytes;
    return copy;
}

int lrt_convert_align(struct lrt_weight_file *file, const struct lrt_file_tensor *t, struct lrt_tensor *slot,
                      struct lrt_report *report) {
    void *copy = new_copy(file, t, t->bytes, report);
    if (!copy) return LRT_ERR_MEMORY;
    memcpy(copy, t->data, (size_t)t->bytes);
    *slot = (struct lrt_tensor){.data = copy, .type = t->type};
    return LRT_OK;
}

int lrt_convert_transpose(struct lrt_weight_file *file, const struct lrt_file_tensor *t, struct lrt_tensor *slot,
                          struct lrt_report *report) {
    if (t->rank != 2 || (t->type != LRT_F32 && t->type != LRT_F16 && t->type != LRT_BF16))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: tensor %s: a %s matrix cannot be transposed; take the f32, f16 or bf16 model",
                             file->shards[t->shard].path, t->name, lrt_file_type_name(t->type));
    uint8_t *copy = new_copy(file, t, t->bytes, report);
    if (!copy) return LRT_ERR_MEMORY;
    const uint8_t *from = t->data;
    size_t size = t->type == LRT_F32 ? 4 : 2, in = (size_t)t->shape[0], out = (size_t)t->shape[1];
    for (size_t i = 0; i < in; i++)
        for (size_t o = 0; o < out; o++) memcpy(copy + (o * in + i) * size, from + (i * out + o) * size, size);
    *slot = (struct lrt_tensor){.data = copy, .type = t->type};
    return LRT_OK;
}

int lrt_convert_shift(struct lrt_weight_file *file, const struct lrt_file_tensor *t, float shift,
                      struct lrt_tensor *slot, struct lrt_report *report) {
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= t->shape[i];
    float *copy = new_copy(file, t, (uint64_t)n * sizeof *copy, report);
    if (!copy) return LRT_ERR_MEMORY;
    if (!lrt_file_tensor_floats(t, copy, n))
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: tensor %s: type %s cannot be read as numbers",
                             file->shards[t->shard].path, t->name, lrt_file_type_name(t->type));
    for (int64_t i = 0; i < n; i++) copy[i] += shift;
    *slot = (struct lrt_tensor){.data = copy, .type = LRT_F32};
    return LRT_OK;
}
