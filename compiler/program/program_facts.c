// Program facts: the ops that a model's forward pass is made of, with the value of each of their attributes, once each.
// Files say the same of their model in words of their own, and a program holds them against these.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/op/op.h"
#include "compiler/program/program.h"

struct facts {
    struct program_fact *list;
    size_t n, capacity;
};

static void add_fact(struct facts *f, struct arena *a, const char *op, const char *attribute, double value) {
    for (size_t i = 0; i < f->n; i++) {
        const struct program_fact *known = &f->list[i];
        if (strcmp(known->op, op) == 0 && strcmp(known->attribute, attribute) == 0 &&
            !(known->value < value || known->value > value))
            return;
    }
    f->list = arena_grow(a, f->list, f->n, &f->capacity, sizeof *f->list);
    f->list[f->n++] = (struct program_fact){op, attribute, value};
}

// A table has a number for each instance of the block: the repeat loop around the node, perhaps outside a loop of
// tiles.
static const struct loop *repeat_around(const struct graph *g, const struct node *n) {
    const struct loop *l = graph_loop(g, n->loop);
    while (l->kind != LOOP_REPEAT) l = graph_loop(g, l->parent);
    return l;
}

size_t program_facts(const struct program *p, struct arena *a, struct program_fact **list) {
    const struct graph *g = p->options.forward ? p->options.forward : p->logits ? p->logits->graph : NULL;
    struct facts f = {0};
    for (uint32_t i = 1; g && i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind != NODE_OP || !n->op->in_language) continue;
        add_fact(&f, a, n->op->name, "", 1);
        for (uint32_t k = 0; k < n->n_attrs; k++) {
            const struct attr *attr = &g->attrs[n->attrs + k];
            const struct loop *l = attr->table ? repeat_around(g, n) : NULL;
            const int64_t count = l ? graph_domain(g, l->domain)->count : 1;
            for (int64_t t = 0; t < count; t++)
                add_fact(&f, a, n->op->name, attr->name, attr->table ? attr->table[t] : attr->number);
        }
    }
    *list = f.list;
    return f.n;
}
