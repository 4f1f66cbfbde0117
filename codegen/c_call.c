// Call: a node becomes its kernel's argument struct and one call of the kernel, in C. The op's row defines each member;
// this file does not know which op it is. Tensors are locals of the function (c_operand.c).
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

enum { LINE = 120 }; // longer lines are broken between members

static void emit_number(struct text *out, enum op_member_type type, double number) {
    switch (type) {
    case MEMBER_BOOL: text_puts(out, number != 0 ? "true" : "false"); break;
    case MEMBER_INTEGER:
        if (number <= (double)INT64_MIN)
            text_puts(out, "INT64_MIN");
        else
            text_print(out, "%lld", (long long)number);
        break;
    default: emit_float(out, number, type == MEMBER_FLOAT ? "f" : "");
    }
}

// The enumerator of a keyword: "LRT_ROPE_" and the keyword in capitals.
static void emit_keyword(struct text *out, const struct op_member *m, const struct op *op, double number) {
    for (const struct op_attr *a = op->attrs; a->name; a++) {
        if (strcmp(a->name, m->text) != 0) continue;
        for (const struct op_keyword *k = a->keywords; k->name; k++) {
            if (k->number != number) continue;
            text_puts(out, m->enumerators);
            for (const char *c = k->name; *c; c++) text_print(out, "%c", toupper((unsigned char)*c));
        }
    }
}

static void emit_attribute(const struct emitter *e, struct text *out, node_id n, const struct op_member *m) {
    const struct node *node = graph_node(e->graph, n);
    const struct attr *attr = node_attr(e->graph, node, m->text);
    INVARIANT(attr);
    if (attr->table) {
        const char *cast = m->type == MEMBER_FLOAT ? "(float)" : m->type == MEMBER_INTEGER ? "(int64_t)" : "";
        loop_id l = graph_repeat_loop(e->graph, node->loop);
        text_print(out, "%s%s_%s[%s]%s", cast, e->lower, emit_identifier(e->arena, attr->name, n.id),
                   emit_loop_variable(e, l), m->type == MEMBER_BOOL ? " != 0" : "");
    } else if (m->type == MEMBER_ENUM) {
        emit_keyword(out, m, node->op, attr->number);
    } else {
        emit_number(out, m->type, attr->number);
    }
}

static void emit_context(const struct emitter *e, struct text *out, node_id n, const struct op_member *m) {
    static const char *const names[] = {
        [CONTEXT_LOSS_WEIGHT] = "m->loss_weight", [CONTEXT_LEARNING_RATE] = "m->learning_rate",
        [CONTEXT_STEP] = "c->step + 1",           [CONTEXT_GRAD_SCALE] = "m->grad_scale",
        [CONTEXT_GRAD_NORM] = "m->grad_norm",
    };
    if (m->which == CONTEXT_FIRST_ROW)
        text_puts(out, graph_tile_loop(e->graph, graph_node(e->graph, n)->loop).id ? "row" : "0");
    else
        text_print(out, "%s%s", m->type == MEMBER_POINTER ? "&" : "", names[m->which]);
}

static bool is_tensor(const struct op_member *m) { return m->source == FROM_RESULT || m->source == FROM_ARGUMENT; }

struct use emit_member_use(const struct emitter *e, const struct node *n, const struct op_member *m) {
    uint32_t which = (uint32_t)m->which;
    if (m->source == FROM_RESULT && which < n->n_results) return node_results(e->graph, n)[which];
    if (m->source == FROM_ARGUMENT && which < n->n_args) return node_args(e->graph, n)[which];
    return (struct use){0};
}

static void emit_member(const struct emitter *e, struct text *out, node_id n, const struct op_member *m,
                        struct use use) {
    text_print(out, ".%s = ", m->name);
    switch (m->source) {
    case FROM_RESULT:
    case FROM_ARGUMENT: text_print(out, "&%s", emit_tensor_name(e, use)); break;
    case FROM_ATTRIBUTE: emit_attribute(e, out, n, m); break;
    case FROM_NUMBER: emit_number(out, m->type, m->number); break;
    case FROM_CONTEXT: emit_context(e, out, n, m); break;
    }
}

// "linear57": no other function name ends in a number without an underscore before it.
static const char *arguments_name(const struct emitter *e, node_id n) {
    return arena_print(e->arena, "%s%u", graph_node(e->graph, n)->op->name, n.id);
}

// Members that are 0 are omitted; a line breaks before a member that does not fit.
void emit_arguments(const struct emitter *e, struct text *out, node_id n) {
    const struct node *node = graph_node(e->graph, n);
    const struct op_kernel *kernel = &node->op->kernel;
    size_t line = out->length;
    bool first = true;
    text_print(out, "    const struct lrt_%s_args %s = {", kernel->family, arguments_name(e, n));
    for (const struct op_member *m = kernel->members; m->name; m++) {
        struct use use = emit_member_use(e, node, m);
        struct text member = {0};
        if (is_tensor(m) && !use.value.id) continue;
        emit_member(e, &member, n, m, use);
        bool broken = !first && out->length - line + member.length + 4 > LINE;
        text_puts(out, first ? "" : broken ? ",\n        " : ", ");
        if (broken) line = out->length - 8;
        text_add(out, member.bytes, member.length);
        text_free(&member);
        first = false;
    }
    text_puts(out, "};\n");
}

void emit_call(const struct emitter *e, struct text *out, node_id n) {
    text_print(out, "lrt_%s(c, &%s)", graph_node(e->graph, n)->op->kernel.name, arguments_name(e, n));
}
