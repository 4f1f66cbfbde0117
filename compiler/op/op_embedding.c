// Embedding: rows of a table at the ids; backward adds cotangent rows at the ids, in row order.
#include "compiler/op/op_common.h"

static bool shape(struct shape_check *c) {
    if (!shape_want_ids(c, 0) || !shape_want_rank(c, 0, 1, 3) || !shape_want_rank(c, 1, 2, 2)) return false;
    struct shape s = c->arg[0].shape;
    s.dim[s.rank++] = c->arg[1].shape.dim[1];
    c->result[0] = s;
    return true;
}

static void vjp(struct vjp *v) {
    if (!v->wants[1]) return;
    value_id args[] = {vjp_accumulator(v, 1), v->arg[0], v->cotangent[0]};
    vjp_give(v, 1, vjp_emit(v, 1, &op_embedding_dw, args, 3, NULL, 0));
}

static void jvp(struct jvp *j) {
    value_id args[] = {j->arg[0], j->tangent[1]};
    if (j->tangent[1].id) j->out[0] = jvp_emit(j, &op_embedding, args, 2, NULL, 0);
}

static void reference(const struct reference_call *c) {
    int64_t width = operand_columns(&c->arg[1]);
    for (int64_t t = 0; t < operand_count(&c->arg[0]); t++)
        for (int64_t j = 0; j < width; j++)
            c->result[0].data[t * width + j] = c->arg[1].data[(int64_t)c->arg[0].data[t] * width + j];
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    double bytes = 8.0 * (double)shape_count(graph_value(g, node_results(g, n)[0].value)->shape);
    return (struct op_cost){.bytes = bytes};
}

static const struct op_sample samples[] = {
    {"two sequences", {IDS_2(11, 2, 3), FLOATS_2(11, 5)}, 2, {{0}}, 0},
};

const struct op op_embedding = {
    .name = "embedding",
    .in_language = true,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .weight_args = BIT_1,
    .chosen_args = BIT_1,
    .shape = shape,
    .vjp = vjp,
    .jvp = jvp,
    .reference = reference,
    .cost = cost,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(embedding, embedding, OUT(embedding, y, 0), IN(embedding, ids, 0), IN(embedding, w, 1)),
    SAMPLES(samples),
};

static bool shape_dw(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_rank(c, 0, 2, 2) && shape_want_ids(c, 1) && shape_want_columns(c, 2, 0, 1);
}

static void reference_dw(const struct reference_call *c) {
    int64_t width = operand_columns(&c->arg[2]);
    for (int64_t i = 0; i < operand_count(&c->result[0]); i++) c->result[0].data[i] = c->arg[0].data[i];
    for (int64_t t = 0; t < operand_count(&c->arg[1]); t++)
        for (int64_t j = 0; j < width; j++)
            c->result[0].data[(int64_t)c->arg[1].data[t] * width + j] += c->arg[2].data[t * width + j];
}

static struct op_cost cost_dw(const struct graph *g, const struct node *n) {
    double count = (double)shape_count(node_arg_shape(g, n, 2));
    return (struct op_cost){.flops = count, .bytes = 12.0 * count};
}

static const struct op_sample samples_dw[] = {
    {"two sequences", {FLOATS_2(11, 5), IDS_2(11, 2, 3), FLOATS_3(2, 3, 5)}, 3, {{0}}, 0},
};

const struct op op_embedding_dw = {
    .name = "embedding_dw",
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .shape = shape_dw,
    .reference = reference_dw,
    .cost = cost_dw,
    .in_place = {BIT_0},
    .accumulates = {1},
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(embedding_dw, embedding, OUT(embedding, dw, 0), IN(embedding, ids, 1), IN(embedding, dy, 2)),
    SAMPLES(samples_dw),
};
