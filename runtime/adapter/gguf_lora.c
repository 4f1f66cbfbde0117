// gguf_lora: LoRA as llama.cpp reads it: A {in, r}, B {r, out} under the base tensors' names, one alpha for the file.
// Where adapters differ in alpha, their B carries the difference, so that alpha / rank * B A stays what it was.
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "runtime/adapter/adapter_match.h"
#include "runtime/adapter/adapter_note.h"
#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/model_facts.h"
#include "runtime/weights/gguf_write.h"
#include "runtime/weights/tensor_list.h"
#include "runtime/weights/weight_file.h"

static const struct adapter_entry *first_lora(const struct adapter_entries *e) {
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].role->in_gguf) return &e->entries[i];
    return NULL;
}

static void lora_name(const struct adapter_entry *e, char *name, size_t size) {
    snprintf(name, size, "%s.%s", e->gguf, e->role->name);
}

// Adds one tensor; *scaled receives a copy of values that carry the difference of alphas (freed by the caller), or
// NULL.
static int add_lora(struct tensor_list *list, const struct adapter_entry *e, const float *values, double alpha,
                    int order, float **scaled, struct lrt_report *report) {
    char name[ADAPTER_NAME_BYTES + 16];
    lora_name(e, name, sizeof name);
    struct lrt_named_tensor *t = lrt_tensor_list_add(list, name);
    if (!t) return lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    const char *copy = t->name;
    *t = lrt_entry_tensor(e, values, order);
    t->name = copy;
    double factor = e->param->alpha / alpha;
    if (!e->role->second || (factor >= 1 && factor <= 1)) return LRT_OK;
    *scaled = malloc((size_t)e->floats * sizeof **scaled);
    if (!*scaled) return lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    for (int64_t i = 0; i < e->floats; i++) (*scaled)[i] = (float)(factor * (double)values[e->offset + i]);
    t->source = lrt_floats(*scaled);
    return LRT_OK;
}

static int check_writable(const char *path, const struct adapter_entries *e, struct lrt_report *report) {
    const struct adapter_entry *other = lrt_entries_without_gguf(e);
    if (other)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: a GGUF adapter holds LoRA alone, and %s is of %s", path,
                             other->param->name, lrt_adapter_info(other->role->adapter)->name);
    if (e->n_gguf == 0)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT,
                             "%s: the model has no LoRA adapter, which is all that a GGUF adapter can hold", path);
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].role->in_gguf && !(e->entries[i].param->alpha > 0))
            return lrt_file_fail(report, LRT_ERR_ARGUMENT,
                                 "%s: %s has alpha 0, which a GGUF adapter cannot say; use an alpha above 0", path,
                                 e->entries[i].param->name);
    return LRT_OK;
}

static int write_lora(const char *path, const struct lrt_adapter_source *from, const struct adapter_entries *e,
                      struct lrt_report *report) {
    const char *architecture = from->architecture ? from->architecture : lrt_gguf_guess_architecture(from->plan);
    int order = lrt_gguf_interleaves(architecture) && !from->rope_interleaved ? LRT_ROPE_TO_GGUF : LRT_ROPE_KEEP;
    double alpha = first_lora(e)->param->alpha;
    struct tensor_list list = {0};
    float **scaled = calloc(e->n, sizeof *scaled);
    int status = scaled ? LRT_OK : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    size_t left_out = 0;
    for (size_t i = 0; i < e->n && !status; i++) {
        if (!e->entries[i].role->in_gguf)
            left_out++;
        else
            status = add_lora(&list, &e->entries[i], from->values, alpha, order, &scaled[i], report);
    }
    struct gguf_entries facts = {.n = 0};
    lrt_entries_string(&facts, "general.architecture", architecture);
    lrt_entries_string(&facts, "general.type", "adapter");
    lrt_entries_string(&facts, "general.name", from->plan->model ? from->plan->model : "adapter");
    lrt_entries_integer(&facts, "", "general.quantization_version", 2);
    lrt_entries_string(&facts, "adapter.type", "lora");
    lrt_entries_float(&facts, "", "adapter.lora.alpha", alpha);
    if (!status) status = lrt_gguf_write(path, facts.entry, facts.n, list.tensors, list.n, NULL, NULL, report);
    if (!status && left_out)
        lrt_file_note(report,
                      "%s: %zu fully trained tensors were left out, a GGUF adapter holds LoRA only; they are in the "
                      "complete model",
                      path, left_out);
    for (size_t i = 0; scaled && i < e->n; i++) free(scaled[i]);
    free(scaled);
    lrt_tensor_list_free(&list);
    return status;
}

int lrt_write_gguf_lora(const char *path, const struct lrt_adapter_source *from, struct lrt_report *report) {
    lrt_file_clear(report);
    struct adapter_entries e;
    int status = lrt_entries_collect(&e, from->plan, false, true, report);
    if (!status) status = check_writable(path, &e, report);
    if (!status) status = write_lora(path, from, &e, report);
    lrt_entries_free(&e);
    return status;
}

// ---- reading ----

static void gguf_name(const struct adapter_entry *e, char *name, size_t size) {
    if (e->role->in_gguf)
        lora_name(e, name, size);
    else
        name[0] = '\0'; // trained in full: the base's own tensor
}

static int check_kind(const struct lrt_weight_file *file, const char *path, double *alpha, struct lrt_report *report) {
    if (lrt_weight_file_format(file) != LRT_FORMAT_GGUF || !lrt_gguf_string_is(file, "adapter.type", "lora") ||
        !lrt_gguf_number(file, "adapter.lora.alpha", alpha) || !(*alpha > 0) || isinf(*alpha))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: not a GGUF LoRA: it must say adapter.type = lora and adapter.lora.alpha above 0",
                             path);
    if (lrt_gguf_has(file, "adapter.alora.invocation_tokens"))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: adapter.alora.invocation_tokens: an adapter that begins to work at certain tokens, "
                             "which the program does not compute; take a plain LoRA",
                             path);
    return LRT_OK;
}

static int read_tensors(const struct lrt_weight_file *file, const struct adapter_match *match, double alpha, int order,
                        float *values, const struct lrt_file_tensor **found, double *scale, struct lrt_report *report) {
    const struct adapter_entries *e = match->entries;
    const char *path = lrt_weight_file_path(file, 0);
    int status = lrt_match_file(match, file, NULL, NULL, true, found, report);
    for (size_t i = 0; i < e->n && !status; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        scale[i] = 1;
        if (!found[i]) continue;
        status = lrt_entry_scale(entry, alpha / (double)lrt_lora_rank(entry->param), path, &scale[i], report);
        const struct adapter_reading how = {.order = order, .plain = true, .scale = scale[i]};
        if (!status) status = lrt_entry_read(entry, found[i], path, how, values, report);
    }
    return status;
}

static int read_lora(const struct lrt_weight_file *file, const struct adapter_entries *e,
                     const struct lrt_plan_info *plan, int rope_interleaved, float *values, struct lrt_report *report) {
    const char *path = lrt_weight_file_path(file, 0);
    const bool interleaved = lrt_gguf_interleaves(lrt_weight_file_architecture(file));
    const int order = interleaved == (rope_interleaved != 0) ? LRT_ROPE_KEEP
                      : interleaved                          ? LRT_ROPE_TO_HF
                                                             : LRT_ROPE_TO_GGUF;
    double alpha = 0, *scale = malloc((e->n + 1) * sizeof *scale);
    const struct lrt_file_tensor **found = calloc(e->n + 1, sizeof *found);
    struct adapter_match match;
    struct lrt_bytes base = {.length = 0};
    char name[200] = "";
    int status = lrt_match_begin(&match, e, gguf_name, report);
    if (!status && (!scale || !found)) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status) status = check_kind(file, path, &alpha, report);
    if (!status) status = read_tensors(file, &match, alpha, order, values, found, scale, report);
    if (!status && lrt_gguf_string(file, "general.base_model.0.name", &base))
        snprintf(name, sizeof name, "%.*s", base.length < 150 ? (int)base.length : 150, base.bytes);
    if (!status) lrt_note_base(path, name, plan, report);
    if (!status) lrt_note_scale(path, e, scale, report);
    free(scale);
    free(found);
    lrt_match_end(&match);
    return status;
}

int lrt_read_gguf_lora(const char *path, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                       struct lrt_report *report) {
    lrt_file_clear(report);
    struct adapter_entries e;
    struct lrt_weight_file *file = NULL;
    int status = lrt_entries_collect(&e, plan, false, true, report);
    if (!status) status = lrt_weight_file_open(&file, path, report);
    if (!status) status = read_lora(file, &e, plan, rope_interleaved, values, report);
    lrt_weight_file_close(file);
    lrt_entries_free(&e);
    return status;
}
