// Trials: candidates that begin alike are adjacent, so their common graph is built and estimated once. A head's time
// does not depend on the blocks before it.
#include "compiler/schedule/trials.h"

#include <stdlib.h>

#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/pipeline/pipeline.h"
#include "compiler/schedule/schedule_internal.h"

struct head_cost {
    int64_t rows, chunk;
    struct cost cost;
};

struct costing {
    struct arena *arena;
    struct trials found;
    struct head_cost *heads;
    size_t n_heads, c_heads;
};

static int64_t stack_bytes(const struct graph *g) {
    int64_t bytes = 0;
    for (uint32_t v = 1; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->storage != STORAGE_ARENA || !value->domain.id) continue;
        const struct loop *l = graph_loop(g, graph_loop_over(g, graph_value_loop(g, (value_id){v}), value->domain));
        bytes += shape_count(value->shape) * dtype_bytes(value->dtype) * loop_trips(l);
    }
    return bytes;
}

static bool same_kept(const struct schedule_choice *a, const struct schedule_choice *b) {
    return a->kept == b->kept && a->split == b->split && a->kept_above == b->kept_above &&
           a->vocabulary_chunk == b->vocabulary_chunk;
}

static bool same_checkpoint(const struct schedule_choice *a, const struct schedule_choice *b) {
    return a->forwards == b->forwards && a->slots == b->slots && a->page == b->page;
}

static bool wants_checkpoint(const struct schedule_choice *c) { return c->forwards || c->slots || c->page; }

static int by_time(const void *a, const void *b) {
    const struct trial *x = a, *y = b;
    if (x->cost.seconds != y->cost.seconds) return x->cost.seconds < y->cost.seconds ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

// The graphs of a candidate. Each group of passes has its own arena, so the next candidate can reuse what it shares.
struct stages {
    struct pass_context context;
    struct arena of_kept, of_rows;
    struct graph *kept, *rows;
};

static struct graph *run_group(struct stages *s, const struct schedule_choice *choice, const struct graph *from,
                               struct arena *a, enum pass_group first, enum pass_group last) {
    s->context.choice = *choice;
    return pipeline_run(&s->context, graph_in_arena(from, a), first, last);
}

static struct cost head_of(struct costing *e, struct stages *s, const struct schedule_choice *choice) {
    for (size_t i = 0; i < e->n_heads; i++)
        if (e->heads[i].rows == choice->head_rows && e->heads[i].chunk == choice->vocabulary_chunk)
            return e->heads[i].cost;
    const struct cost head = cost_head(run_group(s, choice, s->rows, &s->of_rows, GROUP_HEAD, GROUP_HEAD));
    e->heads = arena_grow(e->arena, e->heads, e->n_heads, &e->c_heads, sizeof *e->heads);
    e->heads[e->n_heads++] = (struct head_cost){choice->head_rows, choice->vocabulary_chunk, head};
    return head;
}

static struct trial body_of(struct stages *s, const struct schedule_choice *choice, bool *possible) {
    struct graph *g = run_group(s, choice, s->rows, &s->of_rows, GROUP_HEAD, GROUP_LOOPS);
    *possible = !wants_checkpoint(choice) || g->n_checkpoint_schedules > 1;
    struct trial body = {.stacks = stack_bytes(g)};
    body.cost = cost_body(run_group(s, choice, g, &s->of_rows, GROUP_UPDATE, GROUP_UPDATE));
    return body;
}

struct trials trials_list(const struct schedule_input *in, const struct candidates *candidates) {
    struct arena of_heads = {0};
    struct costing e = {.arena = &of_heads, .found = {.list = ARENA_ARRAY(in->arena, struct trial, candidates->count)}};
    struct stages s = {.context = {.graph = STEP, .model = in->model, .diagnostics = in->diagnostics}};
    struct trial body = {.index = 0};
    bool possible = true; // a checkpoint schedule, if the choice has one
    for (size_t i = 0; i < candidates->count; i++) {
        const struct schedule_choice *choice = &candidates->list[i], *before = i ? choice - 1 : NULL;
        bool keeps_same = before && same_kept(choice, before),
             same_rows = keeps_same && choice->tile_rows == before->tile_rows;
        if (!keeps_same) {
            arena_free(&s.of_kept);
            s.context.choice = *choice;
            s.kept = build_gradients(in, &s.context, &s.of_kept, GROUP_KEEP);
        }
        if (!same_rows) {
            arena_free(&s.of_rows);
            s.rows = run_group(&s, choice, s.kept, &s.of_rows, GROUP_ROWS, GROUP_ROWS);
        }
        if (!same_rows || !same_checkpoint(choice, before)) {
            body = body_of(&s, choice, &possible);
            body.group = e.found.n_groups++;
        }
        if (!possible) continue;
        struct trial *trial = &e.found.list[e.found.count++];
        *trial = body;
        trial->choice = *choice;
        trial->index = i;
        trial->cost = cost_sum(body.cost, head_of(&e, &s, choice));
    }
    arena_free(&s.of_kept);
    arena_free(&s.of_rows);
    arena_free(&of_heads);
    qsort(e.found.list, e.found.count, sizeof *e.found.list, by_time);
    return e.found;
}
