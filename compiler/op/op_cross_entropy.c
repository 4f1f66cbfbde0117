// Cross entropy: the sum over counted rows of -log softmax(logits)[target]. cross_entropy_grad computes the loss and
// dlogits = (softmax - onehot) * loss_weight in one pass, over the logits. The loss is a sum in double; the caller
// takes the mean.
#include "compiler/op/op_linear_cross_entropy.h"
#include "compiler/op/op_common.h"

static const struct op_attr attrs[] = {{"ignore", ATTR_INTERNAL, (double)INT64_MIN, NULL, NULL}, {0}};

// logits [.., vocab], targets [..], sum so far
static bool shape(struct shape_check *c) {
    if (!shape_want_floats(c, 0) || !shape_want_rank(c, 0, 2, 3) || !shape_want_ids(c, 1)) return false;
    if (shape_rows(c->arg[0].shape) != shape_count(c->arg[1].shape)) {
        char left[96], right[96];
        return shape_mistake(c, DIAG_E0203, "logits are %s, targets are %s",
                             shape_text(c->arg[0].shape, left, sizeof left),
                             shape_text(c->arg[1].shape, right, sizeof right));
    }
    c->result[0] = (struct shape){0};
    c->dtype[0] = DTYPE_F64;
    c->result[1] = c->arg[0].shape;
    return true;
}

static bool expand(struct expand *e) {
    value_id sum = op_emit(e->graph, &op_zero_sum, NULL, 0, NULL, 0, "loss", e->at);
    value_id args[] = {e->args[0], e->args[1], sum};
    return expand_append(e, &op_cross_entropy, args, 3);
}

static void vjp(struct vjp *v) {
    value_id args[] = {v->arg[0], v->arg[1], v->arg[2]}, d[2];
    vjp_emit_all(v, 0, &op_cross_entropy_grad, args, 3, d);
    vjp_replace_result(v, 0, d[0]);
    if (v->wants[0]) vjp_give(v, 0, d[1]);
}

// The first direction's node also returns the loss.
static void jvp(struct jvp *j) {
    value_id zero = op_emit(j->graph, &op_zero_sum, NULL, 0, NULL, 0, "jvp", j->at), sum = j->arg[2], both[2];
    if (!j->first) sum = op_emit(j->graph, &op_zero_sum, NULL, 0, NULL, 0, "loss", j->at);
    value_id args[] = {j->arg[0], j->arg[1], sum, zero, j->tangent[0]};
    jvp_emit_all(j, &op_cross_entropy_tangent, args, 5, both);
    if (j->first) jvp_replace_results(j, both);
    j->out[0] = both[1];
}

static double log_sum_exp(const double *x, int64_t n) {
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, x[i]);
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - most);
    return most + log(sum);
}

static void reference(const struct reference_call *c) {
    int64_t vocab = operand_columns(&c->arg[0]);
    double sum = c->arg[2].data[0], *d = c->result[1].data;
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++) {
        const double *x = c->arg[0].data + t * vocab;
        bool counts = c->arg[1].data[t] != reference_attr(c, "ignore");
        int64_t target = counts ? (int64_t)c->arg[1].data[t] : 0;
        double lse = log_sum_exp(x, vocab);
        if (counts) sum += lse - x[target];
        for (int64_t i = 0; d && i < vocab; i++)
            d[t * vocab + i] = counts ? (exp(x[i] - lse) - (i == target)) * c->loss_weight : 0;
    }
    c->result[0].data[0] = sum;
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, 14 * (double)shape_count(node_arg_shape(g, n, 0)));
}

static const struct op_sample samples[] = {
    {"all rows", {FLOATS_3(2, 3, 7), IDS_2(7, 2, 3), SUM}, 3, {{0}}, 0},
    {"ignored rows", {FLOATS_2(5, 3), IDS_1(3, 5), SUM}, 3, {{"ignore", 1, NULL}}, 1},
};

const struct op op_cross_entropy = {
    .name = "cross_entropy",
    .scratch = scratch_row_sums,
    .in_language = true,
    .min_args = 2,
    .max_args = 3,
    .n_results = 1,
    .language_args = 2,
    .attrs = attrs,
    .shape = shape,
    .vjp = vjp,
    .jvp = jvp,
    .expand = expand,
    .fuse = fuse_linear_cross_entropy,
    .reference = reference,
    .cost = cost,
    .is_loss = true,
    .accumulates = {3},
    .in_place = {BIT_2},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(cross_entropy, cross_entropy, OUT(cross_entropy, loss, 0), IN(cross_entropy, logits, 0),
           IN(cross_entropy, targets, 1), NUMBER(cross_entropy, weight, 1)),
    SAMPLES(samples),
};

const struct op op_cross_entropy_grad = {
    .name = "cross_entropy_grad",
    .scratch = scratch_row_sums,
    .min_args = 3,
    .max_args = 3,
    .n_results = 2,
    .attrs = attrs,
    .shape = shape,
    .reference = reference,
    .cost = cost,
    .is_loss = true,
    .accumulates = {3},
    .in_place = {BIT_2, BIT_0},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ACCUMULATED, OP_TILE_ROWS},
    KERNEL(cross_entropy, cross_entropy, OUT(cross_entropy, loss, 0), OUT(cross_entropy, dlogits, 1),
           IN(cross_entropy, logits, 0), IN(cross_entropy, targets, 1), CONTEXT(cross_entropy, weight, LOSS_WEIGHT)),
    SAMPLES(samples),
};
