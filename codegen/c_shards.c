// Shards: the table of loops that a client's shard of the trained tensors divides at run time (enum shard_iterations):
// which tensors give their iterations tangents, and from which iteration on.
#include "codegen/c_emit.h"
#include "compiler/base/text.h"
#include "compiler/ir/loop.h"

static bool reads_tangent(const struct graph *g, const struct node *n, uint32_t tensor) {
    for (uint32_t a = 0; n->kind == NODE_OP && a < n->n_args; a++) {
        const struct value *v = graph_value(g, node_args(g, n)[a].value);
        if (v->storage == STORAGE_NOISE && v->slot >= NOISE_TANGENT && v->tensor.id == tensor) return true;
    }
    return false;
}

// What the tensor has to do with loop l.
enum reading {
    READ_LATER,    // nothing in the loop or before it reads a tangent of it
    READ_IN_TURNS, // the loop reads instance after instance, and before it only earlier instances were read
    READ_BEFORE,   // any instance may have been read before the loop
};

static enum reading reading_of(const struct graph *g, uint32_t tensor, const struct loop *l) {
    enum reading found = READ_LATER;
    for (uint32_t i = 1; i < l->end.id; i++) {
        const struct node *n = &g->nodes[i];
        if (!reads_tangent(g, n, tensor)) continue;
        const struct loop *home = graph_loop(g, graph_repeat_loop(g, n->loop));
        bool in_turns = home == l || (home->domain.id == l->domain.id && home->to <= l->from);
        if (!in_turns) return READ_BEFORE;
        found = READ_IN_TURNS;
    }
    return found;
}

static uint32_t tensor_of(const struct program *p, const struct graph *g, const struct program_param *param) {
    for (uint32_t t = 1; t < g->n_tensors; t++)
        if (g->tensors[t].storage == STORAGE_PARAM && program_param(p, g, (tensor_id){t}) == param) return t;
    return 0;
}

static void emit_params(const struct program *p, struct text *out, const struct loop *l, size_t number) {
    const struct graph *g = p->step->graph;
    const int64_t each = graph_domain(g, l->domain)->each;
    text_print(out, "\nstatic const struct lrt_shard_param shard_params_%zu[] = {\n", number);
    for (size_t i = 0; i < p->n_params; i++) {
        const uint32_t tensor = tensor_of(p, g, &p->params[i]);
        const enum reading reading = tensor ? reading_of(g, tensor, l) : READ_LATER;
        if (reading == READ_LATER) continue;
        int64_t before = reading == READ_IN_TURNS ? p->params[i].tensor.first * each - l->from : 0;
        text_print(out, "    {%zu, %lld, %lld},\n", i, (long long)before,
                   (long long)(reading == READ_IN_TURNS ? each : 0));
    }
    text_puts(out, "};\n");
}

void emit_shard_loops(const struct program *p, struct text *out, const struct emit_shards *shards) {
    if (!shards->count) return;
    for (size_t k = 0; k < shards->count; k++) emit_params(p, out, graph_loop(p->step->graph, shards->list[k].loop), k);
    text_puts(out, "\nstatic const struct lrt_shard_loop shard_loops[] = {\n");
    for (size_t k = 0; k < shards->count; k++) {
        const struct loop *l = graph_loop(p->step->graph, shards->list[k].loop);
        text_print(out, "    {%zu, %zu, %lld, shard_params_%zu, sizeof shard_params_%zu / sizeof *shard_params_%zu},\n",
                   shards->list[k].before, shards->list[k].from, (long long)loop_trips(l), k, k, k);
    }
    text_puts(out, "};\n");
}
