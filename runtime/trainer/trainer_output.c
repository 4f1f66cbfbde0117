// Trainer output: writes the trained tensors in the formats that other tools load. Adapters become PEFT and GGUF LoRA
// (MLX on request). Trained weights become a whole model in safetensors and GGUF.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/trainer/trainer.h"

enum { PATH_BYTES = 4096 };

int lrt_trainer_make_folder(struct trainer *t, const char *path) {
    char prefix[PATH_BYTES];
    const size_t n = strlen(path);
    if (n >= sizeof prefix) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "the folder's name is too long: %s", path);
    memcpy(prefix, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (prefix[i] != '/' && prefix[i] != 0) continue;
        const char was = prefix[i];
        prefix[i] = 0;
        if (mkdir(prefix, 0777) != 0 && errno != EEXIST)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot make folder %s: %s", prefix, strerror(errno));
        prefix[i] = was;
    }
    struct stat s;
    if (stat(path, &s) == 0 && !S_ISDIR(s.st_mode))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot make folder %s: a file has that name", path);
    return LRT_EXIT_OK;
}

// The first trained weight that lacks the name in files that an adapter's format needs; NULL: all have it.
static const char *unnamed(const struct trainer *t, bool hf) {
    for (size_t i = 0; i < t->plan->n_params; i++) {
        const struct lrt_weight_info *w = &t->plan->weights[t->plan->params[i].weight];
        if (!(hf ? w->hf : w->gguf)) return w->name;
    }
    return NULL;
}

static size_t count_full(const struct trainer *t) {
    size_t full = 0;
    for (size_t i = 0; i < t->plan->n_params; i++) full += t->plan->params[i].role == LRT_ROLE_FULL;
    return full;
}

// The first kind of adapter that files of llama.cpp and MLX do not hold; NULL: they hold all.
static const char *kind_without_gguf(const struct trainer *t) {
    for (size_t i = 0; i < t->plan->n_params; i++) {
        const struct lrt_role_row *role = lrt_role_info(t->plan->params[i].role);
        if (role->peft && !role->in_gguf) return lrt_adapter_info(role->adapter)->name;
    }
    return NULL;
}

// Adapters of two kinds, which no file holds together.
static bool has_two_kinds(const struct trainer *t) {
    const struct lrt_role_row *first = NULL;
    for (size_t i = 0; i < t->plan->n_params; i++) {
        const struct lrt_role_row *role = lrt_role_info(t->plan->params[i].role);
        if (first && role->peft && role->adapter != first->adapter) return true;
        if (role->peft) first = role;
    }
    return false;
}

static void note_left_out(const struct trainer *t, const char *tool, const char *why, const char *what,
                          const char *lacks) {
    if (!t->options.quiet)
        fprintf(stderr, "%s: note: no adapter for %s will be written: %s %s%s\n", t->options.program, tool, why, what,
                lacks);
}

int lrt_trainer_check_result(struct trainer *t) {
    const char *hf = unnamed(t, true), *gguf = unnamed(t, false), *kind = kind_without_gguf(t);
    if (count_full(t) == t->plan->n_params) return LRT_EXIT_OK;
    if (has_two_kinds(t))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--out: no file holds adapters of two kinds: adapt all weights with one kind");
    if (kind && t->options.mlx) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--mlx: its files hold lora, not %s", kind);
    if (hf && (gguf || kind || t->options.mlx))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "--out: the adapter of %s could not be written: add hf \"...\" to the weight's "
                                "declaration",
                                hf);
    if (hf) note_left_out(t, "PEFT", "weight", hf, " has no hf name");
    if (kind)
        note_left_out(t, "llama.cpp", "its files hold lora, not", kind, "");
    else if (gguf)
        note_left_out(t, "llama.cpp", "weight", gguf, " has no gguf name");
    return LRT_EXIT_OK;
}

// --pools may be a pipe, which has no folder of its own.
static bool is_file(const char *path) {
    struct stat s;
    return stat(path, &s) != 0 || S_ISREG(s.st_mode) || S_ISDIR(s.st_mode);
}

int lrt_trainer_check_places(struct trainer *t) {
    const struct trainer_options *o = &t->options;
    char inner[PATH_BYTES];
    struct lrt_report report = {{0}};
    if (o->out && snprintf(inner, sizeof inner, "%s/checkpoint.safetensors", o->out) >= (int)sizeof inner)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "the folder's name is too long: %s", o->out);
    const struct {
        const char *option, *path;
    } places[] = {{"--out", o->out ? inner : NULL},
                  {"--shard-out", o->shard_out},
                  {"--dump-grads", o->dump_grads},
                  {"--receipt", o->receipt},
                  {"--pools", o->pools && is_file(o->pools) ? o->pools : NULL}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].path && lrt_output_check(places[i].path, &report) != LRT_OK)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s: %s", places[i].option, report.text);
    return LRT_EXIT_OK;
}

int lrt_trainer_check_finite(struct trainer *t) {
    struct lrt_report report;
    size_t floats;
    const float *values = t->model->adapter(t->context, &floats);
    const char *what = "the adapter", *cure = t->step > 0 ? "; a lower --lr may help" : "";
    int status = lrt_params_are_finite(t->plan, values, floats, &report);
    if (status == LRT_OK) {
        what = "the optimizer's state";
        values = t->model->state(t->context, &floats);
        status = lrt_params_are_finite(t->plan, values, floats, &report);
    }
    if (status == LRT_OK) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "step %lld: %s is not finite any more: %s%s%s", (long long)t->step, what,
                            report.text, cure, t->saved >= 0 ? "; the last checkpoint is from before" : "");
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
    if (lrt_read_adapter(t->options.adapter, t->plan, t->weights.rope_interleaved, values, &report) == LRT_OK) {
        if (report.text[0] && !t->options.quiet)
            fprintf(stderr, "%s: --adapter: %s\n", t->options.program, report.text);
        return LRT_EXIT_OK;
    }
    char inner[PATH_BYTES];
    struct stat s;
    snprintf(inner, sizeof inner, "%s/peft", t->options.adapter);
    if (stat(inner, &s) == 0)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--adapter: %s; did you mean %s?", report.text, inner);
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--adapter: %s", report.text);
}

static int write_gradients(struct trainer *t, const float *gradient) {
    struct lrt_report report = {{0}};
    const struct lrt_adapter_source from = source_of(t, gradient);
    if (lrt_write_gradients(t->options.dump_grads, &from, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--dump-grads: %s", report.text);
    return LRT_EXIT_OK;
}

// An estimate is in no pool: it is made for this.
static int write_estimate(struct trainer *t) {
    size_t floats;
    t->model->adapter(t->context, &floats);
    float *estimate = malloc(floats * sizeof *estimate);
    if (!estimate) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--dump-grads: out of memory");
    int status = LRT_EXIT_OK;
    if (t->model->estimate(t->context, estimate) != LRT_OK)
        status = lrt_trainer_fail(t, LRT_EXIT_INPUT, "--dump-grads: %s", lrt_error(t->model->run(t->context)));
    else
        status = write_gradients(t, estimate);
    free(estimate);
    return status;
}

int lrt_trainer_write_gradients(struct trainer *t) {
    size_t floats;
    const int status =
        t->plan->tangents ? write_estimate(t) : write_gradients(t, t->model->gradient(t->context, &floats));
    lrt_trainer_memory_trim();
    return status;
}

static int say_written(struct trainer *t, int status, const char *path, const struct lrt_report *report) {
    if (status != LRT_OK) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", report->text);
    if (t->options.quiet) return LRT_EXIT_OK;
    printf("wrote %s\n", path);
    if (report->text[0]) printf("  %s\n", report->text);
    return LRT_EXIT_OK;
}

int lrt_trainer_read_shards(struct trainer *t) {
    const struct trainer_paths *from = &t->options.shard_in;
    struct lrt_report report = {{0}};
    size_t floats;
    float *values = t->model->adapter(t->context, &floats);
    if (lrt_read_shards(from->paths, from->n, t->plan, t->weights.rope_interleaved, values, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--shard-in: %s", report.text);
    if (report.text[0] && !t->options.quiet) printf("--shard-in: %s\n", report.text);
    return LRT_EXIT_OK;
}

int lrt_trainer_write_shard(struct trainer *t) {
    struct lrt_report report = {{0}};
    size_t floats;
    const char *path = t->options.shard_out;
    const struct lrt_adapter_source from = source_of(t, t->model->adapter(t->context, &floats));
    int status = lrt_trainer_check_finite(t);
    if (status != LRT_EXIT_OK) return status;
    status = lrt_write_shard(path, &from, t->shard.shard, t->shard.shards, &report);
    return say_written(t, status, path, &report);
}

static int write_gguf(struct trainer *t, const struct lrt_adapter_source *from) {
    struct lrt_report report = {{0}};
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/gguf", t->options.out);
    const int status = lrt_trainer_make_folder(t, path);
    if (status != LRT_EXIT_OK) return status;
    snprintf(path, sizeof path, "%s/gguf/adapter.gguf", t->options.out);
    return say_written(t, lrt_write_gguf_lora(path, from, &report), path, &report);
}

// Forms whose names the weights lack are left out; lrt_trainer_check_result has reported them.
static int write_adapters(struct trainer *t, const struct lrt_adapter_source *from) {
    struct lrt_report report = {{0}};
    char path[PATH_BYTES];
    int status = LRT_EXIT_OK;
    snprintf(path, sizeof path, "%s/peft", t->options.out);
    if (!unnamed(t, true)) status = say_written(t, lrt_write_peft(path, from, &report), path, &report);
    if (status == LRT_EXIT_OK && !unnamed(t, false) && !kind_without_gguf(t)) status = write_gguf(t, from);
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
    size_t floats;
    const size_t full = count_full(t);
    const struct lrt_adapter_source from = source_of(t, t->model->adapter(t->context, &floats));
    int status = lrt_trainer_check_finite(t);
    if (status == LRT_EXIT_OK) status = lrt_trainer_make_folder(t, t->options.out);
    if (status == LRT_EXIT_OK && full < t->plan->n_params) status = write_adapters(t, &from);
    if (status == LRT_EXIT_OK && full > 0) status = write_model(t, &from);
    if (status == LRT_EXIT_OK && t->trajectory.file >= 0 && !t->options.quiet)
        printf("wrote %s/trajectory.bin\n", t->options.out);
    fflush(stdout);
    return status;
}
