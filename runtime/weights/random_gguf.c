// random_gguf: a weights file with a model's shapes and random values. Matrices are normal with standard deviation
// 1/sqrt(in), so that activations keep their size from layer to layer; norms are 1; biases are small.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/gguf_write.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/tensor_list.h"
#include "runtime/weights/weight_names.h"

// Normal numbers are the most expensive part of a file of billions of values, so they come from a pool. Every piece of
// a row is the sum of two ranges of the pool. Seed, tensor, row and piece decide which.
enum { POOL = 1 << 18, PIECE = 1024 };

struct generator {
    const float *pool;                // [POOL], normal, variance 1/2
    const enum lrt_initial *initials; // [tensors]
    uint64_t seed;
};

// The finaliser of SplitMix64 (Steele et al., OOPSLA 2014).
static uint64_t mix(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void make_row(void *arg, size_t index, int64_t row, float *values, int64_t columns) {
    const struct generator *m = arg;
    const enum lrt_initial initial = m->initials[index];
    if (initial == LRT_INITIAL_ONES) {
        for (int64_t i = 0; i < columns; i++) values[i] = 1.0f;
        return;
    }
    float deviation = initial == LRT_INITIAL_ZEROS ? 0.02f : 1.0f / sqrtf((float)columns);
    uint64_t place = mix(mix(m->seed ^ mix(index)) + (uint64_t)row);
    for (int64_t first = 0; first < columns; first += PIECE) {
        int64_t n = columns - first < PIECE ? columns - first : PIECE;
        place = mix(place);
        const float *a = m->pool + place % (POOL - PIECE), *b = m->pool + (place >> 32) % (POOL - PIECE);
        for (int64_t i = 0; i < n; i++) values[first + i] = deviation * (a[i] + b[i]);
    }
}

// Chooses the type of each tensor, and notes those that had to take another.
static void choose_types(struct tensor_list *list, uint32_t type, struct lrt_report *report) {
    size_t changed = 0;
    const struct lrt_named_tensor *first = NULL;
    for (size_t i = 0; i < list->n; i++) {
        struct lrt_named_tensor *t = &list->tensors[i];
        t->type = t->rank == 1 ? LRT_F32 : lrt_gguf_fitting_type(type, t->shape[t->rank - 1]);
        if (t->rank == 1 || t->type == type) continue;
        if (changed++ == 0) first = t;
    }
    if (changed)
        lrt_file_note(report,
                      "%zu tensors are not %s because their rows do not fill its blocks: %s (rows of %lld) is %s",
                      changed, lrt_file_type_name(type), first->name, (long long)first->shape[first->rank - 1],
                      lrt_file_type_name(first->type));
}

// Of every instance of every weight, in their order.
static enum lrt_initial *initials_of(const struct lrt_plan_info *plan, size_t n) {
    enum lrt_initial *all = malloc((n + 1) * sizeof *all), *at = all;
    for (size_t i = 0; all && i < plan->n_weights; i++)
        for (int64_t k = 0; k < plan->weights[i].instances; k++) *at++ = plan->weights[i].initial;
    return all;
}

// A file that is there is replaced only where its weights are random too: a name of a trained model may be mistaken.
static int check_replaced(const char *path, struct lrt_report *report) {
    struct lrt_weight_file *file = NULL;
    if (access(path, F_OK) != 0) return LRT_OK;
    const bool random = lrt_weight_file_open(&file, path, report) == LRT_OK && lrt_gguf_has(file, LRT_RANDOM_KEY);
    lrt_weight_file_close(file);
    return random
               ? LRT_OK
               : lrt_file_fail(report, LRT_ERR_FILE,
                               "%s: there is a file that does not hold random weights; give another name, or remove it",
                               path);
}

int lrt_write_random_gguf(const char *path, const struct lrt_plan_info *plan, const struct lrt_gguf_facts *facts,
                          uint32_t type, uint64_t seed, struct lrt_report *report) {
    lrt_file_clear(report);
    if (!lrt_file_type_usable(type))
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: type %u is not one of %s", path, type, lrt_type_names());
    const int replaced = check_replaced(path, report);
    if (replaced != LRT_OK) return replaced;
    struct tensor_list list = {0};
    for (size_t i = 0; i < plan->n_weights; i++)
        for (int64_t k = 0; k < plan->weights[i].instances; k++) {
            const struct lrt_weight_info *w = &plan->weights[i];
            char name[WEIGHT_NAME_BYTES];
            lrt_weight_name(name, sizeof name, w, w->first + k, LRT_FORMAT_GGUF);
            struct lrt_named_tensor *t = lrt_tensor_list_add(&list, name);
            if (!t) {
                lrt_tensor_list_free(&list);
                return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
            }
            t->rank = w->rank;
            memcpy(t->shape, w->shape, sizeof t->shape);
        }
    choose_types(&list, type, report);
    struct gguf_entries entries = {.n = 0};
    lrt_entries_model(&entries, plan, facts, type);
    lrt_entries_string(&entries, "tokenizer.ggml.model", "no_vocab");
    lrt_entries_integer(&entries, "", LRT_RANDOM_KEY, 1);
    float *pool = malloc(POOL * sizeof *pool);
    enum lrt_initial *initials = initials_of(plan, list.n);
    struct generator generator = {pool, initials, seed};
    if (!pool || !initials) {
        free(pool);
        free(initials);
        lrt_tensor_list_free(&list);
        return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    }
    lrt_random_normal(pool, POOL, seed, 0, 0);
    for (size_t i = 0; i < POOL; i++) pool[i] *= 0.70710678f;
    int status = lrt_gguf_write(path, entries.entry, entries.n, list.tensors, list.n, make_row, &generator, report);
    free(pool);
    free(initials);
    lrt_tensor_list_free(&list);
    return status;
}
