// VJP: accumulates cotangents. A parameter's is its gradient in the gradient pool. Every addition creates a new value
// at that same place.
#include "compiler/op/adjoints.h"

#include "compiler/base/arena.h"
#include "compiler/base/check.h"

value_id adjoint_get(const struct adjoints *a, value_id v) { return v.id < a->n_forward ? a->of[v.id] : (value_id){0}; }

void adjoint_set(struct adjoints *a, value_id v, value_id cotangent) {
    INVARIANT(v.id < a->n_forward);
    a->of[v.id] = cotangent;
}

static const char *cotangent_name(const struct graph *g, value_id v) {
    const char *name = graph_value(g, v)->name;
    return arena_print(g->arena, "d_%s", name ? name : "value");
}

void adjoint_add(struct adjoints *a, value_id v, value_id cotangent, struct span at) {
    value_id before = adjoint_get(a, v);
    value_id args[] = {before, cotangent};
    if (before.id) cotangent = op_emit(a->graph, &op_add, args, 2, NULL, 0, cotangent_name(a->graph, v), at);
    adjoint_set(a, v, cotangent);
}

static value_id new_gradient(struct adjoints *a, tensor_id t) {
    const struct tensor *tensor = graph_tensor(a->graph, t);
    struct value v = {.shape = tensor->shape, .dtype = DTYPE_F32, .storage = STORAGE_GRAD, .tensor = t};
    v.name = arena_print(a->graph->arena, "d_%s", tensor->name);
    v.domain = tensor->domain;
    v.span = tensor->span;
    return graph_add_value(a->graph, v);
}

value_id adjoint_gradient(struct adjoints *a, tensor_id t) {
    if (!a->grad[t.id].id) a->grad[t.id] = new_gradient(a, t);
    return a->grad[t.id];
}

static bool is_param(const struct vjp *v, int arg) {
    return graph_value(v->graph, v->arg[arg])->storage == STORAGE_PARAM;
}

value_id vjp_take(struct vjp *v, int arg) {
    if (is_param(v, arg)) return vjp_accumulator(v, arg);
    return adjoint_get(v->adjoints, v->arg[arg]);
}

value_id vjp_accumulator(struct vjp *v, int arg) {
    const struct value *x = graph_value(v->graph, v->arg[arg]);
    if (is_param(v, arg)) return adjoint_gradient(v->adjoints, x->tensor);
    value_id before = adjoint_get(v->adjoints, v->arg[arg]);
    if (before.id) return before;
    return op_emit_zeros(v->graph, x->shape, cotangent_name(v->graph, v->arg[arg]),
                         graph_node(v->graph, v->node)->span);
}

void vjp_give(struct vjp *v, int arg, value_id cotangent) {
    const struct value *given = graph_value(v->graph, cotangent);
    if (!is_param(v, arg))
        adjoint_set(v->adjoints, v->arg[arg], cotangent);
    else if (given->storage == STORAGE_GRAD)
        v->adjoints->grad[given->tensor.id] = cotangent;
    else
        vjp_add(v, arg, cotangent);
}

void vjp_add(struct vjp *v, int arg, value_id cotangent) {
    struct span at = graph_node(v->graph, v->node)->span;
    if (!is_param(v, arg)) {
        adjoint_add(v->adjoints, v->arg[arg], cotangent, at);
        return;
    }
    tensor_id t = graph_value(v->graph, v->arg[arg])->tensor;
    struct use args[] = {{adjoint_gradient(v->adjoints, t), ACCESS_WHOLE}, {cotangent, ACCESS_WHOLE}};
    struct use into = {new_gradient(v->adjoints, t), ACCESS_WHOLE};
    struct op_call call = {.op = &op_add, .args = args, .n_args = 2, .at = at, .into = &into};
    op_append(v->graph, &call, NULL);
    v->adjoints->grad[t.id] = into.value;
}

void vjp_emit_all(struct vjp *v, int arg, const struct op *op, const value_id *args, size_t n_args, value_id *results) {
    struct use uses[OP_ARGS_MAX] = {0};
    for (size_t i = 0; i < n_args; i++) uses[i].value = args[i];
    struct op_call call = {.op = op,
                           .args = uses,
                           .n_args = n_args,
                           .attrs = v->attrs,
                           .n_attrs = v->n_attrs,
                           .name = cotangent_name(v->graph, v->arg[arg]),
                           .at = graph_node(v->graph, v->node)->span};
    op_append(v->graph, &call, results);
    for (int r = 0; r < op->n_results; r++) // attention's: d_q, d_k, d_v
        if (arg + r < OP_ARGS_MAX && v->wants[arg + r] && graph_value(v->graph, results[r])->storage == STORAGE_ARENA)
            graph_value(v->graph, results[r])->name = cotangent_name(v->graph, v->arg[arg + r]);
}

value_id vjp_emit(struct vjp *v, int arg, const struct op *op, const value_id *args, size_t n_args,
                  const struct attr *attrs, size_t n_attrs) {
    return op_emit(v->graph, op, args, n_args, attrs ? attrs : v->attrs, attrs ? n_attrs : v->n_attrs,
                   cotangent_name(v->graph, v->arg[arg]), graph_node(v->graph, v->node)->span);
}

void vjp_replace_result(struct vjp *v, int result, value_id by) {
    if (v->graph->loss.id != v->result[result].id) return;
    graph_value(v->graph, by)->name = graph_value(v->graph, v->graph->loss)->name;
    v->graph->loss = by;
}

double vjp_attr(const struct vjp *v, const char *name) {
    const struct attr *a = attr_find(v->attrs, v->n_attrs, name);
    INVARIANT(a); // the node has it
    return a->number;
}
