// weight_bind: finds the tensor of every weight instance in an open file and puts its address into a slot. Names are
// checked first, and all missing ones come in one message; then shapes and types. Last, the few tensors whose bytes
// must change are copied.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_convert.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

enum { MISSING_SHOWN = 8 };

struct binding {
    struct lrt_weight_file *file;
    const struct lrt_plan_info *plan;
    struct lrt_tensor *slots;
    int flags;
    bool gemma; // norms carry +1
    bool *used; // [file's tensors]
    size_t missing;
    struct lrt_report *report;
};

// Whether this layer's instance of the weight is trained whole: a weight may be trained in some layers alone.
static bool trained_in_full(const struct lrt_plan_info *plan, size_t weight, int64_t instance) {
    for (size_t i = 0; i < plan->n_params; i++) {
        const struct lrt_param_info *p = &plan->params[i];
        if (p->weight == weight && p->role == LRT_ROLE_FULL && instance >= p->first &&
            instance < p->first + p->instances)
            return true;
    }
    return false;
}

// Hugging Face saves a base model without the prefix that its causal form puts before every name.
static const struct lrt_file_tensor *find_tensor(const struct lrt_weight_file *file, const char *name) {
    static const char *const prefixes[] = {"model.", "transformer.", "roberta.", "bert.", "gpt_neox."};
    const struct lrt_file_tensor *t = lrt_weight_file_find(file, name);
    for (size_t i = 0; !t && file->format == LRT_FORMAT_SAFETENSORS && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(name, prefixes[i], length) == 0) t = lrt_weight_file_find(file, name + length);
    }
    return t;
}

static const char *nearest(const struct lrt_weight_file *file, const char *name) {
    size_t best = strlen(name) * 3 / 4 + 1;
    const char *found = NULL;
    for (size_t i = 0; i < file->n_tensors; i++) {
        size_t distance = lrt_name_distance(name, file->tensors[i].name);
        if (distance < best) {
            best = distance;
            found = file->tensors[i].name;
        }
    }
    return found;
}

static void note_missing(struct binding *b, const struct lrt_weight_info *weight, const char *name) {
    if (b->missing++ == 0)
        lrt_file_note(b->report, "%s: tensors that the model declares are not in the file:", b->file->shards[0].path);
    if (b->missing > MISSING_SHOWN) return;
    const char *near = nearest(b->file, name);
    const char *format = b->file->format == LRT_FORMAT_GGUF ? "gguf" : "hf";
    bool named = b->file->format == LRT_FORMAT_GGUF ? weight->gguf != NULL : weight->hf != NULL;
    lrt_file_note(b->report, "\n  %s (weight %s)", name, weight->name);
    if (near) lrt_file_note(b->report, "; the file has %s", near);
    if (!named)
        lrt_file_note(b->report, "; the weight has no %s name: add %s \"...\" to its declaration", format, format);
}

static void put_shape(char *text, size_t size, const int64_t *shape, int rank) {
    size_t n = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < rank && i < 4 && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%" PRId64, i ? ", " : "", shape[i]);
    if (n < size) snprintf(text + n, size - n, rank > 4 ? ", ...]" : "]");
}

// Leading dims of 1 do not matter: some converters drop them.
static bool same_shape(const int64_t *a, int rank_a, const int64_t *b, int rank_b) {
    for (; rank_a > 1 && a[0] == 1; a++) rank_a--;
    for (; rank_b > 1 && b[0] == 1; b++) rank_b--;
    return rank_a == rank_b && memcmp(a, b, (size_t)rank_a * sizeof *a) == 0;
}

static int check_tensor(const struct binding *b, const struct lrt_weight_info *w, const struct lrt_file_tensor *t,
                        bool conv1d) {
    const char *path = b->file->shards[t->shard].path;
    int64_t transposed[4] = {w->shape[1], w->shape[0]};
    const int64_t *expected = conv1d ? transposed : w->shape;
    if (t->rank > 4 || !same_shape(t->shape, t->rank, expected, w->rank)) {
        char has[128], wants[128];
        put_shape(has, sizeof has, t->shape, t->rank);
        put_shape(wants, sizeof wants, expected, w->rank);
        return lrt_file_fail(
            b->report, LRT_ERR_FILE,
            "%s: tensor %s is %s, but weight %s takes %s; take the right model, or generate the program "
            "with its dims (-D NAME=VALUE)",
            path, t->name, has, w->name, wants);
    }
    if (!lrt_file_type_usable(t->type))
        return lrt_file_fail(b->report, LRT_ERR_FILE,
                             "%s: tensor %s has type %s (%u), which is not supported; convert the model to one of %s",
                             path, t->name, lrt_file_type_name(t->type), t->type, lrt_type_names());
    return LRT_OK;
}

static size_t element_alignment(uint32_t type) { return type == LRT_F32 ? 4 : 2; }

static int bind_instance(struct binding *b, size_t index, int64_t k) {
    const struct lrt_weight_info *w = &b->plan->weights[index];
    char name[WEIGHT_NAME_BYTES];
    if (lrt_weight_name(name, sizeof name, w, w->first + k, b->file->format) >= sizeof name)
        return lrt_file_fail(b->report, LRT_ERR_FILE,
                             "weight %s: its name in files is longer than %d bytes; give it a shorter one", w->name,
                             WEIGHT_NAME_BYTES - 1);
    struct lrt_tensor *slot = &b->slots[w->first_slot + (uint64_t)k * w->slot_stride];
    const struct lrt_file_tensor *t = find_tensor(b->file, name);
    if (!t) {
        *slot = (struct lrt_tensor){0};
        if (!((b->flags & LRT_BIND_MISSING_TRAINED) && trained_in_full(b->plan, index, w->first + k)))
            note_missing(b, w, name);
        return LRT_OK;
    }
    b->used[t - b->file->tensors] = true;
    if (b->missing) return LRT_OK; // only further missing names are of interest
    bool conv1d = b->file->format == LRT_FORMAT_SAFETENSORS && w->rank == 2 && lrt_name_is_conv1d(t->name);
    int status = check_tensor(b, w, t, conv1d);
    if (status) return status;
    *slot = (struct lrt_tensor){.data = t->data, .type = t->type};
    if (conv1d) return lrt_convert_transpose(b->file, t, slot, b->report);
    if (b->gemma && lrt_gguf_norm_shift(w->rank, name) != 0)
        return lrt_convert_shift(b->file, t, -lrt_gguf_norm_shift(w->rank, name), slot, b->report);
    if ((uintptr_t)t->data % element_alignment(t->type)) return lrt_convert_align(b->file, t, slot, b->report);
    return LRT_OK;
}

// "blk.3." of "blk.3.attn_q.weight" and the pattern "blk.{i}.attn_q.weight": what the tensors of an instance share.
static bool in_instance(const struct binding *b, const char *name, const struct lrt_weight_info *w) {
    const char *pattern = b->file->format == LRT_FORMAT_GGUF ? w->gguf : w->hf;
    const char *mark = pattern ? strstr(pattern, "{i}") : NULL;
    size_t length = mark ? (size_t)(mark - pattern) : 0;
    if (!mark || mark[3] != '.' || strncmp(name, pattern, length) != 0) return false;
    char *end;
    long long instance = name[length] >= '0' && name[length] <= '9' ? strtoll(name + length, &end, 10) : -1;
    return instance >= w->first && instance < w->first + w->instances && *end == '.';
}

// A layer of the file that has more tensors than the model's (biases, further norms) computes something else, so it is
// refused. Exceptions: tables that converters add, and weights that training starts anew.
static int check_unused(const struct binding *b) {
    static const char *const tables[] = {".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias",
                                         ".attn_rot_embd.weight"};
    for (size_t i = 0; i < b->file->n_tensors && !(b->flags & LRT_BIND_MISSING_TRAINED); i++) {
        const char *name = b->file->tensors[i].name;
        bool known = b->used[i];
        for (size_t k = 0; k < sizeof tables / sizeof tables[0]; k++) known = known || lrt_name_ends(name, tables[k]);
        for (size_t w = 0; !known && w < b->plan->n_weights; w++)
            if (in_instance(b, name, &b->plan->weights[w]))
                return lrt_file_fail(b->report, LRT_ERR_FILE,
                                     "%s: tensor %s stands in a layer of the model, which does not declare it: the "
                                     "file is of another architecture; take the right model, or declare the weight",
                                     b->file->shards[b->file->tensors[i].shard].path, name);
    }
    return LRT_OK;
}

static int bind_all(struct binding *b, bool *roped) {
    for (size_t i = 0; i < b->plan->n_weights; i++) {
        const struct lrt_weight_info *w = &b->plan->weights[i];
        if (w->rank < 1 || w->rank > 4 || w->instances < 1 ||
            (uint64_t)w->first_slot + (uint64_t)(w->instances - 1) * w->slot_stride >= b->plan->n_slots)
            return lrt_file_fail(b->report, LRT_ERR_ARGUMENT,
                                 "lrt_weights_bind: the plan's entry of weight %s is not sound", w->name);
        *roped = *roped || w->rope_head > 0;
        for (int64_t k = 0; k < w->instances; k++) {
            int status = bind_instance(b, i, k);
            if (status) return status;
        }
    }
    if (b->missing > MISSING_SHOWN) lrt_file_note(b->report, "\n  and %zu more", b->missing - MISSING_SHOWN);
    if (b->missing) return LRT_ERR_FILE;
    const int status = check_unused(b);
    return status ? status : lrt_file_check_head(b->file, b->plan, b->slots, b->used, b->report);
}

int lrt_weights_bind(struct lrt_weight_file *file, const struct lrt_plan_info *plan, struct lrt_tensor *slots,
                     size_t n_slots, int flags, struct lrt_weights *out, struct lrt_report *report) {
    lrt_file_clear(report);
    if (n_slots < plan->n_slots)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "lrt_weights_bind: %zu slots given, the model has %zu", n_slots,
                             plan->n_slots);
    int status = lrt_weight_file_check(file, plan, report);
    if (status) return status;
    struct binding b = {.file = file, .plan = plan, .slots = slots, .flags = flags, .report = report};
    b.gemma = file->format == LRT_FORMAT_GGUF && lrt_gguf_is_gemma(lrt_weight_file_architecture(file));
    b.used = calloc(file->n_tensors + 1, sizeof *b.used);
    if (!b.used) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", file->shards[0].path);
    bool roped = false;
    status = bind_all(&b, &roped);
    free(b.used);
    if (status) return status;
    lrt_file_note_unknown(file, report);
    *out = (struct lrt_weights){.slots = slots,
                                .count = plan->n_slots,
                                .rope_interleaved = roped && file->format == LRT_FORMAT_GGUF &&
                                                    lrt_gguf_interleaves(lrt_weight_file_architecture(file))};
    return LRT_OK;
}
