// Extremes: the least that tiled plans must hold, and the most when every value is kept. They are the scale's ends for
// the plan.
#include "compiler/report/report.h"
#include "compiler/base/arena.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"

static double iterations_of(const struct graph *g, loop_id l) {
    double iterations = 1;
    for (; l.id; l = graph_loop(g, l)->parent) {
        const struct loop *loop = graph_loop(g, l);
        if (loop->kind == LOOP_REPEAT) iterations *= (double)loop_trips(loop);
    }
    return iterations;
}

int64_t report_every_output(const struct graph *forward) {
    double bytes = 0;
    for (uint32_t i = 1; i < forward->n_nodes; i++) {
        const struct node *n = &forward->nodes[i];
        for (uint32_t k = 0; n->kind == NODE_OP && k < n->n_results; k++) {
            const struct value *v = graph_value(forward, node_results(forward, n)[k].value);
            if (v->storage != STORAGE_ARENA) continue;
            bytes += (double)(shape_count(v->shape) * dtype_bytes(v->dtype)) * iterations_of(forward, n->loop);
        }
    }
    return (int64_t)bytes;
}

int64_t report_floor(const struct plan *p) {
    const struct graph *g = p->graph;
    struct arena scratch = {0};
    int64_t *change = ARENA_ARRAY(&scratch, int64_t, g->n_nodes + 2), live = 0, most = 0;
    for (size_t i = 1; i < p->n_buffers; i++) {
        const struct plan_buffer *b = &p->buffers[i];
        if (graph_tile_loop(g, graph_value_loop(g, b->first)).id) continue;
        change[b->birth] += b->size;
        change[b->death] -= b->size;
    }
    for (size_t i = 0; i <= g->n_nodes; i++) {
        live += change[i];
        if (live > most) most = live;
    }
    arena_free(&scratch);
    return most;
}
