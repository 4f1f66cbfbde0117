// AST construction: one function a node; lists of the grammar become arrays. The only check is the depth of
// expressions.
#include "compiler/front/ast_build.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/front/scan.h"

struct ast_list *list_add(struct parser *p, struct ast_list *list, void *item) {
    if (!list) list = ARENA_NEW(p->arena, struct ast_list);
    list->items = arena_grow(p->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    if (item) list->items[list->count++] = item;
    return list;
}

struct ast_list *list_join(struct parser *p, struct ast_list *list, const struct ast_list *more) {
    for (size_t i = 0; more && i < more->count; i++) list = list_add(p, list, more->items[i]);
    return list;
}

static size_t list_count(const struct ast_list *list) { return list ? list->count : 0; }

// An array of the pointed-to structs.
static void *flatten(struct parser *p, const struct ast_list *list, size_t item_bytes) {
    size_t count = list_count(list);
    char *array = arena_alloc(p->arena, count * item_bytes);
    for (size_t i = 0; i < count; i++) memcpy(array + i * item_bytes, list->items[i], item_bytes);
    return array;
}

static struct expr **expressions(struct parser *p, const struct ast_list *list) {
    struct expr **array = ARENA_ARRAY(p->arena, struct expr *, list_count(list));
    for (size_t i = 0; i < list_count(list); i++) array[i] = list->items[i];
    return array;
}

static struct expr *new_expr(struct parser *p, struct expr e) {
    uint32_t depth = 0;
    for (size_t i = 0; i < e.n_args; i++)
        if (e.args[i]->depth > depth) depth = e.args[i]->depth;
    for (size_t i = 0; i < e.n_named; i++)
        if (e.named[i].value->depth > depth) depth = e.named[i].value->depth;
    struct expr *copy = ARENA_NEW(p->arena, struct expr);
    *copy = e;
    copy->depth = depth + 1;
    if (copy->depth > EXPR_DEPTH_MAX) {
        if (!p->too_deep) {
            diag_report(p->diagnostics, DIAG_E0121, e.span, "expression is nested more than %d levels deep",
                        EXPR_DEPTH_MAX);
            diag_hint(p->diagnostics, "give parts of it a name of their own");
        }
        p->too_deep = true;
        // The file has an error, so nobody uses this tree. Leaving out the arguments keeps it shallow.
        *copy = (struct expr){.kind = EXPR_NUMBER, .span = e.span, .depth = 1};
    }
    return copy;
}

struct expr_named *build_argument(struct parser *p, struct ast_word name, struct expr *value) {
    struct expr_named *argument = ARENA_NEW(p->arena, struct expr_named);
    *argument = (struct expr_named){name.text, name.span, value};
    return argument;
}

struct expr *build_number(struct parser *p, double number, struct span at) {
    return new_expr(p, (struct expr){.kind = EXPR_NUMBER, .span = at, .number = number});
}

struct expr *build_name(struct parser *p, struct ast_word name) {
    return new_expr(p, (struct expr){.kind = EXPR_NAME, .span = name.span, .name = name.text, .span_name = name.span});
}

struct expr *build_call(struct parser *p, struct ast_word name, const struct ast_list *arguments, struct span at) {
    struct expr e = {.kind = EXPR_CALL, .span = at, .name = name.text, .span_name = name.span};
    size_t count = list_count(arguments);
    e.args = ARENA_ARRAY(p->arena, struct expr *, count);
    e.named = ARENA_ARRAY(p->arena, struct expr_named, count);
    for (size_t i = 0; i < count; i++) {
        const struct expr_named *argument = arguments->items[i];
        if (argument->name)
            e.named[e.n_named++] = *argument;
        else if (e.n_named == 0)
            e.args[e.n_args++] = argument->value;
        else
            diag_report(p->diagnostics, DIAG_E0101, argument->value->span,
                        "a positional argument stands after the attribute '%s'", e.named[e.n_named - 1].name);
    }
    return new_expr(p, e);
}

static struct expr *with_args(struct parser *p, struct expr e, struct expr *const *args, size_t n_args) {
    e.args = ARENA_ARRAY(p->arena, struct expr *, n_args);
    memcpy(e.args, args, n_args * sizeof *args);
    e.n_args = n_args;
    return new_expr(p, e);
}

struct expr *build_unary(struct parser *p, enum expr_operator operation, struct expr *a, struct span at) {
    return with_args(p, (struct expr){.kind = EXPR_UNARY, .span = at, .operation = operation}, &a, 1);
}

struct expr *build_binary(struct parser *p, enum expr_operator operation, struct expr *a, struct expr *b,
                          struct span at) {
    struct expr *args[] = {a, b};
    return with_args(p, (struct expr){.kind = EXPR_BINARY, .span = at, .operation = operation}, args, 2);
}

struct expr *build_conditional(struct parser *p, struct expr *condition, struct expr *yes, struct expr *no,
                               struct span at) {
    struct expr *args[] = {condition, yes, no};
    return with_args(p, (struct expr){.kind = EXPR_CONDITIONAL, .span = at}, args, 3);
}

struct expr *build_tuple(struct parser *p, const struct ast_list *items, struct span at) {
    return new_expr(
        p, (struct expr){.kind = EXPR_TUPLE, .span = at, .args = expressions(p, items), .n_args = items->count});
}

struct ast_word *build_word(struct parser *p, struct ast_word word) {
    struct ast_word *copy = ARENA_NEW(p->arena, struct ast_word);
    *copy = word;
    return copy;
}

struct ast_file_name *build_file_name(struct parser *p, struct ast_word format, struct ast_word name) {
    struct ast_file_name *file_name = ARENA_NEW(p->arena, struct ast_file_name);
    *file_name = (struct ast_file_name){format, name};
    return file_name;
}

struct ast_setting *build_setting(struct parser *p, struct ast_word name, struct expr *value, struct ast_word unit,
                                  struct span at) {
    struct ast_setting *setting = ARENA_NEW(p->arena, struct ast_setting);
    *setting = (struct ast_setting){name, value, unit, at};
    return setting;
}

struct ast_pattern *build_pattern(struct parser *p, struct ast_word block, struct expr *from, struct expr *to,
                                  const struct ast_list *names, struct span at) {
    struct ast_pattern *pattern = ARENA_NEW(p->arena, struct ast_pattern);
    *pattern = (struct ast_pattern){.span = at, .block = block, .from = from, .to = to, .n_names = list_count(names)};
    pattern->names = flatten(p, names, sizeof(struct ast_word));
    return pattern;
}

struct ast_item *build_item(struct parser *p, enum item_kind kind, struct ast_word name, struct span at) {
    struct ast_item *item = ARENA_NEW(p->arena, struct ast_item);
    *item = (struct ast_item){.kind = kind, .span = at, .name = name};
    return item;
}

struct ast_item *build_value(struct parser *p, enum item_kind kind, struct ast_word name, struct expr *value,
                             struct span at) {
    struct ast_item *item = build_item(p, kind, name, at);
    item->value = value;
    return item;
}

struct ast_item *build_default(struct parser *p, enum item_kind kind, struct ast_word name, struct expr *value,
                               struct span at) {
    struct ast_item *item = build_value(p, kind, name, value, at);
    item->is_default = true;
    return item;
}

struct ast_item *build_input(struct parser *p, struct ast_word name, const struct ast_list *shape, struct expr *type,
                             const struct ast_list *settings, struct span at) {
    struct ast_item *item = build_value(p, ITEM_INPUT, name, type, at);
    item->shape = expressions(p, shape);
    item->n_shape = list_count(shape);
    item->settings = flatten(p, settings, sizeof(struct ast_setting));
    item->n_settings = list_count(settings);
    return item;
}

struct ast_item *build_weight(struct parser *p, struct ast_word name, const struct ast_list *shape,
                              struct expr *condition, const struct ast_list *file_names, struct span at) {
    struct ast_item *item = build_item(p, ITEM_WEIGHT, name, at);
    item->condition = condition;
    item->shape = expressions(p, shape);
    item->n_shape = list_count(shape);
    item->file_names = flatten(p, file_names, sizeof(struct ast_file_name));
    item->n_file_names = list_count(file_names);
    return item;
}

static struct ast_item *build_stmt(struct parser *p, struct stmt s) {
    struct ast_item *item = build_item(p, ITEM_STMT, (struct ast_word){0}, s.span);
    item->stmt = ARENA_NEW(p->arena, struct stmt);
    *item->stmt = s;
    return item;
}

struct ast_item *build_assign(struct parser *p, const struct ast_list *names, struct expr *value, struct span at) {
    struct stmt s = {.kind = STMT_ASSIGN, .span = at, .n_names = list_count(names), .value = value};
    s.names = ARENA_ARRAY(p->arena, const char *, s.n_names);
    s.name_spans = ARENA_ARRAY(p->arena, struct span, s.n_names);
    for (size_t i = 0; i < s.n_names; i++) {
        const struct ast_word *word = names->items[i];
        s.names[i] = word->text;
        s.name_spans[i] = word->span;
    }
    return build_stmt(p, s);
}

struct ast_item *build_return(struct parser *p, struct expr *value, struct span at) {
    return build_stmt(p, (struct stmt){.kind = STMT_RETURN, .span = at, .value = value});
}

struct ast_item *build_adapt(struct parser *p, const struct ast_list *patterns, struct expr *adapter, struct span at) {
    struct ast_item *item = build_value(p, ITEM_ADAPT, (struct ast_word){0}, adapter, at);
    item->patterns = flatten(p, patterns, sizeof(struct ast_pattern));
    item->n_patterns = list_count(patterns);
    return item;
}

struct ast_item *build_train(struct parser *p, const struct ast_list *settings, struct span at) {
    struct ast_item *item = build_item(p, ITEM_TRAIN, (struct ast_word){0}, at);
    item->settings = flatten(p, settings, sizeof(struct ast_setting));
    item->n_settings = list_count(settings);
    return item;
}

struct ast_item *build_range(struct parser *p, struct ast_word index, struct expr *from, struct expr *to,
                             struct expr *each, struct span at) {
    struct ast_item *range = build_item(p, ITEM_BLOCK, (struct ast_word){0}, at);
    range->index = index;
    range->from = from;
    range->to = to;
    range->each = each;
    return range;
}

struct ast_item *build_block(struct parser *p, struct ast_word name, const struct ast_list *params,
                             const struct ast_item *range, const struct ast_list *items, struct span at) {
    struct ast_item *item = build_item(p, ITEM_BLOCK, name, at);
    if (range) {
        item->index = range->index;
        item->from = range->from;
        item->to = range->to;
        item->each = range->each;
    }
    item->params = flatten(p, params, sizeof(struct ast_word));
    item->n_params = list_count(params);
    item->n_items = list_count(items);
    item->items = ARENA_ARRAY(p->arena, struct ast_item *, item->n_items);
    for (size_t i = 0; i < item->n_items; i++) item->items[i] = items->items[i];
    return item;
}
