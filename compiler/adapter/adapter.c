// Adapter: the table, and how a row adds a trained tensor.
#include "compiler/adapter/adapter.h"

#include <stddef.h>
#include <string.h>

#include "compiler/base/arena.h"

static const struct adapter *const table[] = {
#define ADAPTER(name) &adapter_##name,
#include "compiler/adapter/adapters.def"
#undef ADAPTER
};

const char *const adapter_names[] = {
#define ADAPTER(name) #name,
#include "compiler/adapter/adapters.def"
#undef ADAPTER
    NULL,
};

const struct adapter *adapter_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

value_id adapter_add_param(const struct adapter_site *s, const char *adapter, const char *role, struct shape shape) {
    struct graph *g = s->graph;
    const struct model_adaptation *a = s->adaptation;
    const char *name = s->weight->name;
    if (strcmp(role, "full") != 0) name = arena_print(g->arena, "%s.%s", name, role);
    struct tensor t = {
        .name = name, .span = s->weight->span, .storage = STORAGE_PARAM, .shape = shape, .domain = s->domain};
    t.first = a->from;
    t.instances = a->to - a->from;
    t.weight = a->weight;
    t.adapter = adapter;
    t.role = role;
    t.rank = a->rank;
    t.alpha = a->alpha;
    t.scale = a->rank ? a->alpha / (double)a->rank : 1;
    tensor_id tensor = graph_add_tensor(g, t);
    struct value v = {.name = name, .shape = shape, .dtype = DTYPE_F32, .storage = STORAGE_PARAM, .tensor = tensor};
    v.domain = s->domain;
    v.span = s->weight->span;
    return graph_add_value(g, v);
}
