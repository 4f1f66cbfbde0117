// Cross entropy's tangent along logits_dot, together with the loss: the sum over counted rows of (softmax - onehot) .
// logits_dot, in the same pass over the logits. Both sums are in double; the caller takes the mean.
#include "compiler/op/op_linear_cross_entropy.h"
#include "compiler/op/op_common.h"

enum { LOGITS, TARGETS, SUM_SO_FAR, DOT_SO_FAR, LOGITS_DOT };

static const struct op_attr attrs[] = {{"ignore", ATTR_INTERNAL, (double)INT64_MIN, NULL, NULL}, {0}};

// logits [.., vocab], targets [..], sums so far of the loss and of its tangent, logits_dot [.., vocab]
static bool shape(struct shape_check *c) {
    c->result[0] = c->result[1] = (struct shape){0};
    c->dtype[0] = c->dtype[1] = DTYPE_F64;
    return shape_want_floats(c, LOGITS) && shape_want_rank(c, LOGITS, 2, 3) && shape_want_ids(c, TARGETS) &&
           shape_want_equal(c, LOGITS, LOGITS_DOT) &&
           shape_rows(c->arg[LOGITS].shape) == shape_count(c->arg[TARGETS].shape);
}

static void one_row(const double *x, const double *x_dot, int64_t vocab, int64_t target, double *loss, double *dot) {
    double most = -INFINITY, sum = 0, moved = 0;
    for (int64_t i = 0; i < vocab; i++) most = fmax(most, x[i]);
    for (int64_t i = 0; i < vocab; i++) sum += exp(x[i] - most), moved += exp(x[i] - most) * x_dot[i];
    *loss += most + log(sum) - x[target];
    *dot += moved / sum - x_dot[target];
}

static void reference(const struct reference_call *c) {
    int64_t vocab = operand_columns(&c->arg[LOGITS]);
    double loss = c->arg[SUM_SO_FAR].data[0], dot = c->arg[DOT_SO_FAR].data[0];
    for (int64_t t = 0; t < operand_rows(&c->arg[LOGITS]); t++)
        if (c->arg[TARGETS].data[t] != reference_attr(c, "ignore"))
            one_row(c->arg[LOGITS].data + t * vocab, c->arg[LOGITS_DOT].data + t * vocab, vocab,
                    (int64_t)c->arg[TARGETS].data[t], &loss, &dot);
    c->result[0].data[0] = loss;
    c->result[1].data[0] = dot;
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, 16 * (double)shape_count(node_arg_shape(g, n, LOGITS)));
}

static const struct op_sample samples[] = {
    {"all rows", {FLOATS_3(2, 3, 7), IDS_2(7, 2, 3), SUM, SUM, FLOATS_3(2, 3, 7)}, 5, {{0}}, 0},
    {"ignored rows", {FLOATS_2(5, 3), IDS_1(3, 5), SUM, SUM, FLOATS_2(5, 3)}, 5, {{"ignore", 1, NULL}}, 1},
    {"more logits than a vector holds", {FLOATS_2(3, 300), IDS_1(300, 3), SUM, SUM, FLOATS_2(3, 300)}, 5, {{0}}, 0},
};

const struct op op_cross_entropy_tangent = {
    .name = "cross_entropy_tangent",
    .scratch = scratch_row_sums,
    .min_args = 5,
    .max_args = 5,
    .n_results = 2,
    .result_suffix = {NULL, "dot"},
    .attrs = attrs,
    .shape = shape,
    .fuse = fuse_linear_cross_entropy_tangent,
    .reference = reference,
    .cost = cost,
    .is_loss = true,
    .accumulates = {1 + SUM_SO_FAR, 1 + DOT_SO_FAR},
    .in_place = {1 << SUM_SO_FAR, 1 << DOT_SO_FAR},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED, OP_TILE_ACCUMULATED},
    KERNEL(cross_entropy_tangent, cross_entropy, OUT(cross_entropy, loss, 0), OUT(cross_entropy, loss_dot, 1),
           IN(cross_entropy, logits, 0), IN(cross_entropy, logits_dot, 4), IN(cross_entropy, targets, 1)),
    SAMPLES(samples),
};
