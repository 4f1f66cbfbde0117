// Add: a + b. A vector b is broadcast over the rows of a: then the node is add_vector.
#include "compiler/op/op_row.h"

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

static void reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = c->arg[0].data[i] + c->arg[1].data[i];
}

static const struct op_sample samples[] = {{"three dims", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 2, {{0}}, 0}};

const struct op op_add = {
    .name = "add",
    .in_language = true,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .expand = expand,
    .shape = shape_elementwise,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 1,
    .in_place = {BIT_0 | BIT_1},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(add, binary, OUT(binary, y, 0), IN(binary, a, 0), IN(binary, b, 1)),
    SAMPLES(samples),
};
