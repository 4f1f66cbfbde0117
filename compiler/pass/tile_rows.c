// Tile rows: the body of every repeat loop becomes one row loop per level (compiler/pass/levels.h), `height` rows a
// tile. Only values needed whole survive between levels: the block's input, keys and values, sums, and cotangents that
// grow from level to level. All others are a few rows high.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/ir/graph_copy.h"
#include "compiler/op/op.h"
#include "compiler/pass/levels.h"
#include "compiler/pass/passes.h"

struct leveling {
    struct graph_copy copy;
    const struct levels *levels;
    int64_t height;   // 0: no row loops, only the order changes
    struct use *here; // [from->n_values] the tile's rows of a value of the current level; value 0: not computed here
};

static struct shape tile_shape(const struct leveling *t, const struct value *v) {
    if (v->shape.rank <= 1 || v->dtype == DTYPE_I32) return (struct shape){1, {t->height}};
    return (struct shape){2, {t->height, shape_count(v->shape) / t->levels->rows}};
}

// A sum over rows in the arena becomes a carry of the row loop.
static bool is_carried_sum(const struct graph *g, const struct node *n, uint32_t r) {
    return n->op->accumulates[r] && graph_value(g, node_results(g, n)[r].value)->storage == STORAGE_ARENA;
}

static struct use result_of(struct leveling *t, const struct node *n, uint32_t r) {
    const struct graph *g = t->copy.from;
    value_id old = node_results(g, n)[r].value;
    struct value v = *graph_value(g, old);
    bool rows = n->op->tile_results[r] == OP_TILE_ROWS && t->height, whole = t->levels->whole[old.id];
    if (rows && !whole) v.shape = tile_shape(t, &v);
    v.domain = v.storage == STORAGE_ARENA ? (domain_id){0} : v.domain;
    return (struct use){graph_add_value(t->copy.to, v), rows && whole ? ACCESS_ROWS : ACCESS_WHOLE};
}

static struct use argument_of(struct leveling *t, const struct node *n, uint32_t a) {
    value_id v = node_args(t->copy.from, n)[a].value;
    if (!v.id || n->op->tile_args[a] != OP_TILE_ROWS) return (struct use){graph_copied(&t->copy, v), ACCESS_WHOLE};
    if (t->here[v.id].value.id) return t->here[v.id];
    return (struct use){graph_copied(&t->copy, v), t->height ? ACCESS_ROWS : ACCESS_WHOLE};
}

// sums: the params of the carries that hold this node's sums, in order of its results.
static void emit_node(struct leveling *t, const struct node *n, const value_id *sums) {
    const struct graph *g = t->copy.from;
    struct use args[OP_ARGS_MAX], results[OP_RESULTS_MAX];
    for (uint32_t a = 0; a < n->n_args; a++) args[a] = argument_of(t, n, a);
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id old = node_results(g, n)[r].value;
        results[r] = result_of(t, n, r);
        if (sums && is_carried_sum(g, n, r)) args[n->op->accumulates[r] - 1].value = *sums++;
        if (n->op->tile_results[r] == OP_TILE_ROWS) t->here[old.id] = results[r];
        t->copy.map[old.id] = results[r].value;
    }
    graph_add_node(t->copy.to, n->op, args, n->n_args, results, n->n_results, g->attrs + n->attrs, n->n_attrs, n->span);
}

struct sums {                       // the carries of one level
    value_id *value, *param, *next; // the old result, and its new carry
    size_t count;
};

static struct sums begin_rows(struct leveling *t, uint32_t level) {
    const struct graph *g = t->copy.from;
    const struct levels *l = t->levels;
    const struct loop *around = graph_loop(g, l->loop);
    struct sums s = {.count = 0};
    size_t most = 1;
    for (uint32_t i = l->first; i < l->end; i++) most += graph_node(g, (node_id){i})->n_results;
    s.value = ARENA_ARRAY(g->arena, value_id, most);
    s.param = ARENA_ARRAY(g->arena, value_id, most);
    s.next = ARENA_ARRAY(g->arena, value_id, most);
    struct loop loop = {.kind = LOOP_TILE, .rows = l->rows, .height = t->height};
    loop.name = arena_print(g->arena, "%s_rows%s", around->name, around->backward ? "_backward" : "");
    loop_id id = graph_begin_loop(t->copy.to, loop, graph_node(g, around->begin)->span);
    for (uint32_t i = l->first; i < l->end; i++) {
        const struct node *n = graph_node(g, (node_id){i});
        if (!l->by_rows[i - l->first] || !levels_runs(l, i, level)) continue;
        for (uint32_t r = 0; r < n->n_results; r++) {
            if (!is_carried_sum(g, n, r)) continue;
            value_id before = node_args(g, n)[n->op->accumulates[r] - 1].value;
            s.value[s.count] = node_results(g, n)[r].value;
            graph_add_carry(t->copy.to, id, graph_copied(&t->copy, before), &s.param[s.count++]);
        }
    }
    return s;
}

static void end_rows(struct leveling *t, const struct sums *s) {
    for (size_t i = 0; i < s->count; i++) s->next[i] = t->copy.map[s->value[i].id];
    graph_end_loop(t->copy.to, graph_open_loop(t->copy.to), s->next, s->next);
    for (size_t i = 0; i < s->count; i++) t->copy.map[s->value[i].id] = s->next[i];
}

static void emit_level(struct leveling *t, uint32_t level) {
    const struct levels *l = t->levels;
    const struct graph *g = t->copy.from;
    bool any = false;
    memset(t->here, 0, g->n_values * sizeof *t->here);
    for (uint32_t i = l->first; i < l->end; i++) {
        if (!levels_runs(l, i, level)) continue;
        if (!l->by_rows[i - l->first]) graph_copy_node(&t->copy, (node_id){i});
        any |= l->by_rows[i - l->first];
    }
    if (!any) return;
    struct sums sums = {.count = 0};
    if (t->height) sums = begin_rows(t, level);
    const value_id *param = t->height ? sums.param : NULL;
    for (uint32_t i = l->first; i < l->end; i++) {
        if (!l->by_rows[i - l->first] || !levels_runs(l, i, level)) continue;
        const struct node *n = graph_node(g, (node_id){i});
        emit_node(t, n, param);
        for (uint32_t r = 0; param && r < n->n_results; r++) param += is_carried_sum(g, n, r);
    }
    if (t->height) end_rows(t, &sums);
}

static struct graph *by_levels(const struct graph *g, int64_t height) {
    struct leveling t = {.copy = graph_copy_start(g, g->arena)};
    t.here = ARENA_ARRAY(g->arena, struct use, g->n_values);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = graph_node(g, (node_id){i});
        graph_copy_node(&t.copy, (node_id){i});
        if (n->kind != NODE_LOOP || graph_loop(g, n->loop)->kind != LOOP_REPEAT) continue;
        struct levels l = levels_find(g, n->loop);
        if (!l.rows) continue;
        t.levels = &l;
        t.height = height < l.rows ? height : l.rows;
        for (uint32_t level = 0; level < l.count; level++) emit_level(&t, level);
        i = l.end - 1;
    }
    return graph_copy_finish(&t.copy);
}

struct graph *order_by_levels(const struct graph *g) {
    return by_levels(g, 0);
}

struct graph *tile_rows(const struct graph *g, int64_t height) {
    INVARIANT(height > 0);
    return by_levels(g, height);
}
