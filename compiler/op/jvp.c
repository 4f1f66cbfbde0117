// JVP: functions for forward-mode rules, and rules shared by many rows.
#include "compiler/op/jvp.h"

#include <string.h>

#include "compiler/base/check.h"

value_id jvp_emit(struct jvp *j, const struct op *op, const value_id *args, size_t n_args, const struct attr *attrs,
                  size_t n_attrs) {
    return op_emit(j->graph, op, args, n_args, attrs ? attrs : j->attrs, attrs ? n_attrs : j->n_attrs, j->name, j->at);
}

void jvp_emit_all(struct jvp *j, const struct op *op, const value_id *args, size_t n_args, value_id *results) {
    struct use uses[OP_ARGS_MAX] = {0};
    for (size_t i = 0; i < n_args; i++) uses[i].value = args[i];
    struct op_call call = {.op = op,
                           .args = uses,
                           .n_args = n_args,
                           .attrs = j->attrs,
                           .n_attrs = j->n_attrs,
                           .name = j->name,
                           .at = j->at};
    op_append(j->graph, &call, results);
}

const value_id *jvp_results(struct jvp *j) {
    if (!*j->emitted) {
        struct op_call call = {
            .op = j->op, .args = j->args, .n_args = j->n_args, .attrs = j->attrs, .n_attrs = j->n_attrs, .at = j->at};
        op_append(j->graph, &call, j->result);
        *j->emitted = true;
    }
    return j->result;
}

void jvp_replace_results(struct jvp *j, const value_id *results) {
    INVARIANT(!*j->emitted);
    memcpy(j->result, results, (size_t)j->op->n_results * sizeof *results);
    *j->emitted = true;
}

value_id jvp_add(struct jvp *j, value_id a, value_id b) {
    value_id args[] = {a, b};
    return a.id && b.id ? jvp_emit(j, &op_add, args, 2, NULL, 0) : a.id ? a : b;
}

double jvp_attr(const struct jvp *j, const char *name) {
    const struct attr *a = attr_find(j->attrs, j->n_attrs, name);
    INVARIANT(a); // the op's row lists it
    return a->number;
}

static value_id with_tangent(struct jvp *j, size_t at) {
    value_id args[OP_ARGS_MAX];
    memcpy(args, j->arg, sizeof args);
    args[at] = j->tangent[at];
    return jvp_emit(j, j->op, args, j->n_args, NULL, 0);
}

void jvp_linear(struct jvp *j) {
    if (j->tangent[0].id) j->out[0] = with_tangent(j, 0);
}

void jvp_multilinear(struct jvp *j) {
    for (size_t a = 0; a < j->n_args; a++)
        if (j->tangent[a].id) j->out[0] = jvp_add(j, j->out[0], with_tangent(j, a));
}

void jvp_pointwise(struct jvp *j, const struct op *dx) {
    value_id args[] = {j->tangent[0], j->arg[0]};
    j->out[0] = jvp_emit(j, dx, args, 2, NULL, 0);
}
