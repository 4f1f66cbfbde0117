// Report of the peak: what would take its holders away and at which price; what plans of this family cannot do without;
// and the live bytes over the step.
#include <string.h>

#include "codegen/report.h"
#include "compiler/base/arena.h"
#include "compiler/op/op.h"

// ---- the least and the most ----
static double iterations_of(const struct graph *g, loop_id l) {
    double turns = 1;
    for (; l.id; l = graph_loop(g, l)->parent) {
        const struct loop *loop = graph_loop(g, l);
        if (loop->kind == LOOP_REPEAT) turns *= (double)((loop->to - 1 - loop->from) / loop->step + 1);
    }
    return turns;
}

int64_t report_every_output(const struct graph *forward) {
    double bytes = 0;
    for (uint32_t i = 1; i < forward->n_nodes; i++) {
        const struct node *n = &forward->nodes[i];
        for (uint32_t k = 0; n->kind == NODE_OP && k < n->n_results; k++) {
            const struct value *v = graph_value(forward, node_results(forward, n)[k].value);
            if (v->storage != STORAGE_ARENA) continue;
            bytes += (double)(shape_count(v->shape) * dtype_bytes(v->dtype)) * iterations_of(forward, n->loop);
        }
    }
    return (int64_t)bytes;
}

int64_t report_floor(const struct plan *p) {
    const struct graph *g = p->graph;
    struct arena scratch = {0};
    int64_t *change = ARENA_ARRAY(&scratch, int64_t, g->n_nodes + 2), live = 0, most = 0;
    for (size_t i = 1; i < p->n_buffers; i++) {
        const struct plan_buffer *b = &p->buffers[i];
        if (graph_tile_loop(g, graph_value_loop(g, b->first)).id) continue;
        change[b->birth] += b->size;
        change[b->death] -= b->size;
    }
    for (size_t i = 0; i <= g->n_nodes; i++) {
        live += change[i];
        if (live > most) most = live;
    }
    arena_free(&scratch);
    return most;
}

// ---- remedies ----
// Adds all runs of a node whose tiles are `split` times lower.
static void add_node(struct estimate *sum, const struct graph *g, const struct node *n, double split) {
    struct op_cost cost = estimate_cost(g, n);
    double runs = estimate_runs(g, n);
    cost.rows /= split;
    cost.flops /= split;
    cost.bytes /= split;
    sum->seconds += split * runs * estimate_seconds(&cost);
    sum->flops += split * runs * cost.flops;
}

static bool is_carry_param(const struct graph *g, value_id v) {
    node_id def = graph_value(g, v)->def;
    return def.id && graph_node(g, def)->kind == NODE_LOOP;
}

// What a block is given: all else of it can be computed from that.
static bool is_block_input(const struct graph *g, value_id v) {
    if (is_carry_param(g, v)) return true;
    const struct value *value = graph_value(g, v);
    const struct node *def = value->def.id ? graph_node(g, value->def) : NULL;
    if (!def || def->kind != NODE_OP || def->n_args != 1) return false;
    value_id from = node_args(g, def)[0].value;
    return is_carry_param(g, from) && shape_equal(graph_value(g, from)->shape, value->shape);
}

static bool blocks_are_tiled(const struct graph *g) {
    for (uint32_t l = 1; l < g->n_loops; l++)
        if (g->loops[l].kind == LOOP_TILE && graph_repeat_loop(g, (loop_id){l}).id) return true;
    return false;
}

// Everything the forward loops of blocks do, once more for every instance.
static struct estimate forward_work(const struct graph *g) {
    struct estimate work = {.seconds = 0};
    for (uint32_t i = 1; i < g->n_nodes && (!g->update_first.id || i < g->update_first.id); i++) {
        loop_id repeat = graph_repeat_loop(g, g->nodes[i].loop);
        if (repeat.id && !graph_loop(g, repeat)->backward) add_node(&work, g, &g->nodes[i], 1);
    }
    return work;
}

static struct estimate work_of_value(const struct graph *g, value_id v) {
    struct estimate work = {.seconds = 0};
    add_node(&work, g, graph_node(g, graph_value(g, v)->def), 1);
    return work;
}

// What tiles of half the height cost more: those of blocks, or those outside all blocks.
static struct estimate lower_tiles(const struct graph *g, bool of_blocks) {
    struct estimate now = {.seconds = 0}, lower = {.seconds = 0};
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        loop_id tile = graph_tile_loop(g, g->nodes[i].loop);
        if (!tile.id || (graph_repeat_loop(g, tile).id != 0) != of_blocks) continue;
        add_node(&now, g, &g->nodes[i], 1);
        add_node(&lower, g, &g->nodes[i], 2);
    }
    return (struct estimate){.seconds = lower.seconds - now.seconds};
}

// What tiling costs is known when a variant that does was compiled.
static bool tiled_work(const struct report *r, struct estimate *more) {
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (a->refused || !a->tiles) continue;
        *more = (struct estimate){.seconds = a->work.seconds - r->work.seconds, .flops = a->work.flops - r->work.flops};
        return true;
    }
    return false;
}

// Inputs in a chain's slots, beside the one that is worked on: all could go to the file; fewer slots mean about one
// forward pass more.
static size_t remedies_of_slots(const struct report *r, const struct chain *c, const struct report_holder *h,
                                struct report_remedy *out) {
    const struct loop *forward = graph_loop(r->plan->graph, c->forward);
    bool paged = false;
    for (size_t i = 0; i < c->n_steps; i++) paged = paged || c->steps[i].kind == CHAIN_PAGE_OUT;
    if (h->count < 2) return 0;
    out[0] = (struct report_remedy){.how = "recompute", .seconds = r->forward.seconds, .flops = r->forward.flops};
    out[1] =
        (struct report_remedy){.how = "page", .file_bytes = 2 * (forward->to - forward->from) * (h->bytes / h->count)};
    return paged ? 1 : 2;
}

size_t report_remedies(const struct report *r, const struct report_holder *h, struct report_remedy *out) {
    const struct graph *g = r->plan->graph;
    bool few_rows = strcmp(report_class(r, h->value), "tile") == 0, kept = graph_value(g, h->value)->domain.id != 0;
    loop_id home = graph_value_loop(g, h->value);
    struct estimate more;
    const struct chain *chain = graph_chain_of_input(g, h->value);
    if (chain) return remedies_of_slots(r, chain, h, out);
    if (kept) {
        bool input = is_block_input(g, h->value);
        more = input ? forward_work(g) : work_of_value(g, h->value);
        out[0] = (struct report_remedy){.how = "recompute", .seconds = more.seconds, .flops = more.flops};
        out[1] = (struct report_remedy){.how = "page", .file_bytes = 2 * h->bytes};
        return input ? 2 : 1;
    }
    if (few_rows) {
        bool of_block = graph_repeat_loop(g, home).id != 0;
        more = lower_tiles(g, of_block);
        out[0] = (struct report_remedy){.how = of_block ? "tile" : "chunk", .seconds = more.seconds};
        return 1;
    }
    if (blocks_are_tiled(g) || !graph_repeat_loop(g, home).id || !tiled_work(r, &more)) return 0;
    out[0] = (struct report_remedy){.how = "tile", .seconds = more.seconds, .flops = more.flops};
    return 1;
}

// ---- the curve ----
static int class_index(const struct report *r, value_id v) {
    const char *name = report_class(r, v);
    for (int i = 0; i < REPORT_CLASSES; i++)
        if (strcmp(report_classes[i], name) == 0) return i;
    return 0;
}

static int64_t sum_of(const int64_t bytes[REPORT_CLASSES]) {
    int64_t sum = 0;
    for (int c = 0; c < REPORT_CLASSES; c++) sum += bytes[c];
    return sum;
}

struct report_curve report_curve(const struct report *r, struct arena *a, size_t most) {
    const struct timeline *t = r->timeline;
    struct report_curve curve = {.width = (t->n_steps + (int64_t)most - 1) / (int64_t)most};
    curve.n = (size_t)((t->n_steps + curve.width - 1) / curve.width);
    curve.step = ARENA_ARRAY(a, int64_t, curve.n);
    curve.bytes = arena_alloc(a, sizeof *curve.bytes * curve.n);
    int64_t(*change)[REPORT_CLASSES] = arena_alloc(a, sizeof *change * (size_t)(t->n_steps + 1));
    for (size_t i = 0; i < t->n_moments; i++) {
        int class = class_index(r, t->moments[i].value);
        change[t->moments[i].birth][class] += t->moments[i].bytes;
        change[t->moments[i].death][class] -= t->moments[i].bytes;
    }
    int64_t live[REPORT_CLASSES] = {0};
    for (int64_t s = 0; s < t->n_steps; s++) {
        size_t bin = (size_t)(s / curve.width);
        for (int c = 0; c < REPORT_CLASSES; c++) live[c] += change[s][c];
        if (s % curve.width && sum_of(live) <= sum_of(curve.bytes[bin])) continue;
        curve.step[bin] = s;
        memcpy(curve.bytes[bin], live, sizeof live);
    }
    return curve;
}
