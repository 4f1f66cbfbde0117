// Adapting: patterns become pairs of a weight and a range of instances, each with its adapter; no instance has two.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/base/near.h"
#include "compiler/model/builder.h"

struct adapting { // one adapt statement
    struct builder *b;
    struct method method;
    enum lrt_adapter kind;
    bool on_linear; // the adapter rewrites the linear that multiplies with the matrix
    struct span at; // of the pattern in hand
};

// ---- which weights `*` means to an adapter that rewrites linear ----

static bool names_weight(const struct model *m, const struct expr *e, int32_t block, size_t weight) {
    if (e->kind != EXPR_NAME || model_find_weight(m, e->name, block) != (int)weight) return false;
    for (size_t i = 0; block >= 0 && i < m->blocks[block].n_params; i++)
        if (strcmp(m->blocks[block].params[i], e->name) == 0) return false; // hidden by a parameter
    return true;
}

static bool only_in_linear(const struct model *m, const struct expr *e, int32_t block, size_t weight) {
    bool is_linear = e->kind == EXPR_CALL && strcmp(e->name, "linear") == 0;
    for (size_t i = 0; i < e->n_args; i++) {
        if (names_weight(m, e->args[i], block, weight) && !(is_linear && i == 1)) return false;
        if (!only_in_linear(m, e->args[i], block, weight)) return false;
    }
    return true;
}

// A matrix whose every use is as the matrix of a linear: not an embedding, so not a tied head either.
static bool is_projection(const struct model *m, size_t weight) {
    if (m->weights[weight].rank != 2) return false;
    for (size_t i = 0; i < m->n_body; i++)
        if (!only_in_linear(m, m->body[i].value, -1, weight)) return false;
    for (size_t i = 0; i < m->n_blocks; i++)
        for (size_t j = 0; j < m->blocks[i].n_body; j++)
            if (!only_in_linear(m, m->blocks[i].body[j].value, (int32_t)i, weight)) return false;
    return true;
}

// ---- one weight ----

// Whether all instances of a pair of this rank beside the matrix can be counted.
static bool check_rank(struct adapting *a, const struct model_weight *w) {
    double rank = model_option_number(a->method.options, a->method.n_options, "rank", 0);
    if (rank * ((double)w->shape[0] + (double)w->shape[1]) * (double)w->instances <= (double)elements_limit)
        return true;
    diag_report(a->b->diagnostics, DIAG_E0324, a->method.span, "%s: 'rank' is too large for '%s' to count its elements",
                a->method.name, w->name);
    return false;
}

static void adapt_weight(struct adapting *a, size_t weight, int64_t from, int64_t to) {
    struct model *m = a->b->model;
    if (!check_rank(a, &m->weights[weight])) return;
    for (size_t i = 0; i < m->n_adaptations; i++) {
        const struct model_adaptation *other = &m->adaptations[i];
        if (other->weight != weight || other->from >= to || from >= other->to) continue;
        diag_report(a->b->diagnostics, DIAG_E0322, a->at, "'%s' is adapted twice", m->weights[weight].name);
        diag_note(a->b->diagnostics, other->span, "it is adapted here already");
        return;
    }
    m->adaptations =
        arena_grow(a->b->arena, m->adaptations, m->n_adaptations, &a->b->c_adaptations, sizeof *m->adaptations);
    m->adaptations[m->n_adaptations++] = (struct model_adaptation){
        .weight = (uint32_t)weight,
        .kind = a->kind,
        .span = a->at,
        .from = from,
        .to = to,
        .options = a->method.options,
        .n_options = a->method.n_options,
    };
}

static void adapt_named(struct adapting *a, size_t weight, struct span at, int64_t from, int64_t to) {
    const struct model_weight *w = &a->b->model->weights[weight];
    if (a->on_linear && w->rank != 2) {
        diag_report(a->b->diagnostics, DIAG_E0326, at, "'%s' has %d dim%s; %s adapts matrices", w->name, w->rank,
                    w->rank == 1 ? "" : "s", a->method.name);
        diag_note(a->b->diagnostics, w->span, "'%s' is declared here", w->name);
        diag_hint(a->b->diagnostics, "train it itself: with full");
        return;
    }
    adapt_weight(a, weight, from, to);
}

// ---- patterns ----

// All weights of `block`; -2: of the whole model. A range [from, to) counts from the block's first instance; to -1:
// all.
static void adapt_all(struct adapting *a, int32_t block, int64_t from, int64_t to) {
    const struct model *m = a->b->model;
    size_t matched = 0;
    for (size_t i = 0; i < m->n_weights; i++) {
        if ((block != -2 && m->weights[i].block != block) || (a->on_linear && !is_projection(m, i))) continue;
        adapt_weight(a, i, to < 0 ? 0 : from, to < 0 ? m->weights[i].instances : to);
        matched++;
    }
    if (matched) return;
    diag_report(a->b->diagnostics, DIAG_E0321, a->at, "the pattern matches no weight that %s can adapt",
                a->method.name);
}

static int find_own_weight(const struct model *m, const char *name, int32_t block) {
    int weight = model_find_weight(m, name, block);
    return weight >= 0 && m->weights[weight].block == block ? weight : -1;
}

static void report_no_weight(struct adapting *a, const struct ast_word *name, int32_t block) {
    const struct model *m = a->b->model;
    struct diagnostics *d = a->b->diagnostics;
    struct near near = near_begin(name->text);
    int elsewhere = -1;
    for (size_t i = 0; i < m->n_weights; i++) {
        if (m->weights[i].block == block) near_try(&near, m->weights[i].name);
        if (strcmp(m->weights[i].name, name->text) == 0) elsewhere = (int)i;
    }
    if (block >= 0)
        diag_report(d, DIAG_E0321, name->span, "block '%s' has no weight '%s'", m->blocks[block].name, name->text);
    else
        diag_report(d, DIAG_E0321, name->span, "there is no weight '%s' outside blocks", name->text);
    if (elsewhere >= 0 && m->weights[elsewhere].block >= 0)
        diag_hint(d, "did you mean '%s.%s'?", m->blocks[m->weights[elsewhere].block].name, name->text);
    else if (elsewhere >= 0)
        diag_hint(d, "it is declared outside blocks: adapt %s", name->text);
    else if (block < 0 && model_find_block(m, name->text) >= 0)
        diag_hint(d, "for all weights of the block write '%s.*'", name->text);
    else if (model_find_absent(m, name->text, block))
        diag_hint(d, "it is declared with an `if` whose condition is 0");
    else if (near.best)
        diag_hint(d, "did you mean '%s'?", near.best);
}

// The pattern's range, counted from the block's first instance.
static bool read_layers(struct adapting *a, const struct ast_pattern *p, const struct model_block *block, int64_t *from,
                        int64_t *to) {
    struct diagnostics *d = a->b->diagnostics;
    *from = 0;
    *to = block->to - block->from;
    if (!p->from) return true;
    if (!block->repeated) {
        diag_report(d, DIAG_E0113, p->from->span, "block '%s' is not repeated, so it has no range", block->name);
        return false;
    }
    int64_t first, last;
    if (!builder_whole(a->b, p->from, 0, DIAG_E0113, "the first instance", &first)) return false;
    if (!builder_whole(a->b, p->to, 0, DIAG_E0113, "the end of the range", &last)) return false;
    if (first >= last) {
        diag_report(d, DIAG_E0113, span_join(p->from->span, p->to->span), "the range %lld..%lld is empty",
                    (long long)first, (long long)last);
        diag_hint(d, "its end is not part of it; the last one of '%s' is %lld..%lld", block->name,
                  (long long)block->to - 1, (long long)block->to);
        return false;
    }
    if (first < block->from || last > block->to) {
        diag_report(d, DIAG_E0113, span_join(p->from->span, p->to->span),
                    "the range %lld..%lld does not lie in %lld..%lld", (long long)first, (long long)last,
                    (long long)block->from, (long long)block->to);
        diag_note(d, block->span, "'%s' is declared here", block->name);
        return false;
    }
    *from = first - block->from;
    *to = last - block->from;
    return true;
}

static void adapt_block(struct adapting *a, const struct ast_pattern *p) {
    const struct model *m = a->b->model;
    int block = model_find_block(m, p->block.text);
    if (block < 0) {
        struct near near = near_begin(p->block.text);
        for (size_t i = 0; i < m->n_blocks; i++) near_try(&near, m->blocks[i].name);
        diag_report(a->b->diagnostics, DIAG_E0321, p->block.span, "there is no block '%s'", p->block.text);
        if (near.best) diag_hint(a->b->diagnostics, "did you mean '%s'?", near.best);
        return;
    }
    int64_t from, to;
    if (!read_layers(a, p, &m->blocks[block], &from, &to)) return;
    if (p->n_names == 0) adapt_all(a, block, from, to);
    for (size_t i = 0; i < p->n_names; i++) {
        int weight = find_own_weight(m, p->names[i].text, block);
        if (weight < 0)
            report_no_weight(a, &p->names[i], block);
        else
            adapt_named(a, (size_t)weight, p->names[i].span, from, to);
    }
}

static void adapt_pattern(struct adapting *a, const struct ast_pattern *p) {
    a->at = p->span;
    if (p->block.text) {
        adapt_block(a, p);
    } else if (p->n_names == 0) {
        adapt_all(a, -2, 0, -1);
    } else {
        int weight = find_own_weight(a->b->model, p->names[0].text, -1);
        if (weight < 0)
            report_no_weight(a, &p->names[0], -1);
        else
            adapt_named(a, (size_t)weight, p->names[0].span, 0, 1);
    }
}

// The kind of this name: a test holds methods.def against the table.
// The names of methods.def, which were read before, are those of the kinds.
static enum lrt_adapter kind_named(const char *name) {
    int kind = 0;
    while (kind < LRT_ADAPTERS && strcmp(lrt_adapter_info((enum lrt_adapter)kind)->name, name) != 0) kind++;
    CHECK(kind < LRT_ADAPTERS, "no kind of adapter has the name %s", name);
    return (enum lrt_adapter)kind;
}

void resolve_adaptations(struct builder *b) {
    for (size_t i = 0; i < b->n_items; i++) {
        const struct ast_item *item = b->items[i];
        if (item->kind != ITEM_ADAPT) continue;
        b->has_adapt = true;
        struct adapting a = {.b = b};
        if (!method_read(b, METHOD_ADAPTER, item->value, DIAG_E0323, DIAG_E0324, &a.method)) continue;
        a.kind = kind_named(a.method.name);
        a.on_linear = lrt_adapter_info(a.kind)->on_linear;
        for (size_t j = 0; j < item->n_patterns; j++) adapt_pattern(&a, &item->patterns[j]);
    }
}
