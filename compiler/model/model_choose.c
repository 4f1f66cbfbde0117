// Choices: what dims and constants decide in bodies is decided here, so that all later stages see plain expressions.
// `condition ? a : b` of tensors becomes a or b, and calls go without the weights that are not there.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/model/builder.h"

struct choosing { // in one body
    struct builder *b;
    const struct model_block *block; // NULL: the top level
    int32_t block_number;            // -1: the top level
};

static bool is_assigned(const char *name, const struct stmt *body, size_t n_body) {
    for (size_t i = 0; i < n_body; i++)
        for (size_t j = 0; j < body[i].n_names; j++)
            if (strcmp(body[i].names[j], name) == 0) return true;
    return false;
}

// The absent weight that a name stands for; a block's parameters and values hide those of the top level.
static const struct model_absent *absent_weight(const struct choosing *c, const struct expr *e) {
    const struct model_absent *absent =
        e->kind == EXPR_NAME ? model_find_absent(c->b->model, e->name, c->block_number) : NULL;
    if (!absent || absent->block == c->block_number) return absent;
    for (size_t i = 0; i < c->block->n_params; i++)
        if (strcmp(c->block->params[i], e->name) == 0) return NULL;
    return is_assigned(e->name, c->block->body, c->block->n_body) ? NULL : absent;
}

static void report_absent(struct choosing *c, const struct expr *e, const struct model_absent *absent) {
    diag_report(c->b->diagnostics, DIAG_E0122, e->span, "the weight '%s' is not there, and this cannot go without it",
                e->name);
    diag_note(c->b->diagnostics, absent->span, "its condition is 0");
}

// How many operands a call has when it goes without the last ones that are not there.
static size_t count_operands(const struct choosing *c, const struct expr *call) {
    size_t n = call->n_args;
    if (call->kind != EXPR_CALL || model_find_block(c->b->model, call->name) >= 0) return n;
    while (n > 1 && absent_weight(c, call->args[n - 1])) n--;
    return n;
}

static struct expr *choose(struct choosing *c, struct expr *e);

static struct expr *choose_branch(struct choosing *c, struct expr *e) {
    const char *index = c->block ? c->block->index : NULL;
    double condition;
    if (model_uses_index(e->args[0], index)) {
        diag_report(c->b->diagnostics, DIAG_E0122, e->args[0]->span, "the index '%s' cannot choose between tensors",
                    index);
        diag_hint(c->b->diagnostics, "instances of a block are alike; declare a block for each kind of layer");
        return e->args[1];
    }
    if (!model_number(c->b->model, e->args[0], NULL, 0, &condition, c->b->diagnostics)) return e->args[1];
    return choose(c, e->args[condition != 0 ? 1 : 2]);
}

// An attribute may be a word. What depends on the index is a number of each iteration, for lowering to find.
static struct expr *choose_word(struct choosing *c, struct expr *e) {
    const char *index = c->block ? c->block->index : NULL;
    if (e->kind != EXPR_CONDITIONAL || model_is_number(c->b->model, e, index) || model_uses_index(e, index)) return e;
    return choose_branch(c, e);
}

// The tree is the file's and stays as it is: what is chosen is a copy.
static struct expr *choose(struct choosing *c, struct expr *e) {
    const struct model_absent *absent = absent_weight(c, e);
    if (absent) report_absent(c, e, absent);
    if (model_is_number(c->b->model, e, c->block ? c->block->index : NULL)) return e;
    if (e->kind == EXPR_CONDITIONAL) return choose_branch(c, e);
    struct expr *copy = ARENA_NEW(c->b->arena, struct expr);
    *copy = *e;
    copy->n_args = count_operands(c, e);
    copy->args = ARENA_ARRAY(c->b->arena, struct expr *, e->n_args + 1);
    for (size_t i = 0; i < copy->n_args; i++) copy->args[i] = choose(c, e->args[i]);
    copy->named = ARENA_ARRAY(c->b->arena, struct expr_named, e->n_named);
    for (size_t i = 0; i < e->n_named; i++) {
        copy->named[i] = e->named[i];
        copy->named[i].value = choose_word(c, e->named[i].value);
    }
    return copy;
}

static void choose_in(struct choosing c, struct stmt *body, size_t n_body) {
    for (size_t i = 0; i < n_body; i++) body[i].value = choose(&c, body[i].value);
}

void resolve_choices(struct builder *b) {
    struct model *m = b->model;
    for (size_t i = 0; i < m->n_blocks; i++)
        choose_in((struct choosing){b, &m->blocks[i], (int32_t)i}, m->blocks[i].body, m->blocks[i].n_body);
    choose_in((struct choosing){b, NULL, -1}, m->body, m->n_body);
}
