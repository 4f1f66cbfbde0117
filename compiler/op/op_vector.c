// Broadcast of a vector over rows: add_vector, mul_vector, and the sum that gives mul_vector's gradient for the vector.
#include "compiler/op/op_common.h"

static bool shape(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_floats(c, 0) && shape_want_rank(c, 1, 1, 1) && shape_want_columns(c, 0, 1, 0);
}

static const struct op_sample samples[] = {{"rows", {FLOATS_3(2, 3, 7), FLOATS_1(7)}, 2, {{0}}, 0}};

// y = f(a, b of every row)
static void reference_vector(const struct reference_call *c, double (*f)(double, double)) {
    int64_t d = operand_columns(&c->arg[0]);
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = f(c->arg[0].data[i], c->arg[1].data[i % d]);
}
#define VECTOR(word)                                                                                                   \
    .name = #word, .in_language = true, .min_args = 2, .max_args = 2, .n_results = 1, .weight_args = BIT_1,            \
    .shape = shape, .cost = cost_elementwise, .flops_each = 1, .scratch = scratch_vector, .in_place = {BIT_0},         \
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE}, .tile_results = {OP_TILE_ROWS},                                        \
    KERNEL(word, binary, OUT(binary, y, 0), IN(binary, a, 0), IN(binary, b, 1)), SAMPLES(samples)

static void add_vjp(struct vjp *v) {
    if (v->wants[0]) vjp_add(v, 0, v->cotangent[0]);
    if (!v->wants[1]) return;
    value_id args[] = {vjp_accumulator(v, 1), v->cotangent[0]};
    vjp_give(v, 1, vjp_emit(v, 1, &op_sum_rows_acc, args, 2, NULL, 0));
}

static void add_jvp(struct jvp *j) {
    value_id args[] = {j->tangent[0], j->tangent[1]};
    if (!args[1].id) {
        j->out[0] = args[0];
        return;
    }
    if (!args[0].id) args[0] = op_emit_zeros(j->graph, graph_value(j->graph, j->arg[0])->shape, j->name, j->at);
    j->out[0] = jvp_emit(j, &op_add_vector, args, 2, NULL, 0);
}

static double add_value(double a, double b) { return a + b; }
static void add_reference(const struct reference_call *c) { reference_vector(c, add_value); }

const struct op op_add_vector = {VECTOR(add_vector), .added_vectors = BIT_1, .vjp = add_vjp, .jvp = add_jvp,
                                 .reference = add_reference};

static void mul_vjp(struct vjp *v) {
    if (v->wants[0]) {
        value_id args[] = {v->cotangent[0], v->arg[1]};
        vjp_add(v, 0, vjp_emit(v, 0, &op_mul_vector, args, 2, NULL, 0));
    }
    if (v->wants[1]) {
        value_id args[] = {vjp_accumulator(v, 1), v->cotangent[0], v->arg[0]};
        vjp_give(v, 1, vjp_emit(v, 1, &op_mul_vector_db, args, 3, NULL, 0));
    }
}

static double mul_value(double a, double b) { return a * b; }
static void mul_reference(const struct reference_call *c) { reference_vector(c, mul_value); }

const struct op op_mul_vector = {VECTOR(mul_vector), .vjp = mul_vjp, .jvp = jvp_multilinear, .reference = mul_reference,
                                 .cheap = true};

// acc [d], dy, a [.., d]
static bool shape_db(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_rank(c, 0, 1, 1) && shape_want_equal(c, 1, 2) && shape_want_columns(c, 1, 0, 0);
}

static void reference_db(const struct reference_call *c) {
    int64_t d = operand_columns(&c->arg[1]);
    for (int64_t j = 0; j < d; j++) c->result[0].data[j] = c->arg[0].data[j];
    for (int64_t i = 0; i < operand_count(&c->arg[1]); i++)
        c->result[0].data[i % d] += c->arg[1].data[i] * c->arg[2].data[i];
}

static struct op_cost cost_db(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, 2 * (double)shape_count(node_arg_shape(g, n, 1)));
}

static const struct op_sample samples_db[] = {
    {"rows", {FLOATS_1(7), FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 3, {{0}}, 0}};

const struct op op_mul_vector_db = {
    .name = "mul_vector_db",
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .shape = shape_db,
    .reference = reference_db,
    .cost = cost_db,
    .in_place = {BIT_0},
    .accumulates = {1},
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(mul_vector_db, mul_vector_db, OUT(mul_vector_db, db, 0), IN(mul_vector_db, dy, 1), IN(mul_vector_db, a, 2)),
    SAMPLES(samples_db),
};
