// Linear tangent: the tangent of a product, y = x0 W0^T + scale (x1 W1^T + x2 W2^T). For linear with an adapter it is
// x_dot W^T + scale (h_dot B^T + h B_dot^T), for low_rank x_dot A^T + x A_dot^T. Arguments x0 [.., in0], W0 [out, in0],
// and so on; at least one pair is present.
#include "compiler/op/op_common.h"
#include <lorac/lrt_scratch.h>

enum { PAIRS = 3 };

static const struct op_attr attrs[] = {{"scale", ATTR_INTERNAL, 1, NULL, NULL}, {0}};

static bool shape(struct shape_check *c) {
    int first = -1;
    for (int p = 0; p < PAIRS; p++) {
        size_t x = 2 * (size_t)p, w = x + 1;
        if (!c->arg[x].present && !c->arg[w].present) continue;
        if (!c->arg[x].present || !c->arg[w].present) return false;
        if (!shape_want_floats(c, x) || !shape_want_rank(c, x, 1, 3) || !shape_want_rank(c, w, 2, 2)) return false;
        if (!shape_want_columns(c, x, w, 1)) return false;
        if (first < 0) {
            first = p;
            c->result[0] = shape_with_columns(c->arg[x].shape, c->arg[w].shape.dim[0]);
        }
        if (!shape_want_rows(c, 2 * (size_t)first, x)) return false;
        if (!shape_want_dim(c, w, 0, c->arg[2 * first + 1].shape.dim[0])) return false;
    }
    return first >= 0;
}

static void reference(const struct reference_call *c) {
    int64_t out = operand_columns(&c->result[0]);
    for (int64_t t = 0; t < operand_rows(&c->result[0]); t++)
        for (int64_t o = 0; o < out; o++) {
            double sum = 0;
            for (int p = 0; p < PAIRS; p++) {
                const double *x = c->arg[2 * p].data, *w = c->arg[2 * p + 1].data;
                double scale = p > 0 ? reference_attr(c, "scale") : 1;
                int64_t in = x ? operand_columns(&c->arg[2 * p]) : 0;
                for (int64_t i = 0; i < in; i++) sum += scale * x[t * in + i] * w[o * in + i];
            }
            c->result[0].data[t * out + o] = sum;
        }
}

static int64_t columns_of(const struct graph *g, const struct node *n, uint32_t arg) {
    return arg < n->n_args ? shape_columns(node_arg_shape(g, n, arg)) : 0;
}

// All products count at the rate of the largest.
static struct op_cost cost(const struct graph *g, const struct node *n) {
    double inner = 0;
    uint32_t largest = 0;
    for (uint32_t arg = 0; arg + 1 < n->n_args; arg += 2) {
        int64_t columns = columns_of(g, n, arg);
        if (columns > columns_of(g, n, largest)) largest = arg;
        inner += (double)columns;
    }
    double out = (double)shape_count(node_result_shape(g, n, 0));
    return cost_product(g, n, largest + 1, RATE_product, RATE_far, RATE_narrow, 2 * out * inner);
}

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    return lrt_linear_tangent_scratch(shape_rows(node_result_shape(g, n, 0)), columns_of(g, n, 0), columns_of(g, n, 2),
                                      columns_of(g, n, 4), threads);
}

static const struct op_sample samples[] = {
    {"all",
     {FLOATS_3(2, 3, 7), FLOATS_2(5, 7), FLOATS_3(2, 3, 2), FLOATS_2(5, 2), FLOATS_3(2, 3, 4), FLOATS_2(5, 4)},
     6,
     {{"scale", 1.5, NULL}},
     1},
    {"of a frozen weight", {FLOATS_2(3, 7), FLOATS_2(5, 7)}, 2, {{0}}, 0},
    {"of a trained weight",
     {ABSENT, ABSENT, ABSENT, ABSENT, FLOATS_2(3, 7), FLOATS_2(5, 7)},
     6,
     {{"scale", 1, NULL}},
     1},
    {"of low rank", {FLOATS_2(3, 7), FLOATS_2(2, 7), FLOATS_2(3, 7), FLOATS_2(2, 7)}, 4, {{0}}, 0},
    {"of an adapter alone",
     {ABSENT, ABSENT, FLOATS_2(3, 2), FLOATS_2(5, 2), FLOATS_2(3, 2), FLOATS_2(5, 2)},
     6,
     {{"scale", 0.5, NULL}},
     1},
    {"of a trained B",
     {FLOATS_2(3, 7), FLOATS_2(5, 7), ABSENT, ABSENT, FLOATS_2(3, 2), FLOATS_2(5, 2)},
     6,
     {{"scale", 0.5, NULL}},
     1},
};

const struct op op_linear_tangent = {
    .name = "linear_tangent",
    .min_args = 2,
    .max_args = 6,
    .n_results = 1,
    .attrs = attrs,
    .weight_args = BIT_1 | BIT_3 | BIT_5,
    .shape = shape,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(linear_tangent, linear_tangent, OUT(linear_tangent, y, 0), IN(linear_tangent, x0, 0),
           IN(linear_tangent, w0, 1), IN(linear_tangent, x1, 2), IN(linear_tangent, w1, 3), IN(linear_tangent, x2, 4),
           IN(linear_tangent, w2, 5), ATTR(linear_tangent, scale, "scale")),
    SAMPLES(samples),
};
