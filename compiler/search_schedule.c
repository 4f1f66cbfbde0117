// Search: of a finite list of schedules (compiler/search/candidates.h), in the order of their estimated time, the first
// whose pools fit the budget. All that came before it do not fit, so it is the fastest; a larger budget can only stop
// the walk earlier, and the least budget that works is what the smallest of all needs.
#include "compiler/search_schedule.h"

#include "compiler/base/diag.h"
#include "compiler/ir/loop.h"
#include "compiler/pass/passes.h"
#include "compiler/search/trials.h"

struct inference { // what evaluation and logits need, which does not depend on what is kept
    int64_t tile_rows, head_rows, vocabulary_chunk;
    int64_t arena, scratch;
};

struct search {
    struct compilation *c;
    struct keep_sets sets;
    double forward_flops;
    int64_t rows; // of a micro-batch
    struct trials trials;
    struct curve_point *points; // [trials.count] bytes 0: not planned yet
    int64_t *floors;            // [trials.n_groups + candidates] of arena and scratch; 0: not known yet
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

// Iterations of the forward repeat loops: those that the backward pass goes through, and those before the first of
// them, where nothing can be kept or made again.
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

static struct keep_sets sets_of(struct compilation *c) {
    struct arena scratch = {0};
    struct graph step = graph_in_arena(c->unscheduled, &scratch);
    struct keep_sets all = keep_sets_find(c->arena, fuse_nodes(eliminate_common(&step), 0));
    arena_free(&scratch);
    return keep_sets_pareto(c->arena, all);
}

struct search *search_open(struct compilation *c) {
    const struct model_train *t = &c->model->train;
    struct search *s = ARENA_NEW(c->arena, struct search);
    *s = (struct search){.c = c, .sets = sets_of(c), .forward_flops = cost_of_graph(c->forward).flops};
    s->rows = model_rows(c->model);
    int64_t iterations, before;
    count_iterations(c->unscheduled, &iterations, &before);
    struct search_space space = {.method = c->gradient,
                                 .sets = s->sets,
                                 .rows = s->rows,
                                 .iterations = iterations,
                                 .vocabulary = vocabulary_of(c->model),
                                 .vocabulary_chunk = VOCABULARY_CHUNK,
                                 .tile = model_gradient_option(t, "tile"),
                                 .forwards = model_gradient_option(t, "forwards"),
                                 .slots = model_gradient_option(t, "slots"),
                                 .page = t->page};
    for (int i = 0; i < SEARCH_CUTS; i++)
        space.cuts[i] = cut_between_instances(c->forward, before + iterations * (i + 1) / (SEARCH_CUTS + 1));
    struct candidates list = candidates_list(c->arena, &space);
    s->trials = trials_estimate(c->arena, c->forward, c->model, c->diagnostics, &list);
    if (!s->trials.count) return NULL;
    s->points = ARENA_ARRAY(c->arena, struct curve_point, s->trials.count);
    s->floors = ARENA_ARRAY(c->arena, int64_t, s->trials.n_groups + list.count);
    return s;
}

// ---- memory ----
struct compilation schedule_attempt(const struct compilation *c, const struct schedule_choice *choice,
                                    struct arena *scratch) {
    struct compilation t = *c;
    t.arena = scratch;
    struct graph *forward = ARENA_NEW(scratch, struct graph);
    *forward = graph_in_arena(t.forward, scratch);
    t.forward = forward;
    t.trial = true;
    t.choice = *choice;
    t.step = NULL;
    t.eval = t.logits = NULL;
    return t;
}

static const struct inference *inference_of(struct search *s, const struct schedule_choice *choice) {
    for (size_t i = 0; i < s->n_inferences; i++) {
        const struct inference *o = &s->inferences[i];
        if (o->tile_rows == choice->tile_rows && o->head_rows == choice->head_rows &&
            o->vocabulary_chunk == choice->vocabulary_chunk)
            return o;
    }
    struct arena scratch = {0};
    struct compilation t = schedule_attempt(s->c, choice, &scratch);
    struct inference o = {
        .tile_rows = choice->tile_rows, .head_rows = choice->head_rows, .vocabulary_chunk = choice->vocabulary_chunk};
    t.step = s->c->unscheduled; // there is one: what is chosen for it stands
    schedule_inference(&t);
    const struct plan *const plans[] = {t.eval ? compilation_plan(&t, t.eval) : NULL,
                                        t.logits ? compilation_plan(&t, t.logits) : NULL};
    for (int i = 0; i < 2; i++) {
        if (plans[i] && plans[i]->arena_bytes > o.arena) o.arena = plans[i]->arena_bytes;
        if (plans[i] && plans[i]->scratch_bytes > o.scratch) o.scratch = plans[i]->scratch_bytes;
    }
    arena_free(&scratch);
    s->inferences = arena_grow(s->c->arena, s->inferences, s->n_inferences, &s->c_inferences, sizeof o);
    s->inferences[s->n_inferences] = o;
    return &s->inferences[s->n_inferences++];
}

// The liveness bound, with kernel scratch. Of one head it is a floor for higher ones, too, as long as they take several
// iterations: then the same values are alive together, and none is smaller. (Where a search for a good order is given
// up with the one and not with the other, the higher one counts as needing as much.)
static int64_t floor_of(struct search *s, const struct trial *trial) {
    bool one_iteration = trial->choice.head_rows >= s->rows;
    int64_t *known = &s->floors[one_iteration ? s->trials.n_groups + trial->index : trial->group];
    if (*known) return *known;
    struct schedule_choice choice = trial->choice;
    if (!one_iteration) choice.head_rows = 1;
    struct arena scratch = {0};
    struct compilation t = schedule_attempt(s->c, &choice, &scratch);
    const struct plan *p = plan_lives_only(&scratch, schedule_graph(&t, &choice), (int)t.options->threads);
    *known = p->bound.bytes + p->scratch_bytes;
    arena_free(&scratch);
    return *known;
}

// Whether a trial may fit, told without a plan of it.
static bool may_fit(struct search *s, const struct trial *trial, int64_t bytes) {
    if (!s->beside) return true;
    return s->beside + trial->stacks <= bytes && s->beside + floor_of(s, trial) <= bytes;
}

static struct curve_point plan_choice(struct search *s, const struct schedule_choice *choice, struct cost e) {
    struct arena scratch = {0};
    struct compilation t = schedule_attempt(s->c, choice, &scratch);
    t.step = schedule_graph(&t, choice);
    compilation_program(&t);
    const struct inference *o = inference_of(s, choice);
    if (o->arena > t.program->arena_bytes) t.program->arena_bytes = o->arena;
    if (o->scratch > t.program->scratch_bytes) t.program->scratch_bytes = o->scratch;
    struct curve_point point = {.choice = *choice,
                                .seconds = e.seconds,
                                .forwards = e.flops / s->forward_flops,
                                .bytes = bytes_of_pools(t.program),
                                .arena = t.program->arena_bytes};
    s->beside = 4 * t.program->param_floats * (1 + t.program->n_states);
    arena_free(&scratch);
    return point;
}

static const struct curve_point *plan_trial(struct search *s, size_t i) {
    struct curve_point *point = &s->points[i];
    const struct trial *trial = &s->trials.list[i];
    if (point->bytes) return point;
    *point = plan_choice(s, &trial->choice, trial->estimate);
    if (point->bytes < s->beside + floor_of(s, trial)) point->bytes = s->beside + floor_of(s, trial);
    struct text words = {0};
    candidate_words(&trial->choice, &s->sets, &words);
    point->words = arena_copy(s->c->arena, words.bytes, words.length);
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
        curve.points = arena_grow(s->c->arena, curve.points, curve.count, &curve.capacity, sizeof *point);
        curve.points[curve.count++] = *point;
    }
    return curve;
}

// From the slowest on: it is mostly among them, and rules out the others by their floors.
const struct curve_point *search_smallest(struct search *s) {
    const struct curve_point *least = NULL;
    for (size_t i = s->trials.count; i-- > 0;) {
        if (least && !may_fit(s, &s->trials.list[i], least->bytes)) continue;
        const struct curve_point *point = plan_trial(s, i);
        if (!least || point->bytes <= least->bytes) least = point;
    }
    return least;
}

bool search_schedule(struct compilation *c) {
    struct search *s = search_open(c);
    if (!s) return schedule_step(c); // which tells why
    int64_t budget = (int64_t)c->model->train.memory;
    const struct curve_point *chosen = search_fit(s, budget ? budget : INT64_MAX);
    if (c->options->pareto) c->curve = search_curve(s);
    if (!chosen) chosen = search_smallest(s);
    c->needed = chosen->bytes;
    c->choice = chosen->choice;
    c->choice_words = chosen->words;
    c->step = schedule_graph(c, &c->choice);
    return c->step != NULL;
}

bool search_faster(struct compilation *c) {
    struct search *s = search_open(c);
    if (!s) return true;
    const struct curve_point now = plan_choice(s, &c->choice, cost_of_graph(c->step));
    for (size_t i = 0; i < s->trials.count && s->trials.list[i].estimate.seconds < now.seconds; i++) {
        if (!may_fit(s, &s->trials.list[i], now.bytes)) continue;
        const struct curve_point *point = plan_trial(s, i);
        if (point->bytes > now.bytes || point->arena > now.arena) continue;
        c->choice = point->choice;
        c->choice_words = point->words;
        c->step = schedule_graph(c, &c->choice);
        break;
    }
    return c->step != NULL;
}

int64_t search_least_bytes(struct compilation *c) {
    struct search *s = search_open(c);
    return s ? search_smallest(s)->bytes : INT64_MAX;
}
