// Trained: finds the tensors that get a gradient and where it is complete, and appends the nodes that they need.
#include "compiler/optim/trained.h"

#include "compiler/base/arena.h"
#include "compiler/op/op.h"

// A value of the tensor that no node defines. A NOISE value is an estimate.
static value_id tensor_value(struct graph *g, uint32_t tensor, enum storage storage, uint32_t slot) {
    const struct tensor *t = &g->tensors[tensor];
    struct value v = {.name = t->name, .shape = t->shape, .storage = storage, .tensor = {tensor}, .slot = slot};
    if (storage == STORAGE_NOISE) v.dtype = DTYPE_FILE, v.noise = NOISE_ESTIMATE;
    v.domain = t->domain;
    v.span = t->span;
    return graph_add_value(g, v);
}

// Tensors that are read with noise, or whose tangents are, get an estimate.
static void add_estimates(struct trained *t) {
    struct graph *g = t->graph;
    const uint32_t n_values = (uint32_t)g->n_values;
    for (uint32_t v = 1; v < n_values; v++) {
        const struct value value = g->values[v];
        uint32_t tensor = value.tensor.id;
        if (value.storage != STORAGE_NOISE || t->gradients[tensor].id) continue;
        t->gradients[tensor] =
            value.noise == NOISE_ESTIMATE ? (value_id){v} : tensor_value(g, tensor, STORAGE_NOISE, 0);
        if (!t->params[tensor].id) t->params[tensor] = tensor_value(g, tensor, STORAGE_PARAM, 0);
        t->any = true;
    }
}

struct trained trained_find(struct graph *g) {
    struct trained t = {g, ARENA_ARRAY(g->arena, value_id, g->n_tensors), ARENA_ARRAY(g->arena, value_id, g->n_tensors),
                        false};
    for (uint32_t v = 1; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->storage == STORAGE_GRAD) t.gradients[value->tensor.id] = (value_id){v}, t.any = true;
        if (value->storage == STORAGE_PARAM) t.params[value->tensor.id] = (value_id){v};
    }
    add_estimates(&t);
    return t;
}

// Tensor i, that has a gradient, belongs to the leader's range.
static bool follows(const struct trained *t, uint32_t leader, uint32_t i) {
    const struct tensor *a = &t->graph->tensors[leader], *b = &t->graph->tensors[i];
    return t->gradients[i].id && a->domain.id == b->domain.id && a->first == b->first && a->instances == b->instances;
}

bool trained_leads(const struct trained *t, uint32_t tensor) {
    if (!t->gradients[tensor].id) return false;
    for (uint32_t before = 1; before < tensor; before++)
        if (follows(t, tensor, before)) return false;
    return true;
}

// ---- which ----
static bool touches(const struct graph *g, const struct node *n, uint32_t tensor, enum storage storage) {
    for (uint32_t a = 0; n->kind == NODE_OP && a < n->n_args; a++) {
        const struct value *v = graph_value(g, node_args(g, n)[a].value);
        if (v->tensor.id == tensor && v->storage == storage) return true;
    }
    return false;
}

// Whether l is a loop of the top level that goes backwards through whole instances.
static bool completes(const struct graph *g, const struct loop *l) {
    if (l->kind != LOOP_REPEAT || l->parent.id || !l->backward || l->step != 1) return false;
    int64_t each = graph_domain(g, l->domain)->each;
    return l->from % each == 0 && l->to % each == 0;
}

static bool overlap(const struct loop *a, const struct loop *b) {
    return a->domain.id == b->domain.id && a->from < b->to && b->from < a->to;
}

// Whether nothing after loop l uses the tensor's instances that l iterates over.
static bool is_last_use(const struct graph *g, uint32_t tensor, const struct loop *l) {
    for (uint32_t i = l->end.id + 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (!touches(g, n, tensor, STORAGE_PARAM) && !touches(g, n, tensor, STORAGE_GRAD)) continue;
        if (overlap(l, graph_loop(g, graph_repeat_loop(g, n->loop)))) return false;
    }
    return true;
}

static bool is_of_one_loop(const struct graph *g, uint32_t tensor) {
    const struct tensor *t = &g->tensors[tensor];
    int64_t covered = 0;
    loop_id last = {0};
    if (!t->domain.id) return false;
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (!touches(g, n, tensor, STORAGE_GRAD)) continue;
        loop_id home = graph_repeat_loop(g, n->loop);
        const struct loop *l = graph_loop(g, home);
        if (!home.id || !completes(g, l) || !is_last_use(g, tensor, l)) return false;
        if (home.id != last.id) covered += l->to - l->from;
        last = home;
    }
    return covered == t->instances * graph_domain(g, t->domain)->each;
}

const bool *trained_of_one_loop(const struct trained *t) {
    const struct graph *g = t->graph;
    bool *of_one_loop = ARENA_ARRAY(g->arena, bool, g->n_tensors);
    for (uint32_t i = 1; i < g->n_tensors; i++) of_one_loop[i] = t->gradients[i].id && is_of_one_loop(g, i);
    return of_one_loop;
}

struct trained trained_in_loop(const struct trained *t, const bool *of_one_loop, loop_id l) {
    const struct graph *g = t->graph;
    const struct loop *loop = graph_loop(g, l);
    struct trained here = {t->graph, ARENA_ARRAY(g->arena, value_id, g->n_tensors), t->params, false};
    for (uint32_t v = 1; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        bool inside = value->def.id > loop->begin.id && value->def.id < loop->end.id;
        if (value->storage != STORAGE_GRAD || !of_one_loop[value->tensor.id] || !inside) continue;
        if (!completes(g, loop)) continue; // a tile loop inside of it
        here.gradients[value->tensor.id] = (value_id){v};
        here.any = true;
    }
    return here;
}

struct trained trained_but(const struct trained *t, const bool *of_one_loop) {
    const struct graph *g = t->graph;
    struct trained rest = {t->graph, ARENA_ARRAY(g->arena, value_id, g->n_tensors), t->params, false};
    for (uint32_t i = 1; i < g->n_tensors; i++) {
        if (of_one_loop[i] || !t->gradients[i].id) continue;
        rest.gradients[i] = t->gradients[i];
        rest.any = true;
    }
    return rest;
}

// ---- nodes ----
value_id trained_squares_of_range(const struct trained *t, uint32_t leader, value_id sum) {
    struct graph *g = t->graph;
    for (uint32_t i = leader; i < g->n_tensors; i++) {
        if (!follows(t, leader, i)) continue;
        value_id args[] = {sum, t->gradients[i]};
        sum = op_emit(g, &op_sum_squares, args, 2, NULL, 0, "squares", g->tensors[i].span);
    }
    return sum;
}

value_id trained_squares(const struct trained *t, value_id sum) {
    for (uint32_t i = 1; i < t->graph->n_tensors; i++)
        if (trained_leads(t, i)) sum = trained_squares_of_range(t, i, sum);
    return sum;
}

void trained_update_range(const struct trained *t, uint32_t leader, const struct optim *optim,
                          const struct model_train *train) {
    struct graph *g = t->graph;
    for (uint32_t i = leader; i < g->n_tensors; i++) {
        if (!follows(t, leader, i)) continue;
        struct optim_tensor o = {.graph = g, .train = train, .param = t->params[i], .gradient = t->gradients[i]};
        for (int s = 0; s < optim->n_states(train); s++) o.state[s] = tensor_value(g, i, STORAGE_STATE, (uint32_t)s);
        optim->update(&o);
    }
}

void trained_update(const struct trained *t, const struct optim *optim, const struct model_train *train) {
    for (uint32_t i = 1; i < t->graph->n_tensors; i++)
        if (trained_leads(t, i)) trained_update_range(t, i, optim, train);
}
