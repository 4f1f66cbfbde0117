// Search: takes the first schedule whose pools fit the budget, from a finite list (compiler/schedule/candidates.h) in
// order of estimated time. All earlier ones do not fit, so it is the fastest. A larger budget can only stop the search
// earlier. The smallest schedule gives the smallest budget that works.
#include "compiler/schedule/search.h"

#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/ir/loop.h"
#include "compiler/model/model.h"
#include "compiler/pass/passes.h"
#include "compiler/pipeline/pipeline.h"
#include "compiler/program/program.h"
#include "compiler/schedule/heights.h"
#include "compiler/schedule/schedule_internal.h"
#include "compiler/schedule/trials.h"

struct inference { // memory of evaluation and logits, which does not depend on what is kept
    int64_t tile_rows, head_rows, vocabulary_chunk;
    int64_t arena, scratch;
};

struct search {
    const struct schedule_input *in;
    struct keep_sets sets;
    double forward_flops;
    int64_t rows; // of a micro-batch
    struct trials trials;
    struct curve_point *points; // [trials.count] bytes 0: not planned yet
    int64_t *floors;            // [trials.n_groups + candidates] bytes of arena and scratch; 0: not known yet
    struct inference *inferences;
    size_t n_inferences, c_inferences;
    int64_t beside; // bytes of the pools that no choice changes
};

// ---- the list ----
static bool has_backward(const struct graph *step, const struct loop *l) {
    for (uint32_t b = 1; b < step->n_loops; b++) {
        const struct loop *back = &step->loops[b];
        if (back->backward && back->domain.id == l->domain.id && back->from <= l->from && l->to <= back->to)
            return true;
    }
    return false;
}

// Iterations of the forward repeat loops: those that the backward pass visits, and those before the first of these. The
// latter keep and recompute nothing.
static void count_iterations(const struct graph *step, int64_t *iterations, int64_t *before) {
    *iterations = *before = 0;
    for (uint32_t i = 1; i < step->n_loops; i++) {
        const struct loop *l = &step->loops[i];
        if (l->kind != LOOP_REPEAT || l->backward) continue;
        if (has_backward(step, l))
            *iterations += loop_trips(l);
        else if (!*iterations)
            *before += loop_trips(l);
    }
}

static int64_t vocabulary_of(const struct model *m) {
    int64_t most = 0;
    for (size_t i = 0; i < m->n_inputs; i++)
        if (m->inputs[i].is_token && m->inputs[i].vocab > most) most = m->inputs[i].vocab;
    return most;
}

static struct keep_sets sets_of(const struct schedule_input *in, struct graph *step) {
    const struct pass_context c = {.graph = STEP, .choice = {.method = in->method}, .diagnostics = in->diagnostics};
    struct graph *simple = pipeline_run(&c, step, GROUP_SIMPLIFY, GROUP_SIMPLIFY);
    return keep_sets_pareto(in->arena, keep_sets_find(in->arena, simple));
}

struct search *search_open(const struct schedule_input *in) {
    const struct model_train *t = &in->model->train;
    struct arena scratch = {0};
    const struct pass_context c = {.graph = STEP, .choice = {.method = in->method}, .diagnostics = in->diagnostics};
    struct graph *step = build_gradients(in, &c, &scratch, GROUP_DIFFERENTIATE);
    struct search *s = ARENA_NEW(in->arena, struct search);
    *s = (struct search){.in = in, .sets = sets_of(in, step), .forward_flops = cost_of_graph(in->forward).flops};
    s->rows = model_rows(in->model);
    int64_t iterations, before;
    count_iterations(step, &iterations, &before);
    arena_free(&scratch);
    struct search_space space = {.method = in->method,
                                 .sets = s->sets,
                                 .rows = s->rows,
                                 .iterations = iterations,
                                 .vocabulary = vocabulary_of(in->model),
                                 .vocabulary_chunk = VOCABULARY_CHUNK,
                                 .tile = model_gradient_option(t, "tile"),
                                 .forwards = model_gradient_option(t, "forwards"),
                                 .slots = model_gradient_option(t, "slots"),
                                 .page = in->page};
    for (int i = 0; i < SEARCH_CUTS; i++)
        space.cuts[i] = cut_between_instances(in->forward, before + iterations * (i + 1) / (SEARCH_CUTS + 1));
    struct candidates list = candidates_list(in->arena, &space);
    s->trials = trials_list(in, &list);
    if (!s->trials.count) return NULL;
    s->points = ARENA_ARRAY(in->arena, struct curve_point, s->trials.count);
    s->floors = ARENA_ARRAY(in->arena, int64_t, s->trials.n_groups + list.count);
    return s;
}

// ---- memory ----
static const struct inference *inference_of(struct search *s, const struct schedule_choice *choice) {
    for (size_t i = 0; i < s->n_inferences; i++) {
        const struct inference *o = &s->inferences[i];
        if (o->tile_rows == choice->tile_rows && o->head_rows == choice->head_rows &&
            o->vocabulary_chunk == choice->vocabulary_chunk)
            return o;
    }
    struct arena scratch = {0};
    struct schedule plain = {.good = false};
    struct inference o = {
        .tile_rows = choice->tile_rows, .head_rows = choice->head_rows, .vocabulary_chunk = choice->vocabulary_chunk};
    if (build_inference(s->in, choice, &scratch, &plain)) {
        build_plans(s->in, &scratch, &plain);
        o.arena = plain.arena_bytes;
        o.scratch = plain.scratch_bytes;
    }
    arena_free(&scratch);
    s->inferences = arena_grow(s->in->arena, s->inferences, s->n_inferences, &s->c_inferences, sizeof o);
    s->inferences[s->n_inferences] = o;
    return &s->inferences[s->n_inferences++];
}

// The liveness bound plus kernel scratch. A head's bound is a floor for taller heads too, while they take several
// iterations: the same values are alive together, and none is smaller. (If the search for a good order gives up with
// only one of the two, the taller head counts as needing the same.)
static int64_t floor_of(struct search *s, const struct trial *trial) {
    bool one_iteration = trial->choice.head_rows >= s->rows;
    int64_t *known = &s->floors[one_iteration ? s->trials.n_groups + trial->index : trial->group];
    if (*known) return *known;
    struct schedule_choice choice = trial->choice;
    if (!one_iteration) choice.head_rows = 1;
    struct arena scratch = {0};
    const struct plan *p = plan_lives_only(&scratch, build_step(s->in, &choice, &scratch), s->in->threads);
    *known = p->bound.bytes + p->scratch_bytes;
    arena_free(&scratch);
    return *known;
}

// True when a trial may fit, decided without planning it.
static bool may_fit(struct search *s, const struct trial *trial, int64_t bytes) {
    if (!s->beside) return true;
    return s->beside + trial->stacks <= bytes && s->beside + floor_of(s, trial) <= bytes;
}

// Plans the step alone and adds the memory of evaluation and logits.
static struct curve_point plan_choice(struct search *s, const struct schedule_choice *choice, struct cost e) {
    struct arena scratch = {0};
    struct schedule step = {.step = build_step(s->in, choice, &scratch)};
    step.step_plan = plan_make(&scratch, step.step, s->in->threads, s->in->sharing);
    const struct program_options options = {.threads = s->in->threads};
    struct program *p = program_make(&scratch, s->in->model, NULL, options, step.step_plan, NULL, NULL);
    const struct inference *o = inference_of(s, choice);
    if (o->arena > p->arena_bytes) p->arena_bytes = o->arena;
    if (o->scratch > p->scratch_bytes) p->scratch_bytes = o->scratch;
    struct curve_point point = {.choice = *choice,
                                .seconds = e.seconds,
                                .forwards = e.flops / s->forward_flops,
                                .bytes = program_bytes(p),
                                .arena = p->arena_bytes};
    s->beside = 4 * p->param_floats * (1 + p->n_states);
    arena_free(&scratch);
    return point;
}

static const struct curve_point *plan_trial(struct search *s, size_t i) {
    struct curve_point *point = &s->points[i];
    const struct trial *trial = &s->trials.list[i];
    if (point->bytes) return point;
    *point = plan_choice(s, &trial->choice, trial->cost);
    if (point->bytes < s->beside + floor_of(s, trial)) point->bytes = s->beside + floor_of(s, trial);
    struct text words = {0};
    candidate_words(&trial->choice, &s->sets, &words);
    point->words = arena_copy(s->in->arena, words.bytes, words.length);
    text_free(&words);
    return point;
}

const struct curve_point *search_fit(struct search *s, int64_t budget) {
    for (size_t i = 0; i < s->trials.count; i++) {
        if (!may_fit(s, &s->trials.list[i], budget)) continue;
        const struct curve_point *point = plan_trial(s, i);
        if (point->bytes <= budget) return point;
    }
    return NULL;
}

struct curve search_curve(struct search *s) {
    struct curve curve = {0};
    for (size_t i = 0; i < s->trials.count; i++) {
        const struct curve_point *last = curve.count ? &curve.points[curve.count - 1] : NULL;
        if (last && !may_fit(s, &s->trials.list[i], last->bytes - 1)) continue;
        const struct curve_point *point = plan_trial(s, i);
        if (last && point->bytes >= last->bytes) continue;
        curve.points = arena_grow(s->in->arena, curve.points, curve.count, &curve.capacity, sizeof *point);
        curve.points[curve.count++] = *point;
    }
    return curve;
}

// Starts from the slowest: the smallest is usually among them, and it rules out the others by their floors.
const struct curve_point *search_smallest(struct search *s) {
    const struct curve_point *least = NULL;
    for (size_t i = s->trials.count; i-- > 0;) {
        if (least && !may_fit(s, &s->trials.list[i], least->bytes)) continue;
        const struct curve_point *point = plan_trial(s, i);
        if (!least || point->bytes <= least->bytes) least = point;
    }
    return least;
}

bool choose_by_search(const struct schedule_input *in, struct schedule *out) {
    struct search *s = search_open(in);
    if (!s) return false;
    const struct curve_point *chosen = search_fit(s, in->budget ? in->budget : INT64_MAX);
    if (in->curve) out->curve = search_curve(s);
    if (!chosen) chosen = search_smallest(s);
    out->needed = chosen->bytes;
    out->choice = chosen->choice;
    out->words = chosen->words;
    return true;
}

void search_faster(const struct schedule_input *in, struct schedule *out) {
    struct search *s = search_open(in);
    if (!s) return;
    struct arena scratch = {0};
    const struct graph *step = build_step(in, &out->choice, &scratch);
    const struct curve_point now = plan_choice(s, &out->choice, cost_of_graph(step));
    arena_free(&scratch);
    for (size_t i = 0; i < s->trials.count && s->trials.list[i].cost.seconds < now.seconds; i++) {
        if (!may_fit(s, &s->trials.list[i], now.bytes)) continue;
        const struct curve_point *point = plan_trial(s, i);
        if (point->bytes > now.bytes || point->arena > now.arena) continue;
        out->choice = point->choice;
        out->words = point->words;
        return;
    }
}

int64_t schedule_least_bytes(const struct schedule_input *in) {
    struct search *s = search_open(in);
    return s ? search_smallest(s)->bytes : INT64_MAX;
}
