// Tree as text: one item a line, its parts indented below; expressions in the language's syntax with the brackets they
// need.
#include "compiler/base/text.h"
#include "compiler/front/ast.h"

const char *expr_operator_name(enum expr_operator operation) {
    switch (operation) {
    case OPERATOR_ADD: return "+";
    case OPERATOR_SUB: return "-";
    case OPERATOR_MUL: return "*";
    case OPERATOR_DIV: return "/";
    case OPERATOR_MOD: return "%";
    case OPERATOR_LESS: return "<";
    case OPERATOR_GREATER: return ">";
    case OPERATOR_NOT: return "!";
    case OPERATOR_EQUAL: return "==";
    case OPERATOR_NOT_EQUAL: return "!=";
    case OPERATOR_LESS_EQUAL: return "<=";
    case OPERATOR_GREATER_EQUAL: return ">=";
    case OPERATOR_AND: return "&&";
    case OPERATOR_OR: return "||";
    }
    return "?";
}

enum {
    STRENGTH_CONDITIONAL,
    STRENGTH_OR,
    STRENGTH_AND,
    STRENGTH_EQUAL,
    STRENGTH_LESS,
    STRENGTH_ADD,
    STRENGTH_MUL,
    STRENGTH_SIGN,
    STRENGTH_ATOM
};

// How strongly an expression holds together: the grammar's precedence.
static int strength(const struct expr *e) {
    if (e->kind == EXPR_CONDITIONAL) return STRENGTH_CONDITIONAL;
    if (e->kind == EXPR_UNARY) return STRENGTH_SIGN;
    if (e->kind != EXPR_BINARY) return STRENGTH_ATOM;
    switch (e->operation) {
    case OPERATOR_OR: return STRENGTH_OR;
    case OPERATOR_AND: return STRENGTH_AND;
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL: return STRENGTH_EQUAL;
    case OPERATOR_LESS:
    case OPERATOR_GREATER:
    case OPERATOR_LESS_EQUAL:
    case OPERATOR_GREATER_EQUAL: return STRENGTH_LESS;
    case OPERATOR_ADD:
    case OPERATOR_SUB: return STRENGTH_ADD;
    default: return STRENGTH_MUL;
    }
}

static void print_at_least(const struct expr *e, int least, struct text *t) {
    bool brackets = strength(e) < least;
    if (brackets) text_puts(t, "(");
    expr_print(e, t);
    if (brackets) text_puts(t, ")");
}

static void print_list(struct expr *const *list, size_t n, struct text *t) {
    for (size_t i = 0; i < n; i++) {
        if (i) text_puts(t, ", ");
        expr_print(list[i], t);
    }
}

static void print_call(const struct expr *e, struct text *t) {
    text_print(t, "%s(", e->name);
    print_list(e->args, e->n_args, t);
    for (size_t i = 0; i < e->n_named; i++) {
        text_print(t, "%s%s: ", i || e->n_args ? ", " : "", e->named[i].name);
        expr_print(e->named[i].value, t);
    }
    text_puts(t, ")");
}

static void print_binary(const struct expr *e, struct text *t) {
    int own = strength(e);
    // Comparisons do not chain; the others group from the left.
    bool chains = own != STRENGTH_EQUAL && own != STRENGTH_LESS;
    print_at_least(e->args[0], chains ? own : own + 1, t);
    text_print(t, " %s ", expr_operator_name(e->operation));
    print_at_least(e->args[1], own + 1, t);
}

void expr_print(const struct expr *e, struct text *t) {
    switch (e->kind) {
    case EXPR_NUMBER: text_number(t, e->number); break;
    case EXPR_NAME: text_puts(t, e->name); break;
    case EXPR_CALL: print_call(e, t); break;
    case EXPR_UNARY:
        text_puts(t, expr_operator_name(e->operation));
        print_at_least(e->args[0], STRENGTH_SIGN, t);
        break;
    case EXPR_BINARY: print_binary(e, t); break;
    case EXPR_CONDITIONAL:
        print_at_least(e->args[0], STRENGTH_OR, t);
        text_puts(t, " ? ");
        expr_print(e->args[1], t);
        text_puts(t, " : ");
        expr_print(e->args[2], t);
        break;
    case EXPR_TUPLE:
        text_puts(t, "(");
        print_list(e->args, e->n_args, t);
        text_puts(t, ")");
        break;
    }
}

static void dump_items(struct ast_item *const *items, size_t n_items, int level, struct text *t);

static void indent(int level, struct text *t) { text_print(t, "%*s", 2 * level, ""); }

static void dump_settings(const struct ast_item *item, int level, struct text *t) {
    for (size_t i = 0; i < item->n_settings; i++) {
        const struct ast_setting *s = &item->settings[i];
        indent(level, t);
        text_print(t, "%s ", s->name.text);
        expr_print(s->value, t);
        text_print(t, "%s%s\n", s->unit.text ? " " : "", s->unit.text ? s->unit.text : "");
    }
}

static void dump_pattern(const struct ast_pattern *p, int level, struct text *t) {
    indent(level, t);
    text_puts(t, "pattern ");
    if (p->block.text) text_puts(t, p->block.text);
    if (p->from) {
        text_puts(t, "[");
        expr_print(p->from, t);
        text_puts(t, "..");
        expr_print(p->to, t);
        text_puts(t, "]");
    }
    if (p->block.text) text_puts(t, ".");
    if (p->n_names == 0) text_puts(t, "*");
    if (p->n_names > 1) text_puts(t, "{");
    for (size_t i = 0; i < p->n_names; i++) text_print(t, "%s%s", i ? ", " : "", p->names[i].text);
    text_puts(t, p->n_names > 1 ? "}\n" : "\n");
}

static void dump_block(const struct ast_item *item, int level, struct text *t) {
    text_print(t, "block %s(", item->name.text);
    for (size_t i = 0; i < item->n_params; i++) text_print(t, "%s%s", i ? ", " : "", item->params[i].text);
    text_puts(t, ")");
    if (item->index.text) {
        text_print(t, " for %s in ", item->index.text);
        expr_print(item->from, t);
        text_puts(t, "..");
        expr_print(item->to, t);
        if (item->each) text_puts(t, " each ");
        if (item->each) expr_print(item->each, t);
    }
    text_puts(t, "\n");
    dump_items(item->items, item->n_items, level + 1, t);
}

static void dump_stmt(const struct stmt *s, struct text *t) {
    text_puts(t, s->kind == STMT_RETURN ? "return " : "assign ");
    for (size_t i = 0; i < s->n_names; i++) text_print(t, "%s%s", i ? ", " : "", s->names[i]);
    if (s->kind == STMT_ASSIGN) text_puts(t, " = ");
    expr_print(s->value, t);
    text_puts(t, "\n");
}

static void dump_tensor(const char *kind, const struct ast_item *item, struct text *t) {
    text_print(t, "%s %s[", kind, item->name.text);
    print_list(item->shape, item->n_shape, t);
    text_puts(t, "]");
    if (item->value) text_puts(t, ": ");
    if (item->value) expr_print(item->value, t);
    if (item->condition) text_puts(t, " if ");
    if (item->condition) expr_print(item->condition, t);
    for (size_t i = 0; i < item->n_file_names; i++)
        text_print(t, " %s \"%s\"", item->file_names[i].format.text, item->file_names[i].name.text);
    text_puts(t, "\n");
}

static void dump_item(const struct ast_item *item, int level, struct text *t) {
    indent(level, t);
    switch (item->kind) {
    case ITEM_MODEL: text_print(t, "model %s\n", item->name.text); break;
    case ITEM_DIM:
    case ITEM_CONST:
        text_print(t, "%s %s %s ", item->kind == ITEM_DIM ? "dim" : "const", item->name.text,
                   item->is_default ? "?=" : "=");
        expr_print(item->value, t);
        text_puts(t, "\n");
        break;
    case ITEM_INPUT:
        dump_tensor("input", item, t);
        dump_settings(item, level + 1, t);
        break;
    case ITEM_WEIGHT: dump_tensor("weight", item, t); break;
    case ITEM_BLOCK: dump_block(item, level, t); break;
    case ITEM_STMT: dump_stmt(item->stmt, t); break;
    case ITEM_ADAPT:
        text_puts(t, "adapt ");
        expr_print(item->value, t);
        text_puts(t, "\n");
        for (size_t i = 0; i < item->n_patterns; i++) dump_pattern(&item->patterns[i], level + 1, t);
        break;
    case ITEM_TRAIN:
        text_puts(t, "train\n");
        dump_settings(item, level + 1, t);
        break;
    case ITEM_INCLUDE:
        text_print(t, "include \"%s\"\n", item->name.text);
        if (item->file) dump_items(item->file->items, item->file->n_items, level + 1, t);
        break;
    }
}

static void dump_items(struct ast_item *const *items, size_t n_items, int level, struct text *t) {
    for (size_t i = 0; i < n_items; i++) dump_item(items[i], level, t);
}

void ast_dump(const struct ast_file *file, struct text *t) { dump_items(file->items, file->n_items, 0, t); }
