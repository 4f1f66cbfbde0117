/* Expressions of templates, with Jinja's precedence: if-else, or, and, not, comparisons, + -, ~, * / // %, **, unary,
 * then attributes, indices, calls, filters and tests. */
#include "runtime/template/template_nodes.h"
#include <string.h>

static struct template_node *parse_unary(struct template_parser *p, int with_filter);

/* Where the next node of a list goes. */
struct chain {
    struct template_node **end;
};
static void link(struct chain *c, struct template_node *n) {
    if (!n) return;
    *c->end = n;
    c->end = &n->next;
}

static struct template_node *literal(struct template_parser *p, struct template_value value) {
    struct template_node *n = lrt_template_node(p, NODE_LITERAL);
    if (n) n->value = value;
    return n;
}

static struct template_node *parse_name(struct template_parser *p) {
    static const char *const constants[] = {"true", "True", "false", "False", "none", "None"};
    for (int i = 0; i < 6; i++)
        if (lrt_template_skip_name(p, constants[i]))
            return literal(p, i < 4 ? template_boolean(i < 2) : template_none());
    struct template_node *n = lrt_template_node(p, NODE_NAME);
    if (!n) return NULL;
    n->value = lrt_template_take_name(p);
    n->symbol = lrt_template_symbol(p, n->value);
    return n;
}

/* Adjacent strings are one. */
static struct template_node *parse_string(struct template_parser *p) {
    size_t bytes = 0;
    const struct template_token *end = p->token;
    for (; end->kind == TOKEN_STRING; end++) bytes += end->bytes;
    char *text = lrt_template_take(&p->t->arena, bytes + 1);
    if (!text) {
        lrt_template_parse_fail(p, "no memory for a string");
        return NULL;
    }
    size_t at = 0;
    struct template_node *n = literal(p, template_text(text, bytes));
    for (; p->token < end; p->token++) {
        memcpy(text + at, p->token->text, p->token->bytes);
        at += p->token->bytes;
    }
    return n;
}

/* Elements up to `close`; pairs: with a colon. */
static struct template_node *parse_elements(struct template_parser *p, const char *close, int pairs) {
    struct template_node *first = NULL;
    struct chain chain = {&first};
    while (!p->status && !lrt_template_at_sign(p, close)) {
        struct template_node *n = lrt_template_parse_expression(p, 1);
        if (pairs && n) {
            struct template_node *pair = lrt_template_node(p, NODE_PAIR);
            lrt_template_expect_sign(p, ":");
            if (!pair) break;
            pair->a = n;
            pair->b = lrt_template_parse_expression(p, 1);
            n = pair;
        }
        link(&chain, n);
        if (!lrt_template_at_sign(p, close)) lrt_template_expect_sign(p, ",");
    }
    lrt_template_expect_sign(p, close);
    return first;
}

static struct template_node *parse_collection(struct template_parser *p, enum template_node_kind kind,
                                              const char *close) {
    struct template_node *n = lrt_template_node(p, kind);
    p->token++;
    if (n) n->list = parse_elements(p, close, kind == NODE_MAPPING);
    return n;
}

static struct template_node *parse_primary(struct template_parser *p) {
    struct template_node *n;
    switch (p->token->kind) {
    case TOKEN_NAME: return parse_name(p);
    case TOKEN_STRING: return parse_string(p);
    case TOKEN_INTEGER:
        n = literal(p, template_integer(p->token->integer));
        p->token++;
        return n;
    case TOKEN_REAL:
        n = literal(p, template_real(p->token->real));
        p->token++;
        return n;
    default: break;
    }
    if (lrt_template_at_sign(p, "[")) return parse_collection(p, NODE_LIST, "]");
    if (lrt_template_at_sign(p, "{")) return parse_collection(p, NODE_MAPPING, "}");
    if (lrt_template_skip_sign(p, "(")) {
        if (lrt_template_skip_sign(p, ")")) return lrt_template_node(p, NODE_TUPLE);
        n = lrt_template_parse_tuple(p, 1);
        lrt_template_expect_sign(p, ")");
        return n;
    }
    lrt_template_parse_fail(p, "a value is missing%s%.*s", p->token->kind == TOKEN_SIGN ? " before " : "",
                            p->token->kind == TOKEN_SIGN ? (int)p->token->bytes : 0,
                            p->token->kind == TOKEN_SIGN ? p->token->text : "");
    return NULL;
}

/* Arguments after "(". */
static struct template_node *parse_arguments(struct template_parser *p) {
    struct template_node *first = NULL;
    struct chain chain = {&first};
    while (!p->status && !lrt_template_at_sign(p, ")")) {
        struct template_node *n;
        const int keyword = p->token->kind == TOKEN_NAME && p->token[1].kind == TOKEN_SIGN && p->token[1].bytes == 1 &&
                            *p->token[1].text == '=';
        if (keyword) {
            n = lrt_template_node(p, NODE_KEYWORD);
            const struct template_value name = lrt_template_take_name(p);
            p->token++;
            if (!n) break;
            n->value = name;
            n->a = lrt_template_parse_expression(p, 1);
        } else if (lrt_template_skip_sign(p, "**") || lrt_template_skip_sign(p, "*")) {
            n = lrt_template_node(p, NODE_SPREAD);
            lrt_template_parse_expression(p, 1);
        } else {
            n = lrt_template_parse_expression(p, 1);
        }
        link(&chain, n);
        if (!lrt_template_at_sign(p, ")")) lrt_template_expect_sign(p, ",");
    }
    lrt_template_expect_sign(p, ")");
    return first;
}

static struct template_node *parse_call(struct template_parser *p, struct template_node *of) {
    struct template_node *n = lrt_template_node(p, NODE_CALL);
    lrt_template_expect_sign(p, "(");
    if (!n) return NULL;
    n->a = of;
    n->list = parse_arguments(p);
    return n;
}

static struct template_node *parse_slice_part(struct template_parser *p) {
    if (lrt_template_at_sign(p, ":") || lrt_template_at_sign(p, "]") || lrt_template_at_sign(p, ",")) return NULL;
    return lrt_template_parse_expression(p, 1);
}

static struct template_node *parse_index(struct template_parser *p) {
    struct template_node *start = parse_slice_part(p);
    if (!lrt_template_skip_sign(p, ":")) {
        if (!start) lrt_template_parse_fail(p, "an index is missing");
        return start;
    }
    struct template_node *n = lrt_template_node(p, NODE_SLICE);
    if (!n) return NULL;
    n->a = start;
    n->b = parse_slice_part(p);
    if (lrt_template_skip_sign(p, ":")) n->c = parse_slice_part(p);
    return n;
}

static struct template_node *parse_subscript(struct template_parser *p, struct template_node *of) {
    struct template_node *n;
    if (lrt_template_skip_sign(p, "[")) {
        n = lrt_template_node(p, NODE_INDEX);
        if (!n) return NULL;
        n->a = of;
        n->b = parse_index(p);
        lrt_template_expect_sign(p, "]");
        return n;
    }
    p->token++; /* the dot */
    const int number = p->token->kind == TOKEN_INTEGER;
    n = lrt_template_node(p, number ? NODE_INDEX : NODE_ATTRIBUTE);
    if (!n) return NULL;
    n->a = of;
    if (number) {
        n->b = literal(p, template_integer(p->token->integer));
        p->token++;
    } else {
        n->value = lrt_template_take_name(p);
    }
    return n;
}

static struct template_node *parse_postfix(struct template_parser *p, struct template_node *n) {
    for (int depth = p->nesting; !p->status; p->nesting++) {
        if (lrt_template_at_sign(p, ".") || lrt_template_at_sign(p, "["))
            n = parse_subscript(p, n);
        else if (lrt_template_at_sign(p, "("))
            n = parse_call(p, n);
        else {
            p->nesting = depth;
            break;
        }
        if (p->nesting > TEMPLATE_DEPTH_MAX) lrt_template_parse_fail(p, "too many attributes and calls of one value");
    }
    return n;
}

/* A filter's or test's name, dots included. */
static struct template_value dotted_name(struct template_parser *p) {
    struct template_value name = lrt_template_take_name(p);
    while (!p->status && lrt_template_skip_sign(p, ".")) {
        const struct template_value more = lrt_template_take_name(p);
        if (!p->status) name.count = (size_t)(more.u.text + more.count - name.u.text);
    }
    return name;
}

static struct template_node *parse_test(struct template_parser *p, struct template_node *of) {
    struct template_node *n = lrt_template_node(p, NODE_TEST);
    p->token++; /* is */
    if (!n) return NULL;
    n->op = (uint8_t)lrt_template_skip_name(p, "not");
    n->a = of;
    n->value = dotted_name(p);
    const enum template_token_kind kind = p->token->kind;
    const int operand = kind == TOKEN_STRING || kind == TOKEN_INTEGER || kind == TOKEN_REAL ||
                        lrt_template_at_sign(p, "[") || lrt_template_at_sign(p, "{") ||
                        (kind == TOKEN_NAME && !lrt_template_at_name(p, "else") && !lrt_template_at_name(p, "or") &&
                         !lrt_template_at_name(p, "and"));
    if (lrt_template_skip_sign(p, "(")) {
        n->list = parse_arguments(p);
    } else if (operand) {
        if (lrt_template_at_name(p, "is")) lrt_template_parse_fail(p, "tests cannot be chained with \"is\"");
        n->list = parse_primary(p);
        if (n->list) n->list = parse_postfix(p, n->list);
    }
    return n;
}

struct template_node *lrt_template_parse_filter(struct template_parser *p, struct template_node *of) {
    struct template_node *filter = lrt_template_node(p, NODE_FILTER);
    if (!filter) return NULL;
    filter->a = of;
    filter->value = dotted_name(p);
    if (lrt_template_skip_sign(p, "(")) filter->list = parse_arguments(p);
    return filter;
}

struct template_node *lrt_template_parse_filters(struct template_parser *p, struct template_node *n) {
    for (int depth = p->nesting; !p->status; p->nesting++) {
        if (lrt_template_skip_sign(p, "|")) {
            n = lrt_template_parse_filter(p, n);
        } else if (lrt_template_at_name(p, "is")) {
            n = parse_test(p, n);
        } else if (lrt_template_at_sign(p, "(")) {
            n = parse_call(p, n);
        } else {
            p->nesting = depth;
            break;
        }
        if (p->nesting > TEMPLATE_DEPTH_MAX) lrt_template_parse_fail(p, "too many filters of one value");
    }
    return n;
}

static struct template_node *parse_unary(struct template_parser *p, int with_filter) {
    struct template_node *n = NULL;
    if (lrt_template_enter(p)) {
        const int minus = lrt_template_at_sign(p, "-");
        if (minus || lrt_template_at_sign(p, "+")) {
            n = lrt_template_node(p, minus ? NODE_NEGATE : NODE_PLUS);
            p->token++;
            if (n) n->a = parse_unary(p, 0);
        } else {
            n = parse_primary(p);
        }
        if (n) n = parse_postfix(p, n);
        if (n && with_filter) n = lrt_template_parse_filters(p, n);
    }
    p->nesting--;
    return n;
}

struct binary_sign {
    const char *sign;
    int op, level;
};
enum { LEVEL_ADD, LEVEL_CONCAT, LEVEL_MULTIPLY, LEVEL_POWER, LEVEL_UNARY };

/* Operators of one level, from the left. */
static struct template_node *parse_binary(struct template_parser *p, int level) {
    static const struct binary_sign table[] = {{"+", OP_ADD, LEVEL_ADD},         {"-", OP_SUBTRACT, LEVEL_ADD},
                                               {"~", 0, LEVEL_CONCAT},           {"*", OP_MULTIPLY, LEVEL_MULTIPLY},
                                               {"/", OP_DIVIDE, LEVEL_MULTIPLY}, {"//", OP_FLOOR, LEVEL_MULTIPLY},
                                               {"%", OP_MODULO, LEVEL_MULTIPLY}, {"**", OP_POWER, LEVEL_POWER}};
    if (level == LEVEL_UNARY) return parse_unary(p, 1);
    struct template_node *n = parse_binary(p, level + 1);
    for (size_t i = 0, length = 0; n && !p->status && i < sizeof table / sizeof *table;) {
        if (table[i].level != level || !lrt_template_at_sign(p, table[i].sign)) {
            i++;
            continue;
        }
        if (++length > TEMPLATE_DEPTH_MAX / 2 && level != LEVEL_CONCAT)
            lrt_template_parse_fail(p, "more than %d operators in a row", TEMPLATE_DEPTH_MAX / 2);
        struct template_node *whole = n->kind == NODE_CONCAT && level == LEVEL_CONCAT && length > 1
                                          ? n
                                          : lrt_template_node(p, level == LEVEL_CONCAT ? NODE_CONCAT : NODE_BINARY);
        p->token++;
        struct template_node *right = parse_binary(p, level + 1);
        if (!whole || !right) return NULL;
        if (level == LEVEL_CONCAT) {
            if (whole != n) whole->list = n;
            struct template_node *last = whole->b ? whole->b : n; /* b: the end of the list while it grows */
            last->next = right;
            whole->b = right;
        } else {
            *whole = (struct template_node){
                .kind = NODE_BINARY, .line = whole->line, .op = (uint8_t)table[i].op, .a = n, .b = right};
        }
        n = whole;
        i = 0;
    }
    return n;
}

/* The comparison at this token; -1: none. */
static int take_comparison(struct template_parser *p) {
    static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">="};
    for (int i = 0; i < 6; i++)
        if (lrt_template_skip_sign(p, signs[i])) return i;
    if (lrt_template_skip_name(p, "in")) return IS_IN;
    if (lrt_template_at_name(p, "not") && p->token[1].kind == TOKEN_NAME && p->token[1].bytes == 2 &&
        memcmp(p->token[1].text, "in", 2) == 0) {
        p->token += 2;
        return IS_NOT_IN;
    }
    return -1;
}

static struct template_node *parse_comparison(struct template_parser *p) {
    struct template_node *n = parse_binary(p, LEVEL_ADD), *whole = NULL;
    struct chain chain = {NULL};
    for (int op; n && !p->status && (op = take_comparison(p)) >= 0;) {
        struct template_node *operand = lrt_template_node(p, NODE_OPERAND);
        if (!whole) {
            whole = lrt_template_node(p, NODE_COMPARE);
            if (!whole) return NULL;
            whole->a = n;
            chain.end = &whole->list;
        }
        if (!operand) return NULL;
        operand->op = (uint8_t)op;
        operand->a = parse_binary(p, LEVEL_ADD);
        link(&chain, operand);
    }
    return whole ? whole : n;
}

static struct template_node *parse_not(struct template_parser *p) {
    if (!lrt_template_at_name(p, "not")) return parse_comparison(p);
    struct template_node *n = lrt_template_node(p, NODE_NOT);
    p->token++;
    if (n && lrt_template_enter(p)) n->a = parse_not(p);
    p->nesting--;
    return n;
}

/* `and` (kind NODE_AND) binds tighter than `or`; its operands are `not` expressions. */
static struct template_node *parse_logic(struct template_parser *p, enum template_node_kind kind) {
    struct template_node *n = kind == NODE_OR ? parse_logic(p, NODE_AND) : parse_not(p);
    for (int length = 0; n && !p->status && lrt_template_skip_name(p, kind == NODE_OR ? "or" : "and"); length++) {
        struct template_node *whole = lrt_template_node(p, kind);
        if (!whole) return NULL;
        if (length > TEMPLATE_DEPTH_MAX / 2) lrt_template_parse_fail(p, "too many conditions in a row");
        whole->a = n;
        whole->b = kind == NODE_OR ? parse_logic(p, NODE_AND) : parse_not(p);
        n = whole;
    }
    return n;
}

struct template_node *lrt_template_parse_expression(struct template_parser *p, int with_condition) {
    struct template_node *n = NULL;
    if (lrt_template_enter(p)) n = parse_logic(p, NODE_OR);
    while (with_condition && n && !p->status && lrt_template_skip_name(p, "if")) {
        struct template_node *whole = lrt_template_node(p, NODE_CONDITIONAL);
        if (!whole) break;
        whole->a = n;
        whole->b = parse_logic(p, NODE_OR);
        if (lrt_template_skip_name(p, "else")) whole->c = lrt_template_parse_expression(p, 1);
        n = whole;
    }
    p->nesting--;
    return p->status ? NULL : n;
}

struct template_node *lrt_template_parse_tuple(struct template_parser *p, int with_condition) {
    struct template_node *first = lrt_template_parse_expression(p, with_condition);
    if (!first || !lrt_template_at_sign(p, ",")) return first;
    struct template_node *tuple = lrt_template_node(p, NODE_TUPLE);
    if (!tuple) return NULL;
    tuple->list = first;
    struct chain chain = {&first->next};
    while (!p->status && lrt_template_skip_sign(p, ",")) {
        const enum template_token_kind kind = p->token->kind;
        if (kind == TOKEN_BLOCK_END || kind == TOKEN_PRINT_END || lrt_template_at_sign(p, ")") ||
            lrt_template_at_sign(p, "=") || lrt_template_at_name(p, "in"))
            break;
        link(&chain, lrt_template_parse_expression(p, with_condition));
    }
    return tuple;
}
