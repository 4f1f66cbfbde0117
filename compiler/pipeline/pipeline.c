// Pipeline: rows of passes.def become calls, with a verification after each.
#include "compiler/pipeline/pipeline.h"

#include <string.h>

#include "compiler/base/check.h"
#include "compiler/base/text.h"
#include "compiler/model/model.h"
#include "compiler/op/sum_order.h"
#include "compiler/optim/optim.h"
#include "compiler/pass/checkpoint_steps.h"
#include "compiler/pass/lower.h"
#include "compiler/pass/passes.h"
#include "compiler/plan/order.h"

typedef struct graph *pass_run(struct graph *g, const struct pass_context *c);
typedef bool pass_condition(const struct pass_context *c);

// ---- passes ----
static struct graph *pass_lower(struct graph *none, const struct pass_context *c) {
    (void)none;
    return c->graph == LOGITS ? lower_logits(c->model, c->arena, c->diagnostics)
                              : lower_eval(c->model, c->arena, c->diagnostics);
}

static struct graph *pass_remove_dead(struct graph *g, const struct pass_context *c) {
    (void)c;
    return remove_dead(g);
}

static struct graph *pass_tile_output(struct graph *g, const struct pass_context *c) {
    return tile_output(g, (uint32_t)c->model->n_inputs + 1, c->choice.head_rows);
}

static struct graph *pass_eliminate_common(struct graph *g, const struct pass_context *c) {
    (void)c;
    return eliminate_common(g);
}

static struct graph *pass_hoist_invariant(struct graph *g, const struct pass_context *c) {
    (void)c;
    return hoist_invariant(g);
}

static struct graph *pass_fuse_nodes(struct graph *g, const struct pass_context *c) {
    return fuse_nodes(g, c->choice.vocabulary_chunk);
}

static struct graph *pass_split_loops(struct graph *g, const struct pass_context *c) {
    return split_loops(g, c->choice.split);
}

static struct graph *pass_order_by_levels(struct graph *g, const struct pass_context *c) {
    (void)c;
    return order_by_levels(g);
}

static struct graph *pass_differentiate(struct graph *g, const struct pass_context *c) {
    return differentiate(g, c->diagnostics);
}

static struct graph *pass_estimate(struct graph *g, const struct pass_context *c) {
    return c->choice.method->estimate(g, c->choice.tangents, c->diagnostics);
}

static struct graph *pass_recompute(struct graph *g, const struct pass_context *c) {
    const struct kept_values kept = {.split = c->choice.split, .below = c->choice.kept, .above = c->choice.kept_above};
    return recompute(g, &kept);
}

static struct graph *pass_drop_copies(struct graph *g, const struct pass_context *c) {
    (void)c;
    return drop_copies(g);
}

static struct graph *pass_tile_rows(struct graph *g, const struct pass_context *c) {
    return tile_rows(g, c->choice.tile_rows);
}

static struct graph *pass_tile_loss(struct graph *g, const struct pass_context *c) {
    return tile_loss(g, c->choice.head_rows);
}

static struct graph *pass_checkpoint_blocks(struct graph *g, const struct pass_context *c) {
    const struct checkpoint_limits limits = {
        .slots = c->choice.slots, .forwards = c->choice.forwards, .page = c->choice.page};
    return checkpoint_blocks(g, &limits);
}

static struct graph *pass_skip_last_iteration(struct graph *g, const struct pass_context *c) {
    (void)c;
    skip_last_iteration(g);
    return g;
}

static struct graph *pass_mark_stacks(struct graph *g, const struct pass_context *c) {
    (void)c;
    graph_mark_stacks(g);
    return g;
}

static struct graph *pass_order_nodes(struct graph *g, const struct pass_context *c) {
    (void)c;
    return order_nodes(g);
}

static struct graph *pass_fuse_updates(struct graph *g, const struct pass_context *c) {
    return fuse_updates(g, c->model);
}

static struct graph *pass_append_updates(struct graph *g, const struct pass_context *c) {
    return append_updates(g, c->model);
}

// ---- conditions ----
static bool always(const struct pass_context *c) { return c != NULL; }
static bool is_estimate(const struct pass_context *c) { return c->choice.method->estimate != NULL; }
static bool has_tangents(const struct pass_context *c) { return is_estimate(c) && c->choice.tangents; }
static bool is_exact(const struct pass_context *c) { return !is_estimate(c); }
static bool keeps_two_ways(const struct pass_context *c) { return is_exact(c) && c->choice.split; }
static bool tiles_blocks(const struct pass_context *c) { return c->choice.tile_rows > 0; }
static bool fuses_updates(const struct pass_context *c) {
    return c->model->train.update_fused && model_updates_can_fuse(&c->model->train);
}
static bool limits_inputs(const struct pass_context *c) {
    return c->choice.slots || c->choice.forwards || c->choice.page;
}

// ---- the table ----
static const struct pass {
    const char *name;
    pass_run *run;
    enum pass_group group;
    unsigned graphs;
    pass_condition *applies;
} passes[] = {
#define PASS(name, group, graphs, applies) {#name, pass_##name, GROUP_##group, graphs, applies},
#include "compiler/pipeline/passes.def"
#undef PASS
};
enum { PASSES = sizeof passes / sizeof *passes };

static void check_graph(const struct pass_context *c, const struct pass *p, const struct graph *g) {
    bool good = graph_verify(g) && sums_have_one_order(g);
    if (!good && c->dump && strcmp(c->dump, p->name) == 0) text_write(c->dumped, "-");
    CHECK(good, "pass %s broke the graph %s", p->name, g->name);
}

static void show_graph(const struct pass_context *c, const struct pass *p, const struct graph *g) {
    if (c->dump && strcmp(c->dump, p->name) == 0) graph_dump(g, c->dumped);
}

struct graph *pipeline_run(const struct pass_context *c, struct graph *g, enum pass_group first, enum pass_group last) {
    for (int i = 0; i < PASSES; i++) {
        const struct pass *p = &passes[i];
        if (p->group < first || p->group > last || !(p->graphs & c->graph) || !p->applies(c)) continue;
        g = p->run(g, c);
        if (!g) return NULL;
        show_graph(c, p, g);
        check_graph(c, p, g);
    }
    return g;
}

bool pipeline_has_pass(const char *name) {
    for (int i = 0; i < PASSES; i++)
        if (strcmp(passes[i].name, name) == 0) return true;
    return false;
}

void pipeline_names(struct text *out) {
    for (int i = 0; i < PASSES; i++) {
        bool first = true;
        for (int k = 0; k < i; k++) first = first && strcmp(passes[k].name, passes[i].name) != 0;
        if (first) text_print(out, " %s", passes[i].name);
    }
}

// ---- the runs by name ----
struct graph *pipeline_forward(const struct model *m, struct arena *a, struct diagnostics *d) {
    const struct pass_context c = {.graph = FORWARD, .model = m, .arena = a, .diagnostics = d};
    return pipeline_run(&c, NULL, GROUP_LOWER, GROUP_LOWER);
}

struct graph *pipeline_gradients(const struct schedule_choice *choice, struct graph *forward, struct diagnostics *d) {
    const struct pass_context c = {.graph = STEP, .choice = *choice, .diagnostics = d};
    return pipeline_run(&c, forward, GROUP_DIFFERENTIATE, GROUP_LOOPS);
}

struct graph *pipeline_updates(const struct model *m, struct graph *scheduled, struct diagnostics *d) {
    const struct pass_context c = {.graph = STEP, .model = m, .diagnostics = d};
    return pipeline_run(&c, scheduled, GROUP_UPDATE, GROUP_UPDATE);
}
