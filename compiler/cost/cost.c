// Cost: every node's flops at its kernel's rate, times its runs. A product with few rows is slow because each call
// unpacks the whole matrix; rates by row count model that.
#include "compiler/cost/cost.h"

struct rate_row {
    enum op_rate kind;
    double rows, giga;
};

static const struct rate_row table[] = {
#define KIND(name, about)
#define RATE(kind, rows, giga) {RATE_##kind, rows, giga},
#include "compiler/cost/rates.def"
#undef RATE
#undef KIND
};
enum { TABLE_ROWS = sizeof table / sizeof *table };

// Flops (or bytes) a second for this number of rows. Between two measured row counts a call's time is linear in the
// rows.
static double rate_at(enum op_rate kind, double rows) {
    const struct rate_row *below = NULL;
    for (int i = 0; i < TABLE_ROWS; i++) {
        const struct rate_row *r = &table[i];
        if (r->kind != kind) continue;
        if (r->rows >= rows && !below) return r->giga * 1e9;
        if (r->rows >= rows) {
            double low = below->rows / below->giga, high = r->rows / r->giga;
            return rows / (low + (high - low) * (rows - below->rows) / (r->rows - below->rows)) * 1e9;
        }
        below = r;
    }
    return below->giga * 1e9;
}

// Speedup of the two threads that estimates assume over one: measured on large products.
static const double TWO_THREADS = 1.8;

double cost_seconds(const struct op_cost *cost) {
    double moved = cost->bytes / rate_at(RATE_stream, cost->rows);
    if (cost->rate == RATE_stream) return moved / TWO_THREADS;
    double worked = cost->flops / rate_at(cost->rate, cost->rows);
    return (cost->rate == RATE_elements && moved > worked ? moved : worked) / TWO_THREADS;
}

struct op_cost cost_of_node(const struct graph *g, const struct node *n) {
    return n->kind == NODE_OP && n->op->cost ? n->op->cost(g, n) : (struct op_cost){.flops = 0};
}

static bool in_head(const struct graph *g, loop_id l) {
    loop_id tile = graph_tile_loop(g, l);
    return tile.id && !graph_loop(g, tile)->parent.id;
}

static struct cost cost_nodes(const struct graph *g, bool head) {
    struct cost e = {.seconds = 0};
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind != NODE_OP || in_head(g, n->loop) != head) continue;
        struct op_cost cost = cost_of_node(g, n);
        double runs = graph_node_runs(g, (node_id){i});
        e.seconds += runs * cost_seconds(&cost);
        e.flops += runs * cost.flops;
        e.bytes += runs * cost.bytes;
    }
    return e;
}

// The cost of a checkpoint schedule's copies to slots and moves through its file; its blocks are not included.
static struct cost cost_checkpoint(const struct graph *g, const struct checkpoint_schedule *c) {
    const struct value *input = graph_value(g, c->input);
    double bytes = (double)(shape_count(input->shape) * dtype_bytes(input->dtype));
    double rows = (double)shape_rows(input->shape), copied = 0, paged = 0;
    for (size_t i = 0; i < c->n_steps; i++) {
        enum checkpoint_action kind = c->steps[i].kind;
        if (kind == CHECKPOINT_SNAPSHOT || kind == CHECKPOINT_RESTORE) copied += 2 * bytes;
        if (kind == CHECKPOINT_PAGE_OUT || kind == CHECKPOINT_PAGE_IN) paged += bytes;
    }
    return (struct cost){.seconds = copied / rate_at(RATE_stream, rows) + paged / rate_at(RATE_file, rows),
                         .bytes = copied};
}

struct cost cost_sum(struct cost a, struct cost b) {
    return (struct cost){a.seconds + b.seconds, a.flops + b.flops, a.bytes + b.bytes};
}

struct cost cost_body(const struct graph *g) {
    struct cost e = cost_nodes(g, false);
    for (size_t i = 1; i < g->n_checkpoint_schedules; i++)
        e = cost_sum(e, cost_checkpoint(g, &g->checkpoint_schedules[i]));
    return e;
}

struct cost cost_head(const struct graph *g) {
    return cost_nodes(g, true);
}

struct cost cost_of_graph(const struct graph *g) {
    return cost_sum(cost_body(g), cost_head(g));
}
