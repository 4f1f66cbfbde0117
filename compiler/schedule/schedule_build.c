// Schedule build: a choice becomes graphs, plans and byte counts.
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/model/model.h"
#include "compiler/pass/passes.h"
#include "compiler/pipeline/pipeline.h"
#include "compiler/program/program.h"
#include "compiler/schedule/heights.h"
#include "compiler/schedule/schedule_internal.h"

struct graph *graph_in_arena(const struct graph *g, struct arena *a) {
    struct graph *view = ARENA_NEW(a, struct graph);
    *view = *g;
    view->arena = a;
    return view;
}

static struct pass_context context_of(const struct schedule_input *in, const struct schedule_choice *choice,
                                      enum pass_graph graph, struct arena *a) {
    return (struct pass_context){.graph = graph,
                                 .model = in->model,
                                 .choice = *choice,
                                 .arena = a,
                                 .diagnostics = in->diagnostics,
                                 .dump = in->dump,
                                 .dumped = in->dumped};
}

struct graph *build_gradients(const struct schedule_input *in, const struct pass_context *c, struct arena *a,
                              enum pass_group last) {
    const bool again = !in->differentiated || c->choice.split;
    const struct graph *from = again ? in->forward : in->differentiated;
    return pipeline_run(c, graph_in_arena(from, a), again ? GROUP_DIFFERENTIATE : GROUP_SIMPLIFY, last);
}

struct graph *build_step(const struct schedule_input *in, const struct schedule_choice *choice, struct arena *a) {
    const struct pass_context c = context_of(in, choice, STEP, a);
    return build_gradients(in, &c, a, GROUP_UPDATE);
}

bool build_inference(const struct schedule_input *in, const struct schedule_choice *choice, struct arena *a,
                     struct schedule *out) {
    const struct pass_context evaluation = context_of(in, choice, EVALUATION, a);
    const struct pass_context logits = context_of(in, choice, LOGITS, a);
    if (in->forward) out->eval = pipeline_run(&evaluation, graph_in_arena(in->forward, a), GROUP_SIMPLIFY, GROUP_ORDER);
    out->logits = pipeline_run(&logits, NULL, GROUP_LOWER, GROUP_ORDER);
    return !diag_failed(in->diagnostics);
}

double schedule_perturbation(const struct schedule_input *in) {
    const struct model_train *t = &in->model->train;
    if (!in->method || !in->method->estimate) return 0;
    return model_option_number(t->gradient_options, t->n_gradient_options, "eps", 0);
}

static struct plan *plan_of(const struct schedule_input *in, struct arena *a, const struct graph *g) {
    return g ? plan_make(a, g, in->threads, in->sharing) : NULL;
}

void build_plans(const struct schedule_input *in, struct arena *a, struct schedule *out) {
    out->step_plan = plan_of(in, a, out->step);
    out->eval_plan = plan_of(in, a, out->eval);
    out->logits_plan = plan_of(in, a, out->logits);
    const struct program_options options = {.threads = in->threads,
                                            .perturbation = out->step ? schedule_perturbation(in) : 0};
    const struct program *p =
        program_make(a, in->model, NULL, options, out->step_plan, out->eval_plan, out->logits_plan);
    out->bytes = program_bytes(p);
    out->arena_bytes = p->arena_bytes;
    out->scratch_bytes = p->scratch_bytes;
}

int64_t build_bytes(const struct schedule_input *in, const struct schedule_choice *choice) {
    struct arena scratch = {0};
    struct schedule s = {.step = build_step(in, choice, &scratch)};
    bool good = s.step && build_inference(in, choice, &scratch, &s);
    if (good) build_plans(in, &scratch, &s);
    arena_free(&scratch);
    return good ? s.bytes : INT64_MAX;
}

void build_plain_head(const struct schedule_input *in, struct schedule_choice *choice) {
    choice->vocabulary_chunk = VOCABULARY_CHUNK;
    choice->head_rows = PLAIN_HEAD_HEIGHT;
    if (!in->forward) return;
    struct arena scratch = {0};
    struct pass_context c = context_of(in, choice, EVALUATION, &scratch);
    c.dump = NULL; // a question, not the graph of evaluation
    if (loss_in_chunks(pipeline_run(&c, graph_in_arena(in->forward, &scratch), GROUP_SIMPLIFY, GROUP_SIMPLIFY)))
        choice->head_rows = PLAIN_CHUNKED_HEIGHT;
    arena_free(&scratch);
}
