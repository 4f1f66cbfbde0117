/* A template's text as tokens, then as a tree; both lie in the template's arena. */
#ifndef LRT_TEMPLATE_NODES_H
#define LRT_TEMPLATE_NODES_H
#include "runtime/template/template_arena.h"
#include "runtime/template/template_value.h"

enum template_token_kind {
    TOKEN_TEXT, /* between tags, white space cut as the tags say */
    TOKEN_BLOCK_BEGIN,
    TOKEN_BLOCK_END,
    TOKEN_PRINT_BEGIN,
    TOKEN_PRINT_END,
    TOKEN_NAME,
    TOKEN_STRING, /* escapes are resolved */
    TOKEN_INTEGER,
    TOKEN_REAL,
    TOKEN_SIGN, /* an operator, a bracket, a comma ... */
    TOKEN_END
};
struct template_token {
    enum template_token_kind kind;
    uint32_t line;
    const char *text;
    size_t bytes;
    int64_t integer;
    double real;
};

enum template_node_kind {
    /* expressions: a, b, c are operands, list the elements or arguments */
    NODE_LITERAL,
    NODE_NAME,
    NODE_LIST,
    NODE_TUPLE,
    NODE_MAPPING, /* list of NODE_PAIR a: b */
    NODE_PAIR,
    NODE_KEYWORD, /* an argument name=a; value: the name */
    NODE_SPREAD,  /* *a or **a: refused where it runs */
    NODE_NEGATE,
    NODE_PLUS,
    NODE_NOT,
    NODE_AND,
    NODE_OR,
    NODE_BINARY,  /* a op b */
    NODE_CONCAT,  /* list, joined as texts */
    NODE_COMPARE, /* a, then list of NODE_OPERAND op a */
    NODE_OPERAND,
    NODE_CONDITIONAL, /* a if b else c; c NULL */
    NODE_ATTRIBUTE,   /* a.value */
    NODE_INDEX,       /* a[b] */
    NODE_SLICE,       /* [a:b:c] as an index, NULL where empty */
    NODE_CALL,        /* a(list) */
    NODE_FILTER,      /* a | value(list) */
    NODE_TEST,        /* a is value(list); op: 1 negated */
    /* statements: list is the body */
    NODE_TEXT,
    NODE_PRINT, /* a */
    NODE_IF,    /* list of NODE_BRANCH: a the condition, NULL: else */
    NODE_BRANCH,
    NODE_FOR,          /* for a in b if c: list; `other` the else part */
    NODE_SET,          /* a = b */
    NODE_SET_BLOCK,    /* a = what list prints, through the filters b */
    NODE_SET_FIELD,    /* a (a name) . value = b: of a namespace */
    NODE_MACRO,        /* symbol, value: its name; a: parameters (NODE_NAME, b: default) by next; list */
    NODE_CALL_BLOCK,   /* a: the call; b: parameters; list */
    NODE_FILTER_BLOCK, /* a: filters over a NULL NODE_TEXT; list */
    NODE_WITH,         /* a: NODE_SET by next; list */
    NODE_GENERATION,
    NODE_BREAK,
    NODE_CONTINUE
};
enum template_operator { OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE, OP_FLOOR, OP_MODULO, OP_POWER };
enum template_comparison { IS_EQUAL, IS_UNEQUAL, IS_LESS, IS_AT_MOST, IS_GREATER, IS_AT_LEAST, IS_IN, IS_NOT_IN };

struct template_node {
    uint8_t kind, op;
    uint32_t line, symbol; /* symbol: of a name, into the template's names */
    struct template_value value;
    struct template_node *a, *b, *c, *list, *other, *next;
};

struct lrt_template {
    struct template_arena arena;
    char *name;
    const struct template_node *body;
    struct template_value *names; /* by symbol */
    size_t n_names, names_capacity;
    int marks;
};

/* Text to tokens; a TOKEN_END is the last. */
struct template_lexing {
    struct lrt *c;
    struct template_arena *arena;
    const char *name, *text;
    size_t bytes;
    struct template_token *tokens;
    size_t count, capacity;
    uint32_t line;
    int status;
};
int lrt_template_lex(struct template_lexing *l);
int lrt_template_lex_fail(struct template_lexing *l, const char *what);
/* The token at `at` inside a tag; returns where it ends. *depth counts open brackets. */
size_t lrt_template_lex_token(struct template_lexing *l, size_t at, int *depth);
void lrt_template_push_token(struct template_lexing *l, struct template_token token);

struct template_parser {
    struct lrt *c;
    struct lrt_template *t;
    const struct template_token *token;
    int nesting, loops, status;
};
struct template_node *lrt_template_node(struct template_parser *p, enum template_node_kind kind);
int lrt_template_parse_fail(struct template_parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
int lrt_template_enter(struct template_parser *p); /* one level deeper; 0: too deep, or failed */
uint32_t lrt_template_symbol(struct template_parser *p, struct template_value name);
int lrt_template_at_sign(const struct template_parser *p, const char *sign);
int lrt_template_at_name(const struct template_parser *p, const char *name);
int lrt_template_skip_sign(struct template_parser *p, const char *sign); /* 1: it was there */
int lrt_template_skip_name(struct template_parser *p, const char *name);
void lrt_template_expect_sign(struct template_parser *p, const char *sign);
struct template_value lrt_template_take_name(struct template_parser *p);

/* with_condition: "a if b else c" belongs to it. Returns NULL after an error only. */
struct template_node *lrt_template_parse_expression(struct template_parser *p, int with_condition);
struct template_node *lrt_template_parse_tuple(struct template_parser *p, int with_condition);
/* One filter, after its bar; and all filters, tests and calls that follow. */
struct template_node *lrt_template_parse_filter(struct template_parser *p, struct template_node *of);
struct template_node *lrt_template_parse_filters(struct template_parser *p, struct template_node *of);
struct template_node *lrt_template_parse_statements(struct template_parser *p);
#endif
