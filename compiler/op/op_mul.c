// Multiply: a * b, elementwise. A vector b is broadcast over the rows of a: then the node is mul_vector.
#include "compiler/op/op_row.h"

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

static void reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = c->arg[0].data[i] * c->arg[1].data[i];
}

static const struct op_sample samples[] = {{"three dims", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 2, {{0}}, 0}};

const struct op op_mul = {
    .name = "mul",
    .in_language = true,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .expand = expand,
    .fuse = fuse,
    .shape = shape_elementwise,
    .vjp = vjp,
    .jvp = jvp_multilinear,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 1,
    .cheap = true,
    .in_place = {BIT_0 | BIT_1},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(mul, binary, OUT(binary, y, 0), IN(binary, a, 0), IN(binary, b, 1)),
    SAMPLES(samples),
};
