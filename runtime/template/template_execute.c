/* Statements run: what they print goes to the run's output, or into a value that is being built. Scopes are Jinja's:
 * loops, macros and blocks have one of their own, `if` has none. */
#include "runtime/template/template_run.h"
#include <string.h>

/* Opens a scope inside `outer`. It lies in the arena, because a macro that it defines may outlive the block. */
static int push_scope(struct lrt_template_run *run, struct template_scope *outer) {
    struct template_scope *s = lrt_template_memory(run, 1, sizeof *s);
    if (!s) return 0;
    *s = (struct template_scope){.outer = outer};
    run->scope = s;
    return 1;
}

void lrt_template_set(struct lrt_template_run *run, uint32_t symbol, struct template_value value) {
    struct template_scope *s = run->scope;
    for (size_t i = 0; i < s->count; i++)
        if (s->variables[i].symbol == symbol) {
            s->variables[i].value = value;
            return;
        }
    if (!lrt_template_make_room(&run->arena, &s->variables, s->count, &s->capacity, sizeof *s->variables)) {
        lrt_template_fail(run, "there is no memory left");
        return;
    }
    s->variables[s->count++] = (struct template_variable){symbol, value};
}

void lrt_template_assign(struct lrt_template_run *run, const struct template_node *target,
                         struct template_value value) {
    if (!target) return;
    if (target->kind == NODE_NAME) {
        lrt_template_set(run, target->symbol, value);
        return;
    }
    const struct template_value list = lrt_template_list(run, value);
    size_t wanted = 0, i = 0;
    for (const struct template_node *t = target->list; t; t = t->next) wanted++;
    if (wanted != list.count) {
        lrt_template_fail(run, "%zu values for %zu names", list.count, wanted);
        return;
    }
    for (const struct template_node *t = target->list; t; t = t->next) lrt_template_assign(run, t, list.u.items[i++]);
}

/* What the statements print, as a value. */
static struct template_value capture(struct lrt_template_run *run, const struct template_node *list) {
    struct template_buffer printed = {.run = run}, *out = run->out;
    run->out = &printed;
    run->captures++;
    lrt_template_execute(run, list);
    run->captures--;
    run->out = out;
    return template_taken(&printed);
}

static void run_if(struct lrt_template_run *run, const struct template_node *n) {
    for (const struct template_node *branch = n->list; branch && !run->status; branch = branch->next)
        if (!branch->a || lrt_template_truth(lrt_template_evaluate(run, branch->a))) {
            lrt_template_execute(run, branch->list);
            return;
        }
}

static void set_field(struct lrt_template_run *run, const struct template_node *n) {
    const struct template_value of = lrt_template_evaluate(run, n->a), value = lrt_template_evaluate(run, n->b);
    run->line = n->line;
    if (run->status) return;
    if (of.kind != TEMPLATE_NAMESPACE) {
        lrt_template_fail(run, "an attribute is set of a value of type %s; only namespaces have such",
                          lrt_template_type(of));
        return;
    }
    struct template_namespace *names = of.u.names;
    for (size_t i = 0; i < names->count; i++)
        if (lrt_template_equal(run, names->entries[i].key, n->value)) {
            names->entries[i].value = value;
            return;
        }
    if (!lrt_template_make_room(&run->arena, &names->entries, names->count, &names->capacity, sizeof *names->entries))
        lrt_template_fail(run, "there is no memory left");
    else
        names->entries[names->count++] = (struct template_entry){n->value, value};
}

static void set_block(struct lrt_template_run *run, const struct template_node *n) {
    struct template_scope *outer = run->scope;
    if (!push_scope(run, outer)) return;
    struct template_value printed = capture(run, n->list);
    run->scope = outer;
    lrt_template_assign(run, n->a, lrt_template_filter_block(run, n->b, printed));
}

static struct template_value macro_of(struct lrt_template_run *run, const struct template_node *n,
                                      struct template_value name) {
    struct template_macro *macro = lrt_template_memory(run, 1, sizeof *macro);
    if (!macro) return template_undefined();
    *macro = (struct template_macro){.node = n, .scope = run->scope, .name = name};
    return (struct template_value){.kind = TEMPLATE_MACRO, .u.macro = macro};
}

struct template_value lrt_template_call_macro(struct lrt_template_run *run, const struct template_macro *macro,
                                              const struct template_call *call, struct template_value caller) {
    const struct template_node *n = macro->node, *parameters = n->kind == NODE_MACRO ? n->a : n->b;
    struct template_scope *outer = run->scope;
    const int shown = macro->name.count > 80 ? 80 : (int)macro->name.count;
    if (!push_scope(run, macro->scope)) return template_undefined();
    size_t at = 0, taken = 0;
    for (const struct template_node *p = parameters; p && !run->status; p = p->next, at++) {
        struct template_value value = {.kind = TEMPLATE_ABSENT};
        if (at < call->n) value = call->positional[at];
        for (size_t k = 0; k < call->n_keywords; k++)
            if (lrt_template_equal(run, call->keywords[k].key, p->value)) {
                if (at < call->n)
                    lrt_template_fail(run, "%.*s is given '%.*s' twice", shown, macro->name.u.text, (int)p->value.count,
                                      p->value.u.text);
                value = call->keywords[k].value;
                taken++;
            }
        if (value.kind == TEMPLATE_ABSENT)
            value = p->b ? lrt_template_evaluate(run, p->b)
                         : (struct template_value){
                               .kind = TEMPLATE_UNDEFINED, .count = p->value.count, .u.text = p->value.u.text};
        lrt_template_set(run, p->symbol, value);
    }
    if (call->n > at || taken < call->n_keywords)
        lrt_template_fail(run, "%.*s is given more arguments than it has parameters", shown, macro->name.u.text);
    const uint32_t symbol = lrt_template_symbol_of(run, "caller");
    if (caller.kind != TEMPLATE_ABSENT && symbol != UINT32_MAX) lrt_template_set(run, symbol, caller);
    const struct template_value text = capture(run, n->list);
    run->scope = outer;
    return text;
}

static void call_block(struct lrt_template_run *run, const struct template_node *n) {
    const struct template_value caller = macro_of(run, n, template_text("caller", 6));
    const struct template_value callee = lrt_template_evaluate(run, n->a->a);
    struct template_call call = {.run = run};
    if (!lrt_template_arguments(run, n->a->list, &call)) return;
    run->line = n->line;
    if (callee.kind != TEMPLATE_MACRO)
        lrt_template_fail(run, "{%% call %%} of a value of type %s, which is no macro", lrt_template_type(callee));
    else
        lrt_template_append_value(run->out, lrt_template_call_macro(run, callee.u.macro, &call, caller));
}

static void run_generation(struct lrt_template_run *run, const struct template_node *n) {
    if (run->captures) {
        lrt_template_fail(run, "{%% generation %%} inside a macro or a set block: where its text ends up is not known");
        return;
    }
    const size_t begin = run->out->bytes;
    struct template_scope *outer = run->scope;
    if (!push_scope(run, outer)) return;
    lrt_template_execute(run, n->list);
    run->scope = outer;
    if (!lrt_template_make_room(&run->arena, &run->ranges, run->n_ranges, &run->ranges_capacity, sizeof *run->ranges))
        lrt_template_fail(run, "there is no memory left");
    else
        run->ranges[run->n_ranges++] = (struct lrt_template_range){begin, run->out->bytes};
}

static void run_with(struct lrt_template_run *run, const struct template_node *n) {
    struct template_scope *outer = run->scope;
    size_t i = 0, count = 0;
    for (const struct template_node *set = n->a; set; set = set->next) count++;
    struct template_value *values = lrt_template_memory(run, count, sizeof *values);
    if (!values) return;
    for (const struct template_node *set = n->a; set; set = set->next) values[i++] = lrt_template_evaluate(run, set->b);
    if (!push_scope(run, outer)) return;
    i = 0;
    for (const struct template_node *set = n->a; set; set = set->next) lrt_template_assign(run, set->a, values[i++]);
    lrt_template_execute(run, n->list);
    run->scope = outer;
}

static void filter_block(struct lrt_template_run *run, const struct template_node *n) {
    struct template_scope *outer = run->scope;
    if (!push_scope(run, outer)) return;
    const struct template_value printed = capture(run, n->list);
    run->scope = outer;
    lrt_template_append_value(run->out, lrt_template_filter_block(run, n->a, printed));
}

static void execute(struct lrt_template_run *run, const struct template_node *n) {
    switch ((enum template_node_kind)n->kind) {
    case NODE_TEXT: lrt_template_append(run->out, n->value.u.text, n->value.count); return;
    case NODE_PRINT: {
        const struct template_value value = lrt_template_evaluate(run, n->a);
        run->line = n->line;
        lrt_template_append_value(run->out, value);
        return;
    }
    case NODE_IF: run_if(run, n); return;
    case NODE_FOR: lrt_template_run_loop(run, n); return;
    case NODE_SET: lrt_template_assign(run, n->a, lrt_template_evaluate(run, n->b)); return;
    case NODE_SET_FIELD: set_field(run, n); return;
    case NODE_SET_BLOCK: set_block(run, n); return;
    case NODE_MACRO: lrt_template_set(run, n->symbol, macro_of(run, n, n->value)); return;
    case NODE_CALL_BLOCK: call_block(run, n); return;
    case NODE_FILTER_BLOCK: filter_block(run, n); return;
    case NODE_WITH: run_with(run, n); return;
    case NODE_GENERATION: run_generation(run, n); return;
    case NODE_BREAK: run->jump = JUMP_BREAK; return;
    case NODE_CONTINUE: run->jump = JUMP_CONTINUE; return;
    default: lrt_template_fail(run, "this is not a statement"); return;
    }
}

void lrt_template_execute(struct lrt_template_run *run, const struct template_node *list) {
    if (run->depth >= TEMPLATE_DEPTH_MAX) {
        lrt_template_fail(run, "nested deeper than %d: does a macro call itself without end?", TEMPLATE_DEPTH_MAX);
        return;
    }
    run->depth++;
    for (const struct template_node *n = list; n && run->jump == JUMP_NONE && lrt_template_step(run, 1); n = n->next) {
        run->line = n->line;
        execute(run, n);
    }
    run->depth--;
}
