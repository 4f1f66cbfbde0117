// Optim: gradients become updates. Parameters of one range of a block's instances share a repeat loop; a loop goes
// through every instance once (step = each), however often the block runs it.
#include "compiler/optim/optim.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/op/op.h"
#include "compiler/optim/trained.h"

static const struct optim *const table[] = {
#define OPTIM(name) &optim_##name,
#include "compiler/optim/optims.def"
#undef OPTIM
};

// NULL when there is none.
static const struct optim *optim_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

static loop_id begin_range(struct graph *g, const struct tensor *t, const char *name) {
    if (!t->domain.id) return (loop_id){0};
    int64_t each = graph_domain(g, t->domain)->each;
    struct loop l = {.kind = LOOP_REPEAT, .name = name, .domain = t->domain, .step = each};
    l.from = t->first * each;
    l.to = (t->first + t->instances) * each;
    return graph_begin_loop(g, l, t->span);
}

static value_id add_ranges(const struct trained *t, value_id sum) {
    struct graph *g = t->graph;
    for (uint32_t i = 1; i < g->n_tensors; i++) {
        if (!trained_leads(t, i)) continue;
        loop_id loop = begin_range(g, &g->tensors[i], "norm");
        if (loop.id) graph_add_carry(g, loop, sum, &sum);
        sum = trained_squares_of_range(t, i, sum);
        if (loop.id) graph_end_loop(g, loop, &sum, &sum);
    }
    return sum;
}

// Adds squares in the order in which fused updates do: in the loops that complete gradients, from the last instance to
// the first.
static value_id add_backwards(const struct trained *t, const bool *of_one_loop, value_id sum) {
    struct graph *g = t->graph;
    const size_t n_loops = g->n_loops;
    for (uint32_t i = 1; i < n_loops; i++) {
        const struct trained here = trained_in_loop(t, of_one_loop, (loop_id){i});
        struct loop l = g->loops[i];
        if (!here.any) continue;
        l.name = "norm";
        l.step = graph_domain(g, l.domain)->each;
        loop_id loop = graph_begin_loop(g, l, graph_node(g, l.begin)->span);
        graph_add_carry(g, loop, sum, &sum);
        sum = trained_squares(&here, sum);
        graph_end_loop(g, loop, &sum, &sum);
    }
    return sum;
}

static void update_ranges(const struct trained *t, const struct optim *optim, const struct model_train *train) {
    struct graph *g = t->graph;
    for (uint32_t i = 1; i < g->n_tensors; i++) {
        if (!trained_leads(t, i)) continue;
        loop_id loop = begin_range(g, &g->tensors[i], "update");
        trained_update_range(t, i, optim, train);
        if (loop.id) graph_end_loop(g, loop, NULL, NULL);
    }
}

const struct optim *optim_of(const struct model_train *t) {
    const struct optim *optim = t->optimizer ? optim_find(t->optimizer) : NULL;
    CHECK(optim, "there is no optimizer '%s'", t->optimizer ? t->optimizer : "");
    return optim;
}

// Those that fuse_updates has updated.
static const bool *fused_tensors(const struct graph *g) {
    bool *fused = ARENA_ARRAY(g->arena, bool, g->n_tensors);
    for (size_t i = 1; i < g->n_tensors; i++) fused[i] = g->tensors[i].fused;
    return fused;
}

struct graph *append_updates(struct graph *g, const struct model *m) {
    const struct optim *optim = optim_of(&m->train);
    const bool fused = g->squares.id != 0;
    const struct trained t = trained_find(g);
    const struct trained rest = trained_but(&t, fused ? fused_tensors(g) : trained_of_one_loop(&t));
    value_id sum = g->squares;
    g->update_first = (node_id){(uint32_t)g->n_nodes};
    if (!fused) {
        sum = op_emit(g, &op_zero_sum, NULL, 0, NULL, 0, "squares", m->train.optimizer_span);
        sum = add_backwards(&t, trained_of_one_loop(&t), sum);
    }
    sum = add_ranges(&rest, sum);
    struct attr limit = {.name = "limit", .number = m->train.clip};
    op_emit(g, &op_clip, &sum, 1, &limit, 1, NULL, m->train.optimizer_span);
    update_ranges(fused ? &rest : &t, optim, &m->train);
    return g;
}
