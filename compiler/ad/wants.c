// Wants: which values lead from a parameter to the loss.
#include "compiler/ad/wants.h"

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"

bool *adjoint_wants(const struct graph *g) {
    bool *wants = ARENA_ARRAY(g->arena, bool, g->n_values), changed = true;
    for (size_t v = 1; v < g->n_values; v++) wants[v] = g->values[v].storage == STORAGE_PARAM;
    while (changed) {
        changed = false;
        for (size_t i = 1; i < g->n_nodes; i++) {
            const struct node *n = &g->nodes[i];
            bool any = false;
            for (uint32_t a = 0; a < n->n_args; a++) any |= wants[node_args(g, n)[a].value.id];
            for (uint32_t r = 0; any && r < n->n_results; r++) {
                value_id v = node_results(g, n)[r].value;
                if (graph_value(g, v)->dtype == DTYPE_I32) continue;
                changed |= !wants[v.id];
                wants[v.id] = true;
            }
        }
        for (size_t c = 1; c < g->n_carries; c++) {
            const struct carry *carry = &g->carries[c];
            bool any = wants[carry->init.id] || wants[carry->next.id];
            changed |= any && !wants[carry->param.id];
            wants[carry->param.id] |= any;
            wants[carry->result.id] |= any;
        }
    }
    return wants;
}

bool gradient_has_parameters(const struct graph *g, const bool *wants, struct diagnostics *d) {
    const struct node *loss = graph_node(g, graph_value(g, g->loss)->def);
    if (!wants[g->loss.id]) diag_report(d, DIAG_E0302, loss->span, "the loss does not depend on any trained tensor");
    return wants[g->loss.id];
}
