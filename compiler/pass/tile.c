// Tile: skips the LM head for rows whose target is ignored. A group of nodes grows around the loss. Before the loss it
// takes nodes whose results only the group reads; behind it, nodes that the loss's cotangent reaches by rows. The op
// table says how each operand is accessed: by rows, whole, or accumulated. Gradient rules are linear in the cotangent:
// rows with a zero cotangent give zero rows, and leaving them out is exact. The group becomes one loop over a list of
// rows. Inputs by rows are gathered. Results by rows are scattered into zeros, or over gathered rows that nothing else
// reads; the other rows are then cleared.

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"
#include "compiler/pass/passes.h"

struct tiling {
    struct graph_copy copy;
    struct graph_uses uses;
    node_id seed;    // the loss (the last of several), or the node that makes the output
    bool *member;    // [from->n_nodes]
    value_id *tile;  // [from->n_values] the value in the loop: a member's result, or a gathered outside value
    int64_t rows;    // all rows
    struct use list; // the list of rows to run
    bool rising;     // the list is sorted and has no duplicates
};

static const struct node *definition(const struct graph *g, value_id v) {
    return graph_node(g, graph_value(g, v)->def);
}

static bool is_inside(const struct tiling *t, value_id v) { return t->member[graph_value(t->copy.from, v)->def.id]; }

// True for a node behind the loss that reads a result of the group by rows, with all other inputs ready before the
// loop. A second addition to a sum is not: the order of additions would depend on the tile's height.
static bool joins_behind(const struct tiling *t, const struct node *n) {
    const struct graph *g = t->copy.from;
    bool linked = false;
    if (n->kind != NODE_OP || n->loop.id || n->op->has_effect || n->op->by_position) return false;
    for (uint32_t r = 0; r < n->n_results; r++)
        if (n->op->tile_results[r] == OP_TILE_NONE) return false;
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(g, n)[a].value;
        enum op_tile how = n->op->tile_args[a];
        if (!v.id) continue;
        if (how == OP_TILE_NONE) return false;
        if (!is_inside(t, v)) {
            if (graph_value(g, v)->def.id > t->seed.id) return false;
        } else if (how == OP_TILE_ROWS && op_result_tile(g, v) == OP_TILE_ROWS)
            linked = true;
        else
            return false;
    }
    return linked;
}

// True when only members of the group read the value, by rows.
static bool is_read_by_rows(const struct tiling *t, value_id v) {
    for (uint32_t i = t->uses.first[v.id]; i < t->uses.first[v.id + 1]; i++) {
        struct value_use u = t->uses.list[i];
        if (!t->member[u.node.id] || graph_node(t->copy.from, u.node)->op->tile_args[u.input] != OP_TILE_ROWS)
            return false;
    }
    return true;
}

// True for a node before the loss whose results only the group reads, by rows.
static bool joins_before(const struct tiling *t, const struct node *n) {
    const struct graph *g = t->copy.from;
    bool linked = false;
    if (n->kind != NODE_OP || n->loop.id || n->op->has_effect || n->op->by_position) return false;
    for (uint32_t a = 0; a < n->n_args; a++) {
        linked |= n->op->tile_args[a] == OP_TILE_ROWS;
        if (node_args(g, n)[a].value.id && n->op->tile_args[a] == OP_TILE_NONE) return false;
    }
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id v = node_results(g, n)[r].value;
        if (n->op->tile_results[r] != OP_TILE_ROWS || !uses_count(&t->uses, v) || !is_read_by_rows(t, v)) return false;
    }
    return linked;
}

// Losses with the same targets (one for each direction in forward mode) join the group of the last of them.
static bool is_loss_of_same(const struct graph *g, const struct node *n, const struct node *seed) {
    return n->kind == NODE_OP && n->op->is_loss && seed->op->is_loss && !n->loop.id &&
           node_args(g, n)[1].value.id == node_args(g, seed)[1].value.id;
}

static void grow(struct tiling *t) {
    const struct graph *g = t->copy.from;
    t->member[t->seed.id] = true;
    for (uint32_t i = t->seed.id + 1; i < g->n_nodes; i++) t->member[i] = joins_behind(t, &g->nodes[i]);
    const struct node *seed = graph_node(g, t->seed);
    for (uint32_t i = t->seed.id - 1; i > 0; i--)
        t->member[i] = is_loss_of_same(g, &g->nodes[i], seed) || joins_before(t, &g->nodes[i]);
}

// A result of the loop: an accumulated sum (carried), or rows that outside nodes read (scattered into zeros, carried).
struct leaving {
    value_id value;
    value_id init, param; // in the new graph
    uint32_t accumulator; // the old accumulator argument; 0: the result is scattered
    uint32_t source;      // the old value that the rows overwrite; 0: they go into zeros
};

struct leavings {
    struct leaving *list;
    size_t count, capacity;
};

// A value of this shape that only the group reads, by rows. A row of it is free once an iteration has gathered it.
static uint32_t find_source(const struct tiling *t, value_id v, const struct leavings *taken) {
    const struct graph *g = t->copy.from;
    for (uint32_t x = 1; x < g->n_values; x++) {
        const struct value *value = &g->values[x];
        if (value->storage != STORAGE_ARENA || !value->def.id || value->def.id >= t->seed.id) continue;
        if (t->member[value->def.id] || graph_value_loop(g, (value_id){x}).id) continue;
        if (!shape_equal(value->shape, graph_value(g, v)->shape)) continue;
        bool free = true;
        for (size_t i = 0; i < taken->count; i++) free &= taken->list[i].source != x;
        if (free && uses_count(&t->uses, (value_id){x}) && is_read_by_rows(t, (value_id){x})) return x;
    }
    return 0;
}

static void find_leavings(struct tiling *t, struct leavings *out) {
    const struct graph *g = t->copy.from;
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        for (uint32_t r = 0; t->member[i] && r < n->n_results; r++) {
            value_id v = node_results(g, n)[r].value;
            struct leaving leaving = {.value = v};
            if (graph_value(g, v)->storage != STORAGE_ARENA) continue;
            if (n->op->accumulates[r]) {
                leaving.accumulator = node_args(g, n)[n->op->accumulates[r] - 1].value.id;
                leaving.init = graph_copied(&t->copy, (value_id){leaving.accumulator});
            } else if (is_read_by_rows(t, v))
                continue;
            else if (t->rising && (leaving.source = find_source(t, v, out)))
                leaving.init = graph_copied(&t->copy, (value_id){leaving.source});
            else
                leaving.init = op_emit_zeros(t->copy.to, graph_value(g, v)->shape, graph_value(g, v)->name, n->span);
            out->list = arena_grow(g->arena, out->list, out->count, &out->capacity, sizeof leaving);
            out->list[out->count++] = leaving;
        }
    }
}

static struct use gathered(struct tiling *t, value_id old, const struct leavings *leavings, struct span at) {
    if (t->tile[old.id].id) return (struct use){t->tile[old.id], ACCESS_WHOLE};
    const struct value *v = graph_value(t->copy.from, old);
    struct use args[] = {{graph_copied(&t->copy, old), ACCESS_WHOLE}, t->list};
    for (size_t i = 0; i < leavings->count; i++)
        if (leavings->list[i].source == old.id) args[0].value = leavings->list[i].param;
    struct op_call call = {
        .op = v->dtype == DTYPE_I32 ? &op_gather_ids : &op_gather_rows, .args = args, .n_args = 2, .at = at};
    call.name = v->name;
    op_append(t->copy.to, &call, &t->tile[old.id]);
    return (struct use){t->tile[old.id], ACCESS_WHOLE};
}

static void tile_node(struct tiling *t, const struct node *n, const struct leavings *leavings) {
    const struct graph *g = t->copy.from;
    struct use args[OP_ARGS_MAX] = {0}, output = {.access = ACCESS_ROWS};
    value_id results[OP_RESULTS_MAX];
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(g, n)[a].value;
        if (!v.id) continue;
        if (n->op->tile_args[a] == OP_TILE_ROWS)
            args[a] = gathered(t, v, leavings, n->span);
        else
            args[a].value = graph_copied(&t->copy, v);
        for (size_t i = 0; i < leavings->count; i++)
            if (leavings->list[i].accumulator == v.id) args[a].value = leavings->list[i].param;
    }
    const struct value *first = graph_value(g, node_results(g, n)[0].value);
    struct op_call call = {.op = n->op,
                           .args = args,
                           .n_args = n->n_args,
                           .attrs = g->attrs + n->attrs,
                           .n_attrs = n->n_attrs,
                           .name = first->name,
                           .at = n->span};
    if (first->storage == STORAGE_OUTPUT) {
        struct value v = *first;
        output.value = graph_add_value(t->copy.to, v);
        call.into = &output;
    }
    op_append(t->copy.to, &call, results);
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id old = node_results(g, n)[r].value;
        graph_value(t->copy.to, results[r])->name = graph_value(g, old)->name;
        t->tile[old.id] = results[r];
        if (n->op->tile_results[r] == OP_TILE_ACCUMULATED) t->copy.map[old.id] = results[r];
    }
}

static void emit_loop(struct tiling *t, value_id count, int64_t height) {
    struct graph *to = t->copy.to;
    const struct graph *g = t->copy.from;
    struct span at = graph_node(g, t->seed)->span;
    struct leavings leavings = {0};
    find_leavings(t, &leavings);
    value_id *next = ARENA_ARRAY(g->arena, value_id, leavings.count + 1);
    struct loop loop = {.kind = LOOP_TILE, .name = "head", .rows = t->rows};
    loop.to_symbol = graph_add_symbol(to, (struct symbol){.name = "counted", .value = count, .expected = t->rows});
    loop.height = height < t->rows ? height : t->rows;
    loop_id id = graph_begin_loop(to, loop, at);
    for (size_t i = 0; i < leavings.count; i++) graph_add_carry(to, id, leavings.list[i].init, &leavings.list[i].param);
    for (uint32_t i = 1; i < g->n_nodes; i++)
        if (t->member[i]) tile_node(t, &g->nodes[i], &leavings);
    for (size_t i = 0; i < leavings.count; i++) {
        const struct leaving *l = &leavings.list[i];
        struct use args[] = {{l->param, ACCESS_WHOLE}, {t->tile[l->value.id], ACCESS_WHOLE}, t->list};
        struct op_call call = {
            .op = &op_scatter_rows, .args = args, .n_args = 3, .at = at, .name = graph_value(g, l->value)->name};
        if (l->accumulator)
            next[i] = t->tile[l->value.id];
        else
            op_append(to, &call, &next[i]);
    }
    graph_end_loop(to, id, next, next);
    for (size_t i = 0; i < leavings.count; i++) {
        const struct leaving *l = &leavings.list[i];
        value_id args[] = {next[i], t->list.value, count};
        if (l->source)
            next[i] = op_emit(to, &op_clear_other_rows, args, 3, NULL, 0, graph_value(g, l->value)->name, at);
        t->copy.map[l->value.id] = next[i];
    }
}

static struct tiling tiling_start(const struct graph *g, node_id seed) {
    struct tiling t = {.copy = graph_copy_start(g, g->arena), .uses = graph_uses(g, g->arena), .seed = seed};
    t.member = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    t.tile = ARENA_ARRAY(g->arena, value_id, g->n_values);
    grow(&t);
    return t;
}

struct graph *tile_loss(const struct graph *g, int64_t height) {
    node_id seed = {0};
    const struct node *loss = definition(g, g->loss);
    for (uint32_t i = 1; i < g->n_nodes; i++)
        if (is_loss_of_same(g, &g->nodes[i], loss)) seed.id = i;
    INVARIANT(seed.id && height > 0);
    struct tiling t = tiling_start(g, seed);
    value_id counted = {0};
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (i == seed.id) {
            value_id targets = graph_copied(&t.copy, node_args(g, n)[1].value), rows[2] = {{0}};
            t.rows = shape_count(graph_value(t.copy.to, targets)->shape);
            struct use arg = {targets, ACCESS_WHOLE};
            struct op_call call = {.op = &op_counted_rows,
                                   .args = &arg,
                                   .n_args = 1,
                                   .attrs = g->attrs + n->attrs,
                                   .n_attrs = n->n_attrs,
                                   .name = "counted",
                                   .at = n->span};
            op_append(t.copy.to, &call, rows);
            t.list = (struct use){rows[0], ACCESS_ROWS};
            t.rising = true;
            counted = rows[1];
            emit_loop(&t, counted, height);
        } else if (!t.member[i])
            graph_copy_node(&t.copy, (node_id){i});
    }
    struct graph *result = graph_copy_finish(&t.copy);
    result->counted = counted;
    return result;
}

struct graph *tile_output(const struct graph *g, uint32_t first_input, int64_t height) {
    node_id seed = {0};
    for (uint32_t v = 1; v < g->n_values; v++)
        if (g->values[v].storage == STORAGE_OUTPUT) seed = g->values[v].def;
    INVARIANT(seed.id && height > 0);
    struct tiling t = tiling_start(g, seed);
    const struct value *output = graph_value(g, node_results(g, graph_node(g, seed))[0].value);
    t.rows = output->shape.dim[0];
    struct value list = {.name = "rows", .shape = {1, {t.rows}}, .dtype = DTYPE_I32, .storage = STORAGE_INPUT};
    struct value count = {.name = "n_rows", .dtype = DTYPE_I32, .storage = STORAGE_INPUT};
    list.tensor = (tensor_id){first_input};
    count.tensor = (tensor_id){first_input + 1};
    t.list = (struct use){graph_add_value(t.copy.to, list), ACCESS_ROWS};
    value_id n_rows = graph_add_value(t.copy.to, count);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        if (i == seed.id)
            emit_loop(&t, n_rows, height);
        else if (!t.member[i])
            graph_copy_node(&t.copy, (node_id){i});
    }
    return graph_copy_finish(&t.copy);
}
