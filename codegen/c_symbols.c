// Symbols: loop bounds that the runtime resolves. A loop's first iteration with tangents is where it first reads a
// tensor of the client's shard. A table says which tensors give tangents, and from which iteration on.
#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/ir/loop.h"

static bool reads_tangent(const struct graph *g, const struct node *n, uint32_t tensor) {
    for (uint32_t a = 0; n->kind == NODE_OP && a < n->n_args; a++) {
        const struct value *v = graph_value(g, node_args(g, n)[a].value);
        if (v->storage == STORAGE_NOISE && v->noise == NOISE_TANGENT && v->tensor.id == tensor) return true;
    }
    return false;
}

// How the tensor relates to loop l.
enum reading {
    READ_LATER,    // neither the loop nor earlier nodes read a tangent of it
    READ_IN_ORDER, // the loop reads one instance after another; earlier nodes read only earlier instances
    READ_BEFORE,   // earlier nodes may read any instance
};

static enum reading reading_of(const struct graph *g, uint32_t tensor, const struct loop *l) {
    enum reading found = READ_LATER;
    for (uint32_t i = 1; i < l->end.id; i++) {
        const struct node *n = &g->nodes[i];
        if (!reads_tangent(g, n, tensor)) continue;
        const struct loop *home = graph_loop(g, graph_repeat_loop(g, n->loop));
        bool in_order = home == l || (home->domain.id == l->domain.id && home->to <= l->from);
        if (!in_order) return READ_BEFORE;
        found = READ_IN_ORDER;
    }
    return found;
}

static uint32_t tensor_of(const struct program *p, const struct graph *g, const struct program_param *param) {
    for (uint32_t t = 1; t < g->n_tensors; t++)
        if (g->tensors[t].storage == STORAGE_PARAM && program_param(p, g, (tensor_id){t}) == param) return t;
    return 0;
}

const char *emit_symbol_name(const struct emitter *e, symbol_id s) {
    if (!s.id || graph_symbol(e->graph, s)->value.id) return NULL;
    return arena_print(e->arena, "%s_%s", e->lower, emit_identifier(e->arena, graph_symbol(e->graph, s)->name, s.id));
}

static void emit_params(const struct emitter *e, const struct loop *l, const char *name) {
    const struct program *p = e->program;
    const int64_t each = graph_domain(e->graph, l->domain)->each;
    text_print(e->out, "\nstatic const struct lrt_bound_param %s_params[] = {\n", name);
    for (size_t i = 0; i < p->n_params; i++) {
        const uint32_t tensor = tensor_of(p, e->graph, &p->params[i]);
        const enum reading reading = tensor ? reading_of(e->graph, tensor, l) : READ_LATER;
        if (reading == READ_LATER) continue;
        int64_t before = reading == READ_IN_ORDER ? p->params[i].tensor.first * each - l->from : 0;
        text_print(e->out, "    {%zu, %lld, %lld},\n", i, (long long)before,
                   (long long)(reading == READ_IN_ORDER ? each : 0));
    }
    text_puts(e->out, "};\n");
}

void emit_symbols(const struct emitter *e) {
    for (uint32_t l = 1; l < e->graph->n_loops; l++) {
        const struct loop *loop = &e->graph->loops[l]; // the loop with tangents
        const char *name = emit_symbol_name(e, loop->from_symbol);
        if (!name) continue;
        emit_params(e, loop, name);
        text_print(e->out,
                   "static const struct lrt_bound %s = {%lld, %s_params, sizeof %s_params / sizeof *%s_params};\n",
                   name, (long long)loop_trips(loop), name, name, name);
    }
}
