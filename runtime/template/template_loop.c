/* Loops: elements are tested against the condition one by one; `loop` describes the current element. */
#include "runtime/template/template_run.h"
#include <string.h>

/* Tests elements until another one passes; 0: none does. */
static int advance(struct lrt_template_run *run, struct template_loop *l) {
    struct template_scope own = {.outer = l->outer}, *scope = run->scope;
    int found = 0;
    while (!found && l->tried < l->n_source && lrt_template_step(run, 1)) {
        const struct template_value item = l->source[l->tried++];
        own.count = 0;
        run->scope = &own;
        lrt_template_assign(run, l->node->a, item);
        found = lrt_template_truth(lrt_template_evaluate(run, l->node->c));
        run->scope = scope;
        if (!found) continue;
        if (!lrt_template_make_room(&run->arena, &l->passed, l->n_passed, &l->passed_capacity, sizeof *l->passed)) {
            lrt_template_fail(run, "there is no memory left");
            return 0;
        }
        l->passed[l->n_passed++] = item;
        l->items = l->passed;
    }
    return found && run->status == LRT_OK;
}

static int has(struct lrt_template_run *run, struct template_loop *l, size_t index) {
    while (index >= l->n_passed)
        if (!advance(run, l)) return 0;
    return run->status == LRT_OK;
}

static struct template_value length_of(struct lrt_template_run *run, struct template_loop *l) {
    while (advance(run, l)) {
    }
    return template_integer((int64_t)l->n_passed);
}

void lrt_template_run_loop(struct lrt_template_run *run, const struct template_node *n) {
    struct template_scope *outer = run->scope, *own = lrt_template_memory(run, 1, sizeof *own);
    const struct template_value list = lrt_template_list(run, lrt_template_evaluate(run, n->b));
    struct template_loop *l = lrt_template_memory(run, 1, sizeof *l);
    if (!own || !l || run->status) return;
    *own = (struct template_scope){.outer = outer};
    *l = (struct template_loop){.node = n, .outer = outer, .source = list.u.items, .n_source = list.count};
    if (!n->c) {
        l->items = l->source;
        l->n_passed = l->tried = l->n_source;
    }
    const uint32_t symbol = lrt_template_symbol_of(run, "loop");
    for (; run->jump != JUMP_BREAK && has(run, l, l->index); l->index++) {
        run->jump = JUMP_NONE;
        own->count = 0;
        run->scope = own;
        if (symbol != UINT32_MAX)
            lrt_template_set(run, symbol, (struct template_value){.kind = TEMPLATE_LOOP, .u.loop = l});
        lrt_template_assign(run, n->a, l->items[l->index]);
        lrt_template_execute(run, n->list);
    }
    run->scope = outer;
    run->jump = JUMP_NONE;
    if (l->index > 0 || !n->other || run->status) return;
    *own = (struct template_scope){.outer = outer};
    run->scope = own;
    lrt_template_execute(run, n->other);
    run->scope = outer;
}

static struct template_value neighbour(struct lrt_template_run *run, struct template_loop *l, int after) {
    if (after) return has(run, l, l->index + 1) ? l->items[l->index + 1] : template_undefined();
    return l->index > 0 ? l->items[l->index - 1] : template_undefined();
}

struct template_value lrt_template_loop_attribute(struct lrt_template_run *run, struct template_loop *l,
                                                  struct template_value name) {
    const int64_t index = (int64_t)l->index;
    if (template_text_is(name, "index")) return template_integer(index + 1);
    if (template_text_is(name, "index0")) return template_integer(index);
    if (template_text_is(name, "first")) return template_boolean(index == 0);
    if (template_text_is(name, "last")) return template_boolean(!has(run, l, l->index + 1));
    if (template_text_is(name, "length")) return length_of(run, l);
    if (template_text_is(name, "revindex")) return template_integer(length_of(run, l).u.integer - index);
    if (template_text_is(name, "revindex0")) return template_integer(length_of(run, l).u.integer - index - 1);
    if (template_text_is(name, "previtem")) return neighbour(run, l, 0);
    if (template_text_is(name, "nextitem")) return neighbour(run, l, 1);
    if (template_text_is(name, "depth")) return template_integer(1); /* of recursion, which is not supported */
    if (template_text_is(name, "depth0")) return template_integer(0);
    return (struct template_value){.kind = TEMPLATE_UNDEFINED, .count = name.count, .u.text = name.u.text};
}
