// Linear and cross entropy fused, with the tangent along x_dot. logits and logits_dot are computed one vocabulary chunk
// at a time and never stored whole. Replaces linear, linear_tangent and cross_entropy_tangent where nothing else reads
// the logits, and computes the same bits.
#include "compiler/op/op_linear_cross_entropy.h"

#include "compiler/op/op_common.h"
#include <lorac/lrt_scratch.h>

// Arguments x [.., in], targets [..], sums so far of loss and tangent, W [vocab, in], bias [vocab] (may be absent),
// x_dot [.., in]. Results: both sums, and work space: logits and their tangents [rows, 2 chunk], sums [rows, 5].
enum { X, TARGETS, SUM_SO_FAR, DOT_SO_FAR, W, BIAS, X_DOT };
enum { SUMS_OF_A_ROW = 5 };

static const struct op_attr attrs[] = {
    {"ignore", ATTR_INTERNAL, (double)INT64_MIN, NULL, NULL}, {"chunk", ATTR_INTERNAL, 1, NULL, NULL}, {0}};

static bool shape(struct shape_check *c) {
    if (!shape_want_rank(c, W, 2, 2) || !shape_want_columns(c, X, W, 1) || !shape_want_ids(c, TARGETS)) return false;
    int64_t rows = shape_rows(c->arg[X].shape);
    if (rows != shape_count(c->arg[TARGETS].shape) || !shape_want_equal(c, X, X_DOT)) return false;
    if (c->arg[BIAS].present && !shape_want_dim(c, BIAS, 0, c->arg[W].shape.dim[0])) return false;
    c->result[0] = c->result[1] = (struct shape){0};
    c->result[2] = shape_matrix(rows, 2 * (int64_t)shape_attr(c, "chunk"));
    c->result[3] = shape_matrix(rows, SUMS_OF_A_ROW);
    c->dtype[0] = c->dtype[1] = c->dtype[3] = DTYPE_F64;
    return true;
}

static double times_w(const struct reference_call *c, int vector, int64_t row, int64_t v) {
    int64_t in = operand_columns(&c->arg[X]);
    double sum = 0;
    for (int64_t i = 0; i < in; i++) sum += c->arg[vector].data[row * in + i] * c->arg[W].data[v * in + i];
    return sum;
}

static double logit(const struct reference_call *c, int64_t row, int64_t v) {
    return times_w(c, X, row, v) + (c->arg[BIAS].data ? c->arg[BIAS].data[v] : 0);
}

static void reference(const struct reference_call *c) {
    int64_t vocab = c->arg[W].shape.dim[0];
    double loss = c->arg[SUM_SO_FAR].data[0], dot = c->arg[DOT_SO_FAR].data[0];
    for (int64_t t = 0; t < operand_rows(&c->arg[X]); t++) {
        if (c->arg[TARGETS].data[t] == reference_attr(c, "ignore")) continue;
        int64_t target = (int64_t)c->arg[TARGETS].data[t];
        double most = -INFINITY, sum = 0, moved = 0;
        for (int64_t v = 0; v < vocab; v++) most = fmax(most, logit(c, t, v));
        for (int64_t v = 0; v < vocab; v++) {
            double e = exp(logit(c, t, v) - most);
            sum += e;
            moved += e * times_w(c, X_DOT, t, v);
        }
        loss += most + log(sum) - logit(c, t, target);
        dot += moved / sum - times_w(c, X_DOT, t, target);
    }
    c->result[0].data[0] = loss;
    c->result[1].data[0] = dot;
}

static struct op_cost cost(const struct graph *g, const struct node *n) {
    double rows = (double)shape_rows(node_arg_shape(g, n, X)), vocab = (double)node_arg_shape(g, n, W).dim[0];
    double in = (double)shape_columns(node_arg_shape(g, n, X));
    enum op_rate rate = rate_of_matrix(node_arg_shape(g, n, W), RATE_product, RATE_far);
    struct op_cost cost = cost_flops(g, n, rate, 4 * rows * vocab * in + 16 * rows * vocab);
    cost.bytes += vocab * in * (double)sizeof(float); // W is read twice
    return cost;
}

static int64_t scratch(const struct graph *g, const struct node *n, int threads) {
    struct shape x = node_arg_shape(g, n, X);
    return lrt_linear_scratch(shape_rows(x), shape_columns(x), 0, threads);
}

// ---- fuse: cross_entropy_tangent(logits, targets, sum, sum_dot, logits_dot) ----
enum { LOGITS, LOGITS_DOT = 4 };

// The linear_tangent that computes a loss's logits_dot from only x_dot and the weights w; NULL: none.
static const struct node *plain_tangent(const struct graph *g, const struct node *loss, value_id w) {
    const struct node *def = graph_node(g, graph_value(g, node_args(g, loss)[LOGITS_DOT].value)->def);
    if (def->kind != NODE_OP || def->op != &op_linear_tangent || def->loop.id != loss->loop.id) return NULL;
    const struct use *args = node_args(g, def);
    bool others = args[2].value.id || args[4].value.id;
    return args[1].value.id == w.id && !others ? def : NULL;
}

// The number of losses (one per direction) in the original graph that could compute these logits themselves.
static uint32_t count_losses(const struct fuse *f, value_id logits) {
    const struct graph *from = f->copy->from;
    uint32_t count = 0;
    for (size_t i = 1; i < from->n_nodes; i++) {
        const struct node *n = &from->nodes[i];
        if (n->kind != NODE_OP || n->op != &op_cross_entropy_tangent) continue;
        value_id old = node_args(from, n)[LOGITS].value, dot = node_args(from, n)[LOGITS_DOT].value;
        const struct node *linear = graph_node(from, graph_value(from, old)->def);
        if (f->copy->map[old.id].id != logits.id || linear->kind != NODE_OP || linear->n_args < 2) continue;
        count += uses_count(f->uses, dot) == 1 && plain_tangent(from, n, node_args(from, linear)[1].value);
    }
    return count;
}

bool fuse_linear_cross_entropy_tangent(struct fuse *f) {
    const struct node *loss = graph_node(f->graph, f->node);
    const struct use *of_loss = node_args(f->graph, loss);
    value_id logits = of_loss[LOGITS].value;
    const struct node *linear = fuse_plain_linear(f, logits, loss->loop, count_losses(f, logits));
    if (!linear || fuse_count_uses(f, of_loss[LOGITS_DOT].value) != 1) return false;
    const struct use *of_linear = node_args(f->graph, linear);
    const struct node *tangent = plain_tangent(f->graph, loss, of_linear[1].value);
    if (!tangent) return false;
    struct use args[] = {
        of_linear[0], of_loss[1], of_loss[2], of_loss[3], of_linear[1], of_linear[2], node_args(f->graph, tangent)[0]};
    const struct attr given[] = {*node_attr(f->graph, loss, "ignore"),
                                 {.name = "chunk", .number = (double)f->vocabulary_chunk}};
    const char *name = graph_value(f->graph, logits)->name;
    value_id results[OP_RESULTS_MAX];
    f->also.old = node_results(f->graph, loss)[1].value;
    struct op_call call = {.op = &op_linear_cross_entropy_tangent,
                           .args = args,
                           .n_args = 7,
                           .attrs = given,
                           .n_attrs = 2,
                           .name = f->name,
                           .at = loss->span};
    op_append(f->graph, &call, results);
    graph_value(f->graph, results[2])->name = name;
    f->result = results[0];
    f->also.by = results[1];
    return true;
}

static const struct op_sample samples[] = {
    {"all rows",
     {FLOATS_3(2, 3, 5), IDS_2(7, 2, 3), SUM, SUM, FLOATS_2(7, 5), ABSENT, FLOATS_3(2, 3, 5)},
     7,
     {{"chunk", 256, NULL}},
     1},
    {"ignored rows",
     {FLOATS_2(4, 5), IDS_1(7, 4), SUM, SUM, FLOATS_2(7, 5), FLOATS_1(7), FLOATS_2(4, 5)},
     7,
     {{"ignore", 3, NULL}, {"chunk", 256, NULL}},
     2},
    {"bias, chunks",
     {FLOATS_2(4, 5), IDS_1(600, 4), SUM, SUM, FLOATS_2(600, 5), FLOATS_1(600), FLOATS_2(4, 5)},
     7,
     {{"chunk", 256, NULL}},
     1},
};

const struct op op_linear_cross_entropy_tangent = {
    .name = "linear_cross_entropy_tangent",
    .min_args = 7,
    .max_args = 7,
    .n_results = 4,
    .attrs = attrs,
    .result_suffix = {NULL, "dot", NULL, "sums"},
    .weight_args = 1 << W | 1 << BIAS,
    .shape = shape,
    .reference = reference,
    .cost = cost,
    .scratch = scratch,
    .is_loss = true,
    .accumulates = {1 + SUM_SO_FAR, 1 + DOT_SO_FAR},
    .in_place = {1 << SUM_SO_FAR, 1 << DOT_SO_FAR},
    .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED, OP_TILE_ACCUMULATED, OP_TILE_ROWS, OP_TILE_ROWS},
    KERNEL(linear_cross_entropy_tangent, linear_cross_entropy, OUT(linear_cross_entropy, loss, 0),
           OUT(linear_cross_entropy, loss_dot, 1), WORK(linear_cross_entropy, logits, 2),
           WORK(linear_cross_entropy, sums, 3), IN(linear_cross_entropy, x, 0), IN(linear_cross_entropy, x_dot, 6),
           IN(linear_cross_entropy, w, W), IN(linear_cross_entropy, bias, BIAS), IN(linear_cross_entropy, targets, 1)),
    SAMPLES(samples),
};
