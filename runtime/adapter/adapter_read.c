// adapter_read: a path becomes the reader of its kind.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lorac/lrt_files.h>
#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

enum { PATH_BYTES = 4096 };

static bool holds(const char *folder, const char *name) {
    char path[PATH_BYTES];
    return snprintf(path, sizeof path, "%s/%s", folder, name) < PATH_BYTES && access(path, F_OK) == 0;
}

static int read_folder(const char *path, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                       struct lrt_report *report) {
    char inner[PATH_BYTES];
    if (holds(path, "adapter_model.safetensors")) return lrt_read_peft(path, plan, rope_interleaved, values, report);
    if (holds(path, "adapters.safetensors")) return lrt_read_mlx(path, plan, rope_interleaved, values, report);
    if (holds(path, "adapter.gguf") && snprintf(inner, sizeof inner, "%s/adapter.gguf", path) < PATH_BYTES)
        return lrt_read_gguf_lora(inner, plan, rope_interleaved, values, report);
    if (holds(path, "adapter_model.bin"))
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: adapter_model.bin may hold code, so it is not read; load it in PEFT and save it again, "
            "which writes adapter_model.safetensors",
            path);
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: holds neither adapter_model.safetensors (PEFT) nor adapters.safetensors (MLX) nor "
                         "adapter.gguf",
                         path);
}

int lrt_read_adapter(const char *path, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                     struct lrt_report *report) {
    struct stat status;
    char folder[PATH_BYTES];
    lrt_file_clear(report);
    if (stat(path, &status) != 0 || S_ISDIR(status.st_mode))
        return read_folder(path, plan, rope_interleaved, values, report);
    if (!lrt_name_ends(path, ".safetensors")) return lrt_read_gguf_lora(path, plan, rope_interleaved, values, report);
    const char *slash = strrchr(path, '/'); // its folder has the configuration
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return read_folder(slash == path ? "/" : folder, plan, rope_interleaved, values, report);
}
