// Schedule choose: the budget and the method select one of three ways to choose; then the chosen graphs are planned.
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/model/model.h"
#include "compiler/pass/checkpoint_steps.h"
#include "compiler/pipeline/pipeline.h"
#include "compiler/schedule/schedule_internal.h"
#include "compiler/schedule/search.h"

static bool is_differentiated_in_loops(const struct graph *g) {
    for (size_t l = 1; l < g->n_loops; l++)
        if (g->loops[l].kind == LOOP_REPEAT && g->loops[l].backward) return true;
    return false;
}

// True when the loops can become a checkpoint schedule with some number of slots.
static bool has_checkpoints(const struct schedule_input *in, struct schedule_choice choice) {
    choice.slots = 0;
    choice.forwards = 1;
    choice.page = false;
    struct arena scratch = {0};
    const struct pass_context c = {.graph = STEP, .choice = choice, .diagnostics = in->diagnostics};
    const struct graph *g = build_gradients(in, &c, &scratch, GROUP_LOOPS);
    bool has = g && g->n_checkpoint_schedules > 1;
    arena_free(&scratch);
    return has;
}

// Slots and forwards that allow no schedule leave the loops unchanged; that is reported as a mistake.
static bool checkpoint_schedule_is_possible(const struct schedule_input *in, const struct schedule *s) {
    const struct schedule_choice *choice = &s->choice;
    const struct model_train *train = &in->model->train;
    bool wanted = choice->slots || choice->forwards || choice->page;
    if (!wanted || s->step->n_checkpoint_schedules > 1 || !is_differentiated_in_loops(s->step)) return true;
    if (choice->kept) {
        diag_report(in->diagnostics, DIAG_E0334, train->page_span,
                    "page: gradient %s keeps more than the inputs of blocks", choice->method->name);
        diag_hint(in->diagnostics, "`gradient checkpoint` and `gradient structured` keep those alone");
        return false;
    }
    if (!has_checkpoints(in, *choice)) {
        bool page = !choice->slots && !choice->forwards;
        diag_report(in->diagnostics, DIAG_E0334, page ? train->page_span : train->gradient_span,
                    "the backward pass of no block needs just the block's input: there is nothing to keep in slots, to "
                    "make again or to page");
        diag_hint(in->diagnostics, page ? "leave out `page on`" : "leave out slots and forwards");
        return false;
    }
    if (choice->slots && choice->forwards) {
        diag_report(in->diagnostics, DIAG_E0334, train->gradient_span,
                    "blocks cannot be reversed with %lld slots in %lld forwards", (long long)choice->slots,
                    (long long)choice->forwards);
        diag_hint(in->diagnostics, "leave one of the two out: the compiler then finds the least that will do");
    } else {
        diag_report(in->diagnostics, DIAG_E0334, train->gradient_span,
                    "the shortest checkpoint schedule runs blocks forward more than %d times", CHECKPOINT_ADVANCES_MAX);
        diag_hint(in->diagnostics, "give more slots");
    }
    return false;
}

// True when the compiler may choose the block tiles' height and the kept inputs.
static bool is_free(const struct schedule_input *in) {
    const struct model_train *t = &in->model->train;
    return !in->page && !model_gradient_option(t, "tile") && !model_gradient_option(t, "forwards") &&
           !model_gradient_option(t, "slots");
}

// Rules choose when there is no budget, or when a search has nothing to choose from; the graphs then show why. For
// tiled blocks a faster schedule in the same memory replaces the result.
static bool choose(const struct schedule_input *in, struct schedule *out) {
    if (in->method->estimate) return choose_for_estimate(in, out);
    bool searches = in->method->searches || in->budget || in->curve;
    if (searches && choose_by_search(in, out)) return true;
    if (!choose_by_rules(in, out)) return false;
    if (in->method->tiles && is_free(in)) search_faster(in, out);
    return true;
}

// Chooses for a step and builds its graph.
static bool choose_step(const struct schedule_input *in, struct schedule *out) {
    struct schedule_input quiet = *in; // trials are not dumped
    quiet.dump = NULL;
    if (choose(&quiet, out)) out->step = build_step(in, &out->choice, in->arena);
    return out->step && checkpoint_schedule_is_possible(in, out);
}

struct schedule schedule_choose(const struct schedule_input *in) {
    const struct schedule failed = {.good = false};
    struct schedule s = {
        .choice = {.method = in->method, .tile_rows = model_gradient_option(&in->model->train, "tile")}};
    if (in->forward && in->method && in->method->trains) {
        if (!choose_step(in, &s)) return failed;
    } else {
        build_plain_head(in, &s.choice);
    }
    if (!build_inference(in, &s.choice, in->arena, &s)) return failed;
    build_plans(in, in->arena, &s);
    s.good = true;
    return s;
}
