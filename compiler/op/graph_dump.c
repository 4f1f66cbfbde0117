// Graph dump: one line a node, loops indented, values as name.number: for people and for golden files.
#include <inttypes.h>

#include "compiler/base/text.h"
#include "compiler/ir/graph.h"
#include "compiler/op/op.h"

static void put_shape(struct text *t, const struct value *v) {
    static const char *const types[] = {"f32", "f64", "i32", "file"};
    text_puts(t, types[v->dtype]);
    if (!v->shape.rank) return;
    for (int i = 0; i < v->shape.rank; i++) text_print(t, "%c%" PRId64, i ? ' ' : '[', v->shape.dim[i]);
    text_puts(t, "]");
}

static void put_value(const struct graph *g, struct text *t, value_id v, enum access access) {
    static const char *const marks[] = {"", "", "$", "grad ", "state ", "", "out ", "noise "};
    if (!v.id) {
        text_puts(t, "-");
        return;
    }
    const struct value *value = graph_value(g, v);
    text_print(t, "%s%s", marks[value->storage], value->name ? value->name : "v");
    if (value->storage == STORAGE_NOISE) text_puts(t, value->noise == NOISE_ESTIMATE ? " estimate" : "");
    if (value->storage == STORAGE_NOISE && value->noise == NOISE_TANGENT) text_print(t, " tangent %u", value->tangent);
    if (value->storage == STORAGE_STATE) text_print(t, " %u", value->slot);
    if (value->storage == STORAGE_ARENA) text_print(t, ".%u", v.id);
    if (access == ACCESS_ROWS) text_puts(t, "[rows]");
}

static void put_bound(const struct graph *g, struct text *t, int64_t constant, symbol_id symbol) {
    if (symbol.id)
        text_print(t, "%s.%u", graph_symbol(g, symbol)->name, symbol.id);
    else
        text_print(t, "%" PRId64, constant);
}

static void put_loop(const struct graph *g, struct text *t, const struct loop *l) {
    if (l->kind == LOOP_TILE) {
        text_print(t, "tile %s rows %" PRId64 " by %" PRId64, l->name, l->rows, l->height);
        if (l->to_symbol.id)
            text_puts(t, " count "), put_value(g, t, graph_symbol(g, l->to_symbol)->value, ACCESS_WHOLE);
    } else {
        text_print(t, "repeat %s ", graph_domain(g, l->domain)->name);
        put_bound(g, t, l->from, l->from_symbol);
        text_puts(t, "..");
        put_bound(g, t, l->to, l->to_symbol);
        if (l->step != 1) text_print(t, " step %" PRId64, l->step);
        if (l->backward) text_puts(t, " backward");
    }
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        text_puts(t, i ? ", " : " with ");
        put_value(g, t, c->param, ACCESS_WHOLE);
        text_puts(t, " = ");
        put_value(g, t, c->init, ACCESS_WHOLE);
    }
    text_puts(t, " {\n");
}

static void put_end(const struct graph *g, struct text *t, const struct loop *l) {
    text_puts(t, "}");
    for (uint32_t i = 0; i < l->n_carries; i++) {
        const struct carry *c = &g->carries[l->carries + i];
        text_puts(t, i ? ", " : " ");
        put_value(g, t, c->result, ACCESS_WHOLE);
        text_puts(t, " = ");
        put_value(g, t, c->next, ACCESS_WHOLE);
    }
    text_puts(t, "\n");
}

static void put_op(const struct graph *g, struct text *t, const struct node *n) {
    for (uint32_t r = 0; r < n->n_results; r++) {
        struct use u = node_results(g, n)[r];
        if (r) text_puts(t, ", ");
        put_value(g, t, u.value, u.access);
        text_puts(t, ": ");
        put_shape(t, graph_value(g, u.value));
        if (graph_value(g, u.value)->storage == STORAGE_ARENA && graph_value(g, u.value)->domain.id)
            text_puts(t, " stack");
    }
    text_print(t, "%s%s(", n->n_results ? " = " : "", n->op->name);
    uint32_t last = n->n_args;
    while (last && !node_args(g, n)[last - 1].value.id) last--;
    for (uint32_t a = 0; a < last; a++) {
        if (a) text_puts(t, ", ");
        put_value(g, t, node_args(g, n)[a].value, node_args(g, n)[a].access);
    }
    for (uint32_t i = 0; i < n->n_attrs; i++) {
        const struct attr *a = &g->attrs[n->attrs + i];
        text_print(t, "%s%s: ", i || last ? ", " : "", a->name);
        if (a->table)
            text_puts(t, "by iteration");
        else
            text_number(t, a->number);
    }
    text_puts(t, ")");
    if (n->guard.modulus) text_print(t, " if i %% %" PRId64 " == %" PRId64, n->guard.modulus, n->guard.remainder);
    if (n->guard.but_last) text_puts(t, n->guard.modulus ? " and i != last" : " if i != last");
    text_puts(t, "\n");
}

static void put_tensors(const struct graph *g, struct text *t) {
    for (size_t i = 1; i < g->n_tensors; i++) {
        const struct tensor *tensor = &g->tensors[i];
        text_print(t, "  %s %s", tensor->storage == STORAGE_PARAM ? "param" : "weight", tensor->name);
        for (int k = 0; k < tensor->shape.rank; k++) text_print(t, "%c%" PRId64, k ? ' ' : '[', tensor->shape.dim[k]);
        text_puts(t, "]");
        if (tensor->domain.id)
            text_print(t, " of %s %" PRId64 "..%" PRId64, graph_domain(g, tensor->domain)->name, tensor->first,
                       tensor->first + tensor->instances);
        text_puts(t, "\n");
    }
}

void graph_dump(const struct graph *g, struct text *t) {
    int depth = 1;
    text_print(t, "graph %s {\n", g->name);
    put_tensors(g, t);
    if (g->order) text_print(t, "  # order: %s\n", g->order);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (g->update_first.id == i) text_puts(t, "  # update\n");
        if (n->kind == NODE_END) depth--;
        for (int k = 0; k < depth; k++) text_puts(t, "  ");
        if (n->kind == NODE_OP)
            put_op(g, t, n);
        else if (n->kind == NODE_LOOP)
            put_loop(g, t, graph_loop(g, n->loop)), depth++;
        else
            put_end(g, t, graph_loop(g, n->loop));
    }
    if (g->loss.id) text_puts(t, "  loss "), put_value(g, t, g->loss, ACCESS_WHOLE), text_puts(t, "\n");
    for (size_t i = 0; i < g->n_jvps; i++)
        text_puts(t, "  jvp "), put_value(g, t, g->jvps[i], ACCESS_WHOLE), text_puts(t, "\n");
    text_puts(t, "}\n");
}
