// AST construction: what the grammar's actions call. Everything lives in the parser's arena.
#pragma once
#include "compiler/front/ast.h"

struct parser;

struct ast_list { // of pointers, growing; a NULL list is empty
    void **items;
    size_t count, capacity;
};
struct ast_list *list_add(struct parser *p, struct ast_list *list, void *item);
struct ast_list *list_join(struct parser *p, struct ast_list *list, const struct ast_list *more);

// Lists of call arguments hold struct expr_named; name NULL: a positional argument.
struct expr_named *build_argument(struct parser *p, struct ast_word name, struct expr *value);

struct expr *build_number(struct parser *p, double number, struct span at);
struct expr *build_name(struct parser *p, struct ast_word name);
struct expr *build_call(struct parser *p, struct ast_word name, const struct ast_list *arguments, struct span at);
struct expr *build_unary(struct parser *p, enum expr_operator operation, struct expr *a, struct span at);
struct expr *build_binary(struct parser *p, enum expr_operator operation, struct expr *a, struct expr *b,
                          struct span at);
struct expr *build_conditional(struct parser *p, struct expr *condition, struct expr *yes, struct expr *no,
                               struct span at);
struct expr *build_tuple(struct parser *p, const struct ast_list *items, struct span at);

struct ast_word *build_word(struct parser *p, struct ast_word word);
struct ast_file_name *build_file_name(struct parser *p, struct ast_word format, struct ast_word name);
struct ast_setting *build_setting(struct parser *p, struct ast_word name, struct expr *value, struct ast_word unit,
                                  struct span at);
// names NULL: `*`.
struct ast_pattern *build_pattern(struct parser *p, struct ast_word block, struct expr *from, struct expr *to,
                                  const struct ast_list *names, struct span at);

struct ast_item *build_item(struct parser *p, enum item_kind kind, struct ast_word name, struct span at);
struct ast_item *build_value(struct parser *p, enum item_kind kind, struct ast_word name, struct expr *value,
                             struct span at);
// A dim or const that another declaration of its name replaces.
struct ast_item *build_default(struct parser *p, enum item_kind kind, struct ast_word name, struct expr *value,
                               struct span at);
struct ast_item *build_input(struct parser *p, struct ast_word name, const struct ast_list *shape, struct expr *type,
                             const struct ast_list *settings, struct span at);
// condition NULL: the weight is always there.
struct ast_item *build_weight(struct parser *p, struct ast_word name, const struct ast_list *shape,
                              struct expr *condition, const struct ast_list *file_names, struct span at);
struct ast_item *build_assign(struct parser *p, const struct ast_list *names, struct expr *value, struct span at);
struct ast_item *build_return(struct parser *p, struct expr *value, struct span at);
struct ast_item *build_adapt(struct parser *p, const struct ast_list *patterns, struct expr *adapter, struct span at);
struct ast_item *build_train(struct parser *p, const struct ast_list *settings, struct span at);
// The range of a block's `for`; NULL to build_block: none.
struct ast_item *build_range(struct parser *p, struct ast_word index, struct expr *from, struct expr *to,
                             struct expr *each, struct span at);
struct ast_item *build_block(struct parser *p, struct ast_word name, const struct ast_list *params,
                             const struct ast_item *range, const struct ast_list *items, struct span at);
