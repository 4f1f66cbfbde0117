// Driver: the way of a model through the compiler. run_stages is the architecture: a table of stages, each verified,
// dumped on request, and left when it reported a mistake.
#include "compiler/driver.h"

#include <stdio.h>
#include <string.h>

#include "compiler/compare/compare.h"
#include "compiler/compilation.h"
#include "compiler/place_file.h"
#include "compiler/questions.h"

static const struct stage {
    const char *name;
    bool (*run)(struct compilation *c);
    void (*dump)(const struct compilation *c, struct text *out);
} stages[] = {
#define STAGE(name, about) {#name, run_##name, dump_##name},
#include "compiler/stages.def"
#undef STAGE
};
enum { STAGES = sizeof stages / sizeof *stages };

static bool is(const char *wanted, const char *name) { return wanted && strcmp(wanted, name) == 0; }

void run_stages(struct compilation *c, const char *first) {
    int begin = 0;
    while (first && !is(first, stages[begin].name)) begin++;
    for (int i = begin; i < STAGES; i++) {
        bool good = stages[i].run(c);
        if (!good || diag_failed(c->diagnostics)) {
            c->status = c->status ? c->status : EXIT_INPUT;
            return;
        }
        if (is(c->options->dump, stages[i].name)) {
            struct text out = {0};
            stages[i].dump(c, &out);
            text_write(&out, "-");
            text_free(&out);
        }
        if (is(c->options->stop_after, stages[i].name)) return;
    }
    if (c->options->compare)
        compare_variants(c);
    else
        write_outputs(c);
}

static bool known_stage(const char *option, const char *name) {
    for (int i = 0; i < STAGES; i++)
        if (!name || strcmp(stages[i].name, name) == 0) return true;
    fprintf(stderr, "lorac: error: %s: there is no stage '%s'; the stages are", option, name);
    for (int i = 0; i < STAGES; i++) fprintf(stderr, " %s", stages[i].name);
    fputs("\n", stderr);
    return false;
}

int driver_run(const struct options *o, struct arena *a) {
    if (!known_stage("--dump", o->dump) || !known_stage("--stop-after", o->stop_after)) return EXIT_USAGE;
    if (options_ask(o)) return answer_question(o);
    if (o->place) return place_file(o, a);
    if (!check_report_names(o)) return EXIT_USAGE;
    struct compilation c = {.arena = a, .options = o, .sources = {.arena = a}};
    c.diagnostics = diag_new(a, &c.sources);
    run_stages(&c, NULL);
    diag_print(c.diagnostics, stderr, o->diagnostics, o->color);
    text_free(&c.tokens);
    text_free(&c.source);
    text_free(&c.header);
    return c.status;
}
