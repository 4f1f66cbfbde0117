// Graph to C: every straight sequence of top-level nodes and every loop body becomes a static function, with one call
// for each node. The top level becomes a table of slices that the runtime runs.
#include <string.h>

#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/base/text.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"

struct node_range { // the nodes [first, end) of one function
    uint32_t first, end;
    loop_id home; // none: the top level
};

// ---- names ----
static bool begins_update(const struct emitter *e, const struct node_range *s) {
    return !s->home.id && s->first == e->graph->update_first.id && s->end > s->first;
}

static const char *function_name(const struct emitter *e, const struct node_range *s) {
    if (begins_update(e, s)) return arena_print(e->arena, "%s_update_%u", e->lower, s->first);
    if (!s->home.id) return arena_print(e->arena, "%s_straight_%u", e->lower, s->first);
    const struct loop *loop = graph_loop(e->graph, s->home);
    const char *name =
        arena_print(e->arena, "%s_%s%s", e->lower, loop->name ? loop->name : "loop", loop->backward ? "_backward" : "");
    return emit_identifier(e->arena, name, s->home.id);
}

// The loop variables in scope, outermost first: "int64_t i, int64_t iteration" or "i, iteration".
static void loop_variables(const struct emitter *e, struct text *out, loop_id l, const char *type) {
    loop_id parent = graph_loop(e->graph, l)->parent;
    if (parent.id) {
        loop_variables(e, out, parent, type);
        text_puts(out, ", ");
    }
    text_print(out, "%s%s", type, emit_loop_variable(e, l));
}

// ---- the body ----
static void indent(struct text *out, int depth) {
    for (int i = 0; i < depth; i++) text_puts(out, "    ");
}

static void emit_comment(const struct emitter *e, struct text *out, const struct node *n) {
    const char *place = program_place(e->program, e->arena, n->span);
    if (*place) text_print(out, " /* %s */", place);
    text_puts(out, "\n");
}

static int64_t value_floats(const struct emitter *e, value_id v) {
    const struct value *value = graph_value(e->graph, v);
    return shape_count(value->shape) * dtype_bytes(value->dtype) / 4;
}

static void emit_copy(const struct emitter *e, struct text *out, const struct plan_copy *c, loop_id home, int depth) {
    indent(out, depth);
    if (graph_value(e->graph, c->to)->dtype == DTYPE_F64) {
        text_puts(out, "*(");
        emit_place(e, out, c->to, home);
        text_puts(out, ") = *(");
        emit_place(e, out, c->from, home);
        text_puts(out, ");");
    } else {
        text_puts(out, "lrt_copy_floats((float *)(void *)(");
        emit_place(e, out, c->to, home);
        text_puts(out, "), (const float *)(const void *)(");
        emit_place(e, out, c->from, home);
        text_print(out, "), %lld);", (long long)value_floats(e, c->to));
    }
    text_print(out, " /* %s */\n", graph_value(e->graph, c->to)->name);
}

static bool in_slots(const struct emitter *e, value_id v) {
    const struct plan_buffer *b = &e->plan->buffers[e->plan->values[v.id].buffer];
    return b->stack.id && b->slots > 1;
}

// If a carry's next value lies in a stack, the result is copied from the loop's last slot. No other copy of a carry
// touches a stack.
static void emit_slot_copy(const struct emitter *e, struct text *out, const struct plan_copy *c, loop_id home,
                           int depth) {
    INVARIANT(c->kind == COPY_RESULT && !in_slots(e, c->to));
    indent(out, depth);
    text_print(out, "{\n");
    indent(out, depth + 1);
    text_print(out, "const int64_t %s = %lld;\n", emit_loop_variable(e, home),
               (long long)loop_last(graph_loop(e->graph, home)));
    emit_copy(e, out, c, home, depth + 1);
    indent(out, depth);
    text_puts(out, "}\n");
}

static void emit_copies(const struct emitter *e, struct text *out, uint32_t at, int kind, loop_id home, int depth) {
    for (size_t k = 0; k < e->plan->n_copies; k++) {
        const struct plan_copy *c = &e->plan->copies[k];
        if (c->at.id != at || (int)c->kind != kind) continue;
        bool of_carry = kind == COPY_INIT || kind == COPY_RESULT;
        INVARIANT(kind != COPY_NEXT || !in_slots(e, c->to));
        if (of_carry && (in_slots(e, c->to) || in_slots(e, c->from)))
            emit_slot_copy(e, out, c, home, depth);
        else
            emit_copy(e, out, c, home, depth);
    }
}

static void emit_poison(const struct emitter *e, struct text *out, value_id v, loop_id home, int depth) {
    indent(out, depth);
    text_puts(out, "lrt_debug_poison((void *)(");
    emit_place(e, out, v, home);
    text_print(out, "), %lld);\n", (long long)value_floats(e, v) * 4);
}

// Poisons results that reuse no place. emit_deaths poisons the values that die at the node, unless their place is
// reused.
static void emit_births(const struct emitter *e, struct text *out, uint32_t n, int depth) {
    const struct node *node = &e->graph->nodes[n];
    for (uint32_t r = 0; r < node->n_results; r++) {
        struct use u = node_results(e->graph, node)[r];
        if (!u.value.id || graph_value(e->graph, u.value)->storage != STORAGE_ARENA || u.access == ACCESS_ROWS)
            continue;
        if (e->plan->values[u.value.id].in_place_of.id || node->op->accumulates[r]) continue;
        emit_poison(e, out, u.value, node->loop, depth);
    }
}

static void emit_deaths(const struct emitter *e, struct text *out, uint32_t n, int depth) {
    const struct node *node = &e->graph->nodes[n];
    for (uint32_t v = 1; v < e->graph->n_values; v++) {
        const struct plan_value *life = &e->plan->values[v];
        if (!life->buffer || life->death != n + 1 || graph_value_loop(e->graph, (value_id){v}).id != node->loop.id)
            continue;
        bool taken_over = false;
        for (uint32_t w = 1; w < e->graph->n_values; w++) {
            const struct plan_value *other = &e->plan->values[w];
            taken_over =
                taken_over || (w != v && other->buffer == life->buffer && other->birth <= n && other->death > n);
        }
        if (!taken_over) emit_poison(e, out, (value_id){v}, node->loop, depth);
    }
}

// For a tile loop only: a repeat loop is at the top level.
static uint32_t emit_nested_loop(const struct emitter *e, struct text *out, uint32_t n, int depth) {
    const struct node *node = &e->graph->nodes[n];
    loop_id l = node->loop;
    const struct loop *loop = graph_loop(e->graph, l);
    struct node_range body = {n + 1, loop->end.id, l};
    const char *i = emit_loop_variable(e, l);
    emit_copies(e, out, n, COPY_INIT, l, depth);
    indent(out, depth);
    text_print(out, "for (int64_t %s = 0; %s < %lld; %s++) ", i, i, (long long)loop_trips(loop), i);
    text_print(out, "%s(m, ", function_name(e, &body));
    loop_variables(e, out, l, "");
    text_puts(out, ");");
    emit_comment(e, out, node);
    emit_copies(e, out, loop->end.id, COPY_RESULT, l, depth);
    return loop->end.id;
}

// The first node that changes parameters before the update phase. From there on the step cannot be dropped.
static bool begins_fused_updates(const struct emitter *e, uint32_t n) {
    const struct node *before = &e->graph->nodes[n - 1];
    bool goes_on = before->op && before->op->writes_params;
    return e->graph->nodes[n].op->writes_params && n < e->graph->update_first.id && !goes_on;
}

static void emit_guard(const struct emitter *e, struct text *out, const struct node *n) {
    loop_id l = graph_repeat_loop(e->graph, n->loop);
    struct guard_term terms[GUARD_TERMS_MAX];
    indent(out, 1);
    for (size_t n_terms = guard_terms(&n->guard, graph_loop(e->graph, l), terms), i = 0; i < n_terms; i++) {
        text_print(out, "if (%s ", emit_loop_variable(e, l));
        if (terms[i].modulus) text_print(out, "%% %lld ", (long long)terms[i].modulus);
        text_print(out, "%s %lld) ", terms[i].equal ? "==" : "!=", (long long)terms[i].number);
    }
}

static void emit_node(const struct emitter *e, struct text *out, uint32_t n) {
    const struct node *node = &e->graph->nodes[n];
    if (e->program->options.poisoned) emit_births(e, out, n, 1);
    emit_copies(e, out, n, COPY_ARGUMENT, node->loop, 1);
    if (begins_fused_updates(e, n)) {
        emit_guard(e, out, node);
        text_puts(out, "m->changed = 1;\n");
    }
    emit_arguments(e, out, (node_id){n});
    emit_guard(e, out, node);
    emit_call(e, out, (node_id){n});
    text_puts(out, ";");
    emit_comment(e, out, node);
    if (e->program->options.poisoned) emit_deaths(e, out, n, 1);
}

// ---- locals ----
// The tensors that the kernels of these nodes read or write, each once. An operand that no kernel names has none: an
// accumulator shares the result's place.
static void declare_locals(const struct emitter *e, struct text *out, const struct node_range *s) {
    bool *declared[] = {ARENA_ARRAY(e->arena, bool, e->graph->n_values),
                        ARENA_ARRAY(e->arena, bool, e->graph->n_values)};
    for (uint32_t n = s->first; n < s->end; n++) {
        const struct node *node = &e->graph->nodes[n];
        if (node->kind == NODE_LOOP) {
            n = graph_loop(e->graph, node->loop)->end.id;
            continue;
        }
        for (const struct op_member *m = node->op->kernel.members; m->name; m++) {
            struct use u = emit_member_use(e, node, m);
            bool *seen = &declared[u.access == ACCESS_ROWS][u.value.id];
            if (u.value.id && !*seen) emit_tensor(e, out, (node_id){n}, m->source == FROM_RESULT, (uint32_t)m->which);
            *seen = true;
        }
    }
}

static void emit_rows(const struct emitter *e, struct text *out, loop_id l) {
    const struct loop *loop = graph_loop(e->graph, l);
    const char *iteration = emit_loop_variable(e, l);
    text_print(out, "    const int64_t row = %s * %lld, left = ", iteration, (long long)loop->height);
    if (loop->to_symbol.id) {
        text_puts(out, "*(");
        emit_place(e, out, graph_symbol(e->graph, loop->to_symbol)->value, l);
        text_puts(out, ")");
    } else {
        text_print(out, "%lld", (long long)loop->rows);
    }
    text_print(out, " - row;\n    if (left <= 0) return;\n    const int64_t rows = left < %lld ? left : %lld;\n",
               (long long)loop->height, (long long)loop->height);
}

// ---- functions ----
static void emit_function(const struct emitter *e, const struct node_range *s);

static void emit_nested_functions(const struct emitter *e, const struct node_range *s) {
    for (uint32_t n = s->first; n < s->end; n++) {
        const struct node *node = &e->graph->nodes[n];
        if (node->kind != NODE_LOOP) continue;
        const struct loop *loop = graph_loop(e->graph, node->loop);
        emit_function(e, &(struct node_range){n + 1, loop->end.id, node->loop});
        n = loop->end.id;
    }
}

static bool mentions(const struct text *body, const char *name) {
    size_t length = strlen(name);
    for (const char *at = body->bytes; at && (at = strstr(at, name)); at += length) {
        char before = at == body->bytes ? ' ' : at[-1], after = at[length];
        if (!strchr("_>.", before) && !(before >= 'a' && before <= 'z') && !(before >= '0' && before <= '9') &&
            (after < 'a' || after > 'z') && after != '_' && !(after >= '0' && after <= '9'))
            return true;
    }
    return false;
}

static void emit_body(const struct emitter *e, struct text *body, const struct node_range *s) {
    const struct loop *loop = graph_loop(e->graph, s->home);
    // A top-level loop's copies go into the sequences before and after it.
    if (!s->home.id && s->first > 1 && !begins_update(e, s) && e->graph->nodes[s->first - 1].kind == NODE_END)
        emit_copies(e, body, s->first - 1, COPY_RESULT, e->graph->nodes[s->first - 1].loop, 1);
    for (uint32_t n = s->first; n < s->end; n++) {
        if (e->graph->nodes[n].kind == NODE_LOOP)
            n = emit_nested_loop(e, body, n, 1);
        else
            emit_node(e, body, n);
    }
    if (s->home.id) emit_copies(e, body, s->end, COPY_NEXT, s->home, 1);
    if (s->home.id && !loop->parent.id) return;
    if (!s->home.id && s->end < e->graph->n_nodes && e->graph->nodes[s->end].kind == NODE_LOOP)
        emit_copies(e, body, s->end, COPY_INIT, e->graph->nodes[s->end].loop, 1);
}

static void emit_function(const struct emitter *e, const struct node_range *s) {
    emit_nested_functions(e, s);
    struct text body = {0}, locals = {0};
    if (s->home.id && graph_loop(e->graph, s->home)->kind == LOOP_TILE) emit_rows(e, &locals, s->home);
    declare_locals(e, &locals, s);
    emit_body(e, &body, s);
    text_print(e->out, "\nstatic void %s(struct lrt_model *m, ", function_name(e, s));
    if (s->home.id)
        loop_variables(e, e->out, s->home, "int64_t ");
    else
        text_puts(e->out, "int64_t iteration");
    text_puts(e->out, ") {\n");
    if (mentions(&body, "c")) text_puts(e->out, "    struct lrt *const c = &m->run;\n");
    for (loop_id l = s->home; true; l = graph_loop(e->graph, l)->parent) {
        const char *variable = l.id ? emit_loop_variable(e, l) : "iteration";
        if (!mentions(&body, variable) && !mentions(&locals, variable) && (l.id || !s->home.id))
            text_print(e->out, "    (void)%s;\n", variable);
        if (!l.id) break;
    }
    if (!mentions(&body, "m") && !mentions(&locals, "m") && !mentions(&body, "c")) text_puts(e->out, "    (void)m;\n");
    text_add(e->out, locals.bytes ? locals.bytes : "", locals.length);
    text_add(e->out, body.bytes ? body.bytes : "", body.length);
    text_puts(e->out, "}\n");
    text_free(&body);
    text_free(&locals);
}

void emit_first_input(const struct emitter *e, const char *name, const struct checkpoint_schedule *c) {
    const struct loop *forward = graph_loop(e->graph, c->forward);
    node_id def = graph_value(e->graph, e->graph->carries[forward->carries].init)->def;
    struct node_range s = {def.id, def.id + 1, {0}};
    struct text locals = {0}, body = {0};
    declare_locals(e, &locals, &s);
    emit_node(e, &body, def.id);
    emit_copies(e, &body, forward->begin.id, COPY_INIT, c->forward, 1);
    text_print(e->out, "\nstatic void %s(struct lrt_model *m, int64_t i) {\n", name);
    if (mentions(&body, "c")) text_puts(e->out, "    struct lrt *const c = &m->run;\n");
    text_puts(e->out, "    (void)i;\n");
    text_add(e->out, locals.bytes ? locals.bytes : "", locals.length);
    text_add(e->out, body.bytes ? body.bytes : "", body.length);
    text_puts(e->out, "}\n");
    text_free(&locals);
    text_free(&body);
}

// ---- the top level ----
void emit_slice_row(struct text *table, struct emit_slice_row r) {
    text_print(table, "    {%s, %lld, %lld, %lld, ", r.function, (long long)r.first, (long long)r.stride,
               (long long)r.iterations);
    if (r.reads)
        text_print(table, "%s_reads, %zu, ", r.function, r.reads);
    else
        text_puts(table, "NULL, 0, ");
    text_print(table, "%s%s, %s%s},\n", r.from ? "&" : "", r.from ? r.from : "NULL", r.to ? "&" : "",
               r.to ? r.to : "NULL");
}

// A loop of a checkpoint schedule: prints its function and its rows of the schedule's steps.
static size_t emit_checkpoint_loop(const struct emitter *e, struct text *table, const struct node_range *s) {
    const struct checkpoint_schedule *forward = graph_checkpoint_forward(e->graph, s->home), *c = forward;
    if (!c) c = graph_checkpoint_backward(e->graph, s->home);
    const char *name = function_name(e, s);
    emit_function(e, s);
    struct emit_checkpoint *names = &e->checkpoint_schedules[c - e->graph->checkpoint_schedules];
    size_t reads = emit_reads(e, name, s->first, s->end, s->home);
    if (!forward) return emit_checkpoint_backward(e, table, c, name, reads);
    *names = (struct emit_checkpoint){.advance = name, .reads = reads};
    return emit_checkpoint_forward(e, table, c);
}

static void emit_slice(const struct emitter *e, struct text *table, const struct node_range *s) {
    struct emit_slice_row row = {.function = function_name(e, s), .stride = 1, .iterations = 1};
    emit_function(e, s);
    const struct loop *loop = graph_loop(e->graph, s->home);
    if (s->home.id) {
        row.iterations = loop_trips(loop);
        row.first = loop_first(loop);
        row.stride = loop_stride(loop);
        row.from = emit_symbol_name(e, loop->from_symbol);
        row.to = emit_symbol_name(e, loop->to_symbol);
    }
    row.reads = emit_reads(e, row.function, s->first, s->end, s->home);
    emit_slice_row(table, row);
}

static bool has_copies(const struct emitter *e, uint32_t at, int kind) {
    for (size_t k = 0; k < e->plan->n_copies; k++)
        if (e->plan->copies[k].at.id == at && (int)e->plan->copies[k].kind == kind) return true;
    return false;
}

// Prints the slices of nodes [first, end); returns their number.
static size_t emit_slices(const struct emitter *e, struct text *table, uint32_t first, uint32_t end) {
    size_t count = 0;
    uint32_t straight = first;
    for (uint32_t n = first; n <= end; n++) {
        bool loop = n < end && e->graph->nodes[n].kind == NODE_LOOP;
        if (!loop && n < end) continue;
        bool after =
            straight > 1 && e->graph->nodes[straight - 1].kind == NODE_END && has_copies(e, straight - 1, COPY_RESULT);
        if (n > straight || after || (loop && has_copies(e, n, COPY_INIT))) {
            emit_slice(e, table, &(struct node_range){straight, n, {0}});
            count++;
        }
        if (!loop) break;
        loop_id l = e->graph->nodes[n].loop;
        struct node_range body = {n + 1, graph_loop(e->graph, l)->end.id, l};
        if (graph_checkpoint_forward(e->graph, l) || graph_checkpoint_backward(e->graph, l)) {
            count += emit_checkpoint_loop(e, table, &body);
        } else {
            emit_slice(e, table, &body);
            count++;
        }
        n = graph_loop(e->graph, l)->end.id;
        straight = n + 1;
    }
    return count;
}

static void emit_table(const struct emitter *e, const char *name, size_t count, const struct text *rows) {
    if (count) text_print(e->out, "\nstatic const struct lrt_slice %s_%s[] = {\n%s};\n", e->lower, name, rows->bytes);
}

struct emit_slices emit_graph(const struct emitter *e) {
    uint32_t end = (uint32_t)e->graph->n_nodes, update = e->graph->update_first.id;
    struct text gradient = {0}, rest = {0};
    struct emit_slices slices;
    emit_constants(e);
    emit_attribute_tables(e);
    emit_symbols(e);
    slices.gradient = emit_slices(e, &gradient, 1, update ? update : end);
    slices.update = update ? emit_slices(e, &rest, update, end) : 0;
    emit_table(e, "slices", slices.gradient, &gradient);
    emit_table(e, "update", slices.update, &rest);
    text_free(&gradient);
    text_free(&rest);
    return slices;
}
