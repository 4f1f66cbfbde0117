// gguf_lora: LoRA as llama.cpp reads it: A {in, r}, B {r, out} under the base tensors' names, one alpha for the file.
// Where adapters differ in alpha, their B carries the difference, so that alpha / rank * B A stays what it was.
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "runtime/adapter/adapter_entries.h"
#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/gguf_write.h"
#include "runtime/weights/tensor_list.h"

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
    int order = strcmp(architecture, "llama") == 0 && !from->rope_interleaved ? LRT_ROPE_TO_GGUF : LRT_ROPE_KEEP;
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

static int read_one(const struct lrt_weight_file *file, const struct adapter_entry *e, double alpha, int order,
                    float *values, struct lrt_report *report) {
    const char *path = lrt_weight_file_path(file, 0);
    char name[ADAPTER_NAME_BYTES + 16];
    lora_name(e, name, sizeof name);
    const struct lrt_file_tensor *t = lrt_weight_file_find(file, name);
    if (!t)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: tensor %s, which the model trains, is not in the adapter; generate the program with the "
            "adapter's `adapt`",
            path, name);
    struct adapter_entry plain = *e;
    plain.embedding = false; // only PEFT transposes these
    int status = lrt_entry_read(&plain, t, path, order, values, report);
    double factor = alpha / e->param->alpha;
    if (status || !e->role->second || (factor >= 1 && factor <= 1)) return status;
    for (int64_t i = 0; i < e->floats; i++) values[e->offset + i] = (float)(factor * (double)values[e->offset + i]);
    return LRT_OK;
}

static int read_lora(const struct lrt_weight_file *file, const struct adapter_entries *e, int rope_interleaved,
                     float *values, struct lrt_report *report) {
    const char *path = lrt_weight_file_path(file, 0);
    double alpha = 0;
    if (lrt_weight_file_format(file) != LRT_FORMAT_GGUF || !lrt_gguf_string_is(file, "adapter.type", "lora") ||
        !lrt_gguf_number(file, "adapter.lora.alpha", &alpha) || !(alpha > 0))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: not a GGUF LoRA: it must say adapter.type = lora and adapter.lora.alpha above 0",
                             path);
    int order =
        lrt_gguf_string_is(file, "general.architecture", "llama") && !rope_interleaved ? LRT_ROPE_TO_HF : LRT_ROPE_KEEP;
    size_t found = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (!e->entries[i].role->in_gguf) continue;
        int status = read_one(file, &e->entries[i], alpha, order, values, report);
        if (status) return status;
        found++;
    }
    if (found != lrt_weight_file_count(file))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: holds %zu tensors, the model has %zu of LoRA: it adapts more than the model trains; "
                             "generate the program with the adapter's `adapt`",
                             path, lrt_weight_file_count(file), found);
    return LRT_OK;
}

int lrt_read_gguf_lora(const char *path, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                       struct lrt_report *report) {
    lrt_file_clear(report);
    struct adapter_entries e;
    struct lrt_weight_file *file = NULL;
    int status = lrt_entries_collect(&e, plan, false, true, report);
    if (!status) status = lrt_weight_file_open(&file, path, report);
    if (!status) status = read_lora(file, &e, rope_interleaved, values, report);
    lrt_weight_file_close(file);
    lrt_entries_free(&e);
    return status;
}
