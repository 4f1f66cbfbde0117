// model_write: a complete model after `adapt ... with full`: mapped weights and trained tensors side by side, as
// safetensors in Hugging Face order or as GGUF with the metadata of its base.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/gguf_write.h"
#include "runtime/weights/tensor_list.h"
#include "runtime/weights/weight_names.h"

// The trained values of an instance, NULL when it is frozen.
static const float *trained_values(const struct lrt_adapter_source *from, size_t weight, int64_t instance) {
    const struct lrt_plan_info *plan = from->plan;
    for (size_t i = 0; i < plan->n_params; i++) {
        const struct lrt_param_info *p = &plan->params[i];
        if (p->weight == weight && p->role == LRT_ROLE_FULL && instance >= p->first &&
            instance < p->first + p->instances)
            return from->values + p->offset + (instance - p->first) * p->stride;
    }
    return NULL;
}

// A tensor of the list for one instance, in its own type and order.
static struct lrt_named_tensor *add_instance(struct tensor_list *list, const struct lrt_adapter_source *from,
                                             const struct lrt_weights *weights, size_t weight, int64_t k,
                                             enum lrt_file_format format) {
    const struct lrt_weight_info *w = &from->plan->weights[weight];
    char name[WEIGHT_NAME_BYTES];
    lrt_weight_name(name, sizeof name, w, w->first + k, format);
    struct lrt_named_tensor *t = lrt_tensor_list_add(list, name);
    if (!t) return NULL;
    const float *trained = trained_values(from, weight, w->first + k);
    t->source = trained ? lrt_floats(trained) : weights->slots[w->first_slot + (size_t)k * w->slot_stride];
    t->type = t->source.type;
    t->rank = w->rank;
    memcpy(t->shape, w->shape, sizeof t->shape);
    return t;
}

static bool is_float(uint32_t type) { return type == LRT_F32 || type == LRT_F16 || type == LRT_BF16; }

int lrt_write_model_safetensors(const char *path, const struct lrt_adapter_source *from,
                                const struct lrt_weights *weights, struct lrt_report *report) {
    lrt_file_clear(report);
    struct tensor_list list = {0};
    for (size_t i = 0; i < from->plan->n_weights; i++) {
        const struct lrt_weight_info *w = &from->plan->weights[i];
        for (int64_t k = 0; k < w->instances; k++) {
            struct lrt_named_tensor *t = add_instance(&list, from, weights, i, k, LRT_FORMAT_SAFETENSORS);
            if (!t) {
                lrt_tensor_list_free(&list);
                return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
            }
            if (!is_float(t->type)) t->type = LRT_F32;
            if (from->rope_interleaved && w->rope_head > 0) {
                t->rope_head = w->rope_head;
                t->rope_order = LRT_ROPE_TO_HF;
            }
            if (w->rank == 2 && lrt_name_is_conv1d(t->name)) {
                t->transposed = 1;
                t->shape[0] = w->shape[1];
                t->shape[1] = w->shape[0];
            }
        }
    }
    int status = lrt_write_safetensors(path, list.tensors, list.n, NULL, 0, report);
    lrt_tensor_list_free(&list);
    return status;
}

static uint32_t trained_type(const struct lrt_named_tensor *t, uint32_t type, uint32_t own) {
    if (t->rank == 1) return LRT_F32;
    return lrt_gguf_fitting_type(type == UINT32_MAX ? own : type, t->shape[t->rank - 1]);
}

struct model_gguf {
    const struct lrt_adapter_source *from;
    const struct lrt_weights *weights;
    const char *architecture;
    uint32_t type;
    struct tensor_list list;
};

// Adds the model's own tensors. If the base is no GGUF, their rows and norms are converted to GGUF's order.
static bool add_model(struct model_gguf *m) {
    const struct lrt_plan_info *plan = m->from->plan;
    bool interleaved = lrt_gguf_interleaves(m->architecture), gemma = lrt_gguf_is_gemma(m->architecture);
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        for (int64_t k = 0; k < w->instances; k++) {
            struct lrt_named_tensor *t = add_instance(&m->list, m->from, m->weights, i, k, LRT_FORMAT_GGUF);
            if (!t) return false;
            uint32_t own = m->weights->slots[w->first_slot + (size_t)k * w->slot_stride].type;
            if (trained_values(m->from, i, w->first + k) || w->rank == 1) t->type = trained_type(t, m->type, own);
            if (interleaved && !m->from->rope_interleaved && w->rope_head > 0) {
                t->rope_head = w->rope_head;
                t->rope_order = LRT_ROPE_TO_GGUF;
            }
            if (gemma) t->shift = lrt_gguf_norm_shift(w->rank, t->name);
        }
    }
    return true;
}

// Tensors of the base that the model does not declare.
static bool add_others(struct model_gguf *m, const struct lrt_weight_file *base) {
    size_t declared = m->list.n;
    for (size_t i = 0; i < base->n_tensors; i++) {
        const struct lrt_file_tensor *t = &base->tensors[i];
        bool known = false;
        for (size_t k = 0; k < declared && !known; k++) known = strcmp(m->list.tensors[k].name, t->name) == 0;
        if (known) continue;
        struct lrt_named_tensor *added = lrt_tensor_list_add(&m->list, t->name);
        if (!added) return false;
        added->type = t->type;
        added->rank = t->rank;
        memcpy(added->shape, t->shape, sizeof added->shape);
        added->source = (struct lrt_tensor){.data = t->data, .type = t->type};
    }
    return true;
}

// Not what says that the base was a part of a file, or random.
static bool is_of_whole(const struct gguf_entry *e) {
    static const char split[] = "split.", random[] = LRT_RANDOM_KEY;
    return (e->key_length < sizeof split - 1 || memcmp(e->key, split, sizeof split - 1) != 0) &&
           (e->key_length != sizeof random - 1 || memcmp(e->key, random, sizeof random - 1) != 0);
}

// The base's metadata of a whole model; NULL: out of memory. Freed by the caller.
static struct gguf_entry *whole_entries(const struct lrt_weight_file *base, size_t *n) {
    struct gguf_entry *kept = malloc((base->n_entries + 1) * sizeof *kept);
    *n = 0;
    for (size_t i = 0; kept && i < base->n_entries; i++)
        if (is_of_whole(&base->entries[i])) kept[(*n)++] = base->entries[i];
    return kept;
}

int lrt_write_model_gguf(const char *path, const struct lrt_adapter_source *from, const struct lrt_weights *weights,
                         const struct lrt_weight_file *base, const struct lrt_gguf_facts *facts, uint32_t type,
                         struct lrt_report *report) {
    lrt_file_clear(report);
    if (type != UINT32_MAX && !lrt_file_type_usable(type))
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: type %u is not one of %s", path, type, lrt_type_names());
    const char *architecture = base ? lrt_weight_file_architecture(base) : NULL;
    struct lrt_gguf_facts known = facts ? *facts : (struct lrt_gguf_facts){0};
    if (!known.architecture) known.architecture = architecture ? architecture : from->architecture;
    if (!known.architecture) known.architecture = lrt_gguf_guess_architecture(from->plan);
    struct model_gguf m = {from, weights, known.architecture, type, {0}};
    bool copied = base && base->format == LRT_FORMAT_GGUF;
    int status = add_model(&m) && (!copied || add_others(&m, base))
                     ? LRT_OK
                     : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    struct gguf_entries entries = {.n = 0};
    if (!copied) lrt_entries_model(&entries, from->plan, &known, UINT32_MAX);
    size_t n = entries.n;
    struct gguf_entry *kept = copied && !status ? whole_entries(base, &n) : NULL;
    if (!status && copied && !kept) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status)
        status = lrt_gguf_write(path, kept ? kept : entries.entry, n, m.list.tensors, m.list.n, NULL, NULL, report);
    free(kept);
    lrt_tensor_list_free(&m.list);
    return status;
}
