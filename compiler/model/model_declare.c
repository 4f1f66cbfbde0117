// Declarations: inputs, weights and blocks with their shapes, ranges and names in files. A file and all it includes
// share one set of names; each block has another.
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/near.h"
#include "compiler/model/builder.h"

enum { RUNS_LIMIT = 1 << 16 }; // of a block: as for elements_limit

struct declared {
    const char *name;
    struct span span;
};

static int by_name(const void *a, const void *b) {
    const struct declared *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order) return order;
    if (x->span.source != y->span.source) return x->span.source < y->span.source ? -1 : 1;
    return x->span.first < y->span.first ? -1 : x->span.first > y->span.first;
}

// Reports every name that stands twice in the list. The list is left sorted.
static void report_twice(struct builder *b, struct declared *list, size_t count) {
    if (count > 1) qsort(list, count, sizeof *list, by_name);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(list[i].name, list[i - 1].name) != 0) continue;
        diag_report(b->diagnostics, DIAG_E0102, list[i].span, "'%s' is declared twice", list[i].name);
        diag_note(b->diagnostics, list[i - 1].span, "'%s' was declared here", list[i - 1].name);
    }
}

static void check_top_names(struct builder *b) {
    struct declared *list = ARENA_ARRAY(b->arena, struct declared, b->n_items);
    size_t count = 0;
    for (size_t i = 0; i < b->n_items; i++) {
        const struct ast_item *item = b->items[i];
        switch (item->kind) {
        case ITEM_DIM:
        case ITEM_CONST:
        case ITEM_INPUT:
        case ITEM_WEIGHT:
        case ITEM_BLOCK: list[count++] = (struct declared){item->name.text, item->name.span}; break;
        default: break;
        }
    }
    report_twice(b, list, count);
}

static void check_block_names(struct builder *b, const struct ast_item *block) {
    struct declared *list = ARENA_ARRAY(b->arena, struct declared, block->n_items + block->n_params + 1);
    size_t count = 0;
    if (block->index.text) list[count++] = (struct declared){block->index.text, block->index.span};
    for (size_t i = 0; i < block->n_params; i++)
        list[count++] = (struct declared){block->params[i].text, block->params[i].span};
    for (size_t i = 0; i < block->n_items; i++)
        if (block->items[i]->kind == ITEM_WEIGHT)
            list[count++] = (struct declared){block->items[i]->name.text, block->items[i]->name.span};
    report_twice(b, list, count);
}

// Fills rank and shape. The elements of all `instances` copies must be countable too.
static void read_shape(struct builder *b, const struct ast_item *item, const char *index, int64_t instances, int *rank,
                       int64_t *shape) {
    if (item->n_shape > MODEL_RANK_MAX) {
        diag_report(b->diagnostics, DIAG_E0112, item->name.span, "'%s' has %zu dims; a tensor has at most %d",
                    item->name.text, item->n_shape, MODEL_RANK_MAX);
        return;
    }
    int64_t count = instances;
    for (size_t i = 0; i < item->n_shape; i++) {
        shape[i] = 1;
        const struct expr *e = item->shape[i];
        if (model_uses_index(e, index)) {
            diag_report(b->diagnostics, DIAG_E0112, e->span, "the shape of '%s' depends on the index '%s'",
                        item->name.text, index);
            continue;
        }
        const char *what = arena_print(b->arena, "dim %zu of '%s'", i + 1, item->name.text);
        builder_whole(b, e, 1, DIAG_E0112, what, &shape[i]);
        if (shape[i] > elements_limit / count) {
            diag_report(b->diagnostics, DIAG_E0112, e->span, "'%s' has too many elements to count", item->name.text);
            shape[i] = 1;
        }
        count *= shape[i];
    }
    *rank = (int)item->n_shape;
}

// Ids have 32 bits, and so has the number of rows that a list of ids selects.
static void check_ids(struct builder *b, const struct ast_item *item, const struct model_input *input) {
    int64_t count = 1;
    for (int i = 0; i < input->rank; i++) {
        if (input->shape[i] > INT32_MAX / count) {
            diag_report(b->diagnostics, DIAG_E0119, item->shape[i]->span,
                        "'%s' holds more than %d elements; rows are numbered with 32 bits", input->name, INT32_MAX);
            return;
        }
        count *= input->shape[i];
    }
    if (input->vocab > INT32_MAX)
        diag_report(b->diagnostics, DIAG_E0119, item->value->span, "there are more than %d tokens; ids have 32 bits",
                    INT32_MAX);
}

// ---- inputs ----

static bool read_token_type(struct builder *b, const struct expr *type, struct model_input *input) {
    if (type->kind == EXPR_NAME && strcmp(type->name, "float") == 0) return true;
    if (type->kind != EXPR_CALL || strcmp(type->name, "token") != 0 || type->n_args != 1 || type->n_named) return false;
    input->is_token = true;
    input->vocab = 1;
    builder_whole(b, type->args[0], 1, DIAG_E0119, "the number of tokens", &input->vocab);
    return true;
}

static void read_ignore(struct builder *b, const struct ast_setting *setting, struct model_input *input) {
    if (strcmp(setting->name.text, "ignore") != 0) {
        diag_report(b->diagnostics, DIAG_E0119, setting->name.span, "an input has no setting '%s'", setting->name.text);
        diag_hint(b->diagnostics, "the only one is `ignore ID`");
        return;
    }
    if (!input->is_token || input->has_ignore) {
        diag_report(b->diagnostics, DIAG_E0119, setting->name.span, "%s",
                    input->has_ignore ? "`ignore` is given twice" : "only tokens can be ignored");
        return;
    }
    input->has_ignore = builder_whole(b, setting->value, INT32_MIN, DIAG_E0119, "the ignored id", &input->ignore);
    if (input->has_ignore && input->ignore > INT32_MAX)
        diag_report(b->diagnostics, DIAG_E0119, setting->value->span, "the ignored id does not fit in 32 bits");
}

static void declare_input(struct builder *b, const struct ast_item *item) {
    struct model *m = b->model;
    struct model_input input = {.name = item->name.text, .span = item->name.span};
    read_shape(b, item, NULL, 1, &input.rank, input.shape);
    if (!read_token_type(b, item->value, &input)) {
        diag_report(b->diagnostics, DIAG_E0119, item->value->span, "the type of input '%s' is not known", input.name);
        diag_hint(b->diagnostics, "the types are token(size) and float");
    }
    check_ids(b, item, &input);
    for (size_t i = 0; i < item->n_settings; i++) read_ignore(b, &item->settings[i], &input);
    m->inputs = arena_grow(b->arena, m->inputs, m->n_inputs, &b->c_inputs, sizeof *m->inputs);
    m->inputs[m->n_inputs++] = input;
}

// ---- weights ----

static void check_instance_mark(struct builder *b, const struct ast_word *name, bool repeated) {
    bool found = false;
    for (const char *c = name->text; (c = strchr(c, '{')); c++) {
        if (strncmp(c, "{i}", 3) != 0) {
            diag_report(b->diagnostics, DIAG_E0120, name->span, "the name holds a '{' that does not begin {i}");
            return;
        }
        found = true;
    }
    if (found == repeated) return;
    diag_report(b->diagnostics, DIAG_E0120, name->span, "%s",
                repeated ? "the name has no {i}: every instance of the block would get the same tensor"
                         : "the name has {i}, but the weight is not in a repeated block");
}

static void read_file_names(struct builder *b, const struct ast_item *item, bool repeated, struct model_weight *w) {
    for (size_t i = 0; i < item->n_file_names; i++) {
        const struct ast_file_name *file_name = &item->file_names[i];
        bool is_gguf = strcmp(file_name->format.text, "gguf") == 0;
        if (!is_gguf && strcmp(file_name->format.text, "hf") != 0) {
            diag_report(b->diagnostics, DIAG_E0120, file_name->format.span, "there is no weights format '%s'",
                        file_name->format.text);
            diag_hint(b->diagnostics, "the formats are gguf and hf");
            continue;
        }
        const char **slot = is_gguf ? &w->gguf : &w->hf;
        if (*slot)
            diag_report(b->diagnostics, DIAG_E0120, file_name->format.span, "the %s name of '%s' is given twice",
                        file_name->format.text, w->name);
        if (!*file_name->name.text) diag_report(b->diagnostics, DIAG_E0120, file_name->name.span, "the name is empty");
        check_instance_mark(b, &file_name->name, repeated);
        *slot = file_name->name.text;
    }
}

// Whether a weight's `if` holds. It is one answer for all instances: they run the same code.
static bool is_there(struct builder *b, const struct ast_item *item, const char *index) {
    double value = 1;
    if (!item->condition) return true;
    if (model_uses_index(item->condition, index)) {
        diag_report(b->diagnostics, DIAG_E0122, item->condition->span,
                    "the condition of '%s' depends on the index '%s'", item->name.text, index);
        diag_hint(b->diagnostics, "instances of a block are alike; declare a block for each kind of layer");
        return true;
    }
    return !model_number(b->model, item->condition, NULL, 0, &value, b->diagnostics) || value != 0;
}

static void declare_weight(struct builder *b, const struct ast_item *item, int32_t block) {
    struct model *m = b->model;
    const struct model_block *home = block >= 0 ? &m->blocks[block] : NULL;
    bool repeated = home && home->repeated;
    if (!is_there(b, item, home ? home->index : NULL)) {
        m->absent = arena_grow(b->arena, m->absent, m->n_absent, &b->c_absent, sizeof *m->absent);
        m->absent[m->n_absent++] = (struct model_absent){item->name.text, item->name.span, block};
        return;
    }
    struct model_weight w = {.name = item->name.text,
                             .span = item->name.span,
                             .block = block,
                             .instances = repeated ? home->to - home->from : 1};
    read_shape(b, item, home ? home->index : NULL, w.instances, &w.rank, w.shape);
    read_file_names(b, item, repeated, &w);
    m->weights = arena_grow(b->arena, m->weights, m->n_weights, &b->c_weights, sizeof *m->weights);
    m->weights[m->n_weights++] = w;
}

// ---- blocks ----

static void read_range(struct builder *b, const struct ast_item *item, struct model_block *block) {
    block->each = 1;
    block->to = 1;
    if (!item->index.text) return;
    block->repeated = true;
    block->index = item->index.text;
    int64_t from = 0, to = 1;
    bool ok = builder_whole(b, item->from, 0, DIAG_E0113, "the first instance", &from);
    ok = builder_whole(b, item->to, 0, DIAG_E0113, "the end of the range", &to) && ok;
    if (ok && to <= from)
        diag_report(b->diagnostics, DIAG_E0113, span_join(item->from->span, item->to->span),
                    "the range %lld..%lld holds nothing", (long long)from, (long long)to);
    if (item->each) builder_whole(b, item->each, 1, DIAG_E0113, "each", &block->each);
    if (ok && to > from && to <= RUNS_LIMIT) block->from = from, block->to = to;
    if (!ok || (to <= RUNS_LIMIT && block->each <= RUNS_LIMIT / (block->to - block->from))) return;
    diag_report(b->diagnostics, DIAG_E0113, item->each && to <= RUNS_LIMIT ? item->each->span : item->to->span,
                "the block runs more than %d times", RUNS_LIMIT);
    block->each = 1;
}

static void check_returns(struct builder *b, const struct ast_item *item, const struct model_block *block) {
    for (size_t i = 0; i + 1 < block->n_body; i++) {
        if (block->body[i].kind != STMT_RETURN) continue;
        diag_report(b->diagnostics, DIAG_E0114, block->body[i + 1].span, "statement after the return of block '%s'",
                    block->name);
        diag_note(b->diagnostics, block->body[i].span, "the block returns here");
        return;
    }
    if (block->n_body == 0 || block->body[block->n_body - 1].kind != STMT_RETURN)
        diag_report(b->diagnostics, DIAG_E0114, item->name.span, "block '%s' does not return anything", block->name);
}

static void declare_block(struct builder *b, const struct ast_item *item) {
    struct model *m = b->model;
    struct model_block block = {.name = item->name.text, .span = item->name.span, .n_params = item->n_params};
    block.params = ARENA_ARRAY(b->arena, const char *, item->n_params);
    block.param_spans = ARENA_ARRAY(b->arena, struct span, item->n_params);
    for (size_t i = 0; i < item->n_params; i++) {
        block.params[i] = item->params[i].text;
        block.param_spans[i] = item->params[i].span;
    }
    check_block_names(b, item);
    read_range(b, item, &block);
    block.body = ARENA_ARRAY(b->arena, struct stmt, item->n_items);
    for (size_t i = 0; i < item->n_items; i++)
        if (item->items[i]->kind == ITEM_STMT) block.body[block.n_body++] = *item->items[i]->stmt;
    check_returns(b, item, &block);
    m->blocks = arena_grow(b->arena, m->blocks, m->n_blocks, &b->c_blocks, sizeof *m->blocks);
    m->blocks[m->n_blocks++] = block;
    for (size_t i = 0; i < item->n_items; i++)
        if (item->items[i]->kind == ITEM_WEIGHT) declare_weight(b, item->items[i], (int32_t)(m->n_blocks - 1));
}

static void declare_statement(struct builder *b, const struct stmt *s) {
    struct model *m = b->model;
    if (s->kind == STMT_RETURN) {
        diag_report(b->diagnostics, DIAG_E0114, s->span, "return outside a block");
        return;
    }
    m->body = arena_grow(b->arena, m->body, m->n_body, &b->c_body, sizeof *m->body);
    m->body[m->n_body++] = *s;
}

void resolve_declarations(struct builder *b) {
    check_top_names(b);
    for (size_t i = 0; i < b->n_items; i++) {
        const struct ast_item *item = b->items[i];
        switch (item->kind) {
        case ITEM_INPUT: declare_input(b, item); break;
        case ITEM_WEIGHT: declare_weight(b, item, -1); break;
        case ITEM_BLOCK: declare_block(b, item); break;
        case ITEM_STMT: declare_statement(b, item->stmt); break;
        default: break;
        }
    }
}
