/* Expressions become values. */
#include "runtime/template/template_run.h"
#include <string.h>

static struct template_value evaluate_name(struct lrt_template_run *run, const struct template_node *n) {
    for (const struct template_scope *s = run->scope; s; s = s->outer)
        for (size_t i = s->count; i > 0; i--)
            if (s->variables[i - 1].symbol == n->symbol) return s->variables[i - 1].value;
    const struct template_builtin *row = lrt_template_function(n->value.u.text, n->value.count);
    if (row) {
        struct template_bound *bound = lrt_template_memory(run, 1, sizeof *bound);
        if (!bound) return template_undefined();
        *bound = (struct template_bound){.row = row};
        return (struct template_value){.kind = TEMPLATE_BUILTIN, .u.bound = bound};
    }
    return (struct template_value){.kind = TEMPLATE_UNDEFINED, .count = n->value.count, .u.text = n->value.u.text};
}

static struct template_value evaluate_list(struct lrt_template_run *run, const struct template_node *n) {
    size_t count = 0, i = 0;
    for (const struct template_node *e = n->list; e; e = e->next) count++;
    struct template_value *items = lrt_template_memory(run, count, sizeof *items);
    if (!items) return template_undefined();
    for (const struct template_node *e = n->list; e; e = e->next) items[i++] = lrt_template_evaluate(run, e);
    return (struct template_value){
        .kind = n->kind == NODE_TUPLE ? TEMPLATE_TUPLE : TEMPLATE_LIST, .count = count, .u.items = items};
}

/* A repeated key keeps its place and gets the new value. */
static struct template_value evaluate_mapping(struct lrt_template_run *run, const struct template_node *n) {
    size_t count = 0;
    for (const struct template_node *e = n->list; e; e = e->next) count++;
    struct template_entry *entries = lrt_template_memory(run, count, sizeof *entries);
    struct template_value mapping = {.kind = TEMPLATE_MAPPING, .u.entries = entries};
    if (!entries) return template_undefined();
    for (const struct template_node *e = n->list; e && lrt_template_step(run, mapping.count / 8); e = e->next) {
        const struct template_value key = lrt_template_evaluate(run, e->a), value = lrt_template_evaluate(run, e->b);
        if (key.kind != TEMPLATE_TEXT && !template_is_number(key) && key.kind != TEMPLATE_NONE)
            return lrt_template_fail(run, "a value of type %s cannot be a key", lrt_template_type(key));
        const struct template_value *old = lrt_template_find(&mapping, key);
        if (old)
            entries[(const struct template_entry *)(const void *)((const char *)old -
                                                                  offsetof(struct template_entry, value)) -
                    entries]
                .value = value;
        else
            entries[mapping.count++] = (struct template_entry){key, value};
    }
    return mapping;
}

static struct template_value evaluate_concat(struct lrt_template_run *run, const struct template_node *n) {
    struct template_buffer b = {.run = run};
    for (const struct template_node *e = n->list; e; e = e->next)
        lrt_template_append_value(&b, lrt_template_evaluate(run, e));
    return template_taken(&b);
}

static int compare(struct lrt_template_run *run, int how, struct template_value a, struct template_value b) {
    static const char *const signs[] = {[IS_LESS] = "<", [IS_AT_MOST] = "<=", [IS_GREATER] = ">", [IS_AT_LEAST] = ">="};
    switch ((enum template_comparison)how) {
    case IS_EQUAL: return lrt_template_equal(run, a, b);
    case IS_UNEQUAL: return !lrt_template_equal(run, a, b);
    case IS_IN: return lrt_template_contains(run, a, b);
    case IS_NOT_IN: return !lrt_template_contains(run, a, b);
    case IS_LESS: return lrt_template_order(run, a, b, signs[how]) < 0;
    case IS_AT_MOST: return lrt_template_order(run, a, b, signs[how]) <= 0;
    case IS_GREATER: return lrt_template_order(run, a, b, signs[how]) > 0;
    case IS_AT_LEAST: return lrt_template_order(run, a, b, signs[how]) >= 0;
    }
    return 0;
}

static struct template_value evaluate_compare(struct lrt_template_run *run, const struct template_node *n) {
    struct template_value left = lrt_template_evaluate(run, n->a);
    for (const struct template_node *e = n->list; e; e = e->next) {
        const struct template_value right = lrt_template_evaluate(run, e->a);
        if (!compare(run, e->op, left, right)) return template_boolean(0);
        left = right;
    }
    return template_boolean(1);
}

static struct template_value evaluate_logic(struct lrt_template_run *run, const struct template_node *n) {
    const struct template_value left = lrt_template_evaluate(run, n->a);
    if (lrt_template_truth(left) == (n->kind == NODE_OR)) return left;
    return lrt_template_evaluate(run, n->b);
}

static struct template_value evaluate_sign(struct lrt_template_run *run, const struct template_node *n) {
    const struct template_value v = lrt_template_evaluate(run, n->a);
    if (v.kind == TEMPLATE_REAL) return template_real(n->kind == NODE_NEGATE ? -v.u.real : v.u.real);
    return lrt_template_operate(run, n->kind == NODE_NEGATE ? OP_SUBTRACT : OP_ADD, template_integer(0), v);
}

static struct template_value evaluate_index(struct lrt_template_run *run, const struct template_node *n) {
    const struct template_value of = lrt_template_evaluate(run, n->a);
    if (n->b && n->b->kind == NODE_SLICE) {
        const struct template_node *const parts[] = {n->b->a, n->b->b, n->b->c};
        struct template_value bounds[3] = {{0}, {0}, {0}};
        for (int i = 0; i < 3; i++)
            if (parts[i]) bounds[i] = lrt_template_evaluate(run, parts[i]);
        return lrt_template_slice(run, of, bounds);
    }
    return lrt_template_subscript(run, of, lrt_template_evaluate(run, n->b));
}

int lrt_template_arguments(struct lrt_template_run *run, const struct template_node *list, struct template_call *call) {
    size_t n = 0, keywords = 0;
    for (const struct template_node *e = list; e; e = e->next) {
        if (e->kind == NODE_SPREAD) lrt_template_fail(run, "arguments with * or ** are not supported");
        n += e->kind != NODE_KEYWORD;
        keywords += e->kind == NODE_KEYWORD;
    }
    struct template_value *values = lrt_template_memory(run, n, sizeof *values);
    struct template_entry *named = lrt_template_memory(run, keywords, sizeof *named);
    if (!values || !named) return 0;
    call->positional = values;
    call->keywords = named;
    for (const struct template_node *e = list; e && !run->status; e = e->next) {
        if (e->kind == NODE_KEYWORD)
            named[call->n_keywords++] = (struct template_entry){e->value, lrt_template_evaluate(run, e->a)};
        else if (call->n_keywords)
            lrt_template_fail(run, "a positional argument stands behind a keyword");
        else
            values[call->n++] = lrt_template_evaluate(run, e);
    }
    return run->status == LRT_OK;
}

/* A callee's name for messages. */
static struct template_value name_of(const struct template_node *n) {
    return n->kind == NODE_NAME || n->kind == NODE_ATTRIBUTE ? n->value : template_text("this value", 10);
}

static struct template_value evaluate_call(struct lrt_template_run *run, const struct template_node *n) {
    const struct template_value callee = lrt_template_evaluate(run, n->a);
    struct template_call call = {.run = run};
    if (!lrt_template_arguments(run, n->list, &call)) return template_undefined();
    run->line = n->line;
    if (callee.kind == TEMPLATE_MACRO)
        return lrt_template_call_macro(run, callee.u.macro, &call, (struct template_value){.kind = TEMPLATE_ABSENT});
    if (callee.kind == TEMPLATE_BUILTIN) {
        call.self = callee.u.bound->self;
        return lrt_template_call_builtin(callee.u.bound->row, &call);
    }
    const struct template_value name = name_of(n->a);
    const int shown = name.count > 80 ? 80 : (int)name.count;
    if (callee.kind == TEMPLATE_UNDEFINED)
        return lrt_template_fail(run, "there is no function or method '%.*s' here", shown, name.u.text);
    return lrt_template_fail(run, "'%.*s' is of type %s and cannot be called", shown, name.u.text,
                             lrt_template_type(callee));
}

static struct template_value evaluate_filter(struct lrt_template_run *run, const struct template_node *n,
                                             struct template_value self) {
    const struct template_builtin *row = lrt_template_filter(n->value.u.text, n->value.count);
    struct template_call call = {.run = run, .self = self};
    run->line = n->line;
    if (!row)
        return lrt_template_fail(run, "there is no filter '%.*s'", n->value.count > 80 ? 80 : (int)n->value.count,
                                 n->value.u.text);
    if (!lrt_template_arguments(run, n->list, &call)) return template_undefined();
    run->line = n->line;
    return lrt_template_call_builtin(row, &call);
}

static struct template_value evaluate_test(struct lrt_template_run *run, const struct template_node *n,
                                           struct template_value self) {
    const struct template_builtin *row = lrt_template_test(n->value.u.text, n->value.count);
    struct template_call call = {.run = run, .self = self};
    run->line = n->line;
    if (!row)
        return lrt_template_fail(run, "there is no test '%.*s'", n->value.count > 80 ? 80 : (int)n->value.count,
                                 n->value.u.text);
    if (!lrt_template_arguments(run, n->list, &call)) return template_undefined();
    run->line = n->line;
    return template_boolean(lrt_template_truth(lrt_template_call_builtin(row, &call)) != n->op);
}

struct template_value lrt_template_filter_block(struct lrt_template_run *run, const struct template_node *n,
                                                struct template_value printed) {
    if (n->kind == NODE_TEXT || !lrt_template_step(run, 1)) return printed;
    if (n->kind != NODE_FILTER && n->kind != NODE_TEST) return lrt_template_fail(run, "a block takes filters only");
    const struct template_value self = lrt_template_filter_block(run, n->a, printed);
    return n->kind == NODE_FILTER ? evaluate_filter(run, n, self) : evaluate_test(run, n, self);
}

static struct template_value evaluate(struct lrt_template_run *run, const struct template_node *n) {
    switch ((enum template_node_kind)n->kind) {
    case NODE_LITERAL: return n->value;
    case NODE_NAME: return evaluate_name(run, n);
    case NODE_LIST:
    case NODE_TUPLE: return evaluate_list(run, n);
    case NODE_MAPPING: return evaluate_mapping(run, n);
    case NODE_NEGATE:
    case NODE_PLUS: return evaluate_sign(run, n);
    case NODE_NOT: return template_boolean(!lrt_template_truth(lrt_template_evaluate(run, n->a)));
    case NODE_AND:
    case NODE_OR: return evaluate_logic(run, n);
    case NODE_CONCAT: return evaluate_concat(run, n);
    case NODE_COMPARE: return evaluate_compare(run, n);
    case NODE_CONDITIONAL:
        if (lrt_template_truth(lrt_template_evaluate(run, n->b))) return lrt_template_evaluate(run, n->a);
        return n->c ? lrt_template_evaluate(run, n->c) : template_undefined();
    case NODE_ATTRIBUTE: return lrt_template_attribute(run, lrt_template_evaluate(run, n->a), n->value);
    case NODE_INDEX: return evaluate_index(run, n);
    case NODE_CALL: return evaluate_call(run, n);
    case NODE_FILTER: return evaluate_filter(run, n, lrt_template_evaluate(run, n->a));
    case NODE_TEST: return evaluate_test(run, n, lrt_template_evaluate(run, n->a));
    case NODE_BINARY: {
        const struct template_value a = lrt_template_evaluate(run, n->a), b = lrt_template_evaluate(run, n->b);
        run->line = n->line;
        return lrt_template_operate(run, n->op, a, b);
    }
    default: return lrt_template_fail(run, "this is not an expression");
    }
}

struct template_value lrt_template_evaluate(struct lrt_template_run *run, const struct template_node *n) {
    if (!n || !lrt_template_step(run, 1)) return template_undefined();
    run->line = n->line;
    if (run->depth >= TEMPLATE_DEPTH_MAX)
        return lrt_template_fail(run, "nested deeper than %d: does a macro call itself without end?",
                                 TEMPLATE_DEPTH_MAX);
    run->depth++;
    const struct template_value value = evaluate(run, n);
    run->depth--;
    return run->status ? template_undefined() : value;
}
