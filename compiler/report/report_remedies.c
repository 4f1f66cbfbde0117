// Remedies: ways to remove a holder from the peak, and their cost.
#include <string.h>

#include "compiler/report/report.h"
#include "compiler/op/op.h"

// Adds all runs of a node whose tiles are `split` times lower.
static void add_node(struct cost *sum, const struct graph *g, node_id n, double split) {
    struct op_cost cost = cost_of_node(g, graph_node(g, n));
    double runs = graph_node_runs(g, n);
    cost.rows /= split;
    cost.flops /= split;
    cost.bytes /= split;
    sum->seconds += split * runs * cost_seconds(&cost);
    sum->flops += split * runs * cost.flops;
}

static bool is_carry_param(const struct graph *g, value_id v) {
    node_id def = graph_value(g, v)->def;
    return def.id && graph_node(g, def)->kind == NODE_LOOP;
}

// A block's inputs: all its other values can be recomputed from them.
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

// The cost of running the blocks' forward loops once more.
static struct cost forward_work(const struct graph *g) {
    struct cost work = {.seconds = 0};
    for (uint32_t i = 1; i < g->n_nodes && (!g->update_first.id || i < g->update_first.id); i++) {
        loop_id repeat = graph_repeat_loop(g, g->nodes[i].loop);
        if (repeat.id && !graph_loop(g, repeat)->backward) add_node(&work, g, (node_id){i}, 1);
    }
    return work;
}

static struct cost work_of_value(const struct graph *g, value_id v) {
    struct cost work = {.seconds = 0};
    add_node(&work, g, graph_value(g, v)->def, 1);
    return work;
}

// The extra cost of tiles of half the height: those of blocks, or those outside all blocks.
static struct cost lower_tiles(const struct graph *g, bool of_blocks) {
    struct cost now = {.seconds = 0}, lower = {.seconds = 0};
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        loop_id tile = graph_tile_loop(g, g->nodes[i].loop);
        if (!tile.id || (graph_repeat_loop(g, tile).id != 0) != of_blocks) continue;
        add_node(&now, g, (node_id){i}, 1);
        add_node(&lower, g, (node_id){i}, 2);
    }
    return (struct cost){.seconds = lower.seconds - now.seconds};
}

// The cost of tiling is known if a tiled variant was compiled.
static bool tiled_work(const struct report *r, struct cost *more) {
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        if (a->refused || !a->tiles) continue;
        *more = (struct cost){.seconds = a->work.seconds - r->work.seconds, .flops = a->work.flops - r->work.flops};
        return true;
    }
    return false;
}

// Block inputs in a checkpoint schedule's slots, except the current one. All could go to the file. Fewer slots cost
// about one more forward pass.
static size_t remedies_of_slots(const struct report *r, const struct checkpoint_schedule *c,
                                const struct report_holder *h, struct report_remedy *out) {
    const struct loop *forward = graph_loop(r->plan->graph, c->forward);
    bool paged = false;
    for (size_t i = 0; i < c->n_steps; i++) paged = paged || c->steps[i].kind == CHECKPOINT_PAGE_OUT;
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
    struct cost more;
    const struct checkpoint_schedule *checkpoints = graph_checkpoint_of_input(g, h->value);
    if (checkpoints) return remedies_of_slots(r, checkpoints, h, out);
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
