// Keep sets: walks from the values that the backward loop reads to their inputs. The walk stops at a kept value; any
// other value is recomputed from its arguments.
#include "compiler/schedule/keep_sets.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/op/op.h"
#include "compiler/cost/cost.h"

// At most 2^12 subsets are tried. With more candidates, values that the backward pass does not read itself are always
// recomputed. The last ones are kept or recomputed together.
enum { MOST = 12 };

struct walk {
    const struct graph *g;
    loop_id loop;         // the forward loop
    uint32_t first, end;  // its body
    bool *used;           // [n_values] read by the backward loop itself
    uint8_t *choice;      // [end - first] 1 + the bit of a subset that decides about the node; 0: recomputed
    int *bit;             // [end - first] bits of schedule_choice.kept
    double *seconds;      // [end - first] seconds of one run
    bool *needed, *again; // for the current subset: [n_values], [end - first]
    uint32_t subset;
    struct keep_set sum;
    int choices;
};

static bool in_body(const struct walk *w, value_id v) {
    uint32_t def = graph_value(w->g, v)->def.id;
    return v.id && def >= w->first && def < w->end;
}

// A copy of a carry cannot be recomputed.
static bool is_input(const struct walk *w, const struct node *n) {
    for (uint32_t a = 0; a < n->n_args; a++)
        if (graph_value(w->g, node_args(w->g, n)[a].value)->def.id == graph_loop(w->g, w->loop)->begin.id) return true;
    return false;
}

static void need(struct walk *w, value_id v) {
    if (!in_body(w, v) || w->needed[v.id]) return;
    w->needed[v.id] = true;
    node_id def = graph_value(w->g, v)->def;
    const struct node *n = graph_node(w->g, def);
    uint32_t at = def.id - w->first;
    bool kept = w->choice[at] && (w->subset >> (w->choice[at] - 1) & 1);
    if (kept || is_input(w, n)) {
        const struct value *value = graph_value(w->g, v);
        w->sum.bytes += shape_count(value->shape) * dtype_bytes(value->dtype);
        if (kept) w->sum.kept |= UINT64_C(1) << w->bit[at];
        return;
    }
    if (w->again[at]) return;
    w->again[at] = true;
    w->sum.seconds += w->seconds[at];
    for (uint32_t a = 0; a < n->n_args; a++) need(w, node_args(w->g, n)[a].value);
}

static struct keep_set measure(struct walk *w, uint32_t subset) {
    memset(w->needed, 0, w->g->n_values * sizeof *w->needed);
    memset(w->again, 0, (w->end - w->first) * sizeof *w->again);
    w->subset = subset;
    w->sum = (struct keep_set){.kept = 0};
    for (uint32_t v = 1; v < w->g->n_values; v++)
        if (w->used[v]) need(w, (value_id){v});
    return w->sum;
}

static loop_id longest_loop(const struct graph *g) {
    loop_id best = {0};
    for (uint32_t l = 1; l < g->n_loops; l++) {
        const struct loop *loop = &g->loops[l], *most = graph_loop(g, best);
        bool has_backward = false;
        for (uint32_t b = 1; b < g->n_loops; b++)
            has_backward |= g->loops[b].backward && g->loops[b].domain.id == loop->domain.id &&
                            g->loops[b].from == loop->from && g->loops[b].to == loop->to;
        if (loop->kind != LOOP_REPEAT || loop->backward || !has_backward) continue;
        if (!best.id || loop->to - loop->from > most->to - most->from) best = (loop_id){l};
    }
    return best;
}

static void find_used(struct walk *w) {
    for (uint32_t i = w->end; i < w->g->n_nodes; i++) {
        const struct node *n = &w->g->nodes[i];
        for (uint32_t a = 0; a < n->n_args; a++)
            if (in_body(w, node_args(w->g, n)[a].value)) w->used[node_args(w->g, n)[a].value.id] = true;
    }
}

static bool is_used(const struct walk *w, const struct node *n) {
    for (uint32_t r = 0; r < n->n_results; r++)
        if (w->used[node_results(w->g, n)[r].value.id]) return true;
    return false;
}

// Assigns each node that could be kept a bit of the subset.
static void find_choices(struct walk *w) {
    measure(w, 0);
    int count = 0, bit = 0;
    for (uint32_t i = w->first; i < w->end; i++) count += w->again[i - w->first] && !w->g->nodes[i].op->cheap;
    for (uint32_t i = w->first; i < w->end; i++) {
        const struct node *n = graph_node(w->g, (node_id){i});
        struct op_cost cost = cost_of_node(w->g, n);
        w->seconds[i - w->first] = n->kind == NODE_OP ? cost_seconds(&cost) : 0;
        if (n->kind != NODE_OP || n->op->cheap) continue;
        w->bit[i - w->first] = bit < 63 ? bit++ : 63;
        if (!w->again[i - w->first] || (count > MOST && !is_used(w, n))) continue;
        if (w->choices < MOST) w->choices++;
        w->choice[i - w->first] = (uint8_t)w->choices;
    }
}

static const char *words_of(struct walk *w, struct arena *a, uint64_t kept) {
    const char *words = "";
    for (uint32_t i = w->first; i < w->end; i++) {
        const struct node *n = graph_node(w->g, (node_id){i});
        if (!w->choice[i - w->first] || !(kept >> w->bit[i - w->first] & 1)) continue;
        const char *name = graph_value(w->g, node_results(w->g, n)[0].value)->name;
        words = arena_print(a, "%s%s%s", words, *words ? ", " : "", name);
    }
    return words;
}

static int by_bytes(const void *a, const void *b) {
    const struct keep_set *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? -1 : 1;
    if (x->seconds != y->seconds) return x->seconds < y->seconds ? -1 : 1;
    return (x->kept > y->kept) - (x->kept < y->kept);
}

struct keep_sets keep_sets_find(struct arena *a, const struct graph *step) {
    struct walk w = {.g = step, .loop = longest_loop(step)};
    struct keep_sets found = {.sets = ARENA_NEW(a, struct keep_set), .count = 1};
    found.sets->words = "";
    if (!w.loop.id) return found;
    w.first = graph_loop(step, w.loop)->begin.id + 1;
    w.end = graph_loop(step, w.loop)->end.id;
    w.used = ARENA_ARRAY(a, bool, step->n_values);
    w.needed = ARENA_ARRAY(a, bool, step->n_values);
    w.again = ARENA_ARRAY(a, bool, w.end - w.first);
    w.choice = ARENA_ARRAY(a, uint8_t, w.end - w.first);
    w.bit = ARENA_ARRAY(a, int, w.end - w.first);
    w.seconds = ARENA_ARRAY(a, double, w.end - w.first);
    find_used(&w);
    find_choices(&w);
    size_t subsets = (size_t)1 << w.choices;
    found.sets = ARENA_ARRAY(a, struct keep_set, subsets);
    found.count = 0;
    for (uint32_t s = 0; s < subsets; s++) found.sets[s] = measure(&w, s);
    qsort(found.sets, subsets, sizeof *found.sets, by_bytes);
    for (size_t s = 0; s < subsets; s++)
        if (!found.count || found.sets[s].seconds < found.sets[found.count - 1].seconds)
            found.sets[found.count++] = found.sets[s];
    for (size_t s = 0; s < found.count; s++) found.sets[s].words = words_of(&w, a, found.sets[s].kept);
    return found;
}

// True when b lies on or above the line from a to c, up to rounding.
static bool is_above(const struct keep_set *a, const struct keep_set *b, const struct keep_set *c) {
    double whole = (double)(c->bytes - a->bytes), reached = (double)(b->bytes - a->bytes);
    double fall = a->seconds - c->seconds;
    return b->seconds >= a->seconds - fall * reached / whole - 1e-9 * fall;
}

struct keep_sets keep_sets_pareto(struct arena *a, struct keep_sets all) {
    struct keep_sets pareto = {.sets = ARENA_ARRAY(a, struct keep_set, all.count)};
    for (size_t s = 0; s < all.count; s++) {
        while (pareto.count > 1 &&
               is_above(&pareto.sets[pareto.count - 2], &pareto.sets[pareto.count - 1], &all.sets[s]))
            pareto.count--;
        pareto.sets[pareto.count++] = all.sets[s];
    }
    return pareto;
}
