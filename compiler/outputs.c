// Outputs: everything a compilation leaves behind. Each file is built whole in memory and renamed into place.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codegen/report.h"
#include "compiler/compilation.h"
#include "compiler/variants.h"
#include "runtime/lrt_files.h"

static void write_file(struct compilation *c, const struct text *t, const char *path) {
    if (text_write(t, path)) return;
    fprintf(stderr, "lorac: error: cannot write %s: %s\n", path, strerror(errno));
    c->status = EXIT_INPUT;
}

// ---- reports ----
typedef void report_form(const struct report *r, struct arena *a, struct text *out);

static report_form *form_of(const char *path) {
    const char *dot = strrchr(path, '.');
    if (strcmp(path, "-") == 0) return report_text;
#define TARGET(name, extension, function, compares, about)                                                             \
    if (dot && strcmp(dot + 1, extension) == 0) return function;
#include "codegen/targets.def"
#undef TARGET
    return NULL;
}

bool check_report_names(const struct options *o) {
    for (size_t i = 0; i < o->reports.count; i++) {
        if (form_of(o->reports.items[i])) continue;
        fprintf(stderr, "lorac: error: --report: no form of report ends like %s; try lorac --print-targets\n",
                o->reports.items[i]);
        return false;
    }
    return true;
}

static bool form_compares(report_form *form) {
#define TARGET(name, extension, function, compares, about)                                                             \
    if (form == function) return compares;
#include "codegen/targets.def"
#undef TARGET
    return false;
}

static void write_reports(struct compilation *c) {
    const struct option_list *wanted = &c->options->reports;
    struct report *r = wanted->count ? report_make(c->arena, c->program) : NULL;
    bool compares = false;
    for (size_t i = 0; i < wanted->count; i++) compares = compares || form_compares(form_of(wanted->items[i]));
    if (r && compares) variants_report(c, r);
    for (size_t i = 0; r && i < wanted->count; i++) {
        struct text out = {0};
        form_of(wanted->items[i])(r, c->arena, &out);
        write_file(c, &out, wanted->items[i]);
        text_free(&out);
    }
}

// ---- dependencies: a make rule, and an empty one for every file so that removing it breaks nothing ----
static void escaped(struct text *out, const char *path) {
    for (const char *p = path; *p; p++)
        text_print(out, "%s%c", *p == ' ' || *p == '#' ? "\\" : *p == '$' ? "$" : "", *p);
}

static void write_dependencies(struct compilation *c) {
    const struct options *o = c->options;
    if (!o->depend && !o->depend_file) return;
    const char *target = o->output;
    const char *dot = strrchr(target, '.'), *slash = strrchr(target, '/');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - target) : strlen(target);
    const char *path = o->depend_file ? o->depend_file : arena_print(c->arena, "%.*s.d", (int)stem, target);
    struct text out = {0};
    escaped(&out, target);
    text_puts(&out, ":");
    for (uint32_t i = 1; i <= c->sources.count; i++) {
        if (source_get(&c->sources, i)->path[0] == '<') continue;
        text_puts(&out, " \\\n  ");
        escaped(&out, source_get(&c->sources, i)->path);
    }
    text_puts(&out, "\n");
    write_file(c, &out, path);
    text_free(&out);
}

// ---- random weights ----
static uint32_t type_named(const char *name) {
    for (uint32_t t = 0; t <= LRT_BF16; t++) {
        const char *known = lrt_type_name(t);
        if (known && strcmp(known, name) == 0) return t;
    }
    return UINT32_MAX;
}

static struct lrt_plan_info info_of(struct compilation *c) {
    const struct model *m = c->model;
    struct lrt_dim_info *dims = ARENA_ARRAY(c->arena, struct lrt_dim_info, m->n_dims + 1);
    struct lrt_weight_info *weights = ARENA_ARRAY(c->arena, struct lrt_weight_info, m->n_weights + 1);
    for (size_t i = 0; i < m->n_dims; i++) dims[i] = (struct lrt_dim_info){m->dims[i].name, m->dims[i].value};
    for (size_t i = 0; i < m->n_weights; i++) {
        const struct model_weight *w = &m->weights[i];
        const struct program_weight *slot = &c->program->weights[i];
        const char *name = w->block < 0 ? w->name : arena_print(c->arena, "%s.%s", m->blocks[w->block].name, w->name);
        weights[i] = (struct lrt_weight_info){.name = name,
                                              .gguf = w->gguf,
                                              .hf = w->hf,
                                              .rank = w->rank,
                                              .first = slot->first,
                                              .instances = slot->instances,
                                              .first_slot = slot->first_slot,
                                              .slot_stride = slot->slot_stride,
                                              .rope_head = slot->rope_head};
        memcpy(weights[i].shape, w->shape, sizeof weights[i].shape);
    }
    return (struct lrt_plan_info){.model = c->program->options.prefix,
                                  .version = LORAC_VERSION,
                                  .dims = dims,
                                  .n_dims = m->n_dims,
                                  .weights = weights,
                                  .n_weights = m->n_weights,
                                  .n_slots = c->program->n_slots};
}

static double number_named(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_consts; i++)
        if (strcmp(m->consts[i].name, name) == 0) return m->consts[i].value;
    return 0;
}

static void write_random_weights(struct compilation *c) {
    const char *path = c->options->random_weights, *dtype = c->options->dtype ? c->options->dtype : "f32";
    if (!path) return;
    uint32_t type = type_named(dtype);
    if (type == UINT32_MAX) {
        fprintf(stderr, "lorac: error: --dtype: '%s' is none of f32 f16 bf16 q8_0 q4_0 q4_1 q4_K q6_K\n", dtype);
        c->status = EXIT_USAGE;
        return;
    }
    struct lrt_plan_info info = info_of(c);
    struct lrt_gguf_facts facts = {.name = c->program->options.prefix,
                                   .norm_epsilon = number_named(c->model, "norm_eps"),
                                   .rope_theta = number_named(c->model, "rope_theta")};
    struct lrt_report report = {0};
    if (lrt_write_random_gguf(path, &info, &facts, type, c->options->seed, &report) == LRT_OK) return;
    fprintf(stderr, "lorac: error: %s: %s\n", path, report.text);
    c->status = EXIT_INPUT;
}

void write_outputs(struct compilation *c) {
    const struct options *o = c->options;
    if (o->output && !o->check) {
        bool to_stdout = strcmp(o->output, "-") == 0;
        write_file(c, &c->source, o->output);
        if (!to_stdout || o->header) write_file(c, &c->header, c->header_path);
    }
    if (c->status == EXIT_GOOD && !o->check) write_dependencies(c);
    if (c->status == EXIT_GOOD && !o->check) write_random_weights(c);
    if (c->status == EXIT_GOOD) write_reports(c);
    if (!o->output && !o->check && !o->dump && !o->random_weights && !o->reports.count)
        fprintf(stderr, "lorac: the model is good; nothing is written without -o FILE\n");
}
