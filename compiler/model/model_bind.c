// Binding: checks that every name in a body is defined where it stands, that calls match their blocks, and that no
// block calls itself. Names of ops are looked up later, at lowering.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/near.h"
#include "compiler/model/builder.h"

struct scope {
    struct builder *b;
    const struct model_block *block; // NULL: the top level
    int32_t block_number;            // -1: the top level
    const char **values;             // parameters and what was assigned so far
    size_t n_values, c_values;
    bool *calls; // [n_blocks] which blocks this body calls
};

static bool is_value(const struct scope *s, const char *name) {
    for (size_t i = 0; i < s->n_values; i++)
        if (strcmp(s->values[i], name) == 0) return true;
    return false;
}

static bool is_number_name(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_dims; i++)
        if (strcmp(m->dims[i].name, name) == 0) return true;
    for (size_t i = 0; i < m->n_consts; i++)
        if (strcmp(m->consts[i].name, name) == 0) return true;
    return false;
}

static bool is_visible(const struct scope *s, const char *name) {
    const struct model *m = s->b->model;
    if (is_value(s, name) || is_number_name(m, name) || model_find_weight(m, name, s->block_number) >= 0) return true;
    if (model_find_absent(m, name, s->block_number)) return true; // reported where it was chosen
    if (!s->block) return model_find_input(m, name) != NULL;
    return s->block->index && strcmp(s->block->index, name) == 0;
}

static void report_unknown(const struct scope *s, const struct expr *e) {
    const struct model *m = s->b->model;
    struct diagnostics *d = s->b->diagnostics;
    diag_report(d, DIAG_E0103, e->span, "unknown name '%s'", e->name);
    if (s->block && model_find_input(m, e->name)) {
        diag_hint(d, "a block does not see inputs: hand '%s' to it as an argument", e->name);
        return;
    }
    for (size_t i = 0; s->block && i < m->n_body; i++) {
        for (size_t j = 0; j < m->body[i].n_names; j++) {
            if (strcmp(m->body[i].names[j], e->name) != 0) continue;
            diag_hint(d, "a block does not see values of the top level: hand '%s' to it as an argument", e->name);
            return;
        }
    }
    struct near near = near_begin(e->name);
    for (size_t i = 0; i < s->n_values; i++) near_try(&near, s->values[i]);
    for (size_t i = 0; i < m->n_weights; i++)
        if (m->weights[i].block == s->block_number || m->weights[i].block == -1) near_try(&near, m->weights[i].name);
    for (size_t i = 0; !s->block && i < m->n_inputs; i++) near_try(&near, m->inputs[i].name);
    for (size_t i = 0; i < m->n_dims; i++) near_try(&near, m->dims[i].name);
    for (size_t i = 0; i < m->n_consts; i++) near_try(&near, m->consts[i].name);
    if (near.best) diag_hint(d, "did you mean '%s'?", near.best);
}

static void check_block_call(struct scope *s, const struct expr *e, int block) {
    const struct model_block *callee = &s->b->model->blocks[block];
    s->calls[block] = true;
    if (e->n_args != callee->n_params) {
        diag_report(s->b->diagnostics, DIAG_E0117, e->span, "block '%s' takes %zu argument%s, not %zu", callee->name,
                    callee->n_params, callee->n_params == 1 ? "" : "s", e->n_args);
        diag_note(s->b->diagnostics, callee->span, "'%s' is declared here", callee->name);
    }
    if (e->n_named)
        diag_report(s->b->diagnostics, DIAG_E0117, e->named[0].span, "block '%s' takes no attributes", callee->name);
}

// An attribute's value may be a word that only the op knows (`mask: causal`), also inside a conditional expression.
static void check_expr(struct scope *s, const struct expr *e, bool word_allowed) {
    switch (e->kind) {
    case EXPR_NAME:
        if (!word_allowed && !is_visible(s, e->name)) report_unknown(s, e);
        return;
    case EXPR_CALL: {
        int block = model_find_block(s->b->model, e->name);
        if (block >= 0) check_block_call(s, e, block);
        for (size_t i = 0; i < e->n_args; i++) check_expr(s, e->args[i], false);
        for (size_t i = 0; i < e->n_named; i++) check_expr(s, e->named[i].value, true);
        return;
    }
    case EXPR_CONDITIONAL:
        check_expr(s, e->args[0], false);
        check_expr(s, e->args[1], word_allowed);
        check_expr(s, e->args[2], word_allowed);
        return;
    case EXPR_NUMBER:
    case EXPR_UNARY:
    case EXPR_BINARY:
    case EXPR_TUPLE:
        for (size_t i = 0; i < e->n_args; i++) check_expr(s, e->args[i], false);
        return;
    }
}

static void assign(struct scope *s, const char *name, struct span at) {
    const struct model *m = s->b->model;
    bool is_declared = !is_value(s, name) && is_visible(s, name);
    // A block may reuse a name of the top level for a value, but not the name of its own weight or index.
    if (is_declared && s->block) {
        int weight = model_find_weight(m, name, s->block_number);
        bool own_weight = weight >= 0 && m->weights[weight].block == s->block_number;
        is_declared = own_weight || (s->block->index && strcmp(s->block->index, name) == 0);
    }
    if (is_declared || model_find_block(m, name) >= 0) {
        diag_report(s->b->diagnostics, DIAG_E0102, at, "'%s' is declared and cannot be assigned", name);
        return;
    }
    if (is_value(s, name)) return;
    s->values = arena_grow(s->b->arena, s->values, s->n_values, &s->c_values, sizeof *s->values);
    s->values[s->n_values++] = name;
}

static void check_body(struct scope *s, const struct stmt *body, size_t n_body) {
    for (size_t i = 0; i < n_body; i++) {
        check_expr(s, body[i].value, false);
        for (size_t j = 0; j < body[i].n_names; j++) assign(s, body[i].names[j], body[i].name_spans[j]);
    }
}

// Finds a block that calls itself, directly or through others. In rounds, a block counts as resolved once all blocks
// that it calls are resolved. A block that never resolves lies on a circle or leads to one.
static void check_circles(struct builder *b, const bool *calls) {
    const struct model *m = b->model;
    bool *resolved = ARENA_ARRAY(b->arena, bool, m->n_blocks);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < m->n_blocks; i++) {
            bool waits = resolved[i];
            for (size_t j = 0; j < m->n_blocks && !waits; j++) waits = calls[i * m->n_blocks + j] && !resolved[j];
            if (waits) continue;
            resolved[i] = changed = true;
        }
    }
    for (size_t i = 0; i < m->n_blocks; i++)
        if (!resolved[i]) {
            diag_report(b->diagnostics, DIAG_E0116, m->blocks[i].span, "block '%s' calls itself, or a block that does",
                        m->blocks[i].name);
            return;
        }
}

void resolve_names(struct builder *b) {
    struct model *m = b->model;
    bool *calls = ARENA_ARRAY(b->arena, bool, m->n_blocks * m->n_blocks);
    for (size_t i = 0; i < m->n_blocks; i++) {
        const struct model_block *block = &m->blocks[i];
        struct scope s = {.b = b, .block = block, .block_number = (int32_t)i, .calls = &calls[i * m->n_blocks]};
        for (size_t j = 0; j < block->n_params; j++) {
            s.values = arena_grow(b->arena, s.values, s.n_values, &s.c_values, sizeof *s.values);
            s.values[s.n_values++] = block->params[j];
        }
        check_body(&s, block->body, block->n_body);
    }
    check_circles(b, calls);
    struct scope top = {.b = b, .block_number = -1, .calls = ARENA_ARRAY(b->arena, bool, m->n_blocks)};
    check_body(&top, m->body, m->n_body);
    b->top_values = top.values;
    b->n_top_values = top.n_values;
}

void bind_expr(struct builder *b, const struct expr *e) {
    struct scope top = {.b = b,
                        .block_number = -1,
                        .values = b->top_values,
                        .n_values = b->n_top_values,
                        .calls = ARENA_ARRAY(b->arena, bool, b->model->n_blocks)};
    check_expr(&top, e, false);
}
