// Adapter unused: an adapted weight that the loss does not depend on is trained by nothing, which is told.
#include "compiler/adapter/adapter.h"
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/ir/graph.h"

void adapter_report_unused(const struct model *m, const struct graph *g, struct arena *a, struct diagnostics *d) {
    bool *used = ARENA_ARRAY(a, bool, m->n_adaptations + 1);
    for (uint32_t i = 1; i < g->n_nodes; i++)
        for (uint32_t k = 0; k < g->nodes[i].n_args; k++) {
            const struct value *v = graph_value(g, node_args(g, &g->nodes[i])[k].value);
            if (v->storage == STORAGE_PARAM) used[graph_tensor(g, v->tensor)->adaptation] = true;
        }
    for (size_t i = 0; i < m->n_adaptations; i++)
        if (!used[i])
            diag_report(d, DIAG_E0303, m->adaptations[i].span, "'%s' is adapted, but the loss does not depend on it",
                        m->weights[m->adaptations[i].weight].name);
}
