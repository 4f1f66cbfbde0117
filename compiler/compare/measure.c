// Measure: a variant's program becomes C code, an executable, a few training steps, and the numbers of its log.
#include "compiler/compare/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/cli/questions.h"
#include "compiler/program/random_weights.h"

const char *measure_path(const struct measuring *m, const char *name) {
    return sandbox_quoted(m->sandbox->arena, sandbox_path(m->sandbox, name));
}

bool measure_begin(struct measuring *m, struct compilation *c) {
    *m = (struct measuring){.c = c, .weights = c->options->weights, .sandbox = sandbox_open(c->arena, c->diagnostics)};
    bool good = m->sandbox && (c->options->data ? compare_data_split(m->sandbox, c, &m->data)
                                                : compare_data_random(m->sandbox, c, MEASURE_STEPS, &m->data));
    if (good && !m->weights) {
        m->weights = sandbox_path(m->sandbox, "weights.gguf");
        const char *type = c->options->dtype ? c->options->dtype : "q4_0";
        good = write_random_weights(c->program, c->arena, m->weights, type, c->options->seed, c->diagnostics);
    }
    return good && !sandbox_interrupted(m->sandbox);
}

void measure_end(struct measuring *m) {
    if (m->sandbox) sandbox_close(m->sandbox);
    m->sandbox = NULL;
}

// ---- building ----
static bool write_program(struct measuring *m, struct variant *v) {
    struct program *p = v->compilation->program;
    struct text source = {0}, header = {0};
    const char *paths[] = {sandbox_path(m->sandbox, "train.c"), sandbox_path(m->sandbox, "train.h")};
    p->options.main = true;
    emit_c_source(p, "train.h", &source);
    emit_c_header(p, &header);
    const char *failed = !text_write(&source, paths[0]) ? paths[0] : !text_write(&header, paths[1]) ? paths[1] : NULL;
    int error = errno;
    text_free(&source);
    text_free(&header);
    return !failed || sandbox_fail_system(m->sandbox, failed, error);
}

bool measure_build(struct measuring *m, struct variant *v) {
    struct arena *a = m->c->arena;
    sandbox_report(m->sandbox, "building", 0);
    if (!write_program(m, v)) return false;
    struct text flags = {0};
    print_cflags(&flags);
    text_puts(&flags, " ");
    print_libs(&flags);
    const char *cc = getenv("CC");
    const char *command = arena_print(a, "%s -O2 %s %s -o %s", cc && *cc ? cc : "cc", measure_path(m, "train.c"),
                                      flags.bytes, measure_path(m, "train"));
    text_free(&flags);
    return sandbox_run(m->sandbox, arena_print(a, "%s: the C compiler failed (CC names another): %s", v->name, command),
                       command);
}

// ---- running ----
const char *measure_command(const struct measuring *m, const struct variant *v, const char *rest) {
    const struct options *o = m->c->options;
    struct arena *a = m->c->arena;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t threads = processors >= 1 && o->threads > processors ? processors : o->threads;
    const char *tokenizer = o->tokenizer ? arena_print(a, " --tokenizer %s", sandbox_quoted(a, o->tokenizer)) : "";
    const bool pages = program_page_bytes(v->compilation->program) > 0;
    const char *page = pages ? arena_print(a, " --page-file %s", measure_path(m, "page")) : "";
    return arena_print(a, "%s --weights %s --threads %lld --quiet%s%s %s", measure_path(m, "train"),
                       sandbox_quoted(a, m->weights), (long long)threads, tokenizer, page, rest);
}

json_t *measure_log(const struct measuring *m) {
    char line[1024];
    json_t *lines = json_array();
    FILE *log = fopen(sandbox_path(m->sandbox, "log"), "r");
    while (log && fgets(line, sizeof line, log)) {
        json_t *read = json_loads(line, 0, NULL);
        if (read) json_array_append_new(lines, read);
    }
    if (log) fclose(log);
    return lines;
}

// The first step is a warm-up. The fastest of the others is the least disturbed.
static bool read_steps(struct measuring *m, struct report_measured *out, double losses[], double norms[]) {
    json_t *log = measure_log(m);
    const size_t n = json_array_size(log);
    for (size_t i = 0; n == MEASURE_STEPS && i < n; i++) {
        const json_t *step = json_array_get(log, i);
        double ms = json_number_value(json_object_get(step, "ms"));
        if (i == 1 || (i > 1 && ms < out->ms)) out->ms = ms;
        losses[i] = json_number_value(json_object_get(step, "loss"));
        norms[i] = json_number_value(json_object_get(step, "grad_norm"));
        int64_t memory = json_integer_value(json_object_get(step, "rss_anon"));
        out->memory = memory > out->memory ? memory : out->memory;
    }
    json_decref(log);
    return n == MEASURE_STEPS || sandbox_fail(m->sandbox, "the program's log is too short");
}

static bool read_pools(struct measuring *m, const struct program *p, struct report_measured *out) {
    json_t *file = json_load_file(sandbox_path(m->sandbox, "pools"), 0, NULL), *pools = json_object_get(file, "pools");
    program_pools(p, out->pools); // for the names
    for (int i = 0; i < PROGRAM_POOLS; i++)
        out->pools[i].bytes =
            json_integer_value(json_object_get(json_object_get(pools, out->pools[i].name), "measured"));
    json_decref(file);
    return pools || sandbox_fail(m->sandbox, "the program's memory is not reported");
}

static bool same_file(const char *x, const char *y) {
    FILE *a = fopen(x, "rb"), *b = fopen(y, "rb");
    bool same = a && b;
    for (int c = 0; same && c != EOF;) {
        c = getc(a);
        same = c == getc(b);
    }
    if (a) fclose(a);
    if (b) fclose(b);
    return same;
}

static void hold_against_first(struct measuring *m, struct report_measured *out, const double losses[],
                               const double norms[], const char *gradients) {
    const size_t bytes = sizeof m->losses;
    if (!m->first_done) {
        memcpy(m->losses, losses, bytes);
        memcpy(m->norms, norms, bytes);
    }
    m->first_done = true;
    out->same = memcmp(losses, m->losses, bytes) == 0 && memcmp(norms, m->norms, bytes) == 0 &&
                (!gradients || !m->gradients || same_file(gradients, m->gradients));
    if (gradients && !m->gradients) m->gradients = gradients;
}

// --dump-grads writes them under Hugging Face names.
static bool are_named(const struct model *m) {
    for (size_t i = 0; i < m->n_adaptations; i++)
        if (!m->weights[m->adaptations[i].weight].hf) return false;
    return true;
}

bool measure_has_adapters(const struct model *m) {
    enum lrt_adapter kind = LRT_ADAPTER_FULL;
    for (size_t i = 0; i < m->n_adaptations; i++) {
        const enum lrt_adapter own = m->adaptations[i].kind;
        if (own != LRT_ADAPTER_FULL && kind != LRT_ADAPTER_FULL && own != kind) return false;
        if (own != LRT_ADAPTER_FULL) kind = own;
    }
    return kind != LRT_ADAPTER_FULL && are_named(m);
}

bool measure_steps(struct measuring *m, struct variant *v) {
    struct arena *a = m->c->arena;
    const bool exact = variant_is_exact(v);
    const bool kept = exact && !v->compilation->program->fused && are_named(m->c->model);
    const char *gradients = kept ? sandbox_path(m->sandbox, m->gradients ? "gradients" : "first") : NULL;
    const char *dump = kept ? arena_print(a, " --dump-grads %s", sandbox_quoted(a, gradients)) : "";
    const char *adapter = m->adapter ? arena_print(a, " --adapter %s", sandbox_quoted(a, m->adapter)) : "";
    const char *rest =
        arena_print(a, "--data %s --no-shuffle --steps %d --seed %llu --log %s --pools %s%s%s",
                    sandbox_quoted(a, m->data.train), MEASURE_STEPS, (unsigned long long)m->c->options->seed,
                    measure_path(m, "log"), measure_path(m, "pools"), dump, adapter);
    double losses[MEASURE_STEPS], norms[MEASURE_STEPS];
    sandbox_report(m->sandbox, arena_print(a, "%d steps", MEASURE_STEPS), 0);
    v->measured = (struct report_measured){0};
    if (!sandbox_run(m->sandbox, arena_print(a, "%s: the program failed", v->name), measure_command(m, v, rest)) ||
        !read_steps(m, &v->measured, losses, norms) || !read_pools(m, v->compilation->program, &v->measured))
        return false;
    v->measured.done = true;
    if (exact) hold_against_first(m, &v->measured, losses, norms, gradients);
    return true;
}
