// Reads: the table of mapped weights that a slice reads; the runtime passes it to its residency callback.
#include <string.h>

#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"

struct read {
    uint32_t weight, each;
    bool whole;
};

// Iterations of the slice's own loop select the instance. An inner loop reads all its instances in one iteration.
static uint32_t instance_each(const struct graph *g, loop_id home, loop_id around, domain_id domain) {
    loop_id l = domain.id ? graph_loop_over(g, around, domain) : (loop_id){0};
    return l.id && l.id == home.id ? (uint32_t)graph_domain(g, domain)->each : 0;
}

static void add_read(struct read *reads, size_t *n, struct read r) {
    for (size_t i = 0; i < *n; i++) {
        if (reads[i].weight != r.weight || reads[i].each != r.each) continue;
        reads[i].whole = reads[i].whole || r.whole;
        return;
    }
    reads[(*n)++] = r;
}

size_t emit_reads(const struct emitter *e, const char *name, uint32_t first, uint32_t end, loop_id home) {
    const struct graph *g = e->graph;
    struct read *reads = ARENA_ARRAY(e->arena, struct read, 2 * e->program->model->n_weights + 1);
    size_t count = 0;
    for (uint32_t n = first; n < end; n++) {
        const struct node *node = &g->nodes[n];
        for (uint32_t a = 0; node->kind == NODE_OP && a < node->n_args; a++) {
            value_id v = node_args(g, node)[a].value;
            const struct value *value = graph_value(g, v);
            if (!v.id || value->storage != STORAGE_WEIGHT) continue;
            add_read(reads, &count,
                     (struct read){.weight = graph_tensor(g, value->tensor)->weight,
                                   .each = instance_each(g, home, node->loop, value->domain),
                                   .whole = !(node->op->chosen_args >> a & 1)});
        }
    }
    if (!count) return 0;
    text_print(e->out, "\nstatic const struct lrt_slice_weight %s_reads[] = {", name);
    for (size_t i = 0; i < count; i++)
        text_print(e->out, "%s{%u, %u, %d}", i ? ", " : "", reads[i].weight, reads[i].each, reads[i].whole);
    text_puts(e->out, "};\n");
    return count;
}
