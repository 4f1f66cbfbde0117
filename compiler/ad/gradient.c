// Gradient: the table of methods, and the way from a forward graph to the graph of a step.
#include "compiler/ad/gradient.h"

#include <stddef.h>
#include <string.h>

#include "compiler/op/op.h"
#include "compiler/ir/loop.h"
#include "compiler/pass/checkpoint_steps.h"
#include "compiler/pass/passes.h"

enum { PLAIN_HEAD = 8, PLAIN_BLOCK = 32, KEPT_BITS = 64 };

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

struct schedule_choice gradient_choice(const struct gradient *method) {
    return (struct schedule_choice){
        .method = method, .kept = method->kept, .head_rows = PLAIN_HEAD, .tile_rows = method->tiles ? PLAIN_BLOCK : 0};
}

// Iterations of the forward repeat loops before this one.
static int64_t iterations_before(const struct graph *g, loop_id loop) {
    int64_t count = 0;
    for (uint32_t l = 1; l < loop.id; l++) {
        const struct loop *before = &g->loops[l];
        if (before->kind == LOOP_REPEAT && !before->backward) count += loop_trips(before);
    }
    return count;
}

static bool keep(const struct graph *g, node_id n, const void *context) {
    const struct schedule_choice *choice = context;
    const struct node *node = graph_node(g, n);
    if (node->op->cheap) return false;
    loop_id loop = graph_repeat_loop(g, node->loop);
    bool above = choice->split && iterations_before(g, loop) >= choice->split;
    int bit = 0;
    for (uint32_t i = graph_loop(g, loop)->begin.id; i < n.id; i++)
        bit += g->nodes[i].kind == NODE_OP && !g->nodes[i].op->cheap;
    return (above ? choice->kept_above : choice->kept) >> (bit < KEPT_BITS ? bit : KEPT_BITS - 1) & 1;
}

struct graph *gradient_unscheduled(const struct gradient *method, int64_t tangents, const struct graph *forward,
                                   struct diagnostics *d) {
    return method->estimate ? method->estimate(forward, tangents, d) : differentiate(forward, d);
}

struct graph *gradient_kept(const struct schedule_choice *choice, const struct graph *forward, struct diagnostics *d) {
    if (choice->method->estimate) {
        struct graph *pass = choice->method->estimate(forward, choice->tangents, d);
        return pass ? fuse_nodes(eliminate_common(pass), choice->vocabulary_chunk) : NULL;
    }
    struct graph *g = differentiate(choice->split ? split_loops(forward, choice->split) : forward, d);
    return g ? drop_copies(recompute(fuse_nodes(eliminate_common(g), choice->vocabulary_chunk), keep, choice)) : NULL;
}

struct graph *gradient_tiled(const struct schedule_choice *choice, const struct graph *kept) {
    struct graph *g = tile_loss(choice->tile_rows ? tile_rows(kept, choice->tile_rows) : kept, choice->head_rows);
    struct checkpoint_limits limits = {.slots = choice->slots, .forwards = choice->forwards, .page = choice->page};
    if (limits.slots || limits.forwards || limits.page) g = checkpoint_blocks(g, &limits);
    skip_last_iteration(g);
    graph_mark_stacks(g);
    return g;
}

struct graph *gradient_graph(const struct schedule_choice *choice, const struct graph *forward, struct diagnostics *d) {
    struct graph *g = gradient_kept(choice, forward, d);
    return g ? gradient_tiled(choice, g) : NULL;
}
