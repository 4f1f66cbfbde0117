// Op common: costs and shape rules that many rows share; attribute access for references.
#include "compiler/op/op_common.h"

#include <string.h>

#include <lorac/lrt_scratch.h>

#include "compiler/base/check.h"

struct shape node_arg_shape(const struct graph *g, const struct node *n, uint32_t arg) {
    struct use u = node_args(g, n)[arg];
    return u.value.id ? graph_seen_shape(g, u, n->loop) : (struct shape){1, {0}};
}

struct shape node_result_shape(const struct graph *g, const struct node *n, uint32_t result) {
    return graph_seen_shape(g, node_results(g, n)[result], n->loop);
}

// The rows of the first operand that is accessed by rows.
static double rows_at_a_time(const struct graph *g, const struct node *n) {
    for (uint32_t a = 0; a < n->n_args; a++)
        if (n->op->tile_args[a] == OP_TILE_ROWS && node_args(g, n)[a].value.id)
            return (double)shape_rows(node_arg_shape(g, n, a));
    return 1;
}

struct op_cost cost_flops(const struct graph *g, const struct node *n, enum op_rate rate, double flops) {
    struct op_cost cost = {.flops = flops, .rate = rate, .rows = rows_at_a_time(g, n)};
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(g, n)[a].value;
        if (v.id) cost.bytes += (double)(shape_count(node_arg_shape(g, n, a)) * dtype_bytes(graph_value(g, v)->dtype));
    }
    for (uint32_t r = 0; r < n->n_results; r++) {
        int64_t each = dtype_bytes(graph_value(g, node_results(g, n)[r].value)->dtype);
        cost.bytes += (double)(shape_count(node_result_shape(g, n, r)) * each);
    }
    return cost;
}

enum { NARROW = 64 };    // adapter ranks are at most this, sides of weight matrices larger
enum { NEAR = 8 << 20 }; // elements of the largest matrix that stays in the caches between calls

enum op_rate rate_of_matrix(struct shape s, enum op_rate near, enum op_rate far) {
    return shape_count(s) > NEAR ? far : near;
}

struct op_cost cost_product(const struct graph *g, const struct node *n, uint32_t matrix, enum op_rate wide,
                            enum op_rate far, enum op_rate narrow, double flops) {
    struct shape s = node_arg_shape(g, n, matrix);
    wide = rate_of_matrix(s, wide, far);
    return cost_flops(g, n, s.dim[0] <= NARROW || s.dim[1] <= NARROW ? narrow : wide, flops);
}

int64_t scratch_row_sums(const struct graph *g, const struct node *n, int threads) {
    (void)g, (void)n, (void)threads;
    return lrt_row_sums_scratch();
}

enum { NOT_F32 = 1 }; // any of enum lrt_type but LRT_F32

int64_t scratch_vector(const struct graph *g, const struct node *n, int threads) {
    (void)threads;
    for (uint32_t a = 0; a < n->n_args; a++)
        if (graph_value(g, node_args(g, n)[a].value)->dtype == DTYPE_FILE) // the file's type is known only at run time
            return lrt_vector_scratch(NOT_F32, shape_columns(node_arg_shape(g, n, 0)));
    return 0;
}

struct op_cost cost_elementwise(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, n->op->flops_each * (double)shape_count(node_result_shape(g, n, 0)));
}

bool shape_elementwise(struct shape_check *c) {
    for (size_t i = 0; i < c->n_args; i++) {
        if (!c->arg[i].present) continue;
        if (!shape_want_floats(c, i) || (i && !shape_want_equal(c, 0, i))) return false;
    }
    for (int r = 0; r < c->op->n_results; r++) c->result[r] = c->arg[0].shape;
    return true;
}

const struct op_sample pointwise_samples[1] = {{"three dims", {FLOATS_3(2, 3, 7)}, 1, {{0}}, 0}};
const struct op_sample pointwise_dx_samples[1] = {{"two dims", {FLOATS_2(3, 7), FLOATS_2(3, 7)}, 2, {{0}}, 0}};

void vjp_pointwise(struct vjp *v, const struct op *dx) {
    value_id args[] = {v->cotangent[0], v->arg[0]};
    if (v->wants[0]) vjp_add(v, 0, vjp_emit(v, 0, dx, args, 2, NULL, 0));
}

void reference_pointwise(const struct reference_call *c, double (*f)(double)) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) c->result[0].data[i] = f(c->arg[0].data[i]);
}

void reference_pointwise_dx(const struct reference_call *c, double (*derivative)(double)) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = c->arg[0].data[i] * derivative(c->arg[1].data[i]);
}

const struct op_sample binary_samples[1] = {{"three dims", {FLOATS_3(2, 3, 7), FLOATS_3(2, 3, 7)}, 2, {{0}}, 0}};

void reference_binary(const struct reference_call *c, double (*f)(double, double)) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++)
        c->result[0].data[i] = f(c->arg[0].data[i], c->arg[1].data[i]);
}

double reference_attr(const struct reference_call *c, const char *name) {
    const struct attr *a = attr_find(c->attrs, c->n_attrs, name);
    INVARIANT(a); // the node has it
    return a->table ? a->table[c->iteration] : a->number;
}

const struct node *fuse_argument(const struct fuse *f, uint32_t a, const struct op *op) {
    const struct node *n = graph_node(f->graph, f->node);
    value_id v = node_args(f->graph, n)[a].value;
    const struct node *def = graph_node(f->graph, graph_value(f->graph, v)->def);
    return v.id && def->kind == NODE_OP && def->op == op && def->loop.id == n->loop.id ? def : NULL;
}

uint32_t fuse_count_uses(const struct fuse *f, value_id v) {
    uint32_t count = 0;
    for (size_t old = 1; old < f->copy->from->n_values; old++)
        if (f->copy->map[old].id == v.id) count += uses_count(f->uses, (value_id){(uint32_t)old});
    return count;
}

bool expand_append(struct expand *e, const struct op *op, const value_id *args, size_t n_args) {
    struct use uses[OP_ARGS_MAX] = {0};
    value_id results[OP_RESULTS_MAX] = {0};
    for (size_t i = 0; i < n_args; i++) uses[i].value = args[i];
    struct op_call call = {.op = op,
                           .args = uses,
                           .n_args = n_args,
                           .attrs = e->attrs,
                           .n_attrs = e->n_attrs,
                           .name = e->name,
                           .at = e->at,
                           .arg_spans = e->arg_spans,
                           .diagnostics = e->diagnostics};
    if (!op_append(e->graph, &call, results)) return false;
    e->result = results[0];
    return true;
}
