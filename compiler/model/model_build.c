// Model: the tree of a file and all it includes becomes what it means, stage by stage.
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

// A default counts only where no other declaration of its name does; of several defaults the first one read counts.
static bool is_replaced(const struct builder *b, size_t at) {
    const struct ast_item *item = b->items[at];
    for (size_t i = 0; item->is_default && i < b->n_items; i++)
        if (b->items[i]->kind == item->kind && (i < at || !b->items[i]->is_default) &&
            strcmp(b->items[i]->name.text, item->name.text) == 0)
            return true;
    return false;
}

static void drop_replaced_defaults(struct builder *b) {
    const struct ast_item **kept = ARENA_ARRAY(b->arena, const struct ast_item *, b->n_items);
    size_t n = 0;
    for (size_t i = 0; i < b->n_items; i++)
        if (!is_replaced(b, i)) kept[n++] = b->items[i];
    b->items = kept;
    b->n_items = n;
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
    drop_replaced_defaults(&b);
    read_name(&b, file);
    resolve_numbers(&b);
    resolve_declarations(&b);
    resolve_choices(&b);
    resolve_names(&b);
    resolve_adaptations(&b);
    resolve_train(&b);
    return diag_failed(d) ? NULL : b.model;
}
