// Program: weights become slots, parameters become ranges of the adapter, gradient and optimizer pools.
#include "compiler/program/program.h"

#include <ctype.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/source.h"
#include "compiler/base/visible.h"
#include "compiler/op/op.h"
#include <lorac/lrt_scratch.h>

enum { STRIDE_FLOATS = PLAN_ALIGNMENT / 4 };

static bool same_tensor(const struct tensor *a, const struct tensor *b) {
    return a->weight == b->weight && a->first == b->first && a->role == b->role;
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

// A vector that an op adds (a bias) starts at zero; all others multiply (a norm).
static void note_added_vectors(struct program *p, const struct graph *g) {
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        for (uint32_t k = 0; n->kind == NODE_OP && k < n->n_args; k++) {
            const struct value *v = graph_value(g, node_args(g, n)[k].value);
            if (!(n->op->added_vectors >> k & 1) || !v->tensor.id || v->storage == STORAGE_INPUT) continue;
            const struct tensor *t = graph_tensor(g, v->tensor);
            if (t->storage == STORAGE_WEIGHT || t->role == LRT_ROLE_FULL)
                p->weights[t->weight].initial = LRT_INITIAL_ZEROS;
        }
    }
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
    note_added_vectors(p, g);
    if (plan->arena_bytes > p->arena_bytes) p->arena_bytes = plan->arena_bytes;
    if (plan->scratch_bytes > p->scratch_bytes) p->scratch_bytes = plan->scratch_bytes;
}

// A tensor updated in the backward pass has one gradient place for all its instances. Loops over different blocks run
// one after the other, so the gradients of each block start at the same offset.
static void lay_out_gradients(struct program *p) {
    int64_t whole = 0;
    for (size_t i = 0; i < p->n_params; i++) p->fused = p->fused || p->params[i].tensor.fused;
    for (size_t i = 0; i < p->n_params; i++) {
        struct program_param *q = &p->params[i];
        if (q->tensor.fused) continue;
        q->gradient_offset = p->fused ? whole : q->offset;
        q->gradient_stride = q->stride;
        whole += q->stride * q->tensor.instances;
    }
    p->gradient_floats = whole;
    for (size_t i = 0; i < p->n_params; i++) {
        struct program_param *q = &p->params[i];
        if (!q->tensor.fused) continue;
        q->gradient_offset = whole;
        for (size_t k = 0; k < i; k++)
            if (p->params[k].tensor.fused && p->params[k].tensor.domain.id == q->tensor.domain.id)
                q->gradient_offset = p->params[k].gradient_offset + p->params[k].stride;
        if (q->gradient_offset + q->stride > p->gradient_floats) p->gradient_floats = q->gradient_offset + q->stride;
    }
    if (!p->step || p->tangents) p->gradient_floats = 0;
}

static bool same_range(const struct tensor *a, const struct tensor *b) {
    return a->domain.id == b->domain.id && a->first == b->first && a->instances == b->instances;
}

// Numbers pairs (A, B) range by range, and layer by layer in each. A tensor without a partner is a pair of its own. The
// noise of pair n has the numbers 2n (A) and 2n + 1 (B).
static void number_noise(struct program *p) {
    uint32_t before = 0;
    for (size_t i = 0; i < p->n_params; i++) {
        const struct tensor *leader = &p->params[i].tensor;
        bool follows = false;
        for (size_t k = 0; k < i; k++) follows = follows || same_range(&p->params[k].tensor, leader);
        if (follows) continue;
        uint32_t pairs = 0;
        for (size_t k = i; k < p->n_params; k++) {
            struct program_param *q = &p->params[k];
            if (!same_range(&q->tensor, leader)) continue;
            const bool second = lrt_role_info(q->tensor.role)->second;
            if (!second) pairs++;
            q->first_noise = 2 * (before + pairs - 1) + second;
        }
        for (size_t k = i; k < p->n_params; k++)
            if (same_range(&p->params[k].tensor, leader)) p->params[k].noise_stride = 2 * pairs;
        before += pairs * (uint32_t)leader->instances;
    }
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
                                                .instances = w->instances,
                                                .initial = w->rank > 1 ? LRT_INITIAL_NORMAL : LRT_INITIAL_ONES};
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
    p->passes = step && step->graph->passes > 1 ? step->graph->passes : 1;
    p->perturbation = options.perturbation;
    p->tangents = p->perturbation > 0 ? 1 : step ? (int)step->graph->n_jvps : 0;
    lay_out_gradients(p);
    number_noise(p);
    p->logits_rows = output_rows(logits);
    return p;
}

const char *program_place(const struct program *p, struct arena *a, struct span at) {
    if (!at.source) return "";
    const struct source *s = source_get(p->sources, at.source);
    uint32_t line, column;
    source_place(s, at.first, &line, &column);
    const char *slash = strrchr(s->path, '/');
    struct text name = {0};
    text_puts_visible(&name, slash ? slash + 1 : s->path);
    const char *place = arena_print(a, "%s:%u", name.bytes, line);
    text_free(&name);
    return place;
}

int64_t program_bound(const struct program *p) {
    const struct plan *const all[] = {p->step, p->eval, p->logits};
    int64_t bound = 0;
    for (int i = 0; i < 3; i++)
        if (all[i] && all[i]->bound.bytes > bound) bound = all[i]->bound.bytes;
    return bound;
}

int64_t program_weight_bytes(const struct model_weight *w) {
    int64_t count = w->instances;
    for (int d = 0; d < w->rank; d++) count *= w->shape[d];
    return 4 * count;
}

static int64_t weight_bytes(const struct program *p) {
    int64_t bytes = 0;
    for (size_t i = 0; i < p->model->n_weights; i++) bytes += program_weight_bytes(&p->model->weights[i]);
    return bytes;
}

// The threads' memory and a step's scalars follow the kernels' scratch and count with it.
static int64_t scratch_bytes(const struct program *p) {
    int64_t kernels = (p->scratch_bytes + PLAN_ALIGNMENT - 1) / PLAN_ALIGNMENT * PLAN_ALIGNMENT;
    int64_t terms = ((int64_t)LRT_MODEL_TERM_BYTES(p->tangents) + PLAN_ALIGNMENT - 1) / PLAN_ALIGNMENT * PLAN_ALIGNMENT;
    return kernels + (int64_t)LRT_MODEL_POOL_BYTES(p->options.threads) + terms;
}

// The ids of one step, held by the caller or the trainer.
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

// Gradient bytes of all layers but one.
static int64_t bytes_of_other_layers(const struct program *p) {
    int64_t floats = 0;
    for (size_t i = 0; i < p->n_params; i++)
        if (p->params[i].tensor.domain.id) floats += p->params[i].stride * (p->params[i].tensor.instances - 1);
    return 4 * floats;
}

int64_t program_fusing_saves(const struct program *p) {
    const struct model_train *t = &p->model->train;
    return p->step && !p->tangents && !t->update_fused && model_updates_can_fuse(t) ? bytes_of_other_layers(p) : 0;
}

const char *program_update_words(const struct program *p, struct arena *a) {
    const struct model_train *t = &p->model->train;
    if (!p->step || !t->update_fused) return NULL;
    if (p->tangents)
        return "update fused brings nothing here: the gradient is made where the update reads it and takes no memory";
    if (p->fused)
        return arena_print(a,
                           "update fused: layers are updated in the backward pass, gradients take %lld bytes; all of "
                           "them at once would take %lld",
                           (long long)(4 * p->gradient_floats), (long long)(4 * p->param_floats));
    if (model_updates_can_fuse(t))
        return "update fused brings nothing here: no trained tensor is used by one loop of layers alone";
    return arena_print(a,
                       "update fused brings nothing here: %s, so that the gradients of all layers are kept until the "
                       "update, which costs %lld bytes",
                       t->clip > 0 ? "clip needs the norm of the whole gradient before the first parameter changes"
                                   : "accumulate adds up the gradients of several micro-batches",
                       (long long)bytes_of_other_layers(p));
}

// A checkpoint schedule has a place in the file for every iteration, even if it pages only some.
static int64_t paged_bytes(const struct graph *g, const struct checkpoint_schedule *c) {
    const struct loop *l = graph_loop(g, c->forward);
    const struct value *v = graph_value(g, c->input);
    for (size_t i = 0; i < c->n_steps; i++)
        if (c->steps[i].kind == CHECKPOINT_PAGE_OUT)
            return (l->to - l->from) * shape_count(v->shape) * dtype_bytes(v->dtype);
    return 0;
}

int64_t program_page_offset(const struct graph *g, const struct checkpoint_schedule *c) {
    int64_t offset = 0;
    for (const struct checkpoint_schedule *before = &g->checkpoint_schedules[1]; before < c; before++)
        offset += paged_bytes(g, before);
    return offset;
}

int64_t program_page_bytes(const struct program *p) {
    const struct graph *g = p->step ? p->step->graph : NULL;
    return g ? program_page_offset(g, g->checkpoint_schedules + g->n_checkpoint_schedules) : 0;
}

bool pool_is_taken(const struct pool_size *p) {
    return strcmp(p->name, "weights") != 0 && strcmp(p->name, "file") != 0;
}

void program_pools(const struct program *p, struct pool_size pools[PROGRAM_POOLS]) {
    const struct pool_size all[PROGRAM_POOLS] = {
        {"arena", p->arena_bytes},
        {"adapters", 4 * p->param_floats},
        {"gradients", 4 * p->gradient_floats},
        {"optimizer", p->step ? 4 * p->param_floats * p->n_states : 0},
        {"scratch", scratch_bytes(p)},
        {"staging", staging_bytes(p)},
        {"weights", weight_bytes(p)},
        {"file", program_page_bytes(p)},
    };
    memcpy(pools, all, sizeof all);
}

int64_t program_bytes(const struct program *p) {
    struct pool_size pools[PROGRAM_POOLS];
    int64_t sum = 0;
    program_pools(p, pools);
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pool_is_taken(&pools[i])) sum += pools[i].bytes;
    return sum;
}

const char *program_upper(const struct program *p, struct arena *a) {
    char *upper = arena_print(a, "%s", p->options.prefix);
    for (char *c = upper; *c; c++) *c = (char)toupper((unsigned char)*c);
    return upper;
}
