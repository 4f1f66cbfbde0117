// Levels: a forward walk finds each node's earliest level. A backward walk then places nodes where their results are
// read. It starts from the nodes that must run: sums, and values needed whole or outside. A node that only a later
// level reads moves there if its inputs are available there or can move too. If several levels read a node, each
// recomputes it when it is cheap. Otherwise its value is kept whole.
#include "compiler/pass/levels.h"

#include "compiler/base/arena.h"
#include "compiler/ir/uses.h"
#include "compiler/op/op.h"

struct finding {
    struct levels *levels;
    const struct graph *g;
    bool *cheap;   // [end - first] can be recomputed: the node is cheap, and so are its inputs
    bool *movable; // [end - first] a later level has the node's inputs, or movable nodes compute them there
};

static bool in_body(const struct finding *f, value_id v) {
    uint32_t def = graph_value(f->g, v)->def.id;
    return def >= f->levels->first && def < f->levels->end;
}

static int64_t carried_rows(const struct graph *g, loop_id l) {
    const struct loop *loop = graph_loop(g, l);
    int64_t rows = 0;
    for (uint32_t c = 0; c < loop->n_carries; c++) {
        struct shape s = graph_value(g, g->carries[loop->carries + c].param)->shape;
        if (s.rank > 1 && shape_rows(s) > rows) rows = shape_rows(s);
    }
    return rows > 1 ? rows : 0;
}

static bool has_rows(const struct finding *f, value_id v) {
    const struct value *value = graph_value(f->g, v);
    if (value->dtype == DTYPE_FILE) return false;
    return (value->dtype == DTYPE_I32 ? shape_count(value->shape) : shape_rows(value->shape)) == f->levels->rows;
}

// A copy of a value from before the body is a single stream through memory, so tiling gains nothing.
static bool copies_outside(const struct finding *f, const struct node *n) {
    return n->op->is_copy && !in_body(f, node_args(f->g, n)[0].value);
}

static bool can_run_by_rows(const struct finding *f, const struct node *n) {
    bool any = false;
    if (n->op->has_effect || copies_outside(f, n)) return false;
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(f->g, n)[a].value;
        if (!v.id) continue;
        if (n->op->tile_args[a] == OP_TILE_NONE) return false;
        if (n->op->tile_args[a] != OP_TILE_ROWS) continue;
        if (!has_rows(f, v)) return false;
        any = true;
    }
    for (uint32_t r = 0; r < n->n_results; r++) {
        if (n->op->tile_results[r] == OP_TILE_NONE) return false;
        if (n->op->tile_results[r] == OP_TILE_ROWS && !has_rows(f, node_results(f->g, n)[r].value)) return false;
        if (n->op->tile_results[r] == OP_TILE_ACCUMULATED && !n->op->accumulates[r]) return false;
    }
    return any;
}

// The first level at which node i can read v.
static uint32_t available(const struct finding *f, uint32_t i, uint32_t arg) {
    const struct levels *l = f->levels;
    const struct node *n = graph_node(f->g, (node_id){i});
    value_id v = node_args(f->g, n)[arg].value;
    if (!v.id || !in_body(f, v)) return 0;
    uint32_t def = graph_value(f->g, v)->def.id - l->first;
    if (!l->by_rows[def]) return l->earliest[def];
    bool here =
        l->by_rows[i - l->first] && n->op->tile_args[arg] == OP_TILE_ROWS && op_result_tile(f->g, v) == OP_TILE_ROWS;
    return l->earliest[def] + (here ? 0 : 1);
}

static void find_earliest(struct finding *f) {
    struct levels *l = f->levels;
    for (uint32_t i = l->first; i < l->end; i++) {
        const struct node *n = graph_node(f->g, (node_id){i});
        l->by_rows[i - l->first] = can_run_by_rows(f, n);
        for (uint32_t a = 0; a < n->n_args; a++) {
            uint32_t from = available(f, i, a);
            if (from > l->earliest[i - l->first]) l->earliest[i - l->first] = from;
        }
        if (l->earliest[i - l->first] >= l->count) l->count = l->earliest[i - l->first] + 1;
    }
}

static void mark_whole(struct finding *f, value_id v) {
    if (v.id && in_body(f, v) && op_result_tile(f->g, v) == OP_TILE_ROWS) f->levels->whole[v.id] = true;
}

// Values that are read outside the row loops or are needed whole.
static void find_whole(struct finding *f) {
    struct levels *l = f->levels;
    for (uint32_t i = 1; i < f->g->n_nodes; i++) {
        const struct node *n = graph_node(f->g, (node_id){i});
        bool rows = i >= l->first && i < l->end && l->by_rows[i - l->first];
        for (uint32_t k = 0; k < node_input_count(f->g, n); k++)
            if (!rows || n->op->tile_args[k] != OP_TILE_ROWS) mark_whole(f, node_input(f->g, n, k).value);
    }
}

static bool must_run(const struct finding *f, uint32_t i) {
    const struct node *n = graph_node(f->g, (node_id){i});
    for (uint32_t r = 0; r < n->n_results; r++) {
        value_id v = node_results(f->g, n)[r].value;
        if (n->op->tile_results[r] != OP_TILE_ROWS || f->levels->whole[v.id] ||
            graph_value(f->g, v)->storage != STORAGE_ARENA)
            return true;
    }
    return false;
}

// True when every argument is available whole or comes from a marked node.
static bool follows(const struct finding *f, uint32_t i, const bool *marked) {
    const struct node *n = graph_node(f->g, (node_id){i});
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(f->g, n)[a].value;
        if (!v.id || !in_body(f, v) || f->levels->whole[v.id]) continue;
        uint32_t def = graph_value(f->g, v)->def.id - f->levels->first;
        if (f->levels->by_rows[def] && op_result_tile(f->g, v) == OP_TILE_ROWS && !marked[def]) return false;
    }
    return true;
}

static void find_freedom(struct finding *f) {
    const struct levels *l = f->levels;
    for (uint32_t i = l->first; i < l->end; i++) {
        bool bound = must_run(f, i);
        f->cheap[i - l->first] = !bound && graph_node(f->g, (node_id){i})->op->cheap && follows(f, i, f->cheap);
        f->movable[i - l->first] = !bound && follows(f, i, f->movable);
    }
}

// Chooses the levels of node i from those of its readers, then requests its arguments there.
static void place_node(struct finding *f, uint32_t i) {
    struct levels *l = f->levels;
    const struct node *n = graph_node(f->g, (node_id){i});
    bool *runs = &l->runs[(i - l->first) * l->count];
    bool asked = must_run(f, i);
    uint32_t level = l->count;
    for (uint32_t s = l->count; s-- > 0;)
        if (runs[s]) asked = true, level = s;
    if (!f->movable[i - l->first]) level = l->earliest[i - l->first];
    for (uint32_t s = 0; s < l->count && !f->cheap[i - l->first]; s++) runs[s] = asked && s == level;
    for (uint32_t a = 0; a < n->n_args; a++) {
        value_id v = node_args(f->g, n)[a].value;
        if (!v.id || !in_body(f, v) || n->op->tile_args[a] != OP_TILE_ROWS) continue;
        uint32_t def = graph_value(f->g, v)->def.id - l->first;
        for (uint32_t s = 0; s < l->count && l->by_rows[def]; s++) l->runs[def * l->count + s] |= runs[s];
    }
}

static void find_kept_between_levels(struct finding *f) {
    struct levels *l = f->levels;
    for (uint32_t i = l->first; i < l->end; i++) {
        const struct node *n = graph_node(f->g, (node_id){i});
        for (uint32_t a = 0; a < n->n_args && l->by_rows[i - l->first]; a++) {
            value_id v = node_args(f->g, n)[a].value;
            if (!v.id || !in_body(f, v) || n->op->tile_args[a] != OP_TILE_ROWS) continue;
            for (uint32_t s = 0; s < l->count; s++)
                if (levels_runs(l, i, s) && !levels_runs(l, graph_value(f->g, v)->def.id, s)) mark_whole(f, v);
        }
    }
}

struct levels levels_find(const struct graph *g, loop_id loop) {
    struct levels l = {.graph = g, .loop = loop, .rows = carried_rows(g, loop)};
    l.first = graph_loop(g, loop)->begin.id + 1;
    l.end = graph_loop(g, loop)->end.id;
    for (uint32_t i = l.first; i < l.end; i++)
        if (graph_node(g, (node_id){i})->kind != NODE_OP) l.rows = 0;
    if (!l.rows) return l;
    size_t n = l.end - l.first;
    struct finding f = {
        .levels = &l,
        .g = g,
    };
    f.cheap = ARENA_ARRAY(g->arena, bool, n + 1);
    f.movable = ARENA_ARRAY(g->arena, bool, n + 1);
    l.earliest = ARENA_ARRAY(g->arena, uint32_t, n + 1);
    l.by_rows = ARENA_ARRAY(g->arena, bool, n + 1);
    l.whole = ARENA_ARRAY(g->arena, bool, g->n_values);
    find_earliest(&f);
    find_whole(&f);
    l.runs = ARENA_ARRAY(g->arena, bool, n *l.count + 1);
    find_freedom(&f);
    for (uint32_t i = l.end; i-- > l.first;)
        if (l.by_rows[i - l.first]) place_node(&f, i);
    find_kept_between_levels(&f);
    return l;
}

bool levels_runs(const struct levels *l, uint32_t node, uint32_t level) {
    return l->by_rows[node - l->first] ? l->runs[(node - l->first) * l->count + level]
                                       : l->earliest[node - l->first] == level;
}
