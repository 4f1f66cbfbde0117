// Linear and cross entropy fused: the loss computes its own logits, one vocabulary chunk at a time. Its memory does not
// grow with the vocabulary. linear_cross_entropy replaces linear and cross_entropy. linear_cross_entropy_grad replaces
// linear, cross_entropy_grad and linear_dx, and computes the logits twice. Nothing else may read the logits or dlogits.
// Both compute the same bits as what they replace.
#include "compiler/op/op_linear_cross_entropy.h"

#include "compiler/op/op_common.h"
#include <lorac/lrt_scratch.h>

// Arguments x [.., in], targets [..], sum so far, W [vocab, in], bias [vocab] and acc [.., in], which may be absent.
// Results: the sum, d x (gradient only), and work space: logits [rows, chunk], sums [rows, 3].
enum { X, TARGETS, SUM_SO_FAR, W, BIAS, ACC };
enum { SUMS_OF_A_ROW = 3 };

static const struct op_attr attrs[] = {
    {"ignore", ATTR_INTERNAL, (double)INT64_MIN, NULL, NULL}, {"chunk", ATTR_INTERNAL, 1, NULL, NULL}, {0}};

static bool shape_from(struct shape_check *c, int first) {
    if (!shape_want_rank(c, W, 2, 2) || !shape_want_columns(c, X, W, 1) || !shape_want_ids(c, TARGETS)) return false;
    int64_t rows = shape_rows(c->arg[X].shape);
    if (rows != shape_count(c->arg[TARGETS].shape)) return false;
    if (c->arg[BIAS].present && !shape_want_dim(c, BIAS, 0, c->arg[W].shape.dim[0])) return false;
    c->result[0] = (struct shape){0};
    c->result[first] = shape_matrix(rows, (int64_t)shape_attr(c, "chunk"));
    c->result[first + 1] = shape_matrix(rows, SUMS_OF_A_ROW);
    c->dtype[0] = c->dtype[first + 1] = DTYPE_F64;
    return true;
}

static bool shape(struct shape_check *c) { return shape_from(c, 1); }

static bool shape_grad(struct shape_check *c) {
    c->result[1] = c->arg[X].shape;
    return shape_from(c, 2) && (!c->arg[ACC].present || shape_want_equal(c, X, ACC));
}

static double logit(const struct reference_call *c, int64_t row, int64_t v) {
    int64_t in = operand_columns(&c->arg[X]);
    double sum = c->arg[BIAS].data ? c->arg[BIAS].data[v] : 0;
    for (int64_t i = 0; i < in; i++) sum += c->arg[X].data[row * in + i] * c->arg[W].data[v * in + i];
    return sum;
}

static double log_sum_exp(const struct reference_call *c, int64_t row) {
    double most = -INFINITY, sum = 0;
    for (int64_t v = 0; v < c->arg[W].shape.dim[0]; v++) most = fmax(most, logit(c, row, v));
    for (int64_t v = 0; v < c->arg[W].shape.dim[0]; v++) sum += exp(logit(c, row, v) - most);
    return most + log(sum);
}

static void reference(const struct reference_call *c) {
    double sum = c->arg[SUM_SO_FAR].data[0];
    for (int64_t t = 0; t < operand_rows(&c->arg[X]); t++)
        if (c->arg[TARGETS].data[t] != reference_attr(c, "ignore"))
            sum += log_sum_exp(c, t) - logit(c, t, (int64_t)c->arg[TARGETS].data[t]);
    c->result[0].data[0] = sum;
}

static void reference_grad(const struct reference_call *c) {
    int64_t in = operand_columns(&c->arg[X]), vocab = c->arg[W].shape.dim[0];
    const double *w = c->arg[W].data, *targets = c->arg[TARGETS].data, *acc = c->arg[ACC].data;
    for (int64_t t = 0; t < operand_rows(&c->arg[X]); t++) {
        bool counts = targets[t] != reference_attr(c, "ignore");
        double lse = log_sum_exp(c, t), *dx = c->result[1].data + t * in;
        for (int64_t i = 0; i < in; i++) dx[i] = 0;
        for (int64_t v = 0; counts && v < vocab; v++) {
            double d = (exp(logit(c, t, v) - lse) - (v == (int64_t)targets[t])) * c->loss_weight;
            for (int64_t i = 0; i < in; i++) dx[i] += d * w[v * in + i];
        }
        for (int64_t i = 0; acc && i < in; i++) dx[i] += acc[t * in + i];
    }
    reference(c);
}

static struct op_cost cost_of(const struct graph *g, const struct node *n, int products) {
    double rows = (double)shape_rows(node_arg_shape(g, n, X)), vocab = (double)node_arg_shape(g, n, W).dim[0];
    double in = (double)shape_columns(node_arg_shape(g, n, X));
    enum op_rate rate = rate_of_matrix(node_arg_shape(g, n, W), RATE_product, RATE_far);
    struct op_cost cost = cost_flops(g, n, rate, 2 * products * rows * vocab * in + 14 * rows * vocab);
    cost.bytes += (products - 1) * vocab * in * (double)sizeof(float);
    return cost;
}

static struct op_cost cost(const struct graph *g, const struct node *n) { return cost_of(g, n, 1); }
static struct op_cost cost_grad(const struct graph *g, const struct node *n) { return cost_of(g, n, 3); }

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    struct shape x = node_arg_shape(g, n, X);
    int64_t chunk = (int64_t)node_number(g, n, "chunk", 1);
    return lrt_linear_cross_entropy_scratch(shape_rows(x), shape_columns(x), chunk, threads);
}

const struct node *fuse_plain_linear(const struct fuse *f, value_id logits, loop_id loop, uint32_t losses) {
    const struct node *def = graph_node(f->graph, graph_value(f->graph, logits)->def);
    if (!f->vocabulary_chunk || def->kind != NODE_OP || def->op != &op_linear || def->loop.id != loop.id) return NULL;
    const struct use *args = node_args(f->graph, def);
    bool low_rank = args[3].value.id != 0;
    bool large = graph_value(f->graph, args[1].value)->shape.dim[0] > f->vocabulary_chunk;
    return large && !low_rank && fuse_count_uses(f, logits) == losses ? def : NULL;
}

// Appends op with the arguments of a plain linear and of the loss that reads its logits.
static void append_fused(struct fuse *f, const struct op *op, const struct node *linear, const struct node *loss,
                         value_id acc, value_id *results) {
    const struct use *of_linear = node_args(f->graph, linear), *of_loss = node_args(f->graph, loss);
    struct use args[] = {of_linear[0], of_loss[1], of_loss[2], of_linear[1], of_linear[2], {acc, ACCESS_WHOLE}};
    const struct attr given[] = {*node_attr(f->graph, loss, "ignore"),
                                 {.name = "chunk", .number = (double)f->vocabulary_chunk}};
    const char *logits = graph_value(f->graph, node_results(f->graph, linear)[0].value)->name;
    struct op_call call = {.op = op,
                           .args = args,
                           .n_args = (size_t)op->max_args,
                           .attrs = given,
                           .n_attrs = 2,
                           .name = f->name,
                           .at = loss->span};
    op_append(f->graph, &call, results);
    graph_value(f->graph, results[op->n_results - 2])->name = logits;
}

bool fuse_linear_cross_entropy(struct fuse *f) {
    const struct node *loss = graph_node(f->graph, f->node);
    const struct node *linear = fuse_plain_linear(f, node_args(f->graph, loss)[0].value, loss->loop, 1);
    value_id results[OP_RESULTS_MAX];
    if (!linear) return false;
    append_fused(f, &op_linear_cross_entropy, linear, loss, (value_id){0}, results);
    f->result = results[0];
    return true;
}

bool fuse_linear_cross_entropy_grad(struct fuse *f) {
    const struct node *dx = graph_node(f->graph, f->node), *loss = fuse_argument(f, 0, &op_cross_entropy_grad);
    if (!loss || !f->single_use[0]) return false;
    const struct node *linear = fuse_plain_linear(f, node_args(f->graph, loss)[0].value, loss->loop, 1);
    const struct use *of_dx = node_args(f->graph, dx);
    bool same = linear && node_args(f->graph, linear)[1].value.id == of_dx[1].value.id && !of_dx[3].value.id;
    if (!same || node_number(f->graph, dx, "scale", 1) != 1) return false;
    value_id results[OP_RESULTS_MAX];
    f->also.old = node_results(f->graph, loss)[0].value;
    append_fused(f, &op_linear_cross_entropy_grad, linear, loss, of_dx[2].value, results);
    f->also.by = results[0];
    graph_value(f->graph, results[0])->name = graph_value(f->graph, f->also.old)->name;
    f->result = results[1];
    return true;
}

static const struct op_sample samples[] = {
    {"all rows", {FLOATS_3(2, 3, 5), IDS_2(7, 2, 3), SUM, FLOATS_2(7, 5)}, 4, {{"chunk", 2, NULL}}, 1},
    {"bias, ignored rows",
     {FLOATS_2(4, 5), IDS_1(7, 4), SUM, FLOATS_2(7, 5), FLOATS_1(7)},
     5,
     {{"ignore", 3, NULL}, {"chunk", 3, NULL}},
     2},
};

const struct op op_linear_cross_entropy = {
    .name = "linear_cross_entropy",
    .min_args = 4,
    .max_args = 5,
    .n_results = 3,
    .attrs = attrs,
    .result_suffix = {NULL, NULL, "sums"},
    .weight_args = 1 << W | 1 << BIAS,
    .shape = shape,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .is_loss = true,
    .accumulates = {1 + SUM_SO_FAR},
    .in_place = {1 << SUM_SO_FAR},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ACCUMULATED, OP_TILE_ROWS, OP_TILE_ROWS},
    KERNEL(linear_cross_entropy, linear_cross_entropy, OUT(linear_cross_entropy, loss, 0),
           WORK(linear_cross_entropy, logits, 1), WORK(linear_cross_entropy, sums, 2), IN(linear_cross_entropy, x, 0),
           IN(linear_cross_entropy, w, W), IN(linear_cross_entropy, bias, BIAS), IN(linear_cross_entropy, targets, 1),
           NUMBER(linear_cross_entropy, weight, 1)),
    SAMPLES(samples),
};

static const struct op_sample samples_grad[] = {
    {"all rows", {FLOATS_3(2, 3, 5), IDS_2(7, 2, 3), SUM, FLOATS_2(7, 5)}, 4, {{"chunk", 2, NULL}}, 1},
    {"all",
     {FLOATS_2(4, 5), IDS_1(7, 4), SUM, FLOATS_2(7, 5), FLOATS_1(7), FLOATS_2(4, 5)},
     6,
     {{"ignore", 3, NULL}, {"chunk", 3, NULL}},
     2},
};

const struct op op_linear_cross_entropy_grad = {
    .name = "linear_cross_entropy_grad",
    .min_args = 4,
    .max_args = 6,
    .n_results = 4,
    .attrs = attrs,
    .result_suffix = {NULL, NULL, NULL, "sums"},
    .weight_args = 1 << W | 1 << BIAS,
    .shape = shape_grad,
    .reference = reference_grad,
    .cost = cost_grad,
    .scratch = scratch,
    .is_loss = true,
    .accumulates = {1 + SUM_SO_FAR},
    .in_place = {1 << SUM_SO_FAR, 1 << ACC},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED, OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_ROWS},
    KERNEL(linear_cross_entropy, linear_cross_entropy, OUT(linear_cross_entropy, loss, 0),
           OUT(linear_cross_entropy, dx, 1), IN(linear_cross_entropy, acc, ACC), WORK(linear_cross_entropy, logits, 2),
           WORK(linear_cross_entropy, sums, 3), IN(linear_cross_entropy, x, 0), IN(linear_cross_entropy, w, W),
           IN(linear_cross_entropy, bias, BIAS), IN(linear_cross_entropy, targets, 1),
           CONTEXT(linear_cross_entropy, weight, LOSS_WEIGHT)),
    SAMPLES(samples_grad),
};
