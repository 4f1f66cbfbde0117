// Driver: what lorac does, from top to bottom. The stages are compiler/compilation/stages.def, the passes in them
// compiler/pipeline/passes.def.
#include "compiler/driver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler/cli/options.h"
#include "compiler/cli/place_file.h"
#include "compiler/cli/questions.h"
#include "compiler/compare/compare.h"
#include "compiler/compilation/compilation.h"
#include "compiler/output/outputs.h"
#include "compiler/pipeline/pipeline.h"

static bool is_known(struct diagnostics *d, const char *option, const char *name, bool passes) {
    if (!name || stage_named(name) < STAGES || (passes && pipeline_has_pass(name))) return true;
    struct text known = {0};
    for (enum stage s = 0; s < STAGES; s++) text_print(&known, " %s", stage_name(s));
    if (passes) text_puts(&known, "; the passes are");
    if (passes) pipeline_names(&known);
    diag_report(d, DIAG_E0011, (struct span){0}, "%s: there is no stage%s '%s'", option, passes ? " or pass" : "",
                name);
    diag_hint(d, "the stages are%s", known.bytes);
    text_free(&known);
    return false;
}

static void show(struct compilation *c, enum stage s) {
    if (c->options->dump && stage_named(c->options->dump) == s) compilation_dump(c, s, &c->dumped);
    if (c->dumped.length && !text_write(&c->dumped, "-"))
        diag_report(c->diagnostics, DIAG_E0004, (struct span){0}, "cannot write standard output: %s", strerror(errno));
    text_free(&c->dumped);
}

// The model on its way; false when it ends early, also because that was asked for.
static bool compile(struct compilation *c) {
    for (enum stage s = 0; s < STAGES; s++) {
        bool good = compilation_run(c, s, s);
        if (good && s == STAGE_plan && !c->options->compare && compilation_is_short(c)) report_shortfall(c);
        if (!good || diag_failed(c->diagnostics)) return false;
        show(c, s);
        if (c->options->stop_after && stage_named(c->options->stop_after) == s) return false;
    }
    return true;
}

static void compare(struct compilation *c) {
    struct comparison found;
    if (!compare_prepare(c, &found) || !reports_may_be_written(c)) return;
    if (compare_variants(c, &found)) write_reports(c, &found);
}

static void run(const struct options *o, struct arena *a, struct sources *sources, struct diagnostics *d) {
    if (!is_known(d, "--dump", o->dump, true) || !is_known(d, "--stop-after", o->stop_after, false)) return;
    if (!report_names_are_good(o, d)) return;
    struct compilation c = {.arena = a, .options = o, .sources = sources, .diagnostics = d};
    if (compile(&c) && outputs_are_apart(&c)) {
        if (o->compare)
            compare(&c);
        else
            write_outputs(&c);
    }
    text_free(&c.tokens);
    text_free(&c.header);
    text_free(&c.source);
}

static int exit_code(const struct diagnostics *d) {
    if (diag_reported(d, DIAG_E0401, DIAG_E0403)) return EXIT_BUDGET;
    if (diag_reported(d, DIAG_E0010, DIAG_E0015)) return EXIT_USAGE;
    return diag_failed(d) ? EXIT_INPUT : EXIT_GOOD;
}

int driver_run(struct arena *a, int argc, char **argv) {
    struct sources sources = {.arena = a};
    struct diagnostics *d = diag_new(a, &sources);
    struct options o;
    if (options_read(&o, a, d, argc, argv)) {
        if (options_ask(&o))
            answer_question(&o, d);
        else if (o.place)
            place_file(&o, a, &sources, d);
        else
            run(&o, a, &sources, d);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        diag_report(d, DIAG_E0004, (struct span){0}, "cannot write standard output: %s", strerror(errno));
    diag_print(d, stderr, o.diagnostics, o.color);
    return exit_code(d);
}
