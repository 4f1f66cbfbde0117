// Model: the tree of a file and all it includes becomes what it means, stage by stage; and look-ups in the result.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/model/builder.h"

static void take_items(struct builder *b, const struct ast_file *file) {
    for (size_t i = 0; i < file->n_items; i++) {
        const struct ast_item *item = file->items[i];
        if (item->kind == ITEM_INCLUDE) {
            if (item->file) take_items(b, item->file);
            continue;
        }
        b->items = arena_grow(b->arena, b->items, b->n_items, &b->c_items, sizeof *b->items);
        b->items[b->n_items++] = item;
    }
}

static void read_name(struct builder *b, const struct ast_file *file) {
    struct model *m = b->model;
    for (size_t i = 0; i < b->n_items; i++) {
        const struct ast_item *item = b->items[i];
        if (item->kind != ITEM_MODEL) continue;
        if (m->name) {
            diag_report(b->diagnostics, DIAG_E0104, item->name.span, "the model has a name already");
            diag_note(b->diagnostics, m->span, "it is named '%s' here", m->name);
            continue;
        }
        m->name = item->name.text;
        m->span = item->name.span;
    }
    if (m->name) return;
    diag_report(b->diagnostics, DIAG_E0104, file->span, "the file has no model statement");
    diag_hint(b->diagnostics, "begin it with a name for the generated code: model NAME");
}

struct model *model_build(struct arena *a, struct sources *s, struct diagnostics *d, const struct ast_file *file,
                          const struct model_options *options) {
    struct builder b = {
        .arena = a, .sources = s, .diagnostics = d, .options = options, .model = ARENA_NEW(a, struct model)};
    take_items(&b, file);
    read_name(&b, file);
    settle_numbers(&b);
    settle_declarations(&b);
    settle_names(&b);
    settle_adaptations(&b);
    settle_train(&b);
    return diag_failed(d) ? NULL : b.model;
}

int model_find_weight(const struct model *m, const char *name, int32_t block) {
    int outside = -1;
    for (size_t i = 0; i < m->n_weights; i++) {
        if (strcmp(m->weights[i].name, name) != 0) continue;
        if (m->weights[i].block == block) return (int)i;
        if (m->weights[i].block == -1) outside = (int)i;
    }
    return outside;
}

const struct model_input *model_find_input(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_inputs; i++)
        if (strcmp(m->inputs[i].name, name) == 0) return &m->inputs[i];
    return NULL;
}

int model_find_block(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_blocks; i++)
        if (strcmp(m->blocks[i].name, name) == 0) return (int)i;
    return -1;
}

double model_option_number(const struct model_option *options, size_t n_options, const char *name, double absent) {
    for (size_t i = 0; i < n_options; i++)
        if (strcmp(options[i].name, name) == 0) return options[i].value[0];
    return absent;
}

int64_t model_rows(const struct model *m) {
    int64_t rows = 1;
    for (int d = 0; d < m->inputs[0].rank; d++) rows *= m->inputs[0].shape[d];
    return rows;
}

int64_t model_gradient_option(const struct model_train *t, const char *name) {
    return (int64_t)model_option_number(t->gradient_options, t->n_gradient_options, name, 0);
}

bool model_updates_can_fuse(const struct model_train *t) { return t->clip == 0 && t->accumulate == 1; }
