// Outputs: each file is built completely in memory and then renamed into place.
#include "compiler/output/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <lorac/lrt_files.h>
#include "compiler/program/random_weights.h"
#include "compiler/report/report.h"

static void report_unwritten(struct compilation *c, const char *path) {
    diag_report(c->diagnostics, DIAG_E0004, (struct span){0}, "cannot write %s: %s", path, strerror(errno));
}

static bool write_file(struct compilation *c, const struct text *t, const char *path) {
    if (text_write(t, path)) return true;
    report_unwritten(c, path);
    return false;
}

// ---- reports ----
typedef void report_form(const struct report *r, struct arena *a, struct text *out);

static report_form *form_of(const char *path) {
    const char *dot = strrchr(path, '.');
    if (strcmp(path, "-") == 0) return report_text;
#define TARGET(name, extension, function, compares, about)                                                             \
    if (dot && strcmp(dot + 1, extension) == 0) return function;
#include "compiler/report/targets.def"
#undef TARGET
    return NULL;
}

bool report_names_are_good(const struct options *o, struct diagnostics *d) {
    for (size_t i = 0; i < o->reports.count; i++) {
        if (form_of(o->reports.items[i])) continue;
        diag_report(d, DIAG_E0011, (struct span){0}, "--report: no form of report ends like %s", o->reports.items[i]);
        diag_hint(d, "try lorac --print-targets");
        return false;
    }
    return true;
}

bool reports_may_be_written(struct compilation *c) {
    for (size_t i = 0; i < c->options->reports.count; i++) {
        if (text_may_write(c->options->reports.items[i])) continue;
        report_unwritten(c, c->options->reports.items[i]);
        return false;
    }
    return true;
}

// ---- outputs beside inputs ----
struct named_file {
    const char *what, *path;
};

static const char *depend_path(struct compilation *c) {
    const struct options *o = c->options;
    if (o->depend_file || !o->depend) return o->depend_file;
    const char *dot = strrchr(o->output, '.'), *slash = strrchr(o->output, '/');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - o->output) : strlen(o->output);
    return arena_print(c->arena, "%.*s.d", (int)stem, o->output);
}

static size_t add_output(struct named_file *files, size_t n, const char *what, const char *path) {
    if (!path || strcmp(path, "-") == 0) return n;
    files[n] = (struct named_file){what, path};
    return n + 1;
}

static size_t list_outputs(struct compilation *c, struct named_file *files) {
    const struct options *o = c->options;
    const bool code = o->output && !o->check && !o->compare && !o->pareto;
    size_t n = add_output(files, 0, "-o", code ? o->output : NULL);
    if (code && (strcmp(o->output, "-") != 0 || o->header)) n = add_output(files, n, "--header", c->header_path);
    n = add_output(files, n, "-MF", code ? depend_path(c) : NULL);
    n = add_output(files, n, "--random-weights", o->random_weights);
    for (size_t i = 0; i < o->reports.count; i++) n = add_output(files, n, "--report", o->reports.items[i]);
    return n;
}

static bool is_apart(struct compilation *c, const struct named_file *file, const char *input) {
    if (!input || !lrt_same_file(file->path, input)) return true;
    diag_report(c->diagnostics, DIAG_E0004, (struct span){0}, "cannot write %s: it is read by this command",
                file->path);
    diag_hint(c->diagnostics, "%s takes another name", file->what);
    return false;
}

static bool is_apart_from_inputs(struct compilation *c, const struct named_file *file) {
    const struct options *o = c->options;
    for (uint32_t i = 1; i <= c->sources->count; i++)
        if (!is_apart(c, file, source_get(c->sources, i)->path)) return false;
    return is_apart(c, file, o->weights) && is_apart(c, file, o->data) && is_apart(c, file, o->eval) &&
           is_apart(c, file, o->tokenizer);
}

bool outputs_are_apart(struct compilation *c) {
    struct named_file *files = ARENA_ARRAY(c->arena, struct named_file, 4 + c->options->reports.count);
    const size_t n = list_outputs(c, files);
    for (size_t i = 0; i < n; i++) {
        if (!is_apart_from_inputs(c, &files[i])) return false;
        for (size_t k = 0; k < i; k++) {
            if (!lrt_same_file(files[k].path, files[i].path)) continue;
            diag_report(c->diagnostics, DIAG_E0004, (struct span){0}, "cannot write %s: %s writes it as well as %s",
                        files[i].path, files[i].what, files[k].what);
            return false;
        }
    }
    return true;
}

static bool form_compares(report_form *form) {
#define TARGET(name, extension, function, compares, about)                                                             \
    if (form == function) return compares;
#include "compiler/report/targets.def"
#undef TARGET
    return false;
}

void write_reports(struct compilation *c, const struct comparison *compared) {
    const struct option_list *wanted = &c->options->reports;
    struct report *r = wanted->count ? report_make(c->arena, c->program) : NULL;
    bool compares = false;
    for (size_t i = 0; i < wanted->count; i++) compares = compares || form_compares(form_of(wanted->items[i]));
    struct variants variants = {0};
    if (r && compares && !compared) variants = variants_make(c);
    if (r && compares) variants_report(c, compared ? &compared->variants : &variants, r);
    if (r && compared) r->comparison = compared->setup;
    for (size_t i = 0; r && i < wanted->count; i++) {
        struct text out = {0};
        form_of(wanted->items[i])(r, c->arena, &out);
        write_file(c, &out, wanted->items[i]);
        text_free(&out);
    }
}

// ---- dependencies: a make rule, and an empty one for every file, so that removing a file breaks nothing ----
static void escaped(struct text *out, const char *path) {
    for (const char *p = path; *p; p++)
        text_print(out, "%s%c", *p == ' ' || *p == '#' ? "\\" : *p == '$' ? "$" : "", *p);
}

static bool write_dependencies(struct compilation *c) {
    const struct options *o = c->options;
    if (!o->depend && !o->depend_file) return true;
    const char *target = o->output;
    struct text out = {0};
    escaped(&out, target);
    text_puts(&out, ":");
    for (uint32_t i = 1; i <= c->sources->count; i++) {
        if (source_get(c->sources, i)->path[0] == '<') continue;
        text_puts(&out, " \\\n  ");
        escaped(&out, source_get(c->sources, i)->path);
    }
    text_puts(&out, "\n");
    bool good = write_file(c, &out, depend_path(c));
    text_free(&out);
    return good;
}

static bool write_code(struct compilation *c) {
    const struct options *o = c->options;
    if (!o->output) return true;
    bool to_stdout = strcmp(o->output, "-") == 0;
    if (to_stdout && !o->header) return write_file(c, &c->source, o->output);
    const char *failed = text_write_both(&c->source, o->output, &c->header, c->header_path);
    if (failed) report_unwritten(c, failed);
    return !failed;
}

static bool write_weights(struct compilation *c) {
    const struct options *o = c->options;
    return !o->random_weights ||
           write_random_weights(c->program, c->arena, o->random_weights, o->dtype, o->seed, c->diagnostics);
}

static bool write_pareto(struct compilation *c) {
    struct text out = {0};
    report_pareto(c->program, &out);
    bool good = write_file(c, &out, "-");
    text_free(&out);
    return good;
}

void write_outputs(struct compilation *c) {
    const struct options *o = c->options;
    bool good;
    if (o->pareto)
        good = write_pareto(c);
    else
        good = o->check || (write_code(c) && write_dependencies(c) && write_weights(c));
    if (good) write_reports(c, NULL);
    bool silent = o->output || o->check || o->dump || o->random_weights || o->reports.count || o->pareto;
    if (!silent && o->diagnostics == DIAG_TEXT)
        fprintf(stderr, "lorac: the model is good; nothing is written without -o FILE\n");
}
