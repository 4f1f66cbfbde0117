// Interpreter: one buffer for each value (one per iteration for stacks); every node runs its op's reference.
#include "tests/table/interpreter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir/loop.h"
#include "compiler/op/reference.h"

int64_t interpreter_tensor_count(const struct graph *g, size_t tensor) {
    return shape_count(g->tensors[tensor].shape) * g->tensors[tensor].instances;
}

double **interpreter_pool_new(const struct graph *g) {
    double **pool = calloc(g->n_tensors, sizeof *pool);
    for (size_t t = 1; t < g->n_tensors; t++) pool[t] = calloc((size_t)interpreter_tensor_count(g, t), sizeof(double));
    return pool;
}

void interpreter_pool_free(double **pool, size_t n_tensors) {
    for (size_t t = 1; t < n_tensors; t++) free(pool[t]);
    free(pool);
}

struct interpreter_pools interpreter_pools_new(const struct graph *g) {
    return (struct interpreter_pools){interpreter_pool_new(g),
                                      interpreter_pool_new(g),
                                      {interpreter_pool_new(g), interpreter_pool_new(g)},
                                      g->n_tensors};
}

void interpreter_pools_free(struct interpreter_pools *p) {
    double **const pools[] = {p->values, p->gradients, p->states[0], p->states[1]};
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) interpreter_pool_free(pools[i], p->n_tensors);
}

void interpreter_zero_gradients(struct interpreter_pools *p, const struct graph *g) {
    for (size_t t = 1; t < g->n_tensors; t++)
        memset(p->gradients[t], 0, (size_t)interpreter_tensor_count(g, t) * sizeof(double));
}

struct machine {
    struct interpreter_run *run;
    const struct graph *graph;
    double **arena;      // [n_values] of ARENA and NOISE values
    int64_t iteration;   // of the enclosing repeat loop
    int64_t first, rows; // of the current iteration of the tile loop
};

// The numbers of one instance of a generated value, which starts `first` numbers into its tensor's pool.
static double *make_noise(const struct machine *m, value_id id, int64_t first) {
    const struct value *v = graph_value(m->graph, id);
    const struct interpreter_noise *noise = m->run->noise;
    double *generated = m->arena[id.id];
    for (int64_t i = 0; i < shape_count(v->shape); i++) {
        generated[i] = 0;
        if (v->noise == NOISE_TANGENT)
            generated[i] = noise->z[v->tangent][v->tensor.id][first + i];
        else if (v->noise == NOISE_PERTURBED)
            generated[i] =
                m->run->pools->values[v->tensor.id][first + i] + noise->scale * noise->z[0][v->tensor.id][first + i];
        else
            for (size_t k = 0; k < noise->directions; k++)
                generated[i] += noise->scalars[k] * noise->z[k][v->tensor.id][first + i];
    }
    return generated;
}

static struct reference_operand operand(const struct machine *m, node_id id, bool result, uint32_t index) {
    const struct graph *g = m->graph;
    const struct node *n = graph_node(g, id);
    struct use u = result ? node_results(g, n)[index] : node_args(g, n)[index];
    const struct value *v = graph_value(g, u.value);
    struct reference_operand o = {.shape = graph_seen_shape(g, u, n->loop)};
    if (!u.value.id) return o;
    int64_t count = shape_count(v->shape);
    if (v->storage == STORAGE_INPUT)
        o.data = m->run->inputs[v->tensor.id - 1];
    else if (v->storage == STORAGE_OUTPUT)
        o.data = m->run->output;
    else if (v->storage == STORAGE_ARENA)
        o.data = m->arena[u.value.id] + (v->domain.id ? m->iteration * count : 0);
    else {
        const struct tensor *t = graph_tensor(g, v->tensor);
        double **pool = v->storage == STORAGE_GRAD    ? m->run->pools->gradients
                        : v->storage == STORAGE_STATE ? m->run->pools->states[v->slot]
                                                      : m->run->pools->values;
        int64_t instance = v->domain.id ? m->iteration / graph_domain(g, v->domain)->each : 0;
        assert(instance >= t->first && instance < t->first + t->instances);
        int64_t first = (instance - t->first) * count;
        o.data = v->storage == STORAGE_NOISE ? make_noise(m, u.value, first) : pool[v->tensor.id] + first;
    }
    if (!op_is_tiled(g, id, result, index)) return o;
    if (u.access == ACCESS_ROWS) o.data += m->first * (count / graph_loop(g, graph_tile_loop(g, n->loop))->rows);
    o.shape.dim[0] = m->rows;
    return o;
}

static bool skips(const struct machine *m, const struct node *n) {
    const struct loop *l = graph_loop(m->graph, graph_repeat_loop(m->graph, n->loop));
    return guard_is_set(&n->guard) && !guard_holds(&n->guard, l, m->iteration);
}

static void run_op(struct machine *m, node_id id) {
    const struct graph *g = m->graph;
    const struct node *n = graph_node(g, id);
    struct interpreter_run *r = m->run;
    struct reference_call call = {.op = n->op, .attrs = g->attrs + n->attrs, .n_attrs = n->n_attrs};
    call.iteration = m->iteration;
    call.first_row = graph_tile_loop(g, n->loop).id ? m->first : 0;
    call.loss_weight = r->loss_weight;
    call.learning_rate = r->learning_rate;
    call.grad_scale = &r->grad_scale;
    call.grad_norm = &r->grad_norm;
    call.step = r->step;
    for (uint32_t a = 0; a < n->n_args; a++) call.arg[a] = operand(m, id, false, a);
    for (uint32_t i = 0; i < n->n_results; i++) call.result[i] = operand(m, id, true, i);
    n->op->reference(&call);
}

static void move_value(struct machine *m, value_id to, value_id from) {
    const struct value *source = graph_value(m->graph, from);
    int64_t count = shape_count(source->shape);
    const double *data = source->storage == STORAGE_INPUT ? m->run->inputs[source->tensor.id - 1] : m->arena[from.id];
    if (source->storage == STORAGE_ARENA && source->domain.id) data += m->iteration * count;
    memcpy(m->arena[to.id], data, (size_t)count * sizeof(double));
}

// A skipped node leaves its accumulators unchanged.
static void skip_op(struct machine *m, const struct node *n) {
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id result = node_results(m->graph, n)[r].value;
        if (n->guard.but_last) { // garbage, so a read of it is noticed
            int64_t count = shape_count(graph_value(m->graph, result)->shape);
            for (int64_t i = 0; i < count; i++) m->arena[result.id][i] = 1e300;
            continue;
        }
        if (n->op->accumulates[r] && graph_value(m->graph, result)->storage == STORAGE_ARENA)
            move_value(m, result, node_args(m->graph, n)[n->op->accumulates[r] - 1].value);
    }
}

static void run_nodes(struct machine *m, uint32_t from, uint32_t to);

static void run_iteration(struct machine *m, const struct loop *l) {
    const struct graph *g = m->graph;
    run_nodes(m, l->begin.id + 1, l->end.id);
    for (uint32_t i = 0; i < l->n_carries; i++) { // through the results: a next may be another carry's param
        const struct carry *c = &g->carries[l->carries + i];
        move_value(m, c->result, c->next);
    }
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        move_value(m, c->param, c->result);
    }
}

static int64_t symbol_value(const struct machine *m, const struct loop *l, symbol_id s) {
    value_id id = graph_symbol(m->graph, s)->value;
    const struct value *v = graph_value(m->graph, id);
    if (!id.id) return l->domain.id == m->run->shard_domain.id ? m->run->shard_first : 0;
    return (int64_t)(v->storage == STORAGE_INPUT ? m->run->inputs[v->tensor.id - 1] : m->arena[id.id])[0];
}

static void run_loop(struct machine *m, const struct loop *l) {
    const struct graph *g = m->graph;
    struct machine outer = *m;
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        move_value(m, c->param, c->init);
        move_value(m, c->result, c->init);
    }
    if (l->kind == LOOP_REPEAT) {
        for (int64_t trip = 0; trip < loop_trips(l); trip++) {
            m->iteration = loop_iteration(l, trip);
            if (l->from_symbol.id && m->iteration < symbol_value(m, l, l->from_symbol)) continue;
            if (l->to_symbol.id && m->iteration >= symbol_value(m, l, l->to_symbol)) continue;
            run_iteration(m, l);
        }
    } else {
        int64_t rows = l->to_symbol.id ? symbol_value(m, l, l->to_symbol) : l->rows;
        for (m->first = 0; m->first < rows; m->first += l->height) {
            m->rows = rows - m->first < l->height ? rows - m->first : l->height;
            run_iteration(m, l);
        }
    }
    *m = outer;
}

static void run_nodes(struct machine *m, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        const struct node *n = graph_node(m->graph, (node_id){i});
        if (n->kind == NODE_OP && skips(m, n))
            skip_op(m, n);
        else if (n->kind == NODE_OP)
            run_op(m, (node_id){i});
        else {
            run_loop(m, graph_loop(m->graph, n->loop));
            i = graph_loop(m->graph, n->loop)->end.id;
        }
    }
}

static struct machine machine_new(struct interpreter_run *r) {
    const struct graph *g = r->graph;
    struct machine m = {.run = r, .graph = g, .arena = calloc(g->n_values, sizeof(double *))};
    for (size_t v = 1; v < g->n_values; v++) {
        if (g->values[v].storage != STORAGE_ARENA && g->values[v].storage != STORAGE_NOISE) continue;
        int64_t slots = g->values[v].domain.id ? graph_domain(g, g->values[v].domain)->count : 1;
        size_t count = (size_t)(slots * shape_count(g->values[v].shape));
        m.arena[v] = malloc(count * sizeof(double));
        for (size_t i = 0; i < count; i++) m.arena[v][i] = 1e300; // garbage, so a read before a write is noticed
    }
    return m;
}

static void machine_free(struct machine *m) {
    for (size_t v = 1; v < m->graph->n_values; v++) free(m->arena[v]);
    free(m->arena);
}

void interpreter_run(struct interpreter_run *r) {
    const struct graph *g = r->graph;
    struct machine m = machine_new(r);
    run_nodes(&m, 1, g->update_first.id && !r->update ? g->update_first.id : (uint32_t)g->n_nodes);
    if (g->loss.id) r->loss = m.arena[g->loss.id][0];
    if (g->counted.id) r->counted = m.arena[g->counted.id][0];
    assert(g->n_jvps <= INTERPRETER_JVPS);
    for (size_t k = 0; k < g->n_jvps; k++) r->jvps[k] = m.arena[g->jvps[k].id][0];
    machine_free(&m);
}

double *interpreter_value(struct interpreter_run *r, value_id v, double *out) {
    struct machine m = machine_new(r);
    run_nodes(&m, 1, (uint32_t)r->graph->n_nodes);
    memcpy(out, m.arena[v.id], (size_t)shape_count(graph_value(r->graph, v)->shape) * sizeof(double));
    machine_free(&m);
    return out;
}
