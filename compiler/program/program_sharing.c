// Sharing: a block that runs its instances several times (`each`, or several calls) gains depth without bytes. This
// file computes how many.
#include <string.h>

#include "compiler/program/program.h"
#include "compiler/base/arena.h"

// Iterations of a repeat loop over the block's instances in one forward pass.
static int64_t forward_iterations(const struct graph *g, const char *block) {
    int64_t iterations = 0;
    for (uint32_t l = 1; l < g->n_loops; l++) {
        const struct loop *loop = &g->loops[l];
        bool updates = g->update_first.id && loop->begin.id >= g->update_first.id;
        if (loop->kind != LOOP_REPEAT || loop->backward || updates) continue;
        if (strcmp(graph_domain(g, loop->domain)->name, block) == 0) iterations += loop->to - loop->from;
    }
    return iterations;
}

static int64_t weight_bytes_of(const struct model *m, int32_t block) {
    int64_t bytes = 0;
    for (size_t i = 0; i < m->n_weights; i++)
        if (m->weights[i].block == block) bytes += program_weight_bytes(&m->weights[i]);
    return bytes;
}

static int64_t trained_bytes_of(const struct program *p, int32_t block) {
    int64_t floats = 0;
    for (size_t i = 0; i < p->n_params; i++)
        if (p->model->weights[p->params[i].tensor.weight].block == block)
            floats += p->params[i].stride * p->params[i].tensor.instances;
    return 4 * floats;
}

size_t program_sharing(const struct program *p, struct arena *a, struct program_shared **list) {
    const struct model *m = p->model;
    const struct plan *forward = p->eval ? p->eval : p->logits ? p->logits : p->step;
    size_t n = 0;
    *list = ARENA_ARRAY(a, struct program_shared, m->n_blocks + 1);
    for (size_t b = 0; forward && b < m->n_blocks; b++) {
        const struct model_block *block = &m->blocks[b];
        if (!block->repeated) continue;
        int64_t instances = block->to - block->from, iterations = forward_iterations(forward->graph, block->name);
        if (iterations <= instances) continue;
        struct program_shared *s = &(*list)[n++];
        *s = (struct program_shared){.block = block->name, .instances = instances, .runs = iterations / instances};
        s->weight_bytes = weight_bytes_of(m, (int32_t)b);
        s->trained_bytes = trained_bytes_of(p, (int32_t)b);
    }
    return n;
}

const char *program_sharing_words(const struct program_shared *s, struct arena *a) {
    const char *words = arena_print(a,
                                    "sharing: each of the %lld instances of %s runs %lld times; their weights take "
                                    "%lld bytes, without sharing %lld",
                                    (long long)s->instances, s->block, (long long)s->runs, (long long)s->weight_bytes,
                                    (long long)(s->weight_bytes * s->runs));
    if (!s->trained_bytes) return words;
    return arena_print(a, "%s; what is trained of them %lld, without %lld", words, (long long)s->trained_bytes,
                       (long long)(s->trained_bytes * s->runs));
}
