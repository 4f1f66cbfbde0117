// finite: a number is not finite when all bits of its exponent are set. Whole blocks are tested by ands and
// comparisons that vectorise; only a block with such a number is searched.
#include "runtime/weights/finite.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/formats/blocks.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

enum { BLOCK = 4096 };

static uint32_t any_of_32(const unsigned char *from, size_t n, uint32_t exponent) {
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, from + 4 * i, sizeof word);
        found |= (word & exponent) == exponent;
    }
    return found;
}

static uint32_t any_of_16(const unsigned char *from, size_t n, uint16_t exponent) {
    uint16_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint16_t word;
        memcpy(&word, from + 2 * i, sizeof word);
        found = (uint16_t)(found | ((word & exponent) == exponent));
    }
    return found;
}

static uint32_t any(const unsigned char *from, uint32_t type, size_t n) {
    if (type == LRT_F32) return any_of_32(from, n, UINT32_C(0x7f800000));
    return any_of_16(from, n, type == LRT_F16 ? 0x7c00 : 0x7f80);
}

// Of blocks, the scales and what is added: with these finite, so is every number.
static size_t find_in_blocks(const unsigned char *from, const struct lrt_block *block, size_t n) {
    enum { EXPONENT_MAX = 252 }; // above it the largest code overflows
    for (size_t at = 0; at < n; at += block->elements, from += block->bytes) {
        for (int k = 0; k < 2; k++)
            if (block->scales[k] >= 0 && any_of_16(from + block->scales[k], 1, 0x7c00)) return at;
        if (block->exponent >= 0 && from[block->exponent] > EXPONENT_MAX) return at;
    }
    return n;
}

size_t lrt_find_not_finite(const void *elements, uint32_t type, size_t n) {
    const unsigned char *from = elements;
    const struct lrt_block kind = lrt_type_block(type);
    if (kind.elements > 1) return find_in_blocks(from, &kind, n);
    const size_t size = type == LRT_F32 ? 4 : 2;
    if (type != LRT_F32 && type != LRT_F16 && type != LRT_BF16) return n;
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t block = n - at < BLOCK ? n - at : BLOCK;
        if (!any(from + at * size, type, block)) continue;
        for (size_t i = at;; i++)
            if (any(from + i * size, type, 1)) return i;
    }
    return n;
}

// ---- trained tensors ----
static int64_t elements_of(const int64_t *shape, int rank) {
    int64_t n = 1;
    for (int d = 0; d < rank; d++) n *= shape[d];
    return n;
}

int lrt_params_are_finite(const struct lrt_plan_info *plan, const float *values, size_t floats,
                          struct lrt_report *report) {
    lrt_file_clear(report);
    size_t pool = 0; // floats of one pool: where its last tensor ends
    const size_t at = lrt_find_not_finite(values, LRT_F32, floats);
    if (at == floats) return LRT_OK;
    for (size_t i = 0; i < plan->n_params; i++) {
        const struct lrt_param_info *p = &plan->params[i];
        const size_t end = (size_t)(p->offset + (p->instances - 1) * p->stride + elements_of(p->shape, p->rank));
        if (end > pool) pool = end;
    }
    for (size_t i = 0; i < plan->n_params && pool; i++) {
        const struct lrt_param_info *p = &plan->params[i];
        for (int64_t k = 0; k < p->instances; k++) {
            const int64_t in = (int64_t)(at % pool) - p->offset - k * p->stride;
            if (in < 0 || in >= elements_of(p->shape, p->rank)) continue;
            return lrt_file_fail(report, LRT_ERR_FILE, "number %" PRId64 " of %s, instance %" PRId64 ", is %f", in,
                                 p->name, p->first + k, (double)values[at]);
        }
    }
    return lrt_file_fail(report, LRT_ERR_FILE, "number %zu is %f", at, (double)values[at]);
}

// ---- weights ----
// The file's own tensor, where it is used as mapped; NULL: it was copied.
static const struct lrt_file_tensor *tensor_at(const struct lrt_weight_file *file, const void *data) {
    for (size_t i = 0; i < file->n_tensors; i++)
        if (file->tensors[i].data == data) return &file->tensors[i];
    return NULL;
}

static int refuse(const struct lrt_weight_file *file, const struct lrt_weight_info *w, int64_t instance,
                  const struct lrt_tensor *slot, size_t at, struct lrt_report *report) {
    const struct lrt_file_tensor *tensor = tensor_at(file, slot->data);
    char name[WEIGHT_NAME_BYTES];
    lrt_weight_name(name, sizeof name, w, instance, file->format);
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: number %zu of tensor %s is infinite or not a number: the file is damaged, or was written "
                         "by a training that diverged",
                         file->shards[tensor ? tensor->shard : 0].path, at, tensor ? tensor->name : name);
}

int lrt_weights_are_finite(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                           const struct lrt_weights *weights, struct lrt_report *report) {
    lrt_file_clear(report);
    int status = LRT_OK;
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        const size_t n = (size_t)elements_of(w->shape, w->rank);
        for (int64_t k = 0; k < w->instances && !status; k++) {
            const struct lrt_tensor *slot = &weights->slots[w->first_slot + (size_t)k * w->slot_stride];
            const size_t at = slot->data ? lrt_find_not_finite(slot->data, slot->type, n) : n;
            if (at < n) status = refuse(file, w, w->first + k, slot, at, report);
        }
    }
    lrt_weight_file_release(file);
    return status;
}
