// mlx: the adapter folder of MLX: A and B transposed, in Hugging Face row order; one rank and scale for the folder, so
// B carries any difference of scales.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/adapter_entries.h"
#include "runtime/weights/tensor_list.h"
#include "runtime/weights/tensor_rows.h"
#include "runtime/weights/weight_names.h"

enum { PATH_BYTES = 4096 };

static const struct lrt_param_info *first_lora(const struct adapter_entries *e) {
    for (size_t i = 0; i < e->n; i++)
        if (e->entries[i].param->role == LRT_ROLE_LORA_A) return e->entries[i].param;
    return NULL;
}

static double scale_of(const struct lrt_param_info *p) { return p->alpha / (double)lrt_lora_rank(p); }

// "self_attn.q_proj": what follows "layers.3." in the module's name; the whole name outside layers.
static const char *key_of(const struct adapter_entry *e) {
    const char *index = strstr(e->weight->hf, "{i}.");
    if (!index) return e->module;
    const char *dot = strchr(e->module + (index - e->weight->hf), '.');
    return dot ? dot + 1 : e->module;
}

static char *config_once(const struct adapter_entries *e) {
    const struct lrt_param_info *usual = first_lora(e);
    json_t *keys = json_array();
    int64_t layers = 0;
    for (size_t i = 0; i < e->n; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        int64_t after =
            entry->weight->first + entry->weight->instances - entry->instance; // MLX adapts the last so many layers
        if (strstr(entry->weight->hf, "{i}") && after > layers) layers = after;
        bool known = entry->param->role != LRT_ROLE_LORA_A;
        for (size_t k = 0; k < json_array_size(keys) && !known; k++)
            known = strcmp(json_string_value(json_array_get(keys, k)), key_of(entry)) == 0;
        if (!known) json_array_append_new(keys, json_string(key_of(entry)));
    }
    json_t *config = json_pack("{s:s, s:I, s:{s:I, s:f, s:f, s:o}}", "fine_tune_type", "lora", "num_layers",
                               (json_int_t)layers, "lora_parameters", "rank", (json_int_t)lrt_lora_rank(usual), "scale",
                               scale_of(usual), "dropout", 0.0, "keys", keys);
    char *text = config ? json_dumps(config, JSON_INDENT(2)) : NULL;
    json_decref(config);
    return text;
}

// NULL when memory ran out. The text is built twice and compared: Jansson does not report every failed allocation, but
// a text that lacks something differs from the next one.
static char *config_text(const struct adapter_entries *e) {
    char *text = config_once(e), *again = config_once(e);
    const bool same = text && again && strcmp(text, again) == 0;
    free(again);
    if (same) return text;
    free(text);
    return NULL;
}

// The pool's values of one entry times `factor`, in Hugging Face row order and transposed.
static float *transposed_values(const struct adapter_entry *e, const struct lrt_adapter_source *from, double factor) {
    int64_t rows = e->param->shape[0], columns = e->param->shape[1];
    int order = from->rope_interleaved && e->rope_head > 0 ? LRT_ROPE_TO_HF : LRT_ROPE_KEEP;
    float *transposed = malloc((size_t)e->floats * sizeof *transposed);
    for (int64_t r = 0; transposed && r < rows; r++) {
        const float *row = from->values + e->offset + lrt_rope_source_row(r, e->rope_head, order) * columns;
        for (int64_t c = 0; c < columns; c++) transposed[c * rows + r] = (float)(factor * (double)row[c]);
    }
    return transposed;
}

static int write_tensors(const char *path, const struct adapter_entries *e, const struct lrt_adapter_source *from,
                         struct lrt_report *report) {
    struct tensor_list list = {0};
    float **transposed = calloc(e->n + 1, sizeof *transposed);
    int status = transposed ? LRT_OK : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; i < e->n && !status; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        bool full = !entry->role->in_gguf;
        char name[ADAPTER_NAME_BYTES + 16];
        if (full)
            snprintf(name, sizeof name, "%s", entry->hf);
        else
            snprintf(name, sizeof name, "%s.%s", entry->module, entry->role->name);
        struct lrt_named_tensor *t = lrt_tensor_list_add(&list, name);
        double factor = entry->role->second ? scale_of(entry->param) / scale_of(first_lora(e)) : 1;
        if (t && !full) transposed[i] = transposed_values(entry, from, factor);
        if (!t || (!full && !transposed[i])) {
            status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
            break;
        }
        const char *copy = t->name;
        *t = lrt_entry_tensor(entry, from->values, full && from->rope_interleaved ? LRT_ROPE_TO_HF : LRT_ROPE_KEEP);
        t->name = copy;
        if (full) continue;
        t->shape[0] = entry->param->shape[1];
        t->shape[1] = entry->param->shape[0];
        t->source = lrt_floats(transposed[i]);
    }
    if (!status) status = lrt_write_safetensors(path, list.tensors, list.n, NULL, 0, report);
    for (size_t i = 0; transposed && i < e->n; i++) free(transposed[i]);
    free(transposed);
    lrt_tensor_list_free(&list);
    return status;
}

int lrt_write_mlx(const char *directory, const struct lrt_adapter_source *from, struct lrt_report *report) {
    lrt_file_clear(report);
    char tensors[PATH_BYTES], config[PATH_BYTES];
    if (snprintf(tensors, sizeof tensors, "%s/adapters.safetensors", directory) >= PATH_BYTES ||
        snprintf(config, sizeof config, "%s/adapter_config.json", directory) >= PATH_BYTES)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%.100s...: the path is too long", directory);
    struct adapter_entries e;
    int status = lrt_entries_collect(&e, from->plan, true, false, report);
    const struct adapter_entry *other = status ? NULL : lrt_entries_without_gguf(&e);
    if (other)
        status = lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: MLX's adapters are LoRA alone, and %s is of %s",
                               directory, other->param->name, lrt_adapter_info(other->role->adapter)->name);
    if (!status && (e.n_gguf == 0 || !(scale_of(first_lora(&e)) > 0)))
        status = lrt_file_fail(report, LRT_ERR_ARGUMENT,
                               "%s: the model has no LoRA adapter with an alpha above 0 to write for MLX", directory);
    char *text = status ? NULL : config_text(&e);
    if (!status && !text) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", directory);
    if (!status) status = lrt_output_folder(directory, report);
    if (!status) status = write_tensors(tensors, &e, from, report);
    struct file_output o;
    if (!status && !(status = lrt_output_open(&o, config, report))) {
        lrt_output_write(&o, text, strlen(text));
        lrt_output_write(&o, "\n", 1);
        status = lrt_output_close(&o, LRT_OK, report);
    }
    free(text);
    lrt_entries_free(&e);
    return status;
}
