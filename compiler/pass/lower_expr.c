// Lower expressions: numbers, names, operators and calls of ops become values of the graph.
#include <float.h>
#include <math.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/near.h"
#include "compiler/op/expand.h"
#include "compiler/pass/lower_scope.h"

static const char *index_name(const struct lowering *l) { return l->repeated ? l->repeated->index : NULL; }

static struct lowered lower_number(struct lowering *l, const struct expr *e) {
    struct lowered result = {.is_number = true};
    const char *index = index_name(l);
    if (!index || !model_uses_index(e, index)) {
        result.ok = model_number(l->model, e, NULL, 0, &result.number, l->diagnostics);
        return result;
    }
    const struct domain *d = graph_domain(l->graph, l->domain);
    double *table = ARENA_ARRAY(l->arena, double, d->count);
    for (int64_t t = 0; t < d->count; t++)
        if (!model_number(l->model, e, index, l->repeated->from + t / d->each, &table[t], l->diagnostics))
            return result;
    result.ok = true;
    result.number = table[l->from * d->each];
    result.table = table;
    return result;
}

static int find_weight(const struct lowering *l, const char *name) {
    int w = l->block >= 0 ? model_find_weight(l->model, name, l->block) : -1;
    return w >= 0 ? w : model_find_weight(l->model, name, -1);
}

static const struct binding *find_binding(const struct lowering *l, const char *name) {
    for (size_t i = l->n_bindings; i > l->first_binding; i--)
        if (strcmp(l->bindings[i - 1].name, name) == 0) return &l->bindings[i - 1];
    for (size_t i = l->n_top < l->first_binding ? l->n_top : l->first_binding; i > 0; i--)
        if (strcmp(l->bindings[i - 1].name, name) == 0) return &l->bindings[i - 1];
    return NULL;
}

static struct lowered lower_name(struct lowering *l, const struct expr *e) {
    struct lowered result = {.ok = true};
    const struct binding *b = find_binding(l, e->name);
    int weight = b ? -1 : find_weight(l, e->name);
    if (b)
        result.value = b->value;
    else if (weight >= 0)
        result.value = lower_weight(l, (uint32_t)weight);
    else {
        diag_report(l->diagnostics, DIAG_E0207, e->span, "no value is named '%s' here", e->name);
        result.ok = false;
    }
    return result;
}

// Kernels take attributes as floats: one that would become infinite, or 0, computes something else.
static bool floats_hold(struct lowering *l, const struct op_attr *row, const struct expr *e, struct lowered n) {
    const int64_t count = n.table ? graph_domain(l->graph, l->domain)->count : 1;
    for (int64_t i = 0; i < count; i++) {
        const double x = n.table ? n.table[i] : n.number;
        if (fabs(x) <= (double)FLT_MAX && (x == 0 || (float)x != 0)) continue;
        diag_report(l->diagnostics, DIAG_E0206, e->span, "%s is %g, which no float holds", row->name, x);
        diag_hint(l->diagnostics, "numbers of a model lie between 1.4e-45 and 3.4e38, or are 0");
        return false;
    }
    return true;
}

// A keyword stands where a number is expected: `mask: causal`.
static bool lower_attr(struct lowering *l, const struct op_attr *row, const struct expr *e, struct attr *out) {
    out->name = row->name;
    if (row->keywords && e->kind == EXPR_NAME)
        for (const struct op_keyword *k = row->keywords; k->name; k++)
            if (strcmp(k->name, e->name) == 0) {
                out->number = k->number;
                return true;
            }
    if (row->keywords && e->kind == EXPR_NAME) {
        diag_report(l->diagnostics, DIAG_E0206, e->span, "%s cannot be '%s'", row->name, e->name);
        const char *known = "";
        for (const struct op_keyword *k = row->keywords; k->name; k++)
            known = arena_print(l->arena, "%s%s'%s'", known, *known ? ", " : "", k->name);
        diag_hint(l->diagnostics, "it can be %s", known);
        return false;
    }
    struct lowered n = lower_number(l, e);
    const bool shaping = row->kind == ATTR_SHAPING || row->kind == ATTR_SHAPING_REQUIRED;
    if (shaping && n.table) {
        diag_report(l->diagnostics, DIAG_E0206, e->span, "%s cannot depend on the index '%s'", row->name,
                    index_name(l));
        diag_hint(l->diagnostics, "layers of a block have the same shapes; declare a block for each kind of layer");
        return false;
    }
    if (shaping && n.ok && fabs(n.number) > INT32_MAX) {
        diag_report(l->diagnostics, DIAG_E0206, e->span, "%s is too large", row->name);
        return false;
    }
    out->number = n.number;
    out->table = n.table;
    return n.ok && floats_hold(l, row, e, n);
}

static const struct op_attr *find_attr(const struct op *op, const char *name) {
    for (const struct op_attr *row = op->attrs; row && row->name; row++)
        if (row->kind != ATTR_INTERNAL && strcmp(row->name, name) == 0) return row;
    return NULL;
}

static bool lower_attrs(struct lowering *l, const struct op *op, const struct expr *e, struct attr *attrs, size_t *n) {
    bool ok = true;
    *n = 0;
    for (size_t i = 0; i < e->n_named; i++) {
        const struct expr_named *named = &e->named[i];
        const struct op_attr *row = find_attr(op, named->name);
        if (!row) {
            diag_report(l->diagnostics, DIAG_E0204, named->span, "%s has no attribute '%s'", op->name, named->name);
            const char *known = "";
            for (row = op->attrs; row && row->name; row++)
                if (row->kind != ATTR_INTERNAL)
                    known = arena_print(l->arena, "%s%s'%s'", known, *known ? ", " : "", row->name);
            if (*known) diag_hint(l->diagnostics, "it has %s", known);
            ok = false;
        } else if (*n < OP_ATTRS_MAX) {
            attrs[*n] = (struct attr){0};
            ok &= lower_attr(l, row, named->value, &attrs[(*n)++]);
        }
    }
    for (const struct op_attr *row = op->attrs; row && row->name; row++) {
        bool given = row->kind != ATTR_REQUIRED && row->kind != ATTR_SHAPING_REQUIRED;
        for (size_t i = 0; i < e->n_named; i++) given |= strcmp(e->named[i].name, row->name) == 0;
        if (given) continue;
        diag_report(l->diagnostics, DIAG_E0204, e->span, "%s needs the attribute '%s'", op->name, row->name);
        const char *ways = "";
        for (const struct op_keyword *k = row->keywords; k && k->name; k++)
            ways = arena_print(l->arena, "%s%s%s: %s", ways, *ways ? " or " : "", row->name, k->name);
        if (*ways) diag_hint(l->diagnostics, "write %s", ways);
        ok = false;
    }
    return ok;
}

// Emits the call's nodes. A frozen weight whose adapter rewrites linear may only be the matrix of a linear call.
static struct lowered append_call(struct lowering *l, struct expand *x) {
    const struct adapted *rewriting = NULL;
    struct lowered result = {0};
    for (size_t i = 0; i < x->n_args; i++) {
        const struct value *v = graph_value(l->graph, x->args[i]);
        if (v->storage != STORAGE_WEIGHT) continue;
        const struct adapted *a = lower_adapted(l, graph_tensor(l->graph, v->tensor)->weight);
        if (a && x->op == &op_linear && i == 1) {
            rewriting = a;
        } else if (a) {
            diag_report(l->diagnostics, DIAG_E0301, x->arg_spans[i],
                        "%s reads '%s', whose adapter only linear can apply", x->op->name, v->name);
            return result;
        }
    }
    result.ok = rewriting       ? rewriting->adapter->rewrite(rewriting, x)
                : x->op->expand ? x->op->expand(x)
                                : expand_append(x, x->op, x->args, x->n_args);
    result.value = x->result;
    return result;
}

// Values without a name in the source are named after their op and input: `linear(h, wq)` is linear_wq, `silu(u)` silu.
static const char *anonymous_name(const struct lowering *l, const struct op *op, const struct expr *e) {
    for (size_t i = 0; i < e->n_args; i++) {
        const struct expr *arg = e->args[i];
        if (arg->kind == EXPR_NAME && !find_binding(l, arg->name) && find_weight(l, arg->name) >= 0)
            return arena_print(l->arena, "%s_%s", op->name, arg->name);
    }
    return op->name;
}

static struct lowered lower_op_call(struct lowering *l, const struct op *op, const struct expr *e, const char *name) {
    struct expand x = {.graph = l->graph, .op = op, .at = e->span_name, .diagnostics = l->diagnostics};
    x.name = name ? name : anonymous_name(l, op, e);
    int most = op->language_args ? op->language_args : op->max_args;
    if ((int)e->n_args < op->min_args || (int)e->n_args > most) {
        const char *range = most > op->min_args ? arena_print(l->arena, " to %d", most) : "";
        diag_report(l->diagnostics, DIAG_E0202, e->span, "%s takes %d%s arguments, not %zu", op->name, op->min_args,
                    range, e->n_args);
        return (struct lowered){0};
    }
    bool ok = lower_attrs(l, op, e, x.attrs, &x.n_attrs);
    for (size_t i = 0; i < e->n_args; i++) {
        struct lowered arg = lower_expr(l, e->args[i], NULL);
        ok &= arg.ok;
        x.arg_spans[i] = e->args[i]->span;
        x.args[x.n_args++] = arg.value;
        if (!arg.ok || !arg.is_number) continue;
        diag_report(l->diagnostics, DIAG_E0212, e->args[i]->span, "%s: argument %zu is a number, wanted a tensor",
                    op->name, i + 1);
        ok = false;
    }
    if (!ok) return (struct lowered){0};
    const struct value *target = x.n_args > 1 ? graph_value(l->graph, x.args[1]) : NULL;
    if (op->is_loss && target->storage == STORAGE_INPUT) {
        const struct model_input *input = &l->model->inputs[target->tensor.id - 1];
        double ignore = input->has_ignore ? (double)input->ignore : (double)INT64_MIN;
        x.attrs[x.n_attrs++] = (struct attr){.name = "ignore", .number = ignore};
    }
    return append_call(l, &x);
}

struct lowered lower_call(struct lowering *l, const struct expr *e, const char *name) {
    int block = model_find_block(l->model, e->name);
    if (block >= 0) return lower_block_call(l, e, block, name);
    const struct op *op = op_find(e->name);
    if (op && op->in_language) return lower_op_call(l, op, e, name);
    diag_report(l->diagnostics, DIAG_E0201, e->span_name, "there is no op or block '%s'", e->name);
    struct near near = near_begin(e->name);
    for (size_t i = 0; i < op_count; i++)
        if (op_table[i]->in_language) near_try(&near, op_table[i]->name);
    for (size_t i = 0; i < l->model->n_blocks; i++) near_try(&near, l->model->blocks[i].name);
    if (near.best)
        diag_hint(l->diagnostics, "did you mean '%s'?", near.best);
    else
        diag_hint(l->diagnostics, "lorac --print-ops lists the ops");
    return (struct lowered){0};
}

// A tensor combined with a number: factor * x + offset.
static struct lowered lower_scaled(struct lowering *l, const struct expr *e, struct lowered x, struct lowered number,
                                   const char *attribute, const char *name) {
    struct expand s = {.graph = l->graph, .op = &op_scale, .args = {x.value}, .n_args = 1, .at = e->span};
    s.arg_spans[0] = e->args[0]->span;
    s.name = name ? name : "scale";
    s.diagnostics = l->diagnostics;
    s.attrs[s.n_attrs++] = (struct attr){attribute, number.number, number.table};
    return append_call(l, &s);
}

// Applies f to the number, in every iteration.
static struct lowered change_number(struct lowering *l, struct lowered n, double (*f)(double)) {
    n.number = f(n.number);
    if (!n.table) return n;
    const struct domain *d = graph_domain(l->graph, l->domain);
    double *table = ARENA_ARRAY(l->arena, double, d->count);
    for (int64_t t = 0; t < d->count; t++) table[t] = f(n.table[t]);
    n.table = table;
    return n;
}

static double negative(double x) { return -x; }
static double inverse(double x) { return 1 / x; }

static struct lowered lower_binary(struct lowering *l, const struct expr *e, const char *name) {
    struct lowered a = lower_expr(l, e->args[0], NULL), b = lower_expr(l, e->args[1], NULL);
    if (!a.ok || !b.ok) return (struct lowered){0};
    struct lowered minus = {.ok = true, .is_number = true, .number = -1};
    enum expr_operator o = e->operation;
    if (b.is_number && o == OPERATOR_MUL) return lower_scaled(l, e, a, b, "factor", name);
    if (b.is_number && o == OPERATOR_DIV) return lower_scaled(l, e, a, change_number(l, b, inverse), "factor", name);
    if (b.is_number && o == OPERATOR_ADD) return lower_scaled(l, e, a, b, "offset", name);
    if (b.is_number && o == OPERATOR_SUB) return lower_scaled(l, e, a, change_number(l, b, negative), "offset", name);
    if (a.is_number && o == OPERATOR_MUL) return lower_scaled(l, e, b, a, "factor", name);
    if (a.is_number && o == OPERATOR_ADD) return lower_scaled(l, e, b, a, "offset", name);
    if (a.is_number && o == OPERATOR_SUB) {
        struct lowered negated = lower_scaled(l, e, b, minus, "factor", NULL);
        return negated.ok ? lower_scaled(l, e, negated, a, "offset", name) : negated;
    }
    const struct op *op = o == OPERATOR_ADD   ? &op_add
                          : o == OPERATOR_SUB ? &op_sub
                          : o == OPERATOR_MUL ? &op_mul
                                              : NULL;
    if (!op || a.is_number || b.is_number) {
        diag_report(l->diagnostics, DIAG_E0201, e->span, "tensors have the operators + - *, and / by a number");
        return (struct lowered){0};
    }
    struct expand x = {.graph = l->graph, .op = op, .args = {a.value, b.value}, .n_args = 2, .at = e->span};
    x.arg_spans[0] = e->args[0]->span;
    x.arg_spans[1] = e->args[1]->span;
    x.name = name ? name : op->name;
    x.diagnostics = l->diagnostics;
    return append_call(l, &x);
}

struct lowered lower_expr(struct lowering *l, const struct expr *e, const char *name) {
    bool bound = e->kind == EXPR_NAME && find_binding(l, e->name);
    if (!bound && model_is_number(l->model, e, index_name(l))) return lower_number(l, e);
    if (e->kind == EXPR_NAME) return lower_name(l, e);
    if (e->kind == EXPR_CALL) return lower_call(l, e, name);
    if (e->kind == EXPR_BINARY) return lower_binary(l, e, name);
    if (e->kind == EXPR_UNARY && e->operation == OPERATOR_SUB) {
        struct lowered x = lower_expr(l, e->args[0], NULL), minus = {.ok = true, .is_number = true, .number = -1};
        return x.ok ? lower_scaled(l, e, x, minus, "factor", name) : x;
    }
    diag_report(l->diagnostics, DIAG_E0212, e->span, "this expression is not a tensor");
    return (struct lowered){0};
}
