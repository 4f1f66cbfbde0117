// Program: weights become slots, parameters become ranges of the adapter, gradient and optimizer pools.
#include "codegen/program.h"

#include <assert.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/source.h"
#include "compiler/op/op.h"
#include "runtime/lrt_scratch.h"

enum { STRIDE_FLOATS = PLAN_ALIGNMENT / 4 };

static bool same_tensor(const struct tensor *a, const struct tensor *b) {
    return a->weight == b->weight && a->first == b->first &&
           strcmp(a->role ? a->role : "", b->role ? b->role : "") == 0;
}

const struct program_param *program_param(const struct program *p, const struct graph *g, tensor_id t) {
    for (size_t i = 0; i < p->n_params; i++)
        if (same_tensor(&p->params[i].tensor, graph_tensor(g, t))) return &p->params[i];
    return NULL;
}

static const char *qualified(struct arena *a, const struct model *m, const struct model_weight *w, const char *name) {
    return w->block < 0 ? name : arena_print(a, "%s.%s", m->blocks[w->block].name, name);
}

static void add_param(struct program *p, struct arena *a, const struct tensor *t) {
    const struct model_weight *w = &p->model->weights[t->weight];
    struct program_param param = {.tensor = *t, .name = qualified(a, p->model, w, t->name), .offset = p->param_floats};
    param.first_layer = t->first + (w->block < 0 ? 0 : p->model->blocks[w->block].from);
    param.stride = (shape_count(t->shape) + STRIDE_FLOATS - 1) / STRIDE_FLOATS * STRIDE_FLOATS;
    p->param_floats += param.stride * t->instances;
    p->params = arena_grow(a, p->params, p->n_params, &p->c_params, sizeof *p->params);
    p->params[p->n_params++] = param;
}

static void add_graph(struct program *p, struct arena *a, const struct plan *plan) {
    if (!plan) return;
    const struct graph *g = plan->graph;
    for (uint32_t t = 1; t < g->n_tensors; t++) {
        const struct tensor *tensor = &g->tensors[t];
        if (tensor->rope_head) p->weights[tensor->weight].rope_head = tensor->rope_head;
        if (tensor->storage == STORAGE_PARAM && !program_param(p, g, (tensor_id){t})) add_param(p, a, tensor);
    }
    for (uint32_t v = 1; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->storage == STORAGE_STATE && (int)value->slot >= p->n_states) p->n_states = (int)value->slot + 1;
    }
    if (plan->arena_bytes > p->arena_bytes) p->arena_bytes = plan->arena_bytes;
    if (plan->scratch_bytes > p->scratch_bytes) p->scratch_bytes = plan->scratch_bytes;
}

static void number_slots(struct program *p, struct arena *a) {
    const struct model *m = p->model;
    p->weights = ARENA_ARRAY(a, struct program_weight, m->n_weights + 1);
    for (size_t i = 0; i < m->n_weights; i++) {
        const struct model_weight *w = &m->weights[i];
        bool repeated = w->block >= 0 && m->blocks[w->block].repeated;
        p->weights[i] = (struct program_weight){.first_slot = p->n_slots,
                                                .slot_stride = 1,
                                                .first = repeated ? m->blocks[w->block].from : 0,
                                                .instances = w->instances};
        p->n_slots += (uint32_t)w->instances;
    }
}

static int64_t output_rows(const struct plan *logits) {
    for (uint32_t v = 1; logits && v < logits->graph->n_values; v++)
        if (logits->graph->values[v].storage == STORAGE_OUTPUT) return shape_rows(logits->graph->values[v].shape);
    return 0;
}

struct program *program_make(struct arena *a, const struct model *m, const struct sources *s,
                             struct program_options options, const struct plan *step, const struct plan *eval,
                             const struct plan *logits) {
    struct program *p = ARENA_NEW(a, struct program);
    *p = (struct program){.model = m, .sources = s, .options = options, .step = step, .eval = eval, .logits = logits};
    number_slots(p, a);
    add_graph(p, a, step);
    add_graph(p, a, eval);
    add_graph(p, a, logits);
    p->logits_rows = output_rows(logits);
    return p;
}

const char *program_place(const struct program *p, struct arena *a, struct span at) {
    if (!at.source) return "";
    const struct source *s = source_get(p->sources, at.source);
    uint32_t line, column;
    source_place(s, at.first, &line, &column);
    const char *slash = strrchr(s->path, '/');
    return arena_print(a, "%s:%u", slash ? slash + 1 : s->path, line);
}

int64_t program_bound(const struct program *p) {
    const struct plan *const all[] = {p->step, p->eval, p->logits};
    int64_t bound = 0;
    for (int i = 0; i < 3; i++)
        if (all[i] && all[i]->bound.bytes > bound) bound = all[i]->bound.bytes;
    return bound;
}

static int64_t weight_bytes(const struct program *p) {
    int64_t bytes = 0;
    for (size_t i = 0; i < p->model->n_weights; i++) {
        const struct model_weight *w = &p->model->weights[i];
        int64_t count = w->instances;
        for (int d = 0; d < w->rank; d++) count *= w->shape[d];
        bytes += 4 * count;
    }
    return bytes;
}

// What the threads take lies behind the kernels' scratch and counts with it.
static int64_t scratch_bytes(const struct program *p) {
    int64_t kernels = (p->scratch_bytes + PLAN_ALIGNMENT - 1) / PLAN_ALIGNMENT * PLAN_ALIGNMENT;
    return kernels + (int64_t)LRT_MODEL_POOL_BYTES(p->options.threads);
}

// The ids of one step, which the caller (or the trainer) holds.
static int64_t staging_bytes(const struct program *p) {
    int64_t elements = 0;
    for (size_t i = 0; i < p->model->n_inputs; i++) {
        const struct model_input *input = &p->model->inputs[i];
        int64_t count = 1;
        for (int d = 0; d < input->rank; d++) count *= input->shape[d];
        elements += count;
    }
    return 4 * elements * (p->step ? p->model->train.accumulate : 1);
}

void program_pools(const struct program *p, struct pool_size pools[PROGRAM_POOLS]) {
    const struct pool_size all[PROGRAM_POOLS] = {
        {"arena", p->arena_bytes},
        {"adapters", 4 * p->param_floats},
        {"gradients", p->step ? 4 * p->param_floats : 0},
        {"optimizer", p->step ? 4 * p->param_floats * p->n_states : 0},
        {"scratch", scratch_bytes(p)},
        {"staging", staging_bytes(p)},
        {"weights", weight_bytes(p)},
        {"file", 0},
    };
    memcpy(pools, all, sizeof all);
}
