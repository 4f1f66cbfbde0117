// Model: the tree of a file and all it includes becomes what it means, stage by stage.
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
    resolve_numbers(&b);
    resolve_declarations(&b);
    resolve_names(&b);
    resolve_adaptations(&b);
    resolve_train(&b);
    return diag_failed(d) ? NULL : b.model;
}
