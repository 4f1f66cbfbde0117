// Op: the table of ops, and the only function that creates their nodes.
#include "compiler/op/op.h"

#include <math.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/op/shape_check.h"

const struct op *const op_table[] = {
#define OP(name) &op_##name,
#include "compiler/op/ops.def"
#undef OP
};
const size_t op_count = sizeof op_table / sizeof op_table[0];

const struct op *op_find(const char *name) {
    for (size_t i = 0; i < op_count; i++)
        if (strcmp(op_table[i]->name, name) == 0) return op_table[i];
    return NULL;
}

bool op_is_tiled(const struct graph *g, node_id id, bool result, uint32_t index) {
    const struct node *n = graph_node(g, id);
    loop_id tile = graph_tile_loop(g, n->loop);
    struct use u = result ? node_results(g, n)[index] : node_args(g, n)[index];
    if (!tile.id || !u.value.id) return false;
    if (u.access == ACCESS_ROWS) return true;
    const struct node *def = graph_node(g, graph_value(g, u.value)->def);
    return def->kind == NODE_OP && graph_loop_within(g, def->loop, tile) && op_result_tile(g, u.value) == OP_TILE_ROWS;
}

enum op_tile op_result_tile(const struct graph *g, value_id v) {
    const struct value *value = graph_value(g, v);
    const struct node *def = graph_node(g, value->def);
    return value->def.id && def->kind == NODE_OP ? def->op->tile_results[value->result] : OP_TILE_NONE;
}

// The op's attributes in its row's order: given, equal to another, or the default.
static size_t complete_attrs(const struct op_call *call, struct attr *out) {
    size_t n = 0;
    for (const struct op_attr *row = call->op->attrs; row && row->name; row++, n++) {
        INVARIANT(n < OP_ATTRS_MAX);
        out[n] = (struct attr){.name = row->name, .number = row->number};
        const struct attr *given = attr_find(call->attrs, call->n_attrs, row->name);
        if (!given && row->same_as) given = attr_find(out, n, row->same_as);
        if (given) out[n].number = given->number, out[n].table = given->table;
    }
    return n;
}

static void describe_operands(const struct graph *g, const struct op_call *call, struct shape_check *c) {
    loop_id loop = graph_open_loop(g);
    c->n_args = call->n_args;
    for (size_t i = 0; i < call->n_args; i++) {
        struct use u = call->args[i];
        if (!u.value.id) continue;
        const struct value *v = graph_value(g, u.value);
        c->arg[i] = (struct shape_operand){.present = true, .dtype = v->dtype, .name = v->name, .declared = v->span};
        c->arg[i].shape = graph_seen_shape(g, u, loop);
        c->arg[i].at = call->arg_spans ? call->arg_spans[i] : call->at;
        c->arg[i].is_weight = v->storage == STORAGE_WEIGHT || v->storage == STORAGE_PARAM;
        if (v->tensor.id && v->storage != STORAGE_INPUT) c->arg[i].declared = graph_tensor(g, v->tensor)->span;
    }
    for (int r = 0; r < OP_RESULTS_MAX; r++) c->dtype[r] = DTYPE_F32;
}

// A mapped weight may be of any file type: only kernels that take struct lrt_tensor can read it.
static bool weights_fit(struct shape_check *c) {
    for (size_t i = 0; i < c->n_args; i++) {
        if (c->arg[i].dtype != DTYPE_FILE || (c->op->weight_args >> i & 1)) continue;
        shape_mistake(c, DIAG_E0205, "argument %zu, %s, is a weight, wanted a computed value", i + 1, c->arg[i].name);
        return false;
    }
    return true;
}

// Limits the elements of a value. More could overflow 64-bit sums of sizes, since stacks multiply them by a block's
// instances.
static bool results_count(struct shape_check *c) {
    const int64_t limit = INT64_C(1) << 40;
    for (int r = 0; r < c->op->n_results; r++) {
        int64_t count = 1;
        for (int d = 0; d < c->result[r].rank; d++) {
            int64_t dim = c->result[r].dim[d];
            if (dim > limit / count) return shape_mistake(c, DIAG_E0112, "the result has too many elements to count");
            count *= dim > 0 ? dim : 1;
        }
    }
    return true;
}

bool op_append(struct graph *g, const struct op_call *call, value_id *results) {
    const struct op *op = call->op;
    INVARIANT(call->n_args <= OP_ARGS_MAX);
    struct attr attrs[OP_ATTRS_MAX];
    size_t n_attrs = complete_attrs(call, attrs);
    struct shape_check c = {.op = op, .at = call->at, .attrs = attrs, .diagnostics = call->diagnostics};
    describe_operands(g, call, &c);
    bool fits = weights_fit(&c) && op->shape(&c) && results_count(&c);
    INVARIANT(fits || call->diagnostics);
    if (!fits) return false;

    struct use args[OP_ARGS_MAX] = {0}, outputs[OP_RESULTS_MAX] = {0};
    for (size_t i = 0; i < call->n_args; i++) args[i] = call->args[i];
    for (int r = 0; r < op->n_results; r++) {
        struct value v = {.name = call->name, .shape = c.result[r], .dtype = c.dtype[r], .span = call->at};
        if (op->result_suffix[r]) v.name = arena_print(g->arena, "%s_%s", v.name, op->result_suffix[r]);
        if (op->accumulates[r]) {
            const struct value *before = graph_value(g, args[op->accumulates[r] - 1].value);
            if (before->storage == STORAGE_GRAD) v = *before;
        }
        outputs[r] = call->into ? call->into[r] : (struct use){graph_add_value(g, v), ACCESS_WHOLE};
        if (results) results[r] = outputs[r].value;
    }
    graph_add_node(g, op, args, (size_t)op->max_args, outputs, (size_t)op->n_results, attrs, n_attrs, call->at);
    return true;
}

value_id op_emit(struct graph *g, const struct op *op, const value_id *args, size_t n_args, const struct attr *attrs,
                 size_t n_attrs, const char *name, struct span at) {
    struct use uses[OP_ARGS_MAX] = {0};
    value_id results[OP_RESULTS_MAX] = {0};
    for (size_t i = 0; i < n_args; i++) uses[i].value = args[i];
    struct op_call call = {
        .op = op, .args = uses, .n_args = n_args, .attrs = attrs, .n_attrs = n_attrs, .name = name, .at = at};
    op_append(g, &call, results);
    return results[0];
}
