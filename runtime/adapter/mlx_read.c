// mlx_read: the adapter folder of MLX becomes values of the pool. A and B lie there transposed; one scale is the factor
// of B A x itself, which alpha / rank is in the program.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/adapter_match.h"
#include "runtime/adapter/adapter_note.h"
#include "runtime/weights/weight_file.h"

enum { PATH_BYTES = 4096, CONFIG_LIMIT = 1 << 20 };

static void mlx_name(const struct adapter_entry *e, char *name, size_t size) {
    if (e->role->in_gguf)
        snprintf(name, size, "%s.%s", e->module, e->role->name);
    else
        snprintf(name, size, "%s", e->hf);
}

static int check_config(const json_t *config, const char *path, double *scale, struct lrt_report *report) {
    const char *type = json_string_value(json_object_get(config, "fine_tune_type"));
    const json_t *parameters = json_object_get(config, "lora_parameters"), *said = json_object_get(parameters, "scale");
    *scale = json_number_value(said);
    if (type && strcmp(type, "lora") != 0)
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: fine_tune_type is %.40s, and the program adapts with lora; fuse the adapter into its "
                             "model (mlx_lm.fuse) and take that as --weights",
                             path, type);
    if (!json_is_number(said))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: lora_parameters has no number \"scale\", which says how much the adapter counts; add "
                             "the scale it was trained with",
                             path);
    return LRT_OK;
}

static int read_tensors(const struct lrt_weight_file *file, const struct adapter_match *match, double factor, int order,
                        float *values, double *scale, struct lrt_report *report) {
    const struct adapter_entries *e = match->entries;
    const char *path = lrt_weight_file_path(file, 0);
    const struct lrt_file_tensor **found = calloc(e->n + 1, sizeof *found);
    int status = found ? LRT_OK : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status) status = lrt_match_file(match, file, NULL, NULL, true, found, report);
    for (size_t i = 0; i < e->n && !status; i++) {
        const struct adapter_entry *entry = &e->entries[i];
        scale[i] = 1;
        if (entry->role->in_gguf) status = lrt_entry_scale(entry, factor, path, &scale[i], report);
        const struct adapter_reading how = {
            .order = order, .plain = true, .transposed = entry->role->in_gguf, .scale = scale[i]};
        if (!status) status = lrt_entry_read(entry, found[i], path, how, values, report);
    }
    free(found);
    return status;
}

// `e` is collected.
static int read_folder(const char *tensors, const char *path, const struct adapter_entries *e,
                       const struct lrt_plan_info *plan, int order, float *values, struct lrt_report *report) {
    struct adapter_match match = {0};
    struct lrt_weight_file *file = NULL;
    double factor = 0, *scale = malloc((e->n + 1) * sizeof *scale);
    json_t *config = lrt_file_read_json(path, CONFIG_LIMIT, report);
    int status = config ? LRT_OK : LRT_ERR_FILE;
    if (!status && !scale) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status) status = check_config(config, path, &factor, report);
    if (!status) status = lrt_match_begin(&match, e, mlx_name, report);
    if (!status) status = lrt_weight_file_open(&file, tensors, report);
    if (!status) status = read_tensors(file, &match, factor, order, values, scale, report);
    if (!status) lrt_note_base(path, json_string_value(json_object_get(config, "model")), plan, report);
    if (!status) lrt_note_scale(path, e, scale, report);
    lrt_weight_file_close(file);
    lrt_match_end(&match);
    json_decref(config);
    free(scale);
    return status;
}

int lrt_read_mlx(const char *directory, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                 struct lrt_report *report) {
    lrt_file_clear(report);
    char tensors[PATH_BYTES], path[PATH_BYTES];
    struct adapter_entries e = {0};
    if (snprintf(tensors, sizeof tensors, "%s/adapters.safetensors", directory) >= PATH_BYTES ||
        snprintf(path, sizeof path, "%s/adapter_config.json", directory) >= PATH_BYTES)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%.100s...: the path is too long", directory);
    int status = lrt_entries_collect(&e, plan, true, false, report);
    const int order = rope_interleaved ? LRT_ROPE_TO_GGUF : LRT_ROPE_KEEP;
    const struct adapter_entry *other = status ? NULL : lrt_entries_without_gguf(&e);
    if (other)
        status = lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: MLX's adapters are LoRA alone, and %s is of %s",
                               directory, other->param->name, lrt_adapter_info(other->role->adapter)->name);
    if (!status) status = read_folder(tensors, path, &e, plan, order, values, report);
    lrt_entries_free(&e);
    return status;
}
