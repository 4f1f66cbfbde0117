// Stages: what each row of stages.def calls, and how it shows what it made.
#include <string.h>

#include "compiler/ad/gradient.h"
#include "compiler/adapter/adapter.h"
#include "compiler/base/check.h"
#include "compiler/compilation/compilation.h"
#include "compiler/front/ast.h"
#include "compiler/front/scan.h"
#include "compiler/pipeline/pipeline.h"

static const char *dumped_pass(const struct compilation *c) {
    return c->options->dump && stage_named(c->options->dump) == STAGES ? c->options->dump : NULL;
}

// ---- tokens, ast, model ----
// The parser scans by itself; the words alone are made to be looked at.
static bool run_tokens(struct compilation *c) {
    bool wanted = c->options->dump && strcmp(c->options->dump, "tokens") == 0;
    if (!wanted) return true;
    const char *why;
    uint32_t source = source_read(c->sources, c->options->input, &why);
    if (!source) return true; // the parser says so
    scan_dump(c->arena, c->sources, c->diagnostics, source, &c->tokens);
    return true;
}

static void dump_tokens(const struct compilation *c, struct text *out) {
    text_add(out, c->tokens.bytes ? c->tokens.bytes : "", c->tokens.length);
}

static bool run_ast(struct compilation *c) {
    struct parse_folders folders = {c->options->folders.items, c->options->folders.count};
    c->ast = parse_file(c->arena, c->sources, c->diagnostics, c->options->input, folders);
    return c->ast != NULL;
}

static void dump_ast(const struct compilation *c, struct text *out) { ast_dump(c->ast, out); }

static bool run_model(struct compilation *c) {
    const struct options *o = c->options;
    struct model_options wanted = {.dims = o->dims.items,
                                   .n_dims = o->dims.count,
                                   .gradient = o->gradient,
                                   .optimizer = o->optimizer,
                                   .memory = o->memory,
                                   .update = o->update,
                                   .page = o->page};
    c->model = model_build(c->arena, c->sources, c->diagnostics, c->ast, &wanted);
    return c->model != NULL;
}

static void dump_model(const struct compilation *c, struct text *out) { model_dump(c->model, out); }

// ---- graph: the forward pass ----
static bool run_graph(struct compilation *c) {
    const struct model_train *train = &c->model->train;
    c->method = train->present ? gradient_find(train->gradient) : NULL;
    if (c->options->pareto && !c->options->gradient && c->method && c->method->trains)
        c->method = gradient_find("auto"); // of all schedules, whatever the file has
    if (!train->loss) return true;
    const struct pass_context context = {.graph = FORWARD,
                                         .model = c->model,
                                         .arena = c->arena,
                                         .diagnostics = c->diagnostics,
                                         .dump = dumped_pass(c),
                                         .dumped = &c->dumped};
    c->forward = pipeline_run(&context, NULL, GROUP_LOWER, GROUP_LOWER);
    if (c->forward && c->method && c->method->trains)
        adapter_report_unused(c->model, c->forward, c->arena, c->diagnostics);
    return c->forward != NULL;
}

static void dump_graph(const struct compilation *c, struct text *out) {
    if (c->forward) graph_dump(c->forward, out);
}

// ---- step: gradients ----
static bool run_step(struct compilation *c) {
    if (!c->forward || !c->method || !c->method->trains) return true;
    const struct pass_context context = {
        .graph = STEP,
        .choice = {.method = c->method, .tangents = model_gradient_option(&c->model->train, "tangents")},
        .diagnostics = c->diagnostics,
        .dump = dumped_pass(c),
        .dumped = &c->dumped};
    c->differentiated = pipeline_run(&context, c->forward, GROUP_DIFFERENTIATE, GROUP_DIFFERENTIATE);
    return c->differentiated != NULL;
}

static void dump_step(const struct compilation *c, struct text *out) {
    if (c->differentiated) graph_dump(c->differentiated, out);
}

// ---- schedule ----
struct schedule_input compilation_schedule_input(struct compilation *c) {
    const struct model_train *train = &c->model->train;
    return (struct schedule_input){.arena = c->arena,
                                   .model = c->model,
                                   .forward = c->forward,
                                   .method = c->method,
                                   .differentiated = c->differentiated,
                                   .threads = (int)c->options->threads,
                                   .sharing =
                                       strcmp(c->options->arena, "separate") == 0 ? PLAN_SEPARATE : PLAN_COALESCED,
                                   .budget = (int64_t)train->memory,
                                   .page = train->page,
                                   .curve = c->options->pareto,
                                   .diagnostics = c->diagnostics,
                                   .dump = dumped_pass(c),
                                   .dumped = &c->dumped};
}

static bool run_schedule(struct compilation *c) {
    if (c->options->pareto && c->method && c->method->estimate) {
        diag_report(c->diagnostics, DIAG_E0012, c->model->train.gradient_span,
                    "--pareto is a curve of exact methods, which keep more or less; gradient %s keeps nothing",
                    c->method->name);
        diag_hint(c->diagnostics, "leave out --gradient, or see --compare");
        return false;
    }
    const struct schedule_input input = compilation_schedule_input(c);
    c->schedule = schedule_choose(&input);
    return c->schedule.good;
}

static void dump_schedule(const struct compilation *c, struct text *out) {
    const struct schedule *s = &c->schedule;
    if (s->step) graph_dump(s->step, out);
    if (s->eval) graph_dump(s->eval, out);
    if (s->logits) graph_dump(s->logits, out);
}

// ---- plan ----
static void verify(const struct plan *p) {
    char why[512] = "";
    CHECK(!p || plan_verify(p, why, sizeof why), "the plan of %s is wrong: %s", p->graph->name, why);
}

void compilation_verify(const struct compilation *c) {
    verify(c->schedule.step_plan);
    verify(c->schedule.eval_plan);
    verify(c->schedule.logits_plan);
}

bool compilation_is_short(const struct compilation *c) {
    int64_t budget = (int64_t)c->model->train.memory;
    return budget && c->schedule.bytes > budget;
}

static const char *option_words(const struct compilation *c) {
    const char *gradient = c->method ? c->method->name : "none", *choice = c->schedule.words;
    const char *how =
        strcmp(c->options->arena, "planned") == 0 ? "" : arena_print(c->arena, ", arena %s", c->options->arena);
    bool named = choice && strncmp(choice, gradient, strlen(gradient)) == 0;
    if (choice) gradient = named ? choice : arena_print(c->arena, "%s (%s)", gradient, choice);
    bool trains = c->schedule.step != NULL;
    return arena_print(c->arena, "gradient %s, optimizer %s, %s%lld threads at most%s", gradient,
                       trains ? c->model->train.optimizer : "none",
                       trains && c->model->train.update_fused ? "update fused, " : "", (long long)c->options->threads,
                       how);
}

static void add_curve(struct compilation *c) {
    const struct curve *curve = &c->schedule.curve;
    struct program *p = c->program;
    p->n_curve = curve->count;
    p->curve = ARENA_ARRAY(c->arena, struct schedule_point, curve->count + 1);
    for (size_t i = 0; i < curve->count; i++) {
        const struct curve_point *at = &curve->points[i];
        p->curve[i] = (struct schedule_point){at->bytes, at->arena, at->seconds, at->forwards, at->words};
    }
}

static const char *prefix_of(const struct compilation *c) {
    return c->options->prefix ? c->options->prefix : c->model->name;
}

void compilation_lay_out(struct compilation *c) {
    const struct model_train *t = &c->model->train;
    const struct schedule *s = &c->schedule;
    const struct schedule_input input = compilation_schedule_input(c);
    struct program_options options = {
        .forward = c->forward,
        .prefix = prefix_of(c),
        .words = option_words(c),
        .gradient = s->step ? c->method->name : "none",
        .optimizer = s->step ? t->optimizer : "none",
        .learning_rate = model_option_number(t->optimizer_options, t->n_optimizer_options, "lr", 0),
        .perturbation = s->step ? schedule_perturbation(&input) : 0,
        .threads = (int)c->options->threads,
        .main = c->options->main,
        .poisoned = strcmp(c->options->arena, "poisoned") == 0,
    };
    c->program = program_make(c->arena, c->model, c->sources, options, s->step_plan, s->eval_plan, s->logits_plan);
    add_curve(c);
}

static bool is_too_long(const struct compilation *c) {
    const struct schedule *s = &c->schedule;
    const struct plan *const plans[] = {s->step_plan, s->eval_plan, s->logits_plan};
    for (int i = 0; i < 3; i++) {
        const double runs = plans[i] ? plan_node_runs(plans[i]->graph) : 0;
        if (runs <= PLAN_RUNS_MAX) continue;
        diag_report(c->diagnostics, DIAG_E0304, c->model->span,
                    "the %s runs %.3g ops, and plans of up to %.3g can be verified", plans[i]->graph->name, runs,
                    PLAN_RUNS_MAX);
        diag_hint(c->diagnostics, "take a shorter seq, a smaller batch or fewer repeats (-D NAME=VALUE); with "
                                  "structured, a larger tile");
        return true;
    }
    return false;
}

static bool run_plan(struct compilation *c) {
    if (!program_prefix_is_good(prefix_of(c))) {
        struct span at = c->options->prefix ? (struct span){0} : c->model->span;
        diag_report(c->diagnostics, DIAG_E0014, at, "'%s' cannot name the generated code", prefix_of(c));
        diag_hint(c->diagnostics, "take a name that C and C++ allow and that does not begin with lrt, by --prefix NAME "
                                  "or in the model statement");
        return false;
    }
    if (is_too_long(c)) return false;
    compilation_verify(c);
    compilation_lay_out(c);
    return true;
}

static void dump_plan(const struct compilation *c, struct text *out) {
    const struct plan *const plans[] = {c->schedule.step_plan, c->schedule.eval_plan, c->schedule.logits_plan};
    for (int i = 0; i < 3; i++)
        if (plans[i]) plan_dump(plans[i], out);
}

// ---- c ----
static const char *header_path(const struct compilation *c) {
    if (c->options->header) return c->options->header;
    const char *output = c->options->output ? c->options->output : "-";
    const char *dot = strrchr(output, '.'), *slash = strrchr(output, '/');
    if (strcmp(output, "-") == 0) return arena_print(c->arena, "%s.h", c->program->options.prefix);
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - output) : strlen(output);
    return arena_print(c->arena, "%.*s.h", (int)stem, output);
}

// What the source includes: the header's name without its folder; a source without a file says the usual name.
static const char *included_name(const struct compilation *c) {
    const char *output = c->options->output, *slash = strrchr(c->header_path, '/');
    if (!output || strcmp(output, "-") == 0) return arena_print(c->arena, "%s.h", c->program->options.prefix);
    return slash ? slash + 1 : c->header_path;
}

static bool run_c(struct compilation *c) {
    c->header_path = header_path(c);
    emit_c_header(c->program, &c->header);
    emit_c_source(c->program, included_name(c), &c->source);
    return true;
}

static void dump_c(const struct compilation *c, struct text *out) { text_add(out, c->source.bytes, c->source.length); }

// ---- the table ----
static const struct {
    const char *name;
    bool (*run)(struct compilation *c);
    void (*dump)(const struct compilation *c, struct text *out);
} stages[STAGES] = {
#define STAGE(name, about) {#name, run_##name, dump_##name},
#include "compiler/compilation/stages.def"
#undef STAGE
};

bool compilation_run(struct compilation *c, enum stage first, enum stage last) {
    for (enum stage s = first; s <= last; s++)
        if (!stages[s].run(c) || diag_failed(c->diagnostics)) return false;
    return true;
}

void compilation_dump(const struct compilation *c, enum stage s, struct text *out) { stages[s].dump(c, out); }

const char *stage_name(enum stage s) { return stages[s].name; }

enum stage stage_named(const char *name) {
    enum stage s = 0;
    while (s < STAGES && strcmp(stages[s].name, name) != 0) s++;
    return s;
}
