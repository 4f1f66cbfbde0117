// Stages: what each row of stages.def does, and how it shows what it made.
#include <stdio.h>
#include <string.h>

#include "compiler/ad/gradient.h"
#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/front/ast.h"
#include "compiler/front/scan.h"
#include "compiler/optim/optim.h"
#include "compiler/pass/lower.h"
#include "compiler/pass/passes.h"
#include "compiler/plan/order.h"

static bool internal_error(struct compilation *c, const char *what) {
    fprintf(stderr, "lorac: internal error: %s\n", what);
    c->status = EXIT_INTERNAL;
    return false;
}

static bool graph_is_good(struct compilation *c, const struct graph *g) {
    return graph_verify(g) || internal_error(c, "the graph is broken");
}

// ---- tokens, ast, model ----
// The parser scans by itself; the words alone are made to be looked at.
bool run_tokens(struct compilation *c) {
    bool wanted = c->options->dump && strcmp(c->options->dump, "tokens") == 0;
    if (!wanted) return true;
    uint32_t source = source_read(&c->sources, c->options->input);
    if (!source) return true; // the parser says so
    scan_dump(c->arena, &c->sources, c->diagnostics, source, &c->tokens);
    return true;
}

void dump_tokens(const struct compilation *c, struct text *out) {
    text_add(out, c->tokens.bytes ? c->tokens.bytes : "", c->tokens.length);
}

bool run_ast(struct compilation *c) {
    struct parse_folders folders = {c->options->folders.items, c->options->folders.count};
    c->ast = parse_file(c->arena, &c->sources, c->diagnostics, c->options->input, folders);
    return c->ast != NULL;
}

void dump_ast(const struct compilation *c, struct text *out) { ast_dump(c->ast, out); }

bool run_model(struct compilation *c) {
    const struct options *o = c->options;
    struct model_options wanted = {.dims = o->dims.items,
                                   .n_dims = o->dims.count,
                                   .gradient = o->gradient,
                                   .optimizer = o->optimizer,
                                   .memory = o->memory,
                                   .update = o->update,
                                   .page = o->page};
    c->model = model_build(c->arena, &c->sources, c->diagnostics, c->ast, &wanted);
    return c->model != NULL;
}

void dump_model(const struct compilation *c, struct text *out) { model_dump(c->model, out); }

// ---- graph: the forward pass ----
bool run_graph(struct compilation *c) {
    const struct model_train *train = &c->model->train;
    c->gradient = train->present ? gradient_find(train->gradient) : NULL;
    if (c->options->pareto && !c->options->gradient && c->gradient && c->gradient->trains)
        c->gradient = gradient_find("auto"); // of all schedules, whatever the file has
    if (!train->loss) return true;
    c->forward = lower_eval(c->model, c->arena, c->diagnostics);
    return c->forward && graph_is_good(c, c->forward);
}

void dump_graph(const struct compilation *c, struct text *out) {
    if (c->forward) graph_dump(c->forward, out);
}

// ---- step: gradients ----
bool run_step(struct compilation *c) {
    if (!c->forward || !c->gradient || !c->gradient->trains) return true;
    int64_t tangents = model_gradient_option(&c->model->train, "tangents");
    c->unscheduled = gradient_unscheduled(c->gradient, tangents, c->forward, c->diagnostics);
    return c->unscheduled != NULL;
}

void dump_step(const struct compilation *c, struct text *out) {
    if (c->unscheduled) graph_dump(c->unscheduled, out);
}

// ---- schedule ----
static bool is_differentiated_in_loops(const struct graph *g) {
    for (size_t l = 1; l < g->n_loops; l++)
        if (g->loops[l].kind == LOOP_REPEAT && g->loops[l].backward) return true;
    return false;
}

// Whether the loops can be a checkpoint schedule at all, whatever the slots.
static bool has_checkpoints(struct compilation *c) {
    struct schedule_choice choice = c->choice;
    choice.slots = 0;
    choice.forwards = 1;
    choice.page = false;
    const struct graph *g = gradient_graph(&choice, c->forward, c->diagnostics);
    return g && g->n_checkpoint_schedules > 1;
}

// Slots and forwards that allow no schedule leave the loops as they are: that is told, not done.
static bool checkpoint_schedule_is_possible(struct compilation *c) {
    const struct schedule_choice *choice = &c->choice;
    bool wanted = choice->slots || choice->forwards || choice->page;
    if (!wanted || !c->step || c->step->n_checkpoint_schedules > 1 || !is_differentiated_in_loops(c->step)) return true;
    if (choice->kept) {
        diag_report(c->diagnostics, DIAG_E0334, c->model->train.page_span,
                    "page: gradient %s keeps more than the inputs of blocks", choice->method->name);
        diag_hint(c->diagnostics, "`gradient checkpoint` and `gradient structured` keep those alone");
        return false;
    }
    if (!has_checkpoints(c)) {
        bool page = !choice->slots && !choice->forwards;
        diag_report(c->diagnostics, DIAG_E0334, page ? c->model->train.page_span : c->model->train.gradient_span,
                    "the backward pass of no block needs just the block's input: there is nothing to keep in slots, to "
                    "make again or to page");
        diag_hint(c->diagnostics, page ? "leave out `page on`" : "leave out slots and forwards");
        return false;
    }
    diag_report(c->diagnostics, DIAG_E0334, c->model->train.gradient_span,
                "blocks cannot be reversed with %lld slots in %lld forwards", (long long)choice->slots,
                (long long)choice->forwards);
    diag_hint(c->diagnostics, "leave one of the two out: the compiler then finds the least that will do");
    return false;
}

bool schedule_inference(struct compilation *c) {
    if (!c->step) schedule_plain_head(c->forward, &c->choice);
    if (c->forward) {
        int64_t block = c->choice.tile_rows;
        c->eval = fuse_nodes(c->forward, c->choice.vocabulary_chunk);
        c->eval = tile_loss(block ? tile_rows(c->eval, block) : c->eval, c->choice.head_rows);
        graph_mark_stacks(c->eval);
        c->eval = order_nodes(c->eval);
    }
    c->logits = lower_logits(c->model, c->choice.head_rows, c->arena, c->diagnostics);
    if (c->logits && c->choice.tile_rows) c->logits = tile_rows(c->logits, c->choice.tile_rows);
    if (c->logits) graph_mark_stacks(c->logits);
    if (c->logits) c->logits = order_nodes(c->logits);
    return !diag_failed(c->diagnostics);
}

bool run_schedule(struct compilation *c) {
    const struct gradient *method = c->gradient;
    bool searches = method && (method->searches || c->model->train.memory || c->options->pareto);
    c->choice =
        (struct schedule_choice){.method = method, .tile_rows = model_gradient_option(&c->model->train, "tile")};
    if (method && method->estimate && c->options->pareto) {
        fprintf(stderr,
                "lorac: error: --pareto is a curve of exact methods, which keep more or less; gradient %s keeps "
                "nothing: leave out --gradient, or see --compare\n",
                method->name);
        c->status = EXIT_USAGE;
        return false;
    }
    bool (*schedule)(struct compilation *) = searches ? search_schedule : schedule_step;
    if (method && method->estimate) schedule = schedule_estimate;
    if (c->unscheduled && !schedule(c)) return false;
    if (!checkpoint_schedule_is_possible(c) || !schedule_inference(c)) return false;
    return (!c->step || graph_is_good(c, c->step)) && (!c->eval || graph_is_good(c, c->eval)) &&
           (!c->logits || graph_is_good(c, c->logits));
}

void dump_schedule(const struct compilation *c, struct text *out) {
    if (c->step) graph_dump(c->step, out);
    if (c->eval) graph_dump(c->eval, out);
    if (c->logits) graph_dump(c->logits, out);
}

// ---- plan ----
struct plan *compilation_plan(struct compilation *c, const struct graph *g) {
    char why[512];
    bool separate = strcmp(c->options->arena, "separate") == 0;
    struct plan *p = plan_make(c->arena, g, (int)c->options->threads, separate ? PLAN_SEPARATE : PLAN_SHARED);
    if (c->trial || plan_verify(p, why, sizeof why)) return p;
    fprintf(stderr, "lorac: internal error: the plan of %s is wrong: %s\n", g->name, why);
    c->status = EXIT_INTERNAL;
    return NULL;
}

static const char *option_words(struct compilation *c) {
    const char *gradient = c->gradient ? c->gradient->name : "none";
    const char *how =
        strcmp(c->options->arena, "planned") == 0 ? "" : arena_print(c->arena, ", arena %s", c->options->arena);
    bool named = c->choice_words && strncmp(c->choice_words, gradient, strlen(gradient)) == 0;
    if (c->choice_words)
        gradient = named ? c->choice_words : arena_print(c->arena, "%s (%s)", gradient, c->choice_words);
    return arena_print(c->arena, "gradient %s, optimizer %s, %s%lld threads at most%s", gradient,
                       c->step ? c->model->train.optimizer : "none",
                       c->step && c->model->train.update_fused ? "update fused, " : "", (long long)c->options->threads,
                       how);
}

// The generated struct has the prefix for its name, also in C++; lrt... are the runtime's.
static bool good_prefix(const char *prefix) {
    static const char *const words[] = {
        "alignas",  "alignof",  "asm",       "auto",     "bool",     "break",    "case",      "catch",    "char",
        "class",    "const",    "constexpr", "continue", "decltype", "default",  "delete",    "do",       "double",
        "else",     "enum",     "explicit",  "export",   "extern",   "false",    "float",     "for",      "friend",
        "goto",     "if",       "inline",    "int",      "long",     "mutable",  "namespace", "new",      "noexcept",
        "nullptr",  "operator", "or",        "and",      "not",      "private",  "protected", "public",   "register",
        "restrict", "return",   "short",     "signed",   "sizeof",   "static",   "struct",    "switch",   "template",
        "this",     "throw",    "true",      "try",      "typedef",  "typename", "union",     "unsigned", "using",
        "virtual",  "void",     "volatile",  "while",    "xor"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(prefix, words[i]) == 0) return false;
    if (strncmp(prefix, "lrt", 3) == 0 || strncmp(prefix, "LRT", 3) == 0) return false;
    size_t length = strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length && !prefix[length] && (prefix[0] < '0' || prefix[0] > '9');
}

static void tell_curve(struct compilation *c) {
    struct program *p = c->program;
    p->n_curve = c->curve.count;
    p->curve = ARENA_ARRAY(c->arena, struct schedule_point, c->curve.count + 1);
    for (size_t i = 0; i < c->curve.count; i++) {
        const struct curve_point *at = &c->curve.points[i];
        p->curve[i] = (struct schedule_point){at->bytes, at->arena, at->seconds, at->forwards, at->words};
    }
}

bool compilation_program(struct compilation *c) {
    const struct model_train *t = &c->model->train;
    if (c->step && !(c->step_plan = compilation_plan(c, c->step))) return false;
    if (c->eval && !(c->eval_plan = compilation_plan(c, c->eval))) return false;
    if (c->logits && !(c->logits_plan = compilation_plan(c, c->logits))) return false;
    struct program_options options = {
        .prefix = c->options->prefix ? c->options->prefix : c->model->name,
        .words = option_words(c),
        .gradient = c->step ? c->gradient->name : "none",
        .optimizer = c->step ? t->optimizer : "none",
        .learning_rate = model_option_number(t->optimizer_options, t->n_optimizer_options, "lr", 0),
        .perturbation = c->step ? model_option_number(t->gradient_options, t->n_gradient_options, "eps", 0) : 0,
        .threads = (int)c->options->threads,
        .main = c->options->main,
        .poisoned = strcmp(c->options->arena, "poisoned") == 0,
    };
    c->program = program_make(c->arena, c->model, &c->sources, options, c->step_plan, c->eval_plan, c->logits_plan);
    if (c->options->pareto && !c->trial) tell_curve(c);
    return true;
}

bool run_plan(struct compilation *c) {
    const char *prefix = c->options->prefix ? c->options->prefix : c->model->name;
    if (!good_prefix(prefix)) {
        fprintf(stderr,
                "lorac: error: '%s' cannot name the generated code: take a name that C and C++ allow and "
                "that does not begin with lrt, by --prefix NAME or in the model statement\n",
                prefix);
        c->status = EXIT_USAGE;
        return false;
    }
    return compilation_program(c) && budget_is_kept(c);
}

static void dump_one_plan(const struct plan *p, struct text *out) {
    if (!p) return;
    text_print(out, "plan %s: arena %lld, bound %lld at step %lld, by %s\n", p->graph->name, (long long)p->arena_bytes,
               (long long)p->bound.bytes, (long long)p->bound.step, p->method);
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        const struct plan_value *life = &p->values[v];
        if (!life->buffer) continue;
        const struct plan_buffer *b = &p->buffers[life->buffer];
        text_print(out, "  %%%u %s: steps [%u, %u), buffer %u at %lld, %lld bytes", v, p->graph->values[v].name,
                   life->birth, life->death, life->buffer, (long long)b->offset, (long long)life->bytes);
        if (life->in_place_of.id) text_print(out, ", in place of %%%u", life->in_place_of.id);
        if (b->slots > 1)
            text_print(out, ", %lld slots below at %lld", (long long)b->slots - 1, (long long)b->lower_offset);
        text_puts(out, "\n");
    }
    for (size_t i = 0; i < p->n_copies; i++)
        text_print(out, "  copy at %u: %%%u to %%%u\n", p->copies[i].at.id, p->copies[i].from.id, p->copies[i].to.id);
}

void dump_plan(const struct compilation *c, struct text *out) {
    dump_one_plan(c->step_plan, out);
    dump_one_plan(c->eval_plan, out);
    dump_one_plan(c->logits_plan, out);
}

// ---- c ----
static const char *header_path(struct compilation *c) {
    if (c->options->header) return c->options->header;
    const char *output = c->options->output ? c->options->output : "-";
    const char *dot = strrchr(output, '.'), *slash = strrchr(output, '/');
    if (strcmp(output, "-") == 0) return arena_print(c->arena, "%s.h", c->program->options.prefix);
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - output) : strlen(output);
    return arena_print(c->arena, "%.*s.h", (int)stem, output);
}

// What the source includes: the header's name without its folder; a source without a file says the usual name.
static const char *included_name(struct compilation *c) {
    const char *output = c->options->output, *slash = strrchr(c->header_path, '/');
    if (!output || strcmp(output, "-") == 0) return arena_print(c->arena, "%s.h", c->program->options.prefix);
    return slash ? slash + 1 : c->header_path;
}

bool run_c(struct compilation *c) {
    c->header_path = header_path(c);
    emit_c_header(c->program, &c->header);
    emit_c_source(c->program, included_name(c), &c->source);
    return true;
}

void dump_c(const struct compilation *c, struct text *out) { text_add(out, c->source.bytes, c->source.length); }
