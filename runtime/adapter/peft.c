// peft: the PEFT adapter folder, both ways, and gradients under its names. Rows of q and k go out in Hugging Face order
// and come back into the base's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/peft_config.h"
#include "runtime/adapter/peft_key.h"
#include "runtime/weights/weight_file.h"
#include "runtime/weights/tensor_list.h"
#include "runtime/weights/tensor_rows.h"

enum { PATH_BYTES = 4096, CONFIG_LIMIT = 1 << 20 };

static int join(char *path, const char *directory, const char *name, struct lrt_report *report) {
    int n = snprintf(path, PATH_BYTES, "%s/%s", directory, name);
    return n > 0 && n < PATH_BYTES
               ? LRT_OK
               : lrt_file_fail(report, LRT_ERR_ARGUMENT, "%.100s...: the path is too long", directory);
}

// PEFT's names; gradients of full tensors under the plain name.
static int write_tensors(const char *path, const struct adapter_entries *e, const struct lrt_adapter_source *from,
                         bool gradients, struct lrt_report *report) {
    struct tensor_list list = {0};
    int status = LRT_OK;
    for (size_t i = 0; i < e->n && !status; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        char name[ADAPTER_NAME_BYTES + 64];
        lrt_entry_peft_name(entry, name, sizeof name);
        struct lrt_named_tensor *t = lrt_tensor_list_add(&list, gradients && !entry->role->peft ? entry->hf : name);
        if (!t) {
            status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
            break;
        }
        lrt_entry_fill(entry, from, t);
    }
    if (!status) status = lrt_write_safetensors(path, list.tensors, list.n, NULL, 0, report);
    lrt_tensor_list_free(&list);
    return status;
}

// The config's text, NULL when memory ran out. The text is built twice and compared: Jansson does not report every
// failed allocation, but a text that lacks something differs from the next one.
static int config_text(const struct adapter_entries *e, const struct lrt_adapter_source *from, char **text,
                       struct lrt_report *report) {
    char *again = NULL;
    int status = lrt_peft_config_text(e, from, text, report);
    if (!status) status = lrt_peft_config_text(e, from, &again, report);
    if (!status && strcmp(*text, again) != 0) status = lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    free(again);
    return status;
}

static int write_text(const char *path, const char *text, struct lrt_report *report) {
    struct file_output o;
    int status = lrt_output_open(&o, path, report);
    if (status) return status;
    lrt_output_write(&o, text, strlen(text));
    lrt_output_write(&o, "\n", 1);
    return lrt_output_close(&o, LRT_OK, report);
}

int lrt_write_peft(const char *directory, const struct lrt_adapter_source *from, struct lrt_report *report) {
    lrt_file_clear(report);
    char tensors[PATH_BYTES], config[PATH_BYTES];
    struct adapter_entries e = {0};
    int status = join(tensors, directory, "adapter_model.safetensors", report);
    if (!status) status = join(config, directory, "adapter_config.json", report);
    if (!status) status = lrt_entries_collect(&e, from->plan, true, false, report);
    char *text = NULL;
    if (!status) status = config_text(&e, from, &text, report);
    if (!status) status = lrt_output_folder(directory, report);
    if (!status) status = write_tensors(tensors, &e, from, false, report);
    if (!status) status = write_text(config, text, report);
    free(text);
    lrt_entries_free(&e);
    return status;
}

int lrt_write_gradients(const char *path, const struct lrt_adapter_source *from, struct lrt_report *report) {
    lrt_file_clear(report);
    struct adapter_entries e;
    int status = lrt_entries_collect(&e, from->plan, true, false, report);
    if (!status) status = write_tensors(path, &e, from, true, report);
    lrt_entries_free(&e);
    return status;
}

static int read_entries(const struct lrt_weight_file *file, const struct adapter_entries *e, int order,
                        const double *scale, float *values, struct lrt_report *report) {
    struct peft_keys keys = {.path = lrt_weight_file_path(file, 0)};
    const struct lrt_file_tensor **found = calloc(e->n + 1, sizeof *found);
    struct adapter_match match;
    int status = lrt_match_begin(&match, e, lrt_entry_peft_name, report);
    if (!status && !found) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", keys.path);
    if (!status) status = lrt_match_file(&match, file, lrt_peft_key, &keys, true, found, report);
    for (size_t i = 0; i < e->n && !status; i++)
        status = lrt_entry_read(&e->entries[i], found[i], keys.path,
                                (struct adapter_reading){.order = order, .scale = scale[i]}, values, report);
    free(found);
    lrt_match_end(&match);
    return status;
}

int lrt_read_peft(const char *directory, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                  struct lrt_report *report) {
    lrt_file_clear(report);
    char tensors[PATH_BYTES], path[PATH_BYTES];
    struct adapter_entries e = {0};
    struct lrt_weight_file *file = NULL;
    json_t *config = NULL;
    double *scale = NULL;
    int status = join(tensors, directory, "adapter_model.safetensors", report);
    if (!status) status = join(path, directory, "adapter_config.json", report);
    if (!status) status = lrt_entries_collect(&e, plan, true, false, report);
    if (!status && !(scale = malloc((e.n + 1) * sizeof *scale)))
        status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", directory);
    if (!status && !(config = lrt_file_read_json(path, CONFIG_LIMIT, report))) status = LRT_ERR_FILE;
    if (!status) status = lrt_peft_config_check(config, path, &e, plan, scale, report);
    if (!status) status = lrt_weight_file_open(&file, tensors, report);
    if (!status)
        status = read_entries(file, &e, rope_interleaved ? LRT_ROPE_TO_GGUF : LRT_ROPE_KEEP, scale, values, report);
    if (!status) lrt_peft_config_note(config, path, &e, plan, scale, report);
    lrt_weight_file_close(file);
    json_decref(config);
    free(scale);
    lrt_entries_free(&e);
    return status;
}
