// Adapter: the table, and what the kinds share.
#include "compiler/adapter/adapter.h"

#include "compiler/base/arena.h"
#include "compiler/op/op.h"

#define LRT_ROLE(...)
#define LRT_ADAPTER(KIND, name, ...) extern const struct adapter adapter_##name;
#include <lorac/lrt_adapters.def>
#undef LRT_ADAPTER

static const struct adapter *const table[] = {
#define LRT_ADAPTER(KIND, name, ...) &adapter_##name,
#include <lorac/lrt_adapters.def>
#undef LRT_ADAPTER
};
#undef LRT_ROLE

struct adapted adapter_declare(struct graph *g, const struct model *m, uint32_t adaptation, domain_id domain) {
    const struct model_adaptation *a = &m->adaptations[adaptation];
    struct adapter_site site = {
        .graph = g, .weight = &m->weights[a->weight], .adaptation = a, .index = adaptation, .domain = domain};
    struct adapted result = {.adapter = table[a->kind], .adaptation = a};
    result.adapter->declare(&site, &result);
    return result;
}

value_id adapter_add_tensor(const struct adapter_site *s, enum lrt_role role, struct shape shape) {
    struct graph *g = s->graph;
    const struct model_adaptation *a = s->adaptation;
    const char *name = s->weight->name;
    if (lrt_adapter_info(a->kind)->on_linear) name = arena_print(g->arena, "%s.%s", name, lrt_role_info(role)->name);
    struct tensor t = {
        .name = name, .span = s->weight->span, .storage = STORAGE_PARAM, .shape = shape, .domain = s->domain};
    t.first = a->from;
    t.instances = a->to - a->from;
    t.weight = a->weight;
    t.adaptation = s->index;
    t.role = role;
    tensor_id tensor = graph_add_tensor(g, t);
    struct value v = {.name = name, .shape = shape, .dtype = DTYPE_F32, .storage = STORAGE_PARAM, .tensor = tensor};
    v.domain = s->domain;
    v.span = s->weight->span;
    return graph_add_value(g, v);
}

double adapter_option(const struct model_adaptation *a, const char *name) {
    return model_option_number(a->options, a->n_options, name, 0);
}

bool adapter_input_fits(const struct expand *call) {
    struct shape x = graph_value(call->graph, call->args[0])->shape, w = graph_value(call->graph, call->args[1])->shape;
    return x.rank > 0 && w.rank == 2 && shape_columns(x) == w.dim[1];
}
