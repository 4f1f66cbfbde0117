// adapter_entries: see the header.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/adapter_entries.h"
#include "runtime/weights/finite.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

static bool is_embedding(const char *hf) {
    return lrt_name_ends(hf, "embed_tokens.weight") || lrt_name_ends(hf, "wte.weight") ||
           lrt_name_ends(hf, "word_embeddings.weight");
}

static int name_entry(struct adapter_entry *e, bool need_hf, bool need_gguf, struct lrt_report *report) {
    const struct lrt_weight_info *w = e->weight;
    if ((need_hf && !w->hf) || (need_gguf && !w->gguf))
        return lrt_file_fail(report, LRT_ERR_ARGUMENT,
                             "weight %s has no %s name, which this format needs: add %s \"...\" to its declaration",
                             w->name, need_hf && !w->hf ? "hf" : "gguf", need_hf && !w->hf ? "hf" : "gguf");
    size_t hf = w->hf ? lrt_name_expand(e->hf, sizeof e->hf, w->hf, e->instance) : 0;
    size_t gguf = w->gguf ? lrt_name_expand(e->gguf, sizeof e->gguf, w->gguf, e->instance) : 0;
    if (hf >= sizeof e->hf || gguf >= sizeof e->gguf)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "weight %s: its name in files is longer than %d bytes", w->name,
                             ADAPTER_NAME_BYTES - 1);
    memcpy(e->module, e->hf, sizeof e->module);
    if (lrt_name_ends(e->module, ".weight"))
        e->module[strlen(e->module) - 7] = '\0';
    else if (lrt_name_ends(e->module, ".bias"))
        e->module[strlen(e->module) - 5] = '\0';
    e->embedding = e->role->peft_embedding && is_embedding(e->hf);
    return LRT_OK;
}

static int64_t elements(const struct lrt_param_info *p) {
    int64_t n = 1;
    for (int i = 0; i < p->rank; i++) n *= p->shape[i];
    return n;
}

int lrt_entries_collect(struct adapter_entries *e, const struct lrt_plan_info *plan, bool need_hf, bool need_gguf,
                        struct lrt_report *report) {
    size_t count = 0;
    *e = (struct adapter_entries){0};
    for (size_t i = 0; i < plan->n_params; i++) count += (size_t)plan->params[i].instances;
    e->entries = calloc(count + 1, sizeof *e->entries);
    if (!e->entries) return lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < plan->n_params; i++) {
        const struct lrt_param_info *p = &plan->params[i];
        if ((unsigned)p->role >= LRT_ROLES || p->weight >= plan->n_weights)
            return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: the plan's entry is not sound", p->name);
        const struct lrt_role_row *role = lrt_role_info(p->role);
        for (int64_t k = 0; k < p->instances; k++) {
            struct adapter_entry *entry = &e->entries[e->n++];
            entry->param = p;
            entry->weight = &plan->weights[p->weight];
            entry->role = role;
            entry->instance = p->first + k;
            entry->offset = p->offset + k * p->stride;
            entry->floats = elements(p);
            entry->rope_head = role->by_rows ? entry->weight->rope_head : 0;
            e->n_gguf += role->in_gguf != 0;
            int status = name_entry(entry, need_hf, need_gguf, report);
            if (status) return status;
        }
    }
    return LRT_OK;
}

const struct adapter_entry *lrt_entries_without_gguf(const struct adapter_entries *e) {
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].role->peft && !e->entries[i].role->in_gguf) return &e->entries[i];
    return NULL;
}

void lrt_entries_free(struct adapter_entries *e) {
    free(e->entries);
    *e = (struct adapter_entries){0};
}

void lrt_entry_peft_name(const struct adapter_entry *e, char *name, size_t size) {
    if (!e->role->peft)
        snprintf(name, size, "base_model.model.%s", e->hf);
    else
        snprintf(name, size, "base_model.model.%s%s", e->module,
                 e->embedding ? e->role->peft_embedding : e->role->peft);
}

struct lrt_named_tensor lrt_entry_tensor(const struct adapter_entry *e, const float *values, int order) {
    struct lrt_named_tensor t = {.type = LRT_F32, .rank = e->param->rank, .source = lrt_floats(values + e->offset)};
    memcpy(t.shape, e->param->shape, sizeof t.shape);
    if (e->rope_head > 0 && order != LRT_ROPE_KEEP) {
        t.rope_head = e->rope_head;
        t.rope_order = order;
    }
    return t;
}

// The tensor's shape in PEFT's files.
static int peft_shape(const struct adapter_entry *e, int64_t shape[4]) {
    const struct lrt_param_info *p = e->param;
    const bool vector = e->role->form != LRT_FORM_ALIKE, row = e->role->form == LRT_FORM_ROW;
    const bool transposed = e->embedding && p->rank == 2;
    memcpy(shape, p->shape, sizeof p->shape);
    if (transposed || row) shape[0] = row ? 1 : p->shape[1];
    if (transposed || vector) shape[1] = row || transposed ? p->shape[0] : 1;
    return vector ? 2 : p->rank;
}

void lrt_entry_fill(const struct adapter_entry *e, const struct lrt_adapter_source *from, struct lrt_named_tensor *t) {
    const char *name = t->name;
    *t = lrt_entry_tensor(e, from->values, from->rope_interleaved ? LRT_ROPE_TO_HF : LRT_ROPE_KEEP);
    t->name = name;
    t->transposed = e->embedding;
    t->rank = peft_shape(e, t->shape);
}

int lrt_entry_scale(const struct adapter_entry *e, double has, const char *path, double *scale,
                    struct lrt_report *report) {
    const double own = e->param->alpha / (double)lrt_lora_rank(e->param);
    *scale = 1;
    if (!isfinite(has) || !(fabs(own) > 0))
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: the adapter of %s is scaled by no finite number, or the program's by alpha 0; generate "
            "it with another alpha",
            path, e->module[0] ? e->module : e->weight->name);
    if (e->role->second && fabs(has - own) > 1e-9 * fabs(own)) *scale = has / own;
    return LRT_OK;
}

int lrt_entry_read(const struct adapter_entry *e, const struct lrt_file_tensor *t, const char *path,
                   struct adapter_reading how, float *values, struct lrt_report *report) {
    const struct lrt_param_info *p = e->param;
    const bool turned = (e->embedding && !how.plain) || (how.transposed && p->rank == 2);
    int64_t rows = p->shape[0], columns = p->rank == 2 ? p->shape[1] : 1, wants[4] = {rows, columns};
    const int rank = how.plain ? p->rank : peft_shape(e, wants);
    if (how.plain && turned) wants[0] = columns, wants[1] = rows;
    if (t->rank != rank || memcmp(t->shape, wants, (size_t)rank * sizeof *wants) != 0)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: tensor %s has shape [%" PRId64 ", %" PRId64 "], the model's %s is [%" PRId64
                             ", %" PRId64 "]; generate the program with the adapter's rank and dims (-D rank=...)",
                             path, t->name, t->shape[0], t->shape[1], p->name, wants[0], rank == 2 ? wants[1] : 0);
    float *read = malloc((size_t)e->floats * sizeof *read), *to = values + e->offset;
    if (!read) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    const bool same = how.scale >= 1 && how.scale <= 1;
    const int ok = lrt_file_tensor_floats(t, read, e->floats);
    size_t odd = ok ? lrt_find_not_finite(read, LRT_F32, (size_t)e->floats) : 0;
    const char *why = "is infinite or not a number: the run that wrote it diverged";
    for (int64_t r = 0; r < rows && ok; r++) {
        int64_t at = e->rope_head > 0 ? lrt_rope_source_row(r, e->rope_head, how.order) : r;
        for (int64_t c = 0; c < columns; c++) {
            const float value = turned ? read[c * rows + at] : read[at * columns + c];
            to[r * columns + c] = same ? value : (float)(how.scale * (double)value);
        }
    }
    free(read);
    if (!ok)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: tensor %s has type %s; save the adapter as F32, F16 or BF16",
                             path, t->name, lrt_file_type_name(t->type));
    if (odd == (size_t)e->floats) {
        odd = lrt_find_not_finite(to, LRT_F32, (size_t)e->floats);
        why = "is too large for a float, times what the adapter's alpha is to the program's; mend its alpha or scale";
    }
    if (odd == (size_t)e->floats) return LRT_OK;
    return lrt_file_fail(report, LRT_ERR_FILE, "%s: number %zu of tensor %s %s", path, odd, t->name, why);
}
