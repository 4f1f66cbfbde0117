// Search: of a finite list of schedules (compiler/search/candidates.h), in the order of their estimated time, the first
// whose pools fit the budget. All that came before it do not fit, so it is the fastest; a larger budget can only stop
// the walk earlier, and the least budget that works is what the smallest of all needs.
#include <stdlib.h>

#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/optim/optim.h"
#include "compiler/pass/passes.h"
#include "compiler/plan/estimate.h"
#include "compiler/plan/order.h"
#include "compiler/search/candidates.h"

struct trial {
    struct schedule_choice choice;
    struct estimate estimate;
    int64_t floor; // of arena and scratch: no less is needed with any head
    size_t index;  // in the list
};

struct head_estimate {
    int64_t rows, part;
    struct estimate estimate;
};

struct outlook { // what evaluation and logits need, which does not depend on what is kept
    int64_t block, head, loss_part;
    int64_t arena, scratch;
};

struct search {
    struct compilation *c;
    struct keep_sets sets;
    double forward_flops;
    int64_t rows; // of a micro-batch
    struct trial *trials;
    size_t n_trials;
    struct head_estimate *heads;
    size_t n_heads, c_heads;
    struct outlook *outlooks;
    size_t n_outlooks, c_outlooks;
    int64_t beside; // bytes of the pools that no choice changes
};

// ---- the list ----
static int64_t count_iterations(const struct graph *g) {
    int64_t count = 0;
    for (uint32_t l = 1; l < g->n_loops; l++)
        if (g->loops[l].kind == LOOP_REPEAT) count += (g->loops[l].to - g->loops[l].from) / g->loops[l].step;
    return count;
}

static int64_t vocabulary_of(const struct model *m) {
    int64_t most = 0;
    for (size_t i = 0; i < m->n_inputs; i++)
        if (m->inputs[i].is_token && m->inputs[i].vocab > most) most = m->inputs[i].vocab;
    return most;
}

static struct candidates list_candidates(struct search *s) {
    struct compilation *c = s->c;
    const struct model_train *t = &c->model->train;
    const struct model_input *tokens = &c->model->inputs[0];
    struct arena scratch = {0};
    struct graph step = *c->unscheduled;
    step.arena = &scratch;
    struct search_space space = {
        .method = c->gradient,
        .sets = keep_sets_hull(c->arena, keep_sets_find(c->arena, fuse_nodes(share_equal(&step), 0))),
        .rows = shape_count((struct shape){tokens->rank, {tokens->shape[0], tokens->shape[1]}}),
        .iterations = count_iterations(c->forward),
        .vocabulary = vocabulary_of(c->model),
        .loss_part = LOSS_PART};
    s->sets = space.sets;
    s->rows = space.rows;
    space.tile = (int64_t)model_option_number(t->gradient_options, t->n_gradient_options, "tile", 0);
    arena_free(&scratch);
    return candidates_list(c->arena, &space);
}

// ---- time ----
static bool same_kept(const struct schedule_choice *a, const struct schedule_choice *b) {
    return a->kept == b->kept && a->split == b->split && a->kept_above == b->kept_above && a->loss_part == b->loss_part;
}

// The same graph, of which passes make others in this arena.
static struct graph in_arena(const struct graph *g, struct arena *a) {
    struct graph view = *g;
    view.arena = a;
    return view;
}

// What a head takes does not depend on what stands before it.
static struct estimate estimate_of_head(struct search *s, const struct schedule_choice *choice, const struct graph *g) {
    for (size_t i = 0; i < s->n_heads; i++)
        if (s->heads[i].rows == choice->head && s->heads[i].part == choice->loss_part) return s->heads[i].estimate;
    s->heads = arena_grow(s->c->arena, s->heads, s->n_heads, &s->c_heads, sizeof *s->heads);
    s->heads[s->n_heads++] =
        (struct head_estimate){choice->head, choice->loss_part, estimate_head(tile_loss(g, choice->head), true)};
    return s->heads[s->n_heads - 1].estimate;
}

// The liveness bound, with kernel scratch. Of the lowest head that is tried it is a floor for higher ones, too, as long
// as they take several turns: then the same values are alive together, and none is smaller. (Where a search for a good
// order is given up with the one and not with the other, the higher one counts as needing as much.)
static int64_t floor_of(const struct search *s, const struct graph *g) {
    struct arena scratch = {0};
    const struct plan *p = plan_outline(&scratch, g, (int)s->c->options->threads);
    int64_t bytes = p->bound.bytes + p->scratch_bytes;
    arena_free(&scratch);
    return bytes;
}

static struct graph *step_of(const struct search *s, const struct graph *tiled, int64_t head) {
    struct graph *g = tile_loss(tiled, head);
    graph_mark_stacks(g);
    return append_updates(order_nodes(g), s->c->model, s->c->diagnostics);
}

// Candidates that begin alike stand together: what they share is built and estimated once.
static void estimate_all(struct search *s, const struct candidates *list) {
    struct compilation *c = s->c;
    struct arena of_kept = {0}, of_block = {0};
    struct graph kept = {0}, tiled = {0};
    struct trial body = {.floor = 0};
    for (size_t i = 0; i < list->count; i++) {
        const struct schedule_choice *choice = &list->list[i], *before = i ? choice - 1 : NULL;
        bool keeps_same = before && same_kept(choice, before);
        if (!keeps_same) {
            arena_free(&of_kept);
            struct graph forward = in_arena(c->forward, &of_kept);
            kept = in_arena(gradient_kept(choice, &forward, c->diagnostics), &of_block);
        }
        if (!keeps_same || choice->block != before->block) {
            arena_free(&of_block);
            tiled = in_arena(choice->block ? tile_rows(&kept, choice->block) : &kept, &of_block);
            struct graph *g = step_of(s, &tiled, choice->head);
            body = (struct trial){.estimate = estimate_head(g, false), .floor = floor_of(s, g)};
        }
        body.choice = *choice;
        body.index = i;
        struct trial *trial = &s->trials[s->n_trials++];
        *trial = body;
        trial->estimate = estimate_sum(body.estimate, estimate_of_head(s, choice, &tiled));
        if (choice->head >= s->rows) trial->floor = floor_of(s, step_of(s, &tiled, choice->head));
    }
    arena_free(&of_kept);
    arena_free(&of_block);
}

static int by_time(const void *a, const void *b) {
    const struct trial *x = a, *y = b;
    if (x->estimate.seconds != y->estimate.seconds) return x->estimate.seconds < y->estimate.seconds ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

// ---- memory ----
static const struct outlook *outlook_of(struct search *s, struct compilation *t) {
    for (size_t i = 0; i < s->n_outlooks; i++) {
        const struct outlook *o = &s->outlooks[i];
        if (o->block == t->choice.block && o->head == t->choice.head && o->loss_part == t->choice.loss_part) return o;
    }
    struct outlook o = {.block = t->choice.block, .head = t->choice.head, .loss_part = t->choice.loss_part};
    schedule_outlook(t);
    const struct plan *const plans[] = {t->eval ? compilation_plan(t, t->eval) : NULL,
                                        t->logits ? compilation_plan(t, t->logits) : NULL};
    for (int i = 0; i < 2; i++) {
        if (plans[i] && plans[i]->arena_bytes > o.arena) o.arena = plans[i]->arena_bytes;
        if (plans[i] && plans[i]->scratch_bytes > o.scratch) o.scratch = plans[i]->scratch_bytes;
    }
    s->outlooks = arena_grow(s->c->arena, s->outlooks, s->n_outlooks, &s->c_outlooks, sizeof o);
    s->outlooks[s->n_outlooks] = o;
    return &s->outlooks[s->n_outlooks++];
}

static struct curve_point plan_trial(struct search *s, const struct trial *trial) {
    struct arena scratch = {0};
    struct compilation t = *s->c;
    struct graph forward = in_arena(t.forward, &scratch);
    t.arena = &scratch;
    t.forward = &forward;
    t.trial = true;
    t.choice = trial->choice;
    const struct outlook *o = outlook_of(s, &t);
    t.step = schedule_graph(&t, &trial->choice);
    t.eval = t.logits = NULL;
    compilation_program(&t);
    if (o->arena > t.program->arena_bytes) t.program->arena_bytes = o->arena;
    if (o->scratch > t.program->scratch_bytes) t.program->scratch_bytes = o->scratch;
    struct curve_point p = {.choice = trial->choice,
                            .seconds = trial->estimate.seconds,
                            .forwards = trial->estimate.flops / s->forward_flops,
                            .bytes = bytes_of_pools(t.program),
                            .arena = t.program->arena_bytes};
    s->beside = 4 * t.program->param_floats * (1 + t.program->n_states);
    if (p.bytes < s->beside + trial->floor) p.bytes = s->beside + trial->floor;
    arena_free(&scratch);
    return p;
}

// From the fastest on: each that needs less than all before it is a point of the curve. With a budget only the first
// that fits is looked for; false when there is none.
static bool walk(struct search *s, int64_t budget) {
    struct curve *curve = &s->c->curve;
    for (size_t i = 0; i < s->n_trials; i++) {
        const struct trial *trial = &s->trials[i];
        const struct curve_point *last = curve->count ? &curve->points[curve->count - 1] : NULL;
        if (last && s->beside + trial->floor >= last->bytes) continue;
        if (budget && s->beside + trial->floor > budget) continue;
        struct curve_point p = plan_trial(s, trial);
        if (last && p.bytes >= last->bytes) continue;
        curve->points = arena_grow(s->c->arena, curve->points, curve->count, &curve->capacity, sizeof p);
        curve->points[curve->count++] = p;
        if (budget && p.bytes <= budget) return true;
    }
    return budget == 0;
}

// The curve up to the first point that fits `budget`; all of it when none does, or without a budget (0).
static void find_curve(struct compilation *c, int64_t budget) {
    struct search s = {.c = c, .forward_flops = estimate_graph(c->forward).flops};
    struct candidates list = list_candidates(&s);
    s.trials = ARENA_ARRAY(c->arena, struct trial, list.count);
    estimate_all(&s, &list);
    qsort(s.trials, s.n_trials, sizeof *s.trials, by_time);
    c->curve = (struct curve){0};
    if (!walk(&s, budget)) {
        c->curve.count = 0;
        walk(&s, 0);
    }
    for (size_t i = 0; i < c->curve.count; i++) {
        struct text words = {0};
        candidate_words(&c->curve.points[i].choice, &s.sets, &words);
        c->curve.points[i].words = arena_copy(c->arena, words.bytes, words.length);
        text_free(&words);
    }
}

bool search_schedule(struct compilation *c) {
    int64_t budget = (int64_t)c->model->train.memory;
    find_curve(c, c->options->pareto ? 0 : budget ? budget : INT64_MAX);
    size_t chosen = 0;
    while (budget && chosen + 1 < c->curve.count && c->curve.points[chosen].bytes > budget) chosen++;
    c->choice = c->curve.points[chosen].choice;
    c->choice_words = c->curve.points[chosen].words;
    c->step = schedule_graph(c, &c->choice);
    return c->step != NULL;
}

int64_t search_least_bytes(struct compilation *c) {
    find_curve(c, 0);
    return c->curve.points[c->curve.count - 1].bytes;
}
