// Gradient: the table of methods, and the way from a forward graph to the graph of a step.
#include "compiler/ad/gradient.h"

#include <stddef.h>
#include <string.h>

#include "compiler/pass/passes.h"

static const struct gradient *const table[] = {
#define GRADIENT(name) &gradient_##name,
#include "compiler/ad/gradients.def"
#undef GRADIENT
};

const char *const gradient_names[] = {
#define GRADIENT(name) #name,
#include "compiler/ad/gradients.def"
#undef GRADIENT
    NULL,
};

const struct gradient *gradient_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

struct graph *gradient_graph(const struct schedule_choice *choice, const struct graph *forward, struct diagnostics *d) {
    struct graph *g = differentiate(forward, d);
    if (!g) return NULL;
    g = drop_copies(recompute(fuse_nodes(share_equal(g), choice->loss_part), choice->method->keep));
    if (choice->block) g = tile_rows(g, choice->block);
    g = tile_loss(g, choice->head);
    graph_mark_stacks(g);
    return g;
}
