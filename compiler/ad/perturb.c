// Perturb: every trained tensor that the loss depends on is read with added noise. Shapes and order of values do not
// change, so the plan is that of the evaluation.
#include "compiler/ad/gradient.h"
#include "compiler/ad/wants.h"
#include "compiler/base/arena.h"
#include "compiler/ir/graph_copy.h"

struct graph *perturb(const struct graph *forward, int64_t tangents, struct diagnostics *d) {
    (void)tangents; // one direction at a time
    struct graph_copy c = graph_copy_start(forward, forward->arena);
    if (!gradient_has_parameters(c.from, adjoint_wants(c.from), d)) return NULL;
    for (uint32_t v = 1; v < c.from->n_values; v++) {
        struct value generated = c.from->values[v];
        if (generated.storage != STORAGE_PARAM) continue;
        generated.storage = STORAGE_NOISE;
        generated.dtype = DTYPE_FILE;
        generated.noise = NOISE_PERTURBED;
        c.map[v] = graph_add_value(c.to, generated);
    }
    for (uint32_t i = 1; i < c.from->n_nodes; i++) graph_copy_node(&c, (node_id){i});
    struct graph *g = graph_copy_finish(&c);
    g->name = "step";
    g->passes = 2; // noise added, and subtracted
    return g;
}
