// Add: a + b. With a vector b the node is add_vector, which broadcasts b over the rows of a.
#include "compiler/op/op_common.h"

static void vjp(struct vjp *v) {
    for (int a = 0; a < 2; a++)
        if (v->wants[a]) vjp_add(v, a, v->cotangent[0]);
}

static void jvp(struct jvp *j) { j->out[0] = jvp_add(j, j->tangent[0], j->tangent[1]); }

static bool expand(struct expand *e) {
    struct shape a = graph_value(e->graph, e->args[0])->shape, b = graph_value(e->graph, e->args[1])->shape;
    value_id swapped[] = {e->args[1], e->args[0]};
    if (a.rank > 1 && b.rank == 1) return expand_append(e, &op_add_vector, e->args, 2);
    if (b.rank > 1 && a.rank == 1) return expand_append(e, &op_add_vector, swapped, 2);
    return expand_append(e, &op_add, e->args, 2);
}

static double value(double a, double b) { return a + b; }
static void reference(const struct reference_call *c) { reference_binary(c, value); }

const struct op op_add = {
    BINARY(add, binary, a, b), .expand = expand, .vjp = vjp, .jvp = jvp, .reference = reference, .flops_each = 1,
};
