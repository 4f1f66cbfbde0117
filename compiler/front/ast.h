// AST: the tree of one .lora file as written: spelling and spans, no meaning. The grammar's actions only call the
// constructors.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/source.h"

enum expr_kind { EXPR_NUMBER, EXPR_NAME, EXPR_CALL, EXPR_UNARY, EXPR_BINARY, EXPR_CONDITIONAL, EXPR_TUPLE };

// Operators as in C: '+' '-' '*' '/' '%' '<' '>' and the two-letter ones.
enum expr_operator {
    OPERATOR_ADD = '+',
    OPERATOR_SUB = '-',
    OPERATOR_MUL = '*',
    OPERATOR_DIV = '/',
    OPERATOR_MOD = '%',
    OPERATOR_LESS = '<',
    OPERATOR_GREATER = '>',
    OPERATOR_NOT = '!',
    OPERATOR_EQUAL = 256,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_AND,
    OPERATOR_OR,
};

struct expr_named { // `eps: 1e-5` in a call
    const char *name;
    struct span span;
    struct expr *value;
};

struct expr {
    enum expr_kind kind;
    struct span span;
    double number;    // NUMBER
    const char *name; // NAME; CALL: the function (span_name its place)
    struct span span_name;
    enum expr_operator operation; // UNARY, BINARY
    struct expr **args;           // CALL, UNARY 1, BINARY 2, CONDITIONAL 3, TUPLE
    size_t n_args;
    struct expr_named *named; // CALL: attributes
    size_t n_named;
    uint32_t depth; // levels of nesting, 1 for a leaf; at most EXPR_DEPTH_MAX
};

// The parser refuses deeper expressions, so that recursive walks over the tree cannot exhaust the stack.
enum { EXPR_DEPTH_MAX = 200 };

enum stmt_kind { STMT_ASSIGN, STMT_RETURN };

struct stmt { // of a block's body or of the model's top level
    enum stmt_kind kind;
    struct span span;
    const char **names; // ASSIGN: `a = ...`, or `a, b = split(...)`
    struct span *name_spans;
    size_t n_names;
    struct expr *value;
};

struct ast_word { // a name and its place; text NULL: absent
    const char *text;
    struct span span;
};

struct ast_file_name { // `gguf "blk.{i}.attn_q.weight"` of a weight
    struct ast_word format, name;
};

struct ast_setting { // `optimizer adamw(...)` of a train block, `ignore -100` of an input
    struct ast_word name;
    struct expr *value;
    struct ast_word unit; // `64 MiB`: value is 64
    struct span span;
};

struct ast_pattern { // of adapt: `name`, `*`, `layer.*`, `layer.{wq, wk}`, `layer[24..30].wq`
    struct span span;
    struct ast_word block;  // absent: weights outside blocks, or all weights for `*`
    struct expr *from, *to; // NULL: all instances
    struct ast_word *names;
    size_t n_names; // 0: `*`
};

enum item_kind {
    ITEM_MODEL,
    ITEM_DIM,
    ITEM_CONST,
    ITEM_INPUT,
    ITEM_WEIGHT,
    ITEM_BLOCK,
    ITEM_STMT,
    ITEM_ADAPT,
    ITEM_TRAIN,
    ITEM_INCLUDE
};

struct ast_item {
    enum item_kind kind;
    struct span span;
    struct ast_word name;   // MODEL, DIM, CONST, INPUT, WEIGHT, BLOCK; INCLUDE: the path as written
    struct expr *value;     // DIM, CONST; INPUT: its type; ADAPT: the adapter
    bool is_default;        // DIM, CONST: `?=`, another declaration replaces it
    struct expr *condition; // WEIGHT: `if`; NULL: always there
    struct expr **shape;    // INPUT, WEIGHT
    size_t n_shape;
    struct ast_file_name *file_names; // WEIGHT
    size_t n_file_names;
    struct ast_setting *settings; // INPUT, TRAIN
    size_t n_settings;
    struct ast_pattern *patterns; // ADAPT
    size_t n_patterns;
    struct ast_word *params; // BLOCK
    size_t n_params;
    struct ast_word index;         // BLOCK with `for`
    struct expr *from, *to, *each; // BLOCK with `for`; each NULL: 1
    struct ast_item **items;       // BLOCK: its weights and statements, in order
    size_t n_items;
    struct stmt *stmt;     // STMT
    struct ast_file *file; // INCLUDE: the file brought in; NULL when it was there already
};

struct ast_file {
    uint32_t source;
    struct span span;
    struct ast_item **items;
    size_t n_items;
};

struct text;

// Tree dumps: one node a line, two blanks a level. expr_print writes an expression back in the language's syntax.
void ast_dump(const struct ast_file *file, struct text *t);
void expr_print(const struct expr *e, struct text *t);
const char *expr_operator_name(enum expr_operator operation);
