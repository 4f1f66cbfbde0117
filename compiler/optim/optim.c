// Optim: gradients become updates. Parameters of one range of a block's instances share a repeat loop; a loop goes
// through every instance once (step = each), however often the block runs it.
#include "compiler/optim/optim.h"

#include <assert.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/op/op.h"

static const struct optim *const table[] = {
#define OPTIM(name) &optim_##name,
#include "compiler/optim/optims.def"
#undef OPTIM
};

const char *const optim_names[] = {
#define OPTIM(name) #name,
#include "compiler/optim/optims.def"
#undef OPTIM
    NULL,
};

// NULL when there is none.
static const struct optim *optim_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

double optim_option(const struct model_train *t, const char *name, int i) {
    for (size_t k = 0; k < t->n_optimizer_options; k++)
        if (strcmp(t->optimizer_options[k].name, name) == 0) return t->optimizer_options[k].value[i];
    assert(false); // an option that the front end did not fill in
    return 0;
}

// A run of the graph's trained tensors through one loop (or none): those of one domain and range.
struct trained {
    struct graph *graph;
    value_id *gradients; // [n_tensors] the last of the chain; 0: the tensor gets no gradient
    value_id *params;    // [n_tensors]
};

static struct trained find_trained(struct graph *g) {
    struct trained t = {g, ARENA_ARRAY(g->arena, value_id, g->n_tensors),
                        ARENA_ARRAY(g->arena, value_id, g->n_tensors)};
    for (uint32_t v = 1; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->storage == STORAGE_GRAD) t.gradients[value->tensor.id] = (value_id){v};
        if (value->storage == STORAGE_PARAM) t.params[value->tensor.id] = (value_id){v};
    }
    return t;
}

static bool same_range(const struct tensor *a, const struct tensor *b) {
    return a->domain.id == b->domain.id && a->first == b->first && a->instances == b->instances;
}

// The first tensor of every range stands for it.
static bool leads(const struct trained *t, uint32_t tensor) {
    if (!t->gradients[tensor].id) return false;
    for (uint32_t before = 1; before < tensor; before++)
        if (t->gradients[before].id && same_range(&t->graph->tensors[before], &t->graph->tensors[tensor])) return false;
    return true;
}

static loop_id begin_range(struct graph *g, const struct tensor *t, const char *name) {
    if (!t->domain.id) return (loop_id){0};
    int64_t each = graph_domain(g, t->domain)->each;
    struct loop l = {.kind = LOOP_REPEAT, .name = name, .domain = t->domain, .step = each};
    l.from = t->first * each;
    l.to = (t->first + t->instances) * each;
    return graph_begin_loop(g, l, t->span);
}

static value_id sum_range(const struct trained *t, uint32_t leader, value_id sum) {
    struct graph *g = t->graph;
    loop_id loop = begin_range(g, &g->tensors[leader], "norm");
    if (loop.id) graph_add_carry(g, loop, sum, &sum);
    for (uint32_t i = leader; i < g->n_tensors; i++) {
        if (!t->gradients[i].id || !same_range(&g->tensors[i], &g->tensors[leader])) continue;
        value_id args[] = {sum, t->gradients[i]};
        sum = op_emit(g, &op_sum_squares, args, 2, NULL, 0, "squares", g->tensors[i].span);
    }
    if (loop.id) graph_end_loop(g, loop, &sum, &sum);
    return sum;
}

static value_id state_value(struct graph *g, tensor_id id, uint32_t slot) {
    const struct tensor *t = graph_tensor(g, id);
    struct value v = {.name = t->name, .shape = t->shape, .storage = STORAGE_STATE, .tensor = id, .slot = slot};
    v.domain = t->domain;
    v.span = t->span;
    return graph_add_value(g, v);
}

static void update_range(const struct trained *t, const struct model_train *train, const struct optim *optim,
                         uint32_t leader) {
    struct graph *g = t->graph;
    loop_id loop = begin_range(g, &g->tensors[leader], "update");
    for (uint32_t i = leader; i < g->n_tensors; i++) {
        if (!t->gradients[i].id || !same_range(&g->tensors[i], &g->tensors[leader])) continue;
        struct optim_tensor o = {.graph = g, .train = train, .param = t->params[i], .gradient = t->gradients[i]};
        for (int s = 0; s < optim->n_states(train); s++) o.state[s] = state_value(g, (tensor_id){i}, (uint32_t)s);
        optim->update(&o);
    }
    if (loop.id) graph_end_loop(g, loop, NULL, NULL);
}

bool append_updates(struct graph *g, const struct model *m, struct diagnostics *d) {
    const struct optim *optim = m->train.optimizer ? optim_find(m->train.optimizer) : NULL;
    if (!optim) {
        diag_report(d, DIAG_E0333, m->train.optimizer_span, "this build has no optimizer '%s'",
                    m->train.optimizer ? m->train.optimizer : "");
        return false;
    }
    struct trained t = find_trained(g);
    struct span at = m->train.optimizer_span;
    g->update_first = (node_id){(uint32_t)g->n_nodes};
    value_id sum = op_emit(g, &op_zero_sum, NULL, 0, NULL, 0, "squares", at);
    for (uint32_t i = 1; i < g->n_tensors; i++)
        if (leads(&t, i)) sum = sum_range(&t, i, sum);
    struct attr limit = {.name = "limit", .number = m->train.clip};
    op_emit(g, &op_clip, &sum, 1, &limit, 1, NULL, at);
    for (uint32_t i = 1; i < g->n_tensors; i++)
        if (leads(&t, i)) update_range(&t, &m->train, optim, i);
    return true;
}
