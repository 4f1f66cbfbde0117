// AST: the tree of one .lora file as written: spelling and spans, no meaning. The grammar's actions only call the constructors.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/source.h"

enum expr_kind { EXPR_NUMBER, EXPR_NAME, EXPR_CALL, EXPR_UNARY, EXPR_BINARY, EXPR_CONDITIONAL, EXPR_TUPLE };

// Operators as in C: '+' '-' '*' '/' '%' '<' '>' and the two-letter ones.
enum expr_operator {
    OPERATOR_ADD = '+', OPERATOR_SUB = '-', OPERATOR_MUL = '*', OPERATOR_DIV = '/', OPERATOR_MOD = '%',
    OPERATOR_LESS = '<', OPERATOR_GREATER = '>', OPERATOR_NOT = '!',
    OPERATOR_EQUAL = 256, OPERATOR_NOT_EQUAL, OPERATOR_LESS_EQUAL, OPERATOR_GREATER_EQUAL, OPERATOR_AND, OPERATOR_OR,
};

struct expr_named {  // `eps: 1e-5` in a call
    const char *name;
    struct span span;
    struct expr *value;
};

struct expr {
    enum expr_kind kind;
    struct span span;
    double number;      // NUMBER
    const char *name;   // NAME; CALL: the function (span_name its place)
    struct span span_name;
    enum expr_operator operation;  // UNARY, BINARY
    struct expr **args;            // CALL, UNARY 1, BINARY 2, CONDITIONAL 3, TUPLE
    size_t n_args;
    struct expr_named *named;  // CALL: attributes
    size_t n_named;
};

enum stmt_kind { STMT_ASSIGN, STMT_RETURN };

struct stmt {  // of a block's body or of the model's top level
    enum stmt_kind kind;
    struct span span;
    const char **names;  // ASSIGN: `a = ...`, or `a, b = split(...)`
    struct span *name_spans;
    size_t n_names;
    struct expr *value;
};
