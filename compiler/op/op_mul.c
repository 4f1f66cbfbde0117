// Multiply: a * b, elementwise. With a vector b the node is mul_vector, which broadcasts b over the rows of a.
#include "compiler/op/op_common.h"

static void vjp(struct vjp *v) {
    for (int a = 0; a < 2; a++) {
        value_id args[] = {v->cotangent[0], v->arg[1 - a]};
        if (v->wants[a]) vjp_add(v, a, vjp_emit(v, a, &op_mul, args, 2, NULL, 0));
    }
}

static bool expand(struct expand *e) {
    struct shape a = graph_value(e->graph, e->args[0])->shape, b = graph_value(e->graph, e->args[1])->shape;
    value_id swapped[] = {e->args[1], e->args[0]};
    if (a.rank > 1 && b.rank == 1) return expand_append(e, &op_mul_vector, e->args, 2);
    if (b.rank > 1 && a.rank == 1) return expand_append(e, &op_mul_vector, swapped, 2);
    return expand_append(e, &op_mul, e->args, 2);
}

// silu(g) * u is one kernel.
static bool fuse(struct fuse *f) {
    for (uint32_t a = 0; a < 2; a++) {
        const struct node *n = graph_node(f->graph, f->node), *silu = fuse_argument(f, a, &op_silu);
        if (!silu || !f->single_use[a]) continue;
        value_id args[] = {node_args(f->graph, silu)[0].value, node_args(f->graph, n)[1 - a].value};
        f->result = op_emit(f->graph, &op_silu_mul, args, 2, NULL, 0, f->name, n->span);
        return true;
    }
    return false;
}

static double value(double a, double b) { return a * b; }
static void reference(const struct reference_call *c) { reference_binary(c, value); }

const struct op op_mul = {
    BINARY(mul, binary, a, b), .expand = expand,       .fuse = fuse,    .vjp = vjp,
    .jvp = jvp_multilinear,    .reference = reference, .flops_each = 1, .cheap = true,
};
