// Trainer output: the trained pool goes out in the forms other tools load: PEFT and GGUF LoRA for adapters (MLX when
// asked for), a whole model in safetensors and GGUF where weights themselves were trained.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/trainer/trainer.h"

enum { PATH_BYTES = 4096 };

int lrt_trainer_make_folder(struct trainer *t, const char *path) {
    char part[PATH_BYTES];
    const size_t n = strlen(path);
    if (n >= sizeof part) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "the folder's name is too long: %s", path);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (part[i] != '/' && part[i] != 0) continue;
        const char was = part[i];
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot make folder %s: %s", part, strerror(errno));
        part[i] = was;
    }
    return LRT_EXIT_OK;
}

static struct lrt_adapter_source source_of(const struct trainer *t, const float *values) {
    return (struct lrt_adapter_source){.plan = t->plan,
                                       .values = values,
                                       .rope_interleaved = t->weights.rope_interleaved,
                                       .architecture = lrt_weight_file_architecture(t->weight_file)};
}

int lrt_trainer_read_adapter(struct trainer *t) {
    struct lrt_report report = {{0}};
    size_t floats;
    float *values = t->model->adapter(t->context, &floats);
    if (lrt_read_peft(t->options.adapter, t->plan, t->weights.rope_interleaved, values, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--adapter: %s", report.text);
    return LRT_EXIT_OK;
}

int lrt_trainer_write_gradients(struct trainer *t) {
    struct lrt_report report = {{0}};
    size_t floats;
    const struct lrt_adapter_source from = source_of(t, t->model->gradient(t->context, &floats));
    if (lrt_write_gradients(t->options.dump_grads, &from, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--dump-grads: %s", report.text);
    lrt_trainer_memory_trim();
    return LRT_EXIT_OK;
}

static int say_written(struct trainer *t, int status, const char *path, const struct lrt_report *report) {
    if (status != LRT_OK) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", report->text);
    if (t->options.quiet) return LRT_EXIT_OK;
    printf("wrote %s\n", path);
    if (report->text[0]) printf("  %s\n", report->text);
    return LRT_EXIT_OK;
}

static int write_adapters(struct trainer *t, const struct lrt_adapter_source *from) {
    struct lrt_report report = {{0}};
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/peft", t->options.out);
    int status = say_written(t, lrt_write_peft(path, from, &report), path, &report);
    if (status != LRT_EXIT_OK) return status;
    snprintf(path, sizeof path, "%s/gguf", t->options.out);
    status = lrt_trainer_make_folder(t, path);
    if (status != LRT_EXIT_OK) return status;
    report.text[0] = 0;
    snprintf(path, sizeof path, "%s/gguf/adapter.gguf", t->options.out);
    status = say_written(t, lrt_write_gguf_lora(path, from, &report), path, &report);
    if (status != LRT_EXIT_OK || !t->options.mlx) return status;
    report.text[0] = 0;
    snprintf(path, sizeof path, "%s/mlx", t->options.out);
    return say_written(t, lrt_write_mlx(path, from, &report), path, &report);
}

static int write_model(struct trainer *t, const struct lrt_adapter_source *from) {
    struct lrt_report report = {{0}};
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/model.safetensors", t->options.out);
    int status = say_written(t, lrt_write_model_safetensors(path, from, &t->weights, &report), path, &report);
    if (status != LRT_EXIT_OK) return status;
    report.text[0] = 0;
    snprintf(path, sizeof path, "%s/model.gguf", t->options.out);
    const struct lrt_weight_file *base =
        lrt_weight_file_format(t->weight_file) == LRT_FORMAT_GGUF ? t->weight_file : NULL;
    return say_written(t, lrt_write_model_gguf(path, from, &t->weights, base, NULL, UINT32_MAX, &report), path,
                       &report);
}

int lrt_trainer_write_result(struct trainer *t) {
    size_t floats, full = 0;
    const struct lrt_adapter_source from = source_of(t, t->model->adapter(t->context, &floats));
    for (size_t i = 0; i < t->plan->n_params; i++) full += strcmp(t->plan->params[i].adapter, "full") == 0;
    int status = lrt_trainer_make_folder(t, t->options.out);
    if (status == LRT_EXIT_OK && full < t->plan->n_params) status = write_adapters(t, &from);
    if (status == LRT_EXIT_OK && full > 0) status = write_model(t, &from);
    fflush(stdout);
    return status;
}
