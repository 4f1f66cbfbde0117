// Lower: the top level, blocks and weights. A call of a block with `for` becomes a sequence of repeat loops over the
// block's domain. Each loop covers a range of instances with the same adapters.
#include "compiler/pass/lower.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/op/shape_check.h"
#include "compiler/pass/lower_scope.h"

enum { CALL_DEPTH_MAX = 256 }; // the deepest nesting of block calls, for the compiler's stack

static void lower_bind(struct lowering *l, const char *name, value_id v) {
    l->bindings = arena_grow(l->arena, l->bindings, l->n_bindings, &l->c_bindings, sizeof *l->bindings);
    l->bindings[l->n_bindings++] = (struct binding){name, v};
}

static domain_id block_domain(struct lowering *l, int32_t block) {
    if (block < 0 || !l->model->blocks[block].repeated) return (domain_id){0};
    const struct model_block *b = &l->model->blocks[block];
    if (!l->domains[block].id)
        l->domains[block] = graph_add_domain(
            l->graph, (struct domain){.name = b->name, .count = (b->to - b->from) * b->each, .each = b->each});
    return l->domains[block];
}

static value_id frozen_weight(struct lowering *l, uint32_t index) {
    if (l->weights[index].id) return l->weights[index];
    const struct model_weight *w = &l->model->weights[index];
    struct tensor t = {
        .name = w->name, .span = w->span, .storage = STORAGE_WEIGHT, .shape = shape_of(w->rank, w->shape)};
    t.domain = block_domain(l, w->block);
    t.instances = w->instances;
    t.weight = index;
    struct value v = {
        .name = w->name, .shape = t.shape, .dtype = DTYPE_FILE, .storage = STORAGE_WEIGHT, .span = w->span};
    v.tensor = graph_add_tensor(l->graph, t);
    v.domain = t.domain;
    return l->weights[index] = graph_add_value(l->graph, v);
}

const struct adapted *lower_adapted(struct lowering *l, uint32_t index) {
    domain_id domain = block_domain(l, l->model->weights[index].block);
    for (uint32_t i = 0; i < l->model->n_adaptations; i++) {
        const struct model_adaptation *a = &l->model->adaptations[i];
        if (a->weight != index || (domain.id && (l->from < a->from || l->from >= a->to))) continue;
        if (!l->adapted[i].adapter) l->adapted[i] = adapter_declare(l->graph, l->model, i, domain);
        return &l->adapted[i];
    }
    return NULL;
}

value_id lower_weight(struct lowering *l, uint32_t index) {
    const struct adapted *a = lower_adapted(l, index);
    return a && !a->adapter->rewrite ? a->tensors[0] : frozen_weight(l, index);
}

static bool lower_body(struct lowering *l, const struct stmt *body, size_t n, value_id *returned, struct span *at) {
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        const struct stmt *s = &body[i];
        struct lowered value = lower_expr(l, s->value, s->kind == STMT_ASSIGN ? s->names[0] : l->returned_name);
        if (value.ok && value.is_number) {
            diag_report(l->diagnostics, DIAG_E0212, s->value->span, "this is a number; a value is a tensor");
            value.ok = false;
        }
        if (s->kind == STMT_ASSIGN && s->n_names > 1) {
            diag_report(l->diagnostics, DIAG_E0202, s->span, "the call gives one value, not %zu", s->n_names);
            value.ok = false;
        }
        ok &= value.ok;
        if (!ok) return false; // later lines use the name: going on would only report follow-up errors
        if (s->kind == STMT_ASSIGN)
            lower_bind(l, s->names[0], value.value);
        else if (returned)
            *returned = value.value, *at = s->span;
    }
    return ok;
}

// Lowers the block's body once with these arguments; `name` is the name of its result.
static bool call_body(struct lowering *l, int block, const value_id *args, const char *name, value_id *returned,
                      struct span *at) {
    const struct model_block *b = &l->model->blocks[block];
    struct lowering outer = *l;
    if (l->block < 0) l->n_top = l->n_bindings;
    l->first_binding = l->n_bindings;
    l->block = block;
    l->returned_name = name;
    l->depth++;
    for (size_t i = 0; i < b->n_params; i++) lower_bind(l, b->params[i], args[i]);
    bool ok = lower_body(l, b->body, b->n_body, returned, at);
    l->block = outer.block;
    l->returned_name = outer.returned_name;
    l->n_bindings = outer.n_bindings;
    l->first_binding = outer.first_binding;
    l->n_top = outer.n_top;
    l->depth--;
    return ok;
}

// The end of the range of instances from `from` on in which each adaptation covers all of a weight's instances or none.
static int64_t range_end(const struct lowering *l, int block, int64_t from, int64_t to) {
    for (size_t i = 0; i < l->model->n_adaptations; i++) {
        const struct model_adaptation *a = &l->model->adaptations[i];
        if (l->model->weights[a->weight].block != block) continue;
        if (a->from > from && a->from < to) to = a->from;
        if (a->to > from && a->to < to) to = a->to;
    }
    return to;
}

static bool lower_range(struct lowering *l, int block, value_id *args, struct span at) {
    const struct model_block *b = &l->model->blocks[block];
    struct loop loop = {.kind = LOOP_REPEAT, .name = b->name, .domain = l->domain};
    loop.from = l->from * b->each;
    loop.to = l->to * b->each;
    loop_id id = graph_begin_loop(l->graph, loop, at);
    value_id init = args[0], next = {0};
    graph_add_carry(l->graph, id, init, &args[0]);
    graph_value(l->graph, args[0])->name = b->params[0];
    struct span place;
    if (!call_body(l, block, args, b->params[0], &next, &place)) return false;
    struct shape have = graph_value(l->graph, next)->shape, want = graph_value(l->graph, args[0])->shape;
    if (!shape_equal(have, want)) {
        char left[96], right[96];
        diag_report(l->diagnostics, DIAG_E0209, place, "block '%s' returns %s, but its next instance takes %s", b->name,
                    shape_text(have, left, sizeof left), shape_text(want, right, sizeof right));
        return false;
    }
    graph_end_loop(l->graph, id, &next, &args[0]);
    return true;
}

static bool lower_repeated(struct lowering *l, const struct expr *e, int block, value_id *args, value_id *result) {
    const struct model_block *b = &l->model->blocks[block];
    if (l->repeated) {
        diag_report(l->diagnostics, DIAG_E0208, e->span, "'%s' is called in the repeated block '%s'", b->name,
                    l->repeated->name);
        return false;
    }
    if (!b->n_params) {
        diag_report(l->diagnostics, DIAG_E0209, b->span, "block '%s' is repeated but has no parameter", b->name);
        return false;
    }
    l->repeated = b;
    l->domain = block_domain(l, block);
    bool ok = true;
    for (int64_t from = 0; ok && from < b->to - b->from; from = l->to) {
        l->from = from;
        l->to = range_end(l, block, from, b->to - b->from);
        ok = lower_range(l, block, args, e->span_name);
    }
    l->repeated = NULL;
    l->domain = (domain_id){0};
    *result = args[0];
    return ok;
}

struct lowered lower_block_call(struct lowering *l, const struct expr *e, int block, const char *name) {
    const struct model_block *b = &l->model->blocks[block];
    struct lowered result = {.ok = true};
    if (l->depth == CALL_DEPTH_MAX) {
        diag_report(l->diagnostics, DIAG_E0121, e->span, "block '%s' is called in a chain of more than %d blocks",
                    b->name, CALL_DEPTH_MAX);
        return (struct lowered){0};
    }
    value_id *args = ARENA_ARRAY(l->arena, value_id, b->n_params + 1);
    for (size_t i = 0; i < e->n_args; i++) {
        struct lowered arg = lower_expr(l, e->args[i], NULL);
        if (arg.ok && arg.is_number)
            diag_report(l->diagnostics, DIAG_E0212, e->args[i]->span, "a block's arguments are tensors");
        result.ok &= arg.ok && !arg.is_number;
        args[i] = arg.value;
    }
    struct span at;
    if (!result.ok) return result;
    result.ok = b->repeated ? lower_repeated(l, e, block, args, &result.value)
                            : call_body(l, block, args, name ? name : b->name, &result.value, &at);
    if (result.ok && name && b->repeated) graph_value(l->graph, result.value)->name = name;
    return result;
}

static struct lowering lowering_start(const struct model *m, const char *name, struct arena *a, struct diagnostics *d) {
    struct lowering l = {.model = m, .graph = graph_new(a, name), .arena = a, .diagnostics = d, .block = -1};
    l.domains = ARENA_ARRAY(a, domain_id, m->n_blocks + 1);
    l.weights = ARENA_ARRAY(a, value_id, m->n_weights + 1);
    l.adapted = ARENA_ARRAY(a, struct adapted, m->n_adaptations + 1);
    for (size_t i = 0; i < m->n_inputs; i++) {
        const struct model_input *in = &m->inputs[i];
        struct value v = {
            .name = in->name, .shape = shape_of(in->rank, in->shape), .storage = STORAGE_INPUT, .span = in->span};
        v.dtype = in->is_token ? DTYPE_I32 : DTYPE_F32;
        v.tensor = (tensor_id){(uint32_t)i + 1};
        lower_bind(&l, in->name, graph_add_value(l.graph, v));
    }
    return l;
}

struct graph *lower_eval(const struct model *m, struct arena *a, struct diagnostics *d) {
    struct lowering l = lowering_start(m, "eval", a, d);
    if (!lower_body(&l, m->body, m->n_body, NULL, NULL)) return NULL;
    const struct expr *loss = m->train.loss;
    const struct op *op = loss && loss->kind == EXPR_CALL ? op_find(loss->name) : NULL;
    if (!op || !op->is_loss || !op->in_language) {
        diag_report(d, DIAG_E0211, loss ? loss->span : m->span,
                    "the loss must be a call of a loss such as cross_entropy");
        return NULL;
    }
    struct lowered value = lower_call(&l, loss, "loss");
    if (!value.ok) return NULL;
    l.graph->loss = value.value;
    return l.graph;
}

struct graph *lower_logits(const struct model *m, struct arena *a, struct diagnostics *d) {
    struct lowering l = lowering_start(m, "logits", a, d);
    if (!lower_body(&l, m->body, m->n_body, NULL, NULL)) return NULL;
    const struct expr *loss = m->train.loss;
    struct expr by_name = {.kind = EXPR_NAME, .name = "logits", .span = m->span};
    const struct expr *wanted = loss && loss->kind == EXPR_CALL && loss->n_args ? loss->args[0] : &by_name;
    struct lowered logits = lower_expr(&l, wanted, "logits");
    if (!logits.ok) return NULL;
    const struct node *def = graph_node(l.graph, graph_value(l.graph, logits.value)->def);
    if (logits.is_number || def->kind != NODE_OP || def->op->tile_results[0] != OP_TILE_ROWS) {
        diag_report(d, DIAG_E0211, wanted->span, "the logits must be computed by an op at the top level");
        return NULL;
    }
    struct value *output = graph_value(l.graph, logits.value);
    output->storage = STORAGE_OUTPUT;
    output->shape = shape_matrix(shape_rows(output->shape), shape_columns(output->shape));
    return l.graph;
}
